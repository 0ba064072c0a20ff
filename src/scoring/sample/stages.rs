//! The stages of a design, and the variance of a total over them.

use std::collections::BTreeMap;

use crate::frame::{Strata, Stratum};
use crate::scoring::sample::Linearised;
use crate::scoring::{LonelyRule, LonelyStratum, Scatter};

/// The name of a cluster or stratum.
pub type Cluster = String;

/// One stage of the draw, as columns over the rows of the sample.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StageColumns {
    /// The cluster of each row: unique within the stratum and the clusters of the stages before. Empty: each row is its own.
    pub clusters: Vec<Cluster>,
    /// The stratum of each row, within the cluster of the stage before; empty where this stage has none.
    pub strata: Vec<Cluster>,
    /// How many clusters the row's stratum has in the population; empty where they were drawn as if with replacement.
    pub population: Vec<i64>,
}

/// Why columns make no sample.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// A weight that is no number, or negative.
    #[error("row {}: the weight is no number from 0", row + 1)]
    Weight {
        /// The row, from 0.
        row: usize,
    },
    /// A column of another length than the weights.
    #[error("stage {stage}: a column has {found} rows, the weights have {expected}")]
    Ragged {
        /// The stage, from 1.
        stage: usize,
        /// Rows found.
        found: usize,
        /// Rows of the weights.
        expected: usize,
    },
    /// Two population counts for one stratum.
    #[error("stage {stage}, row {}: stratum {stratum:?} has another population count in an earlier row", row + 1)]
    Population {
        /// The stage, from 1.
        stage: usize,
        /// The row, from 0.
        row: usize,
        /// The stratum.
        stratum: Cluster,
    },
    /// Weights are to follow from the population counts, and there are none.
    #[error("stage {stage}: without population counts there are no weights")]
    NoPopulation {
        /// The stage, from 1.
        stage: usize,
    },
    /// Fewer clusters in the population than were drawn.
    #[error("stage {stage}: {sampled} clusters were drawn in stratum {stratum:?}, its population has {population}")]
    Fraction {
        /// The stage, from 1.
        stage: usize,
        /// The stratum.
        stratum: Cluster,
        /// Clusters drawn.
        sampled: u32,
        /// Clusters of the population.
        population: i64,
    },
}

/// One stage: the clusters in canonical order, and which of them each row lies in.
#[derive(Debug, Clone)]
struct Stage {
    strata: Strata,
    /// The cluster of each row.
    of_row: Vec<u32>,
    /// For each stratum, the product of the sampling fractions of the stages before.
    reach: Vec<f64>,
}

/// Where each row stands before a stage: what the stages so far say of it.
struct Before {
    /// Its cluster.
    cluster: Vec<u32>,
    /// What messages call that cluster.
    label: Vec<Cluster>,
    /// How likely that cluster was drawn; 0 where it is not known.
    reach: Vec<f64>,
}

impl Before {
    fn enter(&mut self, stage: &Stage, columns: &StageColumns) {
        self.cluster.clone_from(&stage.of_row);
        self.reach = (0..self.reach.len()).map(|row| stage.reach_of(row)).collect();
        for (row, label) in self.label.iter_mut().enumerate() {
            let parts = [label.as_str(), name(&columns.strata, row), name(&columns.clusters, row)];
            *label = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        }
    }
}

/// The name of a row's cluster or stratum; empty where there is no such column.
fn name(column: &[Cluster], row: usize) -> &str {
    column.get(row).map_or("", String::as_str)
}

/// The stages of a draw, the first first.
#[derive(Debug, Clone)]
pub struct Stages {
    list: Vec<Stage>,
}

