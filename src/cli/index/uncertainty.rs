//! `hailong index uncertainty`: intervals of scores and ranks.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::arguments::{Intervals, Uncertainty as Arguments};
use super::{Shown, intervals, json};
use crate::cli::{file, findings};
use crate::composite::Table;
use crate::composite::uncertainty::{Errors, LeafUncertainty, Uncertainty, leaf_intervals, propagate_among};
use crate::publication::disclosure::without_hidden_intervals;
use crate::schema::composite::CompositeDefinition;
use crate::words::Lang;

/// The intervals of an edition.
pub(super) struct Found {
    pub(super) nodes: Uncertainty,
    /// Those of the indicators' own values.
    pub(super) leaves: Vec<LeafUncertainty>,
}

impl Found {
    /// The intervals of nodes with those of leaves beside them, unit by unit in the same order.
    fn json(&self) -> Result<Value> {
        let mut value = serde_json::to_value(&self.nodes)?;
        value["leaves"] = serde_json::to_value(&self.leaves)?;
        Ok(value)
    }
}

/// The errors of the table's values, `known` with the covariances that are given beside.
pub(super) fn errors(asked: &Intervals, known: &Errors, definition: &CompositeDefinition, table: &Table, lang: Lang) -> Result<Errors> {
    let mut errors = known.clone();
    if let Some(file) = &asked.covariances {
        let read = errors.with_covariances(file::bytes(file, lang)?, definition, table);
        errors = read.map_err(|found| findings::refusal(&file.display().to_string(), &found, lang))?;
    }
    if errors.is_empty() {
        eprintln!(
            "{}",
            lang.pick(
                "không giá trị nào của bảng có sai số chuẩn: mọi điểm được coi là chính xác",
                "no value of the table has a standard error: every score counts as exact",
            )
        );
    }
    Ok(errors)
}

/// Prints the intervals of every edition shown. What is hidden from the public is hidden here too.
pub(super) fn print(shown: &Shown<'_>, arguments: &Arguments) -> Result<()> {
    let (asked, definition, table) = (&arguments.intervals, &shown.checked.definition, shown.table);
    let errors = errors(asked, shown.errors, definition, table, shown.lang)?;
    let of = |place: &usize| -> Result<Found> {
        let edition = shown.edition(*place);
        let ranked = |node: usize, row: usize| shown.release.is_ranked(node, row);
        let mut nodes = propagate_among(definition, table, shown.outcome, &errors, edition, &asked.options(), &ranked)?;
        let mut leaves = leaf_intervals(definition, table, edition, &nodes.units, nodes.level);
        if !shown.reader.is_office() {
            without_hidden_intervals(&shown.release, *place, &mut nodes, &mut leaves);
        }
        Ok(Found { nodes, leaves })
    };
    let found = shown.editions.iter().map(|place| Ok((*place, of(place)?))).collect::<Result<Vec<_>>>()?;
    if arguments.json {
        let whole = Map::from_iter([("seed".to_owned(), json!(asked.draws.seed()))]);
        let editions = found.iter().map(|(place, found)| Ok((*place, found.json()?))).collect::<Result<Vec<_>>>()?;
        return json::by_edition(shown, whole, "uncertainty", editions, arguments.editions.panel);
    }
    for (number, (place, found)) in found.iter().enumerate() {
        shown.heading(number, *place);
        intervals::print(found, shown.lang);
    }
    Ok(())
}
