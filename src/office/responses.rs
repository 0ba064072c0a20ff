//! Responses after they came in: listing them, reading one in full, withdrawing it at its respondent's wish, leaving it out with a reason.
//!
//! Whoever is bound to a unit finds the responses about that unit and those below it, and no other. That somebody read answers, or tried
//! to read those of another unit, is on record.

use serde_json::json;
use uuid::Uuid;

use super::{Act, Action, Code, Look, ReceiptCode, Refusal, Role, Slip, proposals};
use crate::store::imports;
use crate::store::proposals::{Proposal, ProposalKind};
use crate::store::responses::{self, ByReceipt, Count, CountBy, Event, Filter, ResponseState, Summary, Which};
use crate::unit::UnitId;
use crate::words::Finding;

/// What the name of a response in the audit log begins with.
const OBJECT: &str = "response/";

/// How long a reason may be, in characters.
const REASON: std::ops::RangeInclusive<usize> = 3..=500;

/// Who withdraws by the code of a receipt, as the events of a response name him.
const RESPONDENT: &str = "respondent";

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

/// The response of this id or number, if the actor may know of it.
///
/// # Errors
/// `not-found`, also for one about a unit out of the actor's reach.
pub(super) fn in_reach(look: &mut Look<'_>, which: Which) -> Result<Summary, Refusal> {
    let summary = responses::find_by(look.db, which)?.ok_or_else(Refusal::not_found)?;
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
pub fn receipt(look: &mut Look<'_>, which: Which) -> Result<(Summary, Option<String>), Refusal> {
    // One who is signed in has no key, as many a sender has none: what they sent is not told from what others did.
    let key = look.may(Action::ReadReceipt)?.key;
    let sender = matches!(look.actor.role(), Some(Role::Device | Role::Collector));
    if !sender {
        return Ok((in_reach(look, which)?, None));
    }
    let summary = responses::find_by(look.db, which)?
        .filter(|summary| key.is_some() && summary.device_key_id == key)
        .ok_or_else(Refusal::not_found)?;
    // A file may name a device: it has sent nothing, though.
    if imports::is_imported(look.db, summary.receipt.id)? {
        return Err(Refusal::not_found());
    }
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
pub fn open(act: &mut Act<'_>, which: Which) -> Result<Result<Whole, Refusal>, Refusal> {
    act.may(Action::ReadAnswers)?;
    let summary = responses::find_by(act.db, which)?.ok_or_else(Refusal::not_found)?;
    let object = object(summary.receipt.seq);
    if !act.is_in_reach(summary.unit_id)? {
        act.note("response.read.denied", &object, "another unit")?;
        return Ok(Err(Refusal::not_found()));
    }
    let (body, findings) = responses::submission(act.db, summary.receipt.seq)?.unzip();
    let events = responses::events(act.db, summary.receipt.seq)?;
    act.note("response.read", &object, "answers of 1 response")?;
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
    let summary = in_reach(act, Which::Id(id))?;
    let now = act.now;
    if responses::withdraw(act.db, id, &author, reason, now)? {
        act.note("response.withdraw", &object(summary.receipt.seq), reason)
    } else {
        act.nothing_changed();
        Ok(())
    }
}

/// Withdraws a response for whoever shows the code of its receipt, and with it what corrected it and what it corrected of the same sender.
///
/// # Errors
/// `not-found` for an id that is not there and for a code that is not its own alike; `response-withdrawn` where it is withdrawn already.
pub fn withdraw_own(act: &mut Act<'_>, id: Uuid, code: &str) -> Result<(), Refusal> {
    // What is no code is held against the row like one, so that it takes as long.
    let shown = ReceiptCode::read(code).map_or([0; 32], |code| code.hash(act.secret));
    let now = act.now;
    match responses::withdraw_by_receipt(act.db, id, &shown, RESPONDENT, now)? {
        ByReceipt::Withdrawn(seq) => act.note("response.withdraw", &object(seq), "by the code of its receipt"),
        ByReceipt::Before => Err(Refusal::new(Code::ResponseWithdrawn)),
        ByReceipt::Unknown => Err(Refusal::not_found()),
    }
}

/// What whoever shows the slip of a response may know of it: that it is here, and what became of it.
///
/// # Errors
/// `not-found` for what is no slip, for one of nothing, and for a response that is withdrawn alike.
pub fn by_slip(look: &mut Look<'_>, slip: &str) -> Result<Summary, Refusal> {
    let slip = Slip::read(slip);
    // What is no slip is held against rows like one, so that it takes as long.
    let shown = slip.map_or([0; 32], |slip| slip.code.hash(look.secret));
    let found = responses::find_by_receipt(look.db, slip.map_or([0; 4], |slip| slip.head), &shown)?;
    found.ok_or_else(Refusal::not_found)
}

/// Withdraws a response for whoever shows its slip, as [`withdraw_own`] does.
///
/// # Errors
/// `not-found`, as [`by_slip`].
pub fn withdraw_by_slip(act: &mut Act<'_>, slip: &str) -> Result<(), Refusal> {
    let id = by_slip(act, slip)?.receipt.id;
    let code = Slip::read(slip).ok_or_else(Refusal::not_found)?.code;
    withdraw_own(act, id, &code.text())
}

/// Proposes to leave a response out of the runs to come. It counts until another person confirms.
///
/// # Errors
/// `body-invalid` for a reason that is none, `not-found`, `already-exists` while the same is proposed.
pub fn exclude(act: &mut Act<'_>, id: Uuid, reason: &str) -> Result<Proposal, Refusal> {
    act.may(Action::EndResponse)?;
    check_reason(reason)?;
    let summary = in_reach(act, Which::Id(id))?;
    proposals::make(act, ProposalKind::Exclude, &object(summary.receipt.seq), &json!({}), reason)
}

/// Leaves a response out, as one person proposed and the actor confirms. It keeps its answers, and the exclusion stays on record.
pub(super) fn excluded(act: &mut Act<'_>, proposal: &Proposal) -> Result<(), Refusal> {
    let which = of_object(&proposal.object).ok_or_else(|| Refusal::internal("a proposal names no response"))?;
    let summary = responses::find_by(act.db, which)?.ok_or_else(Refusal::not_found)?;
    let authors = format!("{}, {}", proposal.proposed_by, act.actor.name());
    let now = act.now;
    responses::exclude(act.db, summary.receipt.id, &authors, &proposal.reason, now)?;
    act.note("response.exclude", &proposal.object, &proposal.reason)
}

/// The id of a response by its number: what whoever sent it knows it by.
///
/// # Errors
/// `not-found`, also for a response out of the actor's reach.
pub fn id_of(look: &mut Look<'_>, seq: i64) -> Result<Uuid, Refusal> {
    look.may(Action::EndResponse)?;
    Ok(in_reach(look, Which::Seq(seq))?.receipt.id)
}

/// What the audit log and proposals call a response: its number. Auditors read them, and under an id guesses at the answers could be sent.
pub(super) fn object(seq: i64) -> String {
    format!("{OBJECT}{seq}")
}

/// The response that the audit log or a proposal names.
pub(super) fn of_object(object: &str) -> Option<Which> {
    object.strip_prefix(OBJECT)?.parse().ok().map(Which::Seq)
}

pub(super) fn check_reason(reason: &str) -> Result<(), Refusal> {
    if REASON.contains(&reason.chars().count()) {
        return Ok(());
    }
    let (vi, en) = ("Lý do phải từ 3 đến 500 ký tự", "The reason must have 3 to 500 characters");
    Err(Refusal::because(Code::BodyInvalid, Finding::error("/reason", "out-of-bounds-length", vi, en)))
}
