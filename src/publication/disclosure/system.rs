//! What is published together, as the system of equations that a reader can write down: totals over domains that part one another, and
//! nodes that are weighted means of their children.

use std::collections::{BTreeMap, HashMap};

use super::Hidden;
use crate::index::{NodeShape, Score};
use crate::unit::{Registry, UnitId, UnitKind};

/// People and weights agree if they differ by less than this share.
const SAME: f64 = 1e-6;

/// A node of the index for a domain.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cell {
    /// People it rests on; 0 where there is no figure.
    pub people: i64,
    /// Of a leaf: the weight of its answers.
    pub weight: f64,
    /// The figure.
    pub value: f64,
    /// The rule that hides it, whatever is published beside it.
    pub own: Option<Hidden>,
    /// Whether the edition before hid it, so that it is the first to be hidden again.
    pub before: bool,
}

impl Cell {
    /// Whether there is a figure at all.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.people > 0
    }
}

/// A domain that others part: whatever is a total over it is the sum of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The domain.
    pub whole: usize,
    /// The domains inside it.
    pub parts: Vec<usize>,
}

/// Everything that is published together.
#[derive(Debug, Clone)]
pub struct System<'a> {
    /// The nodes, children before parents.
    pub shapes: &'a [NodeShape],
    /// Domain by domain, node by node.
    pub cells: Vec<Cell>,
    /// The domains that others part.
    pub groups: Vec<Group>,
    /// The domains of each partition.
    pub partitions: Vec<Vec<usize>>,
}

impl<'a> System<'a> {
    /// The system of all the scores of a run, which come by domain, then by node.
    #[must_use]
    pub fn of(shapes: &'a [NodeShape], scores: &[Score], units: &Registry, own: &dyn Fn(&Score) -> Option<Hidden>) -> Self {
        let cell = |score: &Score| Cell {
            people: if score.value.is_some() { score.basis.people } else { 0 },
            weight: score.basis.weight,
            value: score.value.unwrap_or_default(),
            own: score.value.and_then(|_| own(score)),
            before: false,
        };
        let cells = scores.iter().map(cell).collect();
        let domains: Vec<&Score> = scores.iter().step_by(shapes.len().max(1)).collect();
        let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, score) in domains.iter().enumerate() {
            kinds.entry(&score.domain.kind).or_default().push(place);
        }
        let mut system = Self { shapes, cells, groups: groups(&domains, units), partitions: kinds.into_values().collect() };
        system.drop_impossible();
        system
    }

    /// How many domains there are.
    #[must_use]
    pub fn domains(&self) -> usize {
        self.cells.len() / self.shapes.len().max(1)
    }

    /// The place of a cell.
    #[must_use]
    pub fn place(&self, domain: usize, node: usize) -> usize {
        domain * self.shapes.len() + node
    }

    /// Places of the nodes that have no children.
    pub fn leaves(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.shapes.len()).filter(|node| self.shapes[*node].children.is_empty())
    }

    /// The children of a node that have figures in a domain, with their weights among those that do.
    #[must_use]
    pub fn children(&self, domain: usize, node: usize) -> Vec<(usize, f64)> {
        let there = self.shapes[node].children.iter().filter(|(child, _)| self.cells[self.place(domain, *child)].is_there());
        let there: Vec<(usize, f64)> = there.copied().collect();
        let total: f64 = there.iter().map(|(_, weight)| weight).sum();
        there.into_iter().filter(|(_, weight)| *weight > 0.0).map(|(child, weight)| (self.place(domain, child), weight / total)).collect()
    }

    /// The parts of a group that have a figure of a leaf, and what of the whole lies in none of them: people and weight.
    #[must_use]
    pub fn parts(&self, group: &Group, leaf: usize) -> (Vec<usize>, i64, f64) {
        let parts = group.parts.iter().map(|domain| self.place(*domain, leaf));
        let parts: Vec<usize> = parts.filter(|place| self.cells[*place].is_there()).collect();
        let whole = &self.cells[self.place(group.whole, leaf)];
        let people: i64 = parts.iter().map(|place| self.cells[*place].people).sum();
        let weight: f64 = parts.iter().map(|place| self.cells[*place].weight).sum();
        (parts, whole.people - people, whole.weight - weight)
    }

    /// Takes groups out that names suggest and figures rule out: parts whose people lie outside the whole too.
    fn drop_impossible(&mut self) {
        let leaves: Vec<usize> = self.leaves().collect();
        let fits = |group: &Group| {
            leaves.iter().all(|leaf| {
                let whole = self.cells[self.place(group.whole, *leaf)];
                let (parts, people, weight) = self.parts(group, *leaf);
                if !whole.is_there() {
                    return parts.is_empty();
                }
                let total: f64 = parts.iter().map(|place| self.cells[*place].weight * self.cells[*place].value).sum();
                let range = self.shapes[*leaf].high - self.shapes[*leaf].low;
                let off = (total - whole.weight * whole.value).abs();
                let agrees = weight.abs() <= SAME * whole.weight && off <= SAME * whole.weight * range.max(1.0);
                // People are counted by the most answered item of a pool: those of the parts may be more than those of the whole.
                people > 0 && weight > -SAME * whole.weight || agrees
            })
        };
        let groups = self.groups.iter().filter(|group| fits(group)).cloned().collect();
        self.groups = groups;
    }
}

/// What tells the domains of a partition apart.
type Name<'a> = (Option<i32>, Option<i32>, Option<&'a str>);

/// One partition: its domains by name, and the kind of its areas.
struct Partition<'a> {
    item: Option<&'a str>,
    by_unit: bool,
    areas: Option<UnitKind>,
    domains: Vec<usize>,
    names: HashMap<Name<'a>, usize>,
}

/// For every two partitions, the domains of one that those of the other part.
fn groups(domains: &[&Score], units: &Registry) -> Vec<Group> {
    let mut partitions: BTreeMap<&str, Partition<'_>> = BTreeMap::new();
    for (place, score) in domains.iter().enumerate() {
        let key = &score.domain;
        let partition = partitions.entry(&key.kind).or_insert_with(|| Partition {
            item: key.item.as_deref(),
            by_unit: key.unit.is_some(),
            areas: key.area.and_then(|area| units.get(UnitId(area))).map(|unit| unit.record.kind),
            domains: Vec::new(),
            names: HashMap::new(),
        });
        partition.domains.push(place);
        partition.names.insert((key.area, key.unit, key.option.as_deref()), place);
    }
    let mut groups = Vec::new();
    for (whole, coarse) in &partitions {
        for (part, fine) in &partitions {
            if whole == part || coarse.item.is_some() && coarse.item != fine.item || coarse.by_unit && !fine.by_unit {
                continue;
            }
            let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for place in &fine.domains {
                let key = &domains[*place].domain;
                let area = match coarse.areas {
                    None => None,
                    Some(kind) => match key.area.or(key.unit).and_then(|unit| units.ancestor_of_kind(UnitId(unit), kind)) {
                        Some(area) => Some(area.id.0),
                        None => continue,
                    },
                };
                let name = (area, key.unit.filter(|_| coarse.by_unit), key.option.as_deref().filter(|_| coarse.item.is_some()));
                if let Some(whole) = coarse.names.get(&name) {
                    parts.entry(*whole).or_default().push(*place);
                }
            }
            groups.extend(parts.into_iter().map(|(whole, parts)| Group { whole, parts }));
        }
    }
    groups
}
