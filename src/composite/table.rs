//! Indicator tables: what is known of each unit and edition, from where, since when.

use crate::words::named;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use serde::Serialize;

use super::matrix::{Matrix, Rows};
use super::stages::State;
use crate::schema::composite::{CompositeDefinition, CompositeNode};
use crate::words::Finding;

named! {
    /// How a value came to be.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Default)]
    #[serde(rename_all = "snake_case")]
    pub enum Status {
        /// As its source printed it.
        #[default]
        Published = "published",
        /// Calculated from other figures.
        Derived = "derived",
        /// Printed again by its source with another value.
        Restated = "restated",
    }
}

/// One value of an indicator.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observation {
    /// The value; none where the source says that there is none.
    pub value: Option<f64>,
    /// The unit of measure, where it is said.
    pub measured_in: Option<String>,
    /// The day for which it holds.
    pub date: Option<NaiveDate>,
    /// Where it stands.
    pub source: Option<String>,
    /// How it came to be.
    pub status: Status,
    /// Counts from 0; the highest is the one in force.
    pub revision: u32,
    /// The standard error of a survey value.
    pub standard_error: Option<f64>,
    /// The degrees of freedom of that standard error; none: it counts as known.
    pub df: Option<f64>,
    /// The number of answers behind a survey value.
    pub n: Option<u32>,
    /// Of a value that a run of a survey gave: whether that run publishes it.
    pub public: Option<bool>,
}

/// Where a value belongs: edition, unit, indicator.
pub type Key = (String, String, String);

/// Values of indicators with all their revisions, and attributes of units.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    cells: BTreeMap<Key, Vec<Observation>>,
    attributes: BTreeMap<Key, String>,
    rows: BTreeSet<(String, String)>,
}

impl Table {
    /// Adds a value; false where this revision is there already.
    pub fn insert(&mut self, edition: &str, unit: &str, indicator: &str, observation: Observation) -> bool {
        self.rows.insert((edition.to_owned(), unit.to_owned()));
        let cell = self.cells.entry((edition.to_owned(), unit.to_owned(), indicator.to_owned())).or_default();
        match cell.binary_search_by_key(&observation.revision, |known| known.revision) {
            Ok(_) => false,
            Err(place) => {
                cell.insert(place, observation);
                true
            }
        }
    }

    /// Says what an attribute of a unit is, such as its region; false where another value was said before.
    pub fn describe(&mut self, edition: &str, unit: &str, attribute: &str, value: &str) -> bool {
        self.rows.insert((edition.to_owned(), unit.to_owned()));
        let key = (edition.to_owned(), unit.to_owned(), attribute.to_owned());
        self.attributes.entry(key).or_insert_with(|| value.to_owned()) == value
    }

    /// Makes a unit known that may have no value at all.
    pub fn admit(&mut self, edition: &str, unit: &str) {
        self.rows.insert((edition.to_owned(), unit.to_owned()));
    }

    /// Whether the table knows a unit in an edition.
    #[must_use]
    pub fn has_row(&self, edition: &str, unit: &str) -> bool {
        self.rows.contains(&(edition.to_owned(), unit.to_owned()))
    }

    /// The value in force.
    #[must_use]
    pub fn get(&self, edition: &str, unit: &str, indicator: &str) -> Option<&Observation> {
        self.revisions(edition, unit, indicator).last()
    }

