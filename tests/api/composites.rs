//! Composite indices: from a table of indicators to published scores, and who sees which of them.

use std::fmt::Write as _;

use hailong::office::Role;
use serde_json::{Value, json};

use crate::harness::composites::{self, example, example_run, index_with, post_csv};
use crate::harness::fixtures::{finish_run, publish, start_run};
use crate::harness::runs::{approve, id_of, release, start, work};
use crate::harness::{Client, TestApp};

/// A cell of a page of scores.
fn cell<'p>(page: &'p Value, unit: &str, node: &str) -> &'p Value {
    let items = page["items"].as_array().unwrap();
    items.iter().find(|item| item["unit"] == unit && item["node"] == node).unwrap_or_else(|| panic!("no {unit} {node} in {page:#}"))
}

fn units(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["unit"].as_str().unwrap()).collect()
}

fn found(problem: &Value) -> Vec<(&str, &str)> {
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())).collect()
}

#[track_caller]
fn close(value: &Value, expected: f64) {
    assert!((value.as_f64().unwrap() - expected).abs() < 1e-9, "{value} is not {expected}");
}

/// A finished run of the index of two sources; gives the run of its survey and its own.
fn mixed_run(app: &TestApp) -> (String, String) {
    publish(app);
    let statistician = app.client(Role::Statistician);
    let survey = start_run(app);
    finish_run(app, &survey);
    let table = index_with(&statistician, &composites::mixed(), composites::PLANS);
    let request = json!({ "index": "mixed", "version": "2025", "tables": [table], "surveys": [{ "run": id_of(&survey) }] });
    let run = start(&statistician, &request);
    work(app, &run);
    (survey, run)
}

#[test]
fn an_index_goes_from_its_table_to_everybody() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let run = example_run(&app, &statistician);
    let draft = statistician.get(&run).expect(200);
    assert_eq!((&draft["state"], &draft["wave"], &draft["tables"]), (&json!("draft"), &Value::Null, &json!([1])));
    assert_eq!((&draft["parameters"]["level"], draft.get("surveys")), (&json!(0.95), None));
    app.anyone().get("/v1/composite-scores?index=example").problem(404, "not-found");
    release(&app, &run);
    let edition = app.anyone().get("/v1/editions/example@2025.1").expect(200);
    assert_eq!((&edition["state"], &edition["wave"]), (&json!("published"), &Value::Null));
    assert!(edition["digest"].is_string() && edition["digest"] != draft["digest"], "the digest of what is public is not the office's");

    let page = app.anyone().get("/v1/composite-scores?index=example&year=2025").expect(200);
    assert_eq!((&page["edition"], &page["version"], &page["level"]), (&json!("example@2025.1"), &json!("2025"), &json!(0.95)));
    assert_eq!((&page["state"], &page["synthetic"], &page["geography"]), (&json!("published"), &json!(false), &Value::Null));
    for (unit, score, rank) in [("A", 94.06, 1), ("B", 61.84, 3), ("C", 73.9, 2)] {
        let item = cell(&page, unit, "ALL");
        close(&item["score"], score);
        assert_eq!((&item["rank"], &item["se"], &item["hidden"]), (&json!(rank), &Value::Null, &Value::Null));
        assert_eq!((&item["year"], &item["label"]["en"]), (&json!("2025"), &json!("Composite, from 10 to 100")));
    }
    close(
        &app.anyone().get("/v1/composite-scores?edition=example@2025.1&year=2024&unit=A&node=ALL").expect(200)["items"][0]["score"],
        82.72,
    );
    app.anyone().get("/v1/composite-scores?index=example&period=2024").problem(404, "not-found");
    app.anyone().get("/v1/scores?index=example").problem(400, "query-invalid");
    app.anyone().get("/v1/composite-scores").problem(400, "query-invalid");
}

#[test]
fn scores_are_paged_in_one_order() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let run = example_run(&app, &statistician);
    let all = statistician.get(&format!("/v1/composite-scores?run={}", id_of(&run))).expect(200);
    let (mut paged, mut next) = (Vec::new(), Some(format!("/v1/composite-scores?run={}&limit=7", id_of(&run))));
    while let Some(path) = next {
        let page = statistician.get(&path).expect(200);
        paged.extend(page["items"].as_array().unwrap().clone());
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!((paged.len(), &json!(paged)), (2 * 3 * 8, &all["items"]));
}

