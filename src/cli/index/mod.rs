//! `hailong index`: a composite index from its definition and a table of indicators, or from a stored run.

mod explain;
mod json;
mod runs;
mod series;
mod source;
mod text;
mod uncertain;

pub(super) use text::told as targets;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use uuid::Uuid;

use crate::cli::Context;
use crate::index::composite::explain::{Subject, standard_error};
use crate::index::composite::targets::{TargetReport, assess};
use crate::index::composite::uncertainty::Errors;
use crate::index::composite::{Outcome, Release, State, Table, View};
use crate::schema::Finding;
use crate::schema::composite::{CheckedComposite, TargetKind};
use source::Source;

/// Which index, from which data.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The definition of the composite index.
    #[arg(long, required_unless_present = "run_id", requires = "data")]
    definition: Option<PathBuf>,
    /// The table of indicators as CSV: a line a value, or a line a unit with a column an indicator.
    #[arg(long, required_unless_present = "run_id", requires = "definition")]
    data: Option<PathBuf>,
    /// Instead of files: a finished run of a stored composite index, seen again with what it froze. Intervals are made anew, by the
    /// options given here.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["definition", "data", "runs", "before"])]
    run_id: Option<Uuid>,
    /// Every edition of the table, not the definition's alone. Goalposts of several editions take all of them either way.
    #[arg(long)]
    panel: bool,
    /// One unit in full: each indicator from its value to what it adds to the score.
    #[arg(long, conflicts_with = "public")]
    unit: Option<String>,
    #[command(flatten)]
    uncertain: uncertain::Questions,
    /// Why a unit has its score: contributions, points lost and who answers for them, distance from the best, change since the last
    /// edition.
    #[arg(long, value_name = "UNIT", conflicts_with_all = ["public", "unit", "geography"])]
    explain: Option<String>,
    /// With --explain: what it would take, and how likely it is already. rank:20, score:69.5, rise:5 (ranks), gain:1.5 (points).
    #[arg(long, requires = "explain", value_parser = explain::target)]
    target: Option<TargetKind>,
    /// With --explain: the definition of the last edition, where weights or the tree changed; it reads the same table.
    #[arg(long, requires = "explain", value_name = "DEFINITION")]
    before: Option<PathBuf>,
    /// Show editions on one list of units (vn-64, vn-63, vn-34): units that merged are rebuilt from their parts.
    #[arg(long, value_name = "LIST", conflicts_with_all = ["public", "unit"])]
    geography: Option<String>,
    /// With --geography: the denominator by which parts are weighed, such as the population. Left out: equally.
    #[arg(long, requires = "geography", value_name = "COLUMN")]
    weight: Option<String>,
    /// With --geography: the list that an edition was made for, where its name and units do not tell it.
    #[arg(long = "list", requires = "geography", value_name = "EDITION=LIST", value_parser = series::list)]
    lists: Vec<(String, String)>,
    /// A run as `hailong run --json` prints it, for leaves that its survey measures; with the edition that takes its values, if it is
    /// not the definition's.
    #[arg(long = "run", value_name = "[EDITION=]FILE", value_parser = runs::parse)]
    runs: Vec<runs::RunFile>,
    /// What everybody may see: few answers hidden, only the best so many where the definition says so.
    #[arg(long)]
    public: bool,
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
    initial: &'a State,
    warnings: &'a [Finding],
    release: Release<'a>,
    view: View,
    table: &'a Table,
    /// The errors of its values.
    errors: &'a Errors,
    targets: Vec<TargetReport>,
    /// Positions of the editions shown.
    editions: Vec<usize>,
    language: &'static str,
}

impl Shown<'_> {
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
}

/// Computes and prints scores, ranks, stages and contributions.
pub(super) fn index(context: &Context, arguments: &Arguments) -> Result<()> {
    let language = if arguments.vi { "vi" } else { "en" };
    let source = Source::open(context, arguments, language)?;
    let Source { checked, table, warnings, initial, outcome, errors, rules } = &source;
    if arguments.uncertain.asked() && arguments.geography.is_none() {
        return uncertain::print(&arguments.uncertain, &source, (arguments.json, language));
    }
    let editions = editions(arguments.panel, checked.definition.edition(), outcome.rows().editions());
    let subject = Subject { definition: &checked.definition, initial, outcome, row: 0 };
    let error = |node: usize, row: usize| standard_error(&subject.at(row), table, node);
    let targets = assess(&checked.definition, outcome, &error, rules);
    let release = Release::new(&checked.definition, outcome, table);
    let view = if arguments.public { View::Public } else { View::Office };
    let shown = Shown { checked, outcome, initial, warnings, release, view, table, errors, targets, editions, language };
    if let Some(unit) = &arguments.explain {
        return explained(arguments, &shown, unit);
    }
    let series = match &arguments.geography {
        Some(list) => Some(series::series(&shown, list, arguments)?),
        None => None,
    };
    match (&arguments.unit, &series) {
        _ if arguments.json => json::print(&shown, series.as_ref()),
        (Some(unit), _) => text::unit(&shown, unit),
        (None, Some(series)) => {
            series::print(&shown, series);
            Ok(())
        }
        (None, None) => {
            text::tables(&shown);
            Ok(())
        }
    }
}

/// Explains a unit in the last edition shown.
fn explained(arguments: &Arguments, shown: &Shown<'_>, unit: &str) -> Result<()> {
    let Some(edition) = shown.editions.last() else { bail!("there is no edition") };
    let subject = shown.subject(row_of(shown, *edition, unit)?);
    let Some(file) = &arguments.before else {
        return explain::print(shown, &subject, subject.before().as_ref(), arguments.target, arguments.json);
    };
    let Source { checked, initial, outcome, .. } = Source::files(file, arguments, shown.language)?;
    let place = outcome.rows().editions().iter().position(|edition| edition == checked.definition.edition());
    let row = place.and_then(|edition| outcome.rows().find(edition, unit));
    let before = row.map(|row| Subject { definition: &checked.definition, initial: &initial, outcome: &outcome, row });
    if before.is_none() {
        bail!("there is no unit {unit} in {}, the edition of {}", checked.definition.edition(), file.display());
    }
    explain::print(shown, &subject, before.as_ref(), arguments.target, arguments.json)
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
    crate::cli::findings::refusal(&file.display().to_string(), findings, language)
}

/// The position of a unit among the rows of an edition.
fn row_of(shown: &Shown<'_>, edition: usize, unit: &str) -> Result<usize> {
    match shown.outcome.rows().find(edition, unit) {
        Some(row) => Ok(row),
        None => bail!("there is no unit {unit} in {}", shown.outcome.rows().editions().get(edition).map_or("", String::as_str)),
    }
}

/// Whether a target may be told: the office sees all, the public those of figures that are published.
fn told(shown: &Shown<'_>, report: &TargetReport) -> bool {
    let target = &report.target;
    let definition = &shown.checked.definition;
    let node = target.node.as_ref().and_then(|code| definition.position(code)).unwrap_or(0);
    let name = target.edition.as_deref().unwrap_or(definition.edition());
    let edition = shown.outcome.rows().editions().iter().position(|edition| edition == name);
    let row = edition.and_then(|edition| shown.outcome.rows().find(edition, &target.unit));
    shown.view == View::Office || row.is_some_and(|row| shown.release.hidden(node, row).is_none())
}
