//! Hailong collects citizen-satisfaction survey responses and turns them into weighted indices with honest confidence intervals.

pub mod store;
