//! `hailong index --uncertainty` and `--sensitivity`: how far a composite index can be trusted.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::source::Source;
use super::{editions, read, refusal};
use crate::index::composite::Table;
use crate::index::composite::sensitivity::{Sensitivity, Share, Variations, analyse};
use crate::index::composite::uncertainty::{
    Errors, LeafInterval, LeafUncertainty, Method, Options, ScoreInterval, Uncertainty, leaf_intervals, propagate,
};
use crate::publication::hex;
use crate::schema::composite::{CompositeDefinition, SensitivityOutput, parse_factors};

/// Units of one table on the screen; the rest is a line that says how many.
const ROWS: usize = 100;

/// What is asked about uncertainty.
#[derive(Debug, clap::Args)]
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
    /// With --uncertainty: the level of intervals.
    #[arg(long, default_value_t = 0.95)]
    level: f64,
    /// Rank ranges over the choices in a file of factors, and the share of each factor in the spread.
    #[arg(long, value_name = "FACTORS", conflicts_with = "geography")]
    sensitivity: Option<PathBuf>,
    /// Replicates of either; left out: 1000, or what the factors say.
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    replicates: Option<u32>,
    /// Where random numbers start; the same seed gives the same figures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn method(name: &str) -> Result<Method, String> {
    match name {
        "delta" => Ok(Method::Delta),
        "replicates" => Ok(Method::Replicates),
        _ => Err("delta or replicates".to_owned()),
    }
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
    pub(super) fn errors(&self, known: &Errors, definition: &CompositeDefinition, table: &Table, language: &str) -> Result<Errors> {
        let mut errors = known.clone();
        if let Some(file) = &self.covariances {
            let read = errors.with_covariances(&read(file)?, definition, table);
            errors = read.map_err(|findings| refusal(file, &findings, language))?;
        }
        if errors.is_empty() {
            eprintln!("no value of the table has a standard error: every score counts as exact");
        }
        Ok(errors)
    }

    /// How they are carried to the nodes.
    pub(super) fn options(&self) -> Options {
        let replicates = self.replicates.unwrap_or(1000) as usize;
        Options { level: self.level, method: self.method, replicates, seed: self.seed }
    }
}

/// The intervals of an edition.
struct Found {
    nodes: Uncertainty,
    /// Those of the indicators' own values.
    leaves: Vec<LeafUncertainty>,
}

impl Found {
    /// The intervals of nodes with those of leaves beside them, unit by unit in the same order.
    fn json(&self) -> Result<Value> {
        let mut value = serde_json::to_value(&self.nodes)?;
        value["leaves"] = serde_json::to_value(&self.leaves)?;
        Ok(value)
    }
}

