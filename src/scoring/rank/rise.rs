//! Whether a unit rose in the ranks between two years.

use std::ops::Range;

use rayon::prelude::*;

use super::drawn::{DrawnRanks, ranks_by_draw};
use super::draws::Draws;
use super::joint::{Joint, RankError};
use super::pairwise::RankInterval;
use super::point::ranks;
use super::step_down::{Field, compare, interval_of, others};

/// Two years' lists of units with the covariance of all their estimates: first the units of the first year, then those
/// of the second. The lists may differ, as where units merged.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    joint: Joint,
    before: usize,
}

/// How many places a unit rose, with both its ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RiseInterval {
    /// The rank of the first year.
    pub before: RankInterval,
    /// The rank of the second year.
    pub after: RankInterval,
    /// Places by which the point rank rose; negative where it fell.
    pub rise: i32,
    /// The smallest rise that the data admit.
    pub low: i32,
    /// The largest.
    pub high: i32,
}

impl Panel {
    /// The first `before` units of `joint` are the first year's.
    ///
    /// # Errors
    /// [`RankError::NoUnit`] where there are fewer.
    pub fn new(joint: Joint, before: usize) -> Result<Self, RankError> {
        if before > joint.len() { Err(RankError::NoUnit(before)) } else { Ok(Self { joint, before }) }
    }

    /// Two years with the covariances of the first year's units (rows) and the second's (columns).
    ///
    /// # Errors
    /// [`RankError::Shape`], [`RankError::Number`].
    pub fn of_years(before: &Joint, after: &Joint, across: &[f64]) -> Result<Self, RankError> {
        let (first, second) = (before.len(), after.len());
        if across.len() != first * second {
            return Err(RankError::Shape { what: "the covariance matrix across years", found: across.len(), expected: first * second });
        }
        let both = |a: usize, b: usize| match (a.checked_sub(first), b.checked_sub(first)) {
            (None, None) => before.covariance(a, b),
            (Some(a), Some(b)) => after.covariance(a, b),
            (None, Some(b)) => across[a * second + b],
            (Some(a), None) => across[b * second + a],
        };
        let units = first + second;
        let covariance = (0..units).flat_map(|a| (0..units).map(move |b| (a, b))).map(|(a, b)| both(a, b)).collect();
        let df = (0..first).map(|unit| before.df(unit)).chain((0..second).map(|unit| after.df(unit)));
        let values = [before.values(), after.values()].concat();
        Self::new(Joint::new(values, covariance, Some(df.collect()))?, first)
    }

    /// The estimates of both years, for drawing.
    #[must_use]
    pub fn joint(&self) -> &Joint {
        &self.joint
    }

    fn years(&self) -> [Range<usize>; 2] {
        [0..self.before, self.before..self.joint.len()]
    }

    /// The rises of some units, each given by its places in the two years' lists, with intervals that hold for any one of
    /// them at `level`.
    ///
    /// # Formula
    /// [`super::step_down`] over the unit's comparisons of both years as one family: both ranks are within their
    /// intervals at once, and so the rise is between the worst first rank less the best second, and the reverse.
    ///
    /// # Errors
    /// As [`super::step_down`]; [`RankError::NoUnit`].
    pub fn rises(&self, draws: &Draws, units: &[(usize, usize)], level: f64) -> Result<Vec<RiseInterval>, RankError> {
        let field = Field::new(&self.joint, draws, self.joint.len().saturating_sub(2), level)?;
        self.known(units)?;
        let years = self.years();
        let point = years.clone().map(|year| ranks(&self.joint.values()[year]));
        let rise = |(first, second): &(usize, usize)| {
            let mut pairs = others(*first, years[0].clone());
            let split = pairs.len();
            pairs.extend(others(self.before + second, years[1].clone()));
            let orders = compare(&field, &pairs);
            let before = interval_of(point[0][*first], years[0].len(), orders[..split].iter().copied());
            let after = interval_of(point[1][*second], years[1].len(), orders[split..].iter().copied());
            RiseInterval {
                before,
                after,
                rise: places(before.rank, after.rank),
                low: places(before.low, after.high),
                high: places(before.high, after.low),
            }
        };
        Ok(units.par_iter().map(rise).collect())
    }

