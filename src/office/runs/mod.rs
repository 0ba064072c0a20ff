//! Runs: a computation with frozen inputs, and its way to publication.
//!
//! Everything that a run is made of is checked and frozen when it is created, for an index of a survey (`survey`) as for a composite
//! one (`composite`). Then a worker computes it, or the command line here and now ([`here`]). What it came to goes through two hands:
//! one submits, another approves and publishes it under the name of an edition ([`super::editions`]).

mod beside;
mod composite;
pub mod desk;
pub mod here;
pub mod release;
mod survey;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use serde_json::json;
use uuid::Uuid;

use super::responses::check_reason;
use super::{Act, Action, Code, Look, Refusal, editions};
use crate::jobs::{RUN_JOB, load};
use crate::publication::disclosure::Extent;
use crate::store::composites::{self, Inputs};
use crate::store::disclosure;
use crate::store::jobs::{self, NewJob};
use crate::store::people::{self, RunStep};
use crate::store::quality::{self, LeftOut};
use crate::store::runs::{self, Filter, NewRun, Run, RunState, Step};
use crate::store::schemas::{self, IndexKind, IndexVersion};
use crate::store::waves;

/// A run to start.
#[derive(Debug, Clone, Default)]
pub struct RunWish {
    /// Code of the index.
    pub index: String,
    /// Version of its definition.
    pub version: String,
    /// The wave; of a survey's index only, and needed there.
    pub wave: Option<String>,
    /// Only what had arrived by then, RFC 3339.
    pub as_of: Option<String>,
    /// Values of the index's parameters.
    pub parameters: BTreeMap<String, f64>,
    /// For whatever is drawn at random.
    pub seed: i64,
    /// A look at unfinished work, never to be published.
    pub preview: bool,
    /// The id of a finished run of the same index to compare with.
    pub since: Option<String>,
    /// The flagged responses to leave out.
    pub without_flagged: Option<FlaggedWish>,
    /// Of a composite index: the numbers of its indicator tables.
    pub tables: Vec<i32>,
    /// Of a composite index: the runs that leaves are taken from, each with the edition that takes its values, or the definition's own.
    pub surveys: Vec<(Uuid, Option<String>)>,
    /// Of a composite index: how errors of its values are carried.
    pub uncertainty: Option<UncertaintyWish>,
    /// Of a composite index: the choices that a sensitivity analysis varies, as JSON.
    pub sensitivity: Option<String>,
}

/// Which flagged responses to leave out.
#[derive(Debug, Clone, Default)]
pub struct FlaggedWish {
    /// The version of the wave's evaluation; the latest that is done if nothing is said.
    pub evaluation: Option<i32>,
    /// The rules whose flags count; all of the evaluation's if nothing is said.
    pub rules: Option<Vec<String>>,
}

/// How errors of values are carried to scores and ranks.
#[derive(Debug, Clone, Default)]
pub struct UncertaintyWish {
    /// The two-sided level of intervals.
    pub level: Option<f64>,
    /// `delta` or `replicates`.
    pub method: Option<String>,
    /// Replicates where they are needed.
    pub replicates: Option<u32>,
}

/// What a run is made of, checked.
struct Frozen {
    wave_id: Option<i32>,
    as_of: Option<i64>,
    since: Option<Uuid>,
    left_out: Option<LeftOut>,
    parameters: String,
    inputs: Inputs,
}

/// A run with the names of what it refers to by number.
#[derive(Debug, Clone)]
pub struct Described {
    pub run: Run,
    /// Code of the index.
    pub index: String,
    /// Version of its definition.
    pub version: String,
    /// The wave; none: of a composite index.
    pub wave: Option<String>,
    /// The flagged responses that it leaves out.
    pub left_out: Option<LeftOut>,
    /// The tables and runs that a composite index takes.
    pub inputs: Inputs,
    /// How much of its figures would be hidden; none before they are settled, and for one who is bound to a unit.
    pub extent: Option<Extent>,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The run's state.
    pub state: RunState,
    /// What is being done right now.
    pub stage: String,
    /// Steps done of this stage.
    pub done: i64,
    /// Steps that this stage has; 0 while unknown.
    pub total: i64,
}

