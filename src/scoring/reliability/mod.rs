//! How well the items of a questionnaire measure one thing: Cronbach's alpha and the statistics of its items.
//!
//! All of it follows from the covariances of pairs of items over the rows of a domain, weighted. What missing answers do to
//! those is a choice that is stated with every figure: [`MissingItems`].

mod pairs;
#[cfg(test)]
mod tests;

use crate::numeric::distribution::fisher;
use crate::scoring::interval;
use crate::scoring::sample::{Rows, Sample, Values, sum};
use crate::scoring::{LonelyStratum, sample::Linearised};
use pairs::Pairs;

/// Which rows a pair of items is compared over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingItems {
    /// Rows that answer every item: one set of people, and a covariance matrix that belongs to it.
    Listwise,
    /// Rows that answer both items of the pair: no answer is lost, and alpha may leave its range.
    Pairwise,
}

/// The lowest and the highest answer that an item can have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnswerRange {
    /// The floor.
    pub lowest: f64,
    /// The ceiling.
    pub highest: f64,
}

/// Why a set of items has no reliability.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReliabilityError {
    /// One item, or none, agrees with nothing.
    #[error("{0} items: at least two are needed")]
    Items(usize),
    /// A column of another length than the sample.
    #[error("item {item} has {found} rows, the sample has {expected}")]
    Ragged {
        /// The item, from 0.
        item: usize,
        /// Rows found.
        found: usize,
        /// Rows of the sample.
        expected: usize,
    },
    /// Fewer than two rows answer both items of a pair.
    #[error("fewer than two rows answer both item {one} and item {other}")]
    Answers {
        /// An item, from 0.
        one: usize,
        /// The other.
        other: usize,
    },
    /// The sum of the items is the same in every row.
    #[error("the sum of the items does not vary")]
    Constant,
    /// The variance of alpha cannot be estimated.
    #[error(transparent)]
    Lonely(#[from] LonelyStratum),
}

/// An item beside the others. Shares and moments are weighted.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemStatistics {
    /// The mean answer.
    pub mean: f64,
    /// The standard deviation of answers, with `n/(n − 1)`.
    pub sd: f64,
    /// The share of answers at the lowest end.
    pub floor: f64,
    /// The share of answers at the highest end.
    pub ceiling: f64,
    /// The share of the domain's rows without an answer.
    pub missing: f64,
    /// Alpha of the other items; `None` for one of two items.
    pub alpha_if_deleted: Option<f64>,
    /// The correlation with the sum of the other items; `None` where one of them does not vary.
    pub rest_correlation: Option<f64>,
}

/// Alpha of the unweighted answers, as if they were a simple random sample: what text books and other surveys report.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Classical {
    /// Alpha.
    pub alpha: f64,
    /// Rows that answer every item.
    pub complete: f64,
    /// How many items there are.
    pub items: f64,
}

impl Classical {
    /// The interval under normality.
    ///
    /// # Formula
    /// `1 − (1 − α) F`, with the `1 ∓ γ` quantiles of F with `n − 1` and `(n − 1)(k − 1)` degrees of freedom: Feldt (1965),
    /// Psychometrika 30.
    #[must_use]
    pub fn interval(&self, level: f64) -> (f64, f64) {
        let half = 0.5 * (1.0 - level);
        let (df1, df2) = (self.complete - 1.0, (self.complete - 1.0) * (self.items - 1.0));
        let end = |p: f64| 1.0 - (1.0 - self.alpha) * fisher::quantile(p, df1, df2);
        (end(1.0 - half), end(half))
    }
}

/// Cronbach's alpha of a set of items under the design, with what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    /// Alpha.
    pub alpha: f64,
    /// Its design-based variance.
    pub variance: f64,
    /// Degrees of freedom of the domain.
    pub df: f64,
    /// Alpha of the items brought to one variance; `None` where an item does not vary.
    pub standardised: Option<f64>,
    /// The unweighted one.
    pub classical: Classical,
    /// The items, in their order.
    pub items: Vec<ItemStatistics>,
    /// Correlations of the items, row-major; `None` where one of them does not vary.
    pub correlations: Vec<Option<f64>>,
}

impl Reliability {
    /// The interval under the design.
    ///
    /// # Formula
    /// Symmetric in `ln(1 − α)`, whose distribution is closer to normal than alpha's, so that it stays below 1:
    /// `1 − (1 − α) exp(± t √v / (1 − α))`; the transformation of Bonett (2002), Journal of Educational and Behavioral
    /// Statistics 27, with the design's variance.
    #[must_use]
    pub fn interval(&self, level: f64) -> (f64, f64) {
        let apart = 1.0 - self.alpha;
        let half = interval::multiplier(level, self.df) * libm::sqrt(self.variance) / apart;
        (1.0 - apart * libm::exp(half), 1.0 - apart * libm::exp(-half))
    }
}

