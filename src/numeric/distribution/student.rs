//! Student's t distribution, for any positive degrees of freedom, infinity (the normal distribution) included.

use super::beta::Beta;
use super::kernel::Tails;
use super::normal;

/// From these degrees of freedom on t and the normal distribution share all their digits, as far as `f64` reaches into
/// the tails: the Cornish–Fisher correction is `z³ / (4 df)`, and `z` ends at 39.
const NORMAL: f64 = 1e20;

/// The probability of a value at or below `t`.
///
/// NaN unless `df` is positive.
///
/// # Formula
/// `½ + ½ sign(t) I_x(½, df/2)` with `x = t² / (df + t²)`; Abramowitz and Stegun 26.5.27, mirrored by DLMF 8.17.4.
#[must_use]
pub fn cdf(t: f64, df: f64) -> f64 {
    sf(-t, df)
}

/// The probability of a value above `t`, to full relative accuracy: half the two-sided p-value for `t ≥ 0`.
///
/// NaN unless `df` is positive.
///
/// # Formula
/// `½ I_y(df/2, ½)` with `y = df / (df + t²)` for `t ≥ 0`, one minus that for `t < 0`.
#[must_use]
pub fn sf(t: f64, df: f64) -> f64 {
    if df >= NORMAL {
        return normal::sf(t);
    }
    let Tails { lower, upper, .. } = match square(df) {
        Some(beta) => beta.tails_at_odds(t / df * t),
        None => return f64::NAN,
    };
    if t <= 0.0 { 0.5 + 0.5 * lower } else { 0.5 * upper }
}

/// The value that is not exceeded with probability `p`.
///
/// NaN unless `df` is positive and `0 ≤ p ≤ 1`. Infinite where the value's square would overflow.
///
/// # Formula
/// `± √(df · odds)`, where `odds` is the quantile of `t²/df` for the central probability `2|p − ½|`. Both that and its
/// complement are exact in floating point, so that no digit is lost near the median or in the tails. Hill's (1970)
/// expansion for large `df` is not needed: the cost does not grow with it.
#[must_use]
pub fn quantile(p: f64, df: f64) -> f64 {
    if df >= NORMAL {
        return normal::quantile(p);
    }
    match square(df) {
        Some(beta) if (0.0..=1.0).contains(&p) => {
            let outside = 2.0 * p.min(1.0 - p);
            let odds = beta.odds_quantile(2.0 * (p - 0.5).abs(), outside);
            libm::copysign(libm::sqrt(odds) * libm::sqrt(df), p - 0.5)
        }
        _ => f64::NAN,
    }
}

/// The distribution of `t² / (df + t²)`.
fn square(df: f64) -> Option<Beta> {
    Beta::new(0.5, 0.5 * df)
}
