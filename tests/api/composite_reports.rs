//! Why units have their scores, what they set out to reach, series across reforms, and how scores came about.

use std::ops::ControlFlow;

use hailong::composite::explain::{explain, outlook};
use hailong::composite::targets::Rules;
use hailong::jobs::composite::prepare;
use hailong::office::Role;
use hailong::schema::composite::TargetKind;
use hailong::store::composites::{ReportKind, report};
use hailong::store::runs;
use serde_json::{Value, json};

use crate::harness::composites::{self, example, example_run, index_with, provinces};
use crate::harness::fixtures::{finish_run, publish, start_run};
use crate::harness::runs::{approve, id_of, release, start, uuid_of, work};
use crate::harness::{TestApp, Wish};

/// The published index of two sources; with `embargo` it is approved, for agencies, and no more.
fn mixed(app: &TestApp, embargo: bool) -> String {
    publish(app);
    let statistician = app.client(Role::Statistician);
    let survey = start_run(app);
    finish_run(app, &survey);
    let table = index_with(&statistician, &composites::mixed(), composites::PLANS);
    let request = json!({ "index": "mixed", "version": "2025", "tables": [table], "surveys": [{ "run": id_of(&survey) }] });
    let run = start(&statistician, &request);
    work(app, &run);
    if embargo {
        approve(app, &run, true);
    } else {
        release(app, &survey);
        release(app, &run);
    }
    run
}

#[test]
fn an_explanation_is_what_the_engine_says() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let run = example_run(&app, &statistician);
    let path = format!("/v1/composite-explanations?run={}&unit=C", id_of(&run));
    let text = statistician.get(&format!("{path}&target=rank:1")).text();

    let mut db = app.store.db().unwrap();
    let stored = runs::get(&mut db, uuid_of(&run)).unwrap();
    let prepared = prepare(&mut db, &stored).unwrap();
    let subject = prepared.subject(prepared.row("2025", "C").unwrap());
    let before = subject.before();
    let errors = |node: usize, row: usize| prepared.error(node, row);
    let judged = outlook(&subject, before.as_ref(), TargetKind::Rank { value: 1 }, &errors, &Rules::default()).unwrap();
    // To the last digit, so as texts.
    let said = serde_json::to_string(&explain(&subject, before.as_ref()).unwrap()).unwrap();
    assert!(text.contains(&format!("\"explanation\":{said},\"target\":{}", serde_json::to_string(&judged).unwrap())), "{text}");

    let body: Value = serde_json::from_str(&text).unwrap();
    let (explanation, target) = (&body["explanation"], &body["target"]);
    // By hand: `overdue` at 5.5 carries all of HARD, 2.4 of the root each point, and could have 10.
    let number = |value: &Value| (value.as_f64().unwrap() * 1e6).round() / 1e6;
    assert_eq!((number(&explanation["score"]), number(&explanation["since"]["difference"]["from"])), (73.9, 70.48));
    let agencies = explanation["lost"]["agencies"].as_array().unwrap();
    let office = agencies.iter().find(|sum| sum["of"] == "Văn phòng HĐND và UBND xã").unwrap();
    assert_eq!((number(&office["lost"]), number(&target["reach"]["needed"])), (10.8, 94.06));
    assert_eq!((&explanation["to_best"]["unit"], &target["judgement"]["standing"]), (&json!("A"), &json!("missed")));
    assert_eq!(statistician.get(&format!("{path}&year=2024")).expect(200)["explanation"]["since"], Value::Null);
}

#[test]
fn what_cannot_be_explained_is_said() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let run = example_run(&app, &statistician);
    let ask = |rest: &str| statistician.get(&format!("/v1/composite-explanations?run={}&{rest}", id_of(&run)));
    ask("unit=Z").problem(404, "not-found");
    ask("unit=A&year=1999").problem(404, "not-found");
    ask("").problem(400, "query-invalid");
    ask("unit=A&target=best").problem(400, "query-invalid");
    ask("unit=A&year=2024&target=rise:1").problem(400, "query-invalid");
    let publisher = app.client(Role::Publisher);
    release(&app, &run);
    publisher.get("/v1/composite-explanations?index=example&unit=B&target=gain:1").expect(200);
    app.anyone().get("/v1/composite-explanations?index=example&unit=B").problem(401, "unauthenticated");
    app.client(Role::Agency).get("/v1/composite-explanations?index=example&unit=B").problem(403, "unit-forbidden");
}

