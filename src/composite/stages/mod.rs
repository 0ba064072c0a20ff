//! The stages of the pipeline, one file each.
//!
//! A stage changes a [`State`] and says in a [`Record`] what it did. It takes its arguments from the definition alone, so a
//! list of stages that is run again gives the same bits.

pub(crate) mod aggregate;
mod denominate;
mod em;
mod impute;
pub(crate) mod normalise;
pub(crate) mod rank;
mod screen;
mod treat;
mod weight;

use std::sync::Arc;

use serde::Serialize;

use super::matrix::{Matrix, Rows};
use crate::schema::composite::{Aggregation, CompositeDefinition, Imputation, Stage};

/// What the stages work on: matrices over the same rows.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Which unit and edition each row is.
    pub rows: Arc<Rows>,
    /// A column for each leaf of the definition, in its order: values at first, scores once they are normalised.
    pub indicators: Matrix,
    /// A column for each denominator of the definition.
    pub denominators: Matrix,
    /// For each attribute of the definition its value in every row.
    pub attributes: Arc<Vec<Vec<Option<String>>>>,
    /// The weight of each node among its siblings.
    pub weights: Vec<f64>,
    /// A column for each node, once they are aggregated; without a column before.
    pub scores: Matrix,
}

/// What a method needs of the values that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// In Vietnamese.
    pub vi: &'static str,
    /// In English.
    pub en: &'static str,
}

impl std::fmt::Display for Needs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.en)
    }
}

/// Codes in quotation marks.
pub(crate) fn quoted(codes: &[String]) -> String {
    codes.iter().map(|code| format!("“{code}”")).collect::<Vec<_>>().join(", ")
}

/// Codes with their numbers.
pub(crate) fn listed(numbers: &[(String, f64)]) -> String {
    numbers.iter().map(|(code, number)| format!("{code} {number:.3}")).collect::<Vec<_>>().join(", ")
}

/// Why a stage cannot be done on these data.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StageError {
    /// A mean or a ratio of a value that it is not defined for: one that is not positive, or that is negative.
    #[error("{of}: {needs}, {unit} in {edition} has {value}")]
    OutOfDomain {
        /// The node or indicator.
        of: String,
        /// What the method needs.
        needs: &'static Needs,
        /// The unit.
        unit: String,
        /// The edition.
        edition: String,
        /// The value.
        value: f64,
    },
    /// Sums or ranges beyond the largest number there is.
    #[error("{of}: the numbers of {edition} are too large to be computed with")]
    Overflow {
        /// The node or indicator.
        of: String,
        /// The edition.
        edition: String,
    },
    /// The unit of reference has no value.
    #[error("{indicator}: the unit of reference {unit} has no value in {edition}")]
    NoReference {
        /// The indicator.
        indicator: String,
        /// The unit of reference.
        unit: String,
        /// The edition.
        edition: String,
    },
    /// Too few units with all values for a principal component or a correlation.
    #[error("{node}: too few units have a value of every child, so no weights can be found")]
    NoCorrelation {
        /// The node.
        node: String,
    },
    /// Children that do not vary, or have no score: nothing correlates with them.
    #[error("{node}: {} without a score or of one value only, so no weights can be found", quoted(.children))]
    Constant {
        /// The node.
        node: String,
        /// The children.
        children: Vec<String>,
    },
    /// Loadings that would be negative weights.
    #[error("{node}: {} against the others (loadings {}): raw loadings would be negative weights, turn the direction or leave them out", quoted(.opposed), listed(.loadings))]
    Opposed {
        /// The node.
        node: String,
        /// The children with a negative loading.
        opposed: Vec<String>,
        /// Every child with its loading.
        loadings: Vec<(String, f64)>,
    },
}

/// A unit that screening took out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Removed {
    /// The edition.
    pub edition: String,
    /// The unit.
    pub unit: String,
    /// The share of indicators with a value.
    pub available: f64,
    /// The share of those that are not zero.
    pub non_zero: f64,
}

/// A value that imputation put in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Filled {
    /// The edition.
    pub edition: String,
    /// The unit.
    pub unit: String,
    /// The indicator.
    pub indicator: String,
    /// The value.
    pub value: f64,
}

/// What was done about the outliers of an indicator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Treated {
    /// The edition.
    pub edition: String,
    /// The indicator.
    pub indicator: String,
    /// Skewness and excess kurtosis before.
    pub before: Shape,
    /// Whether it passed untreated.
    pub passed: bool,
    /// How many values winsorising replaced, at either end.
    pub winsorised: u32,
    /// The units whose values these are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub winsorised_units: Vec<String>,
    /// Skewness and kurtosis once winsorised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winsorised_shape: Option<Shape>,
    /// Whether it was transformed.
    pub transformed: bool,
    /// Skewness and kurtosis in the end, where it was treated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Shape>,
}

