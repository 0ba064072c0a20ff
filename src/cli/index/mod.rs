//! `hailong index`: a composite index from its definition and a table of indicators, or from a stored run.

mod arguments;
mod coherence;
mod explain;
mod intervals;
mod json;
mod ranges;
mod runs;
mod sensitivity;
mod series;
mod source;
mod stages;
mod target;
mod text;
mod uncertainty;
mod why;

pub(super) use arguments::Arguments;
pub(super) use text::judged as targets;

use anyhow::{Result, bail};

use crate::cli::Context;
use crate::cli::lang;
use crate::composite::explain::{Subject, standard_error};
use crate::composite::targets::{TargetReport, assess};
use crate::composite::uncertainty::Errors;
use crate::composite::{Outcome, State, Table};
use crate::publication::disclosure::{self, Reader, Release};
use crate::schema::composite::CheckedComposite;
use crate::words::Finding;
use crate::words::Lang;
use arguments::{Editions, Scores, Verb};
use source::Source;

/// What is printed: an outcome, of which editions, in which language.
struct Shown<'a> {
    checked: &'a CheckedComposite,
    outcome: &'a Outcome,
    initial: &'a State,
    warnings: &'a [Finding],
    release: Release<'a>,
    reader: Reader,
    table: &'a Table,
    /// The errors of its values.
    errors: &'a Errors,
    /// Positions of the editions shown.
    editions: Vec<usize>,
    /// The one unit that is asked for.
    unit: Option<&'a str>,
    lang: Lang,
}

impl<'a> Shown<'a> {
    /// The editions that are asked for, as the public or the office sees them.
    fn of(source: &'a Source, editions: &Editions, public: bool, lang: Lang) -> Result<Self> {
        let Source { checked, table, warnings, initial, outcome, errors, .. } = source;
        let editions = self::editions(editions, checked.definition.edition(), outcome.rows().editions(), lang)?;
        let release = Release::new(&checked.definition, outcome, table);
        let reader = if public { Reader::public() } else { Reader::office() };
        Ok(Self { checked, outcome, initial, warnings, release, reader, table, errors, editions, unit: None, lang })
    }

    /// The standard error of a node in a row, where it is known.
    fn error(&self, node: usize, row: usize) -> Option<f64> {
        standard_error(&self.subject(row), self.table, node)
    }

    /// The name of an edition.
    fn edition(&self, place: usize) -> &str {
        self.outcome.rows().editions().get(place).map_or("", String::as_str)
    }

    /// A row with all that its score depends on.
    fn subject(&self, row: usize) -> Subject<'_> {
        Subject { definition: &self.checked.definition, initial: self.initial, outcome: self.outcome, row }
    }

    /// Decimals of printed scores.
    fn decimals(&self) -> usize {
        self.checked.definition.publication().decimals.map_or(2, |decimals| decimals as usize)
    }

    /// Prints what stands above the figures of an edition, with a line between it and the one before.
    fn heading(&self, number: usize, edition: usize) {
        let (gap, definition) = (if number > 0 { "\n" } else { "" }, &self.checked.definition);
        println!("{gap}{} {} · {}", definition.code(), self.edition(edition), definition.title().get(self.lang.tag()));
    }
}

/// Does what the verb says.
pub(super) fn index(context: &Context, arguments: &Arguments) -> Result<()> {
    let lang = context.lang;
    done(context, arguments, lang).map_err(|error| lang::error(lang, error))
}

