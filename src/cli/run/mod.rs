//! `hailong run`: computes an index over a wave, or a composite index from stored tables and runs, here and now.

mod bar;
mod composite;
mod ranking;
mod survey;

use anyhow::{Context as _, Result};
use serde_json::json;
use uuid::Uuid;

use crate::cli::Context;
use crate::cli::compare::{self, Which};
use crate::cli::context::now;
use crate::jobs::RUN_JOB;
use crate::jobs::run::{self as runner, Computed};
use crate::store::jobs::{self, Lease, NewJob};
use crate::store::runs::{self, NewRun, Run};
use crate::store::{Db, Store, schemas};
use crate::words::Lang;

pub(super) use bar::Bar;
pub(super) use survey::{Wanted, compute};

/// What to compute.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Code of the index.
    #[arg(long)]
    index: String,
    /// Version of its definition; of a composite index, its edition.
    #[arg(long)]
    index_version: String,
    /// Code of the wave; the index of a survey needs one, a composite index has none.
    #[arg(long)]
    wave: Option<String>,
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
    #[command(flatten)]
    composite: composite::Inputs,
    /// Where random numbers start; the same seed gives the same figures.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(0..=9_007_199_254_740_991))]
    seed: i64,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

impl Arguments {
    /// The options given that only the index of a survey has.
    fn for_surveys(&self) -> Vec<&'static str> {
        let given = [
            ("--wave", self.wave.is_some()),
            ("--set", !self.parameters.is_empty()),
            ("--since", self.since.is_some()),
            ("--without-flagged", self.without_flagged.is_some()),
            ("--leave-out-flagged", self.leave_out_flagged.is_some()),
        ];
        given.into_iter().filter_map(|(name, given)| given.then_some(name)).collect()
    }
}

fn parameter(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("{text:?} is not NAME=VALUE"))?;
    Ok((name.to_owned(), value.parse().map_err(|_| format!("{value:?} is no number"))?))
}

/// Computes and prints.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<()> {
    let store = context.open()?;
    let (code, version) = (&arguments.index, &arguments.index_version);
    let row = store.read(|db| -> Result<_> {
        let lang = context.lang;
        let no_index = || lang.pick(format!("không có chỉ số {code} {version}"), format!("there is no index {code} {version}"));
        schemas::find_index(db, code, version)?.with_context(no_index)
    })?;
    match row.survey_code {
        Some(_) => survey::run(&store, arguments),
        None => composite::run(&store, arguments, &row, context.lang),
    }
}

/// What stands in the way of a run, all of it.
fn refused(wrong: &[String], lang: Lang) -> Result<()> {
    match wrong {
        [] => Ok(()),
        [one] => Err(anyhow::anyhow!("{one}")),
        many => {
            let all = many.join("\n  ");
            Err(anyhow::anyhow!("{} {}:\n  {all}", many.len(), lang.pick("điều cần sửa", "things are wrong")))
        }
    }
}

/// A run to make now, with everything there is at the moment.
fn new_run(index_version_id: i32, parameters: String, seed: i64, actor: &str) -> NewRun {
    NewRun {
        id: Uuid::now_v7(),
        index_version_id,
        wave_id: None,
        preview: false,
        as_of: None,
        parameters,
        seed,
        threads: None,
        since: None,
        created_by: actor.to_owned(),
        created_at: now(),
    }
}

/// Creates a run with what `freeze` adds to its inputs, and takes its job before a worker of a server does.
fn start(db: &mut Db, new: &NewRun, freeze: impl FnOnce(&mut Db) -> Result<()>) -> Result<(Run, Lease)> {
    let id = new.id;
    let job = NewJob { id, kind: RUN_JOB.to_owned(), payload: json!({ "run": id.to_string() }).to_string(), created_at: now() };
    runs::create(db, new, &job)?;
    freeze(db)?;
    let lease = jobs::claim_one(db, id, now().saturating_add(600_000_000))?;
    Ok((runs::start(db, id, now())?, lease))
}

/// Computes a run in this process, with a progress bar; it is a draft afterwards, or it failed.
fn conclude(store: &Store, run: &Run, lease: Lease) -> Result<(Run, Computed)> {
    let bar = Bar::default();
    let computed = store.read(|db| runner::compute(db, run, &|stage, done, total| bar.show(stage, done, total)));
    bar.clear();
    let run = store.read(|db| runner::conclude(db, lease, &computed, now()))?;
    Ok((run, computed?))
}
