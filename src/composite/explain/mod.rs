//! Why a unit has the score that it has.
//!
//! ```text
//! Subject ──┬── shares      what each leaf adds to the score
//!           ├── difference  to the best unit, since the last edition: by value, goalposts, weights, structure
//!           ├── lost        points still to be had, by leaf, criterion and agency
//!           ├── reach       what it would take to reach a score or a rank
//!           └── outlook     the same for a target, with whether it is met
//! ```
//!
//! Everything rests on one decomposition, [`difference()`], that holds exactly for every kind of mean; a share is its limit at the
//! score itself, lost points are the difference from the best scores that the scales have.

mod difference;
mod errors;
mod improvable;
mod lost;
mod outlook;
mod reach;
mod secant;
mod subject;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::index::round;

pub use difference::{Difference, Effect, difference};
pub use errors::standard_error;
pub use lost::{Lost, LostLeaf, LostSum, lost};
pub use outlook::{Outlook, OutlookError, outlook};
pub use reach::{Goal, Plan, Reach, ReachError, Reached, Step, reach};
pub use subject::Subject;

use difference::slopes;
use subject::Situation;

/// What a leaf adds to the score of the root.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    /// The code of the leaf.
    pub leaf: String,
    /// Its score.
    pub score: f64,
    /// By how much the root rises when the leaf's score does by 1; a derivative where a node on the way is not linear.
    pub slope: f64,
    /// `slope · score`.
    pub adds: f64,
}

/// What each leaf adds to a subject's score, and the rest: offsets of rescaling, and nodes that cannot be looked into.
///
/// # Formula
/// `Σ s ∂r/∂s = r` by Euler's theorem, as every mean and sum is homogeneous of degree 1: a leaf under a geometric mean adds its
/// weight's share of it. Where all nodes are linear these are [`contributions`](crate::composite::contributions).
#[must_use]
pub fn shares(subject: &Subject<'_>) -> Option<(Vec<Share>, f64)> {
    let here = Situation::of(*subject)?;
    let slopes = slopes(&here, 0)?;
    let share = |(place, slope): (usize, f64)| {
        let (node, score) = (subject.definition.nodes().get(place)?, here.score(place)?);
        Some(Share { leaf: node.code().to_owned(), score, slope, adds: slope * score })
    };
    let shares: Vec<Share> = slopes.into_iter().filter_map(share).collect();
    let rest = here.score(0)? - shares.iter().map(|share| share.adds).sum::<f64>();
    Some((shares, rest))
}

/// A difference with the subject it is a difference from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// The other unit.
    pub unit: String,
    /// Its edition.
    pub edition: String,
    /// Its rank.
    pub rank: Option<u32>,
    /// The difference.
    pub difference: Difference,
}

/// A unit's score in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The unit.
    pub unit: String,
    /// The edition.
    pub edition: String,
    /// The score of the root.
    pub score: f64,
    /// Its rank.
    pub rank: Option<u32>,
    /// What each leaf adds.
    pub shares: Vec<Share>,
    /// What is added besides.
    pub rest: f64,
    /// Points lost.
    pub lost: Option<Lost>,
    /// From the unit to the best one.
    pub to_best: Option<Compared>,
    /// From the edition before to this one.
    pub since: Option<Compared>,
}

impl Explanation {
    /// The same with so many decimals. What a leaf adds per point, a share of weights, has four at least.
    #[must_use]
    pub fn rounded(mut self, decimals: u8) -> Self {
        let to = |number: &mut f64| *number = round(*number, decimals);
        to(&mut self.score);
        to(&mut self.rest);
        for share in &mut self.shares {
            to(&mut share.score);
            to(&mut share.adds);
            share.slope = round(share.slope, decimals.max(4));
        }
        if let Some(lost) = &mut self.lost {
            to(&mut lost.ideal);
            lost.leaves.iter_mut().for_each(|leaf| to(&mut leaf.lost));
            lost.criteria.iter_mut().chain(&mut lost.agencies).for_each(|sum| to(&mut sum.lost));
        }
        for compared in self.to_best.iter_mut().chain(&mut self.since) {
            let Difference { from, to: after, effects, totals } = &mut compared.difference;
            to(from);
            to(after);
            for effect in effects.iter_mut().chain(std::iter::once(totals)) {
                [&mut effect.value, &mut effect.goalposts, &mut effect.weights, &mut effect.structure].into_iter().for_each(to);
            }
        }
        self
    }
}

/// Explains a subject; `before` is the unit in the last edition. None where the subject has no score.
#[must_use]
pub fn explain(subject: &Subject<'_>, before: Option<&Subject<'_>>) -> Option<Explanation> {
    let (shares, rest) = shares(subject)?;
    let compared = |other: &Subject<'_>, difference: Difference| Compared {
        unit: other.unit().to_owned(),
        edition: other.edition().to_owned(),
        rank: other.outcome.rank(0, other.row),
        difference,
    };
    let best = subject.best().filter(|best| best.row != subject.row);
    Some(Explanation {
        unit: subject.unit().to_owned(),
        edition: subject.edition().to_owned(),
        score: subject.outcome.score(0, subject.row)?,
        rank: subject.outcome.rank(0, subject.row),
        shares,
        rest,
        lost: lost(subject),
        to_best: best.and_then(|best| Some(compared(&best, difference(subject, &best)?))),
        since: before.and_then(|before| Some(compared(before, difference(before, subject)?))),
    })
}
