//! Evaluations, the flags they set, runs that leave the flagged out, and the chain of a wave that nobody was drawn for.

use hailong::office::Role;
use hailong::response::quality::Rule;
use serde_json::{Value, json};

use crate::harness::fixtures::{new_response, open_wave, publish, sample_wave, submission};
use crate::harness::runs::worked;
use crate::harness::{Client, HOUR, NOW, TestApp};

const EVALUATIONS: &str = "/v1/waves/open/quality-evaluations";

/// A rule set that flags forms of less than ten seconds.
fn rule_set(version: &str, seconds: u32) -> Value {
    json!({ "rule_set": {
        "kind": "quality", "code": "test", "version": version, "title": { "vi": "Thử", "en": "Test" },
        "rules": { "too_fast": { "seconds": seconds } }
    } })
}

/// Sends a response that took so many seconds; gives its address.
fn send(client: &Client, seconds: u32) -> String {
    let mut body = submission();
    body["started_at"] = json!("2024-09-01T07:30:00+07:00");
    body["answered_at"] = json!(format!("2024-09-01T07:30:{seconds:02}+07:00"));
    let address = new_response();
    client.put(&address, &body).expect(201);
    address
}

#[test]
fn an_evaluation_is_a_version_beside_the_responses() {
    let app = TestApp::start();
    publish(&app);
    let (statistician, device) = (app.client(Role::Statistician), app.client(Role::Device));
    let (fast, slow) = (send(&device, 4), send(&device, 40));
    let before = statistician.get(&fast).expect(200);

    let begun = statistician.post(EVALUATIONS, &rule_set("1", 10));
    let address = begun.header("location").unwrap().to_owned();
    let begun = begun.expect(202);
    assert_eq!((&begun["version"], &begun["state"], &begun["high_water_seq"]), (&json!(1), &json!("pending"), &json!(2)));
    // What comes later is not looked at.
    let late = send(&device, 3);
    let done = worked(&app, &statistician, &address);
    assert_eq!((&done["state"], &done["responses"], &done["flagged"]), (&json!("done"), &json!(2), &json!(1)));
    assert_eq!(done["by_rule"], json!([{ "rule": "too_fast", "judged": 2, "flagged": 1 }]));
    let unit = json!({ "list": "agency-danang", "code": "SYT" });
    assert_eq!(done["by_unit"], json!([{ "unit": unit, "flags": { "too_fast": 1 } }]));
    assert_eq!(done["by_device"][0]["flags"], json!({ "too_fast": 1 }));
    assert!(done["by_device"][0]["key"].is_i64());
    assert_eq!((&done["rule_set"]["code"], &done["rules"]["rules"]["too_fast"]["seconds"]), (&json!("test"), &json!(10)));

    let flags = statistician.get(&format!("{fast}/flags")).expect(200);
    assert_eq!(
        flags["items"],
        json!([{ "evaluation": 1, "rule": "too_fast", "detail": "seconds=4.000 items=5 median=22.000", "lifted": false }])
    );
    for other in [&slow, &late] {
        assert_eq!(app.client(Role::Auditor).get(&format!("{other}/flags")).expect(200)["items"], json!([]));
    }
    assert_eq!(statistician.get(&fast).expect(200), before, "a flag changes no response");

    statistician.post(EVALUATIONS, &json!({})).expect(202);
    let listed = app.client(Role::Publisher).get(EVALUATIONS).expect(200);
    let versions: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|e| (e["version"].clone(), e["rule_set"]["code"].clone())).collect();
    assert_eq!(versions, [(json!(2), json!("default")), (json!(1), json!("test"))]);
    let line = app.client(Role::Auditor).get("/v1/audit?limit=1").expect(200)["items"][0].clone();
    assert_eq!((&line["action"], &line["object"]), (&json!("quality.evaluate"), &json!("open")));
}

#[test]
fn rules_that_cannot_be_used_are_refused_with_every_finding() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    let mut bad = rule_set("1", 0);
    bad["rule_set"]["rules"]["burst"] = json!({ "window_seconds": 60 });
    let problem = statistician.post(EVALUATIONS, &bad).problem(422, "body-invalid");
    let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert!(pointers.contains(&"/rule_set/rules/too_fast/seconds") && pointers.contains(&"/rule_set/rules/burst"), "{pointers:?}");
    let mut nowhere = rule_set("1", 10);
    nowhere["rule_set"]["rules"]["closed_hours"] = json!({ "channels": ["qr"], "hours": {}, "units": { "agency-danang:NONE": {} } });
    let problem = statistician.post(EVALUATIONS, &nowhere).problem(422, "body-invalid");
    assert_eq!(problem["errors"][0]["code"], "unit-unknown");
    statistician.post(EVALUATIONS, &rule_set("1", 10)).expect(202);
    statistician.post(EVALUATIONS, &rule_set("1", 11)).problem(409, "already-exists");
    statistician.post(EVALUATIONS, &rule_set("2", 11)).expect(202);
    statistician.post("/v1/waves/none/quality-evaluations", &json!({})).problem(404, "not-found");
    statistician.get(&format!("{EVALUATIONS}/9")).problem(404, "not-found");
    statistician.get(&format!("{EVALUATIONS}/first")).problem(404, "not-found");
    assert_eq!(statistician.get(EVALUATIONS).expect(200)["items"].as_array().unwrap().len(), 2);
}

