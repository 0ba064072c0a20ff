//! What a reader may see of figures: the one place that decides it.
//!
//! Two steps. A *pattern* says of all figures that are published together which of them are hidden, and why: [`settle`] of an index of
//! a survey, [`Release`] of a composite index. It is made once, from all the scores and the definition, and stored with them. Then a
//! [`Reader`] looks: the office sees everything, everybody else what the pattern leaves, an agency its own besides. What comes out is
//! [`Seen`], which nothing else can make; numbers that are hidden are not in it.
//!
//! Whatever is derived from figures (targets, intervals, explanations, series) is passed here too: it must not tell a hidden figure by
//! way of another.

mod attack;
mod derived;
mod extent;
mod pattern;
mod reader;
mod release;
mod row;
mod rule;
mod settle;
mod survey;
mod system;

use std::ops::Deref;

use serde::{Serialize, Serializer};

pub use attack::{Attack, Interval};
pub use derived::{Curtain, Withheld, series_hides, target_is_seen, without_hidden_intervals, without_hidden_ranges};
pub use extent::Extent;
pub use pattern::{Protection, complete, is_wide};
pub use reader::Reader;
pub use release::{CompositeFigure, CompositeNumbers, Hidden, Release};
pub use rule::Rule;
pub use settle::{Changes, Key, Past, Settled, Standing, settle};
pub use survey::{Figure, Movement, Numbers};
pub use system::{Cell, Group, System};

/// Something as a reader sees it. Only this module makes one, and what the reader must not see is not in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen<F>(F);

impl<F> Seen<F> {
    /// What is seen, to be told on.
    #[must_use]
    pub fn into_inner(self) -> F {
        self.0
    }
}

impl<F> Deref for Seen<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.0
    }
}

impl<F: Serialize> Serialize for Seen<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::index::DomainKey;
    use crate::unit::{Registry, UnitId};

    fn figure(suppressed: bool) -> Figure {
        let numbers = Numbers { value: Some(81.5), n: Some(4), thin: Some(false), ..Numbers::default() };
        Figure {
            ord: 0,
            node: "INDEX".to_owned(),
            domain: DomainKey::whole("nation"),
            numbers,
            change: None,
            suppressed,
            shown: false,
            hidden: None,
            standing: None,
            decimals: 2,
        }
    }

    fn composite(hidden: Option<Hidden>) -> CompositeFigure {
        let numbers = CompositeNumbers { score: Some(70.0), rank: Some(3), ..CompositeNumbers::default() };
        let (edition, unit, node) = ("2025".to_owned(), "A".to_owned(), "ALL".to_owned());
        CompositeFigure { ord: 0, edition, unit, unit_id: None, node, numbers, tier: Some(1), hidden, decimals: 2 }
    }

    #[test]
    fn the_numbers_of_a_hidden_figure_are_not_in_what_the_public_sees() {
        let seen = figure(true).seen_by(&Reader::public()).unwrap();
        assert_eq!((seen.numbers, seen.suppressed), (Numbers::default(), true));
        assert_eq!(figure(true).seen_by(&Reader::office()).unwrap().numbers.n, Some(4));
        assert_eq!(figure(false).seen_by(&Reader::public()).unwrap().numbers.value, Some(81.5));
    }

    #[test]
    fn of_a_unit_beyond_the_top_the_public_sees_the_tier_alone_and_of_few_answers_nothing() {
        let of = |hidden| composite(Some(hidden)).seen_by(&Reader::public()).unwrap();
        let beyond = of(Hidden::BeyondTop);
        assert_eq!((beyond.numbers, beyond.tier), (CompositeNumbers::default(), Some(1)));
        for hidden in [Hidden::FewAnswers, Hidden::ProtectsSibling] {
            assert_eq!((of(hidden).numbers, of(hidden).tier), (CompositeNumbers::default(), None));
        }
    }

    #[test]
    fn before_publication_an_agency_knows_of_its_own_units_alone() {
        let agency = |embargoed| Reader::agency(UnitId(7), embargoed, Arc::new(Registry::new(Vec::new(), &[]).unwrap()));
        assert!(composite(None).seen_by(&agency(true)).is_none(), "a figure of no unit is not its own");
        assert!(composite(None).seen_by(&agency(false)).is_some());
    }

    #[test]
    fn a_gain_is_told_only_where_the_figure_of_before_is_too() {
        let figures = [("2024", false), ("2025", true)];
        let (public, office) = (Reader::public(), Reader::office());
        assert!(target_is_seen(&public, &figures, "2025", false) && !target_is_seen(&public, &figures, "2025", true));
        assert!(target_is_seen(&office, &figures, "2025", true) && target_is_seen(&office, &figures, "2030", false));
        assert!(!target_is_seen(&public, &figures, "2030", false));
    }
}
