//! `hailong run`: computes an index over a wave, or a composite index from stored tables and runs, here and now.

mod bar;
mod composite;
mod ranking;
pub(super) mod steps;
mod stop;
mod survey;

use anyhow::{Result, anyhow, bail};
use uuid::Uuid;

use crate::cli::context::{Context, myself};
use crate::cli::{compare, findings, lang};
use crate::jobs::run::Computed;
use crate::office::runs::here::{self, Ended};
use crate::office::runs::{self, FlaggedWish, RunWish};
use crate::office::{Actor, Code, Office, Refusal};
use crate::store::runs::Run;
use crate::store::schemas::IndexKind;
use crate::words::{Finding, Lang};

pub(super) use bar::Bar;
pub(super) use steps::{Approval, Command as Step, Listed, Publication, Returning, Target, Withdrawal, list, step, word};

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
    /// Only what had arrived by then, RFC 3339: to compute again what was known on a day.
    #[arg(long, value_name = "INSTANT")]
    as_of: Option<String>,
    /// A parameter of the index, as NAME=VALUE.
    #[arg(long = "set", value_parser = parameter)]
    parameters: Vec<(String, f64)>,
    /// A finished run of the same index, such as last year's: every score tells how it moved since.
    #[arg(long, value_name = "RUN")]
    since: Option<Uuid>,
    /// Beside the scores, print them without the responses that an evaluation flagged (the latest, or that of the version given).
    #[arg(long, value_name = "EVALUATION", num_args = 0..=1, default_missing_value = "latest", value_parser = compare::which)]
    without_flagged: Option<FlaggedWish>,
    /// Make a run that leaves the flagged responses out, to be put forward as it is.
    #[arg(long, value_name = "EVALUATION", num_args = 0..=1, default_missing_value = "latest", value_parser = compare::which,
        conflicts_with = "without_flagged")]
    leave_out_flagged: Option<FlaggedWish>,
    #[command(flatten)]
    composite: composite::Inputs,
    /// Where random numbers start; the same seed gives the same figures.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i64).range(0..=9_007_199_254_740_991))]
    seed: i64,
    /// A look at unfinished fieldwork, never to be published.
    #[arg(long)]
    preview: bool,
    /// Print everything as JSON.
    #[arg(long)]
    json: bool,
}

fn parameter(text: &str) -> Result<(String, f64), String> {
    let lang = lang::chosen();
    let shape = || lang.pick("phải viết TÊN=GIÁ_TRỊ", "write NAME=VALUE").to_owned();
    let (name, value) = text.split_once('=').ok_or_else(shape)?;
    let number = |_| lang.pick(format!("“{value}” không phải là số"), format!("“{value}” is not a number"));
    Ok((name.to_owned(), value.parse().map_err(number)?))
}

impl Arguments {
    /// As the office is asked.
    fn wish(&self, lang: Lang) -> Result<RunWish> {
        Ok(RunWish {
            index: self.index.clone(),
            version: self.index_version.clone(),
            wave: self.wave.clone(),
            as_of: self.as_of.clone(),
            parameters: self.parameters.iter().cloned().collect(),
            seed: self.seed,
            preview: self.preview,
            since: self.since.map(|id| id.to_string()),
            without_flagged: self.leave_out_flagged.clone(),
            tables: self.composite.tables.clone(),
            surveys: self.composite.surveys(),
            uncertainty: self.composite.uncertainty(),
            sensitivity: self.composite.factors(lang)?,
        })
    }
}

/// Computes and prints.
pub(super) fn run(context: &Context, arguments: &Arguments) -> Result<()> {
    let lang = context.lang;
    let office = context.office()?;
    let me = myself(&office)?;
    let wish = arguments.wish(lang)?;
    let of = |refusal| refused(lang, &refusal);
    let index = office.look(&me, |look| runs::index(look, &wish.index, &wish.version)).map_err(of)?;
    match index.kind {
        IndexKind::Survey => survey::run(&office, &me, arguments, &wish, lang),
        IndexKind::Composite if arguments.without_flagged.is_some() => {
            let (vi, en) = ("Không dùng cho chỉ số tổng hợp", "Runs of composite indices do not have this");
            Err(refused(lang, &Refusal::because(Code::BodyInvalid, Finding::error("/without_flagged", "composite", vi, en))))
        }
        IndexKind::Composite => composite::run(&office, &me, arguments, &wish, lang),
    }
}

/// A refusal of a run, whose findings name options.
pub(super) fn refused(lang: Lang, refusal: &Refusal) -> anyhow::Error {
    if refusal.code() != Code::BodyInvalid || refusal.findings().is_empty() {
        return lang::refusal(lang, refusal);
    }
    let lines: Vec<String> = refusal.findings().iter().map(|finding| named(finding, lang)).collect();
    match lines.as_slice() {
        [one] => anyhow!("{one}"),
        many => anyhow!("{} {}:\n  {}", many.len(), lang.pick("điều cần sửa", "things are wrong"), many.join("\n  ")),
    }
}

/// A finding that names the option instead of the member of a request.
fn named(finding: &Finding, lang: Lang) -> String {
    let (member, rest) = finding.pointer.strip_prefix('/').map(|path| path.split_once('/').unwrap_or((path, ""))).unwrap_or_default();
    let option = match (member, rest) {
        ("tables", "") => "--table, --survey-run".to_owned(),
        ("tables", _) => "--table".to_owned(),
        ("surveys", _) => "--survey-run".to_owned(),
        ("parameters", "") => "--set".to_owned(),
        ("parameters", name) => format!("--set {name}"),
        ("uncertainty", "") => "--level, --method, --replicates".to_owned(),
        ("uncertainty", name) => format!("--{name}"),
        ("without_flagged", _) => "--leave-out-flagged, --without-flagged".to_owned(),
        ("sensitivity", "") => "--factors".to_owned(),
        ("sensitivity", rest) => {
            let line = finding.line.map(|line| format!(" {} {line}", lang.pick("dòng", "line"))).unwrap_or_default();
            format!("--factors{line} /{rest}")
        }
        (name, _) => format!("--{}", name.replace('_', "-")),
    };
    format!("{option}: {} ({})", findings::capped(finding.message(lang)), finding.code)
}

/// Makes a run and computes it in this process, with a progress bar; it is a draft afterwards. A signal calls it off as long as the
/// watch lives.
pub(in crate::cli) fn compute(office: &Office, me: &Actor, wish: &RunWish, lang: Lang) -> Result<(Run, Computed, stop::Watch)> {
    let id = Uuid::now_v7();
    let taken = office.act(me, |act| here::begin(act, id, wish)).map_err(|refusal| refused(lang, &refusal))?;
    let watch = stop::watch(office, me, id, lang)?;
    let bar = Bar::default();
    let ended = here::conclude(office, &taken, &|stage, done, total| bar.show(stage, done, total));
    bar.clear();
    match ended.map_err(|refusal| lang::refusal(lang, &refusal))? {
        Ended::Draft(run, computed) => Ok((*run, computed, watch)),
        Ended::Failed(error) => bail!(lang::error(lang, error.into())),
    }
}
