//! Where a share of the population lies among the sampled values.

use crate::words::named;

/// A share that comes this close to a probability reaches it: sums of weights carry rounding.
const REACHED: f64 = 1e-12;

named! {
    /// The rule by which a quantile is read off the sampled values.
    ///
    /// The values sorted are `x_1 ≤ … ≤ x_n` with weights `w_k` and running sums `W_k`. [`Hf1`](Self::Hf1) to
    /// [`Hf9`](Self::Hf9) carry the nine types of Hyndman and Fan (1996), The American Statistician 50, over to weights, as
    /// `svyquantile` of R's survey package from 4.1 on does; with equal weights they are those types, but for type 3.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum QuantileRule {
        /// The smallest `x_k` with `W_k / W_n ≥ p`: the inverse of the distribution function, and the default.
        Math = "math",
        /// As `Math`, but the middle of `x_k` and `x_{k+1}` where `W_k / W_n` is `p`: the median as it is taught.
        School = "school",
        /// The largest step of the positions `(S_k + ½ − w_k/2) / (n + 1)`, with `S` the running sums of `w / w̄`: Shah and
        /// Vaish (2006), as `survey` 4.1 has it. It sets `w_k` beside `w̄`, so it is of use where the weights average 1.
        ShahVaish = "shahvaish",
        /// Type 1: `Math`.
        Hf1 = "hf1",
        /// Type 2: `School`.
        Hf2 = "hf2",
        /// Type 3 over distinct values: the value below where `W_k / W_n` is `p` and `k` is even, otherwise the one above.
        Hf3 = "hf3",
        /// Type 4: linear between the `W_k / W_n`.
        Hf4 = "hf4",
        /// Type 5: linear between `(W_k − w_k/2) / W_n`.
        Hf5 = "hf5",
        /// Type 6: linear between `W_k / (W_n + w_n)`.
        Hf6 = "hf6",
        /// Type 7: linear between `W_{k−1} / W_{n−1}`.
        Hf7 = "hf7",
        /// Type 8: linear between `(W_{k−1} + 2 W_k) / 3 / (W_n + w_n/3)`.
        Hf8 = "hf8",
        /// Type 9: linear between `(3 W_{k−1} + 5 W_k) / 8 / (W_n + w_n/4)`.
        Hf9 = "hf9",
    }
}

/// The values of a sample in ascending order, with their weights and the running sums of those.
#[derive(Debug, Clone)]
pub(super) struct Ordered {
    values: Vec<f64>,
    weights: Vec<f64>,
    running: Vec<f64>,
}

impl Ordered {
    /// Sorts values with their weights; what weighs nothing is left out. `None` if nothing is left.
    pub fn new(rows: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let mut rows: Vec<(f64, f64)> = rows.into_iter().filter(|(_, weight)| *weight > 0.0).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        (!rows.is_empty()).then(|| Self::of_sorted(rows))
    }

    fn of_sorted(rows: Vec<(f64, f64)>) -> Self {
        let (values, weights): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
        let running = running_sums(&weights);
        Self { values, weights, running }
    }

    /// Each value once, with the weight of all its rows.
    fn distinct(&self) -> Self {
        let mut rows: Vec<(f64, f64)> = Vec::new();
        for (value, weight) in self.values.iter().zip(&self.weights) {
            match rows.last_mut() {
                #[allow(clippy::float_cmp, reason = "the same value is the same number")]
                Some(last) if last.0 == *value => last.1 += weight,
                _ => rows.push((*value, *weight)),
            }
        }
        Self::of_sorted(rows)
    }

    /// The values that occur, ascending, each once.
    pub fn support(&self) -> Vec<f64> {
        let mut values = self.values.clone();
        values.dedup();
        values
    }

    /// What share of the rows lies at or below a value, whatever they weigh.
    pub fn share_of_rows(&self, value: f64) -> f64 {
        count(self.values.partition_point(|x| *x <= value)) / count(self.values.len())
    }

