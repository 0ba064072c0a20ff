//! The API about itself: its `OpenAPI` document and its table of problems.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::openapi::Description;
use crate::http::lang;
use crate::http::page::Listing;
use crate::office::Code;
use crate::office::Refusal;
use crate::words::Lang;

/// A kind of problem.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemKind {
    /// The stable name.
    pub code: &'static str,
    /// The status it comes with.
    pub status: u16,
    /// The title in the language asked for.
    pub title: &'static str,
    /// What it means and what to do about it.
    pub meaning: &'static str,
}

fn kind(code: Code, lang: Lang) -> ProblemKind {
    let (vi, en) = code.title();
    ProblemKind { code: code.as_str(), status: code.status(), title: lang.pick(vi, en), meaning: code.meaning() }
}

/// This document.
#[utoipa::path(tag = "about", responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value)))]
#[get("/v1/openapi.json")]
pub async fn get_openapi(description: web::Data<Description>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, no-cache"))
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(description.json().to_owned())
}

/// Everything that can go wrong.
#[utoipa::path(tag = "about", responses((status = 200, description = "Every kind of problem", body = Listing<ProblemKind>)))]
#[get("/v1/problems")]
pub async fn list_problems(req: HttpRequest) -> HttpResponse {
    let lang = lang::preferred(req.headers());
    let items = Code::ALL.iter().map(|code| kind(*code, lang)).collect();
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, no-cache")).json(Listing { items, next: None })
}

/// One kind of problem: what `type` in a problem points to.
#[utoipa::path(tag = "about", params(("code" = String, Path, description = "The problem's code")),
    responses((status = 200, description = "The kind of problem", body = ProblemKind)))]
#[get("/v1/problems/{code}")]
pub async fn get_problem(req: HttpRequest, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let found = Code::ALL.iter().find(|known| known.as_str() == code.as_str()).ok_or_else(Refusal::not_found)?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, no-cache")).json(kind(*found, lang::preferred(req.headers()))))
}
