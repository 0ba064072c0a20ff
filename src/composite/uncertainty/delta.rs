//! The delta method: slopes of nodes by the values with errors, and variances from them.

use super::super::pipeline::Outcome;
use super::super::stages::aggregate::Inner;
use super::super::stages::{Record, State};
use super::UncertaintyError;
use super::errors::Errors;
use crate::schema::composite::{
    Aggregation, Aggregator, CompositeDefinition, CompositeNode, Direction, Gap, Indicator, Normalisation, Reverse, Scale, Stage,
};

/// By how much a node's score rises with the value of each cell, in the cell's own unit; cells in rising order, each by itself
/// standing for its row. Goalposts, weights and values that were filled in count as fixed.
pub(super) type Slopes = Vec<(usize, f64)>;

/// How a node combines pairs of weight and value, by how much it rises with each of them; none where it has no derivative.
///
/// # Formula
/// With `W = Σ w` and the node's value `y`: arithmetic `w/W`; geometric `y w/(W x)`; harmonic `y² w/(W x²)`; generalised
/// `w/W (x/y)^(p − 1)`; sum 1; weighted sum `w`.
pub(super) fn partials(method: Aggregator, pairs: &[(f64, f64)], value: f64) -> Option<Vec<f64>> {
    let total: f64 = pairs.iter().map(|(weight, _)| weight).sum();
    let each = |partial: &dyn Fn(f64, f64) -> f64| Some(pairs.iter().map(|(weight, x)| partial(*weight, *x)).collect());
    match method {
        // One child is passed on as it is by the median.
        Aggregator::Median if pairs.len() == 1 => each(&|_, _| 1.0),
        Aggregator::Median | Aggregator::Copeland => None,
        Aggregator::Arithmetic => each(&|weight, _| weight / total),
        Aggregator::Geometric | Aggregator::Generalised { power: 0.0 } => each(&|weight, x| value * weight / (total * x)),
        Aggregator::Harmonic => each(&|weight, x| value * value * weight / (total * x * x)),
        Aggregator::Generalised { power } => each(&|weight, x| weight / total * libm::pow(x / value, power - 1.0)),
        Aggregator::Sum => each(&|_, _| 1.0),
        Aggregator::WeightedSum => each(&|weight, _| weight),
    }
}

/// The slopes of every node in one edition, in the order of nodes.
///
/// # Errors
/// [`UncertaintyError::NoDerivative`] where the path from a value with an error is not differentiable.
pub(super) fn slopes(
    definition: &CompositeDefinition,
    raw: &State,
    outcome: &Outcome,
    errors: &Errors,
    edition: usize,
) -> Result<Vec<Slopes>, UncertaintyError> {
    let rows = rows(raw, outcome, errors, edition);
    let walk = Walk { definition, raw, outcome, errors, edition, rows };
    let mut out: Vec<Slopes> = vec![Vec::new(); definition.nodes().len()];
    for (column, (place, node, indicator)) in definition.leaves().enumerate() {
        out[place] = walk.leaf(column, place, node, indicator)?;
    }
    let Some(aggregation) = outcome.steps().iter().find_map(|step| match &step.arguments {
        Stage::Aggregate(aggregation) => Some(aggregation),
        _ => None,
    }) else {
        return Ok(out);
    };
    for (place, node) in definition.nodes().iter().enumerate().rev() {
        if node.indicator().is_none() {
            out[place] = walk.inner(aggregation, node, &out)?;
        }
    }
    Ok(out)
}

struct Walk<'a> {
    definition: &'a CompositeDefinition,
    raw: &'a State,
    outcome: &'a Outcome,
    errors: &'a Errors,
    edition: usize,
    rows: Vec<Option<usize>>,
}

/// For each cell of the table the row of the outcome; none where its unit was screened out or it is of another edition.
fn rows(raw: &State, outcome: &Outcome, errors: &Errors, edition: usize) -> Vec<Option<usize>> {
    let row = |row: usize| {
        let known = raw.rows.editions().get(raw.rows.edition_of(row))?;
        let here = outcome.rows().editions().get(edition).filter(|here| *here == known);
        here.and_then(|_| outcome.rows().find(edition, raw.rows.units().get(row)?))
    };
    errors.cells().iter().map(|cell| row(cell.row)).collect()
}

