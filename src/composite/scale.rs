//! Between what scores a node's can lie, whatever the data.

use super::stages::aggregate::method;
use crate::schema::composite::{
    Aggregation, Aggregator, CompositeDefinition, CompositeNode, Gap, Goalposts, Indicator, Normalisation, Normaliser, Scale, Stage,
};

/// Lowest and highest.
type Span = (f64, f64);

/// The least and the greatest score that a node (by place) can have under these weights; none where a method has no ends: z-scores,
/// distances, values taken as they are, goalposts that may be passed, unless the definition states a maximum of points.
///
/// # Formula
/// Interval arithmetic from the leaves up: a mean lies between the least and the greatest of its children, a sum between the sums;
/// one that is stretched over gaps between its size times the least and the greatest share of a child's size.
pub(crate) fn scale(definition: &CompositeDefinition, weights: &[f64], node: usize) -> Option<Span> {
    let (mut normaliser, mut aggregation) = (None, None);
    for stage in definition.pipeline() {
        match stage {
            Stage::Normalise(found) => normaliser = Some(found),
            Stage::Aggregate(found) => aggregation = Some(found),
            _ => {}
        }
    }
    let tree = Tree { definition, weights, normaliser: normaliser?, aggregation: aggregation? };
    tree.node(node)
}

struct Tree<'d> {
    definition: &'d CompositeDefinition,
    weights: &'d [f64],
    normaliser: &'d Normaliser,
    aggregation: &'d Aggregation,
}

impl Tree<'_> {
    fn node(&self, place: usize) -> Option<Span> {
        let node = self.definition.nodes().get(place)?;
        let found = match node.indicator() {
            Some(indicator) => self.leaf(node, indicator),
            None => self.inner(node),
        };
        // Where the method says nothing, points still run from 0 to the maximum that the definition states.
        let stated = || node.maximum().filter(|_| node.rescale().is_none()).map(|maximum| (0.0, maximum));
        let (low, high) = found.or_else(stated)?;
        let rescaled = |score: f64| node.rescale().map_or(score, |by| by.factor * score + by.offset);
        let (a, b) = (rescaled(low), rescaled(high));
        (a.is_finite() && b.is_finite()).then_some((a.min(b), a.max(b)))
    }

    fn leaf(&self, node: &CompositeNode, indicator: &Indicator) -> Option<Span> {
        let span = |scale: Scale| match scale {
            Scale::Range(low, high) => Some((low, high)),
            Scale::Maximum => node.maximum().map(|maximum| (0.0, maximum)),
        };
        match &indicator.normalise.as_ref().unwrap_or(self.normaliser).method {
            Normalisation::Points => span(Scale::Maximum),
            // Between goalposts taken from the data there is every value.
            Normalisation::MinMax { scale, truncate } => {
                let Goalposts { low, high, .. } = indicator.goalposts;
                span(*scale).filter(|_| *truncate || (low.is_none() && high.is_none()))
            }
            Normalisation::RatioToBest { scale } => span(*scale),
            Normalisation::PercentileRank | Normalisation::DistanceToMaximum | Normalisation::FractionOfMaximum => Some((0.0, 1.0)),
            Normalisation::Steps { steps } => Some(hull(steps.iter().map(|step| (step.score, step.score)).chain([(0.0, 0.0)]))?),
            Normalisation::AsGiven
            | Normalisation::ZScore { .. }
            | Normalisation::Rank
            | Normalisation::Borda
            | Normalisation::DistanceToReference { .. }
            | Normalisation::DistanceToTarget { .. } => None,
        }
    }

    fn inner(&self, node: &CompositeNode) -> Option<Span> {
        let gap = node.gap().unwrap_or(self.definition.gap());
        let mut children = Vec::new();
        for place in node.children() {
            let child = self.definition.nodes().get(*place)?;
            let weight = self.weights.get(*place).copied()?;
            let empty = child.indicator().is_none() && child.children().is_empty();
            if !child.scored() || empty {
                continue;
            }
            if weight < 0.0 {
                return None;
            }
            children.push((child, weight, self.node(*place)?));
        }
        let method = method(self.aggregation, node);
        if !matches!(method, Aggregator::Sum | Aggregator::WeightedSum) {
            let zero = (gap == Gap::Zero).then_some((0.0, 0.0));
            return hull(children.iter().map(|(_, _, span)| *span).chain(zero)).filter(|_| method != Aggregator::Copeland);
        }
        let weighted = method == Aggregator::WeightedSum;
        let factor = |weight: f64| if weighted { weight } else { 1.0 };
        if gap != Gap::Renormalise {
            let sum = children.iter().fold((0.0, 0.0), |sum: Span, (child, weight, (low, high))| {
                // A child that may be absent adds nothing then.
                let absent = gap == Gap::Zero || child.group();
                let (low, high) = if absent { (low.min(0.0), high.max(0.0)) } else { (*low, *high) };
                (sum.0 + factor(*weight) * low, sum.1 + factor(*weight) * high)
            });
            return Some(sum);
        }
        let maxima = !weighted && children.iter().all(|(child, ..)| child.maximum().is_some());
        let sized = |(child, weight, span): &(&CompositeNode, f64, Span)| {
            let size = if maxima { child.maximum().unwrap_or(1.0) } else { factor(*weight) };
            let share = if maxima { (span.0 / size, span.1 / size) } else { *span };
            (size, share, child.group())
        };
        let sized: Vec<(f64, Span, bool)> = children.iter().map(sized).filter(|(size, ..)| *size > 0.0).collect();
        let (low, high) = hull(sized.iter().map(|(_, share, _)| *share))?;
        let size = |groups: bool| sized.iter().filter(|(.., group)| groups || !group).map(|(size, ..)| size).sum::<f64>();
        hull([true, false].map(|groups| (size(groups) * low, size(groups) * high)).into_iter())
    }
}

