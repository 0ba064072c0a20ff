//! Runs: a computation with frozen inputs, and its way to publication.
//!
//! ```text
//! queued → running → draft ⇄ submitted → approved → published → withdrawn
//!    └────────┴──→ cancelled, failed      └───────────┴──────────↗
//! ```
//! Each step of people is one UPDATE that names the revision they have seen, so of two at the same moment one wins and the other is
//! told. Approval needs a second person; the table's own CHECK holds that too.

use diesel::prelude::*;
use uuid::Uuid;

use super::changes::{self, Change};
use super::columns::{MaybeBytes32, MaybeUuid, named_enum};
use super::composites::{self, CompositeScore, Report};
use super::db::Db;
use super::disclosure::{self, Disclosure, Standing};
use super::editions;
use super::error::{Result, StoreError};
use super::jobs::{self, NewJob};
use super::scan::{HighWater, high_water, high_water_at};
use super::schemas::IndexKind;
use super::scores::{self, Score};
use super::tables::run;
use super::units;

named_enum! {
    /// How far a run has come.
    "run state" RunState {
        /// Waits for a worker.
        Queued = "queued",
        /// A worker computes it.
        Running = "running",
        /// Called off before it was done.
        Cancelled = "cancelled",
        /// It could not be computed.
        Failed = "failed",
        /// Computed; nobody has put it forward.
        Draft = "draft",
        /// Put forward for approval.
        Submitted = "submitted",
        /// A second person approved it.
        Approved = "approved",
        /// Its edition is public.
        Published = "published",
        /// Taken back.
        Withdrawn = "withdrawn",
    }
}

/// A run to start.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// Made by the caller.
    pub id: Uuid,
    /// What is computed.
    pub index_version_id: i32,
    /// From which answers; none: a composite index, whose inputs are [`super::composites`]'s.
    pub wave_id: Option<i32>,
    /// A look at unfinished fieldwork; never published.
    pub preview: bool,
    /// Only what had arrived, and what had ended, by then (µs UTC); `None`: all there is now.
    pub as_of: Option<i64>,
    /// JSON.
    pub parameters: String,
    /// For what draws random numbers.
    pub seed: i64,
    /// Threads to use; `None`: all. It changes no figure.
    pub threads: Option<i32>,
    /// The run that it is compared with.
    pub since: Option<Uuid>,
    /// By whom.
    pub created_by: String,
    /// When, µs UTC.
    pub created_at: i64,
}

/// A stored run.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = run)]
pub struct Run {
    /// Made by the caller.
    #[diesel(deserialize_as = Vec<u8>)]
    pub id: Uuid,
    /// What is computed.
    pub index_version_id: i32,
    /// From which answers; none: a composite index, whose inputs are [`super::composites`]'s.
    pub wave_id: Option<i32>,
    /// How far it has come.
    pub state: RunState,
    /// A look at unfinished fieldwork; never published.
    pub preview: bool,
    /// JSON.
    pub parameters: String,
    /// The last response it may see.
    pub high_water_seq: i64,
    /// The last event it knows of.
    pub high_water_event: i64,
    /// For what draws random numbers.
    pub seed: i64,
    /// Threads to use; `None`: all.
    pub threads: Option<i32>,
    /// By whom.
    pub created_by: String,
    /// When, µs UTC.
    pub created_at: i64,
    /// When a worker first took it, µs UTC.
    pub started_at: Option<i64>,
    /// When it was done, failed or called off, µs UTC.
    pub finished_at: Option<i64>,
    /// Digest of the results.
    #[diesel(deserialize_as = MaybeBytes32)]
    pub digest: Option<[u8; 32]>,
    /// What went in, as JSON.
    pub manifest: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Who put it forward.
    pub submitted_by: Option<String>,
    /// When, µs UTC.
    pub submitted_at: Option<i64>,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// When, µs UTC.
    pub approved_at: Option<i64>,
    /// Who published it.
    pub published_by: Option<String>,
    /// When, µs UTC.
    pub published_at: Option<i64>,
    /// Who took it back.
    pub withdrawn_by: Option<String>,
    /// When, µs UTC.
    pub withdrawn_at: Option<i64>,
    /// Why.
    pub withdrawn_reason: Option<String>,
    /// Counts the steps.
    pub revision: i64,
    /// The run that it is compared with.
    #[diesel(column_name = since_run_id, deserialize_as = MaybeUuid)]
    pub since: Option<Uuid>,
    /// Of which kind of index it is.
    pub kind: IndexKind,
}

