//! What the sender of a response gets: the receipt. It is taken in by [`crate::http::intake`].

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::wire::FindingBody;
use crate::http::state::AppState;
use crate::office::intake;
use crate::office::{ReceiptCode, Refusal};
use crate::response::invalid_items;
use crate::store::Secret;
use crate::store::responses::{Receipt, ResponseState};
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

/// A receipt, unless the response waits in quarantine: that is a refusal that holds one.
///
/// # Errors
/// `collection-closed` with the receipt of what is kept in quarantine.
pub fn told(state: &AppState, taken: intake::Taken) -> Result<Taken, Refusal> {
    let intake::Taken { receipt, findings, replayed } = taken;
    let body = ReceiptBody::to_sender(&receipt, findings, state.office().store().secret());
    if receipt.state == ResponseState::Quarantined {
        return Err(intake::closed(true).with("receipt", serde_json::to_value(body).unwrap_or_default()));
    }
    Ok(Taken { receipt: body, replayed })
}
