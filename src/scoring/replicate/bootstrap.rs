//! Bootstraps of the first stage.

use std::ops::Range;

use crate::frame::{Strata, Stratum};
use crate::schema::BootstrapKind;
use crate::scoring::replicate::draw::{Draws, table};
use crate::scoring::replicate::{Factors, Level, ReplicateError, Replicates, contrasts, count, fraction, multistage};

/// Draws `replicates` bootstraps.
///
/// # Formula
/// With `t_j` the times that PSU `j` of the `n` of its stratum is drawn, its factor is
/// - Rao–Wu: `n/(n−1) · t_j`, drawing `n − 1` (Rao and Wu 1988, JASA 83, eq. 4.1 with `m = n − 1`; as weights Rao, Wu and Yue 1992, Survey
///   Methodology 18; `subbootstrap` of R's survey package);
/// - Rao–Wu–Yue–Beaumont: `1 − λ + λ · n/(n−1) · t_j`, drawing `n − 1`, `λ = √(1 − f)` (the same, eq. 4.2; Beaumont and Émond 2022, Stats 5,
///   for a first stage drawn without replacement);
/// - Canty–Davison: `t_j`, drawing `n`; `scale` holds `ñ/(ñ−1)` with `ñ` the harmonic mean of the strata's sizes, so strata of unlike
///   sizes are corrected on average only (Canty and Davison 1999, The Statistician 48; `bootstrap` of R's survey package);
/// - Preston: see `multistage`, with one stage.
///
/// `scale` is `1/(R − 1)`: the sample variance of the replicates.
pub(super) fn make(kind: BootstrapKind, strata: &Strata, replicates: u32, seed: u64) -> Result<Replicates, ReplicateError> {
    let ranges = ranges(strata);
    let draw = |draws: &mut Draws, factors: &mut [f64]| {
        for (stratum, range) in strata.strata().iter().zip(&ranges).filter(|(stratum, _)| stratum.sampled > 1) {
            let factors = &mut factors[range.clone()];
            match kind {
                BootstrapKind::RaoWu => again(draws, factors, stratum.sampled - 1, 1.0),
                BootstrapKind::RaoWuYueBeaumont => again(draws, factors, stratum.sampled - 1, (1.0 - fraction(stratum)).sqrt()),
                BootstrapKind::CantyDavison => again(draws, factors, stratum.sampled, 1.0),
                BootstrapKind::Preston => multistage::halve(draws, factors, fraction(stratum)),
            }
        }
    };
    let factors = table(strata.psus(), replicates, seed, draw);
    let correction = if kind == BootstrapKind::CantyDavison { harmonic(strata) } else { 1.0 };
    Ok(drawn(Level::Psus, strata, strata.psus(), replicates, factors, correction))
}

/// Replicates that are draws of one kind.
pub(super) fn drawn(level: Level, strata: &Strata, units: usize, replicates: u32, factors: Vec<f64>, correction: f64) -> Replicates {
    let most = f64::from(replicates) - 1.0;
    Replicates {
        level,
        units,
        count: replicates as usize,
        factors: Factors::Dense(factors),
        scale: correction / most,
        rscales: vec![1.0; replicates as usize],
        mse: false,
        df: contrasts(strata).min(most),
        exchangeable: true,
    }
}

/// Draws `size` of the units with replacement: `1 − λ + λ · n/size · times drawn`.
fn again(draws: &mut Draws, factors: &mut [f64], size: u32, lambda: f64) {
    let n = u32::try_from(factors.len()).unwrap_or(u32::MAX);
    let step = lambda * f64::from(n) / f64::from(size);
    let mut times = vec![0_u32; factors.len()];
    for _ in 0..size {
        times[draws.below(n) as usize] += 1;
    }
    for (factor, times) in factors.iter_mut().zip(times) {
        *factor = (1.0 - lambda) + step * f64::from(times);
    }
}

/// The PSUs of each stratum.
fn ranges(strata: &Strata) -> Vec<Range<usize>> {
    let mut end = 0;
    let next = |stratum: &Stratum| {
        let start = end;
        end += stratum.sampled as usize;
        start..end
    };
    strata.strata().iter().map(next).collect()
}

/// `ñ/(ñ−1)`, with `ñ` the harmonic mean of the strata's sizes.
fn harmonic(strata: &Strata) -> f64 {
    let sizes: Vec<f64> = strata.strata().iter().filter(|s| s.sampled > 1).map(|s| f64::from(s.sampled)).collect();
    let mean = count(sizes.len()) / sizes.iter().map(|n| 1.0 / n).sum::<f64>();
    if mean > 1.0 { mean / (mean - 1.0) } else { 1.0 }
}