#[test]
fn an_agency_has_its_own_score_explained_where_that_gives_nothing_away() {
    let app = TestApp::start();
    mixed(&app, false);
    let agency = |code: &str| app.client_of(Role::Agency, Some(("agency-danang", code)));
    let ask = |code: &str, rest: &str| agency(code).get(&format!("/v1/composite-explanations?index=mixed&unit={rest}"));
    // Beyond the top, but its own; the best unit rests on 4 answers, so that the way to it is left out.
    let own = ask("SXD", "SXD").expect(200);
    assert_eq!((&own["explanation"]["rank"], &own["explanation"]["to_best"], &own["target"]), (&json!(3), &Value::Null, &Value::Null));
    let (score, shares) = (own["explanation"]["score"].as_f64().unwrap(), own["explanation"]["shares"].as_array().unwrap());
    let sum: f64 = shares.iter().map(|share| share["adds"].as_f64().unwrap()).sum();
    assert!((score - 63.5).abs() < 1e-9 && (sum - 63.5).abs() < 1e-9);
    ask("SXD", "SXD&target=rank:1").problem(403, "figures-hidden");
    ask("SXD", "SYT").problem(403, "unit-forbidden");
    ask("SYT", "SYT-KCB").problem(403, "figures-hidden");
    ask("SYT", "SYT").expect(200);
    let office = app.client(Role::Publisher).get("/v1/composite-explanations?index=mixed&unit=SXD&target=rank:1").expect(200);
    assert_eq!((&office["explanation"]["to_best"]["unit"], &office["target"]["reach"]["met"]), (&json!("SYT-KCB"), &json!(false)));
}

#[test]
fn before_publication_an_agency_learns_nothing_of_others_from_its_explanation() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    let mut definition = composites::mixed();
    definition["publication"] = json!({});
    let table = index_with(&statistician, &definition, "unit,satisfied,plan\nSYT,80,60\nSXD,70,50\n");
    let run = start(&statistician, &json!({ "index": "mixed", "version": "2025", "tables": [table] }));
    work(&app, &run);
    approve(&app, &run, true);
    let agency = app.client_of(Role::Agency, Some(("agency-danang", "SXD")));
    let path = "/v1/composite-explanations?edition=mixed@2025.1&unit=SXD";
    assert_eq!(agency.get(path).expect(200)["explanation"]["to_best"], Value::Null);
    agency.get(&format!("{path}&target=rank:1")).problem(403, "figures-hidden");
    agency.get("/v1/composite-series?edition=mixed@2025.1&geography=agency-danang").problem(403, "unit-forbidden");
    app.client(Role::Publisher).step(&format!("{run}:publish"), "*", None).expect(200);
    let open = agency.get(&format!("{path}&target=rank:1")).expect(200);
    assert_eq!((&open["explanation"]["to_best"]["unit"], &open["target"]["reach"]["needed"]), (&json!("SYT"), &json!(70.0)));
}

