//! A share of the population, and its interval by each method.

use super::profile::{InterceptFit, profile};
use super::{asin, beta, likelihood, linear, logit, multiplier, wilson};

/// How the interval of a share is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareInterval {
    /// Symmetric about the share, see [`linear`]; may reach below 0 and above 1.
    Linear,
    /// Symmetric in the log odds, see [`logit`].
    Logit,
    /// Symmetric on the arcsine scale, see [`asin`].
    Asin,
    /// Korn and Graubard's, see [`beta`].
    Beta,
    /// Wilson's score interval, see [`wilson`].
    Wilson,
    /// By the likelihood ratio, see [`likelihood`].
    Likelihood,
    /// The same as R approximates it, by a spline through a few points: to compare with R only.
    Profile,
}

impl ShareInterval {
    /// The interval of that name: those of `svyciprop`, of which `logit` and `xlogit` are one, and `likelihood-ratio` for
    /// [`ShareInterval::Likelihood`]. `likelihood` is what `svyciprop` gives.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "mean" | "linear" => Self::Linear,
            "logit" | "xlogit" => Self::Logit,
            "asin" => Self::Asin,
            "beta" => Self::Beta,
            "wilson" => Self::Wilson,
            "likelihood-ratio" => Self::Likelihood,
            "likelihood" => Self::Profile,
            _ => return None,
        })
    }
}

/// An estimated share with all that its intervals rest on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// The estimate, from 0 to 1.
    pub estimate: f64,
    /// Its design-based variance.
    pub variance: f64,
    /// Degrees of freedom of the (sub)design.
    pub df: f64,
    /// Rows of the (sub)design, those without an answer included: what R's [`beta`] counts.
    pub rows: f64,
    /// Rows with an answer.
    pub answers: f64,
    /// What R's fit of a model with an intercept only knows of the weights, for [`ShareInterval::Profile`]; `None` stands for
    /// equal weights.
    pub fit: Option<InterceptFit>,
}

impl Share {
    /// The interval by a method.
    ///
    /// Where everybody, or nobody, is counted the variance is 0 and says nothing. The effective sample size is then taken to
    /// be the number of answers, the rule of the U.S. National Center for Health Statistics (Vital and Health Statistics
    /// 2(175), 2017): [`wilson`], [`asin`] and [`likelihood`] have limits there, `t²/(n + t²)`, `sin²(t/2√n)` and
    /// `1 − exp(−t²/2n)` away; the others end at Clopper and Pearson's `1 − (α/2)^(1/n)`. R gives NaN or a single point.
    /// Clusters of people who answer alike make that too short, and nothing in such a sample says by how much.
    #[must_use]
    pub fn interval(&self, method: ShareInterval, level: f64) -> (f64, f64) {
        let Self { estimate: p, variance, df, .. } = *self;
        if variance == 0.0 && (p <= 0.0 || p >= 1.0) {
            return self.at_the_end(method, level);
        }
        match method {
            ShareInterval::Linear => linear(p, variance, df, level),
            ShareInterval::Logit => logit(p, variance, df, level),
            ShareInterval::Asin => asin(p, variance, df, level),
            ShareInterval::Beta => beta(p, variance, df, self.rows, level),
            ShareInterval::Wilson => wilson(p, variance, df, level),
            ShareInterval::Likelihood => likelihood(p, variance, df, self.answers, level),
            ShareInterval::Profile => profile(self, level),
        }
    }

