//! The checks behind [`Registry::new`](super::Registry::new). Each pushes everything that it finds.

use super::{RegistryError, Succession, UnitId, UnitKey, UnitRecord};
use chrono::NaiveDate;
use std::collections::HashMap;

/// Records as the store numbers them.
type Records = [(i32, UnitRecord)];

/// Records by list and code; an entry holds the versions of one unit, by position, earliest first.
#[derive(Debug)]
pub(super) struct Entries {
    index: HashMap<String, HashMap<String, usize>>,
    versions: Vec<Vec<usize>>,
    of: Vec<usize>,
}

impl Entries {
    pub(super) fn new(records: &Records) -> Self {
        let mut entries = Self { index: HashMap::new(), versions: Vec::new(), of: Vec::with_capacity(records.len()) };
        for (at, (_, record)) in records.iter().enumerate() {
            let entry = entries.find(&record.list, &record.code).unwrap_or_else(|| entries.add(record));
            entries.versions[entry].push(at);
            entries.of.push(entry);
        }
        for versions in &mut entries.versions {
            versions.sort_by_key(|at| records[*at].1.valid_from);
        }
        entries
    }

    fn add(&mut self, record: &UnitRecord) -> usize {
        let entry = self.versions.len();
        self.versions.push(Vec::with_capacity(1));
        self.index.entry(record.list.clone()).or_default().insert(record.code.clone(), entry);
        entry
    }

    pub(super) fn find(&self, list: &str, code: &str) -> Option<usize> {
        self.index.get(list)?.get(code).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.versions.len()
    }

    pub(super) fn versions(&self, entry: usize) -> &[usize] {
        &self.versions[entry]
    }

    /// The entry of the record at that position.
    pub(super) fn of(&self, at: usize) -> usize {
        self.of[at]
    }
}

/// A succession between the versions that it joins, by position.
pub(super) struct Step<'a> {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) succession: &'a Succession,
}

/// No number twice.
pub(super) fn ids(records: &Records, errors: &mut Vec<RegistryError>) {
    let mut seen = HashMap::with_capacity(records.len());
    for (id, record) in records {
        let first = *seen.entry(*id).or_insert(record);
        if !std::ptr::eq(first, record) {
            errors.push(RegistryError::RepeatedId { id: UnitId(*id), first: first.key(), second: record.key() });
        }
    }
}

/// Every version lasts at least a day, and no two of a unit share a day.
pub(super) fn versions(records: &Records, entries: &Entries, errors: &mut Vec<RegistryError>) {
    for (_, record) in records {
        if let Some(valid_to) = record.valid_to.filter(|end| *end <= record.valid_from) {
            let valid_from = record.valid_from;
            errors.push(RegistryError::EmptyValidity { unit: record.key(), valid_from, valid_to });
        }
    }
    for versions in &entries.versions {
        for pair in versions.windows(2) {
            let (earlier, later) = (&records[pair[0]].1, &records[pair[1]].1);
            if earlier.valid_from == later.valid_from {
                errors.push(RegistryError::Repeated { unit: later.key(), valid_from: later.valid_from });
            } else if earlier.is_valid_on(later.valid_from) {
                let (unit, earlier, later) = (later.key(), earlier.valid_from, later.valid_from);
                errors.push(RegistryError::Overlap { unit, earlier, later });
            }
        }
    }
}

/// The position of each record's parent: of several versions the last in the record's time.
pub(super) fn parents(records: &Records, entries: &Entries, errors: &mut Vec<RegistryError>) -> Vec<Option<usize>> {
    records.iter().map(|(_, record)| parent(record, records, entries, errors)).collect()
}

fn parent(record: &UnitRecord, records: &Records, entries: &Entries, errors: &mut Vec<RegistryError>) -> Option<usize> {
    let key = record.parent.as_ref()?;
    let Some(entry) = entries.find(&key.0, &key.1) else {
        errors.push(RegistryError::UnknownParent { unit: record.key(), parent: key.clone() });
        return None;
    };
    let in_time = |at: &&usize| records[**at].1.overlaps(record);
    let versions = || entries.versions(entry).iter().filter(in_time);
    if let Some(day) = first_day_without(record, versions().map(|at| &records[*at].1)) {
        errors.push(RegistryError::ParentNotValid { unit: record.key(), parent: key.clone(), day });
    }
    let at = *versions().next_back()?;
    let parent_kind = records[at].1.kind;
    if !record.kind.may_stand_under(parent_kind) {
        let (unit, kind, parent) = (record.key(), record.kind, key.clone());
        errors.push(RegistryError::ParentKind { unit, kind, parent, parent_kind });
    }
    Some(at)
}

