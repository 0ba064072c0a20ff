//! Index definitions: anyone reads how a score comes about, a statistician publishes it.

use actix_web::{HttpResponse, get, post, put, web};

use crate::api::definitions::{self, CheckBody, DefinitionBody, VersionBody, VersionPath};
use crate::http::body::{JsonBytes, LARGE};
use crate::http::page::Listing;
use crate::http::state::AppState;
use crate::office::definitions::Kind;
use crate::office::{Actor, Refusal};

/// Every index and its versions.
#[utoipa::path(tag = "definitions", responses((status = 200, description = "The indices", body = Listing<DefinitionBody>)))]
#[get("/v1/indices")]
pub async fn list_indices(state: AppState, _: Actor) -> Result<HttpResponse, Refusal> {
    definitions::list(&state, Kind::Index).await
}

/// An index and its versions.
#[utoipa::path(tag = "definitions", params(("code" = String, Path, description = "The index")),
    responses((status = 200, description = "The index", body = DefinitionBody)))]
#[get("/v1/indices/{code:[^:/]+}")]
pub async fn get_index(state: AppState, _: Actor, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    definitions::one(&state, Kind::Index, code.into_inner()).await
}

/// The index definition itself, as it was published. It never changes.
#[utoipa::path(tag = "definitions",
    params(("code" = String, Path, description = "The index"), ("version" = String, Path, description = "The version")),
    responses((status = 200, description = "The definition", body = serde_json::Value)))]
#[get("/v1/indices/{code:[^:/]+}/versions/{version:[^:/]+}")]
pub async fn get_index_version(state: AppState, _: Actor, path: web::Path<VersionPath>) -> Result<HttpResponse, Refusal> {
    definitions::file(&state, Kind::Index, path.into_inner()).await
}

/// Publishes an index definition, of a survey or a composite one. Every questionnaire version that a survey's index names must be
/// published, and have the items it measures. The version of a composite index is its edition.
#[utoipa::path(tag = "definitions", request_body(content = serde_json::Value, description = "An index definition file"),
    params(("code" = String, Path, description = "The index"), ("version" = String, Path, description = "The version")),
    responses((status = 201, description = "Published", body = VersionBody), (status = 200, description = "It was published before", body = VersionBody)))]
#[put("/v1/indices/{code:[^:/]+}/versions/{version:[^:/]+}")]
pub async fn put_index_version(
    state: AppState,
    actor: Actor,
    path: web::Path<VersionPath>,
    body: JsonBytes<LARGE>,
) -> Result<HttpResponse, Refusal> {
    definitions::put(&state, actor, Kind::Index, path.into_inner(), body.0).await
}

/// Says what is wrong with an index definition by itself, without publishing it.
#[utoipa::path(tag = "definitions", request_body(content = serde_json::Value, description = "A definition file"),
    responses((status = 200, description = "Everything found", body = CheckBody)))]
#[post("/v1/indices:check")]
pub async fn check_index(actor: Actor, body: JsonBytes<LARGE>) -> Result<HttpResponse, Refusal> {
    definitions::check(actor, body.0).await
}
