//! Ratios, their linear combinations, and their variances, for one domain.

use std::ops::AddAssign;

use crate::frame::Strata;
use crate::schema::LonelyPsu;
use crate::scoring::tally::{Spread, Sum, Sums, Tally};
use crate::scoring::{CellResiduals, DomainSums, Leaf, LonelyStratum, Measure, Scatter};

/// Where a term of an output comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A leaf, by its place.
    Leaf(usize),
    /// An output that stands earlier.
    Output(usize),
}

/// Outputs as weighted sums of leaves and of earlier outputs; `None`: the output is missing in this domain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinearMap {
    /// The terms of each output.
    pub outputs: Vec<Option<Vec<(Source, f64)>>>,
}

/// One estimate for one domain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value, on the measure's scale.
    pub value: f64,
    /// Its design-based standard error.
    pub se: f64,
    /// For a leaf: how many answered. For a combination: the domain's responses.
    pub n: i64,
    /// For a leaf: its variance over that of a simple random sample of the same answers, drawn with replacement.
    pub deff: Option<f64>,
}

/// What one domain yields.
#[derive(Debug, Clone)]
pub struct DomainEstimates {
    /// Counts and degrees of freedom.
    pub sums: DomainSums,
    /// One estimate an output; `None` where it is missing.
    pub outputs: Vec<Option<Estimate>>,
    /// Whom each leaf rests on.
    pub leaves: Vec<LeafBase>,
    /// Linearised values of the outputs asked to be kept, for covariances across outputs and domains.
    pub kept: Scatter,
}

/// Whom a leaf of one domain rests on: what disclosure control asks about.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LeafBase {
    /// People who answered: of a leaf that pools several items, those who answered the most answered one.
    pub people: i64,
    /// Σ w over their answers, in the wave's unit.
    pub weight: f64,
    /// Whether every answer is the same.
    pub unanimous: bool,
}

/// What is estimated, the same for every domain.
pub struct Task<'a> {
    /// The measures of the tally.
    pub measures: &'a [Measure],
    /// The leaves: ratios over measures.
    pub leaves: &'a [Leaf],
    /// The strata of the frame.
    pub strata: &'a Strata,
    /// The rule for strata with one PSU.
    pub lonely: LonelyPsu,
    /// The calibration that made the weights, if one did.
    pub residuals: Option<&'a CellResiduals>,
    /// Outputs whose linearised values are kept.
    pub keep: &'a [usize],
}

/// Sums of one leaf over a domain.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LeafSums<S> {
    /// Answers.
    pub(super) n: i64,
    /// People behind them: of a leaf that pools several items, those who answered the most answered one.
    pub(super) people: i64,
    pub(super) w: S,
    pub(super) wy: S,
    pub(super) wyy: S,
}

impl<S: Sum> LeafSums<S> {
    /// Whom the leaf rests on. All answers are the same where `Σ w · Σ w·y² = (Σ w·y)²`, in whole numbers
    /// (the equality case of the inequality of Cauchy and Schwarz).
    fn base(&self) -> LeafBase {
        let (w, wy, wyy) = (self.w.wide(), self.wy.wide(), self.wyy.wide());
        let unanimous = if let (Some(left), Some(right)) = (w.checked_mul(wyy), wy.checked_mul(wy)) {
            left == right
        } else {
            let (mean, square) = (self.wy.to_f64() / self.w.to_f64(), self.wyy.to_f64() / self.w.to_f64());
            square - mean * mean <= 1e-12 * square
        };
        LeafBase { people: self.people, weight: self.w.to_f64(), unanimous: self.n > 0 && unanimous }
    }
}

/// A [`LinearMap`] as one list of terms, whose sources are places among the leaves and, after them, the outputs.
pub(super) struct Terms {
    list: Vec<(usize, f64)>,
    /// Where the terms of each output end.
    ends: Vec<usize>,
}

impl Terms {
    pub(super) fn of(map: &LinearMap, leaves: usize) -> Self {
        let mut terms = Self { list: Vec::new(), ends: Vec::with_capacity(map.outputs.len()) };
        for output in &map.outputs {
            terms.list.extend(output.iter().flatten().map(|(source, weight)| match source {
                Source::Leaf(leaf) => (*leaf, *weight),
                Source::Output(output) => (leaves + output, *weight),
            }));
            terms.ends.push(terms.list.len());
        }
        terms
    }

