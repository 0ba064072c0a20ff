//! The SIPAS-like index with weights raked to totals of provinces and of urban, suburban and rural people, by a run's own
//! path, against `calibrate` of R's `survey`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use hailong::index::{Computed, Plan, compute};
use hailong::schema::Document;
use serde_json::{Value, json};

use super::sipas_index::{frame, registry};
use super::{Worst, questionnaire, root};

pub(super) fn golden() -> Value {
    serde_json::from_slice(&std::fs::read(root().join("tests/golden/calibration/raked_index.json")).unwrap()).unwrap()
}

/// The index of the open data set with the totals of the golden file as margins.
fn plan(golden: &Value) -> Plan {
    let file = root().join("survey-schemas/sipas-open/index-1.1.json");
    let mut definition: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    definition["estimation"] = estimation(golden);
    let Document::Index(index) = hailong::schema::parse(&definition.to_string()).unwrap().document else {
        panic!("an index was asked for");
    };
    Plan::compile(&index, &questionnaire("sipas-open/1.1.json"), &BTreeMap::new()).unwrap()
}

/// What the definition says of the calibration.
pub(super) fn estimation(golden: &Value) -> Value {
    let totals = |name: &str, class: fn(&str) -> Value| -> Vec<Value> {
        let classes = golden[name].as_object().unwrap().iter().map(|(key, total)| {
            let mut class = class(key);
            class["total"] = total.clone();
            class
        });
        classes.collect()
    };
    json!({ "calibration": { "method": "raking", "margins": [
        { "level": "province", "totals": totals("province_total", |key| json!({ "area": format!("provinces:{:0>2}", key) })) },
        { "item": "urban", "totals": totals("urban_total", |key| json!({ "option": key })) },
    ]}})
}

fn computed(order: impl Fn(usize, usize) -> usize) -> Computed {
    let plan = plan(&golden());
    let frame = frame("data/sipas_open_y1.csv", &plan, order);
    compute(&plan, frame, &registry(), &|_, _| ControlFlow::Continue(())).unwrap()
}

#[test]
fn an_index_with_raked_weights_equals_that_of_r_survey() {
    let golden = golden();
    let found = computed(|place, _| place);
    let mut worst = Worst::default();
    for expected in golden["scores"].as_array().unwrap() {
        let (kind, key) = (expected["domain"].as_str().unwrap(), expected["key"].as_str().unwrap());
        let number: Option<i32> = key.parse().ok();
        let matches = |score: &&hailong::index::Score| {
            let d = &score.domain;
            score.node == "INDEX"
                && match kind {
                    "nation" => d.kind == "nation",
                    "province" => d.kind == "province" && d.area == number,
                    "agency" => d.kind == "unit" && d.unit == number.map(|key| 100 + key),
                    _ => d.kind == "item" && d.option.as_deref() == Some(key),
                }
        };
        let score = found.scores.iter().find(matches).unwrap_or_else(|| panic!("no score for {kind} {key}"));
        worst.compare(&format!("{kind} {key} est"), score.value.unwrap(), expected["est"].as_f64().unwrap());
        worst.compare(&format!("{kind} {key} se"), score.se.unwrap(), expected["se"].as_f64().unwrap());
    }
    worst.hold("raked_index", 1e-9, 170);
    let report = found.calibration.unwrap();
    let g = golden["g"].as_array().unwrap();
    assert!((report.g_min - g[0].as_f64().unwrap()).abs() < 1e-9 && (report.g_max - g[1].as_f64().unwrap()).abs() < 1e-9, "{report:?}");
    assert!(report.margins.iter().all(|class| (class.after / class.total - 1.0).abs() < 1e-9), "{report:#?}");
    assert_eq!(report.margins.len(), 66);
}

#[test]
fn calibrated_scores_do_not_depend_on_threads_or_order() {
    let in_order = computed(|place, _| place);
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let shuffled = pool.install(|| computed(|place, rows| (place * 1999 + 77) % rows));
        assert_eq!(shuffled, in_order, "{threads} threads");
    }
}
