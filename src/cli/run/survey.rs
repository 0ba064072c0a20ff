//! The index of a survey, over a wave.

use anyhow::{Result, bail};

use super::{Arguments, Bar, compute, refused};
use crate::cli::{compare, lang, show};
use crate::jobs::load;
use crate::jobs::recompute::Outcome;
use crate::jobs::run::Computed;
use crate::office::runs::{FlaggedWish, RunWish, here};
use crate::office::{Actor, Office};
use crate::store::runs::Run;
use crate::store::schemas;
use crate::words::Lang;
use crate::words::encode::hex;

/// Computes and prints.
pub(super) fn run(office: &Office, me: &Actor, arguments: &Arguments, wish: &RunWish, lang: Lang) -> Result<()> {
    if let (Some(flagged), Some(wave)) = (&arguments.without_flagged, &arguments.wave) {
        // Before anything is computed.
        office.look(me, |look| here::check_flagged(look, wave, flagged)).map_err(|refusal| refused(lang, &refusal))?;
    }
    let (run, computed, _watch) = compute(office, me, wish, lang)?;
    let Computed::Survey(outcome) = computed else {
        bail!(lang.pick(
            format!("{} {} là chỉ số tổng hợp", wish.index, wish.version),
            format!("the index {} {} is a composite one", wish.index, wish.version),
        ))
    };
    let without = arguments.without_flagged.as_ref().map(|flagged| again(office, me, &run, flagged, lang)).transpose()?;
    let units = office.store().read(|db| load::registry_of_run(db, run.id))?;
    if arguments.json {
        let without = without.map(|without| compare::json(&outcome, &without, &units));
        println!("{}", show::json(&run.id.to_string(), &outcome, &units, without));
    } else {
        let definition = office.store().read(|db| -> Result<_> { Ok(load::index(&schemas::index_by_id(db, run.index_version_id)?)?) })?;
        show::tables(&outcome, &definition, &units);
        if let Some(without) = &without {
            compare::table(&outcome, without, &definition, &units);
        }
        let [word, digest] = lang.pick(["lần tính", "mã băm"], ["run", "digest"]);
        println!("{word} {}, {digest} {}", run.id, hex(&outcome.digest));
    }
    Ok(())
}

/// The same run without what an evaluation flagged: looked at, not stored.
fn again(office: &Office, me: &Actor, run: &Run, flagged: &FlaggedWish, lang: Lang) -> Result<Outcome> {
    let bar = Bar::default();
    let found = office.look(me, |look| here::without_flagged(look, run, flagged, &|stage, done, total| bar.show(stage, done, total)));
    bar.clear();
    let outcome = found.map_err(|refusal| refused(lang, &refusal))?;
    outcome.map_err(|error| lang::error(lang, error.into()))
}
