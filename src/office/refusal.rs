//! Why an act was refused: a code, words in both languages, findings with their places.
//!
//! Each face words it in its own way: HTTP as `application/problem+json`, the command line as text and an exit status, a page as a
//! page. What is for the log only travels as the cause and reaches no face.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use super::codes::Code;
use crate::jobs::load::LoadError;
use crate::store::StoreError;
use crate::words::{Finding, Said};

/// Why an act was refused. Boxed: it is the rare end of every result.
#[derive(Debug)]
pub struct Refusal(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: Code,
    detail: Option<Said>,
    errors: Vec<Finding>,
    members: Map<String, Value>,
    retry_after: Option<u32>,
    allow: Option<String>,
    cause: Option<String>,
}

impl Refusal {
    /// A refusal that its code says all about.
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
    pub(crate) fn caused_by(mut self, cause: impl fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// A body that cannot be used, for what one finding says.
    #[must_use]
    pub fn because(code: Code, finding: Finding) -> Self {
        Self::new(code).errors(vec![finding])
    }

    /// A query that cannot be answered, for what one of its parameters says.
    #[must_use]
    pub fn parameter(name: &str, code: &'static str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Code::QueryInvalid).at_parameter(name, code, vi, en)
    }

    /// A parameter that names nothing that is there.
    #[must_use]
    pub fn unknown_value(name: &str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self::parameter(name, "unknown-value", vi, en)
    }

    /// A parameter that names a wave that does not exist.
    #[must_use]
    pub fn unknown_wave(code: &str) -> Self {
        let (vi, en) = (format!("Không có đợt “{code}”"), format!("There is no wave “{code}”"));
        Self::new(Code::WaveUnknown).at_parameter("wave", "unknown-value", vi, en)
    }

    /// Says which parameter it is about.
    #[must_use]
    pub fn at_parameter(self, name: &str, code: &'static str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        self.errors(vec![Finding::error(format!("/query/{name}"), code, vi, en)])
    }

    /// Nothing is there, or nothing that the caller may know of.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// Says more, in both languages. Never what the caller must not know.
    #[must_use]
    pub fn detail(mut self, vi: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(Said::new(vi, en));
        self
    }

    /// Says where in the input.
    #[must_use]
    pub fn errors(mut self, errors: Vec<Finding>) -> Self {
        self.0.errors = errors;
        self
    }

    /// Says of which file the findings are that name none.
    #[must_use]
    pub fn of_file(mut self, name: &str) -> Self {
        for finding in self.0.errors.iter_mut().filter(|finding| finding.file.is_none()) {
            finding.file = Some(name.to_owned());
        }
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

    /// More about it, for people.
    #[must_use]
    pub fn said(&self) -> Option<&Said> {
        self.0.detail.as_ref()
    }

    /// What was found, and where in the input.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.0.errors
    }

    /// Extension members by name.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.0.members
    }

    /// When to try again, in seconds.
    #[must_use]
    pub fn retry(&self) -> Option<u32> {
        self.0.retry_after
    }

    /// The methods that the address has.
    #[must_use]
    pub fn methods(&self) -> Option<&str> {
        self.0.allow.as_deref()
    }

    /// What it says at the head, in both languages.
    #[must_use]
    pub fn title(&self) -> Said {
        let (vi, en) = self.0.code.title();
        Said::new(vi, en)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.as_str())
    }
}

impl std::error::Error for Refusal {}

impl From<LoadError> for Refusal {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => error.into(),
            fault => Self::internal(fault.to_string()),
        }
    }
}

/// What each failure of the store is to whoever asked; whatever is not listed is nobody's business but the log's.
impl From<StoreError> for Refusal {
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
            // PostgreSQL's words for U+0000 in a text: what got past the checks at the door is still the sender's to mend.
            _ if error.to_string().contains("invalid byte sequence for encoding \"UTF8\": 0x00") => {
                Self::because(Code::BodyInvalid, Finding::error("", "nul-character", "Có ký tự U+0000", "Holds the character U+0000"))
                    .caused_by(error)
            }
            // SQLite and the file system say it in these words.
            _ if error.is_disk_full() => Self::new(Code::StorageFull).retry_after(10).caused_by(error),
            _ => Self::internal(error),
        }
    }
}
