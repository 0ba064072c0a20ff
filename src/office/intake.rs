//! Taking a response in: from the bytes of a submission to a receipt, for every face and for files.
//!
//! Each case of the contract in `docs/api-design.md` is here once. A face reads the bytes ([`read`]), looks up the wave, the
//! questionnaire and the units (which it may keep in memory), has them judged ([`Intake::judge`]), hands what came of it to the
//! writer ([`Ready::queue`]), waits for the commit in its own way, and asks what the outcome means ([`settle`]).
//!
//! # Design
//! Whoever sends may be gone before the answer: what is queued is stored all the same, and the same id with the same bytes later
//! gets the same receipt. A closed wave is looked up before the answers are judged, so that a repeated sending after the close
//! still finds its receipt.

use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::place::{Place, authorise, place};
use super::{Actor, Code, Look, ReceiptCode, Refusal, Role, Standing, secret};
use crate::jobs::load::{Survey, WaveInField};
use crate::response::{Response, Submission, reasons, refuses_whole};
use crate::schema::canonical_json;
use crate::store::responses::{Receipt, ResponseState};
use crate::store::writer::{self, Corrector, NewResponse, Outcome, Pending, QueueError, Scope, WriteError, Writer};
use crate::store::{Secret, doubled};
use crate::unit::{Registry, Unit, UnitId};
use crate::words::encode::{hex, rfc3339};
use crate::words::{Finding, any_error};

/// What a submission is judged by.
#[derive(Clone, Copy)]
pub struct Intake<'a> {
    /// Who sends.
    pub actor: &'a Actor,
    /// The wave and its design.
    pub field: &'a WaveInField,
    /// The questionnaire that was answered.
    pub survey: &'a Survey,
    /// Every unit.
    pub units: &'a Registry,
    /// The secret of the database.
    pub secret: &'a Secret,
    /// When it arrives, UTC microseconds.
    pub now: i64,
    /// Whether answers with errors are kept, marked as such, or refused; a second answer of a listed respondent too.
    pub keep_invalid: bool,
}

/// The bytes of a submission under the id that its sender made.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Made by the sender.
    pub id: Uuid,
    /// As received.
    pub body: Vec<u8>,
    /// What they hash to.
    pub sha256: [u8; 32],
    /// What they say.
    pub submission: Submission,
    /// The hash of the token of the invitation that they named.
    pub invitation: Option<[u8; 32]>,
    /// The code in the receipt of the response that this one corrects, if it was shown.
    pub code: Option<ReceiptCode>,
}

/// What a wave's dates mean for a submission that arrives now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The wave takes answers.
    Open,
    /// The wave is closed. It was answered before the close, as the device claims, or not.
    Closed {
        /// Whether it was.
        in_time: bool,
    },
}

/// A submission that may be stored.
#[derive(Debug, Clone)]
pub struct Ready {
    pub row: NewResponse,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// A response that is stored.
#[derive(Debug)]
pub struct Taken {
    pub receipt: Receipt,
    /// What was found this time.
    pub findings: Vec<Finding>,
    /// Whether it was stored before.
    pub replayed: bool,
}

/// Reads the bytes of a submission. Of one that names an invitation the token is taken out, so that nothing that is stored, not even a hash of
/// it, tells by which invitation it came: its bytes are the canonical JSON of the rest.
///
/// # Errors
/// `json-invalid`, or `body-invalid` with every finding: a body that is no submission cannot be kept, for nobody knows of which wave
/// it is.
pub fn read(id: Uuid, body: Vec<u8>) -> Result<Sent, Refusal> {
    let mut submission = Submission::parse(&body).map_err(unreadable)?;
    let invitation = submission.invitation.take().map(|token| secret::hash(&token));
    let body = if invitation.is_some() { without_invitation(&body) } else { body };
    Ok(Sent { id, sha256: Sha256::digest(&body).into(), body, submission, invitation, code: None })
}

fn without_invitation(body: &[u8]) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(body).unwrap_or_default(); // it was read before
    if let Some(members) = value.as_object_mut() {
        members.remove("invitation");
    }
    canonical_json(&value).into_bytes()
}

fn unreadable(findings: Vec<Finding>) -> Refusal {
    match findings.first().map(|finding| finding.code.as_ref()) {
        Some("not-json" | "not-utf8" | "too-deep") => {
            let (vi, en) = findings.into_iter().next().map(|finding| (finding.vi, finding.en)).unwrap_or_default();
            Refusal::new(Code::JsonInvalid).detail(vi, en)
        }
        _ => Refusal::new(Code::BodyInvalid).errors(findings),
    }
}

