//! Devices that were let join, each by a secret that opens once and for a short time.

use diesel::prelude::*;

use super::db::Db;
use super::error::Result;

diesel::table! {
    device_enrolment (id) {
        id -> Integer,
        secret_hash -> Binary,
        name -> Text,
        wave_id -> Integer,
        unit_id -> Integer,
        sections -> Text,
        created_at -> BigInt,
        created_by -> Text,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
        key_id -> Nullable<Integer>,
    }
}

/// A device to let join.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = device_enrolment)]
pub struct NewEnrolment {
    /// A digest of the secret.
    pub secret_hash: Vec<u8>,
    /// What people call the device.
    pub name: String,
    /// The wave that it asks for.
    pub wave_id: i32,
    /// The unit that is rated there, to which its key is bound.
    pub unit_id: i32,
    /// Codes of the sections that it offers, with commas between them; empty: all of them.
    pub sections: String,
    /// When, µs UTC.
    pub created_at: i64,
    /// By whom.
    pub created_by: String,
    /// Until when the secret opens, µs UTC.
    pub expires_at: i64,
}

/// A device that may join, or has.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = device_enrolment)]
pub struct Enrolment {
    pub id: i32,
    /// What people call the device.
    pub name: String,
    /// The wave that it asks for.
    pub wave_id: i32,
    /// The unit that is rated there.
    pub unit_id: i32,
    /// Codes of the sections that it offers.
    pub sections: String,
    /// When it was made, µs UTC.
    pub created_at: i64,
    /// By whom.
    pub created_by: String,
    /// Until when the secret opens, µs UTC.
    pub expires_at: i64,
    /// When it was used, µs UTC.
    pub used_at: Option<i64>,
    /// The key that came of it.
    pub key_id: Option<i32>,
}

/// Lets a device join; gives the number of the enrolment.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn create(db: &mut Db, new: &NewEnrolment) -> Result<i32> {
    db.write(|db| Ok(diesel::insert_into(device_enrolment::table).values(new).returning(device_enrolment::id).get_result(db)?))
}

/// The enrolment that a secret opens at an instant (µs UTC), if any.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn open(db: &mut Db, secret_hash: &[u8; 32], now: i64) -> Result<Option<Enrolment>> {
    let of = device_enrolment::table
        .filter(device_enrolment::secret_hash.eq(secret_hash.as_slice()))
        .filter(device_enrolment::used_at.is_null())
        .filter(device_enrolment::expires_at.gt(now));
    Ok(of.select(Enrolment::as_select()).first(db).optional()?)
}

/// Uses an enrolment for a key. Returns false if it was used before.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn close(db: &mut Db, id: i32, key_id: i32, now: i64) -> Result<bool> {
    let unused = device_enrolment::table.filter(device_enrolment::id.eq(id)).filter(device_enrolment::used_at.is_null());
    let used = (device_enrolment::used_at.eq(now), device_enrolment::key_id.eq(key_id));
    db.write(|db| Ok(diesel::update(unused).set(used).execute(db)? == 1))
}

/// The last so many enrolments, the newest first; of these units alone, if they are named.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn list(db: &mut Db, units: Option<Vec<i32>>, limit: i64) -> Result<Vec<Enrolment>> {
    let mut of = device_enrolment::table.order(device_enrolment::id.desc()).limit(limit).select(Enrolment::as_select()).into_boxed();
    if let Some(units) = units {
        of = of.filter(device_enrolment::unit_id.eq_any(units));
    }
    Ok(of.load(db)?)
}
