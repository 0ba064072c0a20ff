//! `hailong index --uncertainty` and `--sensitivity`: how far a composite index can be trusted.

use std::path::PathBuf;

use anyhow::Result;
use clap::ArgGroup;
use serde_json::{Map, Value, json};

use super::{Arguments, Shown, intervals, ranges, veil};
use crate::cli::{file, findings};
use crate::composite::Table;
use crate::composite::sensitivity::{Sensitivity, Variations, analyse};
use crate::composite::uncertainty::{Errors, LeafUncertainty, Method, Options, Uncertainty, leaf_intervals, propagate};
use crate::schema::composite::{CompositeDefinition, FactorSet, parse_factors};
use crate::words::Lang;
use crate::words::encode::hex;

/// What is asked about uncertainty.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("trust").multiple(true).args(["uncertainty", "sensitivity"])))]
pub(super) struct Questions {
    /// Intervals of every score and rank, from the standard errors in the table.
    #[arg(long)]
    uncertainty: bool,
    /// With --uncertainty: covariances of values as CSV: `unit_a,indicator_a,unit_b,indicator_b,covariance[,edition]`.
    #[arg(long, value_name = "FILE", requires = "uncertainty")]
    covariances: Option<PathBuf>,
    /// With --uncertainty: the delta method or replicates, whatever the path from values to scores is like.
    #[arg(long, requires = "uncertainty", value_parser = method)]
    method: Option<Method>,
    /// With --uncertainty: the level of intervals. Left out: 0.95.
    #[arg(long, requires = "uncertainty", value_parser = level)]
    level: Option<f64>,
    /// Rank ranges over the choices in a file of factors, and the share of each factor in the spread.
    #[arg(long, value_name = "FACTORS", conflicts_with = "geography")]
    sensitivity: Option<PathBuf>,
    /// Replicates of either; left out: 1000, or what the factors say.
    #[arg(long, requires = "trust", value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    replicates: Option<u32>,
    /// Where random numbers start; the same seed gives the same figures.
    #[arg(long, requires = "trust", default_value_t = 1)]
    seed: u64,
}

fn method(name: &str) -> Result<Method, String> {
    match name {
        "delta" => Ok(Method::Delta),
        "replicates" => Ok(Method::Replicates),
        _ => Err("delta or replicates".to_owned()),
    }
}

fn level(text: &str) -> Result<f64, String> {
    let level = text.parse().ok().filter(|level: &f64| *level > 0.0 && *level < 1.0);
    level.ok_or_else(|| format!("{text:?} does not lie between 0 and 1"))
}

impl Questions {
    /// Whether anything of it is asked for.
    pub(super) fn asked(&self) -> bool {
        self.uncertainty || self.sensitivity.is_some()
    }

    /// Whether intervals are asked for.
    pub(super) fn intervals(&self) -> bool {
        self.uncertainty
    }

    /// The errors of the table's values, `known` with the covariances that are given beside.
    pub(super) fn errors(&self, known: &Errors, definition: &CompositeDefinition, table: &Table, lang: Lang) -> Result<Errors> {
        let mut errors = known.clone();
        if let Some(file) = &self.covariances {
            let read = errors.with_covariances(&file::read(file, lang)?, definition, table);
            errors = read.map_err(|found| findings::refusal(&file.display().to_string(), &found, lang))?;
        }
        if errors.is_empty() {
            eprintln!(
                "{}",
                lang.pick(
                    "không giá trị nào của bảng có sai số chuẩn: mọi điểm được coi là chính xác",
                    "no value of the table has a standard error: every score counts as exact",
                )
            );
        }
        Ok(errors)
    }

    /// The choices to vary, if any are named.
    fn factors(&self, definition: &CompositeDefinition, lang: Lang) -> Result<Option<FactorSet>> {
        let Some(file) = &self.sensitivity else { return Ok(None) };
        let read = parse_factors(&file::read(file, lang)?, definition);
        let factors = read.map_err(|found| findings::refusal(&file.display().to_string(), &found, lang))?;
        Ok(Some(match self.replicates {
            Some(replicates) => factors.with_replicates(replicates),
            None => factors,
        }))
    }

    /// How they are carried to the nodes.
    pub(super) fn options(&self) -> Options {
        let replicates = self.replicates.unwrap_or(1000) as usize;
        Options { level: self.level.unwrap_or(0.95), method: self.method, replicates, seed: self.seed }
    }
}

