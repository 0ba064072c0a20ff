//! CSV tables: records by column name, findings by line and column.

use std::collections::HashMap;

use crate::words::{Finding, Said, fault};

/// One record of a CSV table, by column name.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: usize,
    cells: HashMap<String, String>,
}

impl Row {
    /// The cell; `None` where it is empty or there is no such column.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.cells.get(column).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The cell, which must not be empty. A column that is missing altogether was reported with the header.
    pub(super) fn required(&self, column: &str, findings: &mut Vec<Finding>) -> Option<String> {
        let text = self.text(column);
        if text.is_none() && self.cells.contains_key(column) {
            findings.push(on_line(
                self.line,
                column,
                "cell-empty",
                &format!("Thiếu giá trị ở cột {column}"),
                &format!("column {column} is empty"),
            ));
        }
        text.map(str::to_owned)
    }
}

/// Which columns a table may have beside the required ones.
#[derive(Clone, Copy)]
pub(super) enum Others<'a> {
    /// These.
    Optional(&'a [&'a str]),
    /// Whatever the office keeps in it.
    Any,
}

impl Others<'_> {
    fn allow(self, column: &str) -> bool {
        match self {
            Others::Optional(columns) => columns.contains(&column),
            Others::Any => true,
        }
    }
}

/// The records of a CSV table that has the required columns, each once, and no others than allowed.
pub(super) fn read_table(text: &str, required: &[&str], others: Others<'_>, findings: &mut Vec<Finding>) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers: Vec<String> = match reader.headers() {
        Ok(headers) => headers.iter().map(|h| h.trim_start_matches('\u{feff}').to_owned()).collect(),
        Err(error) => {
            let Said { vi, en } = fault::of_csv(&error);
            findings.push(on_line(1, "", "csv-invalid", &format!("Không đọc được CSV: {vi}"), &format!("not readable as CSV: {en}")));
            return Vec::new();
        }
    };
    for column in required.iter().filter(|column| !headers.iter().any(|h| h == *column)) {
        findings.push(on_line(1, column, "column-missing", &format!("Thiếu cột {column}"), &format!("column {column} is missing")));
    }
    for (place, column) in headers.iter().enumerate().filter(|(place, column)| headers[..*place].contains(column)) {
        let (vi, en) =
            (format!("Cột {column} có hai lần (cột thứ {})", place + 1), format!("column {column} is there twice (number {})", place + 1));
        findings.push(on_line(1, column, "column-repeated", &vi, &en));
    }
    for column in headers.iter().filter(|h| !required.contains(&h.as_str()) && !others.allow(h)) {
        findings.push(on_line(
            1,
            column,
            "column-unknown",
            &format!("Không có cột tên {column}"),
            &format!("no column is called {column}"),
        ));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(usize::MAX));
                rows.push(Row { line, cells: headers.iter().cloned().zip(record.iter().map(str::to_owned)).collect() });
            }
            Err(error) => {
                let line = error.position().map_or(0, |p| usize::try_from(p.line()).unwrap_or(usize::MAX));
                let Said { vi, en } = fault::of_csv(&error);
                findings.push(on_line(line, "", "csv-invalid", &format!("Không đọc được dòng: {vi}"), &format!("line not readable: {en}")));
            }
        }
    }
    rows
}

/// A finding on a line of a CSV file.
pub(super) fn on_line(line: usize, column: &str, code: &'static str, vi: &str, en: &str) -> Finding {
    Finding { line: u32::try_from(line).ok(), ..Finding::error(format!("/{line}/{column}"), code, vi, en) }
}

/// A finding on a row counted from zero, the header being line 1.
pub(super) fn at(row: usize, column: &str, code: &'static str, vi: &str, en: &str) -> Finding {
    on_line(row + 2, column, code, vi, en)
}
