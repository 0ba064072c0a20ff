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
        if t.is_nan() || n.is_nan() || n <= 0.0 {
            return (f64::NAN, f64::NAN);
        }
        if self.estimate <= 0.0 { (0.0, away) } else { (1.0 - away, 1.0) }
    }
}
