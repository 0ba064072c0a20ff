//! Standard errors of scores from those of their leaves, where nothing better is at hand.

use super::difference::slopes;
use super::subject::{Situation, Subject};
use crate::composite::table::Table;

/// The standard error of a node (by place) of a subject, in points of the node; none where no leaf below it has one, or where a
/// value with one was filled in or treated on its way to normalisation.
///
/// # Formula
/// `√Σ (slope · factor · d)²` with `d = ½ (g(x + se) − g(x − se))`: leaves taken as independent, goalposts as fixed, a leaf
/// without a standard error as known. The delta method, Särndal, Swensson and Wretman (1992), §5.5.
#[must_use]
pub fn standard_error(subject: &Subject<'_>, table: &Table, node: usize) -> Option<f64> {
    let slopes = slopes(&Situation::of(*subject)?, node)?;
    let mut variance = None;
    for (column, (place, node, indicator)) in subject.definition.leaves().enumerate() {
        let Some((_, slope)) = slopes.iter().find(|(leaf, _)| *leaf == place) else { continue };
        let Some(observation) = table.get(subject.edition(), subject.unit(), node.code()) else { continue };
        let (Some(raw), Some(se)) = (observation.value, observation.standard_error) else { continue };
        let (value, scorer) = subject.scorer(column)?;
        let untouched = (raw - value).abs() <= 1e-12 * raw.abs();
        let per = match (untouched, &indicator.denominator) {
            (true, None) => 1.0,
            (_, Some(_)) if raw != 0.0 => value / raw,
            _ => return None,
        };
        let spread = 0.5 * (scorer.score(value + per * se)? - scorer.score(value - per * se)?);
        let points = slope * node.rescale().map_or(1.0, |by| by.factor) * spread;
        *variance.get_or_insert(0.0) += points * points;
    }
    variance.map(f64::sqrt)
}
