//! Where a composite index comes from: files, or a stored run.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use uuid::Uuid;

use super::{Arguments, read, refusal, runs};
use crate::cli::Context;
use crate::index::composite::{Outcome, State, Table, compute, survey};
use crate::jobs::composite::prepare;
use crate::schema::Finding;
use crate::schema::composite::{CheckedComposite, parse_composite};
use crate::store::runs::{self as stored, Run};
use crate::store::{Db, schemas};

/// A composite index with its data, computed.
pub(super) struct Source {
    pub(super) checked: CheckedComposite,
    pub(super) table: Table,
    /// What was found in the table, or when tables and runs were put together.
    pub(super) warnings: Vec<Finding>,
    /// What the pipeline started from.
    pub(super) initial: State,
    pub(super) outcome: Outcome,
}

impl Source {
    /// The source that the arguments name.
    pub(super) fn open(context: &Context, arguments: &Arguments, language: &str) -> Result<Self> {
        match (arguments.run_id, &arguments.definition) {
            (Some(id), _) => context.open()?.read(|db| Self::stored(db, id)),
            (None, Some(definition)) => Self::files(definition, arguments, language),
            (None, None) => bail!("--definition and --data, or --run-id, say which index"),
        }
    }

    /// A definition with the table that the arguments name, and the estimates of their runs.
    pub(super) fn files(definition: &Path, arguments: &Arguments, language: &str) -> Result<Self> {
        let checked = parse_composite(&read(definition)?).map_err(|findings| refusal(definition, &findings, language))?;
        let data = arguments.data.as_deref().context("--data is needed")?;
        let found = Table::read(&read(data)?, &checked.definition);
        let (mut table, mut warnings) = found.map_err(|findings| refusal(data, &findings, language))?;
        for file in &arguments.runs {
            let run = runs::read(file, checked.definition.geography(), checked.definition.edition())?;
            warnings.extend(survey::join(&checked.definition, &run, &mut table));
        }
        let (initial, outcome) = (table.state(&checked.definition), compute(&checked.definition, &table)?);
        Ok(Self { checked, table, warnings, initial, outcome })
    }

    /// What a finished run froze, computed again.
    fn stored(db: &mut Db, id: Uuid) -> Result<Self> {
        let run = stored::find(db, id)?.with_context(|| format!("there is no run {id}"))?;
        let row = schemas::index_by_id(db, run.index_version_id)?;
        usable(&run, &row)?;
        let Ok(checked) = parse_composite(&row.document) else {
            bail!("the stored definition {} {} cannot be read", row.code, row.version)
        };
        let prepared = prepare(db, &run)?;
        let (table, warnings) = (prepared.table, prepared.findings);
        Ok(Self { checked, table, warnings, initial: prepared.initial, outcome: prepared.outcome })
    }
}

/// A run of a composite index that has results.
fn usable(run: &Run, index: &schemas::IndexVersion) -> Result<()> {
    if run.wave_id.is_some() {
        bail!("the run {} is of {} {}, the index of a survey, not a composite one", run.id, index.code, index.version);
    }
    if run.digest.is_none() {
        let why = run.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        bail!("the run {} has no results: it is {}{why}", run.id, run.state.as_str());
    }
    Ok(())
}
