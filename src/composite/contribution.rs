//! What each leaf adds to the score of a unit.

use serde::Serialize;

use super::pipeline::Outcome;
use super::stages::aggregate::Inner;
use crate::schema::composite::{Aggregation, Aggregator, CompositeDefinition, CompositeNode, Normalisation, Scale, Stage};

/// What a leaf adds to the score of the root.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contribution {
    /// The code of the leaf.
    pub leaf: String,
    /// Its score.
    pub score: f64,
    /// By how much the root rises when the leaf's score does by 1.
    pub slope: f64,
    /// `slope · score`, with its own offset: what it adds.
    pub adds: f64,
    /// By how much the root would be higher with the best score that the leaf's scale has; none where it has no best one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<f64>,
    /// The agency that answers for it: its own, or that of the nearest node above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
}

/// The contributions of all leaves with a score to the root's score of a row, and what the tree adds by itself (the offsets of
/// inner nodes). They sum to the root's score.
///
/// None where the root has no score, or where a node on the way is no linear function of its children in this row, as a
/// geometric mean is not.
#[must_use]
pub fn contributions(definition: &CompositeDefinition, outcome: &Outcome, row: usize) -> Option<(Vec<Contribution>, f64)> {
    let aggregation = outcome.steps().iter().find_map(|step| match &step.arguments {
        Stage::Aggregate(aggregation) => Some(aggregation),
        _ => None,
    })?;
    outcome.score(0, row)?;
    let slopes = slopes(definition, outcome, aggregation, row)?;
    let (mut leaves, mut constant) = (Vec::new(), 0.0);
    for (place, node) in definition.nodes().iter().enumerate() {
        let Some(slope) = slopes.get(place).copied().flatten() else { continue };
        let rescale = node.rescale();
        let offset = rescale.map_or(0.0, |rescale| slope * rescale.offset);
        if node.indicator().is_none() {
            constant += offset;
        } else if let Some(score) = outcome.score(place, row) {
            let best = best_score(outcome, node).map(|best| rescale.map_or(best, |by| by.offset + by.factor * best));
            let lost = best.map(|best| slope * (best - score));
            let agency = agency(definition, node).map(str::to_owned);
            leaves.push(Contribution { leaf: node.code().to_owned(), score, slope, adds: slope * score, lost, agency });
        }
    }
    Some((leaves, constant))
}

/// The best score that normalisation can give a leaf: the top of its scale, its maximum of points.
pub(super) fn best_score(outcome: &Outcome, node: &CompositeNode) -> Option<f64> {
    let global = outcome.steps().iter().find_map(|step| match &step.arguments {
        Stage::Normalise(normaliser) => Some(normaliser),
        _ => None,
    });
    let top = |scale: &Scale| match scale {
        Scale::Range(_, high) => Some(*high),
        Scale::Maximum => node.maximum(),
    };
    match &node.indicator()?.normalise.as_ref().or(global)?.method {
        Normalisation::AsGiven | Normalisation::Points => node.maximum(),
        Normalisation::MinMax { scale, .. } | Normalisation::RatioToBest { scale } => top(scale),
        Normalisation::PercentileRank
        | Normalisation::DistanceToMaximum
        | Normalisation::DistanceToReference { cap: true, .. }
        | Normalisation::DistanceToTarget { cap: true }
        | Normalisation::FractionOfMaximum => Some(1.0),
        Normalisation::Steps { steps } => steps.iter().map(|step| step.score).reduce(f64::max),
        Normalisation::ZScore { .. }
        | Normalisation::Rank
        | Normalisation::Borda
        | Normalisation::DistanceToReference { .. }
        | Normalisation::DistanceToTarget { .. } => None,
    }
}

/// The agency of a node or of the nearest one above it that names one.
pub(super) fn agency<'d>(definition: &'d CompositeDefinition, node: &'d CompositeNode) -> Option<&'d str> {
    node.agency().or_else(|| agency(definition, definition.nodes().get(node.parent()?)?))
}

/// For each node by how much the root rises when its final score does by 1; none where it takes no part in this row.
fn slopes(definition: &CompositeDefinition, outcome: &Outcome, aggregation: &Aggregation, row: usize) -> Option<Vec<Option<f64>>> {
    let span = outcome.rows().spans().get(outcome.rows().edition_of(row))?.clone();
    let mut slopes = vec![None; definition.nodes().len()];
    *slopes.first_mut()? = Some(1.0);
    for (place, node) in definition.nodes().iter().enumerate() {
        let Some(slope) = slopes.get(place).copied().flatten() else { continue };
        if node.indicator().is_some() {
            continue;
        }
        let inner = Inner::new(aggregation, definition, node, outcome.weights());
        let children = inner.present(outcome.scores(), span.clone());
        let slope = slope * node.rescale().map_or(1.0, |rescale| rescale.factor) * inner.stretch(&children, outcome.scores(), row);
        let Some(pairs) = inner.pairs(&children, outcome.scores(), row) else { continue };
        let total: f64 = pairs.iter().map(|(weight, _)| weight).sum();
        let linear = match inner.method {
            Aggregator::Arithmetic => |weight: f64, total: f64| weight / total,
            Aggregator::Sum => |_: f64, _: f64| 1.0,
            Aggregator::WeightedSum => |weight: f64, _: f64| weight,
            // One child is passed on as it is by every mean.
            _ if pairs.len() == 1 && inner.method != Aggregator::Copeland => |_: f64, _: f64| 1.0,
            _ => return None,
        };
        for child in &children {
            if outcome.score(child.place, row).is_some() {
                *slopes.get_mut(child.place)? = Some(slope * linear(child.weight, total));
            }
        }
    }
    Some(slopes)
}
