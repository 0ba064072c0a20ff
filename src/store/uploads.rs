//! Files of records that were uploaded and wait to be imported. They lie here and not in a folder: every server of the database finds them, and
//! what is deleted is gone from the files as everything else is.

use diesel::prelude::*;
use uuid::Uuid;

use super::db::Db;
use super::erasure;
use super::error::Result;
use crate::response::DAY;

/// How long a file is kept, in microseconds.
const KEPT: i64 = DAY;

diesel::table! {
    upload (id) {
        id -> Binary,
        wave_id -> Integer,
        name -> Text,
        content -> Binary,
        created_by -> Text,
        created_at -> BigInt,
    }
}

/// A file to keep.
#[derive(Debug, Clone, Copy)]
pub struct NewUpload<'a> {
    /// Random.
    pub id: Uuid,
    /// The wave that its records are of.
    pub wave_id: i32,
    /// The name that it had where it came from.
    pub name: &'a str,
    /// What is in it.
    pub content: &'a [u8],
    /// By whom.
    pub created_by: &'a str,
    /// When, µs UTC.
    pub created_at: i64,
}

/// A file that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The wave that its records are of.
    pub wave_id: i32,
    /// The name that it had where it came from.
    pub name: String,
    /// What is in it.
    pub content: Vec<u8>,
}

/// Keeps a file.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn keep(db: &mut Db, new: &NewUpload<'_>) -> Result<()> {
    let row = (
        upload::id.eq(new.id.as_bytes().as_slice()),
        upload::wave_id.eq(new.wave_id),
        upload::name.eq(new.name),
        upload::content.eq(new.content),
        upload::created_by.eq(new.created_by),
        upload::created_at.eq(new.created_at),
    );
    db.write(|db| Ok(diesel::insert_into(upload::table).values(row).execute(db).map(|_| ())?))
}

/// The file of this id that somebody uploaded, if its day is not over.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn find(db: &mut Db, id: Uuid, by: &str, now: i64) -> Result<Option<Uploaded>> {
    let of = upload::table
        .filter(upload::id.eq(id.as_bytes().as_slice()))
        .filter(upload::created_by.eq(by))
        .filter(upload::created_at.ge(now.saturating_sub(KEPT)));
    let row: Option<(i32, String, Vec<u8>)> = of.select((upload::wave_id, upload::name, upload::content)).first(db).optional()?;
    Ok(row.map(|(wave_id, name, content)| Uploaded { wave_id, name, content }))
}

/// Forgets every file that was kept for its day; gives how many. What is left of them in the files of the database goes with the next sweep.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn expire(db: &mut Db, now: i64) -> Result<usize> {
    let old = upload::table.filter(upload::created_at.lt(now.saturating_sub(KEPT)));
    if old.count().get_result::<i64>(db)? == 0 {
        return Ok(0);
    }
    db.write(|db| {
        let gone = diesel::delete(old).execute(db)?;
        erasure::ask(db)?;
        Ok(gone)
    })
}

/// Forgets all but the last so many that somebody uploaded.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn forget(db: &mut Db, by: &str, keep: i64) -> Result<()> {
    db.write(|db| {
        let of = upload::table.filter(upload::created_by.eq(by));
        let kept: Vec<Vec<u8>> = of.order((upload::created_at.desc(), upload::id)).limit(keep).select(upload::id).load(db)?;
        let surplus = upload::table.filter(upload::created_by.eq(by)).filter(upload::id.ne_all(kept));
        diesel::delete(surplus).execute(db)?;
        Ok(())
    })
}

/// Forgets a file.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn drop(db: &mut Db, id: Uuid) -> Result<()> {
    let of = upload::table.filter(upload::id.eq(id.as_bytes().as_slice()));
    db.write(|db| Ok(diesel::delete(of).execute(db).map(|_| ())?))
}
