//! Aggregation: children to nodes, from the leaves up.

use super::{Needs, Record, StageError, State};
use crate::composite::matrix::{Matrix, Rows};
use crate::composite::statistics::median;
use crate::composite::ties::levelled;
use crate::schema::composite::{Aggregation, Aggregator, CompositeDefinition, CompositeNode, Gap};

/// Computes every node of the tree into [`State::scores`], a column a node.
pub(super) fn aggregate(aggregation: &Aggregation, definition: &CompositeDefinition, state: &mut State) -> Result<Record, StageError> {
    state.scores = scores(aggregation, definition, state)?;
    Ok(Record::Aggregated)
}

/// The scores of every node under the state's weights.
pub(super) fn scores(aggregation: &Aggregation, definition: &CompositeDefinition, state: &State) -> Result<Matrix, StageError> {
    let nodes = definition.nodes();
    let mut scores = Matrix::missing(state.rows.len(), nodes.len());
    for (column, (place, _, _)) in definition.leaves().enumerate() {
        put(&mut scores, place, state.indicators.column(column));
    }
    // Children stand behind their parents, so that the way back meets them first.
    for (place, node) in nodes.iter().enumerate().rev() {
        if node.indicator().is_none() {
            let inner = Inner::new(aggregation, definition, node, &state.weights);
            let column = inner.column(&scores, &state.rows)?;
            put(&mut scores, place, &column);
        }
        if let Some(rescale) = node.rescale() {
            for score in scores.column_mut(place) {
                *score = rescale.factor * *score + rescale.offset;
            }
        }
        within_numbers(node, &state.rows, scores.column(place))?;
    }
    Ok(scores)
}

/// What a kind of mean needs.
fn needs_positive(method: &str) -> &'static Needs {
    match method {
        "geometric" => &Needs { vi: "trung bình nhân cần giá trị dương", en: "the geometric mean needs positive values" },
        "harmonic" => &Needs { vi: "trung bình điều hòa cần giá trị dương", en: "the harmonic mean needs positive values" },
        _ => &Needs { vi: "trung bình lũy thừa cần giá trị dương", en: "the generalised mean needs positive values" },
    }
}

/// That no score of a node is infinite.
pub(crate) fn within_numbers(node: &CompositeNode, rows: &Rows, column: &[f64]) -> Result<(), StageError> {
    let Some(row) = column.iter().position(|score| score.is_infinite()) else { return Ok(()) };
    let edition = rows.editions().get(rows.edition_of(row)).cloned().unwrap_or_default();
    Err(StageError::Overflow { of: node.code().to_owned(), edition })
}

fn put(scores: &mut Matrix, place: usize, values: &[f64]) {
    for (cell, value) in scores.column_mut(place).iter_mut().zip(values) {
        *cell = *value;
    }
}

/// The method by which a node combines its children: its own, that of its depth, or the pipeline's.
pub(crate) fn method(aggregation: &Aggregation, node: &CompositeNode) -> Aggregator {
    let by_depth = aggregation.by_depth.iter().find(|level| level.depth == node.depth()).map(|level| level.method);
    node.aggregate().or(by_depth).unwrap_or(aggregation.method)
}

/// A child as its parent takes it in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child {
    pub(crate) place: usize,
    pub(crate) weight: f64,
    pub(crate) maximum: Option<f64>,
    pub(crate) group: bool,
}

/// An inner node with all that its value depends on but the scores.
#[derive(Clone)]
pub(crate) struct Inner<'d> {
    pub(crate) node: &'d CompositeNode,
    pub(crate) method: Aggregator,
    pub(crate) gap: Gap,
    pub(crate) threshold: Option<f64>,
    pub(crate) children: Vec<Child>,
}

impl<'d> Inner<'d> {
    pub(crate) fn new(aggregation: &Aggregation, definition: &CompositeDefinition, node: &'d CompositeNode, weights: &[f64]) -> Self {
        let child = |place: &usize| {
            let child = definition.nodes().get(*place).filter(|child| child.scored())?;
            let weight = weights.get(*place).copied().unwrap_or(0.0);
            Some(Child { place: *place, weight, maximum: child.maximum(), group: child.group() })
        };
        Self {
            node,
            method: method(aggregation, node),
            gap: node.gap().unwrap_or(definition.gap()),
            threshold: aggregation.threshold,
            children: node.children().iter().filter_map(child).collect(),
        }
    }

