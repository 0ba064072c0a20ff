//! Replicate weights that came with the data.

use std::collections::BTreeSet;

use crate::scoring::replicate::{Factors, Level, ReplicateError, Replicates};

impl Replicates {
    /// Replicates from weights that somebody supplies: `columns` holds one list a replicate, one weight a row.
    ///
    /// `combined`: they are full analysis weights and are divided by the sample's `weights`; else they multiply them. `scale` and
    /// `rscales` are those that belong to the method which made them. A row with a weight of 0 keeps a factor of 0.
    ///
    /// # Errors
    /// Every [`ReplicateError`] at once: lists of other lengths, weights that are no numbers, fewer than two replicates, scales that are no
    /// numbers from 0 or not one a replicate. Negative weights are let in, since some methods make them.
    pub fn supplied(
        columns: &[Vec<f64>],
        weights: &[f64],
        combined: bool,
        scale: f64,
        rscales: &[f64],
    ) -> Result<Self, Vec<ReplicateError>> {
        let mut errors = Vec::new();
        if columns.len() < 2 || rscales.len() != columns.len() {
            errors.push(ReplicateError::Count { replicates: columns.len(), rscales: rscales.len() });
        }
        if !(scale.is_finite() && scale >= 0.0 && rscales.iter().all(|share| share.is_finite() && *share >= 0.0)) {
            errors.push(ReplicateError::Scale);
        }
        for (replicate, column) in (1..).zip(columns) {
            if column.len() != weights.len() {
                errors.push(ReplicateError::Ragged { replicate, found: column.len(), expected: weights.len() });
            } else if let Some(row) = column.iter().position(|w| !w.is_finite()) {
                errors.push(ReplicateError::Weight { replicate, row });
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let factor = |weight: f64, base: f64| match (combined, base == 0.0) {
            (false, _) => weight,
            (true, true) => 0.0,
            (true, false) => weight / base,
        };
        let of_row = |(row, base): (usize, &f64)| columns.iter().map(move |column| factor(column[row], *base)).collect::<Vec<_>>();
        let factors: Vec<f64> = weights.iter().enumerate().flat_map(of_row).collect();
        Ok(Self {
            level: Level::Rows,
            units: weights.len(),
            count: columns.len(),
            df: f64::from(rank(&factors, columns.len())) - 1.0,
            factors: Factors::Dense(factors),
            scale,
            rscales: rscales.to_vec(),
            mse: false,
            exchangeable: false,
        })
    }
}

/// The rank of a row-major table of factors: of its columns, those that the ones before do not span.
///
/// # Formula
/// Householder-free: each column less its projections on those kept (modified Gram–Schmidt, twice), kept if more than 10⁻⁵ of its length is left, the
/// tolerance of `degf` of R. Rows that are equal are taken once, which changes no rank.
fn rank(factors: &[f64], width: usize) -> u32 {
    // Factors of one PSU may differ in their last bits after a division by the weight; those are one row too.
    let bits = |row: &[f64]| row.iter().map(|factor| (factor * 1e9).round().to_bits()).collect::<Vec<u64>>();
    let mut met = BTreeSet::new();
    let rows: Vec<&[f64]> = factors.chunks_exact(width).filter(|row| met.insert(bits(row))).collect();
    let mut kept: Vec<Vec<f64>> = Vec::new();
    for column in 0..width {
        let mut rest: Vec<f64> = rows.iter().map(|row| row[column]).collect();
        let length = norm(&rest);
        for _ in 0..2 {
            for base in &kept {
                let along: f64 = base.iter().zip(&rest).map(|(a, b)| a * b).sum();
                rest.iter_mut().zip(base).for_each(|(r, b)| *r -= along * b);
            }
        }
        let left = norm(&rest);
        if left > 1e-5 * length {
            rest.iter_mut().for_each(|r| *r /= left);
            kept.push(rest);
        }
        if kept.len() == rows.len() {
            break;
        }
    }
    u32::try_from(kept.len()).unwrap_or(u32::MAX)
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let columns = [vec![1.0, 2.0], vec![1.0, f64::NAN], vec![1.0]];
        let errors = Replicates::supplied(&columns, &[1.0, 1.0], true, -1.0, &[1.0, 1.0]).unwrap_err();
        assert_eq!(
            errors,
            [
                ReplicateError::Count { replicates: 3, rscales: 2 },
                ReplicateError::Scale,
                ReplicateError::Weight { replicate: 2, row: 1 },
                ReplicateError::Ragged { replicate: 3, found: 1, expected: 2 },
            ]
        );
    }

    #[test]
    fn the_rank_counts_what_is_independent() {
        // The third column is the sum of the first two, rows are repeated.
        let table = [[1.0, 0.0, 1.0], [0.0, 2.0, 2.0], [1.0, 0.0, 1.0], [3.0, 1.0, 4.0]].concat();
        assert_eq!(rank(&table, 3), 2);
        assert_eq!(rank(&[1.0, 0.0, 0.0, 1.0], 2), 2);
        assert_eq!(rank(&[], 2), 0);
    }
}
