//! Responses after they came in: reading one in full, withdrawing it at its respondent's wish, leaving it out with a reason.

use uuid::Uuid;

use super::{Act, Action, Code, Look, Refusal, Role};
use crate::store::responses::{self, Event, Summary};
use crate::words::Finding;

/// How long a reason may be, in characters.
const REASON: std::ops::RangeInclusive<usize> = 3..=500;

/// A response in full.
#[derive(Debug)]
pub struct Whole {
    /// What lists show of it.
    pub summary: Summary,
    /// The bytes as received; none of one that was withdrawn.
    pub body: Option<Vec<u8>>,
    /// What was found in it on arrival, as JSON.
    pub findings: Option<String>,
    /// What happened to it since.
    pub events: Vec<Event>,
}

/// What the actor may know of a response without its answers: whoever sent it, what was sent with the same key only, with what was found
/// in it (as JSON). To others a finding is not told, since it can quote an answer.
///
/// # Errors
/// `not-found`, also for a response of another key; `response-withdrawn` to its sender.
pub fn receipt(look: &mut Look<'_>, id: Uuid) -> Result<(Summary, Option<String>), Refusal> {
    let key = look.may(Action::ReadReceipt)?.key;
    let sender = matches!(look.actor.role(), Some(Role::Device | Role::Collector));
    let summary = responses::find(look.db, id)?.ok_or_else(Refusal::not_found)?;
    if sender && summary.device_key_id != key {
        return Err(Refusal::not_found());
    }
    if sender && summary.withdrawn_at.is_some() {
        return Err(Refusal::new(Code::ResponseWithdrawn));
    }
    let kept = if sender { responses::submission(look.db, summary.receipt.seq)? } else { None };
    Ok((summary, kept.and_then(|(_, findings)| findings)))
}

/// Reads a response with its answers. That somebody did is on record.
///
/// # Errors
/// `not-found`.
pub fn open(act: &mut Act<'_>, id: Uuid) -> Result<Whole, Refusal> {
    act.may(Action::ReadAnswers)?;
    let summary = responses::find(act.db, id)?.ok_or_else(Refusal::not_found)?;
    let (body, findings) = responses::submission(act.db, summary.receipt.seq)?.unzip();
    let events = responses::events(act.db, summary.receipt.seq)?;
    act.note("response.read", &id.to_string(), "")?;
    Ok(Whole { summary, body, findings: findings.flatten(), events })
}

/// Withdraws a response at its respondent's wish, and with it whatever else the same person sent: answers are erased, ids stay taken.
/// Doing it again changes nothing.
///
/// # Errors
/// `body-invalid` for a reason that is none, `not-found`.
pub fn withdraw(act: &mut Act<'_>, id: Uuid, reason: &str) -> Result<(), Refusal> {
    let author = act.may(Action::EndResponse)?.actor();
    check_reason(reason)?;
    let now = act.now;
    if responses::withdraw(act.db, id, &author, reason, now)? {
        act.note("response.withdraw", &id.to_string(), reason)
    } else {
        act.nothing_changed();
        Ok(())
    }
}

/// Leaves a response out of the runs to come. It keeps its answers, and the exclusion stays on record.
///
/// # Errors
/// `body-invalid` for a reason that is none, `not-found`.
pub fn exclude(act: &mut Act<'_>, id: Uuid, reason: &str) -> Result<(), Refusal> {
    let author = act.may(Action::EndResponse)?.actor();
    check_reason(reason)?;
    let now = act.now;
    responses::exclude(act.db, id, &author, reason, now)?;
    act.note("response.exclude", &id.to_string(), reason)
}

pub(super) fn check_reason(reason: &str) -> Result<(), Refusal> {
    if REASON.contains(&reason.chars().count()) {
        return Ok(());
    }
    let (vi, en) = ("Lý do phải từ 3 đến 500 ký tự", "The reason must have 3 to 500 characters");
    Err(Refusal::because(Code::BodyInvalid, Finding::error("/reason", "out-of-bounds-length", vi, en)))
}
