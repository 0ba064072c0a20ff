//! From the bytes of a submission to a receipt: every case of the contract in `docs/api-design.md`, in one place.
//!
//! A submission is settled in two steps, so that a batch can queue all of its responses before it waits for the first:
//! [`Intake::send`] checks and queues, [`Sent::settle`] waits for the commit.
//!
//! # Design
//! Whoever sends may be gone before the answer: what is queued is stored all the same, and the same id with the same bytes later
//! gets the same receipt. A closed wave is looked up before anything else is judged, so that a repeated sending after the close
//! still finds its receipt.

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::collect::place;
use crate::api::wire::FindingBody;
use crate::http::metrics::Intake as Count;
use crate::http::state::AppState;
use crate::jobs::arrival::Arrival;
use crate::jobs::load::WaveInField;
use crate::office::Actor;
use crate::office::Code;
use crate::office::Refusal;
use crate::response::{Response, Submission};
use crate::store::responses::{self, Receipt, ResponseState};
use crate::store::writer::{Outcome, Pending, QueueError, WriteError};
use crate::words::encode::{hex, rfc3339};
use crate::words::{Finding, any_error};

/// What the sender gets: proof that the response is on disk. The same each time.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReceiptBody {
    /// The response's id, made by the sender.
    pub id: String,
    /// When it arrived.
    pub received_at: String,
    /// Its place in the order of arrival.
    pub seq: i64,
    /// SHA-256 of the bytes that were sent; of an item of a batch, of its canonical JSON without `id`.
    pub body_sha256: String,
    /// `valid`, `invalid` (kept, and left out of every index) or `quarantined` (came after the close).
    pub state: &'static str,
    /// What was found, in both languages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingBody>,
}

impl ReceiptBody {
    /// A stored receipt and what was found this time.
    #[must_use]
    pub fn new(receipt: &Receipt, findings: Vec<Finding>) -> Self {
        Self {
            id: receipt.id.to_string(),
            received_at: rfc3339(receipt.received_at),
            seq: receipt.seq,
            body_sha256: hex(&receipt.body_sha256),
            state: receipt.state.as_str(),
            findings: findings.into_iter().map(FindingBody::from).collect(),
        }
    }
}

/// A response that is stored.
#[derive(Debug)]
pub struct Taken {
    /// Its receipt.
    pub receipt: ReceiptBody,
    /// Whether it was stored before.
    pub replayed: bool,
}

/// Whoever sends, and how findings are dealt with.
pub struct Intake<'a> {
    /// What handlers share.
    pub state: &'a AppState,
    /// Who sends.
    pub actor: &'a Actor,
    /// Whether answers with errors are kept, marked as such, or refused.
    pub keep_invalid: bool,
}

/// A submission that was queued, or that was known already.
pub enum Sent {
    /// It waits for its commit.
    Queued {
        /// Where the outcome arrives.
        pending: Pending,
        /// What was found.
        findings: Vec<Finding>,
    },
    /// It needed no queue.
    Known(Taken),
}

impl Intake<'_> {
    /// Checks a submission and queues it.
    ///
    /// # Errors
    /// Each row of the contract that is no receipt.
    pub async fn send(&self, id: Uuid, body: Vec<u8>) -> Result<Sent, Refusal> {
        let sent = self.try_send(id, body).await;
        if let Err(problem) = &sent {
            let shed = problem.code().status() >= 500;
            self.state.metrics().taken(if shed { Count::Shed } else { Count::Rejected });
        }
        sent
    }

    async fn try_send(&self, id: Uuid, body: Vec<u8>) -> Result<Sent, Refusal> {
        let submission = Submission::parse(&body).map_err(unreadable)?;
        let field = self.state.wave(&submission.wave).await?.ok_or_else(|| Refusal::new(Code::WaveUnknown))?;
        let survey = self.state.survey(&submission.survey, &submission.version).await?;
        let survey = survey.ok_or_else(|| Refusal::new(Code::SchemaVersionUnknown))?;
        let units = self.state.units().await?;
        place::authorise(self.actor, &submission, &field.wave)?;
        let (place, mut findings) = place::place(self.actor, &submission, &field, &units, self.state.now())?;
        let body_sha256 = Sha256::digest(&body).into();
        let now = self.state.now();
        let late = match self.late(id, body_sha256, &submission, &field, now).await? {
            Late::No => false,
            Late::Quarantine => true,
            Late::Known(taken) => return Ok(Sent::Known(taken)),
        };
        let response = Response::check_and_keep(submission, &survey.questionnaire, &survey.layout);
        findings.extend_from_slice(response.findings());
        let invalid = any_error(&findings);
        if invalid && !self.keep_invalid {
            return Err(Refusal::new(Code::AnswersInvalid).errors(findings));
        }
        let state = match (late, invalid) {
            (true, _) => ResponseState::Quarantined,
            (false, true) => ResponseState::Invalid,
            (false, false) => ResponseState::Valid,
        };
        let device_key_id = self.actor.holder().and_then(|holder| holder.key);
        let arrival = Arrival { id, body, body_sha256, received_at: now, actor: self.actor.name(), device_key_id };
        let new = arrival.row(&field, &survey, place, &response, &findings, state);
        let pending = self.state.writer().submit(new).map_err(|error| match error {
            QueueError::Full => Refusal::new(Code::Overloaded).retry_after(1),
            QueueError::Stopped => Refusal::new(Code::Unavailable).retry_after(2),
        })?;
        Ok(Sent::Queued { pending, findings })
    }

    /// What the wave's dates mean for a response that arrives now.
    async fn late(&self, id: Uuid, sha256: [u8; 32], submission: &Submission, field: &WaveInField, now: i64) -> Result<Late, Refusal> {
        if now < field.wave.opens_at {
            return Err(Refusal::new(Code::CollectionNotOpen).with("opens_at", rfc3339(field.wave.opens_at)));
        }
        let Some(closes_at) = field.wave.closes_at.filter(|closes_at| now >= *closes_at) else { return Ok(Late::No) };
        if let Some(known) = self.state.read(move |db| Ok(responses::find(db, id)?)).await? {
            let outcome = match known.withdrawn_at {
                Some(_) => Outcome::Withdrawn,
                None if known.receipt.body_sha256 == sha256 => Outcome::Replayed(known.receipt),
                None => Outcome::Conflict { stored_sha256: known.receipt.body_sha256 },
            };
            return settle(self.state, outcome, Vec::new()).map(Late::Known);
        }
        // The device's clock is a claim. It is believed as far as quarantine, where a person decides.
        let in_time = submission.answered_at.is_some_and(|answered| answered.timestamp_micros() < closes_at);
        if in_time { Ok(Late::Quarantine) } else { Err(closed(false)) }
    }
}

