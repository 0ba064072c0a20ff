//! Cells of a file → the JSON that a submission has.
//!
//! What cannot be read is handed on as it stands, so that the check of the answers says what is wrong with it.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::{Number, Value};

use super::columns::ItemColumns;
use super::map::ColumnMap;
use crate::schema::{Item, ItemKind, OptionList};
use crate::table::{MISSING, whole};
use crate::words::Finding;

/// The offset of `Asia/Ho_Chi_Minh`, the same all year.
const HANOI: i32 = 7 * 3600;

/// The answer to an item that a record gives, if it gives one.
pub(super) fn answer(
    item: (usize, &Item),
    columns: &ItemColumns,
    map: &ColumnMap,
    cell: &impl Fn(usize) -> String,
    findings: &mut Vec<Finding>,
) -> Option<Value> {
    let (position, item) = item;
    let given: Vec<String> = columns.whole.iter().map(|place| cell(*place)).filter(|text| !is_missing(item, text)).collect();
    if let Some(other) = given.iter().find(|text| **text != given[0]) {
        let (one, code) = (&given[0], item.code());
        let (vi, en) = (
            format!("Hai cột của câu “{code}” khác nhau: “{one}” và “{other}”"),
            format!("Two columns of the item “{code}” differ: “{one}” and “{other}”"),
        );
        findings.push(Finding::error(format!("/answers/{code}"), "columns-differ", vi, en));
    }
    let whole = given.first().map(|text| value(position, item, text, map));
    let split = split(item, columns, cell, findings);
    match (whole, split) {
        (Some(Value::Array(mut whole)), Some(mut split)) => {
            whole.sort_by_key(ToString::to_string);
            split.sort_by_key(ToString::to_string);
            if whole != split {
                let code = item.code();
                let (vi, en) = (
                    format!("Các cột lựa chọn của câu “{code}” không khớp với cột “{code}”"),
                    format!("The columns of single options of “{code}” do not agree with its own column"),
                );
                findings.push(Finding::error(format!("/answers/{code}"), "columns-differ", vi, en));
            }
            Some(Value::Array(whole))
        }
        (Some(whole), _) => Some(whole),
        (None, Some(split)) if columns.whole.is_empty() || !split.is_empty() => (!split.is_empty()).then_some(Value::Array(split)),
        (None, _) => None,
    }
}

/// The options that columns of their own say were chosen; `None` where all of them are empty.
fn split(item: &Item, columns: &ItemColumns, cell: &impl Fn(usize) -> String, findings: &mut Vec<Finding>) -> Option<Vec<Value>> {
    let mut chosen = None;
    for (place, option) in &columns.split {
        let text = cell(*place);
        let yes = match text.to_ascii_lowercase().as_str() {
            "" => continue,
            "1" | "1.0" | "true" | "yes" | "x" => true,
            "0" | "0.0" | "false" | "no" => false,
            _ => {
                let code = item.code();
                let (vi, en) = (
                    format!("“{text}” không phải là 0 hoặc 1 (cột {code}/{option})"),
                    format!("“{text}” is neither 0 nor 1 (column {code}/{option})"),
                );
                findings.push(Finding::error(format!("/answers/{code}"), "not-a-mark", vi, en));
                continue;
            }
        };
        let chosen: &mut Vec<Value> = chosen.get_or_insert_default();
        if yes {
            chosen.push(option.as_str().into());
        }
    }
    chosen
}

