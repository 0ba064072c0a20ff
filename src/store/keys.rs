//! API keys: stored as a hash, never deleted, since audit lines and responses name them.

use diesel::prelude::*;

use super::columns::Bytes32;
use super::db::Db;
use super::error::{Result, StoreError};
use super::tables::api_key;

/// A key to issue.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: String,
    /// A digest of the secret.
    pub hash: [u8; 32],
    /// The unit it is bound to.
    pub unit_id: Option<i32>,
    /// When, µs UTC.
    pub created_at: i64,
    /// By whom.
    pub created_by: String,
    /// Whose it is; none: a device's or a service's.
    pub person_id: Option<i32>,
    /// Until when it opens anything, µs UTC; none: until it is revoked.
    pub expires_at: Option<i64>,
}

/// An issued key.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = api_key)]
pub struct Key {
    /// The number that responses carry.
    pub id: i32,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: String,
    /// A digest of the secret.
    #[diesel(deserialize_as = Bytes32)]
    pub hash: [u8; 32],
    /// The unit it is bound to.
    pub unit_id: Option<i32>,
    /// When, µs UTC.
    pub created_at: i64,
    /// By whom.
    pub created_by: String,
    /// Since when it opens nothing, µs UTC.
    pub revoked_at: Option<i64>,
    /// Whose it is; none: a device's or a service's.
    pub person_id: Option<i32>,
    /// Until when it opens anything, µs UTC; none: until it is revoked.
    pub expires_at: Option<i64>,
    /// When it was last used, to a few minutes, µs UTC.
    pub used_at: Option<i64>,
}

/// Issues a key.
///
/// # Errors
/// [`StoreError::Database`], also for a hash that exists: with random secrets that does not happen.
pub fn create(db: &mut Db, new: &NewKey) -> Result<Key> {
    let row = (
        api_key::name.eq(&new.name),
        api_key::role.eq(&new.role),
        api_key::hash.eq(new.hash.as_slice()),
        api_key::unit_id.eq(new.unit_id),
        api_key::created_at.eq(new.created_at),
        api_key::created_by.eq(&new.created_by),
        api_key::person_id.eq(new.person_id),
        api_key::expires_at.eq(new.expires_at),
    );
    db.write(|db| Ok(diesel::insert_into(api_key::table).values(row).returning(api_key::all_columns).get_result(db)?))
}

/// The key with this hash, also if it is revoked.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find_by_hash(db: &mut Db, hash: &[u8; 32]) -> Result<Option<Key>> {
    Ok(api_key::table.filter(api_key::hash.eq(hash.as_slice())).select(Key::as_select()).first(db).optional()?)
}

/// Notes that a key was used.
///
/// # Errors
/// [`StoreError::Database`].
pub fn used(db: &mut Db, id: i32, now: i64) -> Result<()> {
    db.write(|db| {
        diesel::update(api_key::table.find(id)).set(api_key::used_at.eq(now)).execute(db)?;
        Ok(())
    })
}

/// Revokes a key and returns it. One that is revoked keeps its first date.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn revoke(db: &mut Db, id: i32, now: i64) -> Result<Key> {
    db.write(|db| {
        let valid = api_key::table.filter(api_key::id.eq(id)).filter(api_key::revoked_at.is_null());
        diesel::update(valid).set(api_key::revoked_at.eq(now)).execute(db)?;
        let found = api_key::table.find(id).select(Key::as_select()).first(db).optional()?;
        found.ok_or_else(|| StoreError::not_found("key", id))
    })
}

/// Every key, in the order of issue.
///
/// # Errors
/// [`StoreError::Database`].
pub fn list(db: &mut Db) -> Result<Vec<Key>> {
    Ok(api_key::table.order(api_key::id).select(Key::as_select()).load(db)?)
}
