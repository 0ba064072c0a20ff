//! One transaction's worth of new responses.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, SmallInt, Text};
use uuid::Uuid;

use super::columns::Bytes32;
use super::db::{Db, hold_response_order};
use super::error::Result;
use super::responses::{EventKind, Receipt, ResponseState, end};
use super::tables::{free_text, response, submission};

/// A checked response on its way in.
#[derive(Debug, Clone)]
pub struct NewResponse {
    /// Made by the sender: the same id again is the same response.
    pub id: Uuid,
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
    /// When it arrived, µs UTC.
    pub received_at: i64,
    /// What it was found to be.
    pub state: ResponseState,
    /// The bytes as received.
    pub body: Vec<u8>,
    /// Their SHA-256.
    pub body_sha256: [u8; 32],
    /// The packed answers.
    pub answers: Vec<u8>,
    /// Free text: item and words.
    pub texts: Vec<(String, String)>,
    /// What is wrong with it, as JSON.
    pub findings: Option<String>,
    /// The response that this one corrects.
    pub supersedes: Option<Uuid>,
    /// Who sent it: the author of the correction, if it is one.
    pub actor: String,
}

impl NewResponse {
    /// Roughly what it holds of memory, in bytes.
    pub(super) fn size(&self) -> usize {
        let texts: usize = self.texts.iter().map(|(item, text)| item.len() + text.len()).sum();
        size_of::<Self>() + self.body.len() + self.answers.len() + texts + self.findings.as_ref().map_or(0, String::len)
    }
}

/// What became of a response that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored, on disk.
    Stored(Receipt),
    /// The same bytes were stored before under this id.
    Replayed(Receipt),
    /// Other bytes were stored before under this id.
    Conflict {
        /// What those hash to.
        stored_sha256: [u8; 32],
        /// The key that sent them.
        sender: Option<i32>,
    },
    /// The response of this id was withdrawn; it does not come back.
    Withdrawn,
    /// It corrects a response that the wave does not have, or that has ended (was withdrawn, excluded, or corrected before): nothing
    /// is stored. Two corrections of one response would both count.
    SupersededMissing,
}

/// Stores what is new of a batch, in one transaction, and says for each what became of it.
///
/// # Design
/// Plain new responses, nearly all, go in together. What needs a look first (corrections, an id that occurs twice, an id that is
/// stored) follows one at a time in the order given. So a correction finds what it corrects in the same batch.
pub(super) fn store_batch(db: &mut Db, batch: &[&NewResponse]) -> Result<Vec<Outcome>> {
    db.write(|db| {
        hold_response_order(db)?;
        let mut ids = HashSet::with_capacity(batch.len());
        let (plain, rest): (Vec<usize>, Vec<usize>) =
            (0..batch.len()).partition(|&i| ids.insert(batch[i].id) && batch[i].supersedes.is_none());
        let mut outcomes: Vec<Option<Outcome>> = vec![None; batch.len()];
        let rows: Vec<&NewResponse> = plain.iter().map(|&i| batch[i]).collect();
        let seqs = insert_new(db, &rows)?;
        for (&i, seq) in plain.iter().zip(&seqs) {
            outcomes[i] = seq.map(|seq| Outcome::Stored(receipt(batch[i], seq)));
        }
        let mut known: Vec<usize> = plain.iter().zip(&seqs).filter(|(_, seq)| seq.is_none()).map(|(&i, _)| i).collect();
        known.extend(rest);
        known.sort_unstable();
        for i in known {
            outcomes[i] = Some(store_one(db, batch[i])?);
        }
        Ok(outcomes.into_iter().flatten().collect())
    })
}

fn receipt(new: &NewResponse, seq: i64) -> Receipt {
    Receipt { id: new.id, seq, received_at: new.received_at, body_sha256: new.body_sha256, state: new.state }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = response)]
