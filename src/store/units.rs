//! Provinces, communes, agencies: the code lists with their dates and lineage.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::db::{Db, ROWS_PER_INSERT, each_backend};
use super::error::{Result, StoreError};
use super::tables::{unit, unit_succession};

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
    kind: String,
    name_vi: String,
    name_en: Option<String>,
    parent_id: Option<i32>,
    valid_from: i32,
    valid_to: Option<i32>,
}

#[derive(Insertable, AsChangeset)]
#[diesel(table_name = unit, treat_none_as_default_value = false, treat_none_as_null = true)]
struct NewRow<'a> {
    list: &'a str,
    code: &'a str,
    kind: &'a str,
    name_vi: &'a str,
    name_en: Option<String>,
    parent_id: Option<i32>,
    valid_from: i32,
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

/// Brings the stored code lists to `records` and `successions`: adds what is new, updates what changed, removes nothing.
///
/// Doing it again changes nothing. Use it for the embedded lists at start-up and for agencies that an office adds.
/// A parent is the unit that bore the code on the child's first day.
///
/// # Errors
/// [`StoreError::NotFound`] for a parent, predecessor or successor that neither the database nor `records` has.
pub fn seed(db: &mut Db, records: &[UnitRow], successions: &[SuccessionRow]) -> Result<Seeded> {
    db.write(|db| {
        let stored = rows(db)?;
        let mut ids = Ids::default();
        for row in &stored {
            ids.insert((row.list.clone(), row.code.clone()), row.valid_from, row.id);
        }
        let by_key: HashMap<(&str, &str, i32), &Row> =
            stored.iter().map(|r| ((r.list.as_str(), r.code.as_str(), r.valid_from), r)).collect();
        let (known, fresh): (Vec<_>, Vec<_>) =
            records.iter().partition(|r| by_key.contains_key(&(r.list.as_str(), r.code.as_str(), r.valid_from)));
        let added = add(db, fresh, &mut ids)?;
        let mut changed = 0;
        for record in known {
            let row = by_key[&(record.list.as_str(), record.code.as_str(), record.valid_from)];
            changed += usize::from(update(db, row, record, &ids)?);
        }
        add_successions(db, successions, &ids)?;
        Ok(Seeded { added, changed })
    })
}

/// Inserts level by level, since a child names its parent by id.
fn add(db: &mut Db, mut pending: Vec<&UnitRow>, ids: &mut Ids) -> Result<usize> {
    let total = pending.len();
    while !pending.is_empty() {
        let resolvable = |r: &&UnitRow| r.parent.as_ref().is_none_or(|key| ids.on(key, r.valid_from).is_some());
        let (ready, later): (Vec<_>, Vec<_>) = pending.iter().copied().partition(resolvable);
        if ready.is_empty() {
            let key = later[0].parent.clone().unwrap_or_default();
            return Err(StoreError::not_found("unit", format!("{}:{}, the parent of {}:{}", key.0, key.1, later[0].list, later[0].code)));
        }
        let new: Vec<NewRow<'_>> = ready.iter().map(|r| new_row(r, ids)).collect();
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

fn new_row<'a>(record: &'a UnitRow, ids: &Ids) -> NewRow<'a> {
    NewRow {
        list: &record.list,
        code: &record.code,
        kind: &record.kind,
        name_vi: &record.name_vi,
        name_en: record.name_en.clone(),
        parent_id: record.parent.as_ref().and_then(|key| ids.on(key, record.valid_from)),
        valid_from: record.valid_from,
        valid_to: record.valid_to,
    }
}

fn update(db: &mut Db, row: &Row, record: &UnitRow, ids: &Ids) -> Result<bool> {
    let new = new_row(record, ids);
    if record.parent.is_some() && new.parent_id.is_none() {
        return Err(StoreError::not_found("unit", format!("the parent of {}:{}", record.list, record.code)));
    }
    let same = row.kind == new.kind
        && row.name_vi == new.name_vi
        && row.name_en == new.name_en
        && row.parent_id == new.parent_id
        && row.valid_to == new.valid_to;
    if !same {
        diesel::update(unit::table.find(row.id)).set(new).execute(db)?;
    }
    Ok(!same)
}

fn add_successions(db: &mut Db, successions: &[SuccessionRow], ids: &Ids) -> Result<()> {
    let rows = successions
        .iter()
        .map(|s| {
            Ok((
                unit_succession::from_id.eq(ids.last(&s.from)?),
                unit_succession::to_id.eq(ids.last(&s.to)?),
                unit_succession::whole.eq(s.whole),
                unit_succession::is_default.eq(s.is_default),
            ))
        })
        .collect::<Result<Vec<_>>>()?;
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        each_backend!(db, c => diesel::insert_into(unit_succession::table)
            .values(chunk.to_vec())
            .on_conflict((unit_succession::from_id, unit_succession::to_id))
            .do_nothing()
            .execute(c))?;
    }
    Ok(())
}

fn rows(db: &mut Db) -> Result<Vec<Row>> {
    Ok(unit::table.order(unit::id).select(Row::as_select()).load(db)?)
}

/// Every unit with its id, in the order of the ids, and every succession.
///
/// # Errors
/// [`StoreError::Database`].
pub fn load(db: &mut Db) -> Result<Stored> {
    let rows = rows(db)?;
    let keys: HashMap<i32, UnitKey> = rows.iter().map(|r| (r.id, (r.list.clone(), r.code.clone()))).collect();
    let units = rows
        .into_iter()
        .map(|r| {
            let parent = r.parent_id.and_then(|id| keys.get(&id).cloned());
            let unit = UnitRow {
                list: r.list,
                code: r.code,
                kind: r.kind,
                name_vi: r.name_vi,
                name_en: r.name_en,
                parent,
                valid_from: r.valid_from,
                valid_to: r.valid_to,
            };
            (r.id, unit)
        })
        .collect();
    let pairs: Vec<(i32, i32, bool, bool)> = unit_succession::table.order((unit_succession::from_id, unit_succession::to_id)).load(db)?;
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
