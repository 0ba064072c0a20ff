//! `hailong index`: a composite index from its definition and a table of indicators.

mod json;
mod text;
mod uncertain;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::index::composite::{Outcome, Table, compute};
use crate::schema::Finding;
use crate::schema::composite::{CheckedComposite, parse_composite};

/// Which index, from which data.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The definition of the composite index.
    #[arg(long)]
    definition: PathBuf,
    /// The table of indicators as CSV: a line a value, or a line a unit with a column an indicator.
    #[arg(long)]
    data: PathBuf,
    /// Every edition of the table, not the definition's alone. Goalposts of several editions take all of them either way.
    #[arg(long)]
    panel: bool,
    /// One unit in full: each indicator from its value to what it adds to the score.
    #[arg(long)]
    unit: Option<String>,
    #[command(flatten)]
    uncertain: uncertain::Questions,
    /// Everything as JSON, with the data set after each stage.
    #[arg(long)]
    json: bool,
    /// Findings and labels in Vietnamese.
    #[arg(long)]
    vi: bool,
}

/// What is printed: an outcome, of which editions, in which language.
struct Shown<'a> {
    checked: &'a CheckedComposite,
    outcome: &'a Outcome,
    warnings: &'a [Finding],
    /// Positions of the editions shown.
    editions: Vec<usize>,
    language: &'static str,
}

/// Computes and prints scores, ranks, stages and contributions.
pub(super) fn index(arguments: &Arguments) -> Result<()> {
    let language = if arguments.vi { "vi" } else { "en" };
    let text = read(&arguments.definition)?;
    let checked = parse_composite(&text).map_err(|findings| refusal(&arguments.definition, &findings, language))?;
    let text = read(&arguments.data)?;
    let read = Table::read(&text, &checked.definition);
    let (table, warnings) = read.map_err(|findings| refusal(&arguments.data, &findings, language))?;
    let outcome = compute(&checked.definition, &table)?;
    if arguments.uncertain.asked() {
        return uncertain::print(&arguments.uncertain, &checked, &table, &outcome, (arguments.json, language));
    }
    let editions = editions(arguments.panel, checked.definition.edition(), outcome.rows().editions());
    let shown = Shown { checked: &checked, outcome: &outcome, warnings: &warnings, editions, language };
    match &arguments.unit {
        _ if arguments.json => json::print(&shown),
        Some(unit) => text::unit(&shown, unit),
        None => {
            text::tables(&shown);
            Ok(())
        }
    }
}

/// All editions, or the definition's own; the last one where the table has none by that name.
fn editions(panel: bool, own: &str, all: &[String]) -> Vec<usize> {
    if panel {
        return (0..all.len()).collect();
    }
    let own = all.iter().position(|edition| edition == own).or_else(|| all.len().checked_sub(1));
    own.into_iter().collect()
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// Prints every finding of a file that cannot be used.
fn refusal(file: &Path, findings: &[Finding], language: &str) -> anyhow::Error {
    for finding in findings {
        eprintln!("{}: {}", file.display(), text::finding(finding, language));
    }
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    anyhow::anyhow!("{}: {errors} errors", file.display())
}

/// The position of a unit among the rows of an edition.
fn row_of(shown: &Shown<'_>, edition: usize, unit: &str) -> Result<usize> {
    match shown.outcome.rows().find(edition, unit) {
        Some(row) => Ok(row),
        None => bail!("there is no unit {unit} in {}", shown.outcome.rows().editions().get(edition).map_or("", String::as_str)),
    }
}
