//! Imported records: which response each became, by a keyed hash of what identifies it.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_query;
use uuid::Uuid;

use super::db::{Db, ROWS_PER_INSERT, each_backend};
use super::error::Result;
use super::tables::{import_batch, import_before, import_record, response, response_finding};

/// A batch to find or make.
#[derive(Debug, Clone, Copy)]
pub struct NewBatch<'a> {
    /// The wave.
    pub wave_id: i32,
    /// Its name, unique in the wave.
    pub name: &'a str,
    /// By whom.
    pub created_by: &'a str,
    /// When, µs UTC.
    pub created_at: i64,
}

/// A batch that was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its number.
    pub id: i32,
    pub name: String,
}

/// A version of a record, and what is stored of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Which, counted from 1.
    pub version: i32,
    /// The id of its response.
    pub response_id: Uuid,
    /// The response, if it came to be stored.
    pub stored: Option<Stored>,
}

/// What is stored of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// What its bytes hash to; zeros of one that was withdrawn.
    pub body_sha256: [u8; 32],
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

/// A version of a record to remember.
#[derive(Debug, Clone, Copy)]
pub struct NewRecord {
    /// The keyed hash of what identifies it.
    pub key_hash: [u8; 32],
    /// Which version, counted from 1.
    pub version: i32,
    /// The id that its response has or will have.
    pub response_id: Uuid,
}

/// The batch of this name, made if it is not there; says whether it is new.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn batch(db: &mut Db, new: &NewBatch<'_>) -> Result<(i32, bool)> {
    let row = (
        import_batch::wave_id.eq(new.wave_id),
        import_batch::name.eq(new.name),
        import_batch::created_by.eq(new.created_by),
        import_batch::created_at.eq(new.created_at),
    );
    // Two imports of one file at the same moment would take its records for new ones each.
    if let Db::Postgres(c) = db {
        sql_query("LOCK TABLE import_batch IN EXCLUSIVE MODE").execute(c)?;
    }
    let made = each_backend!(db, c => diesel::insert_into(import_batch::table).values(row)
        .on_conflict((import_batch::wave_id, import_batch::name)).do_nothing().execute(c))?;
    let of = import_batch::table.filter(import_batch::wave_id.eq(new.wave_id)).filter(import_batch::name.eq(new.name));
    Ok((of.select(import_batch::id).first(db)?, made > 0))
}

/// The latest batches of a wave, at most `limit`.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn batches(db: &mut Db, wave_id: i32, limit: i64) -> Result<Vec<Batch>> {
    let of = import_batch::table.filter(import_batch::wave_id.eq(wave_id)).order(import_batch::id.desc()).limit(limit);
    let rows: Vec<(i32, String)> = of.select((import_batch::id, import_batch::name)).load(db)?;
    Ok(rows.into_iter().map(|(id, name)| Batch { id, name }).collect())
}

/// How many records a batch brought that came to be stored.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn count(db: &mut Db, batch_id: i32) -> Result<usize> {
    let n: i64 = import_record::table
        .inner_join(response::table.on(response::id.eq(import_record::response_id)))
        .filter(import_record::batch_id.eq(batch_id))
        .count()
        .get_result(db)?;
    Ok(usize::try_from(n).unwrap_or(0))
}

/// What is known of records, by the hashes of their keys; versions in their order.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn records(db: &mut Db, wave_id: i32, keys: &[[u8; 32]]) -> Result<HashMap<[u8; 32], Vec<Record>>> {
    type Row = (Vec<u8>, i32, Vec<u8>, Option<Vec<u8>>, Option<i64>);
    let mut known: HashMap<[u8; 32], Vec<Record>> = HashMap::new();
    for keys in keys.chunks(ROWS_PER_INSERT) {
        let keys: Vec<&[u8]> = keys.iter().map(<[u8; 32]>::as_slice).collect();
        let rows: Vec<Row> = import_record::table
            .left_join(response::table.on(response::id.eq(import_record::response_id)))
            .filter(import_record::wave_id.eq(wave_id))
            .filter(import_record::key_hash.eq_any(keys))
            .order((import_record::key_hash, import_record::version))
            .select((
                import_record::key_hash,
                import_record::version,
                import_record::response_id,
                response::body_sha256.nullable(),
                response::withdrawn_at.nullable(),
            ))
            .load(db)?;
        for (key, version, id, body, withdrawn) in rows {
            let (Ok(key), Ok(response_id)) = (<[u8; 32]>::try_from(key), Uuid::from_slice(&id)) else { continue };
            let body = body.and_then(|body| <[u8; 32]>::try_from(body).ok());
            let stored = body.map(|body_sha256| Stored { body_sha256, withdrawn: withdrawn.is_some() });
            known.entry(key).or_default().push(Record { version, response_id, stored });
        }
    }
    Ok(known)
}