impl Progress {
    /// Whether the computation has ended, well or not.
    #[must_use]
    pub fn ended(&self) -> bool {
        !matches!(self.state, RunState::Queued | RunState::Running)
    }
}

/// A version of an index as it is stored.
///
/// # Errors
/// `not-found`.
pub fn index(look: &mut Look<'_>, code: &str, version: &str) -> Result<IndexVersion, Refusal> {
    schemas::find_index(look.db, code, version)?.ok_or_else(|| {
        let (vi, en) = (format!("không có chỉ số {code} {version}"), format!("there is no index {code} {version}"));
        Refusal::not_found().detail(vi, en)
    })
}

/// Starts a run under this id, which the caller makes: its inputs are frozen now, and a worker will compute it.
///
/// # Errors
/// `not-found` for the index, `wave-unknown`, `body-invalid` with every finding.
pub fn create(act: &mut Act<'_>, id: Uuid, wish: &RunWish) -> Result<Described, Refusal> {
    let maker = act.may(Action::Compute)?.clone();
    let created_by = maker.actor();
    let index = index(act, &wish.index, &wish.version)?;
    let frozen = match index.kind {
        IndexKind::Survey => survey::freeze(act, wish, &load::index(&index)?)?,
        IndexKind::Composite => composite::freeze(act, wish, &load::composite(&index)?)?,
    };
    let created_at = act.now;
    let new = NewRun {
        id,
        index_version_id: index.id,
        wave_id: frozen.wave_id,
        preview: wish.preview,
        as_of: frozen.as_of,
        parameters: frozen.parameters,
        seed: wish.seed,
        threads: None,
        since: frozen.since,
        created_by,
        created_at,
    };
    // The job that computes a run has the run's own id.
    let job = NewJob { id, kind: RUN_JOB.into(), payload: json!({ "run": id.to_string() }).to_string(), created_at };
    let run = runs::create(act.db, &new, &job)?;
    people::took(act.db, id, RunStep::Create, maker.person(), &maker.actor())?;
    composites::freeze(act.db, id, &frozen.inputs)?;
    if let Some(left_out) = &frozen.left_out {
        quality::leave_out(act.db, id, left_out)?;
    }
    act.note("run.create", &id.to_string(), "")?;
    describe(act, run)
}

/// The run of this id.
///
/// # Errors
/// `not-found`.
pub fn get(look: &mut Look<'_>, id: Uuid) -> Result<Described, Refusal> {
    look.may(Action::ReadRuns)?;
    let run = runs::get(look.db, id)?;
    describe(look, run)
}

/// Which runs to list.
#[derive(Debug, Clone, Default)]
pub struct ListWish {
    /// Of this wave.
    pub wave: Option<String>,
    /// In this state.
    pub state: Option<RunState>,
    /// Only those older than this one, by its time of creation and id.
    pub before: Option<(i64, Uuid)>,
    /// So many at most.
    pub limit: i64,
}

/// Runs, the newest first.
///
/// # Errors
/// `wave-unknown`.
pub fn list(look: &mut Look<'_>, wish: &ListWish) -> Result<Vec<Described>, Refusal> {
    look.may(Action::ReadRuns)?;
    let wave_id = match &wish.wave {
        Some(code) => Some(waves::find(look.db, code)?.ok_or_else(|| Refusal::unknown_wave(code))?.id),
        None => None,
    };
    let rows = runs::list(look.db, &Filter { wave_id, state: wish.state, before: wish.before }, wish.limit)?;
    let mut names = Names::default();
    rows.into_iter().map(|run| names.describe(look, run)).collect()
}

/// How far a run is.
///
/// # Errors
/// `not-found`.
pub fn progress(look: &mut Look<'_>, id: Uuid) -> Result<Progress, Refusal> {
    look.may(Action::ReadRuns)?;
    let run = runs::get(look.db, id)?;
    let job = jobs::get(look.db, id)?;
    Ok(Progress { state: run.state, stage: job.stage, done: job.done, total: job.total })
}

/// A run with the names of what it refers to by number.
fn describe(look: &mut Look<'_>, run: Run) -> Result<Described, Refusal> {
    Names::default().describe(look, run)
}

