//! Which figures have to be hidden beside those that a rule hides, so that none of these can be calculated.
//!
//! First the plain cases are closed, in which a hidden figure stands alone in an equation (Hundepool et al. 2012, *Statistical Disclosure
//! Control*, §4.4): the cheapest figure beside it is hidden too, until nothing changes. Then an attacker ([`super::attack`]) computes how
//! narrowly every figure that a rule hides can be told from all that is left, whatever equations he combines; where that is too narrow, more
//! is hidden around it.

mod sure;

use rayon::prelude::*;

use self::sure::Sure;
use super::Hidden;
use super::attack::{Attack, Interval};
use super::system::{Group, System};

/// An interval must be at least this part of a node's range wide, where few people are behind the figure.
const WIDTH: f64 = 0.1;

/// A figure closer to the end of its range than this part of it cannot make up for another.
const ROOM: f64 = 0.03;

/// A partition of more domains than this is large.
const LARGE: usize = 200;

/// More figures than this in doubt are not solved one by one.
const MANY: usize = 10_000;

/// What cannot move with those nearest may with more: how many may move, while no more figures than this are in doubt.
const WIDER: [(usize, usize); 2] = [(250, 1_000), (1_000, 200)];

/// How often the attacker is asked before whole domains are hidden.
const GENTLE: usize = 4;

/// In tables of more figures than this nothing more is hidden beside domains of which nothing is published.
const SOLVED: usize = 20_000;

/// How often he is asked at most: every time at least one domain more is hidden for each exposed figure.
const ROUNDS: usize = 40;

/// What must hold of what a reader can derive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Protection {
    /// Fewest people in whatever can be calculated as a difference of totals.
    pub people: i64,
    /// Whether a single hidden figure between published ones is already too little.
    pub alone: bool,
    /// How far a published figure may be from the true one, by rounding.
    pub rounding: f64,
}

/// Completes the pattern: for every cell why it is hidden, if it is. What a rule hides was seen to move far enough, was held against the
/// attacker, or has as much hidden around it as would help; where nothing that is tried comes to that, everything is hidden.
#[must_use]
pub fn complete(system: &System<'_>, protection: Protection) -> Vec<Option<Hidden>> {
    let mut pattern = Pattern::of(system, protection);
    pattern.drop_partitions();
    pattern.close();
    for round in 0..ROUNDS {
        let exposed = pattern.exposed(round > 0 || pattern.hidden.len() > SOLVED);
        if exposed.is_empty() {
            return pattern.hidden;
        }
        if !pattern.widen(&exposed, round < GENTLE) {
            break;
        }
        pattern.close();
    }
    for place in 0..pattern.hidden.len() {
        pattern.hide(place);
    }
    pattern.hidden
}

/// Whether an interval is wide enough that nobody's answer can be told from it: with room for two values that so many people can come to, and
/// a tenth of the range at least for a figure of few people.
#[must_use]
pub fn is_wide(system: &System<'_>, place: usize, interval: Interval) -> bool {
    let shape = &system.shapes[place % system.shapes.len().max(1)];
    #[allow(clippy::cast_precision_loss)] // people
    let step = shape.gap / system.cells[place].people.max(1) as f64;
    let range = shape.high - shape.low;
    let width = if system.cells[place].own == Some(Hidden::FewAnswers) { WIDTH } else { 0.0 };
    let truth = system.cells[place].value;
    // The true value and the next one above or below it are both possible.
    let room = (interval.high - truth).max(truth - interval.low);
    let slack = 1e-6 * range.max(1.0);
    interval.high - interval.low >= width * range - slack && room >= step.min(0.5 * range) - slack
}

struct Pattern<'s> {
    system: &'s System<'s>,
    protection: Protection,
    /// The smallest first.
    groups: Vec<&'s Group>,
    /// The groups that each domain is in.
    member: Vec<Vec<usize>>,
    /// Hidden figures of every group, node by node.
    unknown: Vec<u32>,
    hidden: Vec<Option<Hidden>>,
}

impl<'s> Pattern<'s> {
    /// What the rules hide.
    fn of(system: &'s System<'s>, protection: Protection) -> Self {
        // Small groups leave the least choice: what they need often serves the large ones too.
        let mut groups: Vec<&Group> = system.groups.iter().collect();
        groups.sort_by_key(|group| group.parts.len());
        let mut member = vec![Vec::new(); system.domains()];
        for (place, group) in groups.iter().enumerate() {
            group.parts.iter().chain([&group.whole]).for_each(|domain| member[*domain].push(place));
        }
        let unknown = vec![0; groups.len() * system.shapes.len()];
        let mut pattern = Self { system, protection, groups, member, unknown, hidden: vec![None; system.cells.len()] };
        let ruled = || system.cells.iter().enumerate().filter_map(|(place, cell)| Some((place, cell.own?)));
        // Each for its own reason first, then what has none but them.
        ruled().for_each(|(place, own)| pattern.hide_for(place, own));
        ruled().for_each(|(place, _)| pattern.hide_twins(place));
        pattern
    }

