//! Tables that are written again with columns added.

use crate::table::{self, Column, Options, Table};
use crate::words::Finding;

/// A table with at least one row.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    table: Table,
}

impl Sheet {
    /// Reads the bytes of a file, which findings call `name`; the columns of `numbers` hold numbers.
    ///
    /// # Errors
    /// Every finding, at `pointer`: the bytes are no table, or it has no rows.
    pub(crate) fn parse(name: &str, bytes: &[u8], numbers: &[&str], pointer: &str) -> Result<Self, Vec<Finding>> {
        let columns = |column: &str| if numbers.contains(&column) { Column::NUMBER } else { Column::NAME };
        let of_file = |finding: Finding| {
            let (vi, en) = finding.line.map_or_else(Default::default, |line| (format!(", dòng {line}"), format!(", line {line}")));
            let (vi, en) = (format!("{name}{vi}: {}", finding.vi), format!("{name}{en}: {}", finding.en));
            Finding { pointer: pointer.to_owned(), line: None, vi, en, ..finding }
        };
        let refused = |findings: Vec<Finding>| findings.into_iter().filter(Finding::is_error).map(of_file).collect::<Vec<_>>();
        let table = Table::read(bytes, &Options::new(&columns)).map_err(refused)?;
        if table.is_empty() {
            let (vi, en) = (format!("{name} không có dòng dữ liệu nào"), format!("{name} has no rows"));
            return Err(vec![Finding::error(pointer, "table-empty", vi, en)]);
        }
        Ok(Self { table })
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.table.len()
    }

    /// The line on which a row stands.
    pub(crate) fn line(&self, row: usize) -> u32 {
        self.table.record(row).map_or(0, |record| record.line())
    }

    /// The cells of a column.
    ///
    /// # Errors
    /// A finding at `pointer`: there is no such column.
    pub(crate) fn column(&self, name: &str, pointer: &str) -> Result<Vec<&str>, Finding> {
        let place = self.table.column(&table::name(name)).ok_or_else(|| {
            let vi = format!("Tệp dữ liệu không có cột “{name}”");
            Finding::error(pointer, "column-unknown", vi, format!("The data has no column “{name}”"))
        })?;
        Ok(self.table.records().map(|record| record.at(place).unwrap_or_default()).collect())
    }

    /// The cells of several columns, those of a row joined.
    ///
    /// # Errors
    /// As [`Sheet::column`].
    pub(crate) fn joined(&self, names: &[String], pointer: &str) -> Result<Vec<String>, Finding> {
        let columns = names.iter().map(|name| self.column(name, pointer)).collect::<Result<Vec<_>, _>>()?;
        Ok((0..self.rows()).map(|row| columns.iter().map(|column| column[row]).collect::<Vec<_>>().join(" × ")).collect())
    }

    /// The numbers of a column; of rows that are not wanted, 0.
    ///
    /// # Errors
    /// A finding at `pointer`: there is no such column, or the first cell that is no finite number, with its line.
    pub(crate) fn numbers(&self, name: &str, wanted: &[bool], pointer: &str) -> Result<Vec<f64>, Finding> {
        let number = |(row, cell): (usize, &&str)| match table::number(cell) {
            _ if !wanted.get(row).copied().unwrap_or_default() => Ok(0.0),
            Some(value) => Ok(value),
            None => {
                let line = self.line(row);
                let vi = format!("Cột “{name}”, dòng {line}: “{cell}” không phải là số");
                Err(Finding::error(pointer, "not-a-number", vi, format!("Column “{name}”, line {line}: “{cell}” is no number")))
            }
        };
        self.column(name, pointer)?.iter().enumerate().map(number).collect()
    }

    /// The file as CSV text with columns of numbers added.
    ///
    /// # Errors
    /// What keeps a record from being written; memory is all it needs.
    pub(crate) fn with_columns(&self, added: &[(String, &[f64])]) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.table.names().chain(added.iter().map(|(name, _)| name.as_str())))?;
        for (row, record) in self.table.records().enumerate() {
            let numbers: Vec<String> = added.iter().map(|(_, numbers)| numbers[row].to_string()).collect();
            writer.write_record(record.cells().map(Option::unwrap_or_default).chain(numbers.iter().map(String::as_str)))?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }
}
