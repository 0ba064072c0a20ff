//! Quantiles.

use serde_json::{Map, Value};

use super::answer::{number, numbers};
use super::refusal::Refusal;
use super::study::Study;
use crate::scoring::sample::Estimator;
use crate::scoring::sample::quantile::{Quantile, QuantileError, QuantileInterval, QuantileMethod, QuantileRule, quantiles_by};

/// Answers a case with the variances of the design.
pub fn answer(study: &Study<'_>) -> Result<Map<String, Value>, Refusal> {
    let rows = study.rows(&study.variables(&study.case.estimator.vars)?);
    answer_by(study, study.sample.df(&rows), |mean| Ok(study.sample.covariance(&mean.linearise(study.sample.weights()))?))
}

/// Answers a case with the covariances of `covariance`, which is handed estimators of one mean.
pub fn answer_by(
    study: &Study<'_>,
    df: f64,
    covariance: impl Fn(&Estimator) -> Result<Vec<f64>, Refusal>,
) -> Result<Map<String, Value>, Refusal> {
    let options = &study.case.estimator;
    options.one_domain()?;
    let [values] = study.variables(&options.vars)?.try_into().map_err(|_| invalid("vars", "one variable at a time"))?;
    if options.probs.is_empty() {
        return Err(invalid("probs", "which quantiles is missing"));
    }
    let rows = study.rows(std::slice::from_ref(&values));
    if rows.iter().zip(values.iter()).any(|(keep, value)| *keep && value.is_nan()) {
        return Err(Refusal::new("values-missing", format!("{:?} has missing values; na_rm leaves those rows out", options.vars[0])));
    }
    let (rule, interval) = (options.qrule.as_deref().unwrap_or("math"), options.interval.as_deref().unwrap_or("mean"));
    let method = QuantileMethod {
        rule: QuantileRule::parse(rule).ok_or_else(|| invalid("qrule", &format!("{rule:?} is no rule for quantiles")))?,
        interval: QuantileInterval::named(interval)
            .ok_or_else(|| invalid("interval", &format!("{interval:?} is not an interval of a quantile")))?,
        level: study.case.level,
        df,
    };
    let variance = |mean: &Estimator| covariance(mean).map(|covariance| covariance.first().copied().unwrap_or(f64::NAN));
    let found = quantiles_by(study.sample.weights(), &values, &rows, &options.probs, method, variance)?;
    let each =
        |of: fn(&Quantile) -> Option<f64>| numbers(&found.iter().map(|quantile| of(quantile).unwrap_or(f64::NAN)).collect::<Vec<_>>());
    Ok(Map::from_iter([
        ("probs".to_owned(), each(|quantile| Some(quantile.probability))),
        ("est".to_owned(), each(|quantile| Some(quantile.estimate))),
        ("se".to_owned(), each(|quantile| quantile.se)),
        ("df".to_owned(), number(method.df)),
        ("ci_low".to_owned(), each(|quantile| quantile.low)),
        ("ci_high".to_owned(), each(|quantile| quantile.high)),
    ]))
}

fn invalid(option: &str, what: &str) -> Refusal {
    Refusal::new("case-invalid", format!("/estimator/{option}: {what}"))
}

impl From<QuantileError<Refusal>> for Refusal {
    fn from(error: QuantileError<Refusal>) -> Self {
        match error {
            QuantileError::Empty => Self::new("domain-empty", error.to_string()),
            QuantileError::Probability(_) => invalid("probs", &error.to_string()),
            QuantileError::Variance(refusal) => refusal,
        }
    }
}
