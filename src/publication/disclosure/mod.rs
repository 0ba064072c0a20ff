//! What a reader may see of figures: the one place that decides it.
//!
//! Two steps. A *pattern* says of all figures that are published together which of them are hidden, and why: [`hide_few`] of an index of
//! a survey, [`Release`] of a composite index. It is made once, from all the scores and the definition, and stored with them. Then a
//! [`Reader`] looks: the office sees everything, everybody else what the pattern leaves, an agency its own besides. What comes out is
//! [`Seen`], which nothing else can make; numbers that are hidden are not in it.
//!
//! Whatever is derived from figures (targets, intervals, explanations, series) is passed here too: it must not tell a hidden figure by
//! way of another.

mod derived;
mod reader;
mod release;
mod survey;

use std::ops::Deref;

use serde::{Serialize, Serializer};

pub use derived::{Curtain, Withheld, series_hides, target_is_seen, without_hidden_intervals, without_hidden_ranges};
pub use reader::Reader;
pub use release::{CompositeFigure, CompositeNumbers, Hidden, Release};
pub use survey::{Figure, Movement, Numbers, hide_few};

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