impl Intake<'_> {
    /// Whether the actor may send this, where it belongs, and whether the wave takes it.
    ///
    /// # Errors
    /// Those of permission and place; `collection-not-open`.
    pub fn admit(&self, submission: &Submission) -> Result<(Place, Vec<Finding>, When), Refusal> {
        authorise(self.actor, submission, &self.field.wave)?;
        self.locate(submission)
    }

    /// Where a submission belongs, and whether the wave takes it; of whoever was found to be allowed to send it.
    ///
    /// # Errors
    /// Those of place; `collection-not-open`.
    pub(super) fn locate(&self, submission: &Submission) -> Result<(Place, Vec<Finding>, When), Refusal> {
        let wave = &self.field.wave;
        let (place, findings) = place(self.actor, submission, self.field, self.units, self.now)?;
        if self.now < wave.opens_at {
            return Err(Refusal::new(Code::CollectionNotOpen).with("opens_at", rfc3339(wave.opens_at)));
        }
        let closed = wave.closes_at.filter(|closes_at| self.now >= *closes_at);
        // The device's clock is a claim. It is believed as far as quarantine, where a person decides.
        let before = |closes_at| submission.answered_at.is_some_and(|answered| answered.timestamp_micros() < closes_at);
        Ok((place, findings, closed.map_or(When::Open, |closes_at| When::Closed { in_time: before(closes_at) })))
    }

    /// Checks the answers of a submission that was admitted and that is not stored yet.
    ///
    /// # Errors
    /// `invitation-needed`; `collection-closed` for what was not answered before the close; `answers-invalid`, with every finding, where answers with errors
    /// are not kept.
    pub fn judge(&self, sent: Sent, (place, mut findings, when): (Place, Vec<Finding>, When)) -> Result<Ready, Refusal> {
        if when == (When::Closed { in_time: false }) {
            return Err(closed(false));
        }
        if self.actor.holder().is_none()
            && self.field.wave.needs_invitation()
            && sent.invitation.is_none()
            && sent.submission.supersedes.is_none()
        {
            return Err(Refusal::new(Code::InvitationNeeded));
        }
        let Sent { id, body, sha256, submission, invitation, code } = sent;
        let response = Response::check_and_keep(submission, &self.survey.questionnaire, &self.survey.layout);
        findings.extend_from_slice(response.findings());
        if any_error(&findings) && !self.keep_invalid {
            return Err(Refusal::new(Code::AnswersInvalid).errors(findings));
        }
        let state = match (when, refuses_whole(&findings)) {
            (When::Closed { .. }, _) => ResponseState::Quarantined,
            (When::Open, true) => ResponseState::Invalid,
            (When::Open, false) => ResponseState::Valid,
        };
        let mut row = NewResponse { invitation, ..self.row(id, (body, sha256), place, &response, &findings, state) };
        if row.supersedes.is_some() {
            row.corrector = self.corrector(code);
        }
        Ok(Ready { row, findings })
    }

    /// Whose responses the actor may correct besides those that the same key sent: a collector, a statistician or the operator those
    /// of units in the actor's scope, and anyone the one whose receipt he shows.
    fn corrector(&self, code: Option<ReceiptCode>) -> Corrector {
        let scope = match self.actor.holder().map(|holder| holder.standing) {
            Some(Standing::Operator | Standing::Role(Role::Collector | Role::Statistician)) => match self.actor.unit() {
                None => Scope::All,
                Some(root) => {
                    let below = |unit: &&Unit| self.units.is_within(unit.id, UnitId(root));
                    Scope::Units(Arc::new(self.units.iter().filter(below).map(|unit| unit.id.0).collect()))
                }
            },
            Some(Standing::Role(_)) | None => Scope::None,
        };
        Corrector { scope, receipt: code.map(|code| code.hash(self.secret)) }
    }

    /// The row that the writer stores.
    fn row(
        &self,
        id: Uuid,
        (body, body_sha256): (Vec<u8>, [u8; 32]),
        place: Place,
        response: &Response,
        findings: &[Finding],
        state: ResponseState,
    ) -> NewResponse {
        let submission = response.submission();
        NewResponse {
            id,
            wave_id: self.field.wave.id,
            version_id: self.survey.id,
            unit_id: place.unit_id,
            psu_id: place.psu_id,
            weight_u: place.weight_u,
            channel: submission.channel.code().into(),
            device_key_id: self.actor.holder().and_then(|holder| holder.key),
            started_at: submission.started_at.map(|at| at.timestamp_micros()),
            answered_at: submission.answered_at.map(|at| at.timestamp_micros()),
            received_at: self.now,
            state,
            body,
            receipt_hash: Some(ReceiptCode::of(self.secret, id, &body_sha256).hash(self.secret)),
            body_sha256,
            answers: response.packed().to_vec(),
            texts: response.texts().to_vec(),
            findings: (!findings.is_empty()).then(|| serde_json::to_string(findings).unwrap_or_default()),
            reasons: reasons(findings),
            respondent: submission.respondent.clone().filter(|code| self.field.design.is_listed(code)),
            strict: !self.keep_invalid,
            supersedes: submission.supersedes,
            invitation: None,
            corrector: Corrector::default(),
            imported: false,
            actor: self.actor.name(),
        }
    }
}

