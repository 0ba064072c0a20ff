//! Persons, and which of them took which step of a run. Never deleted, since what they decided names them.

use diesel::prelude::*;
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use super::db::Db;
use super::error::{Result, StoreError};
use super::people_tables::{person, run_person};
use crate::table::is_hidden;

/// A person to keep.
#[derive(Debug, Clone)]
pub struct NewPerson<'a> {
    /// What people call them.
    pub name: &'a str,
    /// The roles that they may log in as, joined by commas.
    pub roles: &'a str,
    /// The unit that they are bound to.
    pub unit_id: Option<i32>,
    /// When, µs UTC.
    pub created_at: i64,
    /// By whom.
    pub created_by: &'a str,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = person)]
pub struct Person {
    /// What keys, runs and proposals refer to.
    pub id: i32,
    /// The name as it is compared.
    pub login: String,
    /// What people call them.
    pub name: String,
    /// The roles that they may log in as, joined by commas.
    pub roles: String,
    /// The unit that they are bound to.
    pub unit_id: Option<i32>,
    /// When, µs UTC.
    pub created_at: i64,
    /// By whom.
    pub created_by: String,
    /// Since when nothing of theirs opens anything, µs UTC.
    pub disabled_at: Option<i64>,
}

/// A name as it is compared: composed with compatible letters as one (NFKC), in lower case, with single spaces, without what cannot be seen and
/// without a full stop at the end. Two that read the same are one.
#[must_use]
pub fn login(name: &str) -> String {
    let seen: String = name.nfkc().filter(|letter| letter.is_whitespace() || !is_hidden(*letter)).collect();
    let folded: String = spaced(&seen).nfkc().flat_map(char::to_lowercase).nfkc().collect();
    folded.trim_end_matches(['.', ' ']).to_owned()
}

/// A name as it is kept: composed (NFC), with single spaces.
#[must_use]
pub fn written(name: &str) -> String {
    spaced(name).nfc().collect()
}

fn spaced(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Keeps a person.
///
/// # Errors
/// [`StoreError::Conflict`] if there is one of that name.
pub fn create(db: &mut Db, new: &NewPerson<'_>) -> Result<Person> {
    db.write(|db| {
        if find(db, new.name)?.is_some() {
            return Err(StoreError::conflict("person", new.name));
        }
        let row = (
            person::login.eq(login(new.name)),
            person::name.eq(written(new.name)),
            person::roles.eq(new.roles),
            person::unit_id.eq(new.unit_id),
            person::created_at.eq(new.created_at),
            person::created_by.eq(new.created_by),
        );
        Ok(diesel::insert_into(person::table).values(row).returning(person::all_columns).get_result(db)?)
    })
}

/// The person of a name: the one that is there, or a new one who holds keys only.
///
/// # Errors
/// [`StoreError::Database`].
pub fn named(db: &mut Db, name: &str, now: i64, by: &str) -> Result<Person> {
    db.write(|db| match find(db, name)? {
        Some(known) => Ok(known),
        None => create(db, &NewPerson { name, roles: "", unit_id: None, created_at: now, created_by: by }),
    })
}

/// The person of a name, if there is one.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find(db: &mut Db, name: &str) -> Result<Option<Person>> {
    let wanted = login(name);
    // SQL folds no letter but those of ASCII, and there are few persons.
    Ok(list(db)?.into_iter().find(|person| login(&person.login) == wanted))
}

/// The person of a number.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn get(db: &mut Db, id: i32) -> Result<Person> {
    let found = person::table.find(id).select(Person::as_select()).first(db).optional()?;
    found.ok_or_else(|| StoreError::not_found("person", id))
}

/// Every person, in the order in which they came.
///
/// # Errors
/// [`StoreError::Database`].
pub fn list(db: &mut Db) -> Result<Vec<Person>> {
    Ok(person::table.order(person::id).select(Person::as_select()).load(db)?)
}

/// Gives a person other roles and another unit.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn grant(db: &mut Db, id: i32, roles: &str, unit_id: Option<i32>) -> Result<Person> {
    db.write(|db| {
        diesel::update(person::table.find(id)).set((person::roles.eq(roles), person::unit_id.eq(unit_id))).execute(db)?;
        get(db, id)
    })
}

/// Ends what a person may do. One who is disabled keeps the first date.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn disable(db: &mut Db, id: i32, now: i64) -> Result<Person> {
    db.write(|db| {
        let active = person::table.filter(person::id.eq(id)).filter(person::disabled_at.is_null());
        diesel::update(active).set(person::disabled_at.eq(now)).execute(db)?;
        get(db, id)
    })
}

/// The persons who took the steps of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = run_person)]
pub struct OfRun {
    pub created_by: Option<i32>,
    pub submitted_by: Option<i32>,
    pub approved_by: Option<i32>,
    pub published_by: Option<i32>,
}

/// A step of a run that a person takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStep {
    Create,
    Submit,
    Approve,
    Publish,
}

/// The persons who took the steps of a run so far.
///
/// # Errors
/// [`StoreError::Database`].
pub fn of_run(db: &mut Db, run: Uuid) -> Result<OfRun> {
    let found = run_person::table.find(run.as_bytes().as_slice()).select(OfRun::as_select()).first(db).optional()?;
    Ok(found.unwrap_or_default())
}

/// Records that a person took a step of a run; none: that it was no person but the operator of the machine.
///
/// # Errors
/// [`StoreError::SamePerson`] for one who made or submitted the run and would approve or publish it.
pub fn took(db: &mut Db, run: Uuid, step: RunStep, person: Option<i32>, actor: &str) -> Result<()> {
    db.write(|db| {
        let so_far = of_run(db, run)?;
        let second = matches!(step, RunStep::Approve | RunStep::Publish);
        if second && person.is_some() && [so_far.created_by, so_far.submitted_by].contains(&person) {
            return Err(StoreError::SamePerson { run: run.to_string(), actor: actor.to_owned() });
        }
        let id = run.as_bytes().as_slice();
        if run_person::table.find(id).count().get_result::<i64>(db)? == 0 {
            diesel::insert_into(run_person::table).values(run_person::run_id.eq(id)).execute(db)?;
        }
        let of = run_person::table.find(id);
        match step {
            RunStep::Create => diesel::update(of).set(run_person::created_by.eq(person)).execute(db)?,
            RunStep::Submit => diesel::update(of).set(run_person::submitted_by.eq(person)).execute(db)?,
            RunStep::Approve => diesel::update(of).set(run_person::approved_by.eq(person)).execute(db)?,
            RunStep::Publish => diesel::update(of).set(run_person::published_by.eq(person)).execute(db)?,
        };
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::{login, written};

    #[test]
    fn names_that_read_the_same_are_one() {
        assert_eq!(login(" Nguyễn  Thị Lan "), login("nguye\u{302}\u{303}n thị LAN"));
        assert_eq!(login("ÂN"), "ân");
        assert_ne!(login("Lan"), login("Lân"));
        for name in ["Lan.", "Ｌａｎ", "L\u{200b}an", "La\u{ad}n ", "Lan\u{fe0f}", "\u{2066}LAN\u{2069} .", "Lan\u{a0}"] {
            assert_eq!(login(name), "lan", "{name:?}");
        }
        assert_eq!(login("T. Lan"), "t. lan");
        assert_eq!(written(" La\u{302}n\u{a0} Anh"), "Lân Anh");
    }
}
