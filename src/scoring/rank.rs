//! Ranks, and how far they can be trusted.

use crate::frame::Strata;
use crate::schema::LonelyPsu;
use crate::scoring::distribution::normal;
use crate::scoring::{LonelyStratum, Scatter};

/// How the interval of a rank is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RankMethod {
    /// From joint intervals of all values at level^(1/K): Klein, Wright and Wieczorek (2020), JRSS C 69(3).
    KleinWrightWieczorek,
    /// From all K(K−1)/2 differences, Bonferroni: every unit's interval holds at once (Mogstad et al. 2024, REStud 91).
    PairwiseJoint,
    /// From the K−1 differences of one unit, Bonferroni: the interval of any one unit holds.
    PairwiseMarginal,
}

/// A rank (1 is best) with the interval it may lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct RankInterval {
    /// Competition rank of the point estimate: ties share the better rank.
    pub rank: u32,
    /// The best rank that the data admit.
    pub low: u32,
    /// The worst rank that the data admit.
    pub high: u32,
}

/// Competition ranks: one more than the number of better values.
#[must_use]
pub fn ranks(values: &[f64]) -> Vec<u32> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let better = |value: &f64| sorted.partition_point(|other| other > value);
    values.iter().map(|value| u32::try_from(better(value)).unwrap_or(u32::MAX).saturating_add(1)).collect()
}

/// Ranks with their intervals at `level`. `covariance(a, b)` is that of the values of units `a` and `b`.
///
/// # Formula
/// A unit's best rank is one more than the number of units that are significantly above it, its worst `K` less the
/// number significantly below: by disjoint intervals for Klein–Wright–Wieczorek, by
/// `|θ_a − θ_b| > z · √(V_a + V_b − 2 C_ab)` for the pairwise methods, with `z` the normal quantile at
/// `1 − (1−level)/(2m)`, `m` the number of differences.
#[must_use]
pub fn rank_intervals(values: &[f64], covariance: &dyn Fn(usize, usize) -> f64, method: RankMethod, level: f64) -> Vec<RankInterval> {
    #[allow(clippy::cast_precision_loss)] // a list of units
    let k = values.len() as f64;
    let tail = match method {
        RankMethod::KleinWrightWieczorek => (1.0 - level.powf(1.0 / k)) / 2.0,
        RankMethod::PairwiseJoint => (1.0 - level) / (k * (k - 1.0)),
        RankMethod::PairwiseMarginal => (1.0 - level) / (2.0 * (k - 1.0)),
    };
    let z = if values.len() > 1 { -normal::quantile(tail) } else { 0.0 };
    let variances: Vec<f64> = (0..values.len()).map(|a| covariance(a, a)).collect();
    let above = |a: usize, b: usize| match method {
        RankMethod::KleinWrightWieczorek => values[a] - z * variances[a].sqrt() > values[b] + z * variances[b].sqrt(),
        RankMethod::PairwiseJoint | RankMethod::PairwiseMarginal => {
            let difference = values[a] - values[b];
            difference > 0.0 && difference > z * (variances[a] + variances[b] - 2.0 * covariance(a.min(b), a.max(b))).max(0.0).sqrt()
        }
    };
    let places = u32::try_from(values.len()).unwrap_or(u32::MAX);
    let mut intervals: Vec<RankInterval> = ranks(values).into_iter().map(|rank| RankInterval { rank, low: 1, high: places }).collect();
    for a in 0..values.len() {
        for b in a + 1..values.len() {
            let (upper, lower) = if above(a, b) {
                (a, b)
            } else if above(b, a) {
                (b, a)
            } else {
                continue;
            };
            intervals[upper].high -= 1;
            intervals[lower].low += 1;
        }
    }
    intervals
}

/// The covariances of one statistic across domains, as a dense matrix over the domains given.
///
/// Domains that share no stratum have none; within a stratum, domains that cross PSUs covary. Each domain's scatter
/// has one column; the diagonal holds the variances as published.
///
/// # Errors
/// [`LonelyStratum`], if the rule for lonely PSUs is to fail.
pub fn across_domains(scatters: &[Scatter], strata: &Strata, lonely: LonelyPsu) -> Result<Vec<f64>, LonelyStratum> {
    let k = scatters.len();
    let mut matrix = vec![0.0; k * k];
    let mut entries: Vec<(u32, u32, f64)> = Vec::new(); // PSU, domain, z
    for (domain, scatter) in (0_u32..).zip(scatters) {
        entries.extend(scatter.psus.iter().zip(&scatter.z).map(|(psu, z)| (*psu, domain, *z)));
    }
    entries.sort_unstable_by_key(|(psu, domain, _)| (*psu, *domain)); // and so by stratum, as PSUs are
    for stratum in entries.chunk_by(|a, b| strata.stratum_of(a.0) == strata.stratum_of(b.0)) {
        let mut domains: Vec<u32> = stratum.iter().map(|e| e.1).collect();
        domains.sort_unstable();
        domains.dedup();
        let width = domains.len();
        let mut local = Scatter { width, ..Scatter::default() };
        for psu in stratum.chunk_by(|a, b| a.0 == b.0) {
            let start = local.z.len();
            local.psus.push(psu[0].0);
            local.z.resize(start + width, 0.0);
            for (_, domain, z) in psu {
                let place = domains.binary_search(domain).unwrap_or(0); // there: the list was made of these
                local.z[start + place] = *z;
            }
        }
        let block = local.covariance(strata, lonely)?;
        for (a, row) in domains.iter().zip(block.chunks_exact(width)) {
            for (b, cell) in domains.iter().zip(row) {
                matrix[*a as usize * k + *b as usize] += cell;
            }
        }
    }
    for (domain, scatter) in scatters.iter().enumerate() {
        matrix[domain * k + domain] = scatter.variances(strata, lonely)?.first().copied().unwrap_or(0.0);
    }
    Ok(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_better_rank() {
        assert_eq!(ranks(&[80.0, 90.0, 80.0, 70.0]), [2, 1, 2, 4]);
    }

    #[test]
    fn units_far_apart_have_sharp_ranks_and_equal_units_have_none() {
        let sharp = rank_intervals(&[90.0, 80.0, 70.0], &|a, b| if a == b { 0.01 } else { 0.0 }, RankMethod::PairwiseJoint, 0.95);
        assert!(sharp.iter().all(|r| r.low == r.rank && r.high == r.rank));
        let vague = rank_intervals(&[80.1, 80.0, 79.9], &|a, b| if a == b { 9.0 } else { 0.0 }, RankMethod::PairwiseMarginal, 0.95);
        assert!(vague.iter().all(|r| (r.low, r.high) == (1, 3)));
    }

    #[test]
    fn a_single_unit_is_first() {
        let alone = rank_intervals(&[50.0], &|_, _| 1.0, RankMethod::KleinWrightWieczorek, 0.95);
        assert_eq!(alone, [RankInterval { rank: 1, low: 1, high: 1 }]);
    }
}
