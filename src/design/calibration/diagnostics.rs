//! What a statistician reads before trusting weights.

use crate::design::calibration::{Auxiliary, Bounds, Margin};

/// How weights are spread, and what their spread costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightSummary {
    /// How many weights above 0.
    pub count: usize,
    /// Their sum.
    pub sum: f64,
    /// Minimum, 1st percentile, lower quartile, median, upper quartile, 99th percentile, maximum.
    pub quantiles: [f64; 7],
    /// The mean.
    pub mean: f64,
    /// The coefficient of variation.
    pub cv: f64,
    /// Kish's design effect of unequal weights.
    pub deff: f64,
    /// The effective size: `count / deff`.
    pub effective: f64,
}

/// The probabilities of the quantiles of a [`WeightSummary`].
const PROBABILITIES: [f64; 7] = [0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0];

impl WeightSummary {
    /// Summarises the weights that are not 0; `None` where there is none.
    ///
    /// # Formula
    /// `deff = n·Σw²/(Σw)² = 1 + CV²`: Kish (1965), Survey Sampling, §11.2C; Kish (1992), Journal of Official Statistics 8. Quantiles are those
    /// of definition 7 of Hyndman and Fan (1996), the default of R.
    #[must_use]
    pub fn of(weights: &[f64]) -> Option<Self> {
        let mut sorted: Vec<f64> = weights.iter().copied().filter(|w| *w != 0.0).collect();
        sorted.sort_by(f64::total_cmp);
        let quantiles = PROBABILITIES.map(|p| quantile(&sorted, p));
        let count = sorted.len();
        #[allow(clippy::cast_precision_loss)] // a number of rows
        let n = count as f64;
        let (sum, squares) = (sorted.iter().sum::<f64>(), sorted.iter().map(|w| w * w).sum::<f64>());
        let deff = n * squares / (sum * sum);
        let cv = (deff - 1.0).max(0.0).sqrt();
        (count > 0).then(|| Self { count, sum, quantiles, mean: sum / n, cv, deff, effective: n / deff })
    }
}

/// The quantile of sorted values by definition 7 of Hyndman and Fan (1996); 0 of nothing.
pub(in crate::design) fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within the rows
    let (place, below) = (last as f64 * probability, (last as f64 * probability) as usize);
    #[allow(clippy::cast_precision_loss)]
    let part = place - below as f64;
    let low = sorted[below.min(last)];
    low + part * (sorted[(below + 1).min(last)] - low)
}

/// How the factors between base and calibrated weights are spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FactorSummary {
    /// Minimum, 1st percentile, lower quartile, median, upper quartile, 99th percentile, maximum.
    pub quantiles: [f64; 7],
    /// How many lie at the lower bound.
    pub at_low: usize,
    /// How many lie at the upper bound.
    pub at_high: usize,
    /// How many are negative: only the unbounded linear distance makes such.
    pub negative: usize,
}

impl FactorSummary {
    /// Summarises `after / before` of the rows with weight; `None` where there is none.
    #[must_use]
    pub fn of(before: &[f64], after: &[f64], bounds: Option<Bounds>) -> Option<Self> {
        let mut g: Vec<f64> = before.iter().zip(after).filter(|(d, _)| **d > 0.0).map(|(d, w)| w / d).collect();
        g.sort_by(f64::total_cmp);
        let near = |bound: Option<f64>| g.iter().filter(|g| bound.is_some_and(|bound| (**g - bound).abs() <= 1e-9 * bound)).count();
        let (at_low, at_high) = (near(bounds.map(Bounds::low)), near(bounds.map(Bounds::high)));
        let negative = g.iter().filter(|g| **g < 0.0).count();
        (!g.is_empty()).then(|| Self { quantiles: PROBABILITIES.map(|p| quantile(&g, p)), at_low, at_high, negative })
    }
}

/// A total with the weighted sums before and after calibration.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginLine {
    /// The variable, or margin and category.
    pub name: String,
    /// Rows with weight that have the category, or a value other than 0.
    pub rows: usize,
    /// The weighted sum before.
    pub before: f64,
    /// The weighted sum after.
    pub after: f64,
    /// The total that is known of the population.
    pub total: f64,
}

impl MarginLine {
    /// The gap that is left, relative to the total.
    #[must_use]
    pub fn gap(&self) -> f64 {
        let gap = (self.after - self.total).abs();
        if gap > 0.0 { gap / self.total.abs().max(f64::MIN_POSITIVE) } else { 0.0 }
    }
}

/// A line for each category.
#[must_use]
pub fn margin_lines(margin: &Margin, before: &[f64], after: &[f64]) -> Vec<MarginLine> {
    let ones: Vec<f64> = before.iter().map(|d| if *d > 0.0 { 1.0 } else { 0.0 }).collect();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a count of rows
    let rows = margin.sums(&ones).into_iter().map(|count| count as usize);
    let sums = margin.sums(before).into_iter().zip(margin.sums(after));
    let lines = margin.categories().iter().enumerate().zip(rows).zip(sums);
    lines
        .map(|(((place, category), rows), (before, after))| MarginLine {
            name: margin.full_name(place),
            rows,
            before,
            after,
            total: category.total,
        })
        .collect()
}

/// A line for each variable.
#[must_use]
pub fn total_lines(auxiliaries: &[Auxiliary], before: &[f64], after: &[f64]) -> Vec<MarginLine> {
    let sum = |values: &[f64], weights: &[f64]| values.iter().zip(weights).map(|(x, w)| x * w).sum();
    let line = |x: &Auxiliary| MarginLine {
        name: x.name.clone(),
        rows: x.values.iter().zip(before).filter(|(x, d)| **x != 0.0 && **d > 0.0).count(),
        before: sum(&x.values, before),
        after: sum(&x.values, after),
        total: x.total,
    };
    auxiliaries.iter().map(line).collect()
}

/// The rows with the largest weights, largest first, at most `count`; only weights of at least `factor` medians.
#[must_use]
pub fn extreme(weights: &[f64], factor: f64, count: usize) -> Vec<(usize, f64)> {
    let median = WeightSummary::of(weights).map_or(0.0, |summary| summary.quantiles[3]);
    let mut rows: Vec<(usize, f64)> = weights.iter().copied().enumerate().filter(|(_, w)| *w > 0.0 && *w >= factor * median).collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    rows.truncate(count);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kish_of_a_textbook_case_is_one_plus_cv_squared() {
        // Half of the weights 1, half 3: mean 2, variance 1, CV² 1/4.
        let summary = WeightSummary::of(&[1.0, 3.0, 1.0, 3.0, 0.0]).unwrap();
        assert!((summary.deff - 1.25).abs() < 1e-15 && (summary.effective - 3.2).abs() < 1e-15, "{summary:?}");
        assert_eq!(summary.count, 4);
        assert_eq!(WeightSummary::of(&[0.0]), None);
    }

    #[test]
    fn quantiles_are_those_of_r() {
        // quantile(c(1, 2, 4, 8), c(.01, .25, .5, .75, .99)) of R.
        let summary = WeightSummary::of(&[8.0, 1.0, 4.0, 2.0]).unwrap();
        for (ours, theirs) in summary.quantiles.iter().zip([1.0, 1.03, 1.75, 3.0, 5.0, 7.88, 8.0]) {
            assert!((ours - theirs).abs() < 1e-14, "{ours} {theirs}");
        }
    }

    #[test]
    fn extreme_weights_are_named_largest_first() {
        assert_eq!(extreme(&[1.0, 9.0, 1.0, 12.0, 1.0, 2.0, 2.0], 3.0, 5), [(3, 12.0), (1, 9.0)]);
    }
}
