//! The index of a survey, over a wave.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use uuid::Uuid;

use super::{Arguments, Bar, conclude, new_run, refused, start};
use crate::cli::compare::{self, Which};
use crate::cli::context::operator;
use crate::cli::show;
use crate::jobs::load;
use crate::jobs::recompute::{self, Outcome};
use crate::jobs::run::Computed;
use crate::store::quality::{self, LeftOut};
use crate::store::runs::{NewRun, Run};
use crate::store::{Store, schemas, waves};
use crate::words::encode::hex;

/// Computes and prints.
pub(super) fn run(store: &Store, arguments: &Arguments) -> Result<()> {
    let wave = wave(arguments)?;
    let parameters = arguments.parameters.iter().cloned().collect();
    let actor = operator();
    let find = |which: Option<Which>| which.map(|which| store.read(|db| compare::left_out(db, wave, which))).transpose();
    let (beside, left_out) = (find(arguments.without_flagged)?, find(arguments.leave_out_flagged)?);
    let wanted = Wanted {
        index: &arguments.index,
        version: &arguments.index_version,
        wave,
        since: arguments.since,
        seed: arguments.seed,
        actor: &actor,
        left_out: left_out.as_ref(),
    };
    let (run, outcome) = compute(store, &wanted, &parameters)?;
    let without = beside.map(|left_out| again(store, &run, &left_out)).transpose()?;
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

/// The wave, and nothing that only a composite index has.
fn wave(arguments: &Arguments) -> Result<&str> {
    let (code, version) = (&arguments.index, &arguments.index_version);
    let given = arguments.composite.given();
    let mut wrong: Vec<String> =
        given.iter().map(|name| format!("{name} is for a composite index; {code} {version} is of a survey")).collect();
    if arguments.wave.is_none() {
        wrong.insert(0, format!("--wave is needed: the index {code} {version} is of a survey"));
    }
    refused(&wrong, crate::words::Lang::En)?;
    arguments.wave.as_deref().context("--wave is needed")
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
pub(in crate::cli) struct Wanted<'a> {
    pub(in crate::cli) index: &'a str,
    pub(in crate::cli) version: &'a str,
    pub(in crate::cli) wave: &'a str,
    pub(in crate::cli) since: Option<Uuid>,
    pub(in crate::cli) seed: i64,
    pub(in crate::cli) actor: &'a str,
    /// The flagged responses that it leaves out.
    pub(in crate::cli) left_out: Option<&'a LeftOut>,
}

/// Makes a run and computes it in this process, with a progress bar; it is a draft afterwards.
pub(in crate::cli) fn compute(store: &Store, wanted: &Wanted<'_>, parameters: &BTreeMap<String, f64>) -> Result<(Run, Outcome)> {
    let (run, lease) = store.write(|db| -> Result<_> {
        let index = schemas::find_index(db, wanted.index, wanted.version)?
            .with_context(|| format!("there is no index {} {}", wanted.index, wanted.version))?;
        let wave = waves::find(db, wanted.wave)?.with_context(|| format!("there is no wave {}", wanted.wave))?;
        let new = new_run(index.id, serde_json::to_string(parameters)?, wanted.seed, wanted.actor);
        let new = NewRun { wave_id: Some(wave.id), since: wanted.since, ..new };
        start(db, &new, |db| match wanted.left_out {
            Some(left_out) => Ok(quality::leave_out(db, new.id, left_out)?),
            None => Ok(()),
        })
    })?;
    match conclude(store, &run, lease)? {
        (run, Computed::Survey(outcome)) => Ok((run, *outcome)),
        (_, Computed::Composite(_)) => bail!("the index {} is a composite one and has no wave", wanted.index),
    }
}
