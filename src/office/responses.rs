//! Responses after they came in: listing them, reading one in full, withdrawing it at its respondent's wish, leaving it out with a reason.
//!
//! Whoever is bound to a unit finds the responses about that unit and those below it, and no other. That somebody read answers, or tried
//! to read those of another unit, is on record.

use serde_json::json;
use uuid::Uuid;

use super::{Act, Action, Code, Look, Refusal, Role, proposals};
use crate::store::proposals::{Proposal, ProposalKind};
use crate::store::responses::{self, Count, CountBy, Event, Filter, ResponseState, Summary};
use crate::unit::UnitId;
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

/// The response of this id, if the actor may know of it.
///
/// # Errors
/// `not-found`, also for one about a unit out of the actor's reach.
pub(super) fn in_reach(look: &mut Look<'_>, id: Uuid) -> Result<Summary, Refusal> {
    let summary = responses::find(look.db, id)?.ok_or_else(Refusal::not_found)?;
    if look.is_in_reach(summary.unit_id)? { Ok(summary) } else { Err(Refusal::not_found()) }
}

/// Which responses to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListWish {
    /// Of this unit.
    pub unit: Option<UnitId>,
    /// In this state.
    pub state: Option<ResponseState>,
    /// Only those after this sequence number: the cursor.
    pub after: i64,
    /// So many at most.
    pub limit: i64,
}

/// Responses of a wave, in the order of arrival, without their answers; of one who is bound to a unit, those about that unit.
///
/// # Errors
/// `unit-forbidden` for a unit out of the actor's reach.
pub fn list(look: &mut Look<'_>, wave_id: i32, wish: &ListWish) -> Result<Vec<Summary>, Refusal> {
    look.may(Action::ListResponses)?;
    let unit_ids = match wish.unit {
        Some(unit) if look.is_in_reach(unit.0)? => Some(vec![unit.0]),
        Some(_) => return Err(Refusal::new(Code::UnitForbidden)),
        None => look.reach()?,
    };
    let filter = Filter { unit_ids, state: wish.state, after_seq: wish.after };
    Ok(responses::list(look.db, wave_id, &filter, wish.limit)?)
}

/// How fieldwork goes: responses by unit, PSU or day; of one who is bound to a unit, those about that unit.
///
/// # Errors
/// Those of the store.
pub fn count(look: &mut Look<'_>, wave_id: i32, by: CountBy) -> Result<Vec<Count>, Refusal> {
    look.may(Action::WatchFieldwork)?;
    let reach = look.reach()?;
    Ok(responses::count_within(look.db, wave_id, by, reach.as_deref())?)
}

/// What the actor may know of a response without its answers: whoever sent it, what was sent with the same key only, with what was found
/// in it (as JSON). To others a finding is not told, since it can quote an answer.
///
/// # Errors
/// `not-found`, also for a response of another key or unit; `response-withdrawn` to its sender.
pub fn receipt(look: &mut Look<'_>, id: Uuid) -> Result<(Summary, Option<String>), Refusal> {
    let key = look.may(Action::ReadReceipt)?.key;
    let sender = matches!(look.actor.role(), Some(Role::Device | Role::Collector));
    if !sender {
        return Ok((in_reach(look, id)?, None));
    }
    let summary = responses::find(look.db, id)?.filter(|summary| summary.device_key_id == key).ok_or_else(Refusal::not_found)?;
    if summary.withdrawn_at.is_some() {
        return Err(Refusal::new(Code::ResponseWithdrawn));
    }
    let kept = responses::submission(look.db, summary.receipt.seq)?;
    Ok((summary, kept.and_then(|(_, findings)| findings)))
}

/// Reads a response with its answers. That somebody did, or tried to out of their reach, is on record.
///
/// # Errors
/// `not-found`. The inner error is the same for a response out of the actor's reach, whose line of the audit log stays.
pub fn open(act: &mut Act<'_>, id: Uuid) -> Result<Result<Whole, Refusal>, Refusal> {
    act.may(Action::ReadAnswers)?;
    let summary = responses::find(act.db, id)?.ok_or_else(Refusal::not_found)?;
    if !act.is_in_reach(summary.unit_id)? {
        act.note("response.read.denied", &id.to_string(), "another unit")?;
        return Ok(Err(Refusal::not_found()));
    }
    let (body, findings) = responses::submission(act.db, summary.receipt.seq)?.unzip();
    let events = responses::events(act.db, summary.receipt.seq)?;
    act.note("response.read", &id.to_string(), "answers of 1 response")?;
    Ok(Ok(Whole { summary, body, findings: findings.flatten(), events }))
}

/// Withdraws a response at its respondent's wish, and with it whatever else the same person sent: answers are erased, ids stay taken.
/// Doing it again changes nothing.
///
/// # Errors
/// `body-invalid` for a reason that is none, `not-found`.
pub fn withdraw(act: &mut Act<'_>, id: Uuid, reason: &str) -> Result<(), Refusal> {
    let author = act.may(Action::EndResponse)?.actor();
    check_reason(reason)?;
    in_reach(act, id)?;
    let now = act.now;
    if responses::withdraw(act.db, id, &author, reason, now)? {
        act.note("response.withdraw", &id.to_string(), reason)
    } else {
        act.nothing_changed();
        Ok(())
    }
}

/// Proposes to leave a response out of the runs to come. It counts until another person confirms.
///
/// # Errors
/// `body-invalid` for a reason that is none, `not-found`, `already-exists` while the same is proposed.
pub fn exclude(act: &mut Act<'_>, id: Uuid, reason: &str) -> Result<Proposal, Refusal> {
    act.may(Action::EndResponse)?;
    check_reason(reason)?;
    in_reach(act, id)?;
    proposals::make(act, ProposalKind::Exclude, &id.to_string(), &json!({}), reason)
}

/// Leaves a response out, as one person proposed and the actor confirms. It keeps its answers, and the exclusion stays on record.
pub(super) fn excluded(act: &mut Act<'_>, proposal: &Proposal) -> Result<(), Refusal> {
    let id = Uuid::parse_str(&proposal.object).map_err(Refusal::internal)?;
    let authors = format!("{}, {}", proposal.proposed_by, act.actor.name());
    let now = act.now;
    responses::exclude(act.db, id, &authors, &proposal.reason, now)?;
    act.note("response.exclude", &id.to_string(), &proposal.reason)
}

pub(super) fn check_reason(reason: &str) -> Result<(), Refusal> {
    if REASON.contains(&reason.chars().count()) {
        return Ok(());
    }
    let (vi, en) = ("Lý do phải từ 3 đến 500 ký tự", "The reason must have 3 to 500 characters");
    Err(Refusal::because(Code::BodyInvalid, Finding::error("/reason", "out-of-bounds-length", vi, en)))
}
