//! A composite index, from stored tables and runs of surveys.

use std::path::PathBuf;

use anyhow::{Result, bail};
use uuid::Uuid;

use super::{Arguments, conclude, new_run, ranking, refused, start};
use crate::cli::context::operator;
use crate::cli::lang;
use crate::cli::{file, findings};
use crate::composite::uncertainty::Method;
use crate::jobs::composite::Parameters;
use crate::jobs::composite::inputs;
use crate::jobs::load;
use crate::jobs::run::Computed;
use crate::schema::composite::{CompositeDefinition, parse_factors};
use crate::store::schemas::IndexVersion;
use crate::store::{Store, composites};
use crate::words::Finding;
use crate::words::Lang;

/// What a composite index is computed from, and how.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Composite indices")]
pub(super) struct Inputs {
    /// The number of an indicator table. Values of a later one are revisions of those before.
    #[arg(long = "table", value_name = "ID")]
    tables: Vec<i32>,
    /// A finished run for leaves that its survey measures; with the edition that takes its values, if it is not the definition's.
    #[arg(long = "survey-run", value_name = "[EDITION=]RUN", value_parser = survey_run)]
    survey_runs: Vec<SurveyRun>,
    /// The level of intervals. Left out: 0.95.
    #[arg(long, value_parser = level)]
    level: Option<f64>,
    /// The delta method or replicates, whatever the path from values to scores is like.
    #[arg(long, value_parser = method)]
    method: Option<Method>,
    /// Replicates, where they are needed, 100 to 100,000. Left out: 1000.
    #[arg(long, value_parser = clap::value_parser!(u32).range(100..=100_000))]
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
    let run = run.parse().map_err(|_| format!("{run:?} is no id of a run"))?;
    Ok(SurveyRun { edition, run })
}

fn level(text: &str) -> Result<f64, String> {
    let level = text.parse().ok().filter(|level: &f64| *level > 0.0 && *level < 1.0);
    level.ok_or_else(|| format!("{text:?} does not lie between 0 and 1"))
}

fn method(name: &str) -> Result<Method, String> {
    match name {
        "delta" => Ok(Method::Delta),
        "replicates" => Ok(Method::Replicates),
        _ => Err("delta or replicates".to_owned()),
    }
}

impl Inputs {
    /// The options given.
    pub(super) fn given(&self) -> Vec<&'static str> {
        let given = [
            ("--table", !self.tables.is_empty()),
            ("--survey-run", !self.survey_runs.is_empty()),
            ("--level", self.level.is_some()),
            ("--method", self.method.is_some()),
            ("--replicates", self.replicates.is_some()),
            ("--factors", self.factors.is_some()),
        ];
        given.into_iter().filter_map(|(name, given)| given.then_some(name)).collect()
    }

    /// What is frozen with the run.
    fn frozen(&self, definition: &CompositeDefinition) -> composites::Inputs {
        let survey = |survey: &SurveyRun| (survey.run, survey.edition.clone().unwrap_or_else(|| definition.edition().to_owned()));
        composites::Inputs { tables: self.tables.clone(), surveys: self.survey_runs.iter().map(survey).collect() }
    }

    /// How the index is to be computed.
    fn parameters(&self, definition: &CompositeDefinition, lang: Lang, wrong: &mut Vec<String>) -> Result<Parameters> {
        let mut parameters = Parameters { method: self.method, ..Parameters::default() };
        parameters.level = self.level.unwrap_or(parameters.level);
        parameters.replicates = self.replicates.unwrap_or(parameters.replicates);
        let Some(file) = &self.factors else { return Ok(parameters) };
        let name = file.display().to_string();
        let text = match file::try_read(file) {
            Ok(text) => text,
            Err(finding) => {
                wrong.push(format!("{name}: {}", findings::line(&finding, lang)));
                return Ok(parameters);
            }
        };
        match parse_factors(&text, definition) {
            Ok(_) => parameters.factors = Some(serde_json::from_str(&text)?),
            Err(found) => wrong.extend(found.iter().map(|finding| format!("{name}: {}", findings::line(finding, lang)))),
        }
        Ok(parameters)
    }
}

/// Computes, stores a draft and prints.
pub(super) fn run(store: &Store, arguments: &Arguments, row: &IndexVersion, lang: Lang) -> Result<()> {
    let definition = load::composite(row)?;
    let (code, version) = (&row.code, &row.version);
    let surveys = arguments.for_surveys();
    let mut wrong: Vec<String> = surveys.iter().map(|name| for_surveys(name, &format!("{code} {version}"), lang)).collect();
    let parameters = arguments.composite.parameters(&definition, lang, &mut wrong)?;
    let frozen = arguments.composite.frozen(&definition);
    let found = store.read(|db| inputs::check(db, &definition, &frozen))?;
    wrong.extend(found.iter().map(|finding| input(finding, lang)));
    refused(&wrong, lang)?;
    let new = new_run(row.id, serde_json::to_string(&parameters)?, arguments.seed, &operator());
    let (run, lease) = store.write(|db| start(db, &new, |db| Ok(composites::freeze(db, new.id, &frozen)?)))?;
    let concluded = conclude(store, &run, lease).map_err(|error| lang::error(lang, error))?;
    let (run, Computed::Composite(outcome)) = concluded else { bail!("the index {code} {version} is of a survey") };
    if arguments.json {
        println!("{}", ranking::json(&run.id.to_string(), &outcome)?);
    } else {
        let units = store.read(load::registry)?;
        ranking::Page { definition: &definition, outcome: &outcome, units: &units, lang }.print();
        let digest = crate::words::encode::hex(&outcome.digest);
        println!("\n{} {}, {} {digest}", lang.pick("đợt tính", "run"), run.id, lang.pick("mã băm", "digest"));
    }
    Ok(())
}

fn for_surveys(option: &str, index: &str, lang: Lang) -> String {
    lang.pick(
        format!("{option} dành cho chỉ số của một khảo sát; {index} là chỉ số tổng hợp"),
        format!("{option} is for the index of a survey; {index} is a composite one"),
    )
}

/// A finding of the inputs, which people name by options.
fn input(finding: &Finding, lang: Lang) -> String {
    let option = match finding.pointer.split('/').nth(1) {
        _ if finding.code == "missing" => "--table, --survey-run: ",
        Some("tables") => "--table: ",
        _ => "--survey-run: ",
    };
    format!("{option}{} ({})", findings::capped(finding.message(lang)), finding.code)
}
