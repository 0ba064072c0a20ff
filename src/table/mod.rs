//! The one reader for every table that comes in: the bytes of a CSV of any dialect, or of an XLSX, → cells that know their place.
//!
//! # What is read
//! - *Encodings*: UTF-8 and UTF-16, with or without a byte order mark; bytes that are neither are taken for Windows-1258 where they
//!   can be that, with a warning.
//! - *CSV*: comma, semicolon or tab, told from heading and rows, or declared by a line `sep=;`; quoted cells with line ends in them;
//!   lines that end in CRLF, LF or CR, each of which counts as one line. Lines that begin with `#` above the heading are comments;
//!   below it, they are rows. Rows without anything in them, and cells without anything in them beyond the heading, are passed over.
//! - *XLSX*: the first sheet that is not hidden, or a named one. Numbers without a fraction are whole numbers, days are written
//!   `2025-07-01`.
//! - *Cells*: names and codes as [`name`] spells them; numbers with decimal commas become numbers with decimal points where it is
//!   clear what the comma means; free text stays as it is, in NFC. What a column holds, the caller says: [`Column`].
//!
//! # What is refused
//! Everything at once, each finding with its line: rows that are longer or shorter than the heading, quotation marks that do not
//! close, columns of one name, a title where the heading should be, a comma that may mean two things.
//!
//! ```
//! use hailong::table::{Column, Options, Table};
//!
//! let bytes = "# Quý III\r\nunit;sat\r\nĐà Nẵng;85,5\r\n".as_bytes();
//! let columns = |name: &str| if name == "sat" { Column::NUMBER } else { Column::NAME };
//! let table = Table::read(bytes, &Options::new(&columns)).unwrap();
//! let record = table.records().next().unwrap();
//! assert_eq!((record.line(), record.get("unit"), record.get("sat")), (3, Some("Đà Nẵng"), Some("85.5")));
//! ```

mod build;
mod checks;
mod clean;
mod decode;
mod number;
mod split;
mod workbook;

use std::collections::HashMap;

pub use checks::Others;
pub use clean::{is_hidden, name, nfc};
pub use number::{decimal_points, integer, number, whole};

use crate::words::{Finding, any_error};

/// Words for a missing value that offices write into cells of numbers.
pub const MISSING: &[&str] = &["NA", "N/A", "#N/A", "NaN", "NULL", ".", "-", "–", "—", "…", "..."];

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Names and codes: compared, so spelled as [`name`] does.
    Name,
    /// Numbers: a decimal comma becomes a point.
    Number,
    /// What somebody wrote: kept as it is, in NFC.
    Text,
}

/// What a column holds, and which words in it say that a value is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// What its cells hold.
    pub kind: Kind,
    /// Words that stand for an empty cell, in letters of either case.
    pub missing: &'static [&'static str],
}

impl Column {
    /// Names and codes, none of which means that something is missing: Nghệ An is `NA`.
    pub const NAME: Self = Self { kind: Kind::Name, missing: &[] };
    /// Numbers, none of them missing but by an empty cell.
    pub const NUMBER: Self = Self { kind: Kind::Number, missing: &[] };
    /// Free text.
    pub const TEXT: Self = Self { kind: Kind::Text, missing: &[] };

    /// The same column, in which these words stand for a missing value.
    #[must_use]
    pub fn or(self, missing: &'static [&'static str]) -> Self {
        Self { missing, ..self }
    }
}

/// How a table is to be read.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// What the column of a name holds.
    columns: &'a dyn Fn(&str) -> Column,
    /// The sheet of a workbook; without one the first.
    sheet: Option<&'a str>,
}

impl<'a> Options<'a> {
    /// Options by what each column holds, told by its name.
    pub fn new(columns: &'a dyn Fn(&str) -> Column) -> Self {
        Self { columns, sheet: None }
    }

    /// The same, of a named sheet of a workbook.
    #[must_use]
    pub fn sheet(self, sheet: Option<&'a str>) -> Self {
        Self { sheet, ..self }
    }
}

/// A column's name and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The name, as [`name`] spells it.
    pub name: String,
    /// Its line, counted from 1.
    pub line: u32,
    /// Its column in the file, counted from 1.
    pub column: u32,
}

/// A table that was read: a heading and records below it.
#[derive(Debug, Clone, Default)]
pub struct Table {
    header: Vec<Heading>,
    by_name: HashMap<String, usize>,
    /// The text of all cells, one behind the other.
    text: String,
    /// The cells of all records, `header.len()` for each.
    cells: Vec<Span>,
    /// The line on which each record begins.
    lines: Vec<u32>,
    findings: Vec<Finding>,
}

/// A cell's place in [`Table::text`] and its line in the file.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    start: u32,
    end: u32,
    line: u32,
}

