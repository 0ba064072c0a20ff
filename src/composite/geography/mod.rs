//! A series of scores on one list of units, across reforms.
//!
//! An edition was made for the units of its time: 64 provinces until 2008, 63 until 2025, 34 since. [`rebuild`] shows every
//! edition on one list: a unit that is made of several old ones gets the weighted mean of their scores, marked as rebuilt, and
//! the units are ranked anew. The other way there is no figure: nobody scored the parts, so a unit that has since been merged
//! with others gets none. Units that stayed as they were are carried over in both directions.
//!
//! Which list an edition was made for is told from the definition, the edition's year and its units; where these contradict each
//! other or do not decide, the edition is refused until [`Request::lists`] says it.

mod edition;
mod errors;
mod findings;
mod lists;
mod names;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use super::pipeline::Outcome;
use crate::schema::composite::CompositeDefinition;
use crate::unit::Registry;
use crate::words::Finding;
use edition::Work;
use lists::Lists;

pub use errors::{SeriesInterval, SeriesPrecision};
pub use lists::unknown_units;
pub use names::FORMER;

/// What series is wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The list, such as `vn-34`.
    pub list: String,
    /// The denominator by which units are weighed, such as their population; none: equally.
    pub weight: Option<String>,
    /// The lists of editions, where they would not be told right.
    pub lists: BTreeMap<String, String>,
    /// The editions that are shown; none named: all.
    pub editions: Vec<String>,
}

/// One old unit in a rebuilt one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// The unit as the table writes it.
    pub unit: String,
    /// Its share; none where no figure could be made.
    pub share: Option<f64>,
}

/// A unit of the series in an edition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesUnit {
    /// Its code in the list of the series.
    pub unit: String,
    /// Its name in Vietnamese.
    pub name: String,
    /// What it is made of; without shares where no figure could be made.
    pub parts: Vec<Part>,
    /// Whether its figures were calculated from several units: nobody published them.
    pub rebuilt: bool,
    /// The score of each node of the definition, in its order.
    pub scores: Vec<Option<f64>>,
    /// How sure each of them is; empty until [`Series::add_uncertainty`] says so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub intervals: Vec<Option<SeriesInterval>>,
    /// Its rank by the root among the units of the series; none where some of them could not be rebuilt.
    pub rank: Option<u32>,
}

/// An edition on the list of the series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesEdition {
    /// The edition.
    pub edition: String,
    /// The list that it was made for.
    pub from: String,
    /// Whether any unit was rebuilt.
    pub rebuilt: bool,
    /// How the intervals were found, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<SeriesPrecision>,
    /// The units in the order of the list.
    pub units: Vec<SeriesUnit>,
}

/// All editions on one list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// The list.
    pub list: String,
    /// The editions in their order.
    pub editions: Vec<SeriesEdition>,
    /// What was rebuilt, by which weights, and what could not be.
    pub findings: Vec<Finding>,
}

/// Shows the editions of an outcome on one list.
///
/// # Formula
/// `Σ w s / Σ w` over the parts of a unit, by the weight of each in the edition.
///
/// # Errors
/// All at once: the weight is not a denominator of the definition; there is no such list, or no such edition; the list of an edition
/// cannot be told; an edition has no unit of its list.
pub fn rebuild(definition: &CompositeDefinition, outcome: &Outcome, units: &Registry, request: &Request) -> Result<Series, Vec<Finding>> {
    let mut wrong = misnamed(definition, outcome, units, request);
    let column = |name: &String| definition.denominators().iter().position(|known| known == name);
    let (weight, lists) = (request.weight.as_ref().and_then(column), Lists::of(units));
    let mut works = Vec::new();
    for (place, edition) in outcome.rows().editions().iter().enumerate() {
        if !request.editions.is_empty() && !request.editions.contains(edition) {
            continue;
        }
        let span = outcome.rows().spans().get(place).cloned().unwrap_or_default();
        let texts = outcome.rows().units().get(span.clone()).unwrap_or_default();
        let named = request.lists.get(edition).cloned().map(Ok);
        match named.unwrap_or_else(|| lists.of_edition(definition, edition, texts)) {
            Ok(from) => works.push(Work { definition, outcome, units, weight, edition, span, from, to: &request.list }),
            Err(unclear) => wrong.push(unclear),
        }
    }
    let (mut editions, mut findings) = (Vec::new(), Vec::new());
    for work in works {
        match work.edition(&mut findings) {
            Ok(edition) => editions.push(edition),
            Err(unknown) => wrong.push(unknown),
        }
    }
    if wrong.is_empty() { Ok(Series { list: request.list.clone(), editions, findings }) } else { Err(wrong) }
}

/// What a request names and is not there.
fn misnamed(definition: &CompositeDefinition, outcome: &Outcome, units: &Registry, request: &Request) -> Vec<Finding> {
    let mut wrong = Vec::new();
    if let Some(name) = request.weight.as_ref().filter(|name| !definition.denominators().contains(name)) {
        let vi = format!("Trọng số “{name}” không có trong “denominators” của định nghĩa");
        wrong.push(Finding::error("/weight", "unknown-weight", vi, format!("The weight “{name}” is not a denominator of the definition")));
    }
    let listed = |list: &str| units.iter().any(|unit| unit.record.list == names::recorded(list));
    for list in std::iter::once(&request.list).chain(request.lists.values()).filter(|list| !listed(list)) {
        let vi = format!("Không có danh mục đơn vị “{list}”");
        wrong.push(Finding::error("/geography", "unknown-list", vi, format!("There is no list of units “{list}”")));
    }
    let editions = outcome.rows().editions();
    for edition in request.lists.keys().chain(&request.editions).filter(|edition| !editions.contains(edition)) {
        let (vi, en) = (format!("Bảng không có kỳ “{edition}”"), format!("The table has no edition “{edition}”"));
        wrong.push(Finding::error(format!("/editions/{edition}"), "unknown-edition", vi, en));
    }
    wrong
}
