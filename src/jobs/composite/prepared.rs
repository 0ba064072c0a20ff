//! What a run of a composite index froze, put together and computed.

use std::collections::BTreeSet;

use super::{CompositeError, Parameters, indicators};
use crate::composite::explain::{Subject, standard_error};
use crate::composite::survey::{self, Estimate};
use crate::composite::{self, Outcome, State, Table};
use crate::index::round;
use crate::jobs::load;
use crate::jobs::recompute::RunError;
use crate::jobs::stored;
use crate::publication::disclosure::Numbers;
use crate::publication::{Manifest, SurveyUsed, TableUsed, VersionUsed};
use crate::schema::composite::CompositeDefinition;
use crate::store::runs::{self, Run};
use crate::store::{Db, composites, indicators as kept, schemas, scores, waves};
use crate::unit::Registry;
use crate::words::Finding;
use crate::words::encode::hex;

/// A composite index with its data, computed.
pub struct Prepared {
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
    pub(super) tables: Vec<TableUsed>,
    pub(super) surveys: Vec<SurveyUsed>,
    pub(super) taken: Vec<Taken>,
    pub(super) synthetic: bool,
    pub(super) version: VersionUsed,
    pub(super) units: Registry,
    /// SHA-256 of what those are that matter here.
    pub(super) units_state: Option<String>,
}

/// A run that leaves are taken from.
pub(super) struct Taken {
    pub(super) source: Run,
    pub(super) run: survey::Run,
    /// The kinds of domains that its units are.
    pub(super) kinds: BTreeSet<String>,
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

/// Reads what a run froze and runs the pipeline on it.
///
/// # Errors
/// [`RunError`].
pub fn prepare(db: &mut Db, run: &Run) -> Result<Prepared, RunError> {
    let row = schemas::index_by_id(db, run.index_version_id)?;
    let definition = load::composite_of_run(db, run, &row)?;
    let parameters: Parameters = serde_json::from_str(&run.parameters).map_err(|_| RunError::Parameters)?;
    let inputs = composites::inputs(db, run.id)?;
    let (mut table, mut findings, mut tables) = (Table::default(), Vec::new(), Vec::new());
    for id in inputs.tables {
        let sheet = kept::get(db, id)?;
        let replaced = table.overlay(indicators::table(&kept::contents(db, id)?)?);
        if !replaced.is_empty() {
            findings.push(revised(&sheet.title, replaced.len()));
        }
        tables.push(TableUsed { id, title: sheet.title, sha256: hex(&sheet.sha256) });
    }
    let units = load::registry_of_run(db, run.id)?;
    let (mut surveys, mut taken, mut synthetic) = (Vec::new(), Vec::new(), false);
    let mut lists: BTreeSet<String> = definition.geography().map(str::to_owned).into_iter().collect();
    for (id, edition) in inputs.surveys {
        let source = runs::get(db, id)?;
        let digest = source.digest.ok_or(CompositeError::SurveyUnfinished(id))?;
        lists.insert(waves::by_id(db, source.wave()?)?.unit_list);
        let estimates = estimates(db, &source, &units, definition.geography(), &edition)?;
        let manifest: Option<Manifest> = source.manifest.as_deref().and_then(|manifest| serde_json::from_str(manifest).ok());
        synthetic |= manifest.is_some_and(|manifest| manifest.synthetic);
        if !tables.is_empty() {
            findings.extend(survey::beyond(&definition, &estimates, &table));
        }
        let kinds = survey::kinds(&definition, &estimates, &table);
        findings.extend(survey::join(&definition, &estimates, &mut table));
        let (index, wave) = (estimates.index.clone(), estimates.wave.clone());
        surveys.push(SurveyUsed { run: id.to_string(), digest: hex(&digest), index, wave, edition });
        taken.push(Taken { source, run: estimates, kinds });
    }
    let initial = table.state(&definition);
    let units_state = (!lists.is_empty()).then(|| hex(&units.state(lists.iter().map(String::as_str))));
    let outcome = composite::compute(&definition, &table).map_err(CompositeError::from)?;
    let version = VersionUsed { code: row.code, version: row.version, sha256: hex(&row.sha256) };
    Ok(Prepared {
        definition,
        parameters,
        table,
        initial,
        outcome,
        findings,
        tables,
        surveys,
        taken,
        synthetic,
        version,
        units,
        units_state,
    })
}

fn revised(title: &str, cells: usize) -> Finding {
    let vi = format!("Bảng “{title}” thay {cells} giá trị của các bảng trước");
    Finding::warning("", "values-replaced", vi, format!("The table “{title}” replaces {cells} values of the tables before it"))
}

/// The estimates of a run for whole units of a list.
fn estimates(db: &mut Db, run: &Run, units: &Registry, list: Option<&str>, edition: &str) -> Result<survey::Run, RunError> {
    let index = schemas::index_by_id(db, run.index_version_id)?.code;
    let wave = waves::by_id(db, run.wave()?)?.code;
    let (mut standing, decimals) = (stored::standing(db, run.id, stored::ALL)?, load::decimals(db, run)?);
    let estimate = |score: scores::Score| {
        let (domain, hidden) = (stored::domain(&score), score.suppressed || score.hidden.is_some());
        let unit = survey::code(&domain, units, list)?;
        // What stands for everybody stands here too: the newer figure would tell of the few answers in between.
        let (standing, stands) = standing.remove(&score.ord).map(|known| (known.edition, known.numbers)).unzip();
        let Numbers { value, se, df, n, .. } = stands.unwrap_or_else(|| stored::numbers(&score));
        // As it is published: a score that is stretched, or held against another's, would tell further digits.
        let value = value.map(|value| round(value, decimals));
        let n = n.and_then(|n| u32::try_from(n).ok());
        Some(Estimate { unit, kind: domain.kind, node: score.node, value, se, df: df.unwrap_or(0.0), n, hidden, standing })
    };
    let rows = scores::all(db, run.id)?;
    let estimates = rows.into_iter().filter_map(estimate).collect();
    Ok(survey::Run { name: run.id.to_string(), index, wave, edition: edition.to_owned(), estimates })
}
