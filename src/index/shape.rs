//! Between which values the nodes of an index lie and what holds them together: what disclosure control solves for.

use std::collections::BTreeSet;

use super::{Plan, PlanNode};
use crate::scoring::Measure;

/// How a node follows from what is below it, and between which values it lies: what disclosure control solves for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeShape {
    /// Places of its children with their weights, which add up to one; none of a leaf.
    pub children: Vec<(usize, f64)>,
    /// The least value it can have.
    pub low: f64,
    /// The greatest.
    pub high: f64,
    /// Of a leaf: how far two neighbouring answers are apart at most.
    pub gap: f64,
    /// Of a leaf: places of the other leaves that are made of all its items: another measure of them, such as a mean and a share, or a pool with
    /// more. Whoever knows one knows much of the other.
    pub twins: Vec<usize>,
}

/// The shape of a weighted mean of nodes whose shapes are known.
fn combined(children: &[(usize, f64)], shapes: &[NodeShape]) -> NodeShape {
    let total: f64 = children.iter().map(|(_, weight)| weight).sum();
    let end = |of: fn(&NodeShape) -> f64| children.iter().map(|(child, weight)| weight / total * of(&shapes[*child])).sum();
    NodeShape { children: children.to_vec(), low: end(|shape| shape.low), high: end(|shape| shape.high), ..NodeShape::default() }
}

impl Plan {
    /// How every node follows from its children or from answers, in the order of the nodes.
    #[must_use]
    pub fn shapes(&self) -> Vec<NodeShape> {
        let mut shapes: Vec<NodeShape> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let shape = node.leaf().map_or_else(|| combined(node.children(), &shapes), |leaf| self.leaf_shape(leaf));
            shapes.push(shape);
        }
        let items = |(place, node): (usize, &PlanNode)| Some((place, self.items(node.leaf()?)));
        let leaves: Vec<(usize, BTreeSet<usize>)> = self.nodes.iter().enumerate().filter_map(items).collect();
        for (place, items) in &leaves {
            let others = leaves.iter().filter(|(other, of)| other != place && items.is_subset(of));
            shapes[*place].twins = others.map(|(other, _)| *other).collect();
        }
        shapes
    }

    /// The columns that a leaf is made of.
    fn items(&self, leaf: usize) -> BTreeSet<usize> {
        self.leaves[leaf].parts.iter().map(|part| self.measures[*part].column).collect()
    }

    fn leaf_shape(&self, leaf: usize) -> NodeShape {
        let parts = self.leaves[leaf].parts.iter().map(|part| &self.measures[*part]);
        let of_part =
            |measure: &Measure| (0..=u8::MAX).filter_map(|code| measure.num(code)).map(|num| measure.scale() * f64::from(num)).collect();
        let mut values: Vec<f64> = parts.flat_map(|measure| -> Vec<f64> { of_part(measure) }).collect();
        values.sort_by(f64::total_cmp);
        let gap = values.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
        let (low, high) = (values.first().copied().unwrap_or(0.0), values.last().copied().unwrap_or(0.0));
        NodeShape { low, high, gap, ..NodeShape::default() }
    }
}
