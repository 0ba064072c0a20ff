//! `hailong index`: a composite index from its definition and a table of indicators, or from a stored run.

mod aim;
mod coherence;
mod explain;
mod intervals;
mod json;
mod ranges;
mod runs;
mod series;
mod source;
mod stages;
mod text;
mod uncertain;
mod veil;
mod why;

pub(super) use text::judged as targets;

use std::path::PathBuf;

use anyhow::{Result, bail};
use uuid::Uuid;

use crate::cli::Context;
use crate::cli::lang;
use crate::composite::explain::{Subject, standard_error};
use crate::composite::targets::{TargetReport, assess};
use crate::composite::uncertainty::Errors;
use crate::composite::{Outcome, Release, State, Table, View};
use crate::schema::composite::{CheckedComposite, TargetKind};
use crate::words::Finding;
use crate::words::Lang;
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
    #[arg(long, conflicts_with = "explain")]
    panel: bool,
    /// Another edition of the table than the definition's own.
    #[arg(long, conflicts_with = "panel")]
    edition: Option<String>,
    /// One unit in full: each indicator from its value to what it adds to the score.
    #[arg(long, conflicts_with_all = ["public", "uncertainty", "sensitivity"])]
    unit: Option<String>,
    /// How the parts of the index hang together: statistics of every node, Cronbach's alpha, correlations with the node above,
    /// effective weights.
    #[arg(long, conflicts_with_all = ["public", "unit", "explain", "geography", "uncertainty", "sensitivity"])]
    coherence: bool,
    #[command(flatten)]
    uncertain: uncertain::Questions,
    /// Why a unit has its score: contributions, points lost and who answers for them, distance from the best, change since the last
    /// edition in which it has one.
    #[arg(long, value_name = "UNIT", conflicts_with_all = ["public", "unit", "geography", "uncertainty", "sensitivity"])]
    explain: Option<String>,
    /// With --explain: what it would take, and how likely it is already. rank:20, score:69.5, rise:5 (ranks), gain:1.5 (points).
    #[arg(long, requires = "explain", value_parser = aim::target)]
    target: Option<TargetKind>,
    /// With --explain: the definition of an earlier edition to compare with, where weights or the tree changed; it reads the same table.
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
    /// The one unit that is asked for.
    unit: Option<&'a str>,
    lang: Lang,
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

    /// Decimals of printed scores.
    fn decimals(&self) -> usize {
        self.checked.definition.publication().decimals.map_or(2, |decimals| decimals as usize)
    }
}

/// Computes and prints scores, ranks, stages and contributions.
pub(super) fn index(context: &Context, arguments: &Arguments) -> Result<()> {
    let lang = context.lang;
    computed(context, arguments, lang).map_err(|error| lang::error(lang, error))
}

fn computed(context: &Context, arguments: &Arguments, lang: Lang) -> Result<()> {
    let source = Source::open(context, arguments, lang)?;
    let Source { checked, table, warnings, initial, outcome, errors, rules } = &source;
    let editions = editions(arguments, checked.definition.edition(), outcome.rows().editions(), lang)?;
    let subject = Subject { definition: &checked.definition, initial, outcome, row: 0 };
    let error = |node: usize, row: usize| standard_error(&subject.at(row), table, node);
    let targets = assess(&checked.definition, outcome, &error, rules);
    let release = Release::new(&checked.definition, outcome, table);
    let view = if arguments.public { View::Public } else { View::Office };
    let unit = arguments.unit.as_deref();
    let shown = Shown { checked, outcome, initial, warnings, release, view, table, errors, targets, editions, unit, lang };
    if arguments.coherence {
        return coherence::print(&shown, arguments.json);
    }
    if arguments.uncertain.asked() && arguments.geography.is_none() {
        return uncertain::print(&shown, arguments);
    }
    if let Some(unit) = &arguments.explain {
        return why::explained(arguments, &shown, unit);
    }
    let series = arguments.geography.as_ref().map(|list| series::series(&shown, list, arguments)).transpose()?;
    if let Some(unit) = unit {
        known(&shown, unit)?;
    }
    match (unit, &series) {
        _ if arguments.json => json::print(&shown, series.as_ref())?,
        (Some(unit), _) => text::unit(&shown, unit),
        (None, Some(series)) => series::print(&shown, series),
        (None, None) => text::tables(&shown),
    }
    Ok(())
}

/// All editions of the table, the one named, or else the definition's own.
fn editions(arguments: &Arguments, own: &str, all: &[String], lang: Lang) -> Result<Vec<usize>> {
    if arguments.panel {
        return Ok((0..all.len()).collect());
    }
    let wanted = arguments.edition.as_deref().unwrap_or(own);
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

/// Whether a target may be told: the office sees all, the public those of figures that are published.
fn told(shown: &Shown<'_>, report: &TargetReport) -> bool {
    if shown.view == View::Office {
        return true;
    }
    let (target, definition, rows) = (&report.target, &shown.checked.definition, shown.outcome.rows());
    let node = target.node.as_ref().and_then(|code| definition.position(code)).unwrap_or(0);
    let name = target.edition.as_deref().unwrap_or(definition.edition());
    let Some(edition) = rows.editions().iter().position(|edition| edition == name) else { return false };
    let seen = |edition: usize| rows.find(edition, &target.unit).map(|row| shown.release.hidden(node, row).is_none());
    // A gain and the figure of today are the figure of before.
    let gain = matches!(target.kind, TargetKind::RankGain { .. } | TargetKind::ScoreGain { .. });
    let before = edition.checked_sub(1).filter(|_| gain).and_then(seen);
    seen(edition).unwrap_or(false) && before.unwrap_or(true)
}
