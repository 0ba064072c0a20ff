//! Which figures of one unit in one year have to be hidden beside those that rest on few answers, so that none of these can be calculated.
//!
//! First the plain cases are closed: a hidden figure that stands alone among its siblings under a parent that is told gets company, or the
//! parent is hidden too. Leaves that the edition of a survey tells anyway hide nothing. Then, where nodes are means or sums, the interval that
//! follows for every such leaf is computed from all equations of the tree, and more is hidden around it until it is wide.
//!
//! # Formula
//! A node is `offset + Σ c x` over its children. Every value starts with the interval that is known of it: itself to within its rounding where
//! it is told, else the ends of its scale. One pass from the leaves up and one down again gives the exact intervals, since the equations form a
//! tree (bounds consistency on acyclic systems: Dechter 2003, *Constraint Processing*, §4.1).

use super::Hidden;
use crate::composite::{Outcome, Table};
use crate::schema::composite::{Aggregation, Aggregator, CompositeDefinition, CompositeNode, Stage};

/// The interval of a leaf must be at least this part of its scale wide.
const WIDTH: f64 = 0.1;

/// And so wide, times this, for every person fewer behind it: what one answer of a five-level scale moves.
const STEP: f64 = 0.25;

/// A weighted sum of children.
struct Equation {
    offset: f64,
    /// Places and factors, none of them 0.
    terms: Vec<(usize, f64)>,
}

/// What is the same in every row of a year.
pub(super) struct Tree<'o> {
    definition: &'o CompositeDefinition,
    outcome: &'o Outcome,
    aggregation: Option<&'o Aggregation>,
    /// Between which values each node lies, by year.
    scales: Vec<Vec<(f64, f64)>>,
    rounding: f64,
    least: u32,
}

