//! The steps of a run: cancel, submit, approve, publish, withdraw. Each needs `If-Match`, and each is one line of the audit log.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

use crate::api::admin::audit;
use crate::api::collect::responses::{ReasonRequest, uuid};
use crate::api::runs::{Names, RunBody, answer};
use crate::http::body::{self, Json, Raw, SMALL};
use crate::http::etag;
use crate::http::state::AppState;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Refusal;
use crate::store::editions::{self, Edition};
use crate::store::runs::{self, Run, Step};
use crate::store::{Db, schemas, waves};

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
    actor: &Actor,
    req: &HttpRequest,
    id: &str,
    (action, name): (Action, &'static str),
    reason: &str,
    step: impl FnOnce(&mut Db, &Run, Step<'_>) -> Result<Run, Refusal> + Send + 'static,
) -> Result<HttpResponse, Refusal> {
    let holder = actor.may(action)?.clone();
    let id = uuid(id)?;
    let seen = state.read(move |db| Ok(runs::get(db, id)?)).await?;
    etag::require_match(req.headers(), &etag::revision(seen.revision))?;
    let (now, reason) = (state.now(), reason.to_owned());
    let taken = state.write(move |db| {
        let run = step(db, &seen, Step { revision: seen.revision, actor: &holder.actor(), now })?;
        audit::note(db, &holder, now, name, &run.id.to_string(), &reason)?;
        Names::default().body(db, run)
    });
    Ok(answer(HttpResponse::Ok(), &taken.await?))
}

/// The name of a run's edition: that of its wave, or of its composite index and version, and how many editions that has with it.
fn edition_name(db: &mut Db, run: &Run) -> Result<String, Refusal> {
    if let Some(edition) = editions::of_run(db, run.id)? {
        return Ok(edition.code);
    }
    let all = editions::list(db, None)?;
    let (name, earlier) = if let Some(wave_id) = run.wave_id {
        let wave = waves::by_id(db, wave_id)?.code;
        let earlier = all.iter().filter(|edition| edition.wave_code.as_ref() == Some(&wave)).count();
        (wave, earlier)
    } else {
        let index = schemas::index_by_id(db, run.index_version_id)?;
        let same = |edition: &&Edition| edition.index_code == index.code && edition.index_version == index.version;
        (format!("{}-{}", index.code, index.version), all.iter().filter(same).count())
    };
    Ok(format!("{name}.{}", earlier + 1))
}

/// The body of a request that may have none.
fn optional(bytes: &Bytes) -> Result<ApproveRequest, Refusal> {
    if bytes.is_empty() { Ok(ApproveRequest::default()) } else { body::parse(bytes) }
}

/// Calls a run off that is not done yet.
#[utoipa::path(tag = "runs", params(("id" = String, Path, description = "The run")), responses((status = 200, description = "Cancelled", body = RunBody)))]
#[post("/v1/runs/{id:[^:/]+}:cancel")]
pub async fn cancel_run(state: AppState, actor: Actor, req: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    // The job that computes a run has the run's own id.
    let step = |db: &mut Db, run: &Run, step: Step<'_>| Ok(runs::cancel(db, run.id, run.id, step)?);
    take(&state, &actor, &req, &id, (Action::Compute, "run.cancel"), "", step).await
}

/// Puts a draft forward for approval.
#[utoipa::path(tag = "runs", params(("id" = String, Path, description = "The run")), responses((status = 200, description = "Submitted", body = RunBody)))]
#[post("/v1/runs/{id:[^:/]+}:submit")]
pub async fn submit_run(state: AppState, actor: Actor, req: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let step = |db: &mut Db, run: &Run, step: Step<'_>| Ok(runs::submit(db, run.id, step)?);
    take(&state, &actor, &req, &id, (Action::Compute, "run.submit"), "", step).await
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
    let request = optional(&bytes.0)?;
    let step = move |db: &mut Db, run: &Run, step: Step<'_>| {
        let run = runs::approve(db, run.id, step)?;
        if request.preview {
            let name = edition_name(db, &run)?;
            editions::embargo(db, run.id, &name, step.now)?;
        }
        Ok(run)
    };
    take(&state, &actor, &req, &id, (Action::Publish, "run.approve"), "", step).await
}

/// Publishes an approved run: its edition is public from now on.
#[utoipa::path(tag = "runs", params(("id" = String, Path, description = "The run")), responses((status = 200, description = "Published", body = RunBody)))]
#[post("/v1/runs/{id:[^:/]+}:publish")]
pub async fn publish_run(state: AppState, actor: Actor, req: HttpRequest, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let step = |db: &mut Db, run: &Run, step: Step<'_>| {
        let name = edition_name(db, run)?;
        Ok(runs::publish(db, run.id, &name, step)?)
    };
    take(&state, &actor, &req, &id, (Action::Publish, "run.publish"), "", step).await
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
    let reason = request.0.reason;
    let kept = reason.clone();
    let step = move |db: &mut Db, run: &Run, step: Step<'_>| Ok(runs::withdraw(db, run.id, &kept, step)?);
    take(&state, &actor, &req, &id, (Action::Publish, "run.withdraw"), &reason, step).await
}
