//! Weights that reproduce known totals of the population, and what that does to the variance.

/// Weights after a calibration, with the subspace that calibration takes out of every variance.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The weights after it.
    weights: Vec<f64>,
    /// `g·√d` of each row: what an influence value is divided by before, and multiplied by after the projection.
    scale: Vec<f64>,
    /// Orthonormal columns over the rows that span `√d·x`, one after the other.
    basis: Vec<Vec<f64>>,
}

impl Calibration {
    /// The weights after it.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Turns influence values (weights included; row-major, `width` a row) into their residuals.
    ///
    /// # Formula
    /// `z_i = w_i e_i` with `e` the residual of the influence value (without its weight) in the regression on the
    /// calibration variables `x`, weighted by the design weights `d`: Deville and Särndal (1992), JASA 87, eq. 3.4; Särndal,
    /// Swensson and Wretman (1992), section 6.6.
    pub fn residuals(&self, influence: &mut [f64], width: usize) {
        for statistic in 0..width {
            let mut y: Vec<f64> =
                influence.iter().skip(statistic).step_by(width).zip(&self.scale).map(|(z, s)| if *s > 0.0 { z / s } else { 0.0 }).collect();
            for column in &self.basis {
                let along: f64 = column.iter().zip(&y).map(|(q, y)| q * y).sum();
                for (y, q) in y.iter_mut().zip(column) {
                    *y -= along * q;
                }
            }
            for ((z, y), s) in influence.iter_mut().skip(statistic).step_by(width).zip(&y).zip(&self.scale) {
                *z = y * s;
            }
        }
    }
}