struct Known {
    #[diesel(embed)]
    receipt: Receipt,
    wave_id: i32,
    device_key_id: Option<i32>,
    ended_event: Option<i64>,
    withdrawn_at: Option<i64>,
    #[diesel(deserialize_as = Bytes32)]
    body_sha256: [u8; 32],
}

fn find(db: &mut Db, id: Uuid) -> Result<Option<Known>> {
    let of = response::table.filter(response::id.eq(id.as_bytes().as_slice()));
    Ok(of.select(Known::as_select()).first(db).optional()?)
}

fn store_one(db: &mut Db, new: &NewResponse) -> Result<Outcome> {
    if let Some(known) = find(db, new.id)? {
        return Ok(match known {
            Known { withdrawn_at: Some(_), .. } => Outcome::Withdrawn,
            Known { body_sha256, receipt, .. } if body_sha256 == new.body_sha256 => Outcome::Replayed(receipt),
            Known { body_sha256, device_key_id, .. } => Outcome::Conflict { stored_sha256: body_sha256, sender: device_key_id },
        });
    }
    let corrected = match new.supersedes {
        None => None,
        Some(id) => match find(db, id)? {
            Some(old) if old.wave_id == new.wave_id && old.ended_event.is_none() => Some(old.receipt.seq),
            _ => return Ok(Outcome::SupersededMissing),
        },
    };
    let [Some(seq)] = insert_new(db, &[new])?[..] else {
        return Err(diesel::result::Error::NotFound.into());
    };
    // A correction that is itself invalid ends nothing: the earlier answers stay the best there are.
    if let (Some(old), ResponseState::Valid) = (corrected, new.state) {
        end(db, old, EventKind::Superseded, new.received_at, &new.actor, "", Some(seq))?;
    }
    Ok(Outcome::Stored(receipt(new, seq)))
}

/// Inserts those whose id is new, with all that belongs to them; gives the sequence number of each, `None` where the id is known.
fn insert_new(db: &mut Db, rows: &[&NewResponse]) -> Result<Vec<Option<i64>>> {
    match db {
        Db::Sqlite(c) => rows.iter().map(|new| Ok(insert_sqlite(c, new)?)).collect(),
        Db::Postgres(_) if rows.is_empty() => Ok(Vec::new()),
        Db::Postgres(c) => Ok(insert_postgres(c, rows)?),
    }
}

/// A row a statement: each is prepared once, and there is no round trip to save.
fn insert_sqlite(c: &mut SqliteConnection, new: &NewResponse) -> QueryResult<Option<i64>> {
    let seq: Option<i64> = diesel::insert_into(response::table)
        .values((
            response::id.eq(new.id.as_bytes().as_slice()),
            response::wave_id.eq(new.wave_id),
            response::version_id.eq(new.version_id),
            response::unit_id.eq(new.unit_id),
            response::psu_id.eq(new.psu_id),
            response::weight_u.eq(new.weight_u),
            response::channel.eq(new.channel),
            response::device_key_id.eq(new.device_key_id),
            response::started_at.eq(new.started_at),
            response::answered_at.eq(new.answered_at),
            response::received_at.eq(new.received_at),
            response::state.eq(new.state as i16),
            response::body_sha256.eq(new.body_sha256.as_slice()),
            response::answers.eq(&new.answers),
        ))
        .on_conflict(response::id)
        .do_nothing()
        .returning(response::seq)
        .get_result(c)
        .optional()?;
    let Some(seq) = seq else { return Ok(None) };
    diesel::insert_into(submission::table)
        .values((submission::response_seq.eq(seq), submission::body.eq(&new.body), submission::findings.eq(new.findings.as_deref())))
        .execute(c)?;
    for (item, text) in &new.texts {
        diesel::insert_into(free_text::table)
            .values((free_text::response_seq.eq(seq), free_text::item.eq(item), free_text::text.eq(text)))
            .execute(c)?;
    }
    Ok(Some(seq))
}