impl Stages {
    /// Numbers clusters and strata of every stage by their names; says what contradicts itself.
    pub(super) fn new(rows: usize, columns: &[StageColumns], errors: &mut Vec<SampleError>) -> Self {
        let element = [StageColumns::default()];
        let columns = if columns.is_empty() { &element } else { columns };
        let mut list: Vec<Stage> = Vec::new();
        let mut before = Before { cluster: vec![0; rows], label: vec![Cluster::new(); rows], reach: vec![1.0; rows] };
        for (number, columns) in (1..).zip(columns) {
            let ragged = [columns.clusters.len(), columns.strata.len(), columns.population.len()];
            if let Some(found) = ragged.into_iter().find(|len| *len != 0 && *len != rows) {
                errors.push(SampleError::Ragged { stage: number, found, expected: rows });
                break;
            }
            let stage = Stage::new(number, columns, &before, errors);
            before.enter(&stage, columns);
            list.push(stage);
        }
        Self { list }
    }

    /// The covariance matrix of totals of influence values; see `Sample::covariance`.
    pub(super) fn covariance(&self, statistics: &Linearised, lonely: LonelyRule) -> Result<Vec<f64>, LonelyStratum> {
        let width = statistics.width();
        let mut sum = vec![0.0; width * width];
        for stage in &self.list {
            if stage.reach.iter().all(|reach| *reach == 0.0) {
                break;
            }
            let scatter = stage.scatter(statistics);
            for (total, cell) in sum.iter_mut().zip(scatter.covariance_within(&stage.strata, lonely, &stage.reach)?) {
                *total += cell;
            }
        }
        Ok(sum)
    }

    /// The inverse of each row's probability of being drawn: the product over the stages of `N/n`.
    pub(super) fn expansion(&self, rows: usize) -> Vec<f64> {
        (0..rows).map(|row| self.list.iter().map(|stage| stage.expansion(row)).product()).collect()
    }

    /// PSUs less strata among the rows kept.
    pub(super) fn df(&self, keep: &[bool]) -> f64 {
        let (psus, strata) = self.list.first().map_or((0, 0), |stage| stage.count(keep));
        f64::from(psus) - f64::from(strata)
    }

    /// PSUs among the rows kept.
    pub(super) fn psus(&self, keep: &[bool]) -> u32 {
        self.list.first().map_or(0, |stage| stage.count(keep).0)
    }

    /// How many stages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is no stage; there always is one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The strata and clusters of a stage, counted from 0.
    #[must_use]
    pub fn strata(&self, stage: usize) -> Option<&Strata> {
        self.list.get(stage).map(|stage| &stage.strata)
    }

    /// The cluster of each row in a stage, counted from 0: a place among the clusters of [`Stages::strata`].
    #[must_use]
    pub fn clusters(&self, stage: usize) -> Option<&[u32]> {
        self.list.get(stage).map(|stage| stage.of_row.as_slice())
    }
}

/// Distinct keys in their order, numbered from 0.
fn numbered<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, u32> {
    let mut numbers: BTreeMap<K, u32> = keys.map(|key| (key, 0)).collect();
    for (place, number) in (0..).zip(numbers.values_mut()) {
        *number = place;
    }
    numbers
}

