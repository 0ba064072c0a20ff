//! Delta method or replicates: what on the way from a value with an error to the root is not smooth.

use serde::Serialize;

use super::super::pipeline::Outcome;
use super::super::stages::aggregate::method;
use super::super::stages::{Record, State, leaf_codes};
use super::errors::{Cell, Errors};
use crate::schema::composite::{
    Aggregator, CompositeDefinition, CompositeNode, Imputation, Indicator, Normalisation, Normaliser, Stage, Weighting,
};

/// How near to a kink a value may lie, in standard errors, before its slope stops telling what becomes of its error.
const NEAR: f64 = 4.0;

/// Why the delta method does not do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Reason {
    /// Missing values were filled in from values with errors.
    Imputed {
        /// The indicator.
        indicator: String,
    },
    /// Outliers of an indicator with errors are looked for and drawn in.
    Treated {
        /// The indicator.
        indicator: String,
    },
    /// Goalposts, mean or spread come from values with errors.
    DataGoalposts {
        /// The indicator.
        indicator: String,
    },
    /// Scores are ranks, steps or distances to the best, which have no derivative where units meet.
    NotSmooth {
        /// The indicator.
        indicator: String,
    },
    /// A value lies within four standard errors of a goalpost beyond which its score is cut off.
    NearGoalpost {
        /// The indicator.
        indicator: String,
        /// The unit.
        unit: String,
    },
    /// Weights follow from the data.
    DataWeights,
    /// A median or Copeland score.
    NotSmoothNode {
        /// The node.
        node: String,
    },
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Imputed { indicator } => write!(f, "{indicator}: missing values are filled in from values with errors"),
            Self::Treated { indicator } => write!(f, "{indicator}: outliers are drawn in"),
            Self::DataGoalposts { indicator } => write!(f, "{indicator}: its goalposts come from values with errors"),
            Self::NotSmooth { indicator } => write!(f, "{indicator}: its normalisation has no derivative"),
            Self::NearGoalpost { indicator, unit } => write!(f, "{indicator}: {unit} lies near a goalpost at which scores are cut off"),
            Self::DataWeights => write!(f, "weights follow from the data"),
            Self::NotSmoothNode { node } => write!(f, "{node}: a median or Copeland score has no derivative"),
        }
    }
}

/// Every reason against the delta method, each once; none: the path from every value with an error is smooth.
pub(super) fn reasons(definition: &CompositeDefinition, outcome: &Outcome, errors: &Errors, raw: &State) -> Vec<Reason> {
    let codes = leaf_codes(definition);
    let mut uncertain = vec![false; codes.len()];
    errors.cells().iter().for_each(|cell| uncertain[cell.column] = true);
    let with_errors = || codes.iter().zip(&uncertain).filter(|(_, uncertain)| **uncertain).map(|(code, _)| (*code).to_owned());
    let mut out = Vec::new();
    if errors.is_empty() {
        return out;
    }
    for step in outcome.steps() {
        match (&step.arguments, &step.record) {
            (Stage::Impute(impute), Record::Imputed { filled, .. }) => {
                let all = matches!(impute.method, Imputation::Em { .. }) && !filled.is_empty();
                let touched = |code: &String| all || filled.iter().any(|cell| cell.indicator == *code);
                out.extend(with_errors().filter(touched).map(|indicator| Reason::Imputed { indicator }));
            }
            (Stage::Treat(treat), _) => {
                let tested = with_errors().filter(|code| !treat.skip.contains(code));
                out.extend(tested.map(|indicator| Reason::Treated { indicator }));
            }
            (Stage::Normalise(global), _) => {
                for (column, (_, node, indicator)) in definition.leaves().enumerate() {
                    if uncertain[column] {
                        let leaf = Uncertain { node, indicator, column, errors, raw };
                        out.extend(leaf.reason(indicator.normalise.as_ref().unwrap_or(global)));
                    }
                }
            }
            (Stage::Weight(Weighting::Pca { .. } | Weighting::Correlation { .. }), _) => out.push(Reason::DataWeights),
            (Stage::Aggregate(aggregation), _) => {
                let above = above_errors(definition, &uncertain);
                for (node, _) in definition.nodes().iter().zip(above).filter(|(node, above)| *above && node.indicator().is_none()) {
                    if matches!(method(aggregation, node), Aggregator::Median | Aggregator::Copeland) {
                        out.push(Reason::NotSmoothNode { node: node.code().to_owned() });
                    }
                }
            }
            _ => {}
        }
    }
    out
}

/// Whether a node stands above a leaf with errors, or is one.
fn above_errors(definition: &CompositeDefinition, uncertain: &[bool]) -> Vec<bool> {
    let mut above = vec![false; definition.nodes().len()];
    for ((place, _, _), uncertain) in definition.leaves().zip(uncertain) {
        above[place] = *uncertain;
    }
    for (place, node) in definition.nodes().iter().enumerate().rev() {
        above[place] |= node.children().iter().any(|child| above.get(*child).copied().unwrap_or(false));
    }
    above
}

/// A leaf whose values have errors, and what its score hangs on.
struct Uncertain<'a> {
    node: &'a CompositeNode,
    indicator: &'a Indicator,
    column: usize,
    errors: &'a Errors,
    raw: &'a State,
}

impl Uncertain<'_> {
    fn reason(&self, normaliser: &Normaliser) -> Option<Reason> {
        let code = || self.node.code().to_owned();
        match &normaliser.method {
            Normalisation::AsGiven | Normalisation::Points => None,
            Normalisation::MinMax { truncate, .. } => match (self.indicator.goalposts.low, self.indicator.goalposts.high) {
                (Some(low), Some(high)) => self.near(low, high).filter(|_| *truncate),
                _ => Some(Reason::DataGoalposts { indicator: code() }),
            },
            Normalisation::ZScore { .. } => Some(Reason::DataGoalposts { indicator: code() }),
            _ => Some(Reason::NotSmooth { indicator: code() }),
        }
    }

    /// The first unit that lies near a goalpost. Denominators change the measure, so that after them any may.
    fn near(&self, low: f64, high: f64) -> Option<Reason> {
        let close = |cell: &&Cell| {
            let value = self.raw.indicators.get(cell.row, self.column).unwrap_or(f64::NAN);
            self.indicator.denominator.is_some() || [low, high].iter().any(|post| (value - post).abs() < NEAR * cell.sd)
        };
        let cell = self.errors.cells().iter().filter(|cell| cell.column == self.column).find(close)?;
        let unit = self.raw.rows.units().get(cell.row).cloned().unwrap_or_default();
        Some(Reason::NearGoalpost { indicator: self.node.code().to_owned(), unit })
    }
}