    /// Fills the outputs of `values`, which begin after its `leaves`. Missing outputs are 0 and nobody reads them.
    pub(super) fn apply(&self, leaves: usize, values: &mut [f64]) {
        let mut start = 0;
        for (output, end) in self.ends.iter().enumerate() {
            values[leaves + output] = self.list[start..*end].iter().map(|(source, weight)| weight * values[*source]).sum();
            start = *end;
        }
    }
}

/// Estimates every output for the domain that consists of `cells`.
///
/// `map` says how outputs are made of leaves, given which leaves have any answer in the domain.
///
/// # Formula
/// A leaf is the ratio `ŷ = s · Σ w·y / Σ w` with scale `s`; its linearised value for a PSU is
/// `z_j = s · (Σ_{i∈j} w·y − ŷ/s · Σ_{i∈j} w) / Σ w`. A combination's is the same combination of its terms', so its
/// variance holds every covariance among items, whoever answered which (Särndal, Swensson and Wretman 1992, §5.5–5.7).
///
/// # Errors
/// [`LonelyStratum`], if the rule for lonely PSUs is to fail.
pub fn estimate<S: Sum>(
    task: &Task<'_>,
    tally: &Tally<S>,
    cells: &[u32],
    map: &dyn Fn(&[bool]) -> LinearMap,
) -> Result<DomainEstimates, LonelyStratum> {
    let sums = DomainSums::count(tally, cells, |psu| task.strata.stratum_of(psu));
    let totals = leaf_sums(tally, task.leaves, cells);
    let weights: Vec<f64> = totals.iter().map(|t| t.w.to_f64()).collect();
    let present: Vec<bool> = weights.iter().map(|w| *w > 0.0).collect();
    let map = map(&present);
    let scales: Vec<f64> = task.leaves.iter().map(|leaf| task.measures[leaf.parts[0]].scale()).collect();
    let ratios: Vec<f64> = totals.iter().zip(&weights).map(|(t, w)| if *w > 0.0 { t.wy.to_f64() / w } else { 0.0 }).collect();
    let (leaves, width) = (task.leaves.len(), map.outputs.len());
    let terms = Terms::of(&map, leaves);
    let mut values: Vec<f64> = ratios.iter().zip(&scales).map(|(r, s)| r * s).collect();
    values.resize(leaves + width, 0.0);
    terms.apply(leaves, &mut values);

    let influence = |leaf: usize, sums: Sums<S>| {
        if present[leaf] { scales[leaf] * (sums.wy.to_f64() - ratios[leaf] * sums.w.to_f64()) / weights[leaf] } else { 0.0 }
    };
    let psu = |cell: u32| tally.cells()[cell as usize].psu;
    let groups = cells.chunk_by(|a, b| psu(*a) == psu(*b)).map(|group| (psu(group[0]), group));
    let (psus, z) = linearise(tally, task.leaves, sums.psus as usize, groups, &terms, influence);
    let bases = totals.iter().map(LeafSums::base).collect();
    let mut scatter = Scatter { width, psus, z };
    if let Some(residuals) = task.residuals {
        scatter = residuals.of(&scatter, &by_calibration_cell(tally, task.leaves, cells, residuals, &terms, influence));
    }
    let variances = scatter.variances(task.strata, task.lonely)?;
    let outputs = (0..width)
        .map(|output| {
            let terms = map.outputs[output].as_deref()?;
            let leaf = match terms {
                [(Source::Leaf(leaf), _)] => Some(*leaf),
                _ => None,
            };
            let variance = variances[output].max(0.0);
            Some(Estimate {
                value: values[leaves + output],
                se: variance.sqrt(),
                n: leaf.map_or(sums.rows, |leaf| totals[leaf].people),
                deff: leaf.and_then(|leaf| design_effect(variance, &totals[leaf], scales[leaf])),
            })
        })
        .collect();
    Ok(DomainEstimates { sums, outputs, leaves: bases, kept: pick(&scatter, task.keep) })
}