impl Run {
    /// The wave whose answers it takes.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for a run of a composite index, which has none.
    pub fn wave(&self) -> Result<i32> {
        self.wave_id.ok_or_else(|| StoreError::not_found("wave of the run", self.id))
    }

    /// What the run may see of the responses.
    #[must_use]
    pub fn high_water(&self) -> HighWater {
        HighWater { seq: self.high_water_seq, event: self.high_water_event }
    }
}

/// Who takes a step, having seen which revision, when.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The revision that the actor has seen.
    pub revision: i64,
    /// The name in the record.
    pub actor: &'a str,
    /// µs UTC.
    pub now: i64,
}

/// Creates a run and the job that computes it, in one transaction that also freezes what the run may see.
///
/// # Errors
/// [`StoreError::Database`] if the wave or the index version does not exist.
pub fn create(db: &mut Db, new: &NewRun, job: &NewJob) -> Result<Run> {
    db.write(|db| {
        let at = match (new.wave_id, new.as_of) {
            (Some(wave), Some(instant)) => high_water_at(db, wave, instant)?,
            (Some(wave), None) => high_water(db, wave)?,
            (None, _) => HighWater { seq: 0, event: 0 },
        };
        diesel::insert_into(run::table)
            .values((
                run::id.eq(new.id.as_bytes().as_slice()),
                run::index_version_id.eq(new.index_version_id),
                run::wave_id.eq(new.wave_id),
                run::state.eq(RunState::Queued.as_str()),
                run::preview.eq(new.preview),
                run::parameters.eq(&new.parameters),
                run::high_water_seq.eq(at.seq),
                run::high_water_event.eq(at.event),
                run::seed.eq(new.seed),
                run::threads.eq(new.threads),
                run::created_by.eq(&new.created_by),
                run::created_at.eq(new.created_at),
                run::revision.eq(1),
                run::since_run_id.eq(new.since.map(|id| id.as_bytes().to_vec())),
                run::kind.eq(if new.wave_id.is_some() { IndexKind::Survey } else { IndexKind::Composite }.as_str()),
            ))
            .execute(db)?;
        units::pin(db, new.id)?;
        if let Some(wave) = new.wave_id {
            disclosure::give_salt(db, wave)?;
        }
        jobs::enqueue(db, job)?;
        get(db, new.id)
    })
}

/// The run of this id.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn get(db: &mut Db, id: Uuid) -> Result<Run> {
    find(db, id)?.ok_or_else(|| StoreError::not_found("run", id))
}

/// The run of this id, if there is one.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find(db: &mut Db, id: Uuid) -> Result<Option<Run>> {
    Ok(run::table.find(id.as_bytes().as_slice()).select(Run::as_select()).first(db).optional()?)
}

/// Which runs [`list`] shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    /// Of this wave.
    pub wave_id: Option<i32>,
    /// In this state.
    pub state: Option<RunState>,
    /// Only those older than this one, by its time of creation and id: the cursor.
    pub before: Option<(i64, Uuid)>,
}

/// Runs, at most `limit`, the newest first.
///
/// # Errors
/// [`StoreError::Database`].
pub fn list(db: &mut Db, filter: &Filter, limit: i64) -> Result<Vec<Run>> {
    let mut of = run::table.order((run::created_at.desc(), run::id.desc())).limit(limit).select(Run::as_select()).into_boxed();
    if let Some(wave) = filter.wave_id {
        of = of.filter(run::wave_id.eq(wave));
    }
    if let Some(state) = filter.state {
        of = of.filter(run::state.eq(state.as_str()));
    }
    if let Some((at, id)) = filter.before {
        of = of.filter(run::created_at.lt(at).or(run::created_at.eq(at).and(run::id.lt(id.as_bytes().to_vec()))));
    }
    Ok(of.load(db)?)
}

/// A worker takes the run, or takes it again after a restart.
///
/// # Errors
/// [`StoreError::WrongState`] if it was called off meanwhile; [`StoreError::NotFound`].
pub fn start(db: &mut Db, id: Uuid, now: i64) -> Result<Run> {
    db.write(|db| {
        let queued = run::table.filter(run::id.eq(id.as_bytes().as_slice())).filter(run::state.eq(RunState::Queued.as_str()));
        let values = (run::state.eq(RunState::Running.as_str()), run::started_at.eq(now), run::revision.eq(run::revision + 1));
        diesel::update(queued).set(values).execute(db)?;
        let stored = get(db, id)?;
        if stored.state == RunState::Running { Ok(stored) } else { Err(wrong_state(&stored)) }
    })
}

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub struct Results<'a> {
    /// Digest of inputs and scores.
    pub digest: &'a [u8; 32],
    /// What went in, as JSON.
    pub manifest: &'a str,
    /// Every score.
    pub figures: Figures<'a>,
}

