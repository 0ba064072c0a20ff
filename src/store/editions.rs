//! Editions: what the public knows a published run by.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use uuid::Uuid;

use super::columns::named_enum;
use super::db::Db;
use super::error::{Result, StoreError};
use super::runs::{self, Run, RunState};
use super::tables::{edition, index_version, wave};

named_enum! {
    /// Who may see an edition.
    "edition state" EditionState {
        /// Those it was granted to.
        Embargoed = "embargoed",
        /// Everybody.
        Published = "published",
        /// Nobody: it was taken back, and its name is not used again.
        Withdrawn = "withdrawn",
    }
}

/// A stored edition.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = edition)]
pub struct Edition {
    /// A number.
    pub id: i32,
    /// Unique, e.g. `sipas-2024.1`.
    pub code: String,
    /// The run it shows.
    #[diesel(deserialize_as = Vec<u8>)]
    pub run_id: Uuid,
    /// Code of the index.
    pub index_code: String,
    /// Version of its definition.
    pub index_version: String,
    /// Code of the wave; none: of a composite index.
    pub wave_code: Option<String>,
    /// Who may see it.
    pub state: EditionState,
    /// When it was made, µs UTC.
    pub created_at: i64,
    /// When it became public, µs UTC.
    pub published_at: Option<i64>,
    /// When it was taken back, µs UTC.
    pub withdrawn_at: Option<i64>,
    /// Counts the steps.
    pub revision: i64,
}

/// Gives an approved run its edition ahead of publication, for those who may see it early.
///
/// # Errors
/// [`StoreError::WrongState`] unless the run is approved; [`StoreError::Conflict`] if the name is taken or the run has an edition.
pub fn embargo(db: &mut Db, run_id: Uuid, code: &str, now: i64) -> Result<Edition> {
    db.write(|db| {
        let run = runs::get(db, run_id)?;
        if run.state != RunState::Approved {
            return Err(StoreError::WrongState { what: "run", key: run_id.to_string(), state: run.state.as_str() });
        }
        insert(db, &run, code, EditionState::Embargoed, now)
    })
}

fn insert(db: &mut Db, run: &Run, code: &str, state: EditionState, now: i64) -> Result<Edition> {
    let (index_code, index_version): (String, String) =
        index_version::table.find(run.index_version_id).select((index_version::code, index_version::version)).first(db)?;
    let wave_code: Option<String> = match run.wave_id {
        Some(wave_id) => Some(wave::table.find(wave_id).select(wave::code).first(db)?),
        None => None,
    };
    let inserted = diesel::insert_into(edition::table)
        .values((
            edition::code.eq(code),
            edition::run_id.eq(run.id.as_bytes().as_slice()),
            edition::index_code.eq(index_code),
            edition::index_version.eq(index_version),
            edition::wave_code.eq(wave_code),
            edition::state.eq(state.as_str()),
            edition::created_at.eq(now),
            edition::published_at.eq((state == EditionState::Published).then_some(now)),
            edition::revision.eq(1),
        ))
        .returning(edition::all_columns)
        .get_result(db);
    inserted.map_err(|e| match e {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => StoreError::conflict("edition", code),
        other => other.into(),
    })
}

/// Makes a run's edition public. Part of [`runs::publish`].
pub(super) fn publish(db: &mut Db, run: &Run, code: &str, now: i64) -> Result<()> {
    let embargoed = edition::table
        .filter(edition::run_id.eq(run.id.as_bytes().as_slice()))
        .filter(edition::code.eq(code))
        .filter(edition::state.eq(EditionState::Embargoed.as_str()));
    let values =
        (edition::state.eq(EditionState::Published.as_str()), edition::published_at.eq(now), edition::revision.eq(edition::revision + 1));
    if diesel::update(embargoed).set(values).execute(db)? == 0 {
        insert(db, run, code, EditionState::Published, now)?;
    }
    Ok(())
}

/// Takes a run's edition back, if it has one. Part of [`runs::withdraw`].
pub(super) fn withdraw(db: &mut Db, run_id: Uuid, now: i64) -> Result<()> {
    let of_run = edition::table.filter(edition::run_id.eq(run_id.as_bytes().as_slice()));
    let values =
        (edition::state.eq(EditionState::Withdrawn.as_str()), edition::withdrawn_at.eq(now), edition::revision.eq(edition::revision + 1));
    diesel::update(of_run).set(values).execute(db)?;
    Ok(())
}

/// The edition of this code, whoever may see it.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find(db: &mut Db, code: &str) -> Result<Option<Edition>> {
    Ok(edition::table.filter(edition::code.eq(code)).select(Edition::as_select()).first(db).optional()?)
}

/// The edition of a run.
///
/// # Errors
/// [`StoreError::Database`].
pub fn of_run(db: &mut Db, run_id: Uuid) -> Result<Option<Edition>> {
    let of = edition::table.filter(edition::run_id.eq(run_id.as_bytes().as_slice()));
    Ok(of.select(Edition::as_select()).first(db).optional()?)
}

/// Editions, the latest made first; of one state or of all.
///
/// # Errors
/// [`StoreError::Database`].
pub fn list(db: &mut Db, state: Option<EditionState>) -> Result<Vec<Edition>> {
    let mut all = edition::table.order((edition::created_at.desc(), edition::id.desc())).select(Edition::as_select()).into_boxed();
    if let Some(state) = state {
        all = all.filter(edition::state.eq(state.as_str()));
    }
    Ok(all.load(db)?)
}
