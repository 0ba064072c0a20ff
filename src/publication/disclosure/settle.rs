//! What becomes of every figure of an index of a survey when it is published.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::pattern::{Protection, complete};
use super::survey::Numbers;
use super::system::{Cell, Group, System};
use super::{Hidden, Rule};
use crate::index::{DomainKey, Fate, NodeShape, Score};
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
    /// The figures of the last edition of the same wave.
    pub standing: HashMap<Key, Standing>,
    /// How the answers of the wave changed since each of its editions.
    pub changes: Vec<Changes>,
}

/// How the answers changed since an edition.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Responses that were added to a domain or taken out of it.
    pub certain: HashMap<DomainKey, i64>,
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
    Carried(Standing),
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
}

/// Settles every figure of a run, in the order of its scores: by rule, by what it would tell of others that is published with it, and by what
/// its difference from an earlier edition would tell of those whose answers came or went in between.
#[must_use]
pub fn settle(shapes: &[NodeShape], scores: &[Score], units: &Registry, rule: Rule, past: &Past) -> Vec<Settled> {
    let mut system = System::of(shapes, scores, units, &|score| rule.hides(score));
    for (cell, score) in system.cells.iter_mut().zip(scores) {
        cell.before = !past.hidden.is_empty() && past.hidden.contains(&(score.domain.clone(), score.node.clone()));
    }
    let hidden = complete(&system, Protection { people: rule.people, alone: true, rounding: 0.5 * 10_f64.powi(-i32::from(rule.decimals)) });
    let kept = carried(&system, scores, &hidden, rule, past);
    let nodes = shapes.len().max(1);
    let settled = |(place, score): (usize, &Score)| match hidden[place] {
        Some(reason) => Settled::Hidden(reason),
        None if kept[place / nodes] => match past.standing.get(&(score.domain.clone(), score.node.clone())) {
            Some(standing) => Settled::Carried(standing.clone()),
            None if score.value.is_none() => Settled::Published,
            None => Settled::Hidden(Hidden::ProtectsSibling),
        },
        None => Settled::Published,
    };
    scores.iter().enumerate().map(settled).collect()
}

/// The domains whose figures stand as they were: since an earlier edition of the wave so few of their answers changed that the difference would
/// tell of them, or the difference of what is published around them.
fn carried(system: &System<'_>, scores: &[Score], hidden: &[Option<Hidden>], rule: Rule, past: &Past) -> Vec<bool> {
    let nodes = system.shapes.len().max(1);
    let domains: Vec<&Score> = scores.iter().step_by(nodes).collect();
    let mut kept = vec![false; domains.len()];
    // One node without children: how many answers changed.
    let shape = [NodeShape { children: Vec::new(), low: 0.0, high: 100.0, gap: 100.0 }];
    for changes in &past.changes {
        let changed = |score: &&Score| changes.certain.get(&score.domain).copied().unwrap_or(0);
        let numbers: Vec<i64> = domains.iter().map(changed).collect();
        // Domains of which nothing new is told, whatever changed in them.
        let silent: Vec<bool> =
            (0..domains.len()).map(|domain| hidden[domain * nodes..(domain + 1) * nodes].iter().all(Option::is_some)).collect();
        loop {
            let cells = numbers.iter().enumerate().map(|(domain, number)| {
                let few = (1..rule.people).contains(number) || *number < rule.people && changes.unknown > 0;
                let own = (few || kept[domain] || silent[domain]).then_some(Hidden::ProtectsSibling);
                #[allow(clippy::cast_precision_loss)] // people
                Cell { people: *number, weight: *number as f64, value: 50.0, own: own.filter(|_| *number > 0), before: false }
            });
            let table = System { shapes: &shape, cells: cells.collect(), groups: groups(system, &numbers), partitions: Vec::new() };
            let found = complete(&table, Protection { people: rule.people, alone: false, rounding: 0.0 });
            let more: Vec<usize> = (0..kept.len())
                .filter(|domain| {
                    let unsure = numbers[*domain] < rule.people && changes.unknown > 0;
                    (found[*domain].is_some() || unsure) && !kept[*domain]
                })
                .collect();
            if more.is_empty() {
                break;
            }
            more.into_iter().for_each(|domain| kept[domain] = true);
        }
    }
    kept
}

/// The groups of domains in which anything changed.
fn groups(system: &System<'_>, changed: &[i64]) -> Vec<Group> {
    system.groups.iter().filter(|group| changed[group.whole] > 0).cloned().collect()
}

/// How much of an edition is hidden, and by which rule: what its publisher sees before he publishes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Figures in all.
    pub figures: i64,
    /// How many are hidden, by rule.
    pub hidden: BTreeMap<&'static str, i64>,
    /// How many stand from an earlier edition.
    pub carried: i64,
}

impl Extent {
    /// Counts what was settled; figures that have no value are none.
    #[must_use]
    pub fn of(scores: &[Score], settled: &[Settled]) -> Self {
        let mut extent = Self::default();
        for settled in scores.iter().zip(settled).filter(|(score, _)| score.value.is_some()).map(|(_, settled)| settled) {
            extent.figures += 1;
            match settled {
                Settled::Published => {}
                Settled::Hidden(reason) => *extent.hidden.entry(reason.as_str()).or_default() += 1,
                Settled::Carried(_) => extent.carried += 1,
            }
        }
        extent
    }
}
