//! The χ² distribution: twice a gamma variable of half its degrees of freedom.

use super::gamma;

/// The probability of a value at or below `x`.
///
/// NaN unless `df` is positive and finite.
///
/// # Formula
/// `P(df/2, x/2)`, the regularised lower incomplete gamma function, DLMF 8.2.4.
#[must_use]
pub fn cdf(x: f64, df: f64) -> f64 {
    gamma::lower(0.5 * df, 0.5 * x)
}

/// The probability of a value above `x`: the p-value of a χ² test.
///
/// NaN unless `df` is positive and finite.
///
/// # Formula
/// `Q(df/2, x/2)`, the regularised upper incomplete gamma function, DLMF 8.2.4.
#[must_use]
pub fn sf(x: f64, df: f64) -> f64 {
    gamma::upper(0.5 * df, 0.5 * x)
}

/// The value that is not exceeded with probability `p`.
///
/// NaN unless `df` is positive and finite and `0 ≤ p ≤ 1`.
///
/// # Formula
/// The root of `P(df/2, x/2) = p`; see [`gamma::quantile`].
#[must_use]
pub fn quantile(p: f64, df: f64) -> f64 {
    2.0 * gamma::quantile(0.5 * df, p)
}
