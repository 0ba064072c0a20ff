//! Parametric replicates: the pipeline run again on values with drawn errors.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::super::pipeline::{ComputeError, Outcome};
use super::super::replay::{Leaves, Scratch, Tree};
use super::super::stages::{State, apply};
use super::UncertaintyError;
use super::errors::Errors;
use crate::schema::composite::{CompositeDefinition, Stage};

/// Numbers that are kept at most: past them only those of the root.
const MOST_KEPT: usize = 50_000_000;

/// The scores of inner nodes in every replicate.
pub(super) struct Replicates {
    /// The nodes that are kept.
    pub(super) nodes: Vec<usize>,
    units: usize,
    /// By replicate, node and unit; NaN where there is no score.
    scores: Vec<f64>,
    pub(super) failed: usize,
    pub(super) failure: Option<String>,
}

/// Memory of one thread.
struct Work {
    state: State,
    normals: Vec<f64>,
    scratch: Scratch,
}

/// What every replicate starts from.
struct Field<'a> {
    definition: &'a CompositeDefinition,
    raw: &'a State,
    outcome: &'a Outcome,
    errors: &'a Errors,
    edition: usize,
    stages: &'a [Stage],
    tree: Tree<'a>,
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
        let Some((Stage::Aggregate(aggregation), stages)) = definition.pipeline().split_last() else {
            return Err(UncertaintyError::Nominal(ComputeError::NoAggregation));
        };
        let units = outcome.rows().spans().get(edition).map_or(0, ExactSizeIterator::len);
        let mut nodes: Vec<usize> =
            definition.nodes().iter().enumerate().filter(|(_, node)| node.indicator().is_none()).map(|(place, _)| place).collect();
        if nodes.len().saturating_mul(units).saturating_mul(count) > MOST_KEPT {
            nodes = vec![0];
        }
        let field = Field { definition, raw, outcome, errors, edition, stages, tree: Tree::new(definition, aggregation) };
        let mut scores = vec![f64::NAN; nodes.len() * units * count];
        let work = || Work { state: raw.clone(), normals: Vec::new(), scratch: Scratch::default() };
        let chunks = scores.par_chunks_mut((nodes.len() * units).max(1)).enumerate();
        let failures: Vec<Option<String>> = chunks
            .map_init(work, |work, (replicate, out)| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(u64::try_from(replicate).unwrap_or(u64::MAX));
                field.one(&mut rng, work, &nodes, out).err()
            })
            .collect();
        let failed = failures.iter().flatten().count();
        let failure = failures.into_iter().flatten().next();
        if count - failed < 2 {
            return Err(UncertaintyError::Replicates { done: count - failed, asked: count, failure: failure.unwrap_or_default() });
        }
        Ok(Self { nodes, units, scores, failed, failure })
    }

    /// The scores of a unit by a node, one a replicate that gave one.
    pub(super) fn of(&self, node: usize, unit: usize) -> impl Iterator<Item = f64> + Clone + '_ {
        let (width, start) = (self.nodes.len() * self.units, node * self.units + unit);
        self.scores.chunks_exact(width.max(1)).filter_map(move |chunk| chunk.get(start).copied())
    }
}

impl Field<'_> {
    fn one(&self, rng: &mut ChaCha8Rng, work: &mut Work, nodes: &[usize], out: &mut [f64]) -> Result<(), String> {
        let Work { state, normals, scratch } = work;
        state.rows.clone_from(&self.raw.rows);
        state.indicators.copy_from(&self.raw.indicators);
        state.denominators.copy_from(&self.raw.denominators);
        state.attributes.clone_from(&self.raw.attributes);
        state.weights.clone_from(&self.raw.weights);
        self.errors.disturb(rng, normals, state);
        let Some(Stage::Aggregate(aggregation)) = self.definition.pipeline().last() else { return Err(String::new()) };
        for stage in self.stages {
            if state.rows.is_empty() {
                return Err(ComputeError::NoUnits.to_string());
            }
            apply(stage, self.definition, aggregation, state).map_err(|error| error.to_string())?;
        }
        let name = self.outcome.rows().editions().get(self.edition);
        let edition = state.rows.editions().iter().position(|edition| Some(edition) == name).ok_or("no unit is left")?;
        let leaves = Leaves::of(self.definition, state, edition);
        scratch.reload(&leaves);
        self.tree.aggregate(&leaves, &state.weights, &[], scratch).map_err(|error| error.to_string())?;
        let span = self.outcome.rows().spans().get(self.edition).cloned().unwrap_or(0..0);
        let same = *leaves.rows.units() == self.outcome.rows().units()[span.clone()];
        for (node, out) in nodes.iter().zip(out.chunks_exact_mut(span.len().max(1))) {
            let column = scratch.column(*node);
            if same {
                out.copy_from_slice(column);
                continue;
            }
            for (unit, cell) in self.outcome.rows().units()[span.clone()].iter().zip(out) {
                *cell = leaves.rows.find(0, unit).and_then(|row| column.get(row)).copied().unwrap_or(f64::NAN);
            }
        }
        Ok(())
    }
}
