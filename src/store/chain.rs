//! How many could have answered a wave that nobody was drawn for: versions that are added, never changed.

use diesel::prelude::*;

use super::db::Db;
use super::error::{Result, StoreError};
use super::tables::response_chain;
use super::waves::lock_wave;

/// One version of a wave's chain.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = response_chain)]
pub struct ChainVersion {
    /// From 1 within its wave.
    pub version: i32,
    /// Customers served; `None`: not known.
    pub customers: Option<i64>,
    /// Invitations made; `None`: not known.
    pub invitations: Option<i64>,
    /// Why something is not known.
    pub reason: Option<String>,
    /// Who said so.
    pub created_by: String,
    /// When, µs UTC.
    pub created_at: i64,
}

/// A version to add.
#[derive(Debug, Clone, Copy)]
pub struct NewChain<'a> {
    /// The wave.
    pub wave_id: i32,
    /// Customers served.
    pub customers: Option<i64>,
    /// Invitations made.
    pub invitations: Option<i64>,
    /// Why something is not known.
    pub reason: Option<&'a str>,
    /// Who says so.
    pub created_by: &'a str,
    /// When, µs UTC.
    pub created_at: i64,
}

/// Adds a version, unless the latest says the same; returns the latest after that.
///
/// # Errors
/// [`StoreError::NotFound`] without such a wave, [`StoreError::Database`].
pub fn add(db: &mut Db, new: &NewChain<'_>) -> Result<ChainVersion> {
    db.write(|db| {
        lock_wave(db, new.wave_id)?;
        let latest = latest(db, new.wave_id)?;
        let said = |old: &ChainVersion| (old.customers, old.invitations, old.reason.clone());
        if let Some(old) = latest.as_ref().filter(|old| said(old) == (new.customers, new.invitations, new.reason.map(str::to_owned))) {
            return Ok(old.clone());
        }
        let row = (
            response_chain::wave_id.eq(new.wave_id),
            response_chain::version.eq(latest.map_or(1, |old| old.version + 1)),
            response_chain::customers.eq(new.customers),
            response_chain::invitations.eq(new.invitations),
            response_chain::reason.eq(new.reason),
            response_chain::created_by.eq(new.created_by),
            response_chain::created_at.eq(new.created_at),
        );
        diesel::insert_into(response_chain::table).values(row).execute(db)?;
        latest_of(db, new.wave_id)
    })
}

fn latest_of(db: &mut Db, wave_id: i32) -> Result<ChainVersion> {
    latest(db, wave_id)?.ok_or_else(|| StoreError::not_found("chain of wave", wave_id))
}

/// What is said of a wave now.
///
/// # Errors
/// [`StoreError::Database`].
pub fn latest(db: &mut Db, wave_id: i32) -> Result<Option<ChainVersion>> {
    latest_at(db, wave_id, i64::MAX)
}

/// What was said of a wave at an instant, µs UTC.
///
/// # Errors
/// [`StoreError::Database`].
pub fn latest_at(db: &mut Db, wave_id: i32, instant: i64) -> Result<Option<ChainVersion>> {
    let of = response_chain::table.filter(response_chain::wave_id.eq(wave_id)).filter(response_chain::created_at.le(instant));
    Ok(of.order(response_chain::version.desc()).select(ChainVersion::as_select()).first(db).optional()?)
}

/// Everything that was ever said of a wave, the latest first.
///
/// # Errors
/// [`StoreError::Database`].
pub fn versions(db: &mut Db, wave_id: i32) -> Result<Vec<ChainVersion>> {
    let of = response_chain::table.filter(response_chain::wave_id.eq(wave_id)).order(response_chain::version.desc());
    Ok(of.select(ChainVersion::as_select()).load(db)?)
}