#[test]
fn a_table_is_loaded_once_and_read_by_who_may_see_runs() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let table = example(&statistician);
    let path = "/v1/indicator-tables?index=example&version=2025&title=Again";
    let again = post_csv(&statistician, path, composites::INDICATORS);
    assert_eq!((again.status, again.header("location")), (200, Some(format!("/v1/indicator-tables/{table}").as_str())));
    let again = again.json();
    assert_eq!((&again["id"], &again["title"], &again["warnings"]), (&json!(table), &json!("Test"), &json!([])));
    assert_eq!((&again["values"], &again["units"], &again["editions"]), (&json!(23), &json!(6), &json!(["2024", "2025"])));
    let other = post_csv(&statistician, path, &format!("# revised\n{}", composites::INDICATORS)).expect(201);
    let auditor = app.client(Role::Auditor);
    let first = auditor.get("/v1/indicator-tables?index=example&limit=1").expect(200);
    assert_eq!(first["items"], json!([other]), "the last loaded first");
    let second = auditor.get(first["next"].as_str().unwrap()).expect(200);
    assert_eq!((&second["items"], &second["next"]), (&json!([again]), &Value::Null));
    assert_eq!(auditor.get(&format!("/v1/indicator-tables/{table}")).expect(200), again);
    let values = auditor.get(&format!("/v1/indicator-tables/{table}/values?edition=2025&unit=C")).expect(200);
    let values: Vec<_> =
        values["items"].as_array().unwrap().iter().map(|v| (v["indicator"].as_str().unwrap(), v["value"].as_f64())).collect();
    assert_eq!(values, [("overdue", Some(15.0)), ("plan", Some(16.0)), ("satisfied", Some(75.0))]);
    let page = auditor.get(&format!("/v1/indicator-tables/{table}/values?indicator=plan&limit=4")).expect(200);
    assert_eq!(auditor.get(page["next"].as_str().unwrap()).expect(200)["items"].as_array().unwrap().len(), 2);
    let log = auditor.get("/v1/audit?limit=10").expect(200);
    let loads = log["items"].as_array().unwrap().iter().filter(|line| line["action"] == "indicators.load").count();
    assert_eq!(loads, 2, "what was there already is no act");
    auditor.get("/v1/indicator-tables/99").problem(404, "not-found");
}

#[test]
fn what_is_wrong_with_a_table_is_told_at_once() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    example(&statistician);
    let bad = "unit,edition,satisfied,overdue,online,plan\nA,2025,high,5,70,20\n,2025,60,25,80,12\nA,2025,1,2\nB,2025,60,25,few,12\n";
    let path = "/v1/indicator-tables?index=example&version=2025&title=Bad";
    let problem = post_csv(&statistician, path, bad).problem(422, "indicators-invalid");
    let lines: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [2, 3, 4, 5], "{problem:#}");
    assert_eq!(found(&problem)[0], ("/0/satisfied", "not-a-number"));
    let check = post_csv(&statistician, "/v1/indicator-tables:check?index=example&version=2025", bad).expect(200);
    assert_eq!((&check["valid"], check["findings"].as_array().unwrap().len()), (&json!(false), 4));
    let check = post_csv(&statistician, "/v1/indicator-tables:check?index=example&version=2025", composites::INDICATORS).expect(200);
    assert_eq!(check, json!({ "valid": true, "findings": [] }));
    assert_eq!(statistician.get("/v1/indicator-tables").expect(200)["items"].as_array().unwrap().len(), 1, "nothing bad was stored");

    let of_survey = post_csv(&statistician, "/v1/indicator-tables?index=mini&version=1&title=x", composites::INDICATORS);
    assert_eq!(found(&of_survey.problem(422, "indicators-invalid")), [("", "not-composite")]);
    post_csv(&statistician, "/v1/indicator-tables?index=example&version=1999&title=x", "unit\n").problem(404, "not-found");
    post_csv(&statistician, "/v1/indicator-tables?index=example&version=2025&title=%20", "unit\n").problem(400, "query-invalid");
    statistician.post(path, &json!({})).problem(415, "media-type-unsupported");
    let latin = statistician.send("POST", path, &[("Content-Type", "text/csv")], Some(b"unit\n\x81\n"));
    assert_eq!(found(&latin.problem(422, "indicators-invalid")), [("", "encoding-unknown")]);
}

