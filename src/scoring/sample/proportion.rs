//! Shares of the population, with what their intervals rest on.

use std::sync::Arc;

use crate::scoring::LonelyStratum;
use crate::scoring::interval::{InterceptFit, Share};
use crate::scoring::sample::{Estimator, Rows, Sample, Statistic, Term, Values, sum};

/// The share of a domain for which a variable is 1, with the variance of the design.
///
/// The variable is 1 or 0, NaN where it is missing: such rows are left out of the estimate, and counted among
/// [`Share::rows`] and the degrees of freedom. NaN, if no row has a value.
///
/// # Formula
/// The mean of the variable; see [`Estimator::linearise`] for its variance.
///
/// # Errors
/// [`LonelyStratum`], if the rule for lonely PSUs is to fail.
pub fn share(sample: &Sample, values: &Values, rows: &Rows) -> Result<Share, LonelyStratum> {
    share_by(sample.weights(), values, rows, sample.df(rows), |mean| {
        sample.covariance(&mean.linearise(sample.weights())).map(|covariance| covariance.first().copied().unwrap_or(f64::NAN))
    })
}

/// The share of a domain for which a variable is 1, with a variance of `variance`, which is handed the estimator of it.
///
/// # Errors
/// That of `variance`.
pub fn share_by<E>(
    weights: &[f64],
    values: &Values,
    rows: &Rows,
    df: f64,
    variance: impl FnOnce(&Estimator) -> Result<f64, E>,
) -> Result<Share, E> {
    let answered: Rows = rows.iter().zip(values.iter()).map(|(keep, value)| *keep && !value.is_nan()).collect();
    let mean = Estimator::new(vec![Term { rows: Arc::clone(&answered), statistic: Statistic::Mean(Arc::clone(values)) }]);
    let estimate = mean.values(weights).first().copied().unwrap_or(f64::NAN);
    // A row of weight 0 stands for nobody, here as in the estimate.
    let weighed = |rows: &Rows| rows.iter().zip(weights).filter(|(keep, weight)| **keep && **weight != 0.0).count();
    let count = |rows: &Rows| f64::from(u32::try_from(weighed(rows)).unwrap_or(u32::MAX));
    let mean_weight = sum(weights.iter().zip(rows.iter()).filter(|(_, keep)| **keep).map(|(weight, _)| *weight)) / count(rows);
    let counted = weights.iter().zip(values.iter()).zip(answered.iter()).filter(|(_, keep)| **keep);
    let fit = InterceptFit::new(estimate, counted.map(|((weight, value), _)| (weight / mean_weight, *value)));
    Ok(Share { estimate, variance: variance(&mean)?, df, rows: count(rows), answers: count(&answered), fit: Some(fit) })
}
