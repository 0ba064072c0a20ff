//! Weights cut off at limits, and where the rest goes.

use crate::design::calibration::quantile;

/// From which limits weights are cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TrimRule {
    /// Limits given as weights; 0 and infinity where there is none.
    Limits {
        /// The least weight.
        low: f64,
        /// The largest weight.
        high: f64,
    },
    /// Quantiles of the weights that are not 0, such as 0.01 and 0.99.
    Quantiles {
        /// The probability of the lower limit.
        low: f64,
        /// The probability of the upper limit.
        high: f64,
    },
    /// Multiples of the median weight, such as 1/3 and 3.
    Medians {
        /// Medians of the lower limit.
        low: f64,
        /// Medians of the upper limit.
        high: f64,
    },
    /// So many interquartile ranges above the median; nothing below.
    InterquartileRanges(f64),
}

impl TrimRule {
    /// The limits for these weights.
    ///
    /// # Formula
    /// Median plus a multiple of the interquartile range, and multiples of the median: Potter and Zheng (2015), Methods and issues in
    /// trimming extreme weights in sample surveys, Proceedings of the Survey Research Methods Section.
    #[must_use]
    pub fn limits(self, weights: &[f64]) -> (f64, f64) {
        let mut sorted: Vec<f64> = weights.iter().copied().filter(|w| *w != 0.0).collect();
        sorted.sort_by(f64::total_cmp);
        let at = |probability: f64| quantile(&sorted, probability);
        match self {
            Self::Limits { low, high } => (low, high),
            Self::Quantiles { low, high } => (at(low), at(high)),
            Self::Medians { low, high } => (low * at(0.5), high * at(0.5)),
            Self::InterquartileRanges(ranges) => (0.0, at(0.5) + ranges * (at(0.75) - at(0.25))),
        }
    }
}

/// Where the weight that was cut off goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Redistribution {
    /// Nowhere: the sum of the weights changes.
    Nowhere,
    /// To all rows that were not cut, the same for each: `trimWeights` of R's survey package.
    #[default]
    Equally,
    /// To all rows that were not cut, by their weight.
    Proportionally,
}

impl TrimError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Limits { low, high } => format!("{low} và {high} không thể là giới hạn của trọng số"),
            Self::Sum { rows, low, high, sum } => format!("{rows} dòng nằm giữa {low} và {high} không thể giữ tổng {sum}"),
        }
    }
}

/// Why weights cannot be trimmed.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum TrimError {
    /// Limits that are no limits.
    #[error("{low} to {high} are no limits for weights")]
    Limits {
        /// The lower one.
        low: f64,
        /// The upper one.
        high: f64,
    },
    /// So many rows within the limits cannot keep the sum.
    #[error("{rows} rows between {low} and {high} cannot keep the sum of {sum}")]
    Sum {
        /// Rows with weight.
        rows: usize,
        /// The lower limit.
        low: f64,
        /// The upper limit.
        high: f64,
        /// The sum of the weights.
        sum: f64,
    },
}

/// Trimmed weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Trimmed {
    /// The weights, in the order given.
    pub weights: Vec<f64>,
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
    /// How many weights lay below the lower limit before.
    pub below: usize,
    /// How many lay above the upper limit before.
    pub above: usize,
    /// Rounds of cutting and redistributing.
    pub rounds: usize,
}

/// Cuts weights that are not 0 to limits and gives the rest to the others; `strict` goes on until that has pushed nobody past a limit.
///
/// # Formula
/// `trimWeights` of R's survey package: a round sets weights outside to the limit and shares out what was cut among those that were
/// inside. With `strict`, weights at the limit that they would be pushed past take no more, which has the same end as R's repetition.
///
/// # Errors
/// [`TrimError`]: limits that are none, or that all weights together cannot keep.
pub fn trim(weights: &[f64], rule: TrimRule, redistribution: Redistribution, strict: bool) -> Result<Trimmed, TrimError> {
    let (low, high) = rule.limits(weights);
    if !(low >= 0.0 && low.is_finite() && high > 0.0 && low <= high) {
        return Err(TrimError::Limits { low, high });
    }
    let rows = weights.iter().filter(|w| **w != 0.0).count();
    let sum: f64 = weights.iter().sum();
    #[allow(clippy::cast_precision_loss)] // a number of rows
    let (least, most) = (low * rows as f64, high * rows as f64);
    let slack = 1e-12 * sum.abs();
    if redistribution != Redistribution::Nowhere && (sum < least - slack || sum > most + slack) {
        return Err(TrimError::Sum { rows, low, high, sum });
    }
    let (below, above) = (weights.iter().filter(|w| **w != 0.0 && **w < low).count(), weights.iter().filter(|w| **w > high).count());
    let mut trimmed = Trimmed { weights: weights.to_vec(), low, high, below, above, rounds: 0 };
    // Each round after the first fixes at least one more weight, or ends.
    while trimmed.rounds <= rows && trimmed.round(redistribution) && strict {}
    Ok(trimmed)
}

