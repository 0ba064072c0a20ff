//! Who did what, when. Lines are added and read, nothing else.

use diesel::prelude::*;

use super::db::Db;
use super::error::Result;
use super::tables::audit;

/// A line to add.
#[derive(Debug, Clone, Copy, Insertable)]
#[diesel(table_name = audit)]
pub struct NewLine<'a> {
    /// When, µs UTC.
    pub at: i64,
    /// Who.
    pub actor: &'a str,
    /// In what capacity.
    pub role: &'a str,
    /// What was done, e.g. `run.approve`.
    pub action: &'a str,
    /// To what, e.g. `run/0192…`.
    pub object: &'a str,
    /// More, as JSON.
    pub detail: &'a str,
}

/// A line of the record.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = audit)]
pub struct Line {
    /// Its place in the record.
    pub id: i64,
    /// When, µs UTC.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// In what capacity.
    pub role: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub object: String,
    /// More, as JSON.
    pub detail: String,
}

/// Adds a line. Call it within the transaction of what it records ([`Store::write`](super::Store::write)).
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn append(db: &mut Db, line: &NewLine<'_>) -> Result<()> {
    db.write(|db| {
        diesel::insert_into(audit::table).values(*line).execute(db)?;
        Ok(())
    })
}

/// Lines, at most `limit`, the latest first; about one object or all; only those before the line `before`: the cursor.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn list(db: &mut Db, object: Option<&str>, before: Option<i64>, limit: i64) -> Result<Vec<Line>> {
    let mut all = audit::table.order(audit::id.desc()).limit(limit).select(Line::as_select()).into_boxed();
    if let Some(object) = object {
        all = all.filter(audit::object.eq(object.to_owned()));
    }
    if let Some(before) = before {
        all = all.filter(audit::id.lt(before));
    }
    Ok(all.load(db)?)
}
