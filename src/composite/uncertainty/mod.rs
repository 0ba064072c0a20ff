//! Uncertainty of composite indices: from the standard errors of leaves to intervals of every node and rank.
//!
//! ```text
//! Table ──Errors──┬── slopes ──────▶ variances, covariances ──┐
//!                 └── replicates ──▶ percentiles, covariances ┴──▶ intervals; Joint ──▶ intervals of ranks
//! ```
//!
//! Where the path from every value with an error to the root is smooth, the delta method; where it is not, as with goalposts
//! that all units set together, the pipeline is run again on values with drawn errors. [`propagate`] chooses and says why; the
//! caller may insist on either.

mod choose;
mod covariance_file;
mod delta;
mod deviates;
mod disturbance;
mod errors;
mod field;
mod leaves;
mod pairs;
mod replicates;
#[cfg(test)]
mod tests;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::pipeline::{ComputeError, Outcome};
use super::sensitivity::percentiles;
use super::stages::State;
use super::statistics::{deviation, mean};
use super::table::Table;
use super::ties::levelled;
use super::vietnamese::because;
use crate::schema::composite::{CompositeDefinition, CompositeNode};
use crate::scoring::interval::linear;
use crate::scoring::rank::{Joint, RankError, RankInterval, RankMethod, pairwise};
use crate::words::named;
use crate::words::{Lang, Said};
use replicates::{Replicates, SIDE_BY_SIDE};

pub use choose::Reason;
pub use errors::Errors;
pub use leaves::{LeafInterval, LeafUncertainty, leaf_intervals};
pub use pairs::Pair;

/// Most units whose ranks by every node get an interval; with more, only those by the root do.
const MOST_RANKED: usize = 400;

/// Why there is no uncertainty to be told.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UncertaintyError {
    /// The index itself cannot be computed.
    #[error("the index as defined: {0}")]
    Nominal(#[from] ComputeError),
    /// There is no such edition.
    #[error("there is no edition {0} in the outcome")]
    NoEdition(String),
    /// The delta method was asked for where a score has no derivative.
    #[error("{0}: its score has no derivative, so replicates are needed")]
    NoDerivative(String),
    /// Too few replicates gave scores.
    #[error("{done} of {asked} replicates gave scores{}", because(failure.as_ref(), Lang::En))]
    Replicates {
        /// Replicates with scores.
        done: usize,
        /// Replicates asked for.
        asked: usize,
        /// Why the first one failed, if any did.
        failure: Option<Said>,
    },
    /// Ranks cannot be judged.
    #[error("ranks: {0}")]
    Rank(#[from] RankError),
    /// A level that is not between 0 and 1.
    #[error("level {0} does not lie between 0 and 1")]
    Level(f64),
}

named! {
    /// How uncertainty is carried to the nodes.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Method {
        /// Slopes times errors.
        Delta = "delta",
        /// The pipeline run again on values with drawn errors.
        Replicates = "replicates",
    }
}

/// What the caller wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The two-sided level of intervals.
    pub level: f64,
    /// The method; none: delta where the path is smooth, replicates elsewhere.
    pub method: Option<Method>,
    /// How many replicates.
    pub replicates: usize,
    /// Where they are drawn from.
    pub seed: u64,
}

/// A score with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScoreInterval {
    /// The score.
    pub value: f64,
    /// Its standard error.
    pub se: f64,
    /// The degrees of freedom of the standard error; none: they count as infinite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub df: Option<f64>,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
    /// By how much the mean of replicates lies above the score; with the delta method none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bias: Option<f64>,
    /// The rank with its interval; none where there are too many units to compare by this node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<RankInterval>,
}

/// The scores of one node.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeUncertainty {
    /// The code of the node.
    pub node: String,
    /// A score for each unit; none where it has none.
    pub units: Vec<Option<ScoreInterval>>,
}

/// The uncertainty of one edition of an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Uncertainty {
    /// How it was found.
    pub method: Method,
    /// What speaks against the delta method; if there is something and the method is delta, the caller insisted.
    pub reasons: Vec<Reason>,
    /// The level of the intervals.
    pub level: f64,
    /// How many replicates were run; 0 with the delta method.
    pub replicates: usize,
    /// How many of them gave nothing.
    pub failed: usize,
    /// Why the first of these did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The units of the edition.
    pub units: Vec<String>,
    /// The inner nodes, the root first.
    pub nodes: Vec<NodeUncertainty>,
    /// The scores of the root with their covariance matrix, of the units that have one.
    #[serde(skip)]
    pub root: Joint,
}

impl Uncertainty {
    /// The interval of an inner node for a unit, each by its code.
    #[must_use]
    pub fn of(&self, node: &str, unit: &str) -> Option<&ScoreInterval> {
        self.at(node, self.units.iter().position(|known| known == unit)?)
    }