    /// The children that count in the rows of an edition: a group without a value in any of them has vanished.
    pub(crate) fn present<'a>(&'a self, scores: &'a Matrix, span: std::ops::Range<usize>) -> Vec<Child> {
        let empty = |child: &Child| scores.column(child.place).get(span.clone()).unwrap_or_default().iter().all(|x| x.is_nan());
        self.children.iter().filter(|child| !(child.group && empty(child))).copied().collect()
    }

    /// The node's value in every row.
    pub(crate) fn column(&self, scores: &Matrix, rows: &Rows) -> Result<Vec<f64>, StageError> {
        let mut column = vec![f64::NAN; rows.len()];
        for (edition, span) in rows.spans().iter().enumerate() {
            let children = self.present(scores, span.clone());
            if self.method == Aggregator::Copeland {
                let values = copeland(&children, scores, span.clone());
                for (cell, value) in column.iter_mut().skip(span.start).zip(values) {
                    *cell = value;
                }
                continue;
            }
            for row in span.clone() {
                let value = self.value(&children, scores, row).map_err(|(method, value)| StageError::OutOfDomain {
                    of: self.node.code().to_owned(),
                    needs: needs_positive(method),
                    unit: rows.units().get(row).cloned().unwrap_or_default(),
                    edition: rows.editions().get(edition).cloned().unwrap_or_default(),
                    value,
                })?;
                if let Some(cell) = column.get_mut(row) {
                    *cell = value.unwrap_or(f64::NAN);
                }
            }
        }
        Ok(column)
    }

    /// The node's value in one row.
    pub(crate) fn value(&self, children: &[Child], scores: &Matrix, row: usize) -> Result<Option<f64>, (&'static str, f64)> {
        let Some(pairs) = self.pairs(children, scores, row) else { return Ok(None) };
        let Some(value) = combine(self.method, &pairs)? else { return Ok(None) };
        Ok(Some(value * self.stretch(children, scores, row)))
    }

    /// Weights and values of the children that count in a row, by the rule about gaps; none where the node has no value.
    #[allow(clippy::cast_precision_loss)] // counts of children
    pub(crate) fn pairs(&self, children: &[Child], scores: &Matrix, row: usize) -> Option<Vec<(f64, f64)>> {
        let there = children.iter().filter(|child| scores.get(row, child.place).is_some()).count();
        if there == 0 || (there < children.len() && self.gap == Gap::Missing) {
            return None;
        }
        if self.threshold.is_some_and(|least| (there as f64 / children.len() as f64) < least) {
            return None;
        }
        let pair = |child: &Child| {
            let value = scores.get(row, child.place).or((self.gap == Gap::Zero).then_some(0.0))?;
            Some((child.weight, value))
        };
        Some(children.iter().filter_map(pair).collect())
    }

    /// By how much a sum over some children is stretched to stand for all: by their maxima where all have one, else by their
    /// weights or their number. 1 for every other method.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn stretch(&self, children: &[Child], scores: &Matrix, row: usize) -> f64 {
        let sums = matches!(self.method, Aggregator::Sum | Aggregator::WeightedSum);
        if !sums || self.gap != Gap::Renormalise {
            return 1.0;
        }
        let maxima = self.method == Aggregator::Sum && children.iter().all(|child| child.maximum.is_some());
        let size = |child: &Child| match self.method {
            Aggregator::Sum if maxima => child.maximum.unwrap_or(0.0),
            Aggregator::Sum => 1.0,
            _ => child.weight,
        };
        let there: f64 = children.iter().filter(|child| scores.get(row, child.place).is_some()).map(size).sum();
        let all: f64 = children.iter().map(size).sum();
        // Exactly 1 where nothing is missing: both sums are then of the same numbers in the same order.
        all / there
    }
}

