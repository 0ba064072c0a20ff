//! Provinces, communes, agencies: the code lists with their dates and lineage.
//!
//! Nothing is overwritten. Every change has a number; what a unit was before it can be read as long as the database lives, and a run is
//! computed and shown with the units as they were at the number that it pinned when it was made.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use uuid::Uuid;

use super::db::{Db, ROWS_PER_INSERT, each_backend};
use super::error::{Result, StoreError};
use super::unit_tables::{run_units, unit, unit_change, unit_revision, unit_succession};

/// A unit's name within the world: a code is only one together with its list.
pub type UnitKey = (String, String);

/// A unit as a code list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRow {
    /// The code list, e.g. `vn-34`.
    pub list: String,
    /// The code in that list.
    pub code: String,
    /// `country`, `province`, `district`, `commune`, `village` or `agency`.
    pub kind: String,
    /// The name in Vietnamese.
    pub name_vi: String,
    /// The name in English, where it has one.
    pub name_en: Option<String>,
    /// The unit it belongs to.
    pub parent: Option<UnitKey>,
    /// Its first day, in days since 1970-01-01.
    pub valid_from: i32,
    /// The first day on which it is no more.
    pub valid_to: Option<i32>,
}

/// What became of a unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SuccessionRow {
    /// The unit that ended.
    pub from: UnitKey,
    /// A unit that took over all or some of it.
    pub to: UnitKey,
    /// All of the old unit went there.
    pub whole: bool,
    /// The heir to use where a single one is needed.
    pub is_default: bool,
}

/// Who changes units, and when.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// When, µs UTC.
    pub at: i64,
    /// Who.
    pub actor: &'a str,
}

/// Every unit with its id, and every succession.
pub type Stored = (Vec<(i32, UnitRow)>, Vec<SuccessionRow>);

/// What [`seed`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seeded {
    /// Units that are new.
    pub added: usize,
    /// Units whose name, kind, parent or end changed.
    pub changed: usize,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = unit)]
struct Row {
    id: i32,
    list: String,
    code: String,
    valid_from: i32,
    #[diesel(embed)]
    state: State,
}

/// What may change about a unit.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = unit, treat_none_as_default_value = false)]
struct State {
    kind: String,
    name_vi: String,
    name_en: Option<String>,
    parent_id: Option<i32>,
    valid_to: Option<i32>,
}

#[derive(Insertable)]
#[diesel(table_name = unit, treat_none_as_default_value = false)]
struct NewRow<'a> {
    list: &'a str,
    code: &'a str,
    valid_from: i32,
    change_id: i32,
    #[diesel(embed)]
    state: State,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = unit_revision, treat_none_as_default_value = false)]
struct Revision {
    unit_id: i32,
    change_id: i32,
    kind: String,
    name_vi: String,
    name_en: Option<String>,
    parent_id: Option<i32>,
    valid_to: Option<i32>,
}

/// The ids of the stored units, by list and code and then by first day: a code can be used again.
#[derive(Default)]
struct Ids(HashMap<UnitKey, BTreeMap<i32, i32>>);

impl Ids {
    fn insert(&mut self, key: UnitKey, valid_from: i32, id: i32) {
        self.0.entry(key).or_default().insert(valid_from, id);
    }

    /// The unit that bore the code on `day`, or else the first one that came to bear it.
    fn on(&self, key: &UnitKey, day: i32) -> Option<i32> {
        let by_day = self.0.get(key)?;
        by_day.range(..=day).next_back().or_else(|| by_day.iter().next()).map(|(_, id)| *id)
    }

    /// The unit that bears or bore the code last.
    fn last(&self, key: &UnitKey) -> Result<i32> {
        let id = self.0.get(key).and_then(|by_day| by_day.values().next_back());
        id.copied().ok_or_else(|| StoreError::not_found("unit", format!("{}:{}", key.0, key.1)))
    }
}

