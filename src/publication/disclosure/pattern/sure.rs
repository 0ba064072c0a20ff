//! Hidden figures that are safe for sure, without solving anything.
//!
//! A figure can be told no more narrowly than it can move with nothing published moving. A leaf's figure of one domain moves up and that of
//! another down by as much weight: whatever is published over both stays, if both are in the same groups. Where two such domains are not at
//! hand, four are: the corners of a rectangle, of which two move up and two down, so that every group holds one of each. A domain that has parts
//! takes them along, each against a part of another; and a part takes its whole along. Nothing published may rest on the leaf in any of them, so
//! that the nodes above it must be hidden there too.
//!
//! Such moves prove that a figure is safe; that there are none proves nothing, and the attacker has to be asked.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::super::attack::Interval;
use super::super::system::System;
use super::{Hidden, is_wide};

/// How many domains of the same groups are tried.
const PARTNERS: usize = 32;

/// How many neighbours are tried for the corners of a rectangle, along each side.
const CORNERS: usize = 8;

/// What can be moved.
pub(super) struct Sure<'a> {
    system: &'a System<'a>,
    /// The groups that each domain is a part of.
    part_of: Vec<Vec<usize>>,
    /// The groups that each domain is the whole of.
    whole_of: Vec<Vec<usize>>,
    /// The domains by the groups that they are parts of.
    alike: HashMap<Vec<usize>, Vec<usize>>,
    /// Of a leaf's cell: whether it is hidden, and every node above it.
    loose: Vec<bool>,
    /// How far each leaf can move, once that was asked.
    ways: Vec<OnceLock<Way>>,
}

/// How far a figure can move down and up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Way {
    down: f64,
    up: f64,
}

impl Way {
    /// Both together, and no farther than all the way.
    fn and(self, other: Self, whole: Self) -> Self {
        Self { down: (self.down + other.down).min(whole.down), up: (self.up + other.up).min(whole.up) }
    }

    /// As far as both allow.
    fn less(self, other: &Self) -> Self {
        Self { down: self.down.min(other.down), up: self.up.min(other.up) }
    }

    fn is(self, whole: Self) -> bool {
        self.down >= whole.down && self.up >= whole.up
    }
}

impl<'a> Sure<'a> {
    pub(super) fn of(system: &'a System<'a>, hidden: &[Option<Hidden>]) -> Self {
        let (mut part_of, mut whole_of) = (vec![Vec::new(); system.domains()], vec![Vec::new(); system.domains()]);
        for (place, group) in system.groups.iter().enumerate() {
            whole_of[group.whole].push(place);
            for part in &group.parts {
                part_of[*part].push(place);
            }
        }
        let mut alike: HashMap<Vec<usize>, Vec<usize>> = HashMap::new();
        for (domain, groups) in part_of.iter().enumerate() {
            alike.entry(groups.clone()).or_default().push(domain);
        }
        let mut above = vec![Vec::new(); system.shapes.len()];
        // Children come before parents: from the last to the first, what is above a node is known when its children are met.
        for (parent, shape) in system.shapes.iter().enumerate().rev() {
            for (child, _) in shape.children.iter().filter(|(_, weight)| *weight > 0.0) {
                let over: Vec<usize> = above[parent].iter().copied().chain([parent]).collect();
                above[*child].extend(over);
            }
        }
        let open = |place: usize| hidden[place].is_none() && system.cells[place].is_there();
        let nodes = system.shapes.len().max(1);
        let is_loose = |place: usize| {
            let (domain, node) = (place / nodes, place % nodes);
            let is_leaf = system.shapes[node].children.is_empty();
            is_leaf
                && hidden[place].is_some()
                && system.cells[place].is_there()
                && !above[node].iter().any(|over| open(domain * nodes + over))
        };
        let loose = (0..system.cells.len()).map(is_loose).collect();
        let ways = (0..system.cells.len()).map(|_| OnceLock::new()).collect();
        Self { system, part_of, whole_of, alike, loose, ways }
    }

    /// Whether a hidden figure can certainly move far enough.
    pub(super) fn is_safe(&self, place: usize) -> bool {
        let nodes = self.system.shapes.len().max(1);
        let way = self.way(place / nodes, place % nodes);
        let truth = self.system.cells[place].value;
        is_wide(self.system, place, Interval { low: truth - way.down, high: truth + way.up })
    }

    /// How far a node can move: its leaves move apart from each other, since what is published over several domains adds up leaf by leaf.
    fn way(&self, domain: usize, node: usize) -> Way {
        if self.system.shapes[node].children.is_empty() {
            return *self.ways[self.system.place(domain, node)].get_or_init(|| self.leaf(domain, node));
        }
        let nodes = self.system.shapes.len();
        let add = |sum: Way, (child, weight): (usize, f64)| {
            let way = self.way(domain, child % nodes);
            Way { down: sum.down + weight * way.down, up: sum.up + weight * way.up }
        };
        self.system.children(domain, node).into_iter().fold(Way::default(), add)
    }

