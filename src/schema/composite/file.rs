//! Definition file → [`CompositeDefinition`], or everything that is wrong with it.

use serde_json::Value;

use super::definition::{CompositeDefinition, CompositeNode, Gap, Publication, RankRule, Ties};
use super::node_file::{TreeReader, gap};
use super::rules_file::{publication, rank, targets};
use super::stage::{Imputation, Normalisation, Normaliser, Scale, Stage, Weighting};
use super::stage_file::{or, pipeline};
use crate::schema::decode::{At, Object, list, names, skip_meta_schema, string};
use crate::schema::rules::{document_code, item_code};
use crate::schema::text::Text;

/// Reads a definition; findings go to `at`, and nothing is returned where an essential part is missing.
pub(super) fn read(value: &Value, at: &mut At<'_>) -> Option<CompositeDefinition> {
    let mut object = Object::open(value, at)?;
    skip_meta_schema(&mut object, at);
    object.need("kind", at, |value, at| at.one_of(value, &["composite"]));
    let code = object.need("code", at, document_code);
    let edition = object.need("edition", at, string);
    let title = object.need("title", at, Text::read);
    let note = object.read("note", at, Text::read);
    let geography = object.read("geography", at, string).map(str::to_owned);
    let attributes = object.read("attributes", at, names).unwrap_or_default();
    let denominators = object.read("denominators", at, columns).unwrap_or_default();
    let gap = or(&mut object, "missing", Gap::Renormalise, at, gap);
    let pipeline = object.need("pipeline", at, pipeline);
    let rank = or(&mut object, "rank", RankRule { ties: Ties::Competition }, at, rank);
    let publication = or(&mut object, "publication", Publication::default(), at, publication);
    let targets = object.read("targets", at, targets).unwrap_or_default();
    let nodes = object.need("tree", at, |value, at| TreeReader::default().read(value, at));
    object.close(at);

    let definition = CompositeDefinition {
        code: code?.to_owned(),
        edition: edition?.to_owned(),
        title: title?,
        note,
        geography,
        attributes,
        denominators,
        gap: gap?,
        pipeline: pipeline?,
        rank: rank?,
        publication: publication?,
        targets,
        nodes: nodes?,
    };
    names_exist(&definition, at);
    Some(definition)
}

/// Names of numeric columns.
fn columns(value: &Value, at: &mut At<'_>) -> Option<Vec<String>> {
    list(value, at, |value, at| item_code(value, at).map(str::to_owned))
}

/// Everything that one part of the definition names must be there in another.
fn names_exist(definition: &CompositeDefinition, at: &mut At<'_>) {
    for (place, stage) in definition.pipeline.iter().enumerate() {
        let mut at = at.key("pipeline");
        stage_names(definition, stage, &mut at.index(place));
    }
    for (place, target) in definition.targets.iter().enumerate() {
        if let Some(node) = &target.node {
            known_node(definition, node, &mut at.key("targets").index(place).key("node"));
        }
    }
    let global = definition.pipeline.iter().find_map(|stage| match stage {
        Stage::Normalise(normaliser) => Some(normaliser),
        _ => None,
    });
    let mut tree = at.key("tree");
    nodes(definition, 0, global, &mut tree);
}

fn stage_names(definition: &CompositeDefinition, stage: &Stage, at: &mut At<'_>) {
    match stage {
        Stage::Impute(impute) => {
            if let Imputation::Centre { group: Some(group), .. } = &impute.method
                && !definition.attributes.contains(group)
            {
                at.key("group").error(
                    "unknown-attribute",
                    format!("“{group}” không có trong “attributes”"),
                    format!("“{group}” is not listed in “attributes”"),
                );
            }
        }
        Stage::Treat(treat) => {
            for (place, code) in treat.skip.iter().enumerate() {
                known_node(definition, code, &mut at.key("skip").index(place));
            }
        }
        Stage::Weight(Weighting::Pca { nodes, .. } | Weighting::Correlation { nodes, .. }) => {
            for (place, code) in nodes.iter().enumerate() {
                known_node(definition, code, &mut at.key("nodes").index(place));
            }
        }
        Stage::Weight(Weighting::Budget(budget)) => {
            for (place, expert) in budget.experts.iter().enumerate() {
                for code in expert.keys() {
                    known_node(definition, code, &mut at.key("experts").index(place).key(code));
                }
            }
        }
        Stage::Weight(Weighting::Given | Weighting::Equal)
        | Stage::Screen(_)
        | Stage::Denominate
        | Stage::Normalise(_)
        | Stage::Aggregate(_) => {}
    }
}

fn known_node(definition: &CompositeDefinition, code: &str, at: &mut At<'_>) {
    if definition.position(code).is_none() {
        at.error("unknown-node", format!("Không có nút “{code}”"), format!("There is no node “{code}”"));
    }
}

fn nodes(definition: &CompositeDefinition, place: usize, global: Option<&Normaliser>, at: &mut At<'_>) {
    let Some(node) = definition.nodes.get(place) else { return };
    leaf(definition, node, global, at);
    for (order, child) in node.children().iter().enumerate() {
        nodes(definition, *child, global, &mut at.key("children").index(order));
    }
}

/// What the indicator of a leaf needs: its denominator's column, a maximum for points, a target for the distance to it.
fn leaf(definition: &CompositeDefinition, node: &CompositeNode, global: Option<&Normaliser>, at: &mut At<'_>) {
    let Some(indicator) = node.indicator() else { return };
    if let Some(denominator) = &indicator.denominator
        && !definition.denominators.contains(denominator)
    {
        at.key("indicator").key("denominator").error(
            "unknown-denominator",
            format!("“{denominator}” không có trong “denominators”"),
            format!("“{denominator}” is not listed in “denominators”"),
        );
    }
    let Some(normaliser) = indicator.normalise.as_ref().or(global) else { return };
    let in_points = matches!(
        normaliser.method,
        Normalisation::Points | Normalisation::MinMax { scale: Scale::Maximum, .. } | Normalisation::RatioToBest { scale: Scale::Maximum }
    );
    if in_points && node.maximum.is_none() {
        at.error(
            "maximum-needed",
            "Chỉ tiêu chấm theo điểm phải có điểm tối đa “maximum”",
            "An indicator scored in points needs its “maximum”",
        );
    }
    if matches!(normaliser.method, Normalisation::DistanceToTarget { .. }) && indicator.target.is_none() {
        at.key("indicator").error(
            "target-needed",
            "Khoảng cách đến mục tiêu cần có “target”",
            "The distance to the target needs a “target”",
        );
    }
}