/// Prints what is asked for, of the definition's own edition.
pub(super) fn print(arguments: &Questions, source: &Source, (as_json, language): (bool, &'static str)) -> Result<()> {
    let Source { checked, table, outcome, .. } = source;
    let all = outcome.rows().editions();
    let own = editions(false, checked.definition.edition(), all).first().and_then(|place| all.get(*place));
    let Some(edition) = own else { bail!("there is no edition in the table") };
    let uncertainty = arguments.uncertainty.then(|| uncertainty(arguments, source, edition, language)).transpose()?;
    let sensitivity = match &arguments.sensitivity {
        Some(file) => {
            let factors = parse_factors(&read(file)?, &checked.definition).map_err(|findings| refusal(file, &findings, language))?;
            let factors = match arguments.replicates {
                Some(replicates) => factors.with_replicates(replicates),
                None => factors,
            };
            let found = analyse(&Variations::new(&checked.definition, &factors, table, edition)?, arguments.seed)?;
            Some((factors, found))
        }
        None => None,
    };
    if as_json {
        let whole = json!({
            "code": checked.definition.code(),
            "edition": edition,
            "sha256": hex(&checked.sha256),
            "seed": arguments.seed,
            "uncertainty": uncertainty.as_ref().map(Found::json).transpose()?,
            "factors": sensitivity.as_ref().map(|(factors, _)| factors),
            "sensitivity": sensitivity.as_ref().map(|(_, found)| found),
        });
        println!("{}", serde_json::to_string_pretty(&whole)?);
        return Ok(());
    }
    println!("{} {edition} · {}", checked.definition.code(), checked.definition.title().get(language));
    if let Some(found) = &uncertainty {
        intervals(&found.nodes);
        values(&found.nodes.units, &found.leaves);
    }
    if let Some((factors, found)) = &sensitivity {
        ranges(found, factors.level(), factors.top());
    }
    Ok(())
}

fn uncertainty(arguments: &Questions, source: &Source, edition: &str, language: &str) -> Result<Found> {
    let Source { checked, table, outcome, .. } = source;
    let definition = &checked.definition;
    let errors = arguments.errors(&source.errors, definition, table, language)?;
    let nodes = propagate(definition, table, outcome, &errors, edition, &arguments.options())?;
    let leaves = leaf_intervals(definition, table, edition, &nodes.units, nodes.level);
    Ok(Found { nodes, leaves })
}

/// The root and the nodes right below it, unit by unit.
fn intervals(found: &Uncertainty) {
    match found.method {
        Method::Delta => println!("\nintervals by the delta method, level {}", found.level),
        Method::Replicates => println!("\nintervals from {} replicates, {} failed, level {}", found.replicates, found.failed, found.level),
    }
    match (found.method, found.reasons.len()) {
        (Method::Delta, 0) => println!("  every path from a value with an error to the index is smooth"),
        (Method::Delta, n) => println!("  asked for, though {n} things are not smooth and count as fixed:"),
        (Method::Replicates, 0) => println!("  asked for, though every path is smooth"),
        (Method::Replicates, _) => println!("  because slopes would not do:"),
    }
    for reason in &found.reasons {
        println!("  {reason}");
    }
    for node in &found.nodes {
        println!("\n  {:>5} {:>11}  {:<20} {:>10} {:>9} {:>10} {:>10}", "rank", "interval", node.node, "score", "se", "low", "high");
        let mut units: Vec<(&String, &ScoreInterval)> =
            found.units.iter().zip(&node.units).filter_map(|(unit, score)| Some((unit, score.as_ref()?))).collect();
        units.sort_by(|a, b| b.1.value.total_cmp(&a.1.value));
        for (unit, score) in units.iter().take(ROWS) {
            let rank = score.rank.map_or(String::new(), |rank| rank.rank.to_string());
            let span = score.rank.map_or(String::new(), |rank| format!("{}–{}", rank.low, rank.high));
            println!("  {rank:>5} {span:>11}  {unit:<20} {:>10.3} {:>9.3} {:>10.3} {:>10.3}", score.value, score.se, score.low, score.high);
        }
        more(units.len());
    }
}

/// The values of leaves that have standard errors of their own.
fn values(units: &[String], leaves: &[LeafUncertainty]) {
    if leaves.is_empty() {
        return;
    }
    println!(
        "\nvalues with standard errors, on the scale of the table: a score is a transformation of its value, so it has another interval"
    );
    for leaf in leaves {
        let unit = leaf.measured_in.as_deref().unwrap_or_default();
        println!("\n  {:<20} {:<12} {:>10} {:>9} {:>10} {:>10}", leaf.leaf, unit, "value", "se", "low", "high");
        let known: Vec<(&String, &LeafInterval)> =
            units.iter().zip(&leaf.units).filter_map(|(unit, value)| Some((unit, value.as_ref()?))).collect();
        for (unit, value) in known.iter().take(ROWS) {
            println!("  {unit:<33} {:>10.3} {:>9.3} {:>10.3} {:>10.3}", value.value, value.se, value.low, value.high);
        }
        more(known.len());
    }
}

fn more(units: usize) {
    if units > ROWS {
        println!("… and {} more units: --json has them all", units - ROWS);
    }
}

fn ranges(found: &Sensitivity, level: f64, top: u32) {
    let monte_carlo = &found.monte_carlo;
    println!("\nranks over {} replicates, {} failed", monte_carlo.replicates, monte_carlo.failed);
    if let Some(failure) = &monte_carlo.failure {
        println!("  the first that failed: {failure}");
    }
    println!("  ranks move by {:.2} places on average", monte_carlo.mean_rank_shift);
    let middle = format!("{:.0} %", 100.0 * level);
    println!("\n  {:>5}  {:<20} {:>8} {middle:>11} {:>11} {:>9} {:>9}", "rank", "unit", "median", "all", format!("top {top}"), "shift");
    let mut units: Vec<_> = monte_carlo.units.iter().collect();
    units.sort_by(|a, b| (a.rank, &a.unit).cmp(&(b.rank, &b.unit)));
    for unit in units.iter().take(ROWS) {
        let (middle, all) = (format!("{}–{}", unit.low, unit.high), format!("{}–{}", unit.best, unit.worst));
        let shift = unit.mean_shift;
        println!(
            "  {:>5}  {:<20} {:>8.1} {middle:>11} {all:>11} {:>8.1}% {shift:>9.2}",
            unit.rank,
            unit.unit,
            unit.median,
            100.0 * unit.top
        );
    }
    more(units.len());
    let Some(sobol) = &found.sobol else { return };
    let output = match &sobol.output {
        SensitivityOutput::MeanRankShift => "the mean rank shift".to_owned(),
        SensitivityOutput::Score { unit } => format!("the score of {unit}"),
        SensitivityOutput::Rank { unit } => format!("the rank of {unit}"),
    };
    println!(
        "\nshares of the variance of {output}, from {} evaluations; mean {:.3}, variance {:.3}",
        sobol.evaluations, sobol.mean, sobol.variance
    );
    if sobol.factors.is_empty() {
        println!("  it does not vary");
        return;
    }
    println!("\n  {:<20} {:>7} {:>16} {:>7} {:>16}", "factor", "first", "", "total", "");
    for factor in &sobol.factors {
        let bounds = |share: &Share| format!("{:.3} to {:.3}", share.low, share.high);
        let (first, total) = (&factor.first, &factor.total);
        println!("  {:<20} {:>7.3} {:>16} {:>7.3} {:>16}", factor.factor, first.value, bounds(first), total.value, bounds(total));
    }
}