/// What holds all spans; none of none.
fn hull(spans: impl Iterator<Item = Span>) -> Option<Span> {
    spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::composite::{Observation, Table, compute};
    use crate::schema::composite::parse_composite;
    use crate::schema::composite::sample::{definition, text};

    fn of(definition: &CompositeDefinition) -> Option<Span> {
        let weights: Vec<f64> = definition.nodes().iter().map(CompositeNode::weight).collect();
        scale(definition, &weights, 0)
    }

    #[test]
    fn shipped_indices_run_over_the_scales_that_their_documents_state() {
        let shipped = |text: &str| of(&parse_composite(text).unwrap().definition);
        let near = |found: Option<Span>, expected: Span| {
            let found = found.unwrap();
            assert!((found.0 - expected.0).abs() < 1e-9 && (found.1 - expected.1).abs() < 1e-9, "{found:?}");
        };
        near(shipped(include_str!("../../survey-schemas/indices/par-index/2022.json")), (0.0, 100.0));
        let z = json!({"kind": "composite", "code": "z", "edition": "2020", "title": text("x"),
            "pipeline": [{"stage": "normalise", "method": "z_score"}, {"stage": "aggregate", "method": "arithmetic"}],
            "tree": {"code": "ALL", "label": text("x"), "children": [{"code": "x", "label": text("x"), "indicator": {}}]}});
        assert_eq!(of(&definition(&z)), None);
    }

    fn index(leaf: usize, method: usize, gap: usize, factor: f64) -> CompositeDefinition {
        let normalise: [Value; 5] = [
            json!({"stage": "normalise", "method": "points"}),
            json!({"stage": "normalise", "method": "min_max", "scale": [-1, 9]}),
            json!({"stage": "normalise", "method": "percentile_rank"}),
            json!({"stage": "normalise", "method": "ratio_to_best", "scale": "maximum"}),
            json!({"stage": "normalise", "method": "steps", "steps": [{"from": 2, "score": 1}, {"from": 4, "score": 3}]}),
        ];
        let normalise = &normalise[leaf];
        let method = ["arithmetic", "median", "sum", "weighted_sum"][method];
        let gap = ["renormalise", "missing", "zero"][gap];
        let leaf_of = |code: &str, maximum: f64, weight: f64| json!({"code": code, "label": text("x"), "maximum": maximum, "weight": weight, "indicator": {}});
        definition(&json!({"kind": "composite", "code": "any", "edition": "2020", "title": text("x"),
        "missing": gap,
        "pipeline": [normalise, {"stage": "aggregate", "method": method}],
        "tree": {"code": "ALL", "label": text("x"), "rescale": {"factor": factor, "offset": 1}, "children": [
            {"code": "P", "label": text("x"), "weight": 2, "maximum": 15, "children": [leaf_of("a", 5.0, 1.0), leaf_of("b", 10.0, 3.0)]},
            {"code": "Q", "label": text("x"), "weight": 0.5, "maximum": 8, "group": true, "children": [leaf_of("c", 8.0, 1.0)]}
        ]}}))
    }

    proptest! {
        #[test]
        fn no_score_lies_beyond(
            leaf in 0..5_usize, method in 0..4_usize, gap in 0..3_usize, factor in -2..3_i32,
            values in proptest::collection::vec(proptest::option::of(0.0..5.0_f64), 12),
        ) {
            let definition = index(leaf, method, gap, f64::from(factor));
            let mut table = Table::default();
            for (cell, value) in values.iter().enumerate() {
                let observation = Observation { value: *value, ..Observation::default() };
                table.insert("2020", &format!("u{}", cell / 3), ["a", "b", "c"][cell % 3], observation);
            }
            let outcome = compute(&definition, &table).unwrap();
            for node in 0..definition.nodes().len() {
                let (low, high) = scale(&definition, outcome.weights(), node).unwrap();
                for score in (0..4).filter_map(|row| outcome.score(node, row)) {
                    prop_assert!(score >= low - 1e-9 && score <= high + 1e-9, "{}: {score} is not within {low} and {high}", node);
                }
            }
        }
    }
}
