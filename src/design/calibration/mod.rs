//! Weights that reproduce known totals of the population, and what that does to the variance.
//!
//! [`calibrate`] moves base weights as little as a [`Distance`] allows until the weighted sums of auxiliary variables are their
//! totals. [`poststratify`] is its special case with one margin, [`rake`] the classical way to the multiplicative distance with
//! several. All three yield a [`Calibration`]: the weights, and the projection that turns influence values into the residuals whose
//! variance is that of the calibrated estimator. [`calibrate_cells`] does the same on sums by cell of a cross-classification, where
//! nobody looks at rows any more.

mod cells;
mod diagnostics;
mod distance;
mod error;
mod margin;
mod poststratify;
mod projection;
mod rake;
mod solve;
#[cfg(test)]
mod tests;

pub use cells::{Cell, CellCalibration, CellMargin, calibrate_cells};
pub(super) use diagnostics::quantile;
pub use diagnostics::{FactorSummary, MarginLine, WeightSummary, extreme, margin_lines, total_lines};
pub use distance::{Bounds, Distance};
pub use error::CalibrationError;
pub use margin::{Auxiliary, Category, Margin};
pub use poststratify::poststratify;
pub use rake::{RakeStop, RakingResiduals, rake};

use projection::Projection;

/// Weights after a calibration, with the subspace that calibration takes out of every variance.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    weights: Vec<f64>,
    projection: Projection,
    rounds: usize,
    converged: bool,
}

impl Calibration {
    /// The weights after it.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Rounds it took: Newton steps, or sweeps over all margins.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// Whether the totals are met as closely as was asked for; only raking may end before.
    #[must_use]
    pub fn converged(&self) -> bool {
        self.converged
    }

    /// The same calibration with weights that were trimmed after it: they no longer meet the totals exactly, and the variance is
    /// that of the same residuals, as after `trimWeights` of R's survey package.
    #[must_use]
    pub fn trimmed(self, weights: Vec<f64>) -> Self {
        Self { weights, ..self }
    }

    /// Turns influence values (weights included; row-major, `width` a row) into their residuals.
    ///
    /// # Formula
    /// `z_i = w_i e_i` with `e` the residual of the influence value (without its weight) in the regression on the
    /// calibration variables `x`, weighted by the design weights `d`: Deville and Särndal (1992), JASA 87, eq. 3.4; Särndal,
    /// Swensson and Wretman (1992), section 6.6. See [`RakingResiduals`] for what [`rake`] does.
    pub fn residuals(&self, influence: &mut [f64], width: usize) {
        self.projection.apply(influence, width);
    }
}

/// Calibrates base weights to the totals of auxiliary variables.
///
/// `clusters` gives the cluster of each row, counted from 0, where all rows of a cluster must have the same factor: households whose
/// members share a weight. Variables that others make up, such as the constant beside all indicators of a margin, may be named;
/// their totals must agree.
///
/// # Formula
/// Deville and Särndal (1992), JASA 87, eq. 2.6 and 2.7. With clusters, `x` is replaced by its mean in the cluster, weighted by `d`:
/// Lemaître and Dufour (1987), Survey Methodology 13; `calibrate(…, aggregate.stage)` of R's survey package.
///
/// # Errors
/// Every [`CalibrationError`] at once: columns and totals that cannot be used first; then empty categories, contradictory totals and
/// totals beyond the bounds; then totals that were not reached together.
pub fn calibrate(
    base: &[f64],
    auxiliaries: &[Auxiliary],
    distance: Distance,
    clusters: Option<&[u32]>,
) -> Result<Calibration, Vec<CalibrationError>> {
    let mut errors = bad_weights(base);
    let ragged = |name: &str, found: usize| CalibrationError::Ragged { name: name.to_owned(), found, expected: base.len() };
    errors.extend(clusters.filter(|clusters| clusters.len() != base.len()).map(|clusters| ragged("clusters", clusters.len())));
    for Auxiliary { name, values, total } in auxiliaries {
        if values.len() != base.len() {
            errors.push(ragged(name, values.len()));
        } else if let Some(row) = values.iter().position(|x| !x.is_finite()) {
            errors.push(CalibrationError::Missing { name: name.clone(), row });
        }
        if !total.is_finite() {
            errors.push(CalibrationError::Total { name: name.clone(), total: *total });
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let solution = match clusters {
        Some(clusters) => solve::solve(base, &cluster_means(base, auxiliaries, clusters), distance)?,
        None => solve::solve(base, auxiliaries, distance)?,
    };
    let weights = base.iter().zip(&solution.g).map(|(d, g)| d * g).collect();
    let scale = base.iter().zip(&solution.g).map(|(d, g)| d.sqrt() * g).collect();
    let projection = Projection::regression(scale, solution.basis);
    Ok(Calibration { weights, projection, rounds: solution.rounds, converged: true })
}

fn bad_weights(base: &[f64]) -> Vec<CalibrationError> {
    let bad = |d: &f64| !(d.is_finite() && *d >= 0.0);
    base.iter().position(bad).map(|row| CalibrationError::BaseWeight { row }).into_iter().collect()
}

/// Each variable replaced by its mean in the row's cluster, weighted by `base`.
fn cluster_means(base: &[f64], auxiliaries: &[Auxiliary], clusters: &[u32]) -> Vec<Auxiliary> {
    let count = clusters.iter().max().map_or(0, |last| *last as usize + 1);
    let mut mass = vec![0.0; count];
    for (cluster, d) in clusters.iter().zip(base) {
        mass[*cluster as usize] += d;
    }
    let mean = |x: &Auxiliary| {
        let mut sums = vec![0.0; count];
        for ((cluster, d), x) in clusters.iter().zip(base).zip(&x.values) {
            sums[*cluster as usize] += d * x;
        }
        let values = clusters.iter().map(|cluster| *cluster as usize).map(|c| if mass[c] > 0.0 { sums[c] / mass[c] } else { 0.0 });
        Auxiliary { name: x.name.clone(), values: values.collect(), total: x.total }
    };
    auxiliaries.iter().map(mean).collect()
}
