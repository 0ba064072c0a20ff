//! From an index definition and a frame to a tree of scores with uncertainty.
//!
//! A [`Plan`] is a definition compiled against a questionnaire: which columns to read, how answers become numbers, how
//! nodes combine. [`compute`] takes one tally for each way of splitting the responses and estimates every node for
//! every domain, in parallel over domains and in canonical order within each.

mod calibrate;
mod change;
mod compute;
mod covariance;
mod derive;
mod domains;
mod plan;
mod prepare;
mod ranking;
mod score;
mod shape;
mod vietnamese;

pub use calibrate::{CalibrateError, CalibrationReport, ClassReport};
pub use change::{ChangeError, NodeChange, changes};
pub use compute::{ComputeError, Computed, Hide, Progress, Who, compute, compute_hiding, who_by_domain};
pub use covariance::{Covariance, CovarianceError, covariances};
pub use plan::{Plan, PlanNode};
pub use score::{Basis, DomainKey, Fate, Modelled, Score, round};
pub use shape::NodeShape;
