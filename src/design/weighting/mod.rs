//! Weights from a plan: base weights and steps in order, with what a statistician reads before trusting them.
//!
//! A [`Plan`] says where base weights come from and which steps follow; [`apply`] does them on a [`Sheet`], the sample with a row a
//! person. Whoever calls reads the files that the plan names.

mod plan;
mod sheet;
mod steps;

pub(crate) use plan::Plan;
pub(crate) use sheet::Sheet;
pub(crate) use steps::{StepResult, Weighting, apply};
