//! Rows of a table that stands in a design or a frame: cells by column name, findings by line and column.

use std::sync::Arc;

pub(super) use crate::table::Others;
use crate::table::{Column, Options, Table};
use crate::words::Finding;

/// A row that outlives the reading of its table.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) line: u32,
    table: Arc<Table>,
    place: usize,
}

impl Row {
    /// The cell; `None` where it is empty or there is no such column.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.table.record(self.place)?.get(column)
    }

    /// The cell, which must not be empty. A column that is missing altogether was reported with the header.
    pub(super) fn required(&self, column: &str, findings: &mut Vec<Finding>) -> Option<String> {
        self.table.record(self.place)?.required(column, findings).map(str::to_owned)
    }
}

/// The rows of a table that has the required columns, and no others than allowed; those of `numbers` hold numbers.
pub(super) fn read_table(
    bytes: &[u8],
    required: &[&str],
    others: Others<'_>,
    numbers: &dyn Fn(&str) -> bool,
    findings: &mut Vec<Finding>,
) -> Vec<Row> {
    let columns = |name: &str| if numbers(name) { Column::NUMBER } else { Column::NAME };
    let table = match Table::read_sound_rows(bytes, &Options::new(&columns)) {
        Ok(table) => Arc::new(table),
        Err(refused) => {
            findings.extend(refused);
            return Vec::new();
        }
    };
    findings.extend(table.findings().iter().filter(|finding| finding.is_error()).cloned());
    findings.extend(table.check_columns(required, others));
    table.records().map(|record| Row { line: record.line(), table: Arc::clone(&table), place: record.index() }).collect()
}

/// A finding on a line of a table.
pub(super) fn on_line(line: u32, column: &str, code: &'static str, vi: &str, en: &str) -> Finding {
    Finding { line: Some(line), ..Finding::error(format!("/{line}/{column}"), code, vi, en) }
}