fn done(context: &Context, arguments: &Arguments, lang: Lang) -> Result<()> {
    match &arguments.verb {
        None => scores(context, &arguments.scores, lang),
        Some(Verb::Scores(arguments)) => scores(context, arguments, lang),
        Some(Verb::Explain(arguments)) => {
            let source = Source::open(context, &arguments.from, false, lang)?;
            let editions = Editions { edition: arguments.edition.clone(), ..Editions::default() };
            why::explained(arguments, &Shown::of(&source, &editions, false, lang)?)
        }
        Some(Verb::Uncertainty(arguments)) => {
            let source = Source::open(context, &arguments.from, true, lang)?;
            uncertainty::print(&Shown::of(&source, &arguments.editions, arguments.public, lang)?, arguments)
        }
        Some(Verb::Sensitivity(arguments)) => {
            let source = Source::open(context, &arguments.from, false, lang)?;
            sensitivity::print(&Shown::of(&source, &arguments.editions, arguments.public, lang)?, arguments)
        }
        Some(Verb::Series(arguments)) => {
            let source = Source::open(context, &arguments.from, arguments.intervals().is_some(), lang)?;
            series::print(&Shown::of(&source, &arguments.editions, false, lang)?, arguments)
        }
        Some(Verb::Coherence(arguments)) => {
            let source = Source::open(context, &arguments.from, false, lang)?;
            coherence::print(&Shown::of(&source, &arguments.editions, false, lang)?, arguments.json)
        }
    }
}

/// Prints scores, ranks, stages and contributions.
fn scores(context: &Context, arguments: &Scores, lang: Lang) -> Result<()> {
    let source = Source::open(context, &arguments.from, false, lang)?;
    let mut shown = Shown::of(&source, &arguments.editions, arguments.public, lang)?;
    shown.unit = arguments.unit.as_deref();
    let error = |node: usize, row: usize| shown.error(node, row);
    let mut targets = assess(&source.checked.definition, &source.outcome, &error, &source.rules);
    targets.retain(|report| told(&shown, report));
    if let Some(unit) = shown.unit {
        known(&shown, unit)?;
    }
    match shown.unit {
        _ if arguments.json => json::print(&shown, &targets)?,
        Some(unit) => text::unit(&shown, unit),
        None => text::tables(&shown, &targets),
    }
    Ok(())
}

/// All editions of the table, the one named, or else the definition's own.
fn editions(asked: &Editions, own: &str, all: &[String], lang: Lang) -> Result<Vec<usize>> {
    if asked.panel {
        return Ok((0..all.len()).collect());
    }
    let wanted = asked.edition.as_deref().unwrap_or(own);
    if let Some(place) = all.iter().position(|edition| edition == wanted) {
        return Ok(vec![place]);
    }
    let all = all.join(", ");
    bail!(
        "{}",
        lang.pick(
            format!("không có số liệu của kỳ {wanted}; bảng có: {all} (--edition chọn một kỳ, --panel xem mọi kỳ)"),
            format!("there are no data of the edition {wanted}; the table has: {all} (--edition chooses one, --panel shows all)"),
        )
    )
}

/// Refuses a unit that is in none of the editions shown.
fn known(shown: &Shown<'_>, unit: &str) -> Result<()> {
    if shown.editions.iter().any(|edition| shown.outcome.rows().find(*edition, unit).is_some()) {
        return Ok(());
    }
    let names: Vec<&str> = shown.editions.iter().map(|place| shown.edition(*place)).collect();
    bail!("{}", no_unit(shown.lang, unit, &names.join(", ")))
}

/// That an edition does not have a unit.
fn no_unit(lang: Lang, unit: &str, edition: &str) -> String {
    lang.pick(format!("kỳ {edition} không có đơn vị {unit}"), format!("there is no unit {unit} in {edition}"))
}

/// Whether a target may be told.
fn told(shown: &Shown<'_>, report: &TargetReport) -> bool {
    let (target, definition, rows) = (&report.target, &shown.checked.definition, shown.outcome.rows());
    let node = target.node.as_ref().and_then(|code| definition.position(code)).unwrap_or(0);
    let figure = |(place, edition)| {
        let row = rows.find(place, &target.unit)?;
        let ranked = !target.kind.is_rank() || !shown.release.has_gap(place, node);
        Some((edition, shown.release.hidden(node, row).is_none() && ranked))
    };
    let figures: Vec<(&str, bool)> = rows.editions().iter().map(String::as_str).enumerate().filter_map(figure).collect();
    let edition = target.edition.as_deref().unwrap_or(definition.edition());
    disclosure::target_is_seen(&shown.reader, &figures, edition, target.kind.is_gain())
}
