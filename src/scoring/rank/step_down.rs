//! Rank intervals from the largest of many differences: Mogstad, Romano, Shaikh and Wilhelm's step-down confidence sets.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::draws::Draws;
use super::joint::{Joint, RankError};
use super::pairwise::{RankInterval, intervals};
use super::point::ranks;
use crate::numeric::distribution::{normal, student};

/// Pairs that one thread takes at a time.
const PART: usize = 2048;

/// For whom an interval of a rank holds at its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// For any one unit, chosen before looking.
    One,
    /// For all units at once.
    All,
}

/// Ranks with step-down intervals at `level`, from draws for the same units.
///
/// # Formula
/// Every unit j is compared with every other k by `T_jk = (θ̂_j − θ̂_k) / se_jk`. The hypotheses `θ_j ≤ θ_k`, both ways
/// round, are rejected where `T_jk` exceeds the `level` quantile of the largest of the same statistics over the draws, the
/// largest over the hypotheses still standing; then again with those that now stand, until none falls. A unit's best rank
/// is one more than the number of units found above it, its worst K less the number found below. Mogstad, Romano, Shaikh
/// and Wilhelm (2024), Review of Economic Studies 91, section 3; Romano and Wolf (2005), Econometrica 73, for the steps.
/// [`Coverage::One`] takes each unit's K − 1 pairs by themselves, [`Coverage::All`] all pairs at once.
///
/// The quantile of B draws is the `⌈level · (B + 1)⌉`-th smallest, with which the test holds its level for any B
/// (Davison and Hinkley 1997, section 4.2).
///
/// Where variances are estimates, `se_jk` in each draw is made of the units' drawn ratios, and statistics of few degrees
/// of freedom are scaled down, lest they alone decide: by Cochran's weighted quantile `√((V_j t_j² + V_k t_k²) / (V_j + V_k)) / z`
/// with `t` and `z` the quantiles at `(1 − level)/(2m)` for m pairs. Any fixed scale keeps the error rate. Nothing is
/// said of units without degrees of freedom.
///
/// # Errors
/// [`RankError::Level`], [`RankError::TooFewDraws`], [`RankError::Shape`] where draws are for another number of units.
pub fn step_down(joint: &Joint, draws: &Draws, coverage: Coverage, level: f64) -> Result<Vec<RankInterval>, RankError> {
    let k = joint.len();
    let pairs = if coverage == Coverage::All { k * k.saturating_sub(1) / 2 } else { k.saturating_sub(1) };
    let field = Field::new(joint, draws, pairs, level)?;
    if coverage == Coverage::All {
        let pairs: Vec<(usize, usize)> = (0..k).flat_map(|a| (a + 1..k).map(move |b| (a, b))).collect();
        let orders = compare(&field, &pairs);
        // The pairs (a, a + 1), (a, a + 2) … stand after those of the units before a.
        let place = |a: usize, b: usize| a * (2 * k - a - 1) / 2 + b - a - 1;
        return Ok(intervals(joint.values(), |a, b| orders[place(a, b)]));
    }
    let places = ranks(joint.values()).into_par_iter().enumerate();
    Ok(places.map(|(unit, rank)| interval_of(rank, k, compare(&field, &others(unit, 0..k)))).collect())
}

/// A unit's pairs with every other of its peers.
pub(super) fn others(unit: usize, peers: std::ops::Range<usize>) -> Vec<(usize, usize)> {
    peers.filter(|other| *other != unit).map(|other| (unit, other)).collect()
}

/// The interval of a unit's rank among `k`, from its order to each of the others.
pub(super) fn interval_of(rank: u32, k: usize, orders: impl IntoIterator<Item = Ordering>) -> RankInterval {
    let mut interval = RankInterval { rank, low: 1, high: u32::try_from(k).unwrap_or(u32::MAX) };
    for order in orders {
        interval.low += u32::from(order.is_lt());
        interval.high -= u32::from(order.is_gt());
    }
    interval
}

