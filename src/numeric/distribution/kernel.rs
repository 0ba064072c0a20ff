//! What the incomplete beta and gamma functions share: prefactors without cancellation, and the limit of huge shapes.

use super::normal;

/// From this shape on the saddlepoint formula is exact to working precision, and the continued fractions and series,
/// whose length grows as the square root of the shape, would only be slow.
pub(super) const HUGE: f64 = 1e8;

/// The cap of every series and continued fraction: at shape [`HUGE`] the series needs 90,000 terms at its mean, the
/// slowest place, and the fraction 4,000.
pub(super) const TERMS: u32 = 200_000;

/// `ln(2π) / 2`.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// A probability seen from both sides, and how fast it moves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tails {
    /// The probability of a value at or below the argument.
    pub lower: f64,
    /// The probability of a value above it, with its own relative accuracy.
    pub upper: f64,
    /// The derivative of `lower` by the logarithm of the argument (for the beta distribution: of its odds).
    pub slope: f64,
}

impl Tails {
    /// Both tails at the lower end of the support.
    pub const START: Self = Self { lower: 0.0, upper: 1.0, slope: 0.0 };
    /// Both tails at the upper end of the support.
    pub const END: Self = Self { lower: 1.0, upper: 0.0, slope: 0.0 };
    /// The answer to arguments outside the domain.
    pub const NAN: Self = Self { lower: f64::NAN, upper: f64::NAN, slope: f64::NAN };
}

/// The error of Stirling's formula for `ln Γ(z)`, `z > 0`.
///
/// # Formula
/// `δ(z) = ln Γ(z) − (z − ½) ln z + z − ½ ln 2π`, by DLMF 5.11.1 from `z = 10` on, and below by the recurrence
/// `δ(z) = δ(z + 1) + (z + ½) ln(1 + 1/z) − 1`. The same as `stirlerr` of Loader (2000).
pub(super) fn stirling_error(z: f64) -> f64 {
    let (mut z, mut sum) = (z, 0.0);
    for _ in 0..10 {
        if z >= 10.0 {
            break;
        }
        sum += stirling_step(z);
        z += 1.0;
    }
    let r = 1.0 / (z * z);
    let series = [1.0 / 156.0, -691.0 / 360_360.0, 1.0 / 1188.0, -1.0 / 1680.0, 1.0 / 1260.0, -1.0 / 360.0, 1.0 / 12.0];
    sum + series.iter().fold(0.0, |value, term| value * r + term) / z
}

/// `(z + ½) ln(1 + 1/z) − 1`, free of cancellation from 1 on: with `s = 1 / (2z + 1)` it is `artanh(s)/s − 1`.
fn stirling_step(z: f64) -> f64 {
    if z < 1.0 {
        return (z + 0.5) * libm::log1p(1.0 / z) - 1.0;
    }
    let s = 1.0 / (2.0 * z + 1.0);
    artanh_excess(s * s)
}

/// `artanh(v)/v − 1 = v²/3 + v⁴/5 + …` as a function of `v²`, for `v² ≤ 1/9`.
fn artanh_excess(square: f64) -> f64 {
    let (mut power, mut odd, mut sum) = (square, 3.0, 0.0);
    for _ in 0..20 {
        let term = power / odd;
        sum += term;
        if term <= sum * (f64::EPSILON / 8.0) {
            break;
        }
        power *= square;
        odd += 2.0;
    }
    sum
}

/// How much less likely a Poisson count `a` is under the mean `m` than under its own, in nats; `gap` is `a − m`.
///
/// # Formula
/// `a ln(a/m) + m − a`, the deviance `bd0` of Loader (2000), "Fast and accurate computation of binomial
/// probabilities", here with the gap handed in because callers know it to more digits than `a − m` would give.
pub(super) fn deviance(a: f64, m: f64, gap: f64) -> f64 {
    let v = gap / (a + m);
    if v.abs() <= 0.3 { gap * v + 2.0 * a * v * artanh_excess(v * v) } else { a * libm::log(a / m) - gap }
}

/// Both tails of a sum of very many parts, from its deviance and its standardised gap.
///
/// `nats` is the deviance at the argument, `s` the argument's distance from the mean in standard deviations, `skew`
/// the limit of `1/z − 1/s` at the mean, where the formula is `0/0`.
///
/// # Formula
/// `Φ(z) + φ(z) (1/z − 1/s)` with `z = sign(s) √(2 · deviance)`: Lugannani and Rice (1980); the leading term of
/// Temme's uniform expansions DLMF 8.12.3 and 8.18.9. The next term is of order `shape^(−3/2) / 540`.
pub(super) fn saddlepoint(nats: f64, s: f64, skew: f64, slope: f64) -> Tails {
    let z = libm::copysign(libm::sqrt(2.0 * nats), s);
    let bend = if z.abs() < 1e-3 { skew } else { 1.0 / z - 1.0 / s };
    let correction = bend * libm::exp(-nats - HALF_LN_TWO_PI);
    Tails { lower: normal::cdf(z) + correction, upper: normal::sf(z) - correction, slope }
}

/// The value of `b₀ + a₁ / (b₁ + a₂ / (b₂ + …))`; `term` gives `(aₙ, bₙ)` from `n = 1` on.
///
/// # Formula
/// Lentz's method as modified by Thompson and Barnett (1986), at most [`TERMS`] terms.
pub(super) fn continued_fraction(first: f64, mut term: impl FnMut(f64) -> (f64, f64)) -> f64 {
    const TINY: f64 = 1e-290;
    let away_from_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut value = away_from_zero(first);
    let (mut c, mut d) = (value, 0.0);
    for n in 1..=TERMS {
        let (numerator, denominator) = term(f64::from(n));
        d = 1.0 / away_from_zero(denominator + numerator * d);
        c = away_from_zero(denominator + numerator / c);
        let factor = c * d;
        value *= factor;
        if (factor - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    value
}
