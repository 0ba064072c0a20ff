//! The standard normal distribution.

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

use statrs::function::erf::erfc_inv;

/// `1 / √(2π)`.
const FRAC_1_SQRT_TWO_PI: f64 = 0.398_942_280_401_432_7;

/// The density at `x`.
///
/// # Formula
/// `φ(x) = exp(−x²/2) / √(2π)`.
#[must_use]
pub fn density(x: f64) -> f64 {
    FRAC_1_SQRT_TWO_PI * libm::exp(-0.5 * x * x)
}

/// The probability of a value at or below `x`.
///
/// # Formula
/// `Φ(x) = ½ erfc(−x/√2)`, DLMF 7.2.2.
#[must_use]
pub fn cdf(x: f64) -> f64 {
    0.5 * erfc_scaled(-x)
}

/// The probability of a value above `x`, to full relative accuracy in the upper tail.
///
/// # Formula
/// `1 − Φ(x) = ½ erfc(x/√2)`.
#[must_use]
pub fn sf(x: f64) -> f64 {
    0.5 * erfc_scaled(x)
}

/// `erfc(x/√2)`. The rounding of `x/√2` alone would cost `x²` ulp, so what it dropped is put back by the derivative.
fn erfc_scaled(x: f64) -> f64 {
    /// What `FRAC_1_SQRT_2` lacks of `1/√2`.
    const REST: f64 = -4.833_646_656_726_457e-17;
    let u = x * FRAC_1_SQRT_2;
    let value = libm::erfc(u);
    if !(0.5..40.0).contains(&u) {
        return value;
    }
    let dropped = libm::fma(x, FRAC_1_SQRT_2, -u) + x * REST;
    value - std::f64::consts::FRAC_2_SQRT_PI * libm::exp(-u * u) * dropped
}

/// The value that a standard normal variable stays at or below with probability `p`.
///
/// NaN unless `0 ≤ p ≤ 1`.
///
/// # Formula
/// `Φ⁻¹(p)`. The start is the quantile of `statrs` (rational approximations in the manner of Wichura, 1988, AS 241), cut
/// to single precision: that also cuts off what the C library's logarithm, which `statrs` calls, leaves in its last bits.
/// One Halley step on `Φ` brings it to double precision.
#[must_use]
pub fn quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p > 0.5 {
        return -quantile(1.0 - p);
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    #[allow(clippy::cast_possible_truncation, reason = "single precision is the point")]
    let start = f64::from((-SQRT_2 * erfc_inv(2.0 * p)) as f32);
    // Near the centre Φ − ½ has the digits, in the tail Φ has.
    let excess = if p > 0.25 { 0.5 * libm::erf(start * FRAC_1_SQRT_2) - (p - 0.5) } else { cdf(start) - p };
    let newton = excess / density(start);
    start - newton / (1.0 + 0.5 * start * newton)
}
