//! What becomes of every figure of an index of a survey when it is published.

use std::collections::{HashMap, HashSet};

use super::pattern::{Protection, complete};
use super::survey::Numbers;
use super::system::{Cell, Group, System};
use super::{Hidden, Rule};
use crate::index::{DomainKey, Fate, NodeShape, Score, Who};
use crate::unit::Registry;

/// A node of the index for a domain.
pub type Key = (DomainKey, String);

/// A figure that stands from an earlier edition.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The edition that it was published in.
    pub edition: String,
    /// As it was published.
    pub numbers: Numbers,
}

/// What was published before.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// What the last edition of the index, of whatever wave, hid.
    pub hidden: HashSet<Key>,
    /// What any edition of the same wave hid. It stays hidden: with what came since, which others tell, a new figure would tell the old.
    pub stays: HashSet<Key>,
    /// The figures of the last edition of the same wave.
    pub standing: HashMap<Key, Standing>,
    /// How the answers of the wave changed since each of its editions.
    pub changes: Vec<Changes>,
    /// Who is vouched for behind each figure, where not everybody is: others came without a key and without an invitation, and one and the same
    /// may have sent all of them. Whoever did knows them, and the answers of the rest follow from what is left.
    pub vouched: Option<HashMap<Key, Who>>,
}

/// How the answers changed since an edition.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// How many people's answers the difference of a figure rests on; at least one where anything changed.
    pub people: HashMap<Key, i64>,
    /// Responses that were erased since, of which nobody can say where they counted.
    pub unknown: i64,
}

/// What becomes of one figure.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// It is published.
    Published,
    /// It is hidden, and why.
    Hidden(Hidden),
    /// Too few answers changed: the figure of an earlier edition stands.
    Carried(Box<Standing>),
}

impl Settled {
    /// What that is to the ranks of the others.
    #[must_use]
    pub fn fate(&self) -> Fate {
        match self {
            Self::Published => Fate::Published,
            Self::Hidden(_) => Fate::Hidden,
            Self::Carried(standing) => standing.numbers.value.map_or(Fate::Hidden, Fate::Carried),
        }
    }

    /// Why it is hidden, if it is.
    #[must_use]
    pub fn hidden(&self) -> Option<Hidden> {
        match self {
            Self::Hidden(reason) => Some(*reason),
            Self::Published | Self::Carried(_) => None,
        }
    }

    /// Whether the figure of an earlier edition stands.
    #[must_use]
    pub fn is_carried(&self) -> bool {
        matches!(self, Self::Carried(_))
    }
}

/// Settles every figure of a run, in the order of its scores: by rule, by what it would tell of others that is published with it, and by what
/// its difference from an earlier edition would tell of those whose answers came or went in between.
#[must_use]
pub fn settle(shapes: &[NodeShape], scores: &[Score], units: &Registry, rule: Rule, past: &Past) -> Vec<Settled> {
    let vouched: Vec<Score> = scores.iter().map(|score| vouched(score, past.vouched.as_ref())).collect();
    let mut system = System::of(shapes, &vouched, units, &|score| rule.hides(score));
    for (cell, score) in system.cells.iter_mut().zip(scores) {
        if cell.own.is_none() && cell.is_there() && past.stays.contains(&(score.domain.clone(), score.node.clone())) {
            cell.own = Some(Hidden::ProtectsSibling);
        }
        cell.before = !past.hidden.is_empty() && past.hidden.contains(&(score.domain.clone(), score.node.clone()));
    }
    let hidden = complete(&system, Protection { people: rule.people, alone: true, rounding: 0.5 * 10_f64.powi(-i32::from(rule.decimals)) });
    let kept = carried(&system, scores, &hidden, rule, past);
    let settled = |(place, score): (usize, &Score)| match hidden[place] {
        Some(reason) => Settled::Hidden(reason),
        None if kept[place] => match past.standing.get(&(score.domain.clone(), score.node.clone())) {
            Some(standing) => Settled::Carried(Box::new(standing.clone())),
            None if score.value.is_none() => Settled::Published,
            None => Settled::Hidden(Hidden::ProtectsSibling),
        },
        None => Settled::Published,
    };
    scores.iter().enumerate().map(settled).collect()
}

