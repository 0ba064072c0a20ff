//! `hailong run`: computes an index over a wave, here and now.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::sync::Mutex;

use anyhow::{Context as _, Result, bail};
use uuid::Uuid;

use crate::cli::Context;
use crate::cli::compare::{self, Which};
use crate::cli::context::{now, operator};
use crate::cli::show;
use crate::jobs::recompute::{self, Outcome, Stage};
use crate::jobs::run::{self as runner, Computed};
use crate::jobs::{RUN_JOB, load};
use crate::publication::hex;
use crate::store::jobs::{self, NewJob};
use crate::store::quality::{self, LeftOut};
use crate::store::runs::{self, NewRun, Run};
use crate::store::{Store, schemas, waves};

/// What to compute.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Code of the index.
    #[arg(long)]
    index: String,
    /// Version of its definition.
    #[arg(long)]
    index_version: String,
    /// Code of the wave.
    #[arg(long)]
    wave: String,
    /// A parameter of the index, as NAME=VALUE.
    #[arg(long = "set", value_parser = parameter)]
    parameters: Vec<(String, f64)>,
    /// A finished run of the same index, such as last year's: every score tells how it moved since.
    #[arg(long, value_name = "RUN")]
    since: Option<Uuid>,
    /// Beside the scores, print them without the responses that an evaluation flagged (the latest, or that of the version given).
    #[arg(long, value_name = "EVALUATION", num_args = 0..=1, default_missing_value = "latest", value_parser = compare::which)]
    without_flagged: Option<Which>,
    /// Make a run that leaves the flagged responses out, to be put forward as it is.
    #[arg(long, value_name = "EVALUATION", num_args = 0..=1, default_missing_value = "latest", value_parser = compare::which,
        conflicts_with = "without_flagged")]
    leave_out_flagged: Option<Which>,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

fn parameter(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("{text:?} is not NAME=VALUE"))?;
    Ok((name.to_owned(), value.parse().map_err(|_| format!("{value:?} is no number"))?))
}

/// Computes and prints.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<()> {
    let store = context.open()?;
    let parameters = arguments.parameters.iter().cloned().collect();
    let actor = operator();
    let find = |which: Option<Which>| which.map(|which| store.read(|db| compare::left_out(db, &arguments.wave, which))).transpose();
    let (beside, left_out) = (find(arguments.without_flagged)?, find(arguments.leave_out_flagged)?);
    let wanted = Wanted {
        index: &arguments.index,
        version: &arguments.index_version,
        wave: &arguments.wave,
        since: arguments.since,
        actor: &actor,
        left_out: left_out.as_ref(),
    };
    let (run, outcome) = compute(&store, &wanted, &parameters)?;
    let without = beside.map(|left_out| again(&store, &run, &left_out)).transpose()?;
    let units = store.read(load::registry)?;
    if arguments.json {
        let without = without.map(|without| compare::json(&outcome, &without, &units));
        println!("{}", show::json(&run.id.to_string(), &outcome, &units, without));
    } else {
        let definition = store.read(|db| -> Result<_> { Ok(load::index(&schemas::index_by_id(db, run.index_version_id)?)?) })?;
        show::tables(&outcome, &definition, &units);
        if let Some(without) = &without {
            compare::table(&outcome, without, &definition, &units);
        }
        println!("run {}, digest {}", run.id, hex(&outcome.digest));
    }
    Ok(())
}

/// The same run without what an evaluation flagged: looked at, not stored.
fn again(store: &Store, run: &Run, left_out: &LeftOut) -> Result<Outcome> {
    let bar = Bar::default();
    let outcome =
        store.read(|db| recompute::recompute_without(db, run, Some(left_out), &|stage, done, total| bar.show(stage, done, total)));
    bar.clear();
    Ok(outcome?)
}

/// Which run to make.
pub(super) struct Wanted<'a> {
    pub(super) index: &'a str,
    pub(super) version: &'a str,
    pub(super) wave: &'a str,
    pub(super) since: Option<Uuid>,
    pub(super) actor: &'a str,
    /// The flagged responses that it leaves out.
    pub(super) left_out: Option<&'a LeftOut>,
}

/// Makes a run and computes it in this process, with a progress bar; it is a draft afterwards.
pub(super) fn compute(store: &Store, wanted: &Wanted<'_>, parameters: &BTreeMap<String, f64>) -> Result<(Run, Outcome)> {
    let id = Uuid::now_v7();
    let (run, lease) = store.write(|db| -> Result<_> {
        let index = schemas::find_index(db, wanted.index, wanted.version)?
            .with_context(|| format!("there is no index {} {}", wanted.index, wanted.version))?;
        let wave = waves::find(db, wanted.wave)?.with_context(|| format!("there is no wave {}", wanted.wave))?;
        let new = NewRun {
            id,
            index_version_id: index.id,
            wave_id: Some(wave.id),
            preview: false,
            as_of: None,
            parameters: serde_json::to_string(parameters)?,
            seed: 1,
            threads: None,
            since: wanted.since,
            created_by: wanted.actor.to_owned(),
            created_at: now(),
        };
        let job =
            NewJob { id, kind: RUN_JOB.to_owned(), payload: serde_json::json!({ "run": id.to_string() }).to_string(), created_at: now() };
        runs::create(db, &new, &job)?;
        if let Some(left_out) = wanted.left_out {
            quality::leave_out(db, id, left_out)?;
        }
        let lease = jobs::claim_one(db, id, now().saturating_add(600_000_000))?;
        Ok((runs::start(db, id, now())?, lease))
    })?;
    let bar = Bar::default();
    let computed = store.read(|db| runner::compute(db, &run, &|stage, done, total| bar.show(stage, done, total)));
    bar.clear();
    let run = store.read(|db| runner::conclude(db, lease, &computed, now()))?;
    match computed? {
        Computed::Survey(outcome) => Ok((run, *outcome)),
        Computed::Composite(_) => bail!("the index {} is a composite one and has no wave", wanted.index),
    }
}

/// A progress bar on a terminal; elsewhere nothing.
#[derive(Default)]
pub(super) struct Bar(Mutex<()>);

impl Bar {
    /// Shows how far a stage is.
    pub(super) fn show(&self, stage: Stage, done: usize, total: usize) -> ControlFlow<()> {
        self.line(stage.as_str(), done, total);
        ControlFlow::Continue(())
    }

    /// Shows how far anything is.
    pub(super) fn line(&self, what: &str, done: usize, total: usize) {
        const WIDTH: usize = 30;
        let mut out = std::io::stderr();
        if !out.is_terminal() {
            return;
        }
        let _guard = self.0.lock();
        let full = WIDTH * done.min(total) / total.max(1);
        let _ = write!(out, "\r{what:<12} [{}{}] {done}/{total}   ", "#".repeat(full), "-".repeat(WIDTH - full));
        let _ = out.flush();
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        let mut out = std::io::stderr();
        if out.is_terminal() {
            let _guard = self.0.lock();
            let _ = write!(out, "\r{:70}\r", "");
            let _ = out.flush();
        }
    }
}
