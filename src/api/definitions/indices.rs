//! Index definitions: anyone reads how a score comes about, a statistician publishes it.

use actix_web::{HttpResponse, get, post, put, web};

use crate::api::admin::audit;
use crate::api::definitions::{self, CheckBody, DefinitionBody, Stored, VersionBody, VersionPath, by_code, other_kind};
use crate::api::wire::Cacheable;
use crate::http::body::{JsonBytes, LARGE};
use crate::http::page::Listing;
use crate::http::state::AppState;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Refusal;
use crate::schema::{Document, IndexDefinition, check_index_against};
use crate::store::schemas::{self, IndexVersion, NewIndexVersion, Published};
use crate::words::{Finding, any_error};

fn stored(row: IndexVersion) -> Stored {
    Stored { code: row.code, version: row.version, sha256: row.sha256, document: row.document, published_at: row.published_at }
}

/// Every index and its versions.
#[utoipa::path(tag = "definitions", responses((status = 200, description = "The indices", body = Listing<DefinitionBody>)))]
#[get("/v1/indices")]
pub async fn list_indices(state: AppState, _: Actor) -> Result<HttpResponse, Refusal> {
    let rows = state.read(|db| Ok(schemas::list_indices(db, None)?)).await?;
    Ok(HttpResponse::Ok().public().json(Listing { items: by_code(rows.into_iter().map(stored).collect()), next: None }))
}

/// An index and its versions.
#[utoipa::path(tag = "definitions", params(("code" = String, Path, description = "The index")),
    responses((status = 200, description = "The index", body = DefinitionBody)))]
#[get("/v1/indices/{code:[^:/]+}")]
pub async fn get_index(state: AppState, _: Actor, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let rows = state.read(move |db| Ok(schemas::list_indices(db, Some(&code))?)).await?;
    let index = by_code(rows.into_iter().map(stored).collect()).pop().ok_or_else(Refusal::not_found)?;
    Ok(HttpResponse::Ok().public().json(index))
}

/// The index definition itself, as it was published. It never changes.
#[utoipa::path(tag = "definitions",
    params(("code" = String, Path, description = "The index"), ("version" = String, Path, description = "The version")),
    responses((status = 200, description = "The definition", body = serde_json::Value)))]
#[get("/v1/indices/{code:[^:/]+}/versions/{version:[^:/]+}")]
pub async fn get_index_version(state: AppState, _: Actor, path: web::Path<VersionPath>) -> Result<HttpResponse, Refusal> {
    let found = state.read(move |db| Ok(schemas::find_index(db, &path.code, &path.version)?)).await?;
    Ok(stored(found.ok_or_else(Refusal::not_found)?).file())
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
    let holder = actor.may(Action::PublishDefinition)?.clone();
    let (document, checked) = definitions::read(body.0).await?;
    let (survey_code, warnings) = match &checked.document {
        Document::Index(index) => {
            definitions::check_address(&path, index.code(), ("version", index.version()))?;
            (Some(index.survey().to_owned()), against_surveys(&state, index, checked.warnings).await?)
        }
        Document::Composite(index) => {
            definitions::check_address(&path, index.code(), ("edition", index.edition()))?;
            (None, checked.warnings)
        }
        Document::Questionnaire(_) => return Err(other_kind()),
    };
    let now = state.now();
    let published = state.write(move |db| {
        let actor = holder.actor();
        let new = NewIndexVersion {
            code: &path.code,
            version: &path.version,
            sha256: checked.sha256,
            document: &document,
            survey_code: survey_code.as_deref(),
            published_at: now,
            published_by: &actor,
        };
        let published = schemas::publish_index(db, &new).map_err(definitions::immutable)?;
        if matches!(published, Published::New(_)) {
            audit::note(db, &holder, now, "index.publish", &format!("{}/{}", path.code, path.version), "")?;
        }
        Ok(published)
    });
    let (mut answer, row) = match published.await? {
        Published::New(row) => (HttpResponse::Created(), row),
        Published::Already(row) => (HttpResponse::Ok(), row),
    };
    Ok(answer.json(stored(row).body(warnings)))
}

/// Checks an index against each questionnaire that it names, and gives all warnings.
async fn against_surveys(state: &AppState, index: &IndexDefinition, mut findings: Vec<Finding>) -> Result<Vec<Finding>, Refusal> {
    for (position, version) in index.survey_versions().iter().enumerate() {
        match state.survey(index.survey(), version).await? {
            Some(survey) => findings.extend(check_index_against(index, &survey.questionnaire)),
            None => findings.push(Finding::error(
                format!("/survey_versions/{position}"),
                "survey-version-unknown",
                format!("Chưa công bố phiếu {} phiên bản {version}", index.survey()),
                format!("The questionnaire {} {version} is not published", index.survey()),
            )),
        }
    }
    if any_error(&findings) { Err(definitions::invalid(findings)) } else { Ok(findings) }
}

/// Says what is wrong with an index definition by itself, without publishing it.
#[utoipa::path(tag = "definitions", request_body(content = serde_json::Value, description = "A definition file"),
    responses((status = 200, description = "Everything found", body = CheckBody)))]
#[post("/v1/indices:check")]
pub async fn check_index(actor: Actor, body: JsonBytes<LARGE>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::CheckDefinition)?;
    definitions::check(body.0).await
}
