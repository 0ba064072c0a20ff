//! Quality evaluations: looking for suspicious responses of a wave. What is found stands beside the responses and changes none.

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::responses::check_reason;
use super::waves::existing;
use super::{Act, Action, Code, Look, Refusal, proposals};
use crate::jobs::Evaluate;
use crate::jobs::quality::{self as judging, QUALITY_JOB, QualityError};
use crate::response::quality::{DEFAULT, Evaluation as Found, Rule};
use crate::store::jobs::{self, NewJob};
use crate::store::proposals::{Proposal, ProposalKind};
use crate::store::quality::{self, Count, Evaluation, FlagCount, FlagOfResponse, FlagsBy};
use crate::store::responses::{self, Which};
use crate::words::Finding;

/// By whom an evaluation is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The server's worker: it is queued.
    Worker,
    /// Whoever begins it, who also says what it came to ([`conclude`]).
    Caller,
}

/// An evaluation and what it found.
#[derive(Debug)]
pub struct InFull {
    pub evaluation: Evaluation,
    /// How far each rule reached.
    pub counts: Vec<Count>,
    /// Flags by the number of the rated unit.
    pub by_unit: Vec<FlagCount>,
    /// Flags by the number of the device's key; 0: none.
    pub by_device: Vec<FlagCount>,
}

/// Begins to judge the valid responses of a wave that there are now, by a rule set or the one that is shipped. `at` is where the rule set
/// stands in what was sent, for the pointers of findings.
///
/// # Errors
/// `not-found`; `body-invalid` with every finding of the rule set; `already-exists` where its name and version stood for other rules.
pub fn begin(act: &mut Act<'_>, wave: &str, rules: Option<&str>, at: &str, made_by: By) -> Result<Evaluation, Refusal> {
    let by = act.may(Action::Compute)?.actor();
    let wave = existing(act, wave)?;
    let (units, now) = (act.units()?, act.now);
    let begun = judging::begin(act.db, wave.id, rules.unwrap_or(DEFAULT), &units, &by, now).map_err(|error| refused(error, at))?;
    if made_by == By::Worker {
        let payload = json!(Evaluate { evaluation: begun.id }).to_string();
        jobs::enqueue(act.db, &NewJob { id: Uuid::new_v4(), kind: QUALITY_JOB.into(), payload, created_at: now })?;
    }
    let detail = format!("version {} by {} {}", begun.version, begun.rules_code, begun.rules_version);
    act.note("quality.evaluate", &wave.code, &detail)?;
    Ok(begun)
}

/// Stores what an evaluation came to that the caller made.
///
/// # Errors
/// `wrong-state` where it has ended already.
pub fn conclude(act: &mut Act<'_>, wave: &str, begun: &Evaluation, result: &Result<Found, QualityError>) -> Result<Evaluation, Refusal> {
    act.may(Action::Compute)?;
    let now = act.now;
    let ended = judging::conclude(act.db, begun.id, None, result, now)?;
    act.note("quality.conclude", wave, &format!("version {} {}", ended.version, ended.state()))?;
    Ok(ended)
}

fn refused(error: QualityError, at: &str) -> Refusal {
    match error {
        QualityError::Rules(findings) => {
            let place = |finding: Finding| Finding {
                pointer: format!("{at}{}", finding.pointer),
                line: finding.line.filter(|_| at.is_empty()),
                ..finding
            };
            Refusal::new(Code::BodyInvalid).errors(findings.into_iter().map(place).collect())
        }
        QualityError::Store(error) => error.into(),
        other => Refusal::internal(other),
    }
}

/// The evaluations of a wave, the latest first.
///
/// # Errors
/// `not-found`.
pub fn list(look: &mut Look<'_>, wave: &str) -> Result<Vec<Evaluation>, Refusal> {
    look.may(Action::ReadRuns)?;
    look.of_all_units()?;
    let wave = existing(look, wave)?;
    Ok(quality::list(look.db, wave.id)?)
}

/// An evaluation: what it found by rule, unit and device.
///
/// # Errors
/// `not-found`.
pub fn get(look: &mut Look<'_>, wave: &str, version: i32) -> Result<InFull, Refusal> {
    look.may(Action::ReadRuns)?;
    look.of_all_units()?;
    let wave = existing(look, wave)?;
    let evaluation = quality::find(look.db, wave.id, version)?.ok_or_else(Refusal::not_found)?;
    let id = evaluation.id;
    Ok(InFull {
        evaluation,
        counts: quality::counts(look.db, id)?,
        by_unit: quality::flags_by(look.db, id, FlagsBy::Unit)?,
        by_device: quality::flags_by(look.db, id, FlagsBy::Device)?,
    })
}

/// A response that an evaluation flagged, without its answers.
#[derive(Debug, Clone)]
pub struct Flagged {
    /// Its place in the order of arrival: its name.
    pub seq: i64,
    /// The rated unit.
    pub unit_id: i32,
    /// When it arrived, µs UTC.
    pub received_at: i64,
    /// The version of the evaluation.
    pub evaluation: i32,
    /// The flags that it set and that stand.
    pub flags: Vec<FlagOfResponse>,
}

