//! Ranges of ranks over replicates in which every factor is drawn at once.

use rayon::prelude::*;
use serde::Serialize;

use super::SensitivityError;
use super::draw::{self, Use};
use super::variants::{Variations, Work};
use crate::scoring::rank::Drawn;
use crate::words::Said;

/// What replicates show of every unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MonteCarlo {
    /// How many replicates were computed.
    pub replicates: usize,
    /// How many of them gave nothing, as a geometric mean of a value that is not positive.
    pub failed: usize,
    /// Why the first of these did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The mean over replicates of the mean absolute rank shift.
    pub mean_rank_shift: f64,
    /// The units in their order.
    pub units: Vec<RankRange>,
}

/// The ranks of one unit over replicates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RankRange {
    /// The unit.
    pub unit: String,
    /// Its score as defined.
    pub score: f64,
    /// Its rank as defined.
    pub rank: u32,
    /// In how many replicates it has a rank.
    pub ranked: usize,
    /// The median.
    pub median: f64,
    /// The lower bound of the middle share of replicates.
    pub low: u32,
    /// The upper bound.
    pub high: u32,
    /// The best rank of any replicate.
    pub best: u32,
    /// The worst rank of any replicate.
    pub worst: u32,
    /// The share of replicates in which it is among the top k.
    pub top: f64,
    /// The mean of how many places its rank moves.
    pub mean_shift: f64,
}

/// Computes the index once for each replicate, with every factor drawn anew: a plain Monte Carlo sample, row `i` from stream
/// `i` of the generator.
///
/// # Errors
/// [`SensitivityError::NoReplicate`] where none could be computed.
pub fn monte_carlo(variations: &Variations<'_>, seed: u64) -> Result<MonteCarlo, SensitivityError> {
    let (units, factors) = (variations.nominal(), variations.factors());
    let replicates = factors.replicates() as usize;
    let mut ranks = vec![0_u32; replicates * units.len()];
    let one = |work: &mut (Work, Vec<f64>), (replicate, out): (usize, &mut [u32])| {
        let (work, point) = work;
        point.resize(factors.factors().len(), 0.0);
        draw::fill(&mut draw::stream(seed, Use::MonteCarlo, u64::try_from(replicate).unwrap_or(u64::MAX)), point);
        let failure = variations.evaluate(point, seed, work).err();
        if failure.is_none() {
            out.copy_from_slice(&work.unit_ranks);
        }
        failure
    };
    let chunks = ranks.par_chunks_mut(units.len().max(1)).enumerate();
    let failures: Vec<Option<Said>> = chunks.map_init(<(Work, Vec<f64>)>::default, one).collect();
    let failed = failures.iter().flatten().count();
    let failure = failures.into_iter().flatten().next();
    if failed == replicates || units.is_empty() {
        return Err(SensitivityError::NoReplicate(failure));
    }
    let ranges: Vec<RankRange> = (0..units.len()).into_par_iter().map(|unit| range(variations, &ranks, unit)).collect();
    let failure = failure.map(|why| why.en.into_owned());
    let mean_rank_shift = overall_shift(variations, &ranks);
    Ok(MonteCarlo { replicates, failed, failure, mean_rank_shift, units: ranges })
}

/// The mean over replicates of how many places the units moved on average.
#[allow(clippy::cast_precision_loss)] // a number of replicates
fn overall_shift(variations: &Variations<'_>, ranks: &[u32]) -> f64 {
    let shifts: Vec<f64> = ranks.chunks_exact(variations.nominal().len()).filter_map(|row| mean_shift(variations, row)).collect();
    shifts.iter().sum::<f64>() / shifts.len() as f64
}

/// The mean over the units that have a rank of how many places it lies from the one as defined.
///
/// # Formula
/// `R̄ = Σ |r_i − r_i⁰| / n`, Saisana, Saltelli and Tarantola (2005), JRSS A 168(2), eq. 2, over the units that are ranked.
pub(super) fn mean_shift(variations: &Variations<'_>, ranks: &[u32]) -> Option<f64> {
    let (mut moved, mut n) = (0_u64, 0_u32);
    for ((_, _, nominal), rank) in variations.nominal().iter().zip(ranks) {
        if *rank > 0 {
            moved += u64::from(rank.abs_diff(*nominal));
            n += 1;
        }
    }
    #[allow(clippy::cast_precision_loss)] // far below 2⁵³
    (n > 0).then(|| moved as f64 / f64::from(n))
}

#[allow(clippy::cast_precision_loss)] // a number of replicates
fn range(variations: &Variations<'_>, ranks: &[u32], unit: usize) -> RankRange {
    let (name, score, rank) = variations.nominal().get(unit).cloned().unwrap_or_default();
    let of_unit = ranks.iter().skip(unit).step_by(variations.nominal().len()).filter(|rank| **rank > 0);
    let mut sorted: Vec<i32> = of_unit.map(|rank| i32::try_from(*rank).unwrap_or(i32::MAX)).collect();
    sorted.sort_unstable();
    let n = sorted.len();
    let whole = |rank: i32| u32::try_from(rank).unwrap_or(0);
    let at = |place: usize| sorted.get(place).copied().unwrap_or(0);
    let moved: u64 = sorted.iter().map(|drawn| u64::from(whole(*drawn).abs_diff(rank))).sum();
    let drawn = Drawn::sorted(&sorted).filter(|_| n > 0);
    let (low, high) = drawn.and_then(|drawn| drawn.interval(variations.factors().level())).unwrap_or((0, 0));
    let top = i32::try_from(variations.factors().top()).unwrap_or(i32::MAX);
    RankRange {
        unit: name,
        score,
        rank,
        ranked: n,
        median: f64::midpoint(f64::from(at(n.saturating_sub(1) / 2)), f64::from(at(n / 2))),
        low: whole(low),
        high: whole(high),
        best: whole(at(0)),
        worst: whole(at(n.saturating_sub(1))),
        top: drawn.map_or(0.0, |drawn| drawn.at_most(top).value),
        mean_shift: if n > 0 { moved as f64 / n as f64 } else { 0.0 },
    }
}