#[test]
fn targets_are_told_of_figures_that_are_told() {
    let app = TestApp::start();
    let run = mixed(&app, false);
    let units = |client: &crate::harness::Client, path: &str| {
        let body = client.get(path).expect(200);
        body["items"].as_array().unwrap().iter().map(|target| target["unit"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let path = "/v1/composite-targets?index=mixed";
    assert_eq!(units(&app.anyone(), path), ["SYT"]);
    assert_eq!(units(&app.client_of(Role::Agency, Some(("agency-danang", "SXD"))), path), ["SYT", "SXD"]);
    assert_eq!(units(&app.client_of(Role::Agency, Some(("agency-danang", "SYT"))), path), ["SYT"], "few answers stay hidden");
    assert_eq!(units(&app.client(Role::Publisher), &format!("/v1/composite-targets?run={}", id_of(&run))), ["SYT", "SXD", "SYT-KCB"]);
    let met = &app.anyone().get(path).expect(200)["items"][0];
    assert_eq!(
        (&met["kind"], &met["judgement"]["standing"], &met["judgement"]["basis"]),
        (&json!("score"), &json!("met"), &json!("standard_errors"))
    );
    assert_eq!(met["judgement"]["found"], 70.75);
}

#[test]
fn the_target_of_the_example_is_missed() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let run = example_run(&app, &statistician);
    let body = statistician.get(&format!("/v1/composite-targets?run={}", id_of(&run))).expect(200);
    let target = &body["items"][0];
    assert_eq!(
        (&target["unit"], &target["judgement"]["standing"], &target["judgement"]["basis"]),
        (&json!("C"), &json!("missed"), &json!("figures"))
    );
    assert_eq!((&body["edition"], &body["state"], &body["index"]), (&Value::Null, &json!("draft"), &json!("example")));
}

/// One indicator of provinces before and after the reform, with their inhabitants.
fn provincial(publication: &Value) -> Value {
    let words = json!({ "vi": "x", "en": "x" });
    json!({
        "kind": "composite", "code": "tinh", "edition": "2025", "title": words, "geography": "vn-34", "denominators": ["people"],
        "publication": publication,
        "pipeline": [{ "stage": "normalise", "method": "as_given" }, { "stage": "aggregate", "method": "arithmetic" }],
        "tree": { "code": "ALL", "label": words, "children": [{ "code": "x", "label": words, "indicator": {} }] }
    })
}

/// Đà Nẵng and Quảng Nam, which are one since the reform, and Hà Nội.
const PROVINCES: &str = "unit,edition,x,people\n48,2024,70,1\n49,2024,60,3\n01,2024,65,8\n48,2025,66,4\n01,2025,68,8\n";

#[test]
fn a_series_is_rebuilt_on_the_new_map_and_refused_on_the_old() {
    let app = TestApp::with(Wish { units: provinces(), ..Wish::default() });
    let statistician = app.client(Role::Statistician);
    let table = index_with(&statistician, &provincial(&json!({})), PROVINCES);
    let run = start(&statistician, &json!({ "index": "tinh", "version": "2025", "tables": [table] }));
    work(&app, &run);
    release(&app, &run);
    let anyone = app.anyone();
    let path = "/v1/composite-series?index=tinh&geography=vn-34";
    let series = anyone.get(&format!("{path}&weight=people")).expect(200);
    let years: Vec<_> = series["years"].as_array().unwrap().iter().map(|year| (&year["year"], &year["from"], &year["rebuilt"])).collect();
    assert_eq!(years, [(&json!("2024"), &json!("vn-63"), &json!(true)), (&json!("2025"), &json!("vn-34"), &json!(false))]);
    let da_nang = series["years"][0]["units"].as_array().unwrap().iter().find(|unit| unit["unit"] == "48").unwrap();
    assert_eq!((&da_nang["scores"], &da_nang["rank"], &da_nang["rebuilt"]), (&json!({ "ALL": 62.5, "x": 62.5 }), &json!(2), &json!(true)));
    assert_eq!(da_nang["parts"], json!([{ "unit": "48", "share": 0.25 }, { "unit": "49", "share": 0.75 }]));
    assert_eq!(series["findings"][0]["code"], "rebuilt");

    let refused = anyone.get("/v1/composite-series?index=tinh&geography=vn-63").problem(422, "cannot-rebuild");
    assert_eq!(refused["errors"][0]["code"], "cannot-rebuild");
    let old = anyone.get("/v1/composite-series?index=tinh&geography=vn-63&year=2024").expect(200);
    assert_eq!((old["years"].as_array().unwrap().len(), &old["findings"]), (1, &json!([])));
    let codes = |problem: &Value| problem["errors"][0]["code"].clone();
    assert_eq!(codes(&anyone.get("/v1/composite-series?index=tinh&geography=vn-99").problem(400, "query-invalid")), "unknown-list");
    assert_eq!(codes(&anyone.get(&format!("{path}&weight=cows")).problem(400, "query-invalid")), "unknown-weight");
    anyone.get(&format!("{path}&year=1999")).problem(404, "not-found");
}

#[test]
fn a_series_with_hidden_figures_is_for_the_office() {
    let app = TestApp::with(Wish { units: provinces(), ..Wish::default() });
    let statistician = app.client(Role::Statistician);
    let table = index_with(&statistician, &provincial(&json!({ "top": 1 })), PROVINCES);
    let run = start(&statistician, &json!({ "index": "tinh", "version": "2025", "tables": [table] }));
    work(&app, &run);
    release(&app, &run);
    let path = "/v1/composite-series?index=tinh&geography=vn-34";
    app.anyone().get(path).problem(403, "figures-hidden");
    app.client_of(Role::Agency, Some(("vn-34", "48"))).get(path).problem(403, "figures-hidden");
    assert_eq!(statistician.get(path).expect(200)["years"].as_array().unwrap().len(), 2);
}

#[test]
fn stages_and_sensitivity_are_for_the_office() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let table = example(&statistician);
    let factors = json!({ "kind": "sensitivity", "index": "example", "replicates": 50, "factors": [
        { "code": "weights", "kind": "weight_noise", "noise": [{ "amount": 0.25 }] }
    ] });
    let request = json!({ "index": "example", "version": "2025", "tables": [table], "sensitivity": factors });
    let run = start(&statistician, &request);
    work(&app, &run);
    let id = id_of(&run);
    let body = statistician.get(&format!("/v1/composite-sensitivity?run={id}")).expect(200);
    assert_eq!(body["sensitivity"]["monte_carlo"]["replicates"], 50);
    assert!(statistician.get(&run).expect(200)["manifest"]["factors"].is_string());
    let told = statistician.get(&format!("/v1/composite-stages?run={id}"));
    let stored = report(&mut app.store.db().unwrap(), uuid_of(&run), ReportKind::Stages).unwrap().unwrap();
    let stored = stored.trim_start_matches('[').trim_end_matches(']');
    assert!(told.text().contains(stored), "told otherwise than it is stored");
    let stages = told.expect(200);
    assert_eq!(stages["stages"].as_array().unwrap().len(), 2);
    assert_eq!((&stages["weights"]["SERVICE"], &stages["findings"], &stages["uncertainty"]), (&json!(0.6), &json!([]), &json!([])));
    release(&app, &run);
    for path in ["/v1/composite-sensitivity?index=example", "/v1/composite-stages?index=example"] {
        app.client(Role::Publisher).get(path).expect(200);
        app.client(Role::Agency).get(path).problem(403, "forbidden");
        app.anyone().get(path).problem(401, "unauthenticated");
    }
    let plain = start(&statistician, &json!({ "index": "example", "version": "2025", "tables": [table] }));
    statistician.get(&format!("/v1/composite-stages?run={}", id_of(&plain))).problem(409, "wrong-state");
    work(&app, &plain);
    statistician.get(&format!("/v1/composite-sensitivity?run={}", id_of(&plain))).problem(404, "not-found");
}

#[test]
fn a_later_table_replaces_values_and_says_so() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let (first, later) = (example(&statistician), "unit,indicator,value\nC,online,60\nC,plan,18\n");
    let definition: Value = serde_json::from_str(composites::EXAMPLE).unwrap();
    let second = index_with(&statistician, &definition, later);
    let run = start(&statistician, &json!({ "index": "example", "version": "2025", "tables": [first, second] }));
    work(&app, &run);
    let stages = statistician.get(&format!("/v1/composite-stages?run={}", id_of(&run))).expect(200);
    assert_eq!(stages["findings"][0]["code"], "values-replaced");
    let used = statistician.get(&run).expect(200)["manifest"]["tables"].as_array().unwrap().len();
    assert_eq!(used, 2);
    let mut db = app.store.db().unwrap();
    let stored = runs::get(&mut db, uuid_of(&run)).unwrap();
    let repeated = hailong::jobs::composite::recompute(&mut db, &stored, &|_, _, _| ControlFlow::Continue(())).unwrap();
    assert_eq!(stored.digest, Some(repeated.digest), "what was frozen can be computed again");
}
