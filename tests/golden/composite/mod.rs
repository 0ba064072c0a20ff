//! Composite indices against figures that others computed or published.
//!
//! These figures are read where they lie, never copied: `HAILONG_REFERENCE` names the folder when the tests are built. Where
//! it is absent, each test that needs it is reported as ignored.

mod asem;
mod explain;

use std::collections::BTreeMap;
use std::path::PathBuf;

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
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(path(name)).unwrap();
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
