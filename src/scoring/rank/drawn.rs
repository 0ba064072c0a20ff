//! The chances of ranks: how often each is met in draws of the true values.

use rayon::prelude::*;

use super::draws::Draws;
use super::joint::{Joint, RankError};
use super::point::ranks;

/// A probability found by drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// The share of draws.
    pub value: f64,
    /// Its Monte Carlo standard error; 0 where the probability is exact.
    pub se: f64,
}

/// The ranks of units, or their rises, in every draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnRanks {
    /// For each unit, the numbers in rising order.
    units: Vec<Vec<i32>>,
}

/// One unit's part of [`DrawnRanks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn<'a>(&'a [i32]);

impl DrawnRanks {
    pub(super) fn new(mut units: Vec<Vec<i32>>) -> Self {
        units.par_iter_mut().for_each(|unit| unit.sort_unstable());
        Self { units }
    }

    /// What was drawn for a unit.
    #[must_use]
    pub fn of(&self, unit: usize) -> Drawn<'_> {
        Drawn(&self.units[unit])
    }
}

impl<'a> Drawn<'a> {
    /// Numbers drawn elsewhere, such as ranks in bootstrap replicates; they must be in rising order.
    #[must_use]
    pub fn sorted(numbers: &'a [i32]) -> Option<Self> {
        numbers.is_sorted().then_some(Self(numbers))
    }

    /// The chance of a number up to `bound`: of the top `bound`, for ranks.
    #[must_use]
    pub fn at_most(&self, bound: i32) -> Chance {
        self.chance(self.0.partition_point(|number| *number <= bound))
    }

    /// The chance of a number of `bound` or more: of a rise by so many places, for rises.
    #[must_use]
    pub fn at_least(&self, bound: i32) -> Chance {
        self.chance(self.0.len() - self.0.partition_point(|number| *number < bound))
    }

    /// The chance of this very number.
    #[must_use]
    pub fn exactly(&self, number: i32) -> Chance {
        self.chance(self.0.partition_point(|other| *other <= number) - self.0.partition_point(|other| *other < number))
    }

    /// The mean of the numbers, such as the expected rank.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.0.iter().map(|number| f64::from(*number)).sum::<f64>() / count(self.0.len())
    }

    /// The numbers between which the middle `level` of the draws lies, with equal tails; `None` without draws.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a place among the draws
    pub fn interval(&self, level: f64) -> Option<(i32, i32)> {
        let cut = libm::floor((0.5 * (1.0 - level)).clamp(0.0, 0.5) * count(self.0.len()) + 1e-9) as usize;
        let cut = cut.min(self.0.len().saturating_sub(1) / 2);
        Some((*self.0.get(cut)?, *self.0.get(self.0.len() - 1 - cut)?))
    }

    /// # Formula
    /// `√(p̃ (1 − p̃) / B)` with `p̃ = (hits + 1) / (B + 2)`, so that a chance of 0 or 1 is not taken for certainty.
    fn chance(&self, hits: usize) -> Chance {
        let draws = count(self.0.len());
        let near = (count(hits) + 1.0) / (draws + 2.0);
        Chance { value: count(hits) / draws, se: (near * (1.0 - near) / draws).sqrt() }
    }
}

#[allow(clippy::cast_precision_loss)] // a number of draws
fn count(n: usize) -> f64 {
    n as f64
}

/// Ranks the units in every draw of their true values.
///
/// # What a chance means
///
/// A draw is the estimates plus drawn errors. Read as Bayes would, with nothing known beforehand, it is a draw of the true
/// values given the data, and a chance is the probability that a statement about true ranks holds (Goldstein and
/// Spiegelhalter 1996, JRSS A 159). Read as a parametric bootstrap it says how far another sample of the same design
/// would shuffle the list (Klein, Wright and Wieczorek 2020, JRSS C 69). It is no confidence level. The
/// estimates themselves lie wider apart than the true values, so where units are all but equal the chances are too sure of
/// themselves: of units given a chance of 98 %, 69 to 89 % were among the first 20 in a simulation
/// (`examples/coverage`). For claims with an error rate use the intervals.
///
/// # Formula
/// `θ* = θ̂ + e*`, the error divided by the unit's drawn ratio where variances are estimates: Student's t about the
/// estimate.
///
/// # Errors
/// [`RankError::NoDegrees`] where nothing can be drawn for a unit, [`RankError::Shape`] where draws are for another number
/// of units.
pub fn drawn_ranks(joint: &Joint, draws: &Draws) -> Result<DrawnRanks, RankError> {
    let by_draw = ranks_by_draw(joint, draws, 0..joint.len())?;
    let unit = |unit: usize| by_draw.iter().map(|ranks| ranks[unit]).collect();
    Ok(DrawnRanks::new((0..joint.len()).into_par_iter().map(unit).collect()))
}

