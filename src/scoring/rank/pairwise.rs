//! Rank intervals from comparisons of two units each, with quantiles that allow for their number.

use std::cmp::Ordering;

use super::joint::Joint;
use super::point::ranks;
use crate::numeric::distribution::{normal, student};
use crate::scoring::change::{Measured, welch_satterthwaite};

/// How the interval of a rank is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RankMethod {
    /// From joint intervals of all values at level^(1/K): Klein, Wright and Wieczorek (2020), JRSS C 69(3).
    KleinWrightWieczorek,
    /// From all K(K−1)/2 differences, Bonferroni: every unit's interval holds at once (Mogstad et al. 2024, Review of Economic Studies 91).
    PairwiseJoint,
    /// From the K−1 differences of one unit, Bonferroni: the interval of any one unit holds.
    PairwiseMarginal,
}

/// A rank (1 is best) with the interval it may lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct RankInterval {
    /// Competition rank of the point estimate: ties share the better rank.
    pub rank: u32,
    /// The best rank that the data admit.
    pub low: u32,
    /// The worst rank that the data admit.
    pub high: u32,
}

/// The normal quantile's tail for `k` units: what each of two sides of one comparison may err by.
#[allow(clippy::cast_precision_loss)] // a list of units
fn tail(method: RankMethod, level: f64, k: usize) -> f64 {
    let k = k as f64;
    match method {
        RankMethod::KleinWrightWieczorek => (1.0 - libm::pow(level, 1.0 / k)) / 2.0,
        RankMethod::PairwiseJoint => (1.0 - level) / (k * (k - 1.0)),
        RankMethod::PairwiseMarginal => (1.0 - level) / (2.0 * (k - 1.0)),
    }
}

/// Ranks with their intervals at `level`, variances taken as known. `covariance(a, b)` is that of the values of units
/// `a` and `b`.
///
/// # Formula
/// A unit's best rank is one more than the number of units that are significantly above it, its worst `K` less the
/// number significantly below: by disjoint intervals for Klein–Wright–Wieczorek, by
/// `|θ_a − θ_b| > z · √(V_a + V_b − 2 C_ab)` for the pairwise methods, with `z` the normal quantile at
/// `1 − (1−level)/(2m)`, `m` the number of differences.
#[must_use]
pub fn rank_intervals(values: &[f64], covariance: &dyn Fn(usize, usize) -> f64, method: RankMethod, level: f64) -> Vec<RankInterval> {
    let z = -normal::quantile(tail(method, level, values.len()));
    let variances: Vec<f64> = (0..values.len()).map(|a| covariance(a, a)).collect();
    intervals(values, |a, b| {
        let spread = match method {
            RankMethod::KleinWrightWieczorek => variances[a].sqrt() + variances[b].sqrt(),
            RankMethod::PairwiseJoint | RankMethod::PairwiseMarginal => {
                (variances[a] + variances[b] - 2.0 * covariance(a, b)).max(0.0).sqrt()
            }
        };
        beyond(values[a] - values[b], z * spread)
    })
}

/// Ranks with their intervals at `level`, with Student's t where the units' degrees of freedom say that variances are
/// estimates.
///
/// # Formula
/// As [`rank_intervals`], with the t quantile at the same tail in place of z: of each unit's own degrees of freedom for
/// Klein–Wright–Wieczorek, of those by Welch and Satterthwaite for each difference ([`Joint::difference`]). Where a unit
/// has none, nothing is significant.
#[must_use]
pub fn pairwise(joint: &Joint, method: RankMethod, level: f64) -> Vec<RankInterval> {
    let tail = tail(method, level, joint.len());
    let quantile = |df: f64| if df > 0.0 { -student::quantile(tail, df) } else { f64::NAN };
    let own: Vec<f64> = (0..joint.len()).map(|unit| quantile(joint.df(unit))).collect();
    let sd: Vec<f64> = (0..joint.len()).map(|unit| joint.covariance(unit, unit).sqrt()).collect();
    let known = -normal::quantile(tail);
    intervals(joint.values(), |a, b| {
        let difference = joint.values()[a] - joint.values()[b];
        if method == RankMethod::KleinWrightWieczorek {
            return beyond(difference, own[a] * sd[a] + own[b] * sd[b]);
        }
        let se = joint.difference_variance(a, b).sqrt();
        // The quantile lies between the normal one and that of the fewer degrees of freedom: few pairs need it itself.
        let few = beyond(difference, own[a].max(own[b]) * se);
        if few.is_ne() || beyond(difference, known * se).is_eq() || own[a].is_nan() || own[b].is_nan() {
            return if own[a].is_nan() || own[b].is_nan() { Ordering::Equal } else { few };
        }
        let unit = |unit: usize| Measured { value: 0.0, variance: sd[unit] * sd[unit], df: joint.df(unit) };
        beyond(difference, quantile(welch_satterthwaite(unit(a), unit(b))) * se)
    })
}

