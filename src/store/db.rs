//! One connection to either database, the pool of them, and the transaction that writes.
//!
//! # Design
//! [`Db`] speaks the part of SQL that both databases share, so ordinary queries are written once and typed. What the derive cannot
//! express (batch inserts, `ON CONFLICT`) goes through `each_backend!`: the same text, compiled for each arm. Where the dialects
//! truly differ a plain `match` shows both. No function is generic over the backend.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::{Connection, PgConnection, SqliteConnection, sql_query};
use diesel::{QueryResult, RunQueryDsl};

use super::error::{Result, StoreError};

/// A connection to SQLite or PostgreSQL.
#[derive(diesel::MultiConnection)]
pub enum Db {
    /// One file on this machine, in WAL mode, synced at every commit.
    Sqlite(SqliteConnection),
    /// A PostgreSQL server.
    Postgres(PgConnection),
}

/// The same typed Diesel query, compiled once for each backend.
macro_rules! each_backend {
    ($db:expr, $c:ident => $body:expr) => {
        match $db {
            $crate::store::db::Db::Sqlite($c) => $body,
            $crate::store::db::Db::Postgres($c) => $body,
        }
    };
}
pub(super) use each_backend;

/// How many rows one INSERT carries: 29 columns stay below SQLite's 32 766 and PostgreSQL's 65 535 bound values.
pub(super) const ROWS_PER_INSERT: usize = 1_000;

/// What each SQLite connection is told.
///
/// `synchronous=FULL` with WAL is the setting that lost no acknowledged row in simulated power cuts; NORMAL did. The time-out comes
/// first, since even the switch to WAL may find the file busy. The size limit cuts a WAL file back that a long reader let grow. What
/// is deleted is overwritten with zeros; what that does not reach is swept ([`super::erasure`]).
///
/// Checkpoints stay SQLite's own, every 1000 pages on the writer's thread. A raised limit with a passive checkpoint from a second
/// thread was tried (unoptimised build, 200 000 responses, 128 in flight, two busy cores): some 10 % more rows a second, where two
/// runs of one setting differed by 9 %; p99 of 28 to 32 ms against 32; a log of 64 MB in place of 4. Not worth a thread.
const SQLITE_PRAGMAS: &str = "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \
     PRAGMA foreign_keys=ON; PRAGMA cache_size=-16000; PRAGMA journal_size_limit=67108864; \
     PRAGMA secure_delete=ON;";

/// The mode of files that hold answers: their owner's alone.
const OWNER: u32 = 0o600;

/// As many bytes as the index of SQLite's log needs, twice.
const PROBE: usize = 65_536;

/// The advisory lock that orders what writes responses and their events (PostgreSQL).
const RESPONSE_ORDER: i64 = 0x4861_696c_6f6e_6701;

/// Which database a URL names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Address {
    Sqlite(String),
    Postgres(String),
}

fn address(url: &str) -> Result<Address> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Address::Postgres(url.to_owned()));
    }
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
    if path.is_empty() {
        return Err(StoreError::Url("it is empty"));
    }
    if path.contains(":memory:") || path.contains("mode=memory") {
        return Err(StoreError::Url("a database in memory would be another one for each connection"));
    }
    if path.contains("://") {
        return Err(StoreError::Url("unknown scheme"));
    }
    Ok(Address::Sqlite(path.to_owned()))
}

/// The file of an SQLite database, if it is one.
pub(super) fn file_of(url: &str) -> Option<String> {
    let Ok(Address::Sqlite(path)) = address(url) else { return None };
    (!path.starts_with("file:") && path != ":memory:").then_some(path)
}

/// Whether the disk below an SQLite file takes nothing more: tries it with a file that is gone at once.
pub(super) fn is_full(url: &str) -> bool {
    let Ok(Address::Sqlite(path)) = address(url) else { return false };
    let folder = std::path::Path::new(&path).parent().filter(|folder| !folder.as_os_str().is_empty());
    let probe = folder.unwrap_or_else(|| std::path::Path::new(".")).join(format!(".hailong-space-{}", std::process::id()));
    let full = std::fs::write(&probe, vec![0; PROBE]).is_err_and(|error| no_room(&error));
    let _ = std::fs::remove_file(&probe); // nothing to say of a file that could not be made
    full
}

fn no_room(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
}

/// Makes the file of a database that is not there for its owner alone, before SQLite makes it for everyone: log and index take its mode.
/// What is in the way SQLite says better.
fn make_private(path: &str) {
    if !path.starts_with("file:") {
        let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(OWNER).open(path);
    }
}

/// Takes a database file and what lies beside it from everyone but its owner, if that is who asks.
pub(super) fn keep_private(url: &str) {
    let Ok(Address::Sqlite(path)) = address(url) else { return };
    for file in ["", "-wal", "-shm", "-journal"].map(|end| format!("{path}{end}")) {
        let Ok(found) = std::fs::metadata(&file) else { continue };
        if !found.is_file() || found.mode().trailing_zeros() >= 6 {
            continue;
        }
        let own = found.uid() == rustix::process::geteuid().as_raw();
        if let Some(Ok(())) = own.then(|| std::fs::set_permissions(&file, Permissions::from_mode(OWNER))) {
            tracing::warn!(file, "others could read or write the database; now its owner alone can");
        } else {
            tracing::warn!(file, "others can read or write the database: take that from them (chmod 600)");
        }
    }
}

