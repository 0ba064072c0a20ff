//! Aggregation over and over: the same tree with other weights, values or leaves.
//!
//! [`super::run`] keeps everything; a Monte Carlo run wants ten thousand roots and nothing else. A [`Tree`] is the definition
//! made ready once for one aggregation, a [`Scratch`] the memory that a thread uses again. The figures are the same bits.

use std::sync::{Arc, OnceLock};

use super::matrix::{Matrix, Rows};
use super::stages::aggregate::{Child, Inner, within_numbers};
use super::stages::{StageError, State};
use crate::schema::composite::{Aggregation, Aggregator, CompositeDefinition, CompositeNode};

/// The scores of the leaves in one edition.
#[derive(Debug, Clone)]
pub(crate) struct Leaves {
    pub(crate) rows: Arc<Rows>,
    /// A column for each node; those of inner nodes are empty.
    scores: Matrix,
    fill: Vec<Fill>,
    /// The logarithms of the scores: geometric means of the same leaves under other weights take them again and again.
    logs: OnceLock<Matrix>,
}

/// How much of a column is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fill {
    Whole,
    Part,
    Empty,
}

impl Fill {
    fn of(column: &[f64]) -> Self {
        match column.iter().filter(|value| value.is_nan()).count() {
            0 if !column.is_empty() => Self::Whole,
            missing if missing < column.len() => Self::Part,
            _ => Self::Empty,
        }
    }
}

impl Leaves {
    /// The normalised indicators of an edition.
    pub(crate) fn of(definition: &CompositeDefinition, state: &State, edition: usize) -> Self {
        let span = state.rows.spans().get(edition).cloned().unwrap_or(0..0);
        let all = span.len() == state.rows.len();
        let of_edition = || state.rows.filter(&(0..state.rows.len()).map(|row| span.contains(&row)).collect::<Vec<_>>());
        let nodes = definition.nodes().len();
        let (mut scores, mut fill) = (Matrix::missing(span.len(), nodes), vec![Fill::Empty; nodes]);
        for (column, (place, node, _)) in definition.leaves().enumerate() {
            let values = state.indicators.column(column).get(span.clone()).unwrap_or_default();
            put(&mut scores, &mut fill, place, node, values);
        }
        let rows = if all { Arc::clone(&state.rows) } else { Arc::new(of_edition()) };
        Self { rows, scores, fill, logs: OnceLock::new() }
    }

    /// The logarithms of a leaf's scores; none where one is missing, and for an inner node.
    fn logs(&self, place: usize) -> Option<&[f64]> {
        if self.fill.get(place) != Some(&Fill::Whole) {
            return None;
        }
        let all = || {
            let mut logs = self.scores.clone();
            for place in 0..logs.columns() {
                for value in logs.column_mut(place) {
                    *value = libm::log(*value);
                }
            }
            logs
        };
        Some(self.logs.get_or_init(all).column(place))
    }
}

/// Puts the normalised values of an edition in for a leaf.
fn put(scores: &mut Matrix, fill: &mut [Fill], place: usize, node: &CompositeNode, values: &[f64]) {
    for (cell, value) in scores.column_mut(place).iter_mut().zip(values) {
        *cell = node.rescale().map_or(*value, |by| by.factor * value + by.offset);
    }
    if let Some(fill) = fill.get_mut(place) {
        *fill = Fill::of(scores.column(place));
    }
}

/// The inner nodes under one aggregation, from the leaves up.
pub(crate) struct Tree<'d> {
    definition: &'d CompositeDefinition,
    inners: Vec<(usize, Inner<'d>)>,
}

/// Memory for one thread.
#[derive(Default)]
pub(crate) struct Scratch {
    scores: Matrix,
    fill: Vec<Fill>,
    children: Vec<Child>,
    column: Vec<f64>,
    /// Which leaves `scores` holds.
    holds: Option<usize>,
}

impl Scratch {
    /// The scores of a node.
    pub(crate) fn column(&self, node: usize) -> &[f64] {
        self.scores.column(node)
    }

