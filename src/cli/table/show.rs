//! `hailong table list` and `hailong table show`.

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::Context;
use crate::cli::context::myself;
use crate::cli::lang::{self, refused};
use crate::cli::show::padded;
use crate::office::indicators::{self as tables, Table};
use crate::store::indicators::{self, Filter};
use crate::words::Lang;
use crate::words::encode::hex;
use crate::words::encode::rfc3339;

/// Rows of one table on the screen; the rest is a line that says how many.
const ROWS: usize = 100;

/// Which tables.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ListArguments {
    /// Of this index only.
    #[arg(long)]
    index: Option<String>,
    /// Everything as JSON.
    #[arg(long)]
    json: bool,
}

/// Which values of which table.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The number of the table.
    id: i32,
    /// Values of this unit.
    #[arg(long)]
    unit: Option<String>,
    /// Values of this indicator or denominator.
    #[arg(long)]
    indicator: Option<String>,
    /// Values of this edition.
    #[arg(long)]
    edition: Option<String>,
    /// Everything as JSON.
    #[arg(long)]
    json: bool,
}

/// Lists tables.
pub(super) fn list(context: &Context, arguments: &ListArguments) -> Result<()> {
    let office = context.office()?;
    let tables = office.look(&myself(&office)?, |look| tables::list(look, arguments.index.as_deref(), None, i64::MAX)).map_err(refused)?;
    if arguments.json {
        println!("{}", tables.iter().map(json).collect::<Value>());
        return Ok(());
    }
    for table in &tables {
        println!("{:>4}  {}", table.table.id, described(table, context.lang));
    }
    Ok(())
}

/// Shows values.
pub(super) fn show(context: &Context, arguments: &Arguments) -> Result<()> {
    let id = arguments.id;
    let filter = Filter {
        edition: arguments.edition.clone(),
        unit: arguments.unit.clone(),
        indicator: arguments.indicator.clone(),
        after_ord: None,
    };
    let lang = context.lang;
    let office = context.office()?;
    let found = office.look(&myself(&office)?, |look| Ok((tables::get(look, id)?, tables::values(look, id, &filter, i64::MAX)?)));
    let (table, values) = found.map_err(refused)?;
    if arguments.json {
        let mut whole = json(&table);
        whole["items"] = values.iter().map(value).collect();
        println!("{whole}");
        return Ok(());
    }
    println!("{} {id}: {}", lang.pick("bảng", "table"), described(&table, lang));
    let [edition, unit, indicator, revision, number, error, status, date, source] = lang.pick(
        ["kỳ", "đơn vị", "chỉ tiêu", "bản", "giá trị", "sai số chuẩn", "nguồn gốc", "ngày", "nguồn"],
        ["edition", "unit", "indicator", "rev", "value", "se", "status", "date", "source"],
    );
    println!("\n  {edition:<10} {unit:<12} {indicator:<20} {revision:>3} {number:>14} {error:>12}  {status:<9} {date:<10} {source}");
    for value in values.iter().take(ROWS) {
        line(value);
    }
    lang::more(lang, values.len(), ROWS, "giá trị", ["value", "values"]);
    Ok(())
}

fn line(value: &indicators::Value) {
    let number = |number: Option<f64>| number.map_or("–".to_owned(), |number| number.to_string());
    let measured_in = value.measured_in.as_ref().map(|unit| format!(" [{unit}]")).unwrap_or_default();
    println!(
        "  {} {} {} {:>3} {:>14} {:>12}  {:<9} {:<10} {}{measured_in}",
        padded(&value.edition, 10),
        padded(&value.unit, 12),
        padded(&value.indicator, 20),
        value.revision,
        number(value.value),
        number(value.standard_error),
        value.status,
        value.date.as_deref().unwrap_or_default(),
        value.source.as_deref().unwrap_or_default(),
    );
}

/// A table in a line.
pub(super) fn described(found: &Table, lang: Lang) -> String {
    let table = &found.table;
    let list = |text: &str| serde_json::from_str::<Vec<Value>>(text).unwrap_or_default(); // written as lists
    let editions: Vec<String> = list(&table.editions).iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
    let (of, at, by) = (format!("{} {} · “{}”", found.index, found.version, table.title), rfc3339(table.loaded_at), &table.loaded_by);
    let (n, units, editions, warnings) = (table.n_values, table.n_units, editions.join(", "), warnings(lang, list(&table.findings).len()));
    lang.pick(
        format!("{of} · {n} giá trị của {units} đơn vị theo kỳ ({editions}) · {warnings} · {by} nạp lúc {at}"),
        format!("{of} · {n} values of {units} units and editions ({editions}) · {warnings} · loaded {at} by {by}"),
    )
}

/// `1 warning`, `2 warnings`.
pub(super) fn warnings(lang: Lang, n: usize) -> String {
    lang.count(n, "cảnh báo", ["warning", "warnings"])
}

/// A table without its values.
pub(super) fn json(found: &Table) -> Value {
    let table = &found.table;
    let list = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default(); // written as lists
    json!({
        "id": table.id,
        "index": found.index,
        "version": found.version,
        "title": table.title,
        "sha256": hex(&table.sha256),
        "values": table.n_values,
        "units": table.n_units,
        "editions": list(&table.editions),
        "warnings": list(&table.findings),
        "loaded_at": rfc3339(table.loaded_at),
        "loaded_by": table.loaded_by,
    })
}

fn value(value: &indicators::Value) -> Value {
    json!({
        "edition": value.edition,
        "unit": value.unit,
        "indicator": value.indicator,
        "revision": value.revision,
        "value": value.value,
        "measured_in": value.measured_in,
        "date": value.date,
        "source": value.source,
        "status": value.status,
        "standard_error": value.standard_error,
        "df": value.df,
        "n": value.n,
    })
}
