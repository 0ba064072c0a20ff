//! From columns of answers to estimates with design-based variance, intervals, change and ranks.

pub mod distribution;
pub mod interval;
