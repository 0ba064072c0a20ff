//! Intervals for proportions.

use serde_json::{Map, Value};

use super::answer::numbers;
use super::refusal::Refusal;
use super::study::Study;
use crate::scoring::interval::{Share, ShareInterval};
use crate::scoring::sample::proportion::share_by;
use crate::scoring::sample::{Estimator, Values};

/// Answers a case with the variances of the design: a share for each variable, with the intervals of one method at the
/// domain's degrees of freedom.
pub fn answer(study: &Study<'_>) -> Result<Map<String, Value>, Refusal> {
    answer_by(study, study.domain_df(), |mean| Ok(study.sample.covariance(&mean.linearise(study.sample.weights()))?))
}

/// Answers a case with the covariances of `covariance`, which is handed estimators of one mean.
pub fn answer_by(
    study: &Study<'_>,
    df: f64,
    covariance: impl Fn(&Estimator) -> Result<Vec<f64>, Refusal>,
) -> Result<Map<String, Value>, Refusal> {
    let options = &study.case.estimator;
    options.one_domain()?;
    let method = method(options.method.as_deref())?;
    let variables = study.variables(&options.vars)?;
    if let Some(position) = variables.iter().position(|values| values.iter().any(|value| ![0.0, 1.0].contains(value) && !value.is_nan())) {
        let detail = format!("{:?} is not a variable of 0 and 1; state a condition, such as q01>=4", options.vars[position]);
        return Err(Refusal::new("not-a-share", detail));
    }
    let variance = |mean: &Estimator| covariance(mean).map(|covariance| covariance.first().copied().unwrap_or(f64::NAN));
    let share = |values: &Values| share_by(study.sample.weights(), values, &study.domain, df, variance);
    let shares: Vec<Share> = variables.iter().map(share).collect::<Result<_, _>>()?;
    let (low, high): (Vec<f64>, Vec<f64>) = shares.iter().map(|share| share.interval(method, study.case.level)).unzip();
    let each = |of: fn(&Share) -> f64| numbers(&shares.iter().map(of).collect::<Vec<_>>());
    Ok(Map::from_iter([
        ("est".to_owned(), each(|share| share.estimate)),
        ("names".to_owned(), super::answer::texts(&options.vars)),
        ("se".to_owned(), each(|share| share.variance.max(0.0).sqrt())),
        ("df".to_owned(), super::answer::number(study.stated_df(df))),
        ("ci_low".to_owned(), numbers(&low)),
        ("ci_high".to_owned(), numbers(&high)),
    ]))
}

/// The method of that name; `svyciprop`'s default where there is none.
pub fn method(name: Option<&str>) -> Result<ShareInterval, Refusal> {
    let name = name.unwrap_or("logit");
    ShareInterval::named(name)
        .ok_or_else(|| Refusal::new("case-invalid", format!("/estimator/method: {name:?} is not an interval of a share")))
}
