//! Who reads figures.

use std::sync::Arc;

use super::Hidden;
use crate::unit::{Registry, UnitId};

/// Who reads the figures of a run, and so what is told.
#[derive(Debug, Clone)]
pub struct Reader(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Office,
    Public,
    Agency { unit: UnitId, embargoed: bool, units: Arc<Registry> },
}

impl Reader {
    /// The office that made the figures: everything, hidden ones too.
    #[must_use]
    pub fn office() -> Self {
        Self(Kind::Office)
    }

    /// Everybody: what is published.
    #[must_use]
    pub fn public() -> Self {
        Self(Kind::Public)
    }

    /// An agency: what is published, and of its own unit and all below it also where they are beyond the best so many. Before publication
    /// (`embargoed`) of its own units alone.
    #[must_use]
    pub fn agency(unit: UnitId, embargoed: bool, units: Arc<Registry>) -> Self {
        Self(Kind::Agency { unit, embargoed, units })
    }

    /// Whether nothing is kept from this reader.
    #[must_use]
    pub fn is_office(&self) -> bool {
        matches!(self.0, Kind::Office)
    }

    /// Whether this reader sees the figures of its own units alone, since they are not published yet.
    #[must_use]
    pub fn is_embargoed(&self) -> bool {
        matches!(self.0, Kind::Agency { embargoed: true, .. })
    }

    /// Whether a unit is the reader's own, or below it.
    #[must_use]
    pub fn owns(&self, unit: Option<i32>) -> bool {
        match &self.0 {
            Kind::Agency { unit: own, units, .. } => unit.is_some_and(|id| units.is_within(UnitId(id), *own)),
            Kind::Office | Kind::Public => false,
        }
    }

    /// Whether anything of a unit's figures is told; those of no unit are not an agency's own.
    pub(super) fn knows(&self, unit: Option<i32>) -> bool {
        !self.is_embargoed() || self.owns(unit)
    }

    /// Whether the numbers of a unit's figure are told that is hidden from the public for this reason, or not at all.
    pub(super) fn sees(&self, hidden: Option<Hidden>, unit: Option<i32>) -> bool {
        match hidden {
            None => true,
            Some(_) if self.is_office() => true,
            Some(Hidden::BeyondTop) => self.owns(unit),
            Some(_) => false,
        }
    }
}
