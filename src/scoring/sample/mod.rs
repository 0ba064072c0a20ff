//! A sample whose rows are at hand: what `svydesign` of R's survey package describes.
//!
//! A run sums answers up per PSU first (`Tally`) and never looks back. Figures that need each respondent, real-valued
//! variables, stages after the first, or weights made by calibration are estimated from a [`Sample`]: rows with a weight
//! and a cluster at each stage. Both paths end in the same variance, that of [`Scatter`](crate::scoring::Scatter).
//!
//! ```text
//! columns ──▶ Estimator ──weights──▶ Linearised (values, influence of each row) ──Sample::covariance──▶ matrix
//! ```
//!
//! Missing values of a column are NaN within this module and nowhere else: a caller turns them into `None` or refuses
//! them. Sums of estimates are compensated; all sums are taken in the order of the rows, on one thread.

mod estimator;
mod expression;
mod linearised;
#[cfg(test)]
mod properties;
mod stages;
mod sum;

pub use estimator::{Estimator, Rows, Statistic, Term, Values};
pub use expression::{Expression, ExpressionError};
pub use linearised::Linearised;
pub use stages::{Cluster, SampleError, StageColumns, Stages};
pub use sum::sum;

use crate::design::Calibration;
use crate::scoring::{LonelyRule, LonelyStratum};

/// The rows of a sample: their weights, and the clusters they were drawn in, stage by stage.
#[derive(Debug, Clone)]
pub struct Sample {
    weights: Vec<f64>,
    stages: Stages,
    lonely: LonelyRule,
    calibrations: Vec<Calibration>,
}

impl Sample {
    /// A sample of `weights.len()` rows. Without stages each row is its own PSU in one stratum, drawn with replacement.
    ///
    /// # Errors
    /// Every [`SampleError`] at once: columns of other lengths, weights that are not positive numbers, population counts
    /// that differ within a stratum or lie below the number of units drawn.
    pub fn new(weights: Vec<f64>, stages: &[StageColumns], lonely: impl Into<LonelyRule>) -> Result<Self, Vec<SampleError>> {
        let mut errors = Vec::new();
        if let Some(row) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
            errors.push(SampleError::Weight { row });
        }
        let stages = Stages::new(weights.len(), stages, &mut errors);
        if errors.is_empty() { Ok(Self { weights, stages, lonely: lonely.into(), calibrations: Vec::new() }) } else { Err(errors) }
    }

    /// A sample of `rows` rows whose weights follow from the draw: the product over the stages of `N/n`.
    ///
    /// # Errors
    /// As [`Sample::new`], and where a stage has no population counts.
    pub fn drawn(rows: usize, stages: &[StageColumns], lonely: impl Into<LonelyRule>) -> Result<Self, Vec<SampleError>> {
        let mut errors = Vec::new();
        let missing = (1..).zip(stages).filter(|(_, stage)| stage.population.is_empty());
        errors.extend(missing.map(|(stage, _)| SampleError::NoPopulation { stage }));
        if stages.is_empty() {
            errors.push(SampleError::NoPopulation { stage: 1 });
        }
        let stages = Stages::new(rows, stages, &mut errors);
        let weights = stages.expansion(rows);
        if errors.is_empty() { Ok(Self { weights, stages, lonely: lonely.into(), calibrations: Vec::new() }) } else { Err(errors) }
    }

    /// The same sample with the weights that a calibration made; its variance is that of the residuals.
    #[must_use]
    pub fn calibrated(mut self, calibration: Calibration) -> Self {
        self.weights = calibration.weights().to_vec();
        self.calibrations.push(calibration);
        self
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.weights.len()
    }

    /// The weights that estimates use.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The rule for strata with one sampled PSU.
    #[must_use]
    pub fn lonely(&self) -> LonelyRule {
        self.lonely
    }

    /// The clusters of a stage, counted from 0.
    #[must_use]
    pub fn stages(&self) -> &Stages {
        &self.stages
    }

    /// The design-based covariance matrix of linearised statistics, row-major.
    ///
    /// # Formula
    /// Each calibration first takes the influence values to their residuals; then, summed over the stages `s`,
    /// `Σ_h Π_{t<s} f_t · (1 − f_h) · n_h/(n_h − 1) · Σ_j (z_hj − z̄_h)(z_hj − z̄_h)ᵀ`, with `f = n/N` the sampling fractions of the stages
    /// before: Särndal, Swensson and Wretman (1992), eq. 4.3.15 and its recursion; `svyrecvar` of R's survey package.
    /// A stage is reached only through fractions that are known: without a population count the first stage says it all.
    ///
    /// # Errors
    /// [`LonelyStratum`], if the rule for lonely PSUs is to fail.
    pub fn covariance(&self, statistics: &Linearised) -> Result<Vec<f64>, LonelyStratum> {
        if self.calibrations.is_empty() {
            return self.stages.covariance(statistics, self.lonely);
        }
        let mut residuals = statistics.clone();
        for calibration in self.calibrations.iter().rev() {
            calibration.residuals(residuals.influence_mut(), statistics.width());
        }
        // The regression that the residuals come from has every row in it.
        let residuals = residuals.over(&vec![true; self.rows()]);
        self.stages.covariance(&residuals, self.lonely)
    }

    /// Degrees of freedom of the rows kept that have weight: their PSUs less their strata, both of the first stage (`degf` of R).
    #[must_use]
    pub fn df(&self, keep: &[bool]) -> f64 {
        let keep: Vec<bool> = keep.iter().zip(&self.weights).map(|(keep, weight)| *keep && *weight != 0.0).collect();
        self.stages.df(&keep)
    }

    /// How many PSUs have rows that are kept.
    #[must_use]
    pub fn psus(&self, keep: &[bool]) -> u32 {
        self.stages.psus(keep)
    }
}

/// The standard errors of a covariance matrix: the roots of its diagonal. A variance that rounding left below 0 is 0; one
/// that is missing stays so.
#[must_use]
pub fn standard_errors(covariance: &[f64], width: usize) -> Vec<f64> {
    let diagonal = covariance.iter().step_by(width + 1);
    diagonal.map(|variance| if *variance < 0.0 { 0.0 } else { variance.sqrt() }).collect()
}
