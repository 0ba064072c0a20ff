//! A run: rows in the store → scores.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::design::Design;
use crate::frame::{Frame, FrameBuilder, FrameError, RowRef};
use crate::index::{self, ComputeError, Computed, Covariance, CovarianceError, Plan, Score, compute_hiding};
use crate::jobs::composite::CompositeError;
use crate::jobs::load::{self, LoadError, Survey, WaveInField};
use crate::jobs::place::area_unit;
use crate::jobs::stored::numbers;
use crate::jobs::stream::{self, Participation};
use crate::jobs::{compare, past};
use crate::publication::disclosure::{Extent, Rule, Settled, settle};
use crate::publication::{Manifest, VersionUsed, digest, public_digest, public_manifest, seen_of};
use crate::schema::{IndexDefinition, InvalidItems};
use crate::store::changes::Change;
use crate::store::disclosure::{self, Disclosure, Standing};
use crate::store::quality::{self, LeftOut};
use crate::store::runs::{self, Run};
use crate::store::{Db, StoreError, scan, schemas, scores, waves};
use crate::unit::{Registry, UnitId};
use crate::words::Finding;
use crate::words::encode::hex;
use crate::words::named;

/// How often a scan reports, in rows.
const REPORT_EVERY: usize = 16_384;

/// What a run came to.
pub struct Outcome {
    /// What it was made of.
    pub manifest: Manifest,
    /// SHA-256 of inputs and scores.
    pub digest: [u8; 32],
    /// Every score, in canonical order.
    pub scores: Vec<Score>,
    /// What becomes of each in publication.
    pub settled: Vec<Settled>,
    /// SHA-256 of what everybody would see of it.
    pub public_digest: [u8; 32],
    /// Codes of the public editions of the index and wave, as they were known.
    pub editions: Vec<String>,
    /// What changed since the run that it is compared with.
    pub changes: Vec<Change>,
}

impl Outcome {
    /// How much of it would be hidden.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let settled = || self.scores.iter().zip(&self.settled).filter(|(score, _)| score.value.is_some()).map(|(_, settled)| settled);
        let carried = settled().filter(|settled| settled.is_carried()).count();
        Extent::of(settled().map(Settled::hidden), i64::try_from(carried).unwrap_or(i64::MAX))
    }

    /// What was settled of its publication, as it is stored.
    #[must_use]
    pub fn disclosure(&self) -> (Disclosure, Vec<Standing>) {
        let standing = |(ord, settled): (i32, &Settled)| match settled {
            Settled::Carried(standing) => Some(Standing {
                ord,
                edition: standing.edition.clone(),
                numbers: serde_json::to_string(&standing.numbers).unwrap_or_default(), // numbers always serialise
            }),
            Settled::Published | Settled::Hidden(_) => None,
        };
        let disclosure = Disclosure { editions: self.editions.join("\n"), extent: self.extent(), digest: self.public_digest };
        (disclosure, (0..).zip(&self.settled).filter_map(standing).collect())
    }
}

