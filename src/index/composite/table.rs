//! Indicator tables: what is known of each unit and edition, from where, since when.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use serde::Serialize;

use super::matrix::{Matrix, Rows};
use super::stages::State;
use crate::schema::Finding;
use crate::schema::composite::{CompositeDefinition, CompositeNode};

/// How a value came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As its source printed it.
    #[default]
    Published,
    /// Calculated from other figures.
    Derived,
    /// Printed again by its source with another value.
    Restated,
}

impl Status {
    /// The names as they stand in tables.
    pub const NAMES: [&'static str; 3] = ["published", "derived", "restated"];
    /// In the order of their names.
    pub const ALL: [Self; 3] = [Self::Published, Self::Derived, Self::Restated];
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
}

/// Where a value belongs: edition, unit, indicator.
pub type Key = (String, String, String);

/// Values of indicators with all their revisions, and attributes of units.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    cells: BTreeMap<Key, Vec<Observation>>,
    attributes: BTreeMap<(String, String, String), String>,
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

    /// The pairs of edition and unit.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rows.iter().map(|(edition, unit)| (edition.as_str(), unit.as_str()))
    }

    /// Reads a table from CSV; see `table_file` for both forms.
    ///
    /// # Errors
    /// Every finding of the file, warnings among them, each with its line and column.
    pub fn read(text: &str, definition: &CompositeDefinition) -> Result<(Self, Vec<Finding>), Vec<Finding>> {
        super::table_file::read(text, definition)
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
