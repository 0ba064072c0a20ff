//! The audit log: who did what, for auditors to read.

use super::{Action, Look, Refusal};
use crate::store::audit::{self, Line};

/// Lines, at most `limit`, the latest first; about one object or all; only those before the line `before`.
///
/// # Errors
/// Those of the store.
pub fn list(look: &mut Look<'_>, object: Option<&str>, before: Option<i64>, limit: i64) -> Result<Vec<Line>, Refusal> {
    look.may(Action::ReadAudit)?;
    Ok(audit::list(look.db, object, before, limit)?)
}
