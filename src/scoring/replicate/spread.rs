//! From the values of replicates to variances.

use crate::scoring::replicate::{ReplicateError, Replicates, count};

/// Statistics in the full sample and in every replicate, and the covariance matrix that follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    values: Vec<f64>,
    /// Row-major, one row a replicate.
    replicates: Vec<f64>,
    covariance: Vec<f64>,
    undefined: usize,
}

impl Spread {
    /// Sums up the values of statistics in the replicates; a missing value is NaN.
    ///
    /// A replicate in which any statistic has no value is left out, as in R; where replicates are random draws, those left stand for
    /// all. A statistic without a value in the full sample has no variance and leaves no replicate out.
    ///
    /// # Errors
    /// [`ReplicateError::Count`], if `replicates` are not as many as there are replicates or do not hold one value a statistic;
    /// [`ReplicateError::NoValue`], if none is left.
    pub fn new(design: &Replicates, values: Vec<f64>, replicates: &[Vec<f64>]) -> Result<Self, ReplicateError> {
        let width = values.len();
        if replicates.len() != design.len() || replicates.iter().any(|row| row.len() != width) {
            return Err(ReplicateError::Count { replicates: replicates.len(), rscales: design.len() });
        }
        let there: Vec<usize> = (0..width).filter(|statistic| values[*statistic].is_finite()).collect();
        let defined: Vec<bool> = replicates.iter().map(|row| there.iter().all(|statistic| row[*statistic].is_finite())).collect();
        let undefined = defined.iter().filter(|defined| !**defined).count();
        if undefined == replicates.len() {
            return Err(ReplicateError::NoValue);
        }
        let columns = Columns::all(design);
        let column = |statistic: usize| -> Vec<f64> {
            replicates.iter().zip(&defined).map(|(row, defined)| if *defined { row[statistic] } else { f64::NAN }).collect()
        };
        let deviations: Vec<Deviations> = there.iter().map(|s| columns.deviations(values[*s], &column(*s))).collect();
        let mut covariance = vec![f64::NAN; width * width];
        for (a, row) in there.iter().zip(&deviations) {
            for (b, other) in there.iter().zip(&deviations) {
                covariance[a * width + b] = columns.covariance(row, other);
            }
        }
        Ok(Self { values, replicates: replicates.concat(), covariance, undefined })
    }

    /// The statistics in the full sample.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Their values in the replicates, row-major, one row a replicate.
    #[must_use]
    pub fn replicates(&self) -> &[f64] {
        &self.replicates
    }

    /// Their covariance matrix, row-major.
    #[must_use]
    pub fn covariance(&self) -> &[f64] {
        &self.covariance
    }

    /// How many replicates were left out.
    #[must_use]
    pub fn undefined(&self) -> usize {
        self.undefined
    }
}

/// The replicates, those with the same values taken together: how many each stands for, and their share in a variance.
pub(super) struct Columns {
    /// Replicates of each column whose share is not 0.
    pub(super) counts: Vec<f64>,
    /// The sum of their `rscales`.
    pub(super) weights: Vec<f64>,
    pub(super) scale: f64,
    pub(super) mse: bool,
    pub(super) exchangeable: bool,
}

/// The deviations of one statistic from the centre, 0 where it has no value.
pub(super) struct Deviations {
    from_centre: Vec<f64>,
    /// By what the sum of squares is multiplied so that the replicates with a value stand for all.
    whole: f64,
    /// Replicates without a value.
    pub(super) undefined: usize,
}

impl Columns {
    /// Each replicate by itself.
    pub(super) fn all(design: &Replicates) -> Self {
        let weights = design.rscales().to_vec();
        let counts = weights.iter().map(|share| if *share > 0.0 { 1.0 } else { 0.0 }).collect();
        Self { counts, weights, scale: design.scale, mse: design.mse, exchangeable: design.exchangeable }
    }

    /// Replicates that share columns: the column of each, of `number`.
    pub(super) fn shared(design: &Replicates, of_replicate: &[u32], number: usize) -> Self {
        let all = Self::all(design);
        let (mut counts, mut weights) = (vec![0.0; number], vec![0.0; number]);
        for (replicate, column) in of_replicate.iter().enumerate() {
            counts[*column as usize] += all.counts[replicate];
            weights[*column as usize] += all.weights[replicate];
        }
        Self { counts, weights, ..all }
    }

    /// How far a statistic's replicates lie from their mean, or from the full-sample value.
    pub(super) fn deviations(&self, full: f64, values: &[f64]) -> Deviations {
        let (mut sum, mut number, mut weight, mut undefined) = (0.0, 0.0, 0.0, 0.0);
        for ((value, count), share) in values.iter().zip(&self.counts).zip(&self.weights) {
            if value.is_finite() {
                // About the full value: deviations from it are small, so that their sum is exact to more digits.
                sum += count * (value - full);
                number += count;
                weight += share;
            } else {
                undefined += count;
            }
        }
        let shift = if self.mse || number == 0.0 { 0.0 } else { sum / number };
        let from_centre = values.iter().map(|value| if value.is_finite() { (value - full) - shift } else { 0.0 }).collect();
        let whole = if self.exchangeable && weight > 0.0 { self.weights.iter().sum::<f64>() / weight } else { 1.0 };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a count of replicates
        Deviations { from_centre, whole: if number == 0.0 { f64::NAN } else { whole }, undefined: undefined as usize }
    }

    /// The covariance of two statistics.
    pub(super) fn covariance(&self, a: &Deviations, b: &Deviations) -> f64 {
        let sum: f64 = self.weights.iter().zip(a.from_centre.iter().zip(&b.from_centre)).map(|(w, (a, b))| w * (a * b)).sum();
        self.scale * sum * a.whole.max(b.whole)
    }

    /// The interval that holds `level` of the replicates of one statistic, those without a value left out.
    ///
    /// # Formula
    /// The order statistics at `(R + 1)(1 ∓ level)/2`, interpolated: the percentile interval of Efron and Tibshirani (1993), section 13.3.
    pub(super) fn percentiles(values: &[f64], level: f64) -> Option<(f64, f64)> {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let at = |p: f64| {
            let place = (p * (count(sorted.len()) + 1.0) - 1.0).clamp(0.0, count(last));
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to the list
            let below = place.floor() as usize;
            let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
            low + (place - place.floor()) * (high - low)
        };
        Some((at((1.0 - level) / 2.0), at(f64::midpoint(1.0, level))))
    }
}
