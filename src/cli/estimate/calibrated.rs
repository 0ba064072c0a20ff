//! Estimates under weights that were calibrated to known totals.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::study::Study;

/// Answers a case.
pub fn answer(_: &Study<'_>, post: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let names: Vec<&str> = post.keys().map(String::as_str).collect();
    Err(Refusal::unsupported(format!("{}: calibrated weights are not supported", names.join(", "))))
}
