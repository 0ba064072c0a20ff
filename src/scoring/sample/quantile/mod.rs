//! Quantiles of a variable, with intervals.

mod rule;

pub use rule::QuantileRule;

use std::sync::Arc;

use crate::scoring::LonelyStratum;
use crate::scoring::interval::{self, Share, ShareInterval};
use crate::scoring::sample::{Estimator, Rows, Sample, Statistic, Term, Values};
use rule::Ordered;

/// How the interval of a quantile is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuantileInterval {
    /// The quantiles for the ends of an interval of the share at or below the estimate: Woodruff (1952), JASA 47. Any
    /// interval of a share will do; `svyquantile` has `mean`, `xlogit`, `asin` and `beta`.
    Woodruff(ShareInterval),
    /// From the first value whose share at or below it is not further below `p` than t of its standard errors, to the first
    /// whose share is further above: Francisco and Fuller (1991), Annals of Statistics 19.
    Test,
    /// As `Test`, but each end is the quantile for the share of *rows* at or below it, which is what interval `score` of
    /// `svyquantile` gives. Where weights vary with the variable, that moves the interval off the estimate: to compare
    /// with R only.
    Score,
}

impl QuantileInterval {
    /// The interval of that name; those of `svyquantile` under its names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "score" => Some(Self::Score),
            "test" => Some(Self::Test),
            _ => ShareInterval::named(name).map(Self::Woodruff),
        }
    }
}

/// How quantiles are estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuantileMethod {
    /// The rule for the estimate, and for the ends of its interval.
    pub rule: QuantileRule,
    /// The interval.
    pub interval: QuantileInterval,
    /// The level of the interval.
    pub level: f64,
    /// Degrees of freedom.
    pub df: f64,
}

/// A quantile and its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile {
    /// The share of the population at or below it.
    pub probability: f64,
    /// The value.
    pub estimate: f64,
    /// The lower end; `None` where the interval of the share reaches below 0, or has none.
    pub low: Option<f64>,
    /// The upper end; `None` where the interval of the share reaches above 1, or has none.
    pub high: Option<f64>,
    /// The length of the interval over twice its t quantile.
    pub se: Option<f64>,
}

/// Why a quantile cannot be estimated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum QuantileError<E> {
    /// No row with a weight and a value.
    #[error("no row of the domain has a value")]
    Empty,
    /// A share outside 0 to 1.
    #[error("{0} is no share from 0 to 1")]
    Probability(f64),
    /// The variance of a share cannot be estimated.
    #[error(transparent)]
    Variance(E),
}

/// Quantiles over the rows of a domain, with the variance of the design.
///
/// # Errors
/// [`QuantileError`]: nothing to estimate from, a probability outside 0 to 1, or a lonely PSU whose rule is to fail.
pub fn quantiles(
    sample: &Sample,
    values: &Values,
    rows: &Rows,
    probabilities: &[f64],
    method: QuantileMethod,
) -> Result<Vec<Quantile>, QuantileError<LonelyStratum>> {
    quantiles_by(sample.weights(), values, rows, probabilities, method, |mean| {
        sample.covariance(&mean.linearise(sample.weights())).map(|covariance| covariance.first().copied().unwrap_or(f64::NAN))
    })
}

/// Quantiles over the rows of a domain whose values are not missing, with variances of `variance`, which is handed
/// estimators of one mean: how replicate weights take part.
///
/// # Errors
/// As [`quantiles`], with the error of `variance`.
pub fn quantiles_by<E>(
    weights: &[f64],
    values: &Values,
    rows: &Rows,
    probabilities: &[f64],
    method: QuantileMethod,
    variance: impl Fn(&Estimator) -> Result<f64, E>,
) -> Result<Vec<Quantile>, QuantileError<E>> {
    let rows: Rows = rows.iter().zip(values.iter()).map(|(keep, value)| *keep && !value.is_nan()).collect();
    let kept = weights.iter().zip(values.iter()).zip(rows.iter()).filter(|(_, keep)| **keep);
    let ordered = Ordered::new(kept.map(|((weight, value), _)| (*value, *weight))).ok_or(QuantileError::Empty)?;
    let spread = Spread { weights, values, rows, ordered, variance };
    probabilities.iter().map(|p| spread.quantile(*p, method)).collect()
}

/// A variable over a domain, with what gives the variance of shares of it.
struct Spread<'a, F> {
    weights: &'a [f64],
    values: &'a Values,
    rows: Rows,
    ordered: Ordered,
    variance: F,
}

