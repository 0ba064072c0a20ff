//! The audit log: who did what, for auditors and admins to read.

use super::{Action, Look, Refusal};
use crate::store::audit::{self, Filter, Line};

/// Lines, at most `limit`, the latest first.
///
/// # Errors
/// 401, 403, `unit-forbidden`.
pub fn list(look: &mut Look<'_>, filter: &Filter, limit: i64) -> Result<Vec<Line>, Refusal> {
    look.may(Action::ReadAudit)?;
    Ok(audit::list(look.db, filter, limit)?)
}
