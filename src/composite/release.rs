//! What of an outcome may be published.

use serde::Serialize;

use super::pipeline::Outcome;
use super::table::Table;
use super::tiers::tiers;
use crate::schema::composite::{CompositeDefinition, CompositeNode};

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The office that made it: everything.
    Office,
    /// Everybody: what the rules let through.
    Public,
}

/// Why a figure is hidden from the public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hidden {
    /// It rests on fewer answers than the definition asks for.
    FewAnswers,
    /// Otherwise the one hidden sibling could be calculated from its parent.
    ProtectsSibling,
    /// The unit is not among the best so many that are published.
    BeyondTop,
}

impl Hidden {
    /// The name in files and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FewAnswers => "few_answers",
            Self::ProtectsSibling => "protects_sibling",
            Self::BeyondTop => "beyond_top",
        }
    }
}

/// Which figures of an outcome are hidden, and the tier of each row. Ranks and tiers go by unrounded scores, of all units.
#[derive(Debug, Clone, PartialEq)]
pub struct Release<'o> {
    outcome: &'o Outcome,
    /// By row, then by node.
    hidden: Vec<Vec<Option<Hidden>>>,
    tiers: Vec<Option<usize>>,
}

impl<'o> Release<'o> {
    /// Applies the definition's rules. `table` knows the number of answers behind survey values.
    ///
    /// A leaf is hidden that rests on fewer answers than `min_n`; a node whose every child with a value is hidden; and, where
    /// exactly one child is hidden, its sibling of least weight with all below it, so that none can be had by subtraction.
    #[must_use]
    pub fn new(definition: &CompositeDefinition, outcome: &'o Outcome, table: &Table) -> Self {
        let rule = definition.publication();
        let mut hidden = Vec::with_capacity(outcome.rows().len());
        for (row, (edition, unit)) in outcome.rows().keys().enumerate() {
            let few = |code: &str| {
                let n = table.get(edition, unit, code).and_then(|observation| observation.n);
                rule.min_n.zip(n).is_some_and(|(least, n)| n < least)
            };
            let mut own = suppressed(definition, outcome, row, &few);
            if rule.top.zip(outcome.rank(0, row)).is_some_and(|(top, rank)| rank > top) {
                for cell in &mut own {
                    *cell = cell.or(Some(Hidden::BeyondTop));
                }
            }
            hidden.push(own);
        }
        let scores = outcome.scores().column(0);
        let of_edition = |span: &std::ops::Range<usize>| {
            let values = scores.get(span.clone()).unwrap_or_default();
            rule.tiers.as_ref().map_or_else(|| vec![None; values.len()], |rule| tiers(rule, values))
        };
        Self { outcome, hidden, tiers: outcome.rows().spans().iter().flat_map(of_edition).collect() }
    }

    /// Why a node of a row is hidden from the public, if it is.
    #[must_use]
    pub fn hidden(&self, node: usize, row: usize) -> Option<Hidden> {
        self.hidden.get(row)?.get(node).copied().flatten()
    }

    /// The score of a node in a row.
    #[must_use]
    pub fn score(&self, view: View, node: usize, row: usize) -> Option<f64> {
        self.outcome.score(node, row).filter(|_| self.shows(view, node, row))
    }

    /// The rank of a row by a node.
    #[must_use]
    pub fn rank(&self, view: View, node: usize, row: usize) -> Option<u32> {
        self.outcome.rank(node, row).filter(|_| self.shows(view, node, row))
    }

    /// The tier of a row, 0 the best. A tier is told of units beyond the top too: it gives away neither score nor rank.
    #[must_use]
    pub fn tier(&self, view: View, row: usize) -> Option<usize> {
        let told = view == View::Office || matches!(self.hidden(0, row), None | Some(Hidden::BeyondTop));
        self.tiers.get(row).copied().flatten().filter(|_| told)
    }

    fn shows(&self, view: View, node: usize, row: usize) -> bool {
        view == View::Office || self.hidden(node, row).is_none()
    }
}

