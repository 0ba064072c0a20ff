//! Normalisation: indicators onto a common scale, where more is better.

use std::ops::Range;

use super::{Filled, Limits, Record, StageError, State};
use crate::index::composite::matrix::present;
use crate::index::composite::statistics::{below, deviation, mean, range};
use crate::schema::composite::{
    CompositeDefinition, CompositeNode, Direction, Indicator, Normalisation, Normaliser, Reverse, Scale, WindowSpan,
};

/// Normalises each indicator by its own method or the pipeline's, edition by edition.
pub(super) fn normalise(global: &Normaliser, definition: &CompositeDefinition, state: &mut State) -> Result<Record, StageError> {
    let (mut limits, mut beyond) = (Vec::new(), Vec::new());
    for (column, (_, node, indicator)) in definition.leaves().enumerate() {
        let leaf = Leaf { node, indicator, normaliser: indicator.normalise.as_ref().unwrap_or(global) };
        let before = state.indicators.column(column).to_vec();
        leaf.beyond(state, &before, &mut beyond);
        for (edition, span) in state.rows.spans().to_vec().into_iter().enumerate() {
            let window = leaf.window(state, edition);
            let values = before.get(window).unwrap_or_default();
            let reference = leaf.reference(state, edition, &before)?;
            let scored = before.get(span.clone()).unwrap_or_default();
            let (scores, low, high) = leaf.scores(scored, values, reference);
            let n = present(values).count();
            let flat = present(scored).next().is_some() && !scores.iter().any(|score| score.is_finite());
            for (row, score) in span.zip(scores) {
                state.indicators.set(row, column, Some(score));
            }
            let edition = state.rows.editions().get(edition).cloned().unwrap_or_default();
            limits.push(Limits { edition, indicator: node.code().to_owned(), n, low, high, flat });
        }
    }
    Ok(Record::Normalised { limits, beyond })
}

struct Leaf<'d> {
    node: &'d CompositeNode,
    indicator: &'d Indicator,
    normaliser: &'d Normaliser,
}

