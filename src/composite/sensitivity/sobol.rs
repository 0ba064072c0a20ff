//! Which factor the spread comes from: Sobol's first-order and total indices.

use rand_chacha::rand_core::Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::super::statistics::mean;
use super::SensitivityError;
use super::draw::{self, Use};
use super::monte_carlo::mean_shift;
use super::variants::{Variations, Work};
use crate::schema::composite::{SensitivityOutput, SobolPlan};
use crate::words::Said;

/// An index with its bootstrap bounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// The estimate; a share of the variance, but for Monte Carlo error that may take it below 0 or above 1.
    pub value: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// The indices of every factor, in the order of the designs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SobolIndices {
    /// The mean of the output over both base samples.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
    /// First order: by how much the variance would fall on average if the factor were fixed.
    pub first: Vec<Share>,
    /// Total: what would be left on average if all others were fixed.
    pub total: Vec<Share>,
}

/// A factor with its indices.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FactorShare {
    /// The code of the factor.
    pub factor: String,
    /// First order.
    pub first: Share,
    /// Total.
    pub total: Share,
}

/// What a Sobol design shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SobolRun {
    /// What the indices are about.
    pub output: SensitivityOutput,
    /// How many times the index was computed.
    pub evaluations: usize,
    /// The mean of the output.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
    /// The factors in the order of the file; empty where the output does not vary.
    pub factors: Vec<FactorShare>,
}

/// First-order and total indices from the outputs of the designs A, B, and A with one column of B for each factor in turn;
/// none where the output does not vary.
///
/// # Formula
/// `S_i = mean(y_B (y_ABi − y_A)) / V`, Saltelli et al. (2010), Computer Physics Communications 181, table 2 (b);
/// `T_i = Σ (y_A − y_ABi)² / (2 N V)`, Jansen (1999), the same table (f); `V` the sample variance of the outputs of A and B.
/// Bounds are percentiles over `bootstrap` samples of rows, each from a stream of its own; of B samples, the
/// `⌊(1 − level)/2 · (B + 1)⌋`-th from either end.
///
/// # Errors
/// [`SensitivityError::Shape`] where the designs differ in length, or there are fewer than three.
pub fn sobol_indices(outputs: &[Vec<f64>], bootstrap: u32, level: f64, seed: u64) -> Result<Option<SobolIndices>, SensitivityError> {
    let n = outputs.first().map_or(0, Vec::len);
    let short = |(_, design): &(usize, &Vec<f64>)| design.len() != n || n == 0;
    if let Some((place, design)) = outputs.iter().enumerate().find(short) {
        return Err(SensitivityError::Shape { place, found: design.len(), expected: n.max(1) });
    }
    let [a, b, mixed @ ..] = outputs else {
        return Err(SensitivityError::Shape { place: outputs.len(), found: 0, expected: n.max(1) });
    };
    let all: Vec<usize> = (0..n).collect();
    let estimate = |rows: &[usize]| Estimate::of(a, b, mixed, rows);
    let Some(point) = estimate(&all) else { return Ok(None) };
    let sample = |number: u32| {
        let mut rng = draw::stream(seed, Use::Bootstrap, u64::from(number));
        let rows: Vec<usize> = (0..n).map(|_| below(rng.next_u64(), n)).collect();
        estimate(&rows)
    };
    let samples: Vec<Estimate> = (0..bootstrap).into_par_iter().filter_map(sample).collect();
    let share = |value: f64, of: &dyn Fn(&Estimate) -> f64| {
        let mut found: Vec<f64> = samples.iter().map(of).collect();
        let (low, high) = percentiles(&mut found, level).unwrap_or((f64::NAN, f64::NAN));
        Share { value, low, high }
    };
    let first = (0..mixed.len()).map(|i| share(point.first[i], &|sample| sample.first[i])).collect();
    let total = (0..mixed.len()).map(|i| share(point.total[i], &|sample| sample.total[i])).collect();
    Ok(Some(SobolIndices { mean: point.mean, variance: point.variance, first, total }))
}

/// A number below `n`, as even as 64 bits allow: the high half of the product.
#[allow(clippy::cast_possible_truncation)] // the high half is below n
fn below(bits: u64, n: usize) -> usize {
    ((u128::from(bits) * n as u128) >> 64) as usize
}

/// The bounds of the middle `level` of numbers, which are left in another order.
pub(crate) fn percentiles(numbers: &mut [f64], level: f64) -> Option<(f64, f64)> {
    let (count, cut) = (numbers.len(), cut(numbers.len(), level));
    if count == 0 {
        return None;
    }
    let (_, low, above) = numbers.select_nth_unstable_by(cut, f64::total_cmp);
    let low = *low;
    // The upper bound stands as many places before the end as the lower one behind the start.
    let Some(place) = (count - 1 - cut).checked_sub(cut + 1) else { return Some((low, low)) };
    let (_, high, _) = above.select_nth_unstable_by(place, f64::total_cmp);
    Some((low, *high))
}

/// How many of `count` sorted numbers lie beyond the middle `level` at either end.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a place among the samples
fn cut(count: usize, level: f64) -> usize {
    let place = libm::floor(0.5 * (1.0 - level) * (count as f64 + 1.0) + 1e-9) as usize;
    place.saturating_sub(1).min(count.saturating_sub(1) / 2)
}

