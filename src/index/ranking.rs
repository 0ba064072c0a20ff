//! The ranks of one partition's domains, and a modelled estimate of each.

use std::collections::HashMap;

use rayon::prelude::*;

use crate::frame::Frame;
use crate::index::compute::ComputeError;
use crate::index::score::round;
use crate::index::{DomainKey, Fate, Modelled, Plan};
use crate::schema::{RankBasis, SmallAreaRule};
use crate::scoring::change::Samples;
use crate::scoring::rank::{Coverage, Draws, Joint, Panel, RiseInterval, drawn_ranks, pairwise, step_down};
use crate::scoring::small_area::{Area, Fit, fay_herriot};
use crate::scoring::{DomainEstimates, RankInterval, RankMethod, across_domains, ranks};
use crate::unit::{Registry, UnitId};

/// Partitions with more domains than this get step-down intervals from pairwise differences instead: every pair in every
/// draw would take longer than all the rest.
const STEPPED_DOMAINS: usize = 1500;

/// Partitions with more domains than this get no intervals of rises: both years' domains are drawn together.
const RISING_DOMAINS: usize = 400;

/// What becomes of the figure of a domain and node.
pub(super) type Fates<'a> = dyn Fn(usize, usize) -> Fate + Sync + 'a;

/// What is said of the rank of one domain.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ranked {
    pub(super) rank: u32,
    pub(super) per_unit: Option<RankInterval>,
    pub(super) joint: Option<RankInterval>,
    pub(super) top: Option<f64>,
}

/// The ranks of one node over the domains of a partition, best first; domains without a value have none, nor have those that are hidden. They go by the values that are published, with as many decimals. Nodes among `keep`, whose linearised values were kept, get
/// intervals and chances.
pub(super) fn rank_node(
    plan: &Plan,
    frame: &Frame,
    estimates: &[DomainEstimates],
    keep: &[usize],
    node: usize,
    fate: &Fates<'_>,
) -> Result<Vec<Option<Ranked>>, ComputeError> {
    let mut result = vec![None; estimates.len()];
    let value = |domain: usize| match (fate(domain, node), estimates[domain].outputs[node]) {
        (Fate::Hidden, _) | (_, None) => None,
        (Fate::Carried(value), Some(_)) => Some(value),
        (Fate::Published, Some(estimate)) => Some(estimate.value),
    };
    let there: Vec<(usize, f64)> = (0..estimates.len()).filter_map(|domain| Some((domain, value(domain)?))).collect();
    if estimates.len() < 2 || there.is_empty() {
        return Ok(result);
    }
    let published: Vec<f64> = there.iter().map(|(_, value)| round(*value, plan.decimals)).collect();
    for ((domain, _), rank) in there.iter().zip(ranks(&published)) {
        result[*domain] = Some(Ranked { rank, ..Ranked::default() });
    }
    let Some(kept) = keep.iter().position(|place| *place == node) else { return Ok(result) };
    let fresh: Vec<usize> = there.iter().map(|(domain, _)| *domain).filter(|domain| fate(*domain, node) == Fate::Published).collect();
    if fresh.is_empty() {
        return Ok(result);
    }
    let values: Vec<f64> = fresh.iter().filter_map(|domain| estimates[*domain].outputs[node].map(|e| e.value)).collect();
    let scatters: Vec<_> = fresh.iter().map(|domain| estimates[*domain].kept.column(kept)).collect();
    let covariance = across_domains(&scatters, frame.strata(), plan.lonely)?;
    let df = fresh.iter().map(|domain| estimates[*domain].sums.df().max(0.0)).collect();
    let mut found: Vec<Ranked> = fresh.iter().filter_map(|domain| result[*domain]).collect();
    judge(plan, &Joint::new(values, covariance, Some(df))?, &mut found)?;
    for (domain, ranked) in fresh.into_iter().zip(found) {
        result[domain] = Some(ranked);
    }
    Ok(result)
}

/// Intervals and chances, as the definition asks for them.
fn judge(plan: &Plan, joint: &Joint, found: &mut [Ranked]) -> Result<(), ComputeError> {
    let rule = plan.estimation.ranks;
    let steps = |basis| basis == RankBasis::StepDown && joint.len() <= STEPPED_DOMAINS;
    // Nothing can be drawn for a unit whose variance is not known.
    let drawable = (0..joint.len()).all(|unit| joint.df(unit) > 0.0);
    let wanted = rule.top.is_some() && drawable || steps(rule.per_unit) || rule.joint.is_some_and(steps);
    let draws = wanted.then(|| Draws::of(joint, rule.draws as usize, plan.seed));
    let by = |basis, coverage, method| match (basis, &draws) {
        (RankBasis::Values, _) => Ok(pairwise(joint, RankMethod::KleinWrightWieczorek, plan.level)),
        (RankBasis::StepDown, Some(draws)) if steps(basis) => step_down(joint, draws, coverage, plan.level),
        _ => Ok(pairwise(joint, method, plan.level)),
    };
    for (ranked, interval) in found.iter_mut().zip(by(rule.per_unit, Coverage::One, RankMethod::PairwiseMarginal)?) {
        ranked.per_unit = Some(interval);
    }
    if let Some(basis) = rule.joint {
        for (ranked, interval) in found.iter_mut().zip(by(basis, Coverage::All, RankMethod::PairwiseJoint)?) {
            ranked.joint = Some(interval);
        }
    }
    if let (Some(top), Some(draws), true) = (rule.top, &draws, drawable) {
        let drawn = drawn_ranks(joint, draws)?;
        let bound = i32::try_from(top).unwrap_or(i32::MAX);
        for (unit, ranked) in found.iter_mut().enumerate() {
            ranked.top = Some(drawn.of(unit).at_most(bound).value);
        }
    }
    Ok(())
}

