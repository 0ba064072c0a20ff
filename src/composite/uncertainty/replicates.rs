//! Parametric replicates: the pipeline run again on values with drawn errors, and what the scores tell together.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::super::pipeline::Outcome;
use super::super::stages::State;
use super::super::statistics::mean;
use super::UncertaintyError;
use super::errors::Errors;
use super::field::Field;
use crate::schema::composite::CompositeDefinition;
use crate::words::Said;

/// Numbers that are kept at most: past them only those of the root.
const MOST_KEPT: usize = 50_000_000;

/// Units that are read side by side.
pub(super) const SIDE_BY_SIDE: usize = 4;

/// Panels whose covariances with another one are computed while that is in the cache.
const BAND: usize = 4;

/// The scores of units that stand side by side, in each replicate.
pub(super) type Panel = Vec<[f64; SIDE_BY_SIDE]>;

/// The scores of inner nodes in every replicate.
pub(super) struct Replicates {
    /// The nodes that are kept.
    pub(super) nodes: Vec<usize>,
    units: usize,
    /// By replicate, node and unit; NaN where there is no score.
    scores: Vec<f64>,
    pub(super) failed: usize,
    pub(super) failure: Option<Said>,
}

impl Replicates {
    /// Runs `count` replicates, each with a stream of its own of one `ChaCha8` generator.
    ///
    /// # Errors
    /// [`UncertaintyError::Replicates`] where fewer than two gave scores.
    pub(super) fn run(
        definition: &CompositeDefinition,
        raw: &State,
        outcome: &Outcome,
        errors: &Errors,
        edition: usize,
        count: usize,
        seed: u64,
    ) -> Result<Self, UncertaintyError> {
        let field = Field::new(definition, raw, outcome, errors, edition)?;
        let units = outcome.rows().spans().get(edition).map_or(0, ExactSizeIterator::len);
        let mut nodes: Vec<usize> =
            definition.nodes().iter().enumerate().filter(|(_, node)| node.indicator().is_none()).map(|(place, _)| place).collect();
        if nodes.len().saturating_mul(units).saturating_mul(count) > MOST_KEPT {
            nodes = vec![0];
        }
        let mut scores = vec![f64::NAN; nodes.len() * units * count];
        let chunks = scores.par_chunks_mut((nodes.len() * units).max(1)).enumerate();
        let failures: Vec<Option<Said>> = chunks
            .map_init(
                || field.work(),
                |work, (replicate, out)| {
                    let mut rng = ChaCha8Rng::seed_from_u64(seed);
                    rng.set_stream(u64::try_from(replicate).unwrap_or(u64::MAX));
                    field.run(&mut rng, work, &nodes, out).err()
                },
            )
            .collect();
        let failed = failures.iter().flatten().count();
        let failure = failures.into_iter().flatten().next();
        if count - failed < 2 {
            return Err(UncertaintyError::Replicates { done: count - failed, asked: count, failure });
        }
        Ok(Self { nodes, units, scores, failed, failure })
    }

    /// The scores of up to [`SIDE_BY_SIDE`] units by a node; NaN where there is no score or no further unit.
    pub(super) fn panel(&self, node: usize, units: &[usize]) -> Panel {
        let (width, start) = (self.nodes.len() * self.units, node * self.units);
        let row = |chunk: &[f64]| {
            let mut row = [f64::NAN; SIDE_BY_SIDE];
            for (cell, unit) in row.iter_mut().zip(units) {
                *cell = chunk.get(start + unit).copied().unwrap_or(f64::NAN);
            }
            row
        };
        self.scores.chunks_exact(width.max(1)).map(row).collect()
    }