    /// Hides more around figures that are exposed: gently beside each, or by whole domains. Whether there was anything left to hide.
    fn widen(&mut self, exposed: &[usize], gently: bool) -> bool {
        let before = self.count();
        if gently && exposed.len() <= MANY {
            for place in exposed {
                self.cover(*place);
            }
            return self.count() > before;
        }
        let mut domains: Vec<usize> = exposed.iter().map(|place| place / self.system.shapes.len().max(1)).collect();
        domains.dedup();
        for domain in &domains {
            self.clear(*domain);
        }
        if self.count() == before {
            // Nothing is left to hide beside them but the totals.
            for domain in &domains {
                self.clear_wholes(*domain);
            }
        }
        self.count() > before
    }

    /// Hides what stands beside a lone hidden figure, until nothing changes.
    fn close(&mut self) {
        loop {
            let before = self.count();
            for domain in 0..self.system.domains() {
                for node in 0..self.system.shapes.len() {
                    self.close_node(domain, node);
                }
            }
            for place in 0..self.groups.len() {
                for node in 0..self.system.shapes.len() {
                    self.close_group(self.groups[place], node);
                }
            }
            if self.count() == before {
                return;
            }
        }
    }

    fn count(&self) -> usize {
        self.hidden.iter().flatten().count()
    }

    /// A node and its children: none, or at least two, of them are hidden.
    fn close_node(&mut self, domain: usize, node: usize) {
        let place = self.system.place(domain, node);
        let children = self.system.children(domain, node);
        if children.is_empty() || !self.system.cells[place].is_there() {
            return;
        }
        let hidden: Vec<usize> =
            children.iter().map(|(child, _)| *child).chain([place]).filter(|cell| self.hidden[*cell].is_some()).collect();
        if hidden.len() == children.len() && self.hidden[place].is_none() {
            self.hide(place);
        } else if !hidden.is_empty() && !self.is_company(&hidden, 0) {
            // What is below a child follows by itself: it would tell the child.
            let open = children.iter().map(|(child, _)| *child).filter(|child| self.hidden[*child].is_none());
            let next = self.cheapest(open).unwrap_or(place);
            self.hide(next);
        }
    }

    /// A node over a domain and over its parts: of those that are not published, none or enough. Combinations do not add up, but the numbers of
    /// responses that stand beside them do.
    fn close_group(&mut self, group: &Group, node: usize) {
        let whole = self.system.place(group.whole, node);
        if !self.system.cells[whole].is_there() {
            return;
        }
        let (parts, rest, weight) = self.system.parts(group, node);
        let rest = if self.system.shapes[node].children.is_empty() { rest.max(0) } else { 0 };
        let blurred = self.is_blurred(whole, &parts, rest, weight);
        loop {
            let hidden: Vec<usize> = parts.iter().copied().filter(|part| self.hidden[*part].is_some()).collect();
            let unknown: Vec<usize> = hidden.iter().copied().chain(self.hidden[whole].map(|_| whole)).collect();
            // People that nothing is published of but their total.
            let people: i64 = hidden.iter().map(|part| self.system.cells[*part].people).sum::<i64>() + rest;
            let nothing = hidden.is_empty() && self.hidden[whole].is_none();
            let enough = people >= self.protection.people || self.hidden[whole].is_some() && rest == 0 && hidden.len() > 1;
            let company = || !self.protection.alone || self.is_company(&unknown, usize::from(rest > 0));
            let safe = if nothing { rest == 0 || blurred || enough } else { enough && company() };
            if safe {
                return;
            }
            let open = parts.iter().copied().filter(|part| self.hidden[*part].is_none());
            match self.cheapest(open) {
                Some(part) => self.hide(part),
                None if self.hidden[whole].is_none() => self.hide(whole),
                None => return,
            }
        }
    }

    /// Whether hidden figures of one equation keep each other company: one can only fall or rise if another does the opposite, and one that
    /// stands at the end of its range leaves the others no room.
    fn is_company(&self, hidden: &[usize], besides: usize) -> bool {
        let nodes = self.system.shapes.len();
        // Measures of the same answers move together.
        let first = |place: &&usize| {
            let (domain, node) = (**place / nodes, **place % nodes);
            let twins = self.system.shapes[node].twins.iter().filter(|twin| self.system.shapes[**twin].twins.contains(&node));
            !twins.into_iter().any(|twin| *twin < node && hidden.contains(&(domain * nodes + twin)))
        };
        let apart: Vec<usize> = hidden.iter().filter(first).copied().collect();
        let moves = apart.iter().filter(|place| self.room(**place) >= ROOM).count() + besides;
        let stuck = apart.len() + besides > moves;
        apart.len() + besides > 1 && moves > usize::from(!stuck)
    }

