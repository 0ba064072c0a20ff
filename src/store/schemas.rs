//! Published questionnaires and index definitions: kept as given, never changed.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::columns::{Bytes32, named_enum};
use super::db::Db;
use super::error::{Result, StoreError};
use super::tables::{index_version, survey_version};

/// A questionnaire to publish.
#[derive(Debug, Clone, Copy)]
pub struct NewSurveyVersion<'a> {
    /// The survey's code.
    pub code: &'a str,
    /// The version.
    pub version: &'a str,
    /// SHA-256 of the canonical JSON.
    pub sha256: [u8; 32],
    /// The file as given.
    pub document: &'a str,
    /// Bytes of a packed answer.
    pub layout_width: i32,
    /// When, µs UTC.
    pub published_at: i64,
    /// By whom.
    pub published_by: &'a str,
}

/// A published questionnaire.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = survey_version)]
pub struct SurveyVersion {
    /// The number that responses carry.
    pub id: i32,
    /// The survey's code.
    pub code: String,
    /// The version.
    pub version: String,
    /// SHA-256 of the canonical JSON.
    #[diesel(deserialize_as = Bytes32)]
    pub sha256: [u8; 32],
    /// The file as given.
    pub document: String,
    /// Bytes of a packed answer.
    pub layout_width: i32,
    /// When, µs UTC.
    pub published_at: i64,
    /// By whom.
    pub published_by: String,
}

named_enum! {
    /// What an index is made of, and so what its runs are.
    "index kind" IndexKind {
        /// The answers of a wave.
        Survey = "survey",
        /// Indicator tables, and runs of surveys' indices.
        Composite = "composite",
    }
}

/// An index definition to publish.
#[derive(Debug, Clone, Copy)]
pub struct NewIndexVersion<'a> {
    /// The index's code.
    pub code: &'a str,
    /// The version.
    pub version: &'a str,
    /// SHA-256 of the canonical JSON.
    pub sha256: [u8; 32],
    /// The file as given.
    pub document: &'a str,
    /// The survey whose answers it uses; none: a composite index.
    pub survey_code: Option<&'a str>,
    /// When, µs UTC.
    pub published_at: i64,
    /// By whom.
    pub published_by: &'a str,
}

/// A published index definition.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = index_version)]
pub struct IndexVersion {
    /// The number that runs carry.
    pub id: i32,
    /// The index's code.
    pub code: String,
    /// The version.
    pub version: String,
    /// SHA-256 of the canonical JSON.
    #[diesel(deserialize_as = Bytes32)]
    pub sha256: [u8; 32],
    /// The file as given.
    pub document: String,
    /// The survey whose answers it uses; none: a composite index.
    pub survey_code: Option<String>,
    /// When, µs UTC.
    pub published_at: i64,
    /// By whom.
    pub published_by: String,
    /// What it is made of.
    pub kind: IndexKind,
}

/// What publishing came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published<T> {
    /// It is new.
    New(T),
    /// The very same document was there; this is the first publication.
    Already(T),
}

impl<T> Published<T> {
    /// The published version, whichever it is.
    pub fn into_inner(self) -> T {
        match self {
            Self::New(t) | Self::Already(t) => t,
        }
    }
}

/// Publishes a questionnaire. The same document again is no error.
///
/// # Errors
/// [`StoreError::Conflict`] if the version exists with another digest.
pub fn publish_survey(db: &mut Db, new: &NewSurveyVersion<'_>) -> Result<Published<SurveyVersion>> {
    use survey_version::dsl;
    db.write(|db| {
        if let Some(old) = find_survey(db, new.code, new.version)? {
            return if old.sha256 == new.sha256 { Ok(Published::Already(old)) } else { Err(taken("questionnaire", new.code, new.version)) };
        }
        let row = (
            dsl::code.eq(new.code),
            dsl::version.eq(new.version),
            dsl::sha256.eq(new.sha256.as_slice()),
            dsl::document.eq(new.document),
            dsl::layout_width.eq(new.layout_width),
            dsl::published_at.eq(new.published_at),
            dsl::published_by.eq(new.published_by),
        );
        let inserted = diesel::insert_into(dsl::survey_version).values(row).returning(dsl::survey_version::all_columns()).get_result(db);
        inserted.map(Published::New).map_err(|e| raced(e, "questionnaire", new.code, new.version))
    })
}

