//! Where responses came from and when: what a recompute of a sample never reads, and so is no part of its scan.

use std::ops::ControlFlow;

use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;

use super::db::Db;
use super::error::Result;
use super::responses::ResponseState;
use super::scan::{HighWater, counting};
use super::tables::{import_record, response};

/// One response on its way to the rules that judge it.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Its place in the order of arrival.
    pub seq: i64,
    /// The questionnaire version, and so the layout of `answers`.
    pub version_id: i32,
    /// The unit that is rated.
    pub unit_id: i32,
    /// The key of the device that sent it.
    pub device: Option<i32>,
    /// The channel's code.
    pub channel: i16,
    /// Whether it came in a file.
    pub imported: bool,
    /// As the device claims, µs UTC.
    pub started_at: Option<i64>,
    /// As the device claims, µs UTC.
    pub answered_at: Option<i64>,
    /// When it arrived, µs UTC.
    pub received_at: i64,
    /// The packed answers.
    pub answers: &'a [u8],
}

type Row = (i64, i32, i32, Option<i32>, i16, bool, Option<i64>, Option<i64>, i64, Vec<u8>);

/// Hands every response that counts at a high water and was not erased since to `visit`, in the order of arrival. Returns whether the
/// visitor broke off.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn scan_origins(db: &mut Db, wave_id: i32, at: HighWater, mut visit: impl FnMut(Origin<'_>) -> ControlFlow<()>) -> Result<bool> {
    let record = import_record::table.filter(import_record::response_id.eq(response::id));
    let rows = counting!(wave_id, at).filter(response::withdrawn_at.is_null()).order(response::seq).select((
        response::seq,
        response::version_id,
        response::unit_id,
        response::device_key_id,
        response::channel,
        diesel::dsl::exists(record),
        response::started_at,
        response::answered_at,
        response::received_at,
        response::answers,
    ));
    match db {
        Db::Sqlite(c) => hand_over(rows.load_iter::<Row, DefaultLoadingMode>(c)?, &mut visit),
        Db::Postgres(c) => hand_over(rows.load_iter::<Row, PgRowByRowLoadingMode>(c)?, &mut visit),
    }
}

fn hand_over(rows: impl Iterator<Item = QueryResult<Row>>, visit: &mut impl FnMut(Origin<'_>) -> ControlFlow<()>) -> Result<bool> {
    for row in rows {
        let (seq, version_id, unit_id, device, channel, imported, started_at, answered_at, received_at, answers) = row?;
        let origin =
            Origin { seq, version_id, unit_id, device, channel, imported, started_at, answered_at, received_at, answers: &answers };
        if visit(origin).is_break() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The device of every response that counts at a high water, by sequence number: those that
/// [`scan_responses`](super::scan::scan_responses) visits, and those erased since.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn devices(db: &mut Db, wave_id: i32, at: HighWater) -> Result<Vec<(i64, Option<i32>)>> {
    let rows = counting!(wave_id, at).order(response::seq).select((response::seq, response::device_key_id));
    Ok(rows.load(db)?)
}
