//! A composite index, from stored tables and runs of surveys.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use uuid::Uuid;

use super::{Arguments, compute, ranking};
use crate::cli::{file, lang};
use crate::jobs::load;
use crate::jobs::run::Computed;
use crate::office::runs::{RunWish, UncertaintyWish};
use crate::office::{Actor, Office};
use crate::store::schemas;
use crate::words::Lang;
use crate::words::encode::hex;

/// What a composite index is computed from, and how.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Composite indices")]
pub(super) struct Inputs {
    /// The number of an indicator table. Values of a later one are revisions of those before.
    #[arg(long = "table", value_name = "ID")]
    pub(super) tables: Vec<i32>,
    /// A finished run for leaves that its survey measures; with the edition that takes its values, if it is not the definition's.
    #[arg(long = "survey-run", value_name = "[EDITION=]RUN", value_parser = survey_run)]
    survey_runs: Vec<SurveyRun>,
    /// The level of intervals. Left out: 0.95.
    #[arg(long)]
    level: Option<f64>,
    /// The delta method or replicates, whatever the path from values to scores is like.
    #[arg(long, value_name = "delta|replicates")]
    method: Option<String>,
    /// Replicates, where they are needed, 100 to 100,000. Left out: 1000.
    #[arg(long)]
    replicates: Option<u32>,
    /// Choices to vary in a sensitivity analysis, which becomes a report of the run.
    #[arg(long, value_name = "FILE")]
    factors: Option<PathBuf>,
}

/// A run of a survey's index, and the edition that takes its values.
#[derive(Debug, Clone)]
struct SurveyRun {
    edition: Option<String>,
    run: Uuid,
}

/// `RUN` or `EDITION=RUN`.
fn survey_run(text: &str) -> Result<SurveyRun, String> {
    let (edition, run) = match text.split_once('=') {
        Some((edition, run)) => (Some(edition.to_owned()), run),
        None => (None, text),
    };
    let run = run.parse().map_err(|_| {
        lang::chosen().pick(format!("“{run}” không phải là mã của một lần tính"), format!("“{run}” is not the id of a run"))
    })?;
    Ok(SurveyRun { edition, run })
}

impl Inputs {
    /// The runs that leaves are taken from.
    pub(super) fn surveys(&self) -> Vec<(Uuid, Option<String>)> {
        self.survey_runs.iter().map(|survey| (survey.run, survey.edition.clone())).collect()
    }

    /// How errors are carried, where anything of it was said.
    pub(super) fn uncertainty(&self) -> Option<UncertaintyWish> {
        let asked = UncertaintyWish { level: self.level, method: self.method.clone(), replicates: self.replicates };
        (asked.level.is_some() || asked.method.is_some() || asked.replicates.is_some()).then_some(asked)
    }

    /// The choices to vary, as their file has them.
    pub(super) fn factors(&self, lang: Lang) -> Result<Option<String>> {
        self.factors.as_ref().map(|path| file::read(path, lang)).transpose()
    }
}

/// Computes, stores a draft and prints.
pub(super) fn run(office: &Office, me: &Actor, arguments: &Arguments, wish: &RunWish, lang: Lang) -> Result<()> {
    let (run, computed, _watch) = compute(office, me, wish, lang)?;
    let Computed::Composite(outcome) = computed else {
        bail!(lang.pick(
            format!("{} {} là chỉ số của một khảo sát", wish.index, wish.version),
            format!("the index {} {} is of a survey", wish.index, wish.version),
        ))
    };
    if arguments.json {
        println!("{}", ranking::json(&run.id.to_string(), &outcome)?);
    } else {
        let store = office.store();
        let row = store
            .read(|db| schemas::index_by_id(db, run.index_version_id))
            .with_context(|| lang.pick("không còn định nghĩa của chỉ số", "the definition is gone"))?;
        let (definition, units) = (load::composite(&row)?, store.read(|db| load::registry_of_run(db, run.id))?);
        ranking::Page { definition: &definition, outcome: &outcome, units: &units, lang }.print();
        let digest = hex(&outcome.digest);
        println!("\n{} {}, {} {digest}", lang.pick("lần tính", "run"), run.id, lang.pick("mã băm", "digest"));
    }
    Ok(())
}
