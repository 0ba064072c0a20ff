//! What can go wrong at the door to the database.

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// What SQLite says when it cannot write. Of a full disk too, where it is the log's index that finds no room.
pub const DISK_ERROR: &str = "disk I/O error";

/// Why the store could not do what it was asked.
///
/// The text of [`StoreError::Database`] and [`StoreError::Connect`] is for the log: it may name tables and hosts. No URL, and so no
/// password, is ever part of it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no database that Hailong can use.
    #[error("the database URL must start with postgres:// or name an SQLite file: {0}")]
    Url(&'static str),
    /// No connection could be opened.
    #[error("cannot connect to the database: {0}")]
    Connect(String),
    /// Every pooled connection stayed in use for as long as a caller may wait.
    #[error("no database connection became free in time: {0}")]
    Busy(String),
    /// A migration failed; the database is as it was before.
    #[error("cannot migrate the database: {0}")]
    Migration(String),
    /// A later release of Hailong has migrated this database.
    #[error("the database has migration {version}, which this release does not know: use a newer release")]
    DatabaseIsNewer {
        /// The first migration that is unknown here.
        version: String,
    },
    /// The database refused or failed.
    #[error("database: {0}")]
    Database(#[from] DieselError),
    /// The disk is full, though the database said only that it could not write.
    #[error("the disk is full")]
    StorageFull,
    /// A stored value is not what this release can read.
    #[error("{table} holds a value that cannot be read: {detail}")]
    Unreadable {
        table: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// There is no such thing.
    #[error("no {what} {key}")]
    NotFound {
        /// The kind of thing, an English noun.
        what: &'static str,
        /// What was looked for.
        key: String,
    },
    /// The name is taken by something else.
    #[error("{what} {key} exists already and is different")]
    Conflict {
        /// The kind of thing, an English noun.
        what: &'static str,
        /// The name both claim.
        key: String,
    },
    /// Somebody else changed it since the caller read it.
    #[error("{what} {key} is at revision {found}, not {expected}")]
    RevisionConflict {
        /// The kind of thing, an English noun.
        what: &'static str,
        /// Its name.
        key: String,
        /// The revision that the caller has seen.
        expected: i64,
        /// The revision that is stored.
        found: i64,
    },
    /// The thing's state does not allow the step.
    #[error("{what} {key} is {state}")]
    WrongState {
        /// The kind of thing, an English noun.
        what: &'static str,
        /// Its name.
        key: String,
        /// The state it is in.
        state: &'static str,
    },
    /// Approval needs a second person.
    #[error("{actor} made or submitted run {run} and so cannot approve it")]
    SamePerson {
        run: String,
        /// Who asked.
        actor: String,
    },
    /// A preview is never published.
    #[error("run {0} is a preview")]
    Preview(String),
    /// A composite index takes leaves from a run that is not published.
    #[error("run {run} takes leaves from run {survey}, which is not published")]
    Unpublished {
        /// The run of the composite index.
        run: String,
        /// The run that it takes leaves from.
        survey: String,
    },
    /// The worker's lease ran out and another has the job.
    #[error("job {0} is no longer this worker's")]
    LostLease(String),
}

impl StoreError {
    /// Whether trying the same again later may succeed: a busy pool, a lock held too long, a lost connection.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Busy(_) | Self::Connect(_) => true,
            Self::Database(DieselError::DatabaseError(kind, info)) => match kind {
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::SerializationFailure => {
                    true
                }
                _ => info.message().contains("is locked"),
            },
            _ => false,
        }
    }

    /// Whether the disk has no room left: SQLite and PostgreSQL say so in these words.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        let said = self.to_string();
        said.contains("disk is full") || said.contains("No space left on device")
    }

    /// Whether the database could not write to its file, for whatever reason.
    #[must_use]
    pub fn is_disk_error(&self) -> bool {
        self.to_string().contains(DISK_ERROR)
    }

    pub(super) fn not_found(what: &'static str, key: impl std::fmt::Display) -> Self {
        Self::NotFound { what, key: key.to_string() }
    }

    pub(super) fn conflict(what: &'static str, key: impl std::fmt::Display) -> Self {
        Self::Conflict { what, key: key.to_string() }
    }
}

/// What the store's functions return.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