/// Three statements, however large the batch: their text never changes, so that the server plans them once.
const INSERT_RESPONSES: &str = "INSERT INTO response (id, wave_id, version_id, unit_id, psu_id, weight_u, channel, device_key_id, \
     started_at, answered_at, received_at, state, body_sha256, answers) \
     SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
     ON CONFLICT (id) DO NOTHING RETURNING id, seq";
const INSERT_SUBMISSIONS: &str = "INSERT INTO submission (response_seq, body, findings) SELECT * FROM unnest($1, $2, $3)";
const INSERT_TEXTS: &str = "INSERT INTO free_text (response_seq, item, text) SELECT * FROM unnest($1, $2, $3)";

#[derive(QueryableByName)]
struct Inserted {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

fn insert_postgres(c: &mut PgConnection, rows: &[&NewResponse]) -> QueryResult<Vec<Option<i64>>> {
    /// A column of the batch.
    fn column<'a, T>(rows: &[&'a NewResponse], of: impl Fn(&'a NewResponse) -> T) -> Vec<T> {
        rows.iter().map(|&new| of(new)).collect()
    }
    let inserted: Vec<Inserted> = sql_query(INSERT_RESPONSES)
        .bind::<Array<Binary>, _>(column(rows, |r| r.id.as_bytes().as_slice()))
        .bind::<Array<Integer>, _>(column(rows, |r| r.wave_id))
        .bind::<Array<Integer>, _>(column(rows, |r| r.version_id))
        .bind::<Array<Integer>, _>(column(rows, |r| r.unit_id))
        .bind::<Array<Integer>, _>(column(rows, |r| r.psu_id))
        .bind::<Array<BigInt>, _>(column(rows, |r| r.weight_u))
        .bind::<Array<SmallInt>, _>(column(rows, |r| r.channel))
        .bind::<Array<Nullable<Integer>>, _>(column(rows, |r| r.device_key_id))
        .bind::<Array<Nullable<BigInt>>, _>(column(rows, |r| r.started_at))
        .bind::<Array<Nullable<BigInt>>, _>(column(rows, |r| r.answered_at))
        .bind::<Array<BigInt>, _>(column(rows, |r| r.received_at))
        .bind::<Array<SmallInt>, _>(column(rows, |r| r.state as i16))
        .bind::<Array<Binary>, _>(column(rows, |r| r.body_sha256.as_slice()))
        .bind::<Array<Binary>, _>(column(rows, |r| r.answers.as_slice()))
        .load(c)?;
    let by_id: std::collections::HashMap<Vec<u8>, i64> = inserted.into_iter().map(|row| (row.id, row.seq)).collect();
    let seqs: Vec<Option<i64>> = rows.iter().map(|new| by_id.get(new.id.as_bytes().as_slice()).copied()).collect();

    let stored: Vec<(i64, &NewResponse)> = rows.iter().zip(&seqs).filter_map(|(new, seq)| Some(((*seq)?, *new))).collect();
    sql_query(INSERT_SUBMISSIONS)
        .bind::<Array<BigInt>, _>(stored.iter().map(|(seq, _)| *seq).collect::<Vec<_>>())
        .bind::<Array<Binary>, _>(stored.iter().map(|(_, new)| new.body.as_slice()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(stored.iter().map(|(_, new)| new.findings.as_deref()).collect::<Vec<_>>())
        .execute(c)?;
    let texts: Vec<(i64, &str, &str)> =
        stored.iter().flat_map(|(seq, new)| new.texts.iter().map(|(item, text)| (*seq, item.as_str(), text.as_str()))).collect();
    if !texts.is_empty() {
        sql_query(INSERT_TEXTS)
            .bind::<Array<BigInt>, _>(texts.iter().map(|t| t.0).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(texts.iter().map(|t| t.1).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(texts.iter().map(|t| t.2).collect::<Vec<_>>())
            .execute(c)?;
    }
    Ok(seqs)
}
