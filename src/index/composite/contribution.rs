//! What each leaf adds to the score of a unit.

use serde::Serialize;

use super::pipeline::Outcome;
use super::stages::aggregate::Inner;
use crate::schema::composite::{Aggregation, Aggregator, CompositeDefinition, Stage};

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
    /// The points that are missing to its maximum, as the root would count them; where it has a maximum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<f64>,
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
            let lost = node.maximum().map(|maximum| slope * (maximum - score));
            leaves.push(Contribution { leaf: node.code().to_owned(), score, slope, adds: slope * score, lost });
        }
    }
    Some((leaves, constant))
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