impl<'o> Tree<'o> {
    /// Of a definition and what it gave; figures are rounded to so many decimals, and rest on at least so many answers.
    pub(super) fn new(definition: &'o CompositeDefinition, outcome: &'o Outcome, decimals: u8, least: u32) -> Self {
        let aggregation = definition.pipeline().iter().find_map(|stage| match stage {
            Stage::Aggregate(found) => Some(found),
            _ => None,
        });
        let stated: Vec<_> =
            (0..definition.nodes().len()).map(|node| crate::composite::scale(definition, outcome.weights(), node)).collect();
        let of_year = |span: &std::ops::Range<usize>| {
            let spread = |(node, stated): (usize, &Option<(f64, f64)>)| {
                stated.unwrap_or_else(|| {
                    let there = outcome.scores().column(node).get(span.clone()).unwrap_or_default().iter().filter(|value| !value.is_nan());
                    there.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)))
                })
            };
            stated.iter().enumerate().map(spread).collect()
        };
        let scales = outcome.rows().spans().iter().map(of_year).collect();
        Self { definition, outcome, aggregation, scales, rounding: 0.5 * 10_f64.powi(-i32::from(decimals)), least }
    }

    /// What has to be hidden in a row, node by node.
    pub(super) fn hidden(&self, table: &Table, row: usize) -> Vec<Option<Hidden>> {
        let nodes = self.definition.nodes();
        let rows = self.outcome.rows();
        let edition = rows.editions().get(rows.edition_of(row)).map_or("", String::as_str);
        let unit = rows.units().get(row).map_or("", String::as_str);
        let observed = |node: &CompositeNode| node.indicator().and_then(|_| table.get(edition, unit, node.code()));
        let few =
            |node: &CompositeNode| observed(node).is_some_and(|seen| seen.public == Some(false) || seen.n.is_some_and(|n| n < self.least));
        let hidden: Vec<Option<Hidden>> = nodes.iter().map(|node| few(node).then_some(Hidden::FewAnswers)).collect();
        if hidden.iter().all(Option::is_none) {
            return hidden;
        }
        let mut told: Vec<bool> = nodes.iter().map(|node| observed(node).is_some_and(|seen| seen.public == Some(true))).collect();
        let children: Vec<Vec<usize>> = nodes.iter().map(|node| self.children(node, row)).collect();
        for place in (0..nodes.len()).rev().filter(|place| !children[*place].is_empty()) {
            told[place] = children[place].iter().all(|child| told[*child]);
        }
        let people = nodes.iter().map(|node| observed(node).and_then(|seen| seen.n).unwrap_or(1)).collect();
        let equations = (0..nodes.len()).map(|place| self.equation(place, &children[place], row)).collect();
        let scale = self.scales.get(rows.edition_of(row)).map_or(&[][..], Vec::as_slice);
        let mut pattern = Pattern { tree: self, row, children, told, people, equations, scale, hidden };
        pattern.complete();
        pattern.hidden
    }

    /// The children that a node takes in, in a row.
    fn children(&self, node: &CompositeNode, row: usize) -> Vec<usize> {
        let taken = |place: &usize| {
            self.definition.nodes().get(*place).is_some_and(CompositeNode::scored) && self.outcome.score(*place, row).is_some()
        };
        node.children().iter().copied().filter(taken).collect()
    }

    /// A node as a sum of its children, where it is one; stretched as its value is.
    fn equation(&self, place: usize, children: &[usize], row: usize) -> Option<Equation> {
        let (node, value) = (self.definition.nodes().get(place)?, self.outcome.score(place, row)?);
        let method = crate::composite::method(self.aggregation?, node);
        let weight = |child: &usize| match method {
            Aggregator::Sum => Some(1.0),
            Aggregator::Arithmetic | Aggregator::WeightedSum => self.outcome.weights().get(*child).copied(),
            _ => None,
        };
        let weights = children.iter().map(weight).collect::<Option<Vec<f64>>>()?;
        let (factor, offset) = node.rescale().map_or((1.0, 0.0), |by| (by.factor, by.offset));
        let total: f64 = match method {
            Aggregator::Arithmetic => weights.iter().sum(),
            _ => 1.0,
        };
        let mut terms: Vec<(usize, f64)> = children.iter().copied().zip(weights.iter().map(|weight| factor * weight / total)).collect();
        let sum: f64 = terms.iter().filter_map(|(child, by)| Some(by * self.outcome.score(*child, row)?)).sum();
        // Gaps stretch a sum, or count as 0 in a mean.
        let stretch = if sum == 0.0 { 1.0 } else { (value - offset) / sum };
        for (_, by) in &mut terms {
            *by *= stretch;
        }
        terms.retain(|(_, by)| *by != 0.0 && by.is_finite());
        Some(Equation { offset, terms })
    }
}

/// The pattern of a row in the making.
struct Pattern<'t, 'o> {
    tree: &'t Tree<'o>,
    row: usize,
    /// By node, the children that it takes in.
    children: Vec<Vec<usize>>,
    /// Whether editions of surveys tell a node anyway.
    told: Vec<bool>,
    /// People behind each leaf.
    people: Vec<u32>,
    equations: Vec<Option<Equation>>,
    scale: &'t [(f64, f64)],
    hidden: Vec<Option<Hidden>>,
}

impl Pattern<'_, '_> {
    fn complete(&mut self) {
        self.close();
        // Every time at least one figure more is hidden.
        while let Some(place) = self.exposed() {
            if !self.widen(place) {
                return;
            }
            self.close();
        }
    }

    /// Hides what stands beside a lone hidden figure, or above it.
    fn close(&mut self) {
        // Children stand behind their parents: the way back meets them first.
        for place in (0..self.children.len()).rev() {
            let children = &self.children[place];
            let hidden: Vec<usize> = children.iter().copied().filter(|child| self.hidden[*child].is_some()).collect();
            if hidden.is_empty() {
                continue;
            }
            if hidden.len() == children.len() {
                let few = hidden.iter().any(|child| self.hidden[*child] == Some(Hidden::FewAnswers));
                self.hidden[place] = Some(if few { Hidden::FewAnswers } else { Hidden::ProtectsSibling });
                continue;
            }
            if self.hidden[place].is_some() || self.unknown(&hidden) != 1 {
                continue;
            }
            let weight = |place: &usize| self.tree.outcome.weights().get(*place).copied().unwrap_or(0.0);
            let sibling = self.company(place).into_iter().min_by(|a, b| weight(a).total_cmp(&weight(b)));
            match sibling {
                Some(sibling) => self.protect(sibling),
                None => self.hidden[place] = Some(Hidden::ProtectsSibling),
            }
        }
    }

