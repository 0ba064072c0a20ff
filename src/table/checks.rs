//! Whether a table has the columns that its reader needs.

use super::{Record, Table};
use crate::words::{Finding, push_escaped};

/// Which columns a table may have beside the required ones.
#[derive(Debug, Clone, Copy)]
pub enum Others<'a> {
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

impl Table {
    /// What is wrong with the columns: a required one that is missing, one that is neither required nor allowed.
    #[must_use]
    pub fn check_columns(&self, required: &[&str], others: Others<'_>) -> Vec<Finding> {
        let line = self.heading_line();
        let absent = required.iter().filter(|column| self.column(column).is_none());
        let mut findings: Vec<Finding> = absent.map(|column| self.missing_column(column)).collect();
        for column in self.names().filter(|name| !required.contains(name) && !others.allow(name)) {
            let (vi, en) = (format!("Không có cột tên “{column}”"), format!("No column is called “{column}”"));
            findings.push(at_heading(line, column, "column-unknown", vi, en));
        }
        findings
    }

    /// The finding that a column is missing.
    #[must_use]
    pub fn missing_column(&self, column: &str) -> Finding {
        let alike = self.names().find(|name| name.to_lowercase() == column.to_lowercase());
        let ask = |vi: &str, en: &str| alike.map_or(<_>::default(), |alike| (format!("; {vi} “{alike}”?"), format!("; {en} “{alike}”?")));
        let (ask_vi, ask_en): (String, String) = ask("có phải là", "is it");
        let (vi, en) = (format!("Thiếu cột “{column}”{ask_vi}"), format!("The column “{column}” is missing{ask_en}"));
        at_heading(self.heading_line(), column, "column-missing", vi, en)
    }
}

impl<'t> Record<'t> {
    /// The cell of a column that must not be empty. A column that is missing altogether was reported with the header.
    pub fn required(&self, column: &str, findings: &mut Vec<Finding>) -> Option<&'t str> {
        let text = self.get(column);
        if text.is_none() && self.table.column(column).is_some() {
            findings.push(self.error(
                column,
                "cell-empty",
                format!("Thiếu giá trị ở cột “{column}”"),
                format!("The column “{column}” is empty"),
            ));
        }
        text
    }
}

/// An error at a column's name.
pub(super) fn at_heading(line: u32, column: &str, code: &'static str, vi: String, en: String) -> Finding {
    Finding { line: Some(line), ..Finding::error(format!("/{line}/{}", escaped(column)), code, vi, en) }
}

/// A name as a part of a JSON pointer.
pub(super) fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    let _: Result<(), std::convert::Infallible> = push_escaped(name, |part| {
        escaped.push_str(part);
        Ok(())
    });
    escaped
}