/// Whether draws and level fit.
fn check(joint: &Joint, draws: &Draws, level: f64) -> Result<(), RankError> {
    if draws.units() != joint.len() {
        return Err(RankError::Shape { what: "the list of draws", found: draws.units(), expected: joint.len() });
    }
    if !(level > 0.0 && level < 1.0) {
        return Err(RankError::Level(level));
    }
    if place_of_quantile(draws.count(), level) > draws.count() && joint.len() > 1 {
        return Err(RankError::TooFewDraws { draws: draws.count(), level });
    }
    Ok(())
}

/// Which of the sorted draws is the quantile, counted from 1.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a number of draws
fn place_of_quantile(draws: usize, level: f64) -> usize {
    // A level such as 0.95 is not exact; what rounding adds to a whole number is not meant.
    libm::ceil(level * (draws as f64 + 1.0) - 1e-9).max(1.0) as usize
}

/// Which hypotheses about a pair still stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Either may be above.
    Both,
    /// The first was found above: that the second is not below stands no longer, that it is not above does.
    FirstAbove,
    /// The second was found above.
    SecondAbove,
}

/// One pair of a family.
#[derive(Debug, Clone, Copy)]
struct Pair {
    place: usize,
    a: usize,
    b: usize,
    /// The square of the statistic.
    square: f64,
    correlation: f64,
    /// What squares of the draws' statistics are multiplied by.
    weight: f64,
    standing: Standing,
}

/// What every family of pairs draws on.
pub(super) struct Field<'a> {
    joint: &'a Joint,
    draws: &'a Draws,
    /// For each unit, its estimated variance in each draw, where variances are estimates.
    spreads: Option<Vec<Vec<f64>>>,
    /// For each unit, by how much squares of its statistics are scaled down.
    shrink: Vec<f64>,
    level: f64,
}

impl<'a> Field<'a> {
    /// For families of `pairs` pairs.
    ///
    /// # Errors
    /// Where draws and level do not fit.
    pub(super) fn new(joint: &'a Joint, draws: &'a Draws, pairs: usize, level: f64) -> Result<Self, RankError> {
        check(joint, draws, level)?;
        let spread = |unit: usize| {
            let variance = joint.covariance(unit, unit);
            let ratios = draws.ratios(unit);
            ratios.map_or_else(|| vec![variance; draws.count()], |ratios| ratios.iter().map(|r| variance * (r * r)).collect())
        };
        let spreads = (!joint.known()).then(|| (0..joint.len()).into_par_iter().map(spread).collect());
        Ok(Self { joint, draws, spreads, shrink: shrinkage(joint, pairs, level), level })
    }
}

/// The order of each pair as far as the family of all of them tells, whose error rate is held: `Greater` where the first
/// is above, `Equal` where nothing is told.
pub(super) fn compare(field: &Field<'_>, pairs: &[(usize, usize)]) -> Vec<Ordering> {
    let joint = field.joint;
    let mut orders = vec![Ordering::Equal; pairs.len()];
    let mut family = family(field, pairs, &mut orders);
    loop {
        let critical = quantile(largest(field, &family), field.level);
        let mut fell = false;
        for pair in family.iter_mut().filter(|pair| pair.standing == Standing::Both && pair.square > critical) {
            orders[pair.place] = joint.values()[pair.a].total_cmp(&joint.values()[pair.b]);
            pair.standing = if orders[pair.place].is_gt() { Standing::FirstAbove } else { Standing::SecondAbove };
            fell = true;
        }
        if !fell {
            return orders;
        }
    }
}

/// The pairs that need a test. Where the difference has no error the order is plain.
fn family(field: &Field<'_>, pairs: &[(usize, usize)], orders: &mut [Ordering]) -> Vec<Pair> {
    let (joint, shrink) = (field.joint, &field.shrink);
    let mut family = Vec::with_capacity(pairs.len());
    for (place, (a, b)) in pairs.iter().copied().enumerate() {
        if !(joint.df(a) > 0.0 && joint.df(b) > 0.0) {
            continue;
        }
        let difference = joint.values()[a] - joint.values()[b];
        let variance = joint.difference_variance(a, b);
        let variances = (joint.covariance(a, a), joint.covariance(b, b));
        // What rounding leaves of two equal errors is no error.
        if variance <= 1e-14 * (variances.0 + variances.1) {
            orders[place] = if difference == 0.0 { Ordering::Equal } else { difference.total_cmp(&0.0) };
            continue;
        }
        let weight = (variances.0 + variances.1) / (variances.0 * shrink[a] + variances.1 * shrink[b]);
        let square = difference * difference / variance * weight;
        let correlation = if variances.0 * variances.1 > 0.0 { joint.covariance(a, b) / (variances.0 * variances.1).sqrt() } else { 0.0 };
        let weight = if joint.known() { weight / variance } else { weight };
        family.push(Pair { place, a, b, square, correlation, weight, standing: Standing::Both });
    }
    family
}