    /// How many different values nobody knows among some nodes; leaves that take one figure of a survey are one.
    fn unknown(&self, places: &[usize]) -> usize {
        let nodes = self.tree.definition.nodes();
        let source = |place: &usize| {
            let survey = nodes.get(*place)?.indicator()?.survey.as_ref()?;
            Some((&survey.index, &survey.wave, &survey.node))
        };
        let unknown: Vec<usize> = places.iter().copied().filter(|place| !self.told[*place]).collect();
        let first = |(at, place): (usize, &usize)| {
            source(place).is_none_or(|named| !unknown[..at].iter().any(|other| source(other) == Some(named)))
        };
        unknown.iter().enumerate().filter(|(at, place)| first((*at, place))).count()
    }

    /// Children of a node that are shown and that nothing else tells.
    fn company(&self, place: usize) -> Vec<usize> {
        self.children[place].iter().copied().filter(|child| self.hidden[*child].is_none() && !self.told[*child]).collect()
    }

    /// Hides a node and all below it.
    fn protect(&mut self, place: usize) {
        self.hidden[place] = self.hidden[place].or(Some(Hidden::ProtectsSibling));
        for child in self.tree.definition.nodes().get(place).map(CompositeNode::children).unwrap_or_default() {
            self.protect(*child);
        }
    }

    /// A leaf of few answers that can be told too narrowly.
    fn exposed(&self) -> Option<usize> {
        let intervals = self.intervals();
        let nodes = self.tree.definition.nodes();
        let few = |place: &usize| {
            nodes[*place].indicator().is_some()
                && self.hidden[*place] == Some(Hidden::FewAnswers)
                && !self.told[*place]
                && self.tree.outcome.score(*place, self.row).is_some()
        };
        (0..nodes.len()).filter(few).find(|place| !self.is_wide(*place, intervals[*place]))
    }

    fn is_wide(&self, place: usize, (low, high): (f64, f64)) -> bool {
        let (least, most) = self.scale[place];
        let range = most - least;
        let step = (STEP / f64::from(self.people[place].max(1))).min(0.5);
        // The true value and the next one above or below it are both possible.
        let truth = self.tree.outcome.score(place, self.row).unwrap_or(low);
        let room = (high - truth).max(truth - low);
        let slack = 1e-9 * range.abs().max(1.0);
        high - low >= range * WIDTH.max(step) - slack && room >= range * step - slack
    }

    /// Between which values every node can be told to lie.
    fn intervals(&self) -> Vec<(f64, f64)> {
        let rounding = self.tree.rounding;
        let start = |place: usize| {
            let shown = self.hidden[place].is_none() || self.told[place];
            match self.tree.outcome.score(place, self.row) {
                Some(value) if shown => (value - rounding, value + rounding),
                // A value beyond its scale is possible at least.
                Some(value) => (self.scale[place].0.min(value), self.scale[place].1.max(value)),
                None => (f64::NEG_INFINITY, f64::INFINITY),
            }
        };
        let mut found: Vec<(f64, f64)> = (0..self.children.len()).map(start).collect();
        let meet = |a: (f64, f64), b: (f64, f64)| (a.0.max(b.0), a.1.min(b.1));
        for place in (0..found.len()).rev() {
            if let Some(Equation { offset, terms }) = &self.equations[place]
                && !terms.is_empty()
            {
                let sum = self.sum(terms, &found, usize::MAX);
                found[place] = meet(found[place], (offset + sum.0, offset + sum.1));
            }
        }
        for place in 0..found.len() {
            let Some(Equation { offset, terms }) = &self.equations[place] else { continue };
            let before = found.clone();
            for (child, by) in terms {
                let others = self.sum(terms, &before, *child);
                let ends = ((found[place].0 - offset - others.1) / by, (found[place].1 - offset - others.0) / by);
                found[*child] = meet(found[*child], (ends.0.min(ends.1), ends.0.max(ends.1)));
            }
        }
        found
    }

