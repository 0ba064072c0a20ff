//! All units of all lists together, checked, with fast look-ups.

use super::validate::{self, Entries};
use super::{RegistryError, Succession, Unit, UnitId, UnitKind, UnitRecord};
use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeSet, HashMap};

/// A unit at the other end of a succession.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The unit.
    pub unit: UnitId,
    /// Whether the older of the two went entirely to the newer.
    pub whole: bool,
    /// Whether the newer is the one to name where only one can be named.
    pub is_default: bool,
}

/// Every version of every unit, checked against each other.
///
/// A look-up by number, or by list and code, costs a hash or two, whatever the size.
#[derive(Debug)]
pub struct Registry {
    units: Vec<Unit>,
    by_id: HashMap<UnitId, usize>,
    entries: Entries,
    /// By entry: one step forward and one step back.
    pub(super) links: Vec<(Vec<Link>, Vec<Link>)>,
    /// By entry: the units that name it as their parent.
    children: Vec<Vec<usize>>,
}

impl Registry {
    /// Checks the records, numbered by the store, and what became of them.
    ///
    /// Records may come in any order; [`iter`](Self::iter) keeps it. A parent may have several versions, as long as
    /// there is one for every day of the child. Successions must name ended units, and successors that are valid
    /// on that day: so lineage never runs in a circle.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once.
    pub fn new(records: Vec<(i32, UnitRecord)>, successions: &[Succession]) -> Result<Self, Vec<RegistryError>> {
        let mut errors = Vec::new();
        let entries = Entries::new(&records);
        validate::ids(&records, &mut errors);
        validate::versions(&records, &entries, &mut errors);
        let parents = validate::parents(&records, &entries, &mut errors);
        validate::cycles(&records, &parents, &mut errors);
        let steps = validate::successions(&records, &entries, successions, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }

        let id = |at: usize| UnitId(records[at].0);
        let mut links = vec![(Vec::new(), Vec::new()); entries.len()];
        for step in steps {
            let Succession { whole, is_default, .. } = *step.succession;
            links[entries.of(step.from)].0.push(Link { unit: id(step.to), whole, is_default });
            links[entries.of(step.to)].1.push(Link { unit: id(step.from), whole, is_default });
        }
        let mut children = vec![Vec::new(); entries.len()];
        for (at, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                children[entries.of(*parent)].push(at);
            }
        }
        let parents: Vec<_> = parents.into_iter().map(|parent| parent.map(id)).collect();
        let by_id = records.iter().enumerate().map(|(at, (id, _))| (UnitId(*id), at)).collect();
        let units = records.into_iter().zip(parents).map(|((id, record), parent)| Unit { id: UnitId(id), record, parent }).collect();
        Ok(Self { units, by_id, entries, links, children })
    }

    /// The same with the records numbered 1, 2, … in their order: for use without a store.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn numbered(records: Vec<UnitRecord>, successions: &[Succession]) -> Result<Self, Vec<RegistryError>> {
        Self::new((1..).zip(records).collect(), successions)
    }

    /// The unit of that number.
    #[must_use]
    pub fn get(&self, id: UnitId) -> Option<&Unit> {
        self.by_id.get(&id).map(|at| &self.units[*at])
    }

    /// The unit of that list and code: its version on the day, or its last one where no day is given.
    #[must_use]
    pub fn find(&self, list: &str, code: &str, as_of: Option<NaiveDate>) -> Option<&Unit> {
        let entry = self.entries.find(list, code)?;
        match as_of {
            Some(day) => self.version_on(entry, day),
            None => self.entries.versions(entry).last().map(|at| &self.units[*at]),
        }
    }

    /// The unit that a list and code mean on a day: its version of that day, or its last one where it has none.
    #[must_use]
    pub fn meant(&self, list: &str, code: &str, day: Option<NaiveDate>) -> Option<&Unit> {
        self.find(list, code, day).or_else(|| self.find(list, code, None))
    }

    /// Every version of every unit, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter()
    }

    /// The units of a kind that are valid on the day, of all lists.
    pub fn as_of(&self, day: NaiveDate, kind: UnitKind) -> impl Iterator<Item = &Unit> {
        self.units.iter().filter(move |unit| unit.record.kind == kind && unit.record.is_valid_on(day))
    }

    /// The units that belong to this one directly, at any time of its validity.
    pub fn children(&self, id: UnitId) -> impl Iterator<Item = &Unit> {
        self.get(id).into_iter().flat_map(move |parent| {
            let children = self.entry(id).map_or(&[][..], |entry| &self.children[entry]);
            children.iter().map(|at| &self.units[*at]).filter(|child| child.record.overlaps(&parent.record))
        })
    }

    /// The unit itself, the one it belongs to, and so on upwards.
    pub fn ancestors(&self, id: UnitId) -> impl Iterator<Item = &Unit> {
        std::iter::successors(self.get(id), |unit| unit.parent.and_then(|parent| self.get(parent)))
    }

    /// The nearest unit of that kind from this one upwards, itself included.
    #[must_use]
    pub fn ancestor_of_kind(&self, id: UnitId, kind: UnitKind) -> Option<&Unit> {
        self.ancestors(id).find(|unit| unit.record.kind == kind)
    }

    /// Whether the unit is `root` or lies below it. Versions of one unit count as the same root.
    #[must_use]
    pub fn is_within(&self, id: UnitId, root: UnitId) -> bool {
        let root = self.entry(root);
        root.is_some() && self.ancestors(id).any(|unit| self.entry(unit.id) == root)
    }

    /// What took over when the unit's last version ended: one step, empty if nothing did.
    #[must_use]
    pub fn successors(&self, id: UnitId) -> &[Link] {
        self.entry(id).map_or(&[], |entry| &self.links[entry].0)
    }

    /// What it took over, at any time: one step.
    #[must_use]
    pub fn predecessors(&self, id: UnitId) -> &[Link] {
        self.entry(id).map_or(&[], |entry| &self.links[entry].1)
    }

    /// SHA-256 of what the units of these lists are, and of those that they belong to in other lists: every version with its names, kind,
    /// parent and dates. Two registries that agree in it give the same figures and the same names.
    #[must_use]
    pub fn state<'a>(&'a self, lists: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
        let mut wanted: BTreeSet<&str> = lists.into_iter().collect();
        loop {
            let above = self.units.iter().filter(|unit| wanted.contains(unit.record.list.as_str()));
            let above: Vec<&str> = above.filter_map(|unit| Some(unit.record.parent.as_ref()?.0.as_str())).collect();
            let before = wanted.len();
            wanted.extend(above);
            if wanted.len() == before {
                break;
            }
        }
        let mut records: Vec<&UnitRecord> = self.units.iter().map(|unit| &unit.record).collect();
        records.retain(|record| wanted.contains(record.list.as_str()));
        records.sort_by(|a, b| (&a.list, &a.code, a.valid_from).cmp(&(&b.list, &b.code, b.valid_from)));
        let mut hash = Sha256::new();
        for record in records {
            let UnitRecord { list, code, kind, name_vi, name_en, parent, valid_from, valid_to } = record;
            // A list in brackets, its texts quoted: no two records run together.
            let line =
                (list, code, kind.as_str(), name_vi, name_en, parent, valid_from.to_epoch_days(), valid_to.map(|day| day.to_epoch_days()));
            hash.update(serde_json::to_vec(&line).unwrap_or_default()); // strings and numbers always serialise
        }
        hash.finalize().into()
    }

    /// The entry (list and code) that a version is of.
    pub(super) fn entry(&self, id: UnitId) -> Option<usize> {
        self.by_id.get(&id).map(|at| self.entries.of(*at))
    }

    pub(super) fn version_on(&self, entry: usize, day: NaiveDate) -> Option<&Unit> {
        let versions = self.entries.versions(entry).iter();
        versions.map(|at| &self.units[*at]).find(|unit| unit.record.is_valid_on(day))
    }

    /// The first day of the first version and the end of the last.
    pub(super) fn lifetime(&self, entry: usize) -> Option<(NaiveDate, Option<NaiveDate>)> {
        let versions = self.entries.versions(entry);
        let (first, last) = (versions.first()?, versions.last()?);
        Some((self.units[*first].record.valid_from, self.units[*last].record.valid_to))
    }
}