#[test]
fn a_table_of_every_commune_is_taken() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    example(&statistician);
    // Above the 8 MiB of other bodies: mostly a long source, so that the test is quick.
    let source = "x".repeat(3_000);
    let mut long = "unit,indicator,value,source\n".to_owned();
    for unit in 0..3_321 {
        writeln!(long, "u{unit},plan,{},{source}", unit % 20).unwrap();
    }
    assert!(long.len() > 9 * 1024 * 1024);
    let loaded = post_csv(&statistician, "/v1/indicator-tables?index=example&version=2025&title=All", &long).expect(201);
    assert_eq!((&loaded["values"], &loaded["units"]), (&json!(3_321), &json!(3_321)));
}

#[test]
fn the_same_inputs_give_the_same_digest() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let table = example(&statistician);
    let digest = |request: &Value| {
        let run = start(&statistician, request);
        work(&app, &run);
        statistician.get(&run).expect(200)["digest"].clone()
    };
    let request = json!({ "index": "example", "version": "2025", "tables": [table], "seed": 7 });
    let first = digest(&request);
    assert_eq!(first, digest(&request));
    let mut wider = request;
    wider["uncertainty"] = json!({ "level": 0.9 });
    assert_ne!(first, digest(&wider));
}

#[test]
fn everything_that_a_run_cannot_be_made_of_is_told_at_once() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    let table = index_with(&statistician, &composites::mixed(), composites::PLANS);
    let other = example(&statistician);
    let refused = |request: &Value| {
        let problem = statistician.post("/v1/runs", request).problem(422, "body-invalid");
        found(&problem).into_iter().map(|(pointer, code)| format!("{pointer} {code}")).collect::<Vec<_>>()
    };
    assert_eq!(refused(&json!({ "index": "mixed", "version": "2025" })), ["/tables missing"]);
    let unfinished = start_run(&app);
    let everything = json!({
        "index": "mixed", "version": "2025", "wave": "open", "as_of": "2024-09-01T00:00:00Z", "since": "x", "parameters": { "w": 1 },
        "without_flagged": { "evaluation": 1 }, "tables": [table, table, other, 99],
        "surveys": [{ "run": crate::harness::fixtures::id() }, { "run": id_of(&unfinished) }],
        "uncertainty": { "level": 1.0, "method": "bootstrap", "replicates": 99 }, "sensitivity": { "kind": "sensitivity" }
    });
    assert_eq!(
        refused(&everything),
        [
            "/wave composite",
            "/as_of composite",
            "/since composite",
            "/without_flagged composite",
            "/parameters composite",
            "/tables/1 repeated",
            "/tables/2 other-index",
            "/tables/3 table-unknown",
            "/surveys/0/run run-unknown",
            "/surveys/1/run run-unfinished",
            "/uncertainty/method unknown-value",
            "/uncertainty/level out-of-bounds",
            "/uncertainty/replicates out-of-bounds",
            "/sensitivity missing-member",
        ]
    );
    assert_eq!(refused(&json!({ "index": "mixed", "version": "2025", "surveys": [{ "run": "x" }] })), ["/surveys/0/run wrong-value"]);
    finish_run(&app, &unfinished);
    let survey = id_of(&unfinished);
    let twice = json!({ "index": "mixed", "version": "2025", "surveys": [{ "run": survey }, { "run": survey, "edition": "2025" }] });
    assert_eq!(refused(&twice), ["/surveys/1/run repeated"]);
    let unused = json!({ "index": "example", "version": "2025", "tables": [other], "surveys": [{ "run": survey }] });
    assert_eq!(refused(&unused), ["/surveys/0/run run-not-used"]);
    let of_survey = json!({
        "index": "mini", "version": "1", "tables": [table], "surveys": [{ "run": survey }], "uncertainty": {}, "sensitivity": {},
        "parameters": { "v": 1 }
    });
    assert_eq!(
        refused(&of_survey),
        [
            "/wave missing",
            "/parameters/v parameter-unknown",
            "/tables not-composite",
            "/surveys not-composite",
            "/uncertainty not-composite",
            "/sensitivity not-composite"
        ]
    );
}

