//! Device-days as clusters against R's `survey`, and in any order of arrival.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::PathBuf;

use hailong::design::{Design, DesignKind, Mode, Wave, WeightUnit};
use hailong::frame::{DeviceDays, Frame, FrameBuilder, RowRef};
use hailong::index::{Plan, Score, compute};
use hailong::schema::{Document, IndexDefinition, Layout, Questionnaire, parse};
use hailong::unit::{Registry, UnitKind, UnitRecord};
use serde_json::{Value, json};

use super::{Worst, numbers};

const ITEMS: [&str; 3] = ["q1", "q2", "q3"];

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/optin").join(name)
}

fn words(text: &str) -> Value {
    json!({ "vi": text, "en": text })
}

fn questionnaire() -> Questionnaire {
    let option = |n: u32| json!({ "code": n.to_string(), "score": 25 * (n - 1), "label": words("mức") });
    let item = |code: &str| json!({ "code": code, "kind": "scale", "scale": "five", "text": words("câu") });
    let text = json!({
        "kind": "questionnaire", "code": "optin", "version": "1", "title": words("Phiếu"), "languages": ["vi", "en"],
        "scales": { "five": { "options": [option(1), option(2), option(3), option(4), option(5)] } },
        "sections": [{ "code": "A", "title": words("Phần"), "items": ITEMS.map(item) }]
    });
    match parse(&text.to_string()).unwrap().document {
        Document::Questionnaire(questionnaire) => questionnaire,
        Document::Index(_) | Document::Composite(_) => panic!("an index"),
    }
}

fn index() -> IndexDefinition {
    let leaf = |item: &str| json!({ "code": item, "label": words("mục"), "measure": { "kind": "mean", "item": item } });
    let text = json!({
        "kind": "index", "code": "optin", "version": "1", "title": words("Chỉ số"), "survey": "optin", "survey_versions": ["1"],
        "level": 0.95, "min_n": 5, "lonely_psu": "fail", "missing": { "leaf": "available", "node": "renormalise" },
        "domains": [{ "kind": "nation" }, { "kind": "unit" }],
        "tree": [{ "code": "INDEX", "label": words("chung"), "children": ITEMS.map(leaf) }]
    });
    match parse(&text.to_string()).unwrap().document {
        Document::Index(index) => index,
        Document::Questionnaire(_) | Document::Composite(_) => panic!("a questionnaire"),
    }
}

fn registry() -> Registry {
    let unit = |code: i32| UnitRecord {
        list: "counters".into(),
        code: code.to_string(),
        kind: UnitKind::Agency,
        name_vi: code.to_string(),
        name_en: code.to_string(),
        parent: None,
        valid_from: chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
        valid_to: None,
    };
    Registry::new((1..=6).map(|code| (code, unit(code))).collect(), &[]).unwrap()
}

/// The rows of the file in an order, the devices numbered from `first` on as they come.
fn frame(plan: &Plan, order: impl Fn(usize, usize) -> usize, first: i32) -> Frame {
    let questionnaire = questionnaire();
    let layout = Layout::of(&questionnaire);
    let mut reader = csv::Reader::from_path(file("responses.csv")).unwrap();
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<BTreeMap<String, String>> =
        reader.records().map(|record| headers.iter().cloned().zip(record.unwrap().iter().map(str::to_owned)).collect()).collect();
    let mut builder = FrameBuilder::new(plan.columns(), &questionnaire, [(1, &questionnaire)]);
    let (mut days, mut devices) = (DeviceDays::default(), HashMap::new());
    for place in 0..rows.len() {
        let row = &rows[order(place, rows.len())];
        let mut answers = layout.blank();
        for item in ITEMS {
            if let Ok(option) = row[item].parse() {
                layout.slot(item).unwrap().add_option(&mut answers, option);
            }
        }
        let next = first + i32::try_from(devices.len()).unwrap();
        let device = (!row["device"].is_empty()).then(|| *devices.entry(row["device"].clone()).or_insert(next));
        let psu = days.cluster(device, row["day"].parse().unwrap());
        let (unit, weight) = (row["unit"].parse().unwrap(), 1_000_000);
        builder.push(RowRef { seq: 1, version: 1, unit, psu, weight, answers: &answers }).unwrap();
    }
    let wave = Wave {
        code: "optin".into(),
        survey: "optin".into(),
        mode: Mode::OptIn,
        kind: DesignKind::DeviceDay,
        weight_unit: WeightUnit::MICRO,
        opens_at: 0,
        closes_at: None,
        synthetic: true,
    };
    builder.finish(&wave, &Design::default(), |_| None).unwrap()
}

fn scores(order: impl Fn(usize, usize) -> usize, first: i32) -> (Vec<Score>, (usize, usize)) {
    let plan = Plan::compile(&index(), &questionnaire(), &BTreeMap::new()).unwrap();
    let frame = frame(&plan, order, first);
    let shape = (frame.strata().psus(), frame.strata().strata().len());
    (compute(&plan, frame, &registry(), &|_, _| ControlFlow::Continue(())).unwrap().scores, shape)
}

#[test]
fn intervals_on_device_days_equal_those_of_r_survey() {
    let golden: Value = serde_json::from_slice(&std::fs::read(file("device_days.json")).unwrap()).unwrap();
    let (scores, shape) = scores(|place, _| place, 1);
    assert_eq!((json!(shape.0), json!(shape.1)), (golden["clusters"].clone(), golden["strata"].clone()));
    let mut worst = Worst::default();
    for domain in golden["domains"].as_array().unwrap() {
        let key = domain["key"].as_str().unwrap();
        let of_domain = |score: &&Score| score.domain.unit == key.parse().ok();
        for (place, name) in golden["names"].as_array().unwrap().iter().enumerate() {
            let score = scores.iter().filter(of_domain).find(|score| *name == score.node).unwrap();
            let figures = [("est", score.value), ("se", score.se), ("low", score.low), ("high", score.high)];
            for (figure, found) in figures {
                worst.compare(&format!("{key} {name} {figure}"), found.unwrap(), numbers(&domain[figure])[place]);
            }
            assert_eq!((Some(score.df), i64::from(score.psus)), (domain["df"].as_f64(), domain["psus"].as_i64().unwrap()), "{key} {name}");
        }
    }
    worst.hold("device_days", 1e-9, 100);
}

#[test]
fn order_of_arrival_and_numbers_of_devices_leave_no_trace_in_any_bit() {
    let (once, shape) = scores(|place, _| place, 1);
    for (shift, first) in [(1, 100), (211, 7), (419, 1)] {
        // 11 has no factor in common with 420, so this visits every row once.
        let again = scores(|place, rows| (place * 11 + shift) % rows, first);
        assert_eq!(again, (once.clone(), shape));
    }
}
