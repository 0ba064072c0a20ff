//! Responses after they are stored: receipts, withdrawal, exclusion, and what fieldwork looks at.
//!
//! New ones come in through the [`Writer`](super::writer::Writer) only.

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Integer, SmallInt};
use uuid::Uuid;

use super::columns::{Bytes32, named_enum};
use super::db::{Db, hold_response_order};
use super::erasure;
use super::error::{Result, StoreError};
use super::person::{self, Link};
use super::tables::{free_text, response, response_event, submission};

/// What a response was found to be on arrival. It never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, FromSqlRow)]
#[repr(i16)]
pub enum ResponseState {
    /// It counts; items that are invalid are missing.
    Valid = 0,
    /// It is invalid as a whole: kept, and left out of every run.
    Invalid = 1,
    /// It came after the wave's close: kept apart.
    Quarantined = 2,
}

impl ResponseState {
    /// The name the API uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Quarantined => "quarantined",
        }
    }
}

impl<DB: Backend> FromSql<SmallInt, DB> for ResponseState
where
    i16: FromSql<SmallInt, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        match i16::from_sql(bytes)? {
            0 => Ok(Self::Valid),
            1 => Ok(Self::Invalid),
            2 => Ok(Self::Quarantined),
            code => Err(format!("no response state has the code {code}").into()),
        }
    }
}

named_enum! {
    /// What ended a response.
    "response event" EventKind {
        /// The respondent took it back; its content is erased.
        Withdrawn = "withdrawn",
        /// A correction took its place.
        Superseded = "superseded",
        /// A statistician left it out, with a reason.
        Excluded = "excluded",
    }
}

/// What the sender of a response is told, the same each time.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = response)]
pub struct Receipt {
    /// The response's id, made by the sender.
    #[diesel(deserialize_as = Vec<u8>)]
    pub id: Uuid,
    /// Its place in the order of arrival.
    pub seq: i64,
    /// When it arrived, µs UTC.
    pub received_at: i64,
    /// What the sender's bytes hash to.
    #[diesel(deserialize_as = Bytes32)]
    pub body_sha256: [u8; 32],
    /// Whether a code belongs to it, with which its sender can take it back.
    #[diesel(select_expression = response::receipt_hash.is_not_null())]
    pub has_code: bool,
    /// What it was found to be.
    pub state: ResponseState,
}

/// By what a stored response is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Its id, which its sender made.
    Id(Uuid),
    /// Its place in the order of arrival.
    Seq(i64),
}

/// A response as lists and the fieldwork pages show it, without its answers.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = response)]
pub struct Summary {
    /// The receipt.
    #[diesel(embed)]
    pub receipt: Receipt,
    /// The wave.
    pub wave_id: i32,
    /// The questionnaire version.
    pub version_id: i32,
    /// The unit that is rated.
    pub unit_id: i32,
    /// The PSU; 0 for none.
    pub psu_id: i32,
    /// The base weight in the wave's unit.
    pub weight_u: i64,
    /// The channel's code.
    pub channel: i16,
    /// The key of the device that sent it.
    pub device_key_id: Option<i32>,
    /// As the device claims, µs UTC.
    pub started_at: Option<i64>,
    /// As the device claims, µs UTC.
    pub answered_at: Option<i64>,
    /// The first event that ended it; `None`: it stands.
    pub ended_event: Option<i64>,
    /// When it was withdrawn, µs UTC.
    pub withdrawn_at: Option<i64>,
}

/// Something that happened to a response.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = response_event)]
pub struct Event {
    /// Its place in the order of events.
    pub id: i64,
    /// What happened.
    pub kind: EventKind,
    /// When, µs UTC.
    pub at: i64,
    /// By whom.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// The sequence number of the correction.
    pub successor_seq: Option<i64>,
}

/// The stored response of this id, withdrawn or not.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find(db: &mut Db, id: Uuid) -> Result<Option<Summary>> {
    find_by(db, Which::Id(id))
}

