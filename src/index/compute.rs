//! Every node of an index for every domain.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rayon::prelude::*;

use crate::frame::Frame;
use crate::index::calibrate::{CalibrateError, CalibrationReport};
use crate::index::domains::Partition;
use crate::index::prepare::{Prepared, SplitTally};
use crate::index::ranking::{Ranked, modelled, rank_node};
use crate::index::{Plan, Score};
use crate::schema::{self, Domain, VarianceMethod};
use crate::scoring::interval::{Share, ShareInterval};
use crate::scoring::rank::RankError;
use crate::scoring::replicate::{self, ReplicateError, Replicates, Wanted};
use crate::scoring::small_area::DirectEstimate;
use crate::scoring::{DomainEstimates, DomainSums, Estimate, LonelyStratum, Sum, TallyError, estimate, interval};
use crate::unit::Registry;

/// Partitions with more domains than this get ranks without intervals: comparing every pair would take longer than
/// all the rest.
const RANKED_DOMAINS: usize = 4000;

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
    /// The replicates of the variance could not be made.
    #[error("the variance has no replicates: {0}")]
    Replicates(#[from] ReplicateError),
    /// Ranks could not be judged.
    #[error("ranks cannot be judged: {0}")]
    Ranks(#[from] RankError),
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
    let by_split = plan.by_split();
    let steps = plan.domains.len() + by_split.len();
    let mut done = 0;
    let mut step = || {
        done += 1;
        if progress(done, steps).is_break() { Err(ComputeError::Cancelled) } else { Ok(()) }
    };
    let replicates = match plan.estimation.variance {
        VarianceMethod::Linearised => None,
        method => Some(Replicates::make(method, plan.seed, prepared.frame.strata(), plan.lonely)?),
    };
    let mut scores: Vec<Vec<Score>> = vec![Vec::new(); plan.domains.len()];
    for (item, places) in by_split {
        let tally = prepared.tally::<S>(item)?;
        step()?;
        for place in places {
            scores[place] = partition_scores(plan, &prepared.frame, &tally, &plan.domains[place], registry, replicates.as_ref())?;
            step()?;
        }
    }
    let mut all = Vec::with_capacity(scores.iter().map(Vec::len).sum());
    for mut partition in scores {
        all.append(&mut partition);
    }
    Ok(all)
}

fn partition_scores<S: Sum>(
    plan: &Plan,
    frame: &Frame,
    split: &SplitTally<'_, S>,
    domain: &Domain,
    registry: &Registry,
    replicates: Option<&Replicates>,
) -> Result<Vec<Score>, ComputeError> {
    let SplitTally { tally, splitting, .. } = split;
    let partition = Partition::new(domain, tally, frame, registry, splitting.as_ref());
    let comparable = matches!(domain, Domain::Level { .. } | Domain::Unit);
    let ranked = if comparable && (2..=RANKED_DOMAINS).contains(&partition.keys.len()) { plan.ranked() } else { Vec::new() };
    let keep: &[usize] = &ranked;
    let task = split.task(plan, frame, keep);
    let map = |present: &[bool]| plan.map(present);
    let estimates: Vec<DomainEstimates> = (0..partition.keys.len())
        .into_par_iter()
        .map(|domain| estimate(&task, tally, partition.cells.of(domain), &map))
        .collect::<Result<_, _>>()?;
    let rank = |node| if comparable { rank_node(plan, frame, &estimates, keep, node) } else { Ok(vec![None; estimates.len()]) };
    let ranks: Vec<Vec<Option<Ranked>>> = (0..plan.nodes.len()).into_par_iter().map(rank).collect::<Result<_, _>>()?;
    let small_area = plan.estimation.small_area.as_ref().filter(|_| comparable);
    let modelled = small_area.map(|rule| modelled(rule, &partition.keys, &estimates, plan.nodes.len(), registry));
    let replicated = match replicates {
        Some(replicates) => Some(replicate::estimates(&task, tally, &partition.cells, &map, replicates, Wanted::default())?),
        None => None,
    };
    let per_one = i64_to_f64(frame.per_one());
    let multipliers = multipliers(&estimates, plan.level);
    let score = |place: usize| {
        let (domain, node) = (place / plan.nodes.len(), place % plan.nodes.len());
        let estimates = &estimates[domain];
        let df = estimates.sums.df();
        let output = match &replicated {
            Some(replicated) => replicated[domain].outputs[node].map(|replicated| replicated.estimate),
            None => estimates.outputs[node],
        };
        let interval = output.and_then(|output| interval_of(plan, node, output, &estimates.sums, &multipliers));
        let ranked = ranks[node][domain];
        Score {
            domain: partition.keys[domain].clone(),
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
            rank: ranked.map(|ranked| ranked.rank),
            rank_interval: ranked.and_then(|ranked| ranked.per_unit),
            rank_joint: ranked.and_then(|ranked| ranked.joint),
            top: ranked.and_then(|ranked| ranked.top),
            modelled: modelled.as_ref().and_then(|modelled| modelled[domain][node]),
            thin: plan.thin.is_some_and(|rule| !rule.reasons(&direct(output, interval, df)).is_empty()),
            suppressed: false,
        }
    };
    Ok((0..estimates.len() * plan.nodes.len()).into_par_iter().map(score).collect())
}

/// The multiplier of intervals for each number of degrees of freedom that occurs: there are far fewer than domains and nodes.
fn multipliers(estimates: &[DomainEstimates], level: f64) -> BTreeMap<u32, f64> {
    let mut df: Vec<u32> = estimates.iter().filter_map(|of| of.sums.psus.checked_sub(of.sums.strata)).collect();
    df.sort_unstable();
    df.dedup();
    df.into_par_iter().map(|df| (df, interval::multiplier(level, f64::from(df)))).collect()
}

/// A direct estimate as the rule for thin ones sees it.
fn direct(output: Option<Estimate>, interval: Option<(f64, f64)>, df: f64) -> DirectEstimate {
    DirectEstimate {
        value: output.map(|e| e.value),
        se: output.map(|e| e.se),
        half_width: interval.map(|(low, high)| 0.5 * (high - low)),
        n: output.map_or(0, |e| e.n),
        df,
    }
}

/// The interval of one estimate at the plan's level; `None` where there are no degrees of freedom to make one with.
fn interval_of(plan: &Plan, node: usize, estimate: Estimate, sums: &DomainSums, multipliers: &BTreeMap<u32, f64>) -> Option<(f64, f64)> {
    let (df, level) = (sums.df(), plan.level);
    if df <= 0.0 {
        return None;
    }
    let variance = estimate.se * estimate.se;
    let method = if plan.nodes[node].share { plan.estimation.share_interval } else { schema::ShareInterval::Linear };
    let method = match method {
        schema::ShareInterval::Linear => {
            let multiplier = multipliers.get(&sums.psus.checked_sub(sums.strata)?)?;
            return finite(interval::around(estimate.value, variance, *multiplier));
        }
        schema::ShareInterval::Logit => ShareInterval::Logit,
        schema::ShareInterval::Asin => ShareInterval::Asin,
        schema::ShareInterval::Wilson => ShareInterval::Wilson,
        schema::ShareInterval::Beta => ShareInterval::Beta,
    };
    let (rows, answers) = (i64_to_f64(sums.rows), i64_to_f64(estimate.n));
    let share = Share { estimate: estimate.value / 100.0, variance: variance / 1e4, df, rows, answers, fit: None };
    let (low, high) = share.interval(method, level);
    finite((100.0 * low, 100.0 * high))
}

/// An interval whose ends are numbers.
fn finite(interval: (f64, f64)) -> Option<(f64, f64)> {
    (interval.0.is_finite() && interval.1.is_finite()).then_some(interval)
}

#[allow(clippy::cast_precision_loss)] // a power of ten
fn i64_to_f64(number: i64) -> f64 {
    number as f64
}
