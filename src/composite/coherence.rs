//! Statistical coherence: statistics of indicators, correlations, Cronbach's alpha, effective weights.

use serde::Serialize;

use super::matrix::{Matrix, present};
use super::pipeline::Outcome;
use super::statistics::{deviation, kurtosis, mean, median, range, skewness};
use crate::schema::composite::{CompositeDefinition, CompositeNode};

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

/// How a node hangs together with what is above and below it, in one edition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coherence {
    /// The code of the node.
    pub node: String,
    /// How far below the root it is.
    pub depth: u32,
    /// Statistics of its scores; none where no unit has one.
    pub summary: Option<Summary>,
    /// Cronbach's alpha of its children.
    pub alpha: Option<f64>,
    /// The correlation of its scores with those of its parent.
    pub with_parent: Option<f64>,
    /// Its share in the root.
    pub effective_weight: f64,
}

/// Statistics, [Cronbach's alpha](cronbach), [correlation] with the parent and [effective weight](effective_weights) of every node of
/// the definition, from the scores of one edition (by place). A child that is not scored takes no part in an alpha.
#[must_use]
pub fn coherence(definition: &CompositeDefinition, outcome: &Outcome, edition: usize) -> Vec<Coherence> {
    let nodes = definition.nodes();
    let keep: Vec<bool> = (0..outcome.rows().len()).map(|row| outcome.rows().edition_of(row) == edition).collect();
    let scores = outcome.scores().filter(&keep);
    let scored = |place: &usize| nodes.get(*place).is_some_and(CompositeNode::scored);
    let of = |(place, (node, effective_weight)): (usize, (&CompositeNode, f64))| {
        let children: Vec<usize> = node.children().iter().copied().filter(scored).collect();
        Coherence {
            node: node.code().to_owned(),
            depth: node.depth(),
            summary: summary(scores.column(place)),
            alpha: cronbach(&scores, &children),
            with_parent: node.parent().and_then(|parent| correlation(scores.column(place), scores.column(parent))),
            effective_weight,
        }
    };
    nodes.iter().zip(effective_weights(definition, outcome.weights())).enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::composite::{Table, compute};
    use crate::schema::composite::parse_composite;

    /// Of the example in 2025 (see the tests of the pipeline): SERVICE and `plan` as they go into ALL, by hand. SERVICE is 9.01, 4.64
    /// and 7.65, `plan` 10, 8.5 and 7 (scores / 10 are 9.406, 6.184, 7.39).
    #[test]
    fn the_example_hangs_together_as_by_hand() {
        let definition = parse_composite(include_str!("../../survey-schemas/indices/example/2025.json")).unwrap().definition;
        let (table, _) = Table::read(include_str!("../../survey-schemas/indices/example/indicators.csv"), &definition).unwrap();
        let outcome = compute(&definition, &table).unwrap();
        let found = coherence(&definition, &outcome, 1);
        let of = |code: &str| found.iter().find(|node| node.node == code).unwrap();
        let root = of("ALL").summary.unwrap();
        assert_eq!(root.n, 3);
        assert!((root.mean - (94.06 + 61.84 + 73.9) / 3.0).abs() < 1e-12);
        let weights = ["ALL", "SERVICE", "satisfied", "overdue", "plan"].map(|code| of(code).effective_weight);
        for (found, expected) in weights.into_iter().zip([1.0, 0.6, 0.36, 0.12, 0.4]) {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
        assert_eq!((of("ALL").with_parent, of("plan").alpha), (None, None));
        // Alpha from the variance of the sum: k/(k−1) (1 − Σ s²_i / s²_sum).
        let rows = [0, 1, 2].map(|row| outcome.rows().spans()[1].start + row);
        let of_all = |code: &str| rows.map(|row| outcome.score(definition.position(code).unwrap(), row).unwrap());
        let (service, plan) = (of_all("SERVICE"), of_all("plan"));
        let variance = |values: [f64; 3]| deviation(values.into_iter()).unwrap().powi(2);
        let sum = [0, 1, 2].map(|row| service[row] + plan[row]);
        let alpha = 2.0 * (1.0 - (variance(service) + variance(plan)) / variance(sum));
        assert!((of("ALL").alpha.unwrap() - alpha).abs() < 1e-12, "{:?} is not {alpha}", of("ALL").alpha);
        assert!((of("plan").with_parent.unwrap() - correlation(&plan, &of_all("ALL")).unwrap()).abs() < 1e-12);
    }
}
