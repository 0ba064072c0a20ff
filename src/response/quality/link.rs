//! Rules that look at what came by open links, where no device tells answers apart: how many of one unit came at once, and how alike they
//! are.
//!
//! Whoever has the link of a unit can answer as often as they like, so nothing that the sender claims is used: time is that of arrival.
//! What is usual is taken from the unit's own answers, and for how alike they are from the other units' too. So a busy office, or one that
//! everybody praises, is measured by itself.

use std::collections::{BTreeMap, HashMap};

use super::device::crowds;
use super::{Agreement, Flag, LinkBurst, Rule};

/// Answers of the other units count for so many of the unit's own where it is judged what is usual there.
const WEIGHT_OF_OTHERS: f64 = 20.0;

/// A response that came by an open link.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    /// When it arrived, UTC microseconds.
    at: i64,
    seq: i64,
}

/// What came by open links.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    /// By the rated unit.
    units: BTreeMap<i32, Vec<(i64, i64)>>,
    /// By what is compared.
    pub(super) whole: Alike,
    pub(super) scales: Alike,
}

impl Arrivals {
    pub(super) fn push(&mut self, unit: i32, at: i64, seq: i64) {
        self.units.entry(unit).or_default().push((at, seq));
    }
}

/// Answers of one unit, by what they say.
type Said = HashMap<Vec<u8>, Vec<Arrival>>;

/// Answers to compare: of one questionnaire version and unit.
#[derive(Debug, Default)]
pub(super) struct Alike(BTreeMap<usize, BTreeMap<i32, Said>>);

impl Alike {
    pub(super) fn push(&mut self, (form, unit): (usize, i32), says: Vec<u8>, at: i64, seq: i64) {
        self.0.entry(form).or_default().entry(unit).or_default().entry(says).or_default().push(Arrival { at, seq });
    }
}

/// Flags answers of one unit that came faster than people come: more than `max_responses` in a window, and more than `times_usual` times
/// what its windows usually hold.
///
/// # Formula
/// The scan statistic with a bound (Naus 1965, *JASA* 60, 532–538), as for devices. What is usual is the median of the numbers in those
/// windows of a fixed grid that hold any: a flood of a few minutes does not move it.
pub(super) fn burst(rule: &LinkBurst, arrivals: &mut Arrivals) -> Vec<Flag> {
    let mut details: BTreeMap<i64, String> = BTreeMap::new();
    for of_unit in arrivals.units.values_mut() {
        of_unit.sort_unstable();
        for window in &rule.windows {
            let usual = usual(of_unit, window.length);
            let most = window.max_responses.max(usual.saturating_mul(rule.times_usual));
            for crowd in crowds(window.length, most, of_unit) {
                for (_, seq) in &of_unit[crowd.start..crowd.end] {
                    let told = format!("seconds={} held={} usual={usual}", window.length / 1_000_000, crowd.most);
                    details.entry(*seq).or_insert(told);
                }
            }
        }
    }
    details.into_iter().map(|(seq, detail)| Flag { seq, rule: Rule::LinkBurst, detail }).collect()
}

/// How many a window usually holds: the lower median over those that hold any.
fn usual(sorted: &[(i64, i64)], length: i64) -> usize {
    let mut held: Vec<usize> = sorted.chunk_by(|a, b| a.0.div_euclid(length) == b.0.div_euclid(length)).map(<[_]>::len).collect();
    held.sort_unstable();
    held.len().checked_sub(1).map_or(0, |last| held[last / 2])
}

/// Flags answers of one unit that say the same more often within a window than chance explains: at least `min_alike` of them, and a
/// probability below `max_probability` to see so many among those of the window.
///
/// # Formula
/// `P(X ≥ k) ≤ exp(−n·D(k/n ‖ p))` for a binomial `X` of `n` answers in the window, `k` of them alike, with
/// `D(a ‖ p) = a·ln(a/p) + (1 − a)·ln((1 − a)/(1 − p))`: the bound of Chernoff and Hoeffding (Hoeffding 1963, *JASA* 58, 13–30, theorem 1).
/// It is never below the probability, so nothing is flagged that the exact tail would not flag. `p` is the share that says the same among
/// the unit's answers outside the window, drawn towards that of the other units as if these were twenty more answers.
pub(super) fn agreement(rule: Agreement, name: Rule, alike: &mut Alike) -> Vec<Flag> {
    let mut flags = Vec::new();
    for units in alike.0.values_mut() {
        let mut everywhere: HashMap<Vec<u8>, usize> = HashMap::new();
        for (says, of) in units.values().flatten() {
            *everywhere.entry(says.clone()).or_default() += of.len();
        }
        let all: usize = everywhere.values().sum();
        for vectors in units.values_mut() {
            let mut times: Vec<i64> = vectors.values().flatten().map(|arrival| arrival.at).collect();
            times.sort_unstable();
            for (says, of) in vectors.iter_mut().filter(|(_, of)| of.len() >= rule.min_alike) {
                of.sort_unstable_by_key(|arrival| (arrival.at, arrival.seq));
                let others = (everywhere.get(says).copied().unwrap_or(0) - of.len(), all - times.len());
                flags.extend(improbable(rule, name, of, &times, others));
            }
        }
    }
    flags
}