/// A score that rests on those alone who are vouched for: one person at least where there is anybody, so that there is a figure still.
fn vouched(score: &Score, vouched: Option<&HashMap<Key, Who>>) -> Score {
    let mut score = score.clone();
    if let Some(vouched) = vouched.filter(|_| score.basis.people > 0) {
        let who = vouched.get(&(score.domain.clone(), score.node.clone())).copied().unwrap_or_default();
        score.basis.people = who.people.clamp(1, score.basis.people);
        score.basis.unanimous |= who.unanimous;
    }
    score
}

/// The figures that stand as they were: since an earlier edition of the wave so few of their answers changed that the difference would tell of
/// them, or the difference of what is published around them. Where a figure stands, those that are made of it do.
fn carried(system: &System<'_>, scores: &[Score], hidden: &[Option<Hidden>], rule: Rule, past: &Past) -> Vec<bool> {
    let nodes = system.shapes.len().max(1);
    let mut kept = vec![false; scores.len()];
    for changes in &past.changes {
        for node in 0..nodes {
            let column = || (node..scores.len()).step_by(nodes);
            let own: Vec<bool> = column().map(|place| kept[place]).collect();
            let silent: Vec<bool> = column().map(|place| hidden[place].is_some()).collect();
            let number = |score: &Score| changes.people.get(&(score.domain.clone(), score.node.clone())).copied().unwrap_or(0);
            let numbers: Vec<i64> = column().map(|place| number(&scores[place])).collect();
            let stands = stands(system, &numbers, &silent, own, rule, changes.unknown > 0);
            column().zip(stands).for_each(|(place, stands)| kept[place] = stands);
        }
        for domain in 0..system.domains() {
            for (node, shape) in system.shapes.iter().enumerate() {
                let below = shape.children.iter().any(|(child, _)| kept[system.place(domain, *child)]);
                kept[system.place(domain, node)] |= below;
            }
        }
    }
    kept
}

/// For which domains a node stands, given how many of its answers changed in each. `silent` are those of which nothing new is told, whatever
/// changed in them; of `kept` it is known already.
fn stands(system: &System<'_>, numbers: &[i64], silent: &[bool], mut kept: Vec<bool>, rule: Rule, unknown: bool) -> Vec<bool> {
    // One node without children: how many answers changed.
    let shape = [NodeShape { high: 100.0, gap: 100.0, ..NodeShape::default() }];
    loop {
        let cells = numbers.iter().enumerate().map(|(domain, number)| {
            let few = (1..rule.people).contains(number) || *number < rule.people && unknown;
            let own = (few || kept[domain] || silent[domain]).then_some(Hidden::ProtectsSibling);
            #[allow(clippy::cast_precision_loss)] // people
            Cell { people: *number, weight: *number as f64, value: 50.0, own: own.filter(|_| *number > 0), before: false }
        });
        let table = System { shapes: &shape, cells: cells.collect(), groups: groups(system, numbers), partitions: Vec::new() };
        let found = complete(&table, Protection { people: rule.people, alone: false, rounding: 0.0 });
        let more: Vec<usize> = (0..kept.len())
            .filter(|domain| {
                let unsure = numbers[*domain] < rule.people && unknown;
                // Of a hidden figure nothing is told that could stand; what is made of it stands if few of its answers changed.
                let untold = silent[*domain] && numbers[*domain] >= rule.people;
                (found[*domain].is_some() && !untold || unsure) && !kept[*domain]
            })
            .collect();
        if more.is_empty() {
            return kept;
        }
        for domain in more {
            kept[domain] = true;
        }
    }
}

/// The groups of domains in which anything changed.
fn groups(system: &System<'_>, changed: &[i64]) -> Vec<Group> {
    system.groups.iter().filter(|group| changed[group.whole] > 0).cloned().collect()
}
