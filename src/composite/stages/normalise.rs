//! Normalisation: indicators onto a common scale, where more is better.

use std::ops::Range;

use super::{Columns, Filled, Limits, Needs, Record, StageError, State};
use crate::composite::matrix::{Rows, present};
use crate::composite::statistics::{deviation, mean, range};
use crate::composite::ties::Ladder;
use crate::schema::composite::{
    CompositeDefinition, CompositeNode, Direction, Indicator, Normalisation, Normaliser, Reverse, Scale, Step, WindowSpan,
};

/// Normalises each indicator by its own method or the pipeline's, edition by edition.
pub(super) fn normalise(
    global: &Normaliser,
    columns: Columns<'_>,
    definition: &CompositeDefinition,
    state: &mut State,
) -> Result<Record, StageError> {
    let (mut limits, mut beyond) = (Vec::new(), Vec::new());
    for (column, (_, node, indicator)) in definition.leaves().enumerate().filter(|(column, _)| columns.has(*column)) {
        let leaf = Leaf { node, indicator, normaliser: indicator.normalise.as_ref().unwrap_or(global) };
        let before = state.indicators.column(column).to_vec();
        leaf.ratios(&state.rows, &before)?;
        leaf.beyond(state, &before, &mut beyond);
        for (edition, span) in state.rows.spans().to_vec().into_iter().enumerate() {
            let window = leaf.window(&state.rows, edition);
            let values = before.get(window).unwrap_or_default();
            let reference = leaf.reference(&state.rows, edition, &before)?;
            let scored = before.get(span.clone()).unwrap_or_default();
            let (scores, low, high) = leaf.scores(scored, values, reference);
            let n = present(values).count();
            if n > 1 && too_large(&scores, low, high) {
                let edition = state.rows.editions().get(edition).cloned().unwrap_or_default();
                return Err(StageError::Overflow { of: node.code().to_owned(), edition });
            }
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

/// Whether two statistics, their distance or a score by them are beyond the largest number there is. A score over a distance of 0
/// is none for another reason.
fn too_large(scores: &[f64], low: Option<f64>, high: Option<f64>) -> bool {
    let distance = low.zip(high).map_or(0.0, |(low, high)| high - low);
    let infinite = || scores.iter().any(|score| score.is_infinite());
    !distance.is_finite() || (distance != 0.0 && infinite())
}

/// How a leaf is scored in an edition: its method with the goalposts, ranks or moments of its window.
pub(crate) struct Scorer<'d> {
    leaf: Leaf<'d>,
    window: Vec<f64>,
    reference: f64,
}

impl<'d> Scorer<'d> {
    /// `values` are those of the leaf in all `rows`, as they stand before normalisation; none where `node` is no leaf or the unit
    /// of reference has no value.
    pub(crate) fn new(global: &'d Normaliser, node: &'d CompositeNode, rows: &Rows, values: &[f64], edition: usize) -> Option<Self> {
        let indicator = node.indicator()?;
        let leaf = Leaf { node, indicator, normaliser: indicator.normalise.as_ref().unwrap_or(global) };
        let window = values.get(leaf.window(rows, edition)).unwrap_or_default().to_vec();
        let reference = leaf.reference(rows, edition, values).ok()?;
        Some(Self { leaf, window, reference })
    }

    /// The score of any value, whether a unit has it or not; none where it cannot be scored.
    pub(crate) fn score(&self, value: f64) -> Option<f64> {
        if !self.leaf.has_ratio(value) {
            return None;
        }
        let (scores, ..) = self.leaf.scores(&[value], &self.window, self.reference);
        scores.first().copied().filter(|score| score.is_finite())
    }
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
    fn window(&self, rows: &Rows, edition: usize) -> Range<usize> {
        let window = &self.normaliser.window;
        let spans = rows.spans();
        let (first, last) = match window.span {
            WindowSpan::Annual => (edition, edition),
            WindowSpan::Pooled => (0, spans.len().saturating_sub(1)),
            WindowSpan::Expanding => (0, edition),
        };
        let since = self.indicator.goalposts.since.as_ref().or(window.since.as_ref());
        let first = match since {
            Some(since) if window.span != WindowSpan::Annual => rows.editions().partition_point(|known| known < since).max(first),
            _ => first,
        };
        if first > last {
            return 0..0;
        }
        let start = spans.get(first).map_or(0, |span| span.start);
        start..spans.get(last).map_or(start, |span| span.end)
    }

    /// The value of the unit of reference, for the method that needs one.
    fn reference(&self, rows: &Rows, edition: usize, values: &[f64]) -> Result<f64, StageError> {
        let Normalisation::DistanceToReference { unit, .. } = &self.normaliser.method else { return Ok(f64::NAN) };
        let value = rows.find(edition, unit).and_then(|row| values.get(row)).copied().filter(|value| !value.is_nan());
        value.ok_or_else(|| StageError::NoReference {
            indicator: self.node.code().to_owned(),
            unit: unit.clone(),
            edition: rows.editions().get(edition).cloned().unwrap_or_default(),
        })
    }

    /// Whether the method has a ratio of a value: every other method takes any.
    fn has_ratio(&self, value: f64) -> bool {
        match &self.normaliser.method {
            Normalisation::RatioToBest { .. } if self.indicator.direction == Direction::Lower => value > 0.0,
            Normalisation::FractionOfMaximum | Normalisation::RatioToBest { .. } => value >= 0.0,
            _ => true,
        }
    }

    /// That there is a ratio of every value.
    fn ratios(&self, rows: &Rows, values: &[f64]) -> Result<(), StageError> {
        let wrong = rows.keys().zip(values).find(|(_, value)| !value.is_nan() && !self.has_ratio(**value));
        let Some(((edition, unit), value)) = wrong else { return Ok(()) };
        let needs = match (&self.normaliser.method, self.indicator.direction) {
            (Normalisation::FractionOfMaximum, _) => {
                &Needs { vi: "fraction_of_maximum cần giá trị không âm", en: "fraction_of_maximum needs values of at least 0" }
            }
            (_, Direction::Lower) => &Needs { vi: "ratio_to_best cần giá trị dương", en: "ratio_to_best needs positive values" },
            _ => &Needs { vi: "ratio_to_best cần giá trị không âm", en: "ratio_to_best needs values of at least 0" },
        };
        Err(StageError::OutOfDomain {
            of: self.node.code().to_owned(),
            needs,
            unit: unit.to_owned(),
            edition: edition.to_owned(),
            value: *value,
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
                let ladder = Ladder::of(turned());
                (each(&|value| self.rank(&ladder, value)), Some(least), Some(greatest))
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
                let ratio = |value: f64| if lower { least / value } else { value / greatest };
                let scores = values.iter().map(|value| if value.is_nan() { f64::NAN } else { bottom + ratio(*value) * (top - bottom) });
                (scores.collect(), Some(least), Some(greatest))
            }
            Normalisation::Steps { steps } => (values.iter().map(|value| step_score(steps, *value)).collect(), None, None),
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
    fn rank(&self, ladder: &Ladder, value: f64) -> f64 {
        if value.is_nan() {
            return f64::NAN;
        }
        let beaten = ladder.below(value) as f64;
        match self.normaliser.method {
            Normalisation::Rank => beaten + 1.0,
            Normalisation::Borda => beaten,
            _ => beaten / (ladder.len() as f64 - 1.0),
        }
    }
}

/// The score of the last step that a value reaches; 0 below the first.
pub(crate) fn step_score(steps: &[Step], value: f64) -> f64 {
    let reached = steps.partition_point(|step| step.from <= value);
    let step = reached.checked_sub(1).and_then(|place| steps.get(place));
    if value.is_nan() { f64::NAN } else { step.map_or(0.0, |step| step.score) }
}

/// `1 − (goal − x)/|goal − least|`, at most 1 with `cap`: what has passed the goal lies above it, also where the least value has.
/// Without a distance between goal and least value only the cap says what a value is worth.
fn distance(value: f64, goal: f64, least: f64, cap: bool) -> f64 {
    let scale = (goal - least).abs();
    if cap && value >= goal {
        1.0
    } else if scale == 0.0 {
        f64::NAN
    } else {
        1.0 - (goal - value) / scale
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::composite::{Outcome, Record, Table, run};
    use crate::schema::composite::CompositeDefinition;
    use crate::schema::composite::sample::{definition, text};

    /// One indicator `x` scored by `normalise`; what `indicator` says is added to it.
    fn index(normalise: &Value, indicator: &Value, maximum: Option<f64>) -> CompositeDefinition {
        let mut stage = normalise.clone();
        stage["stage"] = json!("normalise");
        let mut leaf = json!({"code": "x", "label": text("x"), "indicator": indicator});
        if let Some(maximum) = maximum {
            leaf["maximum"] = json!(maximum);
        }
        definition(&json!({
            "kind": "composite", "code": "one", "edition": "2020", "title": text("x"),
            "pipeline": [stage, {"stage": "aggregate", "method": "arithmetic"}],
            "tree": {"code": "ALL", "label": text("x"), "children": [leaf]},
        }))
    }

    fn outcome(definition: &CompositeDefinition, rows: &[(&str, &str, f64)]) -> Outcome {
        let mut table = Table::default();
        for (edition, unit, value) in rows {
            table.insert(edition, unit, "x", crate::composite::Observation { value: Some(*value), ..Default::default() });
        }
        run(definition, definition.pipeline(), table.state(definition)).unwrap()
    }

    /// Scores of 2, 4, 4, 8 and 12 in one edition.
    fn scores(normalise: &Value, indicator: &Value, maximum: Option<f64>) -> Vec<f64> {
        let values = [("a", 2.0), ("b", 4.0), ("c", 4.0), ("d", 8.0), ("e", 12.0)];
        let outcome = outcome(&index(normalise, indicator, maximum), &values.map(|(unit, value)| ("2020", unit, value)));
        (0..5).map(|row| outcome.score(1, row).unwrap()).collect()
    }

    #[track_caller]
    fn hold(normalise: &Value, indicator: &Value, expected: [f64; 5]) {
        let found = scores(normalise, indicator, Some(20.0));
        assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-14), "{found:?} is not {expected:?}");
    }

    #[test]
    fn each_method_is_its_formula_in_both_directions() {
        let (up, down) = (json!({}), json!({"direction": "lower"}));
        let min_max = json!({"method": "min_max", "scale": [1, 11]});
        hold(&min_max, &up, [1.0, 3.0, 3.0, 7.0, 11.0]);
        hold(&min_max, &down, [11.0, 9.0, 9.0, 5.0, 1.0]);
        hold(&json!({"method": "min_max", "scale": [1, 11], "reverse": "reflect"}), &down, [11.0, 9.0, 9.0, 5.0, 1.0]);
        hold(&json!({"method": "rank"}), &up, [1.0, 2.0, 2.0, 4.0, 5.0]);
        hold(&json!({"method": "rank"}), &down, [5.0, 3.0, 3.0, 2.0, 1.0]);
        hold(&json!({"method": "borda"}), &up, [0.0, 1.0, 1.0, 3.0, 4.0]);
        hold(&json!({"method": "percentile_rank"}), &up, [0.0, 0.25, 0.25, 0.75, 1.0]);
        hold(&json!({"method": "distance_to_maximum"}), &down, [1.0, 0.8, 0.8, 0.4, 0.0]);
        hold(&json!({"method": "fraction_of_maximum"}), &up, [1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 2.0 / 3.0, 1.0]);
        hold(&json!({"method": "distance_to_reference", "unit": "d"}), &up, [0.0, 1.0 / 3.0, 1.0 / 3.0, 1.0, 5.0 / 3.0]);
        hold(&json!({"method": "distance_to_reference", "unit": "d", "cap": true}), &up, [0.0, 1.0 / 3.0, 1.0 / 3.0, 1.0, 1.0]);
        // −x towards −7 from the least, −12: 1 − (−7 − −x)/(−7 − −12).
        hold(&json!({"method": "distance_to_target"}), &json!({"direction": "lower", "target": 7}), [2.0, 1.6, 1.6, 0.8, 0.0]);
        hold(&json!({"method": "distance_to_target", "cap": true}), &json!({"target": 7}), [0.0, 0.4, 0.4, 1.0, 1.0]);
        hold(&json!({"method": "ratio_to_best", "scale": "maximum"}), &up, [20.0 / 6.0, 20.0 / 3.0, 20.0 / 3.0, 40.0 / 3.0, 20.0]);
        hold(&json!({"method": "ratio_to_best"}), &down, [1.0, 0.5, 0.5, 0.25, 1.0 / 6.0]);
        hold(&json!({"method": "as_given"}), &up, [2.0, 4.0, 4.0, 8.0, 12.0]);
        let steps = json!([{"from": 4, "score": 1}, {"from": 8.5, "score": 2}]);
        hold(&json!({"method": "steps", "steps": steps}), &up, [0.0, 1.0, 1.0, 1.0, 2.0]);
        let fewer = json!([{"from": 0, "score": 5}, {"from": 3, "score": 2}, {"from": 9, "score": 0}]);
        hold(&json!({"method": "steps", "steps": fewer}), &down, [5.0, 2.0, 2.0, 2.0, 0.0]);
        let spread = 16.0_f64.sqrt(); // squares of −4, −2, −2, 2, 6 sum to 64, over 4
        hold(&json!({"method": "z_score", "mean": 100, "sd": 10}), &down, [10.0, 5.0, 5.0, -5.0, -15.0].map(|x| 100.0 + 4.0 * x / spread));
    }

    #[test]
    fn ranks_do_not_tell_apart_what_differs_by_rounding() {
        let values = [("a", 0.1 + 0.2 + 0.3), ("b", 0.3 + 0.2 + 0.1), ("c", 0.5), ("d", 0.7)].map(|(unit, value)| ("2020", unit, value));
        for (method, expected) in
            [("rank", [2.0, 2.0, 1.0, 4.0]), ("borda", [1.0, 1.0, 0.0, 3.0]), ("percentile_rank", [1.0 / 3.0, 1.0 / 3.0, 0.0, 1.0])]
        {
            let outcome = outcome(&index(&json!({"method": method}), &json!({}), None), &values);
            assert_eq!([0, 1, 2, 3].map(|row| outcome.score(1, row)), expected.map(Some), "{method}");
        }
    }

    #[test]
    fn goalposts_of_the_indicator_replace_those_of_the_data_and_truncate_on_request() {
        let fixed = json!({"goalposts": {"low": 4, "high": 8}});
        hold(&json!({"method": "min_max", "scale": [0, 1]}), &fixed, [-0.5, 0.0, 0.0, 1.0, 2.0]);
        hold(&json!({"method": "min_max", "scale": [0, 1], "truncate": true}), &fixed, [0.0, 0.0, 0.0, 1.0, 1.0]);
        hold(&json!({"method": "min_max", "scale": "maximum"}), &json!({"goalposts": {"low": 0, "high": 16}}), [2.5, 5.0, 5.0, 10.0, 15.0]);
        // Only one is given: the other comes from the data.
        hold(&json!({"method": "min_max", "scale": [0, 1]}), &json!({"goalposts": {"low": -8}}), [0.5, 0.6, 0.6, 0.8, 1.0]);
        let lower = json!({"direction": "lower", "goalposts": {"low": 4, "high": 8}});
        hold(&json!({"method": "min_max", "scale": [0, 1], "truncate": true}), &lower, [1.0, 1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_window_is_annual_pooled_or_expanding_from_the_first_edition_that_counts() {
        let rows =
            [("2019", "a", 0.0), ("2019", "b", 100.0), ("2020", "a", 10.0), ("2020", "b", 20.0), ("2021", "a", 0.0), ("2021", "b", 40.0)];
        let of = |window: &str, since: Option<&str>| {
            let mut normalise = json!({"method": "min_max", "scale": [0, 1], "window": window});
            if let Some(since) = since {
                normalise["since"] = json!(since);
            }
            let outcome = outcome(&index(&normalise, &json!({}), None), &rows);
            (0..6).map(|row| outcome.score(1, row)).collect::<Vec<_>>()
        };
        assert_eq!(of("annual", None), [0.0, 1.0, 0.0, 1.0, 0.0, 1.0].map(Some));
        assert_eq!(of("pooled", None), [0.0, 1.0, 0.1, 0.2, 0.0, 0.4].map(Some));
        assert_eq!(of("pooled", Some("2020"))[2..], [0.25, 0.5, 0.0, 1.0].map(Some));
        let expanding = of("expanding", Some("2020"));
        assert_eq!(expanding, [None, None, Some(0.0), Some(1.0), Some(0.0), Some(1.0)], "before its first edition it has no score");
        let own =
            index(&json!({"method": "min_max", "scale": [0, 1], "window": "expanding"}), &json!({"goalposts": {"since": "2020"}}), None);
        assert_eq!(outcome(&own, &rows).score(1, 5), Some(1.0), "the indicator's own first edition");
    }

    #[test]
    fn values_that_do_not_vary_have_no_score_and_points_beyond_the_maximum_are_told() {
        let same = outcome(&index(&json!({"method": "z_score"}), &json!({}), None), &[("2020", "a", 1.0), ("2020", "b", 1.0)]);
        assert_eq!(same.score(1, 0), None);
        let Record::Normalised { limits, .. } = &same.steps()[0].record else { panic!("it normalises") };
        assert!(limits[0].flat);
        let points = outcome(&index(&json!({"method": "points"}), &json!({}), Some(5.0)), &[("2020", "a", 5.0), ("2020", "b", 6.0)]);
        let Record::Normalised { beyond, .. } = &points.steps()[0].record else { panic!("it normalises") };
        assert_eq!((beyond.len(), beyond[0].unit.as_str(), points.score(1, 1)), (1, "b", Some(6.0)));
    }

    #[test]
    fn a_ratio_of_what_has_none_is_an_error_that_says_where() {
        let refused = |method: &str, indicator: Value, value: f64| {
            let index = index(&json!({"method": method}), &indicator, None);
            let mut table = Table::default();
            for (unit, value) in [("a", 2.0), ("b", value)] {
                table.insert("2020", unit, "x", crate::composite::Observation { value: Some(value), ..Default::default() });
            }
            run(&index, index.pipeline(), table.state(&index)).err().map(|error| error.to_string())
        };
        let lower = || json!({"direction": "lower"});
        let told = |what: &str| Some(format!("stage 1 (normalise): x: {what}"));
        let fraction = refused("fraction_of_maximum", json!({}), -3.0);
        assert_eq!(fraction, told("fraction_of_maximum needs values of at least 0, b in 2020 has -3"));
        assert_eq!(refused("ratio_to_best", json!({}), -3.0), told("ratio_to_best needs values of at least 0, b in 2020 has -3"));
        assert_eq!(refused("ratio_to_best", lower(), 0.0), told("ratio_to_best needs positive values, b in 2020 has 0"));
        assert_eq!([refused("fraction_of_maximum", json!({}), 0.0), refused("ratio_to_best", json!({}), 0.0)], [None, None]);
    }

    #[test]
    fn what_is_too_large_for_numbers_is_an_error_that_names_the_indicator() {
        for method in ["min_max", "z_score", "distance_to_maximum"] {
            let index = index(&json!({"method": method}), &json!({}), None);
            let mut table = Table::default();
            for (unit, value) in [("a", 1.5e308), ("b", -1.5e308), ("c", 1.0)] {
                table.insert("2020", unit, "x", crate::composite::Observation { value: Some(value), ..Default::default() });
            }
            let error = run(&index, index.pipeline(), table.state(&index)).unwrap_err();
            assert_eq!(error.to_string(), "stage 1 (normalise): x: the numbers of 2020 are too large to be computed with", "{method}");
        }
    }

    #[test]
    fn a_reference_without_a_value_is_an_error() {
        let index = index(&json!({"method": "distance_to_reference", "unit": "z"}), &json!({}), None);
        let mut table = Table::default();
        table.admit("2020", "a");
        let error = run(&index, index.pipeline(), table.state(&index)).unwrap_err();
        assert_eq!(error.to_string(), "stage 1 (normalise): x: the unit of reference z has no value in 2020");
    }
}
