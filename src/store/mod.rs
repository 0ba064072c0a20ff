//! The only door to SQL: SQLite and PostgreSQL behind one set of tables and functions.
//!
//! Each file but the plumbing (`db`, `migrate`, `tables`, `columns`, `error`) is one resource, a handful of plain functions on
//! [`&mut Db`](Db). They are synchronous, read no clock (`now` and every other instant is handed in, in microseconds UTC) and draw
//! no identifiers. Functions that write do so in one transaction, and join the caller's if there is one: a caller that wants a
//! change and its audit line together wraps both in [`Store::write`].
//!
//! Responses are the exception: they arrive by the thousand and go through the [`Writer`](writer::Writer): one thread that commits
//! whatever has queued.
//!
//! # Architecture invariant
//! Nothing outside this folder names a table or a column, and nothing in it knows HTTP.
#![allow(missing_docs, reason = "the lint is for the core; here a comment stands where it says more than the name")]

mod columns;
mod db;
mod error;
mod ingest;
mod invitation_tables;
mod migrate;
mod people_tables;
pub mod person;
mod secret;
mod tables;
#[cfg(test)]
mod tests;
mod unit_tables;

pub mod accounts;
pub mod audit;
pub mod chain;
pub mod changes;
pub mod composites;
pub mod devices;
pub mod disclosure;
pub mod editions;
pub mod erasure;
pub mod imports;
pub mod indicators;
pub mod invitations;
pub mod jobs;
pub mod keyings;
pub mod keys;
pub mod origins;
pub mod people;
pub mod proposals;
pub mod quality;
pub mod responses;
mod room;
pub mod runs;
pub mod scan;
pub mod schemas;
pub mod scores;
pub mod units;
pub mod uploads;
pub mod waves;
pub mod writer;

use std::sync::Arc;
use std::time::Duration;

use diesel::r2d2::{Pool, PooledConnection};

pub use columns::UnknownName;
pub use db::Db;
pub use error::{DISK_ERROR, Result, StoreError};
pub use migrate::{latest, migrate, pending, revert_all};
pub use person::{DOUBLED, doubled};
pub use room::Room;
pub use secret::Secret;

/// How long a caller waits for a pooled connection before it is told that the store is busy.
const CHECKOUT: Duration = Duration::from_secs(5);

/// Where the database is and how many connections readers share.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// `postgres://…`, `sqlite:PATH` or a path.
    pub url: String,
    /// Pooled connections, at least 1. The writer has its own.
    pub readers: u32,
}

/// The pool, cheap to clone and to share between threads.
#[derive(Clone)]
pub struct Store {
    pool: Pool<db::Manager>,
    url: Arc<str>,
    secret: Secret,
}

/// A connection on loan from the pool.
pub struct Loan(PooledConnection<db::Manager>);

impl std::ops::Deref for Loan {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.0
    }
}

impl std::ops::DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.0
    }
}

impl Store {
    /// Migrates the database and opens the pool. An SQLite file is its owner's alone from its first moment.
    ///
    /// # Errors
    /// [`StoreError::Url`], [`StoreError::Connect`], and those of [`migrate`].
    pub fn open(options: &StoreOptions) -> Result<Self> {
        Self::opened(options).map_err(
            |error| {
                if error.is_disk_error() && db::is_full(&options.url) { StoreError::StorageFull } else { error }
            },
        )
    }

    /// Whether the disk below an SQLite file takes nothing more. SQLite does not always say so.
    #[must_use]
    pub fn is_full(&self) -> bool {
        db::is_full(&self.url)
    }

    fn opened(options: &StoreOptions) -> Result<Self> {
        db::keep_private(&options.url);
        let mut db = Db::connect(&options.url)?;
        let applied = migrate(&mut db)?;
        if !applied.is_empty() {
            tracing::info!(migrations = ?applied, "database migrated");
        }
        let secret = Secret::of(&mut db)?;
        drop(db);
        let pool = Pool::builder()
            .max_size(options.readers.max(1))
            .min_idle(Some(1))
            .connection_timeout(CHECKOUT)
            .build(db::Manager::new(&options.url)?)
            .map_err(|e| StoreError::Connect(e.to_string()))?;
        Ok(Self { pool, url: options.url.as_str().into(), secret })
    }

    /// The secret of the database.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// A connection from the pool.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if none became free within five seconds.
    pub fn db(&self) -> Result<Loan> {
        self.pool.get().map(Loan).map_err(|e| StoreError::Busy(e.to_string()))
    }

    /// Runs `f` on a connection from the pool.
    ///
    /// # Errors
    /// [`StoreError::Busy`], and those of `f`.
    pub fn read<T, E: From<StoreError>>(&self, f: impl FnOnce(&mut Db) -> Result<T, E>) -> Result<T, E> {
        f(&mut *self.db()?)
    }

    /// Runs `f` on a connection from the pool, in one transaction that may write.
    ///
    /// # Errors
    /// [`StoreError::Busy`], those of `f` after a rollback, and a failed commit.
    pub fn write<T, E: From<StoreError>>(&self, f: impl FnOnce(&mut Db) -> Result<T, E>) -> Result<T, E> {
        self.db()?.write(f)
    }

    /// Starts the thread that writes responses. One a process.
    ///
    /// # Errors
    /// [`StoreError::Connect`] if its connection cannot be opened.
    pub fn start_writer(&self, options: writer::WriterOptions) -> Result<writer::Writer> {
        let url = Arc::clone(&self.url);
        writer::Writer::start(Box::new(move || Db::connect(&url)), options)
    }

    /// Connections in use and connections open, for metrics.
    #[must_use]
    pub fn pool_state(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections - state.idle_connections, state.connections)
    }
}
