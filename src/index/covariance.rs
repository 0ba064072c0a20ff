//! How the estimates of several nodes covary, within a domain and between domains.
//!
//! The same people answer what several nodes are made of, and domains may share PSUs. Whoever combines estimates of a run, as a
//! composite index does, needs to know.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::frame::{Frame, Strata};
use crate::index::compute::ComputeError;
use crate::index::domains::Partition;
use crate::index::prepare::{Prepared, SplitTally};
use crate::index::{DomainKey, Plan};
use crate::schema::{Domain, VarianceMethod};
use crate::scoring::replicate::{DomainReplicates, ReplicateError, Replicates, Spread, Wanted, estimates};
use crate::scoring::{Cells, DomainEstimates, LonelyStratum, Sum, Tally, TallyError, estimate};
use crate::unit::Registry;

/// A correlation between domains that counts as none: that of domains which share a stratum but lie in it as a whole is rounding.
const ROUNDING: f64 = 1e-12;

/// The most values of replicates that are held in memory at once: 1 GB.
const MOST_VALUES: usize = 1 << 27;

/// The covariance of two estimates.
#[derive(Debug, Clone, PartialEq)]
pub struct Covariance {
    /// Of whom they speak: twice the same within a domain.
    pub domains: [DomainKey; 2],
    /// Their nodes: twice the same for a variance.
    pub nodes: [String; 2],
    /// The covariance, on the product of the nodes' scales.
    pub value: f64,
}

/// Why there are no covariances.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CovarianceError {
    /// The index has no such nodes.
    #[error("the index has no node {}", .0.join(", "))]
    NoNode(Vec<String>),
    /// The index is not estimated for whole units of this kind.
    #[error("the index has no domains {kind:?} of whole units; it has: {}", .known.join(", "))]
    NoPartition {
        /// The kind asked for.
        kind: String,
        /// Kinds that there are.
        known: Vec<String>,
    },
    /// The values of all replicates, from which covariances between domains follow, are too many.
    #[error("{domains} domains × {nodes} nodes × {replicates} replicates are too many values: ask for fewer units, or linearise")]
    TooMany {
        /// Domains.
        domains: usize,
        /// Nodes.
        nodes: usize,
        /// Replicates.
        replicates: usize,
    },
    /// The nodes could not be estimated.
    #[error(transparent)]
    Compute(#[from] ComputeError),
}

impl From<LonelyStratum> for CovarianceError {
    fn from(error: LonelyStratum) -> Self {
        Self::Compute(error.into())
    }
}

impl From<TallyError> for CovarianceError {
    fn from(error: TallyError) -> Self {
        Self::Compute(error.into())
    }
}

impl From<ReplicateError> for CovarianceError {
    fn from(error: ReplicateError) -> Self {
        Self::Compute(error.into())
    }
}

/// The covariances of the estimates that [`compute`](crate::index::compute) makes of some `nodes` for the domains of a `kind`, as
/// [`DomainKey::kind`] has it: `nation`, `unit`, or a level such as `province`. `units`, by registry id, limits them to some.
///
/// Each pair of estimates comes once, by domains and then by nodes in the order given, a node with itself included: its
/// covariance is the square of its standard error. Within a domain every pair is there. Of two domains a pair is left out where they
/// share no stratum, and where the correlation is rounding, so that provinces that are strata have none. Estimates that are missing
/// have none. The result is the same bytes for any number of threads.
///
/// # Formula
/// [`Scatter::covariance`](crate::scoring::Scatter::covariance) of the nodes' linearised values, between domains
/// [`Scatter::covariance_with`](crate::scoring::Scatter::covariance_with). Under calibration the values are residuals, as for variances.
/// Where the definition asks for replicates, the covariance over these ([`Replicates`]); between domains that hang together through
/// strata that they share, directly or through others. Those that do not are independent by design.
///
/// # Errors
/// [`CovarianceError`].
pub fn covariances(
    plan: &Plan,
    frame: Frame,
    registry: &Registry,
    nodes: &[&str],
    kind: &str,
    units: Option<&BTreeSet<i32>>,
) -> Result<Vec<Covariance>, CovarianceError> {
    let asked = Asked::new(plan, registry, nodes, kind, units)?;
    if asked.nodes.is_empty() {
        return Ok(Vec::new());
    }
    let mut prepared = Prepared::new(plan, frame, registry)?;
    if prepared.is_narrow() { asked.find::<i64>(&mut prepared) } else { asked.find::<i128>(&mut prepared) }
}