/// Names that were looked up already.
#[derive(Default)]
struct Names {
    indices: HashMap<i32, (String, String)>,
    waves: HashMap<i32, String>,
}

impl Names {
    fn describe(&mut self, look: &mut Look<'_>, mut run: Run) -> Result<Described, Refusal> {
        let (index, version) = match self.indices.entry(run.index_version_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(entry) => {
                let row = schemas::index_by_id(look.db, run.index_version_id)?;
                entry.insert((row.code, row.version))
            }
        }
        .clone();
        let wave = match run.wave_id.map(|id| (id, self.waves.entry(id))) {
            None => None,
            Some((_, Entry::Occupied(known))) => Some(known.get().clone()),
            Some((id, Entry::Vacant(entry))) => Some(entry.insert(waves::by_id(look.db, id)?.code).clone()),
        };
        let inputs = match run.kind {
            IndexKind::Survey => Inputs::default(),
            IndexKind::Composite => composites::inputs(look.db, run.id)?,
        };
        let left_out = quality::left_out(look.db, run.id)?;
        if !look.actor.can(Action::ReadHidden) {
            run.manifest = run.manifest.as_deref().map(unsalted);
        }
        // By which rule figures are hidden would tell of them.
        let tells = run.digest.is_some() && look.actor.can(Action::ReadHidden);
        let settled = if tells { disclosure::of_run(look.db, run.id)? } else { None };
        Ok(Described { run, index, version, wave, left_out, inputs, extent: settled.map(|settled| settled.extent) })
    }
}

/// A manifest without what the digest is salted with: whoever has both could try hidden figures until they fit.
fn unsalted(manifest: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(manifest).unwrap_or_default(); // what is stored was written by us
    if let Some(members) = value.as_object_mut() {
        members.remove("salt");
    }
    value.to_string()
}

/// A run on which somebody takes a step, and the revision that he has seen.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// The run.
    pub id: Uuid,
    /// Its revision when he looked.
    pub revision: i64,
}

/// The revision of a run, for one who is about to take a step on it.
///
/// # Errors
/// `not-found`; 401 and 403 for one who may take none.
pub fn revision(look: &mut Look<'_>, id: Uuid) -> Result<i64, Refusal> {
    if !look.actor.can(Action::Compute) {
        look.may(Action::Publish)?;
    }
    Ok(runs::get(look.db, id)?.revision)
}

/// Takes a step on a run, with its line of the audit log.
fn step(
    act: &mut Act<'_>,
    seen: Seen,
    (action, name): (Action, &str),
    reason: &str,
    take: impl FnOnce(&mut Act<'_>, Step<'_>) -> Result<Run, Refusal>,
) -> Result<Described, Refusal> {
    let actor = act.may(action)?.actor();
    let now = act.now;
    let run = take(act, Step { revision: seen.revision, actor: &actor, now })?;
    act.note(name, &seen.id.to_string(), reason)?;
    describe(act, run)
}

/// Calls a run off that is not done yet.
///
/// # Errors
/// `wrong-state` once it is done, `precondition-failed` for one who has not seen it as it is.
pub fn cancel(act: &mut Act<'_>, seen: Seen) -> Result<Described, Refusal> {
    step(act, seen, (Action::Compute, "run.cancel"), "", |act, step| Ok(runs::cancel(act.db, seen.id, seen.id, step)?))
}

/// Puts a draft forward for approval.
///
/// # Errors
/// `wrong-state` for another than a draft, and for a preview; `precondition-failed`.
pub fn submit(act: &mut Act<'_>, seen: Seen) -> Result<Described, Refusal> {
    step(act, seen, (Action::Compute, "run.submit"), "", |act, step| {
        let run = runs::submit(act.db, seen.id, step)?;
        took(act, seen.id, RunStep::Submit)?;
        Ok(run)
    })
}

