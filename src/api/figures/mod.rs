//! Figures on their way out: scores of either kind, explanations, series, editions.

pub mod composite_reports;
pub mod composite_scores;
pub mod editions;
pub mod explanations;
pub mod scores;
pub mod series;
