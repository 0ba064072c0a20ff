//! One replicate: values with drawn errors taken through the pipeline.
//!
//! What has no error comes out of a stage the same each time, so that only columns with errors go through the stages again,
//! unless a stage carries values from column to column.

use rand_chacha::ChaCha8Rng;

use super::super::matrix::Rows;
use super::super::pipeline::{ComputeError, Outcome};
use super::super::replay::{Leaves, Scratch, Tree};
use super::super::stages::{Columns, State, apply, apply_to, by_column};
use super::UncertaintyError;
use super::disturbance::Disturbance;
use super::errors::Errors;
use crate::schema::composite::{Aggregation, CompositeDefinition, Stage};
use crate::words::Said;

/// What every replicate starts from.
pub(super) struct Field<'a> {
    definition: &'a CompositeDefinition,
    outcome: &'a Outcome,
    edition: usize,
    aggregation: &'a Aggregation,
    tree: Tree<'a>,
    disturbance: Disturbance<'a>,
    /// The stages before the aggregation, without those that `start` went through.
    stages: &'a [Stage],
    /// The table's values, once the units have left that leave in any case.
    start: State,
    /// Whether errors change a column.
    drawn: Vec<bool>,
    /// The other columns as the stages leave them; none where they too have to go through each time.
    settled: Option<Settled>,
}

/// Columns without errors, normalised; the others are missing.
struct Settled {
    state: State,
    leaves: Leaves,
}

/// Memory of one thread.
pub(super) struct Work {
    state: State,
    normals: Vec<f64>,
    scratch: Scratch,
}

impl<'a> Field<'a> {
    /// Computes all that replicates share.
    ///
    /// # Errors
    /// [`UncertaintyError::Nominal`], [`UncertaintyError::NoEdition`].
    pub(super) fn new(
        definition: &'a CompositeDefinition,
        raw: &State,
        outcome: &'a Outcome,
        errors: &'a Errors,
        edition: usize,
    ) -> Result<Self, UncertaintyError> {
        let Some((Stage::Aggregate(aggregation), stages)) = definition.pipeline().split_last() else {
            return Err(UncertaintyError::Nominal(ComputeError::NoAggregation));
        };
        // An error moves a value, but neither makes it nor takes it away.
        let by_presence = |stage: &&Stage| matches!(stage, Stage::Screen(screen) if screen.non_zero.is_none());
        let (screens, stages) = stages.split_at(stages.iter().take_while(by_presence).count());
        let mut start = raw.clone();
        for (place, stage) in screens.iter().enumerate() {
            nominal(place, stage, apply(stage, definition, aggregation, &mut start).map(|_| ()))?;
        }
        let disturbance = Disturbance::new(errors, |row| moved(&raw.rows, row, &start.rows));
        let drawn = with_errors(errors, start.indicators.columns());
        let tree = Tree::new(definition, aggregation);
        let mut field = Self { definition, outcome, edition, aggregation, tree, disturbance, stages, start, drawn, settled: None };
        // Weights follow from the columns without changing them.
        let columns = stages.iter().position(|stage| !by_column(stage)).unwrap_or(stages.len());
        if stages.iter().skip(columns).all(|stage| matches!(stage, Stage::Weight(_))) {
            field.settled = Some(field.settle(screens.len())?);
        }
        Ok(field)
    }

    /// Takes the columns without errors through the stages, of which `before` are done.
    fn settle(&self, before: usize) -> Result<Settled, UncertaintyError> {
        let mut state = self.start.clone();
        let fixed: Vec<bool> = self.drawn.iter().map(|drawn| !drawn).collect();
        for (place, stage) in self.stages.iter().enumerate().filter(|(_, stage)| by_column(stage)) {
            let done = apply_to(Columns::Only(&fixed), stage, self.definition, self.aggregation, &mut state);
            nominal(before + place, stage, done.map(|_| ()))?;
        }
        for column in self.drawn_columns() {
            state.indicators.column_mut(column).fill(f64::NAN);
        }
        let edition = self.place(&state.rows).ok_or_else(|| UncertaintyError::NoEdition(self.name().to_owned()))?;
        let leaves = Leaves::of(self.definition, &state, edition);
        Ok(Settled { state, leaves })
    }

    pub(super) fn work(&self) -> Work {
        let state = self.settled.as_ref().map_or(&self.start, |settled| &settled.state);
        Work { state: state.clone(), normals: Vec::new(), scratch: Scratch::default() }
    }