impl Leaf<'_> {
    fn sign(&self) -> f64 {
        let turned = self.indicator.direction == Direction::Lower && self.normaliser.reverse == Reverse::Sign;
        if turned { -1.0 } else { 1.0 }
    }

    /// The rows whose values count for an edition: the window of the method, from the first edition that counts.
    fn window(&self, state: &State, edition: usize) -> Range<usize> {
        let window = &self.normaliser.window;
        let spans = state.rows.spans();
        let (first, last) = match window.span {
            WindowSpan::Annual => (edition, edition),
            WindowSpan::Pooled => (0, spans.len().saturating_sub(1)),
            WindowSpan::Expanding => (0, edition),
        };
        let since = self.indicator.goalposts.since.as_ref().or(window.since.as_ref());
        let first = match since {
            Some(since) if window.span != WindowSpan::Annual => state.rows.editions().partition_point(|known| known < since).max(first),
            _ => first,
        };
        if first > last {
            return 0..0;
        }
        let start = spans.get(first).map_or(0, |span| span.start);
        start..spans.get(last).map_or(start, |span| span.end)
    }

    /// The value of the unit of reference, for the method that needs one.
    fn reference(&self, state: &State, edition: usize, values: &[f64]) -> Result<f64, StageError> {
        let Normalisation::DistanceToReference { unit, .. } = &self.normaliser.method else { return Ok(f64::NAN) };
        let value = state.rows.find(edition, unit).and_then(|row| values.get(row)).copied().filter(|value| !value.is_nan());
        value.ok_or_else(|| StageError::NoReference {
            indicator: self.node.code().to_owned(),
            unit: unit.clone(),
            edition: state.rows.editions().get(edition).cloned().unwrap_or_default(),
        })
    }

    /// Points that cannot be.
    fn beyond(&self, state: &State, values: &[f64], beyond: &mut Vec<Filled>) {
        if self.normaliser.method != Normalisation::Points {
            return;
        }
        let maximum = self.node.maximum().unwrap_or(f64::INFINITY);
        for ((edition, unit), value) in state.rows.keys().zip(values).filter(|(_, value)| **value < 0.0 || **value > maximum) {
            let (edition, unit, indicator) = (edition.to_owned(), unit.to_owned(), self.node.code().to_owned());
            beyond.push(Filled { edition, unit, indicator, value: *value });
        }
    }

    fn scale(&self, scale: Scale) -> (f64, f64) {
        match scale {
            Scale::Range(low, high) => (low, high),
            Scale::Maximum => (0.0, self.node.maximum().unwrap_or(1.0)),
        }
    }

    /// The goalposts: those that the indicator gives, else the least and greatest value of the window.
    fn goalposts(&self, window: &[f64]) -> (f64, f64) {
        let (least, greatest) = range(present(window)).unwrap_or((f64::NAN, f64::NAN));
        (self.indicator.goalposts.low.unwrap_or(least), self.indicator.goalposts.high.unwrap_or(greatest))
    }

    /// The scores of `values` and the two statistics they were made by; what cannot be scored is NaN.
    fn scores(&self, values: &[f64], window: &[f64], reference: f64) -> (Vec<f64>, Option<f64>, Option<f64>) {
        let sign = self.sign();
        // The window and its extremes as the method sees them: turned round where less is better.
        let turned = || window.iter().map(|value| sign * value).filter(|value| !value.is_nan());
        let (least, greatest) = range(turned()).unwrap_or((f64::NAN, f64::NAN));
        let each = |score: &dyn Fn(f64) -> f64| values.iter().map(|value| score(sign * value)).collect::<Vec<f64>>();
        match &self.normaliser.method {
            Normalisation::AsGiven | Normalisation::Points => (values.to_vec(), None, None),
            Normalisation::MinMax { scale, truncate } => {
                let (low, high) = self.goalposts(window);
                let (scores, reflect) = (self.min_max(values, (low, high), *scale, *truncate), self.normaliser.reverse == Reverse::Reflect);
                let (bottom, top) = self.scale(*scale);
                let reflect = reflect && self.indicator.direction == Direction::Lower;
                let scores = if reflect { scores.into_iter().map(|score| bottom + top - score).collect() } else { scores };
                (scores, Some(low), Some(high))
            }
            Normalisation::ZScore { mean: to, sd } => {
                let (centre, spread) = (mean(turned()).unwrap_or(f64::NAN), deviation(turned()).unwrap_or(f64::NAN));
                (each(&|value| (value - centre) / spread * sd + to), Some(centre), Some(spread))
            }
            Normalisation::Rank | Normalisation::PercentileRank | Normalisation::Borda => {
                let mut sorted: Vec<f64> = turned().collect();
                sorted.sort_by(f64::total_cmp);
                (each(&|value| self.rank(&sorted, value)), Some(least), Some(greatest))
            }
            Normalisation::DistanceToMaximum => (each(&|value| 1.0 - (greatest - value) / (greatest - least)), Some(least), Some(greatest)),
            Normalisation::DistanceToReference { cap, .. } => {
                let scores = each(&|value| distance(value, sign * reference, least, *cap));
                (scores, Some(least), Some(sign * reference))
            }
            Normalisation::DistanceToTarget { cap } => {
                let target = sign * self.indicator.target.unwrap_or(f64::NAN);
                (each(&|value| distance(value, target, least, *cap)), Some(least), Some(target))
            }
            Normalisation::FractionOfMaximum => (each(&|value| value / greatest), Some(least), Some(greatest)),
            Normalisation::RatioToBest { scale } => {
                let (bottom, top) = self.scale(*scale);
                let (least, greatest) = range(present(window)).unwrap_or((f64::NAN, f64::NAN));
                let lower = self.indicator.direction == Direction::Lower;
                let ratio = |value: f64| match (lower, lower && value <= least) {
                    (true, true) => 1.0,
                    (true, false) => least / value,
                    _ => value / greatest,
                };
                let scores = values.iter().map(|value| if value.is_nan() { f64::NAN } else { bottom + ratio(*value) * (top - bottom) });
                (scores.collect(), Some(least), Some(greatest))
            }
            Normalisation::Steps { steps } => {
                let score = |value: f64| {
                    let reached = steps.partition_point(|step| step.from <= value);
                    let step = reached.checked_sub(1).and_then(|place| steps.get(place));
                    if value.is_nan() { f64::NAN } else { step.map_or(0.0, |step| step.score) }
                };
                (values.iter().map(|value| score(*value)).collect(), None, None)
            }
        }
    }

    /// # Formula
    /// `bottom + (x − low)/(high − low)·(top − bottom)`; on `−x` between `−high` and `−low` where the sign is turned.
    fn min_max(&self, values: &[f64], (low, high): (f64, f64), scale: Scale, truncate: bool) -> Vec<f64> {
        let (bottom, top) = self.scale(scale);
        let sign = self.sign();
        let (from, to) = if sign < 0.0 { (-high, -low) } else { (low, high) };
        let score = |value: &f64| {
            let share = (sign * value - from) / (to - from);
            // `clamp` keeps a NaN.
            let share = if truncate { share.clamp(0.0, 1.0) } else { share };
            share * (top - bottom) + bottom
        };
        values.iter().map(score).collect()
    }

    #[allow(clippy::cast_precision_loss)] // counts of units
    fn rank(&self, sorted: &[f64], value: f64) -> f64 {
        if value.is_nan() {
            return f64::NAN;
        }
        let beaten = below(sorted, value) as f64;
        match self.normaliser.method {
            Normalisation::Rank => beaten + 1.0,
            Normalisation::Borda => beaten,
            _ => beaten / (sorted.len() as f64 - 1.0),
        }
    }
}

/// `1 − (goal − x)/(goal − least)`.
fn distance(value: f64, goal: f64, least: f64, cap: bool) -> f64 {
    let score = 1.0 - (goal - value) / (goal - least);
    if cap && score > 1.0 { 1.0 } else { score }
}
