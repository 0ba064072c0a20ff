//! What a wave of collection rests on: how people came to answer, and with what chance they were asked.
//!
//! A [`Wave`] is one round of collection of one survey. Its [`Mode`] says whether its answers are a probability
//! sample, a stream of feedback tied to transactions, or opt-in: the three never mix silently, and every score says
//! which it is made of. A probability sample carries a [`Design`]: a table of primary sampling units (PSUs) with
//! their strata and population counts, and the base weights of PSUs or of listed respondents. The others carry a
//! [`Chain`]: how many could have answered.
//!
//! Architecture invariant: weights are whole numbers of `10^-exponent` from here on ([`WeightUnit`]), so that sums of
//! weights are exact in any order.

mod base_weight;
mod calibration;
mod chain;
mod nonresponse;
pub mod plan;
mod response_rate;
mod rows;
mod table;
mod trim;
mod wave;
mod weight;
pub(crate) mod weighting;

pub use base_weight::{BaseWeightError, StageChance, base_weights};
pub use calibration::{
    Auxiliary, Bounds, Calibration, CalibrationError, Category, Cell, CellCalibration, CellMargin, Distance, FactorSummary, Margin,
    MarginLine, RakeStop, RakingResiduals, WeightSummary, calibrate, calibrate_cells, extreme, margin_lines, poststratify, rake,
    total_lines,
};
pub use chain::{Chain, Rates};
pub use nonresponse::{ClassAdjustment, ClassLine, ClassRule, Disposition, SmallClass, nonresponse, unknown_eligibility};
pub use response_rate::{CaseCounts, ResponseRates};
pub use table::{Design, Psu, Respondent, Unplaced};
pub use trim::{Redistribution, TrimError, TrimRule, Trimmed, trim};
pub use wave::{DesignKind, Mode, Wave, WaveError};
pub use weight::{RoundingReport, WeightUnit};
