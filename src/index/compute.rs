//! Every node of an index for every domain.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rayon::prelude::*;

use crate::frame::Frame;
use crate::index::calibrate::{CalibrateError, CalibrationReport};
use crate::index::domains::{Partition, Splitting};
use crate::index::prepare::{Prepared, SplitTally, derive};
use crate::index::ranking::{Fates, Ranked, modelled, rank_node};
use crate::index::{Basis, DomainKey, Fate, Plan, Score};
use crate::schema::{self, Domain, VarianceMethod};
use crate::scoring::interval::{Share, ShareInterval};
use crate::scoring::rank::RankError;
use crate::scoring::replicate::{self, ReplicateError, Replicates, Wanted};
use crate::scoring::small_area::DirectEstimate;
use crate::scoring::{
    DomainEstimates, DomainSums, Estimate, LeafBase, LonelyStratum, Sum, Tally, TallyError, answered, estimate, interval,
};
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
    compute_hiding(plan, frame, registry, progress, &|scores| vec![Fate::Published; scores.len()])
}

/// Tells what becomes of all scores in publication.
pub type Hide<'a> = dyn Fn(&[Score]) -> Vec<Fate> + Sync + 'a;

/// The same, where some figures are not published: those take no part in ranks, rank intervals and models of the others, which would tell
/// of them. A figure that is carried on is ranked by the value that stands, and has no interval of its rank.
///
/// # Errors
/// [`ComputeError`].
pub fn compute_hiding(
    plan: &Plan,
    frame: Frame,
    registry: &Registry,
    progress: &Progress<'_>,
    hide: &Hide<'_>,
) -> Result<Computed, ComputeError> {
    let mut prepared = Prepared::new(plan, frame, registry)?;
    let scores = if prepared.is_narrow() {
        partitions::<i64>(plan, &mut prepared, registry, progress, hide)
    } else {
        partitions::<i128>(plan, &mut prepared, registry, progress, hide)
    };
    Ok(Computed { scores: scores?, calibration: prepared.report().cloned() })
}

/// One tally serves every partition that splits by the same item, or by none.
fn partitions<S: Sum>(
    plan: &Plan,
    prepared: &mut Prepared<'_>,
    registry: &Registry,
    progress: &Progress<'_>,
    hide: &Hide<'_>,
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
    let mut ranked = Vec::new();
    for (item, places) in by_split {
        let tally = prepared.tally::<S>(item)?;
        step()?;
        for place in places {
            let domain = &plan.domains[place];
            let (found, estimates) = scored(plan, &prepared.frame, &tally, domain, registry, replicates.as_ref())?;
            scores[place] = found;
            if is_comparable(domain) {
                ranked.push((place, estimates));
            }
            step()?;
        }
    }
    let starts: Vec<usize> = scores
        .iter()
        .scan(0, |start, partition| {
            let first = *start;
            *start += partition.len();
            Some(first)
        })
        .collect();
    let mut all = Vec::with_capacity(scores.iter().map(Vec::len).sum());
    for mut partition in scores {
        all.append(&mut partition);
    }
    let fates = hide(&all);
    for (score, fate) in all.iter_mut().zip(&fates) {
        score.suppressed = *fate == Fate::Hidden;
    }
    for (place, estimates) in ranked {
        let own = starts[place]..starts[place] + estimates.len() * plan.nodes.len();
        let fate = |domain: usize, node: usize| fates.get(own.start + domain * plan.nodes.len() + node).copied().unwrap_or(Fate::Published);
        compare(plan, &prepared.frame, &estimates, &mut all[own.clone()], registry, &fate)?;
    }
    Ok(all)
}

/// Who is behind a node of a domain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Who {
    /// People: of a leaf those who answered it, of a combination all.
    pub people: i64,
    /// Whether every answer of a leaf is the same.
    pub unanimous: bool,
}

/// Who is behind every node of every domain.
///
/// # Errors
/// [`ComputeError::Tally`].
pub fn who_by_domain(plan: &Plan, mut frame: Frame, registry: &Registry) -> Result<Vec<(DomainKey, Vec<Who>)>, ComputeError> {
    derive(plan, &mut frame);
    let mut found = Vec::new();
    for (item, places) in plan.by_split() {
        let split = item.and_then(|item| plan.splits.get(item));
        let tally = Tally::<i128>::take(&frame, &plan.measures, split.map(|split| split.column))?;
        let splitting = split.map(Splitting::plain);
        for place in places {
            let Partition { keys, cells } = Partition::new(&plan.domains[place], &tally, &frame, registry, splitting.as_ref());
            let who = |domain: usize| {
                let leaves = answered(&tally, &plan.leaves, cells.of(domain));
                let all = Who { people: cells.of(domain).iter().map(|cell| tally.rows()[*cell as usize].n).sum(), unanimous: false };
                let of_leaf = |leaf: &LeafBase| Who { people: leaf.people, unanimous: leaf.unanimous };
                plan.nodes.iter().map(|node| node.leaf().and_then(|leaf| leaves.get(leaf)).map_or(all, of_leaf)).collect()
            };
            found.extend(keys.into_iter().enumerate().map(|(domain, key)| (key, who(domain))));
        }
    }
    Ok(found)
}

/// Whether the domains of a partition are peers, which are ranked.
fn is_comparable(domain: &Domain) -> bool {
    matches!(domain, Domain::Level { .. } | Domain::Unit)
}

