//! The submission as the API's description shows it. Reading it is [`crate::response::Submission`]'s work.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::wire::UnitName;

/// The answers of one person.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubmissionBody {
    /// Code of the survey.
    pub survey: String,
    /// Version of the questionnaire that was answered.
    pub version: String,
    /// Code of the wave.
    pub wave: String,
    /// The unit that is rated.
    pub unit: UnitName,
    /// The sampling unit, where the wave's design has them.
    pub psu: Option<String>,
    /// The id on the sample list, where the wave's design has one. It names no one.
    pub respondent: Option<String>,
    /// `kiosk`, `web`, `qr`, `paper`, `tablet`, `phone` or `household`.
    pub channel: String,
    /// The language in which the questions were asked.
    pub language: Option<String>,
    /// When answering began, by the device's clock.
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    /// When answering ended, by the device's clock.
    #[schema(format = DateTime)]
    pub answered_at: Option<String>,
    /// The response that this one corrects.
    #[schema(format = "uuid")]
    pub supersedes: Option<String>,
    /// The token of the invitation that is used. It is not stored, nor is anything that follows from it: the bytes that are hashed are the
    /// canonical JSON of the rest.
    pub invitation: Option<String>,
    /// The answers by item code: an option's code, a list of them, a number, a day, a text, or
    /// `{"missing": "does_not_apply" | "not_offered" | "not_answered"}`.
    pub answers: BTreeMap<String, Value>,
}