/// The indices of one sample of rows.
struct Estimate {
    mean: f64,
    variance: f64,
    first: Vec<f64>,
    total: Vec<f64>,
}

impl Estimate {
    /// None where the output does not vary.
    #[allow(clippy::cast_precision_loss)] // a number of rows
    fn of(a: &[f64], b: &[f64], mixed: &[Vec<f64>], rows: &[usize]) -> Option<Self> {
        let both = || rows.iter().map(|row| a[*row]).chain(rows.iter().map(|row| b[*row]));
        let mean = mean(both())?;
        let n = rows.len() as f64;
        let variance = both().map(|y| (y - mean) * (y - mean)).sum::<f64>() / (2.0 * n - 1.0);
        let first = |design: &Vec<f64>| rows.iter().map(|row| b[*row] * (design[*row] - a[*row])).sum::<f64>() / n / variance;
        let square = |design: &[f64], row: usize| (a[row] - design[row]) * (a[row] - design[row]);
        let total = |design: &Vec<f64>| rows.iter().map(|row| square(design, *row)).sum::<f64>() / (2.0 * n * variance);
        let (first, total) = (mixed.iter().map(first).collect(), mixed.iter().map(total).collect());
        (variance > 0.0).then_some(Self { mean, variance, first, total })
    }
}

/// Computes the index at every point of a Sobol design and shares out the variance of the output.
///
/// # Errors
/// [`SensitivityError::NoUnit`], [`SensitivityError::Alternative`] where a point gives no output: what is missing would bias every index.
pub fn sobol(variations: &Variations<'_>, plan: SobolPlan, seed: u64) -> Result<SobolRun, SensitivityError> {
    let (set, d, n) = (variations.factors(), variations.factors().factors().len(), plan.base as usize);
    let unit = match set.output() {
        SensitivityOutput::MeanRankShift => None,
        SensitivityOutput::Score { unit } | SensitivityOutput::Rank { unit } => Some(variations.unit(unit)?),
    };
    let one = |(work, base): &mut (Work, Vec<f64>), place: usize| {
        let (design, row) = (place / n, place % n);
        base.resize(2 * d, 0.0);
        draw::fill(&mut draw::stream(seed, Use::Sobol, u64::try_from(row).unwrap_or(u64::MAX)), base);
        // Design 0 is A, 1 is B, 2 + i is A with column i of B.
        match design {
            0 => {}
            1 => base.copy_within(d.., 0),
            mixed => base[mixed - 2] = base[d + mixed - 2],
        }
        variations.evaluate(&base[..d], seed, work).map_err(SensitivityError::Alternative)?;
        let value = match (set.output(), unit) {
            (SensitivityOutput::Score { .. }, Some(unit)) => work.unit_scores.get(unit).copied().filter(|score| !score.is_nan()),
            (SensitivityOutput::Rank { .. }, Some(unit)) => {
                work.unit_ranks.get(unit).filter(|rank| **rank > 0).map(|rank| f64::from(*rank))
            }
            _ => mean_shift(variations, &work.unit_ranks),
        };
        value.ok_or_else(|| SensitivityError::Alternative(Said::new("đại lượng được xét không có giá trị", "the output has no value")))
    };
    let evaluations = n * (d + 2);
    let flat: Vec<Result<f64, SensitivityError>> = (0..evaluations).into_par_iter().map_init(<(Work, Vec<f64>)>::default, one).collect();
    let flat: Vec<f64> = flat.into_iter().collect::<Result<_, _>>()?;
    let outputs: Vec<Vec<f64>> = flat.chunks_exact(n).map(<[f64]>::to_vec).collect();
    let output = set.output().clone();
    let Some(found) = sobol_indices(&outputs, plan.bootstrap, set.level(), seed)? else {
        let mean = flat.first().copied().unwrap_or(f64::NAN);
        return Ok(SobolRun { output, evaluations, mean, variance: 0.0, factors: Vec::new() });
    };
    let codes = set.factors().iter().zip(found.first.iter().zip(&found.total));
    let factors = codes.map(|(factor, (first, total))| FactorShare { factor: factor.code.clone(), first: *first, total: *total }).collect();
    Ok(SobolRun { output, evaluations, mean: found.mean, variance: found.variance, factors })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn percentiles_are_the_sorted_numbers_that_stand_as_far_from_either_end(
            mut numbers in proptest::collection::vec((-9..9_i32).prop_map(f64::from), 1..60), level in 0.01..0.999_f64,
        ) {
            let mut sorted = numbers.clone();
            sorted.sort_by(f64::total_cmp);
            let cut = cut(sorted.len(), level);
            prop_assert_eq!(percentiles(&mut numbers, level), Some((sorted[cut], sorted[sorted.len() - 1 - cut])));
        }
    }

    #[test]
    fn of_a_thousand_samples_the_25th_from_either_end_bound_95_percent() {
        let mut numbers: Vec<f64> = (1..=1000).rev().map(f64::from).collect();
        assert_eq!(percentiles(&mut numbers, 0.95), Some((25.0, 976.0)));
        assert_eq!(percentiles(&mut [], 0.95), None);
    }
}
