//! Indicator tables: the values that composite indices are computed from. A statistician loads them; nothing of a table ever changes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::definitions::{self, Kind};
use super::{Act, Action, Code, Look, Refusal};
use crate::jobs::composite::indicators::{self, Sheet};
use crate::jobs::load;
use crate::schema::composite::CompositeDefinition;
use crate::store::indicators::{self as stored, Filter, IndicatorTable, Value};
use crate::store::schemas::{self, IndexKind, IndexVersion, Published};
use crate::words::Finding;

/// Most letters of a title.
const TITLE: usize = 200;

/// A table that somebody sends, read for the version of an index.
pub struct Sent {
    index: IndexVersion,
    read: Result<Sheet, Vec<Finding>>,
}

/// A loaded table, with the index that it was loaded for.
#[derive(Debug)]
pub struct Table {
    /// The table without its values.
    pub table: IndicatorTable,
    /// Code of the index.
    pub index: String,
    /// Version of the definition that it was checked against.
    pub version: String,
}

impl Sent {
    /// The table, or every finding where it cannot be used.
    ///
    /// # Errors
    /// The findings.
    pub fn sheet(&self) -> Result<&Sheet, &[Finding]> {
        self.read.as_ref().map_err(Vec::as_slice)
    }

    /// Everything found.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        self.sheet().map_or_else(|found| found, |sheet| &sheet.warnings)
    }
}

/// A published composite index.
///
/// # Errors
/// `not-found`, with the nearest names; `indicators-invalid` for an index of a survey, which takes no table.
pub fn definition(look: &mut Look<'_>, code: &str, version: &str) -> Result<(IndexVersion, CompositeDefinition), Refusal> {
    let Some(row) = schemas::find_index(look.db, code, version)? else {
        return Err(definitions::missing(look, Kind::Index, code, version)?);
    };
    if row.kind == IndexKind::Survey {
        return Err(Refusal::because(Code::IndicatorsInvalid, not_composite()));
    }
    let definition = load::composite(&row)?;
    Ok((row, definition))
}

fn not_composite() -> Finding {
    let (vi, en) = ("Chỉ số này tính từ khảo sát, không nhận bảng chỉ tiêu", "This is a survey's index: it takes no tables");
    Finding::error("", "not-composite", vi, en)
}

/// Reads a table for a version of a composite index, to say what is wrong with it.
///
/// # Errors
/// `forbidden`, `not-found`; what is wrong with the table is in what was read.
pub fn check(look: &mut Look<'_>, index: &str, version: &str, table: &[u8]) -> Result<Sent, Refusal> {
    look.may(Action::CheckDefinition)?;
    read(look, index, version, "", table)
}

/// Reads a table that is to be loaded, before the transaction that loads it: a large one takes a while.
///
/// # Errors
/// `forbidden`, `not-found`; `query-invalid` for a title that is none.
pub fn prepare(look: &mut Look<'_>, index: &str, version: &str, title: &str, table: &[u8]) -> Result<Sent, Refusal> {
    look.may(Action::LoadIndicators)?;
    if title.trim().is_empty() || title.chars().count() > TITLE {
        let (vi, en) = (format!("title cần từ 1 đến {TITLE} ký tự"), format!("title must have 1 to {TITLE} letters"));
        return Err(Refusal::parameter("title", "out-of-bounds-length", vi, en));
    }
    read(look, index, version, title.trim(), table)
}

fn read(look: &mut Look<'_>, index: &str, version: &str, title: &str, table: &[u8]) -> Result<Sent, Refusal> {
    let Some(row) = schemas::find_index(look.db, index, version)? else {
        let (vi, en) = ("Không có phiên bản chỉ số này", "There is no such version of the index");
        let nowhere = Finding::error("/version", "unknown-value", vi, en);
        return Err(definitions::missing(look, Kind::Index, index, version)?.errors(vec![nowhere]));
    };
    let read =
        if row.kind == IndexKind::Survey { Err(vec![not_composite()]) } else { indicators::read(title, table, &load::composite(&row)?) };
    Ok(Sent { index: row, read })
}

