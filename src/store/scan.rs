//! Reads a wave's responses as a run froze them.

use std::ops::ControlFlow;

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::max;
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Integer, SmallInt, Text};

use super::db::{Db, hold_response_order};
use super::error::Result;
use super::responses::ResponseState;
use super::tables::{response, response_event};

/// A moment in the life of the responses: all that was stored, and all that had ended, up to here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HighWater {
    /// The last sequence number of the wave; 0 if it has none.
    pub seq: i64,
    /// The last event.
    pub event: i64,
}

/// One response on its way to the frame.
#[derive(Debug, Clone, Copy)]
pub struct RowRef<'a> {
    /// Its place in the order of arrival.
    pub seq: i64,
    /// The questionnaire version, and so the layout of `answers`.
    pub version_id: i32,
    /// The unit that is rated.
    pub unit_id: i32,
    /// The PSU; 0 for none.
    pub psu_id: i32,
    /// The base weight in the wave's unit.
    pub weight_u: i64,
    /// The channel's code.
    pub channel: i16,
    /// As the device claims, µs UTC.
    pub answered_at: Option<i64>,
    /// When it arrived, µs UTC.
    pub received_at: i64,
    /// The packed answers.
    pub answers: &'a [u8],
}

/// What a scan came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scanned {
    /// Rows handed to the visitor.
    pub rows: u64,
    /// Responses that counted at the high water and were withdrawn since, so that their answers are gone. Unless this is 0 the run
    /// cannot be repeated to the same digest: the right to be forgotten stands above the right to recompute.
    pub erased: u64,
    /// The visitor broke off.
    pub broken_off: bool,
}

/// How many responses do not count, or not with all their items, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NotCounted {
    /// Responses that are invalid as a whole.
    pub invalid: i64,
    /// Responses that are kept apart because they came after the close.
    pub quarantined: i64,
    /// Why responses are invalid as a whole: code and number, by code.
    pub reasons: Vec<(String, i64)>,
    /// Invalid items of responses that count: item, code and number, by item and code.
    pub items: Vec<(String, String, i64)>,
}

#[derive(QueryableByName)]
struct StateCount {
    #[diesel(sql_type = SmallInt)]
    state: ResponseState,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct ReasonCount {
    #[diesel(sql_type = SmallInt)]
    state: ResponseState,
    #[diesel(sql_type = Text)]
    item: String,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What stands at a high water and does not count, or not with all its items.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn not_counted(db: &mut Db, wave_id: i32, at: HighWater) -> Result<NotCounted> {
    const STATES: &str = "SELECT state, COUNT(*) AS n FROM response WHERE wave_id = $1 AND seq <= $2 \
        AND (ended_event IS NULL OR ended_event > $3) AND state <> 0 GROUP BY state";
    const REASONS: &str = "SELECT r.state, f.item, f.code, COUNT(*) AS n FROM response_finding f JOIN response r ON r.seq = f.response_seq \
        WHERE r.wave_id = $1 AND r.seq <= $2 AND (r.ended_event IS NULL OR r.ended_event > $3) GROUP BY r.state, f.item, f.code";
    let asked = |text| sql_query(text).bind::<Integer, _>(wave_id).bind::<BigInt, _>(at.seq).bind::<BigInt, _>(at.event);
    let mut counted = NotCounted::default();
    for StateCount { state, n } in asked(STATES).load::<StateCount>(db)? {
        match state {
            ResponseState::Valid => {}
            ResponseState::Invalid => counted.invalid = n,
            ResponseState::Quarantined => counted.quarantined = n,
        }
    }
    for ReasonCount { state, item, code, n } in asked(REASONS).load::<ReasonCount>(db)? {
        match state {
            ResponseState::Invalid if item.is_empty() => counted.reasons.push((code, n)),
            ResponseState::Valid if !item.is_empty() => counted.items.push((item, code, n)),
            _ => {}
        }
    }
    // Databases sort words by rules of their own.
    counted.reasons.sort();
    counted.items.sort();
    Ok(counted)
}

type Row = (i64, i32, i32, i32, i64, i16, Option<i64>, i64, Option<i64>, Vec<u8>);

/// The high water of a wave, now.
///
/// Within a transaction ([`Db::write`]) what it names stays complete: no number at or below it can appear later.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn high_water(db: &mut Db, wave_id: i32) -> Result<HighWater> {
    db.write(|db| {
        hold_response_order(db)?;
        let of_wave = response::table.filter(response::wave_id.eq(wave_id));
        let seq: Option<i64> = of_wave.order(response::seq.desc()).select(response::seq).first(db).optional()?;
        let event: Option<i64> = response_event::table.select(max(response_event::id)).get_result(db)?;
        Ok(HighWater { seq: seq.unwrap_or(0), event: event.unwrap_or(0) })
    })
}

/// The high water of a wave as it was at an instant of the past (µs UTC).
///
/// Sequence numbers are given in the order of the queue. So what had arrived by then is what stands at or below the last number of
/// then, but for responses that overtook each other on their way into the queue, in the same instant.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn high_water_at(db: &mut Db, wave_id: i32, instant: i64) -> Result<HighWater> {
    db.write(|db| {
        hold_response_order(db)?;
        let arrived = response::table.filter(response::wave_id.eq(wave_id)).filter(response::received_at.le(instant));
        let seq: Option<i64> = arrived.order(response::seq.desc()).select(response::seq).first(db).optional()?;
        let past = response_event::table.filter(response_event::at.le(instant));
        let event: Option<i64> = past.select(max(response_event::id)).get_result(db)?;
        Ok(HighWater { seq: seq.unwrap_or(0), event: event.unwrap_or(0) })
    })
}