    /// Runs one replicate and writes down the scores of `nodes`, one after the other; NaN where there is none.
    ///
    /// # Errors
    /// Why there is no score.
    pub(super) fn run(&self, rng: &mut ChaCha8Rng, work: &mut Work, nodes: &[usize], out: &mut [f64]) -> Result<(), Said> {
        let Work { state, normals, scratch } = work;
        self.restart(state);
        self.disturbance.add(rng, normals, &mut state.indicators);
        let columns = if self.settled.is_some() { Columns::Only(&self.drawn) } else { Columns::All };
        for stage in self.stages {
            if state.rows.is_empty() {
                return Err(ComputeError::NoUnits.said());
            }
            apply_to(columns, stage, self.definition, self.aggregation, state).map_err(|error| error.said())?;
        }
        let edition = self.place(&state.rows).ok_or_else(|| Said::new("không còn đơn vị nào", "no unit is left"))?;
        let whole;
        let leaves = if let Some(settled) = &self.settled {
            scratch.load(&settled.leaves, 0);
            self.put_drawn(state, edition, scratch);
            &settled.leaves
        } else {
            whole = Leaves::of(self.definition, state, edition);
            scratch.reload(&whole);
            &whole
        };
        self.tree.aggregate(leaves, &state.weights, &[], scratch).map_err(|error| error.said())?;
        self.keep(&leaves.rows, scratch, nodes, out);
        Ok(())
    }

    /// Takes back what the last replicate changed.
    fn restart(&self, state: &mut State) {
        state.weights.clone_from(&self.start.weights);
        if self.settled.is_some() {
            for column in self.drawn_columns() {
                state.indicators.column_mut(column).copy_from_slice(self.start.indicators.column(column));
            }
            return;
        }
        state.rows.clone_from(&self.start.rows);
        state.indicators.copy_from(&self.start.indicators);
        state.denominators.copy_from(&self.start.denominators);
        state.attributes.clone_from(&self.start.attributes);
    }

    fn put_drawn(&self, state: &State, edition: usize, scratch: &mut Scratch) {
        let span = state.rows.spans().get(edition).cloned().unwrap_or(0..0);
        for ((column, (place, node, _)), _) in self.definition.leaves().enumerate().zip(&self.drawn).filter(|(_, drawn)| **drawn) {
            scratch.put(place, node, state.indicators.column(column).get(span.clone()).unwrap_or_default());
        }
    }

    /// Writes down scores by the units of the outcome.
    fn keep(&self, rows: &Rows, scratch: &Scratch, nodes: &[usize], out: &mut [f64]) {
        let span = self.outcome.rows().spans().get(self.edition).cloned().unwrap_or(0..0);
        let units = self.outcome.rows().units().get(span).unwrap_or_default();
        let same = self.settled.is_some() || rows.units() == units;
        for (node, out) in nodes.iter().zip(out.chunks_exact_mut(units.len().max(1))) {
            let column = scratch.column(*node);
            if same {
                out.copy_from_slice(column);
                continue;
            }
            for (unit, cell) in units.iter().zip(out) {
                *cell = rows.find(0, unit).and_then(|row| column.get(row)).copied().unwrap_or(f64::NAN);
            }
        }
    }

    fn drawn_columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.drawn.iter().enumerate().filter(|(_, drawn)| **drawn).map(|(column, _)| column)
    }

    /// The name of the edition.
    fn name(&self) -> &str {
        self.outcome.rows().editions().get(self.edition).map_or("", String::as_str)
    }

    /// The position of the edition among those of other rows.
    fn place(&self, rows: &Rows) -> Option<usize> {
        rows.editions().iter().position(|edition| edition == self.name())
    }
}

/// Where a row of a table stands among those that screening left.
fn moved(from: &Rows, row: usize, to: &Rows) -> Option<usize> {
    let edition = from.editions().get(from.edition_of(row))?;
    to.find(to.editions().iter().position(|known| known == edition)?, from.units().get(row)?)
}

/// Whether a value of each column has an error.
fn with_errors(errors: &Errors, columns: usize) -> Vec<bool> {
    let mut out = vec![false; columns];
    for cell in errors.cells() {
        if let Some(column) = out.get_mut(cell.column) {
            *column = true;
        }
    }
    out
}