/// The reliability of items over the rows of a domain. Items are answers as numbers, NaN where there is none.
///
/// # Formula
/// `α = k/(k − 1) · (1 − Σ σ_ii / Σ σ_ij)`, Cronbach (1951), Psychometrika 16, with weighted covariances
/// `σ_ij = n/(n − 1) Σ w (x_i − x̄_i)(x_j − x̄_j) / Σ w` over the rows of the pair. Standardised: `k r̄ / (1 + (k − 1) r̄)` with the mean
/// correlation `r̄`. The variance is that of the influence values `Σ ∂α/∂σ_ij · z_ij`, where a row moves a covariance by
/// `z_ij = w/W_ij · (n/(n − 1) (x_i − x̄_i)(x_j − x̄_j) − σ_ij)` (Deville 1999, Survey Methodology 25).
///
/// # Errors
/// [`ReliabilityError`]: fewer than two items, too few answers, no variation, or a lonely PSU whose rule is to fail.
pub fn reliability(
    sample: &Sample,
    items: &[Values],
    rows: &Rows,
    missing: MissingItems,
    range: AnswerRange,
) -> Result<Reliability, ReliabilityError> {
    let k = items.len();
    if k < 2 {
        return Err(ReliabilityError::Items(k));
    }
    if let Some((item, found)) = items.iter().map(|item| item.len()).enumerate().find(|(_, len)| *len != sample.rows()) {
        return Err(ReliabilityError::Ragged { item, found, expected: sample.rows() });
    }
    let rows: Vec<bool> = (0..sample.rows()).map(|row| rows.get(row).copied().unwrap_or(false)).collect();
    let complete: Vec<bool> = (0..sample.rows()).map(|row| rows[row] && items.iter().all(|item| !item[row].is_nan())).collect();
    let among: &[bool] = if missing == MissingItems::Listwise { &complete } else { &rows };
    let pairs = Pairs::new(sample.weights(), items, among)?;
    let everyone: Vec<usize> = (0..k).collect();
    let alpha = pairs.alpha(&everyone).ok_or(ReliabilityError::Constant)?;
    let influence = Linearised::new(vec![alpha], pairs.influence(sample.weights(), items, among)).over(among);
    let variance = sample.covariance(&influence)?.first().copied().unwrap_or(f64::NAN);
    let equal = vec![1.0; sample.rows()];
    let unweighted = Pairs::new(&equal, items, among)?.alpha(&everyone).ok_or(ReliabilityError::Constant)?;
    let number = |count: usize| u32::try_from(count).map_or(f64::MAX, f64::from);
    let statistics = (0..k).map(|item| {
        let others: Vec<usize> = (0..k).filter(|other| *other != item).collect();
        ItemStatistics {
            alpha_if_deleted: pairs.alpha(&others),
            rest_correlation: pairs.rest_correlation(item),
            mean: pairs.mean(item),
            sd: libm::sqrt(pairs.covariance(item, item)),
            ..shares(sample.weights(), &items[item], &rows, among, range)
        }
    });
    let all = everyone.iter().flat_map(|i| everyone.iter().map(|j| (*i, *j)));
    Ok(Reliability {
        alpha,
        variance,
        df: sample.df(&rows),
        standardised: pairs.standardised(),
        classical: Classical { alpha: unweighted, complete: number(complete.iter().filter(|row| **row).count()), items: number(k) },
        items: statistics.collect(),
        correlations: all.map(|(i, j)| pairs.correlation(i, j)).collect(),
    })
}

/// Where the answers of an item lie, its moments left at NaN.
fn shares(weights: &[f64], item: &Values, rows: &[bool], among: &[bool], range: AnswerRange) -> ItemStatistics {
    let weight = |rows: &[bool], of: &dyn Fn(f64) -> bool| {
        sum(weights.iter().zip(item.iter()).zip(rows).filter(|((_, answer), keep)| **keep && of(**answer)).map(|((weight, _), _)| *weight))
    };
    let answered = weight(among, &|answer| !answer.is_nan());
    ItemStatistics {
        mean: f64::NAN,
        sd: f64::NAN,
        floor: weight(among, &|answer| answer <= range.lowest) / answered,
        ceiling: weight(among, &|answer| answer >= range.highest) / answered,
        missing: weight(rows, &f64::is_nan) / weight(rows, &|_| true),
        alpha_if_deleted: None,
        rest_correlation: None,
    }
}
