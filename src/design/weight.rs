//! Weights as whole numbers of a stated unit.

/// The unit of a wave's weights: `10^-exponent`.
///
/// Sums of whole numbers are the same bits in any order, for any number of threads, in any database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightUnit(u8);

impl WeightUnit {
    /// Millionths: what a wave uses unless its design asks for a finer unit.
    pub const MICRO: WeightUnit = WeightUnit(6);
    /// The finest unit that leaves room for weights of a national sample in 63 bits.
    pub const FINEST: u8 = 12;

    /// A unit of `10^-exponent`; `None` past [`WeightUnit::FINEST`].
    #[must_use]
    pub fn new(exponent: u8) -> Option<Self> {
        (exponent <= Self::FINEST).then_some(Self(exponent))
    }

    /// The exponent: 6 for millionths.
    #[must_use]
    pub fn exponent(self) -> u8 {
        self.0
    }

    /// How many units make a weight of one.
    #[must_use]
    pub fn per_one(self) -> i64 {
        10_i64.pow(u32::from(self.0))
    }

    /// The nearest whole number of units; `None` where the weight is not a positive number or does not fit.
    #[must_use]
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // checked against the bounds just above
    pub fn units(self, weight: f64) -> Option<i64> {
        let scaled = (weight * self.per_one() as f64).round();
        (weight.is_finite() && (1.0..9.0e18).contains(&scaled)).then_some(scaled as i64)
    }

    /// The weight that a number of units stands for.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn weight(self, units: i64) -> f64 {
        units as f64 / self.per_one() as f64
    }
}

/// What rounding the weights to their unit changed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RoundingReport {
    /// How many weights were read.
    pub weights: usize,
    /// How many of them changed by more than one part in 10^12.
    pub changed: usize,
    /// The largest change, relative to the weight.
    pub worst_relative: f64,
}

impl RoundingReport {
    /// Takes in one more weight and the units it became.
    pub fn add(&mut self, unit: WeightUnit, weight: f64, units: i64) {
        let relative = ((unit.weight(units) - weight) / weight).abs();
        self.weights += 1;
        self.changed += usize::from(relative > 1e-12);
        self.worst_relative = self.worst_relative.max(relative);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_of_four_decimals_is_exact_in_millionths() {
        let unit = WeightUnit::MICRO;
        assert_eq!(unit.units(92.909), Some(92_909_000));
        let mut report = RoundingReport::default();
        report.add(unit, 92.909 * (1.0 + 1e-15), 92_909_000);
        assert_eq!((report.weights, report.changed), (1, 0));
    }

    #[test]
    fn what_is_no_weight_is_refused() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-9, 1e19] {
            assert_eq!(WeightUnit::MICRO.units(bad), None, "{bad}");
        }
    }
}
