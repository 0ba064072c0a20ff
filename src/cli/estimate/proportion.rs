//! Intervals for proportions.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::study::Study;

/// Answers a case.
pub fn answer(study: &Study<'_>) -> Result<Map<String, Value>, Refusal> {
    Err(Refusal::unsupported(format!("{} is not estimated", study.case.estimator.function)))
}
