//! `hailong units`: provinces, communes and the office's own agencies.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use crate::cli::context::myself;
use crate::cli::lang::refused;
use crate::cli::{Context, file};
use crate::office::units::{self, Filter};
use crate::unit::{UnitKind, UnitRecord};

/// What to do with units.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Adds an office's own units, and what units that are there are now. Nothing is overwritten: editions keep the names that they were
    /// published under.
    Add {
        /// `list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from,valid_to`.
        file: PathBuf,
    },
    /// Lists units.
    List {
        /// Of this code list, such as vn-34.
        #[arg(long)]
        list: Option<String>,
        /// Of this kind: country, province, district, commune, village or agency.
        #[arg(long, value_parser = kind)]
        kind: Option<UnitKind>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

fn kind(name: &str) -> Result<UnitKind, String> {
    UnitKind::parse(name).ok_or_else(|| format!("one of {}", UnitKind::ALL.map(UnitKind::as_str).join(", ")))
}

/// Does it.
pub(super) fn units(context: &Context, command: &Command) -> Result<()> {
    let lang = context.lang;
    match command {
        Command::Add { file: path } => {
            let table = file::bytes(path, lang)?;
            let office = context.office_or_new()?;
            let seeded = office.act(&myself(&office)?, |act| units::add(act, &table)).map_err(refused)?;
            let (added, changed) = (seeded.added, seeded.changed);
            println!("{}", lang.pick(format!("thêm {added} đơn vị, {changed} đổi"), format!("{added} units added, {changed} changed")));
        }
        Command::List { list, kind, json } => {
            let filter = Filter { list: list.clone(), kind: *kind };
            let office = context.office()?;
            let records = office.look(&myself(&office)?, |look| units::list(look, &filter)).map_err(refused)?;
            if *json {
                println!("{}", records.iter().map(body).collect::<Value>());
                return Ok(());
            }
            for record in &records {
                let name = lang.pick(&record.name_vi, &record.name_en);
                let until = record.valid_to.map(|day| day.to_string()).unwrap_or_default();
                println!("{}:{}  {:<8}  {} – {until}  {name}", record.list, record.code, record.kind.as_str(), record.valid_from);
            }
        }
    }
    Ok(())
}

/// A unit as the API answers it.
fn body(record: &UnitRecord) -> Value {
    json!({
        "list": record.list, "code": record.code, "kind": record.kind.as_str(), "name_vi": record.name_vi, "name_en": record.name_en,
        "parent": record.parent.as_ref().map(|(list, code)| json!({ "list": list, "code": code })),
        "valid_from": record.valid_from.to_string(), "valid_to": record.valid_to.map(|day| day.to_string()),
    })
}
