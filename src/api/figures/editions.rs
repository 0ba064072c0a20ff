//! Editions: what was published, named for good.

use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::wire::Cacheable;
use crate::http::page::Listing;
use crate::http::state::AppState;
use crate::office::editions::Told;
use crate::office::{Actor, Refusal, editions};
use crate::store::editions::Edition;
use crate::words::encode::{hex, rfc3339};

/// An edition.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditionBody {
    /// Its code, stable for ever.
    pub code: String,
    /// Code of the index.
    pub index: String,
    /// Version of its definition.
    pub version: String,
    /// The wave.
    pub wave: Option<String>,
    /// `embargoed`, `published` or `withdrawn`.
    pub state: &'static str,
    /// When it became public.
    pub published_at: Option<String>,
    /// When it was taken back.
    pub withdrawn_at: Option<String>,
}

/// An edition and what it was made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditionInFull {
    /// The edition.
    #[serde(flatten)]
    pub edition: EditionBody,
    /// The run that it shows.
    pub run: String,
    /// SHA-256 of what everybody sees: the manifest and every published figure.
    pub digest: Option<String>,
    /// What it was made of.
    pub manifest: Option<Value>,
    /// Why it was taken back.
    pub withdrawn_reason: Option<String>,
}

fn body(edition: Edition) -> EditionBody {
    EditionBody {
        code: edition.code,
        index: edition.index_code,
        version: edition.index_version,
        wave: edition.wave_code,
        state: edition.state.as_str(),
        published_at: edition.published_at.map(rfc3339),
        withdrawn_at: edition.withdrawn_at.map(rfc3339),
    }
}

/// Editions, the latest first. An embargoed one is listed for those who may see something of it.
#[utoipa::path(tag = "scores", responses((status = 200, description = "The editions", body = Listing<EditionBody>)))]
#[get("/v1/editions")]
pub async fn list_editions(state: AppState, actor: Actor) -> Result<HttpResponse, Refusal> {
    let items = state.look(actor, editions::list).await?.into_iter().map(body).collect();
    Ok(HttpResponse::Ok().private().json(Listing { items, next: None }))
}

/// An edition, its digest and its manifest.
#[utoipa::path(tag = "scores", params(("code" = String, Path, description = "The edition")),
    responses((status = 200, description = "The edition", body = EditionInFull)))]
#[get("/v1/editions/{code:[^:/]+}")]
pub async fn get_edition(state: AppState, actor: Actor, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let Told { edition, run, digest, manifest } = state.look(actor, move |look| editions::told(look, &code)).await?;
    Ok(HttpResponse::Ok().private().json(EditionInFull {
        run: edition.run_id.to_string(),
        edition: body(edition),
        digest: digest.map(|digest| hex(&digest)),
        manifest,
        withdrawn_reason: run.withdrawn_reason,
    }))
}
