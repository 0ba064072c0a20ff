//! Brings a database to this release's tables.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::db::Db;
use super::error::{Result, StoreError};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The advisory lock under which PostgreSQL is migrated: two servers may start at the same moment.
const MIGRATION: i64 = 0x4861_696c_6f6e_6700;

/// Applies what is pending and returns the names of the migrations applied, oldest first.
///
/// All of them are one transaction: a database is at one release or at the other, never between. An SQLite file that is up to date is
/// only read. On PostgreSQL even the question what was applied waits for the lock: asking it makes the list of migrations where there
/// is none, and two servers that ask an empty database at the same moment would collide.
///
/// # Errors
/// [`StoreError::DatabaseIsNewer`] if it has a migration that this release does not know; [`StoreError::Migration`].
pub fn migrate(db: &mut Db) -> Result<Vec<String>> {
    if matches!(db, Db::Sqlite(_)) {
        refuse_newer(db)?;
        if !db.has_pending_migration(embedded(db)).map_err(migration)? {
            return Ok(Vec::new());
        }
    }
    rebuilding(db, |db| {
        lock(db)?;
        refuse_newer(db)?;
        let applied = db.run_pending_migrations(embedded(db)).map_err(migration)?;
        Ok(applied.iter().map(ToString::to_string).collect())
    })
}

/// The migrations that [`migrate`] would apply, oldest first.
///
/// # Errors
/// As [`migrate`].
pub fn pending(db: &mut Db) -> Result<Vec<String>> {
    db.write(|db| {
        lock(db)?;
        refuse_newer(db)?;
        let migrations = db.pending_migrations(embedded(db)).map_err(migration)?;
        Ok(migrations.iter().map(|m| m.name().version().to_string()).collect())
    })
}

/// The last migration that was applied.
///
/// # Errors
/// [`StoreError::Migration`].
pub fn latest(db: &mut Db) -> Result<Option<String>> {
    let applied = db.applied_migrations().map_err(migration)?;
    Ok(applied.iter().map(ToString::to_string).max())
}

/// Undoes every migration, and with them every row. For tests.
///
/// # Errors
/// [`StoreError::Migration`].
pub fn revert_all(db: &mut Db) -> Result<()> {
    rebuilding(db, |db| {
        lock(db)?;
        db.revert_all_migrations(embedded(db)).map_err(migration)?;
        Ok(())
    })
}

/// A transaction in which SQLite lets tables be made again that others refer to.
///
/// # Design
/// SQLite cannot change a column in place: the table is made anew under another name, filled, and takes the old one's. While the old
/// one is gone, foreign keys would take its rows with it, so they are off meanwhile, and all of them are checked before the commit.
/// Inside a transaction the pragma does nothing, hence the place of it.
fn rebuilding<T>(db: &mut Db, f: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    let sqlite = matches!(db, Db::Sqlite(_));
    if sqlite {
        db.batch_execute("PRAGMA foreign_keys=OFF")?;
    }
    let done = db.write(|db| {
        let value = f(db)?;
        if let Db::Sqlite(c) = db {
            let broken: i64 = sql_query("SELECT COUNT(*) AS broken FROM pragma_foreign_key_check").get_result::<Broken>(c)?.broken;
            if broken > 0 {
                return Err(StoreError::Migration(format!("{broken} rows would refer to rows that are not there")));
            }
        }
        Ok(value)
    });
    if sqlite {
        db.batch_execute("PRAGMA foreign_keys=ON")?;
    }
    done
}

#[derive(QueryableByName)]
struct Broken {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    broken: i64,
}

/// Applies the first so many migrations. For tests of the others.
#[cfg(test)]
pub(super) fn first(db: &mut Db, count: usize) -> Result<()> {
    rebuilding(db, |db| {
        for _ in 0..count {
            db.run_next_migration(embedded(db)).map_err(migration)?;
        }
        Ok(())
    })
}

/// Undoes the last so many migrations. For tests of the way back.
#[cfg(test)]
pub(super) fn back(db: &mut Db, count: usize) -> Result<()> {
    rebuilding(db, |db| {
        for _ in 0..count {
            db.revert_last_migration(embedded(db)).map_err(migration)?;
        }
        Ok(())
    })
}

fn embedded(db: &Db) -> EmbeddedMigrations {
    match db {
        Db::Sqlite(_) => SQLITE,
        Db::Postgres(_) => POSTGRES,
    }
}

fn lock(db: &mut Db) -> Result<()> {
    if let Db::Postgres(c) = db {
        sql_query("SELECT pg_advisory_xact_lock($1)").bind::<diesel::sql_types::BigInt, _>(MIGRATION).execute(c)?;
    }
    Ok(())
}

fn refuse_newer(db: &mut Db) -> Result<()> {
    use diesel::migration::MigrationSource;
    let known: Vec<Box<dyn diesel::migration::Migration<MultiBackend>>> = embedded(db).migrations().map_err(migration)?;
    let applied = db.applied_migrations().map_err(migration)?;
    let unknown = applied.into_iter().rev().find(|version| !known.iter().any(|m| m.name().version() == *version));
    unknown.map_or(Ok(()), |version| Err(StoreError::DatabaseIsNewer { version: version.to_string() }))
}

type MultiBackend = <Db as Connection>::Backend;

#[allow(clippy::needless_pass_by_value)] // For map_err.
fn migration(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Migration(error.to_string())
}
