//! A small questionnaire and a small index for the tests of this module and of those after it.

use serde_json::{Value, json};

use super::{Document, IndexDefinition, Questionnaire, parse};

/// A questionnaire with an item of every kind.
pub(crate) fn questionnaire() -> Value {
    let text = |vi: &str| json!({"vi": vi, "en": format!("({vi})")});
    let option = |code: &str| json!({"code": code, "label": text(code)});
    let scored = |code: &str, score: Value| json!({"code": code, "score": score, "label": text(code)});
    json!({
        "$schema": "../meta-schema/questionnaire.schema.json", "kind": "questionnaire", "code": "sample", "version": "1.0",
        "title": text("Phiếu mẫu"), "languages": ["vi", "en"],
        "scales": {"five": {"options": [
            scored("1", json!(0)), scored("2", json!(25)), scored("3", json!(50)), scored("4", json!(75)), scored("5", json!(100)),
        ]}},
        "sections": [
            {"code": "A", "title": text("Thông tin"), "items": [
                {"code": "sex", "kind": "single", "text": text("Giới tính"), "required": true,
                 "options": [option("male"), option("female")]},
                {"code": "age", "kind": "number", "text": text("Tuổi"), "min": 18, "max": 120},
                {"code": "sources", "kind": "multiple", "text": text("Nguồn tin"), "min_selected": 1, "max_selected": 3,
                 "exclusive": ["none"], "options": [option("tv"), option("radio"), option("web"), option("office"), option("none")]},
            ]},
            {"code": "B", "title": text("Đánh giá"), "items": [
                {"code": "staff", "kind": "scale", "scale": "five", "text": text("Công chức"), "required": true, "does_not_apply": true},
                {"code": "result", "kind": "scale", "scale": "five", "text": text("Kết quả")},
                {"code": "why", "kind": "text", "max_length": 20, "text": text("Vì sao"), "required": true,
                 "relevant": {"any": [{"item": "staff", "is": ["1", "2"]}, {"item": "result", "is": ["1", "2"]}]}},
                {"code": "fee", "kind": "number", "decimals": 2, "text": text("Phí"), "min": -1.5, "max": 1000,
                 "relevant": {"all": [{"answered": "age"}, {"item": "age", "at_least": 60}, {"not": {"item": "sources", "is": ["none"]}}]}},
                {"code": "day", "kind": "date", "text": text("Ngày"), "min": "2024-01-01", "max": "2024-12-31"},
            ]},
        ]
    })
}

/// An index over [`questionnaire`].
pub(crate) fn index() -> Value {
    let text = |vi: &str| json!({"vi": vi, "en": format!("({vi})")});
    json!({
        "kind": "index", "code": "sample", "version": "1.0", "title": text("Chỉ số mẫu"),
        "survey": "sample", "survey_versions": ["1.0"], "level": 0.95, "min_n": 30, "lonely_psu": "average",
        "missing": {"leaf": "available", "node": "renormalise"},
        "parameters": {"share": {"value": 0.4, "min": 0, "max": 1, "label": text("Tỷ trọng")}},
        "domains": [{"kind": "nation"}, {"kind": "unit_by_level", "level": "province"}, {"kind": "item", "item": "sex"}],
        "tree": [
            {"code": "ALL", "label": text("Chung"), "agency": "Sở Nội vụ", "children": [
                {"code": "STAFF", "label": text("Công chức"), "weight": {"parameter": "share"},
                 "measure": {"kind": "mean", "item": "staff"}},
                {"code": "RESULT", "label": text("Kết quả"), "weight": {"one_minus": "share"}, "children": [
                    {"code": "R1", "label": text("Kết quả"), "measure": {"kind": "share", "item": "result", "options": ["4", "5"]}},
                    {"code": "R2", "label": text("Cả hai"), "measure": {"kind": "all_favourable", "items": ["staff", "result"],
                     "options": ["4", "5"], "missing": "listwise"}},
                ]},
            ]},
            {"code": "TV", "label": text("Xem truyền hình"), "measure": {"kind": "share", "item": "sources", "options": ["tv"]}},
        ]
    })
}

/// The checked form of a questionnaire that is right.
pub(crate) fn checked(value: &Value) -> Questionnaire {
    match parse(&value.to_string()).map(|checked| checked.document) {
        Ok(Document::Questionnaire(questionnaire)) => questionnaire,
        other => panic!("no questionnaire: {other:#?}"),
    }
}

/// The checked form of an index that is right.
pub(crate) fn checked_index(value: &Value) -> IndexDefinition {
    match parse(&value.to_string()).map(|checked| checked.document) {
        Ok(Document::Index(index)) => index,
        other => panic!("no index: {other:#?}"),
    }
}

/// Pointer and code of each error of a definition, in the order of pointers.
pub(crate) fn errors(value: &Value) -> Vec<(String, String)> {
    let findings = parse(&value.to_string()).map_or_else(|findings| findings, |checked| checked.warnings);
    let errors = findings.into_iter().filter(crate::words::Finding::is_error);
    let mut errors: Vec<_> = errors.map(|finding| (finding.pointer, finding.code.into_owned())).collect();
    errors.sort();
    errors
}

/// [`errors`] after `change`.
pub(crate) fn errors_after(mut value: Value, change: impl FnOnce(&mut Value)) -> Vec<(String, String)> {
    change(&mut value);
    errors(&value)
}

/// What [`errors`] should give.
pub(crate) fn expected(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}
