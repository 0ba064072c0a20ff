//! Erasing what was withdrawn from the files, where a database would leave it behind.
//!
//! A withdrawal deletes rows. What stood in them does not go with them: SQLite keeps copies in its log, and in the gaps of pages whose
//! rows were moved to others; PostgreSQL keeps the old rows until their place is needed. A sweep writes the tables that hold answers anew, and
//! lets go of the old bytes. Each withdrawal counts up `asked` in its own transaction, a sweep sets `done`: one that a crash or a
//! reader kept from ending is done later.
//!
//! # Design
//! SQLite zeroes what is deleted on every connection (`secure_delete`). That reaches rows and free pages, yet no copies that a page
//! split left in a gap: hence `VACUUM`, and a checkpoint that cuts the log to nothing, which has to wait for whoever still reads an
//! older state. PostgreSQL gets `VACUUM FULL` of the tables with answers; its write-ahead log is the server's, see `docs/erasure.md`.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Bool, Integer};

use super::Store;
use super::db::Db;
use super::error::{Result, StoreError};

diesel::table! {
    erasure (asked) {
        asked -> BigInt,
        done -> BigInt,
    }
}

/// Bytes that a sweep of its own accord writes anew at most: it takes a second or so, while responses wait.
pub const BY_ITSELF: i64 = 256 << 20;

/// One server at a time sweeps a PostgreSQL database.
const SWEEP: i64 = 0x4861_696c_6f6e_6702;

/// The tables of PostgreSQL that hold answers or codes of receipts.
const WITH_ANSWERS: &str = "response, submission, free_text, upload";

/// How a sweep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// Nothing that was withdrawn waited.
    Nothing,
    /// What was withdrawn is gone from the files.
    Done,
    /// Somebody still reads an older state, or writes: try again later.
    Busy,
    /// It would write so many bytes anew, more than it may.
    TooLarge(i64),
}

/// Whether what was withdrawn still waits to be gone from the files.
///
/// # Errors
/// [`StoreError::Database`].
pub fn is_pending(db: &mut Db) -> Result<bool> {
    let (asked, done) = state(db)?;
    Ok(asked > done)
}

fn state(db: &mut Db) -> Result<(i64, i64)> {
    Ok(erasure::table.select((erasure::asked, erasure::done)).first(db)?)
}

/// Says that something was withdrawn; the caller is in the transaction that does it.
pub(super) fn ask(db: &mut Db) -> Result<()> {
    diesel::update(erasure::table).set(erasure::asked.eq(erasure::asked + 1)).execute(db)?;
    Ok(())
}

/// Lets what was withdrawn go from the files of a database.
pub struct Sweeper {
    store: Store,
    /// So many withdrawals were reached by writing the file anew, whether or not the log could be cut since.
    rewritten: i64,
}

impl Sweeper {
    /// One for this database.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, rewritten: 0 }
    }

    /// Lets what was withdrawn go, if something waits; `limit`: bytes to write anew at most.
    ///
    /// # Errors
    /// [`StoreError::Connect`], [`StoreError::Database`]. The next sweep tries again.
    pub fn sweep(&mut self, limit: Option<i64>) -> Result<Swept> {
        if !is_pending(&mut *self.store.db()?)? {
            return Ok(Swept::Nothing);
        }
        // A connection of its own: what it is told must not stay with one of the pool.
        let mut db = Db::connect(&self.store.url)?;
        let (asked, _) = state(&mut db)?;
        let swept = match &mut db {
            Db::Sqlite(c) => self.sweep_sqlite(c, asked, limit),
            Db::Postgres(c) => sweep_postgres(c, limit),
        };
        match swept {
            Ok(Swept::Done) => {
                let of = erasure::table.filter(erasure::done.lt(asked));
                db.write(|db| Ok::<_, StoreError>(diesel::update(of).set(erasure::done.eq(asked)).execute(db)?))?;
                Ok(Swept::Done)
            }
            Err(error) if is_busy(&error) => Ok(Swept::Busy),
            other => other,
        }
    }

    fn sweep_sqlite(&mut self, c: &mut SqliteConnection, asked: i64, limit: Option<i64>) -> Result<Swept> {
        let pages = "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()";
        let bytes = sql_query(pages).get_result::<Size>(c)?.bytes;
        if limit.is_some_and(|limit| bytes > limit) {
            return Ok(Swept::TooLarge(bytes));
        }
        // Those who store responses shall not wait long for one who reads an older state: the sweep comes again instead.
        c.batch_execute("PRAGMA busy_timeout=250")?;
        if self.rewritten < asked {
            // While somebody reads, the log would only grow by the whole file.
            if !cut_log(c)? {
                return Ok(Swept::Busy);
            }
            c.batch_execute("VACUUM")?;
            self.rewritten = asked;
        }
        Ok(if cut_log(c)? { Swept::Done } else { Swept::Busy })
    }
}

/// Brings everything from the log into the file, and cuts the log to nothing; false if somebody still reads or writes.
fn cut_log(c: &mut SqliteConnection) -> Result<bool> {
    let checkpoint: Checkpoint = sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(c)?;
    Ok(checkpoint.busy == 0)
}

fn is_busy(error: &StoreError) -> bool {
    let said = error.to_string();
    error.is_transient() || said.contains("lock timeout") || said.contains("database table is locked")
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    busy: i32,
}

#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = Bool)]
    held: bool,
}

fn sweep_postgres(c: &mut PgConnection, limit: Option<i64>) -> Result<Swept> {
    let sizes = "SELECT (pg_total_relation_size('response') + pg_total_relation_size('submission') + pg_total_relation_size('free_text') \
                 + pg_total_relation_size('upload')) AS bytes";
    let bytes = sql_query(sizes).get_result::<Size>(c)?.bytes;
    if limit.is_some_and(|limit| bytes > limit) {
        return Ok(Swept::TooLarge(bytes));
    }
    if !sql_query("SELECT pg_try_advisory_lock($1) AS held").bind::<BigInt, _>(SWEEP).get_result::<Held>(c)?.held {
        return Ok(Swept::Busy);
    }
    // Whoever waits for a lock on a whole table makes all who come after wait with it.
    c.batch_execute("SET lock_timeout='1s'")?;
    c.batch_execute(&format!("VACUUM (FULL) {WITH_ANSWERS}"))?;
    Ok(Swept::Done)
}
