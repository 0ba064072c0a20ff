//! A submission over HTTP: the office takes it in ([`crate::office::intake`]); here are what the sender gets and what is counted.
//!
//! A submission is settled in two steps, so that a batch can queue all of its responses before it waits for the first:
//! [`Intake::send`] checks and queues, [`Sent::settle`] waits for the commit.

use std::net::IpAddr;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::wire::FindingBody;
use crate::http::metrics::Intake as Count;
use crate::http::state::AppState;
use crate::office::intake::{self, When};
use crate::office::{Actor, Code, ReceiptCode, Refusal};
use crate::response::invalid_items;
use crate::store::Secret;
use crate::store::responses::{Receipt, ResponseState};
use crate::store::writer::{Pending, WriteError};
use crate::words::Finding;
use crate::words::encode::{hex, rfc3339};

/// What the sender gets: proof that the response is on disk. The same each time.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReceiptBody {
    /// The response's id, made by the sender; absent where it is not told, as to an auditor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When it arrived.
    pub received_at: String,
    /// Its place in the order of arrival.
    pub seq: i64,
    /// SHA-256 of the bytes that were sent; of an item of a batch, of its canonical JSON without `id`; where there was an `invitation`, of the
    /// canonical JSON without it. Told to whoever sent them and to those who may read the answers: anyone else could try answers against
    /// it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_sha256: Option<String>,
    /// `valid` (it counts; an item that has an error among `findings` is missing), `invalid` (as a whole: kept, and left out of every
    /// index) or `quarantined` (came after the close).
    pub state: &'static str,
    /// The secret half of the receipt, told in answer to the sending only: with it the respondent withdraws the response
    /// (`POST /v1/responses/{id}:withdraw`) or corrects it (`Withdrawal-Code`), without a key. The database has a keyed hash of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawal_code: Option<String>,
    /// Items whose answers are not valid: they count as missing, the rest of a valid response counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub invalid_items: Vec<String>,
    /// What was found, in both languages; what concerns one item points into `/answers`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingBody>,
}

impl ReceiptBody {
    /// A stored receipt and what was found this time.
    #[must_use]
    pub fn new(receipt: &Receipt, findings: Vec<Finding>) -> Self {
        Self {
            id: Some(receipt.id.to_string()),
            received_at: rfc3339(receipt.received_at),
            seq: receipt.seq,
            body_sha256: Some(hex(&receipt.body_sha256)),
            state: receipt.state.as_str(),
            withdrawal_code: None,
            invalid_items: invalid_items(&findings),
            findings: findings.into_iter().map(FindingBody::from).collect(),
        }
    }

    /// A receipt in answer to the sending: with its secret half.
    fn to_sender(receipt: &Receipt, findings: Vec<Finding>, secret: &Secret) -> Self {
        let code = receipt.has_code.then(|| ReceiptCode::of(secret, receipt.id, &receipt.body_sha256).text());
        Self { withdrawal_code: code, ..Self::new(receipt, findings) }
    }

    /// Without the hash of the answers, against which guesses could be held.
    #[must_use]
    pub fn without_hash(self) -> Self {
        Self { body_sha256: None, ..self }
    }

    /// To one who may not read answers and has not sent it: without the hash, and without the id, under which guesses could be sent.
    #[must_use]
    pub fn to_others(self) -> Self {
        Self { id: None, ..self.without_hash() }
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
    /// Where it comes from; of a batch, whose key is known, it does not matter.
    pub peer: Option<IpAddr>,
    /// The code in the receipt of the response that is corrected, if it was shown.
    pub code: Option<ReceiptCode>,
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
            count_refusal(self.state, problem);
        }
        sent
    }

    async fn try_send(&self, id: Uuid, body: Vec<u8>) -> Result<Sent, Refusal> {
        let (state, actor) = (self.state, self.actor);
        let sent = intake::Sent { code: self.code, ..intake::read(id, body)? };
        let field = state.wave(&sent.submission.wave).await?.ok_or_else(|| Refusal::new(Code::WaveUnknown))?;
        let survey = state.survey(&sent.submission.survey, &sent.submission.version).await?;
        let survey = survey.ok_or_else(|| Refusal::new(Code::SchemaVersionUnknown))?;
        let units = state.units().await?;
        let keep_invalid = self.keep_invalid;
        let secret = state.office().store().secret();
        let act = intake::Intake { actor, field: &field, survey: &survey, units: &units, secret, now: state.now(), keep_invalid };
        let admitted = act.admit(&sent.submission)?;
        if actor.holder().is_none()
            && sent.invitation.is_none()
            && let Some(peer) = self.peer
        {
            state.limit(|limiter| limiter.answer(peer, (field.wave.id, admitted.0.unit_id)))?;
        }
        if admitted.2 != When::Open {
            let (id, sha256) = (sent.id, sent.sha256);
            if let Some(outcome) = state.look(actor.clone(), move |look| intake::known(look, id, sha256)).await? {
                return answer(state, intake::settle(outcome, Vec::new())).map(Sent::Known);
            }
        }
        let (pending, findings) = act.judge(sent, admitted)?.queue(state.writer())?;
        Ok(Sent::Queued { pending, findings })
    }
}

impl Sent {
    /// Waits for the commit.
    ///
    /// # Errors
    /// Each row of the contract that is no receipt.
    pub async fn settle(self, state: &AppState) -> Result<Taken, Refusal> {
        let (pending, findings) = match self {
            Self::Known(taken) => {
                state.metrics().taken(Count::Duplicate);
                return Ok(taken);
            }
            Self::Queued { pending, findings } => (pending, findings),
        };
        // A closed channel: the writer ended before it came to this one.
        let outcome = pending.await.unwrap_or_else(|_| Err(WriteError::Unavailable("the writer has stopped".into())));
        let taken = intake::answered(outcome, findings);
        match &taken {
            Ok(intake::Taken { replayed: true, .. }) => state.metrics().taken(Count::Duplicate),
            Ok(taken) => state.metrics().taken(match taken.receipt.state {
                ResponseState::Valid => Count::Accepted,
                ResponseState::Invalid => Count::Invalid,
                ResponseState::Quarantined => Count::Quarantined,
            }),
            Err(problem) => count_refusal(state, problem),
        }
        answer(state, taken)
    }
}

fn count_refusal(state: &AppState, problem: &Refusal) {
    let kept = problem.members().get("kept").is_some_and(|kept| *kept == true);
    let shed = problem.code().status() >= 500;
    state.metrics().taken(match (shed, kept) {
        (true, _) => Count::Shed,
        (false, true) => Count::Duplicate,
        (false, false) => Count::Rejected,
    });
}

/// A receipt, unless the response waits in quarantine: that is a refusal that holds one.
fn answer(state: &AppState, taken: Result<intake::Taken, Refusal>) -> Result<Taken, Refusal> {
    let intake::Taken { receipt, findings, replayed } = taken?;
    let body = ReceiptBody::to_sender(&receipt, findings, state.office().store().secret());
    if receipt.state == ResponseState::Quarantined {
        return Err(intake::closed(true).with("receipt", serde_json::to_value(body).unwrap_or_default()));
    }
    Ok(Taken { receipt: body, replayed })
}
