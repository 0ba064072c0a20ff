//! Indicator tables: what was loaded for composite indices, value by value. Nothing of a table ever changes.

use diesel::prelude::*;

use super::columns::Bytes32;
use super::db::{Db, ROWS_PER_INSERT, each_backend};
use super::error::{Result, StoreError};
use super::schemas::Published;
use super::tables::{index_version, indicator_attribute, indicator_table, indicator_unit, indicator_value};

/// A table to load.
#[derive(Debug, Clone, Copy)]
pub struct NewTable<'a> {
    /// The definition that it was checked against.
    pub index_version_id: i32,
    /// What people call it.
    pub title: &'a str,
    /// SHA-256 of the file as it came.
    pub sha256: [u8; 32],
    /// The editions that it has values of, as a JSON list.
    pub editions: &'a str,
    /// The warnings of loading it, as a JSON list.
    pub findings: &'a str,
    /// When, µs UTC.
    pub loaded_at: i64,
    /// By whom.
    pub loaded_by: &'a str,
    /// What is in it.
    pub contents: &'a Contents,
}

/// A loaded table without its values.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = indicator_table)]
pub struct IndicatorTable {
    /// The number that runs name it by.
    pub id: i32,
    /// The definition that it was checked against.
    pub index_version_id: i32,
    /// What people call it.
    pub title: String,
    /// SHA-256 of the file as it came.
    #[diesel(deserialize_as = Bytes32)]
    pub sha256: [u8; 32],
    /// How many values it has, revisions among them.
    pub n_values: i32,
    /// How many units, counted once an edition.
    pub n_units: i32,
    /// The editions that it has values of, as a JSON list.
    pub editions: String,
    /// The warnings of loading it, as a JSON list.
    pub findings: String,
    /// When, µs UTC.
    pub loaded_at: i64,
    /// By whom.
    pub loaded_by: String,
}

/// What is in a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contents {
    /// Every edition and unit that it knows.
    pub units: Vec<(String, String)>,
    /// What is said of units in words.
    pub attributes: Vec<Attribute>,
    /// Every value with its revisions, in the order of edition, unit, indicator and revision.
    pub values: Vec<Value>,
}

/// What is said of a unit in words.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = indicator_attribute)]
pub struct Attribute {
    pub edition: String,
    /// The code of the unit.
    pub unit: String,
    /// What is said, such as `region`.
    pub attribute: String,
    /// How it is said.
    pub value: String,
}

/// One value, in one revision.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = indicator_value, treat_none_as_default_value = false)]
pub struct Value {
    /// Its place in the table.
    pub ord: i32,
    pub edition: String,
    /// The code of the unit.
    pub unit: String,
    /// The code of the indicator or denominator.
    pub indicator: String,
    /// Counts from 0; the highest is in force.
    pub revision: i32,
    /// The value; none where the source says that there is none.
    pub value: Option<f64>,
    /// The unit of measure.
    pub measured_in: Option<String>,
    /// The day for which it holds, ISO 8601.
    pub date: Option<String>,
    /// Where it stands.
    pub source: Option<String>,
    /// `published`, `derived` or `restated`.
    pub status: String,
    pub standard_error: Option<f64>,
    /// Degrees of freedom of that.
    pub df: Option<f64>,
    /// Answers behind it.
    pub n: Option<i64>,
}

#[derive(Insertable)]
#[diesel(table_name = indicator_value, treat_none_as_default_value = false)]
struct NewValue {
    table_id: i32,
    #[diesel(embed)]
    value: Value,
}

#[derive(Insertable)]
#[diesel(table_name = indicator_attribute)]
struct NewAttribute {
    table_id: i32,
    #[diesel(embed)]
    attribute: Attribute,
}

#[derive(Insertable)]
#[diesel(table_name = indicator_unit)]
struct NewUnit<'a> {
    table_id: i32,
    edition: &'a str,
    unit: &'a str,
}

/// Stores a table. The same file again for the same definition is no error: it is the table that is there.
///
/// # Errors
/// [`StoreError::Database`].
pub fn load(db: &mut Db, new: &NewTable<'_>) -> Result<Published<IndicatorTable>> {
    use indicator_table::dsl;
    db.write(|db| {
        let same = dsl::indicator_table
            .filter(dsl::index_version_id.eq(new.index_version_id))
            .filter(dsl::sha256.eq(new.sha256.as_slice()))
            .select(IndicatorTable::as_select());
        if let Some(old) = same.first(db).optional()? {
            return Ok(Published::Already(old));
        }
        let count = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let row = (
            dsl::index_version_id.eq(new.index_version_id),
            dsl::title.eq(new.title),
            dsl::sha256.eq(new.sha256.as_slice()),
            dsl::n_values.eq(count(new.contents.values.len())),
            dsl::n_units.eq(count(new.contents.units.len())),
            dsl::editions.eq(new.editions),
            dsl::findings.eq(new.findings),
            dsl::loaded_at.eq(new.loaded_at),
            dsl::loaded_by.eq(new.loaded_by),
        );
        let stored: IndicatorTable =
            diesel::insert_into(dsl::indicator_table).values(row).returning(dsl::indicator_table::all_columns()).get_result(db)?;
        insert(db, stored.id, new.contents)?;
        Ok(Published::New(stored))
    })
}

