//! Computing a run here and now, in the process of whoever asks for it.

use uuid::Uuid;

use super::{FlaggedWish, RunWish, Seen, create, survey};
use crate::jobs::recompute::{self, Outcome, Report, RunError};
use crate::jobs::run::{self as runner, Computed};
use crate::office::{Act, Action, Actor, Code, Look, Office, Refusal};
use crate::store::StoreError;
use crate::store::jobs::{self, Ending, Lease};
use crate::store::quality::LeftOut;
use crate::store::runs::{self, Run};
use crate::store::waves::{self, Wave};

/// How long the process may hold the run before a server's worker takes it for dead, µs.
const HELD: i64 = 600_000_000;

/// A run that this process has taken, before a worker of a server does.
#[derive(Debug)]
pub struct Taken {
    pub run: Run,
    lease: Lease,
}

/// Creates a run and takes it.
///
/// # Errors
/// Those of [`create`].
pub fn begin(act: &mut Act<'_>, id: Uuid, wish: &RunWish) -> Result<Taken, Refusal> {
    create(act, id, wish)?;
    let now = act.now;
    let lease = jobs::claim_one(act.db, id, now.saturating_add(HELD))?;
    Ok(Taken { run: runs::start(act.db, id, now)?, lease })
}

/// What came of a run that was computed here.
pub enum Ended {
    /// It is a draft with these figures.
    Draft(Box<Run>, Computed),
    /// It failed, and is stored so.
    Failed(RunError),
}

/// Computes a run that this process has taken, and stores what it came to: a draft, or why there is none.
///
/// # Errors
/// `wrong-state` where it was called off meanwhile, and those of the store.
pub fn conclude(office: &Office, taken: &Taken, report: &Report<'_>) -> Result<Ended, Refusal> {
    let store = office.store();
    let computed = store.read(|db| runner::compute(db, &taken.run, report));
    let run = store.read(|db| runner::conclude(db, taken.lease, &computed, office.now()))?;
    Ok(match computed {
        Ok(computed) => Ended::Draft(Box::new(run), computed),
        Err(error) => Ended::Failed(error),
    })
}

/// Calls off a run that this process has taken, because it is told to end.
///
/// # Errors
/// `wrong-state` once it is done.
pub fn call_off(office: &Office, actor: &Actor, id: Uuid) -> Result<(), Refusal> {
    office.act(actor, |act| {
        let revision = runs::get(act.db, id)?.revision;
        super::cancel(act, Seen { id, revision })?;
        let (job, now) = (jobs::get(act.db, id)?, act.now);
        match jobs::finish(act.db, job.lease(), Ending::Cancelled, now) {
            // One that no worker had has ended with the run.
            Ok(()) | Err(StoreError::LostLease(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    })
}

/// Refuses an evaluation that a wave does not have, before anything is computed for it.
///
/// # Errors
/// `wave-unknown`, `body-invalid`.
pub fn check_flagged(look: &mut Look<'_>, wave: &str, wish: &FlaggedWish) -> Result<(), Refusal> {
    look.may(Action::Compute)?;
    let wave = waves::find(look.db, wave)?.ok_or_else(|| survey::unknown_wave(wave))?;
    left_out(look, &wave, wish).map(drop)
}

fn left_out(look: &mut Look<'_>, wave: &Wave, wish: &FlaggedWish) -> Result<LeftOut, Refusal> {
    let mut findings = Vec::new();
    let found = survey::flagged(look.db, wish, wave, &mut findings)?;
    found.ok_or_else(|| Refusal::new(Code::BodyInvalid).errors(findings))
}

/// A finished run's figures once more, without what an evaluation flagged: looked at, not stored.
///
/// # Errors
/// `body-invalid` for an evaluation that is not there. Why it cannot be computed is the inner error.
pub fn without_flagged(
    look: &mut Look<'_>,
    run: &Run,
    wish: &FlaggedWish,
    report: &Report<'_>,
) -> Result<Result<Outcome, RunError>, Refusal> {
    look.may(Action::Compute)?;
    let wave = waves::by_id(look.db, run.wave()?)?;
    let left_out = left_out(look, &wave, wish)?;
    Ok(recompute::recompute_without(look.db, run, Some(&left_out), report))
}
