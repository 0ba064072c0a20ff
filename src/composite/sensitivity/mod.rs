//! How far the result depends on choices that might as well have been made otherwise.
//!
//! ```text
//! factors ──draw──▶ points ──variants──▶ scores and ranks ──┬── monte_carlo ──▶ ranges of ranks
//!                                                           └── sobol ────────▶ shares of variance
//! ```
//!
//! Step 7 of the OECD/JRC Handbook on Constructing Composite Indicators (2008), after Saisana, Saltelli and Tarantola (2005),
//! JRSS A 168(2). A point has one number between 0 and 1 for each factor. For a choice among k alternatives it says which; for
//! weights, which are many, it is the trigger of a generator of its own. So an output is a function of the point alone, and the
//! point of its row and the seed: any number of threads gives the same bits.
//!
//! Everything before the weights (imputation, treatment, normalisation) is computed once for each combination of alternatives
//! that a point asks for, and only weighting, aggregation and ranking for each point.

mod draw;
mod monte_carlo;
mod sobol;
#[cfg(test)]
mod tests;
mod variants;

use serde::Serialize;

pub use monte_carlo::{MonteCarlo, RankRange, monte_carlo};
pub(crate) use sobol::percentiles;
pub use sobol::{FactorShare, Share, SobolIndices, SobolRun, sobol, sobol_indices};
pub use variants::Variations;

use super::pipeline::ComputeError;
use super::vietnamese::because;
use crate::words::{Lang, Said};

/// Why a sensitivity analysis gives nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SensitivityError {
    /// The index itself cannot be computed.
    #[error("the index as defined: {0}")]
    Nominal(ComputeError),
    /// There is no such edition.
    #[error("there is no edition {0} in the table")]
    NoEdition(String),
    /// The output asks for a unit that is not scored.
    #[error("the unit {0} has no score")]
    NoUnit(String),
    /// An alternative that the Sobol design asks for cannot be computed, or leaves the output without a value.
    #[error("an alternative cannot be computed, so shares of variance cannot be told: {}", .0.en)]
    Alternative(Said),
    /// No replicate could be computed.
    #[error("no replicate could be computed{}", because(.0.as_ref(), Lang::En))]
    NoReplicate(Option<Said>),
    /// Lists that belong together differ in length.
    #[error("the output of design {place} has {found} rows, {expected} are needed")]
    Shape {
        /// The position of the design: A, B, then one a factor.
        place: usize,
        /// Rows found.
        found: usize,
        /// Rows that belong there.
        expected: usize,
    },
}

/// Monte Carlo ranges and, where the factors ask for them, Sobol indices.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sensitivity {
    /// Ranges of ranks.
    pub monte_carlo: MonteCarlo,
    /// Shares of variance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sobol: Option<SobolRun>,
}

/// Both analyses.
///
/// # Errors
/// [`SensitivityError`].
pub fn analyse(variations: &Variations<'_>, seed: u64) -> Result<Sensitivity, SensitivityError> {
    let sobol = variations.factors().sobol().map(|plan| sobol(variations, plan, seed)).transpose()?;
    Ok(Sensitivity { monte_carlo: monte_carlo(variations, seed)?, sobol })
}
