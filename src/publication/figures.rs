//! The figures of a composite index, one for each edition, unit and node: what is stored and published.

use super::disclosure::{Hidden, Reader, Release};
use crate::composite::Outcome;
use crate::composite::uncertainty::Uncertainty;
use crate::schema::composite::CompositeDefinition;

/// One score of a composite index with all that is stored of it.
#[derive(Debug, Clone, PartialEq)]
pub struct CompositeScore {
    /// The edition.
    pub edition: String,
    /// The code of the unit.
    pub unit: String,
    /// The code of the node.
    pub node: String,
    /// The score, unrounded.
    pub score: Option<f64>,
    /// Its standard error; none where nothing is known of errors, which is not to say that there are none.
    pub se: Option<f64>,
    /// The degrees of freedom of that; none: they count as infinite.
    pub df: Option<f64>,
    /// The lower bound of its interval.
    pub low: Option<f64>,
    /// The upper bound.
    pub high: Option<f64>,
    /// Its rank in the edition, by published scores of those that are not hidden for what they tell of people.
    pub rank: Option<u32>,
    /// The best and the worst rank that the data admit.
    pub rank_interval: Option<(u32, u32)>,
    /// The tier of the unit, 0 the best; told with the root.
    pub tier: Option<usize>,
    /// Why the public does not see it.
    pub hidden: Option<Hidden>,
}

/// The figures of an outcome in canonical order: by edition, unit and node, the root first. `uncertainty` has an entry for each
/// edition, in the order of the outcome's; none where nothing is known of errors.
#[must_use]
pub fn composite_scores(
    definition: &CompositeDefinition,
    outcome: &Outcome,
    release: &Release<'_>,
    uncertainty: &[Option<Uncertainty>],
) -> Vec<CompositeScore> {
    let (rows, office) = (outcome.rows(), Reader::office());
    let mut figures = Vec::with_capacity(rows.len() * definition.nodes().len());
    for (row, (edition, unit)) in rows.keys().enumerate() {
        let known = uncertainty.get(rows.edition_of(row)).and_then(Option::as_ref);
        let place = known.and_then(|known| known.units.iter().position(|other| other == unit));
        for (node, described) in definition.nodes().iter().enumerate() {
            let interval = known.zip(place).and_then(|(known, place)| known.at(described.code(), place));
            figures.push(CompositeScore {
                edition: edition.to_owned(),
                unit: unit.to_owned(),
                node: described.code().to_owned(),
                score: outcome.score(node, row),
                se: interval.map(|interval| interval.se),
                df: interval.and_then(|interval| interval.df),
                low: interval.map(|interval| interval.low),
                high: interval.map(|interval| interval.high),
                rank: release.rank(&office, node, row),
                rank_interval: interval.and_then(|interval| interval.rank).map(|rank| (rank.low, rank.high)),
                tier: if node == 0 { release.tier(&office, row) } else { None },
                hidden: release.hidden(node, row),
            });
        }
    }
    figures
}
