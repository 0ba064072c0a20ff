//! The values of several units with all that is known of their errors.

use crate::scoring::change::{Measured, welch_satterthwaite};

/// Why ranks cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum RankError {
    /// Lists that belong together differ in length.
    #[error("{what} holds {found} numbers where {expected} belong")]
    Shape {
        /// The list.
        what: &'static str,
        /// Numbers found.
        found: usize,
        /// Numbers that belong there.
        expected: usize,
    },
    /// A value or covariance is not finite, a variance is negative, or degrees of freedom are negative or NaN.
    #[error("{what} of unit {unit} (counted from 0) is {number}")]
    Number {
        /// Which number it is.
        what: &'static str,
        /// The unit.
        unit: usize,
        /// The number.
        number: f64,
    },
    /// No degrees of freedom: nothing can be drawn for the unit.
    #[error("unit {unit} (counted from 0) has no degrees of freedom: its variance is not known")]
    NoDegrees {
        /// The unit.
        unit: usize,
    },
    /// So few draws that none lies beyond the level.
    #[error("{draws} draws are too few for level {level}")]
    TooFewDraws {
        /// The draws.
        draws: usize,
        /// The level.
        level: f64,
    },
    /// A level that is not between 0 and 1.
    #[error("level {0} does not lie between 0 and 1")]
    Level(f64),
    /// A pair names a unit that is not there.
    #[error("there is no unit {0} (counted from 0)")]
    NoUnit(usize),
}

/// The values of units, their covariance matrix and, where variances are estimates, their degrees of freedom.
#[derive(Debug, Clone, PartialEq)]
pub struct Joint {
    values: Vec<f64>,
    covariance: Vec<f64>,
    /// `None` where all are infinite.
    df: Option<Vec<f64>>,
}

impl Joint {
    /// Puts them together. `covariance` is row-major; of each pair of cells that mirror each other the one above the
    /// diagonal counts. Without `df` the variances count as known. Degrees of freedom of 0 say that nothing is known of
    /// a unit's error: comparisons with it are never significant.
    ///
    /// # Errors
    /// [`RankError::Shape`], [`RankError::Number`].
    pub fn new(values: Vec<f64>, covariance: Vec<f64>, df: Option<Vec<f64>>) -> Result<Self, RankError> {
        let k = values.len();
        let shape = |what, found, expected| if found == expected { Ok(()) } else { Err(RankError::Shape { what, found, expected }) };
        shape("the covariance matrix", covariance.len(), k * k)?;
        shape("the list of degrees of freedom", df.as_ref().map_or(k, Vec::len), k)?;
        for unit in 0..k {
            let check = |what, number: f64, fine: bool| if fine { Ok(()) } else { Err(RankError::Number { what, unit, number }) };
            check("the value", values[unit], values[unit].is_finite())?;
            for cell in &covariance[unit * k..(unit + 1) * k] {
                check("a covariance", *cell, cell.is_finite())?;
            }
            let variance = covariance[unit * k + unit];
            check("the variance", variance, variance >= 0.0)?;
            let df = df.as_ref().map_or(f64::INFINITY, |df| df[unit]);
            check("the number of degrees of freedom", df, df >= 0.0)?;
        }
        let df = df.filter(|df| df.iter().any(|df| *df < f64::INFINITY));
        Ok(Self { values, covariance, df })
    }

    /// Units whose estimates do not covary.
    ///
    /// # Errors
    /// As [`Joint::new`].
    pub fn independent(values: Vec<f64>, variances: &[f64], df: Option<Vec<f64>>) -> Result<Self, RankError> {
        let k = variances.len();
        let mut covariance = vec![0.0; k * k];
        for (unit, variance) in variances.iter().enumerate() {
            covariance[unit * k + unit] = *variance;
        }
        Self::new(values, covariance, df)
    }

    /// How many units there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no unit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The covariance of two units; of a unit with itself its variance.
    #[must_use]
    pub fn covariance(&self, a: usize, b: usize) -> f64 {
        self.covariance[a.min(b) * self.values.len() + a.max(b)]
    }

    /// A unit's degrees of freedom; infinity where variances count as known.
    #[must_use]
    pub fn df(&self, unit: usize) -> f64 {
        self.df.as_ref().map_or(f64::INFINITY, |df| df[unit])
    }

    /// Whether every variance counts as known.
    pub(super) fn known(&self) -> bool {
        self.df.is_none()
    }

    /// A unit by itself.
    #[must_use]
    pub fn unit(&self, unit: usize) -> Measured {
        Measured { value: self.values[unit], variance: self.covariance(unit, unit), df: self.df(unit) }
    }

    /// By how much `a` lies above `b`, with the variance of that and its degrees of freedom by Welch and Satterthwaite.
    #[must_use]
    pub fn difference(&self, a: usize, b: usize) -> Measured {
        Measured {
            value: self.values[a] - self.values[b],
            variance: self.difference_variance(a, b),
            df: welch_satterthwaite(self.unit(a), self.unit(b)),
        }
    }

    /// `V_a + V_b − 2 C_ab`, not below 0.
    pub(super) fn difference_variance(&self, a: usize, b: usize) -> f64 {
        (self.covariance(a, a) + self.covariance(b, b) - 2.0 * self.covariance(a, b)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let wrong = |values: &[f64], covariance: &[f64], df: Option<&[f64]>| {
            Joint::new(values.to_vec(), covariance.to_vec(), df.map(<[f64]>::to_vec)).unwrap_err()
        };
        let square = [1.0, 0.0, 0.0, 1.0];
        assert_eq!(wrong(&[1.0, 2.0], &square[..3], None), RankError::Shape { what: "the covariance matrix", found: 3, expected: 4 });
        assert!(matches!(wrong(&[1.0, f64::NAN], &square, None), RankError::Number { what: "the value", unit: 1, .. }));
        assert!(matches!(wrong(&[1.0, 2.0], &[1.0, 0.0, 0.0, -1.0], None), RankError::Number { what: "the variance", unit: 1, .. }));
        assert!(matches!(wrong(&[1.0, 2.0], &square, Some(&[-1.0, 3.0])), RankError::Number { unit: 0, .. }));
    }
}
