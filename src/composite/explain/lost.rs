//! Lost points: what a unit could still have had, and who answers for it.

use serde::Serialize;

use super::difference::between;
use super::subject::{Situation, Subject};
use crate::composite::contribution::{agency, best_score};

/// What a leaf lost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LostLeaf {
    /// The code of the leaf.
    pub leaf: String,
    /// By how much the root falls short for its part.
    pub lost: f64,
    /// The agency that answers for it: its own, or that of the nearest node above.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
}

/// What all leaves below a node lost, or all of an agency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LostSum {
    /// The code of the node, or the agency; none for leaves that no agency answers for.
    pub of: Option<String>,
    /// Points of the root.
    pub lost: f64,
    /// How many leaves it sums.
    pub leaves: usize,
}

/// The points that a unit lost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lost {
    /// The root's score if every leaf with a value had its best score.
    pub ideal: f64,
    /// Leaves, the greatest loss first; they sum to `ideal` less the score.
    pub leaves: Vec<LostLeaf>,
    /// Inner nodes in the order of the tree.
    pub criteria: Vec<LostSum>,
    /// Agencies, the greatest loss first.
    pub agencies: Vec<LostSum>,
    /// Leaves whose scale has no best score; they are taken as they are.
    pub open: Vec<String>,
}

/// The points that a subject lost: the [difference](super::difference()) between its score and the one with the best score of every
/// leaf that it has a value for. Where every node is linear, a leaf loses `slope · (best − score)`.
///
/// None where it has no score, or where no best score can be told (Copeland's).
#[must_use]
pub fn lost(subject: &Subject<'_>) -> Option<Lost> {
    let (definition, outcome) = (subject.definition, subject.outcome);
    let (mut best, mut open) = (Vec::new(), Vec::new());
    for (place, node, _) in definition.leaves().filter(|(place, ..)| outcome.score(*place, subject.row).is_some()) {
        match best_score(outcome, node) {
            Some(score) => best.push((place, node.rescale().map_or(score, |by| by.factor * score + by.offset))),
            None => open.push(node.code().to_owned()),
        }
    }
    let difference = between(&Situation::of(*subject)?, &Situation::with(*subject, &best)?)?;
    let known = |code: &str| best.iter().any(|(place, _)| definition.nodes().get(*place).is_some_and(|node| node.code() == code));
    let mut leaves: Vec<LostLeaf> = Vec::new();
    for effect in difference.effects.iter().filter(|effect| known(&effect.node)) {
        let node = definition.position(&effect.node).and_then(|place| definition.nodes().get(place));
        let agency = node.and_then(|node| agency(definition, node)).map(str::to_owned);
        leaves.push(LostLeaf { leaf: effect.node.clone(), lost: effect.total(), agency });
    }
    let criteria = criteria(subject, &leaves);
    leaves.sort_by(|a, b| b.lost.total_cmp(&a.lost));
    Some(Lost { ideal: difference.to, agencies: agencies(&leaves), leaves, criteria, open })
}

/// Sums over what lies below each inner node that lost anything or could have.
fn criteria(subject: &Subject<'_>, leaves: &[LostLeaf]) -> Vec<LostSum> {
    let nodes = subject.definition.nodes();
    let mut sums = vec![(0.0, 0); nodes.len()];
    for leaf in leaves {
        let own = subject.definition.position(&leaf.leaf);
        let above = std::iter::successors(own.and_then(|place| nodes.get(place)?.parent()), |place| nodes.get(*place)?.parent());
        for place in above {
            if let Some((lost, count)) = sums.get_mut(place) {
                *lost += leaf.lost;
                *count += 1;
            }
        }
    }
    let sum = |(node, (lost, leaves)): (&crate::schema::composite::CompositeNode, (f64, usize))| {
        (leaves > 0).then(|| LostSum { of: Some(node.code().to_owned()), lost, leaves })
    };
    nodes.iter().zip(sums).filter_map(sum).collect()
}

fn agencies(leaves: &[LostLeaf]) -> Vec<LostSum> {
    let mut sums: Vec<LostSum> = Vec::new();
    for leaf in leaves {
        match sums.iter_mut().find(|sum| sum.of == leaf.agency) {
            Some(sum) => {
                sum.lost += leaf.lost;
                sum.leaves += 1;
            }
            None => sums.push(LostSum { of: leaf.agency.clone(), lost: leaf.lost, leaves: 1 }),
        }
    }
    sums.sort_by(|a, b| b.lost.total_cmp(&a.lost));
    sums
}