/// What few answers hide in a row, node by node.
fn suppressed(definition: &CompositeDefinition, outcome: &Outcome, row: usize, few: &dyn Fn(&str) -> bool) -> Vec<Option<Hidden>> {
    let nodes = definition.nodes();
    let mut hidden: Vec<Option<Hidden>> =
        nodes.iter().map(|node| (node.indicator().is_some() && few(node.code())).then_some(Hidden::FewAnswers)).collect();
    // Children stand behind their parents: the way back meets them first.
    for (place, node) in nodes.iter().enumerate().rev().filter(|(_, node)| node.indicator().is_none()) {
        let taken = |place: &usize| nodes.get(*place).is_some_and(CompositeNode::scored) && outcome.score(*place, row).is_some();
        let children: Vec<usize> = node.children().iter().copied().filter(taken).collect();
        let is_hidden = |child: &usize| hidden.get(*child).is_some_and(Option::is_some);
        let count = children.iter().filter(|child| is_hidden(child)).count();
        if count > 0 && count == children.len() {
            if let Some(cell) = hidden.get_mut(place) {
                *cell = Some(Hidden::FewAnswers);
            }
        } else if count == 1 {
            let weight = |place: &usize| outcome.weights().get(*place).copied().unwrap_or(0.0);
            let sibling = children.iter().filter(|child| !is_hidden(child)).min_by(|a, b| weight(a).total_cmp(&weight(b))).copied();
            if let Some(sibling) = sibling {
                protect(definition, sibling, &mut hidden);
            }
        }
    }
    hidden
}

/// Hides a node and all below it.
fn protect(definition: &CompositeDefinition, place: usize, hidden: &mut [Option<Hidden>]) {
    if let Some(cell) = hidden.get_mut(place) {
        *cell = cell.or(Some(Hidden::ProtectsSibling));
    }
    for child in definition.nodes().get(place).map(CompositeNode::children).unwrap_or_default() {
        protect(definition, *child, hidden);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::composite::{Observation, compute};
    use crate::schema::composite::sample::{definition, text};

    /// `P` of `x` and `y` (weights 2, 1) and `Q` of `z` alone; the units' answers to `x`.
    fn release(publication: &Value, answers: &[Option<u32>], check: impl Fn(&Release<'_>)) {
        let leaf = |code: &str, weight: f64| json!({"code": code, "label": text(code), "weight": weight, "indicator": {}});
        let definition = definition(&json!({
            "kind": "composite", "code": "one", "edition": "2021", "title": text("x"), "publication": publication,
            "pipeline": [{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "arithmetic"}],
            "tree": {"code": "ALL", "label": text("x"), "children": [
                {"code": "P", "label": text("p"), "children": [leaf("x", 2.0), leaf("y", 1.0)]},
                {"code": "Q", "label": text("q"), "children": [leaf("z", 1.0)]},
            ]},
        }));
        let mut table = Table::default();
        for (place, n) in (0_u8..).zip(answers) {
            for code in ["x", "y", "z"] {
                let observation =
                    Observation { value: Some(50.0 - f64::from(place)), n: n.filter(|_| code == "x"), ..Observation::default() };
                table.insert("2021", &format!("u{place}"), code, observation);
            }
        }
        check(&Release::new(&definition, &compute(&definition, &table).unwrap(), &table));
    }

    #[test]
    fn few_answers_hide_a_leaf_and_what_would_give_it_away() {
        let rule = json!({"min_n": 15});
        release(&rule, &[Some(15), Some(14), None], |release| {
            let hidden = |row: usize| (0..6).map(|node| release.hidden(node, row)).collect::<Vec<_>>();
            assert_eq!(hidden(0), [None; 6]);
            // x, and y so that x is not P less y; P and the rest stay.
            assert_eq!(hidden(1), [None, None, Some(Hidden::FewAnswers), Some(Hidden::ProtectsSibling), None, None]);
            assert_eq!(hidden(2), [None; 6], "no survey value");
            assert_eq!((release.score(View::Office, 2, 1), release.score(View::Public, 2, 1)), (Some(49.0), None));
            assert_eq!((release.rank(View::Office, 2, 1), release.rank(View::Public, 2, 1)), (Some(2), None));
        });
    }

    #[test]
    fn only_the_first_are_published_and_the_office_sees_all() {
        let tiers = json!({"kind": "quantiles", "from": [0.5], "labels": [text("cao"), text("thấp")]});
        release(&json!({"top": 2, "tiers": tiers}), &[None; 4], |release| {
            let ranks = |view: View| (0..4).map(|row| release.rank(view, 0, row)).collect::<Vec<_>>();
            assert_eq!(ranks(View::Public), [Some(1), Some(2), None, None]);
            assert_eq!(ranks(View::Office), [1, 2, 3, 4].map(Some));
            assert_eq!((release.hidden(1, 3), release.score(View::Public, 1, 3)), (Some(Hidden::BeyondTop), None));
            assert_eq!((0..4).map(|row| release.tier(View::Public, row)).collect::<Vec<_>>(), [0, 0, 1, 1].map(Some));
        });
    }

    #[test]
    fn natural_tiers_are_read_from_a_definition() {
        let tiers = json!({"kind": "natural", "labels": [text("cao"), text("thấp")]});
        release(&json!({"tiers": tiers}), &[None; 3], |release| {
            assert_eq!(release.tier(View::Public, 0), Some(0));
            assert_eq!(release.tier(View::Public, 2), Some(1));
        });
    }
}
