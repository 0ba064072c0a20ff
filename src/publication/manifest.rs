//! What a run is made of, frozen when it starts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::index::CalibrationReport;

/// A definition that took part, named by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionUsed {
    /// Code of the survey or index.
    pub code: String,
    /// Version.
    pub version: String,
    /// SHA-256 of the canonical document, hexadecimal.
    pub sha256: String,
}

/// The frozen inputs of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The index definition.
    pub index: VersionUsed,
    /// The questionnaire versions that responses were answered on.
    pub surveys: Vec<VersionUsed>,
    /// The wave.
    pub wave: String,
    /// How its answers came about: `probability_sample`, `transaction_stream`, `opt_in`.
    pub mode: String,
    /// Whether the respondents were made up.
    pub synthetic: bool,
    /// Values of the index's parameters.
    pub parameters: BTreeMap<String, f64>,
    /// The last response, by sequence number, that could take part.
    pub high_water_seq: i64,
    /// The last withdrawal, correction or exclusion that was taken account of.
    pub high_water_event: i64,
    /// Responses that took part.
    pub responses: i64,
    /// Sum of their weights, in the wave's unit.
    pub weight_units: i64,
    /// What the unit of weight is: 10^-exponent.
    pub weight_exponent: u8,
    /// SHA-256 of the design table in canonical order, hexadecimal; empty where the wave has none.
    pub design_sha256: String,
    /// The level of the intervals.
    pub level: f64,
    /// Seed of whatever is drawn at random.
    pub seed: i64,
    /// What a calibration did to the weights, where the definition asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationReport>,
    /// Digest of the run that it is compared with, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

impl Manifest {
    /// The bytes that the digest hashes: fields in their declared order.
    ///
    /// Sequence numbers are left out: they depend on the order of arrival, and the counts and sums that follow from
    /// them are in.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let frozen = Manifest { high_water_seq: 0, high_water_event: 0, ..self.clone() };
        serde_json::to_vec(&frozen).unwrap_or_default() // strings, numbers and lists always serialise
    }
}
