//! Waves: rounds of collection.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, put, web};

use crate::api::wire::Cacheable;
use crate::http::body::{JsonBytes, SMALL};
use crate::http::etag;
use crate::http::page::Listing;
use crate::http::state::AppState;
use crate::office::waves::{self, WaveBody, WaveRequest};
use crate::office::{Action, Actor, Refusal, wire};

fn answer(mut with: HttpResponseBuilder, wave: &WaveBody) -> HttpResponse {
    with.public().tag(etag::revision(wave.revision)).json(wave)
}

/// Every wave, the latest opened first.
#[utoipa::path(tag = "waves", responses((status = 200, description = "The waves", body = Listing<WaveBody>)))]
#[get("/v1/waves")]
pub async fn list_waves(state: AppState, _: Actor) -> Result<HttpResponse, Refusal> {
    let items = state.look(Actor::anyone(), waves::list).await?;
    Ok(HttpResponse::Ok().public().json(Listing { items, next: None }))
}

/// A wave.
#[utoipa::path(tag = "waves", params(("code" = String, Path, description = "The wave")),
    responses((status = 200, description = "The wave; `ETag` is its revision", body = WaveBody)))]
#[get("/v1/waves/{code:[^:/]+}")]
pub async fn get_wave(state: AppState, _: Actor, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let wave = state.look(Actor::anyone(), move |look| waves::get(look, &code)).await?;
    Ok(answer(HttpResponse::Ok(), &wave))
}

/// Opens a wave, or changes its words and dates: that needs `If-Match`.
#[utoipa::path(tag = "waves", request_body = WaveRequest, params(("code" = String, Path, description = "The wave")),
    responses((status = 201, description = "Opened", body = WaveBody), (status = 200, description = "Changed", body = WaveBody)))]
#[put("/v1/waves/{code:[^:/]+}")]
pub async fn put_wave(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    code: web::Path<String>,
    body: JsonBytes<SMALL>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::KeepWave)?; // before the body is judged
    let wish: WaveRequest = wire::decode(&body.0)?;
    let (code, headers) = (code.into_inner(), req.headers().clone());
    let wave = code.clone();
    let put =
        state.act(actor, move |act| waves::put(act, &wave, &wish, &|revision| etag::require_match(&headers, &etag::revision(revision))));
    let (new, wave) = put.await?;
    state.cache().forget_wave(&code);
    let mut with = if new { HttpResponse::Created() } else { HttpResponse::Ok() };
    if new {
        with.insert_header((LOCATION, format!("/v1/waves/{code}")));
    }
    Ok(answer(with, &wave))
}
