//! Indicator tables between the store and the core.

use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use crate::composite::{Observation, Status, Table, compute, doubts};
use crate::schema::composite::CompositeDefinition;
use crate::store::indicators::{self, Attribute, Contents, IndicatorTable, NewTable, Value};
use crate::store::schemas::Published;
use crate::store::{Db, StoreError};
use crate::words::Finding;

/// A table that was read and can be loaded.
pub struct Sheet {
    /// What people call it.
    pub title: String,
    /// SHA-256 of the file as it came.
    pub sha256: [u8; 32],
    /// What is in it.
    pub contents: Contents,
    /// What somebody should look at.
    pub warnings: Vec<Finding>,
}

/// Reads a table for a definition.
///
/// # Errors
/// Every finding of the file, warnings among them, each with its line and column.
pub fn read(title: &str, bytes: &[u8], definition: &CompositeDefinition) -> Result<Sheet, Vec<Finding>> {
    let (table, warnings) = Table::read(bytes, definition)?;
    let contents = contents(&table);
    Ok(Sheet { title: title.to_owned(), sha256: Sha256::digest(bytes).into(), contents, warnings })
}

/// What the index would have to be told of if it were computed from this table alone.
#[must_use]
pub fn foreseen(definition: &CompositeDefinition, contents: &Contents) -> Vec<Finding> {
    let Ok(table) = table(contents) else { return Vec::new() };
    match compute(definition, &table) {
        Ok(outcome) => doubts(definition, &outcome),
        // Leaves that a survey measures are not in the table: nothing is known before they are.
        Err(_) if definition.leaves().any(|(_, _, indicator)| indicator.survey.is_some()) => Vec::new(),
        Err(error) => vec![Finding::warning("", "cannot-be-computed", error.vi(), error.to_string())],
    }
}

/// Stores a table that was read for the definition of this number.
///
/// # Errors
/// Those of the store.
pub fn load(db: &mut Db, index_version_id: i32, sheet: &Sheet, by: &str, now: i64) -> Result<Published<IndicatorTable>, StoreError> {
    let mut editions: Vec<&str> = sheet.contents.units.iter().map(|(edition, _)| edition.as_str()).collect();
    editions.dedup(); // they are sorted
    let json = |list: serde_json::Value| list.to_string();
    indicators::load(
        db,
        &NewTable {
            index_version_id,
            title: &sheet.title,
            sha256: sheet.sha256,
            editions: &json(editions.into()),
            findings: &json(serde_json::to_value(&sheet.warnings).unwrap_or_default()), // texts and numbers always serialise
            loaded_at: now,
            loaded_by: by,
            contents: &sheet.contents,
        },
    )
}

/// A table as it is stored.
#[must_use]
pub fn contents(table: &Table) -> Contents {
    let value = |(ord, ((edition, unit, indicator), observation)): (i32, (&(String, String, String), &Observation))| Value {
        ord,
        edition: edition.clone(),
        unit: unit.clone(),
        indicator: indicator.clone(),
        revision: i32::try_from(observation.revision).unwrap_or(i32::MAX),
        value: observation.value,
        measured_in: observation.measured_in.clone(),
        date: observation.date.map(|day| day.to_string()),
        source: observation.source.clone(),
        status: observation.status.as_str().to_owned(),
        standard_error: observation.standard_error,
        df: observation.df,
        n: observation.n.map(i64::from),
    };
    let attribute = |((edition, unit, attribute), value): (&(String, String, String), &str)| Attribute {
        edition: edition.clone(),
        unit: unit.clone(),
        attribute: attribute.clone(),
        value: value.to_owned(),
    };
    Contents {
        units: table.rows().map(|(edition, unit)| (edition.to_owned(), unit.to_owned())).collect(),
        attributes: table.attributes().map(attribute).collect(),
        values: (0..).zip(table.history()).map(value).collect(),
    }
}

/// A stored table as the core knows it.
///
/// # Errors
/// [`StoreError::Unreadable`] for a status or a day that does not exist.
pub fn table(contents: &Contents) -> Result<Table, StoreError> {
    let mut table = Table::default();
    for (edition, unit) in &contents.units {
        table.admit(edition, unit);
    }
    for said in &contents.attributes {
        table.describe(&said.edition, &said.unit, &said.attribute, &said.value);
    }
    for value in &contents.values {
        table.insert(&value.edition, &value.unit, &value.indicator, observation(value)?);
    }
    Ok(table)
}

fn observation(value: &Value) -> Result<Observation, StoreError> {
    let unreadable = |what: &str| StoreError::Unreadable { table: "indicator_value", detail: format!("{what} at {}", value.ord) };
    let day = |text: &String| text.parse::<NaiveDate>().map_err(|_| unreadable("a date"));
    Ok(Observation {
        value: value.value,
        measured_in: value.measured_in.clone(),
        date: value.date.as_ref().map(day).transpose()?,
        source: value.source.clone(),
        status: Status::parse(&value.status).ok_or_else(|| unreadable("a status"))?,
        revision: u32::try_from(value.revision).map_err(|_| unreadable("a revision"))?,
        standard_error: value.standard_error,
        df: value.df,
        n: value.n.and_then(|n| u32::try_from(n).ok()),
        public: None,
    })
}