/// Brings the code lists to `records` and `successions`: adds what is new, and beside what changed what it is now. Removes nothing.
///
/// Doing it again changes nothing. Use it for the embedded lists at start-up and for agencies that an office adds.
/// A parent is the unit that bore the code on the child's first day.
///
/// # Errors
/// [`StoreError::NotFound`] for a parent, predecessor or successor that neither the database nor `records` has;
/// [`StoreError::Conflict`] where somebody else changes units at the same moment.
pub fn seed(db: &mut Db, by: By<'_>, records: &[UnitRow], successions: &[SuccessionRow]) -> Result<Seeded> {
    db.write(|db| {
        let stored = rows(db, i32::MAX)?;
        let mut ids = Ids::default();
        for row in &stored {
            ids.insert((row.list.clone(), row.code.clone()), row.valid_from, row.id);
        }
        let by_key: HashMap<(&str, &str, i32), &Row> =
            stored.iter().map(|r| ((r.list.as_str(), r.code.as_str(), r.valid_from), r)).collect();
        let (known, fresh): (Vec<_>, Vec<_>) =
            records.iter().partition(|r| by_key.contains_key(&(r.list.as_str(), r.code.as_str(), r.valid_from)));
        let mut change = Change { by, id: None };
        let added = add(db, fresh, &mut ids, &mut change)?;
        let mut revisions = Vec::new();
        for record in known {
            let row = by_key[&(record.list.as_str(), record.code.as_str(), record.valid_from)];
            let state = state(record, &ids);
            if record.parent.is_some() && state.parent_id.is_none() {
                return Err(StoreError::not_found("unit", format!("the parent of {}:{}", record.list, record.code)));
            }
            if state != row.state {
                let State { kind, name_vi, name_en, parent_id, valid_to } = state;
                let (unit_id, change_id) = (row.id, change.number(db)?);
                revisions.push(Revision { unit_id, change_id, kind, name_vi, name_en, parent_id, valid_to });
            }
        }
        for chunk in revisions.chunks(ROWS_PER_INSERT) {
            each_backend!(db, c => diesel::insert_into(unit_revision::table).values(chunk).execute(c))?;
        }
        add_successions(db, successions, &ids, &mut change)?;
        Ok(Seeded { added, changed: revisions.len() })
    })
}

/// A change that gets its number when there is something to change.
struct Change<'a> {
    by: By<'a>,
    id: Option<i32>,
}

impl Change<'_> {
    fn number(&mut self, db: &mut Db) -> Result<i32> {
        if let Some(id) = self.id {
            return Ok(id);
        }
        let id = latest_change(db)? + 1;
        let row = (unit_change::id.eq(id), unit_change::made_at.eq(self.by.at), unit_change::made_by.eq(self.by.actor));
        diesel::insert_into(unit_change::table).values(row).execute(db).map_err(|error| match error {
            // Two at the same moment on PostgreSQL would have the same number: the second is told so, and may ask again.
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => StoreError::conflict("change of units", id),
            other => other.into(),
        })?;
        self.id = Some(id);
        Ok(id)
    }
}

/// Inserts level by level, since a child names its parent by id.
fn add(db: &mut Db, mut pending: Vec<&UnitRow>, ids: &mut Ids, change: &mut Change<'_>) -> Result<usize> {
    let total = pending.len();
    while !pending.is_empty() {
        let resolvable = |r: &&UnitRow| r.parent.as_ref().is_none_or(|key| ids.on(key, r.valid_from).is_some());
        let (ready, later): (Vec<_>, Vec<_>) = pending.iter().copied().partition(resolvable);
        if ready.is_empty() {
            let key = later[0].parent.clone().unwrap_or_default();
            return Err(StoreError::not_found("unit", format!("{}:{}, the parent of {}:{}", key.0, key.1, later[0].list, later[0].code)));
        }
        let change_id = change.number(db)?;
        let row = |r: &&'_ UnitRow| state(r, ids);
        let states: Vec<State> = ready.iter().map(row).collect();
        let new: Vec<NewRow<'_>> = ready
            .iter()
            .zip(states)
            .map(|(r, state)| NewRow { list: &r.list, code: &r.code, valid_from: r.valid_from, change_id, state })
            .collect();
        let mut inserted: Vec<(i32, String, String, i32)> = Vec::with_capacity(new.len());
        for chunk in new.chunks(ROWS_PER_INSERT) {
            let columns = (unit::id, unit::list, unit::code, unit::valid_from);
            inserted.extend(
                each_backend!(db, c => diesel::insert_into(unit::table).values(chunk).returning(columns).get_results::<(i32, String, String, i32)>(c))?,
            );
        }
        for (id, list, code, valid_from) in inserted {
            ids.insert((list, code), valid_from, id);
        }
        pending = later;
    }
    Ok(total)
}

fn state(record: &UnitRow, ids: &Ids) -> State {
    State {
        kind: record.kind.clone(),
        name_vi: record.name_vi.clone(),
        name_en: record.name_en.clone(),
        parent_id: record.parent.as_ref().and_then(|key| ids.on(key, record.valid_from)),
        valid_to: record.valid_to,
    }
}

