//! One margin, or one cross-classification taken as a margin.

use crate::design::calibration::projection::Projection;
use crate::design::calibration::{Calibration, CalibrationError, Margin, bad_weights};

/// Scales the weights of each category to its total.
///
/// # Formula
/// `w = d · N_c / Σ_c d`. The influence values become deviations from their mean in the category, weighted by `d`: Särndal, Swensson and
/// Wretman (1992), section 7.6; `postStratify` of R's survey package.
///
/// # Errors
/// A base weight that is no number from 0, a margin over other rows, every category whose rows have no weight.
pub fn poststratify(base: &[f64], margin: &Margin) -> Result<Calibration, Vec<CalibrationError>> {
    let mut errors = bad_weights(base);
    if margin.of_row().len() != base.len() {
        let (name, found) = (margin.name().to_owned(), margin.of_row().len());
        errors.push(CalibrationError::Ragged { name, found, expected: base.len() });
    }
    if errors.is_empty() {
        errors = margin.without_weight(base);
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let sums = margin.sums(base);
    let factors: Vec<f64> = margin.categories().iter().zip(&sums).map(|(category, sum)| category.total / sum).collect();
    let factor = |row: usize| factors[margin.of_row()[row] as usize];
    let roots: Vec<f64> = base.iter().map(|d| d.sqrt()).collect();
    let weights = base.iter().enumerate().map(|(row, d)| d * factor(row)).collect();
    let scale = roots.iter().enumerate().map(|(row, root)| root * factor(row)).collect();
    let classes = std::iter::once((margin.of_row(), margin.categories().len()));
    Ok(Calibration { weights, projection: Projection::deviations(scale, &roots, classes, 1), rounds: 1, converged: true })
}
