//! Every output of every domain of a run under every replicate.
//!
//! A tally is small: a domain's PSUs times two sums a leaf. A replicate is one row of factors over those PSUs, so that all
//! replicates of a domain are one product of matrices, followed by the ratios and the tree. Domains are worked on in parallel,
//! each by one thread.

use rayon::prelude::*;

use crate::scoring::estimate::{LeafSums, Terms, add, design_effect, leaf_sums};
use crate::scoring::replicate::jackknife::LeaveOneOut;
use crate::scoring::replicate::kernel::{BLOCK, Panel, Totals};
use crate::scoring::replicate::spread::{Columns, Deviations};
use crate::scoring::replicate::{Factors, Level, ReplicateError, Replicates};
use crate::scoring::{Cells, DomainSums, Estimate, LinearMap, Source, Sum, Sums, Tally, Task};

/// What is wanted beside values and standard errors.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wanted {
    /// Percentile intervals of this level; only random replicates have them.
    pub percentiles: Option<f64>,
    /// Covariances among the outputs that the task keeps.
    pub covariance: bool,
    /// The values of the outputs that the task keeps in every replicate, as intervals of ranks need them.
    pub values: bool,
}

/// One estimate for one domain, its standard error from replicates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReplicateEstimate {
    /// Value, standard error, counts and design effect.
    pub estimate: Estimate,
    /// Replicates in which it has no value: none of its answers were drawn. They are left out.
    pub undefined: usize,
    /// The percentile interval, if one was asked for.
    pub interval: Option<(f64, f64)>,
}

/// What one domain yields.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainReplicates {
    /// Counts and degrees of freedom of the domain's PSUs.
    pub sums: DomainSums,
    /// One estimate an output; `None` where it is missing.
    pub outputs: Vec<Option<ReplicateEstimate>>,
    /// The covariance matrix of the outputs kept, row-major, NaN for missing ones; empty if not asked for.
    pub covariance: Vec<f64>,
    /// For each output kept, its value in each replicate, NaN where it has none; empty if not asked for.
    pub values: Vec<Vec<f64>>,
}

/// Estimates every output of every domain under every replicate. `map` says how outputs are made of leaves, given which leaves
/// have any answer in the domain; it is the same in all replicates.
///
/// # Formula
/// In replicate `r` with factors `a_rj`, a leaf is `s · Σ_j a_rj (Σ_{i∈j} w·y) / Σ_j a_rj (Σ_{i∈j} w)`, a combination the same
/// combination of its terms; variances as [`Replicates`] says, each over the replicates in which the output has a value.
///
/// # Errors
/// [`ReplicateError::Units`], if the replicates do not weigh the PSUs of the task; [`ReplicateError::Calibrated`].
pub fn estimates<S: Sum>(
    task: &Task<'_>,
    tally: &Tally<S>,
    cells: &Cells,
    map: &(dyn Fn(&[bool]) -> LinearMap + Sync),
    replicates: &Replicates,
    wanted: Wanted,
) -> Result<Vec<DomainReplicates>, ReplicateError> {
    if replicates.level() != Level::Psus || replicates.units() != task.strata.psus() {
        return Err(ReplicateError::Units { found: replicates.units(), expected: task.strata.psus() });
    }
    if task.residuals.is_some() {
        return Err(ReplicateError::Calibrated);
    }
    let all = Columns::all(replicates);
    Ok((0..cells.len())
        .into_par_iter()
        .map(|domain| {
            let domain = Domain::gather(task, tally, cells.of(domain), map);
            match &replicates.factors {
                Factors::Dense(factors) => {
                    let values = domain.dense(factors, replicates.len());
                    domain.summary(&values, &all, None, replicates, wanted)
                }
                Factors::LeaveOneOut(out) => {
                    let (values, of_replicate) = domain.left_out(out);
                    let columns = Columns::shared(replicates, &of_replicate, values.columns);
                    domain.summary(&values, &columns, Some(&of_replicate), replicates, wanted)
                }
            }
        })
        .collect())
}

/// The sums of one domain.
struct Domain<'a, S> {
    task: &'a Task<'a>,
    sums: DomainSums,
    totals: Vec<LeafSums<S>>,
    scales: Vec<f64>,
    map: LinearMap,
    /// Its PSUs, ascending.
    psus: Vec<u32>,
    /// For each PSU, Σ w and Σ w·y of each leaf in turn.
    table: Vec<S>,
}

/// The values of every output in every column, output by output.
struct Values {
    columns: usize,
    list: Vec<f64>,
}

impl Values {
    fn of(&self, output: usize) -> &[f64] {
        &self.list[output * self.columns..(output + 1) * self.columns]
    }
}