/// Of these responses, those that stand and do not count as they are: why, by item (none: as a whole).
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn uncounted(db: &mut Db, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<(String, String)>>> {
    let mut found: HashMap<Uuid, Vec<(String, String)>> = HashMap::new();
    for ids in ids.chunks(ROWS_PER_INSERT) {
        let ids: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes().as_slice()).collect();
        let rows: Vec<(Vec<u8>, String, String)> = response::table
            .inner_join(response_finding::table.on(response_finding::response_seq.eq(response::seq)))
            .filter(response::id.eq_any(ids))
            .filter(response::ended_event.is_null())
            .order((response::seq, response_finding::item, response_finding::code))
            .select((response::id, response_finding::item, response_finding::code))
            .load(db)?;
        for (id, item, code) in rows {
            if let Ok(id) = Uuid::from_slice(&id) {
                found.entry(id).or_default().push((item, code));
            }
        }
    }
    Ok(found)
}

/// Remembers which responses records become.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database), also where somebody else imports the same record at the same moment.
pub fn remember(db: &mut Db, wave_id: i32, batch_id: i32, new: &[NewRecord]) -> Result<()> {
    for chunk in new.chunks(ROWS_PER_INSERT) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|record| {
                (
                    import_record::wave_id.eq(wave_id),
                    import_record::key_hash.eq(record.key_hash.to_vec()),
                    import_record::version.eq(record.version),
                    import_record::response_id.eq(record.response_id.as_bytes().to_vec()),
                    import_record::batch_id.eq(batch_id),
                )
            })
            .collect();
        each_backend!(db, c => diesel::insert_into(import_record::table).values(rows).execute(c))?;
    }
    Ok(())
}

/// Whether a response was imported: whoever sends over HTTP has not sent it, whichever device it names.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn is_imported(db: &mut Db, id: Uuid) -> Result<bool> {
    let of = import_record::table.filter(import_record::response_id.eq(id.as_bytes().as_slice()));
    Ok(diesel::select(diesel::dsl::exists(of)).get_result(db)?)
}

/// Of responses whose ids followed from what was imported, as they did before, those that the wave has and no record has taken over.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn before(db: &mut Db, wave_id: i32, ids: &[Uuid]) -> Result<HashMap<Uuid, Stored>> {
    let until: Option<i64> = import_before::table.select(import_before::seq).first(db).optional()?;
    let mut found = HashMap::new();
    let Some(until) = until.filter(|until| *until > 0) else { return Ok(found) };
    for ids in ids.chunks(ROWS_PER_INSERT) {
        let ids: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes().as_slice()).collect();
        // A device's response is none that was imported, whatever its id.
        let rows: Vec<(Vec<u8>, Vec<u8>, Option<i64>)> = response::table
            .filter(response::id.eq_any(ids))
            .filter(response::wave_id.eq(wave_id))
            .filter(response::seq.le(until))
            .filter(response::device_key_id.is_null())
            .filter(diesel::dsl::not(diesel::dsl::exists(import_record::table.filter(import_record::response_id.eq(response::id)))))
            .select((response::id, response::body_sha256, response::withdrawn_at))
            .load(db)?;
        for (id, body, withdrawn_at) in rows {
            let (Ok(id), Ok(body_sha256)) = (Uuid::from_slice(&id), <[u8; 32]>::try_from(body)) else { continue };
            found.insert(id, Stored { body_sha256, withdrawn: withdrawn_at.is_some() });
        }
    }
    Ok(found)
}
