//! One transaction's worth of new responses.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, SmallInt, Text};
use uuid::Uuid;

use super::db::{Db, hold_response_order};
use super::error::Result;
use super::imports;
use super::invitations::{self, Redeemed};
use super::person::{self, Belongs, Corrector, DOUBLED, Link};
use super::responses::{Receipt, ResponseState};
use super::tables::{free_text, response, response_finding, submission};

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
    /// The keyed hash of the code in its receipt; `None`: nobody is given one.
    pub receipt_hash: Option<[u8; 32]>,
    /// The packed answers.
    pub answers: Vec<u8>,
    /// Free text: item and words.
    pub texts: Vec<(String, String)>,
    /// What is wrong with it, as JSON.
    pub findings: Option<String>,
    /// Why it does not count (item empty), or items of it: item and code, each pair once.
    pub reasons: Vec<(String, String)>,
    /// The line of the wave's sample list that answered.
    pub respondent: Option<String>,
    /// Whether the sender would rather be refused than have a second answer of one respondent kept.
    pub strict: bool,
    /// The response that this one corrects.
    pub supersedes: Option<Uuid>,
    /// The hash of the token of the invitation by which it came.
    pub invitation: Option<[u8; 32]>,
    /// Whose responses a correction may take the place of.
    pub corrector: Corrector,
    /// Whether it comes from a file and not from a sender.
    pub imported: bool,
    /// Who sent it: the author of the correction, if it is one.
    pub actor: String,
}

impl NewResponse {
    /// Roughly what it holds of memory, in bytes.
    pub(super) fn size(&self) -> usize {
        let texts: usize = self.texts.iter().map(|(item, text)| item.len() + text.len()).sum();
        let reasons: usize = self.reasons.iter().map(|(item, code)| item.len() + code.len()).sum();
        size_of::<Self>() + reasons + self.body.len() + self.answers.len() + texts + self.findings.as_ref().map_or(0, String::len)
    }
}

impl NewResponse {
    /// Whether nothing stored must be looked at before it is: it corrects nothing, and uses no invitation.
    fn needs_no_look(&self) -> bool {
        self.supersedes.is_none() && self.invitation.is_none()
    }
}

/// What became of a response that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored, on disk.
    Stored(Receipt),
    /// The same bytes were stored before under this id, from the same sender.
    Replayed(Receipt),
    /// Something else was stored before under this id, or something that somebody else sent.
    Conflict {
        /// What that hashes to, if the same key sent it: nobody else can show that it is his.
        own_sha256: Option<[u8; 32]>,
    },
    /// The response of this id was withdrawn; it does not come back.
    Withdrawn,
    /// A response of the same listed respondent counts already: this one is stored as invalid, or, `None`, was to be refused then.
    Doubled(Option<Receipt>),
    /// It corrects a response that the wave does not have, or that has ended (was withdrawn, excluded, or corrected before): nothing
    /// is stored. Two corrections of one response would both count.
    SupersededMissing,
    /// The invitation by which it came was used before: nothing is stored.
    InvitationUsed,
    /// There is no such invitation, or it has expired, or it is for another wave or unit: nothing is stored.
    InvitationInvalid,
    /// It corrects a response, or would end another of the same person, that its sender may not: nothing is stored.
    NotYours,
    /// It corrects a response by the code of its receipt, and rates another unit: nothing is stored.
    OtherUnit,
}

/// Stores what is new of a batch, in one transaction, and says for each what became of it.
///
/// # Design
/// Plain new responses, nearly all, go in together. What needs a look first (corrections, invitations, an id that occurs twice, an id that is
/// stored, a respondent who answered before) follows one at a time in the order given. So a correction finds what it corrects in the
/// same batch, and also where it stands before it: one that finds nothing is tried again after the others.
pub(super) fn store_batch(db: &mut Db, batch: &[&NewResponse]) -> Result<Vec<Outcome>> {
    db.write(|db| {
        hold_response_order(db)?;
        let mut ids = HashSet::with_capacity(batch.len());
        let crowded = crowded(db, batch)?;
        let alone = |new: &NewResponse| line(new).is_none_or(|line| !crowded.contains(&line));
        let (plain, rest): (Vec<usize>, Vec<usize>) =
            (0..batch.len()).partition(|&i| ids.insert(batch[i].id) && batch[i].needs_no_look() && alone(batch[i]));
        let mut outcomes: Vec<Option<Outcome>> = vec![None; batch.len()];
        let rows: Vec<Row<'_>> = plain.iter().map(|&i| Row::plain(batch[i])).collect();
        let seqs = insert_new(db, &rows)?;
        for (&i, seq) in plain.iter().zip(&seqs) {
            outcomes[i] = seq.map(|seq| Outcome::Stored(Row::plain(batch[i]).receipt(seq)));
        }
        let mut known: Vec<usize> = plain.iter().zip(&seqs).filter(|(_, seq)| seq.is_none()).map(|(&i, _)| i).collect();
        known.extend(rest);
        known.sort_unstable();
        while !known.is_empty() {
            let mut orphans = Vec::new();
            for &i in &known {
                let outcome = store_one(db, batch[i])?;
                if outcome == Outcome::SupersededMissing {
                    orphans.push(i);
                }
                outcomes[i] = Some(outcome);
            }
            // What they correct may have come after them.
            known = if orphans.len() < known.len() { orphans } else { Vec::new() };
        }
        Ok(outcomes.into_iter().flatten().collect())
    })
}