impl<E, F: Fn(&Estimator) -> Result<f64, E>> Spread<'_, F> {
    fn quantile(&self, p: f64, method: QuantileMethod) -> Result<Quantile, QuantileError<E>> {
        if !(0.0..=1.0).contains(&p) {
            return Err(QuantileError::Probability(p));
        }
        let estimate = self.ordered.quantile(method.rule, p);
        let (low, high) = match method.interval {
            QuantileInterval::Woodruff(interval) => self.woodruff(estimate, interval, method)?,
            QuantileInterval::Test | QuantileInterval::Score => {
                let t = interval::multiplier(method.level, method.df);
                (Some(self.test(p, t, method)?), Some(self.test(p, -t, method)?))
            }
        };
        let t = interval::multiplier(method.level, method.df);
        let se = low.zip(high).map(|(low, high)| (high - low) / (2.0 * t));
        Ok(Quantile { probability: p, estimate, low, high, se })
    }

    /// The share at or below a value, and its variance.
    fn share(&self, value: f64) -> Result<(f64, f64), QuantileError<E>> {
        let indicator: Values = self.values.iter().map(|x| f64::from(u8::from(*x <= value))).collect();
        let mean = Estimator::new(vec![Term { rows: Arc::clone(&self.rows), statistic: Statistic::Mean(indicator) }]);
        let share = mean.values(self.weights).first().copied().unwrap_or(f64::NAN);
        let variance = (self.variance)(&mean).map_err(QuantileError::Variance)?;
        Ok((share, variance))
    }

    fn woodruff(
        &self,
        estimate: f64,
        interval: ShareInterval,
        method: QuantileMethod,
    ) -> Result<(Option<f64>, Option<f64>), QuantileError<E>> {
        let (estimate, variance) = self.share(estimate)?;
        let n = f64::from(u32::try_from(self.rows.iter().filter(|keep| **keep).count()).unwrap_or(u32::MAX));
        let share = Share { estimate, variance, df: method.df, rows: n, answers: n, fit: None };
        let (low, high) = share.interval(interval, method.level);
        let read = |end: f64| (0.0..=1.0).contains(&end).then(|| self.ordered.quantile(method.rule, end));
        Ok((read(low), read(high)))
    }

    /// The value at which `(p − F(x)) / se(F(x))` falls to `t`.
    ///
    /// `F` is a step function, so the statistic jumps past `t` at one value. R ends at the share of the step before or at
    /// that value, whichever is closer to `t`.
    fn test(&self, p: f64, t: f64, method: QuantileMethod) -> Result<f64, QuantileError<E>> {
        let support = self.ordered.support();
        let statistic = |value: f64| self.share(value).map(|(share, variance)| (p - share) / libm::sqrt(variance));
        // The statistic lies above t before `low`'s successor, and not above it from `high` on: the last value has F = 1.
        let (mut low, mut high) = (0, support.len() - 1);
        let (mut above, mut below) = (statistic(support[low])?, f64::NEG_INFINITY);
        if above <= t || high == 0 {
            return Ok(support[0]);
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            let here = statistic(support[middle])?;
            if here > t {
                (low, above) = (middle, here);
            } else {
                (high, below) = (middle, here);
            }
        }
        if method.interval == QuantileInterval::Test {
            return Ok(support[high]);
        }
        let step = support[if (below - t).abs() < (above - t).abs() { high } else { low }];
        Ok(self.ordered.quantile(method.rule, self.ordered.share_of_rows(step)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::LonelyPsu;
    use crate::scoring::sample::StageColumns;

    /// Fifty villages of eight people each, whose answers lie close together; weights rise with answers.
    fn sample() -> (Sample, Values, Rows) {
        let of = |row: u32| f64::from(row / 8 * 17 % 50 * 4 + row % 8);
        let values: Values = (0..400).map(of).collect();
        let weights = values.iter().map(|y| 1.0 + y / 40.0).collect();
        let villages = StageColumns { clusters: (0..400).map(|row| format!("{:02}", row / 8)).collect(), ..StageColumns::default() };
        (Sample::new(weights, &[villages], LonelyPsu::Fail).unwrap(), values, vec![true; 400].into())
    }

    fn method(interval: QuantileInterval) -> QuantileMethod {
        QuantileMethod { rule: QuantileRule::Math, interval, level: 0.95, df: 49.0 }
    }

    #[test]
    fn the_test_and_woodruff_agree_and_hold_the_estimate() {
        let (sample, values, rows) = sample();
        let find = |interval| quantiles(&sample, &values, &rows, &[0.25, 0.5, 0.8], method(interval)).unwrap();
        for (test, woodruff) in find(QuantileInterval::Test).iter().zip(find(QuantileInterval::Woodruff(ShareInterval::Linear))) {
            let (low, high) = (test.low.unwrap(), test.high.unwrap());
            assert!(low < test.estimate && test.estimate < high, "{test:?}");
            assert!((low - woodruff.low.unwrap()).abs() < 9.0 && (high - woodruff.high.unwrap()).abs() < 9.0, "{test:?} {woodruff:?}");
        }
    }

    #[test]
    fn the_score_interval_of_r_leaves_the_estimate_where_weights_follow_the_variable() {
        let (sample, values, rows) = sample();
        let found = quantiles(&sample, &values, &rows, &[0.5], method(QuantileInterval::Score)).unwrap()[0];
        assert!(found.low.unwrap() > found.estimate, "{found:?}");
    }

    #[test]
    fn an_interval_that_leaves_the_data_has_no_end_there() {
        let (sample, values, rows) = sample();
        let woodruff = method(QuantileInterval::Woodruff(ShareInterval::Linear));
        let found = quantiles(&sample, &values, &rows, &[0.001], woodruff).unwrap()[0];
        assert!(found.low.is_none() && found.se.is_none() && found.high.is_some(), "{found:?}");
        let held = quantiles(&sample, &values, &rows, &[0.001], method(QuantileInterval::Woodruff(ShareInterval::Beta))).unwrap()[0];
        assert!(held.low.is_some(), "{held:?}");
    }

    #[test]
    fn what_cannot_be_estimated_is_refused() {
        let (sample, values, rows) = sample();
        let method = method(QuantileInterval::Test);
        assert_eq!(quantiles(&sample, &values, &vec![false; 400].into(), &[0.5], method), Err(QuantileError::Empty));
        assert_eq!(quantiles(&sample, &values, &rows, &[1.5], method), Err(QuantileError::Probability(1.5)));
        let one: Rows = (0..400).map(|row| row == 3).collect();
        let found = quantiles(&sample, &values, &one, &[0.5], method).unwrap()[0];
        assert_eq!(found.estimate.to_bits(), values[3].to_bits());
    }
}