/// The intervals of an edition.
pub(super) struct Found {
    pub(super) nodes: Uncertainty,
    /// Those of the indicators' own values.
    pub(super) leaves: Vec<LeafUncertainty>,
}

impl Found {
    /// The intervals of nodes with those of leaves beside them, unit by unit in the same order.
    fn json(&self) -> Result<Value> {
        let mut value = serde_json::to_value(&self.nodes)?;
        value["leaves"] = serde_json::to_value(&self.leaves)?;
        Ok(value)
    }
}

/// What was found of one edition.
struct Answer<'s> {
    edition: &'s str,
    uncertainty: Option<Found>,
    sensitivity: Option<Sensitivity>,
}

/// Prints what is asked for, of every edition shown. What is hidden from the public is hidden here too.
pub(super) fn print(shown: &Shown<'_>, arguments: &Arguments) -> Result<()> {
    let (questions, lang, definition) = (&arguments.uncertain, shown.lang, &shown.checked.definition);
    let factors = questions.factors(definition, lang)?;
    let errors = if questions.uncertainty { Some(questions.errors(shown.errors, definition, shown.table, lang)?) } else { None };
    let answer = |place: &usize| answer(shown, questions, (*place, errors.as_ref(), factors.as_ref()));
    let answers = shown.editions.iter().map(answer).collect::<Result<Vec<_>>>()?;
    if arguments.json {
        return json(shown, &answers, arguments, factors.as_ref());
    }
    for (place, answer) in answers.iter().enumerate() {
        let gap = if place > 0 { "\n" } else { "" };
        println!("{gap}{} {} · {}", definition.code(), answer.edition, definition.title().get(lang.tag()));
        if let Some(found) = &answer.uncertainty {
            intervals::print(found, lang);
        }
        if let (Some(found), Some(factors)) = (&answer.sensitivity, &factors) {
            ranges::print(found, factors, lang);
        }
    }
    Ok(())
}

fn answer<'s>(
    shown: &'s Shown<'_>,
    questions: &Questions,
    (place, errors, factors): (usize, Option<&Errors>, Option<&FactorSet>),
) -> Result<Answer<'s>> {
    let (definition, table, edition) = (&shown.checked.definition, shown.table, shown.edition(place));
    let uncertainty = match errors {
        Some(errors) => {
            let nodes = propagate(definition, table, shown.outcome, errors, edition, &questions.options())?;
            let leaves = leaf_intervals(definition, table, edition, &nodes.units, nodes.level);
            let mut found = Found { nodes, leaves };
            veil::uncertainty(shown, place, &mut found);
            Some(found)
        }
        None => None,
    };
    let sensitivity = match factors {
        Some(factors) => {
            let mut found = analyse(&Variations::new(definition, factors, table, edition)?, questions.seed)?;
            veil::sensitivity(shown, place, &mut found)?;
            Some(found)
        }
        None => None,
    };
    Ok(Answer { edition, uncertainty, sensitivity })
}

/// One edition as it is; with --panel a list of them.
fn json(shown: &Shown<'_>, answers: &[Answer<'_>], arguments: &Arguments, factors: Option<&FactorSet>) -> Result<()> {
    let one = |answer: &Answer<'_>| -> Result<Map<String, Value>> {
        let mut one = Map::new();
        one.insert("edition".to_owned(), json!(answer.edition));
        one.insert("uncertainty".to_owned(), json!(answer.uncertainty.as_ref().map(Found::json).transpose()?));
        one.insert("sensitivity".to_owned(), json!(answer.sensitivity));
        Ok(one)
    };
    let mut whole = Map::new();
    for (name, value) in [
        ("code", json!(shown.checked.definition.code())),
        ("sha256", json!(hex(&shown.checked.sha256))),
        ("seed", json!(arguments.uncertain.seed)),
        ("factors", json!(factors)),
    ] {
        whole.insert(name.to_owned(), value);
    }
    match answers {
        [answer] if !arguments.panel => whole.extend(one(answer)?),
        answers => {
            let editions = answers.iter().map(one).collect::<Result<Vec<_>>>()?;
            whole.insert("editions".to_owned(), json!(editions));
        }
    }
    println!("{}", serde_json::to_string_pretty(&whole)?);
    Ok(())
}
