//! Covariances of pairs of items, each over the rows that answer both.

use crate::scoring::reliability::ReliabilityError;
use crate::scoring::sample::{Values, sum};

/// Two items over the rows that answer both.
#[derive(Debug, Clone, Copy)]
struct Pair {
    /// The weight of those rows.
    weight: f64,
    /// `n/(n − 1)` of them.
    bessel: f64,
    means: [f64; 2],
    variances: [f64; 2],
    covariance: f64,
}

impl Pair {
    fn new(weights: &[f64], one: &Values, other: &Values, rows: &[bool]) -> Option<Self> {
        let both: Vec<(f64, f64, f64)> = (0..rows.len())
            .filter(|row| rows[*row] && weights[*row] > 0.0 && !one[*row].is_nan() && !other[*row].is_nan())
            .map(|row| (weights[row], one[row], other[row]))
            .collect();
        let n = u32::try_from(both.len()).map_or(f64::MAX, f64::from);
        if n < 2.0 {
            return None;
        }
        let weight = sum(both.iter().map(|(w, _, _)| *w));
        let mean = |of: &dyn Fn(f64, f64) -> f64| sum(both.iter().map(|(w, x, y)| w * of(*x, *y))) / weight;
        let (x_mean, y_mean) = (mean(&|x, _| x), mean(&|_, y| y));
        let bessel = n / (n - 1.0);
        let moment = |of: &dyn Fn(f64, f64) -> f64| bessel * mean(&|x, y| of(x - x_mean, y - y_mean));
        let variances = [moment(&|x, _| x * x), moment(&|_, y| y * y)];
        Some(Self { weight, bessel, means: [x_mean, y_mean], variances, covariance: moment(&|x, y| x * y) })
    }

    /// What a row that answers both adds to the covariance, by its weight.
    fn influence(&self, weight: f64, x: f64, y: f64) -> f64 {
        weight / self.weight * (self.bessel * (x - self.means[0]) * (y - self.means[1]) - self.covariance)
    }
}

/// Every pair of items, an item with itself included.
#[derive(Debug, Clone)]
pub(super) struct Pairs {
    items: usize,
    /// Row by row of the lower triangle.
    pairs: Vec<Pair>,
}

impl Pairs {
    pub fn new(weights: &[f64], items: &[Values], rows: &[bool]) -> Result<Self, ReliabilityError> {
        let mut pairs = Vec::with_capacity(items.len() * (items.len() + 1) / 2);
        for (one, x) in items.iter().enumerate() {
            for (other, y) in items.iter().enumerate().take(one + 1) {
                pairs.push(Pair::new(weights, x, y, rows).ok_or(ReliabilityError::Answers { one: other, other: one })?);
            }
        }
        Ok(Self { items: items.len(), pairs })
    }

    fn pair(&self, one: usize, other: usize) -> &Pair {
        let (high, low) = (one.max(other), one.min(other));
        &self.pairs[high * (high + 1) / 2 + low]
    }

    pub fn covariance(&self, one: usize, other: usize) -> f64 {
        self.pair(one, other).covariance
    }

    pub fn mean(&self, item: usize) -> f64 {
        self.pair(item, item).means[0]
    }

    /// The correlation over the rows of the pair.
    pub fn correlation(&self, one: usize, other: usize) -> Option<f64> {
        let pair = self.pair(one, other);
        let scale = pair.variances[0] * pair.variances[1];
        (scale > 0.0).then(|| if one == other { 1.0 } else { pair.covariance / libm::sqrt(scale) })
    }

    /// Sums over the variances, and over all covariances, of some items.
    fn sums(&self, items: &[usize]) -> (f64, f64) {
        let own = items.iter().map(|item| self.covariance(*item, *item)).sum();
        let all = items.iter().flat_map(|one| items.iter().map(|other| self.covariance(*one, *other))).sum();
        (own, all)
    }

    /// Alpha of some items; `None` for a single one, or where their sum does not vary.
    pub fn alpha(&self, items: &[usize]) -> Option<f64> {
        let (own, all) = self.sums(items);
        (items.len() > 1 && all > 0.0).then(|| factor(items.len()) * (1.0 - own / all))
    }

    /// Alpha from the mean correlation.
    pub fn standardised(&self) -> Option<f64> {
        let k = u32::try_from(self.items).map_or(f64::MAX, f64::from);
        let pairs = (0..self.items).flat_map(|one| (0..one).map(move |other| (one, other)));
        let correlations: Vec<f64> = pairs.map(|(one, other)| self.correlation(one, other)).collect::<Option<_>>()?;
        let mean = correlations.iter().sum::<f64>() / (0.5 * k * (k - 1.0));
        Some(k * mean / (1.0 + (k - 1.0) * mean))
    }

    /// The correlation of an item with the sum of the others.
    pub fn rest_correlation(&self, item: usize) -> Option<f64> {
        let others: Vec<usize> = (0..self.items).filter(|other| *other != item).collect();
        let with: f64 = others.iter().map(|other| self.covariance(item, *other)).sum();
        let scale = self.covariance(item, item) * self.sums(&others).1;
        (scale > 0.0).then(|| with / libm::sqrt(scale))
    }

    /// How each row moves alpha of all items.
    pub fn influence(&self, weights: &[f64], items: &[Values], rows: &[bool]) -> Vec<f64> {
        let (own, all) = self.sums(&(0..self.items).collect::<Vec<_>>());
        let by_all = factor(self.items) * own / (all * all);
        let by_own = -factor(self.items) / all;
        let of_row = |row: usize| {
            let mut moved = 0.0;
            for one in 0..self.items {
                for other in 0..=one {
                    let (x, y) = (items[one][row], items[other][row]);
                    // A covariance stands in the sum of all twice.
                    let by = if one == other { by_own + by_all } else { 2.0 * by_all };
                    if !x.is_nan() && !y.is_nan() {
                        moved += by * self.pair(one, other).influence(weights[row], x, y);
                    }
                }
            }
            moved
        };
        (0..rows.len()).map(|row| if rows[row] && weights[row] > 0.0 { of_row(row) } else { 0.0 }).collect()
    }
}

/// `k/(k − 1)`.
fn factor(items: usize) -> f64 {
    let k = u32::try_from(items).map_or(f64::MAX, f64::from);
    k / (k - 1.0)
}
