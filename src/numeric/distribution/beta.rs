//! The beta distribution: the regularised incomplete beta function and its inverse.

use super::kernel::{HUGE, Tails, continued_fraction, deviance, saddlepoint, stirling_error};
use super::normal;
use super::solve::solve;

/// The probability of a value at or below `x`.
///
/// NaN unless both shapes are positive and finite.
///
/// # Formula
/// `I_x(a, b) = B_x(a, b) / B(a, b)`, DLMF 8.17.2.
#[must_use]
pub fn cdf(x: f64, a: f64, b: f64) -> f64 {
    Beta::new(a, b).map_or(f64::NAN, |beta| beta.tails(x).lower)
}

/// The probability of a value above `x`, to full relative accuracy.
///
/// NaN unless both shapes are positive and finite.
///
/// # Formula
/// `1 − I_x(a, b) = I_{1−x}(b, a)`, DLMF 8.17.4.
#[must_use]
pub fn sf(x: f64, a: f64, b: f64) -> f64 {
    Beta::new(a, b).map_or(f64::NAN, |beta| beta.tails(x).upper)
}

/// The value that is not exceeded with probability `p`.
///
/// NaN unless both shapes are positive and finite and `0 ≤ p ≤ 1`.
///
/// # Formula
/// The root of `I_x(a, b) = p`, found in the odds `x / (1 − x)`.
#[must_use]
pub fn quantile(p: f64, a: f64, b: f64) -> f64 {
    match Beta::new(a, b) {
        Some(beta) if (0.0..=1.0).contains(&p) => {
            let odds = beta.odds_quantile(p, 1.0 - p);
            if odds.is_infinite() { 1.0 } else { odds / (1.0 + odds) }
        }
        _ => f64::NAN,
    }
}

/// Two shapes with the part of the prefactor that depends on nothing else.
pub(super) struct Beta {
    a: f64,
    b: f64,
    /// The slope at the mean `a / (a + b)`.
    front: f64,
}

/// A point of (0, 1), with what would be lost if it were only `x`.
struct Point {
    x: f64,
    /// `1 − x`.
    y: f64,
    /// `a y − b x`: positive below the mean.
    gap: f64,
}

impl Beta {
    pub fn new(a: f64, b: f64) -> Option<Self> {
        if !(a >= f64::MIN_POSITIVE && b >= f64::MIN_POSITIVE && (a + b).is_finite()) {
            return None;
        }
        let n = a + b;
        let remainder = stirling_error(n) - stirling_error(a) - stirling_error(b);
        let front = libm::sqrt(a.min(b) * (a.max(b) / n) / std::f64::consts::TAU) * libm::exp(remainder);
        Some(Self { a, b, front })
    }

    /// Both tails at `x`.
    fn tails(&self, x: f64) -> Tails {
        if x.is_nan() {
            return Tails::NAN;
        }
        if x <= 0.0 {
            return Tails::START;
        }
        if x >= 1.0 {
            return Tails::END;
        }
        let y = 1.0 - x;
        let dropped = (1.0 - y) - x;
        let product = self.b * x;
        let product_rest = libm::fma(self.b, x, -product);
        let gap = libm::fma(self.a, y, -product) - product_rest + self.a * dropped;
        self.tails_at(&Point { x, y, gap })
    }

    /// Both tails where `x / (1 − x)` is `odds`.
    pub fn tails_at_odds(&self, odds: f64) -> Tails {
        if odds.is_nan() {
            return Tails::NAN;
        }
        if odds <= 0.0 {
            return Tails::START;
        }
        if odds.is_infinite() {
            return Tails::END;
        }
        let y = 1.0 / (1.0 + odds);
        let gap = libm::fma(-self.b, odds, self.a) * y;
        // Where `b · odds` overflows, `a y` is nothing beside `b x`.
        let gap = if gap.is_finite() { gap } else { -self.b };
        self.tails_at(&Point { x: odds * y, y, gap })
    }

