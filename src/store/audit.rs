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

/// Which lines.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// About this object.
    pub object: Option<String>,
    /// Whose action begins so, such as `run.`.
    pub action: Option<String>,
    /// Whose actor begins so: a name without the number of its key.
    pub actor: Option<String>,
    /// From this instant on, µs UTC.
    pub from: Option<i64>,
    /// Before this instant, µs UTC.
    pub until: Option<i64>,
    /// Only those before this line: the cursor.
    pub before: Option<i64>,
}

/// Lines, at most `limit`, the latest first.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn list(db: &mut Db, filter: &Filter, limit: i64) -> Result<Vec<Line>> {
    let mut all = audit::table.order(audit::id.desc()).limit(limit).select(Line::as_select()).into_boxed();
    if let Some(object) = &filter.object {
        all = all.filter(audit::object.eq(object.clone()));
    }
    if let Some(action) = &filter.action {
        all = all.filter(audit::action.like(begins(action)).escape('\\'));
    }
    if let Some(actor) = &filter.actor {
        all = all.filter(audit::actor.like(begins(actor)).escape('\\'));
    }
    if let Some(from) = filter.from {
        all = all.filter(audit::at.ge(from));
    }
    if let Some(until) = filter.until {
        all = all.filter(audit::at.lt(until));
    }
    if let Some(before) = filter.before {
        all = all.filter(audit::id.lt(before));
    }
    Ok(all.load(db)?)
}

/// A pattern of what begins with a text, whatever is in it.
fn begins(text: &str) -> String {
    let plain: String =
        text.chars().flat_map(|letter| matches!(letter, '%' | '_' | '\\').then_some('\\').into_iter().chain([letter])).collect();
    format!("{plain}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_patterns_are_taken_as_they_are_written() {
        assert_eq!((begins("run."), begins("50%_\\")), ("run.%".to_owned(), "50\\%\\_\\\\%".to_owned()));
    }
}