    /// Whether a leaf of a domain can move and nothing published of the domain notices.
    fn is_loose(&self, domain: usize, leaf: usize) -> bool {
        self.loose[self.system.place(domain, leaf)]
    }

    /// How far a leaf can move: against others of the same groups, and where that is not all the way around rectangles. Each other domain is
    /// counted once, so that all of them can move at a time.
    fn leaf(&self, domain: usize, leaf: usize) -> Way {
        if !self.is_loose(domain, leaf) {
            return Way::default();
        }
        let groups = &self.part_of[domain];
        let (own, shape) = (self.system.cells[self.system.place(domain, leaf)].value, &self.system.shapes[leaf]);
        let whole = Way { down: own - shape.low, up: shape.high - own };
        if !self.whole_of[domain].is_empty() {
            return self.with_parts(domain, leaf);
        }
        if groups.is_empty() {
            return whole;
        }
        let mut sum = Way::default();
        for other in self.simple(groups, leaf).filter(|other| *other != domain).take(PARTNERS) {
            sum = sum.and(self.around(domain, leaf, &[other], &[]), whole);
            if sum.is(whole) {
                return sum;
            }
        }
        let mut used: HashSet<usize> = self.simple(groups, leaf).take(PARTNERS + 1).collect();
        for (one, other, far) in self.corners(domain, leaf, groups) {
            if [one, other, far].iter().any(|corner| used.contains(corner)) {
                continue;
            }
            used.extend([one, other, far]);
            sum = sum.and(self.around(domain, leaf, &[one, other], &[far]), whole);
            if sum.is(whole) {
                return sum;
            }
        }
        let through = groups.iter().map(|group| self.through(domain, leaf, *group));
        through.fold(sum, |a, b| if a.down + a.up >= b.down + b.up { a } else { b })
    }

    /// How far a leaf of a part can move where its whole moves along, against another whole and parts of that.
    fn through(&self, domain: usize, leaf: usize, group: usize) -> Way {
        let whole = self.system.groups[group].whole;
        if !self.is_loose(whole, leaf) {
            return Way::default();
        }
        let rest = self.beside(domain, group);
        let weight = |domain: usize| self.system.cells[self.system.place(domain, leaf)].weight.max(f64::MIN_POSITIVE);
        let mut best = Way::default();
        for other in self.like(&self.part_of[whole], leaf).filter(|other| *other != whole).take(PARTNERS) {
            for beside in &self.whole_of[other] {
                let parts = self.system.groups[*beside].parts.iter().copied();
                let parts = parts.filter(|part| self.is_simple(*part, leaf) && self.beside(*part, *beside) == rest);
                let far = parts.map(|part| self.around(domain, leaf, &[part], &[]));
                let far = far.fold(Way::default(), |a, b| Way { down: a.down + b.down, up: a.up + b.up });
                let with = self.around(whole, leaf, &[other], &[]).less(&self.parts_move(whole, other, leaf, Some((group, *beside))));
                let rate = weight(whole) / weight(domain);
                let way = far.less(&Way { down: with.down * rate, up: with.up * rate }).less(&self.around(domain, leaf, &[], &[]));
                if way.down + way.up > best.down + best.up {
                    best = way;
                }
            }
        }
        best
    }

    /// Domains of just these groups in which a leaf can move.
    fn like(&self, groups: &[usize], leaf: usize) -> impl Iterator<Item = usize> {
        self.alike.get(groups).into_iter().flatten().copied().filter(move |domain| self.is_loose(*domain, leaf))
    }

    /// The same of those that have no parts, which would have to move with them.
    fn simple(&self, groups: &[usize], leaf: usize) -> impl Iterator<Item = usize> {
        self.like(groups, leaf).filter(|domain| self.whole_of[*domain].is_empty())
    }

    fn is_simple(&self, domain: usize, leaf: usize) -> bool {
        self.is_loose(domain, leaf) && self.whole_of[domain].is_empty()
    }

    /// How far a leaf of a domain with parts can move against that of another: in each group of its parts as much has to move, part against part
    /// of the other's, where these are in the same groups beside.
    fn with_parts(&self, domain: usize, leaf: usize) -> Way {
        let others = self.like(&self.part_of[domain], leaf).filter(|other| *other != domain).take(PARTNERS);
        let ways = others.map(|other| self.around(domain, leaf, &[other], &[]).less(&self.parts_move(domain, other, leaf, None)));
        ways.fold(Way::default(), |a, b| if a.down + a.up >= b.down + b.up { a } else { b })
    }