/// The figures of a run, by the kind of its index.
#[derive(Debug, Clone, Copy)]
pub enum Figures<'a> {
    /// Of an index of a survey.
    Survey {
        /// Every score.
        scores: &'a [Score],
        /// What changed since the run that it is compared with; none without one.
        changes: &'a [Change],
        /// What was settled of their publication.
        disclosure: &'a Disclosure,
        /// Figures of earlier editions that stand.
        standing: &'a [Standing],
    },
    /// Of a composite index.
    Composite {
        /// Every score.
        scores: &'a [CompositeScore],
        /// What else it came to.
        reports: &'a [Report],
        /// What was settled of their publication.
        disclosure: &'a Disclosure,
    },
}

/// Stores what the run came to: running → draft, with all its scores and changes, in one transaction.
///
/// # Errors
/// [`StoreError::WrongState`] if it was called off meanwhile: then nothing is stored.
pub fn finish(db: &mut Db, id: Uuid, results: &Results<'_>, now: i64) -> Result<Run> {
    db.write(|db| {
        let running = run::table.filter(run::id.eq(id.as_bytes().as_slice())).filter(run::state.eq(RunState::Running.as_str()));
        let values = (
            run::state.eq(RunState::Draft.as_str()),
            run::finished_at.eq(now),
            run::digest.eq(results.digest.as_slice()),
            run::manifest.eq(results.manifest),
            run::revision.eq(run::revision + 1),
        );
        if diesel::update(running).set(values).execute(db)? == 0 {
            return Err(wrong_state(&get(db, id)?));
        }
        match results.figures {
            Figures::Survey { scores, changes, disclosure, standing } => {
                scores::insert(db, id, scores)?;
                disclosure::insert(db, id, disclosure, standing)?;
                changes::insert(db, id, changes)?;
            }
            Figures::Composite { scores, reports, disclosure } => {
                composites::insert(db, id, scores, reports)?;
                disclosure::insert(db, id, disclosure, &[])?;
            }
        }
        get(db, id)
    })
}

/// Records why the run cannot be computed.
///
/// # Errors
/// [`StoreError::WrongState`] if it is neither queued nor running.
pub fn fail(db: &mut Db, id: Uuid, error: &str, now: i64) -> Result<Run> {
    db.write(|db| {
        let values =
            (run::state.eq(RunState::Failed.as_str()), run::finished_at.eq(now), run::error.eq(error), run::revision.eq(run::revision + 1));
        let underway = run::table.filter(run::id.eq(id.as_bytes().as_slice())).filter(run::state.eq_any(UNDERWAY));
        let changed = diesel::update(underway).set(values).execute(db)?;
        let stored = get(db, id)?;
        if changed == 1 { Ok(stored) } else { Err(wrong_state(&stored)) }
    })
}

const UNDERWAY: [&str; 2] = [RunState::Queued.as_str(), RunState::Running.as_str()];
const WITHDRAWABLE: [&str; 3] = [RunState::Submitted.as_str(), RunState::Approved.as_str(), RunState::Published.as_str()];

/// One guarded UPDATE: at the revision seen, in one of the states, and whatever else; else the reason why not.
macro_rules! step {
    ($db:expr, $id:expr, $step:expr, from $from:expr, set ($($value:expr),+ $(,)?) $(, only if $guard:expr)?) => {{
        let guarded = run::table
            .filter(run::id.eq($id.as_bytes().as_slice()))
            .filter(run::revision.eq($step.revision))
            .filter(run::state.eq_any($from))
            $(.filter($guard))?;
        let changed = diesel::update(guarded).set(($($value,)+ run::revision.eq($step.revision + 1))).execute($db)?;
        let stored = get($db, $id)?;
        if changed == 1 { Ok(stored) } else { Err(refusal(&stored, $step, &$from)) }
    }};
}

/// Calls a run off: queued or running → cancelled. Its job is asked to stop; what it still computes is not stored.
///
/// # Errors
/// [`StoreError::RevisionConflict`], [`StoreError::WrongState`], [`StoreError::NotFound`].
pub fn cancel(db: &mut Db, id: Uuid, job_id: Uuid, step: Step<'_>) -> Result<Run> {
    db.write(|db| {
        let stored = step!(db, id, step, from UNDERWAY, set (run::state.eq(RunState::Cancelled.as_str()), run::finished_at.eq(step.now)))?;
        match jobs::request_cancel(db, job_id, step.now) {
            // A job that has just ended needs no telling.
            Ok(_) | Err(StoreError::WrongState { .. }) => Ok(stored),
            Err(error) => Err(error),
        }
    })
}

