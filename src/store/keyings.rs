//! Paper forms that were keyed in, once or twice: by whom, and in how many items the two differed.

use diesel::prelude::*;

use super::db::{Db, each_backend};
use super::error::Result;

diesel::table! {
    keying (wave_id, key_hash, nth) {
        wave_id -> Integer,
        key_hash -> Binary,
        nth -> Integer,
        keyed_by -> Text,
        person_id -> Nullable<Integer>,
        keyed_at -> BigInt,
        compared -> Integer,
        differing -> Integer,
    }
}

/// A form that was keyed in.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = keying)]
pub struct Keying {
    pub wave_id: i32,
    /// The keyed hash of the number on the form, as imported records have it.
    pub key_hash: Vec<u8>,
    /// 1 or 2.
    pub nth: i32,
    /// By whom.
    pub keyed_by: String,
    /// The person.
    pub person_id: Option<i32>,
    /// When, µs UTC.
    pub keyed_at: i64,
    /// Items that the second could differ in from the first.
    pub compared: i32,
    /// Those in which it did.
    pub differing: i32,
}

/// The forms of a wave that were keyed in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Once at least.
    pub forms: i64,
    /// Twice.
    pub twice: i64,
    /// Items of those.
    pub compared: i64,
    /// Those that differed.
    pub differing: i64,
}

/// How often a form was keyed in: the first time first.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn of(db: &mut Db, wave_id: i32, key_hash: &[u8; 32]) -> Result<Vec<Keying>> {
    let of = keying::table.filter(keying::wave_id.eq(wave_id)).filter(keying::key_hash.eq(key_hash.as_slice()));
    Ok(of.order(keying::nth).select(Keying::as_select()).load(db)?)
}

/// Remembers that a form was keyed in. The first time may be said again, as long as nothing came of it.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn put(db: &mut Db, new: &Keying) -> Result<()> {
    db.write(|db| {
        let same = keying::table.find((new.wave_id, &new.key_hash, new.nth));
        diesel::delete(same).execute(db)?;
        each_backend!(db, c => diesel::insert_into(keying::table).values(new).execute(c))?;
        Ok(())
    })
}

/// How many forms of a wave were keyed in, and what keying them twice found.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn tally(db: &mut Db, wave_id: i32) -> Result<Tally> {
    use diesel::dsl::{count_star, sum};
    let of = keying::table.filter(keying::wave_id.eq(wave_id));
    let forms: i64 = of.filter(keying::nth.eq(1)).select(count_star()).first(db)?;
    let second = of.filter(keying::nth.eq(2));
    let (twice, compared, differing): (i64, Option<i64>, Option<i64>) =
        second.select((count_star(), sum(keying::compared), sum(keying::differing))).first(db)?;
    Ok(Tally { forms, twice, compared: compared.unwrap_or(0), differing: differing.unwrap_or(0) })
}
