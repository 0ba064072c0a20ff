//! What happens around every request: an id, the language of a problem, tags, headers, one line in the log.
//!
//! The line has the route's template, never the address, the query, a body or a key.

use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderMap, HeaderName, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};
use uuid::Uuid;

use crate::http::etag;
use crate::http::face::Wording;
use crate::http::lang;
use crate::http::problem;
use crate::http::query;
use crate::http::state::AppState;
use crate::office::Code;
use crate::office::Refusal;
use crate::office::Role;

/// The header that names a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The middleware.
///
/// # Errors
/// None of its own: whatever a handler refused with becomes an answer here.
pub async fn around(mut req: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = Uuid::new_v4().to_string();
    let method = req.method().clone();
    if method == Method::HEAD {
        // The answer to HEAD is that to GET; the encoder, which knows, leaves the body out.
        req.head_mut().method = Method::GET;
    }
    let answer = match query::check(&req) {
        Ok(()) => next.call(req).await?.map_into_boxed_body(),
        Err(refusal) => ServiceResponse::from_err(refusal, req.into_parts().0),
    };
    let (req, mut response) = answer.into_parts();
    if let Some(error) = response.error() {
        let translated;
        let problem = if let Some(problem) = error.as_error::<Refusal>() {
            problem
        } else {
            translated = translate(error, response.status());
            &translated
        };
        if let Some(cause) = problem.cause() {
            tracing::error!(request_id = %id, %cause, "a request failed");
        }
        let worded = req.app_data::<Data<Wording>>().and_then(|wording| (wording.0)(&req, problem, &id));
        response = worded.unwrap_or_else(|| problem::render(problem, lang::preferred(req.headers()), &id));
    }
    let mut response = tag(&method, req.headers(), response);
    if method == Method::GET && req.path().starts_with("/v1/") && !req.headers().contains_key(AUTHORIZATION) {
        share(response.headers_mut());
    }
    add_headers(response.headers_mut(), &id);
    let route = req.match_pattern().map(|pattern| query::template(&pattern));
    log(&req, &id, &method, route.as_deref(), response.status(), started.elapsed());
    Ok(ServiceResponse::new(req, response))
}

/// What actix itself refuses: parameters in the path or query that do not read.
fn translate(error: &Error, status: StatusCode) -> Refusal {
    match status {
        StatusCode::NOT_FOUND => Refusal::not_found(),
        StatusCode::BAD_REQUEST => Refusal::new(Code::QueryInvalid),
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(Code::BodyTooLarge),
        StatusCode::REQUEST_TIMEOUT => Refusal::new(Code::RequestTimeout),
        _ => Refusal::internal(error),
    }
}

/// Tags a complete answer to a read by its bytes, unless its handler did, and answers 304 if the client has it.
fn tag(method: &Method, asked: &HeaderMap, response: HttpResponse) -> HttpResponse {
    if !matches!(*method, Method::GET | Method::HEAD) || response.status() != StatusCode::OK {
        return response;
    }
    let (mut response, body) = response.into_parts();
    let body = match body.try_into_bytes() {
        Ok(body) => body,
        Err(stream) => return response.set_body(stream),
    };
    if !response.headers().contains_key(ETAG)
        && let Ok(tag) = HeaderValue::from_str(&etag::of(&body))
    {
        response.headers_mut().insert(ETAG, tag);
    }
    let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default();
    if etag::client_has(asked, tag) {
        response.headers_mut().remove(CONTENT_TYPE);
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response.set_body(BoxBody::new(()));
    }
    response.set_body(BoxBody::new(body))
}

/// Lets pages of other sites read what anyone may read. With a key nothing is shared: a key has no place in the script of a page.
fn share(headers: &mut HeaderMap) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Link"));
}

/// Nothing is kept by caches unless a handler says so; nothing is guessed from bytes; what is no page loads nothing, whoever opens it.
fn add_headers(headers: &mut HeaderMap, id: &str) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    }
    headers.append(VARY, HeaderValue::from_static("Accept-Language, Authorization"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
}

fn log(req: &actix_web::HttpRequest, id: &str, method: &Method, route: Option<&str>, status: StatusCode, took: Duration) {
    let route = route.unwrap_or("unmatched");
    let status = status.as_u16();
    // A client may send any word as its method: it must not become a label.
    let method = [Method::GET, Method::HEAD, Method::PUT, Method::POST, Method::DELETE].iter().find(|known| *known == method);
    let method = method.map_or("other", Method::as_str);
    let role = req.extensions().get::<Role>().map_or("anonymous", |role| role.as_str());
    if let Some(state) = req.app_data::<AppState>() {
        state.metrics().request(route, method, status, took);
    }
    let dur_ms = took.as_secs_f64() * 1e3;
    tracing::info!(target: "hailong::http", request_id = id, method, route, status, dur_ms, role, "request");
}
