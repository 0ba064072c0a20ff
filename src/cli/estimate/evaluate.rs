//! From a case to its answer: which family answers what.

use serde_json::{Map, Value};

use super::case::{Case, Freedom};
use super::refusal::Refusal;
use super::study::Study;
use super::table::Tables;
use super::{basic, calibrated, contingency, proportion, quantile, reliability, replicates};

/// What is printed for a case: an object under the names of its file's `expected`, or one with an `error`.
#[must_use]
pub fn evaluate(case: &Value, freedom: Freedom, tables: &Tables) -> Value {
    let id = case.get("id").cloned().unwrap_or(Value::Null);
    match Case::read(case, freedom).and_then(|case| answer(&case, tables)) {
        Ok(mut answer) => {
            let mut line = Map::from_iter([("id".to_owned(), id)]);
            line.append(&mut answer);
            Value::Object(line)
        }
        Err(refusal) => refusal.json(&id),
    }
}

fn answer(case: &Case, tables: &Tables) -> Result<Map<String, Value>, Refusal> {
    let study = Study::new(case, tables)?;
    match &case.post {
        Some(post) if post.contains_key("replicates") => replicates::answer(&study, post),
        Some(post) => calibrated::answer(&study, post),
        None => linearised(&study),
    }
}

/// The answer where the variance comes from influence values, of a sample as drawn or as calibrated.
pub fn linearised(study: &Study<'_>) -> Result<Map<String, Value>, Refusal> {
    match study.case.estimator.function.as_str() {
        "prop_ci" => proportion::answer(study),
        "quantile" => quantile::answer(study),
        "chisq" => contingency::answer(study),
        "alpha" => reliability::answer(study),
        _ => basic::answer(study),
    }
}