impl<'a, S: Sum> Domain<'a, S> {
    fn gather(task: &'a Task<'_>, tally: &Tally<S>, cells: &[u32], map: &dyn Fn(&[bool]) -> LinearMap) -> Self {
        let totals = leaf_sums(tally, task.leaves, cells);
        let present: Vec<bool> = totals.iter().map(|sums| sums.w.to_f64() > 0.0).collect();
        let width = 2 * task.leaves.len();
        let (mut psus, mut table) = (Vec::new(), Vec::new());
        let mut measures = vec![Sums::default(); tally.width()];
        let psu = |cell: u32| tally.cells()[cell as usize].psu;
        for group in cells.chunk_by(|a, b| psu(*a) == psu(*b)) {
            psus.push(psu(group[0]));
            measures.fill(Sums::default());
            for cell in group {
                add(&mut measures, tally.sums(*cell));
            }
            let start = table.len();
            table.resize(start + width, S::default());
            for (leaf, sums) in task.leaves.iter().zip(table[start..].chunks_exact_mut(2)) {
                for part in &leaf.parts {
                    sums[0] += measures[*part].w;
                    sums[1] += measures[*part].wy;
                }
            }
        }
        Self {
            sums: DomainSums::count(tally, cells, |psu| task.strata.stratum_of(psu)),
            scales: task.leaves.iter().map(|leaf| task.measures[leaf.parts[0]].scale()).collect(),
            map: map(&present),
            task,
            totals,
            psus,
            table,
        }
    }

    /// The outputs under a full table of factors, one column a replicate.
    fn dense(&self, factors: &[f64], replicates: usize) -> Values {
        let width = 2 * self.totals.len();
        let totals = Totals::pack(self.psus.len(), width, |psu, column| self.table[psu * width + column].to_f64());
        let mut values = self.blank(replicates);
        let (mut panel, mut sums, mut leaves) = (Panel::default(), Vec::new(), Vec::new());
        for start in (0..replicates).step_by(BLOCK) {
            let end = replicates.min(start + BLOCK);
            let of_psu = |psu: &u32| &factors[*psu as usize * replicates + start..*psu as usize * replicates + end];
            panel.pack(self.psus.len(), self.psus.iter().map(of_psu));
            totals.under(&panel, &mut sums);
            self.ratios(&sums, &mut leaves);
            self.fill(&leaves, start..end, &mut values);
        }
        values
    }

    /// The outputs with one PSU left out at a time, and the column of each replicate: those that are alike share one, be it that the
    /// PSU has no rows in the domain or that its whole stratum has none.
    ///
    /// What is left is found in whole numbers, so that a PSU which holds all answers leaves exactly nothing.
    fn left_out(&self, out: &LeaveOneOut) -> (Values, Vec<u32>) {
        let width = 2 * self.totals.len();
        let whole: Vec<i128> = self.totals.iter().flat_map(|sums| [sums.w.wide(), sums.wy.wide()]).collect();
        let of_psu = |place: usize| self.table[place * width..(place + 1) * width].iter().map(|sum| sum.wide());
        let mut of_replicate = vec![0; out.left_out.len()];
        // The first column is the full sample.
        let mut columns: Vec<Vec<f64>> = vec![whole.iter().map(|total| total.to_f64()).collect()];
        let places: Vec<usize> = (0..self.psus.len()).collect();
        for group in places.chunk_by(|a, b| out.stratum[self.psus[*a] as usize] == out.stratum[self.psus[*b] as usize]) {
            let stratum = out.stratum[self.psus[group[0]] as usize];
            let sampled = out.sampled[stratum as usize] as usize;
            if sampled < 2 {
                continue;
            }
            let mut within = vec![0_i128; width];
            for place in group {
                within.iter_mut().zip(of_psu(*place)).for_each(|(sum, z)| *sum += z);
            }
            let without = |left: &[i128]| -> Vec<f64> {
                let sum = |((all, within), left): ((&i128, &i128), &i128)| {
                    (all - within).to_f64() + out.others(stratum) * (within - left).to_f64()
                };
                whole.iter().zip(&within).zip(left).map(sum).collect()
            };
            if group.len() < sampled {
                let first = out.left_out.partition_point(|psu| out.stratum[*psu as usize] < stratum);
                of_replicate[first..first + sampled].fill(index(columns.len()));
                columns.push(without(&vec![0; width]));
            }
            for place in group {
                of_replicate[out.left_out.partition_point(|psu| *psu < self.psus[*place])] = index(columns.len());
                columns.push(without(&of_psu(*place).collect::<Vec<_>>()));
            }
        }
        let mut values = self.blank(columns.len());
        let (mut block, mut leaves) = (vec![[0.0; BLOCK]; width], Vec::new());
        for (number, list) in columns.chunks(BLOCK).enumerate() {
            for (place, column) in list.iter().enumerate() {
                block.iter_mut().zip(column).for_each(|(sums, sum)| sums[place] = *sum);
            }
            self.ratios(&block, &mut leaves);
            self.fill(&leaves, number * BLOCK..number * BLOCK + list.len(), &mut values);
        }
        (values, of_replicate)
    }

