//! Ratios, their linear combinations, and their variances, for one domain.

use crate::frame::Strata;
use crate::schema::LonelyPsu;
use crate::scoring::tally::{Sum, Tally};
use crate::scoring::{DomainSums, Leaf, LonelyStratum, Measure, Scatter};

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

impl LinearMap {
    /// Fills `outputs` from `leaves`. Missing outputs are 0 and nobody reads them.
    pub(super) fn apply(&self, leaves: &[f64], outputs: &mut [f64]) {
        for place in 0..self.outputs.len() {
            let terms = self.outputs[place].as_deref().unwrap_or_default();
            outputs[place] = terms
                .iter()
                .map(|(source, weight)| match source {
                    Source::Leaf(leaf) => weight * leaves[*leaf],
                    Source::Output(output) => weight * outputs[*output],
                })
                .sum();
        }
    }
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
    /// Linearised values of the outputs asked to be kept, for covariances across outputs and domains.
    pub kept: Scatter,
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
    let totals: Vec<LeafSums<S>> = task.leaves.iter().map(|leaf| leaf_sums(tally, leaf, cells)).collect();
    let weights: Vec<f64> = totals.iter().map(|t| t.w.to_f64()).collect();
    let present: Vec<bool> = weights.iter().map(|w| *w > 0.0).collect();
    let map = map(&present);
    let scales: Vec<f64> = task.leaves.iter().map(|leaf| task.measures[leaf.parts[0]].scale()).collect();
    let ratios: Vec<f64> = totals.iter().zip(&weights).map(|(t, w)| if *w > 0.0 { t.wy.to_f64() / w } else { 0.0 }).collect();
    let values: Vec<f64> = ratios.iter().zip(&scales).map(|(r, s)| r * s).collect();
    let width = map.outputs.len();
    let mut value = vec![0.0; width];
    map.apply(&values, &mut value);

    let scatter = linearise(task, tally, cells, &map, |leaf, w, wy| {
        if present[leaf] { scales[leaf] * (wy.to_f64() - ratios[leaf] * w.to_f64()) / weights[leaf] } else { 0.0 }
    });
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
                value: value[output],
                se: variance.sqrt(),
                n: leaf.map_or(sums.rows, |leaf| totals[leaf].people),
                deff: leaf.and_then(|leaf| design_effect(variance, &totals[leaf], scales[leaf])),
            })
        })
        .collect();
    Ok(DomainEstimates { sums, outputs, kept: pick(&scatter, task.keep) })
}

/// The sums of a leaf over some cells.
pub(super) fn leaf_sums<S: Sum>(tally: &Tally<S>, leaf: &Leaf, cells: &[u32]) -> LeafSums<S> {
    let mut sums = LeafSums::default();
    for part in &leaf.parts {
        let moments = tally.moments(*part);
        let before = sums.n;
        for cell in cells {
            let cell = &moments[*cell as usize];
            sums.n += cell.n;
            sums.w += cell.w;
            sums.wy += cell.wy;
            sums.wyy += cell.wyy;
        }
        sums.people = sums.people.max(sums.n - before);
    }
    sums
}

/// Linearised values of every output, a row for each PSU of the domain. `influence` makes them of a leaf's `Σ w` and
/// `Σ w·y` over one PSU.
fn linearise<S: Sum>(task: &Task<'_>, tally: &Tally<S>, cells: &[u32], map: &LinearMap, influence: impl Fn(usize, S, S) -> f64) -> Scatter {
    let width = map.outputs.len();
    let mut scatter = Scatter { width, ..Scatter::default() };
    let mut leaves = vec![0.0; task.leaves.len()];
    for group in cells.chunk_by(|a, b| tally.cells[*a as usize].psu == tally.cells[*b as usize].psu) {
        for (place, leaf) in task.leaves.iter().enumerate() {
            let (mut w, mut wy) = (S::default(), S::default());
            for part in &leaf.parts {
                let moments = tally.moments(*part);
                for cell in group {
                    w += moments[*cell as usize].w;
                    wy += moments[*cell as usize].wy;
                }
            }
            leaves[place] = influence(place, w, wy);
        }
        let start = scatter.z.len();
        scatter.psus.push(tally.cells[group[0] as usize].psu);
        scatter.z.resize(start + width, 0.0);
        map.apply(&leaves, &mut scatter.z[start..]);
    }
    scatter
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
