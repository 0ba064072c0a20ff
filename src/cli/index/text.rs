//! A composite index as tables on the screen.

use anyhow::Result;

use super::{Shown, explain, row_of};
pub(super) use crate::cli::findings::line as finding;
use crate::index::composite::targets::TargetReport;
use crate::index::composite::{Hidden, Record, View, contributions};
use crate::schema::composite::{CompositeNode, Tiers};

/// Rows of one table on the screen; the rest is a line that says how many.
const ROWS: usize = 100;

/// The stages, then for each edition the units by rank, with the root's score and those right below it.
pub(super) fn tables(shown: &Shown<'_>) {
    let definition = &shown.checked.definition;
    println!("{} {} · {}", definition.code(), definition.edition(), definition.title().get(shown.language));
    for warning in shown.checked.warnings.iter().chain(shown.warnings) {
        println!("  {}", finding(warning, shown.language));
    }
    println!("\nstages");
    for (place, step) in shown.outcome.steps().iter().enumerate() {
        println!("  {} {:<11} {}", place + 1, step.arguments.name(), said(&step.record));
    }
    for edition in &shown.editions {
        ranking(shown, *edition);
    }
    targets(shown);
}

/// Each target of the definition with its judgement.
fn targets(shown: &Shown<'_>) {
    self::told(shown.targets.iter().filter(|report| super::told(shown, report)));
}

/// Prints targets with their judgements.
pub(in crate::cli) fn told<'t>(reports: impl Iterator<Item = &'t TargetReport>) {
    let mut reports = reports.peekable();
    if reports.peek().is_none() {
        return;
    }
    println!("\nmục tiêu / targets");
    for report in reports {
        let target = &report.target;
        let node = target.node.as_ref().map(|node| format!(" · {node}")).unwrap_or_default();
        let source = target.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
        let said = match (&report.judgement, &report.open) {
            (Some(judgement), _) => explain::verdict(judgement),
            (None, Some(open)) => format!("{} / {}", open.vi, open.en),
            (None, None) => "–".to_owned(),
        };
        println!("  {:<12} {}{node}{source}: {said}", target.unit, explain::wording(target.kind));
    }
}

/// What a stage did, in a line.
fn said(record: &Record) -> String {
    match record {
        Record::Screened { removed } if removed.is_empty() => "every unit stays".to_owned(),
        Record::Screened { removed } => {
            let units: Vec<&str> = removed.iter().map(|unit| unit.unit.as_str()).collect();
            format!("{} units left out: {}", units.len(), units.join(", "))
        }
        Record::Denominated { indicators, lost } => format!("{} indicators divided, {} values lost", indicators.len(), lost.len()),
        Record::Imputed { filled, left } => format!("{} values filled in, {left} missing still", filled.len()),
        Record::Treated { indicators } => {
            let winsorised = indicators.iter().filter(|treated| treated.winsorised > 0).count();
            let transformed = indicators.iter().filter(|treated| treated.transformed).count();
            format!("{} tested, {winsorised} winsorised, {transformed} transformed", indicators.len())
        }
        Record::Normalised { limits, beyond } => {
            let flat = limits.iter().filter(|limits| limits.flat).count();
            let without = if flat > 0 { format!(", {flat} without a score: their values do not vary") } else { String::new() };
            let above = if beyond.is_empty() { String::new() } else { format!(", {} values beyond their maximum of points", beyond.len()) };
            format!("{} indicators and editions{without}{above}", limits.len())
        }
        Record::Weighted { .. } => "weights replaced".to_owned(),
        Record::Aggregated => "every node computed".to_owned(),
    }
}

