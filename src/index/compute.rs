//! Every node of an index for every domain.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rayon::prelude::*;

use crate::frame::Frame;
use crate::index::calibrate::{CalibrateError, CalibrationReport};
use crate::index::domains::Partition;
use crate::index::prepare::{Prepared, SplitTally};
use crate::index::{Plan, Score};
use crate::schema::{Domain, ShareInterval};
use crate::scoring::{
    DomainEstimates, DomainSums, Estimate, LonelyStratum, RankInterval, RankMethod, Sum, TallyError, Task, across_domains, estimate,
    interval, rank_intervals, ranks,
};
use crate::unit::Registry;

/// Partitions with more domains than this get ranks without intervals: comparing every pair would take longer than
/// all the rest.
const RANKED_DOMAINS: usize = 4000;

/// The rank of each domain, if it has one, with its interval, if one was made.
type Ranks = Vec<Option<(u32, Option<RankInterval>)>>;

/// Told how far the work is; breaks to cancel it.
pub type Progress<'a> = dyn Fn(usize, usize) -> ControlFlow<()> + Sync + 'a;

/// Why an index could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ComputeError {
    /// A stratum has a single PSU and the definition says to fail.
    #[error(transparent)]
    Lonely(#[from] LonelyStratum),
    /// The sums do not fit.
    #[error(transparent)]
    Tally(#[from] TallyError),
    /// The weights could not be calibrated.
    #[error("the weights cannot be calibrated: {0}")]
    Calibrate(CalibrateError),
    /// Somebody asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// What a frame came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// Every node for every domain: by partition in the order of the definition, then by domain, then by node, children
    /// before parents.
    pub scores: Vec<Score>,
    /// What the calibration did to the weights, where the definition asks for one.
    pub calibration: Option<CalibrationReport>,
}

/// Computes every node for every domain of the plan. The result is the same bytes for any number of threads.
///
/// # Errors
/// [`ComputeError`].
pub fn compute(plan: &Plan, frame: Frame, registry: &Registry, progress: &Progress<'_>) -> Result<Computed, ComputeError> {
    let mut prepared = Prepared::new(plan, frame, registry)?;
    let scores = if prepared.is_narrow() {
        partitions::<i64>(plan, &mut prepared, registry, progress)
    } else {
        partitions::<i128>(plan, &mut prepared, registry, progress)
    };
    Ok(Computed { scores: scores?, calibration: prepared.report().cloned() })
}

/// One tally serves every partition that splits by the same item, or by none.
fn partitions<S: Sum>(
    plan: &Plan,
    prepared: &mut Prepared<'_>,
    registry: &Registry,
    progress: &Progress<'_>,
) -> Result<Vec<Score>, ComputeError> {
    let mut by_split: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (place, domain) in plan.domains.iter().enumerate() {
        by_split.entry(domain.item()).or_default().push(place);
    }
    let steps = plan.domains.len() + by_split.len();
    let mut done = 0;
    let mut step = || {
        done += 1;
        if progress(done, steps).is_break() { Err(ComputeError::Cancelled) } else { Ok(()) }
    };
    let mut scores: Vec<Vec<Score>> = vec![Vec::new(); plan.domains.len()];
    for (item, places) in by_split {
        let tally = prepared.tally::<S>(item)?;
        step()?;
        for place in places {
            scores[place] = partition_scores(plan, &prepared.frame, &tally, &plan.domains[place], registry)?;
            step()?;
        }
    }
    Ok(scores.into_iter().flatten().collect())
}

fn partition_scores<S: Sum>(
    plan: &Plan,
    frame: &Frame,
    split: &SplitTally<'_, S>,
    domain: &Domain,
    registry: &Registry,
) -> Result<Vec<Score>, ComputeError> {
    let SplitTally { tally, splitting, residuals } = split;
    let partition = Partition::new(domain, tally, frame, registry, splitting.as_ref());
    let comparable = matches!(domain, Domain::Level { .. } | Domain::Unit);
    let ranked = if comparable && (2..=RANKED_DOMAINS).contains(&partition.keys.len()) { plan.ranked() } else { Vec::new() };
    let keep: &[usize] = &ranked;
    let task = Task {
        measures: &plan.measures,
        leaves: &plan.leaves,
        strata: frame.strata(),
        lonely: plan.lonely,
        residuals: residuals.as_ref(),
        keep,
    };
    let map = |present: &[bool]| plan.map(present);
    let estimates: Vec<DomainEstimates> = (0..partition.keys.len())
        .into_par_iter()
        .map(|domain| estimate(&task, tally, partition.cells.of(domain), &map))
        .collect::<Result<_, _>>()?;
    let rank = |node| if comparable { rank_node(plan, frame, &estimates, keep, node) } else { Ok(vec![None; estimates.len()]) };
    let ranks: Vec<Ranks> = (0..plan.nodes.len()).into_par_iter().map(rank).collect::<Result<_, _>>()?;
    let per_one = i64_to_f64(frame.per_one());
    let mut scores = Vec::with_capacity(estimates.len() * plan.nodes.len());
    for (domain, (key, estimates)) in partition.keys.iter().zip(&estimates).enumerate() {
        let df = estimates.sums.df();
        for (node, output) in estimates.outputs.iter().enumerate() {
            let interval = output.and_then(|output| interval_of(plan, node, output, &estimates.sums));
            let rank = ranks[node][domain];
            scores.push(Score {
                domain: key.clone(),
                node: plan.nodes[node].code.clone(),
                value: output.map(|e| e.value),
                se: output.map(|e| e.se),
                low: interval.map(|(low, _)| low),
                high: interval.map(|(_, high)| high),
                n: output.map_or(0, |e| e.n),
                psus: estimates.sums.psus,
                df,
                deff: output.and_then(|e| e.deff),
                weight: estimates.sums.weight / per_one,
                rank: rank.map(|(rank, _)| rank),
                rank_interval: rank.and_then(|(_, interval)| interval),
                rank_joint: None,
                top: None,
                modelled: None,
                thin: false,
                suppressed: false,
            });
        }
    }
    Ok(scores)
}

/// The interval of one estimate at the plan's level; `None` where there are no degrees of freedom to make one with.
fn interval_of(plan: &Plan, node: usize, estimate: Estimate, sums: &DomainSums) -> Option<(f64, f64)> {
    let (df, level) = (sums.df(), plan.level);
    if df <= 0.0 {
        return None;
    }
    let variance = estimate.se * estimate.se;
    let share = |method: fn(f64, f64, f64, f64) -> (f64, f64)| {
        let (low, high) = method(estimate.value / 100.0, variance / 1e4, df, level);
        (100.0 * low, 100.0 * high)
    };
    let method = if plan.nodes[node].share { plan.estimation.share_interval } else { ShareInterval::Linear };
    let found = match method {
        ShareInterval::Linear => interval::linear(estimate.value, variance, df, level),
        ShareInterval::Logit => share(interval::logit),
        ShareInterval::Asin => share(interval::asin),
        ShareInterval::Wilson => share(interval::wilson),
        ShareInterval::Beta => {
            let (low, high) = interval::beta(estimate.value / 100.0, variance / 1e4, df, i64_to_f64(sums.rows), level);
            (100.0 * low, 100.0 * high)
        }
    };
    (found.0.is_finite() && found.1.is_finite()).then_some(found)
}

/// The ranks of one node over the domains of a partition, best first; domains without a value have none.
fn rank_node(plan: &Plan, frame: &Frame, estimates: &[DomainEstimates], keep: &[usize], node: usize) -> Result<Ranks, LonelyStratum> {
    let mut result = vec![None; estimates.len()];
    let there: Vec<usize> = (0..estimates.len()).filter(|domain| estimates[*domain].outputs[node].is_some()).collect();
    if estimates.len() < 2 || there.is_empty() {
        return Ok(result);
    }
    let values: Vec<f64> = there.iter().filter_map(|domain| estimates[*domain].outputs[node].map(|e| e.value)).collect();
    if let Some(kept) = keep.iter().position(|place| *place == node) {
        let scatters: Vec<_> = there.iter().map(|domain| estimates[*domain].kept.column(kept)).collect();
        let covariance = across_domains(&scatters, frame.strata(), plan.lonely)?;
        let intervals = rank_intervals(&values, &|a, b| covariance[a * values.len() + b], RankMethod::PairwiseMarginal, plan.level);
        for (domain, interval) in there.into_iter().zip(intervals) {
            result[domain] = Some((interval.rank, Some(interval)));
        }
    } else {
        for (domain, rank) in there.into_iter().zip(ranks(&values)) {
            result[domain] = Some((rank, None));
        }
    }
    Ok(result)
}

#[allow(clippy::cast_precision_loss)] // a power of ten
fn i64_to_f64(number: i64) -> f64 {
    number as f64
}
