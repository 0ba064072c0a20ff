//! `hailong table load` and `hailong table check`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::show::{described, json as as_json, warnings};
use crate::cli::context::{note, now, operator};
use crate::cli::lang;
use crate::cli::{Context, file, findings};
use crate::jobs::composite::indicators::{self, Sheet};
use crate::jobs::load::composite;
use crate::schema::composite::{CompositeDefinition, parse_composite};
use crate::store::schemas::{self, IndexKind, IndexVersion, Published};
use crate::store::{Db, Store};
use crate::words::Finding;
use crate::words::Lang;

/// Most letters of a title.
const TITLE: usize = 200;

/// What to load.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The table as CSV: a line a value, or a line a unit with a column an indicator.
    csv: PathBuf,
    /// Code of the composite index.
    #[arg(long)]
    index: String,
    /// Its version, which is its edition.
    #[arg(long, value_name = "EDITION")]
    index_version: String,
    /// What people will call the table, at most 200 letters; by default its file's name.
    #[arg(long, value_parser = title)]
    title: Option<String>,
    #[command(flatten)]
    printing: Printing,
}

fn title(text: &str) -> Result<String, String> {
    if (1..=TITLE).contains(&text.trim().chars().count()) { Ok(text.trim().to_owned()) } else { Err(format!("1 to {TITLE} letters")) }
}

/// What to check.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CheckArguments {
    /// The table as CSV.
    csv: PathBuf,
    /// Code of a published composite index.
    #[arg(long, requires = "index_version", required_unless_present = "definition")]
    index: Option<String>,
    /// Its version, which is its edition.
    #[arg(long, value_name = "EDITION", requires = "index")]
    index_version: Option<String>,
    /// A definition that is not published.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["index", "index_version"])]
    definition: Option<PathBuf>,
    #[command(flatten)]
    printing: Printing,
}

/// How findings are printed.
#[derive(Debug, clap::Args)]
struct Printing {
    /// Everything as JSON.
    #[arg(long)]
    json: bool,
}

impl Printing {
    /// Prints every finding of a table that cannot be used.
    fn refusal(&self, name: &str, found: &[Finding]) -> anyhow::Error {
        if !self.json {
            return findings::refusal(name, found, lang::chosen());
        }
        println!("{}", json!({ "findings": found }));
        anyhow::anyhow!("{name}: {}", findings::errors(found.iter().filter(|finding| finding.is_error()).count(), lang::chosen()))
    }
}

/// Stores a table, and says what it is.
pub(super) fn load(context: &Context, arguments: &Arguments) -> Result<()> {
    let (name, text) = read(&arguments.csv, context.lang)?;
    let store = context.open()?;
    let (row, definition) = published(&store, &arguments.index, &arguments.index_version, context.lang)?;
    let stem = || arguments.csv.file_stem().unwrap_or_default().to_string_lossy().chars().take(TITLE).collect();
    let title = arguments.title.clone().unwrap_or_else(stem);
    let sheet = indicators::read(&title, &text, &definition).map_err(|found| arguments.printing.refusal(&name, &found))?;
    let loaded = store.write(|db| keep(db, &row, &sheet))?;
    let new = matches!(loaded, Published::New(_));
    let table = loaded.into_inner();
    if arguments.printing.json {
        let mut whole = as_json(&table, &row);
        whole["new"] = new.into();
        println!("{whole}");
        return Ok(());
    }
    findings::tell(&name, &sheet.warnings, context.lang);
    let lang = context.lang;
    let before = if new { "" } else { lang.pick(" đã có, như lần nạp trước", " is there already, as it was loaded before") };
    println!("{} {}{before}: {}", lang.pick("bảng", "table"), table.id, described(&table, &row, lang));
    Ok(())
}

fn keep(db: &mut Db, row: &IndexVersion, sheet: &Sheet) -> Result<Published<crate::store::indicators::IndicatorTable>> {
    let loaded = indicators::load(db, row.id, sheet, &operator(), now())?;
    if let Published::New(table) = &loaded {
        note(db, "table.load", &table.id.to_string())?;
    }
    Ok(loaded)
}

/// Says what is found in a table.
pub(super) fn check(context: &Context, arguments: &CheckArguments) -> Result<()> {
    let (name, text) = read(&arguments.csv, context.lang)?;
    let printing = &arguments.printing;
    let definition = match (&arguments.definition, &arguments.index, &arguments.index_version) {
        (Some(file), _, _) => {
            let (name, text) = read(file, context.lang)?;
            parse_composite(&text).map_err(|found| printing.refusal(&name, &found))?.definition
        }
        (None, Some(index), Some(version)) => published(&context.open()?, index, version, context.lang)?.1,
        _ => bail!("--index and --index-version, or --definition, say what the table is for"),
    };
    let sheet = indicators::read("", &text, &definition).map_err(|found| printing.refusal(&name, &found))?;
    let (values, units) = (sheet.contents.values.len(), sheet.contents.units.len());
    if printing.json {
        println!("{}", json!({ "warnings": sheet.warnings, "values": values, "units": units }));
        return Ok(());
    }
    for finding in &sheet.warnings {
        println!("{name}: {}", findings::line(finding, context.lang));
    }
    let lang = context.lang;
    let warnings = warnings(lang, sheet.warnings.len());
    let of = format!("{} {}", definition.code(), definition.edition());
    let values = lang.count(values, "giá trị", ["value", "values"]);
    println!(
        "{name}: {}",
        lang.pick(
            format!("{values} của {units} đơn vị theo kỳ, dùng cho {of}, {warnings}"),
            format!("{values} of {units} units and editions for {of}, {warnings}"),
        )
    );
    Ok(())
}

/// A published composite index.
fn published(store: &Store, code: &str, version: &str, lang: Lang) -> Result<(IndexVersion, CompositeDefinition)> {
    store.read(|db| {
        let none = || {
            let vi = format!("không có chỉ số {code} {version}: `hailong define TỆP` công bố định nghĩa");
            lang.pick(vi, format!("there is no index {code} {version}: `hailong define FILE` publishes one"))
        };
        let row = schemas::find_index(db, code, version)?.with_context(none)?;
        if row.kind == IndexKind::Survey {
            let vi = format!("{code} {version} là chỉ số của một khảo sát, không phải chỉ số tổng hợp: không nhận bảng số liệu");
            bail!("{}", lang.pick(vi, format!("the index {code} {version} is of a survey, not a composite one: it takes no tables")));
        }
        let definition = composite(&row)?;
        Ok((row, definition))
    })
}

fn read(path: &Path, lang: Lang) -> Result<(String, String)> {
    Ok((path.display().to_string(), file::read(path, lang)?))
}
