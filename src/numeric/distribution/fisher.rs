//! Fisher's F distribution; the denominator's degrees of freedom may be infinite (χ² over its own).

use super::beta::Beta;
use super::gamma;
use super::kernel::Tails;

/// The probability of a value at or below `x`.
///
/// NaN unless `df1` is positive and finite and `df2` is positive.
///
/// # Formula
/// `I_z(df1/2, df2/2)` with `z = df1 x / (df1 x + df2)`; Abramowitz and Stegun 26.5.28, mirrored by DLMF
/// 8.17.4.
#[must_use]
pub fn cdf(x: f64, df1: f64, df2: f64) -> f64 {
    if df2.is_infinite() && df2 > 0.0 {
        return gamma::lower(0.5 * df1, 0.5 * df1 * x);
    }
    tails(x, df1, df2).lower
}

/// The probability of a value above `x`, to full relative accuracy: the p-value of an F test.
///
/// NaN unless `df1` is positive and finite and `df2` is positive.
///
/// # Formula
/// `I_{1−z}(df2/2, df1/2)` with `z` as in [`cdf`].
#[must_use]
pub fn sf(x: f64, df1: f64, df2: f64) -> f64 {
    if df2.is_infinite() && df2 > 0.0 {
        return gamma::upper(0.5 * df1, 0.5 * df1 * x);
    }
    tails(x, df1, df2).upper
}

/// The value that is not exceeded with probability `p`.
///
/// NaN unless `df1` is positive and finite, `df2` is positive and `0 ≤ p ≤ 1`.
///
/// # Formula
/// `odds · df2 / df1`, where `odds` is the quantile of `z / (1 − z)` with `z` as in [`cdf`].
#[must_use]
pub fn quantile(p: f64, df1: f64, df2: f64) -> f64 {
    if df2.is_infinite() && df2 > 0.0 {
        return gamma::quantile(0.5 * df1, p) / (0.5 * df1);
    }
    match Beta::new(0.5 * df1, 0.5 * df2) {
        Some(beta) if (0.0..=1.0).contains(&p) => beta.odds_quantile(p, 1.0 - p) * (df2 / df1),
        _ => f64::NAN,
    }
}

fn tails(x: f64, df1: f64, df2: f64) -> Tails {
    Beta::new(0.5 * df1, 0.5 * df2).map_or(Tails::NAN, |beta| beta.tails_at_odds(x * (df1 / df2)))
}