/// The stored response of this id or number, withdrawn or not.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find_by(db: &mut Db, which: Which) -> Result<Option<Summary>> {
    let of = response::table.select(Summary::as_select());
    Ok(match which {
        Which::Id(id) => of.filter(response::id.eq(id.as_bytes().as_slice())).first(db),
        Which::Seq(seq) => of.filter(response::seq.eq(seq)).first(db),
    }
    .optional()?)
}

/// The response whose id begins with `head` and whose code has the keyed hash `code_hash`; none once it is withdrawn.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find_by_receipt(db: &mut Db, head: [u8; 4], code_hash: &[u8; 32]) -> Result<Option<Summary>> {
    let whole = |rest: u8| head.into_iter().chain([rest; 12]).collect::<Vec<u8>>();
    let alike = response::table.filter(response::id.between(whole(0), whole(0xff)));
    let links = alike.select((Link::as_select(), Summary::as_select())).load::<(Link, Summary)>(db)?;
    let found = links.into_iter().filter(|(link, _)| link.has_code(code_hash)).map(|(_, summary)| summary);
    // Every one that begins alike is looked at, so that a right code takes as long as a wrong one.
    Ok(found.fold(None, |_, summary| Some(summary)))
}

/// What happened to a response, in order.
///
/// # Errors
/// [`StoreError::Database`].
pub fn events(db: &mut Db, seq: i64) -> Result<Vec<Event>> {
    let of = response_event::table.filter(response_event::response_seq.eq(seq)).order(response_event::id);
    Ok(of.select(Event::as_select()).load(db)?)
}

/// The bytes as received, and the findings as JSON if there were any. `None` if unknown or withdrawn.
///
/// # Errors
/// [`StoreError::Database`].
pub fn submission(db: &mut Db, seq: i64) -> Result<Option<(Vec<u8>, Option<String>)>> {
    Ok(submission::table.find(seq).select((submission::body, submission::findings)).first(db).optional()?)
}

/// Takes a response back, and with it everything that the same person said, before and after: answers, bytes, their hash and free text
/// are erased, ids and dates stay as tombstones.
///
/// Returns whether there was still something to take back.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn withdraw(db: &mut Db, id: Uuid, actor: &str, reason: &str, now: i64) -> Result<bool> {
    db.write(|db| {
        hold_response_order(db)?;
        let link = link(db, id)?;
        let links = person::links(db, &link)?;
        take_back(db, &links, actor, reason, now)
    })
}

/// How a withdrawal by the code of a receipt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByReceipt {
    /// It is withdrawn; its sequence number.
    Withdrawn(i64),
    /// It was withdrawn before.
    Before,
    /// There is none of this id and code.
    Unknown,
}

/// Takes a response back for whoever shows the code of its receipt (`code_hash`: its keyed hash), and with it what corrected it and what
/// it corrected.
///
/// # Errors
/// [`StoreError::Database`].
pub fn withdraw_by_receipt(db: &mut Db, id: Uuid, code_hash: &[u8; 32], actor: &str, now: i64) -> Result<ByReceipt> {
    db.write(|db| {
        hold_response_order(db)?;
        let link = match link(db, id) {
            Err(StoreError::NotFound { .. }) => return Ok(ByReceipt::Unknown),
            other => other?,
        };
        if link.withdrawn_at.is_some() {
            return Ok(ByReceipt::Before);
        }
        if !link.has_code(code_hash) {
            return Ok(ByReceipt::Unknown);
        }
        let links = person::taken_along(db, &link)?;
        take_back(db, &links, actor, "", now)?;
        Ok(ByReceipt::Withdrawn(link.seq))
    })
}

/// Ends and erases those that are not yet; returns whether there were any.
fn take_back(db: &mut Db, links: &[Link], actor: &str, reason: &str, now: i64) -> Result<bool> {
    let mut taken_back = false;
    for link in links.iter().filter(|link| link.withdrawn_at.is_none()) {
        end(db, link.seq, EventKind::Withdrawn, now, actor, reason, None)?;
        erase(db, link.seq, now)?;
        taken_back = true;
    }
    if taken_back {
        erasure::ask(db)?;
    }
    Ok(taken_back)
}

