//! Proposals: what one person asks for and another confirms.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::http::page::{Listing, Page};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::proposals::{self, Confirmed, ListWish};
use crate::office::{Action, Actor, Refusal};
use crate::store::proposals::{Proposal, ProposalState};
use crate::words::encode::rfc3339;

/// Something that one person proposed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposalBody {
    /// Its number.
    pub id: i32,
    /// `response.exclude`, `flag.lift`, `key.issue` or `person.invite`.
    pub kind: &'static str,
    /// To what: `response/` and the `seq` of a response, the name of a person.
    pub object: String,
    /// Why.
    pub reason: String,
    /// `open`, `confirmed` or `rejected`.
    pub state: &'static str,
    /// By whom.
    pub proposed_by: String,
    /// When.
    pub proposed_at: String,
    /// Who confirmed or rejected it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<String>,
}

impl ProposalBody {
    /// A proposal as the API tells it.
    #[must_use]
    pub fn of(proposal: Proposal) -> Self {
        Self {
            id: proposal.id,
            kind: proposal.kind.as_str(),
            object: proposal.object,
            reason: proposal.reason,
            state: proposal.state.as_str(),
            proposed_by: proposal.proposed_by,
            proposed_at: rfc3339(proposal.proposed_at),
            decided_by: proposal.decided_by,
            decided_at: proposal.decided_at.map(rfc3339),
        }
    }
}

/// A proposal that was confirmed just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfirmedBody {
    /// The proposal.
    #[serde(flatten)]
    pub proposal: ProposalBody,
    /// Of a key or an invitation: the second half of its text, for its person. It is shown here and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_half: Option<String>,
}

/// Which proposals to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProposalsQuery {
    /// `open`, `confirmed` or `rejected`.
    #[param(inline)]
    state: Option<StateOfProposal>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Proposals a page, at most 1000.
    #[validate(range(min = 1, max = 1000))]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum StateOfProposal {
    Open,
    Confirmed,
    Rejected,
}

/// Answers with a proposal that was made just now: it takes effect when another person confirms it.
#[must_use]
pub fn proposed(proposal: Proposal) -> HttpResponse {
    HttpResponse::Accepted().insert_header((LOCATION, format!("/v1/proposals/{}", proposal.id))).json(ProposalBody::of(proposal))
}

/// The number in the address.
fn number(text: &str) -> Result<i32, Refusal> {
    text.parse().map_err(|_| Refusal::not_found())
}

/// What is proposed, the latest first: exclusions and lifts to statisticians, publishers and auditors, keys and invitations to admins and auditors.
#[utoipa::path(tag = "proposals", params(ProposalsQuery), responses((status = 200, description = "A page of proposals", body = Listing<ProposalBody>)))]
#[get("/v1/proposals")]
pub async fn list_proposals(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    query: Query<ProposalsQuery>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadProposals)?; // before the query is judged
    let page: Page<i32> = Page::of(query.cursor.as_deref(), query.limit)?;
    let wanted = query.state.map(|state| match state {
        StateOfProposal::Open => ProposalState::Open,
        StateOfProposal::Confirmed => ProposalState::Confirmed,
        StateOfProposal::Rejected => ProposalState::Rejected,
    });
    let wish = ListWish { state: wanted, before: page.after, limit: page.fetch() };
    let rows = state.look(actor, move |look| proposals::list(look, &wish)).await?;
    Ok(page.answer(&req, rows, |row| row.id, ProposalBody::of))
}

/// A proposal.
#[utoipa::path(tag = "proposals", params(("id" = i32, Path, description = "The proposal")),
    responses((status = 200, description = "The proposal", body = ProposalBody)))]
#[get("/v1/proposals/{id:[^:/]+}")]
pub async fn get_proposal(state: AppState, actor: Actor, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadProposals)?; // before the address is judged
    let id = number(&id)?;
    Ok(HttpResponse::Ok().json(ProposalBody::of(state.look(actor, move |look| proposals::get(look, id)).await?)))
}

/// Confirms what another person proposed: it is done with that.
#[utoipa::path(tag = "proposals", params(("id" = i32, Path, description = "The proposal")),
    responses((status = 200, description = "Confirmed and done", body = ConfirmedBody)))]
#[post("/v1/proposals/{id:[^:/]+}:confirm")]
pub async fn confirm_proposal(state: AppState, actor: Actor, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadProposals)?; // before the address is judged
    let id = number(&id)?;
    let Confirmed { proposal, half } = state.act(actor, move |act| proposals::confirm(act, id)).await?;
    Ok(HttpResponse::Ok().json(ConfirmedBody { proposal: ProposalBody::of(proposal), second_half: half }))
}

/// Rejects a proposal; whoever made it may take it back.
#[utoipa::path(tag = "proposals", params(("id" = i32, Path, description = "The proposal")),
    responses((status = 200, description = "Rejected", body = ProposalBody)))]
#[post("/v1/proposals/{id:[^:/]+}:reject")]
pub async fn reject_proposal(state: AppState, actor: Actor, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadProposals)?; // before the address is judged
    let id = number(&id)?;
    Ok(HttpResponse::Ok().json(ProposalBody::of(state.act(actor, move |act| proposals::reject(act, id)).await?)))
}
