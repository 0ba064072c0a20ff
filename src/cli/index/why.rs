//! `hailong index explain`: which rows are compared, and why one has no score.

use anyhow::{Result, bail};

use super::arguments::Explain;
use super::explain::{self, Since};
use super::source::Source;
use super::stages::listed;
use super::{Shown, no_unit};
use crate::composite::explain::Subject;

/// Explains a unit in the edition shown.
pub(super) fn explained(arguments: &Explain, shown: &Shown<'_>) -> Result<()> {
    let (lang, unit) = (shown.lang, arguments.unit.as_str());
    let edition = shown.editions.last().copied().unwrap_or_default();
    let Some(row) = shown.outcome.rows().find(edition, unit) else { bail!("{}", no_unit(lang, unit, shown.edition(edition))) };
    let subject = shown.subject(row);
    if shown.outcome.score(0, row).is_none() {
        bail!("{}", unscored(shown, &subject));
    }
    let Some(file) = &arguments.before else {
        let (since, told) = earlier(shown, &subject);
        let direct = subject.before();
        return explain::print(shown, &subject, &Since { compared: since, told, direct }, arguments);
    };
    let source = Source::files(file, &arguments.from, lang)?;
    let (definition, outcome) = (&source.checked.definition, &source.outcome);
    let (own, name) = (definition.edition(), file.display());
    if own == subject.edition() {
        bail!(
            "{}",
            lang.pick(
                format!("--before: {name} cũng là định nghĩa của kỳ {own}, kỳ đang giải thích: cần định nghĩa của một kỳ khác"),
                format!("--before: {name} is of {own} too, the edition that is explained: the definition of another one is needed"),
            )
        );
    }
    let place = outcome.rows().editions().iter().position(|edition| edition == own);
    let row = place.and_then(|edition| outcome.rows().find(edition, unit)).filter(|row| outcome.score(0, *row).is_some());
    let before = row.map(|row| Subject { definition, initial: &source.initial, outcome, row });
    if before.is_none() {
        bail!(
            "{}",
            lang.pick(
                format!("đơn vị {unit} không có điểm trong kỳ {own}, kỳ của {name}"),
                format!("the unit {unit} has no score in {own}, the edition of {name}"),
            )
        );
    }
    let told = Some(format!("{name} · {} {own}", definition.code()));
    explain::print(shown, &subject, &Since { compared: before, told, direct: before }, arguments)
}

/// The last edition before in which the unit has a score, and what is to be said where it is not the one right before.
fn earlier<'s>(shown: &'s Shown<'_>, subject: &Subject<'s>) -> (Option<Subject<'s>>, Option<String>) {
    let (lang, rows) = (shown.lang, shown.outcome.rows());
    let own = rows.edition_of(subject.row);
    let Some(last) = own.checked_sub(1) else { return (None, None) };
    let scored = |edition: usize| rows.find(edition, subject.unit()).filter(|row| shown.outcome.score(0, *row).is_some());
    let found = (0..own).rev().find_map(|edition| Some((edition, scored(edition)?)));
    let (unit, skipped) = (subject.unit(), shown.edition(last));
    match found {
        Some((edition, row)) if edition == last => (Some(subject.at(row)), None),
        Some((edition, row)) => {
            let then = shown.edition(edition);
            let told = lang.pick(
                format!("kỳ {skipped} không có điểm của {unit}, nên so với kỳ {then}"),
                format!("{unit} has no score in {skipped}, so it is compared with {then}"),
            );
            (Some(subject.at(row)), Some(told))
        }
        None => {
            let told = lang.pick(
                format!("không kỳ nào trước kỳ này có điểm của {unit} để so sánh"),
                format!("no edition before has a score of {unit} to compare with"),
            );
            (None, Some(told))
        }
    }
}

/// Why a row has no score: which indicators have no value, and which no score for the value that they have.
fn unscored(shown: &Shown<'_>, subject: &Subject<'_>) -> String {
    let (lang, unit, edition) = (shown.lang, subject.unit(), subject.edition());
    let leaves = || subject.definition.leaves().filter(|(place, ..)| shown.outcome.score(*place, subject.row).is_none());
    let valued = |code: &str| shown.table.get(edition, unit, code).is_some_and(|observation| observation.value.is_some());
    let of = |has_value: bool| {
        let codes = leaves().map(|(_, node, _)| node.code()).filter(|code| valued(code) == has_value);
        codes.map(str::to_owned).collect::<Vec<_>>()
    };
    let (missing, flat) = (of(false), of(true));
    let mut why = Vec::new();
    if !missing.is_empty() {
        why.push(format!("{} {}", lang.pick("thiếu giá trị của", "there is no value of"), listed(&missing, lang)));
    }
    if !flat.is_empty() {
        let list = listed(&flat, lang);
        why.push(lang.pick(format!("giá trị của {list} không cho điểm nào"), format!("the values of {list} give no score")));
    }
    let said = lang.pick(format!("{unit} không có điểm trong kỳ {edition}"), format!("{unit} has no score in {edition}"));
    if why.is_empty() { said } else { format!("{said}: {}", why.join("; ")) }
}