/// What is asked for.
struct Asked<'a> {
    plan: &'a Plan,
    registry: &'a Registry,
    domain: &'a Domain,
    /// Places of the nodes in the plan.
    nodes: Vec<usize>,
    units: Option<&'a BTreeSet<i32>>,
}

impl<'a> Asked<'a> {
    fn new(
        plan: &'a Plan,
        registry: &'a Registry,
        nodes: &[&str],
        kind: &str,
        units: Option<&'a BTreeSet<i32>>,
    ) -> Result<Self, CovarianceError> {
        let place = |code: &str| plan.nodes.iter().position(|node| node.code == code);
        let unknown: Vec<String> = nodes.iter().filter(|code| place(code).is_none()).map(|code| (*code).to_owned()).collect();
        if !unknown.is_empty() {
            return Err(CovarianceError::NoNode(unknown));
        }
        let whole = || plan.domains.iter().filter_map(|domain| Some((domain, whole_units(domain)?)));
        let Some((domain, _)) = whole().find(|(_, known)| *known == kind) else {
            let known = whole().map(|(_, kind)| kind.to_owned()).collect();
            return Err(CovarianceError::NoPartition { kind: kind.to_owned(), known });
        };
        let mut seen = BTreeSet::new();
        let nodes = nodes.iter().filter_map(|code| place(code)).filter(|place| seen.insert(*place)).collect();
        Ok(Self { plan, registry, domain, nodes, units })
    }

    fn find<S: Sum>(&self, prepared: &mut Prepared<'_>) -> Result<Vec<Covariance>, CovarianceError> {
        let split = prepared.tally::<S>(None)?;
        let (keys, cells) = self.domains(&split.tally, &prepared.frame);
        match self.plan.estimation.variance {
            VarianceMethod::Linearised => self.linearised(&split, &prepared.frame, &keys, &cells),
            method => {
                let replicates = Replicates::make(method, self.plan.seed, prepared.frame.strata(), self.plan.lonely)?;
                self.replicated(&split, &prepared.frame, &keys, &cells, &replicates)
            }
        }
    }

    /// The domains asked for, with the cells of each.
    fn domains<S: Sum>(&self, tally: &Tally<S>, frame: &Frame) -> (Vec<DomainKey>, Cells) {
        let Partition { keys, cells } = Partition::new(self.domain, tally, frame, self.registry, None);
        let asked = |key: &DomainKey| self.units.is_none_or(|units| key.area.or(key.unit).is_some_and(|id| units.contains(&id)));
        let mut of_cell = vec![None; tally.cells().len()];
        let mut kept = Vec::with_capacity(keys.len());
        for (place, key) in keys.into_iter().enumerate().filter(|(_, key)| asked(key)) {
            for cell in cells.of(place) {
                of_cell[*cell as usize] = u32::try_from(kept.len()).ok();
            }
            kept.push(key);
        }
        let cells = Cells::new(kept.len(), of_cell);
        (kept, cells)
    }

    fn linearised<S: Sum>(
        &self,
        split: &SplitTally<'_, S>,
        frame: &Frame,
        keys: &[DomainKey],
        cells: &Cells,
    ) -> Result<Vec<Covariance>, CovarianceError> {
        let (task, strata, lonely) = (split.task(self.plan, frame, &self.nodes), frame.strata(), self.plan.lonely);
        let map = |present: &[bool]| self.plan.map(present);
        let one = |domain| estimate(&task, &split.tally, cells.of(domain), &map);
        let found: Vec<DomainEstimates> = (0..keys.len()).into_par_iter().map(one).collect::<Result<_, _>>()?;
        let within = found.iter().map(|of| Ok(of.kept.covariance(strata, lonely)?)).collect::<Result<_, CovarianceError>>()?;
        let there = |of: &DomainEstimates| self.nodes.iter().map(|node| of.outputs[*node].is_some()).collect();
        let blocks = Blocks { nodes: self.codes(), keys, there: found.iter().map(there).collect(), within };
        let near = sharing(&found.iter().map(|of| strata_of(of.kept.psus.iter().copied(), strata)).collect::<Vec<_>>());
        blocks.list(&near, |a, b| Ok(found[a].kept.covariance_with(&found[b].kept, strata, lonely)?))
    }