/// Publishes an index definition. The same document again is no error.
///
/// # Errors
/// [`StoreError::Conflict`] if the version exists with another digest.
pub fn publish_index(db: &mut Db, new: &NewIndexVersion<'_>) -> Result<Published<IndexVersion>> {
    use index_version::dsl;
    db.write(|db| {
        if let Some(old) = find_index(db, new.code, new.version)? {
            return if old.sha256 == new.sha256 {
                Ok(Published::Already(old))
            } else {
                Err(taken("index definition", new.code, new.version))
            };
        }
        let row = (
            dsl::code.eq(new.code),
            dsl::version.eq(new.version),
            dsl::sha256.eq(new.sha256.as_slice()),
            dsl::document.eq(new.document),
            dsl::survey_code.eq(new.survey_code),
            dsl::published_at.eq(new.published_at),
            dsl::published_by.eq(new.published_by),
            dsl::kind.eq(if new.survey_code.is_some() { IndexKind::Survey } else { IndexKind::Composite }.as_str()),
        );
        let inserted = diesel::insert_into(dsl::index_version).values(row).returning(dsl::index_version::all_columns()).get_result(db);
        inserted.map(Published::New).map_err(|e| raced(e, "index definition", new.code, new.version))
    })
}

fn taken(what: &'static str, code: &str, version: &str) -> StoreError {
    StoreError::conflict(what, format!("{code} {version}"))
}

/// Two publishers at the same moment on PostgreSQL: the second is told so, and may ask again.
fn raced(error: DieselError, what: &'static str, code: &str, version: &str) -> StoreError {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => taken(what, code, version),
        other => other.into(),
    }
}

/// The questionnaire of this code and version.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find_survey(db: &mut Db, code: &str, version: &str) -> Result<Option<SurveyVersion>> {
    let of = survey_version::table.filter(survey_version::code.eq(code)).filter(survey_version::version.eq(version));
    Ok(of.select(SurveyVersion::as_select()).first(db).optional()?)
}

/// The questionnaire of this number.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn survey_by_id(db: &mut Db, id: i32) -> Result<SurveyVersion> {
    let found = survey_version::table.find(id).select(SurveyVersion::as_select()).first(db).optional()?;
    found.ok_or_else(|| StoreError::not_found("questionnaire", id))
}

/// Every published questionnaire, or those of one survey, in the order of publication.
///
/// # Errors
/// [`StoreError::Database`].
pub fn list_surveys(db: &mut Db, code: Option<&str>) -> Result<Vec<SurveyVersion>> {
    let mut all = survey_version::table.order(survey_version::id).select(SurveyVersion::as_select()).into_boxed();
    if let Some(code) = code {
        all = all.filter(survey_version::code.eq(code.to_owned()));
    }
    Ok(all.load(db)?)
}

/// The index definition of this code and version.
///
/// # Errors
/// [`StoreError::Database`].
pub fn find_index(db: &mut Db, code: &str, version: &str) -> Result<Option<IndexVersion>> {
    let of = index_version::table.filter(index_version::code.eq(code)).filter(index_version::version.eq(version));
    Ok(of.select(IndexVersion::as_select()).first(db).optional()?)
}

/// The index definition of this number.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn index_by_id(db: &mut Db, id: i32) -> Result<IndexVersion> {
    let found = index_version::table.find(id).select(IndexVersion::as_select()).first(db).optional()?;
    found.ok_or_else(|| StoreError::not_found("index definition", id))
}

/// Every published index definition, or the versions of one index, in the order of publication.
///
/// # Errors
/// [`StoreError::Database`].
pub fn list_indices(db: &mut Db, code: Option<&str>) -> Result<Vec<IndexVersion>> {
    let mut all = index_version::table.order(index_version::id).select(IndexVersion::as_select()).into_boxed();
    if let Some(code) = code {
        all = all.filter(index_version::code.eq(code.to_owned()));
    }
    Ok(all.load(db)?)
}
