//! Units: an office adds its own, such as agencies. The national lists come with the program. Nothing of a unit is overwritten.

use super::{Act, Action, Code, Look, Office, Refusal};
use crate::jobs::load;
use crate::store::units::{self, By, Seeded, SuccessionRow, UnitRow};
use crate::store::{Db, StoreError};
use crate::unit::{self, LEGACY, REFORMED, Registry, RegistryError, RowError, Succession, UnitKind, UnitRecord};
use crate::words::Finding;

/// In whose name the lists that come with the program are loaded.
const PROGRAM: &str = "hailong";

/// Which units to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this code list.
    pub list: Option<String>,
    /// Of this kind.
    pub kind: Option<UnitKind>,
}

/// Adds units from a table, and beside those that are there and differ what they are now.
///
/// # Errors
/// `units-invalid` with every finding.
pub fn add(act: &mut Act<'_>, table: &[u8]) -> Result<Seeded, Refusal> {
    act.may(Action::AddUnits)?;
    let records = read(table)?;
    let rows: Vec<UnitRow> = records.iter().map(load::row).collect();
    let seeded = store(act, &rows)?;
    check(act.db)?; // The transaction is rolled back with the refusal.
    Ok(seeded)
}

/// Adds units that the office made itself, such as those of a list made of the codes in a file.
///
/// # Errors
/// Those of the store.
pub(super) fn store(act: &mut Act<'_>, rows: &[UnitRow]) -> Result<Seeded, Refusal> {
    let actor = act.actor.name();
    let by = By { at: act.now, actor: &actor };
    let seeded = units::seed(act.db, by, rows, &[]).map_err(|error| match error {
        StoreError::NotFound { key, .. } => {
            let (vi, en) = (format!("Không có đơn vị cấp trên: {key}"), format!("There is no unit {key}"));
            refused(vec![Finding::error("", "parent-unknown", vi, en)])
        }
        other => other.into(),
    })?;
    if seeded == Seeded::default() {
        act.nothing_changed();
        return Ok(seeded);
    }
    let mut lists: Vec<&str> = rows.iter().map(|row| row.list.as_str()).collect();
    lists.sort_unstable();
    lists.dedup();
    act.note("unit.add", &lists.join(","), &format!("{} added, {} changed", seeded.added, seeded.changed))?;
    act.forget_units();
    Ok(seeded)
}

/// Units of a list and a kind, in a stable order. Anyone may read them.
///
/// # Errors
/// `not-found` for a list that does not exist, with those that are nearest.
pub fn list(look: &mut Look<'_>, filter: &Filter) -> Result<Vec<UnitRecord>, Refusal> {
    if let Some(list) = &filter.list {
        let known = units::lists(look.db)?;
        if !known.contains(list) {
            let near = crate::words::did_you_mean(list, known.iter().map(String::as_str));
            let (vi, en) =
                (format!("không có danh mục đơn vị “{list}”{}", near.vi), format!("there is no list of units “{list}”{}", near.en));
            return Err(Refusal::not_found().detail(vi, en));
        }
    }
    let wanted = |record: &&UnitRecord| {
        filter.list.as_ref().is_none_or(|list| *list == record.list) && filter.kind.is_none_or(|kind| kind == record.kind)
    };
    let all = look.units()?;
    Ok(all.iter().map(|unit| &unit.record).filter(wanted).cloned().collect())
}

/// Loads the lists that come with the program, unless they are there as they come. A database that had others gets a line in its audit log.
///
/// # Errors
/// Those of the store.
pub fn embed(office: &Office) -> Result<(), Refusal> {
    let (records, successions) = unit::embedded().map_err(Refusal::internal)?;
    let rows: Vec<UnitRow> = records.iter().map(load::row).collect();
    let successions = successions.into_iter().map(|s| SuccessionRow { from: s.from, to: s.to, whole: s.whole, is_default: s.is_default });
    let successions: Vec<SuccessionRow> = successions.collect();
    office.act(&super::Actor::operator(PROGRAM), |act| {
        let first = units::lists(act.db)?.is_empty();
        let by = By { at: act.now, actor: PROGRAM };
        let seeded = units::seed(act.db, by, &rows, &successions)?;
        if first || seeded == Seeded::default() {
            act.nothing_changed();
        } else {
            act.note("unit.add", &format!("{LEGACY},{REFORMED}"), &format!("{} added, {} changed", seeded.added, seeded.changed))?;
        }
        if seeded != Seeded::default() {
            tracing::info!(added = seeded.added, changed = seeded.changed, "code lists loaded");
            act.forget_units();
        }
        Ok(())
    })
}

fn refused(findings: Vec<Finding>) -> Refusal {
    Refusal::new(Code::UnitsInvalid).errors(findings)
}

fn read(table: &[u8]) -> Result<Vec<UnitRecord>, Refusal> {
    let records = UnitRecord::parse_csv(table).map_err(|errors| {
        let finding = |error: RowError| {
            let line = error.line().and_then(|line| u32::try_from(line).ok());
            let pointer = line.map(|line| format!("/{line}")).unwrap_or_default();
            Finding { line, ..Finding::error(pointer, error.code(), error.vi(), error.to_string()) }
        };
        refused(errors.into_iter().map(finding).collect())
    })?;
    let national = |record: &&UnitRecord| record.list == LEGACY || record.list == REFORMED;
    let reserved = |record: &UnitRecord| {
        let vi = format!("Danh mục quốc gia {} có sẵn, không đổi được ({})", record.list, record.code);
        Finding::error("", "list-reserved", vi, format!("The national list {} comes with the program ({})", record.list, record.code))
    };
    let findings: Vec<Finding> = records.iter().filter(national).map(reserved).collect();
    if findings.is_empty() { Ok(records) } else { Err(refused(findings)) }
}

/// Whether all units together still make sense.
fn check(db: &mut Db) -> Result<(), Refusal> {
    let (all, successions) = units::load(db)?;
    let all: Option<Vec<_>> = all.into_iter().map(|(id, row)| Some((id, load::record(row)?))).collect();
    let all = all.ok_or_else(|| Refusal::internal("a stored unit has a date or a kind that does not exist"))?;
    let successions = successions.into_iter().map(|s| Succession { from: s.from, to: s.to, whole: s.whole, is_default: s.is_default });
    let successions: Vec<_> = successions.collect();
    Registry::new(all, &successions).map(drop).map_err(|errors| {
        let finding = |error: &RegistryError| Finding::error("", error.code(), error.vi(), error.to_string());
        refused(errors.iter().map(finding).collect())
    })
}
