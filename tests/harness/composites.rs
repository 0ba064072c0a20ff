//! Composite indices: the example that is shipped, and one that takes a leaf from the survey of the fixtures.

use hailong::jobs::load;
use hailong::store::units::{SuccessionRow, UnitRow};
use hailong::unit::{UnitKind, embedded};
use serde_json::{Value, json};

use super::runs::{start, work};
use super::{Client, TestApp};

/// Three communes, small enough to be calculated by hand.
pub const EXAMPLE: &str = include_str!("../../survey-schemas/indices/example/2025.json");
/// Their indicators in two years.
pub const INDICATORS: &str = include_str!("../../survey-schemas/indices/example/indicators.csv");
/// The plan of three departments, for [`mixed`].
pub const PLANS: &str = "unit,plan\nSYT,60\nSYT-KCB,90\nSXD,50\n";

fn words(text: &str) -> Value {
    json!({ "vi": text, "en": text })
}

/// Departments by what people say of them and by how far their plan is carried out. Only two are published, nothing that rests on
/// fewer than ten answers.
pub fn mixed() -> Value {
    let leaf = |code: &str, indicator: Value| json!({ "code": code, "label": words(code), "weight": 0.5, "indicator": indicator });
    json!({
        "kind": "composite", "code": "mixed", "edition": "2025", "title": words("Hai nguồn"), "geography": "agency-danang",
        "publication": { "min_n": 10, "top": 2, "tiers": { "kind": "breaks", "from": [75], "labels": [words("cao"), words("thấp")] } },
        "targets": [
            { "unit": "SYT", "kind": "score", "value": 60 }, { "unit": "SXD", "kind": "score", "value": 60 },
            { "unit": "SYT-KCB", "node": "satisfied", "kind": "score", "value": 60 }
        ],
        "pipeline": [{ "stage": "normalise", "method": "as_given" }, { "stage": "aggregate", "method": "arithmetic" }],
        "tree": { "code": "ALL", "label": words("Chung"), "children": [
            leaf("satisfied", json!({ "evidence": "survey", "survey": { "index": "mini", "node": "INDEX" } })), leaf("plan", json!({}))
        ] }
    })
}

/// Both lists of provinces with what became of each, and no communes.
pub fn provinces() -> (Vec<UnitRow>, Vec<SuccessionRow>) {
    let (records, successions) = embedded().unwrap();
    let records: Vec<_> = records.into_iter().filter(|unit| matches!(unit.kind, UnitKind::Country | UnitKind::Province)).collect();
    let known = |list: &str, code: &str| records.iter().any(|unit| unit.list == list && unit.code == code);
    let between = |(list, code): &hailong::store::units::UnitKey| known(list, code);
    let successions = successions.into_iter().filter(|link| between(&link.from) && between(&link.to));
    let successions = successions.map(|s| SuccessionRow { from: s.from, to: s.to, whole: s.whole, is_default: s.is_default }).collect();
    (records.iter().map(load::row).collect(), successions)
}

/// Publishes a composite index and loads a table for it; gives the table's number.
pub fn index_with(statistician: &Client, definition: &Value, csv: &str) -> i64 {
    let (code, edition) = (definition["code"].as_str().unwrap(), definition["edition"].as_str().unwrap());
    let published = statistician.put(&format!("/v1/indices/{code}/versions/{edition}"), definition);
    assert!(matches!(published.status, 200 | 201), "{}", published.text());
    let path = format!("/v1/indicator-tables?index={code}&version={edition}&title=Test");
    let loaded = post_csv(statistician, &path, csv);
    assert!(matches!(loaded.status, 200 | 201), "{}", loaded.text());
    loaded.json()["id"].as_i64().unwrap()
}

/// The example with its table; gives the table's number.
pub fn example(statistician: &Client) -> i64 {
    index_with(statistician, &serde_json::from_str(EXAMPLE).unwrap(), INDICATORS)
}

pub fn post_csv(client: &Client, path: &str, csv: &str) -> super::Reply {
    client.send("POST", path, &[("Content-Type", "text/csv")], Some(csv.as_bytes()))
}

/// A finished run of the example; gives its address.
pub fn example_run(app: &TestApp, statistician: &Client) -> String {
    let table = example(statistician);
    let run = start(statistician, &json!({ "index": "example", "version": "2025", "tables": [table] }));
    work(app, &run);
    run
}
