//! A series of scores on one list of units.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

use super::arguments::{Intervals, Series as Arguments};
use super::{Shown, json, uncertainty};
use crate::cli::{findings, lang};
use crate::composite::geography::{Request, Series, SeriesEdition, SeriesPrecision, SeriesUnit, rebuild};
use crate::composite::uncertainty::{Method, propagate};
use crate::unit::national;
use crate::words::Lang;

/// `EDITION=LIST`.
pub(super) fn list(text: &str) -> Result<(String, String), String> {
    let (edition, list) = text
        .split_once('=')
        .ok_or_else(|| lang::chosen().pick(format!("“{text}” không có dạng ẤN_BẢN=DANH_MỤC"), format!("“{text}” is not EDITION=LIST")))?;
    Ok((edition.to_owned(), list.to_owned()))
}

/// Prints the series that is asked for.
pub(super) fn print(shown: &Shown<'_>, arguments: &Arguments) -> Result<()> {
    let series = series(shown, arguments)?;
    if arguments.json {
        return json::print_series(shown, &series);
    }
    tables(shown, &series);
    Ok(())
}

/// The outcome on the list wanted, with intervals where they are asked for.
fn series(shown: &Shown<'_>, arguments: &Arguments) -> Result<Series> {
    let list = &arguments.geography;
    let units = national().with_context(|| {
        shown.lang.pick("các danh mục đơn vị kèm theo không khớp nhau", "the embedded lists of units do not fit together")
    })?;
    let lists: BTreeMap<String, String> = arguments.lists.iter().cloned().collect();
    let editions = shown.editions.iter().map(|place| shown.edition(*place).to_owned()).collect();
    let request = Request { list: list.clone(), weight: arguments.weight.clone(), lists, editions };
    let mut series = rebuild(&shown.checked.definition, shown.outcome, units, &request).map_err(|findings| {
        let told: Vec<String> = findings.iter().map(|finding| findings::line(finding, shown.lang)).collect();
        anyhow::anyhow!(told.join("; "))
    })?;
    if series.editions.iter().all(|edition| edition.units.is_empty()) {
        findings::tell(list, &series.findings, shown.lang);
        let vi = format!("không đưa được đơn vị nào lên danh mục {list}");
        bail!("{}", shown.lang.pick(vi, format!("no unit could be shown on the list {list}")));
    }
    if let Some(asked) = arguments.intervals() {
        intervals(shown, asked, &mut series)?;
    }
    Ok(series)
}

/// Carries the errors of the table's values to the figures of each edition.
fn intervals(shown: &Shown<'_>, asked: &Intervals, series: &mut Series) -> Result<()> {
    let definition = &shown.checked.definition;
    let errors = uncertainty::errors(asked, shown.errors, definition, shown.table, shown.lang)?;
    for edition in &shown.editions {
        let edition = shown.edition(*edition);
        let found = propagate(definition, shown.table, shown.outcome, &errors, edition, &asked.options())?;
        series.add_uncertainty(definition, edition, &found);
    }
    Ok(())
}

/// The findings, then the units of each edition by rank.
fn tables(shown: &Shown<'_>, series: &Series) {
    println!("{} · {}", shown.checked.definition.code(), series.list);
    for finding in &series.findings {
        println!("  {}", findings::capped(finding.message(shown.lang)));
    }
    for edition in &series.editions {
        table(shown, edition);
    }
}

fn table(shown: &Shown<'_>, edition: &SeriesEdition) {
    let decimals = shown.decimals();
    let flag = if edition.rebuilt { shown.lang.pick(" · tính lại", " · rebuilt") } else { "" };
    println!("\n{} · {}{flag}", edition.edition, edition.from);
    if let Some(precision) = &edition.precision {
        println!("  {}", said(precision, shown.lang));
    }
    let mut units: Vec<&SeriesUnit> = edition.units.iter().collect();
    units.sort_by_key(|unit| unit.rank.unwrap_or(u32::MAX));
    for unit in units {
        let rank = unit.rank.map_or("–".to_owned(), |rank| rank.to_string());
        let score = unit.scores.first().copied().flatten().map_or("–".to_owned(), |score| format!("{score:.decimals$}"));
        let interval = match unit.intervals.first().copied().flatten() {
            Some(found) => format!(" {:>9.3} {:>10.3} {:>10.3}", found.se, found.low, found.high),
            None if edition.precision.is_some() => format!(" {:>9} {:>10} {:>10}", "–", "–", "–"),
            None => String::new(),
        };
        let parts: Vec<&str> = unit.parts.iter().map(|part| part.unit.as_str()).collect();
        let from = if unit.rebuilt { format!("  * {}", parts.join(" + ")) } else { String::new() };
        println!("  {rank:>5}  {:<6} {:<28} {score:>10}{interval}{from}", unit.unit, unit.name);
    }
}

/// How the columns of standard error and interval were found.
fn said(precision: &SeriesPrecision, lang: Lang) -> String {
    let method = match precision.method {
        Method::Delta => lang.pick("phương pháp delta", "the delta method").to_owned(),
        Method::Replicates => lang.count(precision.replicates, "mẫu lặp", ["replicate", "replicates"]),
    };
    let level = precision.level;
    lang.pick(
        format!("điểm, sai số chuẩn, khoảng tin cậy {level} ({method}; coi trọng số là đã biết)"),
        format!("score, standard error, interval at level {level} ({method}; weights count as known)"),
    )
}
