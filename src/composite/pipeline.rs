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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::composite::contributions;
    use crate::schema::composite::parse_composite;

    const DEFINITION: &str = include_str!("../../survey-schemas/indices/example/2025.json");
    const INDICATORS: &str = include_str!("../../survey-schemas/indices/example/indicators.csv");

    /// By hand, for 2025: `overdue` runs from 5 to 25 over both years, `online` from 40 to 80. A has 10 and 7.75, HARD 8.875,
    /// SOFT 9.1, SERVICE 0.6 · 9.1 + 0.4 · 8.875 = 9.01, ALL 10 (0.6 · 9.01 + 0.4 · 10) = 94.06. C has no `online`: its HARD is
    /// the 5.5 of `overdue`.
    const BY_HAND: [(usize, &str, f64, u32); 6] =
        [(0, "A", 82.72, 1), (0, "B", 58.24, 3), (0, "C", 70.48, 2), (1, "A", 94.06, 1), (1, "B", 61.84, 3), (1, "C", 73.9, 2)];

    fn example() -> (CompositeDefinition, Outcome) {
        let definition = parse_composite(DEFINITION).unwrap().definition;
        let (table, warnings) = Table::read(INDICATORS, &definition).unwrap();
        assert_eq!(warnings, []);
        let outcome = compute(&definition, &table).unwrap();
        (definition, outcome)
    }

    #[test]
    fn the_example_comes_out_as_by_hand() {
        let (_, outcome) = example();
        for (edition, unit, score, rank) in BY_HAND {
            let row = outcome.rows().find(edition, unit).unwrap();
            assert!((outcome.score(0, row).unwrap() - score).abs() < 1e-12, "{unit}: {:?}", outcome.score(0, row));
            assert_eq!(outcome.rank(0, row), Some(rank));
        }
    }

    #[test]
    fn contributions_sum_to_the_score_also_where_a_value_is_missing() {
        let (definition, outcome) = example();
        for row in 0..outcome.rows().len() {
            let (leaves, constant) = contributions(&definition, &outcome, row).unwrap();
            let sum: f64 = leaves.iter().map(|leaf| leaf.adds).sum::<f64>() + constant;
            assert!((sum - outcome.score(0, row).unwrap()).abs() < 1e-12);
        }
        let c = outcome.rows().find(1, "C").unwrap();
        let (leaves, _) = contributions(&definition, &outcome, c).unwrap();
        let slopes: Vec<(&str, f64)> = leaves.iter().map(|leaf| (leaf.leaf.as_str(), (leaf.slope * 1e6).round() / 1e6)).collect();
        assert_eq!(slopes, [("satisfied", 3.6), ("overdue", 2.4), ("plan", 4.0)], "`overdue` carries all of HARD");
        let lost = leaves[1].lost.unwrap();
        assert!((lost - 2.4 * (10.0 - 5.5)).abs() < 1e-12, "the scale ends at 10: {lost}");
        assert_eq!((leaves[1].agency.as_deref(), leaves[2].agency.as_deref()), (Some("Văn phòng HĐND và UBND xã"), None));
    }

    #[test]
    fn nothing_comes_of_nothing() {
        let definition = parse_composite(DEFINITION).unwrap().definition;
        assert_eq!(compute(&definition, &Table::default()), Err(ComputeError::NoUnits));
        let (table, _) = Table::read(INDICATORS, &definition).unwrap();
        assert_eq!(run(&definition, &definition.pipeline()[..1], table.state(&definition)), Err(ComputeError::NoAggregation));
    }
}