/// Whether a difference lies above or below what chance explains; equal: neither.
fn beyond(difference: f64, margin: f64) -> Ordering {
    if difference.abs() > margin { difference.total_cmp(&0.0) } else { Ordering::Equal }
}

/// Intervals of ranks from what can be said of each pair: `order(a, b)` for `a < b`, equal where nothing can.
pub(super) fn intervals(values: &[f64], order: impl Fn(usize, usize) -> Ordering) -> Vec<RankInterval> {
    let places = u32::try_from(values.len()).unwrap_or(u32::MAX);
    let mut intervals: Vec<RankInterval> = ranks(values).into_iter().map(|rank| RankInterval { rank, low: 1, high: places }).collect();
    for a in 0..values.len() {
        for b in a + 1..values.len() {
            let (upper, lower) = match order(a, b) {
                Ordering::Greater => (a, b),
                Ordering::Less => (b, a),
                Ordering::Equal => continue,
            };
            intervals[upper].high -= 1;
            intervals[lower].low += 1;
        }
    }
    intervals
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: [RankMethod; 3] = [RankMethod::KleinWrightWieczorek, RankMethod::PairwiseJoint, RankMethod::PairwiseMarginal];

    #[test]
    fn units_far_apart_have_sharp_ranks_and_equal_units_have_none() {
        let sharp = rank_intervals(&[90.0, 80.0, 70.0], &|a, b| if a == b { 0.01 } else { 0.0 }, RankMethod::PairwiseJoint, 0.95);
        assert!(sharp.iter().all(|r| r.low == r.rank && r.high == r.rank));
        let vague = rank_intervals(&[80.1, 80.0, 79.9], &|a, b| if a == b { 9.0 } else { 0.0 }, RankMethod::PairwiseMarginal, 0.95);
        assert!(vague.iter().all(|r| (r.low, r.high) == (1, 3)));
    }

    #[test]
    fn a_single_unit_is_first() {
        for method in METHODS {
            let alone = rank_intervals(&[50.0], &|_, _| 1.0, method, 0.95);
            assert_eq!(alone, [RankInterval { rank: 1, low: 1, high: 1 }]);
            assert_eq!(pairwise(&Joint::independent(vec![50.0], &[1.0], Some(vec![2.0])).unwrap(), method, 0.95), alone);
        }
    }

    #[test]
    fn two_units_are_told_apart_where_the_ordinary_test_tells_them_apart() {
        // Welch's test of R's sleep data: t = 1.8608, df = 17.776, p = 0.07939.
        let variances = [3.200_555_555_555_556 / 10.0, 4.009 / 10.0];
        let joint = Joint::independent(vec![0.75, 2.33], &variances, Some(vec![9.0, 9.0])).unwrap();
        for method in [RankMethod::PairwiseJoint, RankMethod::PairwiseMarginal] {
            let lows = |level: f64| pairwise(&joint, method, level).iter().map(|r| r.low).collect::<Vec<_>>();
            assert_eq!((lows(1.0 - 0.0793), lows(1.0 - 0.0795)), (vec![1, 1], vec![2, 1]));
        }
    }

    #[test]
    fn fewer_degrees_of_freedom_widen_and_none_leave_a_rank_open() {
        let values: Vec<f64> = (0..8).map(f64::from).collect();
        let with = |df: f64| Joint::independent(values.clone(), &[0.4; 8], Some(vec![df; 8])).unwrap();
        for method in METHODS {
            let known = rank_intervals(&values, &|a, b| if a == b { 0.4 } else { 0.0 }, method, 0.9);
            assert_eq!(pairwise(&with(f64::INFINITY), method, 0.9), known);
            let (some, few) = (pairwise(&with(20.0), method, 0.9), pairwise(&with(2.0), method, 0.9));
            let narrower = |a: &RankInterval, b: &RankInterval| b.low <= a.low && a.high <= b.high;
            assert!(known.iter().zip(&some).all(|(a, b)| narrower(a, b)) && some.iter().zip(&few).all(|(a, b)| narrower(a, b)));
            assert_ne!(known, few);
            assert!(pairwise(&with(0.0), method, 0.9).iter().all(|r| (r.low, r.high) == (1, 8)));
        }
    }
}