#[test]
fn an_index_is_published_after_the_survey_that_it_takes_leaves_from() {
    let app = TestApp::start();
    let (survey, run) = mixed_run(&app);
    let publisher = app.client(Role::Publisher);
    let body = publisher.get(&run).expect(200);
    assert_eq!(body["surveys"], json!([{ "run": id_of(&survey), "edition": "2025" }]));
    approve(&app, &run, false);
    let publish = format!("{run}:publish");
    let problem = publisher.step(&publish, "*", None).problem(409, "wrong-state");
    assert_eq!(problem["survey_run"], id_of(&survey));
    release(&app, &survey);
    assert_eq!(publisher.step(&publish, "*", None).expect(200)["state"], "published");
    let page = app.anyone().get("/v1/composite-scores?index=mixed&unit=SYT").expect(200);
    assert_eq!(page["geography"], "agency-danang");
    let (root, leaf) = (cell(&page, "SYT", "ALL"), cell(&page, "SYT", "satisfied"));
    // Half of the survey's 81.5 ± 1.5 and half of the 60 of the plan.
    close(&root["score"], 70.75);
    close(&root["se"], 0.75);
    assert!(root["low"].as_f64().unwrap() < 70.75 && root["high"].as_f64().unwrap() > 70.75);
    assert_eq!((&leaf["score"], &root["name"]["vi"], &root["tier"]["vi"]), (&json!(81.5), &json!("Sở Y tế"), &json!("thấp")));
}

#[test]
fn what_the_definition_hides_is_hidden_from_the_public_and_partly_from_the_agency() {
    let app = TestApp::start();
    let (survey, run) = mixed_run(&app);
    release(&app, &survey);
    release(&app, &run);
    let path = "/v1/composite-scores?index=mixed";
    let scores = |client: &Client, path: &str| client.get(path).expect(200);
    let hidden = |page: &Value, unit: &str, node: &str, reason: &str| {
        let item = cell(page, unit, node);
        assert_eq!(item["hidden"], reason);
        for told in ["score", "se", "df", "low", "high", "rank", "rank_low", "rank_high"] {
            assert_eq!(item[told], Value::Null, "{told} of {unit} {node}");
        }
    };
    // SYT-KCB is the first, and its survey value rests on 4 answers; SXD is the third of two that are published.
    let public = scores(&app.anyone(), path);
    assert_eq!(cell(&public, "SYT-KCB", "ALL")["rank"], 1);
    hidden(&public, "SYT-KCB", "satisfied", "few_answers");
    hidden(&public, "SYT-KCB", "plan", "protects_sibling");
    hidden(&public, "SXD", "ALL", "beyond_top");
    assert_eq!((&cell(&public, "SXD", "ALL")["tier"]["vi"], &cell(&public, "SXD", "plan")["tier"]), (&json!("thấp"), &Value::Null));

    let construction = app.client_of(Role::Agency, Some(("agency-danang", "SXD")));
    let own = scores(&construction, path);
    close(&cell(&own, "SXD", "ALL")["score"], 63.5);
    assert_eq!((&cell(&own, "SXD", "ALL")["rank"], &cell(&own, "SXD", "ALL")["hidden"]), (&json!(3), &json!("beyond_top")));
    hidden(&own, "SYT-KCB", "satisfied", "few_answers");
    let health = scores(&app.client_of(Role::Agency, Some(("agency-danang", "SYT"))), path);
    hidden(&health, "SXD", "ALL", "beyond_top");
    hidden(&health, "SYT-KCB", "satisfied", "few_answers");
    hidden(&health, "SYT-KCB", "plan", "protects_sibling");

    let office = scores(&app.client(Role::Publisher), &format!("/v1/composite-scores?run={}", id_of(&run)));
    assert_eq!(
        (&cell(&office, "SYT-KCB", "satisfied")["score"], &cell(&office, "SYT-KCB", "satisfied")["hidden"]),
        (&json!(70.25), &json!("few_answers"))
    );
    close(&cell(&office, "SXD", "ALL")["score"], 63.5);
    construction.get(&format!("/v1/composite-scores?run={}", id_of(&run))).problem(403, "forbidden");
}

#[test]
fn under_embargo_an_agency_sees_its_own_and_nothing_of_another() {
    let app = TestApp::start();
    let (_, run) = mixed_run(&app);
    approve(&app, &run, true);
    let path = "/v1/composite-scores?edition=mixed@2025.1";
    let own = app.client_of(Role::Agency, Some(("agency-danang", "SXD"))).get(path).expect(200);
    assert_eq!((units(&own), &own["state"]), (vec!["SXD"; 3], &json!("embargoed")));
    close(&cell(&own, "SXD", "ALL")["score"], 63.5);
    let health = app.client_of(Role::Agency, Some(("agency-danang", "SYT"))).get(path).expect(200);
    assert_eq!(units(&health), ["SYT", "SYT", "SYT", "SYT-KCB", "SYT-KCB", "SYT-KCB"]);
    assert_eq!(cell(&health, "SYT-KCB", "satisfied")["score"], Value::Null);
    for client in [app.anyone(), app.client(Role::Device), app.client(Role::Admin)] {
        client.get(path).problem(404, "not-found");
    }
}