fn add_successions(db: &mut Db, successions: &[SuccessionRow], ids: &Ids, change: &mut Change<'_>) -> Result<()> {
    let stored: Vec<(i32, i32)> = unit_succession::table.select((unit_succession::from_id, unit_succession::to_id)).load(db)?;
    let stored: HashSet<(i32, i32)> = stored.into_iter().collect();
    let mut rows = Vec::new();
    for succession in successions {
        let (from, to) = (ids.last(&succession.from)?, ids.last(&succession.to)?);
        if stored.contains(&(from, to)) {
            continue;
        }
        rows.push((
            unit_succession::from_id.eq(from),
            unit_succession::to_id.eq(to),
            unit_succession::whole.eq(succession.whole),
            unit_succession::is_default.eq(succession.is_default),
            unit_succession::change_id.eq(change.number(db)?),
        ));
    }
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        each_backend!(db, c => diesel::insert_into(unit_succession::table)
            .values(chunk.to_vec())
            .on_conflict((unit_succession::from_id, unit_succession::to_id))
            .do_nothing()
            .execute(c))?;
    }
    Ok(())
}

/// The units as they were after a change.
fn rows(db: &mut Db, change: i32) -> Result<Vec<Row>> {
    let there = unit::change_id.is_null().or(unit::change_id.le(change));
    let mut rows: Vec<Row> = unit::table.filter(there).order(unit::id).select(Row::as_select()).load(db)?;
    let revisions = unit_revision::table.filter(unit_revision::change_id.le(change)).order(unit_revision::change_id);
    let revisions: Vec<Revision> = revisions.select(Revision::as_select()).load(db)?;
    let mut last: HashMap<i32, State> = HashMap::with_capacity(revisions.len());
    for Revision { unit_id, kind, name_vi, name_en, parent_id, valid_to, .. } in revisions {
        last.insert(unit_id, State { kind, name_vi, name_en, parent_id, valid_to });
    }
    for row in &mut rows {
        if let Some(state) = last.remove(&row.id) {
            row.state = state;
        }
    }
    Ok(rows)
}

/// The number of the last change; 0 where there was none.
///
/// # Errors
/// [`StoreError::Database`].
pub fn latest_change(db: &mut Db) -> Result<i32> {
    let latest: Option<i32> = unit_change::table.select(diesel::dsl::max(unit_change::id)).first(db)?;
    Ok(latest.unwrap_or(0))
}

/// The last change that a run knows of; 0: the units of before changes were numbered.
///
/// # Errors
/// [`StoreError::Database`].
pub fn change_of_run(db: &mut Db, run: Uuid) -> Result<i32> {
    let of = run_units::table.find(run.as_bytes().as_slice()).select(run_units::change_id);
    Ok(of.first(db).optional()?.unwrap_or(0))
}

/// Pins the units of a run that is made now.
pub(super) fn pin(db: &mut Db, run: Uuid) -> Result<()> {
    let change = latest_change(db)?;
    if change > 0 {
        let row = (run_units::run_id.eq(run.as_bytes().as_slice()), run_units::change_id.eq(change));
        diesel::insert_into(run_units::table).values(row).execute(db)?;
    }
    Ok(())
}

/// Every unit with its id, in the order of the ids, and every succession.
///
/// # Errors
/// [`StoreError::Database`].
pub fn load(db: &mut Db) -> Result<Stored> {
    load_at(db, i32::MAX)
}

/// The same as it was after a change.
///
/// # Errors
/// [`StoreError::Database`].
pub fn load_at(db: &mut Db, change: i32) -> Result<Stored> {
    let rows = rows(db, change)?;
    let keys: HashMap<i32, UnitKey> = rows.iter().map(|r| (r.id, (r.list.clone(), r.code.clone()))).collect();
    let units = rows
        .into_iter()
        .map(|r| {
            let parent = r.state.parent_id.and_then(|id| keys.get(&id).cloned());
            let unit = UnitRow {
                list: r.list,
                code: r.code,
                kind: r.state.kind,
                name_vi: r.state.name_vi,
                name_en: r.state.name_en,
                parent,
                valid_from: r.valid_from,
                valid_to: r.state.valid_to,
            };
            (r.id, unit)
        })
        .collect();
    let there = unit_succession::change_id.is_null().or(unit_succession::change_id.le(change));
    let columns = (unit_succession::from_id, unit_succession::to_id, unit_succession::whole, unit_succession::is_default);
    let of = unit_succession::table.filter(there).order((unit_succession::from_id, unit_succession::to_id)).select(columns);
    let pairs: Vec<(i32, i32, bool, bool)> = of.load(db)?;
    let successions = pairs
        .into_iter()
        .filter_map(|(from, to, whole, is_default)| {
            Some(SuccessionRow { from: keys.get(&from)?.clone(), to: keys.get(&to)?.clone(), whole, is_default })
        })
        .collect();
    Ok((units, successions))
}

/// The name of every code list.
///
/// # Errors
/// [`StoreError::Database`].
pub fn lists(db: &mut Db) -> Result<Vec<String>> {
    Ok(unit::table.select(unit::list).distinct().order(unit::list).load(db)?)
}