fn ranking(shown: &Shown<'_>, edition: usize) {
    let (definition, outcome) = (&shown.checked.definition, shown.outcome);
    let decimals = definition.publication().decimals.map_or(2, |decimals| decimals as usize);
    let (Some(name), Some(span)) = (outcome.rows().editions().get(edition), outcome.rows().spans().get(edition)) else { return };
    let root = definition.nodes().first().map(CompositeNode::children).unwrap_or_default();
    println!("\n{name}");
    let codes: Vec<String> =
        root.iter().filter_map(|place| definition.nodes().get(*place)).map(|node| format!(" {:>12.12}", node.code())).collect();
    let codes = codes.concat();
    println!("  {:>5}  {:<20} {:>12}{codes}", "rank", "unit", definition.nodes().first().map_or("", CompositeNode::code));
    let mut rows: Vec<usize> = span.clone().collect();
    let (release, view) = (&shown.release, shown.view);
    rows.sort_by_key(|row| (release.rank(view, 0, *row).unwrap_or(u32::MAX), *row));
    let number = |place: usize, row: usize| release.score(view, place, row).map_or("–".to_owned(), |score| format!("{score:.decimals$}"));
    for row in rows.iter().take(ROWS) {
        let rank = release.rank(view, 0, *row).map_or("–".to_owned(), |rank| rank.to_string());
        let unit = outcome.rows().units().get(*row).map_or("", String::as_str);
        let below: Vec<String> = root.iter().map(|place| format!(" {:>12}", number(*place, *row))).collect();
        println!("  {rank:>5}  {unit:<20} {:>12}{}{}", number(0, *row), below.concat(), notes(shown, *row));
    }
    if rows.len() > ROWS {
        println!("… and {} more rows: --json has them all", rows.len() - ROWS);
    }
}

/// The tier of a row, and what the office should know of its publication.
fn notes(shown: &Shown<'_>, row: usize) -> String {
    let definition = &shown.checked.definition;
    let labels = definition.publication().tiers.as_ref().map(Tiers::labels);
    let label = shown.release.tier(shown.view, row).zip(labels).and_then(|(tier, labels)| labels.get(tier));
    let tier = label.map_or(String::new(), |label| format!("  {}", label.get(shown.language)));
    if shown.view == View::Public {
        return tier;
    }
    let reasons: Vec<Hidden> = (0..definition.nodes().len()).filter_map(|node| shown.release.hidden(node, row)).collect();
    let of = |reason: Hidden| reasons.iter().filter(|other| **other == reason).count();
    let few = of(Hidden::FewAnswers) + of(Hidden::ProtectsSibling);
    let few = if few > 0 { format!("  (few answers: {few} figures not published)") } else { String::new() };
    let beyond = if of(Hidden::BeyondTop) > 0 { "  (not among those published)" } else { "" };
    format!("{tier}{few}{beyond}")
}

/// One unit: its nodes, then each leaf from its value to what it adds.
pub(super) fn unit(shown: &Shown<'_>, unit: &str) -> Result<()> {
    let (definition, outcome) = (&shown.checked.definition, shown.outcome);
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.4}"));
    for edition in &shown.editions {
        let row = row_of(shown, *edition, unit)?;
        println!("{unit} · {}", outcome.rows().editions().get(*edition).map_or("", String::as_str));
        println!("\n  {:<40} {:>12} {:>6}", "node", "score", "rank");
        for (place, node) in definition.nodes().iter().enumerate() {
            let name = format!("{:indent$}{} {}", "", node.code(), node.label().get(shown.language), indent = 2 * node.depth() as usize);
            let rank = outcome.rank(place, row).map_or("–".to_owned(), |rank| rank.to_string());
            println!("  {name:<40.40} {:>12} {rank:>6}", number(outcome.score(place, row)));
        }
        let Some((leaves, constant)) = contributions(definition, outcome, row) else {
            println!("\n  the score is no sum of contributions: a node on the way is not linear, or has no value");
            continue;
        };
        println!("\n  {:<28} {:>12} {:>12} {:>12}", "indicator", "score", "adds", "lost");
        for leaf in leaves {
            println!("  {:<28.28} {:>12.4} {:>12.4} {:>12}", leaf.leaf, leaf.score, leaf.adds, number(leaf.lost));
        }
        if constant != 0.0 {
            println!("  {:<28} {:>12} {constant:>12.4}", "(offsets)", "");
        }
    }
    Ok(())
}
