//! For operators: is it alive, is it ready, which version, which figures.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::state::AppState;
use crate::office::Refusal;

/// Whether the server should get requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Whether it should.
    pub ready: bool,
    /// Why not: `draining`, `writer-failed`, `database`, `queue-full`.
    pub reasons: Vec<&'static str>,
}

/// Which program answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Version {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// The process runs. Asks nothing of the database.
#[utoipa::path(tag = "operations", responses((status = 200, description = "The process runs", body = String, content_type = "text/plain")))]
#[get("/livez")]
pub async fn livez() -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "text/plain; charset=utf-8")).body("ok\n")
}

/// The server can take and store responses.
#[utoipa::path(tag = "operations", responses(
    (status = 200, description = "Ready", body = Readiness),
    (status = 503, description = "Not ready, and why", body = Readiness)))]
#[get("/readyz")]
pub async fn readyz(state: AppState) -> HttpResponse {
    let reasons = state.unready().await;
    let ready = reasons.is_empty();
    let mut answer = if ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.json(Readiness { ready, reasons })
}

/// The program and its version.
#[utoipa::path(tag = "operations", responses((status = 200, description = "The version", body = Version)))]
#[get("/version")]
pub async fn version() -> HttpResponse {
    let version = Version { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-cache")).json(version)
}

/// Counters and times. Meant for the operator's network: do not pass this path through the proxy.
#[utoipa::path(tag = "operations", responses((status = 200, description = "OpenMetrics text", body = String, content_type = "text/plain")))]
#[get("/metrics")]
pub async fn metrics(state: AppState) -> Result<HttpResponse, Refusal> {
    let text = state.metrics().text().map_err(Refusal::internal)?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")).body(text))
}
