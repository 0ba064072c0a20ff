//! The distributions that intervals and tests need: normal, Student t, χ², F, beta and gamma.
//!
//! Every function takes and returns plain `f64`. An argument outside the domain (a NaN, a probability outside
//! 0 to 1, a shape or degrees of freedom that are not positive) gives NaN. Every function returns: each loop has a
//! cap. Transcendental functions come from `libm`, so that the bits do not depend on the C library.
//!
//! # Why our own
//!
//! `statrs` 0.19 was measured against R and mpmath at 12,000 points. Its normal quantile holds 5e-16, but its t
//! quantile is off by 3e-3 at a million degrees of freedom and never returns at 1e8, its χ² quantile is off by 3.5e-4,
//! its beta quantile (Korn–Graubard intervals) by 3e-6 and its normal cdf by 1e-10. The bar here is 1e-12 against R,
//! which `golden.rs` holds on every row of `tests/golden/survey/data/distributions.csv`.
//!
//! # What comes from where
//!
//! | function | from |
//! |---|---|
//! | [`normal::cdf`], [`normal::sf`] | `libm::erfc` |
//! | [`normal::quantile`] | `statrs` to single precision, then one Halley step on `libm` |
//! | [`gamma::ln_gamma`] | `libm::lgamma` |
//! | [`gamma::lower`], [`gamma::upper`] | Loader's prefactor, series or continued fraction; saddlepoint for huge shapes |
//! | [`beta::cdf`], [`beta::sf`] | Loader's prefactor, continued fraction; saddlepoint for huge shapes |
//! | [`student`], [`fisher`] tails | the same incomplete beta, entered by odds so that no digit is lost in `1 − x` |
//! | [`chi_squared`] tails | the incomplete gamma |
//! | every other quantile | bracketed Newton on the logarithm of the smaller tail (`solve.rs`) |
//!
//! # Accuracy
//!
//! Relative to the exact value, a few 1e-15 for the tails of everyday shapes and a few 1e-16 for their quantiles. Two
//! things cost digits and lie in the nature of the functions: a tail of 1e-300 has an exponent of 700, so
//! it carries an error of 700 ulp; and a tail of a distribution with shape `n` magnifies the rounding of its argument
//! by about `√n`.
#![allow(clippy::many_single_char_names, reason = "a, b, x, y, p and q are the names these functions have in every source")]

pub mod beta;
pub mod chi_squared;
pub mod fisher;
pub mod gamma;
#[cfg(test)]
mod golden;
mod kernel;
pub mod normal;
#[cfg(test)]
mod properties;
mod solve;
pub mod student;
