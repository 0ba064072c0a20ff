//! The gamma function's logarithm and the regularised incomplete gamma function.

use super::kernel::{HUGE, TERMS, Tails, continued_fraction, deviance, saddlepoint, stirling_error};
use super::normal;
use super::solve::solve;

/// The natural logarithm of `Γ(x)` for `x > 0`; NaN otherwise.
///
/// # Formula
/// DLMF 5.2.1, from `libm` (FreeBSD's `e_lgamma_r.c`).
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    if x > 0.0 { libm::lgamma(x) } else { f64::NAN }
}

/// The probability that a gamma variable of shape `a` and scale 1 stays at or below `x`.
///
/// NaN unless `a` is positive and finite; 0 for `x ≤ 0`.
///
/// # Formula
/// `P(a, x) = γ(a, x) / Γ(a)`, DLMF 8.2.4.
#[must_use]
pub fn lower(a: f64, x: f64) -> f64 {
    Gamma::new(a).map_or(f64::NAN, |gamma| gamma.tails(x).lower)
}

/// The probability that a gamma variable of shape `a` and scale 1 exceeds `x`, to full relative accuracy.
///
/// NaN unless `a` is positive and finite; 1 for `x ≤ 0`.
///
/// # Formula
/// `Q(a, x) = Γ(a, x) / Γ(a)`, DLMF 8.2.4.
#[must_use]
pub fn upper(a: f64, x: f64) -> f64 {
    Gamma::new(a).map_or(f64::NAN, |gamma| gamma.tails(x).upper)
}

/// The value that a gamma variable of shape `a` and scale 1 stays at or below with probability `p`.
///
/// NaN unless `a` is positive and finite and `0 ≤ p ≤ 1`.
///
/// # Formula
/// The root of `P(a, x) = p`, by Newton from the larger of the Wilson–Hilferty (1931) value and the lower bound
/// `(p Γ(a + 1))^(1/a)`.
#[must_use]
pub fn quantile(a: f64, p: f64) -> f64 {
    match Gamma::new(a) {
        Some(gamma) if (0.0..=1.0).contains(&p) => gamma.quantile(p),
        _ => f64::NAN,
    }
}

/// A shape with the part of the prefactor that depends on nothing else.
struct Gamma {
    a: f64,
    /// `aᵃ e⁻ᵃ / Γ(a)`, the slope at `x = a`.
    front: f64,
}

impl Gamma {
    fn new(a: f64) -> Option<Self> {
        if !(a >= f64::MIN_POSITIVE && a.is_finite()) {
            return None;
        }
        let front = libm::sqrt(a / std::f64::consts::TAU) * libm::exp(-stirling_error(a));
        Some(Self { a, front })
    }

    /// The slope is `xᵃ e⁻ˣ / Γ(a)`. Times the series DLMF 8.7.1 it is the lower tail below the mean, over Legendre's
    /// continued fraction DLMF 8.9.2 (its even part) the upper tail above it.
    fn tails(&self, x: f64) -> Tails {
        let a = self.a;
        if x.is_nan() {
            return Tails::NAN;
        }
        if x <= 0.0 {
            return Tails::START;
        }
        if x.is_infinite() {
            return Tails::END;
        }
        let nats = deviance(a, x, a - x);
        let slope = self.front * libm::exp(-nats);
        if a >= HUGE {
            let sd = libm::sqrt(a);
            saddlepoint(nats, (x - a) / sd, 1.0 / (3.0 * sd), slope)
        } else if x < a + 1.0 {
            let lower = slope * lower_series(a, x);
            Tails { lower, upper: 1.0 - lower, slope }
        } else {
            let upper = slope / continued_fraction(x + 1.0 - a, |n| (n * (a - n), x + 2.0 * n + 1.0 - a));
            Tails { lower: 1.0 - upper, upper, slope }
        }
    }

    fn quantile(&self, p: f64) -> f64 {
        if p == 0.0 {
            return 0.0;
        }
        let q = 1.0 - p;
        if q == 0.0 {
            return f64::INFINITY;
        }
        let start = self.start(p);
        if start == 0.0 {
            // The lower bound is the root itself where it underflows.
            return 0.0;
        }
        if p <= 0.5 {
            solve(p, start, true, |x| {
                let at = self.tails(x);
                (at.lower, at.slope)
            })
        } else {
            solve(q, start, false, |x| {
                let at = self.tails(x);
                (at.upper, at.slope)
            })
        }
    }

    fn start(&self, p: f64) -> f64 {
        let a = self.a;
        let bound = a * libm::exp((libm::log(p) + libm::log(a) - libm::log(self.front)) / a - 1.0);
        if bound == 0.0 {
            return 0.0;
        }
        let root = 1.0 - 1.0 / (9.0 * a) + normal::quantile(p) / (3.0 * libm::sqrt(a));
        bound.max(a * root * root * root)
    }
}

/// `1/a + x/(a(a+1)) + x²/(a(a+1)(a+2)) + …` for `x < a + 1`.
fn lower_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..=TERMS {
        term *= x / (a + f64::from(n));
        sum += term;
        if term <= sum * (f64::EPSILON / 64.0) {
            break;
        }
    }
    sum / a
}