/// Combines pairs of weight and value; none where there is none or the weights sum to 0, infinity where the numbers are too large.
///
/// # Formula
/// See [`Aggregator`]; OECD/JRC, Handbook on Constructing Composite Indicators (2008), §6.
///
/// # Errors
/// The kind of mean and the value that is not positive, for the means that need positive ones.
pub fn combine(method: Aggregator, pairs: &[(f64, f64)]) -> Result<Option<f64>, (&'static str, f64)> {
    if pairs.is_empty() {
        return Ok(None);
    }
    let total: f64 = pairs.iter().map(|(weight, _)| weight).sum();
    let sum = |value: &dyn Fn(f64) -> f64| pairs.iter().map(|(weight, x)| weight * value(*x)).sum::<f64>();
    let positive = |name| pairs.iter().find(|(_, x)| *x <= 0.0).map_or(Ok(()), |(_, x)| Err((name, *x)));
    let value = match method {
        Aggregator::Arithmetic => sum(&|x| x) / total,
        Aggregator::Geometric => {
            positive("geometric")?;
            libm::exp(sum(&libm::log) / total)
        }
        Aggregator::Harmonic => {
            positive("harmonic")?;
            total / sum(&|x| 1.0 / x)
        }
        Aggregator::Generalised { power: 0.0 } => return combine(Aggregator::Geometric, pairs),
        Aggregator::Generalised { power } => {
            positive("generalised")?;
            libm::pow(sum(&|x| libm::pow(x, power)) / total, 1.0 / power)
        }
        Aggregator::Sum => pairs.iter().map(|(_, x)| x).sum(),
        Aggregator::WeightedSum => sum(&|x| x),
        Aggregator::Median => median(pairs.iter().map(|(_, x)| *x)).unwrap_or(f64::NAN),
        Aggregator::Copeland => return Ok(None), // a matter of all units: see `copeland`
    };
    Ok(match value.is_finite() {
        true => Some(value),
        false if total == 0.0 => None,
        false => Some(f64::INFINITY),
    })
}

/// Weights agree if they differ by less than this share of all.
const EVEN: f64 = 1e-12;

