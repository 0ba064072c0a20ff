//! How far a run is: once as JSON, or as a stream of server-sent events.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, web};
use futures_util::stream;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::collect::responses::uuid;
use crate::http::state::AppState;
use crate::office::{Action, Actor, Refusal, runs};

/// How often a stream looks.
const LOOK: Duration = Duration::from_millis(500);
/// Looks without news after which a comment keeps proxies from closing the stream.
const QUIET_LOOKS: u32 = 30;

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunProgress {
    /// The run's state.
    pub state: &'static str,
    /// What is being done right now.
    pub stage: String,
    /// Steps done of this stage.
    pub done: i64,
    /// Steps that this stage has; 0 while unknown.
    pub total: i64,
    /// Whether the computation has ended, well or not.
    pub ended: bool,
}

async fn look(state: &AppState, actor: Actor, id: Uuid) -> Result<RunProgress, Refusal> {
    let found = state.look(actor, move |look| runs::progress(look, id)).await?;
    let ended = found.ended();
    Ok(RunProgress { state: found.state.as_str(), stage: found.stage, done: found.done, total: found.total, ended })
}

/// How far a run is.
#[utoipa::path(tag = "runs", params(("id" = String, Path, description = "The run")), responses((status = 200, description = "The progress", body = RunProgress)))]
#[get("/v1/runs/{id:[^:/]+}/progress")]
pub async fn get_run_progress(state: AppState, actor: Actor, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadRuns)?;
    Ok(HttpResponse::Ok().json(look(&state, actor, uuid(&id)?).await?))
}

struct Watch {
    state: AppState,
    actor: Actor,
    id: Uuid,
    last: Option<RunProgress>,
}

impl Watch {
    /// The next thing to send: news as an event, or a comment after a long quiet. `None` ends the stream.
    async fn next(mut self) -> Option<(Result<Bytes, actix_web::Error>, Self)> {
        if self.last.as_ref().is_some_and(|last| last.ended) {
            return None;
        }
        for _ in 0..QUIET_LOOKS {
            if self.state.is_draining() {
                return None;
            }
            let progress = look(&self.state, self.actor.clone(), self.id).await.ok()?;
            if self.last.as_ref() != Some(&progress) {
                let data = serde_json::to_string(&progress).ok()?;
                self.last = Some(progress);
                return Some((Ok(Bytes::from(format!("event: progress\ndata: {data}\n\n"))), self));
            }
            tokio::time::sleep(LOOK).await;
        }
        Some((Ok(Bytes::from_static(b": still there\n\n")), self))
    }
}

/// The same as a stream: an event `progress` whenever something changes, until the computation ends.
#[utoipa::path(tag = "runs", params(("id" = String, Path, description = "The run")),
    responses((status = 200, description = "Events named `progress`; their data is a progress", body = String, content_type = "text/event-stream")))]
#[get("/v1/runs/{id:[^:/]+}/events")]
pub async fn stream_run_progress(state: AppState, actor: Actor, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadRuns)?;
    let id = uuid(&id)?;
    look(&state, actor.clone(), id).await?;
    let events = stream::unfold(Watch { state, actor, id, last: None }, Watch::next);
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/event-stream")).insert_header((CACHE_CONTROL, "no-store")).streaming(events))
}
