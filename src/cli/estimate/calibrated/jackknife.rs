//! The jackknife of weights that are calibrated anew in every replicate.

use serde_json::{Map, Value};

use super::super::answer::Answer;
use super::super::basic::{Named, named};
use super::super::case::Freedom;
use super::super::refusal::Refusal;
use super::super::study::Study;
use super::recipe::Recipe;
use crate::schema::VarianceMethod;
use crate::scoring::replicate::Replicates;

/// Answers a case with the variance among replicates that leave out one PSU each and go through the same calibration.
///
/// # Errors
/// Samples without a jackknife, and replicates that cannot be calibrated.
pub(super) fn answer(study: &Study<'_>, recipe: &Recipe) -> Result<Map<String, Value>, Refusal> {
    let named = named(study)?;
    let replicates = Replicates::of_sample(VarianceMethod::Jackknife, 0, &study.sample)?; // nothing is drawn
    let df = match study.case.freedom {
        Freedom::Domain => named.df(study, replicates.df()),
        Freedom::Design => vec![replicates.df(); named.names.len()],
    };
    let Named { estimator, names, groups, .. } = named;
    let width = names.len();
    let spread = replicates.estimate(&study.sample, |weights| {
        recipe.apply(weights).map_or(vec![f64::NAN; width], |calibration| estimator.values(calibration.weights()))
    })?;
    let vcov = spread.covariance().to_vec();
    let se = (0..width).map(|place| vcov[place * width + place].sqrt()).collect();
    let answer = Answer { names, groups, est: spread.values().to_vec(), se, vcov, df, freedom: study.case.freedom, deff: Vec::new() };
    Ok(answer.object(study.case.level))
}