/// Modelled estimates of every node for every domain of a partition: by domain, then by node. Only published ones lend
/// strength and borrow it: the estimates of the others would tell theirs.
pub(super) fn modelled(
    rule: &SmallAreaRule,
    keys: &[DomainKey],
    estimates: &[DomainEstimates],
    nodes: usize,
    registry: &Registry,
    fate: &Fates<'_>,
) -> Vec<Vec<Option<Modelled>>> {
    let name = |key: &DomainKey| {
        let unit = key.unit.or(key.area).and_then(|id| registry.get(UnitId(id)));
        unit.map(|unit| format!("{}:{}", unit.record.list, unit.record.code)).unwrap_or_default()
    };
    let covariates: Vec<Option<Vec<f64>>> = keys
        .iter()
        .map(|key| {
            let name = name(key);
            rule.covariates.values().map(|values| values.get(&name).copied()).collect()
        })
        .collect();
    let by_node: Vec<Vec<Option<Modelled>>> = (0..nodes).into_par_iter().map(|node| of_node(&covariates, estimates, node, fate)).collect();
    (0..keys.len()).map(|domain| by_node.iter().map(|of_domain| of_domain[domain]).collect()).collect()
}

/// One node's model. Where it cannot be fitted, as with too few domains, nobody gets a modelled estimate.
fn of_node(covariates: &[Option<Vec<f64>>], estimates: &[DomainEstimates], node: usize, fate: &Fates<'_>) -> Vec<Option<Modelled>> {
    let mut result = vec![None; estimates.len()];
    let there: Vec<(usize, Area)> = covariates
        .iter()
        .zip(estimates)
        .enumerate()
        .filter(|(domain, _)| fate(*domain, node) == Fate::Published)
        .filter_map(|(domain, (covariates, estimates))| {
            let direct = estimates.outputs[node].filter(|e| e.se > 0.0 && estimates.sums.df() > 0.0).map(|e| (e.value, e.se * e.se));
            Some((domain, Area { direct, covariates: covariates.clone()? }))
        })
        .collect();
    let areas: Vec<Area> = there.iter().map(|(_, area)| area.clone()).collect();
    if let Ok(fitted) = fay_herriot(&areas, Fit::Reml) {
        for ((domain, _), area) in there.iter().zip(fitted.areas) {
            result[*domain] = Some(Modelled { value: area.value, rmse: area.mse.max(0.0).sqrt() });
        }
    }
    result
}

/// One year's domains with their estimates.
pub(super) type Year = [(DomainKey, DomainEstimates)];

/// How the ranks of one node moved between two years whose linearised values, all of them kept, stand over the same strata:
/// for each domain of the second year that the first has too.
///
/// # Errors
/// [`ComputeError`].
pub(super) fn rises(plan: &Plan, samples: Samples<'_>, years: [&Year; 2], node: usize) -> Result<Vec<Option<RiseInterval>>, ComputeError> {
    let mut result = vec![None; years[1].len()];
    let known = |estimates: &DomainEstimates| estimates.outputs[node].is_some() && estimates.sums.df() > 0.0;
    let there = |year: &'_ Year| (0..year.len()).filter(|place| known(&year[*place].1)).collect::<Vec<usize>>();
    let places = years.map(there);
    if places.iter().any(|places| places.len() < 2 || places.len() > RISING_DOMAINS) {
        return Ok(result);
    }
    let all = || (0..2).flat_map(|side| places[side].iter().map(move |place| &years[side][*place].1));
    let values = all().filter_map(|estimates| estimates.outputs[node].map(|e| e.value)).collect();
    let of_year = |side: usize| places[side].iter().map(move |place| (side, &years[side][*place].1));
    let scatters = (0..2).flat_map(of_year).map(|(side, estimates)| samples.restate(side, &estimates.kept.column(node)));
    let scatters: Vec<_> = scatters.collect::<Result<_, _>>()?;
    let covariance = across_domains(&scatters, samples.strata, plan.lonely)?;
    let joint = Joint::new(values, covariance, Some(all().map(|estimates| estimates.sums.df()).collect()))?;
    let draws = Draws::of(&joint, plan.estimation.ranks.draws as usize, plan.seed);
    let panel = Panel::new(joint, places[0].len())?;
    let first: HashMap<&DomainKey, usize> = places[0].iter().map(|place| &years[0][*place].0).zip(0..).collect();
    let both = places[1].iter().enumerate().filter_map(|(second, place)| Some((*place, (*first.get(&years[1][*place].0)?, second))));
    let (domains, pairs): (Vec<usize>, Vec<(usize, usize)>) = both.unzip();
    for (domain, rise) in domains.into_iter().zip(panel.rises(&draws, &pairs, plan.level)?) {
        result[domain] = Some(rise);
    }
    Ok(result)
}