impl Trimmed {
    /// One round; says whether there was anything to cut.
    fn round(&mut self, redistribution: Redistribution) -> bool {
        let (low, high) = (self.low, self.high);
        let cut = |w: f64| if w == 0.0 { w } else { w.clamp(low, high) };
        let inside = |w: f64| w == 0.0 || (low..=high).contains(&w);
        let excess: f64 = self.weights.iter().map(|w| w - cut(*w)).sum();
        if self.weights.iter().all(|w| inside(*w)) {
            return false;
        }
        let first = self.rounds == 0;
        let full = |w: f64| !first && if excess > 0.0 { w >= high } else { w <= low };
        let takes: Vec<bool> = self.weights.iter().map(|w| *w != 0.0 && inside(*w) && !full(*w)).collect();
        let shares = |w: f64| if redistribution == Redistribution::Equally { 1.0 } else { w };
        let share: f64 = self.weights.iter().zip(&takes).filter(|(_, takes)| **takes).map(|(w, _)| shares(*w)).sum();
        for (weight, takes) in self.weights.iter_mut().zip(takes) {
            if !takes {
                *weight = cut(*weight);
            } else if redistribution != Redistribution::Nowhere {
                *weight += excess * shares(*weight) / share;
            }
        }
        self.rounds += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHTS: [f64; 7] = [1.0, 2.0, 2.0, 3.0, 9.5, 20.0, 0.0];

    #[test]
    fn strict_trimming_keeps_sum_and_limits() {
        for redistribution in [Redistribution::Equally, Redistribution::Proportionally] {
            let trimmed = trim(&WEIGHTS, TrimRule::Limits { low: 1.5, high: 10.0 }, redistribution, true).unwrap();
            assert!((trimmed.weights.iter().sum::<f64>() - 37.5).abs() < 1e-12, "{trimmed:?}");
            assert!(trimmed.weights[..6].iter().all(|w| (1.5..=10.0).contains(w)), "{trimmed:?}");
            assert_eq!((trimmed.weights[6], trimmed.below, trimmed.above), (0.0, 1, 1));
        }
        let once = trim(&WEIGHTS, TrimRule::Limits { low: 1.5, high: 10.0 }, Redistribution::Equally, false).unwrap();
        assert!(once.weights[4] > 10.0, "one round pushes 9.5 past the limit: {once:?}");
    }

    #[test]
    fn strict_trimming_ends_where_r_ends() {
        // weights(trimWeights(…, lower = 1.5, upper = 10, strict = TRUE)) of R's survey 4.1-1.
        let expected = [2.4875, 4.570_833_333_333_333, 4.570_833_333_333_333, 5.570_833_333_333_333, 10.0, 10.0, 10.0, 10.0];
        let weights = [1.0, 2.0, 2.0, 3.0, 9.5, 20.0, 9.9, 9.8];
        let trimmed = trim(&weights, TrimRule::Limits { low: 1.5, high: 10.0 }, Redistribution::Equally, true).unwrap();
        for (ours, theirs) in trimmed.weights.iter().zip(expected) {
            assert!((ours - theirs).abs() < 1e-14 * theirs, "{ours} {theirs}");
        }
    }

    #[test]
    fn without_redistribution_weights_are_only_cut() {
        let trimmed = trim(&WEIGHTS, TrimRule::Limits { low: 0.0, high: 4.0 }, Redistribution::Nowhere, true).unwrap();
        assert_eq!(trimmed.weights, [1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 0.0]);
    }

    #[test]
    fn limits_follow_their_rules() {
        let weights = [8.0, 1.0, 4.0, 2.0, 0.0];
        for (rule, low, high) in [
            (TrimRule::Quantiles { low: 0.25, high: 0.75 }, 1.75, 5.0),
            (TrimRule::Medians { low: 0.5, high: 2.0 }, 1.5, 6.0),
            (TrimRule::InterquartileRanges(2.0), 0.0, 9.5),
        ] {
            assert_eq!(rule.limits(&weights), (low, high), "{rule:?}");
        }
    }

    #[test]
    fn limits_that_cannot_keep_the_sum_are_refused() {
        let rule = TrimRule::Limits { low: 0.0, high: 5.0 };
        assert!(matches!(trim(&WEIGHTS, rule, Redistribution::Equally, true), Err(TrimError::Sum { rows: 6, .. })));
        let rule = TrimRule::Limits { low: 3.0, high: f64::NAN };
        assert!(matches!(trim(&WEIGHTS, rule, Redistribution::Nowhere, true), Err(TrimError::Limits { .. })));
    }
}
