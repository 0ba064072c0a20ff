//! Questionnaires: anyone reads them, a statistician publishes them.

use actix_web::{HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::api::definitions::{self, CheckBody, DefinitionBody, VersionBody, VersionPath};
use crate::api::wire::{Cacheable, ChangeBody};
use crate::http::body::{JsonBytes, LARGE};
use crate::http::page::Listing;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::definitions::Kind;
use crate::office::{Actor, Refusal};
use crate::schema::compatibility;

/// What changed from an older version to this one.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompatibilityBody {
    /// Figures of the two versions cannot be compared as they are.
    pub breaking: Vec<ChangeBody>,
    /// The newer version can hold more; old answers mean what they meant.
    pub additive: Vec<ChangeBody>,
    /// Wording and order.
    pub cosmetic: Vec<ChangeBody>,
}

/// Which version to compare with.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CompareQuery {
    /// The older version.
    with: String,
}

/// Every survey and its versions.
#[utoipa::path(tag = "definitions", responses((status = 200, description = "The surveys", body = Listing<DefinitionBody>)))]
#[get("/v1/surveys")]
pub async fn list_surveys(state: AppState, _: Actor) -> Result<HttpResponse, Refusal> {
    definitions::list(&state, Kind::Survey).await
}

/// A survey and its versions.
#[utoipa::path(tag = "definitions", params(("code" = String, Path, description = "The survey")),
    responses((status = 200, description = "The survey", body = DefinitionBody)))]
#[get("/v1/surveys/{code:[^:/]+}")]
pub async fn get_survey(state: AppState, _: Actor, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    definitions::one(&state, Kind::Survey, code.into_inner()).await
}

/// The questionnaire itself, as it was published. It never changes.
#[utoipa::path(tag = "definitions",
    params(("code" = String, Path, description = "The survey"), ("version" = String, Path, description = "The version")),
    responses((status = 200, description = "The questionnaire", body = serde_json::Value)))]
#[get("/v1/surveys/{code:[^:/]+}/versions/{version:[^:/]+}")]
pub async fn get_survey_version(state: AppState, _: Actor, path: web::Path<VersionPath>) -> Result<HttpResponse, Refusal> {
    definitions::file(&state, Kind::Survey, path.into_inner()).await
}

/// Publishes a questionnaire. The same content again is no error; another content is refused for ever.
#[utoipa::path(tag = "definitions", request_body(content = serde_json::Value, description = "A questionnaire file"),
    params(("code" = String, Path, description = "The survey"), ("version" = String, Path, description = "The version")),
    responses((status = 201, description = "Published", body = VersionBody), (status = 200, description = "It was published before", body = VersionBody)))]
#[put("/v1/surveys/{code:[^:/]+}/versions/{version:[^:/]+}")]
pub async fn put_survey_version(
    state: AppState,
    actor: Actor,
    path: web::Path<VersionPath>,
    body: JsonBytes<LARGE>,
) -> Result<HttpResponse, Refusal> {
    definitions::put(&state, actor, Kind::Survey, path.into_inner(), body.0).await
}

/// Says what is wrong with a questionnaire or an index definition, without publishing it.
#[utoipa::path(tag = "definitions", request_body(content = serde_json::Value, description = "A definition file"),
    responses((status = 200, description = "Everything found", body = CheckBody)))]
#[post("/v1/surveys:check")]
pub async fn check_survey(actor: Actor, body: JsonBytes<LARGE>) -> Result<HttpResponse, Refusal> {
    definitions::check(actor, body.0).await
}

/// What changed from an older version to this one, by how much it matters to comparisons over time.
#[utoipa::path(tag = "definitions",
    params(("code" = String, Path, description = "The survey"), ("version" = String, Path, description = "The newer version"), CompareQuery),
    responses((status = 200, description = "The changes", body = CompatibilityBody)))]
#[get("/v1/surveys/{code:[^:/]+}/versions/{version:[^:/]+}/compatibility")]
pub async fn get_compatibility(
    state: AppState,
    _: Actor,
    path: web::Path<VersionPath>,
    query: Query<CompareQuery>,
) -> Result<HttpResponse, Refusal> {
    let newer = state.survey(&path.code, &path.version).await?.ok_or_else(Refusal::not_found)?;
    let older = state.survey(&path.code, &query.with).await?.ok_or_else(|| {
        let (vi, en) = ("Không có phiên bản này của phiếu hỏi", "There is no such version of the questionnaire");
        Refusal::not_found().at_parameter("with", "unknown-value", vi, en)
    })?;
    let report = compatibility(&older.questionnaire, &newer.questionnaire);
    let changes = |list: Vec<_>| list.into_iter().map(ChangeBody::from).collect();
    let body =
        CompatibilityBody { breaking: changes(report.breaking), additive: changes(report.additive), cosmetic: changes(report.cosmetic) };
    Ok(HttpResponse::Ok().public().json(body))
}
