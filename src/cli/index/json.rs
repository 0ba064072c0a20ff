//! A composite index as JSON: everything, at full precision.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::Shown;
use crate::composite::geography::Series;
use crate::composite::targets::TargetReport;
use crate::composite::{DataSet, contributions};
use crate::schema::composite::CompositeNode;
use crate::words::encode::hex;

/// Prints scores, ranks and contributions of every unit of the editions shown, targets, and the log with the data set after each
/// stage; the public sees neither contributions nor data sets, from which hidden figures could be had.
pub(super) fn print(shown: &Shown<'_>, targets: &[TargetReport]) -> Result<()> {
    let definition = &shown.checked.definition;
    let mut stages = Vec::new();
    for step in shown.outcome.steps() {
        let mut stage = serde_json::to_value(step)?;
        if shown.reader.is_office() {
            stage["data"] = data(shown, &step.data);
        } else if let Some(stage) = stage.as_object_mut() {
            stage.remove("record");
        }
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
        "targets": targets,
        "stages": stages,
    });
    println!("{}", serde_json::to_string_pretty(&whole)?);
    Ok(())
}

fn edition(shown: &Shown<'_>, edition: usize) -> Value {
    let rows = shown.outcome.rows();
    let span = rows.spans().get(edition).cloned().unwrap_or_default();
    let mut units: Vec<usize> = span.collect();
    if let Some(wanted) = shown.unit {
        units.retain(|row| rows.units().get(*row).is_some_and(|unit| unit == wanted));
    }
    units.sort_by_key(|row| (shown.release.rank(&shown.reader, 0, *row).unwrap_or(u32::MAX), *row));
    json!({
        "edition": rows.editions().get(edition),
        "units": units.into_iter().map(|row| unit(shown, row)).collect::<Vec<_>>(),
    })
}

fn unit(shown: &Shown<'_>, row: usize) -> Value {
    let (definition, outcome, release, reader) = (&shown.checked.definition, shown.outcome, &shown.release, &shown.reader);
    let node = |(place, node): (usize, &CompositeNode)| {
        let mut cell = json!({"score": release.score(reader, place, row), "rank": release.rank(reader, place, row)});
        if let Some(hidden) = release.hidden(place, row) {
            cell["hidden"] = json!(hidden);
        }
        (node.code().to_owned(), cell)
    };
    let nodes: Map<String, Value> = definition.nodes().iter().enumerate().map(node).collect();
    let parts = (reader.is_office()).then(|| contributions(definition, outcome, row)).flatten();
    let labels = definition.publication().tiers.as_ref().map(crate::schema::composite::Tiers::labels);
    let mut unit = json!({
        "unit": outcome.rows().units().get(row),
        "score": release.score(reader, 0, row),
        "rank": release.rank(reader, 0, row),
        "nodes": nodes,
        "contributions": parts.as_ref().map(|(leaves, _)| leaves),
        "constant": parts.as_ref().map(|(_, constant)| constant),
    });
    if let Some((tier, labels)) = release.tier(reader, row).zip(labels) {
        unit["tier"] = json!({"place": tier + 1, "label": labels.get(tier)});
    }
    if let Some(se) = shown.error(0, row).filter(|_| release.score(reader, 0, row).is_some()) {
        unit["se"] = json!(se);
    }
    unit
}

/// Prints one figure as it is, or with `panel` a list of those of all editions.
pub(super) fn by_edition(
    shown: &Shown<'_>,
    mut whole: Map<String, Value>,
    name: &str,
    found: Vec<(usize, Value)>,
    panel: bool,
) -> Result<()> {
    let mut members: Vec<Map<String, Value>> = found
        .into_iter()
        .map(|(place, value)| Map::from_iter([("edition".to_owned(), json!(shown.edition(place))), (name.to_owned(), value)]))
        .collect();
    whole.insert("code".to_owned(), json!(shown.checked.definition.code()));
    whole.insert("sha256".to_owned(), json!(hex(&shown.checked.sha256)));
    match members.pop() {
        Some(only) if !panel && members.is_empty() => whole.extend(only),
        last => {
            members.extend(last);
            whole.insert("editions".to_owned(), json!(members));
        }
    }
    println!("{}", serde_json::to_string_pretty(&whole)?);
    Ok(())
}

/// Prints a series.
pub(super) fn print_series(shown: &Shown<'_>, series: &Series) -> Result<()> {
    let definition = &shown.checked.definition;
    let whole = json!({
        "code": definition.code(),
        "edition": definition.edition(),
        "sha256": hex(&shown.checked.sha256),
        "geography": definition.geography(),
        "warnings": shown.checked.warnings.iter().chain(shown.warnings).collect::<Vec<_>>(),
        "series": self::series(shown, series),
    });
    println!("{}", serde_json::to_string_pretty(&whole)?);
    Ok(())
}

/// A series, with the scores and intervals of each unit by node.
fn series(shown: &Shown<'_>, series: &Series) -> Value {
    let mut value = json!(series);
    let editions = value["editions"].as_array_mut().into_iter().flatten();
    for unit in editions.flat_map(|edition| edition["units"].as_array_mut().into_iter().flatten()) {
        for member in ["scores", "intervals"] {
            let Some(values) = unit[member].as_array() else { continue };
            let nodes = shown.checked.definition.nodes().iter().map(|node| node.code().to_owned());
            unit[member] = nodes.zip(values.iter().cloned()).collect::<Map<String, Value>>().into();
        }
    }
    value
}

/// A data set of the editions shown, unit by unit.
fn data(shown: &Shown<'_>, data: &DataSet) -> Value {
    let editions = shown.outcome.rows().editions();
    let wanted = |edition: &str| shown.editions.iter().any(|place| editions.get(*place).is_some_and(|known| known == edition));
    let row = |(row, (edition, unit)): (usize, (&str, &str))| {
        let values: Map<String, Value> =
            data.columns.iter().enumerate().map(|(column, code)| (code.clone(), json!(data.values.get(row, column)))).collect();
        (wanted(edition) && shown.unit.is_none_or(|wanted| wanted == unit))
            .then(|| json!({"edition": edition, "unit": unit, "values": values}))
    };
    data.rows.keys().enumerate().filter_map(row).collect()
}