/// The sums of every leaf over some cells.
pub(super) fn leaf_sums<S: Sum>(tally: &Tally<S>, leaves: &[Leaf], cells: &[u32]) -> Vec<LeafSums<S>> {
    let mut sums = vec![Sums::default(); tally.width()];
    let mut classes: Vec<u32> = Vec::with_capacity(cells.len());
    for cell in cells {
        add(&mut sums, tally.sums(*cell));
        classes.push(tally.class_of(*cell));
    }
    classes.sort_unstable();
    classes.dedup();
    let mut spreads = vec![Spread::default(); tally.width()];
    for class in classes {
        add(&mut spreads, tally.spreads(class));
    }
    let leaf = |leaf: &Leaf| {
        let mut all = LeafSums::default();
        for part in &leaf.parts {
            all.n += spreads[*part].n;
            all.people = all.people.max(spreads[*part].n);
            all.w += sums[*part].w;
            all.wy += sums[*part].wy;
            all.wyy += spreads[*part].wyy;
        }
        all
    };
    leaves.iter().map(leaf).collect()
}

/// Whom each leaf rests on in some cells.
#[must_use]
pub fn answered<S: Sum>(tally: &Tally<S>, leaves: &[Leaf], cells: &[u32]) -> Vec<LeafBase> {
    leaf_sums(tally, leaves, cells).iter().map(LeafSums::base).collect()
}

/// Adds the sums of every measure.
pub(super) fn add<T: Copy + AddAssign>(sums: &mut [T], more: &[T]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += *more;
    }
}

/// Linearised values of every output, a row for each group of cells, of which there are at `most` so many; returns the
/// groups' names and the rows. `influence` makes them of a leaf's sums over one group.
fn linearise<'a, S: Sum>(
    tally: &Tally<S>,
    leaves: &[Leaf],
    most: usize,
    groups: impl Iterator<Item = (u32, &'a [u32])>,
    terms: &Terms,
    influence: impl Fn(usize, Sums<S>) -> f64,
) -> (Vec<u32>, Vec<f64>) {
    let (mut names, mut z) = (Vec::with_capacity(most), Vec::with_capacity(most * terms.ends.len()));
    let mut values = vec![0.0; leaves.len() + terms.ends.len()];
    let mut sums = vec![Sums::default(); tally.width()];
    for (name, group) in groups {
        sums.fill(Sums::default());
        for cell in group {
            add(&mut sums, tally.sums(*cell));
        }
        for (place, leaf) in leaves.iter().enumerate() {
            let mut all = Sums::default();
            for part in &leaf.parts {
                all += sums[*part];
            }
            values[place] = influence(place, all);
        }
        terms.apply(leaves.len(), &mut values);
        names.push(name);
        z.extend_from_slice(&values[leaves.len()..]);
    }
    (names, z)
}

/// Linearised totals of every output by calibration cell: rows for all of them, 0 where the domain has nobody.
fn by_calibration_cell<S: Sum>(
    tally: &Tally<S>,
    leaves: &[Leaf],
    cells: &[u32],
    residuals: &CellResiduals,
    terms: &Terms,
    influence: impl Fn(usize, Sums<S>) -> f64,
) -> Vec<f64> {
    let of = |cell: &u32| residuals.cell_of(tally.class_of(*cell));
    let mut sorted = cells.to_vec();
    sorted.sort_by_key(of);
    let groups = sorted.chunk_by(|a, b| of(a) == of(b)).map(|group| (of(&group[0]), group));
    let (found, z) = linearise(tally, leaves, residuals.cells(), groups, terms, influence);
    let width = terms.ends.len();
    let mut totals = vec![0.0; residuals.cells() * width];
    for (cell, row) in found.iter().zip(z.chunks_exact(width.max(1))) {
        totals[*cell as usize * width..][..width].copy_from_slice(row);
    }
    totals
}

/// Variance over that of a simple random sample with replacement of the same answers: `V / ((Σ w(y−ŷ)² / Σ w) / (n−1))`,
/// the `deff = "replace"` of R's `svymean`.
pub(super) fn design_effect<S: Sum>(variance: f64, total: &LeafSums<S>, scale: f64) -> Option<f64> {
    if total.n < 2 {
        return None;
    }
    let (w, wy, wyy) = (total.w.to_f64(), total.wy.to_f64(), total.wyy.to_f64());
    let spread = (wyy / w - (wy / w) * (wy / w)) * scale * scale;
    #[allow(clippy::cast_precision_loss)]
    let simple = spread / (total.n - 1) as f64;
    (simple > 0.0).then(|| variance / simple)
}

/// The columns of some outputs only.
fn pick(scatter: &Scatter, keep: &[usize]) -> Scatter {
    let rows = scatter.z.chunks_exact(scatter.width.max(1));
    Scatter { width: keep.len(), psus: scatter.psus.clone(), z: rows.flat_map(|row| keep.iter().map(|k| row[*k])).collect() }
}