/// For each unit, `(t/z)²` at the tail that Bonferroni would leave to each of `m` pairs.
fn shrinkage(joint: &Joint, m: usize, level: f64) -> Vec<f64> {
    if joint.known() {
        return vec![1.0; joint.len()];
    }
    #[allow(clippy::cast_precision_loss)] // a number of pairs
    let tail = (1.0 - level) / (2.0 * m.max(1) as f64);
    let z = normal::quantile(tail);
    let of = |df: f64| if df > 0.0 { (student::quantile(tail, df) / z).powi(2) } else { f64::NAN };
    (0..joint.len()).map(|unit| of(joint.df(unit))).collect()
}

/// For each draw, the largest square of the statistics of the hypotheses that stand.
fn largest(field: &Field<'_>, family: &[Pair]) -> Vec<f64> {
    let count = field.draws.count();
    let of_part = |part: &[Pair]| {
        let mut max = vec![0.0; count];
        for pair in part {
            // The larger of the two one-sided statistics, or the one that stands.
            match pair.standing {
                Standing::Both => raise(&mut max, pair, field, |difference| difference),
                Standing::FirstAbove => raise(&mut max, pair, field, |difference| if difference < 0.0 { difference } else { 0.0 }),
                Standing::SecondAbove => raise(&mut max, pair, field, |difference| if difference > 0.0 { difference } else { 0.0 }),
            }
        }
        max
    };
    let both = |mut max: Vec<f64>, other: Vec<f64>| {
        for (max, other) in max.iter_mut().zip(other) {
            *max = larger(*max, other);
        }
        max
    };
    family.par_chunks(PART).map(of_part).reduce(|| vec![0.0; count], both)
}

/// Raises each draw's maximum to the square of this pair's statistic. The loops run over plain arrays of equal length
/// without a branch: nearly all the time goes here.
#[inline]
fn raise(max: &mut [f64], pair: &Pair, field: &Field<'_>, side: impl Fn(f64) -> f64) {
    let (x, y) = (field.draws.errors(pair.a), field.draws.errors(pair.b));
    let Some(spreads) = &field.spreads else {
        for ((max, x), y) in max.iter_mut().zip(x).zip(y) {
            let difference = side(x - y);
            *max = larger(*max, difference * difference * pair.weight);
        }
        return;
    };
    let (v, w) = (&spreads[pair.a], &spreads[pair.b]);
    if pair.correlation == 0.0 {
        for ((((max, x), y), v), w) in max.iter_mut().zip(x).zip(y).zip(v).zip(w) {
            let difference = side(x - y);
            *max = larger(*max, difference * difference * pair.weight / (v + w));
        }
    } else {
        for ((((max, x), y), v), w) in max.iter_mut().zip(x).zip(y).zip(v).zip(w) {
            let difference = side(x - y);
            let variance = v + w - 2.0 * pair.correlation * (v * w).sqrt();
            *max = larger(*max, difference * difference * pair.weight / variance);
        }
    }
}

/// The larger of two numbers; one instruction, unlike `f64::max`. A NaN in the second is passed over.
#[inline]
fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