/// The responses that count at a high water: valid, stored by then, not ended by then.
macro_rules! counting {
    ($wave:expr, $at:expr) => {
        response::table
            .filter(response::wave_id.eq($wave))
            .filter(response::seq.le($at.seq))
            .filter(response::state.eq(ResponseState::Valid as i16))
            .filter(response::ended_event.is_null().or(response::ended_event.assume_not_null().gt($at.event)))
    };
}

pub(super) use counting;

/// How many responses [`scan_responses`] will visit, the erased ones included: the size to reserve.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn count_responses(db: &mut Db, wave_id: i32, at: HighWater) -> Result<i64> {
    Ok(counting!(wave_id, at).count().get_result(db)?)
}

/// Hands every response that counts at a high water to `visit`, in the order of arrival, without holding them all.
///
/// # Design
/// Both arms read row by row: PostgreSQL's client would otherwise keep the whole result in memory, as large as the wave.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn scan_responses(db: &mut Db, wave_id: i32, at: HighWater, mut visit: impl FnMut(RowRef<'_>) -> ControlFlow<()>) -> Result<Scanned> {
    let rows = counting!(wave_id, at).order(response::seq).select((
        response::seq,
        response::version_id,
        response::unit_id,
        response::psu_id,
        response::weight_u,
        response::channel,
        response::answered_at,
        response::received_at,
        response::withdrawn_at,
        response::answers,
    ));
    let mut scanned = Scanned::default();
    match db {
        Db::Sqlite(c) => hand_over(rows.load_iter::<Row, DefaultLoadingMode>(c)?, &mut visit, &mut scanned)?,
        Db::Postgres(c) => hand_over(rows.load_iter::<Row, PgRowByRowLoadingMode>(c)?, &mut visit, &mut scanned)?,
    }
    Ok(scanned)
}

fn hand_over(
    rows: impl Iterator<Item = QueryResult<Row>>,
    visit: &mut impl FnMut(RowRef<'_>) -> ControlFlow<()>,
    scanned: &mut Scanned,
) -> Result<()> {
    for row in rows {
        let (seq, version_id, unit_id, psu_id, weight_u, channel, answered_at, received_at, withdrawn_at, answers) = row?;
        if withdrawn_at.is_some() {
            scanned.erased += 1;
            continue;
        }
        scanned.rows += 1;
        let row = RowRef { seq, version_id, unit_id, psu_id, weight_u, channel, answered_at, received_at, answers: &answers };
        if visit(row).is_break() {
            scanned.broken_off = true;
            break;
        }
    }
    Ok(())
}