/// Whether a cell says that there is no answer.
fn is_missing(item: &Item, text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    if matches!(item.kind(), ItemKind::Text { .. }) || item.options().is_some_and(|options| options.number(text).is_some()) {
        return false;
    }
    MISSING.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// A cell as the JSON that its item takes.
fn value(position: usize, item: &Item, text: &str, map: &ColumnMap) -> Value {
    if let Some(said) = map.option(position, text) {
        return match item.kind() {
            ItemKind::Multiple { .. } if said.is_string() => Value::Array(vec![said.clone()]),
            _ => said.clone(),
        };
    }
    match item.kind() {
        ItemKind::Multiple { options, .. } => Value::Array(several(position, options, text, map)),
        ItemKind::Scale(options) | ItemKind::Single(options) => option(options, text).into(),
        ItemKind::Number { .. } => number(text),
        ItemKind::Date { .. } => day(text).map_or_else(|| text.into(), |day| day.to_string().into()),
        ItemKind::Text { .. } => text.into(),
    }
}

/// An option as its code; a whole number that a spreadsheet wrote as `4.0` is 4.
fn option(options: &OptionList, text: &str) -> String {
    let known = |code: &str| options.number(code).is_some();
    if !known(text)
        && let Some(whole) = whole(text)
        && known(whole)
    {
        return whole.to_owned();
    }
    text.to_owned()
}

/// Several options: between semicolons, or blanks as in Kobo and ODK, or commas. Of the ways to part them the first counts by which
/// all are options.
fn several(position: usize, options: &OptionList, text: &str, map: &ColumnMap) -> Vec<Value> {
    let code = |part: &str| map.option(position, part).cloned().unwrap_or_else(|| option(options, part).into());
    let parts = |separator: fn(char) -> bool| text.split(separator).map(str::trim).filter(|part| !part.is_empty());
    let ways: [fn(char) -> bool; 4] = [|c| c == ';', char::is_whitespace, |c| c == ',', |c| c == '|'];
    let known = |value: &Value| value.as_str().is_some_and(|code| options.number(code).is_some());
    let found = ways.into_iter().map(|way| parts(way).map(code).collect::<Vec<_>>()).find(|all| all.iter().all(known));
    found.unwrap_or_else(|| {
        let way = ways.into_iter().find(|way| parts(*way).count() > 1).unwrap_or(|c| c == ';');
        parts(way).map(code).collect()
    })
}

/// A number; a decimal comma became a point when the table was read, and a fraction of zeros is none.
fn number(text: &str) -> Value {
    let plain = whole(text).map_or(text, |whole| whole.strip_prefix('+').unwrap_or(whole));
    let plain = plain.trim_start_matches('0');
    let plain = if plain.is_empty() || plain.starts_with('.') { format!("0{plain}") } else { plain.to_owned() };
    serde_json::from_str::<Number>(&plain).map_or_else(|_| text.into(), Value::Number)
}

/// A day: `2024-09-01`, with or without a time behind it, or `1/9/2024`, the day first.
fn day(text: &str) -> Option<NaiveDate> {
    let date = text.split(['T', ' ']).next().unwrap_or(text);
    ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"].into_iter().find_map(|format| NaiveDate::parse_from_str(date, format).ok())
}

/// An instant: RFC 3339, or a day with a time in Hà Nội's, which is UTC+7 all year; `utc`: in UTC.
pub(super) fn instant(text: &str, utc: bool) -> Option<DateTime<FixedOffset>> {
    let spaced = text.replacen(' ', "T", 1);
    if let Ok(at) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc3339(&spaced)) {
        return Some(at);
    }
    // Kobo writes offsets without a colon at times.
    if let Ok(at) = DateTime::parse_from_str(&spaced, "%Y-%m-%dT%H:%M:%S%.f%z") {
        return Some(at);
    }
    let date = day(&spaced)?;
    let time = match spaced.split_once('T') {
        None => NaiveTime::MIN,
        Some((_, time)) => ["%H:%M:%S%.f", "%H:%M"].into_iter().find_map(|format| NaiveTime::parse_from_str(time, format).ok())?,
    };
    let offset = FixedOffset::east_opt(if utc { 0 } else { HANOI })?;
    NaiveDateTime::new(date, time).and_local_timezone(offset).single()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_the_makers_of_files_write_them() {
        let at = |text: &str, utc| instant(text, utc).map(|at| at.timestamp());
        let eight = Some(1_725_152_400); // 2024-09-01 08:00 in Hà Nội
        for text in [
            "2024-09-01T08:00:00+07:00",
            "2024-09-01T01:00:00.000Z",
            "2024-09-01 08:00:00",
            "1/9/2024 8:00",
            "2024-09-01T08:00:00.000+0700",
        ] {
            assert_eq!(at(text, false), eight, "{text}");
        }
        assert_eq!(at("2024-09-01T01:00:00", true), eight);
        assert_eq!(at("2024-09-01", false), eight.map(|at| at - 8 * 3600));
        for bad in ["", "hôm qua", "2024-13-01", "2024-09-01T25:00:00", "31/2/2024"] {
            assert_eq!(at(bad, false), None, "{bad}");
        }
    }

    #[test]
    fn numbers_lose_zeros_that_say_nothing_and_what_is_no_number_stays_as_it_stands() {
        let read = |text: &str| number(text).to_string();
        assert_eq!(["4.0", "007", "0", "0.5", "12.5", "-3"].map(read), ["4", "7", "0", "0.5", "12.5", "-3"]);
        assert_eq!(number("bốn mươi"), Value::from("bốn mươi"));
    }
}