    fn replicated<S: Sum>(
        &self,
        split: &SplitTally<'_, S>,
        frame: &Frame,
        keys: &[DomainKey],
        cells: &Cells,
        replicates: &Replicates,
    ) -> Result<Vec<Covariance>, CovarianceError> {
        let psus = |domain: usize| cells.of(domain).iter().map(|cell| split.tally.cells()[*cell as usize].psu);
        let near = connected(&sharing(&(0..keys.len()).map(|domain| strata_of(psus(domain), frame.strata())).collect::<Vec<_>>()));
        let values = near.iter().any(|near| !near.is_empty());
        if values && keys.len().saturating_mul(self.nodes.len()).saturating_mul(replicates.len()) > MOST_VALUES {
            return Err(CovarianceError::TooMany { domains: keys.len(), nodes: self.nodes.len(), replicates: replicates.len() });
        }
        let task = split.task(self.plan, frame, &self.nodes);
        let wanted = Wanted { covariance: true, values, percentiles: None };
        let mut found = estimates(&task, &split.tally, cells, &|present: &[bool]| self.plan.map(present), replicates, wanted)?;
        let there = |of: &DomainReplicates| self.nodes.iter().map(|node| of.outputs[*node].is_some()).collect();
        let there = found.iter().map(there).collect();
        let within = found.iter_mut().map(|of| std::mem::take(&mut of.covariance)).collect();
        let blocks = Blocks { nodes: self.codes(), keys, there, within };
        blocks.list(&near, |a, b| self.over_replicates([&found[a], &found[b]], replicates))
    }

    /// The covariances of the nodes of one domain with those of another over the replicates.
    fn over_replicates(&self, sides: [&DomainReplicates; 2], replicates: &Replicates) -> Result<Vec<f64>, CovarianceError> {
        let full = |side: &'_ DomainReplicates, node: &usize| side.outputs[*node].map_or(f64::NAN, |output| output.estimate.value);
        let values: Vec<f64> = sides.iter().flat_map(|side| self.nodes.iter().map(|node| full(side, node))).collect();
        let row = |replicate: usize| sides.iter().flat_map(|side| side.values.iter().map(|of| of[replicate])).collect::<Vec<f64>>();
        let spread = Spread::new(replicates, values, &(0..replicates.len()).map(row).collect::<Vec<_>>())?;
        let k = self.nodes.len();
        Ok(spread.covariance().chunks_exact(2 * k).take(k).flat_map(|row| &row[k..]).copied().collect())
    }

    fn codes(&self) -> Vec<&str> {
        self.nodes.iter().map(|node| self.plan.nodes[*node].code.as_str()).collect()
    }
}

/// The name of a partition whose domains are whole units, as in [`DomainKey::kind`].
fn whole_units(domain: &Domain) -> Option<&str> {
    match domain {
        Domain::Nation => Some("nation"),
        Domain::Level { level } => Some(level),
        Domain::Unit => Some("unit"),
        Domain::UnitByLevel { .. } | Domain::Item { .. } | Domain::ItemByLevel { .. } => None,
    }
}

/// The covariances within every domain, row-major over the nodes.
struct Blocks<'a> {
    nodes: Vec<&'a str>,
    keys: &'a [DomainKey],
    /// Which nodes have an estimate, domain by domain.
    there: Vec<Vec<bool>>,
    within: Vec<Vec<f64>>,
}