    /// The quantile for the share `p` by a rule.
    pub fn quantile(&self, rule: QuantileRule, p: f64) -> f64 {
        let last = self.values.len() - 1;
        let before = |k: usize| self.running[k] - self.weights[k];
        let (total, last_weight) = (self.total(), self.weights[last]);
        match rule {
            QuantileRule::Math | QuantileRule::Hf1 => self.step(p, |_, low, _| low),
            QuantileRule::School | QuantileRule::Hf2 => self.step(p, |_, low, high| f64::midpoint(low, high)),
            QuantileRule::Hf3 => self.distinct().step(p, |k, low, high| if k % 2 == 1 { low } else { high }),
            QuantileRule::ShahVaish => self.shah_vaish(p),
            QuantileRule::Hf4 => self.linear(p, |k| self.running[k] / total),
            QuantileRule::Hf5 => self.linear(p, |k| (self.running[k] - 0.5 * self.weights[k]) / total),
            QuantileRule::Hf6 => self.linear(p, |k| self.running[k] / (total + last_weight)),
            QuantileRule::Hf7 if last == 0 => self.values[0],
            QuantileRule::Hf7 => self.linear(p, |k| if k == 0 { 0.0 } else { self.running[k - 1] / self.running[last - 1] }),
            QuantileRule::Hf8 => self.linear(p, |k| (before(k) + 2.0 * self.running[k]) / 3.0 / (total + last_weight / 3.0)),
            QuantileRule::Hf9 => self.linear(p, |k| (3.0 * before(k) + 5.0 * self.running[k]) / 8.0 / (total + last_weight / 4.0)),
        }
    }

    fn total(&self) -> f64 {
        self.running.last().copied().unwrap_or(0.0)
    }

    /// The first value whose share passes `p`; where the share of value `k` is `p`, what `at_reached` makes of `k`, that
    /// value and the next.
    fn step(&self, p: f64, at_reached: impl Fn(usize, f64, f64) -> f64) -> f64 {
        let last = self.values.len() - 1;
        let k = self.running.partition_point(|sum| sum / self.total() < p - REACHED).min(last);
        let reached = (self.running[k] / self.total() - p).abs() <= REACHED;
        if reached { at_reached(k, self.values[k], self.values[(k + 1).min(last)]) } else { self.values[k] }
    }

    /// Linear interpolation between the points `(position(k), x_k)`; the outermost values beyond them.
    fn linear(&self, p: f64, position: impl Fn(usize) -> f64) -> f64 {
        let (mut low, mut high) = (0, self.values.len() - 1);
        if p <= position(low) {
            return self.values[low];
        }
        if p >= position(high) {
            return self.values[high];
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            if position(middle) <= p { low = middle } else { high = middle }
        }
        let (from, to) = (position(low), position(high));
        self.values[low] + (self.values[high] - self.values[low]) * ((p - from) / (to - from))
    }

    /// The value of the last position up to `p`. Positions that coincide stand for the mean of their values.
    fn shah_vaish(&self, p: f64) -> f64 {
        let n = count(self.values.len());
        let mean = self.total() / n;
        let position = |k: usize| (self.running[k] / mean + 0.5 - 0.5 * self.weights[k]) / (n + 1.0);
        let mut points: Vec<(f64, f64)> = self.values.iter().enumerate().map(|(k, x)| (position(k), *x)).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let after = points.partition_point(|point| point.0 <= p);
        let at = points[after.saturating_sub(1)].0;
        #[allow(clippy::float_cmp, reason = "positions that coincide")]
        let here: Vec<f64> = points.iter().filter(|point| point.0 == at).map(|point| point.1).collect();
        here.iter().sum::<f64>() / count(here.len())
    }
}

/// Running sums, compensated (Neumaier 1974).
fn running_sums(terms: &[f64]) -> Vec<f64> {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    let add = |term: &f64| {
        let next = sum + term;
        lost += if sum.abs() >= term.abs() { (sum - next) + term } else { (term - next) + sum };
        sum = next;
        sum + lost
    };
    terms.iter().map(add).collect()
}