fn insert(db: &mut Db, table_id: i32, contents: &Contents) -> Result<()> {
    for chunk in contents.units.chunks(ROWS_PER_INSERT) {
        let rows: Vec<_> = chunk.iter().map(|(edition, unit)| NewUnit { table_id, edition, unit }).collect();
        each_backend!(db, c => diesel::insert_into(indicator_unit::table).values(&rows).execute(c))?;
    }
    for chunk in contents.attributes.chunks(ROWS_PER_INSERT) {
        let rows: Vec<_> = chunk.iter().map(|attribute| NewAttribute { table_id, attribute: attribute.clone() }).collect();
        each_backend!(db, c => diesel::insert_into(indicator_attribute::table).values(rows).execute(c))?;
    }
    for chunk in contents.values.chunks(ROWS_PER_INSERT) {
        let rows: Vec<_> = chunk.iter().map(|value| NewValue { table_id, value: value.clone() }).collect();
        each_backend!(db, c => diesel::insert_into(indicator_value::table).values(rows).execute(c))?;
    }
    Ok(())
}

/// The table of this number.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find(db: &mut Db, id: i32) -> Result<Option<IndicatorTable>> {
    Ok(indicator_table::table.find(id).select(IndicatorTable::as_select()).first(db).optional()?)
}

/// The table of this number.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn get(db: &mut Db, id: i32) -> Result<IndicatorTable> {
    find(db, id)?.ok_or_else(|| StoreError::not_found("indicator table", id))
}

/// Tables, at most `limit`, the last loaded first; of one index or of all; only those before the number `before`: the cursor.
///
/// # Errors
/// [`StoreError::Database`].
pub fn list(db: &mut Db, index: Option<&str>, before: Option<i32>, limit: i64) -> Result<Vec<IndicatorTable>> {
    let all = indicator_table::table.inner_join(index_version::table).order(indicator_table::id.desc()).limit(limit);
    let mut all = all.select(IndicatorTable::as_select()).into_boxed();
    if let Some(index) = index {
        all = all.filter(index_version::code.eq(index.to_owned()));
    }
    if let Some(before) = before {
        all = all.filter(indicator_table::id.lt(before));
    }
    Ok(all.load(db)?)
}

/// Which values of a table [`values`] shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this edition.
    pub edition: Option<String>,
    /// Of this unit.
    pub unit: Option<String>,
    /// Of this indicator.
    pub indicator: Option<String>,
    /// Only those after this place: the cursor.
    pub after_ord: Option<i32>,
}

impl Filter {
    /// Each condition with its name, its value, and a filter of it alone.
    #[must_use]
    pub fn one_by_one(&self) -> Vec<(&'static str, &str, Self)> {
        let Self { edition, unit, indicator, .. } = self;
        let all = [
            ("edition", edition, Self { edition: edition.clone(), ..Self::default() }),
            ("unit", unit, Self { unit: unit.clone(), ..Self::default() }),
            ("indicator", indicator, Self { indicator: indicator.clone(), ..Self::default() }),
        ];
        all.into_iter().filter_map(|(name, asked, alone)| Some((name, asked.as_deref()?, alone))).collect()
    }
}

/// Values of a table, at most `limit`, in its order.
///
/// # Errors
/// [`StoreError::Database`].
pub fn values(db: &mut Db, id: i32, filter: &Filter, limit: i64) -> Result<Vec<Value>> {
    use indicator_value::dsl;
    let of = dsl::indicator_value.filter(dsl::table_id.eq(id)).order(dsl::ord).limit(limit);
    let mut of = of.select(Value::as_select()).into_boxed();
    if let Some(edition) = &filter.edition {
        of = of.filter(dsl::edition.eq(edition));
    }
    if let Some(unit) = &filter.unit {
        of = of.filter(dsl::unit.eq(unit));
    }
    if let Some(indicator) = &filter.indicator {
        of = of.filter(dsl::indicator.eq(indicator));
    }
    if let Some(after) = filter.after_ord {
        of = of.filter(dsl::ord.gt(after));
    }
    Ok(of.load(db)?)
}

/// All that is in a table.
///
/// # Errors
/// [`StoreError::Database`].
pub fn contents(db: &mut Db, id: i32) -> Result<Contents> {
    let units = indicator_unit::table.filter(indicator_unit::table_id.eq(id)).order((indicator_unit::edition, indicator_unit::unit));
    let attributes = indicator_attribute::table.filter(indicator_attribute::table_id.eq(id)).order((
        indicator_attribute::edition,
        indicator_attribute::unit,
        indicator_attribute::attribute,
    ));
    Ok(Contents {
        units: units.select((indicator_unit::edition, indicator_unit::unit)).load(db)?,
        attributes: attributes.select(Attribute::as_select()).load(db)?,
        values: values(db, id, &Filter::default(), i64::MAX)?,
    })
}
