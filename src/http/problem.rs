//! The one envelope of errors: RFC 9457 `application/problem+json`.
//!
//! A handler returns `Result<_, Refusal>`. A [`Refusal`] carries both languages; the outermost middleware knows the request, picks
//! the language and writes the body ([`render`]). What is for the log only never reaches a body.

use actix_web::http::header::{ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::office::{Code, Refusal};
use crate::words::{Finding, Lang};

/// The body of a refusal.
#[must_use]
pub fn body(refusal: &Refusal, lang: Lang, request_id: &str) -> Value {
    let code = refusal.code();
    let mut body = refusal.members().clone();
    body.insert("type".into(), format!("/v1/problems/{}", code.as_str()).into());
    body.insert("title".into(), refusal.title().pick(lang).into());
    body.insert("status".into(), code.status().into());
    body.insert("code".into(), code.as_str().into());
    if let Some(detail) = refusal.said() {
        body.insert("detail".into(), detail.pick(lang).into());
    }
    if !refusal.findings().is_empty() {
        body.insert("errors".into(), refusal.findings().iter().map(|finding| error(finding, lang)).collect());
    }
    if code == Code::Internal {
        body.insert("request_id".into(), request_id.into());
    }
    Value::Object(body)
}

/// One finding as a member of `errors`. The line is told where the input was a text with lines.
fn error(finding: &Finding, lang: Lang) -> Value {
    let mut error = json!({ "pointer": finding.pointer, "code": finding.code, "detail": finding.message(lang) });
    if let (Some(line), Value::Object(members)) = (finding.line, &mut error) {
        members.insert("line".into(), line.into());
    }
    error
}

/// The status that a code always comes with.
#[must_use]
pub fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The answer.
#[must_use]
pub fn render(refusal: &Refusal, lang: Lang, request_id: &str) -> HttpResponse {
    let mut answer = HttpResponse::build(status(refusal.code()));
    answer.insert_header((CONTENT_TYPE, "application/problem+json"));
    answer.insert_header((CONTENT_LANGUAGE, lang.tag()));
    if refusal.code() == Code::Unauthenticated {
        answer.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"hailong\""));
    }
    let mut answer = answer.body(body(refusal, lang, request_id).to_string());
    head(refusal, &mut answer);
    answer
}

/// What a refusal says in the head of its answer, however its body is worded.
pub fn head(refusal: &Refusal, answer: &mut HttpResponse) {
    if let Some(seconds) = refusal.retry() {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(methods) = refusal.methods().and_then(|methods| HeaderValue::from_str(methods).ok()) {
        answer.headers_mut().insert(ALLOW, methods);
    }
    // The rest of the body is still on its way: without it the next request on this connection cannot be found.
    if matches!(refusal.code(), Code::RequestTimeout | Code::BodyTooLarge) {
        answer.head_mut().set_connection_type(ConnectionType::Close);
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        status(self.code())
    }

    fn error_response(&self) -> HttpResponse {
        // The middleware writes it anew in the language asked for.
        render(self, Lang::Vi, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unforeseen_error_tells_the_client_an_id_and_nothing_else() {
        let refusal = Refusal::internal("no such table: response");
        assert_eq!(
            body(&refusal, Lang::En, "abc"),
            json!({"type": "/v1/problems/internal", "title": "Server error", "status": 500, "code": "internal", "request_id": "abc"})
        );
        assert_eq!(refusal.cause(), Some("no such table: response"));
    }

    #[test]
    fn findings_come_in_the_language_asked_for() {
        let refusal = Refusal::new(Code::AnswersInvalid).errors(vec![Finding::error("/answers/Q1", "missing", "Thiếu", "Missing")]);
        assert_eq!(body(&refusal, Lang::Vi, "")["errors"][0], json!({"pointer": "/answers/Q1", "code": "missing", "detail": "Thiếu"}));
        assert_eq!(body(&refusal, Lang::En, "")["errors"][0]["detail"], "Missing");
    }
}