    /// Fills in the covariances of some units' scores by a node, row by row and above the diagonal alone.
    ///
    /// # Formula
    /// `Σ (x − x̄)(y − ȳ)/(B − 1)` over the B replicates that gave scores; one that is missing in a replicate counts as its mean there.
    pub(super) fn covariance(&self, node: usize, units: &[usize], out: &mut [f64]) {
        let panels: Vec<Panel> = units.par_chunks(SIDE_BY_SIDE).map(|units| centred(self.panel(node, units))).collect();
        #[allow(clippy::cast_precision_loss)] // a number of replicates
        let divisor = (panels.first().map_or(0, Vec::len) as f64 - self.failed as f64 - 1.0).max(1.0);
        let k = units.len();
        out.par_chunks_mut((BAND * SIDE_BY_SIDE * k).max(1)).enumerate().for_each(|(band, rows)| {
            let first = band * BAND;
            for (right, other) in panels.iter().enumerate().skip(first) {
                for (left, panel) in panels.iter().enumerate().take(right + 1).skip(first).take(BAND) {
                    for (a, sums) in products(panel, other).iter().enumerate() {
                        let start = ((left - first) * SIDE_BY_SIDE + a) * k;
                        let row = rows.get_mut(start..start + k).unwrap_or_default();
                        for (cell, sum) in row.iter_mut().skip(right * SIDE_BY_SIDE).zip(sums) {
                            *cell = sum / divisor;
                        }
                    }
                }
            }
        });
    }
}

/// The distances of scores from their means, 0 where one is missing.
fn centred(mut panel: Panel) -> Panel {
    for unit in 0..SIDE_BY_SIDE {
        let centre = mean(panel.iter().map(|row| row[unit]).filter(|score| !score.is_nan())).unwrap_or(0.0);
        for row in &mut panel {
            row[unit] = if row[unit].is_nan() { 0.0 } else { row[unit] - centre };
        }
    }
    panel
}

/// The sum of products of each unit of one panel with each of another.
fn products(a: &[[f64; SIDE_BY_SIDE]], b: &[[f64; SIDE_BY_SIDE]]) -> [[f64; SIDE_BY_SIDE]; SIDE_BY_SIDE] {
    let mut sums = [[0.0; SIDE_BY_SIDE]; SIDE_BY_SIDE];
    for (x, y) in a.iter().zip(b) {
        for (sums, x) in sums.iter_mut().zip(x) {
            for (sum, y) in sums.iter_mut().zip(y) {
                *sum += x * y;
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::cast_precision_loss)]
    fn covariances_are_those_of_the_definition_whatever_the_number_of_units() {
        const COUNT: usize = 23;
        let units = 41; // no multiple of a panel, more than two bands
        let mut scores: Vec<f64> = (0..COUNT * 2 * units).map(|place| ((place * place * 31 + place * 7) % 101) as f64).collect();
        // A replicate that failed, and a unit that has no score in one of the others.
        scores[5 * 2 * units..6 * 2 * units].fill(f64::NAN);
        scores[(9 * 2 + 1) * units + 3] = f64::NAN;
        let replicates = Replicates { nodes: vec![0, 1], units, scores, failed: 1, failure: None };
        let scored: Vec<usize> = (0..units).filter(|unit| unit % 10 != 6).collect();
        let (k, mut found) = (scored.len(), vec![0.0; scored.len() * scored.len()]);
        replicates.covariance(1, &scored, &mut found);
        let errors = |unit: usize| {
            let all: Vec<f64> = (0..COUNT).map(|replicate| replicates.scores[(replicate * 2 + 1) * units + unit]).collect();
            let there: Vec<f64> = all.iter().copied().filter(|score| !score.is_nan()).collect();
            let centre = there.iter().sum::<f64>() / there.len() as f64;
            all.into_iter().map(|score| if score.is_nan() { 0.0 } else { score - centre }).collect::<Vec<f64>>()
        };
        for a in 0..k {
            for b in a..k {
                let expected = errors(scored[a]).iter().zip(errors(scored[b])).map(|(x, y)| x * y).sum::<f64>() / (COUNT - 2) as f64;
                assert!((found[a * k + b] - expected).abs() < 1e-10, "{a} {b}: {} {expected}", found[a * k + b]);
            }
        }
    }
}