/// Responses that an evaluation flagged and that stand, at most `limit`, those with the most flags first.
///
/// # Errors
/// `not-found`.
pub fn flagged(look: &mut Look<'_>, wave: &str, version: i32, limit: usize) -> Result<Vec<Flagged>, Refusal> {
    look.may(Action::ListResponses)?;
    look.of_all_units()?;
    let wave = existing(look, wave)?;
    let evaluation = quality::find(look.db, wave.id, version)?.ok_or_else(Refusal::not_found)?;
    let mut found = Vec::new();
    for (seq, _) in quality::most_flagged(look.db, evaluation.id, i64::try_from(limit).unwrap_or(i64::MAX))? {
        let summary = responses::find_by(look.db, Which::Seq(seq))?.filter(|summary| summary.ended_event.is_none());
        let Some(summary) = summary else { continue };
        let lifted = quality::lifted_of(look.db, seq)?;
        let stands = |flag: &FlagOfResponse| flag.evaluation == version && !lifted.contains(&(version, flag.rule.clone()));
        let flags: Vec<FlagOfResponse> = quality::flags_of(look.db, seq)?.into_iter().filter(stands).collect();
        if !flags.is_empty() {
            found.push(Flagged { seq, unit_id: summary.unit_id, received_at: summary.receipt.received_at, evaluation: version, flags });
        }
    }
    Ok(found)
}

/// Every flag that an evaluation set on a response, and whether it was lifted since.
///
/// # Errors
/// `not-found`.
pub fn flags(look: &mut Look<'_>, response: Which) -> Result<Vec<(FlagOfResponse, bool)>, Refusal> {
    look.may(Action::ListResponses)?;
    let response = super::responses::in_reach(look, response)?;
    let lifted = quality::lifted_of(look.db, response.receipt.seq)?;
    let is_lifted = |flag: &FlagOfResponse| lifted.iter().any(|(version, rule)| *version == flag.evaluation && *rule == flag.rule);
    Ok(quality::flags_of(look.db, response.receipt.seq)?.into_iter().map(|flag| (flag.clone(), is_lifted(&flag))).collect())
}

/// Which flags of a response to lift.
#[derive(Debug, Clone)]
pub struct LiftWish {
    /// The version of the wave's evaluation that set them.
    pub evaluation: i32,
    /// The rules; all whose flags stand if nothing is said.
    pub rules: Option<Vec<String>>,
    /// Why nothing is wrong with the response.
    pub reason: String,
}

/// Flags to lift, as they wait for a second person.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    evaluation: i32,
    rules: Vec<String>,
}

/// Proposes that flags of a response count no more in the runs to come. They count until another person confirms.
///
/// # Errors
/// `not-found`; `body-invalid` for a reason that is none, and for a flag that is not there; `already-exists` while the same is proposed.
pub fn lift(act: &mut Act<'_>, response: Which, wish: &LiftWish) -> Result<Proposal, Refusal> {
    act.may(Action::EndResponse)?;
    check_reason(&wish.reason)?;
    let summary = super::responses::in_reach(act, response)?;
    let evaluation = quality::find(act.db, summary.wave_id, wish.evaluation)?.ok_or_else(|| no_flag("/evaluation"))?;
    let standing = quality::standing_flags(act.db, evaluation.id, summary.receipt.seq)?;
    let standing: Vec<String> = standing.into_iter().map(|rule| rule.as_str().to_owned()).collect();
    let rules = wish.rules.clone().unwrap_or_else(|| standing.clone());
    if rules.is_empty() {
        return Err(no_flag("/evaluation"));
    }
    if let Some(place) = rules.iter().position(|rule| !standing.contains(rule)) {
        return Err(no_flag(&format!("/rules/{place}")));
    }
    let waiting = Waiting { evaluation: evaluation.id, rules };
    proposals::make(act, ProposalKind::Lift, &super::responses::object(summary.receipt.seq), &json!(waiting), &wish.reason)
}

fn no_flag(at: &str) -> Refusal {
    let (vi, en) = ("Phiếu không có cờ này", "The response has no such flag");
    Refusal::because(Code::BodyInvalid, Finding::error(at.to_owned(), "flag-unknown", vi, en))
}

/// Lifts flags, as one person proposed and the actor confirms. They stay on record.
pub(super) fn lifted(act: &mut Act<'_>, proposal: &Proposal) -> Result<(), Refusal> {
    let Waiting { evaluation, rules } = serde_json::from_str(&proposal.detail).map_err(Refusal::internal)?;
    let which = super::responses::of_object(&proposal.object).ok_or_else(|| Refusal::internal("a proposal names no response"))?;
    let summary = super::responses::in_reach(act, which)?;
    let known: Vec<Rule> = rules.iter().filter_map(|rule| Rule::parse(rule)).collect();
    quality::lift(act.db, evaluation, summary.receipt.seq, &known, proposal.id)?;
    act.note("flag.lift", &proposal.object, &format!("{}: {}", rules.join(", "), proposal.reason))
}
