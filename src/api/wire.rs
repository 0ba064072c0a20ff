//! Wire structs that several resources share, and how answers that anyone may keep are sent.

use actix_web::HttpResponseBuilder;
use actix_web::http::header::{CACHE_CONTROL, ETAG};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use crate::office::wire::{UnitName, Words};
use crate::schema::Change;
use crate::unit::Unit;
use crate::words::Finding;

/// A unit with what people call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnitLabel {
    /// The code list, such as `vn-34`.
    pub list: String,
    /// The code in that list.
    pub code: String,
    /// What it is called.
    pub name: Words,
}

impl UnitLabel {
    /// The label of a registered unit.
    #[must_use]
    pub fn of(unit: &Unit) -> Self {
        let record = &unit.record;
        let names = [("vi", &record.name_vi), ("en", &record.name_en)];
        let name = Words(names.map(|(language, name)| (language.to_owned(), name.clone())).into());
        Self { list: record.list.clone(), code: record.code.clone(), name }
    }
}

/// One thing found in an input.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FindingBody {
    /// JSON pointer to the value concerned.
    pub pointer: String,
    /// Its line, where the input has lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What kind of thing it is.
    pub code: String,
    /// The explanation in Vietnamese.
    pub vi: String,
    /// The explanation in English.
    pub en: String,
}

impl From<Finding> for FindingBody {
    fn from(finding: Finding) -> Self {
        let severity = if finding.is_error() { "error" } else { "warning" };
        let Finding { pointer, line, code, vi, en, .. } = finding;
        Self { pointer, line, severity, code: code.into_owned(), vi, en }
    }
}

/// One change between two versions.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeBody {
    /// JSON pointer into the newer version; into the older one for what was removed.
    pub pointer: String,
    /// What changed.
    pub code: &'static str,
    /// The explanation in Vietnamese.
    pub vi: String,
    /// The explanation in English.
    pub en: String,
}

impl From<Change> for ChangeBody {
    fn from(change: Change) -> Self {
        Self { pointer: change.pointer, code: change.code, vi: change.vi, en: change.en }
    }
}

/// How long an answer that holds nothing private may be kept.
pub trait Cacheable {
    /// Anyone may keep it, and asks again each time whether it changed.
    fn public(&mut self) -> &mut Self;
    /// The caller may keep it, and asks again each time whether it changed.
    fn private(&mut self) -> &mut Self;
    /// Anyone may keep it for good: what is under this address never changes.
    fn immutable(&mut self) -> &mut Self;
    /// Names this state of the thing.
    fn tag(&mut self, etag: String) -> &mut Self;
}

impl Cacheable for HttpResponseBuilder {
    fn public(&mut self) -> &mut Self {
        self.insert_header((CACHE_CONTROL, "public, no-cache"))
    }

    fn private(&mut self) -> &mut Self {
        self.insert_header((CACHE_CONTROL, "private, no-cache"))
    }

    fn immutable(&mut self) -> &mut Self {
        self.insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
    }

    fn tag(&mut self, etag: String) -> &mut Self {
        self.insert_header((ETAG, etag))
    }
}

/// A day, `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = Date)]
pub struct Day(pub chrono::NaiveDate);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| serde::de::Error::invalid_value(serde::de::Unexpected::Str(&text), &"a day"))
    }
}