impl Walk<'_> {
    /// The row of a cell.
    fn row(&self, cell: usize) -> Option<usize> {
        self.rows.get(cell).copied().flatten()
    }

    fn leaf(&self, column: usize, place: usize, node: &CompositeNode, indicator: &Indicator) -> Result<Slopes, UncertaintyError> {
        let mut out = Slopes::new();
        for (number, cell) in self.errors.cells().iter().enumerate().filter(|(_, cell)| cell.column == column) {
            let Some(row) = self.row(number) else { continue };
            if self.outcome.score(place, row).is_none() {
                continue;
            }
            let slope = self.measure(indicator, cell.row) * self.score_slope(node, indicator, column, row)?;
            out.push((number, slope * node.rescale().map_or(1.0, |by| by.factor)));
        }
        Ok(out)
    }

    /// By how much an indicator rises with its value: `per / d` where it is divided.
    fn measure(&self, indicator: &Indicator, row: usize) -> f64 {
        let divides = self.outcome.steps().iter().any(|step| step.arguments == Stage::Denominate);
        let Some(name) = indicator.denominator.as_ref().filter(|_| divides) else { return 1.0 };
        let column = self.definition.denominators().iter().position(|known| known == name);
        column.and_then(|column| self.raw.denominators.get(row, column)).map_or(0.0, |divisor| indicator.per / divisor)
    }

    /// By how much a score rises with the indicator that was normalised.
    fn score_slope(&self, node: &CompositeNode, indicator: &Indicator, column: usize, row: usize) -> Result<f64, UncertaintyError> {
        let none = || UncertaintyError::NoDerivative(node.code().to_owned());
        let edition = self.outcome.rows().editions().get(self.edition);
        for (place, step) in self.outcome.steps().iter().enumerate() {
            match (&step.arguments, &step.record) {
                (_, Record::Treated { indicators }) => {
                    let changed = |treated: &&super::super::Treated| treated.indicator == node.code() && Some(&treated.edition) == edition;
                    if indicators.iter().find(changed).is_some_and(|treated| !treated.passed) {
                        return Err(none());
                    }
                }
                (Stage::Normalise(global), Record::Normalised { limits, .. }) => {
                    let normaliser = indicator.normalise.as_ref().unwrap_or(global);
                    let found = limits.iter().find(|limits| limits.indicator == node.code() && Some(&limits.edition) == edition);
                    let (low, high) = found.map_or((None, None), |limits| (limits.low, limits.high));
                    let down = indicator.direction == Direction::Lower;
                    return match (&normaliser.method, low, high) {
                        (Normalisation::AsGiven | Normalisation::Points, _, _) => Ok(1.0),
                        (Normalisation::MinMax { scale, truncate }, Some(low), Some(high)) => {
                            let before = place.checked_sub(1).and_then(|place| self.outcome.steps().get(place));
                            let value = before.map_or_else(
                                || self.raw_value(row, column),
                                |step| step.data.values.get(self.row_of(&step.data, row)?, column),
                            );
                            let beyond = *truncate && value.is_some_and(|value| value < low || value > high);
                            let (bottom, top) = match scale {
                                Scale::Range(bottom, top) => (*bottom, *top),
                                Scale::Maximum => (0.0, node.maximum().unwrap_or(1.0)),
                            };
                            let slope = (top - bottom) / (high - low);
                            Ok(if beyond {
                                0.0
                            } else if down {
                                -slope
                            } else {
                                slope
                            })
                        }
                        (Normalisation::ZScore { sd, .. }, _, Some(spread)) => {
                            Ok(sd / spread * if down && normaliser.reverse == Reverse::Sign { -1.0 } else { 1.0 })
                        }
                        _ => Err(none()),
                    };
                }
                _ => {}
            }
        }
        Err(none())
    }

    /// The table's own value of a row of the outcome.
    fn raw_value(&self, row: usize, column: usize) -> Option<f64> {
        let edition = self.outcome.rows().editions().get(self.edition)?;
        let place = self.raw.rows.editions().iter().position(|known| known == edition)?;
        self.raw.indicators.get(self.raw.rows.find(place, self.outcome.rows().units().get(row)?)?, column)
    }

    /// A row of the outcome in a data set on the way.
    fn row_of(&self, data: &super::super::DataSet, row: usize) -> Option<usize> {
        let edition = self.outcome.rows().editions().get(self.edition)?;
        let place = data.rows.editions().iter().position(|known| known == edition)?;
        data.rows.find(place, self.outcome.rows().units().get(row)?)
    }

    fn inner(&self, aggregation: &Aggregation, node: &CompositeNode, below: &[Slopes]) -> Result<Slopes, UncertaintyError> {
        let span = self.outcome.rows().spans().get(self.edition).cloned().unwrap_or(0..0);
        let scores = self.outcome.scores();
        let inner = Inner::new(aggregation, self.definition, node, self.outcome.weights());
        let children = inner.present(scores, span.clone());
        // The place of a child's next slope, and the slopes of the row at hand: both lists are by row.
        let mut next = vec![0_usize; children.len()];
        let mut out = Slopes::new();
        for row in span {
            let own: Vec<&[(usize, f64)]> =
                children.iter().zip(&mut next).map(|(child, next)| self.of_row(&below[child.place], next, row)).collect();
            if own.iter().all(|slopes| slopes.is_empty()) {
                continue;
            }
            let Some(pairs) = inner.pairs(&children, scores, row) else { continue };
            let Ok(Some(value)) = super::super::combine(inner.method, &pairs) else {
                if matches!(inner.method, Aggregator::Copeland) {
                    return Err(UncertaintyError::NoDerivative(node.code().to_owned()));
                }
                continue;
            };
            let partials = partials(inner.method, &pairs, value).ok_or_else(|| UncertaintyError::NoDerivative(node.code().to_owned()))?;
            let stretch = inner.stretch(&children, scores, row) * node.rescale().map_or(1.0, |by| by.factor);
            let counts = |place: usize| inner.gap == Gap::Zero || scores.get(row, place).is_some();
            let counted = children.iter().zip(&own).filter(|(child, _)| counts(child.place));
            let start = out.len();
            for ((_, slopes), partial) in counted.zip(partials) {
                out.extend(slopes.iter().map(|(cell, slope)| (*cell, slope * partial * stretch)));
            }
            out[start..].sort_unstable_by_key(|(cell, _)| *cell);
        }
        Ok(out)
    }

    /// The slopes of one row, which follow those of the rows before.
    fn of_row<'s>(&self, slopes: &'s [(usize, f64)], next: &mut usize, row: usize) -> &'s [(usize, f64)] {
        let start = *next;
        while slopes.get(*next).is_some_and(|(cell, _)| self.row(*cell) == Some(row)) {
            *next += 1;
        }
        slopes.get(start..*next).unwrap_or_default()
    }
}

