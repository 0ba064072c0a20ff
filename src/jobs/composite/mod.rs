//! A run of a composite index: stored tables and survey estimates → figures.

pub mod indicators;
pub mod inputs;
mod outcome;
mod prepared;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::composite::ComputeError;
use crate::composite::sensitivity::{Sensitivity, SensitivityError, Variations, analyse};
use crate::composite::survey;
use crate::composite::targets::{Rules, assess};
use crate::composite::uncertainty::{Errors, Method, Options, Uncertainty, UncertaintyError, propagate_among};
use crate::jobs::recompute::{self, Report, RunError, Stage};
use crate::publication::disclosure::Release;
use crate::publication::{composite_digest, composite_public_digest, composite_public_manifest, composite_scores};
use crate::schema::composite::{CompositeDefinition, FactorSet, parse_factors};
use crate::store::Db;
use crate::store::composites::ReportKind;
use crate::store::runs::Run;
use crate::unit::Registry;
use crate::words::Finding;
use crate::words::encode::hex;
pub use outcome::CompositeOutcome;
use outcome::{manifest, reports};
use prepared::Taken;
pub use prepared::{Prepared, prepare};

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
    Compute(#[from] ComputeError),
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
    let release = Release::new(definition, outcome, table);
    let ranked = |node: usize, row: usize| release.is_ranked(node, row);
    let mut uncertainty: Vec<Option<Uncertainty>> = Vec::new();
    for (place, edition) in editions.iter().enumerate() {
        go_on(Stage::Computing, place, editions.len() + 1)?;
        let known = errors.touches(&prepared.initial.rows, edition);
        let found = known.then(|| propagate_among(definition, table, outcome, &errors, edition, &options, &ranked));
        uncertainty.push(found.transpose().map_err(CompositeError::from)?);
    }
    go_on(Stage::Computing, editions.len(), editions.len() + 1)?;
    let varied = sensitivity(&prepared, seed)?;
    let rules = Rules { level: parameters.level, seed, ..Rules::default() };
    let targets = assess(definition, outcome, &|node, row| error(&prepared, &uncertainty, node, row), &rules);
    let figures = composite_scores(definition, outcome, &release, &uncertainty);
    let manifest = manifest(&prepared, &errors, &uncertainty, varied.as_ref().map(|(sha256, _)| sha256.clone()), run.seed);
    let reports = reports(&prepared, &targets, &uncertainty, varied.as_ref().map(|(_, found)| found));
    // Findings name runs and tables as this database does.
    let told = reports.iter().filter(|(kind, _)| *kind != ReportKind::Findings);
    let told: Vec<&str> = told.map(|(_, document)| document.as_str()).collect();
    let digest = composite_digest(&manifest, &figures, &told);
    let rule = definition.publication();
    let hides = figures.iter().any(|figure| figure.score.is_some() && figure.hidden.is_some());
    let public_digest = composite_public_digest(&composite_public_manifest(&manifest, rule, hides), &figures, rule.decimals());
    let units = numbers(&prepared.units, definition);
    Ok(CompositeOutcome { manifest, digest, public_digest, figures, findings: prepared.findings, targets, reports, units })
}

/// The standard error of a node in a row: as it was carried up the tree, else from the leaves as if they were independent.
fn error(prepared: &Prepared, uncertainty: &[Option<Uncertainty>], node: usize, row: usize) -> Option<f64> {
    let rows = prepared.outcome.rows();
    let known = uncertainty.get(rows.edition_of(row)).and_then(Option::as_ref);
    let interval = known.and_then(|known| known.of(prepared.definition.nodes().get(node)?.code(), rows.units().get(row)?));
    interval.map(|interval| interval.se).or_else(|| prepared.error(node, row))
}

/// The errors of the values with the covariances of those that surveys measured: nodes of the same respondents covary, and so do units
/// that share PSUs. Where a run cannot tell them a finding says so, and its errors count as independent.
///
/// # Errors
/// [`RunError`].
pub fn errors(db: &mut Db, prepared: &mut Prepared, report: &Report<'_>) -> Result<Errors, RunError> {
    let mut errors = Errors::of(&prepared.definition, &prepared.table);
    let Prepared { definition, table, findings, taken, units, .. } = prepared;
    let (definition, table) = (&*definition, &*table);
    for Taken { source, run, kinds } in &*taken {
        let nodes = survey::nodes(definition, run);
        for kind in kinds {
            let found = match recompute::covariances(db, source, &nodes, kind, report) {
                Ok(found) => survey::covariances(&found, units, definition.geography()),
                Err(error @ (RunError::Covariance(_) | RunError::Erased(_))) => {
                    findings.push(independent(&run.name, &error));
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

fn independent(run: &str, error: &RunError) -> Finding {
    let why = error.said().map_or_else(String::new, |said| format!(" ({})", said.vi));
    let vi = format!("Không tính được hiệp phương sai của lần tính {run}{why}: coi các sai số là độc lập");
    let en = format!("The covariances of run {run} cannot be computed ({error}): its errors count as independent");
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
