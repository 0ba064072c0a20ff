//! Questionnaires: anyone reads them, a statistician publishes them.

use actix_web::{HttpResponse, get, post, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::admin::audit;
use crate::api::definitions::{self, CheckBody, DefinitionBody, Stored, VersionBody, VersionPath, by_code, other_kind};
use crate::api::wire::{Cacheable, ChangeBody};
use crate::http::body::{JsonBytes, LARGE};
use crate::http::page::Listing;
use crate::http::state::AppState;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Refusal;
use crate::schema::{Document, Layout, compatibility};
use crate::store::schemas::{self, NewSurveyVersion, Published, SurveyVersion};

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
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CompareQuery {
    /// The older version.
    with: String,
}

fn stored(row: SurveyVersion) -> Stored {
    Stored { code: row.code, version: row.version, sha256: row.sha256, document: row.document, published_at: row.published_at }
}

/// Every survey and its versions.
#[utoipa::path(tag = "definitions", responses((status = 200, description = "The surveys", body = Listing<DefinitionBody>)))]
#[get("/v1/surveys")]
pub async fn list_surveys(state: AppState, _: Actor) -> Result<HttpResponse, Refusal> {
    let rows = state.read(|db| Ok(schemas::list_surveys(db, None)?)).await?;
    Ok(HttpResponse::Ok().public().json(Listing { items: by_code(rows.into_iter().map(stored).collect()), next: None }))
}

/// A survey and its versions.
#[utoipa::path(tag = "definitions", params(("code" = String, Path, description = "The survey")),
    responses((status = 200, description = "The survey", body = DefinitionBody)))]
#[get("/v1/surveys/{code:[^:/]+}")]
pub async fn get_survey(state: AppState, _: Actor, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let rows = state.read(move |db| Ok(schemas::list_surveys(db, Some(&code))?)).await?;
    let survey = by_code(rows.into_iter().map(stored).collect()).pop().ok_or_else(Refusal::not_found)?;
    Ok(HttpResponse::Ok().public().json(survey))
}

/// The questionnaire itself, as it was published. It never changes.
#[utoipa::path(tag = "definitions",
    params(("code" = String, Path, description = "The survey"), ("version" = String, Path, description = "The version")),
    responses((status = 200, description = "The questionnaire", body = serde_json::Value)))]
#[get("/v1/surveys/{code:[^:/]+}/versions/{version:[^:/]+}")]
pub async fn get_survey_version(state: AppState, _: Actor, path: web::Path<VersionPath>) -> Result<HttpResponse, Refusal> {
    let found = state.read(move |db| Ok(schemas::find_survey(db, &path.code, &path.version)?)).await?;
    Ok(stored(found.ok_or_else(Refusal::not_found)?).file())
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
    let holder = actor.may(Action::PublishDefinition)?.clone();
    let (document, checked) = definitions::read(body.0).await?;
    let Document::Questionnaire(questionnaire) = checked.document else { return Err(other_kind()) };
    definitions::check_address(&path, questionnaire.code(), ("version", questionnaire.version()))?;
    let width = i32::try_from(Layout::of(&questionnaire).width()).map_err(Refusal::internal)?;
    let now = state.now();
    let published = state.write(move |db| {
        let actor = holder.actor();
        let new = NewSurveyVersion {
            code: &path.code,
            version: &path.version,
            sha256: checked.sha256,
            document: &document,
            layout_width: width,
            published_at: now,
            published_by: &actor,
        };
        let published = schemas::publish_survey(db, &new).map_err(definitions::immutable)?;
        if matches!(published, Published::New(_)) {
            audit::note(db, &holder, now, "survey.publish", &format!("{}/{}", path.code, path.version), "")?;
        }
        Ok(published)
    });
    let (mut answer, row) = match published.await? {
        Published::New(row) => (HttpResponse::Created(), row),
        Published::Already(row) => (HttpResponse::Ok(), row),
    };
    Ok(answer.json(stored(row).body(checked.warnings)))
}

/// Says what is wrong with a questionnaire or an index definition, without publishing it.
#[utoipa::path(tag = "definitions", request_body(content = serde_json::Value, description = "A definition file"),
    responses((status = 200, description = "Everything found", body = CheckBody)))]
#[post("/v1/surveys:check")]
pub async fn check_survey(actor: Actor, body: JsonBytes<LARGE>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::CheckDefinition)?;
    definitions::check(body.0).await
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
    query: web::Query<CompareQuery>,
) -> Result<HttpResponse, Refusal> {
    let newer = state.survey(&path.code, &path.version).await?.ok_or_else(Refusal::not_found)?;
    let older = state.survey(&path.code, &query.with).await?.ok_or_else(Refusal::not_found)?;
    let report = compatibility(&older.questionnaire, &newer.questionnaire);
    let changes = |list: Vec<_>| list.into_iter().map(ChangeBody::from).collect();
    let body =
        CompatibilityBody { breaking: changes(report.breaking), additive: changes(report.additive), cosmetic: changes(report.cosmetic) };
    Ok(HttpResponse::Ok().public().json(body))
}