impl Blocks<'_> {
    /// Lists what is within domains, and what is between each and those `near` it, as `across` gives it.
    fn list(
        &self,
        near: &[Vec<usize>],
        across: impl Fn(usize, usize) -> Result<Vec<f64>, CovarianceError> + Sync,
    ) -> Result<Vec<Covariance>, CovarianceError> {
        let of = |first: usize| {
            let mut found = Vec::new();
            self.within(first, &mut found);
            for second in &near[first] {
                self.between([first, *second], &across(first, *second)?, &mut found);
            }
            Ok(found)
        };
        let found: Vec<Vec<Covariance>> = (0..self.keys.len()).into_par_iter().map(of).collect::<Result<_, CovarianceError>>()?;
        Ok(found.into_iter().flatten().collect())
    }

    fn within(&self, domain: usize, found: &mut Vec<Covariance>) {
        let k = self.nodes.len();
        // Over replicates in none of which an estimate is defined, its variance is no number.
        let known = |place: usize| self.there[domain][place / k] && self.there[domain][place % k] && self.within[domain][place].is_finite();
        for place in (0..k * k).filter(|place| place / k <= place % k && known(*place)) {
            found.push(self.covariance([domain; 2], [place / k, place % k], self.within[domain][place]));
        }
    }

    fn between(&self, domains: [usize; 2], block: &[f64], found: &mut Vec<Covariance>) {
        let k = self.nodes.len();
        let variance = |side: usize, node: usize| self.within[domains[side]][node * k + node];
        for (place, value) in block.iter().enumerate() {
            let (a, b) = (place / k, place % k);
            let there = self.there[domains[0]][a] && self.there[domains[1]][b];
            if there && value.abs() > ROUNDING * (variance(0, a) * variance(1, b)).sqrt() {
                found.push(self.covariance(domains, [a, b], *value));
            }
        }
    }

    fn covariance(&self, domains: [usize; 2], nodes: [usize; 2], value: f64) -> Covariance {
        Covariance { domains: domains.map(|domain| self.keys[domain].clone()), nodes: nodes.map(|node| self.nodes[node].to_owned()), value }
    }
}

/// The strata of PSUs, each once, ascending as the PSUs are.
fn strata_of(psus: impl Iterator<Item = u32>, strata: &Strata) -> Vec<u32> {
    let mut found: Vec<u32> = psus.map(|psu| strata.stratum_of(psu)).collect();
    found.dedup();
    found
}

/// For each domain the later ones that share a stratum with it.
fn sharing(strata: &[Vec<u32>]) -> Vec<Vec<usize>> {
    let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (domain, strata) in strata.iter().enumerate() {
        for stratum in strata {
            members.entry(*stratum).or_default().push(domain);
        }
    }
    let later = |(domain, strata): (usize, &Vec<u32>)| {
        let all: BTreeSet<usize> =
            strata.iter().filter_map(|stratum| members.get(stratum)).flatten().copied().filter(|other| *other > domain).collect();
        all.into_iter().collect()
    };
    strata.iter().enumerate().map(later).collect()
}

/// For each domain the later ones that are reached from it through those near each other.
fn connected(near: &[Vec<usize>]) -> Vec<Vec<usize>> {
    // Each domain's group is named after its first member.
    let mut group: Vec<usize> = (0..near.len()).collect();
    for (domain, later) in near.iter().enumerate() {
        for other in later {
            let (a, b) = (group[domain].min(group[*other]), group[domain].max(group[*other]));
            if a != b {
                group.iter_mut().filter(|of| **of == b).for_each(|of| *of = a);
            }
        }
    }
    (0..near.len()).map(|domain| (domain + 1..near.len()).filter(|other| group[*other] == group[domain]).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_hang_together_through_those_that_they_share_strata_with() {
        let near = sharing(&[vec![0], vec![3], vec![0, 1], vec![1, 2], vec![2]]);
        assert_eq!(near, [vec![2], vec![], vec![3], vec![4], vec![]]);
        assert_eq!(connected(&near), [vec![2, 3, 4], vec![], vec![3, 4], vec![4], vec![]]);
    }
}
