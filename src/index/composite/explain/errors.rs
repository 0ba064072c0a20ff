//! Standard errors of scores from those of their leaves, where nothing better is at hand.

use super::shares;
use super::subject::Subject;
use crate::index::composite::table::Table;

/// The standard error of the root in each row of an outcome, in points; none where no leaf of the row has one, or where a value
/// with one was filled in or treated on its way to normalisation.
///
/// # Formula
/// `√Σ (slope · factor · d)²` with `d = ½ (g(x + se) − g(x − se))`: leaves taken as independent, goalposts as fixed, a leaf
/// without a standard error as known. The delta method, Särndal, Swensson and Wretman (1992), §5.5.
#[must_use]
pub fn standard_errors(any: &Subject<'_>, table: &Table) -> Vec<Option<f64>> {
    (0..any.outcome.rows().len()).map(|row| standard_error(&any.at(row), table)).collect()
}

fn standard_error(subject: &Subject<'_>, table: &Table) -> Option<f64> {
    let (shares, _) = shares(subject)?;
    let mut variance = None;
    for (column, (_, node, indicator)) in subject.definition.leaves().enumerate() {
        let Some(share) = shares.iter().find(|share| share.leaf == node.code()) else { continue };
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
        let points = share.slope * node.rescale().map_or(1.0, |by| by.factor) * spread;
        *variance.get_or_insert(0.0) += points * points;
    }
    variance.map(f64::sqrt)
}