/// Puts a draft forward for approval.
///
/// # Errors
/// [`StoreError::Preview`], [`StoreError::RevisionConflict`], [`StoreError::WrongState`], [`StoreError::NotFound`].
pub fn submit(db: &mut Db, id: Uuid, step: Step<'_>) -> Result<Run> {
    db.write(|db| {
        step!(db, id, step, from [RunState::Draft.as_str()],
            set (run::state.eq(RunState::Submitted.as_str()), run::submitted_by.eq(step.actor), run::submitted_at.eq(step.now)),
            only if run::preview.eq(false))
    })
}

/// Gives what was submitted back to those who made it, as a draft that nobody has put forward. Why is in the audit log.
///
/// # Errors
/// [`StoreError::RevisionConflict`], [`StoreError::WrongState`], [`StoreError::NotFound`].
pub fn send_back(db: &mut Db, id: Uuid, step: Step<'_>) -> Result<Run> {
    db.write(|db| {
        step!(
            db,
            id,
            step,
            from[RunState::Submitted.as_str()],
            set(run::state.eq(RunState::Draft.as_str()), run::submitted_by.eq(None::<String>), run::submitted_at.eq(None::<i64>),)
        )
    })
}

/// A second person approves what was submitted.
///
/// # Errors
/// [`StoreError::SamePerson`] for who created or submitted it; [`StoreError::RevisionConflict`], [`StoreError::WrongState`],
/// [`StoreError::NotFound`].
pub fn approve(db: &mut Db, id: Uuid, step: Step<'_>) -> Result<Run> {
    db.write(|db| {
        step!(db, id, step, from [RunState::Submitted.as_str()],
            set (run::state.eq(RunState::Approved.as_str()), run::approved_by.eq(step.actor), run::approved_at.eq(step.now)),
            only if run::created_by.ne(step.actor).and(run::submitted_by.assume_not_null().ne(step.actor)))
    })
}

/// Publishes an approved run, and its edition with it: the embargoed one if there is one, else a new one named `edition`.
///
/// # Errors
/// [`StoreError::Unpublished`] for a composite index that takes leaves from a run which is not published;
/// [`StoreError::Conflict`] if the edition's name is taken; [`StoreError::RevisionConflict`], [`StoreError::WrongState`],
/// [`StoreError::NotFound`].
pub fn publish(db: &mut Db, id: Uuid, edition: &str, step: Step<'_>) -> Result<Run> {
    db.write(|db| {
        if let Some(survey) = composites::unpublished_survey(db, id)? {
            return Err(StoreError::Unpublished { run: id.to_string(), survey: survey.to_string() });
        }
        let stored = step!(
            db,
            id,
            step,
            from[RunState::Approved.as_str()],
            set(run::state.eq(RunState::Published.as_str()), run::published_by.eq(step.actor), run::published_at.eq(step.now))
        )?;
        editions::publish(db, &stored, edition, step.now)?;
        Ok(stored)
    })
}

/// Takes back a run that was submitted, approved or published, and its edition with it. Its figures stay stored.
///
/// # Errors
/// [`StoreError::RevisionConflict`], [`StoreError::WrongState`], [`StoreError::NotFound`].
pub fn withdraw(db: &mut Db, id: Uuid, reason: &str, step: Step<'_>) -> Result<Run> {
    db.write(|db| {
        let stored = step!(db, id, step, from WITHDRAWABLE,
        set (
            run::state.eq(RunState::Withdrawn.as_str()),
            run::withdrawn_by.eq(step.actor),
            run::withdrawn_at.eq(step.now),
            run::withdrawn_reason.eq(reason),
        ))?;
        editions::withdraw(db, id, step.now)?;
        Ok(stored)
    })
}

/// Why the guarded UPDATE touched no row, most telling reason first.
fn refusal(stored: &Run, step: Step<'_>, from: &[&str]) -> StoreError {
    let key = stored.id.to_string();
    if stored.revision != step.revision {
        StoreError::RevisionConflict { what: "run", key, expected: step.revision, found: stored.revision }
    } else if !from.contains(&stored.state.as_str()) {
        wrong_state(stored)
    } else if stored.preview {
        StoreError::Preview(key)
    } else {
        StoreError::SamePerson { run: key, actor: step.actor.to_owned() }
    }
}

fn wrong_state(stored: &Run) -> StoreError {
    StoreError::WrongState { what: "run", key: stored.id.to_string(), state: stored.state.as_str() }
}