/// The variances of a node's scores by row of the table, the degrees of freedom of each, and the covariances of different rows.
pub(super) struct Spread {
    /// The row of the table, the variance and its degrees of freedom.
    pub(super) rows: Vec<(usize, f64, f64)>,
    /// Two rows of the table, the earlier one first, and their covariance.
    pub(super) across: Vec<(usize, usize, f64)>,
}

/// # Formula
/// `gᵀ V g`; degrees of freedom by Satterthwaite (1946) over what is independent: `(Σ V_c)² / Σ V_c²/ν_c`, of values that covary
/// together the fewest that any has.
pub(super) fn spread(errors: &Errors, slopes: &Slopes) -> Spread {
    let cell = |number: usize| errors.cells()[number];
    let slope = |number: usize| slopes.binary_search_by_key(&number, |(cell, _)| *cell).ok().map(|place| slopes[place].1);
    // Row, block (cells that are alone after all blocks), variance, fewest degrees of freedom.
    let mut parts: Vec<(usize, usize, f64, f64)> = Vec::with_capacity(slopes.len());
    for (number, slope) in slopes {
        let cell = cell(*number);
        let part = errors.block_of(*number).unwrap_or(usize::MAX - errors.len() + number);
        let variance = slope * slope * cell.sd * cell.sd;
        parts.push((cell.row, part, variance, if *slope == 0.0 { f64::INFINITY } else { cell.df }));
    }
    let mut across = std::collections::BTreeMap::new();
    for (a, b, covariance) in errors.covariances() {
        let (Some(x), Some(y)) = (slope(a), slope(b)) else { continue };
        let (row, other) = (cell(a).row, cell(b).row);
        if row == other {
            parts.push((row, errors.block_of(a).unwrap_or(usize::MAX), 2.0 * x * y * covariance, f64::INFINITY));
        } else {
            *across.entry((row, other)).or_insert(0.0) += x * y * covariance;
        }
    }
    parts.sort_by_key(|(row, part, _, _)| (*row, *part));
    let one_row = |parts: &[(usize, usize, f64, f64)]| {
        let (mut variance, mut squares) = (0.0, 0.0);
        for part in parts.chunk_by(|a, b| a.1 == b.1) {
            // Rounding may leave a covariance matrix a hair below semidefinite.
            let own = part.iter().map(|(_, _, variance, _)| variance).sum::<f64>().max(0.0);
            let df = part.iter().map(|(_, _, _, df)| *df).fold(f64::INFINITY, f64::min);
            variance += own;
            squares += own * own / df;
        }
        let df = if squares > 0.0 { variance * variance / squares } else { f64::INFINITY };
        (parts.first().map_or(0, |part| part.0), variance, df)
    };
    let rows = parts.chunk_by(|a, b| a.0 == b.0).map(one_row).collect();
    Spread { rows, across: across.into_iter().map(|((a, b), covariance)| (a, b, covariance)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::composite::combine;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slopes_are_those_of_central_differences(
            pairs in proptest::collection::vec((0.1..4.0_f64, 1.0..90.0_f64), 1..7), power in -3.0..3.0_f64,
        ) {
            let methods = [Aggregator::Arithmetic, Aggregator::Geometric, Aggregator::Harmonic, Aggregator::Generalised { power },
                Aggregator::Generalised { power: 0.0 }, Aggregator::Sum, Aggregator::WeightedSum];
            for method in methods {
                let of = |pairs: &[(f64, f64)]| combine(method, pairs).unwrap().unwrap();
                let slopes = partials(method, &pairs, of(&pairs)).unwrap();
                for (place, slope) in slopes.iter().enumerate() {
                    let step = 1e-5 * pairs[place].1;
                    let moved = |by: f64| {
                        let mut moved = pairs.clone();
                        moved[place].1 += by;
                        of(&moved)
                    };
                    let expected = (moved(step) - moved(-step)) / (2.0 * step);
                    prop_assert!((slope - expected).abs() < 1e-6 * (1.0 + expected.abs()), "{:?} {} {}", method, slope, expected);
                }
            }
        }
    }
}