/// The nodes whose linearised values are kept for the intervals of ranks.
fn kept(plan: &Plan, domain: &Domain, domains: usize) -> Vec<usize> {
    if is_comparable(domain) && (2..=RANKED_DOMAINS).contains(&domains) { plan.ranked() } else { Vec::new() }
}

/// Ranks the domains of a partition, and models them where the definition asks for it.
fn compare(
    plan: &Plan,
    frame: &Frame,
    estimates: &[DomainEstimates],
    scores: &mut [Score],
    registry: &Registry,
    fate: &Fates<'_>,
) -> Result<(), ComputeError> {
    let nodes = plan.nodes.len();
    let keep = if (2..=RANKED_DOMAINS).contains(&estimates.len()) { plan.ranked() } else { Vec::new() };
    let rank = |node| rank_node(plan, frame, estimates, &keep, node, fate);
    let ranks: Vec<Vec<Option<Ranked>>> = (0..nodes).into_par_iter().map(rank).collect::<Result<_, _>>()?;
    let keys: Vec<DomainKey> = scores.iter().step_by(nodes.max(1)).map(|score| score.domain.clone()).collect();
    let small_area = plan.estimation.small_area.as_ref();
    let modelled = small_area.map(|rule| modelled(rule, &keys, estimates, nodes, registry, fate));
    for (place, score) in scores.iter_mut().enumerate() {
        let (domain, node) = (place / nodes, place % nodes);
        let ranked = ranks[node][domain];
        score.rank = ranked.map(|ranked| ranked.rank);
        score.rank_interval = ranked.and_then(|ranked| ranked.per_unit);
        score.rank_joint = ranked.and_then(|ranked| ranked.joint);
        score.top = ranked.and_then(|ranked| ranked.top);
        score.modelled = modelled.as_ref().and_then(|modelled| modelled[domain][node]);
    }
    Ok(())
}

/// The scores of one partition, not compared yet, and what they were made of.
fn scored<S: Sum>(
    plan: &Plan,
    frame: &Frame,
    split: &SplitTally<'_, S>,
    domain: &Domain,
    registry: &Registry,
    replicates: Option<&Replicates>,
) -> Result<(Vec<Score>, Vec<DomainEstimates>), ComputeError> {
    let SplitTally { tally, splitting, .. } = split;
    let partition = Partition::new(domain, tally, frame, registry, splitting.as_ref());
    let keep = kept(plan, domain, partition.keys.len());
    let task = split.task(plan, frame, &keep);
    let map = |present: &[bool]| plan.map(present);
    let estimates: Vec<DomainEstimates> = (0..partition.keys.len())
        .into_par_iter()
        .map(|domain| estimate(&task, tally, partition.cells.of(domain), &map))
        .collect::<Result<_, _>>()?;
    let replicated = match replicates {
        Some(replicates) => Some(replicate::estimates(&task, tally, &partition.cells, &map, replicates, Wanted::default())?),
        None => None,
    };
    let per_one = i64_to_f64(frame.per_one());
    let multipliers = multipliers(&estimates, plan.level);
    let bases: Vec<Vec<Basis>> = estimates.iter().map(|estimates| bases(plan, estimates, per_one)).collect();
    let score = |place: usize| {
        let (domain, node) = (place / plan.nodes.len(), place % plan.nodes.len());
        let estimates = &estimates[domain];
        let df = estimates.sums.df();
        let output = match &replicated {
            Some(replicated) => replicated[domain].outputs[node].map(|replicated| replicated.estimate),
            None => estimates.outputs[node],
        };
        let interval = output.and_then(|output| interval_of(plan, node, output, &estimates.sums, &multipliers));
        Score {
            domain: partition.keys[domain].clone(),
            node: plan.nodes[node].code.clone(),
            value: output.map(|e| e.value),
            // One PSU tells nothing of how much PSUs differ.
            se: output.map(|e| e.se).filter(|_| df > 0.0 || replicated.is_some()),
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
            n: output.map_or(0, |e| e.n),
            psus: estimates.sums.psus,
            df,
            deff: output.and_then(|e| e.deff),
            weight: estimates.sums.weight / per_one,
            rank: None,
            rank_interval: None,
            rank_joint: None,
            top: None,
            modelled: None,
            thin: plan.thin.is_some_and(|rule| !rule.reasons(&direct(output, interval, df)).is_empty()),
            suppressed: false,
            basis: bases[domain][node],
        }
    };
    let scores = (0..estimates.len() * plan.nodes.len()).into_par_iter().map(score).collect();
    Ok((scores, estimates))
}

/// Whom every node rests on in a domain.
fn bases(plan: &Plan, estimates: &DomainEstimates, per_one: f64) -> Vec<Basis> {
    let mut bases: Vec<Basis> = Vec::with_capacity(plan.nodes.len());
    for (place, node) in plan.nodes.iter().enumerate() {
        let there = estimates.outputs[place].is_some();
        bases.push(match node.leaf().and_then(|leaf| estimates.leaves.get(leaf)) {
            _ if !there => Basis::default(),
            Some(leaf) => Basis {
                people: leaf.people,
                weight: leaf.weight / per_one,
                shares: estimates.sums.heaviest.map(|weight| weight / leaf.weight),
                unanimous: leaf.unanimous,
            },
            None => {
                let people = node.children().iter().map(|(child, _)| bases[*child].people).max();
                Basis { people: people.unwrap_or(0), ..Basis::default() }
            }
        });
    }
    bases
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
