//! The pipeline: every stage in its order, every data set kept.

use std::sync::Arc;

use serde::Serialize;

use super::matrix::{Matrix, Rows};
use super::stages::{Record, StageError, State, apply, leaf_codes, rank};
use super::table::Table;
use crate::schema::composite::{Aggregation, CompositeDefinition, CompositeNode, Stage};

/// Why nothing could be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ComputeError {
    /// The table has no unit, or screening left none.
    #[error("there is no unit to be scored")]
    NoUnits,
    /// A stage does not go with the data.
    #[error("stage {} ({name}): {source}", .place + 1)]
    Stage {
        /// The position of the stage in the pipeline.
        place: usize,
        /// Its name.
        name: &'static str,
        /// Why.
        source: StageError,
    },
    /// The stages end in no aggregation.
    #[error("the stages do not end in an aggregation")]
    NoAggregation,
}

/// Values of units by indicator or node, as they stand after a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSet {
    /// Which unit and edition each row is.
    pub rows: Arc<Rows>,
    /// The codes of the columns.
    pub columns: Vec<String>,
    /// The values.
    pub values: Matrix,
}

/// A stage that was done: its arguments, what it did, what came out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepResult {
    /// The stage with every argument written out, as it would stand in a definition.
    pub arguments: Stage,
    /// What it did.
    pub record: Record,
    /// What came out; not written out with the log.
    #[serde(skip)]
    pub data: DataSet,
}

/// What a pipeline gives: scores and ranks of every node, and how they came to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    steps: Vec<StepResult>,
    state: State,
    ranks: Vec<Vec<Option<u32>>>,
}

impl Outcome {
    /// The stages in their order, each with its data set.
    #[must_use]
    pub fn steps(&self) -> &[StepResult] {
        &self.steps
    }

    /// Which unit and edition each row is.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        &self.state.rows
    }

    /// The scores: a column for each node of the definition, in its order.
    #[must_use]
    pub fn scores(&self) -> &Matrix {
        &self.state.scores
    }

    /// The state after the last stage.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The weights in force, one a node.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.state.weights
    }

    /// The score of a node in a row.
    #[must_use]
    pub fn score(&self, node: usize, row: usize) -> Option<f64> {
        self.state.scores.get(row, node)
    }

    /// The rank of a row among those of its edition by a node, by unrounded scores.
    #[must_use]
    pub fn rank(&self, node: usize, row: usize) -> Option<u32> {
        self.ranks.get(node)?.get(row).copied().flatten()
    }
}

/// Computes a composite index by the pipeline of its definition.
///
/// # Errors
/// [`ComputeError`] where a stage does not go with the data.
pub fn compute(definition: &CompositeDefinition, table: &Table) -> Result<Outcome, ComputeError> {
    run(definition, definition.pipeline(), table.state(definition))
}

/// Computes a composite index by stages and from a state that the caller chose: other weights, other methods, perturbed values.
///
/// # Errors
/// [`ComputeError`] where a stage does not go with the data.
pub fn run(definition: &CompositeDefinition, stages: &[Stage], mut state: State) -> Result<Outcome, ComputeError> {
    let mut steps = Vec::with_capacity(stages.len());
    each(definition, stages, &mut state, |stage, record, state| {
        steps.push(StepResult { arguments: stage.clone(), record, data: data_set(definition, stage, state) });
    })?;
    let ranks = ranks(definition, &state);
    Ok(Outcome { steps, state, ranks })
}

/// The scores alone: [`run`] without log, data sets and ranks, for whoever runs it ten thousand times.
///
/// # Errors
/// [`ComputeError`] where a stage does not go with the data.
pub fn scores(definition: &CompositeDefinition, stages: &[Stage], mut state: State) -> Result<State, ComputeError> {
    each(definition, stages, &mut state, |_, _, _| ())?;
    Ok(state)
}

fn each(
    definition: &CompositeDefinition,
    stages: &[Stage],
    state: &mut State,
    mut done: impl FnMut(&Stage, Record, &State),
) -> Result<(), ComputeError> {
    let aggregation: &Aggregation = match stages.last() {
        Some(Stage::Aggregate(aggregation)) => aggregation,
        _ => return Err(ComputeError::NoAggregation),
    };
    for (place, stage) in stages.iter().enumerate() {
        if state.rows.is_empty() {
            return Err(ComputeError::NoUnits);
        }
        let record = apply(stage, definition, aggregation, state);
        let record = record.map_err(|source| ComputeError::Stage { place, name: stage.name(), source })?;
        done(stage, record, state);
    }
    Ok(())
}

/// The scores of nodes after the aggregation, the values of indicators before.
fn data_set(definition: &CompositeDefinition, stage: &Stage, state: &State) -> DataSet {
    let (columns, values): (Vec<&str>, &Matrix) = match stage {
        Stage::Aggregate(_) => (definition.nodes().iter().map(CompositeNode::code).collect(), &state.scores),
        _ => (leaf_codes(definition), &state.indicators),
    };
    DataSet { rows: Arc::clone(&state.rows), columns: columns.into_iter().map(str::to_owned).collect(), values: values.clone() }
}

/// The ranks of every node, edition by edition.
fn ranks(definition: &CompositeDefinition, state: &State) -> Vec<Vec<Option<u32>>> {
    let of = |node: usize| {
        let column = state.scores.column(node);
        let spans = state.rows.spans().iter();
        spans.flat_map(|span| rank::ranks(column.get(span.clone()).unwrap_or_default(), definition.rank().ties)).collect()
    };
    (0..definition.nodes().len()).map(of).collect()
}