/// Copeland scores of the rows of an edition.
///
/// # Formula
/// How many units `a` beats less how many beat it: `Σ_{b ≠ a} sgn(Σ_k w_k sgn(x_ak − x_bk))` over the children that both have, so that
/// between −(n − 1) and n − 1. `a_copeland` of `COINr` 1.1 on complete data (Copeland 1951; Handbook §6.2.3).
fn copeland(children: &[Child], scores: &Matrix, span: std::ops::Range<usize>) -> Vec<f64> {
    let level = |child: &Child| levelled(scores.column(child.place).get(span.clone()).unwrap_or_default());
    let levels: Vec<(f64, Vec<f64>)> = children.iter().map(|child| (child.weight, level(child))).collect();
    let mut points = vec![0.0; span.len()];
    for a in 0..points.len() {
        for b in a + 1..points.len() {
            let (mut lead, mut total) = (0.0, 0.0);
            for (weight, level) in &levels {
                let Some(order) = level[a].partial_cmp(&level[b]) else { continue };
                total += weight;
                lead += weight * f64::from(order as i8);
            }
            if lead.abs() > EVEN * total {
                points[a] += lead.signum();
                points[b] -= lead.signum();
            }
        }
    }
    for (place, score) in points.iter_mut().enumerate() {
        if levels.iter().all(|(_, level)| level[place].is_nan()) {
            *score = f64::NAN;
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::composite::{ComputeError, Observation, Outcome, Table, compute};
    use crate::schema::composite::sample::{definition, text};

    #[test]
    fn each_mean_is_its_formula() {
        let pairs = [(1.0, 2.0), (3.0, 8.0)];
        let of = |method| combine(method, &pairs).unwrap().unwrap();
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-14, "{found} is not {expected}");
        near(of(Aggregator::Arithmetic), 6.5);
        near(of(Aggregator::Geometric), 2.0_f64.powf(2.5)); // (2·8³)^¼
        near(of(Aggregator::Harmonic), 4.0 / (0.5 + 0.375));
        near(of(Aggregator::Generalised { power: 2.0 }), 49.0_f64.sqrt()); // (4 + 3·64)/4
        near(of(Aggregator::Generalised { power: -1.0 }), of(Aggregator::Harmonic));
        near(of(Aggregator::Generalised { power: 0.0 }), of(Aggregator::Geometric));
        near(of(Aggregator::Sum), 10.0);
        near(of(Aggregator::WeightedSum), 26.0);
        near(of(Aggregator::Median), 5.0);
        assert_eq!(combine(Aggregator::Sum, &[]), Ok(None));
        assert_eq!(combine(Aggregator::Arithmetic, &[(0.0, 1.0)]), Ok(None), "no weight, no mean");
        assert_eq!(combine(Aggregator::Geometric, &[(1.0, 0.0)]), Err(("geometric", 0.0)));
    }

    /// Values of `x`, `y`, `z` (weights 1, 2, 3) under a root; `change` alters the definition.
    fn outcome(rows: &[[Option<f64>; 3]], change: impl FnOnce(&mut Value)) -> Result<Outcome, ComputeError> {
        let leaf = |code: &str, weight: f64| json!({"code": code, "label": text(code), "weight": weight, "indicator": {}});
        let mut value = json!({
            "kind": "composite", "code": "three", "edition": "2020", "title": text("x"), "missing": "renormalise",
            "pipeline": [{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "arithmetic"}],
            "tree": {"code": "ALL", "label": text("x"), "children": [leaf("x", 1.0), leaf("y", 2.0), leaf("z", 3.0)]},
        });
        change(&mut value);
        let mut table = Table::default();
        for (row, values) in rows.iter().enumerate() {
            let unit = format!("u{row}");
            table.admit("2020", &unit);
            for (code, value) in ["x", "y", "z"].iter().zip(values) {
                table.insert("2020", &unit, code, Observation { value: *value, ..Observation::default() });
            }
        }
        compute(&definition(&value), &table)
    }

    const GAPPED: [[Option<f64>; 3]; 3] = [[Some(1.0), Some(2.0), Some(3.0)], [None, Some(4.0), Some(8.0)], [None, None, None]];

    fn roots(change: impl FnOnce(&mut Value)) -> Vec<Option<f64>> {
        let outcome = outcome(&GAPPED, change).unwrap();
        (0..3).map(|row| outcome.score(0, row)).collect()
    }

    #[test]
    fn a_gap_is_carried_by_the_others_or_leaves_the_node_without_or_counts_as_zero() {
        assert_eq!(roots(|_| ()), [Some(14.0 / 6.0), Some(32.0 / 5.0), None]);
        assert_eq!(roots(|value| value["missing"] = json!("missing")), [Some(14.0 / 6.0), None, None]);
        assert_eq!(roots(|value| value["tree"]["missing"] = json!("zero")), [Some(14.0 / 6.0), Some(32.0 / 6.0), None]);
        let threshold = roots(|value| value["pipeline"][1]["threshold"] = json!(0.7));
        assert_eq!(threshold, [Some(14.0 / 6.0), None, None]);
    }

    #[test]
    fn a_sum_over_some_children_is_stretched_to_all() {
        let sum = |value: &mut Value| value["pipeline"][1]["method"] = json!("sum");
        assert_eq!(roots(sum), [Some(6.0), Some(18.0), None]);
        let with_maxima = |value: &mut Value| {
            sum(value);
            for (place, maximum) in [10.0, 10.0, 20.0].iter().enumerate() {
                value["tree"]["children"][place]["maximum"] = json!(maximum);
            }
        };
        assert_eq!(roots(with_maxima), [Some(6.0), Some(16.0), None], "12 of 30 points are 16 of 40");
        let weighted = |value: &mut Value| value["pipeline"][1]["method"] = json!("weighted_sum");
        assert_eq!(roots(weighted)[..2], [Some(14.0), Some(32.0 * 6.0 / 5.0)]);
    }

    #[test]
    fn what_is_too_large_for_numbers_is_an_error_that_names_the_node() {
        let rows = [[Some(1e308), Some(1e308), Some(1.0)], [Some(1.0), Some(2.0), Some(3.0)]];
        for method in ["arithmetic", "sum", "weighted_sum"] {
            let error = outcome(&rows, |value| value["pipeline"][1]["method"] = json!(method)).unwrap_err();
            assert_eq!(error.to_string(), "stage 2 (aggregate): ALL: the numbers of 2020 are too large to be computed with", "{method}");
        }
        let error = outcome(&rows, |value| value["tree"]["children"][0]["rescale"] = json!({"factor": 10})).unwrap_err();
        assert_eq!(error.to_string(), "stage 2 (aggregate): x: the numbers of 2020 are too large to be computed with");
    }

    #[test]
    fn a_group_vanishes_when_no_unit_has_a_value_and_an_unscored_node_stands_alone() {
        let rows = [[Some(1.0), Some(3.0), None], [Some(5.0), Some(1.0), None]];
        let missing = |value: &mut Value| value["missing"] = json!("missing");
        assert_eq!(outcome(&rows, missing).unwrap().score(0, 0), None);
        let vanish = |value: &mut Value| {
            missing(value);
            value["tree"]["children"][2]["group"] = json!(true);
        };
        assert_eq!(outcome(&rows, vanish).unwrap().score(0, 0), Some(7.0 / 3.0));
        let unscored = outcome(&rows, |value| value["tree"]["children"][1]["scored"] = json!(false)).unwrap();
        assert_eq!((unscored.score(0, 0), unscored.score(2, 0)), (Some(1.0), Some(3.0)));
    }

    #[test]
    fn methods_go_by_node_then_depth_then_pipeline_and_a_rescaling_comes_last() {
        let by_depth = |value: &mut Value| value["pipeline"][1]["by_depth"] = json!([{"depth": 0, "method": "sum"}]);
        assert_eq!(roots(by_depth)[0], Some(6.0));
        let own = |value: &mut Value| {
            by_depth(value);
            value["tree"]["aggregate"] = json!({"method": "median"});
            value["tree"]["rescale"] = json!({"factor": 10, "offset": 1});
        };
        assert_eq!(roots(own)[0], Some(21.0));
    }

    #[test]
    fn copeland_takes_what_differs_by_rounding_for_a_tie() {
        let rows = [[Some(0.1 + 0.2 + 0.3), Some(1.0), None], [Some(0.3 + 0.2 + 0.1), Some(1.0), None]];
        let outcome = outcome(&rows, |value| value["pipeline"][1]["method"] = json!("copeland")).unwrap();
        assert_eq!((outcome.score(0, 0), outcome.score(0, 1)), (Some(0.0), Some(0.0)));
    }

    #[test]
    fn copeland_counts_whom_a_unit_beats_less_who_beats_it() {
        let rows = [[1.0, 1.0, 1.0], [2.0, 2.0, 1.0], [3.0, 0.0, 0.0], [1.0, 1.0, 1.0]].map(|row| row.map(Some));
        let outcome = outcome(&rows, |value| value["pipeline"][1]["method"] = json!("copeland")).unwrap();
        // u1 has more weight than each other: x and y against u0 and u3, y and z against u2. u0 and u3 are even and beat u2 in y and z.
        for (row, expected) in [0.0, 3.0, -3.0, 0.0].into_iter().enumerate() {
            assert_eq!(outcome.score(0, row), Some(expected), "{row}");
        }
    }

    #[test]
    fn a_mean_that_needs_positive_values_says_where_there_is_none() {
        let rows = [[Some(1.0), Some(2.0), Some(3.0)], [Some(1.0), Some(-2.0), Some(3.0)]];
        let error = outcome(&rows, |value| value["pipeline"][1]["method"] = json!("geometric")).unwrap_err();
        assert_eq!(error.to_string(), "stage 2 (aggregate): ALL: the geometric mean needs positive values, u1 in 2020 has -2");
    }
}
