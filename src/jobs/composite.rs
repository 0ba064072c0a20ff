//! A run of a composite index: stored tables and survey estimates → figures.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::index::composite::explain::{Subject, standard_error};
use crate::index::composite::sensitivity::{Sensitivity, SensitivityError, Variations, analyse};
use crate::index::composite::survey::{self, Estimate};
use crate::index::composite::targets::{Rules, TargetReport, assess};
use crate::index::composite::uncertainty::{Errors, Method, Options, Uncertainty, UncertaintyError, propagate};
use crate::index::composite::{self, Figure, Outcome, Release, State, Table, figures};
use crate::jobs::recompute::{self, Report, RunError, Stage};
use crate::jobs::{indicators, load};
use crate::publication::{CompositeManifest, Digest, Manifest, SurveyUsed, TableUsed, UncertaintyUsed, VersionUsed, composite_digest, hex};
use crate::schema::Finding;
use crate::schema::composite::{CompositeDefinition, FactorSet, parse_factors};
use crate::store::composites::{self, CompositeScore, ReportKind};
use crate::store::runs::{self, Run};
use crate::store::{Db, indicators as stored, schemas, scores, waves};
use crate::unit::{Registry, UnitId};

/// How a composite index is to be computed; kept with its run as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// The two-sided level of intervals.
    pub level: f64,
    /// How errors are carried through the tree; none: by slopes where every path is smooth, else by replicates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Replicates, where they are needed.
    pub replicates: u32,
    /// The choices that a sensitivity analysis varies, as in a file of factors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factors: Option<serde_json::Value>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { level: 0.95, method: None, replicates: 1000, factors: None }
    }
}