/// A count as a number.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop, prop_assert, proptest};

    use super::*;

    const P: [f64; 9] = [0.0, 0.001, 0.1, 0.25, 0.37, 0.5, 0.62, 0.9, 1.0];

    #[test]
    fn with_equal_weights_the_rules_are_the_types_of_hyndman_and_fan() {
        type Offset = fn(f64) -> f64;
        let values = [1.5, 2.0, 3.25, 7.0, 8.0, 11.0, 20.0];
        let ordered = Ordered::new(values.iter().map(|x| (*x, 31.4))).unwrap();
        let n = 7.0;
        // Each type interpolates at the place n p + m, counted from 1: Hyndman and Fan (1996), section 2.
        let types: [(QuantileRule, Offset); 6] = [
            (QuantileRule::Hf4, |_| 0.0),
            (QuantileRule::Hf5, |_| 0.5),
            (QuantileRule::Hf6, |p| p),
            (QuantileRule::Hf7, |p| 1.0 - p),
            (QuantileRule::Hf8, |p| (p + 1.0) / 3.0),
            (QuantileRule::Hf9, |p| 0.25 * p + 0.375),
        ];
        for (rule, m) in types {
            for p in P {
                let place = (n * p + m(p)).clamp(1.0, n);
                let below = (1_u8..=7).rev().find(|k| f64::from(*k) <= place).unwrap();
                let (from, to) = (values[usize::from(below) - 1], values[usize::from(below).min(6)]);
                let expected = from + (place - f64::from(below)) * (to - from);
                let found = ordered.quantile(rule, p);
                assert!((found - expected).abs() < 1e-12, "{rule:?} at {p}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn a_share_that_is_reached_is_where_the_step_rules_differ() {
        // A third of 0.1 each: the sums carry rounding.
        let ordered = Ordered::new([(4.0, 0.1), (1.0, 0.1), (2.0, 0.1)]).unwrap();
        let at = |rule, p| ordered.quantile(rule, p).to_bits();
        let bits = f64::to_bits;
        let third = 1.0 / 3.0;
        assert_eq!(
            [at(QuantileRule::Math, third), at(QuantileRule::School, third), at(QuantileRule::Hf3, third)],
            [1.0, 1.5, 2.0].map(bits)
        );
        assert_eq!([at(QuantileRule::Math, 0.4), at(QuantileRule::School, 0.4), at(QuantileRule::Hf3, 0.4)], [bits(2.0); 3]);
        assert_eq!([at(QuantileRule::Math, 2.0 * third), at(QuantileRule::Hf3, 2.0 * third)], [bits(2.0); 2]);
    }

    #[test]
    fn rows_without_weight_say_nothing() {
        assert!(Ordered::new([(1.0, 0.0)]).is_none());
        let with = Ordered::new([(9.0, 0.0), (1.0, 2.0), (3.0, 1.0)]).unwrap();
        let without = Ordered::new([(1.0, 2.0), (3.0, 1.0)]).unwrap();
        for rule in QuantileRule::ALL {
            for p in P {
                assert_eq!(with.quantile(rule, p).to_bits(), without.quantile(rule, p).to_bits(), "{rule:?} at {p}");
            }
        }
    }

    fn rows() -> impl Strategy<Value = Vec<(f64, f64)>> {
        prop::collection::vec((-50_i32..50, 1_u32..40), 1..60)
            .prop_map(|rows| rows.into_iter().map(|(x, w)| (f64::from(x) / 4.0, f64::from(w) / 8.0)).collect())
    }

    proptest! {
        #[test]
        fn quantiles_never_fall_and_stay_among_the_values(rows in rows()) {
            let ordered = Ordered::new(rows.iter().copied()).unwrap();
            let (least, most) = (ordered.quantile(QuantileRule::Math, 0.0), ordered.quantile(QuantileRule::Math, 1.0));
            for rule in QuantileRule::ALL {
                let found = P.map(|p| ordered.quantile(rule, p));
                prop_assert!(found.iter().all(|x| least <= *x && *x <= most), "{rule:?}: {found:?}");
                // Positions of Shah and Vaish need not rise with the values; hf3 looks at whether a place is even.
                prop_assert!(rule == QuantileRule::ShahVaish || found.is_sorted(), "{rule:?}: {found:?}");
            }
        }

        #[test]
        fn doubling_all_weights_changes_no_quantile(rows in rows()) {
            let one = Ordered::new(rows.iter().copied()).unwrap();
            let two = Ordered::new(rows.iter().map(|(x, w)| (*x, 2.0 * w))).unwrap();
            for rule in QuantileRule::ALL.into_iter().filter(|rule| *rule != QuantileRule::ShahVaish) {
                for p in P {
                    prop_assert!(one.quantile(rule, p).to_bits() == two.quantile(rule, p).to_bits(), "{rule:?} at {p}");
                }
            }
        }
    }
}
