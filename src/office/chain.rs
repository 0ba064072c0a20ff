//! The response-rate chain of a wave that nobody was drawn for: customers, invitations, answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Act, Action, Look, Refusal};
use crate::design::{Chain, Mode};
use crate::jobs::stream::chain_used;
use crate::store::chain::{self, ChainVersion, NewChain};
use crate::store::{scan, waves};
use crate::words::Finding;
use crate::words::encode::rfc3339;

/// How many could have answered. A number that is not known is null, and `reason` says why.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainRequest {
    /// Customers that the rated units served in the period.
    pub customers: Option<i64>,
    /// Invitations to answer that were made to them, counted as customers are: by transaction or by person.
    pub invitations: Option<i64>,
    /// Why a number is not known.
    pub reason: Option<String>,
}

/// What was said at a time about how many could have answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChainBody {
    /// From 1; what is known better later is a new version.
    pub version: i32,
    /// Customers that the rated units served in the period.
    pub customers: Option<i64>,
    /// Invitations to answer that were made to them.
    pub invitations: Option<i64>,
    /// Why a number is not known.
    pub reason: Option<String>,
    /// Invitations among customers.
    pub invited: Option<f64>,
    /// Since when it is said.
    pub since: String,
}

/// The chain of a wave as it stands, and everything that was said before.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChainInFull {
    /// Valid answers that stand, counted now.
    pub answers: i64,
    /// Answers among invitations.
    pub answered: Option<f64>,
    /// Answers among customers.
    pub overall: Option<f64>,
    /// The versions, the latest first.
    pub versions: Vec<ChainSaid>,
}

/// A version and who said it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChainSaid {
    /// The version.
    #[serde(flatten)]
    pub chain: ChainBody,
    /// Who said so.
    pub by: String,
}

impl From<ChainVersion> for ChainBody {
    fn from(said: ChainVersion) -> Self {
        let since = rfc3339(said.created_at);
        let used = chain_used(said, 0);
        Self {
            version: used.version,
            customers: used.customers,
            invitations: used.invitations,
            reason: used.reason,
            invited: used.invited,
            since,
        }
    }
}

/// Reads what is said of a wave of this mode: a new wave of a stream must have a chain, a sample has none.
pub(super) fn read(said: Option<&ChainRequest>, mode: Mode, is_new: bool, found: &mut Vec<Finding>) -> Option<Chain> {
    let Some(said) = said else {
        if mode.is_stream() && is_new {
            found.push(Finding::error(
                "/chain",
                "chain-missing",
                "Đợt không chọn mẫu cần nêu số khách hàng và số lời mời, hoặc null kèm lý do",
                "A wave without a sample needs the numbers of customers and invitations, or null with a reason",
            ));
        }
        return None;
    };
    if !mode.is_stream() {
        found.push(Finding::error(
            "/chain",
            "chain-unexpected",
            "Đợt chọn mẫu xác suất không có chuỗi khách hàng – lời mời – trả lời",
            "A probability sample has no chain of customers, invitations and answers",
        ));
        return None;
    }
    Chain::new(said.customers, said.invitations, said.reason.clone()).map_err(|more| found.extend(more)).ok()
}

/// Adds what is said of a wave, unless it is what was said last.
pub(super) fn add(act: &mut Act<'_>, wave_id: i32, said: &Chain, created_by: &str) -> Result<ChainVersion, Refusal> {
    let (customers, invitations, reason, created_at) = (said.customers(), said.invitations(), said.reason(), act.now);
    Ok(chain::add(act.db, &NewChain { wave_id, customers, invitations, reason, created_by, created_at })?)
}

/// How many could have answered a wave, with the answers that there are, and what was said about it over time.
///
/// # Errors
/// `not-found`.
pub fn in_full(look: &mut Look<'_>, wave: &str) -> Result<ChainInFull, Refusal> {
    look.may(Action::WatchFieldwork)?;
    let wave = waves::find(look.db, wave)?.ok_or_else(Refusal::not_found)?;
    let at = scan::high_water(look.db, wave.id)?;
    let answers = scan::count_responses(look.db, wave.id, at)?;
    let versions = chain::versions(look.db, wave.id)?;
    let now = versions.first().map(|said| chain_used(said.clone(), answers));
    let said = |version: ChainVersion| ChainSaid { by: version.created_by.clone(), chain: version.into() };
    Ok(ChainInFull {
        answers,
        answered: now.as_ref().and_then(|now| now.answered),
        overall: now.as_ref().and_then(|now| now.overall),
        versions: versions.into_iter().map(said).collect(),
    })
}
