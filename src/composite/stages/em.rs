//! Imputation by expectation–maximisation under a multivariate normal model.

use std::collections::BTreeMap;

use super::State;
use crate::composite::matrix::{Matrix, present};
use crate::composite::statistics::{deviation, mean};
use crate::schema::composite::CompositeDefinition;

/// Fills in each group of leaves that share a parent by its own model, edition by edition. A unit without any value in the
/// group stays as it is: nothing tells it from the others.
pub(super) fn fill(definition: &CompositeDefinition, state: &mut State, iterations: u32, tolerance: f64) {
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (column, (_, node, _)) in definition.leaves().enumerate() {
        groups.entry(node.parent().unwrap_or(usize::MAX)).or_default().push(column);
    }
    for columns in groups.values() {
        for span in state.rows.spans().to_vec() {
            let mut block = Matrix::missing(span.len(), columns.len());
            for (place, column) in columns.iter().enumerate() {
                for (row, from) in span.clone().enumerate() {
                    block.set(row, place, state.indicators.get(from, *column));
                }
            }
            let filled = expectation(&block, iterations, tolerance);
            for (place, column) in columns.iter().enumerate() {
                for (row, to) in span.clone().enumerate() {
                    state.indicators.set(to, *column, filled.get(row, place));
                }
            }
        }
    }
}

/// The block with every missing value replaced by its expectation given those that the unit has.
///
/// # Formula
/// E: `x̂_m = μ_m + Σ_mo Σ_oo⁻¹ (x_o − μ_o)`, `C_m = Σ_mm − Σ_mo Σ_oo⁻¹ Σ_om`; M: `μ`, `Σ` of the completed data with `C_m` added,
/// divisor `n`. Little and Rubin (2002), Statistical Analysis with Missing Data, §11.2. Columns are standardised first; a
/// direction in which the values known do not vary is left out of `Σ_oo⁻¹`.
pub(crate) fn expectation(block: &Matrix, iterations: u32, tolerance: f64) -> Matrix {
    let columns = block.columns();
    let scale: Vec<Option<(f64, f64)>> = (0..columns)
        .map(|column| {
            let values = block.column(column);
            Some((mean(present(values))?, deviation(present(values)).filter(|spread| *spread > 0.0).unwrap_or(1.0)))
        })
        .collect();
    // Columns without any value and units without any value take no part.
    let used: Vec<usize> = (0..columns).filter(|column| scale[*column].is_some()).collect();
    let known = |row: usize| {
        let value = |column: &usize| Some((block.get(row, *column)? - scale[*column]?.0) / scale[*column]?.1);
        used.iter().map(value).collect::<Vec<Option<f64>>>()
    };
    let rows: Vec<(usize, Vec<Option<f64>>)> =
        (0..block.rows()).map(|row| (row, known(row))).filter(|(_, values)| values.iter().any(Option::is_some)).collect();
    let mut filled = block.clone();
    if rows.iter().all(|(_, values)| values.iter().all(Option::is_some)) {
        return filled;
    }
    let mut model = Model::start(used.len());
    for _ in 0..iterations {
        if model.step(&rows) <= tolerance {
            break;
        }
    }
    for (row, values) in &rows {
        let (expected, _) = model.expect(values);
        for (place, column) in used.iter().enumerate() {
            if let (None, Some((centre, spread))) = (values[place], scale[*column]) {
                filled.set(*row, *column, Some(centre + spread * expected[place]));
            }
        }
    }
    filled
}

/// A mean vector and a covariance matrix, row by row.
struct Model {
    size: usize,
    mean: Vec<f64>,
    covariance: Vec<f64>,
}

impl Model {
    /// Standardised columns that are not correlated.
    fn start(size: usize) -> Self {
        let covariance = (0..size * size).map(|cell| if cell % (size + 1) == 0 { 1.0 } else { 0.0 }).collect();
        Self { size, mean: vec![0.0; size], covariance }
    }

    fn cell(&self, a: usize, b: usize) -> f64 {
        self.covariance[a * self.size + b]
    }

