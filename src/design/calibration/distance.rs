//! How far weights may go from the base weights, and at what price.

use crate::design::calibration::CalibrationError;

/// Limits of g, the factor between base weight and calibrated weight: `0 ≤ low < 1 < high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    low: f64,
    high: f64,
}

impl Bounds {
    /// Limits of g; `high` may be infinite.
    ///
    /// # Errors
    /// [`CalibrationError::Bounds`], where 1 is not strictly between them or `low` is negative.
    pub fn new(low: f64, high: f64) -> Result<Self, CalibrationError> {
        if (0.0..1.0).contains(&low) && high > 1.0 { Ok(Self { low, high }) } else { Err(CalibrationError::Bounds { low, high }) }
    }

    /// The least g.
    #[must_use]
    pub fn low(self) -> f64 {
        self.low
    }

    /// The largest g.
    #[must_use]
    pub fn high(self) -> f64 {
        self.high
    }
}

/// The distance that calibration makes as small as it can, by the factor `g(u)` that follows from it, with `u = xᵀλ`.
///
/// # Formula
/// Deville and Särndal (1992), JASA 87, table 1: linear `1 + u` (case 1), multiplicative `exp u` (case 2), logit (case 6),
/// truncated linear (case 7). All have `g(0) = g'(0) = 1`, so all have the same variance in large samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distance {
    /// `1 + u`, held within the bounds if there are any. Without bounds it is the regression estimator, and g may be negative.
    Linear(Option<Bounds>),
    /// `exp u`, held within the bounds if there are any: raking, where all variables are categories.
    Raking(Option<Bounds>),
    /// Logistic between the bounds, which must be finite.
    Logit(Bounds),
}

impl Distance {
    /// Logistic between bounds.
    ///
    /// # Errors
    /// [`CalibrationError::Bounds`], where the upper one is infinite: that would be raking.
    pub fn logit(bounds: Bounds) -> Result<Self, CalibrationError> {
        if bounds.high.is_finite() { Ok(Self::Logit(bounds)) } else { Err(CalibrationError::Bounds { low: bounds.low, high: bounds.high }) }
    }

    /// The values that g can come near to, from and to.
    #[must_use]
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::Linear(None) => (f64::NEG_INFINITY, f64::INFINITY),
            Self::Raking(None) => (0.0, f64::INFINITY),
            Self::Linear(Some(bounds)) | Self::Raking(Some(bounds)) | Self::Logit(bounds) => (bounds.low, bounds.high),
        }
    }

    /// `g(u)` and its derivative.
    pub(super) fn factor(self, u: f64) -> (f64, f64) {
        match self {
            Self::Linear(bounds) => held(1.0 + u, 1.0, bounds),
            Self::Raking(bounds) => {
                let g = libm::exp(u);
                held(g, g, bounds)
            }
            Self::Logit(Bounds { low, high }) => {
                // (L(U−1) + U(1−L)e) / ((U−1) + (1−L)e) with e = exp(u(U−L) / ((1−L)(U−1))), in the form that cannot overflow.
                let steep = (high - low) / ((1.0 - low) * (high - 1.0));
                let odds = (high - 1.0) / (1.0 - low) * libm::exp(-steep * u);
                let share = 1.0 / (1.0 + odds);
                let g = low + (high - low) * share;
                (g, (high - low) * steep * share * (1.0 - share))
            }
        }
    }
}

fn held(g: f64, slope: f64, bounds: Option<Bounds>) -> (f64, f64) {
    match bounds {
        Some(bounds) if g <= bounds.low => (bounds.low, 0.0),
        Some(bounds) if g >= bounds.high => (bounds.high, 0.0),
        _ => (g, slope),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [Distance; 5] {
        let bounds = Bounds::new(0.4, 2.5).unwrap();
        [
            Distance::Linear(None),
            Distance::Linear(Some(bounds)),
            Distance::Raking(None),
            Distance::Raking(Some(bounds)),
            Distance::logit(bounds).unwrap(),
        ]
    }

    #[test]
    fn every_distance_leaves_weights_alone_at_zero() {
        for distance in all() {
            let (g, slope) = distance.factor(0.0);
            assert!((g - 1.0).abs() < 1e-15 && (slope - 1.0).abs() < 1e-15, "{distance:?}: {g} {slope}");
        }
    }

    #[test]
    fn slopes_are_derivatives_and_factors_stay_within_their_range() {
        for distance in all() {
            let (low, high) = distance.range();
            for step in -400_i32..=400 {
                let u = f64::from(step) / 50.0 + 0.003;
                let (g, slope) = distance.factor(u);
                assert!(g >= low && g <= high && slope >= 0.0, "{distance:?} at {u}: {g}");
                let numeric = (distance.factor(u + 1e-6).0 - distance.factor(u - 1e-6).0) / 2e-6;
                assert!((slope - numeric).abs() <= 1e-6 * slope.max(1.0), "{distance:?} at {u}: {slope} {numeric}");
            }
            assert!(distance.factor(-800.0).0.is_finite());
        }
    }

    #[test]
    fn bounds_must_enclose_one() {
        for (low, high) in [(1.0, 2.0), (0.5, 1.0), (-0.1, 2.0), (f64::NAN, 2.0), (0.5, f64::NAN)] {
            assert!(Bounds::new(low, high).is_err(), "{low} {high}");
        }
        assert!(Distance::logit(Bounds::new(0.0, f64::INFINITY).unwrap()).is_err());
    }
}