    /// Takes over leaves, unless those of this number are there already.
    pub(crate) fn load(&mut self, leaves: &Leaves, number: usize) {
        if self.holds != Some(number) {
            self.reload(leaves);
            self.holds = Some(number);
        }
    }

    /// Takes over leaves.
    pub(crate) fn reload(&mut self, leaves: &Leaves) {
        self.holds = None;
        self.scores.copy_from(&leaves.scores);
        self.fill.clone_from(&leaves.fill);
    }

    /// Puts other normalised values in for a leaf, which the leaves taken over must lack: of theirs the logarithms are known.
    pub(crate) fn put(&mut self, place: usize, node: &CompositeNode, values: &[f64]) {
        put(&mut self.scores, &mut self.fill, place, node, values);
    }
}

impl<'d> Tree<'d> {
    pub(crate) fn new(definition: &'d CompositeDefinition, aggregation: &Aggregation) -> Self {
        let nodes = definition.nodes().iter().enumerate().rev().filter(|(_, node)| node.indicator().is_none());
        let weights = vec![1.0; definition.nodes().len()];
        Self { definition, inners: nodes.map(|(place, node)| (place, Inner::new(aggregation, definition, node, &weights))).collect() }
    }

    /// Computes every inner node from the leaves that were loaded. Children of which `dropped` holds true take no part.
    ///
    /// # Errors
    /// [`StageError`] where a mean needs positive values.
    pub(crate) fn aggregate(&self, leaves: &Leaves, weights: &[f64], dropped: &[bool], scratch: &mut Scratch) -> Result<(), StageError> {
        for (place, inner) in &self.inners {
            let Scratch { scores, fill, children, column, .. } = scratch;
            children.clear();
            for child in &inner.children {
                let weight = weights.get(child.place).copied().unwrap_or(0.0);
                let vanished = child.group && fill.get(child.place) == Some(&Fill::Empty);
                if !vanished && !dropped.get(child.place).copied().unwrap_or(false) {
                    children.push(Child { weight, ..*child });
                }
            }
            let whole = !children.is_empty() && children.iter().all(|child| fill.get(child.place) == Some(&Fill::Whole));
            column.clear();
            column.resize(leaves.rows.len(), 0.0);
            let quick = whole && combine_columns(inner.method, children, scores, leaves, column);
            if !quick {
                let inner = Inner { children: children.clone(), ..inner.clone() };
                *column = inner.column(scores, &leaves.rows)?;
            }
            if let Some(by) = self.definition.nodes().get(*place).and_then(CompositeNode::rescale) {
                for score in column.iter_mut() {
                    *score = by.factor * *score + by.offset;
                }
            }
            within_numbers(inner.node, &leaves.rows, column)?;
            scores.column_mut(*place).copy_from_slice(column);
            if let Some(fill) = fill.get_mut(*place) {
                *fill = Fill::of(column);
            }
        }
        Ok(())
    }
}