/// The first day of `record` on which none of the parent's versions, earliest first, is valid.
fn first_day_without<'a>(record: &UnitRecord, versions: impl Iterator<Item = &'a UnitRecord>) -> Option<NaiveDate> {
    let mut day = record.valid_from;
    for version in versions {
        if version.is_valid_on(day) {
            day = version.valid_to?;
        }
    }
    record.is_valid_on(day).then_some(day)
}

/// Nobody is above itself. Each circle is reported once.
pub(super) fn cycles(records: &Records, parents: &[Option<usize>], errors: &mut Vec<RegistryError>) {
    // 0: not yet seen; otherwise the walk that came by first, numbered by its start.
    let mut walk_of = vec![0; parents.len()];
    for start in 0..parents.len() {
        let walk = start + 1;
        let (mut path, mut next) = (Vec::new(), Some(start));
        while let Some(at) = next.filter(|at| walk_of[*at] == 0) {
            walk_of[at] = walk;
            path.push(at);
            next = parents[at];
        }
        if let Some(at) = next.filter(|at| walk_of[*at] == walk) {
            let units = path.iter().skip_while(|seen| **seen != at).map(|at| records[*at].1.key()).collect();
            errors.push(RegistryError::Cycle { units });
        }
    }
}

/// Successions join known units on the day the one ends and the other is valid, and agree on who got what.
pub(super) fn successions<'a>(
    records: &Records,
    entries: &Entries,
    successions: &'a [Succession],
    errors: &mut Vec<RegistryError>,
) -> Vec<Step<'a>> {
    let mut heirs_of: Vec<Vec<(usize, &Succession)>> = vec![Vec::new(); entries.len()];
    let mut steps = Vec::with_capacity(successions.len());
    for succession in successions {
        let Some((from, to)) = ends(entries, succession, errors) else {
            continue;
        };
        if heirs_of[from].iter().any(|(heir, _)| *heir == to) {
            let (from, to) = (succession.from.clone(), succession.to.clone());
            errors.push(RegistryError::RepeatedSuccession { from, to });
            continue;
        }
        heirs_of[from].push((to, succession));
        steps.extend(step(records, (entries.versions(from), entries.versions(to)), succession, errors));
    }
    for heirs in &heirs_of {
        shares(heirs, errors);
    }
    steps
}

/// The entries of both units of a succession.
fn ends(entries: &Entries, succession: &Succession, errors: &mut Vec<RegistryError>) -> Option<(usize, usize)> {
    let mut known = |key: &UnitKey| {
        let entry = entries.find(&key.0, &key.1);
        if entry.is_none() {
            let (from, to, unknown) = (succession.from.clone(), succession.to.clone(), key.clone());
            errors.push(RegistryError::UnknownInSuccession { from, to, unknown });
        }
        entry
    };
    let (from, to) = (known(&succession.from), known(&succession.to));
    from.zip(to)
}

/// The last version of the one unit, and the version of the other that takes over on the day that one ends.
fn step<'a>(
    records: &Records,
    (from, to): (&[usize], &[usize]),
    succession: &'a Succession,
    errors: &mut Vec<RegistryError>,
) -> Option<Step<'a>> {
    let last = *from.last()?;
    let Some(day) = records[last].1.valid_to else {
        let (from, to) = (succession.from.clone(), succession.to.clone());
        errors.push(RegistryError::StillValid { from, to });
        return None;
    };
    let heir = to.iter().copied().find(|at| records[*at].1.is_valid_on(day));
    if heir.is_none() {
        let (from, to) = (succession.from.clone(), succession.to.clone());
        errors.push(RegistryError::SuccessorNotValid { from, to, day });
    }
    Some(Step { from: last, to: heir?, succession })
}

/// What one unit's successions say together.
fn shares(heirs: &[(usize, &Succession)], errors: &mut Vec<RegistryError>) {
    let Some((_, first)) = heirs.first() else {
        return;
    };
    let (from, receivers) = (|| first.from.clone(), heirs.len());
    if heirs.iter().any(|(_, succession)| succession.whole != (receivers == 1)) {
        errors.push(RegistryError::Shares { from: from(), receivers });
    }
    let defaults = heirs.iter().filter(|(_, succession)| succession.is_default).count();
    if defaults != 1 {
        errors.push(RegistryError::Defaults { from: from(), defaults });
    }
}