/// Those of a unit that say the same, and stand in a window that holds improbably many of them.
fn improbable(rule: Agreement, name: Rule, of: &[Arrival], times: &[i64], (others_alike, others): (usize, usize)) -> Vec<Flag> {
    let elsewhere = (real(others_alike) + 0.5) / (real(others) + 1.0);
    let mut details: BTreeMap<usize, String> = BTreeMap::new();
    let mut end = 0;
    for (start, first) in of.iter().enumerate() {
        let until = first.at.saturating_add(rule.window);
        while of.get(end).is_some_and(|arrival| arrival.at < until) {
            end += 1;
        }
        let held = end - start;
        if held < rule.min_alike {
            continue;
        }
        let among = times.partition_point(|at| *at < until) - times.partition_point(|at| *at < first.at);
        let outside = (real(of.len() - held), real(times.len() - among));
        let share = (outside.0 + WEIGHT_OF_OTHERS * elsewhere) / (outside.1 + WEIGHT_OF_OTHERS);
        if tail(held, among, share) < rule.max_probability {
            for place in start..end {
                details.entry(place).or_insert_with(|| format!("alike={held} of={among} usual={share:.4}"));
            }
        }
    }
    details.into_iter().map(|(place, detail)| Flag { seq: of[place].seq, rule: name, detail }).collect()
}

/// An upper bound of the probability that `k` or more of `n` say what each says with probability `p`; 1 where `k` is no more than expected.
fn tail(k: usize, n: usize, p: f64) -> f64 {
    let share = real(k) / real(n.max(1));
    if share <= p {
        return 1.0;
    }
    let rest = if share < 1.0 { (1.0 - share) * libm::log((1.0 - share) / (1.0 - p)) } else { 0.0 };
    libm::exp(-real(n) * (share * libm::log(share / p) + rest))
}

#[allow(clippy::cast_precision_loss)] // numbers of people
fn real(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exact tail, term by term.
    fn exact(k: usize, n: usize, p: f64) -> f64 {
        let mut term = (1.0 - p).powi(i32::try_from(n).unwrap());
        let mut sum = 0.0;
        for i in 0..=n {
            if i >= k {
                sum += term;
            }
            term *= real(n - i) / real(i + 1) * p / (1.0 - p);
        }
        sum
    }

    #[test]
    fn the_bound_is_never_below_the_probability_and_near_it() {
        let mut widest: f64 = 1.0;
        for n in [1, 2, 5, 17, 60, 200] {
            for k in 0..=n {
                for p in [0.01, 0.2, 0.5, 0.9] {
                    let (bound, exact) = (tail(k, n, p), exact(k, n, p));
                    assert!(bound >= exact * (1.0 - 1e-9), "P(X >= {k} of {n} at {p}) is {exact}, and the bound {bound}");
                    widest = widest.max(if exact > 1e-250 { bound / exact } else { 1.0 });
                }
            }
        }
        println!("the bound is at most {widest:.1} times the probability");
        assert!(widest < 60.0, "{widest}");
        assert!((tail(7, 7, 0.25) - 0.25_f64.powi(7)).abs() < 1e-18, "of all alike it is exact");
    }

    #[test]
    fn what_is_usual_is_not_moved_by_a_flood() {
        let mut times: Vec<(i64, i64)> = (0..40).map(|n| (n * 90_000_000, n)).collect();
        times.extend((0..500).map(|n| (400_000 + n, 40 + n)));
        times.sort_unstable();
        assert_eq!(usual(&times, 60_000_000), 1);
        assert_eq!(usual(&[], 60_000_000), 0);
    }
}