    /// How far a figure is from the nearer end of its range, as a part of the range.
    fn room(&self, place: usize) -> f64 {
        let shape = &self.system.shapes[place % self.system.shapes.len().max(1)];
        let value = self.system.cells[place].value;
        (value - shape.low).min(shape.high - value) / (shape.high - shape.low).max(f64::MIN_POSITIVE)
    }

    /// Whether what of a domain lies in none of its parts cannot be told for all the rounding of what is published.
    fn is_blurred(&self, whole: usize, parts: &[usize], rest: i64, weight: f64) -> bool {
        if rest <= 0 || weight <= 0.0 {
            return false;
        }
        let told: f64 = parts.iter().chain([&whole]).map(|place| self.system.cells[*place].weight).sum();
        let width = 2.0 * self.protection.rounding * told / weight;
        let shape = &self.system.shapes[whole % self.system.shapes.len().max(1)];
        #[allow(clippy::cast_precision_loss)] // people
        let step = 2.0 * shape.gap / rest as f64;
        width >= step.max(WIDTH * (shape.high - shape.low))
    }

    fn hide(&mut self, place: usize) {
        if self.hidden[place].is_none() {
            self.hide_for(place, Hidden::ProtectsSibling);
            self.hide_twins(place);
        }
    }

    /// Hides the same answers by another measure.
    fn hide_twins(&mut self, place: usize) {
        let nodes = self.system.shapes.len();
        for twin in &self.system.shapes[place % nodes].twins {
            self.hide(place / nodes * nodes + twin);
        }
    }

    fn hide_for(&mut self, place: usize, reason: Hidden) {
        if self.hidden[place].is_none() {
            self.hidden[place] = Some(reason);
            let nodes = self.system.shapes.len();
            for group in &self.member[place / nodes] {
                self.unknown[group * nodes + place % nodes] += 1;
            }
        }
    }