    fn blank(&self, columns: usize) -> Values {
        Values { columns, list: vec![0.0; self.map.outputs.len() * columns] }
    }

    /// The leaves of a block of replicates from their sums; NaN without answers.
    fn ratios(&self, sums: &[[f64; BLOCK]], leaves: &mut Vec<[f64; BLOCK]>) {
        leaves.clear();
        leaves.extend(
            sums.chunks_exact(2)
                .zip(&self.scales)
                .map(|(sums, scale)| std::array::from_fn(|r| if sums[0][r] > 0.0 { scale * (sums[1][r] / sums[0][r]) } else { f64::NAN })),
        );
    }

    /// The outputs of a block of replicates from the leaves, written to their columns.
    fn fill(&self, leaves: &[[f64; BLOCK]], columns: std::ops::Range<usize>, values: &mut Values) {
        let all = values.columns;
        for (output, terms) in self.map.outputs.iter().enumerate() {
            let mut row = [0.0; BLOCK];
            for (source, weight) in terms.iter().flatten() {
                match source {
                    Source::Leaf(leaf) => row.iter_mut().zip(&leaves[*leaf]).for_each(|(sum, value)| *sum += weight * value),
                    Source::Output(before) => {
                        let value = &values.list[before * all..][columns.clone()];
                        row.iter_mut().zip(value).for_each(|(sum, value)| *sum += weight * value);
                    }
                }
            }
            values.list[output * all..][columns.clone()].copy_from_slice(&row[..columns.len()]);
        }
    }

    fn summary(
        self,
        values: &Values,
        columns: &Columns,
        of_replicate: Option<&[u32]>,
        replicates: &Replicates,
        wanted: Wanted,
    ) -> DomainReplicates {
        let full = self.full();
        let mut kept: Vec<Option<Deviations>> = self.task.keep.iter().map(|_| None).collect();
        let mut outputs = Vec::with_capacity(full.len());
        for (output, terms) in self.map.outputs.iter().enumerate() {
            let Some(terms) = terms else {
                outputs.push(None);
                continue;
            };
            let leaf = match terms.as_slice() {
                [(Source::Leaf(leaf), _)] => Some(*leaf),
                _ => None,
            };
            let deviations = columns.deviations(full[output], values.of(output));
            let variance = columns.covariance(&deviations, &deviations);
            outputs.push(Some(ReplicateEstimate {
                estimate: Estimate {
                    value: full[output],
                    se: variance.sqrt(),
                    n: leaf.map_or(self.sums.rows, |leaf| self.totals[leaf].people),
                    deff: leaf.and_then(|leaf| design_effect(variance, &self.totals[leaf], self.scales[leaf])),
                },
                undefined: deviations.undefined,
                interval: wanted
                    .percentiles
                    .filter(|_| replicates.exchangeable)
                    .and_then(|level| Columns::percentiles(values.of(output), level)),
            }));
            if let Some(place) = self.task.keep.iter().position(|keep| *keep == output) {
                kept[place] = Some(deviations);
            }
        }
        let pair = |a: &Option<Deviations>, b: &Option<Deviations>| match (a, b) {
            (Some(a), Some(b)) => columns.covariance(a, b),
            _ => f64::NAN,
        };
        let covariance = if wanted.covariance { kept.iter().flat_map(|a| kept.iter().map(move |b| pair(a, b))).collect() } else { vec![] };
        let of_output = |output: &usize| match of_replicate {
            Some(places) => places.iter().map(|column| values.of(*output)[*column as usize]).collect(),
            None => values.of(*output).to_vec(),
        };
        let values = if wanted.values { self.task.keep.iter().map(of_output).collect() } else { Vec::new() };
        DomainReplicates { sums: self.sums, outputs, covariance, values }
    }

    /// The outputs of the full sample, as `estimate` computes them.
    fn full(&self) -> Vec<f64> {
        let ratio = |(sums, scale): (&LeafSums<S>, &f64)| {
            let w = sums.w.to_f64();
            if w > 0.0 { sums.wy.to_f64() / w * scale } else { 0.0 }
        };
        let mut values: Vec<f64> = self.totals.iter().zip(&self.scales).map(ratio).collect();
        let leaves = values.len();
        values.resize(leaves + self.map.outputs.len(), 0.0);
        Terms::of(&self.map, leaves).apply(leaves, &mut values);
        values.split_off(leaves)
    }
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
