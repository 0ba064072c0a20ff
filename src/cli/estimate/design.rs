//! A sampling design as the file states it, and the sample that it makes of a table.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::Fields;
use super::refusal::Refusal;
use super::table::Table;
use crate::schema::LonelyPsu;
use crate::scoring::LonelyRule;
use crate::scoring::sample::{Sample, StageColumns};

/// How the sample was drawn.
#[derive(Debug, Clone)]
pub struct Design {
    /// The cluster column of each stage; empty: rows were drawn themselves.
    pub ids: Vec<String>,
    /// The stratum column of each stage.
    pub strata: Vec<String>,
    /// The column of weights.
    pub weights: Option<String>,
    /// Weights follow from the population counts.
    pub weights_from_fpc: bool,
    /// The column of population counts of each stage.
    pub fpc: Vec<String>,
    /// Clusters have names that are unique only within strata.
    pub nest: bool,
    /// The rule for strata with one PSU.
    pub lonely: LonelyPsu,
    /// In domains, centre a lonely PSU even where its stratum has others outside the domain.
    pub adjust_domain_lonely: bool,
    /// The variance of the first stage only.
    pub ultimate_cluster: bool,
}

impl Design {
    /// Reads a design; says what of it is not understood.
    pub fn read(value: Option<&Value>, findings: &mut Vec<String>) -> Option<Self> {
        let mut fields = Fields::new("/design", value, findings);
        let ids = fields.texts("ids");
        let strata = fields.texts("strata");
        let weights = fields.word("weights");
        let weights_from_fpc = fields.flag("weights_from_fpc");
        let fpc = fields.texts("fpc");
        let nest = fields.flag("nest");
        let adjust_domain_lonely = fields.flag("adjust_domain_lonely");
        let ultimate_cluster = fields.flag("ultimate_cluster");
        let rule = fields.text("lonely_psu").unwrap_or_else(|| "fail".to_owned());
        let lonely = LonelyPsu::ALL.into_iter().find(|known| known.as_str() == rule);
        if lonely.is_none() {
            fields.find("lonely_psu", &format!("{rule:?} is none of {}", LonelyPsu::NAMES.join(", ")));
        }
        if weights.is_some() && weights_from_fpc {
            fields.find("weights_from_fpc", "weights come from a column already");
        }
        let stages = ids.len().max(1);
        for (name, columns) in [("strata", &strata), ("fpc", &fpc)] {
            if columns.len() > stages {
                fields.find(name, &format!("there are more columns than stages ({stages})"));
            }
        }
        fields.finish();
        Some(Self { ids, strata, weights, weights_from_fpc, fpc, nest, lonely: lonely?, adjust_domain_lonely, ultimate_cluster })
    }

    /// Which rows have weight, where some have none: those count nowhere, as if they were not in the table.
    ///
    /// # Errors
    /// No row has any, or the column is not there or holds what is no number.
    pub fn weighed(&self, table: &Table) -> Result<Option<Vec<bool>>, Refusal> {
        let Some(column) = self.weights.as_ref().filter(|_| !self.weights_from_fpc) else { return Ok(None) };
        let there: Vec<bool> = table.numbers(column)?.iter().map(|weight| *weight != 0.0).collect();
        match there.iter().filter(|there| **there).count() {
            0 => Err(Refusal::new("design-invalid", format!("column {column:?}: no row has a weight above 0"))),
            some => Ok((some < there.len()).then_some(there)),
        }
    }

    /// The sample that it makes of a table.
    ///
    /// # Errors
    /// Columns that are not there, or that make no design.
    pub fn sample(&self, table: &Table) -> Result<Sample, Refusal> {
        let stages = stages(self, table)?;
        let lonely = LonelyRule { rule: self.lonely, in_domains: self.adjust_domain_lonely };
        let sample = if self.weights_from_fpc {
            Sample::drawn(table.rows(), &stages, lonely)?
        } else {
            let weights = match &self.weights {
                Some(column) => table.numbers(column)?.to_vec(),
                None => vec![1.0; table.rows()],
            };
            Sample::new(weights, &stages, lonely)?
        };
        let first = &stages[..stages.len().min(1)];
        Ok(if self.ultimate_cluster { Sample::new(sample.weights().to_vec(), first, lonely)? } else { sample })
    }
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
        Some(row) => {
            Err(Refusal::new("design-invalid", format!("column {column:?}, line {}: the cluster or stratum is missing", table.line(row))))
        }
        None => Ok(cells.to_vec()),
    }
}

/// The population counts in a column.
fn counts(table: &Table, column: &str) -> Result<Vec<i64>, Refusal> {
    let count = |(row, value): (usize, &f64)| {
        #[allow(clippy::cast_possible_truncation)] // whole and below 2^53
        let whole = (value.fract() == 0.0 && *value >= 1.0 && *value < 9e15).then_some(*value as i64);
        whole.ok_or_else(|| {
            Refusal::new("design-invalid", format!("column {column:?}, line {}: {value} is not a number of units", table.line(row)))
        })
    };
    table.numbers(column)?.iter().enumerate().map(count).collect()
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
