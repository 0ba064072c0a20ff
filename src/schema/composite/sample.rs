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

/// Factors of every kind for [`composite`].
pub(crate) fn factors() -> Value {
    json!({"kind": "sensitivity", "index": "sample", "sobol": {"base": 64}, "factors": [
        {"code": "noise", "kind": "weight_noise", "noise": [{"amount": 0.25}]},
        {"code": "shares", "kind": "dirichlet", "depth": 1, "concentration": 40},
        {"code": "outliers", "kind": "stage", "stage": "treat", "alternatives": [null, {"stage": "treat", "winsorise": 0}]},
        {"code": "without", "kind": "drop"}
    ]})
}

/// What the published JSON Schema of a kind of file says of a value.
pub(crate) fn schema_of(kind: &str, value: &Value) -> Result<(), String> {
    let published = [
        ("composite", include_str!("../../../survey-schemas/meta-schema/composite.schema.json")),
        ("sensitivity", include_str!("../../../survey-schemas/meta-schema/sensitivity.schema.json")),
    ];
    let (mut compiler, mut schemas) = (boon::Compiler::new(), boon::Schemas::new());
    for (kind, schema) in published {
        compiler.add_resource(&format!("https://test/{kind}.schema.json"), serde_json::from_str(schema).unwrap()).unwrap();
    }
    let compiled = compiler.compile(&format!("https://test/{kind}.schema.json"), &mut schemas).unwrap_or_else(|why| panic!("{why:#}"));
    schemas.validate(value, compiled).map_err(|why| format!("{why:#}"))
}

/// The definition of a value that is right, by the published JSON Schema too.
pub(crate) fn definition(value: &Value) -> CompositeDefinition {
    schema_of("composite", value).unwrap_or_else(|why| panic!("{why}"));
    parse_composite(&value.to_string()).unwrap_or_else(|findings| panic!("{findings:#?}")).definition
}
