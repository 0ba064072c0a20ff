//! A composite index as JSON: everything, at full precision.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::Shown;
use crate::index::composite::{DataSet, contributions};
use crate::publication::hex;
use crate::schema::composite::CompositeNode;

/// Prints scores, ranks and contributions of every unit of the editions shown, and the log with the data set after each stage.
pub(super) fn print(shown: &Shown<'_>) -> Result<()> {
    let definition = &shown.checked.definition;
    let mut stages = Vec::new();
    for step in shown.outcome.steps() {
        let mut stage = serde_json::to_value(step)?;
        stage["data"] = data(shown, &step.data);
        stages.push(stage);
    }
    let editions: Vec<Value> = shown.editions.iter().map(|edition| self::edition(shown, *edition)).collect();
    let weights: Map<String, Value> =
        definition.nodes().iter().zip(shown.outcome.weights()).map(|(node, weight)| (node.code().to_owned(), json!(weight))).collect();
    let whole = json!({
        "code": definition.code(),
        "edition": definition.edition(),
        "sha256": hex(&shown.checked.sha256),
        "geography": definition.geography(),
        "warnings": shown.checked.warnings.iter().chain(shown.warnings).collect::<Vec<_>>(),
        "weights": weights,
        "editions": editions,
        "stages": stages,
    });
    println!("{}", serde_json::to_string_pretty(&whole)?);
    Ok(())
}

fn edition(shown: &Shown<'_>, edition: usize) -> Value {
    let rows = shown.outcome.rows();
    let span = rows.spans().get(edition).cloned().unwrap_or_default();
    let mut units: Vec<usize> = span.collect();
    units.sort_by_key(|row| (shown.outcome.rank(0, *row).unwrap_or(u32::MAX), *row));
    json!({
        "edition": rows.editions().get(edition),
        "units": units.into_iter().map(|row| unit(shown, row)).collect::<Vec<_>>(),
    })
}

fn unit(shown: &Shown<'_>, row: usize) -> Value {
    let (definition, outcome) = (&shown.checked.definition, shown.outcome);
    let node = |(place, node): (usize, &CompositeNode)| {
        (node.code().to_owned(), json!({"score": outcome.score(place, row), "rank": outcome.rank(place, row)}))
    };
    let nodes: Map<String, Value> = definition.nodes().iter().enumerate().map(node).collect();
    let parts = contributions(definition, outcome, row);
    json!({
        "unit": outcome.rows().units().get(row),
        "score": outcome.score(0, row),
        "rank": outcome.rank(0, row),
        "nodes": nodes,
        "contributions": parts.as_ref().map(|(leaves, _)| leaves),
        "constant": parts.as_ref().map(|(_, constant)| constant),
    })
}

/// A data set of the editions shown, unit by unit.
fn data(shown: &Shown<'_>, data: &DataSet) -> Value {
    let editions = shown.outcome.rows().editions();
    let wanted = |edition: &str| shown.editions.iter().any(|place| editions.get(*place).is_some_and(|known| known == edition));
    let row = |(row, (edition, unit)): (usize, (&str, &str))| {
        let values: Map<String, Value> =
            data.columns.iter().enumerate().map(|(column, code)| (code.clone(), json!(data.values.get(row, column)))).collect();
        wanted(edition).then(|| json!({"edition": edition, "unit": unit, "values": values}))
    };
    data.rows.keys().enumerate().filter_map(row).collect()
}