    /// The interval of a share of 0 or 1.
    fn at_the_end(&self, method: ShareInterval, level: f64) -> (f64, f64) {
        let (t, n) = (multiplier(level, self.df), self.answers);
        if t.is_nan() || n.is_nan() || n <= 0.0 {
            return (f64::NAN, f64::NAN);
        }
        let away = match method {
            ShareInterval::Wilson => t * t / (n + t * t),
            ShareInterval::Asin => {
                let sine = libm::sin((0.5 * t / libm::sqrt(n)).min(std::f64::consts::FRAC_PI_2));
                sine * sine
            }
            ShareInterval::Likelihood | ShareInterval::Profile => -libm::expm1(-0.5 * t * t / n),
            ShareInterval::Linear | ShareInterval::Logit | ShareInterval::Beta => {
                return beta(self.estimate, 0.0, self.df, n, level);
            }
        };
        if self.estimate <= 0.0 { (0.0, away) } else { (1.0 - away, 1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: [ShareInterval; 7] = [
        ShareInterval::Linear,
        ShareInterval::Logit,
        ShareInterval::Asin,
        ShareInterval::Beta,
        ShareInterval::Wilson,
        ShareInterval::Likelihood,
        ShareInterval::Profile,
    ];

    fn share(estimate: f64, variance: f64, n: f64) -> Share {
        Share { estimate, variance, df: 40.0, rows: n, answers: n, fit: None }
    }

    #[test]
    fn a_share_of_nobody_or_everybody_has_an_interval_by_every_method() {
        for method in METHODS {
            let mut last = 1.0;
            for n in [1.0, 12.0, 300.0, 1e6] {
                let (low, high) = share(0.0, 0.0, n).interval(method, 0.95);
                assert!(low == 0.0 && 0.0 < high && high < last, "{method:?}, n = {n}: {low} {high} after {last}");
                let (from, to) = share(1.0, 0.0, n).interval(method, 0.95);
                assert!((from - (1.0 - high)).abs() < 1e-15 && (to - 1.0).abs() < f64::EPSILON, "{method:?}: {from} {to}");
                last = high;
            }
            let (low, high) = share(0.0, 0.0, 0.0).interval(method, 0.95);
            assert!(low.is_nan() && high.is_nan(), "{method:?} without answers: {low} {high}");
        }
    }

    #[test]
    fn the_intervals_of_small_shares_run_into_those_of_nobody() {
        // As the share falls at a fixed effective sample size, the upper end tends to that at 0.
        let n = 400.0;
        for method in [ShareInterval::Wilson, ShareInterval::Asin, ShareInterval::Likelihood] {
            let p = 1e-9;
            let high = share(p, p * (1.0 - p) / n, n).interval(method, 0.95).1;
            let end = share(0.0, 0.0, n).interval(method, 0.95).1;
            assert!((high / end - 1.0).abs() < 4e-3, "{method:?}: {high} {end}");
        }
    }

    #[test]
    fn the_ends_of_the_likelihood_interval_are_equally_likely() {
        for p in [1e-6, 0.03, 0.5, 0.9, 1.0 - 1e-6] {
            for size in [3.0, 250.0, 1e7] {
                let (low, high) = likelihood(p, p * (1.0 - p) / size, 25.0, 500.0, 0.95);
                let t = multiplier(0.95, 25.0);
                let nats = 0.5 * t * t / size * 500.0 / 499.0;
                for q in [low, high] {
                    let apart = p * libm::log(p / q) + (1.0 - p) * libm::log((1.0 - p) / (1.0 - q));
                    let rounding = 1e-9 + 1e-14 / nats;
                    assert!((apart / nats - 1.0).abs() < rounding || q <= 0.0 || q >= 1.0, "p {p}, n {size}: {q}: {apart} is not {nats}");
                }
                assert!(0.0 <= low && low < p && p < high && high <= 1.0, "{p}: {low} {high}");
            }
        }
    }

    #[test]
    fn the_profile_of_r_is_near_the_likelihood_interval() {
        for p in [0.08, 0.4, 0.77] {
            for effect in [0.7, 1.0, 2.5, 5.0] {
                let share = share(p, effect * p * (1.0 - p) / 600.0, 600.0);
                let (exact, read) = (share.interval(ShareInterval::Likelihood, 0.95), share.interval(ShareInterval::Profile, 0.95));
                assert!((exact.0 / read.0 - 1.0).abs() < 0.01 && (exact.1 / read.1 - 1.0).abs() < 0.01, "{p} {effect}: {exact:?} {read:?}");
            }
        }
    }

    #[test]
    fn what_makes_no_sense_gives_nan() {
        for method in METHODS {
            for bad in [share(f64::NAN, 0.01, 50.0), share(0.5, -0.01, 50.0), Share { df: 0.0, ..share(0.5, 0.01, 50.0) }] {
                let (low, high) = bad.interval(method, 0.95);
                assert!(low.is_nan() && high.is_nan(), "{method:?} of {bad:?}: {low} {high}");
            }
        }
    }
}