enum Late {
    No,
    Quarantine,
    Known(Taken),
}

impl Sent {
    /// Waits for the commit.
    ///
    /// # Errors
    /// Each row of the contract that is no receipt.
    pub async fn settle(self, state: &AppState) -> Result<Taken, Refusal> {
        let (pending, findings) = match self {
            Self::Known(taken) => return Ok(taken),
            Self::Queued { pending, findings } => (pending, findings),
        };
        // A closed channel: the writer ended before it came to this one.
        let outcome = pending.await.unwrap_or_else(|_| Err(WriteError::Unavailable("the writer has stopped".into())));
        match outcome {
            Ok(outcome) => settle(state, outcome, findings),
            Err(error) => {
                state.metrics().taken(Count::Shed);
                Err(match error {
                    WriteError::StorageFull => Refusal::new(Code::StorageFull).retry_after(10),
                    WriteError::Unavailable(_) | WriteError::Fatal(_) => Refusal::new(Code::Unavailable).retry_after(2),
                    WriteError::Rejected(why) => Refusal::internal(why),
                })
            }
        }
    }
}

/// What an outcome of the store is to the sender.
fn settle(state: &AppState, outcome: Outcome, findings: Vec<Finding>) -> Result<Taken, Refusal> {
    let (counted, answer) = match outcome {
        Outcome::Stored(receipt) => (
            match receipt.state {
                ResponseState::Valid => Count::Accepted,
                ResponseState::Invalid => Count::Invalid,
                ResponseState::Quarantined => Count::Quarantined,
            },
            taken(&receipt, findings, false),
        ),
        Outcome::Replayed(receipt) => (Count::Duplicate, taken(&receipt, findings, true)),
        Outcome::Conflict { stored_sha256 } => {
            (Count::Rejected, Err(Refusal::new(Code::ResponseConflict).with("stored_sha256", hex(&stored_sha256))))
        }
        Outcome::Withdrawn => (Count::Rejected, Err(Refusal::new(Code::ResponseWithdrawn))),
        Outcome::SupersededMissing => (Count::Rejected, Err(Refusal::because(Code::AnswersInvalid, superseded_missing()))),
    };
    state.metrics().taken(counted);
    answer
}

fn taken(receipt: &Receipt, findings: Vec<Finding>, replayed: bool) -> Result<Taken, Refusal> {
    if receipt.state == ResponseState::Quarantined {
        return Err(closed(true).with("receipt", serde_json::to_value(ReceiptBody::new(receipt, findings)).unwrap_or_default()));
    }
    Ok(Taken { receipt: ReceiptBody::new(receipt, findings), replayed })
}

fn closed(kept: bool) -> Refusal {
    let problem = Refusal::new(Code::CollectionClosed).with("kept", kept);
    if kept {
        problem.detail("Phiếu được giữ riêng, không cần gửi lại", "The response is kept apart; there is no need to send it again")
    } else {
        problem
    }
}

fn superseded_missing() -> Finding {
    Finding::error(
        "/supersedes",
        "superseded-unknown",
        "Đợt này không có phiếu được thay thế, hoặc phiếu đó đã bị rút, loại hay thay thế rồi",
        "The wave has no such response, or it was withdrawn, excluded or superseded before",
    )
}

/// A body that is no submission at all cannot be kept: nobody knows of which wave it is.
fn unreadable(findings: Vec<Finding>) -> Refusal {
    match findings.first().map(|finding| finding.code.as_ref()) {
        Some("not-json" | "not-utf8" | "too-deep") => {
            let (vi, en) = findings.into_iter().next().map(|finding| (finding.vi, finding.en)).unwrap_or_default();
            Refusal::new(Code::JsonInvalid).detail(vi, en)
        }
        _ => Refusal::new(Code::BodyInvalid).errors(findings),
    }
}
