//! A run of either kind: computed from what it froze, stored with the end of its job.

use crate::jobs::composite::{self, CompositeOutcome};
use crate::jobs::recompute::{self, Report, RunError};
use crate::store::jobs::{self, Ending, Lease};
use crate::store::runs::{self, Figures, Run};
use crate::store::schemas::IndexKind;
use crate::store::{Db, StoreError};

/// What a run came to.
pub enum Computed {
    /// The index of a survey.
    Survey(Box<recompute::Outcome>),
    /// A composite index.
    Composite(Box<CompositeOutcome>),
}

/// Computes a run from its frozen inputs. Stores nothing.
///
/// # Errors
/// [`RunError`].
pub fn compute(db: &mut Db, run: &Run, report: &Report<'_>) -> Result<Computed, RunError> {
    Ok(match run.kind {
        IndexKind::Survey => Computed::Survey(Box::new(recompute::recompute(db, run, report)?)),
        IndexKind::Composite => Computed::Composite(Box::new(composite::recompute(db, run, report)?)),
    })
}

/// Stores what a run came to and ends its job, in one transaction: a draft with its scores, or why there are none.
///
/// # Errors
/// [`StoreError::WrongState`] where the run was called off meanwhile, and those of the store: nothing is stored then.
pub fn conclude(db: &mut Db, lease: Lease, result: &Result<Computed, RunError>, now: i64) -> Result<Run, StoreError> {
    db.write(|db| match result {
        Ok(computed) => {
            let run = finish(db, lease, computed, now)?;
            jobs::finish(db, lease, Ending::Done, now)?;
            Ok(run)
        }
        Err(error) => {
            let why = error.to_string();
            let run = runs::fail(db, lease.id, &why, now)?;
            jobs::finish(db, lease, Ending::Failed(&why), now)?;
            Ok(run)
        }
    })
}

fn finish(db: &mut Db, lease: Lease, computed: &Computed, now: i64) -> Result<Run, StoreError> {
    // Manifests are strings, numbers and lists, which always serialise.
    match computed {
        Computed::Survey(outcome) => {
            let manifest = serde_json::to_string(&outcome.manifest).unwrap_or_default();
            let scores = recompute::rows(&outcome.scores, &outcome.settled);
            let (disclosure, standing) = outcome.disclosure();
            let figures = Figures::Survey { scores: &scores, changes: &outcome.changes, disclosure: &disclosure, standing: &standing };
            runs::finish(db, lease.id, &runs::Results { digest: &outcome.digest, manifest: &manifest, figures }, now)
        }
        Computed::Composite(outcome) => {
            let manifest = serde_json::to_string(&outcome.manifest).unwrap_or_default();
            let scores = outcome.rows();
            let figures = Figures::Composite { scores: &scores, reports: &outcome.reports, disclosure: &outcome.disclosure() };
            runs::finish(db, lease.id, &runs::Results { digest: &outcome.digest, manifest: &manifest, figures }, now)
        }
    }
}
