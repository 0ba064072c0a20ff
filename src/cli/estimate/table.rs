//! Tables as columns.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::refusal::Refusal;
use crate::scoring::sample::Values;
use crate::table::{self, Column, Options, number};
use crate::words::Finding;

/// A table; an empty cell is a missing value.
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: BTreeMap<String, Vec<String>>,
    /// The line of each row in its file.
    lines: Vec<u32>,
}

/// The distinct values of a column in their order, and which of them each row has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    /// Ascending: numbers as numbers, everything else as text.
    pub names: Vec<String>,
    /// The place of each row's value; `None` where it is missing.
    pub of_row: Vec<Option<usize>>,
    /// Whether all of them are numbers.
    pub numeric: bool,
}

/// The tables of a folder; each file is read once.
#[derive(Debug)]
pub struct Tables {
    folder: PathBuf,
    read: RefCell<BTreeMap<String, Result<Rc<Table>, Refusal>>>,
}

impl Tables {
    /// Tables that are named relative to a folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), read: RefCell::default() }
    }

    /// The table of a file.
    ///
    /// # Errors
    /// The file cannot be read as a table.
    pub fn table(&self, name: &str) -> Result<Rc<Table>, Refusal> {
        let mut read = self.read.borrow_mut();
        let table = || Table::read(&self.folder.join(name), name).map(Rc::new);
        read.entry(name.to_owned()).or_insert_with(table).clone()
    }
}

impl Table {
    fn read(path: &Path, name: &str) -> Result<Self, Refusal> {
        let unreadable = |error: &dyn std::fmt::Display| Refusal::new("data-unreadable", format!("{name}: {error}"));
        let bytes = std::fs::read(path).map_err(|error| unreadable(&error))?;
        Self::parse(&bytes).map_err(|error| unreadable(&error))
    }

    /// Reads a table.
    ///
    /// # Errors
    /// What keeps the bytes from being one, with its line.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, String> {
        let table = table::Table::read(bytes.as_ref(), &Options::new(&|_| Column::NAME)).map_err(|findings| {
            let told = findings.iter().filter(|finding| finding.is_error());
            let line = |finding: &Finding| finding.line.map_or_else(|| finding.en.clone(), |line| format!("line {line}: {}", finding.en));
            told.map(line).collect::<Vec<_>>().join("; ")
        })?;
        if table.is_empty() {
            return Err("there are no rows".to_owned());
        }
        let cells = |place: usize| table.records().map(|record| record.at(place).unwrap_or_default().to_owned()).collect();
        let columns = table.names().enumerate().map(|(place, name)| (name.to_owned(), cells(place))).collect();
        Ok(Self { columns, lines: table.records().map(|record| record.line()).collect() })
    }

    /// The table with the rows that are kept alone.
    #[must_use]
    pub fn keeping(&self, keep: &[bool]) -> Self {
        let kept = |cells: &Vec<String>| cells.iter().zip(keep).filter(|(_, keep)| **keep).map(|(cell, _)| cell.clone()).collect();
        let columns = self.columns.iter().map(|(name, cells)| (name.clone(), kept(cells))).collect();
        Self { columns, lines: self.lines.iter().zip(keep).filter(|(_, keep)| **keep).map(|(line, _)| *line).collect() }
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// The line of a row in its file.
    #[must_use]
    pub fn line(&self, row: usize) -> u32 {
        self.lines.get(row).copied().unwrap_or_default()
    }

    /// Whether there is such a column.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// The cells of a column; missing ones are empty.
    ///
    /// # Errors
    /// There is no such column.
    pub fn cells(&self, column: &str) -> Result<&[String], Refusal> {
        let cells = self.columns.get(column).map(Vec::as_slice);
        cells.ok_or_else(|| Refusal::new("column-unknown", format!("the data has no column {column:?}")))
    }

    /// The numbers of a column; missing ones are NaN.
    ///
    /// # Errors
    /// There is no such column, or a cell is no finite number.
    pub fn numbers(&self, column: &str) -> Result<Values, Refusal> {
        let cells = self.cells(column)?.iter().map(String::as_str).zip(self.lines.iter().copied());
        let plain = table::decimal_points(cells).map_err(|doubt| {
            let line = doubt.line.map(|line| format!("line {line}, ")).unwrap_or_default();
            Refusal::new("ambiguous-comma", format!("{line}column {column:?}: {}", doubt.en))
        })?;
        let number = |(text, line): (&Cow<'_, str>, &u32)| match &**text {
            "" => Ok(f64::NAN),
            text => {
                number(text).ok_or_else(|| Refusal::new("not-a-number", format!("column {column:?}, line {line}: {text:?} is no number")))
            }
        };
        plain.iter().zip(&self.lines).map(number).collect()
    }

    /// The distinct values of a column.
    ///
    /// # Errors
    /// There is no such column.
    pub fn levels(&self, column: &str) -> Result<Levels, Refusal> {
        let cells = self.cells(column)?;
        let mut names: Vec<&String> = cells.iter().filter(|cell| !cell.is_empty()).collect::<BTreeSet<_>>().into_iter().collect();
        let numbers: Option<Vec<f64>> = names.iter().map(|name| number(name)).collect();
        if numbers.is_some() {
            // Equal numbers are one level, however they are written.
            let value = |name: &&String| number(name).unwrap_or_default();
            names.sort_by(|a, b| value(a).total_cmp(&value(b)));
            names.dedup_by(|a, b| value(a).total_cmp(&value(b)).is_eq());
        }
        let place = |cell: &String| {
            let same = |name: &&&String| **name == cell || numbers.is_some() && number(name) == number(cell);
            names.iter().position(|name| same(&name))
        };
        let mut known: BTreeMap<&String, Option<usize>> = BTreeMap::new();
        let of_row =
            cells.iter().map(|cell| if cell.is_empty() { None } else { *known.entry(cell).or_insert_with(|| place(cell)) }).collect();
        Ok(Levels { of_row, names: names.into_iter().cloned().collect(), numeric: numbers.is_some() })
    }
}