/// Why a run has no scores.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// What is stored cannot be used.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rows make no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The index could not be computed.
    #[error(transparent)]
    Compute(#[from] ComputeError),
    /// The index does not fit the questionnaire, or its parameters are wrong.
    #[error("the index does not fit: {}", list(.0))]
    Plan(Vec<Finding>),
    /// The wave's survey has no published version that the index can take.
    #[error("survey {survey} has none of the versions that the index takes ({versions})")]
    NoVersion {
        survey: String,
        /// The versions that the index names.
        versions: String,
    },
    /// Responses that counted when the run was frozen were withdrawn since, and their answers erased.
    #[error("{0} responses were withdrawn since the run was frozen: start a new run")]
    Erased(u64),
    /// The covariances of its estimates could not be computed.
    #[error(transparent)]
    Covariance(#[from] CovarianceError),
    /// A composite index could not be computed.
    #[error(transparent)]
    Composite(Box<CompositeError>),
    /// The parameters of the run are not those of its kind.
    #[error("the run's parameters cannot be read")]
    Parameters,
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl From<CompositeError> for RunError {
    fn from(error: CompositeError) -> Self {
        Self::Composite(Box::new(error))
    }
}

fn list(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

named! {
    /// The stages of a run, for progress: their names are part of the interface.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Stage {
        /// Rows are read.
        Reading = "reading",
        /// Scores are computed.
        Computing = "computing",
        /// Scores are compared with those of another run.
        Comparing = "comparing",
        /// Scores are stored.
        Storing = "storing",
    }
}

/// Told the stage, steps done and steps in all; breaks to cancel.
pub type Report<'a> = dyn Fn(Stage, usize, usize) -> ControlFlow<()> + Sync + 'a;

/// Computes a run from its frozen inputs. Stores nothing.
///
/// # Errors
/// [`RunError`].
pub fn recompute(db: &mut Db, run: &Run, report: &Report<'_>) -> Result<Outcome, RunError> {
    let left_out = quality::left_out(db, run.id)?;
    recompute_without(db, run, left_out.as_ref(), report)
}

/// The same as if the run had chosen to leave out what an evaluation flagged, or nothing: for a comparison that is not stored.
///
/// # Errors
/// [`RunError`].
pub fn recompute_without(db: &mut Db, run: &Run, left_out: Option<&LeftOut>, report: &Report<'_>) -> Result<Outcome, RunError> {
    let loaded = Loaded::of(db, run)?;
    let inputs = loaded.inputs();
    let Loaded { units, index, surveys, plan, field } = &loaded;
    let core = field.core()?;
    let mut taking_part = Participation::open(db, run, core.kind, left_out)?;
    let frame = frame(db, field, inputs, &mut taking_part, report)?;
    let before = run.since.map(|since| earlier(db, since, inputs, report)).transpose()?;
    let after = before.as_ref().map(|_| frame.clone());

    let total: i64 = frame.weights().iter().fold(0, |sum, w| sum.saturating_add(*w));
    let mut manifest = Manifest {
        index: index.clone(),
        surveys: surveys.iter().map(used).collect(),
        wave: core.code.clone(),
        mode: core.mode.as_str().to_owned(),
        synthetic: core.synthetic,
        parameters: plan.parameters().clone(),
        high_water_seq: run.high_water_seq,
        high_water_event: run.high_water_event,
        responses: i64::try_from(frame.rows()).unwrap_or(i64::MAX),
        weight_units: total,
        weight_exponent: core.weight_unit.exponent(),
        design_sha256: design_digest(&field.design),
        level: plan.level(),
        seed: run.seed,
        calibration: None,
        since: run.since.map(|since| runs::get(db, since)).transpose()?.and_then(|since| since.digest).map(|digest| hex(&digest)),
        clusters: stream::clusters(&core, &frame),
        chain: taking_part.chain(db)?,
        by_invitation: taking_part.invited(frame.rows()),
        flags: taking_part.flags(),
        left_out: stream::left_out(db, run, plan.invalid_items(), taking_part.dropped)?,
        units: Some(hex(&units.state(lists(field)))),
        salt: disclosure::salt(db, run.wave()?)?.map(|salt| hex(&salt)),
    };
    let progress = |done, steps| report(Stage::Computing, done, steps);
    let past = past::read(db, run, &loaded, &core, report)?;
    let rule = Rule { people: plan.min_n(), decimals: plan.decimals() };
    let (shapes, settled) = (plan.shapes(), OnceLock::new());
    let hide = |scores: &[Score]| {
        let all = settled.get_or_init(|| settle(&shapes, scores, units, rule, &past.past));
        all.iter().map(Settled::fate).collect()
    };
    let Computed { scores, calibration } = compute_hiding(plan, frame, units, &progress, &hide).map_err(|error| match error {
        ComputeError::Cancelled => RunError::Cancelled,
        other => other.into(),
    })?;
    manifest.calibration = calibration;
    let settled = settled.into_inner().unwrap_or_default();
    let digest = digest(&manifest, &scores, &|id| unit_code(units, id));
    let rows = rows(&scores, &settled);
    let seen = |place: usize| seen_of(numbers(rows.get(place)?), settled.get(place)?, plan.decimals());
    let public_digest = public_digest(&public_manifest(&manifest, rule), &scores, &seen, &|id| unit_code(units, id));
    let changes = match before.zip(after) {
        Some((before, after)) => {
            let public = run.since.map(|since| past::shown(db, since, plan.decimals())).transpose()?.flatten();
            compare::since(plan, before, after, &scores, units, public.as_ref(), report)?
        }
        None => Vec::new(),
    };
    Ok(Outcome { manifest, digest, scores, settled, public_digest, editions: past.editions, changes })
}

/// The covariances of the estimates that a run makes of some nodes for the domains of a kind, from its frozen rows.
///
/// # Errors
/// [`RunError`].
pub fn covariances(db: &mut Db, run: &Run, nodes: &[&str], kind: &str, report: &Report<'_>) -> Result<Vec<Covariance>, RunError> {
    let loaded = Loaded::of(db, run)?;
    let left_out = quality::left_out(db, run.id)?;
    let mut taking_part = Participation::open(db, run, loaded.field.core()?.kind, left_out.as_ref())?;
    let frame = frame(db, &loaded.field, loaded.inputs(), &mut taking_part, report)?;
    Ok(index::covariances(&loaded.plan, frame, &loaded.units, nodes, kind, None)?)
}

/// What a run reads its rows with.
pub(super) struct Loaded {
    pub(super) units: Registry,
    pub(super) index: VersionUsed,
    pub(super) surveys: Vec<Survey>,
    pub(super) plan: Plan,
    pub(super) field: Arc<WaveInField>,
}

impl Loaded {
    fn of(db: &mut Db, run: &Run) -> Result<Self, RunError> {
        let units = load::registry_of_run(db, run.id)?;
        let row = schemas::index_by_id(db, run.index_version_id)?;
        let definition = load::index(&row)?;
        let wave = waves::by_id(db, run.wave()?)?;
        let field = load::wave(db, &wave.code, None, &units)?.ok_or(LoadError::Wave(wave.code))?;
        let surveys = surveys(db, &definition)?;
        let parameters: BTreeMap<String, f64> = serde_json::from_str(&run.parameters).map_err(|_| RunError::Parameters)?;
        let reference = surveys.last().ok_or_else(|| no_version(&definition))?;
        let plan = Plan::compile(&definition, &reference.questionnaire, &parameters).map_err(RunError::Plan)?;
        let index = VersionUsed { sha256: hex(&row.sha256), code: row.code, version: row.version };
        Ok(Self { units, index, surveys, plan: plan.seeded(run.seed.unsigned_abs()), field })
    }

    pub(super) fn inputs(&self) -> Inputs<'_> {
        Inputs { plan: &self.plan, surveys: &self.surveys, units: &self.units }
    }
}

/// `LIST:CODE` of a unit.
fn unit_code(units: &Registry, id: i32) -> String {
    units.get(UnitId(id)).map(|unit| format!("{}:{}", unit.record.list, unit.record.code)).unwrap_or_default()
}

/// The published versions that the index takes, in the order that it names them.
fn surveys(db: &mut Db, index: &IndexDefinition) -> Result<Vec<Survey>, RunError> {
    let mut surveys = Vec::new();
    for version in index.survey_versions() {
        if let Some(row) = schemas::find_survey(db, index.survey(), version)? {
            surveys.push(load::survey(&row)?);
        }
    }
    if surveys.is_empty() { Err(no_version(index)) } else { Ok(surveys) }
}

fn no_version(index: &IndexDefinition) -> RunError {
    RunError::NoVersion { survey: index.survey().to_owned(), versions: index.survey_versions().join(", ") }
}

fn used(survey: &Survey) -> VersionUsed {
    let questionnaire = &survey.questionnaire;
    VersionUsed { code: questionnaire.code().to_owned(), version: questionnaire.version().to_owned(), sha256: hex(&survey.sha256) }
}

/// What rows are read with.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'a> {
    pub(super) plan: &'a Plan,
    pub(super) surveys: &'a [Survey],
    pub(super) units: &'a Registry,
}

