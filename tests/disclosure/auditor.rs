//! An auditor knows which response is of which unit, and reads no answers: not by way of figures either.

use hailong::office::Role;
use serde_json::{Value, json};

use super::field::{LEAVES, Person, collect, computed, define, index, nothing_of, offices, open};
use crate::harness::composites::{PLANS, index_with, mixed};
use crate::harness::fixtures::{finish_run, publish, start_run};
use crate::harness::runs::{id_of, start, work};
use crate::harness::{Dice, TestApp};

#[test]
fn an_auditor_sees_of_a_run_what_everybody_will_see() {
    let names: Vec<String> = (1..=8).map(|office| format!("O{office:02}")).collect();
    let app = offices(&names);
    define(&app, &index(&json!([{ "kind": "nation" }, { "kind": "unit" }]), None));
    open(&app, "opt_in");
    let mut dice = Dice::new(81);
    let alone = ["O02", "O05"];
    let of = |name: &String| if alone.contains(&name.as_str()) { 1 } else { 23 };
    let people: Vec<Person> = names.iter().flat_map(|name| vec![name; of(name)]).map(|name| Person::any(&mut dice, name, 0)).collect();
    collect(&app, "open", &people);
    let run = computed(&app, "open", &json!({}));
    let path = format!("/v1/scores?run={}&limit=1000", id_of(&run));
    let (auditor, statistician) = (app.client(Role::Auditor), app.client(Role::Statistician));
    let (seen, whole) = (auditor.get(&path).expect(200), statistician.get(&path).expect(200));
    let value = |page: &Value, unit: &str, leaf: &str| {
        let items = page["items"].as_array().unwrap();
        items.iter().find(|item| item["unit"]["code"] == unit && item["node"] == leaf)?["value"].as_f64()
    };
    let (mut recovered, mut tried) = (0, 0);
    for person in people.iter().filter(|person| alone.contains(&person.unit.as_str())) {
        for leaf in LEAVES {
            tried += 1;
            recovered += usize::from(value(&seen, &person.unit, leaf) == person.score(leaf));
            assert_eq!(value(&whole, &person.unit, leaf), person.score(leaf), "the office that made it sees it");
        }
    }
    nothing_of("an auditor's view of a run", recovered, tried);
    let figures: Vec<f64> = seen["items"].as_array().unwrap().iter().filter_map(|item| item["value"].as_f64()).collect();
    assert!(!figures.is_empty() && figures.iter().all(|value| (value * 100.0 - (value * 100.0).round()).abs() < 1e-9), "{figures:?}");
    let (told, office) = (auditor.get(&run).expect(200), statistician.get(&run).expect(200));
    assert!(told["publication"].is_null() && office["publication"].is_object());
    assert!(told["manifest"]["salt"].is_null() && office["manifest"]["salt"].is_string(), "with it figures could be tried");
}

#[test]
fn an_auditor_sees_of_a_composite_index_what_everybody_will_see() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    let survey = start_run(&app);
    finish_run(&app, &survey);
    let table = index_with(&statistician, &mixed(), PLANS);
    let request = json!({ "index": "mixed", "version": "2025", "tables": [table], "surveys": [{ "run": id_of(&survey) }] });
    let run = start(&statistician, &request);
    work(&app, &run);
    let auditor = app.client(Role::Auditor);
    let (mut recovered, mut tried) = (0, 0);
    let mut tell = |told: Option<f64>| {
        tried += 1;
        recovered += usize::from(told.is_some_and(|told| (told - 70.25).abs() < 0.5));
    };
    let page = auditor.get(&format!("/v1/composite-scores?run={}", id_of(&run))).expect(200);
    let items = page["items"].as_array().unwrap();
    let of = |unit: &str, node: &str| items.iter().find(|item| item["unit"] == unit && item["node"] == node).unwrap()["score"].as_f64();
    tell(of("SYT-KCB", "satisfied"));
    tell(of("SYT-KCB", "ALL").zip(of("SYT-KCB", "plan")).map(|(all, plan)| 2.0 * all - plan));
    let targets = auditor.get(&format!("/v1/composite-targets?run={}", id_of(&run))).expect(200);
    tell(
        targets["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["unit"] == "SYT-KCB")
            .and_then(|item| item["judgement"]["found"].as_f64()),
    );
    nothing_of("an auditor's view of a composite index", recovered, tried);
    let explain = |unit: &str| auditor.get(&format!("/v1/composite-explanations?run={}&unit={unit}", id_of(&run)));
    explain("SYT-KCB").problem(403, "figures-hidden");
    explain("SYT").expect(200);
    auditor.get(&format!("/v1/composite-series?run={}&geography=agency-danang", id_of(&run))).problem(403, "figures-hidden");
    auditor.get(&format!("/v1/composite-stages?run={}", id_of(&run))).problem(403, "figures-hidden");
    auditor.get(&format!("/v1/composite-sensitivity?run={}", id_of(&run))).problem(403, "figures-hidden");
    statistician.get(&format!("/v1/composite-stages?run={}", id_of(&run))).expect(200);
}
