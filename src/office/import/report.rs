//! What became of an import.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::identity::{Fate, Identity};
use crate::office::{Code, Refusal};
use crate::store::responses::ResponseState;
use crate::words::Finding;

/// What became of an import: every record is counted once.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    pub wave: String,
    /// The batch that new records came in.
    pub batch: String,
    /// By what records were known, and how many by each.
    pub identity: BTreeMap<Identity, usize>,
    /// The columns that were read, with what they hold.
    pub columns: BTreeMap<String, String>,
    /// Whether nothing was stored: it was only checked what would be.
    pub check: bool,
    /// Records of the file.
    pub records: usize,
    /// Stored now, and counted.
    pub stored: usize,
    /// There already.
    pub replayed: usize,
    /// Of those that were there already, those that do not count as they are, or not with all their items.
    pub uncounted: usize,
    /// Stored now, and counted but for items that are not valid: those are missing.
    pub in_part: usize,
    /// Stored now in the place of an earlier one.
    pub corrected: usize,
    /// Stored now as a second answer of a listed respondent, and not counted.
    pub doubled: usize,
    /// Not stored: the same record was imported before with other content.
    pub conflicting: usize,
    /// Stored now although they are invalid as a whole, and not counted.
    pub invalid: usize,
    /// Kept apart: they came after the wave's close.
    pub quarantined: usize,
    /// Not stored: what they are, or whose, cannot be read.
    pub refused: usize,
    /// Of the records that are not as they should be, how many for each reason.
    pub reasons: Vec<Reason>,
    /// What was found, each with its line.
    pub findings: Vec<Finding>,
    /// The first records as submissions, each with its line.
    #[serde(skip)]
    pub first: Vec<(u32, Map<String, Value>)>,
    /// An earlier batch of which the file holds every record.
    #[serde(skip)]
    pub overlaps: Option<String>,
    /// The lines of records that are not stored and were not before.
    #[serde(skip)]
    pub left: BTreeSet<u32>,
}

/// A reason, and how many records have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The code of the finding.
    pub code: String,
    /// The place in a submission: an item as `/answers/ITEM`.
    pub pointer: String,
    /// How many records.
    pub records: usize,
    /// In Vietnamese, as told of the first of them.
    pub vi: String,
    /// In English.
    pub en: String,
}

impl Report {
    /// Whether every record is stored as it was wanted.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.in_part + self.uncounted + self.conflicting + self.invalid + self.doubled + self.quarantined + self.refused == 0
            && !self.findings.iter().any(Finding::is_error)
    }

    /// Adds what was found at a line.
    pub(super) fn found(&mut self, line: u32, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings.into_iter().map(|finding| Finding { line: Some(line), ..finding }));
    }

    /// Counts a record that is stored; `in_part`: with items that are not valid.
    pub(super) fn count(&mut self, fate: Fate, state: ResponseState, in_part: bool) {
        let place = match (fate, state) {
            (_, ResponseState::Quarantined) => &mut self.quarantined,
            (Fate::Doubled, _) => &mut self.doubled,
            (_, ResponseState::Invalid) => &mut self.invalid,
            (Fate::Corrected, _) => &mut self.corrected,
            _ if in_part => &mut self.in_part,
            _ => &mut self.stored,
        };
        *place += 1;
    }

    /// Counts a record that is there already; `reasons`: why it does not count as it is, by item.
    pub(super) fn replay(&mut self, line: u32, reasons: Option<&Vec<(String, String)>>) {
        self.replayed += 1;
        let Some(reasons) = reasons else { return };
        self.uncounted += 1;
        let finding = |(item, code): &(String, String)| {
            let pointer = if item.is_empty() { String::new() } else { format!("/answers/{item}") };
            let (vi, en) = if item.is_empty() {
                ("Bản ghi này đã có từ trước và không được tính", "This record is there already, and does not count")
            } else {
                (
                    "Bản ghi này đã có từ trước, và câu này không được tính",
                    "This record is there already, and this item of it does not count",
                )
            };
            Finding::error(pointer, code.clone(), vi, en)
        };
        self.found(line, reasons.iter().map(finding).collect::<Vec<_>>());
    }

    /// Counts a record that is not stored, with the reason.
    pub(super) fn refuse(&mut self, line: u32, refusal: &Refusal) {
        if refusal.code() == Code::ResponseConflict {
            self.conflicting += 1;
        } else {
            self.refused += 1;
        }
        self.left.insert(line);
        if refusal.findings().is_empty() {
            let title = refusal.title();
            let said = refusal.said().unwrap_or(&title);
            self.found(line, [Finding::error("", refusal.code().as_str(), said.vi.to_string(), said.en.to_string())]);
        } else {
            self.found(line, refusal.findings().to_vec());
        }
    }

    /// Puts findings in the order of lines and counts the reasons, the most frequent first.
    pub(super) fn close(&mut self) {
        self.findings.sort_by_key(|finding| finding.line);
        let mut reasons: BTreeMap<(String, String), Reason> = BTreeMap::new();
        let mut last: BTreeMap<(String, String), Option<u32>> = BTreeMap::new();
        for finding in self.findings.iter().filter(|finding| finding.is_error()) {
            let key = (finding.code.to_string(), grouped(&finding.pointer));
            let reason = reasons.entry(key.clone()).or_insert_with(|| Reason {
                code: key.0.clone(),
                pointer: key.1.clone(),
                records: 0,
                vi: finding.vi.clone(),
                en: finding.en.clone(),
            });
            // Two findings of one kind in one record are one reason.
            if last.insert(key, finding.line) != Some(finding.line) {
                reason.records += 1;
            }
        }
        self.reasons = reasons.into_values().collect();
        self.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.records));
    }
}

/// The pointer of an item without the place among its options.
fn grouped(pointer: &str) -> String {
    pointer.split('/').take(3).collect::<Vec<_>>().join("/")
}