/// Why it did not count stays: those are codes, and a run tells the same whenever it is repeated.
fn erase(db: &mut Db, seq: i64, now: i64) -> Result<()> {
    diesel::update(response::table.find(seq))
        .set((
            response::withdrawn_at.eq(now),
            response::answers.eq(Vec::new()),
            response::body_sha256.eq(vec![0; 32]),
            response::respondent.eq(None::<String>),
            response::receipt_hash.eq(None::<Vec<u8>>),
        ))
        .execute(db)?;
    diesel::delete(submission::table.find(seq)).execute(db)?;
    diesel::delete(free_text::table.filter(free_text::response_seq.eq(seq))).execute(db)?;
    Ok(())
}

/// Leaves a response out of the runs to come. It keeps its content. Excluding the one of a person that counts excludes what else stands
/// of them, so that no correction of another brings them back.
///
/// Returns false if it had ended already; the reason is recorded all the same.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn exclude(db: &mut Db, id: Uuid, actor: &str, reason: &str, now: i64) -> Result<bool> {
    db.write(|db| {
        hold_response_order(db)?;
        let link = link(db, id)?;
        if link.counts() {
            for other in person::links(db, &link)?.iter().filter(|other| other.stands() && other.seq != link.seq) {
                end(db, other.seq, EventKind::Excluded, now, actor, reason, None)?;
            }
        }
        end(db, link.seq, EventKind::Excluded, now, actor, reason, None)
    })
}

fn link(db: &mut Db, id: Uuid) -> Result<Link> {
    let of = response::table.filter(response::id.eq(id.as_bytes().as_slice()));
    let found = of.select(Link::as_select()).first(db).optional()?;
    found.ok_or_else(|| StoreError::not_found("response", id))
}

/// Records an event, and ends the response unless an earlier one did. The caller holds the response order.
pub(super) fn end(db: &mut Db, seq: i64, kind: EventKind, at: i64, actor: &str, reason: &str, successor: Option<i64>) -> Result<bool> {
    let event: i64 = diesel::insert_into(response_event::table)
        .values((
            response_event::response_seq.eq(seq),
            response_event::kind.eq(kind.as_str()),
            response_event::at.eq(at),
            response_event::actor.eq(actor),
            response_event::reason.eq(reason),
            response_event::successor_seq.eq(successor),
        ))
        .returning(response_event::id)
        .get_result(db)?;
    let stands = response::table.filter(response::seq.eq(seq)).filter(response::ended_event.is_null());
    Ok(diesel::update(stands).set(response::ended_event.eq(event)).execute(db)? == 1)
}

/// Which responses [`list`] shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of these units.
    pub unit_ids: Option<Vec<i32>>,
    /// In this state.
    pub state: Option<ResponseState>,
    /// Only those after this sequence number: the cursor.
    pub after_seq: i64,
}

/// Responses of a wave, at most `limit`, in the order of arrival.
///
/// # Errors
/// [`StoreError::Database`].
pub fn list(db: &mut Db, wave_id: i32, filter: &Filter, limit: i64) -> Result<Vec<Summary>> {
    let mut of = response::table
        .filter(response::wave_id.eq(wave_id))
        .filter(response::seq.gt(filter.after_seq))
        .order(response::seq)
        .limit(limit)
        .select(Summary::as_select())
        .into_boxed();
    if let Some(units) = &filter.unit_ids {
        of = of.filter(response::unit_id.eq_any(units.clone()));
    }
    if let Some(state) = filter.state {
        of = of.filter(response::state.eq(state as i16));
    }
    Ok(of.load(db)?)
}

/// Free text of one response: item and words. Empty if unknown or withdrawn.
///
/// # Errors
/// [`StoreError::Database`].
pub fn free_texts_of(db: &mut Db, seq: i64) -> Result<Vec<(String, String)>> {
    let of = free_text::table.filter(free_text::response_seq.eq(seq)).order(free_text::item);
    Ok(of.select((free_text::item, free_text::text)).load(db)?)
}