fn quantile(mut largest: Vec<f64>, level: f64) -> f64 {
    let place = place_of_quantile(largest.len(), level);
    if place > largest.len() {
        return f64::INFINITY;
    }
    *largest.select_nth_unstable_by(place - 1, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::pairwise::{RankMethod, pairwise};
    use super::*;

    fn low_and_high(intervals: &[RankInterval]) -> Vec<(u32, u32)> {
        intervals.iter().map(|r| (r.low, r.high)).collect()
    }

    #[test]
    fn two_units_are_told_apart_where_the_ordinary_test_tells_them_apart() {
        // |difference| / se against 1.96; 20,000 draws leave the quantile a standard error of about 0.013.
        for (difference, apart) in [(1.91, false), (2.01, true)] {
            let covariance = vec![2.0, 1.5, 1.5, 2.0]; // so that the difference has variance 1
            let joint = Joint::new(vec![50.0, 50.0 + difference], covariance, None).unwrap();
            let draws = Draws::of(&joint, 19_999, 3);
            for coverage in [Coverage::One, Coverage::All] {
                let found = step_down(&joint, &draws, coverage, 0.95).unwrap();
                assert_eq!(found[0].low, if apart { 2 } else { 1 }, "{difference}: {found:?}");
            }
        }
    }

    #[test]
    fn two_units_with_few_degrees_of_freedom_are_held_against_t() {
        // With all the error in one unit the statistic is t with its degrees of freedom: t(0.975; 4) = 2.776.
        for (difference, apart) in [(2.65, false), (2.9, true)] {
            let joint = Joint::independent(vec![50.0, 50.0 + difference], &[0.0, 1.0], Some(vec![f64::INFINITY, 4.0])).unwrap();
            let found = step_down(&joint, &Draws::of(&joint, 19_999, 3), Coverage::One, 0.95).unwrap();
            assert_eq!(found[0].low, if apart { 2 } else { 1 }, "{difference}: {found:?}");
        }
    }

    #[test]
    fn what_is_certain_is_told_and_what_is_unknown_is_not() {
        let joint = Joint::independent(vec![3.0, 2.0, 1.0, 2.0], &[0.0; 4], None).unwrap();
        let found = step_down(&joint, &Draws::of(&joint, 99, 1), Coverage::All, 0.95).unwrap();
        assert_eq!(low_and_high(&found), [(1, 1), (2, 3), (4, 4), (2, 3)]);
        let joint = Joint::independent(vec![99.0, 2.0, 1.0], &[1e-6; 3], Some(vec![0.0, 30.0, 30.0])).unwrap();
        let found = step_down(&joint, &Draws::of(&joint, 99, 1), Coverage::All, 0.95).unwrap();
        assert_eq!(low_and_high(&found), [(1, 3), (1, 2), (2, 3)]);
    }

    #[test]
    fn a_single_unit_is_first_and_too_few_draws_are_refused() {
        let alone = Joint::independent(vec![50.0], &[1.0], None).unwrap();
        let found = step_down(&alone, &Draws::of(&alone, 9, 1), Coverage::All, 0.95).unwrap();
        assert_eq!(found, [RankInterval { rank: 1, low: 1, high: 1 }]);
        let two = Joint::independent(vec![50.0, 51.0], &[1.0; 2], None).unwrap();
        let few = step_down(&two, &Draws::of(&two, 18, 1), Coverage::One, 0.95);
        assert_eq!(few, Err(RankError::TooFewDraws { draws: 18, level: 0.95 }));
        assert!(step_down(&two, &Draws::of(&two, 19, 1), Coverage::One, 0.95).is_ok());
        assert_eq!(step_down(&two, &Draws::of(&two, 19, 1), Coverage::One, 95.0), Err(RankError::Level(95.0)));
        assert!(matches!(step_down(&two, &Draws::of(&alone, 19, 1), Coverage::One, 0.9), Err(RankError::Shape { .. })));
    }

    /// Values, standard errors and, in half the cases, degrees of freedom.
    fn units() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Option<Vec<f64>>)> {
        (2..12_usize).prop_flat_map(|k| {
            let df = proptest::option::of(proptest::collection::vec(1.0..40.0_f64, k));
            (proptest::collection::vec(60.0..90.0_f64, k), proptest::collection::vec(0.1..5.0_f64, k), df)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn sets_hold_the_rank_nest_and_do_not_depend_on_the_scale((values, se, df) in units(), seed in 0..1000_u64) {
            let variances: Vec<f64> = se.iter().map(|se| se * se).collect();
            let joint = Joint::independent(values.clone(), &variances, df.clone()).unwrap();
            let draws = Draws::of(&joint, 199, seed);
            let one = step_down(&joint, &draws, Coverage::One, 0.9).unwrap();
            let all = step_down(&joint, &draws, Coverage::All, 0.9).unwrap();
            for interval in one.iter().chain(&all) {
                prop_assert!(interval.low <= interval.rank && interval.rank <= interval.high);
            }
            // The first step alone is the single-step test.
            for (unit, interval) in one.iter().enumerate() {
                let field = Field::new(&joint, &draws, values.len() - 1, 0.9).unwrap();
                let family = family(&field, &others(unit, 0..values.len()), &mut vec![Ordering::Equal; values.len() - 1]);
                let critical = quantile(largest(&field, &family), 0.9);
                let told = u32::try_from(family.iter().filter(|pair| pair.square > critical).count()).unwrap();
                prop_assert!(interval.high - interval.low < u32::try_from(values.len()).unwrap() - told);
            }
            // Powers of two scale without rounding.
            let scaled = Joint::independent(
                values.iter().map(|v| v * 8.0).collect(), &variances.iter().map(|v| v * 64.0).collect::<Vec<_>>(), df).unwrap();
            let draws = Draws::of(&scaled, 199, seed);
            prop_assert_eq!(step_down(&scaled, &draws, Coverage::One, 0.9).unwrap(), one);
            prop_assert_eq!(step_down(&scaled, &draws, Coverage::All, 0.9).unwrap(), all);
        }
    }

    #[test]
    fn units_that_covary_have_the_largest_statistic_that_a_plain_loop_finds() {
        let covariance = vec![4.0, 1.2, -0.5, 1.2, 1.0, 0.3, -0.5, 0.3, 2.0];
        let joint = Joint::new(vec![70.0, 71.0, 72.0], covariance, Some(vec![3.0, 8.0, 20.0])).unwrap();
        let draws = Draws::of(&joint, 50, 6);
        let field = Field::new(&joint, &draws, 3, 0.9).unwrap();
        let pairs = [(0, 1), (0, 2), (1, 2)];
        let found = largest(&field, &family(&field, &pairs, &mut [Ordering::Equal; 3]));
        let shrink = shrinkage(&joint, 3, 0.9);
        for (draw, found) in found.into_iter().enumerate() {
            let square = |(a, b): &(usize, usize)| {
                let (v, w) = (joint.covariance(*a, *a), joint.covariance(*b, *b));
                let (r, s) = (draws.ratios(*a).unwrap()[draw], draws.ratios(*b).unwrap()[draw]);
                let variance = v * r * r + w * s * s - 2.0 * joint.covariance(*a, *b) * r * s;
                let difference = draws.errors(*a)[draw] - draws.errors(*b)[draw];
                difference * difference / variance * (v + w) / (v * shrink[*a] + w * shrink[*b])
            };
            let expected = pairs.iter().map(square).fold(0.0, f64::max);
            assert!((found / expected - 1.0).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn the_sets_are_within_bonferronis_and_the_steps_narrow_them() {
        // Three groups far apart: once the groups are told apart, fewer comparisons are left within them.
        let values: Vec<f64> = (0..30).map(|unit| f64::from(unit % 3) * 30.0 + f64::from(unit) * 0.35).collect();
        let joint = Joint::independent(values, &[1.0; 30], None).unwrap();
        let draws = Draws::of(&joint, 1999, 21);
        let width = |intervals: &[RankInterval]| intervals.iter().map(|r| r.high - r.low).sum::<u32>();
        let steps = width(&step_down(&joint, &draws, Coverage::All, 0.95).unwrap());
        let bonferroni = width(&pairwise(&joint, RankMethod::PairwiseJoint, 0.95));
        assert!(steps < bonferroni, "{steps} {bonferroni}");
    }

    #[test]
    fn neither_the_number_of_threads_changes_a_set() {
        let values: Vec<f64> = (0..90).map(|unit| f64::from(unit * 37 % 90) * 0.2).collect();
        let joint = Joint::independent(values, &[1.0; 90], Some((1..=90).map(f64::from).collect())).unwrap();
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| step_down(&joint, &Draws::of(&joint, 99, 4), Coverage::All, 0.9).unwrap())
        };
        assert_eq!(on(1), on(3));
    }
}