/// The line of a sample list that a response answers for.
fn line(new: &NewResponse) -> Option<(i32, String)> {
    Some((new.wave_id, new.respondent.clone()?))
}

/// Lines of sample lists that have an answer already, or several in this batch.
fn crowded(db: &mut Db, batch: &[&NewResponse]) -> Result<HashSet<(i32, String)>> {
    let mut lines: BTreeMap<i32, Vec<&str>> = BTreeMap::new();
    for new in batch {
        if let Some(respondent) = &new.respondent {
            lines.entry(new.wave_id).or_default().push(respondent);
        }
    }
    let mut crowded = person::answered(db, &lines)?;
    for (wave_id, respondents) in lines {
        let mut seen = HashSet::with_capacity(respondents.len());
        crowded.extend(respondents.into_iter().filter(|line| !seen.insert(*line)).map(|line| (wave_id, line.to_owned())));
    }
    Ok(crowded)
}

/// A response as it is stored: with what only the store can know.
struct Row<'a> {
    new: &'a NewResponse,
    state: ResponseState,
    first_seq: Option<i64>,
    respondent: Option<&'a str>,
    doubled: bool,
}

impl<'a> Row<'a> {
    /// The first response of a person.
    fn plain(new: &'a NewResponse) -> Self {
        Self { new, state: new.state, first_seq: None, respondent: new.respondent.as_deref(), doubled: false }
    }

    fn receipt(&self, seq: i64) -> Receipt {
        let Self { new, state, .. } = *self;
        let has_code = new.receipt_hash.is_some();
        Receipt { id: new.id, seq, received_at: new.received_at, body_sha256: new.body_sha256, has_code, state }
    }

    /// What was found, as JSON, with what the store found.
    fn findings(&self) -> Option<Cow<'a, str>> {
        let found = self.new.findings.as_deref();
        if !self.doubled {
            return found.map(Cow::Borrowed);
        }
        let more = serde_json::to_string(&person::doubled()).unwrap_or_default(); // strings always serialise
        let before = found.and_then(|found| found.trim_end().strip_suffix(']')).filter(|found| found.len() > 1);
        Some(Cow::Owned(before.map_or_else(|| format!("[{more}]"), |before| format!("{before},{more}]"))))
    }

    /// Why it does not count, or items of it.
    fn reasons(&self) -> impl Iterator<Item = (&str, &str)> {
        let doubled = self.doubled.then_some(("", DOUBLED));
        self.new.reasons.iter().map(|(item, code)| (item.as_str(), code.as_str())).chain(doubled)
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = response)]
struct Known {
    #[diesel(embed)]
    receipt: Receipt,
    #[diesel(embed)]
    link: Link,
}

fn find(db: &mut Db, id: Uuid) -> Result<Option<Known>> {
    let of = response::table.filter(response::id.eq(id.as_bytes().as_slice()));
    Ok(of.select(Known::as_select()).first(db).optional()?)
}

/// What is known of a submission already, by its id. `key`: the key that sends it, none for a sender without one.
///
/// Whoever did not send what is stored gets one answer whatever he sends, or he could try answers until one is told to be the same.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn known(db: &mut Db, id: Uuid, body_sha256: &[u8; 32], key: Option<i32>) -> Result<Option<Outcome>> {
    recognised(db, id, body_sha256, Sender::Of(key))
}

/// Who hands a response in.
#[derive(Clone, Copy)]
enum Sender {
    /// The holder of a key, or one without.
    Of(Option<i32>),
    /// Whoever has the record in a file.
    File,
}