    /// All revisions of a value, the one in force last.
    #[must_use]
    pub fn revisions(&self, edition: &str, unit: &str, indicator: &str) -> &[Observation] {
        self.cells.get(&(edition.to_owned(), unit.to_owned(), indicator.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Every value in force, by edition, unit and indicator.
    pub fn observations(&self) -> impl Iterator<Item = (&Key, &Observation)> {
        self.cells.iter().filter_map(|(key, revisions)| Some((key, revisions.last()?)))
    }

    /// Every value with every revision, by edition, unit, indicator and revision.
    pub fn history(&self) -> impl Iterator<Item = (&Key, &Observation)> {
        self.cells.iter().flat_map(|(key, revisions)| revisions.iter().map(move |observation| (key, observation)))
    }

    /// Every attribute: edition, unit and attribute, and what is said.
    pub fn attributes(&self) -> impl Iterator<Item = (&Key, &str)> {
        self.attributes.iter().map(|(key, value)| (key, value.as_str()))
    }

    /// Lays another table over this one: its units are added, its words replace those of before, and where both have values of a cell,
    /// its revisions come after those of before. What says the same as is known already is not repeated. Returns the cells
    /// whose value in force is another one now.
    pub fn overlay(&mut self, other: Self) -> Vec<Key> {
        let mut replaced = Vec::new();
        self.rows.extend(other.rows);
        self.attributes.extend(other.attributes);
        for (key, revisions) in other.cells {
            let Some(known) = self.cells.get_mut(&key) else {
                self.cells.insert(key, revisions);
                continue;
            };
            let before = known.last().and_then(|observation| observation.value);
            let same = |a: &Observation, b: &Observation| Observation { revision: b.revision, ..a.clone() } == *b;
            // A table that tells the history so far again goes on from there.
            let again = known.len() <= revisions.len() && known.iter().zip(&revisions).all(|(a, b)| same(a, b));
            for observation in revisions.into_iter().skip(if again { known.len() } else { 0 }) {
                let Some(last) = known.last().filter(|last| !same(&observation, last)) else { continue };
                let revision = last.revision.saturating_add(1).max(observation.revision);
                known.push(Observation { revision, ..observation });
            }
            if known.last().and_then(|observation| observation.value) != before {
                replaced.push(key);
            }
        }
        replaced
    }

    /// The pairs of edition and unit.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rows.iter().map(|(edition, unit)| (edition.as_str(), unit.as_str()))
    }

    /// Reads a table from the bytes of a file; see `table_file` for both forms.
    ///
    /// # Errors
    /// Every finding of the file, warnings among them, each with its line and column.
    pub fn read(bytes: impl AsRef<[u8]>, definition: &CompositeDefinition) -> Result<(Self, Vec<Finding>), Vec<Finding>> {
        super::table_file::read(bytes.as_ref(), definition)
    }

    /// What the pipeline starts from: the values in force of the definition's indicators and denominators.
    #[must_use]
    pub fn state(&self, definition: &CompositeDefinition) -> State {
        let rows = Rows::new(self.rows.iter().cloned().collect());
        let leaves: Vec<&str> = definition.leaves().map(|(_, node, _)| node.code()).collect();
        let denominators: Vec<&str> = definition.denominators().iter().map(String::as_str).collect();
        let attributes = definition.attributes().iter().map(|name| {
            let of = |(edition, unit): (&str, &str)| self.attributes.get(&(edition.to_owned(), unit.to_owned(), name.clone())).cloned();
            rows.keys().map(of).collect()
        });
        let attributes = Arc::new(attributes.collect());
        let weights = definition.nodes().iter().map(CompositeNode::weight).collect();
        let (indicators, denominators) = (self.matrix(&rows, &leaves), self.matrix(&rows, &denominators));
        State { rows: Arc::new(rows), indicators, denominators, attributes, weights, scores: Matrix::default() }
    }

    fn matrix(&self, rows: &Rows, columns: &[&str]) -> Matrix {
        let mut matrix = Matrix::missing(rows.len(), columns.len());
        // Of two columns of one name the first is the one that is asked for.
        let places: BTreeMap<&str, usize> = columns.iter().enumerate().rev().map(|(column, code)| (*code, column)).collect();
        let mut keys = rows.keys().enumerate().peekable();
        for ((edition, unit, code), observation) in self.observations() {
            // Cells and rows stand in the same order.
            let own = (edition.as_str(), unit.as_str());
            while keys.next_if(|(_, key)| *key < own).is_some() {}
            if let (Some((row, _)), Some(column)) = (keys.peek().filter(|(_, key)| *key == own), places.get(code.as_str())) {
                matrix.set(*row, *column, observation.value);
            }
        }
        matrix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn valued(value: f64, revision: u32) -> Observation {
        Observation { value: Some(value), revision, ..Observation::default() }
    }

    fn table(values: &[(&str, f64, u32)]) -> Table {
        let mut table = Table::default();
        for (unit, value, revision) in values {
            assert!(table.insert("2024", unit, "overdue", valued(*value, *revision)));
        }
        table
    }

    #[test]
    fn a_table_laid_over_another_adds_revisions_and_repeats_none() {
        let mut below = table(&[("01", 5.0, 0), ("01", 6.0, 1), ("02", 7.0, 0), ("04", 1.0, 0)]);
        below.describe("2024", "01", "region", "n");
        // 01 says the same as the revision in force, 02 another value, 04 tells its history again with one more, 06 is new.
        let mut above = table(&[("01", 6.0, 0), ("02", 8.0, 0), ("02", 9.0, 1), ("04", 1.0, 0), ("04", 1.5, 1), ("06", 2.0, 3)]);
        above.describe("2024", "01", "region", "s");
        above.admit("2024", "08");
        let replaced = below.overlay(above);
        assert_eq!(replaced.iter().map(|(_, unit, _)| unit.as_str()).collect::<Vec<_>>(), ["02", "04"]);
        let revisions = |unit| below.revisions("2024", unit, "overdue").iter().map(|o| (o.value.unwrap(), o.revision)).collect::<Vec<_>>();
        assert_eq!(revisions("01"), [(5.0, 0), (6.0, 1)]);
        assert_eq!(revisions("02"), [(7.0, 0), (8.0, 1), (9.0, 2)]);
        assert_eq!(revisions("04"), [(1.0, 0), (1.5, 1)]);
        assert_eq!(revisions("06"), [(2.0, 3)]);
        assert!(below.has_row("2024", "08"));
        assert_eq!(below.attributes().map(|(_, value)| value).collect::<Vec<_>>(), ["s"]);
        assert_eq!(below.history().count(), 8);
    }

    #[test]
    fn a_restated_value_that_was_withdrawn_is_a_change_too() {
        let mut below = table(&[("01", 5.0, 0)]);
        let mut above = Table::default();
        above.insert("2024", "01", "overdue", Observation { status: Status::Restated, ..Observation::default() });
        assert_eq!(below.overlay(above).len(), 1);
        assert_eq!(below.get("2024", "01", "overdue").unwrap().value, None);
        assert_eq!(Status::ALL.map(Status::as_str), Status::NAMES);
        assert_eq!(Status::parse("restated"), Some(Status::Restated));
        assert_eq!(Status::parse("guessed"), None);
    }
}
