//! Why a case has no answer.

use serde_json::{Value, json};

use crate::scoring::LonelyStratum;
use crate::scoring::sample::SampleError;

/// A code for programs, and what a reader has to know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    code: &'static str,
    detail: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// The case does not follow the format; every finding at once.
    pub fn invalid(findings: &[String]) -> Self {
        Self::new("case-invalid", findings.join("; "))
    }

    /// The case asks for what is not done here.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::new("estimator-unsupported", what)
    }

    /// The line that is printed.
    #[must_use]
    pub fn json(&self, id: &Value) -> Value {
        json!({ "id": id, "error": { "code": self.code, "detail": self.detail } })
    }
}

impl From<LonelyStratum> for Refusal {
    fn from(lonely: LonelyStratum) -> Self {
        Self::new("lonely-psu", lonely.to_string())
    }
}

impl From<Vec<SampleError>> for Refusal {
    fn from(errors: Vec<SampleError>) -> Self {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Self::new("design-invalid", errors.join("; "))
    }
}
