//! A case with its data: the sample, the domain, the variables.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::case::{Case, Design};
use super::condition::Condition;
use super::refusal::Refusal;
use super::table::{Levels, Table, Tables};
use crate::scoring::LonelyRule;
use crate::scoring::sample::{Rows, Sample, StageColumns, Values};

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
    /// The data.
    pub table: Rc<Table>,
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
        let sample = sample(&case.design, case, &table)?;
        let domain = match &case.estimator.condition {
            None => vec![true; table.rows()],
            Some(condition) => condition.rows(&table)?.into_iter().map(|holds| holds == Some(true)).collect(),
        };
        Ok(Self { case, tables, table, sample, domain: domain.into() })
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

    /// The domains that columns make: one for each combination of their values that has rows, the first column's values
    /// changing fastest.
    ///
    /// # Errors
    /// A column that is not there.
    pub fn domains(&self, columns: &[String], rows: &Rows) -> Result<Vec<Domain>, Refusal> {
        let levels: Vec<Levels> = columns.iter().map(|column| self.table.levels(column)).collect::<Result<_, _>>()?;
        let mut found: BTreeMap<Vec<usize>, Vec<bool>> = BTreeMap::new();
        for row in 0..self.table.rows() {
            // Backwards, so that the last column leads the order.
            let key: Option<Vec<usize>> = levels.iter().rev().map(|levels| levels.of_row[row]).collect();
            if let Some(key) = key.filter(|_| self.domain[row]) {
                found.entry(key).or_insert_with(|| vec![false; self.table.rows()])[row] = rows[row];
            }
        }
        let name = |key: &[usize]| levels.iter().zip(key.iter().rev()).map(|(levels, place)| levels.names[*place].clone()).collect();
        Ok(found.into_iter().map(|(key, rows)| Domain { key: name(&key), rows: rows.into() }).collect())
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
}

/// The sample that a design describes.
fn sample(design: &Design, case: &Case, table: &Table) -> Result<Sample, Refusal> {
    let stages = stages(design, table)?;
    let lonely = LonelyRule { rule: design.lonely, in_domains: design.adjust_domain_lonely };
    let mut sample = if design.weights_from_fpc {
        Sample::drawn(table.rows(), &stages, lonely)?
    } else {
        let weights = match &design.weights {
            Some(column) => table.numbers(column)?.to_vec(),
            None => vec![1.0; table.rows()],
        };
        Sample::new(weights, &stages, lonely)?
    };
    // Given replicate weights carry the whole design: the stages do not matter then.
    if design.ultimate_cluster && case.post.is_none() {
        sample = Sample::new(sample.weights().to_vec(), &stages[..stages.len().min(1)], lonely)?;
    }
    Ok(sample)
}

fn stages(design: &Design, table: &Table) -> Result<Vec<StageColumns>, Refusal> {
    let count = design.ids.len().max(design.strata.len()).max(design.fpc.len());
    let mut stages = Vec::with_capacity(count);
    for stage in 0..count {
        let names = |list: &[String]| list.get(stage).map_or(Ok(Vec::new()), |column| names(table, column));
        let clusters = names(&design.ids)?;
        let strata = names(&design.strata)?;
        let population = design.fpc.get(stage).map_or(Ok(Vec::new()), |column| counts(table, column))?;
        if stage == 0 && !design.nest {
            nested(&clusters, &strata)?;
        }
        stages.push(StageColumns { clusters, strata, population });
    }
    Ok(stages)
}

/// The names in a column; none may be missing.
fn names(table: &Table, column: &str) -> Result<Vec<String>, Refusal> {
    let cells = table.cells(column)?;
    match cells.iter().position(String::is_empty) {
        Some(row) => Err(Refusal::new("design-invalid", format!("column {column:?}, row {}: the cluster or stratum is missing", row + 1))),
        None => Ok(cells.to_vec()),
    }
}

/// The population counts in a column.
fn counts(table: &Table, column: &str) -> Result<Vec<i64>, Refusal> {
    let count = |(row, value): (usize, &f64)| {
        #[allow(clippy::cast_possible_truncation)] // whole and below 2^53
        let whole = (value.fract() == 0.0 && *value >= 1.0 && *value < 9e15).then_some(*value as i64);
        whole.ok_or_else(|| Refusal::new("design-invalid", format!("column {column:?}, row {row}: {value} is no number of units")))
    };
    (1..).zip(table.numbers(column)?.iter()).map(count).collect()
}

/// Clusters whose names are unique over strata must not occur in two.
fn nested(clusters: &[String], strata: &[String]) -> Result<(), Refusal> {
    let mut stratum_of = BTreeMap::new();
    for (cluster, stratum) in clusters.iter().zip(strata) {
        if stratum_of.insert(cluster, stratum).is_some_and(|other| other != stratum) {
            let detail = format!("cluster {cluster:?} occurs in two strata: say nest if names are unique within strata only");
            return Err(Refusal::new("clusters-not-nested", detail));
        }
    }
    Ok(())
}
