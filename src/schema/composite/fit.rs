//! Whether the parts of a definition go together.

use std::collections::BTreeMap;

use super::definition::{CompositeDefinition, CompositeNode, Direction};
use super::stage::{Imputation, Normalisation, Normaliser, Scale, Stage, Step, Weighting};
use crate::schema::decode::At;

/// Everything that one part of the definition names must be there in another, and suffice for what that does.
pub(super) fn parts_fit(definition: &CompositeDefinition, at: &mut At<'_>) {
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

/// The attributes and nodes that a stage names are there.
pub(super) fn stage_names(definition: &CompositeDefinition, stage: &Stage, at: &mut At<'_>) {
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
                allocation(definition, expert, &mut at.key("experts").index(place));
                for code in expert.keys() {
                    known_node(definition, code, &mut at.key("experts").index(place).key(code));
                }
            }
        }
        Stage::Screen(screen) => {
            if screen.available.is_none() && screen.non_zero.is_none() && screen.drop.is_empty() {
                at.warning(
                    "nothing-screened",
                    "Không có ngưỡng và không có “drop” nên bước này không loại đơn vị nào",
                    "Without a threshold and without “drop” this stage takes no unit out",
                );
            }
        }
        Stage::Normalise(normaliser) => since_is_year(definition, normaliser.window.since.as_deref(), at),
        Stage::Weight(Weighting::Given | Weighting::Equal) | Stage::Denominate | Stage::Aggregate(_) => {}
    }
}

/// An expert who gives points to a child gives them to each of its siblings, be it 0, and they can be summed.
fn allocation(definition: &CompositeDefinition, expert: &BTreeMap<String, f64>, at: &mut At<'_>) {
    for node in &definition.nodes {
        let children = || node.children().iter().filter_map(|place| definition.nodes.get(*place)).filter(|child| child.scored());
        let given = || children().filter_map(|child| expert.get(&child.code));
        if given().next().is_none() {
            continue;
        }
        for child in children().filter(|child| !expert.contains_key(&child.code)) {
            let code = &child.code;
            at.error(
                "child-left-out",
                format!("Chuyên gia cho điểm các nút cùng cấp mà bỏ sót “{code}”: không cho điểm nào thì ghi 0"),
                format!("The expert leaves out “{code}” among its siblings: no points are written as 0"),
            );
        }
        if !given().sum::<f64>().is_finite() {
            too_large(at);
        }
    }
}

fn too_large(at: &mut At<'_>) {
    at.error("weights-too-large", "Trọng số quá lớn, không cộng được", "The weights are too large to be summed");
}

/// The year that an edition is named after.
fn year(edition: &str) -> Option<u32> {
    (edition.len() == 4).then(|| edition.parse().ok()).flatten()
}

/// Where editions are years, the first that counts is one: editions are compared by their names.
fn since_is_year(definition: &CompositeDefinition, since: Option<&str>, at: &mut At<'_>) {
    let Some(since) = since.filter(|since| year(&definition.edition).is_some() && year(since).is_none()) else { return };
    let edition = &definition.edition;
    at.key("since").error(
        "since-no-edition",
        format!("“{since}” không phải là năm, mà kỳ của chỉ số này là năm ({edition})"),
        format!("“{since}” is no year, and the editions of this index are years ({edition})"),
    );
}

fn known_node(definition: &CompositeDefinition, code: &str, at: &mut At<'_>) {
    if definition.position(code).is_none() {
        at.error("unknown-node", format!("Không có nút “{code}”"), format!("There is no node “{code}”"));
    }
}

fn nodes(definition: &CompositeDefinition, place: usize, global: Option<&Normaliser>, at: &mut At<'_>) {
    let Some(node) = definition.nodes.get(place) else { return };
    leaf(definition, node, global, at);
    let weights = node.children().iter().filter_map(|child| definition.nodes.get(*child)).map(|child| child.weight);
    if !weights.sum::<f64>().is_finite() {
        too_large(&mut at.key("children"));
    }
    for (order, child) in node.children().iter().enumerate() {
        nodes(definition, *child, global, &mut at.key("children").index(order));
    }
}

/// Whether a greater value never has a worse score, and somewhere a better one. (A peak in the middle is neither, and stands as written.)
pub(super) fn rising(steps: &[Step]) -> bool {
    steps.windows(2).all(|pair| pair[0].score <= pair[1].score) && steps.windows(2).any(|pair| pair[0].score < pair[1].score)
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
    if definition.attributes.contains(&node.code) {
        at.key("code").error(
            "column-used-twice",
            format!("“{}” cũng là một thuộc tính trong “attributes”", node.code),
            format!("“{}” is an attribute in “attributes” too", node.code),
        );
    }
    since_is_year(definition, indicator.goalposts.since.as_deref(), &mut at.key("indicator").key("goalposts"));
    if let Some(own) = &indicator.normalise {
        since_is_year(definition, own.window.since.as_deref(), &mut at.key("indicator").key("normalise"));
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
    if let Normalisation::Steps { steps } = &normaliser.method
        && indicator.direction == Direction::Lower
        && rising(steps)
    {
        at.key("indicator").key("direction").error(
            "steps-rise",
            "Càng thấp càng tốt thì điểm của các bậc phải giảm dần theo “from”: “steps” cho điểm đúng như đã ghi, không tự đảo chiều",
            "Where less is better the scores of steps fall by “from”: “steps” gives scores as they are written and turns none round",
        );
    }
    if normaliser.method == Normalisation::FractionOfMaximum && indicator.direction == Direction::Lower {
        at.key("indicator").key("direction").error(
            "no-reverse",
            "“fraction_of_maximum” là x/max, không đảo chiều được; chỉ tiêu càng thấp càng tốt thì dùng “ratio_to_best”",
            "“fraction_of_maximum” is x/max, which has no reverse; where less is better “ratio_to_best” serves",
        );
    }
}