    /// The interval of an inner node for the unit at a place.
    #[must_use]
    pub fn at(&self, node: &str, unit: usize) -> Option<&ScoreInterval> {
        self.nodes.iter().find(|known| known.node == node)?.units.get(unit)?.as_ref()
    }
}

/// Carries the errors of a table's values to every inner node and rank of one edition. `outcome` is that of the definition's
/// own pipeline on `table`.
///
/// # Formula
/// Delta: `V = gᵀ Σ g` with the slopes g of a node, intervals from Student's t with Satterthwaite's degrees of freedom. Goalposts,
/// weights and imputed values count as fixed. Replicates: normal errors added to the values, the whole pipeline run again;
/// standard errors are standard deviations over replicates, intervals the order statistics that cut off half of what the
/// level leaves at either end (Davison and Hinkley 1997, section 5.3.1, percentile method). Ranks: pairwise comparisons
/// with Bonferroni's quantile for each unit's K − 1 ([`RankMethod::PairwiseMarginal`]), from the covariances of either method.
///
/// # Errors
/// [`UncertaintyError`].
pub fn propagate(
    definition: &CompositeDefinition,
    table: &Table,
    outcome: &Outcome,
    errors: &Errors,
    edition: &str,
    options: &Options,
) -> Result<Uncertainty, UncertaintyError> {
    propagate_among(definition, table, outcome, errors, edition, options, &|_, _| true)
}

/// The same, where units are ranked by a node only among those for whom `ranked` says so of the node and the row.
///
/// # Errors
/// [`UncertaintyError`].
pub fn propagate_among(
    definition: &CompositeDefinition,
    table: &Table,
    outcome: &Outcome,
    errors: &Errors,
    edition: &str,
    options: &Options,
    ranked: &dyn Fn(usize, usize) -> bool,
) -> Result<Uncertainty, UncertaintyError> {
    if !(options.level > 0.0 && options.level < 1.0) {
        return Err(UncertaintyError::Level(options.level));
    }
    let place = outcome.rows().editions().iter().position(|known| known == edition);
    let edition = place.ok_or_else(|| UncertaintyError::NoEdition(edition.to_owned()))?;
    let raw = table.state(definition);
    let reasons = choose::reasons(definition, outcome, errors, &raw);
    let method = options.method.unwrap_or(if reasons.is_empty() { Method::Delta } else { Method::Replicates });
    let run = Run { definition, raw: &raw, outcome, errors, edition, options };
    let (found, replicates) = match method {
        Method::Delta => (run.delta()?, None),
        Method::Replicates => {
            let replicates = Replicates::run(definition, &raw, outcome, errors, edition, options.replicates, options.seed)?;
            (run.replicates(&replicates), Some(replicates))
        }
    };
    let mut root = Joint::independent(Vec::new(), &[], None)?;
    let mut nodes = Vec::new();
    for node in found {
        let (uncertainty, joint) = run.finish(&node, replicates.as_ref(), ranked)?;
        if node.place == 0 {
            root = joint.unwrap_or(root);
        }
        nodes.push(uncertainty);
    }
    Ok(Uncertainty {
        method,
        reasons,
        level: options.level,
        replicates: replicates.as_ref().map_or(0, |_| options.replicates),
        failed: replicates.as_ref().map_or(0, |replicates| replicates.failed),
        failure: replicates.and_then(|replicates| Some(replicates.failure?.en.into_owned())),
        units: run.units().to_vec(),
        nodes,
        root,
    })
}

/// What both methods start from.
struct Run<'a> {
    definition: &'a CompositeDefinition,
    raw: &'a State,
    outcome: &'a Outcome,
    errors: &'a Errors,
    edition: usize,
    options: &'a Options,
}

/// A node's scores before ranks: by unit of the edition, and the covariances of different units where they are few.
struct Scored {
    place: usize,
    /// The position among the nodes whose replicates are kept.
    kept: usize,
    units: Vec<Option<ScoreInterval>>,
    across: Vec<(usize, usize, f64)>,
}

