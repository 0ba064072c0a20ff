//! Published questionnaires and index definitions: kept as given, never changed.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::columns::{Bytes32, named_enum};
use super::db::Db;
use super::error::{Result, StoreError};
use super::tables::{index_version, survey_version};

named_enum! {
    /// What an index is made of, and so what its runs are.
    "index kind" IndexKind {
        /// The answers of a wave.
        Survey = "survey",
        /// Indicator tables, and runs of surveys' indices.
        Composite = "composite",
    }
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

/// The rows and functions of one kind of definition. The kinds differ in a column or two, the second of which follows from the first.
macro_rules! versions {
    ($what:literal in $table:ident: $New:ident, $Row:ident, $publish:ident, $find:ident, $by_id:ident, $list:ident,
        $(#[doc = $about:literal])+ $own:ident: $Given:ty => $Kept:ty
        $(, $(#[doc = $meaning:literal])+ $follows:ident: $Follows:ty = $from:expr)?) => {
        #[doc = concat!("A version of a ", $what, " to publish.")]
        #[derive(Debug, Clone, Copy)]
        pub struct $New<'a> {
            /// The definition's code.
            pub code: &'a str,
            pub version: &'a str,
            /// SHA-256 of the canonical JSON.
            pub sha256: [u8; 32],
            /// The file as given.
            pub document: &'a str,
            $(#[doc = $about])+
            pub $own: $Given,
            /// When, µs UTC.
            pub published_at: i64,
            /// By whom.
            pub published_by: &'a str,
        }

        #[doc = concat!("A published version of a ", $what, ".")]
        #[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
        #[diesel(table_name = $table)]
        pub struct $Row {
            /// The number that responses and runs carry.
            pub id: i32,
            /// The definition's code.
            pub code: String,
            pub version: String,
            /// SHA-256 of the canonical JSON.
            #[diesel(deserialize_as = Bytes32)]
            pub sha256: [u8; 32],
            /// The file as given.
            pub document: String,
            $(#[doc = $about])+
            pub $own: $Kept,
            /// When, µs UTC.
            pub published_at: i64,
            /// By whom.
            pub published_by: String,
            $($(#[doc = $meaning])+
            pub $follows: $Follows,)?
        }

        #[doc = concat!("Publishes a ", $what, ". The same document again is no error.")]
        ///
        /// # Errors
        /// [`StoreError::Conflict`] if the version exists with another digest.
        pub fn $publish(db: &mut Db, new: &$New<'_>) -> Result<Published<$Row>> {
            use $table::dsl;
            let taken = || StoreError::conflict($what, format!("{} {}", new.code, new.version));
            db.write(|db| {
                if let Some(old) = $find(db, new.code, new.version)? {
                    return if old.sha256 == new.sha256 { Ok(Published::Already(old)) } else { Err(taken()) };
                }
                let row = (
                    dsl::code.eq(new.code),
                    dsl::version.eq(new.version),
                    dsl::sha256.eq(new.sha256.as_slice()),
                    dsl::document.eq(new.document),
                    dsl::$own.eq(new.$own),
                    dsl::published_at.eq(new.published_at),
                    dsl::published_by.eq(new.published_by),
                    $(dsl::$follows.eq($from(new.$own)),)?
                );
                let inserted = diesel::insert_into(dsl::$table).values(row).returning(dsl::$table::all_columns()).get_result(db);
                inserted.map(Published::New).map_err(|error| match error {
                    // Two publishers at the same moment on PostgreSQL: the second is told so, and may ask again.
                    DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => taken(),
                    other => other.into(),
                })
            })
        }

        #[doc = concat!("The ", $what, " of this code and version.")]
        ///
        /// # Errors
        /// [`StoreError::Database`].
        pub fn $find(db: &mut Db, code: &str, version: &str) -> Result<Option<$Row>> {
            let of = $table::table.filter($table::code.eq(code)).filter($table::version.eq(version));
            Ok(of.select($Row::as_select()).first(db).optional()?)
        }

        #[doc = concat!("The ", $what, " of this number.")]
        ///
        /// # Errors
        /// [`StoreError::NotFound`].
        pub fn $by_id(db: &mut Db, id: i32) -> Result<$Row> {
            let found = $table::table.find(id).select($Row::as_select()).first(db).optional()?;
            found.ok_or_else(|| StoreError::not_found($what, id))
        }

        #[doc = concat!("Every published ", $what, ", or the versions of one, in the order of publication.")]
        ///
        /// # Errors
        /// [`StoreError::Database`].
        pub fn $list(db: &mut Db, code: Option<&str>) -> Result<Vec<$Row>> {
            let mut all = $table::table.order($table::id).select($Row::as_select()).into_boxed();
            if let Some(code) = code {
                all = all.filter($table::code.eq(code.to_owned()));
            }
            Ok(all.load(db)?)
        }
    };
}

versions!("questionnaire" in survey_version: NewSurveyVersion, SurveyVersion, publish_survey, find_survey, survey_by_id, list_surveys,
    /// Bytes of a packed answer.
    layout_width: i32 => i32);

versions!("index definition" in index_version: NewIndexVersion, IndexVersion, publish_index, find_index, index_by_id, list_indices,
    /// The survey whose answers it uses; none: a composite index.
    survey_code: Option<&'a str> => Option<String>,
    /// What it is made of.
    kind: IndexKind = |survey: Option<&str>| if survey.is_some() { IndexKind::Survey } else { IndexKind::Composite }.as_str());

/// Code and version of every published questionnaire.
///
/// # Errors
/// [`StoreError::Database`].
pub fn survey_names(db: &mut Db) -> Result<Vec<(String, String)>> {
    Ok(survey_version::table.select((survey_version::code, survey_version::version)).order(survey_version::id).load(db)?)
}

/// Code and version of every published index definition.
///
/// # Errors
/// [`StoreError::Database`].
pub fn index_names(db: &mut Db) -> Result<Vec<(String, String)>> {
    Ok(index_version::table.select((index_version::code, index_version::version)).order(index_version::id).load(db)?)
}

/// The code of every survey of which a questionnaire is published.
///
/// # Errors
/// [`StoreError::Database`].
pub fn survey_codes(db: &mut Db) -> Result<Vec<String>> {
    Ok(survey_version::table.select(survey_version::code).distinct().order(survey_version::code).load(db)?)
}
