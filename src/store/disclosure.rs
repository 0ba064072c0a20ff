//! What becomes of a run's figures in publication: which earlier ones stand, and for which editions that was settled.

use std::collections::BTreeMap;

use diesel::prelude::*;
use uuid::Uuid;

use super::columns::Bytes32;
use super::db::{Db, ROWS_PER_INSERT, each_backend};
use super::error::{Result, StoreError};
use crate::publication::disclosure::Extent;

diesel::table! {
    score_standing (run_id, ord) {
        run_id -> Binary,
        ord -> Integer,
        edition -> Text,
        numbers -> Text,
    }
}

diesel::table! {
    run_disclosure (run_id) {
        run_id -> Binary,
        editions -> Text,
        figures -> BigInt,
        carried -> BigInt,
        hidden -> Text,
        digest -> Binary,
    }
}

diesel::table! {
    wave_salt (wave_id) {
        wave_id -> Integer,
        salt -> Binary,
    }
}

/// A figure of an earlier edition that stands.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = score_standing)]
pub struct Standing {
    /// The score, by its place in the run's canonical order.
    pub ord: i32,
    /// The edition that it was published in.
    pub edition: String,
    /// As it was published, as JSON.
    pub numbers: String,
}

#[derive(Insertable)]
#[diesel(table_name = score_standing)]
struct NewStanding<'a> {
    run_id: &'a [u8],
    #[diesel(embed)]
    standing: Standing,
}

/// What was settled for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    /// Codes of the public editions of its index and wave at that time, in order, one a line.
    pub editions: String,
    /// How much of it is hidden.
    pub extent: Extent,
    /// SHA-256 of what everybody sees.
    pub digest: [u8; 32],
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = run_disclosure)]
struct Row {
    editions: String,
    figures: i64,
    carried: i64,
    /// By rule, as JSON.
    hidden: String,
    #[diesel(deserialize_as = Bytes32)]
    digest: [u8; 32],
}

/// Of no figures at all.
pub static NOTHING: Disclosure =
    Disclosure { editions: String::new(), extent: Extent { figures: 0, by_rule: BTreeMap::new(), carried: 0 }, digest: [0; 32] };

/// What was settled for a run; nothing for one that was made before there were such rules.
///
/// # Errors
/// [`StoreError::Database`], and [`StoreError::Unreadable`] for numbers of hidden figures that are none.
pub fn of_run(db: &mut Db, run: Uuid) -> Result<Option<Disclosure>> {
    let of = run_disclosure::table.find(run.as_bytes().as_slice()).select(Row::as_select());
    let Some(row) = of.first(db).optional()? else { return Ok(None) };
    let Row { editions, figures, carried, hidden, digest } = row;
    let by_rule = serde_json::from_str(&hidden);
    let by_rule = by_rule.map_err(|error| StoreError::Unreadable { table: "run_disclosure", detail: error.to_string() })?;
    Ok(Some(Disclosure { editions, extent: Extent { figures, by_rule, carried }, digest }))
}

/// The figures that stand in a run, from `first` to `last` in its canonical order.
///
/// # Errors
/// [`StoreError::Database`].
pub fn standing(db: &mut Db, run: Uuid, first: i32, last: i32) -> Result<Vec<Standing>> {
    let of = score_standing::table.filter(score_standing::run_id.eq(run.as_bytes().as_slice()));
    Ok(of.filter(score_standing::ord.between(first, last)).order(score_standing::ord).select(Standing::as_select()).load(db)?)
}

/// What the digests of a wave's runs are salted with; nothing before its first run is made.
///
/// # Errors
/// [`StoreError::Database`].
pub fn salt(db: &mut Db, wave: i32) -> Result<Option<Vec<u8>>> {
    Ok(wave_salt::table.find(wave).select(wave_salt::salt).first(db).optional()?)
}

/// Gives a wave its salt, if it has none. Part of [`runs::create`](super::runs::create).
pub(super) fn give_salt(db: &mut Db, wave: i32) -> Result<()> {
    if salt(db, wave)?.is_none() {
        let random = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes).concat();
        diesel::insert_into(wave_salt::table).values((wave_salt::wave_id.eq(wave), wave_salt::salt.eq(random))).execute(db)?;
    }
    Ok(())
}

/// Writes what was settled, after the run's scores.
pub(super) fn insert(db: &mut Db, run: Uuid, settled: &Disclosure, standing: &[Standing]) -> Result<()> {
    let (run_id, extent) = (run.as_bytes().as_slice(), &settled.extent);
    let row = (
        run_disclosure::run_id.eq(run_id),
        run_disclosure::editions.eq(&settled.editions),
        run_disclosure::figures.eq(extent.figures),
        run_disclosure::carried.eq(extent.carried),
        run_disclosure::hidden.eq(serde_json::to_string(&extent.by_rule).unwrap_or_default()), // numbers always serialise
        run_disclosure::digest.eq(settled.digest.as_slice()),
    );
    diesel::insert_into(run_disclosure::table).values(row).execute(db)?;
    for chunk in standing.chunks(ROWS_PER_INSERT) {
        let rows: Vec<NewStanding<'_>> = chunk.iter().map(|standing| NewStanding { run_id, standing: standing.clone() }).collect();
        each_backend!(db, c => diesel::insert_into(score_standing::table).values(&rows).execute(c))?;
    }
    Ok(())
}