    /// The smaller side by the continued fraction, the other as what it leaves of 1.
    ///
    /// The slope `xᵃ yᵇ / B(a, b)` is `front · exp(−D(a, nx) − D(b, ny))` with Loader's deviance `D`: large terms never
    /// meet to cancel.
    fn tails_at(&self, at: &Point) -> Tails {
        let (a, b, n) = (self.a, self.b, self.a + self.b);
        let nats = deviance(a, n * at.x, at.gap) + deviance(b, n * at.y, -at.gap);
        let slope = self.front * libm::exp(-nats);
        if a.min(b) >= HUGE {
            let sd = libm::sqrt(a) * libm::sqrt(b / n);
            return saddlepoint(nats, -at.gap / sd, (b - a) / n / (3.0 * sd), slope);
        }
        if at.gap >= 0.0 {
            let lower = slope / fraction(a, b, at.x, at.y, at.gap);
            Tails { lower, upper: 1.0 - lower, slope }
        } else {
            let upper = slope / fraction(b, a, at.y, at.x, -at.gap);
            Tails { lower: 1.0 - upper, upper, slope }
        }
    }

    /// The odds `x / (1 − x)` of the quantile for `p`, where `q` is `1 − p` to full accuracy.
    pub fn odds_quantile(&self, p: f64, q: f64) -> f64 {
        if p == 0.0 {
            return 0.0;
        }
        if q == 0.0 {
            return f64::INFINITY;
        }
        if p > q {
            // The mirror image's lower tail.
            let mirror = Self { a: self.b, b: self.a, front: self.front };
            return 1.0 / mirror.odds_quantile(q, p);
        }
        let start = self.start(p);
        if start == 0.0 {
            // The lower bound is the root itself where it underflows.
            return 0.0;
        }
        solve(p, start, true, |odds| {
            let at = self.tails_at_odds(odds);
            (at.lower, at.slope)
        })
    }

    /// Odds near the quantile for `p ≤ ½`.
    ///
    /// # Formula
    /// The larger of the lower bound that follows from `I_x(a, b) < oddsᵃ / (a B(a, b))` and, for shapes above 1,
    /// Abramowitz and Stegun 26.5.22.
    fn start(&self, p: f64) -> f64 {
        let (a, b, n) = (self.a, self.b, self.a + self.b);
        let ratio = (a / b).clamp(f64::MIN_POSITIVE, f64::MAX);
        let ln_bound = (libm::log(p) + libm::log(a) - libm::log(self.front)) / a + libm::log(a / n) - libm::log1p(ratio) / ratio;
        let bound = libm::exp(ln_bound);
        if a.min(b) <= 1.0 {
            return bound;
        }
        let z = -normal::quantile(p);
        let (r, s) = (1.0 / (2.0 * a - 1.0), 1.0 / (2.0 * b - 1.0));
        let l = (z * z - 3.0) / 6.0;
        let h = 2.0 / (r + s);
        let w = z * libm::sqrt(h + l) / h - (s - r) * (l + 5.0 / 6.0 - 2.0 / (3.0 * h));
        bound.max(a / b * libm::exp(-2.0 * w))
    }
}

/// What the slope is to be divided by for `I_x(a, b)`, for `x` up to the mean; `gap` is `a y − b x`.
///
/// # Formula
/// The continued fraction of Didonato and Morris (1992), ACM TOMS 18 (`BFRAC` of algorithm 708): the even part of
/// DLMF 8.17.22, so that it needs half the steps.
fn fraction(a: f64, b: f64, x: f64, y: f64, gap: f64) -> f64 {
    continued_fraction(a * (gap + 1.0) / (a + 1.0), |m| {
        let (odd, even) = (a + 2.0 * m - 1.0, a + 2.0 * m + 1.0);
        let left = m * (b - m) * x / odd;
        let numerator = (a + m - 1.0) / odd * ((a + b + m - 1.0) * x) * left;
        let denominator = m + left + (a + m) / even * (gap + 1.0 + m * (1.0 + y));
        (numerator, denominator)
    })
}
