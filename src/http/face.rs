//! Several faces on one server: whose an address is, and how what is refused there looks.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use crate::office::Refusal;

/// How a face words what is refused at its addresses. It hands this over with its routes; where it gives no answer, the refusal goes out as
/// a problem.
pub struct Wording(pub fn(&HttpRequest, &Refusal, &str) -> Option<HttpResponse>);

/// What a face says of its operations: an `OpenAPI` document, for others to show.
pub struct Described(Value);

impl Described {
    /// A description.
    #[must_use]
    pub fn new(document: Value) -> Self {
        Self(document)
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.0
    }
}

/// Addresses beside `/v1` that programs call.
const OF_PROGRAMS: [&str; 4] = ["/livez", "/readyz", "/version", "/metrics"];

/// Whether an address is one that programs call and no browser shows.
#[must_use]
pub fn is_of_programs(path: &str) -> bool {
    let below = path.strip_prefix("/v1").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    below || OF_PROGRAMS.contains(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_call_is_known_by_its_address() {
        for path in ["/v1", "/v1/", "/v1/runs", "/livez", "/metrics"] {
            assert!(is_of_programs(path), "{path}");
        }
        for path in ["/", "/v10", "/login", "/livez/x", "/e/v1"] {
            assert!(!is_of_programs(path), "{path}");
        }
    }
}
