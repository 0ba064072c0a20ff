//! CSV files as columns.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::refusal::Refusal;
use crate::scoring::sample::Values;

/// A CSV file: a header, then rows; an empty cell is a missing value, lines that begin with `#` are comments.
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: BTreeMap<String, Vec<String>>,
    rows: usize,
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
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
        Self::parse(&text).map_err(|error| unreadable(&error))
    }

    /// Reads a table.
    ///
    /// # Errors
    /// What keeps the text from being one, with its line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
        let headers: Vec<String> = reader.headers().map_err(|error| error.to_string())?.iter().map(str::to_owned).collect();
        let mut cells = vec![Vec::new(); headers.len()];
        for record in reader.records() {
            let record = record.map_err(|error| error.to_string())?;
            for (column, cell) in cells.iter_mut().zip(&record) {
                column.push(cell.to_owned());
            }
        }
        let rows = cells.first().map_or(0, Vec::len);
        if rows == 0 {
            return Err("there are no rows".to_owned());
        }
        let mut columns = BTreeMap::new();
        for (header, cells) in headers.into_iter().zip(cells) {
            if let Some((header, _)) = columns.remove_entry(&header) {
                return Err(format!("two columns are named {header:?}"));
            }
            columns.insert(header, cells);
        }
        Ok(Self { columns, rows })
    }

    /// The table with the rows that are kept alone.
    #[must_use]
    pub fn keeping(&self, keep: &[bool]) -> Self {
        let kept = |cells: &Vec<String>| cells.iter().zip(keep).filter(|(_, keep)| **keep).map(|(cell, _)| cell.clone()).collect();
        let columns = self.columns.iter().map(|(name, cells)| (name.clone(), kept(cells))).collect();
        Self { columns, rows: keep.iter().filter(|keep| **keep).count() }
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
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
        let number = |(row, cell): (usize, &String)| match cell.as_str() {
            "" => Ok(f64::NAN),
            text => {
                number(text).ok_or_else(|| Refusal::new("not-a-number", format!("column {column:?}, row {row}: {text:?} is no number")))
            }
        };
        (1..).zip(self.cells(column)?).map(number).collect()
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

/// A finite number.
fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}
