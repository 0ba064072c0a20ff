//! The response-rate chain of a wave that nobody was drawn for: customers, invitations, answers.

use actix_web::{HttpResponse, get, web};

use crate::http::state::AppState;
use crate::office::chain::{self, ChainInFull};
use crate::office::{Actor, Refusal};

/// How many could have answered a wave, with the answers that there are, and what was said about it over time.
#[utoipa::path(tag = "waves", params(("code" = String, Path, description = "The wave")),
    responses((status = 200, description = "The chain", body = ChainInFull)))]
#[get("/v1/waves/{code:[^:/]+}/chain")]
pub async fn get_chain(state: AppState, actor: Actor, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let chain = state.look(actor, move |look| chain::in_full(look, &code)).await?;
    Ok(HttpResponse::Ok().json(chain))
}
