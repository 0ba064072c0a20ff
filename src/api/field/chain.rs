//! The response-rate chain of a wave that nobody was drawn for: customers, invitations, answers.

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::design::{Chain, Mode};
use crate::http::state::AppState;
use crate::jobs::stream::chain_used;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Refusal;
use crate::store::chain::{self, ChainVersion, NewChain};
use crate::store::{Db, scan, waves};
use crate::words::Finding;
use crate::words::encode::rfc3339;

/// How many could have answered. A number that is not known is null, and `reason` says why.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainRequest {
    /// Customers that the rated units served in the period.
    customers: Option<i64>,
    /// Invitations to answer that were made to them, counted as customers are: by transaction or by person.
    invitations: Option<i64>,
    /// Why a number is not known.
    reason: Option<String>,
}

/// What was said at a time about how many could have answered.
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
pub struct ChainSaid {
    /// The version.
    #[serde(flatten)]
    pub chain: ChainBody,
    /// Who said so.
    pub by: String,
}

/// A version as the API tells it.
#[must_use]
pub fn body(said: ChainVersion) -> ChainBody {
    let since = rfc3339(said.created_at);
    let used = chain_used(said, 0);
    ChainBody {
        version: used.version,
        customers: used.customers,
        invitations: used.invitations,
        reason: used.reason,
        invited: used.invited,
        since,
    }
}

/// Reads the chain of a request for a wave of this mode: a new wave of a stream must have one, a sample has none.
pub fn read(request: Option<&ChainRequest>, mode: Option<Mode>, is_new: bool, findings: &mut Vec<Finding>) -> Option<Chain> {
    let stream = mode?.is_stream();
    let Some(request) = request else {
        if stream && is_new {
            findings.push(Finding::error(
                "/chain",
                "chain-missing",
                "Đợt không chọn mẫu cần nêu số khách hàng và số lời mời, hoặc null kèm lý do",
                "A wave without a sample needs the numbers of customers and invitations, or null with a reason",
            ));
        }
        return None;
    };
    if !stream {
        findings.push(Finding::error(
            "/chain",
            "chain-unexpected",
            "Đợt chọn mẫu xác suất không có chuỗi khách hàng – lời mời – trả lời",
            "A probability sample has no chain of customers, invitations and answers",
        ));
        return None;
    }
    Chain::new(request.customers, request.invitations, request.reason.clone()).map_err(|more| findings.extend(more)).ok()
}

/// Adds what a request says to a wave, unless it is what was said last.
///
/// # Errors
/// Those of the store.
pub fn add(db: &mut Db, wave_id: i32, said: &Chain, by: &str, now: i64) -> Result<ChainVersion, Refusal> {
    let (customers, invitations, reason) = (said.customers(), said.invitations(), said.reason());
    Ok(chain::add(db, &NewChain { wave_id, customers, invitations, reason, created_by: by, created_at: now })?)
}

/// How many could have answered a wave, with the answers that there are, and what was said about it over time.
#[utoipa::path(tag = "waves", params(("code" = String, Path, description = "The wave")),
    responses((status = 200, description = "The chain", body = ChainInFull)))]
#[get("/v1/waves/{code:[^:/]+}/chain")]
pub async fn get_chain(state: AppState, actor: Actor, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::WatchFieldwork)?;
    let found = state.read(move |db| {
        let wave = waves::find(db, &code)?.ok_or_else(Refusal::not_found)?;
        let at = scan::high_water(db, wave.id)?;
        Ok((scan::count_responses(db, wave.id, at)?, chain::versions(db, wave.id)?))
    });
    let (answers, versions) = found.await?;
    let now = versions.first().map(|said| chain_used(said.clone(), answers));
    let said = |version: ChainVersion| ChainSaid { by: version.created_by.clone(), chain: body(version) };
    Ok(HttpResponse::Ok().json(ChainInFull {
        answers,
        answered: now.as_ref().and_then(|now| now.answered),
        overall: now.as_ref().and_then(|now| now.overall),
        versions: versions.into_iter().map(said).collect(),
    }))
}