fn recognised(db: &mut Db, id: Uuid, body_sha256: &[u8; 32], sender: Sender) -> Result<Option<Outcome>> {
    let Some(Known { receipt, link }) = find(db, id)? else { return Ok(None) };
    if link.withdrawn_at.is_some() {
        return Ok(Some(Outcome::Withdrawn));
    }
    let same_sender = match sender {
        Sender::Of(key) => link.device_key_id == key && !imports::is_imported(db, id)?,
        Sender::File => true,
    };
    if same_sender && receipt.body_sha256 == *body_sha256 {
        return Ok(Some(Outcome::Replayed(receipt)));
    }
    let keyed = matches!(sender, Sender::Of(Some(_)));
    Ok(Some(Outcome::Conflict { own_sha256: (same_sender && keyed).then_some(receipt.body_sha256) }))
}

fn store_one(db: &mut Db, new: &NewResponse) -> Result<Outcome> {
    let sender = if new.imported { Sender::File } else { Sender::Of(new.device_key_id) };
    if let Some(outcome) = recognised(db, new.id, &new.body_sha256, sender)? {
        return Ok(outcome);
    }
    let key = new.device_key_id.filter(|_| !new.imported);
    let may_end = |link: &Link| new.corrector.may_end(key, link);
    let corrected = match new.supersedes {
        None => None,
        Some(id) => match find(db, id)? {
            Some(old) if !may_end(&old.link) => return Ok(Outcome::NotYours),
            Some(old) if old.link.wave_id == new.wave_id && old.link.stands() => {
                // Whoever was there says what it was like; where he was, he said before, and an invitation was for that unit.
                if old.link.unit_id != new.unit_id && !new.corrector.keeps(key, &old.link) {
                    return Ok(Outcome::OtherUnit);
                }
                Some(old.link)
            }
            _ => return Ok(Outcome::SupersededMissing),
        },
    };
    // A correction that names no line of the list is of the person whose answer it corrects.
    let inherited = corrected.as_ref().and_then(|old| old.respondent.as_deref());
    let respondent = new.respondent.as_deref().or(inherited);
    let belongs = Belongs::find(db, new.wave_id, corrected.as_ref(), respondent)?;
    if corrected.is_some() && !belongs.ends(db)?.iter().all(may_end) {
        return Ok(Outcome::NotYours);
    }
    let doubled = belongs.doubled && new.state != ResponseState::Quarantined;
    if doubled && new.strict {
        return Ok(Outcome::Doubled(None));
    }
    // Last of all that can refuse it: an invitation is used only by what is stored.
    let invited = match &new.invitation {
        Some(_) if new.state == ResponseState::Invalid => false,
        Some(token) => match invitations::redeem(db, token, (new.wave_id, new.unit_id), new.received_at)? {
            Redeemed::Now => true,
            Redeemed::Before => return Ok(Outcome::InvitationUsed),
            Redeemed::Invalid => return Ok(Outcome::InvitationInvalid),
        },
        // Whoever corrects an answer that came by an invitation needs no second one.
        None => corrected.as_ref().map_or(Ok(false), |old| invitations::is_invited(db, old.seq))?,
    };
    let state = if doubled { ResponseState::Invalid } else { new.state };
    let row = Row { new, state, first_seq: belongs.first_seq, respondent, doubled };
    let [Some(seq)] = insert_new(db, std::slice::from_ref(&row))?[..] else {
        return Err(diesel::result::Error::NotFound.into());
    };
    if invited {
        invitations::mark(db, seq)?;
    }
    // A correction that is itself invalid ends nothing: the earlier answers stay the best there are.
    if state == ResponseState::Valid {
        belongs.supersede(db, seq, new.received_at, &new.actor)?;
    }
    let receipt = row.receipt(seq);
    Ok(if doubled { Outcome::Doubled(Some(receipt)) } else { Outcome::Stored(receipt) })
}

/// Inserts those whose id is new, with all that belongs to them; gives the sequence number of each, `None` where the id is known.
fn insert_new(db: &mut Db, rows: &[Row<'_>]) -> Result<Vec<Option<i64>>> {
    match db {
        Db::Sqlite(c) => rows.iter().map(|row| Ok(insert_sqlite(c, row)?)).collect(),
        Db::Postgres(_) if rows.is_empty() => Ok(Vec::new()),
        Db::Postgres(c) => Ok(insert_postgres(c, rows)?),
    }
}

/// A row a statement: each is prepared once, and there is no round trip to save.
fn insert_sqlite(c: &mut SqliteConnection, row: &Row<'_>) -> QueryResult<Option<i64>> {
    let new = row.new;
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
            response::state.eq(row.state as i16),
            response::body_sha256.eq(new.body_sha256.as_slice()),
            response::answers.eq(&new.answers),
            response::first_seq.eq(row.first_seq),
            response::respondent.eq(row.respondent),
            response::receipt_hash.eq(new.receipt_hash.as_ref().map(<[u8; 32]>::as_slice)),
        ))
        .on_conflict(response::id)
        .do_nothing()
        .returning(response::seq)
        .get_result(c)
        .optional()?;
    let Some(seq) = seq else { return Ok(None) };
    diesel::insert_into(submission::table)
        .values((submission::response_seq.eq(seq), submission::body.eq(&new.body), submission::findings.eq(row.findings().as_deref())))
        .execute(c)?;
    for (item, text) in &new.texts {
        diesel::insert_into(free_text::table)
            .values((free_text::response_seq.eq(seq), free_text::item.eq(item), free_text::text.eq(text)))
            .execute(c)?;
    }
    for (item, code) in row.reasons() {
        diesel::insert_into(response_finding::table)
            .values((response_finding::response_seq.eq(seq), response_finding::item.eq(item), response_finding::code.eq(code)))
            .execute(c)?;
    }
    Ok(Some(seq))
}

