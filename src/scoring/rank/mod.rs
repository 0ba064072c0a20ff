//! Ranks, and how far they can be trusted.
//!
//! ```text
//! values, covariance, df ──▶ Joint ──┬── pairwise ────────────────▶ rank intervals from quantiles
//!                                    └── Draws ──┬── step_down ───▶ rank intervals, sharper, for one unit or for all
//!                                                ├── drawn ───────▶ chances: of the top 20, of a rise by five places
//!                                                └── two years ───▶ intervals of a rise
//!                                    target: met, missed, or not to be told
//! ```
//!
//! A rank of 1 is best. An interval holds the ranks that the data do not rule out; a chance weighs them.

mod across;
mod drawn;
mod draws;
mod joint;
mod pairwise;
mod point;
mod rise;
mod step_down;
mod target;

pub use across::across_domains;
pub use drawn::{Chance, Drawn, DrawnRanks, drawn_ranks};
pub use draws::Draws;
pub(crate) use draws::{gamma, uniform};
pub use joint::{Joint, RankError};
pub use pairwise::{RankInterval, RankMethod, pairwise, rank_intervals};
pub use point::ranks;
pub use rise::{Panel, RiseInterval};
pub use step_down::{Coverage, step_down};
pub use target::{Assessment, Evidence, NoTarget, Target, Verdict};
