//! The jackknife of weights that are calibrated anew in every replicate.

use serde_json::{Map, Value};

use super::super::answer::Answer;
use super::super::basic::{Named, named};
use super::super::refusal::Refusal;
use super::super::study::Study;

/// Answers a case with the variance among replicates that leave out one PSU each.
///
/// # Formula
/// JK1: `(1 − n/N) · (n−1)/n · Σ_r (θ_r − θ̄)²`, each `θ_r` under weights of `n/(n−1)` times the base weights, 0 in the PSU left out, that went
/// through the same calibration: `as.svrepdesign(type = "JK1")` of R's survey package.
///
/// # Errors
/// Strata, and replicates that cannot be calibrated.
pub(super) fn answer(
    study: &Study<'_>,
    weights: &[f64],
    calibrate: impl Fn(&[f64]) -> Result<Vec<f64>, Refusal>,
) -> Result<Map<String, Value>, Refusal> {
    let Named { estimator, names, groups } = named(study)?;
    let (Some(strata), Some(clusters)) = (study.sample.stages().strata(0), study.sample.stages().clusters(0)) else {
        return Err(Refusal::unsupported("a jackknife needs PSUs"));
    };
    let [stratum] = strata.strata() else {
        return Err(Refusal::unsupported("jk1 is the jackknife of samples without strata"));
    };
    let est = estimator.linearise(weights).values().to_vec();
    let psus = f64::from(stratum.sampled);
    let mut replicates: Vec<Vec<f64>> = Vec::new();
    for left_out in 0..stratum.sampled {
        let base = study.sample.weights().iter().zip(clusters);
        let base: Vec<f64> = base.map(|(w, psu)| if *psu == left_out { 0.0 } else { w * psus / (psus - 1.0) }).collect();
        replicates.push(estimator.linearise(&calibrate(&base)?).values().to_vec());
    }
    #[allow(clippy::cast_precision_loss)] // population counts are far below 2^53
    let drawn = stratum.population.map_or(0.0, |population| psus / population as f64);
    let scale = (1.0 - drawn) * (psus - 1.0) / psus;
    let means: Vec<f64> = (0..est.len()).map(|place| replicates.iter().map(|values| values[place]).sum::<f64>() / psus).collect();
    let cell = |a: usize, b: usize| scale * replicates.iter().map(|values| (values[a] - means[a]) * (values[b] - means[b])).sum::<f64>();
    let vcov: Vec<f64> = (0..est.len()).flat_map(|a| (0..est.len()).map(move |b| (a, b))).map(|(a, b)| cell(a, b)).collect();
    let se = (0..est.len()).map(|place| vcov[place * est.len() + place].max(0.0).sqrt()).collect();
    Ok(Answer { names, groups, est, se, vcov, df: study.df(), deff: Vec::new() }.object(study.case.level))
}