#[test]
fn a_run_freezes_the_evaluation_whose_flagged_it_leaves_out() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    let run = |without: &Value| {
        statistician.post("/v1/runs", &json!({ "index": "mini", "version": "1", "wave": "open", "without_flagged": without }))
    };
    let unknown = run(&json!({ "evaluation": 1, "rules": ["liar"] })).problem(422, "body-invalid");
    let pointers: Vec<_> = unknown["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(pointers, ["/without_flagged/evaluation", "/without_flagged/rules/0"]);
    let address = statistician.post(EVALUATIONS, &json!({})).header("location").unwrap().to_owned();
    run(&json!({ "evaluation": 1 })).problem(422, "body-invalid"); // it is not done
    worked(&app, &statistician, &address);
    run(&json!({ "evaluation": 1, "rules": [] })).problem(422, "body-invalid");
    let all = run(&json!({ "evaluation": 1 })).expect(202);
    assert_eq!(all["without_flagged"], json!({ "evaluation": 1, "rules": Rule::NAMES }));
    let some = run(&json!({ "evaluation": 1, "rules": ["burst", "too_fast", "burst"] })).expect(202);
    assert_eq!(some["without_flagged"], json!({ "evaluation": 1, "rules": ["too_fast", "burst"] }));
    let stored = statistician.get(&format!("/v1/runs/{}", some["id"].as_str().unwrap())).expect(200);
    assert_eq!(stored["without_flagged"], some["without_flagged"]);
    assert_eq!(run(&Value::Null).expect(202)["without_flagged"], Value::Null);
}

#[test]
fn a_wave_without_a_sample_says_how_many_could_have_answered() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    let opening = |chain: Option<Value>| {
        let mut wave = open_wave();
        wave.as_object_mut().unwrap().remove("chain");
        if let Some(chain) = chain {
            wave["chain"] = chain;
        }
        wave
    };
    let refused = |wave: &Value| {
        let problem = statistician.put("/v1/waves/other", wave).problem(422, "body-invalid");
        problem["errors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(refused(&opening(None)), ["chain-missing"]);
    assert_eq!(refused(&opening(Some(json!({ "customers": 10 })))), ["chain-unexplained"]);
    assert_eq!(refused(&opening(Some(json!({ "customers": 10, "invitations": 11 })))), ["chain-order"]);
    let mut sample = sample_wave();
    sample["chain"] = json!({ "customers": 10, "invitations": 5 });
    sample["design"] = json!("device_day");
    assert_eq!(refused(&sample), ["chain-unexpected", "wave-invalid"]);
    sample.as_object_mut().unwrap().remove("chain");
    assert_eq!(refused(&sample), ["wave-invalid"], "nobody drew the devices");

    let mut unknown = opening(Some(json!({ "customers": null, "invitations": null, "reason": "the period is not over" })));
    unknown["design"] = json!("device_day");
    let opened = statistician.put("/v1/waves/other", &unknown);
    let tag = opened.etag();
    let opened = opened.expect(201);
    assert_eq!((&opened["design"], &opened["chain"]["reason"]), (&json!("device_day"), &json!("the period is not over")));

    // Known later: another version, who and when; a change without a chain leaves it as it is.
    app.set_now(NOW + HOUR);
    let known = json!({ "customers": 400, "invitations": 100 });
    unknown["chain"] = known.clone();
    let changed = statistician.put_if("/v1/waves/other", &tag, &unknown);
    assert_eq!((&changed.json()["chain"]["version"], &changed.json()["chain"]["invited"]), (&json!(2), &json!(0.25)));
    unknown.as_object_mut().unwrap().remove("chain");
    let kept = statistician.put_if("/v1/waves/other", &changed.etag(), &unknown).expect(200);
    assert_eq!(kept["chain"]["version"], 2);
    let mut response = submission();
    response["wave"] = json!("other");
    app.anyone().put(&new_response(), &response).expect(201);
    let chain = app.client(Role::Collector).get("/v1/waves/other/chain").expect(200);
    assert_eq!((&chain["answers"], &chain["answered"], &chain["overall"]), (&json!(1), &json!(0.01), &json!(0.0025)));
    let said: Vec<_> = chain["versions"].as_array().unwrap().iter().map(|v| (v["version"].clone(), v["customers"].clone())).collect();
    assert_eq!(said, [(json!(2), json!(400)), (json!(1), Value::Null)]);
    assert!(chain["versions"][1]["by"].as_str().unwrap().starts_with("test statistician"));
    app.anyone().get("/v1/waves/other/chain").problem(401, "unauthenticated");
}
