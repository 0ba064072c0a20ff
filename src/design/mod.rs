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

mod chain;
mod table;
mod wave;
mod weight;

pub use chain::{Chain, Rates};
pub use table::{Design, Psu, Respondent, Unplaced};
pub use wave::{DesignKind, Mode, Wave, WaveError};
pub use weight::{RoundingReport, WeightUnit};
