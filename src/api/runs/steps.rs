//! The steps of a run: cancel, submit, approve, return, publish, withdraw. Each needs `If-Match`, and each is one line of the audit log.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use validator::Validate;

use crate::api::collect::responses::{ReasonRequest, uuid};
use crate::api::runs::{RunBody, answer};
use crate::http::body::{self, Json, Raw, SMALL};
use crate::http::etag;
use crate::http::state::AppState;
use crate::office::runs::{self, Described, Seen};
use crate::office::{Act, Action, Actor, Refusal};

/// How to approve.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveRequest {
    /// Whether agencies may see their own scores before publication.
    #[serde(default)]
    preview: bool,
}

/// Takes a step on a run as the caller has seen it, and answers with the run after it.
async fn take(
    state: &AppState,
    actor: Actor,
    req: &HttpRequest,
    id: &str,
    step: impl FnOnce(&mut Act<'_>, Seen) -> Result<Described, Refusal> + Send + 'static,
) -> Result<HttpResponse, Refusal> {
    let id = uuid(id)?;
    let revision = state.look(actor.clone(), move |look| runs::revision(look, id)).await?;
    etag::require_match(req.headers(), &etag::revision(revision))?;
    Ok(answer(HttpResponse::Ok(), state.act(actor, move |act| step(act, Seen { id, revision })).await?))
}

/// How to publish.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishRequest {
    /// The code of the edition, said as the sign that this and nothing else is to become public.
    #[serde(default)]
    #[validate(length(max = 128))]
    #[schema(max_length = 128)]
    edition: Option<String>,
}

/// The body of a request that may have none.
fn optional<T: Default + DeserializeOwned + Validate>(bytes: &Bytes) -> Result<T, Refusal> {
    if bytes.is_empty() { Ok(T::default()) } else { body::parse(bytes) }
}

/// Calls a run off that is not done yet.
#[utoipa::path(tag = "runs", params(("id" = String, Path, description = "The run")), responses((status = 200, description = "Cancelled", body = RunBody)))]
#[post("/v1/runs/{id:[^:/]+}:cancel")]
pub async fn cancel_run(state: AppState, actor: Actor, req: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::Compute)?;
    take(&state, actor, &req, &id, runs::cancel).await
}

/// Puts a draft forward for approval.
#[utoipa::path(tag = "runs", params(("id" = String, Path, description = "The run")), responses((status = 200, description = "Submitted", body = RunBody)))]
#[post("/v1/runs/{id:[^:/]+}:submit")]
pub async fn submit_run(state: AppState, actor: Actor, req: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::Compute)?;
    take(&state, actor, &req, &id, runs::submit).await
}

/// Approves what another person submitted. With `preview`, agencies see their own scores from now on, under embargo.
#[utoipa::path(tag = "runs", request_body = ApproveRequest, params(("id" = String, Path, description = "The run")),
    responses((status = 200, description = "Approved", body = RunBody)))]
#[post("/v1/runs/{id:[^:/]+}:approve")]
pub async fn approve_run(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    id: web::Path<String>,
    bytes: Raw<SMALL>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::Publish)?;
    let request: ApproveRequest = optional(&bytes.0)?;
    take(&state, actor, &req, &id, move |act, seen| runs::approve(act, seen, request.preview)).await
}

/// Sends a run that was submitted back to those who made it, as a draft again. Why is a line of the audit log.
#[utoipa::path(tag = "runs", request_body = ReasonRequest, params(("id" = String, Path, description = "The run")),
    responses((status = 200, description = "A draft again", body = RunBody)))]
#[post("/v1/runs/{id:[^:/]+}:return")]
pub async fn return_run(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    id: web::Path<String>,
    request: Json<ReasonRequest>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::Publish)?;
    let reason = request.0.reason;
    take(&state, actor, &req, &id, move |act, seen| runs::send_back(act, seen, &reason)).await
}

/// Publishes an approved run: its edition is public from now on.
#[utoipa::path(tag = "runs", request_body = PublishRequest, params(("id" = String, Path, description = "The run")), responses((status = 200, description = "Published", body = RunBody)))]
#[post("/v1/runs/{id:[^:/]+}:publish")]
pub async fn publish_run(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    id: web::Path<String>,
    bytes: Raw<SMALL>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::Publish)?;
    let request: PublishRequest = optional(&bytes.0)?;
    take(&state, actor, &req, &id, move |act, seen| runs::publish(act, seen, request.edition.as_deref())).await
}

/// Takes a run back, and its edition with it. Its figures stay stored, and so does the reason.
#[utoipa::path(tag = "runs", request_body = ReasonRequest, params(("id" = String, Path, description = "The run")),
    responses((status = 200, description = "Withdrawn", body = RunBody)))]
#[post("/v1/runs/{id:[^:/]+}:withdraw")]
pub async fn withdraw_run(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    id: web::Path<String>,
    request: Json<ReasonRequest>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::Publish)?;
    let reason = request.0.reason;
    take(&state, actor, &req, &id, move |act, seen| runs::withdraw(act, seen, &reason)).await
}