impl Db {
    /// Opens one connection, outside any pool.
    ///
    /// `url` is `postgres://…` (libpq's URI, so `options=-csearch_path%3D…` works), `sqlite:PATH`, or a bare path.
    ///
    /// # Errors
    /// [`StoreError::Url`] for what is neither, [`StoreError::Connect`] when the database does not answer.
    pub fn connect(url: &str) -> Result<Self> {
        match address(url)? {
            Address::Postgres(url) => {
                let c = PgConnection::establish(&url).map_err(|e| StoreError::Connect(without_url(&e.to_string())))?;
                Ok(Self::Postgres(c))
            }
            Address::Sqlite(path) => {
                make_private(&path);
                let mut c = SqliteConnection::establish(&path).map_err(|e| StoreError::Connect(format!("{path}: {e}")))?;
                c.batch_execute(SQLITE_PRAGMAS)?;
                Ok(Self::Sqlite(c))
            }
        }
    }

    /// "sqlite" or "postgres", for logs and metrics.
    #[must_use]
    pub fn backend(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Runs `f` in a transaction that may write. Within another transaction it is a savepoint.
    ///
    /// # Design
    /// On SQLite the lock is taken at once (`BEGIN IMMEDIATE`): a transaction that reads first and then wants to write would fail
    /// without waiting if another wrote in between.
    ///
    /// # Errors
    /// Those of `f`, after a rollback; a failed commit.
    pub fn write<T, E: From<StoreError>>(&mut self, f: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        self.begin().map_err(StoreError::from)?;
        match f(self) {
            Ok(value) => match Self::commit_transaction(self) {
                Ok(()) => Ok(value),
                Err(error) => {
                    self.abandon();
                    Err(StoreError::from(error).into())
                }
            },
            Err(error) => {
                self.abandon();
                Err(error)
            }
        }
    }

    fn begin(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(c) => {
                let outer = AnsiTransactionManager::transaction_manager_status_mut(c).transaction_depth()?;
                match outer {
                    None => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
                    Some(_) => AnsiTransactionManager::begin_transaction(c),
                }
            }
            Self::Postgres(c) => AnsiTransactionManager::begin_transaction(c),
        }
    }

    /// Rolls back. The first error is the one to report: one of the rollback's own leaves the manager broken, and the pool drops it.
    fn abandon(&mut self) {
        if let Err(error) = Self::rollback_transaction(self) {
            tracing::debug!(%error, "rollback failed");
        }
    }
}

/// libpq quotes a URL that it cannot parse, password and all.
fn without_url(message: &str) -> String {
    if message.contains("://") { "the PostgreSQL URL cannot be parsed".to_owned() } else { message.trim_end().to_owned() }
}

/// Makes sequence numbers appear in their order until the transaction's end, so that "everything up to N" stays the same set for ever.
///
/// # Design
/// SQLite has one writer at a time anyway. PostgreSQL hands out numbers before the commit: a transaction with a lower number could
/// commit after one with a higher number, and slip under a high-water mark that was taken in between. An advisory lock, taken
/// before the first number, rules that out; one writer at a time is also the faster way to ingest.
pub(super) fn hold_response_order(db: &mut Db) -> Result<()> {
    if let Db::Postgres(c) = db {
        sql_query("SELECT pg_advisory_xact_lock($1)").bind::<diesel::sql_types::BigInt, _>(RESPONSE_ORDER).execute(c)?;
    }
    Ok(())
}

/// Opens connections for the pool.
#[derive(Debug)]
pub(super) struct Manager {
    url: String,
}

impl Manager {
    pub(super) fn new(url: &str) -> Result<Self> {
        address(url)?;
        Ok(Self { url: url.to_owned() })
    }
}

impl ManageConnection for Manager {
    type Connection = Db;
    type Error = StoreError;

    fn connect(&self) -> Result<Db> {
        Db::connect(&self.url)
    }

    fn is_valid(&self, db: &mut Db) -> Result<()> {
        match db {
            // A file cannot hang up.
            Db::Sqlite(_) => Ok(()),
            Db::Postgres(c) => Ok(c.ping()?),
        }
    }

    fn has_broken(&self, db: &mut Db) -> bool {
        std::thread::panicking() || Db::is_broken_transaction_manager(db)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_database() {
        assert_eq!(address("data/h.sqlite").unwrap(), Address::Sqlite("data/h.sqlite".into()));
        assert_eq!(address("sqlite:h.sqlite").unwrap(), Address::Sqlite("h.sqlite".into()));
        assert_eq!(address("sqlite:///var/h.sqlite").unwrap(), Address::Sqlite("/var/h.sqlite".into()));
        assert!(matches!(address("postgresql://u@h/d").unwrap(), Address::Postgres(_)));
        for bad in ["", "sqlite:", ":memory:", "mysql://h/d", "file:x?mode=memory"] {
            assert!(matches!(address(bad), Err(StoreError::Url(_))), "{bad}");
        }
    }

    #[test]
    fn a_disk_without_room_is_told_from_other_faults() {
        assert!(no_room(&std::io::Error::from(std::io::ErrorKind::StorageFull)));
        assert!(!no_room(&std::io::Error::from(std::io::ErrorKind::PermissionDenied)));
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("h.sqlite").display().to_string();
        assert!(!is_full(&url) && !is_full("postgres://h/d"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the probe is gone");
        assert!(!is_full("/no/such/folder/h.sqlite"));
        #[cfg(target_os = "linux")]
        assert!(std::fs::write("/dev/full", [0; 8]).is_err_and(|error| no_room(&error)));
    }

    #[test]
    fn no_error_repeats_the_password() {
        for url in [
            "postgres://someone:s3cret@127.0.0.1:1/none?connect_timeout=1",
            "postgres://someone:s3cret@[/none",
            "postgres://u:s3cret@h/d?what",
        ] {
            let error = Db::connect(url).err().unwrap();
            assert!(matches!(error, StoreError::Connect(_)));
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }
}