/// Why a composite index has no figures.
#[derive(Debug, thiserror::Error)]
pub enum CompositeError {
    /// A stage does not go with the data.
    #[error(transparent)]
    Compute(#[from] composite::ComputeError),
    /// Errors cannot be carried through the tree.
    #[error(transparent)]
    Uncertainty(#[from] UncertaintyError),
    /// Choices cannot be varied.
    #[error(transparent)]
    Sensitivity(#[from] SensitivityError),
    /// The choices to vary do not go with the definition.
    #[error("the factors do not fit: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Factors(Vec<Finding>),
    /// Covariances of surveys contradict the table.
    #[error("covariances do not fit: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Covariances(Vec<Finding>),
    /// A run that leaves are taken from has no results.
    #[error("the run {0} that leaves are taken from has no results")]
    SurveyUnfinished(uuid::Uuid),
}

/// A composite index with its data, computed.
pub struct Prepared {
    /// The definition.
    pub definition: CompositeDefinition,
    /// How it is to be computed.
    pub parameters: Parameters,
    /// The tables over each other, with the estimates of surveys.
    pub table: Table,
    /// What the pipeline started from.
    pub initial: State,
    /// What it gave.
    pub outcome: Outcome,
    /// What was found when the tables were put together.
    pub findings: Vec<Finding>,
    tables: Vec<TableUsed>,
    surveys: Vec<SurveyUsed>,
    taken: Vec<Taken>,
    synthetic: bool,
    version: VersionUsed,
}

/// A run that leaves are taken from.
struct Taken {
    source: Run,
    run: survey::Run,
    /// The kinds of domains that its units are.
    kinds: BTreeSet<String>,
}

impl Prepared {
    /// The row of a unit in an edition.
    #[must_use]
    pub fn row(&self, edition: &str, unit: &str) -> Option<usize> {
        let rows = self.outcome.rows();
        rows.find(rows.editions().iter().position(|known| known == edition)?, unit)
    }

    /// A row with all that its score depends on.
    #[must_use]
    pub fn subject(&self, row: usize) -> Subject<'_> {
        Subject { definition: &self.definition, initial: &self.initial, outcome: &self.outcome, row }
    }

    /// The standard error of a node in a row, where it is known.
    #[must_use]
    pub fn error(&self, node: usize, row: usize) -> Option<f64> {
        standard_error(&self.subject(row), &self.table, node)
    }
}

/// What a run came to.
pub struct CompositeOutcome {
    /// What it was made of.
    pub manifest: CompositeManifest,
    /// SHA-256 of inputs and figures.
    pub digest: Digest,
    /// Every figure, in canonical order.
    pub figures: Vec<Figure>,
    /// What was found when tables and runs were put together.
    pub findings: Vec<Finding>,
    /// The targets of the definition, judged.
    pub targets: Vec<TargetReport>,
    /// What else it came to, these two among it.
    pub reports: Vec<composites::Report>,
    /// The number of each unit that the registry knows, by code.
    units: BTreeMap<String, i32>,
}

impl CompositeOutcome {
    /// The figures as they are stored.
    #[must_use]
    pub fn rows(&self) -> Vec<CompositeScore> {
        let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let row = |(ord, figure): (i32, &Figure)| CompositeScore {
            ord,
            edition: figure.edition.clone(),
            unit: figure.unit.clone(),
            unit_id: self.units.get(&figure.unit).copied(),
            node: figure.node.clone(),
            score: figure.score,
            se: figure.se,
            df: figure.df,
            lo: figure.low,
            hi: figure.high,
            rank: figure.rank.map(number),
            rank_lo: figure.rank_interval.map(|(low, _)| number(low)),
            rank_hi: figure.rank_interval.map(|(_, high)| number(high)),
            tier: figure.tier.and_then(|tier| i32::try_from(tier).ok()),
            hidden: figure.hidden.map(|hidden| hidden.as_str().to_owned()),
        };
        (0..).zip(&self.figures).map(row).collect()
    }
}

/// Reads what a run froze and runs the pipeline on it.
///
/// # Errors
/// [`RunError`].
pub fn prepare(db: &mut Db, run: &Run) -> Result<Prepared, RunError> {
    let row = schemas::index_by_id(db, run.index_version_id)?;
    let definition = load::composite(&row)?;
    let parameters: Parameters = serde_json::from_str(&run.parameters).map_err(|_| RunError::Parameters)?;
    let inputs = composites::inputs(db, run.id)?;
    let (mut table, mut findings, mut tables) = (Table::default(), Vec::new(), Vec::new());
    for id in inputs.tables {
        let sheet = stored::get(db, id)?;
        let replaced = table.overlay(indicators::table(&stored::contents(db, id)?)?);
        if !replaced.is_empty() {
            findings.push(revised(&sheet.title, replaced.len()));
        }
        tables.push(TableUsed { id, title: sheet.title, sha256: hex(&sheet.sha256) });
    }
    let units = load::registry(db)?;
    let (mut surveys, mut taken, mut synthetic) = (Vec::new(), Vec::new(), false);
    for (id, edition) in inputs.surveys {
        let source = runs::get(db, id)?;
        let digest = source.digest.ok_or(CompositeError::SurveyUnfinished(id))?;
        let (estimates, kinds) = estimates(db, &source, &units, definition.geography(), &edition)?;
        let manifest: Option<Manifest> = source.manifest.as_deref().and_then(|manifest| serde_json::from_str(manifest).ok());
        synthetic |= manifest.is_some_and(|manifest| manifest.synthetic);
        findings.extend(survey::join(&definition, &estimates, &mut table));
        let (index, wave) = (estimates.index.clone(), estimates.wave.clone());
        surveys.push(SurveyUsed { run: id.to_string(), digest: hex(&digest), index, wave, edition });
        taken.push(Taken { source, run: estimates, kinds });
    }
    let initial = table.state(&definition);
    let outcome = composite::compute(&definition, &table).map_err(CompositeError::from)?;
    let version = VersionUsed { code: row.code, version: row.version, sha256: hex(&row.sha256) };
    Ok(Prepared { definition, parameters, table, initial, outcome, findings, tables, surveys, taken, synthetic, version })
}

fn revised(title: &str, cells: usize) -> Finding {
    let vi = format!("Bảng “{title}” thay {cells} giá trị của các bảng trước");
    Finding::warning("", "values-replaced", vi, format!("The table “{title}” replaces {cells} values of the tables before it"))
}

/// The estimates of a run for whole units of a list, and the kinds of domains that these are.
fn estimates(
    db: &mut Db,
    run: &Run,
    units: &Registry,
    list: Option<&str>,
    edition: &str,
) -> Result<(survey::Run, BTreeSet<String>), RunError> {
    let index = schemas::index_by_id(db, run.index_version_id)?.code;
    let wave = waves::by_id(db, run.wave()?)?.code;
    let mut kinds = BTreeSet::new();
    let mut estimate = |score: scores::Score| {
        let ((Some(id), None, None) | (None, Some(id), None)) = (score.area_id, score.unit_id, &score.item_code) else { return None };
        let record = &units.get(UnitId(id))?.record;
        if list.is_some_and(|list| record.list != list) {
            return None;
        }
        kinds.insert(score.domain_kind);
        let (unit, n) = (record.code.clone(), u32::try_from(score.n).ok());
        Some(Estimate { unit, node: score.node, value: score.est, se: score.se, df: score.df.unwrap_or(0.0), n })
    };
    let rows = scores::query(db, run.id, &scores::Filter::default(), i64::MAX)?;
    let estimates = rows.into_iter().filter_map(&mut estimate).collect();
    Ok((survey::Run { name: run.id.to_string(), index, wave, edition: edition.to_owned(), estimates }, kinds))
}

/// Computes a run of a composite index from its frozen inputs. Stores nothing.
///
/// # Errors
/// [`RunError`].
pub fn recompute(db: &mut Db, run: &Run, report: &Report<'_>) -> Result<CompositeOutcome, RunError> {
    let go_on = |stage, done, total| match report(stage, done, total) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(RunError::Cancelled),
    };
    go_on(Stage::Reading, 0, 1)?;
    let mut prepared = prepare(db, run)?;
    let errors = errors(db, &mut prepared, report)?;
    let Prepared { definition, parameters, table, outcome, .. } = &prepared;
    let seed = run.seed.unsigned_abs();
    let editions = outcome.rows().editions().to_vec();
    let options = Options { level: parameters.level, method: parameters.method, replicates: parameters.replicates as usize, seed };
    let mut uncertainty: Vec<Option<Uncertainty>> = Vec::new();
    for (place, edition) in editions.iter().enumerate() {
        go_on(Stage::Computing, place, editions.len() + 1)?;
        let known = errors.touches(&prepared.initial.rows, edition);
        let found = known.then(|| propagate(definition, table, outcome, &errors, edition, &options));
        uncertainty.push(found.transpose().map_err(CompositeError::from)?);
    }
    go_on(Stage::Computing, editions.len(), editions.len() + 1)?;
    let varied = sensitivity(&prepared, seed)?;
    let rules = Rules { level: parameters.level, seed, ..Rules::default() };
    let targets = assess(definition, outcome, &|node, row| prepared.error(node, row), &rules);
    let release = Release::new(definition, outcome, table);
    let figures = figures(definition, outcome, &release, &uncertainty);
    let manifest = manifest(&prepared, &errors, &uncertainty, varied.as_ref().map(|(sha256, _)| sha256.clone()), run.seed);
    let reports = reports(&prepared, &targets, &uncertainty, varied.as_ref().map(|(_, found)| found));
    let told: Vec<&str> = reports.iter().map(|(_, document)| document.as_str()).collect();
    let digest = composite_digest(&manifest, &figures, &told);
    let units = numbers(&load::registry(db)?, definition);
    Ok(CompositeOutcome { manifest, digest, figures, findings: prepared.findings, targets, reports, units })
}

/// The errors of the values with the covariances of those that surveys measured: nodes of the same respondents covary, and so do units
/// that share PSUs. Where a run cannot tell them a finding says so, and its errors count as independent.
///
/// # Errors
/// [`RunError`].
pub fn errors(db: &mut Db, prepared: &mut Prepared, report: &Report<'_>) -> Result<Errors, RunError> {
    let mut errors = Errors::of(&prepared.definition, &prepared.table);
    let units = load::registry(db)?;
    let (definition, table, findings) = (&prepared.definition, &prepared.table, &mut prepared.findings);
    for Taken { source, run, kinds } in &prepared.taken {
        let nodes = survey::nodes(definition, run);
        for kind in kinds {
            let found = match recompute::covariances(db, source, &nodes, kind, report) {
                Ok(found) => survey::covariances(&found, &units, definition.geography()),
                Err(error @ (RunError::Covariance(_) | RunError::Erased(_))) => {
                    findings.push(independent(&run.name, &error.to_string()));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let pairs = survey::pairs(definition, run, &found, table);
            errors = errors.with_pairs(pairs, definition, table).map_err(CompositeError::Covariances)?;
        }
    }
    Ok(errors)
}

fn independent(run: &str, why: &str) -> Finding {
    let vi = format!("Không tính được hiệp phương sai của lần tính {run} ({why}): coi các sai số là độc lập");
    let en = format!("The covariances of run {run} cannot be computed ({why}): its errors count as independent");
    Finding::warning("", "covariances-unknown", vi, en)
}

/// The numbers of the units of the definition's list.
fn numbers(units: &Registry, definition: &CompositeDefinition) -> BTreeMap<String, i32> {
    let Some(list) = definition.geography() else { return BTreeMap::new() };
    units.iter().filter(|unit| unit.record.list == list).map(|unit| (unit.record.code.clone(), unit.id.0)).collect()
}

/// The sensitivity analysis that a run asks for, with the digest of its factors.
fn sensitivity(prepared: &Prepared, seed: u64) -> Result<Option<(String, Sensitivity)>, RunError> {
    let Some(document) = &prepared.parameters.factors else { return Ok(None) };
    let text = document.to_string();
    let factors: FactorSet = parse_factors(&text, &prepared.definition).map_err(CompositeError::Factors)?;
    let variations = Variations::new(&prepared.definition, &factors, &prepared.table, prepared.definition.edition());
    let found = analyse(&variations.map_err(CompositeError::from)?, seed).map_err(CompositeError::from)?;
    Ok(Some((hex(&Sha256::digest(text.as_bytes())), found)))
}

fn manifest(
    prepared: &Prepared,
    errors: &Errors,
    uncertainty: &[Option<Uncertainty>],
    factors: Option<String>,
    seed: i64,
) -> CompositeManifest {
    let editions = prepared.outcome.rows().editions();
    let used = |(edition, found): (&String, &Option<Uncertainty>)| {
        let found = found.as_ref()?;
        let (method, edition) = (found.method.as_str().to_owned(), edition.clone());
        Some(UncertaintyUsed { edition, method, replicates: found.replicates, failed: found.failed })
    };
    CompositeManifest {
        index: prepared.version.clone(),
        tables: prepared.tables.clone(),
        surveys: prepared.surveys.clone(),
        synthetic: prepared.synthetic,
        values: prepared.table.observations().filter(|(_, observation)| observation.value.is_some()).count(),
        with_errors: errors.len(),
        covariances: errors.pairs(),
        uncertainty: editions.iter().zip(uncertainty).filter_map(used).collect(),
        factors,
        level: prepared.parameters.level,
        seed,
    }
}

/// What a run tells beside its figures.
fn reports(
    prepared: &Prepared,
    targets: &[TargetReport],
    uncertainty: &[Option<Uncertainty>],
    sensitivity: Option<&Sensitivity>,
) -> Vec<composites::Report> {
    // Texts, numbers and lists always serialise.
    fn json<T: Serialize>(value: &T) -> String {
        serde_json::to_string(value).unwrap_or_default()
    }
    let Prepared { definition, outcome, findings, .. } = prepared;
    let weights: serde_json::Map<String, serde_json::Value> =
        definition.nodes().iter().zip(outcome.weights()).map(|(node, weight)| (node.code().to_owned(), (*weight).into())).collect();
    let stages: Vec<_> = outcome.steps().iter().collect();
    let mut reports = vec![
        (ReportKind::Findings, json(findings)),
        (ReportKind::Stages, json(&stages)),
        (ReportKind::Weights, json(&weights)),
        (ReportKind::Targets, json(&targets)),
    ];
    let known: Vec<_> =
        outcome.rows().editions().iter().zip(uncertainty).filter_map(|(edition, found)| Some((edition, found.as_ref()?))).collect();
    if !known.is_empty() {
        let told = |(edition, found): &(&String, &Uncertainty)| {
            serde_json::json!({
                "edition": edition,
                "method": found.method,
                "reasons": found.reasons,
                "level": found.level,
                "replicates": found.replicates,
                "failed": found.failed,
                "failure": found.failure,
            })
        };
        reports.push((ReportKind::Uncertainty, json(&known.iter().map(told).collect::<Vec<_>>())));
    }
    if let Some(found) = sensitivity {
        reports.push((ReportKind::Sensitivity, json(found)));
    }
    reports
}
