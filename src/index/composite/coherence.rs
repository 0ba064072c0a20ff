//! Statistical coherence: statistics of indicators, correlations, Cronbach's alpha, effective weights.

use serde::Serialize;

use super::matrix::{Matrix, present};
use super::statistics::{deviation, kurtosis, mean, median, range, skewness};
use crate::schema::composite::CompositeDefinition;

/// Statistics of a column.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// How many values there are.
    pub n: usize,
    /// How many of them are not zero.
    pub non_zero: usize,
    /// How many different ones there are.
    pub distinct: usize,
    /// How often the most frequent one stands.
    pub most_frequent: usize,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// The mean.
    pub mean: f64,
    /// The median.
    pub median: f64,
    /// The sample standard deviation.
    pub sd: Option<f64>,
    /// Sample skewness.
    pub skewness: Option<f64>,
    /// Sample excess kurtosis.
    pub kurtosis: Option<f64>,
}

/// Statistics of the values that are there (NaN: missing); none where there is no value.
#[must_use]
pub fn summary(values: &[f64]) -> Option<Summary> {
    let there = || present(values);
    let (min, max) = range(there())?;
    let mut sorted: Vec<f64> = there().map(|value| value + 0.0).collect(); // −0 is 0
    sorted.sort_by(f64::total_cmp);
    let runs = sorted.chunk_by(|a, b| a.total_cmp(b).is_eq());
    Some(Summary {
        n: sorted.len(),
        non_zero: sorted.iter().filter(|value| **value != 0.0).count(),
        distinct: runs.clone().count(),
        most_frequent: runs.map(<[f64]>::len).max()?,
        min,
        max,
        mean: mean(there())?,
        median: median(there())?,
        sd: deviation(there()),
        skewness: skewness(there()),
        kurtosis: kurtosis(there()),
    })
}

/// The sample covariance of two columns over the rows that have both, with divisor `n − 1`.
#[allow(clippy::cast_precision_loss)] // counts of units
pub(crate) fn covariance(a: &[f64], b: &[f64]) -> Option<f64> {
    let both = || a.iter().zip(b).filter(|(x, y)| !x.is_nan() && !y.is_nan()).map(|(x, y)| (*x, *y));
    let n = both().count();
    let (centre_a, centre_b) = (mean(both().map(|(x, _)| x))?, mean(both().map(|(_, y)| y))?);
    (n > 1).then(|| both().map(|(x, y)| (x - centre_a) * (y - centre_b)).sum::<f64>() / (n - 1) as f64)
}

/// Pearson's correlation of two columns over the rows that have both (NaN: missing); none where one of them does not vary.
///
/// # Formula
/// `Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² Σ (y − ȳ)²)`
#[must_use]
pub fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let only =
        |own: &[f64], other: &[f64]| own.iter().zip(other).map(|(x, y)| if y.is_nan() { f64::NAN } else { *x }).collect::<Vec<f64>>();
    let (a, b) = (only(a, b), only(b, a));
    let spread = (covariance(&a, &a)? * covariance(&b, &b)?).sqrt();
    (spread > 0.0).then_some(covariance(&a, &b)? / spread)
}

/// Cronbach's alpha of some columns, every pair of them over the rows that have both; none below two columns.
///
/// # Formula
/// `k/(k−1) · (1 − Σ s_ii / Σ s_ij)`, Cronbach (1951), Psychometrika 16(3), from pairwise covariances.
#[must_use]
#[allow(clippy::cast_precision_loss)] // counts of columns
pub fn cronbach(data: &Matrix, columns: &[usize]) -> Option<f64> {
    let (mut own, mut all) = (0.0, 0.0);
    for a in columns {
        for b in columns {
            let covariance = covariance(data.column(*a), data.column(*b))?;
            all += covariance;
            if a == b {
                own += covariance;
            }
        }
    }
    let k = columns.len() as f64;
    (columns.len() > 1 && all != 0.0).then(|| k / (k - 1.0) * (1.0 - own / all))
}

/// The share of each node in the root under `weights`: its weight among its siblings that are scored, down the tree.
///
/// # Formula
/// `e_root = 1`, `e_child = e_parent · w / Σ w`
#[must_use]
pub fn effective_weights(definition: &CompositeDefinition, weights: &[f64]) -> Vec<f64> {
    let nodes = definition.nodes();
    let weight = |place: usize| match nodes.get(place) {
        Some(node) if node.scored() => weights.get(place).copied().unwrap_or(0.0),
        _ => 0.0,
    };
    let mut effective = vec![0.0; nodes.len()];
    if let Some(root) = effective.first_mut() {
        *root = 1.0;
    }
    for (place, node) in nodes.iter().enumerate() {
        let total: f64 = node.children().iter().map(|child| weight(*child)).sum();
        for child in node.children() {
            effective[*child] = if total > 0.0 { effective[place] * weight(*child) / total } else { 0.0 };
        }
    }
    effective
}