/// The rows that an earlier run froze, as the later run's definition reads them.
fn earlier(db: &mut Db, since: Uuid, inputs: Inputs<'_>, report: &Report<'_>) -> Result<Frame, RunError> {
    let run = runs::get(db, since)?;
    let wave = waves::by_id(db, run.wave()?)?;
    let field = load::wave(db, &wave.code, None, inputs.units)?.ok_or(LoadError::Wave(wave.code))?;
    let left_out = quality::left_out(db, run.id)?;
    let mut taking_part = Participation::open(db, &run, field.core()?.kind, left_out.as_ref())?;
    frame(db, &field, inputs, &mut taking_part, report)
}

/// Reads the rows that the run froze.
fn frame(
    db: &mut Db,
    field: &WaveInField,
    inputs: Inputs<'_>,
    taking_part: &mut Participation<'_>,
    report: &Report<'_>,
) -> Result<Frame, RunError> {
    match frame_of(db, field, inputs, taking_part, report, &mut |_| true)? {
        (frame, 0) => Ok(frame),
        (_, erased) => Err(RunError::Erased(erased)),
    }
}

/// Those of the rows that the run froze whose sequence numbers are wanted, and how many were erased since.
pub(super) fn frame_of(
    db: &mut Db,
    field: &WaveInField,
    inputs: Inputs<'_>,
    taking_part: &mut Participation<'_>,
    report: &Report<'_>,
    wanted: &mut dyn FnMut(i64) -> bool,
) -> Result<(Frame, u64), RunError> {
    let Inputs { plan, surveys, units } = inputs;
    let run = taking_part.run;
    let wave_id = run.wave()?;
    let reference = surveys
        .last()
        .map(|survey| &survey.questionnaire)
        .ok_or_else(|| RunError::NoVersion { survey: field.wave.survey_code.clone(), versions: String::new() })?;
    let mut builder = FrameBuilder::new(plan.columns(), reference, surveys.iter().map(|survey| (survey.id, &survey.questionnaire)));
    let expected = usize::try_from(scan::count_responses(db, wave_id, run.high_water())?).unwrap_or(0);
    builder.reserve(expected);
    let drops = plan.invalid_items() == InvalidItems::DropResponse;
    let (mut rows, mut failed) = (0_usize, None);
    let scanned = scan::scan_responses(db, wave_id, run.high_water(), |row| {
        if drops && builder.holds_invalid(row.version_id, row.answers) {
            taking_part.dropped += 1;
            return ControlFlow::Continue(());
        }
        let Some(psu) = taking_part.take(&row).filter(|_| wanted(row.seq)) else { return ControlFlow::Continue(()) };
        let taken = RowRef { seq: row.seq, version: row.version_id, unit: row.unit_id, psu, weight: row.weight_u, answers: row.answers };
        if let Err(error) = builder.push(taken) {
            failed = Some(RunError::Frame(error));
            return ControlFlow::Break(());
        }
        rows += 1;
        if rows.is_multiple_of(REPORT_EVERY) && report(Stage::Reading, rows, expected).is_break() {
            failed = Some(RunError::Cancelled);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    builder.name_units(|id| unit_code(units, id));
    let area = |name: &str| area_unit(units, &field.wave, name).map(|id| id.0);
    Ok((builder.finish(&field.core()?, &field.design, area)?, scanned.erased))
}

/// The code lists that a wave names: of its rated units, and of the areas of its design.
fn lists(field: &WaveInField) -> BTreeSet<&str> {
    let areas = field.design.psus().iter().filter_map(|psu| Some(psu.area.as_deref()?.split_once(':')?.0));
    areas.chain([field.wave.unit_list.as_str()]).collect()
}

/// SHA-256 of the design table, its rows sorted by code.
fn design_digest(design: &Design) -> String {
    if design.psus().is_empty() {
        return String::new();
    }
    let mut psus: Vec<_> = design.psus().iter().collect();
    psus.sort_by(|a, b| a.code.cmp(&b.code));
    let mut hash = Sha256::new();
    for psu in psus {
        hash.update(format!("{:?}\n", (&psu.code, &psu.stratum, psu.fpc, &psu.area, psu.weight)));
    }
    hex(&hash.finalize())
}

/// The scores as they are stored.
#[must_use]
pub fn rows(scores: &[Score], settled: &[Settled]) -> Vec<scores::Score> {
    let why = |ord: i32| usize::try_from(ord).ok().and_then(|place| settled.get(place)?.hidden());
    let row = |(ord, score): (i32, &Score)| scores::Score {
        ord,
        node: score.node.clone(),
        domain_kind: score.domain.kind.clone(),
        domain_key: key(score),
        unit_id: score.domain.unit,
        area_id: score.domain.area,
        item_code: score.domain.item.clone(),
        option_code: score.domain.option.clone(),
        est: score.value,
        se: score.se,
        lo: score.low,
        hi: score.high,
        n: score.n,
        n_psu: i32::try_from(score.psus).unwrap_or(i32::MAX),
        df: Some(score.df),
        deff: score.deff,
        weight_sum: score.weight,
        rank: score.rank.and_then(|rank| i32::try_from(rank).ok()),
        rank_lo: score.rank_interval.and_then(|rank| i32::try_from(rank.low).ok()),
        rank_hi: score.rank_interval.and_then(|rank| i32::try_from(rank.high).ok()),
        suppressed: score.suppressed,
        rank_joint_lo: score.rank_joint.and_then(|rank| i32::try_from(rank.low).ok()),
        rank_joint_hi: score.rank_joint.and_then(|rank| i32::try_from(rank.high).ok()),
        p_top: score.top,
        model_est: score.modelled.map(|modelled| modelled.value),
        model_rmse: score.modelled.map(|modelled| modelled.rmse),
        thin: score.thin,
        hidden: why(ord).map(|reason| reason.as_str().to_owned()),
    };
    (0..).zip(scores).map(row).collect()
}

/// A text that is the same for all nodes of one domain.
fn key(score: &Score) -> String {
    let domain = &score.domain;
    let numbers = [domain.area, domain.unit].map(|id| id.map(|id| id.to_string()).unwrap_or_default());
    let words = [&domain.item, &domain.option].map(|word| word.clone().unwrap_or_default());
    [domain.kind.as_str(), &numbers[0], &numbers[1], &words[0], &words[1]].join("/")
}
