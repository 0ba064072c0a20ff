//! The one envelope of errors: RFC 9457 `application/problem+json`.
//!
//! A handler returns `Result<_, Problem>`. The [`Problem`] carries both languages; the outermost middleware knows the request, picks
//! the language and writes the body ([`Problem::render`]). What is for the log only travels as [`Problem::internal`]'s cause and
//! never reaches a body.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Map, Value, json};

use crate::api::codes::Code;
use crate::api::lang::Lang;
use crate::jobs::load::LoadError;
use crate::schema::Finding;
use crate::store::StoreError;

/// Why a request was refused. Boxed: it is the rare end of every handler's result.
#[derive(Debug)]
pub struct Problem(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: Code,
    detail: Option<(Cow<'static, str>, Cow<'static, str>)>,
    errors: Vec<Finding>,
    members: Map<String, Value>,
    retry_after: Option<u32>,
    allow: Option<String>,
    cause: Option<String>,
}

impl Problem {
    /// A problem that its code says all about.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self(Box::new(Parts { code, detail: None, errors: Vec::new(), members: Map::new(), retry_after: None, allow: None, cause: None }))
    }

    /// An error that nobody foresaw: `cause` goes to the log, the client gets an id.
    #[must_use]
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(Code::Internal).caused_by(cause)
    }

    /// Says to the log, and to nobody else, what was behind it.
    #[must_use]
    fn caused_by(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// A body that cannot be used, for what one finding says.
    #[must_use]
    pub fn because(code: Code, finding: Finding) -> Self {
        Self::new(code).errors(vec![finding])
    }

    /// Nothing is there, or nothing that the caller may know of.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// Says more, in both languages. Never what the caller must not know.
    #[must_use]
    pub fn detail(mut self, vi: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some((vi.into(), en.into()));
        self
    }

    /// Says where in the input.
    #[must_use]
    pub fn errors(mut self, errors: Vec<Finding>) -> Self {
        self.0.errors = errors;
        self
    }

    /// Adds an extension member (RFC 9457 §3.2).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// Says when to try again, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// Says which methods the address has.
    #[must_use]
    pub fn allow(mut self, methods: String) -> Self {
        self.0.allow = Some(methods);
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What only the log may know.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The body.
    #[must_use]
    pub fn body(&self, lang: Lang, request_id: &str) -> Value {
        let (vi, en) = self.0.code.title();
        let mut body = self.0.members.clone();
        body.insert("type".into(), format!("/v1/problems/{}", self.0.code.as_str()).into());
        body.insert("title".into(), lang.pick(vi, en).into());
        body.insert("status".into(), self.0.code.status().as_u16().into());
        body.insert("code".into(), self.0.code.as_str().into());
        if let Some((vi, en)) = &self.0.detail {
            body.insert("detail".into(), lang.pick(vi, en).as_ref().into());
        }
        if !self.0.errors.is_empty() {
            body.insert("errors".into(), self.0.errors.iter().map(|finding| error(finding, lang)).collect());
        }
        if self.0.code == Code::Internal {
            body.insert("request_id".into(), request_id.into());
        }
        Value::Object(body)
    }

    /// The answer.
    #[must_use]
    pub fn render(&self, lang: Lang, request_id: &str) -> HttpResponse {
        let mut answer = HttpResponse::build(self.0.code.status());
        answer.insert_header((CONTENT_TYPE, "application/problem+json"));
        answer.insert_header((CONTENT_LANGUAGE, lang.tag()));
        if let Some(seconds) = self.0.retry_after {
            answer.insert_header((RETRY_AFTER, seconds));
        }
        if let Some(methods) = self.0.allow.as_deref().and_then(|methods| HeaderValue::from_str(methods).ok()) {
            answer.insert_header((ALLOW, methods));
        }
        match self.0.code {
            Code::Unauthenticated => {
                answer.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"hailong\""));
            }
            // The rest of the body is still on its way: without it the next request on this connection cannot be found.
            Code::RequestTimeout | Code::BodyTooLarge => {
                answer.force_close();
            }
            _ => {}
        }
        answer.body(self.body(lang, request_id).to_string())
    }
}

/// One finding as a member of `errors`. The line is told where the input was a text with lines.
fn error(finding: &Finding, lang: Lang) -> Value {
    let mut error = json!({ "pointer": finding.pointer, "code": finding.code, "detail": finding.message(lang.tag()) });
    if let (Some(line), Value::Object(members)) = (finding.line, &mut error) {
        members.insert("line".into(), line.into());
    }
    error
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.as_str())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        // The middleware writes it anew in the language asked for.
        self.render(Lang::Vi, "")
    }
}

/// What each failure of the store is to a client; whatever is not listed is nobody's business but the log's.
impl From<LoadError> for Problem {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => error.into(),
            fault => Self::internal(fault.to_string()),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NotFound { .. } => Self::not_found(),
            StoreError::Conflict { key, .. } => Self::new(Code::AlreadyExists).with("name", key.as_str()),
            StoreError::RevisionConflict { .. } => Self::new(Code::PreconditionFailed),
            StoreError::WrongState { state, .. } => Self::new(Code::WrongState).with("state", *state),
            StoreError::SamePerson { .. } => Self::new(Code::SamePerson),
            StoreError::Preview(_) => Self::new(Code::WrongState)
                .detail("Lần tính thử không thể công bố", "The run is a preview, and a preview is never published"),
            StoreError::Unpublished { survey, .. } => Self::new(Code::WrongState).with("survey_run", survey.as_str()).detail(
                "Có chỉ tiêu lấy từ lần tính chưa công bố: hãy công bố lần tính đó trước",
                "It takes leaves from a run that is not published: publish that one first",
            ),
            _ if error.is_transient() => Self::new(Code::Unavailable).retry_after(1).caused_by(error),
            // SQLite and the file system say it in these words.
            _ if error.to_string().contains("disk is full") => Self::new(Code::StorageFull).retry_after(10).caused_by(error),
            _ => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unforeseen_error_tells_the_client_an_id_and_nothing_else() {
        let problem = Problem::internal("no such table: response");
        let body = problem.body(Lang::En, "abc");
        assert_eq!(
            body,
            json!({"type": "/v1/problems/internal", "title": "Server error", "status": 500, "code": "internal", "request_id": "abc"})
        );
        assert_eq!(problem.cause(), Some("no such table: response"));
    }

    #[test]
    fn findings_come_in_the_language_asked_for() {
        let problem = Problem::new(Code::AnswersInvalid).errors(vec![Finding::error("/answers/Q1", "missing", "Thiếu", "Missing")]);
        assert_eq!(problem.body(Lang::Vi, "")["errors"][0], json!({"pointer": "/answers/Q1", "code": "missing", "detail": "Thiếu"}));
        assert_eq!(problem.body(Lang::En, "")["errors"][0]["detail"], "Missing");
    }
}
