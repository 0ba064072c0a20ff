//! Invitations to answer, each for one dossier and used once.

use actix_web::{HttpRequest, HttpResponse, post};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

use crate::http::body::{JsonBytes, LARGE, SMALL};
use crate::http::lang;
use crate::http::problem;
use crate::http::state::AppState;
use crate::office::invitations::{self, InvitationBody, InvitationRequest};
use crate::office::{Action, Actor, Refusal, wire};

/// Invitations to make.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationsRequest {
    /// Up to 500.
    #[validate(length(max = 500))]
    #[schema(max_items = 500)]
    pub invitations: Vec<InvitationRequest>,
}

/// What became of many invitations.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationsBody {
    /// In the order of the request.
    pub results: Vec<InvitationResult>,
}

/// What became of one: what a request of its own would have answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationResult {
    /// The status that it would have had.
    pub status: u16,
    /// The invitation, if it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation: Option<InvitationBody>,
    /// The problem, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Value>,
}

fn status(made: &InvitationBody) -> u16 {
    if made.renewed { 200 } else { 201 }
}

/// Invites whoever a finished dossier was for to answer, once. The token is shown here and stored nowhere; of the dossier's reference
/// nothing but a keyed hash is stored.
///
/// Asked again for a dossier whose invitation was not used, it makes a new token, and the old one is void.
#[utoipa::path(tag = "responses", request_body = InvitationRequest,
    responses(
        (status = 201, description = "Made", body = InvitationBody),
        (status = 200, description = "Made anew: the token of before is void", body = InvitationBody)))]
#[post("/v1/invitations")]
pub async fn create_invitation(state: AppState, actor: Actor, body: JsonBytes<SMALL>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::Invite)?; // before the body is judged
    let wish: InvitationRequest = wire::decode(&body.0)?;
    let made = state.act(actor, move |act| invitations::invite(act, &wish)).await?;
    let mut answer = if made.renewed { HttpResponse::Ok() } else { HttpResponse::Created() };
    Ok(answer.json(made))
}

/// Makes up to 500 invitations and answers for each as a request of its own would have been.
#[utoipa::path(tag = "responses", request_body = InvitationsRequest,
    responses((status = 200, description = "A result for each; look at their `status`", body = InvitationsBody)))]
#[post("/v1/invitations:batch")]
pub async fn create_invitations(state: AppState, actor: Actor, req: HttpRequest, body: JsonBytes<LARGE>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::Invite)?; // before the body is judged
    let request: InvitationsRequest = wire::decode(&body.0)?;
    wire::check(&request)?;
    let wishes = request.invitations;
    let made = state.act(actor, move |act| invitations::invite_many(act, &wishes)).await?;
    let lang = lang::preferred(req.headers());
    let result = |result: Result<InvitationBody, Refusal>| match result {
        Ok(made) => InvitationResult { status: status(&made), invitation: Some(made), problem: None },
        Err(problem) => {
            let request_id = uuid::Uuid::new_v4().to_string();
            let status = problem.code().status();
            InvitationResult { status, invitation: None, problem: Some(problem::body(&problem, lang, &request_id)) }
        }
    };
    Ok(HttpResponse::Ok().json(InvitationsBody { results: made.into_iter().map(result).collect() }))
}
