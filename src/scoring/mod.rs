//! From a frame to estimates with design-based uncertainty.
//!
//! ```text
//! Frame ──tally──▶ Tally (sums per PSU × unit) ──estimate──▶ estimates, variances, covariances ──rank──▶ rank intervals
//! ```
//!
//! Beside that path: [`change`] between years, [`multiple`] tests, [`small_area`] models. They take values, variances and
//! covariances, wherever these come from.
//!
//! [`Tally`] is the seam: rayon fills it from a frame on one machine, one `GROUP BY` fills it anywhere else. What
//! follows it works on a small table and is the same code.

pub mod change;
mod domain;
mod estimate;
pub mod interval;
mod measure;
pub mod multiple;
#[cfg(test)]
mod properties;
pub mod rank;
pub mod reliability;
pub mod replicate;
mod residual;
pub mod sample;
pub mod small_area;
mod tally;
mod variance;
mod vietnamese;

pub use domain::{Cells, DomainSums};
pub use estimate::{DomainEstimates, Estimate, LeafBase, LinearMap, Source, Task, answered, estimate};
pub use measure::{Leaf, Measure};
pub use rank::{RankInterval, RankMethod, across_domains, rank_intervals, ranks};
pub use residual::{CellResiduals, Line};
pub use tally::{Cell, Class, Rows, Spread, Sum, Sums, Tally, TallyError};
pub use variance::{LonelyRule, LonelyStratum, Scatter};