/// [`combine`](super::combine) for whole columns, the same operations in the same order; false where the method or a value
/// wants a look at single rows.
fn combine_columns(method: Aggregator, children: &[Child], scores: &Matrix, leaves: &Leaves, out: &mut [f64]) -> bool {
    let total: f64 = children.iter().map(|child| child.weight).sum();
    let mut add = |term: &dyn Fn(&mut f64, f64, f64)| {
        for child in children {
            let column = scores.column(child.place).iter();
            out.iter_mut().zip(column).for_each(|(sum, value)| term(sum, child.weight, *value));
        }
    };
    let positive = || children.iter().all(|child| scores.column(child.place).iter().all(|value| *value > 0.0));
    match method {
        Aggregator::Arithmetic | Aggregator::WeightedSum => {
            for child in children {
                let column = scores.column(child.place).iter();
                out.iter_mut().zip(column).for_each(|(sum, value)| *sum += child.weight * value);
            }
            if method == Aggregator::Arithmetic {
                for sum in out.iter_mut() {
                    *sum /= total;
                }
            }
        }
        Aggregator::Sum => add(&|sum, _, value| *sum += value),
        Aggregator::Geometric if positive() => {
            for child in children {
                if let Some(logs) = leaves.logs(child.place) {
                    out.iter_mut().zip(logs).for_each(|(sum, log)| *sum += child.weight * log);
                } else {
                    let column = scores.column(child.place).iter();
                    out.iter_mut().zip(column).for_each(|(sum, value)| *sum += child.weight * libm::log(*value));
                }
            }
            for sum in out.iter_mut() {
                *sum = libm::exp(*sum / total);
            }
        }
        Aggregator::Harmonic if positive() => {
            add(&|sum, weight, value| *sum += weight * (1.0 / value));
            for sum in out.iter_mut() {
                *sum = total / *sum;
            }
        }
        Aggregator::Generalised { power } if power != 0.0 && positive() => {
            add(&|sum, weight, value| *sum += weight * libm::pow(value, power));
            for sum in out.iter_mut() {
                *sum = libm::pow(*sum / total, 1.0 / power);
            }
        }
        _ => return false,
    }
    out.iter().all(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::composite::{Observation, Table, scores};
    use crate::schema::composite::Stage;
    use crate::schema::composite::sample::{definition, text};

    const METHODS: [&str; 8] = ["arithmetic", "geometric", "harmonic", "generalised", "sum", "weighted_sum", "median", "copeland"];

    fn three_levels(method: &str, gap: &str, group: bool) -> CompositeDefinition {
        let mut aggregate = json!({"stage": "aggregate", "method": method});
        if method == "generalised" {
            aggregate["power"] = json!(0.5);
        }
        let leaf = |code: &str, weight: f64| json!({"code": code, "label": text(code), "weight": weight, "indicator": {}});
        definition(&json!({
            "kind": "composite", "code": "three", "edition": "2020", "title": text("x"), "missing": gap,
            "pipeline": [{"stage": "normalise", "method": "as_given"}, aggregate],
            "tree": {"code": "ALL", "label": text("x"), "rescale": {"factor": 10, "offset": 1}, "children": [
                {"code": "P", "label": text("x"), "weight": 2, "children": [leaf("a", 1.0), leaf("b", 3.0)]},
                {"code": "Q", "label": text("x"), "weight": 1, "group": group, "children": [leaf("c", 0.5), leaf("d", 0.25)]}
            ]},
        }))
    }

    proptest! {
        #[test]
        fn replayed_scores_are_those_of_the_pipeline_to_the_bit(
            method in 0..8_usize, gap in 0..3_usize, group: bool, holes in 0..3_u8,
            values in proptest::collection::vec(1.0..100.0_f64, 20), missing in proptest::collection::vec(0..8_u8, 20),
        ) {
            let definition = three_levels(METHODS[method], ["renormalise", "missing", "zero"][gap], group);
            let mut table = Table::default();
            for (cell, (value, missing)) in values.iter().zip(missing).enumerate() {
                let value = (missing >= holes).then_some(*value);
                let (unit, code) = (format!("u{}", cell / 4), ["a", "b", "c", "d"][cell % 4]);
                table.insert("2020", &unit, code, Observation { value, ..Observation::default() });
            }
            let state = table.state(&definition);
            let Some(Stage::Aggregate(aggregation)) = definition.pipeline().last() else { panic!("it aggregates") };
            let leaves = Leaves::of(&definition, &state, 0);
            let mut scratch = Scratch::default();
            scratch.load(&leaves, 0);
            let replayed = Tree::new(&definition, aggregation).aggregate(&leaves, &state.weights, &[], &mut scratch);
            match scores(&definition, definition.pipeline(), state) {
                Ok(whole) => {
                    replayed.unwrap();
                    for node in 0..definition.nodes().len() {
                        let bits = |column: &[f64]| column.iter().map(|x| (x + 0.0).to_bits()).collect::<Vec<_>>();
                        prop_assert_eq!(bits(scratch.column(node)), bits(whole.scores.column(node)));
                    }
                }
                Err(_) => prop_assert!(replayed.is_err()),
            }
        }
    }
}