/// Approves what another person submitted. With `preview`, agencies see their own scores from now on, under embargo.
///
/// # Errors
/// `same-person` for whoever made or submitted it, `wrong-state`, also for one that was computed before agencies saw another, `precondition-failed`; with
/// `preview` also `not-settled`, `preview-open`, `other-figures-tell`, `normalisation-tells`.
pub fn approve(act: &mut Act<'_>, seen: Seen, preview: bool) -> Result<Described, Refusal> {
    step(act, seen, (Action::Publish, "run.approve"), "", |act, step| {
        another_person(act, seen.id, RunState::Submitted)?;
        let run = runs::approve(act.db, seen.id, step)?;
        took(act, seen.id, RunStep::Approve)?;
        release::check_approval(act, &run, preview)?;
        if preview {
            editions::embargo(act, &run)?;
        }
        Ok(run)
    })
}

/// Sends a run that was submitted back to those who made it, with a reason, which stands in the audit log and on the run ([`desk::history`]). It
/// is a draft again.
///
/// # Errors
/// `body-invalid` for a reason that is none, `wrong-state` for another than one that was submitted, `precondition-failed`.
pub fn send_back(act: &mut Act<'_>, seen: Seen, reason: &str) -> Result<Described, Refusal> {
    act.may(Action::Publish)?;
    check_reason(reason)?;
    step(act, seen, (Action::Publish, desk::SENT_BACK), reason, |act, step| Ok(runs::send_back(act.db, seen.id, step)?))
}

/// Records which person takes a step.
fn took(act: &mut Act<'_>, id: Uuid, step: RunStep) -> Result<(), Refusal> {
    let Some(holder) = act.actor.holder() else { return Ok(()) };
    Ok(people::took(act.db, id, step, holder.person(), &holder.actor())?)
}

/// Refuses whoever made or submitted a run, by whichever key, where another person must take the step from this state. All operators of the
/// machine count as one.
fn another_person(look: &mut Look<'_>, id: Uuid, from: RunState) -> Result<(), Refusal> {
    let Some(holder) = look.actor.holder() else { return Ok(()) };
    let run = runs::get(look.db, id)?;
    let persons = people::of_run(look.db, id)?;
    let submitted = run.submitted_by.as_ref().is_some_and(|by| holder.is_same(by, persons.submitted_by));
    if run.state == from && (submitted || holder.is_same(&run.created_by, persons.created_by)) {
        return Err(Refusal::new(Code::SamePerson).detail(
            "Người tính hoặc trình không được duyệt hay công bố, dù bằng khóa nào; những người vận hành máy chủ này tính là một người",
            "Whoever made or submitted it neither approves nor publishes it, by whichever key; all operators of this machine count as one person",
        ));
    }
    Ok(())
}

/// Publishes an approved run: its edition is public from now on. With `edition`, only under that name. Whoever approved it may; whoever made
/// or submitted it may not.
///
/// # Errors
/// `same-person`; `not-settled` for one of before there were rules of what is hidden; `preview-open`, `other-figures-tell` and `normalisation-tells` where
/// its figures would tell more than they show; `wrong-state` for one that is not approved, and for a composite index over a run that is not published; `body-invalid` for another
/// name than the edition's; `precondition-failed`.
pub fn publish(act: &mut Act<'_>, seen: Seen, edition: Option<&str>) -> Result<Described, Refusal> {
    step(act, seen, (Action::Publish, "run.publish"), "", |act, step| {
        another_person(act, seen.id, RunState::Approved)?;
        let run = runs::get(act.db, seen.id)?;
        release::check(act, &run)?;
        let name = editions::name(act, &run)?;
        editions::check_name(edition, &name)?;
        let run = runs::publish(act.db, seen.id, &name, step)?;
        took(act, seen.id, RunStep::Publish)?;
        Ok(run)
    })
}

/// Takes a run back, and its edition with it. Its figures stay stored, and so does the reason.
///
/// # Errors
/// `body-invalid` for a reason that is none, `wrong-state` for one that nobody has submitted, `precondition-failed`.
pub fn withdraw(act: &mut Act<'_>, seen: Seen, reason: &str) -> Result<Described, Refusal> {
    act.may(Action::Publish)?;
    check_reason(reason)?;
    step(act, seen, (Action::Publish, "run.withdraw"), reason, |act, step| Ok(runs::withdraw(act.db, seen.id, reason, step)?))
}