impl Ready {
    /// As a record of a file, which may name the key of the device that took it. Nobody is there to be given a code.
    #[must_use]
    pub(super) fn of_file(mut self, device: Option<i32>) -> Self {
        (self.row.device_key_id, self.row.imported, self.row.receipt_hash) = (device, true, None);
        self
    }

    /// Hands it to the writer; the answer arrives after the commit.
    ///
    /// # Errors
    /// `overloaded` while the queue is full, `unavailable` once the writer has stopped.
    pub fn queue(self, writer: &Writer) -> Result<(Pending, Vec<Finding>), Refusal> {
        let pending = writer.submit(self.row).map_err(|error| match error {
            QueueError::Full => Refusal::new(Code::Overloaded).retry_after(1),
            QueueError::Stopped => Refusal::new(Code::Unavailable).retry_after(2),
        })?;
        Ok((pending, self.findings))
    }
}

/// What is known of a submission already, by its id: what the writer would say if it were handed over.
///
/// # Errors
/// Those of the store.
pub fn known(look: &mut Look<'_>, id: Uuid, sha256: [u8; 32]) -> Result<Option<Outcome>, Refusal> {
    let key = look.actor.holder().and_then(|holder| holder.key);
    Ok(writer::known(look.db, id, &sha256, key)?)
}

/// What the writer's answer is to the sender.
///
/// # Errors
/// `storage-full`, `unavailable`, and those of [`settle`].
pub fn answered(answer: Result<Outcome, WriteError>, findings: Vec<Finding>) -> Result<Taken, Refusal> {
    match answer {
        Ok(outcome) => settle(outcome, findings),
        Err(WriteError::StorageFull) => Err(Refusal::new(Code::StorageFull).retry_after(10)),
        Err(WriteError::Unavailable(_) | WriteError::Fatal(_)) => Err(Refusal::new(Code::Unavailable).retry_after(2)),
        Err(WriteError::Rejected(why)) => Err(Refusal::internal(why)),
    }
}

/// What an outcome of the store is to the sender.
///
/// # Errors
/// Each row of the contract that is no receipt. What is stored under an id is told to the key that sent it, and to nobody else.
pub fn settle(outcome: Outcome, mut findings: Vec<Finding>) -> Result<Taken, Refusal> {
    match outcome {
        Outcome::Stored(receipt) => Ok(Taken { receipt, findings, replayed: false }),
        Outcome::Doubled(Some(receipt)) => {
            findings.push(doubled());
            Ok(Taken { receipt, findings, replayed: false })
        }
        Outcome::Doubled(None) => Err(Refusal::because(Code::AnswersInvalid, doubled())),
        Outcome::Replayed(receipt) => Ok(Taken { receipt, findings, replayed: true }),
        Outcome::Conflict { own_sha256 } => {
            let refusal = Refusal::new(Code::ResponseConflict);
            Err(match own_sha256 {
                Some(stored) => refusal.with("stored_sha256", hex(&stored)),
                None => refusal,
            })
        }
        Outcome::Withdrawn => Err(Refusal::new(Code::ResponseWithdrawn)),
        Outcome::InvitationUsed => Err(Refusal::new(Code::InvitationUsed)),
        Outcome::InvitationInvalid => Err(Refusal::new(Code::InvitationInvalid)),
        Outcome::SupersededMissing => Err(Refusal::because(Code::AnswersInvalid, superseded_missing())),
        Outcome::NotYours => Err(Refusal::because(Code::UnitForbidden, not_yours())),
        Outcome::OtherUnit => Err(Refusal::because(Code::UnitForbidden, other_unit())),
    }
}

/// The refusal of what comes after the close; `kept`: it waits in quarantine.
#[must_use]
pub fn closed(kept: bool) -> Refusal {
    let problem = Refusal::new(Code::CollectionClosed).with("kept", kept);
    if kept {
        problem.detail("Phiếu được giữ riêng, không cần gửi lại", "The response is kept apart; there is no need to send it again")
    } else {
        problem
    }
}

fn not_yours() -> Finding {
    let (vi, en) = (
        "Chỉ người đã gửi phiếu (bằng khóa đã gửi, hoặc mã trên biên nhận), hay cán bộ phụ trách đơn vị của phiếu, mới được sửa phiếu đó",
        "Only whoever sent a response, by the same key or with the code of its receipt, or who keeps its unit, may correct it",
    );
    Finding::error("/supersedes", "not-yours", vi, en)
}

fn other_unit() -> Finding {
    let (vi, en) = (
        "Sửa bằng mã trên biên nhận thì phải giữ nguyên đơn vị đã đánh giá",
        "A correction by the code of a receipt must rate the unit that was rated before",
    );
    Finding::error("/unit", "other-unit", vi, en)
}

fn superseded_missing() -> Finding {
    Finding::error(
        "/supersedes",
        "superseded-unknown",
        "Đợt này không có phiếu được thay thế, hoặc phiếu đó đã bị rút, loại hay thay thế rồi",
        "The wave has no such response, or it was withdrawn, excluded or superseded before",
    )
}