    /// Between which values a sum lies, without one of its terms.
    #[allow(clippy::unused_self)]
    fn sum(&self, terms: &[(usize, f64)], of: &[(f64, f64)], without: usize) -> (f64, f64) {
        terms.iter().filter(|(child, _)| *child != without).fold((0.0, 0.0), |(low, high), (child, by)| {
            let ends = (by * of[*child].0, by * of[*child].1);
            (low + ends.0.min(ends.1), high + ends.0.max(ends.1))
        })
    }

    /// Hides one figure more around a leaf: the heaviest beside it, or beside what is above it, or that above it; false if all is hidden.
    fn widen(&mut self, leaf: usize) -> bool {
        let mut place = leaf;
        while let Some(parent) = self.tree.definition.nodes().get(place).and_then(CompositeNode::parent) {
            let weight = |place: &usize| self.tree.outcome.weights().get(*place).copied().unwrap_or(0.0);
            if let Some(sibling) = self.company(parent).into_iter().max_by(|a, b| weight(a).total_cmp(&weight(b))) {
                self.protect(sibling);
                return true;
            }
            if self.hidden[parent].is_none() {
                self.hidden[parent] = Some(Hidden::ProtectsSibling);
                return true;
            }
            place = parent;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::{Attack, Cell, System, is_wide};
    use super::*;
    use crate::composite::{Observation, compute};
    use crate::index::NodeShape;
    use crate::schema::composite::sample::{definition, text};

    /// A leaf: its weight, its value, how many answers it rests on, and whether a survey's edition shows it.
    type Leaf = (f64, f64, Option<u32>, Option<bool>);

    /// Pillars of leaves, each with its weight.
    fn index(pillars: &[(f64, Vec<Leaf>)]) -> (CompositeDefinition, Table) {
        let (mut table, mut children) = (Table::default(), Vec::new());
        for (pillar, (weight, leaves)) in pillars.iter().enumerate() {
            let mut own = Vec::new();
            for (leaf, (weight, value, n, public)) in leaves.iter().enumerate() {
                let code = format!("l{pillar}x{leaf}");
                own.push(json!({"code": code, "label": text(&code), "weight": weight, "maximum": 100, "indicator": {}}));
                let observation = Observation { value: Some(*value), n: *n, public: *public, ..Observation::default() };
                table.insert("2021", "u", &code, observation);
            }
            let code = format!("p{pillar}");
            children.push(json!({"code": code, "label": text(&code), "weight": weight, "children": own}));
        }
        let definition = definition(&json!({
            "kind": "composite", "code": "one", "edition": "2021", "title": text("x"),
            "pipeline": [{"stage": "normalise", "method": "points"}, {"stage": "aggregate", "method": "arithmetic"}],
            "tree": {"code": "ALL", "label": text("x"), "children": Value::Array(children)},
        }));
        (definition, table)
    }

    fn pattern(definition: &CompositeDefinition, outcome: &Outcome, table: &Table) -> Vec<Option<Hidden>> {
        Tree::new(definition, outcome, 2, 10).hidden(table, 0)
    }

    /// Leaves of few answers whose value the attacker can tell too narrowly from the pattern, and how many there are.
    fn recovered(definition: &CompositeDefinition, outcome: &Outcome, table: &Table, hidden: &[Option<Hidden>]) -> (usize, usize) {
        let nodes = definition.nodes();
        let turned = |place: usize| nodes.len() - 1 - place; // children before parents
        let shape = |node: &CompositeNode| NodeShape {
            children: node.children().iter().map(|child| (turned(*child), outcome.weights()[*child])).collect(),
            low: 0.0,
            high: 100.0,
            gap: 25.0,
            twins: Vec::new(),
        };
        let shapes: Vec<NodeShape> = nodes.iter().rev().map(shape).collect();
        let seen = |node: &CompositeNode| table.get("2021", "u", node.code()).cloned().unwrap_or_default();
        let cell = |(place, node): (usize, &CompositeNode)| Cell {
            people: i64::from(seen(node).n.unwrap_or(1)),
            value: outcome.score(place, 0).unwrap(),
            own: hidden[place].filter(|reason| node.indicator().is_some() && *reason == Hidden::FewAnswers),
            ..Cell::default()
        };
        let system = System {
            shapes: &shapes,
            cells: nodes.iter().enumerate().map(cell).rev().collect(),
            groups: Vec::new(),
            partitions: Vec::new(),
        };
        let unknown = |(place, node): (usize, &CompositeNode)| hidden[place].filter(|_| seen(node).public != Some(true));
        let attack = Attack::new(&system, &nodes.iter().enumerate().map(unknown).rev().collect::<Vec<_>>(), 0.005);
        let few: Vec<usize> = (0..system.cells.len()).filter(|place| system.cells[*place].own.is_some()).collect();
        let told = few.iter().filter(|place| !is_wide(&system, **place, attack.interval(**place))).count();
        (told, few.len())
    }

    #[test]
    fn what_a_survey_hides_is_hidden_whatever_the_number_of_answers_says() {
        let leaf = |n, public| (1.0, 50.0, n, public);
        let pillars = [(1.0, vec![leaf(Some(400), Some(false)), leaf(None, None)]), (1.0, vec![leaf(None, None)])];
        let (definition, table) = index(&pillars);
        let outcome = compute(&definition, &table).unwrap();
        let hidden = pattern(&definition, &outcome, &table);
        assert_eq!(hidden[..4], [None, None, Some(Hidden::FewAnswers), Some(Hidden::ProtectsSibling)]);
    }

    #[test]
    fn a_sibling_that_the_survey_tells_anyway_hides_nothing() {
        let leaf = |n, public| (1.0, 50.0, Some(n), Some(public));
        let pillars = [(1.0, vec![leaf(4, false), leaf(400, true)]), (1.0, vec![(1.0, 40.0, None, None)])];
        let (definition, table) = index(&pillars);
        let outcome = compute(&definition, &table).unwrap();
        let hidden = pattern(&definition, &outcome, &table);
        let protects = Some(Hidden::ProtectsSibling);
        assert_eq!(
            hidden,
            [None, protects, Some(Hidden::FewAnswers), None, protects, protects],
            "its parent goes, and the pillar beside it"
        );
        // Nothing beside it that is not told: all above is hidden.
        let (definition, table) = index(&[(1.0, vec![leaf(4, false), leaf(400, true)])]);
        let outcome = compute(&definition, &table).unwrap();
        assert_eq!(pattern(&definition, &outcome, &table)[..2], [Some(Hidden::ProtectsSibling), protects]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

        #[test]
        fn no_leaf_of_few_answers_can_be_told(
            pillars in prop::collection::vec((0.05..1.0, prop::collection::vec(
                (0.01..1.0, 0.0..100.0, prop::option::of(1_u32..40), prop::sample::select(vec![None, Some(false), Some(true)])), 1..5)), 1..5)
        ) {
            let (definition, table) = index(&pillars);
            let outcome = compute(&definition, &table).unwrap();
            let hidden = pattern(&definition, &outcome, &table);
            let known = |place: usize| {
                let node = &definition.nodes()[place];
                table.get("2021", "u", node.code()).is_some_and(|seen| seen.public == Some(true))
            };
            let hidden: Vec<_> = hidden.into_iter().enumerate().map(|(place, reason)| reason.filter(|_| !known(place))).collect();
            let (told, few) = recovered(&definition, &outcome, &table, &hidden);
            prop_assert_eq!(told, 0, "recovered {} of {}", told, few);
        }
    }
}