    fn cheapest(&self, of: impl Iterator<Item = usize>) -> Option<usize> {
        of.map(|place| (self.cost(place), place)).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))).map(|(_, place)| place)
    }

    /// What is lost by hiding a figure: people, and more the higher it stands and the more equations it would leave alone in. It is cheap where
    /// it keeps another company, where its domain has hidden figures already, and where the edition before hid it.
    #[allow(clippy::cast_precision_loss)] // people
    fn cost(&self, place: usize) -> f64 {
        let nodes = self.system.shapes.len();
        let (domain, node) = (place / nodes, place % nodes);
        let cell = &self.system.cells[place];
        let leaf = self.system.shapes[node].children.is_empty();
        let around = (0..nodes).filter(|other| self.hidden[self.system.place(domain, *other)].is_some()).count();
        let mut cost = cell.people as f64 * if leaf { 1.0 } else { 8.0 };
        for group in &self.member[domain] {
            match self.unknown[group * nodes + node] {
                0 => cost *= 2.0,
                1 => cost *= 0.3,
                _ => {}
            }
        }
        if around > 0 {
            cost *= 0.05;
        }
        cost /= 0.02 + self.room(place).max(0.0);
        if cell.before { 1e-3 * cost } else { cost }
    }

    /// Hides a large partition as a whole where most of its domains have too few people: what would be left of it is not worth an attack.
    fn drop_partitions(&mut self) {
        let nodes = self.system.shapes.len();
        for partition in &self.system.partitions {
            let there = partition.iter().filter(|domain| (0..nodes).any(|node| self.system.cells[**domain * nodes + node].is_there()));
            let few = |domain: &&&usize| {
                (0..nodes).filter(|node| self.system.cells[***domain * nodes + node].own == Some(Hidden::FewAnswers)).count() * 2 > nodes
            };
            let there: Vec<&usize> = there.collect();
            if there.len() > LARGE && there.iter().filter(few).count() * 2 > there.len() {
                for domain in partition {
                    (0..nodes).for_each(|node| self.hide(domain * nodes + node));
                }
            }
        }
    }

    /// Whether anything of a domain is published.
    fn is_open(&self, domain: usize) -> bool {
        let nodes = self.system.shapes.len();
        (0..nodes).any(|node| self.hidden[domain * nodes + node].is_none() && self.system.cells[domain * nodes + node].is_there())
    }

    /// Figures that a rule hides and that can be told too narrowly from what is left; late on, but for those that nothing more would help.
    fn exposed(&self, late: bool) -> Vec<usize> {
        let sure = Sure::of(self.system, &self.hidden);
        let closed: Vec<bool> = (0..self.system.domains()).map(|domain| !self.is_open(domain)).collect();
        let guarded = (0..self.hidden.len()).filter(|place| self.system.cells[*place].own.is_some_and(Hidden::is_of_people));
        let guarded: Vec<usize> = guarded.filter(|place| !late || !self.is_kept(*place, &closed)).collect();
        let doubtful: Vec<usize> = guarded.into_par_iter().filter(|place| !sure.is_safe(*place)).collect();
        if doubtful.len() > MANY {
            // Too many to solve: whole domains are hidden until they need no solving.
            return doubtful;
        }
        let told = |attack: &Attack, places: Vec<usize>| -> Vec<usize> {
            places.into_par_iter().filter(|place| !is_wide(self.system, *place, attack.interval(*place))).collect()
        };
        let mut attack = Attack::new(self.system, &self.hidden, self.protection.rounding);
        let mut exposed = told(&attack, doubtful);
        for (moving, few) in WIDER {
            if exposed.len() <= few {
                attack = attack.moving(moving);
                exposed = told(&attack, exposed);
            }
        }
        exposed
    }

    /// Whether nothing of a figure's domain is published, and nothing of another beside it in each of its groups: so much is hidden around it
    /// that hiding more would help no further, though the attacker, who moves only what is nearest, cannot see it move. `closed`: the domains of
    /// which nothing is published.
    fn is_kept(&self, place: usize, closed: &[bool]) -> bool {
        let nodes = self.system.shapes.len().max(1);
        let (domain, node) = (place / nodes, place % nodes);
        let is_beside = |other: &usize| *other != domain && closed[*other] && self.system.cells[other * nodes + node].is_there();
        let has_company = |group: &Group| group.whole == domain || group.parts.iter().any(is_beside);
        closed[domain] && self.member[domain].iter().all(|group| has_company(self.groups[*group]))
    }

    /// Hides everything of the domain of an exposed figure, or, where that is done, everything of the cheapest of its neighbours in each group:
    /// in whole domains nothing but their totals holds a figure.
    fn clear(&mut self, domain: usize) {
        let nodes = self.system.shapes.len();
        let mut cleared = Vec::new();
        if self.is_open(domain) {
            cleared.push(domain);
        }
        // Groups come by size.
        for group in self.member[domain].iter().map(|group| self.groups[*group]) {
            let neighbours = group.parts.iter().copied().filter(|other| *other != domain && self.is_open(*other));
            if let Some(at) = self.cheapest(neighbours.map(|other| other * nodes)) {
                cleared.push(at / nodes);
                break;
            }
        }
        for domain in cleared {
            (0..nodes).for_each(|node| self.hide(domain * nodes + node));
        }
    }

    /// Hides everything of the domains that a domain is part of.
    fn clear_wholes(&mut self, domain: usize) {
        let nodes = self.system.shapes.len();
        for group in self.member[domain].clone() {
            let whole = self.groups[group].whole;
            (0..nodes).for_each(|node| self.hide(whole * nodes + node));
        }
    }

    /// Hides the cheapest published figure in every equation of an exposed one, and of the hidden nodes above it, through which it could move.
    fn cover(&mut self, place: usize) {
        let nodes = self.system.shapes.len();
        let (domain, node) = (place / nodes, place % nodes);
        let mut over = Vec::new();
        for parent in 0..nodes {
            let at = self.system.place(domain, parent);
            if self.system.children(domain, parent).iter().any(|(child, _)| *child == place) {
                self.hide_one(self.system.children(domain, parent).into_iter().map(|(child, _)| child).chain([at]));
                over.extend(self.hidden[at].map(|_| at));
            }
        }
        self.hide_one(self.system.children(domain, node).into_iter().map(|(child, _)| child));
        for group in self.member[domain].clone() {
            let group = self.groups[group];
            let (parts, ..) = self.system.parts(group, node);
            self.hide_one(parts.into_iter().chain([self.system.place(group.whole, node)]));
        }
        for over in over {
            self.cover(over);
        }
    }

    /// Hides the cheapest published figure of some.
    fn hide_one(&mut self, of: impl Iterator<Item = usize>) {
        let open: Vec<usize> = of.filter(|place| self.hidden[*place].is_none() && self.system.cells[*place].is_there()).collect();
        if let Some(cheapest) = self.cheapest(open.into_iter()) {
            self.hide(cheapest);
        }
    }
}

#[cfg(test)]
mod tests;