/// A row of cells, or what is wrong with it.
#[derive(Debug, Clone)]
struct Row<C> {
    /// The line on which it begins.
    line: u32,
    cells: Vec<C>,
    /// Why it cannot be read as it was meant.
    flaw: Option<Finding>,
}

impl Table {
    /// Reads a table of which every row counts.
    ///
    /// # Errors
    /// Every finding at once, where one of them is an error.
    pub fn read(bytes: &[u8], options: &Options<'_>) -> Result<Self, Vec<Finding>> {
        let table = Self::read_sound_rows(bytes, options)?;
        if any_error(&table.findings) { Err(table.findings) } else { Ok(table) }
    }

    /// Reads a table of which rows that cannot be read are left out: see [`Table::findings`].
    ///
    /// # Errors
    /// Findings that concern the table as a whole: its encoding, its heading, what its commas mean.
    pub fn read_sound_rows(bytes: &[u8], options: &Options<'_>) -> Result<Self, Vec<Finding>> {
        build::table(bytes, options)
    }

    /// The columns that have a name, in their order.
    #[must_use]
    pub fn header(&self) -> &[Heading] {
        &self.header
    }

    /// The names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.header.iter().map(|heading| heading.name.as_str())
    }

    /// The place of a column in [`Table::header`].
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The records, in the order of the file.
    pub fn records(&self) -> impl ExactSizeIterator<Item = Record<'_>> {
        (0..self.len()).map(|row| Record { table: self, row })
    }

    /// The record at this place, counted from 0.
    #[must_use]
    pub fn record(&self, row: usize) -> Option<Record<'_>> {
        (row < self.len()).then_some(Record { table: self, row })
    }

    /// What was found that does not keep the table from being read; of [`Table::read_sound_rows`], errors of the rows left out too.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The line of the heading.
    #[must_use]
    pub fn heading_line(&self) -> u32 {
        self.header.first().map_or(1, |heading| heading.line)
    }
}

/// The rows of a file as they stand in it, each with its line: the heading first, then all below it, also those that no table can be made of.
///
/// # Errors
/// A finding about the file as a whole.
pub fn rows(bytes: &[u8]) -> Result<Vec<(u32, Vec<String>)>, Finding> {
    build::rows(bytes)
}

/// A record of a table.
#[derive(Debug, Clone, Copy)]
pub struct Record<'t> {
    table: &'t Table,
    row: usize,
}

impl<'t> Record<'t> {
    /// The line on which it begins, counted from 1; of a workbook, its row.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.table.lines.get(self.row).copied().unwrap_or_default()
    }

    /// The place among the records of the table, counted from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.row
    }

    /// The cell of a column; `None` where it is empty or holds a word for a missing value, or where there is no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&'t str> {
        self.at(self.table.column(column)?)
    }

    /// The cell of the column at this place in the header; `None` where it is empty.
    #[must_use]
    pub fn at(&self, column: usize) -> Option<&'t str> {
        let span = self.span(column)?;
        self.table.text.get(span.start as usize..span.end as usize).filter(|text| !text.is_empty())
    }

    /// The cells in the order of the header; `None` for empty ones.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = Option<&'t str>> + use<'t> {
        let record = *self;
        (0..self.table.header.len()).map(move |column| record.at(column))
    }

    /// The line of a cell: another one than the record's behind a cell of several lines.
    #[must_use]
    pub fn line_of(&self, column: &str) -> u32 {
        self.table.column(column).and_then(|column| self.span(column)).map_or_else(|| self.line(), |span| span.line)
    }

    /// A cell's place as spreadsheets name it: `B7`.
    #[must_use]
    pub fn place(&self, column: &str) -> String {
        let letters = self.table.column(column).map_or(String::new(), |place| letters(self.table.header[place].column));
        format!("{letters}{}", self.line_of(column))
    }

    /// An error at a cell of this record, or at the record where there is no such column.
    #[must_use]
    pub fn error(&self, column: &str, code: &'static str, vi: impl Into<String>, en: impl Into<String>) -> Finding {
        let line = self.line_of(column);
        Finding { line: Some(line), ..Finding::error(format!("/{line}/{}", checks::escaped(column)), code, vi, en) }
    }

    fn span(&self, column: usize) -> Option<Span> {
        let width = self.table.header.len();
        (column < width).then(|| self.table.cells.get(self.row * width + column).copied()).flatten()
    }
}

/// A column's number as spreadsheets name it: 1 is `A`, 27 is `AA`.
fn letters(mut column: u32) -> String {
    let mut letters = Vec::new();
    while column > 0 {
        letters.push(char::from(b'A' + u8::try_from((column - 1) % 26).unwrap_or_default()));
        column = (column - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests;