/// For each draw, the ranks of some units among themselves.
pub(super) fn ranks_by_draw(joint: &Joint, draws: &Draws, units: std::ops::Range<usize>) -> Result<Vec<Vec<i32>>, RankError> {
    if draws.units() != joint.len() {
        return Err(RankError::Shape { what: "the list of draws", found: draws.units(), expected: joint.len() });
    }
    if let Some(unit) = units.clone().find(|unit| joint.df(*unit) == 0.0) {
        return Err(RankError::NoDegrees { unit });
    }
    let of_draw = |draw: usize| {
        let value = |unit: usize| joint.values()[unit] + draws.errors(unit)[draw] / draws.ratios(unit).map_or(1.0, |ratios| ratios[draw]);
        let values: Vec<f64> = units.clone().map(value).collect();
        ranks(&values).into_iter().map(|rank| i32::try_from(rank).unwrap_or(i32::MAX)).collect()
    };
    Ok((0..draws.count()).into_par_iter().map(of_draw).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::distribution::{normal, student};

    #[test]
    fn two_units_change_places_as_often_as_the_normal_distribution_says() {
        // The difference is 1.2 with variance 1 + 2.25 − 2·0.75.
        let joint = Joint::new(vec![70.0, 71.2], vec![1.0, 0.75, 0.75, 2.25], None).unwrap();
        let drawn = drawn_ranks(&joint, &Draws::of(&joint, 40_000, 9)).unwrap();
        let expected = normal::cdf(-1.2 / 1.75_f64.sqrt());
        let chance = drawn.of(0).at_most(1);
        assert!((chance.value - expected).abs() < 4.0 * chance.se, "{chance:?} {expected}");
        assert!((chance.se - (expected * (1.0 - expected) / 40_000.0).sqrt()).abs() < 1e-5);
        assert!((drawn.of(0).mean() - (2.0 - expected)).abs() < 4.0 * chance.se);
        assert!((drawn.of(0).exactly(2).value + chance.value - 1.0).abs() < 1e-12);
    }

    #[test]
    fn few_degrees_of_freedom_give_the_tails_of_t() {
        let joint = Joint::independent(vec![0.0, 3.0], &[1.0, 0.0], Some(vec![3.0, f64::INFINITY])).unwrap();
        let chance = drawn_ranks(&joint, &Draws::of(&joint, 40_000, 9)).unwrap().of(0).at_most(1);
        assert!((chance.value - student::sf(3.0, 3.0)).abs() < 4.0 * chance.se, "{chance:?}");
    }

    #[test]
    fn chances_of_all_ranks_add_up_and_equal_units_share_them() {
        let joint = Joint::independent(vec![80.0; 5], &[1.0; 5], None).unwrap();
        let drawn = drawn_ranks(&joint, &Draws::of(&joint, 10_000, 2)).unwrap();
        for unit in 0..5 {
            let chances: Vec<Chance> = (1..=5).map(|rank| drawn.of(unit).exactly(rank)).collect();
            assert!((chances.iter().map(|c| c.value).sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(chances.iter().all(|c| (c.value - 0.2).abs() < 4.5 * c.se), "{chances:?}");
            assert_eq!(drawn.of(unit).interval(0.9), Some((1, 5)));
            assert_eq!((drawn.of(unit).at_most(5).value, drawn.of(unit).at_least(6).value), (1.0, 0.0));
            assert!(drawn.of(unit).at_most(5).se > 0.0);
        }
    }

    #[test]
    fn a_unit_of_which_nothing_is_known_has_no_chances() {
        let joint = Joint::independent(vec![1.0, 2.0], &[1.0; 2], Some(vec![3.0, 0.0])).unwrap();
        assert_eq!(drawn_ranks(&joint, &Draws::of(&joint, 9, 2)), Err(RankError::NoDegrees { unit: 1 }));
    }
}
