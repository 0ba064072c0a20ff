//! Composite indices against figures that others computed or published.
//!
//! These figures are read where they lie, never copied: `HAILONG_REFERENCE` names the folder when the tests are built. Where
//! it is absent, each test that needs it is reported as ignored.

mod asem;
mod dti;
mod examples;
mod explain;
mod papi;
mod par_index;
mod pci;
mod pci_indicators;
mod pgi;
mod sipas;
mod sobol;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hailong::composite::{Observation, Outcome, Table, compute};
use hailong::schema::composite::{CompositeDefinition, parse_composite};
use serde_json::Value;

/// The lines of a CSV file of the reference data, by the names of their columns.
pub(crate) struct Csv {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<BTreeMap<String, String>>,
}

impl Csv {
    /// Reads `composite/NAME`.
    pub(crate) fn read(name: &str) -> Self {
        Self::open(&path(name))
    }

    /// Reads `published/NAME`.
    pub(crate) fn published(name: &str) -> Self {
        Self::open(&PathBuf::from(env!("HAILONG_REFERENCE")).join("published").join(name))
    }

    fn open(path: &Path) -> Self {
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(path).unwrap();
        let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let row = |record: csv::StringRecord| header.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
        let rows = reader.records().map(|record| row(record.unwrap())).collect();
        Self { header, rows }
    }

    /// A row's number in a column; none where it is blank or `NA`.
    pub(crate) fn number(row: &BTreeMap<String, String>, column: &str) -> Option<f64> {
        row[column].parse().ok().filter(|number: &f64| !number.is_nan())
    }
}

/// A file of the folder `composite` of the reference data.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("HAILONG_REFERENCE")).join("composite").join(name)
}

/// A definition that must be right.
pub(crate) fn definition(value: &Value) -> CompositeDefinition {
    parse_composite(&value.to_string()).unwrap_or_else(|findings| panic!("{findings:#?}")).definition
}

/// A file of `survey-schemas/indices`.
pub(crate) fn shipped_file(name: &str) -> String {
    std::fs::read_to_string(crate::golden::root().join("survey-schemas/indices").join(name)).unwrap()
}

/// A shipped definition, which must be without findings.
pub(crate) fn shipped(name: &str) -> CompositeDefinition {
    let checked = parse_composite(&shipped_file(&format!("{name}.json"))).unwrap_or_else(|findings| panic!("{name}: {findings:#?}"));
    assert!(checked.warnings.is_empty(), "{name}: {:#?}", checked.warnings);
    checked.definition
}

/// Fills a table, cell by cell; a unit without a value is in it all the same.
#[derive(Default)]
pub(crate) struct Cells(pub(crate) Table);

impl Cells {
    pub(crate) fn put(&mut self, edition: &str, unit: &str, indicator: &str, value: Option<f64>) {
        self.0.admit(edition, unit);
        if value.is_some() {
            assert!(self.0.insert(edition, unit, indicator, Observation { value, ..Observation::default() }));
        }
    }
}

/// A definition with what came out of it.
pub(crate) struct Scored {
    pub(crate) definition: CompositeDefinition,
    pub(crate) outcome: Outcome,
}

impl Scored {
    pub(crate) fn new(definition: CompositeDefinition, table: &Table) -> Self {
        let outcome = compute(&definition, table).unwrap();
        Self { definition, outcome }
    }

    pub(crate) fn row(&self, edition: &str, unit: &str) -> usize {
        let edition = self.outcome.rows().editions().iter().position(|known| known == edition).unwrap();
        self.outcome.rows().find(edition, unit).unwrap()
    }

    pub(crate) fn score(&self, edition: &str, unit: &str, node: &str) -> Option<f64> {
        self.outcome.score(self.definition.position(node).unwrap(), self.row(edition, unit))
    }

    /// The rank by the root.
    pub(crate) fn rank(&self, edition: &str, unit: &str) -> Option<u32> {
        self.outcome.rank(0, self.row(edition, unit))
    }
}

/// Keeps the worst absolute difference: published scores have decimals, not digits.
#[derive(Default)]
pub(crate) struct Furthest {
    pub(crate) difference: f64,
    at: String,
    compared: usize,
}

impl Furthest {
    pub(crate) fn compare(&mut self, what: &str, found: Option<f64>, expected: f64) {
        let found = found.unwrap_or_else(|| panic!("{what}: nothing found, expected {expected}"));
        self.compared += 1;
        if (found - expected).abs() >= self.difference {
            self.difference = (found - expected).abs();
            self.at = format!("{what}: found {found:?}, expected {expected:?}");
        }
    }

    /// # Panics
    /// Where the worst difference exceeds the tolerance, or another number of figures was compared.
    pub(crate) fn hold(&self, name: &str, tolerance: f64, compared: usize) {
        println!("{name}: {} figures, worst difference {:.1e} ({})", self.compared, self.difference, self.at);
        assert_eq!(self.compared, compared, "{name}: figures compared");
        assert!(self.difference <= tolerance, "{name}: {} exceeds {tolerance:e}: {}", self.difference, self.at);
    }
}