/// A stage that fails without any error drawn, as the pipeline would tell it.
fn nominal(place: usize, stage: &Stage, done: Result<(), super::super::StageError>) -> Result<(), UncertaintyError> {
    done.map_err(|source| UncertaintyError::Nominal(ComputeError::Stage { place, name: stage.name(), source }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Errors, Method, Options, Uncertainty, propagate};
    use crate::composite::{Observation, Table, compute};
    use crate::schema::composite::sample::{definition, text};

    /// Fourteen units in two editions; `a` and `d` have errors, all but `d` have gaps, `b` has a long tail.
    fn table(without: &[usize]) -> Table {
        let mut table = Table::default();
        for (edition, later) in [("2023", 0.0), ("2024", 1.5)] {
            for unit in (0..14_usize).filter(|unit| !without.contains(unit)) {
                for (place, code) in ["a", "b", "c", "d"].into_iter().enumerate() {
                    #[allow(clippy::cast_precision_loss)]
                    let number = ((unit * 7 + place * 5) % 13) as f64 + later;
                    let value = Some(if place == 1 { libm::exp(number / 2.0) } else { 20.0 + number })
                        .filter(|_| place == 3 || (unit + 3 * place) % 9 != 0);
                    let standard_error = Some(0.4 + 0.1 * number).filter(|_| code == "a" || code == "d");
                    table.insert(edition, &format!("u{unit:02}"), code, Observation { value, standard_error, ..Observation::default() });
                }
            }
        }
        table
    }

    fn found(stages: &[Value], table: &Table, covariances: &str) -> Uncertainty {
        let leaf = |code: &str, direction: &str| {
            let own = json!({"factor": 0.9, "offset": 3});
            json!({"code": code, "label": text(code), "weight": 1, "rescale": own, "indicator": {"direction": direction}})
        };
        let definition = definition(&json!({
            "kind": "composite", "code": "four", "edition": "2024", "title": text("x"), "missing": "renormalise", "pipeline": stages,
            "tree": {"code": "ALL", "label": text("x"), "children": [
                {"code": "P", "label": text("x"), "weight": 0.6, "children": [leaf("a", "higher"), leaf("b", "higher")]},
                {"code": "Q", "label": text("x"), "weight": 0.4, "children": [leaf("c", "lower"), leaf("d", "lower")]}
            ]},
        }));
        let errors = Errors::of(&definition, table);
        let errors = if covariances.is_empty() { errors } else { errors.with_covariances(covariances, &definition, table).unwrap() };
        let options = Options { level: 0.9, method: Some(Method::Replicates), replicates: 40, seed: 3 };
        propagate(&definition, table, &compute(&definition, table).unwrap(), &errors, "2024", &options).unwrap()
    }

    #[test]
    fn columns_without_errors_come_out_as_if_they_went_through_each_time() {
        let none = || json!({"stage": "screen", "available": 0});
        let imputations = [json!({"method": "centre", "of": "mean"}), json!({"method": "latest"}), json!({"method": "linear"})];
        let windows = ["annual", "pooled", "expanding"];
        for (mut impute, window) in imputations.into_iter().zip(windows) {
            impute["stage"] = json!("impute");
            for method in ["geometric", "arithmetic"] {
                let stages = [
                    impute.clone(),
                    json!({"stage": "treat", "winsorise": 3}),
                    json!({"stage": "normalise", "method": "min_max", "scale": [1, 100], "window": window}),
                    json!({"stage": "weight", "method": "pca", "nodes": ["ALL", "P"]}),
                    json!({"stage": "aggregate", "method": method}),
                ];
                let quick = found(&stages, &table(&[]), "");
                assert!(quick.failed == 0 && quick.nodes[0].units.iter().flatten().all(|score| score.se > 0.0));
                // A screening that comes later may take out units for a value of another column, though here it takes out none.
                let [first, rest @ ..] = &stages;
                let whole: Vec<Value> = [first.clone(), none()].into_iter().chain(rest.iter().cloned()).collect();
                let whole = found(&whole, &table(&[]), "");
                assert_eq!((&quick.nodes, &quick.root), (&whole.nodes, &whole.root), "{impute} {method}");
            }
        }
    }

    #[test]
    fn units_that_are_taken_out_first_leave_no_trace() {
        let stages = |screen: &[Value]| {
            let rest = [
                json!({"stage": "impute", "method": "centre", "of": "median"}),
                json!({"stage": "normalise", "method": "min_max", "scale": [0, 100]}),
                json!({"stage": "aggregate", "method": "arithmetic"}),
            ];
            screen.iter().cloned().chain(rest).collect::<Vec<_>>()
        };
        let covariances = "unit_a,indicator_a,unit_b,indicator_b,covariance,edition\nu02,a,u02,d,0.05,\nu05,a,u06,a,-0.1,\n";
        let screened = found(&stages(&[json!({"stage": "screen", "drop": ["u04", "u08"]})]), &table(&[]), covariances);
        let absent = found(&stages(&[]), &table(&[4, 8]), covariances);
        assert_eq!((screened.units.len(), &screened.units, &screened.nodes), (12, &absent.units, &absent.nodes));
        assert_eq!(screened.root, absent.root);
    }
}