/// Loads a table; says whether it is new. The same file again is the same table.
///
/// # Errors
/// `indicators-invalid` with every finding.
pub fn load(act: &mut Act<'_>, sent: &Sent) -> Result<(bool, Table), Refusal> {
    let by = act.may(Action::LoadIndicators)?.actor();
    let sheet = sent.sheet().map_err(|found| Refusal::new(Code::IndicatorsInvalid).errors(found.to_vec()))?;
    let now = act.now;
    let (new, table) = match indicators::load(act.db, sent.index.id, sheet, &by, now)? {
        Published::New(table) => (true, table),
        Published::Already(table) => (false, table),
    };
    if new {
        act.note("indicators.load", &table.id.to_string(), &table.title)?;
    } else {
        act.nothing_changed();
    }
    Ok((new, Table { table, index: sent.index.code.clone(), version: sent.index.version.clone() }))
}

/// Tables, at most `limit`, the last loaded first; of one index or of all; only those before the number `before`.
///
/// # Errors
/// `query-invalid` for an index that does not exist.
pub fn list(look: &mut Look<'_>, index: Option<&str>, before: Option<i32>, limit: i64) -> Result<Vec<Table>, Refusal> {
    look.may(Action::ReadRuns)?;
    if let Some(index) = index
        && schemas::list_indices(look.db, Some(index))?.is_empty()
    {
        let (vi, en) = (format!("Không có chỉ số “{index}”"), format!("There is no index “{index}”"));
        return Err(Refusal::unknown_value("index", vi, en));
    }
    let (rows, mut names) = (stored::list(look.db, index, before, limit)?, HashMap::new());
    rows.into_iter().map(|table| named(look, &mut names, table)).collect()
}

/// A table without its values.
///
/// # Errors
/// `not-found`.
pub fn get(look: &mut Look<'_>, id: i32) -> Result<Table, Refusal> {
    look.may(Action::ReadRuns)?;
    let none = || Refusal::not_found().detail(format!("không có bảng {id}"), format!("there is no table {id}"));
    let table = stored::find(look.db, id)?.ok_or_else(none)?;
    named(look, &mut HashMap::new(), table)
}

/// Values of a table, at most `limit`, in the order of edition, unit and indicator.
///
/// # Errors
/// `not-found`; `query-invalid` for an edition, unit or indicator that the table does not have.
pub fn values(look: &mut Look<'_>, id: i32, filter: &Filter, limit: i64) -> Result<Vec<Value>, Refusal> {
    let table = get(look, id)?.table;
    look.of_all_units()?;
    for (name, asked, alone) in filter.one_by_one() {
        if stored::values(look.db, table.id, &alone, 1)?.is_empty() {
            let (vi, en) = (format!("Bảng không có “{asked}”"), format!("The table has no “{asked}”"));
            return Err(Refusal::unknown_value(name, vi, en));
        }
    }
    let mut found = stored::values(look.db, table.id, filter, limit)?;
    if !look.actor.can(Action::ReadHidden) {
        // Of a survey's value that rests on few answers, no more than everybody will see.
        let least = load::composite(&schemas::index_by_id(look.db, table.index_version_id)?)?.publication().min_n();
        for value in found.iter_mut().filter(|value| value.n.is_some_and(|n| n < i64::from(least))) {
            (value.value, value.standard_error, value.df, value.n) = (None, None, None, None);
        }
    }
    Ok(found)
}

fn named(look: &mut Look<'_>, names: &mut HashMap<i32, (String, String)>, table: IndicatorTable) -> Result<Table, Refusal> {
    let id = table.index_version_id;
    if let Entry::Vacant(entry) = names.entry(id) {
        let row = schemas::index_by_id(look.db, id)?;
        entry.insert((row.code, row.version));
    }
    let (index, version) = names.get(&id).cloned().unwrap_or_default();
    Ok(Table { table, index, version })
}
