//! Small dense matrices, row-major in plain slices.
//!
//! | what | for | where |
//! |---|---|---|
//! | [`Orthonormal`] | which columns are redundant | calibration |
//! | [`solve_damped`] | symmetric systems that may be singular | calibration |
//! | [`inverse`], [`form`] | symmetric positive definite matrices | small areas |
//! | [`solve`], [`quadratic`] | any square system | tests of association |
//! | [`correlation_factor`] | drawing from a covariance matrix | ranks, uncertainty of composite indices |
//! | [`first_vector`] | the first principal component | weights of composite indices |

mod basis;
mod eigen;
mod factor;
mod general;
mod symmetric;

pub(crate) use basis::{Orthonormal, dot, subtract};
pub(crate) use eigen::first_vector;
pub(crate) use factor::correlation_factor;
pub(crate) use general::{quadratic, solve};
pub(crate) use symmetric::{form, inverse, solve_damped};