impl Stage {
    fn new(number: usize, columns: &StageColumns, before: &Before, errors: &mut Vec<SampleError>) -> Self {
        let rows = before.cluster.len();
        // Rows without a cluster column are clusters of their own, in the order they stand in.
        let cluster = |row: usize| (name(&columns.clusters, row), if columns.clusters.is_empty() { row } else { 0 });
        let stratum = |row: usize| (before.cluster[row], name(&columns.strata, row));
        let strata = numbered((0..rows).map(stratum));
        let clusters = numbered((0..rows).map(|row| (stratum(row), cluster(row))));
        let of_psu: Vec<u32> = clusters.keys().map(|(stratum, _)| strata[stratum]).collect();
        let mut list: Vec<Stratum> = strata.keys().map(|_| Stratum { name: String::new(), sampled: 0, population: None }).collect();
        let (mut seen, mut contradicted) = (vec![false; list.len()], vec![false; list.len()]);
        let mut of_row = Vec::with_capacity(rows);
        let mut reach = vec![0.0; list.len()];
        for row in 0..rows {
            let place = strata[&stratum(row)] as usize;
            of_row.push(clusters[&(stratum(row), cluster(row))]);
            reach[place] = before.reach[row];
            let population = columns.population.get(row).copied();
            let known = &mut list[place];
            if !std::mem::replace(&mut seen[place], true) {
                let parts = [before.label[row].as_str(), name(&columns.strata, row)];
                known.name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
                known.population = population;
            } else if known.population != population && !std::mem::replace(&mut contradicted[place], true) {
                errors.push(SampleError::Population { stage: number, row, stratum: known.name.clone() });
            }
        }
        let areas = vec![None; of_psu.len()];
        let strata = Strata::new(list, of_psu, areas).unwrap_or_default(); // the clusters were sorted by stratum
        for stratum in strata.strata() {
            if let Some(population) = stratum.population.filter(|population| *population < i64::from(stratum.sampled)) {
                let (stratum, sampled) = (stratum.name.clone(), stratum.sampled);
                errors.push(SampleError::Fraction { stage: number, stratum, sampled, population });
            }
        }
        Self { strata, of_row, reach }
    }

    /// `N/n` of the row's stratum; 0 where the population is not known.
    fn expansion(&self, row: usize) -> f64 {
        let stratum = &self.strata.strata()[self.strata.stratum_of(self.of_row[row]) as usize];
        #[allow(clippy::cast_precision_loss)] // population counts are far below 2^53
        stratum.population.map_or(0.0, |population| population as f64 / f64::from(stratum.sampled))
    }

    /// What the next stage is multiplied by for this row: the sampling fractions so far; 0 where one is not known.
    fn reach_of(&self, row: usize) -> f64 {
        let stratum = self.strata.stratum_of(self.of_row[row]) as usize;
        let info = &self.strata.strata()[stratum];
        #[allow(clippy::cast_precision_loss)] // population counts are far below 2^53
        let fraction = info.population.map_or(0.0, |population| f64::from(info.sampled) / population as f64);
        self.reach[stratum] * fraction
    }

    /// Influence values summed up to clusters; those without a row that takes part are left out.
    fn scatter(&self, statistics: &Linearised) -> Scatter {
        let width = statistics.width();
        let mut totals = vec![0.0; self.strata.psus() * width];
        let mut there = vec![false; self.strata.psus()];
        for ((row, takes_part), psu) in statistics.influence().chunks_exact(width.max(1)).zip(statistics.rows()).zip(&self.of_row) {
            let psu = *psu as usize;
            there[psu] |= takes_part;
            for (total, z) in totals[psu * width..(psu + 1) * width].iter_mut().zip(row) {
                *total += z;
            }
        }
        let mut scatter = Scatter { width, ..Scatter::default() };
        for (psu, _) in (0_u32..).zip(&there).filter(|(_, there)| **there) {
            scatter.psus.push(psu);
            scatter.z.extend_from_slice(&totals[psu as usize * width..(psu as usize + 1) * width]);
        }
        scatter
    }

    /// How many clusters and strata hold rows that are kept.
    fn count(&self, keep: &[bool]) -> (u32, u32) {
        let mut psus = vec![false; self.strata.psus()];
        for (psu, _) in self.of_row.iter().zip(keep).filter(|(_, keep)| **keep) {
            psus[*psu as usize] = true;
        }
        let mut strata = vec![false; self.strata.strata().len()];
        let mut count = 0;
        for (psu, _) in (0_u32..).zip(&psus).filter(|(_, there)| **there) {
            count += 1;
            strata[self.strata.stratum_of(psu) as usize] = true;
        }
        (count, u32::try_from(strata.iter().filter(|there| **there).count()).unwrap_or(u32::MAX))
    }
}