    /// How far the parts of one domain let it move against another, in each of its groups with one of the other's; but for two groups that are
    /// seen to already.
    fn parts_move(&self, domain: usize, other: usize, leaf: usize, but: Option<(usize, usize)>) -> Way {
        let mut way = Way { down: f64::INFINITY, up: f64::INFINITY };
        let mut besides: Vec<usize> =
            self.whole_of[other].iter().copied().filter(|group| but.is_none_or(|(_, but)| but != *group)).collect();
        let weight = self.system.cells[self.system.place(domain, leaf)].weight.max(f64::MIN_POSITIVE);
        for group in self.whole_of[domain].iter().filter(|group| but.is_none_or(|(but, _)| but != **group)) {
            let below = besides.iter().enumerate().map(|(at, beside)| (at, self.against(*group, *beside, leaf)));
            let least = |way: &Way| way.down.min(way.up);
            let Some((at, below)) = below.max_by(|a, b| least(&a.1).total_cmp(&least(&b.1))) else { return Way::default() };
            // Each group of the other moves with one of these.
            besides.swap_remove(at);
            way = way.less(&Way { down: below.down / weight, up: below.up / weight });
        }
        if besides.is_empty() { way } else { Way::default() }
    }

    /// The groups that a part is in beside one.
    fn beside(&self, part: usize, group: usize) -> Vec<usize> {
        self.part_of[part].iter().copied().filter(|other| *other != group).collect()
    }

    /// How much weight times value the parts of one group can move against those of another, pair by pair.
    fn against(&self, group: usize, beside: usize, leaf: usize) -> Way {
        let mut partners: HashMap<Vec<usize>, Vec<usize>> = HashMap::new();
        for part in self.system.groups[beside].parts.iter().filter(|part| self.is_simple(**part, leaf)) {
            partners.entry(self.beside(*part, beside)).or_default().push(*part);
        }
        let mut sum = Way::default();
        for part in self.system.groups[group].parts.iter().filter(|part| self.is_simple(**part, leaf)) {
            if let Some(partner) = partners.get_mut(&self.beside(*part, group)).and_then(Vec::pop) {
                let way = self.around(*part, leaf, &[partner], &[]);
                let weight = self.system.cells[self.system.place(*part, leaf)].weight;
                sum = Way { down: sum.down + way.down * weight, up: sum.up + way.up * weight };
            }
        }
        sum
    }

    /// Neighbours along two groups, and the domain that lies across: what it is part of beside the neighbours' groups is what the first is.
    fn corners<'s>(&'s self, domain: usize, leaf: usize, groups: &'s [usize]) -> impl Iterator<Item = (usize, usize, usize)> + 's {
        let beside = move |group: usize| {
            let parts = self.system.groups[group].parts.iter().copied();
            parts.filter(move |other| *other != domain && self.is_simple(*other, leaf)).take(CORNERS)
        };
        let pairs = groups.iter().enumerate().flat_map(move |(at, one)| groups[at + 1..].iter().map(move |other| (*one, *other)));
        let neighbours = pairs.flat_map(move |(a, b)| beside(a).flat_map(move |one| beside(b).map(move |other| (one, other))));
        neighbours.filter(|(one, other)| one != other).filter_map(move |(one, other)| {
            let across = across(groups, &self.part_of[one], &self.part_of[other])?;
            let far = self.simple(&across, leaf).find(|far| ![domain, one, other].contains(far))?;
            Some((one, other, far))
        })
    }

    /// How far a leaf can move where some domains move against it and others with it, each by the same weight and within its range.
    fn around(&self, domain: usize, leaf: usize, against: &[usize], with: &[usize]) -> Way {
        let shape = &self.system.shapes[leaf];
        let cell = |domain: usize| self.system.cells[self.system.place(domain, leaf)];
        let own = cell(domain);
        let room = |domain: usize, upwards: bool| {
            let of = cell(domain);
            of.weight / own.weight.max(f64::MIN_POSITIVE) * if upwards { shape.high - of.value } else { of.value - shape.low }
        };
        let way = |upwards: bool| {
            let first = if upwards { shape.high - own.value } else { own.value - shape.low };
            let others = against.iter().map(|of| room(*of, !upwards)).chain(with.iter().map(|of| room(*of, upwards)));
            others.fold(first, f64::min).max(0.0)
        };
        Way { down: way(false), up: way(true) }
    }
}

/// What the fourth corner is part of: whatever its neighbours are, less what the first corner is; none where that comes out at nothing that can
/// be. The lists are in order and have nothing twice.
fn across(first: &[usize], one: &[usize], other: &[usize]) -> Option<Vec<usize>> {
    let mut count: HashMap<usize, i32> = HashMap::new();
    one.iter().chain(other).for_each(|group| *count.entry(*group).or_default() += 1);
    for group in first {
        *count.entry(*group).or_default() -= 1;
    }
    let mut across = Vec::new();
    for (group, times) in count {
        match times {
            0 => {}
            1 => across.push(group),
            _ => return None,
        }
    }
    across.sort_unstable();
    Some(across)
}