    /// The rises of some units in every draw of the true values: the chances of having risen by so many places.
    ///
    /// # Errors
    /// As [`super::drawn_ranks`]; [`RankError::NoUnit`].
    pub fn drawn_rises(&self, draws: &Draws, units: &[(usize, usize)]) -> Result<DrawnRanks, RankError> {
        self.known(units)?;
        let [first, second] = self.years();
        let before = ranks_by_draw(&self.joint, draws, first)?;
        let after = ranks_by_draw(&self.joint, draws, second)?;
        let rises = |(first, second): &(usize, usize)| before.iter().zip(&after).map(|(b, a)| b[*first] - a[*second]).collect();
        Ok(DrawnRanks::new(units.par_iter().map(rises).collect()))
    }

    fn known(&self, units: &[(usize, usize)]) -> Result<(), RankError> {
        let second = self.joint.len() - self.before;
        let missing = units.iter().find_map(|(a, b)| [(*a, self.before), (*b, second)].into_iter().find(|(unit, among)| unit >= among));
        missing.map_or(Ok(()), |(unit, _)| Err(RankError::NoUnit(unit)))
    }
}

/// Places from one rank up to another.
fn places(from: u32, to: u32) -> i32 {
    i32::try_from(i64::from(from) - i64::from(to)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(before: &[f64], after: &[f64], variance: f64, across: f64) -> Panel {
        let year = |values: &[f64]| Joint::independent(values.to_vec(), &vec![variance; values.len()], None).unwrap();
        let (k, m) = (before.len(), after.len());
        let cell = |cell: usize| if cell / m == cell % m { across } else { 0.0 };
        Panel::of_years(&year(before), &year(after), &(0..k * m).map(cell).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_clear_rise_is_found_and_a_faint_one_is_left_open() {
        let before = [90.0, 85.0, 80.0, 75.0, 70.0, 65.0];
        let after = [85.0, 80.0, 75.0, 70.0, 65.0, 90.0];
        let clear = panel(&before, &after, 0.01, 0.0);
        let draws = Draws::of(clear.joint(), 499, 1);
        let found = clear.rises(&draws, &[(5, 5), (0, 0)], 0.95).unwrap();
        assert_eq!((found[0].low, found[0].rise, found[0].high), (5, 5, 5));
        assert_eq!((found[1].low, found[1].rise, found[1].high), (-1, -1, -1));
        let faint = panel(&before, &after, 400.0, 0.0);
        let draws = Draws::of(faint.joint(), 499, 1);
        let found = faint.rises(&draws, &[(5, 5)], 0.95).unwrap();
        assert_eq!((found[0].low, found[0].rise, found[0].high), (-5, 5, 5));
        let drawn = faint.drawn_rises(&draws, &[(5, 5)]).unwrap();
        assert!(drawn.of(0).at_least(5).value < 0.3 && drawn.of(0).at_least(-5).value > 1.0 - 1e-12);
    }

    #[test]
    fn shared_samples_make_a_rise_of_nobody_rarer() {
        // No true change: with the same errors in both years nobody rises in any draw.
        let values = [80.0, 79.5, 79.0, 78.5];
        let chance = |across: f64| {
            let panel = panel(&values, &values, 1.0, across);
            panel.drawn_rises(&Draws::of(panel.joint(), 4000, 3), &[(2, 2)]).unwrap().of(0).at_least(1).value
        };
        assert!(chance(0.0) > 0.25, "{}", chance(0.0));
        assert!(chance(1.0) < 1e-12, "{}", chance(1.0));
    }

    #[test]
    fn lists_may_differ_and_an_unknown_unit_is_refused() {
        let panel = panel(&[90.0, 80.0, 70.0], &[70.0, 90.0], 0.01, 0.0);
        let draws = Draws::of(panel.joint(), 99, 1);
        assert_eq!(panel.rises(&draws, &[(2, 1)], 0.9).unwrap()[0].rise, 2);
        assert_eq!(panel.rises(&draws, &[(2, 2)], 0.9), Err(RankError::NoUnit(2)));
        assert_eq!(panel.drawn_rises(&draws, &[(3, 1)]), Err(RankError::NoUnit(3)));
    }
}
