//! Whether two published figures differ, as far as what is published of them says.

use crate::scoring::change::{Change, Measured, change, unknown_covariance};

/// Two figures beside each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The one less the other, and the test of whether there is a difference.
    pub difference: Change,
    /// Whether the two rest on different people, so that their errors have nothing to do with each other. Otherwise the standard error is the
    /// largest that there can be.
    pub apart: bool,
    /// Whether the difference is evidence of one.
    pub evidence: bool,
}

/// Compares two figures of one node and one edition. `apart`: nobody is behind both of them, such as two provinces of a sample. `level`: that of
/// the intervals.
#[must_use]
pub fn compare(one: Measured, other: Measured, apart: bool, level: f64) -> Comparison {
    let difference = if apart { change(other, one, 0.0) } else { unknown_covariance(other, one) };
    let evidence = difference.p_t.is_some_and(|p| p < 1.0 - level);
    Comparison { difference, apart, evidence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_two_figures_may_be_evidence_apart_and_none_where_people_may_be_behind_both() {
        let of = |value: f64| Measured { value, variance: 1.0, df: 60.0 };
        let (apart, mixed) = (compare(of(83.5), of(80.0), true, 0.95), compare(of(83.5), of(80.0), false, 0.95));
        assert!(apart.evidence && !mixed.evidence);
        assert!((apart.difference.se - 2.0_f64.sqrt()).abs() < 1e-12 && (mixed.difference.se - 2.0).abs() < 1e-12);
        assert!((apart.difference.value - 3.5).abs() < 1e-12);
        assert!(!compare(of(1.0), Measured { df: 0.0, ..of(90.0) }, true, 0.95).evidence, "without degrees of freedom nothing is");
    }
}
