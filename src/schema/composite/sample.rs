//! A small definition for tests.

use serde_json::{Value, json};

use super::{CompositeDefinition, parse_composite};

/// A text in both languages.
pub(crate) fn text(text: &str) -> Value {
    json!({ "vi": text, "en": text })
}

/// Two pillars: one of two indicators, one of points of which an empty group is part.
pub(crate) fn composite() -> Value {
    json!({
        "kind": "composite",
        "code": "sample",
        "edition": "2024",
        "title": text("Chỉ số mẫu"),
        "attributes": ["region"],
        "denominators": ["population"],
        "pipeline": [
            {"stage": "denominate"},
            {"stage": "impute", "method": "centre", "of": "mean", "group": "region"},
            {"stage": "treat", "then": {"transform": "log_ct"}},
            {"stage": "normalise", "method": "min_max", "scale": [1, 10], "reverse": "reflect"},
            {"stage": "aggregate", "method": "arithmetic"}
        ],
        "tree": {"code": "ALL", "label": text("Chung"), "rescale": {"factor": 10}, "children": [
            {"code": "COST", "label": text("Chi phí"), "weight": 0.6, "children": [
                {"code": "days", "label": text("Số ngày"), "indicator": {"direction": "lower", "unit": "days"}},
                {"code": "shops", "label": text("Số quầy"), "indicator": {"denominator": "population", "per": 1000}}
            ]},
            {"code": "PLAN", "label": text("Kế hoạch"), "weight": 0.4, "children": [
                {"code": "SOFT", "label": text("Khảo sát"), "weight": 0.6, "children": [
                    {"code": "trust", "label": text("Tin cậy"), "indicator": {"goalposts": {"low": 0, "high": 1}}}
                ]},
                {"code": "HARD", "label": text("Số liệu"), "weight": 0.4, "group": true, "children": []}
            ]}
        ]}
    })
}

/// The definition of a value that is right, by the published JSON Schema too.
pub(crate) fn definition(value: &Value) -> CompositeDefinition {
    let schema = include_str!("../../../survey-schemas/meta-schema/composite.schema.json");
    let (mut compiler, mut schemas) = (boon::Compiler::new(), boon::Schemas::new());
    compiler.add_resource("urn:test:composite", serde_json::from_str(schema).unwrap()).unwrap();
    let compiled = compiler.compile("urn:test:composite", &mut schemas).unwrap();
    schemas.validate(value, compiled).unwrap_or_else(|why| panic!("{why:#}"));
    parse_composite(&value.to_string()).unwrap_or_else(|findings| panic!("{findings:#?}")).definition
}
