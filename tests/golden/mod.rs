//! Figures held against R's `survey` package. The files say where they come from; each test prints the worst relative
//! difference that it saw.

mod association;
mod calibrated_index;
mod composite;
mod covariance;
mod estimate;
mod estimation;
mod optin;
mod ranks_step_down;
mod reliability;
mod sipas_change;
mod sipas_index;

use std::path::PathBuf;

use serde_json::Value;

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of `tests/golden/survey`.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/survey").join(name)
}

pub(crate) fn json(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap()
}

/// The numbers of a JSON list.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Keeps the worst relative difference.
#[derive(Default)]
pub(crate) struct Worst {
    pub(crate) relative: f64,
    pub(crate) at: String,
    pub(crate) compared: usize,
}

impl Worst {
    pub(crate) fn compare(&mut self, what: &str, found: f64, expected: f64) {
        let relative = (found - expected).abs() / expected.abs().max(1e-300);
        assert!(relative.is_finite(), "{what}: found {found}, expected {expected}");
        self.compared += 1;
        if relative > self.relative {
            (self.relative, self.at) = (relative, format!("{what}: found {found:?}, expected {expected:?}"));
        }
    }

    /// # Panics
    /// Where the worst difference exceeds the tolerance, or nothing was compared.
    pub(crate) fn hold(&self, name: &str, tolerance: f64, at_least: usize) {
        println!("{name}: {} figures, worst relative difference {:.1e} ({})", self.compared, self.relative, self.at);
        assert!(self.compared >= at_least, "{name}: only {} figures were compared", self.compared);
        assert!(self.relative <= tolerance, "{name}: {} exceeds {tolerance:e}: {}", self.relative, self.at);
    }
}

/// A definition of `survey-schemas`.
pub(crate) fn definition(file: &str) -> hailong::schema::Document {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("survey-schemas").join(file);
    let checked = hailong::schema::parse(&std::fs::read_to_string(path).unwrap());
    checked.unwrap_or_else(|findings| panic!("{file}: {findings:#?}")).document
}

pub(crate) fn questionnaire(file: &str) -> hailong::schema::Questionnaire {
    match definition(file) {
        hailong::schema::Document::Questionnaire(questionnaire) => questionnaire,
        hailong::schema::Document::Index(_) | hailong::schema::Document::Composite(_) => panic!("{file} is an index"),
    }
}

pub(crate) fn index(file: &str) -> hailong::schema::IndexDefinition {
    match definition(file) {
        hailong::schema::Document::Index(index) => index,
        hailong::schema::Document::Questionnaire(_) | hailong::schema::Document::Composite(_) => panic!("{file} is a questionnaire"),
    }
}
