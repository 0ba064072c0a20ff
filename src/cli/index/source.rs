//! Where a composite index comes from: files, or a stored run.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use uuid::Uuid;

use super::arguments::From;
use super::runs;
use crate::cli::run::{self, Bar};
use crate::cli::{Context, file, findings};
use crate::composite::targets::Rules;
use crate::composite::uncertainty::Errors;
use crate::composite::{Outcome, State, Table, compute, doubts, survey};
use crate::jobs::composite::{self, Prepared, prepare};
use crate::schema::composite::{CheckedComposite, parse_composite};
use crate::store::runs::{self as stored, Run};
use crate::store::{Db, schemas};
use crate::words::Finding;
use crate::words::Lang;

/// A composite index with its data, computed.
pub(super) struct Source {
    pub(super) checked: CheckedComposite,
    pub(super) table: Table,
    /// What was found in the table, or when tables and runs were put together.
    pub(super) warnings: Vec<Finding>,
    /// What the pipeline started from.
    pub(super) initial: State,
    pub(super) outcome: Outcome,
    /// The errors of the table's values.
    pub(super) errors: Errors,
    /// How targets are judged.
    pub(super) rules: Rules,
}

impl Source {
    /// The source that the arguments name; see [`Source::stored`] for covariances.
    pub(super) fn open(context: &Context, from: &From, with_covariances: bool, lang: Lang) -> Result<Self> {
        match (from.run_id, &from.definition) {
            (Some(id), _) => context.office()?.store().read(|db| Self::stored(db, id, with_covariances, lang)),
            (None, Some(definition)) => Self::files(definition, from, lang),
            (None, None) => bail!(lang.pick(
                "hãy nêu --definition và --data, hoặc --run-id, để biết chỉ số nào",
                "--definition and --data, or --run-id, say which index",
            )),
        }
    }

    /// A definition with the table that the arguments name, and the estimates of their runs.
    pub(super) fn files(definition: &Path, from: &From, lang: Lang) -> Result<Self> {
        let refused = |file: &Path, found: &[Finding]| findings::refusal(&file.display().to_string(), found, lang);
        let checked = parse_composite(&file::read(definition, lang)?).map_err(|found| refused(definition, &found))?;
        let data = from.data.as_deref().with_context(|| lang.pick("cần --data", "--data is needed"))?;
        let found = Table::read(file::bytes(data, lang)?, &checked.definition);
        let (mut table, mut warnings) = found.map_err(|found| refused(data, &found))?;
        for file in &from.runs {
            let run = runs::read(file, checked.definition.geography(), checked.definition.edition(), lang)?;
            warnings.extend(survey::beyond(&checked.definition, &run, &table));
            warnings.extend(survey::join(&checked.definition, &run, &mut table));
        }
        if !from.runs.is_empty() {
            let filled: BTreeSet<&str> = table.observations().map(|((_, _, code), _)| code.as_str()).collect();
            warnings.retain(|found| {
                found.code != "column-missing" || !found.pointer.strip_prefix('/').is_some_and(|code| filled.contains(code))
            });
        }
        let (initial, outcome) = (table.state(&checked.definition), compute(&checked.definition, &table)?);
        warnings.extend(doubts(&checked.definition, &outcome));
        let errors = Errors::of(&checked.definition, &table);
        Ok(Self { checked, table, warnings, initial, outcome, errors, rules: Rules::default() })
    }

    /// What a finished run froze, computed again. The covariances of leaves that surveys measure, which take as long as the surveys'
    /// own runs, are there `with_covariances` only.
    fn stored(db: &mut Db, id: Uuid, with_covariances: bool, lang: Lang) -> Result<Self> {
        let no_run = || lang.pick(format!("không có lần tính {id}"), format!("there is no run {id}"));
        let run = stored::find(db, id)?.with_context(no_run)?;
        let row = schemas::index_by_id(db, run.index_version_id)?;
        usable(&run, &row, lang)?;
        let Ok(checked) = parse_composite(&row.document) else {
            let of = format!("{} {}", row.code, row.version);
            let vi = format!("không đọc được định nghĩa đã lưu {of}");
            bail!(lang.pick(vi, format!("the stored definition {of} cannot be read")))
        };
        let mut prepared = prepare(db, &run)?;
        let errors = if with_covariances {
            let bar = Bar::default();
            let errors = composite::errors(db, &mut prepared, &|stage, done, total| bar.show(stage, done, total));
            bar.clear();
            errors?
        } else {
            Errors::of(&prepared.definition, &prepared.table)
        };
        let rules = Rules { level: prepared.parameters.level, seed: run.seed.unsigned_abs(), ..Rules::default() };
        let Prepared { table, initial, outcome, findings: mut warnings, .. } = prepared;
        warnings.extend(doubts(&checked.definition, &outcome));
        Ok(Self { checked, table, warnings, initial, outcome, errors, rules })
    }
}

/// A run of a composite index that has results.
fn usable(run: &Run, index: &schemas::IndexVersion, lang: Lang) -> Result<()> {
    let id = run.id;
    if run.kind == schemas::IndexKind::Survey {
        let of = format!("{} {}", index.code, index.version);
        let vi = format!("lần tính {id} thuộc {of}, chỉ số của một khảo sát, không phải chỉ số tổng hợp");
        bail!("{}", lang.pick(vi, format!("the run {id} is of {of}, the index of a survey, not a composite one")));
    }
    if run.digest.is_none() {
        let why = run.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        let state = run::word(run.state, lang);
        let vi = format!("lần tính {id} không có kết quả (trạng thái {state}){why}");
        bail!("{}", lang.pick(vi, format!("the run {id} has no results: it is {state}{why}")));
    }
    Ok(())
}