/// Sample skewness and excess kurtosis; none where there are too few values or these do not vary.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shape {
    /// Skewness G₁.
    pub skewness: Option<f64>,
    /// Excess kurtosis G₂.
    pub kurtosis: Option<f64>,
}

/// The statistics by which an indicator was normalised in an edition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limits {
    /// The edition that is scored.
    pub edition: String,
    /// The indicator.
    pub indicator: String,
    /// How many values the window holds.
    pub n: usize,
    /// The low goalpost, minimum or mean.
    pub low: Option<f64>,
    /// The high goalpost, maximum or standard deviation.
    pub high: Option<f64>,
    /// Whether no score could be made because the values do not vary.
    pub flat: bool,
}

/// A child that goes against its siblings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Opposed {
    /// The node above.
    pub node: String,
    /// The child.
    pub child: String,
    /// Its loading on the first principal component, of which the others' are positive.
    pub loading: f64,
}

/// What a stage did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Record {
    /// Units were taken out.
    Screened {
        /// Which.
        removed: Vec<Removed>,
    },
    /// Indicators were divided.
    Denominated {
        /// Which.
        indicators: Vec<String>,
        /// Values lost because the denominator is missing, zero or so small that the quotient is no number.
        lost: Vec<Filled>,
    },
    /// Values were filled in.
    Imputed {
        /// Which, with what.
        filled: Vec<Filled>,
        /// How many are missing still.
        left: usize,
    },
    /// Outliers were drawn in.
    Treated {
        /// Every indicator that was tested.
        indicators: Vec<Treated>,
    },
    /// Indicators were brought onto a common scale.
    Normalised {
        /// By what, each.
        limits: Vec<Limits>,
        /// Points below 0 or above the indicator's maximum: the table or the maximum is wrong.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        beyond: Vec<Filled>,
    },
    /// Weights were replaced.
    Weighted {
        /// The weight of every node in the order of the definition.
        weights: Vec<f64>,
        /// Children that go against their siblings, which squared loadings do not show.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        opposed: Vec<Opposed>,
    },
    /// Nodes were computed.
    Aggregated,
}

/// The indicators that a stage is to work on, by column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Columns<'a> {
    All,
    /// Those for which it holds true.
    Only(&'a [bool]),
}

impl Columns<'_> {
    fn has(self, column: usize) -> bool {
        match self {
            Self::All => true,
            Self::Only(chosen) => chosen.get(column).copied().unwrap_or(false),
        }
    }
}

/// Whether a stage makes each indicator out of that indicator alone, so that [`apply_to`] may leave others out.
pub(crate) fn by_column(stage: &Stage) -> bool {
    match stage {
        Stage::Denominate | Stage::Treat(_) | Stage::Normalise(_) => true,
        Stage::Impute(impute) => !matches!(impute.method, Imputation::Em { .. }),
        Stage::Screen(_) | Stage::Weight(_) | Stage::Aggregate(_) => false,
    }
}

/// Does one stage. `aggregation` is the pipeline's last one: weights that follow from correlations need it.
///
/// # Errors
/// [`StageError`] where the data do not admit it.
pub fn apply(stage: &Stage, definition: &CompositeDefinition, aggregation: &Aggregation, state: &mut State) -> Result<Record, StageError> {
    apply_to(Columns::All, stage, definition, aggregation, state)
}

/// Does one stage; one that works [`by_column`] leaves all but `columns` as they are, and out of its record.
///
/// # Errors
/// As [`apply`].
pub(crate) fn apply_to(
    columns: Columns<'_>,
    stage: &Stage,
    definition: &CompositeDefinition,
    aggregation: &Aggregation,
    state: &mut State,
) -> Result<Record, StageError> {
    Ok(match stage {
        Stage::Screen(screen) => screen::screen(screen, state),
        Stage::Denominate => denominate::denominate(columns, definition, state),
        Stage::Impute(impute) => impute::impute(impute, columns, definition, state),
        Stage::Treat(treat) => treat::treat(treat, columns, definition, state),
        Stage::Normalise(normaliser) => normalise::normalise(normaliser, columns, definition, state)?,
        Stage::Weight(weighting) => weight::weight(weighting, definition, aggregation, state)?,
        Stage::Aggregate(aggregation) => aggregate::aggregate(aggregation, definition, state)?,
    })
}

/// The code of each leaf, in the order of the columns.
pub(crate) fn leaf_codes(definition: &CompositeDefinition) -> Vec<&str> {
    definition.leaves().map(|(_, node, _)| node.code()).collect()
}
