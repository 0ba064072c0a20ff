//! Estimates under weights that were calibrated to known totals.

mod jackknife;
mod recipe;

use serde_json::{Map, Value, json};

use super::evaluate::linearised;
use super::fields::Fields;
use super::refusal::Refusal;
use super::study::Study;
use crate::design::CalibrationError;
use recipe::Recipe;

/// Answers a case.
pub fn answer(study: &Study<'_>, post: &Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    let mut findings = Vec::new();
    let value = Value::Object(post.clone());
    let mut fields = Fields::new("/post", Some(&value), &mut findings);
    let operation = fields.text("op").unwrap_or_default();
    let (replicates, steps) = match operation.strip_prefix("jk1+") {
        Some(steps) => (true, steps),
        None => (false, operation.as_str()),
    };
    let recipe = Recipe::read(steps, &mut fields, study);
    fields.finish();
    let recipe = match recipe {
        Ok(recipe) if findings.is_empty() => recipe,
        Ok(_) => return Err(Refusal::invalid(&findings)),
        Err(refusal) => return Err(refusal),
    };
    let calibration = recipe.apply(study.sample.weights())?;
    if study.case.estimator.function == "calibrated_weights" {
        return Ok(weights(study, calibration.weights()));
    }
    if replicates {
        return jackknife::answer(study, &recipe);
    }
    linearised(&Study { sample: study.sample.clone().calibrated(calibration), ..study.clone() })
}

/// The weights themselves; those of rows that had none are 0.
fn weights(study: &Study<'_>, weights: &[f64]) -> Map<String, Value> {
    let sum = crate::scoring::sample::sum(weights.iter().copied());
    let least = weights.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let fields = [("sum", json!(sum)), ("min", json!(least)), ("max", json!(largest)), ("weights", json!(study.of_file(weights)))];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl From<Vec<CalibrationError>> for Refusal {
    fn from(errors: Vec<CalibrationError>) -> Self {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Self::new("calibration-failed", errors.join("; "))
    }
}