impl Run<'_> {
    fn span(&self) -> std::ops::Range<usize> {
        self.outcome.rows().spans().get(self.edition).cloned().unwrap_or(0..0)
    }

    fn units(&self) -> &[String] {
        self.outcome.rows().units().get(self.span()).unwrap_or_default()
    }

    /// The position among the edition's units of a row of the table.
    fn unit(&self, row: usize) -> Option<usize> {
        Some(self.outcome.rows().find(self.edition, self.raw.rows.units().get(row)?)? - self.span().start)
    }

    fn score(&self, node: usize, unit: usize) -> Option<f64> {
        self.outcome.score(node, self.span().start + unit)
    }

    fn delta(&self) -> Result<Vec<Scored>, UncertaintyError> {
        let slopes = delta::slopes(self.definition, self.raw, self.outcome, self.errors, self.edition)?;
        let inner = self.definition.nodes().iter().enumerate().filter(|(_, node)| node.indicator().is_none());
        let one = |(place, _): (usize, &CompositeNode)| {
            let spread = delta::spread(self.errors, &slopes[place]);
            let mut known = vec![(0.0, f64::INFINITY); self.units().len()];
            for (row, variance, df) in spread.rows {
                if let Some(unit) = self.unit(row) {
                    known[unit] = (variance, df);
                }
            }
            let unit = |(unit, (variance, df)): (usize, &(f64, f64))| {
                let value = self.score(place, unit)?;
                let (low, high) = linear(value, *variance, *df, self.options.level);
                let df = Some(*df).filter(|df| df.is_finite());
                Some(ScoreInterval { value, se: variance.sqrt(), df, low, high, bias: None, rank: None })
            };
            let units = known.iter().enumerate().map(unit).collect();
            let across = spread.across.into_iter().filter_map(|(a, b, c)| Some((self.unit(a)?, self.unit(b)?, c))).collect();
            Scored { place, kept: 0, units, across }
        };
        Ok(inner.map(one).collect())
    }

    fn replicates(&self, replicates: &Replicates) -> Vec<Scored> {
        let one = |(kept, place): (usize, &usize)| {
            let interval = |unit: usize, mut drawn: Vec<f64>| {
                let value = self.score(*place, unit)?;
                let (centre, se) = (mean(drawn.iter().copied())?, deviation(drawn.iter().copied())?);
                let (low, high) = percentiles(&mut drawn, self.options.level)?;
                Some(ScoreInterval { value, se, df: None, low, high, bias: Some(centre - value), rank: None })
            };
            let side_by_side = |units: &[usize]| {
                let panel = replicates.panel(kept, units);
                let drawn = |place: usize| panel.iter().map(|row| row[place]).filter(|score| !score.is_nan()).collect();
                units.iter().enumerate().map(|(place, unit)| interval(*unit, drawn(place))).collect::<Vec<_>>()
            };
            let units: Vec<usize> = (0..self.units().len()).collect();
            let units = units.par_chunks(SIDE_BY_SIDE).flat_map_iter(side_by_side).collect();
            Scored { place: *place, kept, units, across: Vec::new() }
        };
        replicates.nodes.iter().enumerate().map(one).collect()
    }

    /// Adds intervals of ranks.
    fn finish(
        &self,
        node: &Scored,
        replicates: Option<&Replicates>,
        ranked: &dyn Fn(usize, usize) -> bool,
    ) -> Result<(NodeUncertainty, Option<Joint>), UncertaintyError> {
        let code = self.definition.nodes().get(node.place).map_or("", CompositeNode::code).to_owned();
        let mut units = node.units.clone();
        if units.len() > MOST_RANKED && node.place != 0 {
            return Ok((NodeUncertainty { node: code, units }, None));
        }
        let scored: Vec<usize> =
            (0..units.len()).filter(|unit| units[*unit].is_some() && ranked(node.place, self.span().start + unit)).collect();
        let joint = joint(node, &scored, replicates)?;
        for (unit, rank) in scored.iter().zip(pairwise(&joint, RankMethod::PairwiseMarginal, self.options.level)) {
            if let Some(score) = &mut units[*unit] {
                score.rank = Some(rank);
            }
        }
        Ok((NodeUncertainty { node: code, units }, Some(joint)))
    }
}

/// The scores of the units that have one with their covariances.
fn joint(node: &Scored, scored: &[usize], replicates: Option<&Replicates>) -> Result<Joint, RankError> {
    let k = scored.len();
    let intervals: Vec<ScoreInterval> = scored.iter().filter_map(|unit| node.units[*unit]).collect();
    // Units that tie do so here too, where nothing is uncertain about them.
    let values = levelled(&intervals.iter().map(|score| score.value).collect::<Vec<_>>());
    let df = intervals.iter().map(|score| score.df.unwrap_or(f64::INFINITY)).collect();
    let mut covariance = vec![0.0; k * k];
    if let Some(replicates) = replicates {
        replicates.covariance(node.kept, scored, &mut covariance);
    } else {
        for (a, b, cell) in &node.across {
            if let (Ok(a), Ok(b)) = (scored.binary_search(a), scored.binary_search(b)) {
                covariance[a * k + b] += cell;
                covariance[b * k + a] += cell;
            }
        }
    }
    for (unit, score) in intervals.iter().enumerate() {
        covariance[unit * k + unit] = score.se * score.se;
    }
    Joint::new(values, covariance, Some(df))
}
