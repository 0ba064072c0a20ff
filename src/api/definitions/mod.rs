//! What questionnaires and index definitions have in common: both are files, versioned, and never change once published.

pub mod indicator_tables;
pub mod indices;
pub mod surveys;
pub mod units;

use std::collections::BTreeMap;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::wire::{Cacheable, FindingBody, Words};
use crate::http::etag;
use crate::http::page::Listing;
use crate::http::state::AppState;
use crate::office::definitions::{self, Done, Kind, Sent, Version};
use crate::office::{Action, Actor, Code, Refusal};
use crate::words::Finding;
use crate::words::encode::{hex, rfc3339};

/// Where a version is.
#[derive(Debug, Deserialize)]
pub struct VersionPath {
    /// The definition's code.
    pub code: String,
    /// The version.
    pub version: String,
}

/// A published version.
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionBody {
    /// The definition's code.
    pub code: String,
    /// The version.
    pub version: String,
    /// SHA-256 of the canonical JSON: without white space, members sorted.
    pub sha256: String,
    /// When it was published.
    pub published_at: String,
    /// What somebody should look at. None of it kept the definition from being published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<FindingBody>,
}

/// A definition and its versions.
#[derive(Debug, Serialize, ToSchema)]
pub struct DefinitionBody {
    /// Its code.
    pub code: String,
    /// The title of its latest version.
    pub title: Words,
    /// Its versions, in the order of publication.
    pub versions: Vec<VersionBody>,
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckBody {
    /// Whether it could be published.
    pub valid: bool,
    /// Its hash, if it is valid.
    pub sha256: Option<String>,
    /// Everything found, in the order of lines.
    pub findings: Vec<FindingBody>,
}

impl VersionBody {
    fn of(version: &Version, warnings: Vec<Finding>) -> Self {
        Self {
            code: version.code.clone(),
            version: version.version.clone(),
            sha256: hex(&version.sha256),
            published_at: rfc3339(version.published_at),
            warnings: warnings.into_iter().map(FindingBody::from).collect(),
        }
    }
}

/// Versions by definition, definitions in the order of their codes.
fn by_code(versions: &[Version]) -> Vec<DefinitionBody> {
    let mut definitions: BTreeMap<&str, DefinitionBody> = BTreeMap::new();
    for version in versions {
        let definition = definitions.entry(&version.code).or_insert_with(|| DefinitionBody {
            code: version.code.clone(),
            title: Words::default(),
            versions: Vec::new(),
        });
        definition.title = title(version);
        definition.versions.push(VersionBody::of(version, Vec::new()));
    }
    definitions.into_values().collect()
}

fn title(version: &Version) -> Words {
    let document: Value = serde_json::from_str(&version.document).unwrap_or_default();
    serde_json::from_value(document["title"].clone()).unwrap_or_default()
}

/// Every definition of a kind.
async fn list(state: &AppState, kind: Kind) -> Result<HttpResponse, Refusal> {
    let versions = state.look(Actor::anyone(), move |look| definitions::list(look, kind, None)).await?;
    Ok(HttpResponse::Ok().public().json(Listing { items: by_code(&versions), next: None }))
}

/// A definition with its versions.
async fn one(state: &AppState, kind: Kind, code: String) -> Result<HttpResponse, Refusal> {
    let versions = state.look(Actor::anyone(), move |look| definitions::list(look, kind, Some(&code))).await?;
    let definition = by_code(&versions).pop().ok_or_else(Refusal::not_found)?;
    Ok(HttpResponse::Ok().public().json(definition))
}

/// The file of a version, as it was published.
async fn file(state: &AppState, kind: Kind, path: VersionPath) -> Result<HttpResponse, Refusal> {
    let version = state.look(Actor::anyone(), move |look| definitions::get(look, kind, &path.code, &path.version)).await?;
    let mut answer = HttpResponse::Ok();
    Ok(answer.immutable().tag(etag::digest(&version.sha256)).insert_header((CONTENT_TYPE, "application/json")).body(version.document))
}

/// Publishes what a body holds under its address.
async fn put(state: &AppState, actor: Actor, kind: Kind, path: VersionPath, body: web::Bytes) -> Result<HttpResponse, Refusal> {
    actor.may(Action::PublishDefinition)?; // before the body is judged
    let text = String::from_utf8(body.into()).map_err(|_| Refusal::new(Code::JsonInvalid))?;
    // Off the event loop and before the transaction: a large one takes a while.
    let sent = web::block(move || Sent::read(text).at(kind, &path.code, &path.version)).await.map_err(Refusal::internal)?;
    let done = state.act(actor, move |act| definitions::publish(act, &[sent])).await?;
    let Done { version, new, warnings } = done.into_iter().next().ok_or_else(|| Refusal::internal("nothing was published"))?;
    let mut answer = if new { HttpResponse::Created() } else { HttpResponse::Ok() };
    Ok(answer.json(VersionBody::of(&version, warnings)))
}

/// Says what is wrong with a definition, without publishing it.
async fn check(actor: Actor, body: web::Bytes) -> Result<HttpResponse, Refusal> {
    let text = String::from_utf8_lossy(&body).into_owned();
    let sent = web::block(move || definitions::check(&actor, text)).await.map_err(Refusal::internal)??;
    let checked = sent.checked();
    Ok(HttpResponse::Ok().json(CheckBody {
        valid: checked.is_some(),
        sha256: checked.map(|checked| hex(&checked.sha256)),
        findings: sent.findings().iter().cloned().map(FindingBody::from).collect(),
    }))
}
