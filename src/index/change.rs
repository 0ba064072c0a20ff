//! Every node of an index for every domain, in two years, and what changed.

use std::collections::HashMap;
use std::ops::ControlFlow;

use rayon::prelude::*;

use crate::frame::{Frame, FrameError, Stacked, stack};
use crate::index::compute::{ComputeError, Progress};
use crate::index::domains::Partition;
use crate::index::prepare::{Prepared, SplitTally};
use crate::index::ranking::rises;
use crate::index::{DomainKey, Plan};
use crate::schema::{ChangeRule, Domain};
use crate::scoring::change::{PairedChange, Samples, between};
use crate::scoring::rank::RiseInterval;
use crate::scoring::{DomainEstimates, Sum, estimate};
use crate::unit::Registry;

/// The change of one node for one domain.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeChange {
    /// Of whom it speaks.
    pub domain: DomainKey,
    /// The node of the index.
    pub node: String,
    /// Responses that the first year's estimate rests on.
    pub n_before: i64,
    /// Both years and the change between them.
    pub change: PairedChange,
    /// Its ranks in both years and how far it rose, for nodes whose ranks have intervals.
    pub rise: Option<RiseInterval>,
}

/// Why no change could be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ChangeError {
    /// One of the years could not be computed.
    #[error(transparent)]
    Compute(#[from] ComputeError),
    /// The two frames make no common list of PSUs.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// Computes what changed from one frame to another for every node and every domain that have a value in both.
///
/// Both frames hold the columns of `plan`; domains meet by their keys. Changes come by partition in the order of the
/// definition, then by the first year's domains, then by node. The result is the same bytes for any number of threads.
///
/// # Errors
/// [`ChangeError`].
pub fn changes(
    plan: &Plan,
    before: Frame,
    after: Frame,
    registry: &Registry,
    progress: &Progress<'_>,
) -> Result<Vec<NodeChange>, ChangeError> {
    let Stacked { frames: [before, after], drawn } = stack(before, after)?;
    let years = [Prepared::new(plan, before, registry)?, Prepared::new(plan, after, registry)?];
    let changes = if years.iter().all(Prepared::is_narrow) {
        partitions::<i64>(plan, years, &drawn, registry, progress)
    } else {
        partitions::<i128>(plan, years, &drawn, registry, progress)
    };
    Ok(changes?)
}

/// One tally a year serves every partition that splits by the same item, or by none.
fn partitions<S: Sum>(
    plan: &Plan,
    mut years: [Prepared<'_>; 2],
    drawn: &[Vec<bool>; 2],
    registry: &Registry,
    progress: &Progress<'_>,
) -> Result<Vec<NodeChange>, ComputeError> {
    let (mut done, steps) = (0, plan.domains.len());
    let mut changes: Vec<Vec<NodeChange>> = vec![Vec::new(); plan.domains.len()];
    for (item, places) in plan.by_split() {
        let tallies = [years[0].tally::<S>(item)?, years[1].tally::<S>(item)?];
        for place in places {
            let domain = &plan.domains[place];
            let before = domain_estimates(plan, &years[0].frame, &tallies[0], domain, registry)?;
            let after = domain_estimates(plan, &years[1].frame, &tallies[1], domain, registry)?;
            let own = plan.estimation.change == ChangeRule::EachYear;
            let drawn = own.then(|| drawn.each_ref().map(Vec::as_slice));
            let samples = Samples { strata: years[0].frame.strata(), drawn, lonely: plan.lonely };
            changes[place] = matched(plan, samples, domain, before, &after)?;
            done += 1;
            if progress(done, steps) == ControlFlow::Break(()) {
                return Err(ComputeError::Cancelled);
            }
        }
    }
    Ok(changes.into_iter().flatten().collect())
}

/// Every node's estimate and linearised values, domain by domain.
fn domain_estimates<S: Sum>(
    plan: &Plan,
    frame: &Frame,
    split: &SplitTally<'_, S>,
    domain: &Domain,
    registry: &Registry,
) -> Result<Vec<(DomainKey, DomainEstimates)>, ComputeError> {
    let SplitTally { tally, splitting, .. } = split;
    let partition = Partition::new(domain, tally, frame, registry, splitting.as_ref());
    let every: Vec<usize> = (0..plan.nodes.len()).collect();
    let task = split.task(plan, frame, &every);
    let map = |present: &[bool]| plan.map(present);
    let keys = partition.keys.into_par_iter().enumerate();
    keys.map(|(place, key)| Ok((key, estimate(&task, tally, partition.cells.of(place), &map)?))).collect()
}

/// The changes of the domains and nodes that both years have.
fn matched(
    plan: &Plan,
    samples: Samples<'_>,
    partition: &Domain,
    before: Vec<(DomainKey, DomainEstimates)>,
    after: &[(DomainKey, DomainEstimates)],
) -> Result<Vec<NodeChange>, ComputeError> {
    let ranked = if matches!(partition, Domain::Level { .. } | Domain::Unit) { plan.ranked() } else { Vec::new() };
    let risen: HashMap<usize, Vec<Option<RiseInterval>>> =
        ranked.into_iter().map(|node| Ok((node, rises(plan, samples, [&before, after], node)?))).collect::<Result<_, ComputeError>>()?;
    let later: HashMap<&DomainKey, (usize, &DomainEstimates)> =
        after.iter().enumerate().map(|(place, (key, estimates))| (key, (place, estimates))).collect();
    let domain = |(key, first): (DomainKey, DomainEstimates)| {
        let Some((at, second)) = later.get(&key) else { return Ok(Vec::new()) };
        let mut changes = Vec::with_capacity(plan.nodes.len());
        for (place, node) in plan.nodes.iter().enumerate() {
            let (Some(one), Some(two)) = (first.outputs[place], second.outputs[place]) else { continue };
            let scatters = [&first.kept.column(place), &second.kept.column(place)];
            let change = between([one.value, two.value], scatters, samples)?;
            let rise = risen.get(&place).and_then(|risen| risen[*at]);
            changes.push(NodeChange { domain: key.clone(), node: node.code.clone(), n_before: one.n, change, rise });
        }
        Ok(changes)
    };
    let changes: Vec<Vec<NodeChange>> = before.into_par_iter().map(domain).collect::<Result<_, ComputeError>>()?;
    Ok(changes.into_iter().flatten().collect())
}