/// Free text given to `item` in a wave by responses that stand: sequence number and text, at most `limit`, after the cursor.
///
/// # Errors
/// [`StoreError::Database`].
pub fn free_texts(db: &mut Db, wave_id: i32, item: &str, after_seq: i64, limit: i64) -> Result<Vec<(i64, String)>> {
    Ok(free_text::table
        .inner_join(response::table)
        .filter(response::wave_id.eq(wave_id))
        .filter(response::state.eq(ResponseState::Valid as i16))
        .filter(response::ended_event.is_null())
        .filter(free_text::item.eq(item))
        .filter(response::seq.gt(after_seq))
        .order(response::seq)
        .limit(limit)
        .select((response::seq, free_text::text))
        .load(db)?)
}

/// What [`count`] counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountBy {
    /// The unit that is rated.
    Unit,
    /// The PSU; 0 is those without one.
    Psu,
    /// The day of arrival, as days since 1970-01-01 in `Asia/Ho_Chi_Minh`, which is UTC+7 all year.
    Day,
    /// The key of the device; 0 is those without one.
    Device,
}

/// How many responses of one kind a wave has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Count {
    /// The unit, PSU, day or device.
    #[diesel(sql_type = BigInt)]
    pub key: i64,
    /// What they were found to be.
    #[diesel(sql_type = SmallInt)]
    pub state: ResponseState,
    /// Whether they ended (withdrawn, superseded or excluded).
    #[diesel(sql_type = Bool)]
    pub ended: bool,
    /// Whether the respondent has another answer that counts.
    #[diesel(sql_type = Bool)]
    pub doubled: bool,
    /// Whether items of it are invalid.
    #[diesel(sql_type = Bool)]
    pub in_part: bool,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub n: i64,
}

/// A wave's responses by unit, PSU, day or device, and each of these by state, for the fieldwork page.
///
/// # Errors
/// [`StoreError::Database`].
pub fn count(db: &mut Db, wave_id: i32, by: CountBy) -> Result<Vec<Count>> {
    count_within(db, wave_id, by, None)
}

/// The same of some units alone.
///
/// # Errors
/// [`StoreError::Database`].
pub fn count_within(db: &mut Db, wave_id: i32, by: CountBy, units: Option<&[i32]>) -> Result<Vec<Count>> {
    // Constant texts that both databases read: a computed GROUP BY key would be two different bound values to PostgreSQL.
    macro_rules! count_by {
        ($key:literal) => {
            concat!(
                "SELECT ",
                $key,
                " AS key, state, ended_event IS NOT NULL AS ended, ",
                "EXISTS (SELECT 1 FROM response_finding f WHERE f.response_seq = seq AND f.code = 'second-answer') AS doubled, ",
                "EXISTS (SELECT 1 FROM response_finding f WHERE f.response_seq = seq AND f.item <> '') AS in_part, ",
                "COUNT(*) AS n FROM response WHERE wave_id = $1"
            )
        };
    }
    let text = match by {
        CountBy::Unit => count_by!("CAST(unit_id AS BIGINT)"),
        CountBy::Psu => count_by!("CAST(psu_id AS BIGINT)"),
        CountBy::Day => count_by!("(received_at + 25200000000) / 86400000000"),
        CountBy::Device => count_by!("CAST(COALESCE(device_key_id, 0) AS BIGINT)"),
    };
    // Whole numbers of our own, which no text can be smuggled in by.
    let within = units.map(|units| units.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    let within = within.map(|units| format!(" AND unit_id IN ({units})")).unwrap_or_default();
    Ok(sql_query(format!("{text}{within} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5")).bind::<Integer, _>(wave_id).load(db)?)
}

/// Respondents on the sample list of a wave of whom a response stands.
///
/// # Errors
/// [`StoreError::Database`].
pub fn answered(db: &mut Db, wave_id: i32) -> Result<std::collections::HashSet<String>> {
    let of = response::table.filter(response::wave_id.eq(wave_id)).filter(response::respondent.is_not_null());
    let found: Vec<Option<String>> = of.filter(response::ended_event.is_null()).select(response::respondent).distinct().load(db)?;
    Ok(found.into_iter().flatten().collect())
}
