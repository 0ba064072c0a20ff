//! Places and agencies: code lists with validity dates, who belongs to whom, and what became of whom.
//!
//! A unit is what a response rates and what a score is published for: a province, a commune, an agency. Its
//! identity is a **code within a list**, never the code alone: in July 2025 Việt Nam went from 63 provinces to
//! 34, abolished districts, and gave seven codes to other provinces. `("vn-63", "15")` is Yên Bái,
//! `("vn-34", "15")` is Lào Cai.
//!
//! - [`embedded`] reads the two national lists out of the binary: `vn-63`, valid until 1 July 2025, and
//!   `vn-34`, valid from that day. [`UnitRecord::parse_csv`] reads an operator's own list, such as the
//!   departments of a province; parents may lie in another list.
//! - [`Registry`] checks all of it together and answers: who is this on that day, what lies above and below.
//! - [`Registry::counterparts`] and [`Registry::concordance`] cross a reform in either direction.
//!
//! # Design
//!
//! A unit may have several versions, one after the other, under the same list and code: a new name or a new
//! parent is a new version with its own dates and its own [`UnitId`]. A boundary change that keeps the code is
//! not a new unit. A [`Succession`] joins different units and carries no date: it happens on the day its
//! predecessor ends.
//!
//! # What is not known
//!
//! Nobody has published how the people of a divided commune were shared among its receivers. So no link carries a
//! weight: it says *whole* or not, and a figure of a divided unit cannot be split. A series on the new geography can
//! be built from old units exactly where every part is whole. Provinces are; 442 of 10,035 communes are not.
//!
//! Districts were abolished without successors, except five island districts that became special zones. To carry a
//! district's figures on, descend to its communes with [`Registry::children`].

mod concordance;
mod embedded;
mod english;
mod error;
mod registry;
mod rows;
#[cfg(test)]
mod tests;
mod validate;

pub use concordance::Crossing;
pub use embedded::{EmbeddedError, LEGACY, REFORMED, embedded, national};
pub use english::{english_name, plain_name};
pub use error::{RegistryError, RowError};
pub use registry::{Link, Registry};

use crate::words::{Lang, named};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

named! {
    /// What sort of unit it is, from the widest to the narrowest; agencies stand beside the places.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    pub enum UnitKind {
        /// The whole country.
        Country = "country",
        /// A province or a city under the central government.
        Province = "province",
        /// A district, or a town or city of a province: abolished on 1 July 2025.
        District = "district",
        /// A commune, ward, township or special zone.
        Commune = "commune",
        /// A village or residential group, the last stage of a household sample.
        Village = "village",
        /// An agency or a part of one: under a place, or under another agency.
        Agency = "agency",
    }
}

impl UnitKind {
    /// Whether a unit of this kind may stand under one of `parent`: places under wider places, agencies under
    /// anything but a village.
    #[must_use]
    pub fn may_stand_under(self, parent: Self) -> bool {
        match (self, parent) {
            (Self::Agency, Self::Village) => false,
            (Self::Agency, _) => true,
            _ => parent < self,
        }
    }
}

/// The number under which the store knows one version of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitId(pub i32);

impl std::fmt::Display for UnitId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A list and a code in it.
pub type UnitKey = (String, String);

/// One version of a unit, as a code list states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRecord {
    /// The code list, such as `vn-34` or `agency-danang`.
    pub list: String,
    /// The code within the list.
    pub code: String,
    /// What sort of unit it is.
    pub kind: UnitKind,
    /// Its name in Vietnamese, with the type of unit: "Tỉnh Quảng Nam".
    pub name_vi: String,
    /// Its name in English: "Quang Nam Province".
    pub name_en: String,
    /// The unit it belongs to; it may be of another list.
    pub parent: Option<UnitKey>,
    /// The first day on which it is valid.
    pub valid_from: NaiveDate,
    /// The first day on which it is no longer valid; `None` while it lasts.
    pub valid_to: Option<NaiveDate>,
}

impl UnitRecord {
    /// The name in a language; where there is no English one, the Vietnamese.
    #[must_use]
    pub fn name(&self, lang: Lang) -> &str {
        if lang == Lang::En && !self.name_en.is_empty() { &self.name_en } else { &self.name_vi }
    }

    /// Its list and code.
    #[must_use]
    pub fn key(&self) -> UnitKey {
        (self.list.clone(), self.code.clone())
    }

    /// Whether it is valid on that day.
    #[must_use]
    pub fn is_valid_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|end| day < end)
    }

    /// Whether there is a day on which both are valid.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.valid_to.is_none_or(|end| other.valid_from < end) && other.valid_to.is_none_or(|end| self.valid_from < end)
    }
}

/// A unit that ended, and one that took over all or some of it on that day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The unit that ended.
    pub from: UnitKey,
    /// One that took over.
    pub to: UnitKey,
    /// Whether all of it went there. If not, there is a succession for every receiver.
    pub whole: bool,
    /// Whether this is the receiver to name where only one can be named; of a divided unit exactly one is.
    pub is_default: bool,
}

/// One version of a unit in a [`Registry`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unit {
    /// Its number.
    pub id: UnitId,
    /// What its code list states.
    pub record: UnitRecord,
    /// The unit it belongs to: where that one has several versions, the last in this unit's time.
    pub parent: Option<UnitId>,
}