    /// The unit's values with expectations for those it lacks, and the conditional covariance of these.
    fn expect(&self, values: &[Option<f64>]) -> (Vec<f64>, Vec<f64>) {
        let k = self.size;
        let (there, gone): (Vec<usize>, Vec<usize>) = (0..k).partition(|place| values[*place].is_some());
        let mut expected: Vec<f64> = values.iter().zip(&self.mean).map(|(value, mean)| value.unwrap_or(*mean)).collect();
        let mut conditional = vec![0.0; k * k];
        for a in &gone {
            for b in &gone {
                conditional[a * k + b] = self.cell(*a, *b);
            }
        }
        // Sweep the known ones out one by one, each by what it adds to those before it.
        let mut swept = self.covariance.clone();
        let mut distance: Vec<f64> = (0..k).map(|place| values[place].map_or(0.0, |value| value - self.mean[place])).collect();
        for pivot in there {
            let variance = swept[pivot * k + pivot];
            if variance <= 1e-10 {
                continue;
            }
            let share: Vec<f64> = (0..k).map(|place| swept[place * k + pivot] / variance).collect();
            let shift = distance[pivot];
            for place in 0..k {
                if place != pivot {
                    distance[place] -= share[place] * shift;
                }
            }
            let row: Vec<f64> = swept[pivot * k..(pivot + 1) * k].to_vec();
            for a in 0..k {
                for b in 0..k {
                    swept[a * k + b] -= share[a] * row[b];
                }
            }
            for place in &gone {
                expected[*place] += share[*place] * shift;
            }
        }
        for a in &gone {
            for b in &gone {
                conditional[a * k + b] = swept[a * k + b];
            }
        }
        (expected, conditional)
    }

    /// One round; returns by how much a mean or covariance moved at most.
    #[allow(clippy::cast_precision_loss)] // a list of units
    fn step(&mut self, rows: &[(usize, Vec<Option<f64>>)]) -> f64 {
        let (k, n) = (self.size, rows.len() as f64);
        let (mut sums, mut squares) = (vec![0.0; k], vec![0.0; k * k]);
        for (_, values) in rows {
            let (expected, conditional) = self.expect(values);
            for a in 0..k {
                sums[a] += expected[a];
                for b in 0..k {
                    squares[a * k + b] += expected[a] * expected[b] + conditional[a * k + b];
                }
            }
        }
        let mean: Vec<f64> = sums.iter().map(|sum| sum / n).collect();
        let covariance: Vec<f64> = (0..k * k).map(|cell| squares[cell] / n - mean[cell / k] * mean[cell % k]).collect();
        let moved = |old: &[f64], new: &[f64]| old.iter().zip(new).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let moved = moved(&self.mean, &mean).max(moved(&self.covariance, &covariance));
        (self.mean, self.covariance) = (mean, covariance);
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With one column complete, the maximum of the likelihood is known: the missing values lie on the regression line of the
    /// complete cases (Anderson 1957, JASA 52; Little and Rubin 2002, §7.2).
    #[test]
    fn a_monotone_pattern_gives_the_regression_of_the_complete_cases() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 9.0];
        let y = [2.1, 3.9, 6.2, 7.8, 10.1];
        let mut block = Matrix::missing(7, 2);
        for (row, value) in x.iter().enumerate() {
            block.set(row, 0, Some(*value));
            block.set(row, 1, y.get(row).copied());
        }
        let filled = expectation(&block, 10_000, 1e-14);
        // Slope and intercept of y on x over the five complete cases, by hand: 19.9/10 and 6.02 − 1.99·3.
        for (row, value) in x.iter().enumerate().skip(5) {
            let line = 0.05 + 1.99 * value;
            assert!((filled.get(row, 1).unwrap() - line).abs() < 1e-9, "{row}: {:?} {line}", filled.get(row, 1));
        }
    }

    #[test]
    fn columns_that_depend_on_each_other_do_no_harm() {
        let mut block = Matrix::missing(4, 3);
        for row in 0..4 {
            let value = f64::from(u8::try_from(row).unwrap());
            block.set(row, 0, Some(value));
            block.set(row, 1, Some(2.0 * value));
            block.set(row, 2, (row != 3).then_some(value * value));
        }
        assert!(expectation(&block, 500, 1e-12).get(3, 2).is_some());
    }

    #[test]
    fn a_unit_without_any_value_stays_without() {
        let mut block = Matrix::missing(3, 2);
        for (row, value) in [(0, 1.0), (1, 2.0)] {
            block.set(row, 0, Some(value));
            block.set(row, 1, Some(value * 3.0));
        }
        let filled = expectation(&block, 10, 1e-9);
        assert_eq!((filled.get(2, 0), filled.get(2, 1)), (None, None));
    }
}
