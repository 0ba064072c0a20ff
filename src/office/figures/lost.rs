//! Where a unit loses points in an index of a survey.

use std::collections::{BTreeMap, HashMap};

use super::{ScoresWish, Source, scores};
use crate::office::{Look, Refusal};
use crate::publication::disclosure::{Figure, Seen};
use crate::schema::{Node, Text};
use crate::store::schemas::IndexKind;

/// Every leaf of an index of a survey is a mean of scores or a share, from 0 to 100.
const BEST: f64 = 100.0;

/// What a leaf takes from the score of the index.
#[derive(Debug, Clone, PartialEq)]
pub struct LostLeaf {
    /// Its code.
    pub node: String,
    /// What it is called.
    pub label: Text,
    /// Who answers for it: its own agency, or that of the nearest node above.
    pub agency: Option<String>,
    /// By how much the index rises when the leaf does by 1.
    pub share: f64,
    /// Its value; none of one that is not published.
    pub value: Option<f64>,
    /// How many points of the index it could still give: `share · (100 − value)`.
    pub lost: Option<f64>,
}

impl LostLeaf {
    /// The value at which it would lift the index by so much alone; none where the best one does not.
    #[must_use]
    pub fn lifts(&self, by: f64) -> Option<f64> {
        let to = self.value? + by / self.share;
        (to <= BEST).then_some(to)
    }
}

/// The leaves of the first tree of an index, the greatest loss first, those that are not published last.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lost(pub Vec<LostLeaf>);

impl Lost {
    /// All that is lost, as far as it is published.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.0.iter().filter_map(|leaf| leaf.lost).sum()
    }
}

/// What each leaf takes from the score of one unit or area, with the weights that the run had.
///
/// # Errors
/// Those of [`scores`](super::scores()).
pub fn lost(look: &mut Look<'_>, wish: &ScoresWish) -> Result<Lost, Refusal> {
    let run = Source::of(look, &wish.of, IndexKind::Survey)?.run;
    let page = scores(look, wish)?;
    let set: BTreeMap<String, f64> = serde_json::from_str(&run.parameters).map_err(Refusal::internal)?;
    let mut parameters: BTreeMap<String, f64> =
        page.definition.parameters().iter().map(|(name, parameter)| (name.clone(), parameter.value)).collect();
    parameters.extend(set);
    Ok(page.definition.tree().first().map(|root| losses(root, &parameters, &page.items)).unwrap_or_default())
}

fn losses(root: &Node, parameters: &BTreeMap<String, f64>, figures: &[Seen<Figure>]) -> Lost {
    let known: HashMap<&str, Option<f64>> = figures.iter().map(|figure| (figure.node.as_str(), figure.numbers.value)).collect();
    let mut leaves = Vec::new();
    climb(root, (1.0, None), parameters, &known, &mut leaves);
    // Stable: leaves of equal loss stay in the order of the tree.
    leaves.sort_by(|a, b| b.lost.unwrap_or(-1.0).total_cmp(&a.lost.unwrap_or(-1.0)));
    Lost(leaves)
}

/// A child without a figure was left out: the weights of the others were scaled to add up to one.
fn climb(
    node: &Node,
    (share, above): (f64, Option<&str>),
    parameters: &BTreeMap<String, f64>,
    known: &HashMap<&str, Option<f64>>,
    found: &mut Vec<LostLeaf>,
) {
    let agency = node.agency().or(above);
    if node.measure().is_some() {
        let Some(value) = known.get(node.code()).copied() else { return };
        let (node, label, agency) = (node.code().to_owned(), node.label().clone(), agency.map(str::to_owned));
        found.push(LostLeaf { node, label, agency, share, value, lost: value.map(|value| share * (BEST - value)) });
        return;
    }
    let weight =
        |child: &Node| child.weight().map_or(Some(1.0), |weight| weight.value(|name| parameters.get(name).copied())).unwrap_or(0.0);
    let there: Vec<(&Node, f64)> =
        node.children().iter().filter(|child| known.contains_key(child.code())).map(|child| (child, weight(child))).collect();
    let total: f64 = there.iter().map(|(_, weight)| weight).sum();
    for (child, weight) in there.into_iter().filter(|(_, weight)| *weight > 0.0) {
        climb(child, (share * weight / total, agency), parameters, known, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(share: f64, value: Option<f64>) -> LostLeaf {
        let label = serde_json::from_str("{\"vi\":\"Mục\"}").unwrap();
        LostLeaf { node: "x".to_owned(), label, agency: None, share, value, lost: value.map(|value| share * (BEST - value)) }
    }

    #[test]
    fn a_leaf_lifts_the_index_alone_as_far_as_its_best_value_goes() {
        assert_eq!(leaf(0.25, Some(80.0)).lifts(2.0), Some(88.0));
        assert_eq!((leaf(0.25, Some(80.0)).lifts(5.0), leaf(0.25, Some(80.0)).lifts(5.1)), (Some(100.0), None));
        assert_eq!(leaf(0.25, None).lifts(1.0), None);
        let lost = Lost(vec![leaf(0.5, Some(60.0)), leaf(0.5, None), leaf(0.25, Some(80.0))]);
        assert!((lost.total() - 25.0).abs() < 1e-12);
    }
}
