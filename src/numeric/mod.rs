//! The numerical ground under estimates, weights and composite indices: distributions, and the small dense matrices that
//! solvers work on.
//!
//! It knows no survey: plain numbers in, plain numbers out.

pub mod distribution;
pub(crate) mod linear;