/// Four statements, however large the batch: their text never changes, so that the server plans them once.
const INSERT_RESPONSES: &str = "INSERT INTO response (id, wave_id, version_id, unit_id, psu_id, weight_u, channel, device_key_id, \
     started_at, answered_at, received_at, state, body_sha256, answers, first_seq, respondent, receipt_hash) \
     SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
     ON CONFLICT (id) DO NOTHING RETURNING id, seq";
const INSERT_SUBMISSIONS: &str = "INSERT INTO submission (response_seq, body, findings) SELECT * FROM unnest($1, $2, $3)";
const INSERT_FINDINGS: &str = "INSERT INTO response_finding (response_seq, item, code) SELECT * FROM unnest($1, $2, $3)";
const INSERT_TEXTS: &str = "INSERT INTO free_text (response_seq, item, text) SELECT * FROM unnest($1, $2, $3)";

#[derive(QueryableByName)]
struct Inserted {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

fn insert_postgres(c: &mut PgConnection, rows: &[Row<'_>]) -> QueryResult<Vec<Option<i64>>> {
    /// A column of the batch.
    fn column<'a, T>(rows: &[Row<'a>], of: impl Fn(&'a NewResponse) -> T) -> Vec<T> {
        rows.iter().map(|row| of(row.new)).collect()
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
        .bind::<Array<SmallInt>, _>(rows.iter().map(|row| row.state as i16).collect::<Vec<_>>())
        .bind::<Array<Binary>, _>(column(rows, |r| r.body_sha256.as_slice()))
        .bind::<Array<Binary>, _>(column(rows, |r| r.answers.as_slice()))
        .bind::<Array<Nullable<BigInt>>, _>(rows.iter().map(|row| row.first_seq).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(rows.iter().map(|row| row.respondent).collect::<Vec<_>>())
        .bind::<Array<Nullable<Binary>>, _>(column(rows, |r| r.receipt_hash.as_ref().map(<[u8; 32]>::as_slice)))
        .load(c)?;
    let by_id: HashMap<Vec<u8>, i64> = inserted.into_iter().map(|row| (row.id, row.seq)).collect();
    let seqs: Vec<Option<i64>> = rows.iter().map(|row| by_id.get(row.new.id.as_bytes().as_slice()).copied()).collect();

    let stored: Vec<(i64, &Row<'_>)> = rows.iter().zip(&seqs).filter_map(|(row, seq)| Some(((*seq)?, row))).collect();
    sql_query(INSERT_SUBMISSIONS)
        .bind::<Array<BigInt>, _>(stored.iter().map(|(seq, _)| *seq).collect::<Vec<_>>())
        .bind::<Array<Binary>, _>(stored.iter().map(|(_, row)| row.new.body.as_slice()).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(stored.iter().map(|(_, row)| row.findings()).collect::<Vec<_>>())
        .execute(c)?;
    let texts: Vec<(i64, &str, &str)> =
        stored.iter().flat_map(|(seq, row)| row.new.texts.iter().map(|(item, text)| (*seq, item.as_str(), text.as_str()))).collect();
    let reasons: Vec<(i64, &str, &str)> =
        stored.iter().flat_map(|(seq, row)| row.reasons().map(|(item, code)| (*seq, item, code))).collect();
    insert_words(c, INSERT_TEXTS, &texts)?;
    insert_words(c, INSERT_FINDINGS, &reasons)?;
    Ok(seqs)
}

fn insert_words(c: &mut PgConnection, statement: &str, texts: &[(i64, &str, &str)]) -> QueryResult<()> {
    if !texts.is_empty() {
        sql_query(statement)
            .bind::<Array<BigInt>, _>(texts.iter().map(|t| t.0).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(texts.iter().map(|t| t.1).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(texts.iter().map(|t| t.2).collect::<Vec<_>>())
            .execute(c)?;
    }
    Ok(())
}
