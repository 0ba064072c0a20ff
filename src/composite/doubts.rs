//! What of an outcome somebody should look at: indicators without a scale, targets that all have passed, components that go
//! against the others.

use std::collections::BTreeMap;

use super::pipeline::Outcome;
use super::stages::{Limits, Record};
use crate::schema::composite::{CompositeDefinition, Normalisation, Normaliser, Stage};
use crate::words::Finding;

/// Why no value of an indicator could be scored in an edition, though there are values: in Vietnamese and English.
#[must_use]
pub fn unscaled(definition: &CompositeDefinition, limits: &Limits) -> (&'static str, &'static str) {
    match method(definition, &limits.indicator) {
        Some(Normalisation::DistanceToTarget { .. }) => (
            "mục tiêu bằng giá trị kém nhất nên không có khoảng cách để đo",
            "the target is the worst value, so that there is no distance to measure by",
        ),
        Some(Normalisation::DistanceToReference { .. }) => (
            "đơn vị tham chiếu có giá trị kém nhất nên không có khoảng cách để đo",
            "the unit of reference has the worst value, so that there is no distance to measure by",
        ),
        _ => ("các giá trị bằng nhau", "their values do not vary"),
    }
}

fn method<'d>(definition: &'d CompositeDefinition, code: &str) -> Option<&'d Normalisation> {
    let own = definition.leaves().find(|(_, node, _)| node.code() == code).and_then(|(_, _, indicator)| indicator.normalise.as_ref());
    let global = || {
        definition.pipeline().iter().find_map(|stage| match stage {
            Stage::Normalise(normaliser) => Some(normaliser),
            _ => None,
        })
    };
    own.or_else(global).map(|normaliser: &Normaliser| &normaliser.method)
}

/// The doubts about an outcome, each once with the editions that share it.
#[must_use]
pub fn doubts(definition: &CompositeDefinition, outcome: &Outcome) -> Vec<Finding> {
    let mut found = Vec::new();
    for step in outcome.steps() {
        match &step.record {
            Record::Normalised { limits, .. } => normalised(definition, limits, &mut found),
            Record::Weighted { opposed, .. } => found.extend(opposed.iter().map(|opposed| {
                let (node, child, loading) = (&opposed.node, &opposed.child, opposed.loading);
                Finding::warning(
                    format!("/{child}"),
                    "loading-opposed",
                    format!(
                        "{node}: “{child}” đi ngược các thành phần còn lại (hệ số tải {loading:.3}); bình phương làm mất dấu này, nên xem lại “direction”"
                    ),
                    format!(
                        "{node}: “{child}” goes against the other components (loading {loading:.3}); its square drops that sign: look at its “direction”"
                    ),
                )
            })),
            _ => {}
        }
    }
    found
}

fn normalised(definition: &CompositeDefinition, limits: &[Limits], found: &mut Vec<Finding>) {
    let mut editions: BTreeMap<(&str, &'static str), Vec<&str>> = BTreeMap::new();
    for of in limits {
        let distance = method(definition, &of.indicator);
        let open = matches!(distance, Some(Normalisation::DistanceToTarget { cap: false }));
        let code = match distance {
            Some(Normalisation::DistanceToTarget { .. }) if of.flat => "target-is-worst",
            Some(Normalisation::DistanceToReference { .. }) if of.flat => "reference-is-worst",
            _ if of.flat => "values-alike",
            _ if open && of.low.zip(of.high).is_some_and(|(least, target)| target < least) => "target-passed",
            _ => continue,
        };
        editions.entry((&of.indicator, code)).or_default().push(&of.edition);
    }
    for ((indicator, code), editions) in editions {
        let editions = editions.join(", ");
        let (vi, en) = if code == "target-passed" {
            (
                format!("“{indicator}” ({editions}): mọi đơn vị đều đã vượt mục tiêu nên điểm đều trên 1; “cap” giữ điểm ở 1"),
                format!("“{indicator}” ({editions}): every unit has passed the target, so that all scores exceed 1; “cap” holds them at 1"),
            )
        } else {
            let limits = limits.iter().find(|limits| limits.indicator == indicator && limits.flat);
            let (vi, en) = limits.map_or(("", ""), |limits| unscaled(definition, limits));
            (format!("“{indicator}” ({editions}): không có điểm vì {vi}"), format!("“{indicator}” ({editions}): without a score, as {en}"))
        };
        found.push(Finding::warning(format!("/{indicator}"), code, vi, en));
    }
}
