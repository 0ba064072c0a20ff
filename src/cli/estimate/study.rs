//! A case with its data: the sample, the domain, the variables.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::case::{Case, Freedom};
use super::condition::Condition;
use super::refusal::Refusal;
use super::table::{Levels, Table, Tables};
use crate::scoring::sample::{Rows, Sample, Values};

/// A domain and what the columns that make it say there.
#[derive(Debug, Clone)]
pub struct Domain {
    /// A value for each column.
    pub key: Vec<String>,
    /// Its rows.
    pub rows: Rows,
}

/// Everything that an estimator of a case needs.
#[derive(Debug, Clone)]
pub struct Study<'a> {
    /// The case.
    pub case: &'a Case,
    /// Where further files are read.
    pub tables: &'a Tables,
    /// The data: the rows that have weight.
    pub table: Rc<Table>,
    /// Which rows of the file these are, where others have none.
    pub kept: Option<Vec<bool>>,
    /// The sample that they are.
    pub sample: Sample,
    /// The rows that the case's `where` keeps.
    pub domain: Rows,
}

impl<'a> Study<'a> {
    /// Reads the data of a case and makes a sample of them.
    ///
    /// # Errors
    /// Files, columns or designs that cannot be.
    pub fn new(case: &'a Case, tables: &'a Tables) -> Result<Self, Refusal> {
        let table = tables.table(&case.data)?;
        let kept = case.design.weighed(&table)?;
        let table = kept.as_ref().map_or(Rc::clone(&table), |kept| Rc::new(table.keeping(kept)));
        let sample = case.design.sample(&table)?;
        let domain = match &case.estimator.condition {
            None => vec![true; table.rows()],
            Some(condition) => condition.rows(&table)?.into_iter().map(|holds| holds == Some(true)).collect(),
        };
        Ok(Self { case, tables, table, kept, sample, domain: domain.into() })
    }

    /// A variable: a column, or a condition such as `q01>=4` as 1 and 0.
    ///
    /// # Errors
    /// Neither of both, or cells that are no numbers.
    pub fn variable(&self, name: &str) -> Result<Values, Refusal> {
        match Condition::parse(name) {
            Ok(condition) if !self.table.has(name) => {
                let value = |holds: Option<bool>| holds.map_or(f64::NAN, |holds| if holds { 1.0 } else { 0.0 });
                Ok(condition.rows(&self.table)?.into_iter().map(value).collect())
            }
            _ => self.table.numbers(name),
        }
    }

    /// Variables.
    ///
    /// # Errors
    /// As [`Study::variable`]; an empty list.
    pub fn variables(&self, names: &[String]) -> Result<Vec<Values>, Refusal> {
        if names.is_empty() {
            return Err(Refusal::new("case-invalid", format!("/estimator: {} needs variables", self.case.estimator.function)));
        }
        names.iter().map(|name| self.variable(name)).collect()
    }

    /// The rows of the domain; with `na_rm` only those where none of the variables is missing.
    #[must_use]
    pub fn rows(&self, variables: &[Values]) -> Rows {
        if self.case.estimator.na_rm { self.complete(variables) } else { Arc::clone(&self.domain) }
    }

    /// The rows of the domain where none of the variables is missing.
    #[must_use]
    pub fn complete(&self, variables: &[Values]) -> Rows {
        let complete = |row: usize| variables.iter().all(|values| values.get(row).is_some_and(|value| !value.is_nan()));
        self.domain.iter().enumerate().map(|(row, keep)| *keep && complete(row)).collect()
    }

    /// The domains that columns make; see `domains`.
    ///
    /// # Errors
    /// A column that is not there.
    pub fn domains(&self, columns: &[String], rows: &[bool]) -> Result<Vec<Domain>, Refusal> {
        domains(&self.table, columns, &self.domain, rows)
    }

    /// Degrees of freedom of the whole sample.
    #[must_use]
    pub fn df(&self) -> f64 {
        self.sample.df(&vec![true; self.sample.rows()])
    }

    /// Degrees of freedom of the domain.
    #[must_use]
    pub fn domain_df(&self) -> f64 {
        self.sample.df(&self.domain)
    }

    /// Those that are stated with an estimate, where its interval has `own`.
    #[must_use]
    pub fn stated_df(&self, own: f64) -> f64 {
        match self.case.freedom {
            Freedom::Domain => own,
            Freedom::Design => self.df(),
        }
    }

    /// Those of an estimate's t interval: of `domain`, of whose rows the estimate takes `part`. Rows of one PSU a stratum have none,
    /// whatever PSUs the domain has beside.
    #[must_use]
    pub fn interval_df(&self, domain: &[bool], part: &[bool]) -> f64 {
        match self.case.freedom {
            Freedom::Domain if self.sample.df(part) <= 0.0 => 0.0,
            Freedom::Domain => self.sample.df(domain),
            Freedom::Design => self.df(),
        }
    }

    /// A list with an entry a row of the file as one with an entry a row of the table.
    #[must_use]
    pub fn of_kept<T: Clone>(&self, all: &[T]) -> Vec<T> {
        match &self.kept {
            Some(kept) => all.iter().zip(kept).filter(|(_, kept)| **kept).map(|(entry, _)| entry.clone()).collect(),
            None => all.to_vec(),
        }
    }

    /// Numbers of the rows of the table as those of the file; of rows without weight, 0.
    #[must_use]
    pub fn of_file(&self, numbers: &[f64]) -> Vec<f64> {
        let Some(kept) = &self.kept else { return numbers.to_vec() };
        let mut numbers = numbers.iter().copied();
        kept.iter().map(|kept| if *kept { numbers.next().unwrap_or_default() } else { 0.0 }).collect()
    }
}

/// The domains that columns make of some rows: one for each combination of their values that occurs `among` them, the
/// first column's values changing fastest.
///
/// # Errors
/// A column that is not there.
pub fn domains(table: &Table, columns: &[String], among: &[bool], rows: &[bool]) -> Result<Vec<Domain>, Refusal> {
    let levels: Vec<Levels> = columns.iter().map(|column| table.levels(column)).collect::<Result<_, _>>()?;
    let mut found: BTreeMap<Vec<usize>, Vec<bool>> = BTreeMap::new();
    for (row, (among, keep)) in among.iter().zip(rows).enumerate() {
        // Backwards, so that the last column leads the order.
        let key: Option<Vec<usize>> = levels.iter().rev().map(|levels| levels.of_row[row]).collect();
        if let Some(key) = key.filter(|_| *among) {
            found.entry(key).or_insert_with(|| vec![false; table.rows()])[row] = *keep;
        }
    }
    let name = |key: &[usize]| levels.iter().zip(key.iter().rev()).map(|(levels, place)| levels.names[*place].clone()).collect();
    Ok(found.into_iter().map(|(key, rows)| Domain { key: name(&key), rows: rows.into() }).collect())
}
