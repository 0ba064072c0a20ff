//! `hailong table load` and `hailong table check`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::json;

use super::show::{described, json as as_json, warnings};
use crate::cli::context::myself;
use crate::cli::lang::{self, refused};
use crate::cli::{Context, file, findings};
use crate::jobs::composite::indicators;
use crate::office::{Actor, indicators as tables};
use crate::schema::composite::parse_composite;
use crate::words::Finding;
use crate::words::Lang;

/// Most letters of a title.
const TITLE: usize = 200;

/// What to load.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The table as CSV or XLSX: a line a value, or a line a unit with a column an indicator.
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
    if (1..=TITLE).contains(&text.trim().chars().count()) {
        Ok(text.trim().to_owned())
    } else {
        Err(lang::chosen().pick(format!("cần 1 đến {TITLE} ký tự"), format!("1 to {TITLE} letters")))
    }
}

/// What to check.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CheckArguments {
    /// The table as CSV or XLSX.
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
    let (name, bytes) = table(&arguments.csv, context.lang)?;
    let office = context.office()?;
    let me = myself(&office)?;
    let stem = || arguments.csv.file_stem().unwrap_or_default().to_string_lossy().chars().take(TITLE).collect();
    let title = arguments.title.clone().unwrap_or_else(stem);
    let (index, version) = (&arguments.index, &arguments.index_version);
    let sent = office.look(&me, |look| tables::prepare(look, index, version, &title, &bytes)).map_err(refused)?;
    if let (true, Err(found)) = (arguments.printing.json, sent.sheet()) {
        return Err(arguments.printing.refusal(&name, found));
    }
    let (new, table) = office.act(&me, |act| tables::load(act, &sent)).map_err(|refusal| refused(refusal.of_file(&name)))?;
    if arguments.printing.json {
        let mut whole = as_json(&table);
        whole["new"] = new.into();
        println!("{whole}");
        return Ok(());
    }
    findings::tell(&name, sent.findings(), context.lang);
    let lang = context.lang;
    let before = if new { "" } else { lang.pick(" đã có, như lần nạp trước", " is there already, as it was loaded before") };
    println!("{} {}{before}: {}", lang.pick("bảng", "table"), table.table.id, described(&table, lang));
    Ok(())
}

/// Says what is found in a table.
pub(super) fn check(context: &Context, arguments: &CheckArguments) -> Result<()> {
    let (name, bytes) = table(&arguments.csv, context.lang)?;
    let printing = &arguments.printing;
    let definition = match (&arguments.definition, &arguments.index, &arguments.index_version) {
        (Some(file), _, _) => {
            let (name, text) = read(file, context.lang)?;
            parse_composite(&text).map_err(|found| printing.refusal(&name, &found))?.definition
        }
        (None, Some(index), Some(version)) => {
            context.office()?.look(&Actor::anyone(), |look| tables::definition(look, index, version)).map_err(refused)?.1
        }
        _ => bail!(context.lang.pick(
            "hãy nêu --index và --index-version, hoặc --definition, để biết bảng dùng cho chỉ số nào",
            "--index and --index-version, or --definition, say what the table is for",
        )),
    };
    let sheet = indicators::read("", &bytes, &definition).map_err(|found| printing.refusal(&name, &found))?;
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

fn table(path: &Path, lang: Lang) -> Result<(String, Vec<u8>)> {
    Ok((path.display().to_string(), file::bytes(path, lang)?))
}

fn read(path: &Path, lang: Lang) -> Result<(String, String)> {
    Ok((path.display().to_string(), file::read(path, lang)?))
}
