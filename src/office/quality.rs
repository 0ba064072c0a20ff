//! Quality evaluations: looking for suspicious responses of a wave. What is found stands beside the responses and changes none.

use serde_json::json;
use uuid::Uuid;

use super::waves::existing;
use super::{Act, Action, Code, Look, Refusal};
use crate::jobs::Evaluate;
use crate::jobs::quality::{self as judging, QUALITY_JOB, QualityError};
use crate::response::quality::{DEFAULT, Evaluation as Found};
use crate::store::jobs::{self, NewJob};
use crate::store::quality::{self, Count, Evaluation, FlagCount, FlagOfResponse, FlagsBy};
use crate::store::responses;
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
    let wave = existing(look, wave)?;
    Ok(quality::list(look.db, wave.id)?)
}

/// An evaluation: what it found by rule, unit and device.
///
/// # Errors
/// `not-found`.
pub fn get(look: &mut Look<'_>, wave: &str, version: i32) -> Result<InFull, Refusal> {
    look.may(Action::ReadRuns)?;
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

/// Every flag that an evaluation set on a response.
///
/// # Errors
/// `not-found`.
pub fn flags(look: &mut Look<'_>, response: Uuid) -> Result<Vec<FlagOfResponse>, Refusal> {
    look.may(Action::ListResponses)?;
    let response = responses::find(look.db, response)?.ok_or_else(Refusal::not_found)?;
    Ok(quality::flags_of(look.db, response.receipt.seq)?)
}
