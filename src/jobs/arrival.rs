//! The row that the writer stores, made of a checked response and its place: the same for a submission over HTTP, a record of a file,
//! and a synthetic respondent.

use uuid::Uuid;

use crate::jobs::load::{Survey, WaveInField};
use crate::response::Response;
use crate::store::responses::ResponseState;
use crate::store::writer::NewResponse;
use crate::words::Finding;

/// The place of a response in its wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The unit that is rated; of a response that names none that exists, a stand-in, and the response is invalid.
    pub unit_id: i32,
    /// The PSU's number, from 1; 0 for none.
    pub psu_id: i32,
    /// The base weight in the wave's unit; 0 for a response that has no place.
    pub weight_u: i64,
}

/// How a submission came in.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Made by the sender.
    pub id: Uuid,
    /// The bytes as received.
    pub body: Vec<u8>,
    /// Their SHA-256.
    pub body_sha256: [u8; 32],
    /// When, UTC microseconds.
    pub received_at: i64,
    /// Who sent it, for the record.
    pub actor: String,
    /// The key that it was sent with.
    pub device_key_id: Option<i32>,
}

impl Arrival {
    /// The row to store.
    #[must_use]
    pub fn row(
        self,
        field: &WaveInField,
        survey: &Survey,
        place: Place,
        response: &Response,
        findings: &[Finding],
        state: ResponseState,
    ) -> NewResponse {
        let submission = response.submission();
        NewResponse {
            id: self.id,
            wave_id: field.wave.id,
            version_id: survey.id,
            unit_id: place.unit_id,
            psu_id: place.psu_id,
            weight_u: place.weight_u,
            channel: submission.channel.code().into(),
            device_key_id: self.device_key_id,
            started_at: submission.started_at.map(|at| at.timestamp_micros()),
            answered_at: submission.answered_at.map(|at| at.timestamp_micros()),
            received_at: self.received_at,
            state,
            body: self.body,
            body_sha256: self.body_sha256,
            answers: response.packed().to_vec(),
            texts: response.texts().to_vec(),
            findings: (!findings.is_empty()).then(|| serde_json::to_string(findings).unwrap_or_default()),
            supersedes: submission.supersedes,
            actor: self.actor,
        }
    }
}
