//! What persons log in with, and their sessions. Of passwords, codes of enrolment and sessions there are digests only.

use diesel::prelude::*;

use super::db::Db;
use super::error::Result;
use super::people_tables::{credential, session};

/// What a person logs in with.
#[derive(Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = credential)]
pub struct Credential {
    pub person_id: i32,
    /// Argon2id, as a PHC string; none before enrolment.
    pub password_hash: Option<String>,
    /// What codes are made from. It is kept as it is: the server has to make them too.
    pub totp_secret: Option<Vec<u8>>,
    /// The last step whose code was used: none of before is taken.
    pub totp_step: i64,
    /// SHA-256 of the code of enrolment; none once it was used.
    pub enrol_hash: Option<Vec<u8>>,
    /// Until when that code is taken, µs UTC.
    pub enrol_until: i64,
    /// Failures since the last success.
    pub failures: i32,
    /// Until when nothing is taken, µs UTC.
    pub locked_until: i64,
}

/// A session to begin.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// SHA-256 of its secret.
    pub hash: [u8; 32],
    pub person_id: i32,
    /// As what.
    pub role: &'a str,
    /// When it begins, µs UTC.
    pub created_at: i64,
    /// When it ends whatever happens, µs UTC.
    pub ends_at: i64,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = session)]
pub struct Session {
    pub person_id: i32,
    /// As what.
    pub role: String,
    /// When it began, µs UTC.
    pub created_at: i64,
    /// When it was last used, as it was noted; µs UTC.
    pub seen_at: i64,
    /// When it ends whatever happens, µs UTC.
    pub ends_at: i64,
    /// When it was ended, µs UTC.
    pub ended_at: Option<i64>,
}

/// What a person logs in with, if they were ever invited.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn find(db: &mut Db, person_id: i32) -> Result<Option<Credential>> {
    Ok(credential::table.find(person_id).select(Credential::as_select()).first(db).optional()?)
}

/// Keeps the code by which a person enrols. What they logged in with before is taken until they do.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn invite(db: &mut Db, person_id: i32, enrol_hash: &[u8; 32], until: i64) -> Result<()> {
    db.write(|db| {
        if find(db, person_id)?.is_none() {
            let row = (
                credential::person_id.eq(person_id),
                credential::totp_step.eq(0_i64),
                credential::enrol_until.eq(0_i64),
                credential::failures.eq(0),
                credential::locked_until.eq(0_i64),
            );
            diesel::insert_into(credential::table).values(row).execute(db)?;
        }
        let values = (credential::enrol_hash.eq(enrol_hash.as_slice()), credential::enrol_until.eq(until));
        diesel::update(credential::table.find(person_id)).set(values).execute(db)?;
        Ok(())
    })
}

/// Keeps what a person enrolled with; every session of theirs ends. The code is taken until they first log in.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn enrol(db: &mut Db, person_id: i32, password_hash: &str, totp_secret: &[u8], now: i64) -> Result<()> {
    db.write(|db| {
        let values = (
            credential::password_hash.eq(password_hash),
            credential::totp_secret.eq(totp_secret),
            credential::totp_step.eq(0_i64),
            credential::failures.eq(0),
            credential::locked_until.eq(0_i64),
        );
        diesel::update(credential::table.find(person_id)).set(values).execute(db)?;
        end_all(db, person_id, now)
    })
}

/// Counts a failure: `locked` says from how many there are by now until when nothing is taken.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn failed(db: &mut Db, person_id: i32, locked: impl FnOnce(i32) -> i64) -> Result<()> {
    db.write(|db| {
        let of = credential::table.find(person_id);
        diesel::update(of).set(credential::failures.eq(credential::failures + 1)).execute(db)?;
        let failures: Option<i32> = credential::table.find(person_id).select(credential::failures).first(db).optional()?;
        let until = locked(failures.unwrap_or(0));
        diesel::update(credential::table.find(person_id)).set(credential::locked_until.eq(until)).execute(db)?;
        Ok(())
    })
}

/// Records that a person logged in by the code of a step. Returns false where that step, or a later one, was used already: then nothing is
/// recorded.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn succeeded(db: &mut Db, person_id: i32, step: i64) -> Result<bool> {
    db.write(|db| {
        let unused = credential::table.filter(credential::person_id.eq(person_id)).filter(credential::totp_step.lt(step));
        let values = (
            credential::totp_step.eq(step),
            credential::enrol_hash.eq(None::<Vec<u8>>),
            credential::failures.eq(0),
            credential::locked_until.eq(0_i64),
        );
        Ok(diesel::update(unused).set(values).execute(db)? == 1)
    })
}

/// Begins a session.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn begin(db: &mut Db, new: &NewSession<'_>) -> Result<()> {
    db.write(|db| {
        let row = (
            session::hash.eq(new.hash.as_slice()),
            session::person_id.eq(new.person_id),
            session::role.eq(new.role),
            session::created_at.eq(new.created_at),
            session::seen_at.eq(new.created_at),
            session::ends_at.eq(new.ends_at),
        );
        diesel::insert_into(session::table).values(row).execute(db)?;
        Ok(())
    })
}

/// The session with this hash, also one that has ended.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn session(db: &mut Db, hash: &[u8; 32]) -> Result<Option<Session>> {
    Ok(session::table.find(hash.as_slice()).select(Session::as_select()).first(db).optional()?)
}

/// Notes that a session was used.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn saw(db: &mut Db, hash: &[u8; 32], now: i64) -> Result<()> {
    db.write(|db| {
        diesel::update(session::table.find(hash.as_slice())).set(session::seen_at.eq(now)).execute(db)?;
        Ok(())
    })
}

/// Ends a session; one that has ended keeps its date.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn end(db: &mut Db, hash: &[u8; 32], now: i64) -> Result<()> {
    db.write(|db| {
        let open = session::table.filter(session::hash.eq(hash.as_slice())).filter(session::ended_at.is_null());
        diesel::update(open).set(session::ended_at.eq(now)).execute(db)?;
        Ok(())
    })
}

/// Ends every session of a person.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn end_all(db: &mut Db, person_id: i32, now: i64) -> Result<()> {
    db.write(|db| {
        let open = session::table.filter(session::person_id.eq(person_id)).filter(session::ended_at.is_null());
        diesel::update(open).set(session::ended_at.eq(now)).execute(db)?;
        Ok(())
    })
}
