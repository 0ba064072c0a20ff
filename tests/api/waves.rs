//! Waves, their design, and how fieldwork goes.

use hailong::office::Role;
use hailong::words::encode::rfc3339;
use serde_json::json;

use crate::harness::fixtures::{new_response, open_wave, publish, questionnaire, sample_wave, sampled};
use crate::harness::{HOUR, NOW, TestApp};

/// A server where the survey is published and no wave is open.
fn with_survey() -> TestApp {
    let app = TestApp::start();
    app.client(Role::Statistician).put("/v1/surveys/mini/versions/1", &questionnaire()).expect(201);
    app
}

#[test]
fn a_change_needs_the_revision_that_was_read() {
    let app = with_survey();
    let statistician = app.client(Role::Statistician);
    let opened = statistician.put("/v1/waves/open", &open_wave());
    assert_eq!((opened.status, opened.header("location")), (201, Some("/v1/waves/open")));
    let seen = app.anyone().get("/v1/waves/open").etag();
    assert_eq!(seen, opened.etag());
    let mut longer = open_wave();
    longer["closes_at"] = json!(rfc3339(NOW + 20 * HOUR));
    statistician.put("/v1/waves/open", &longer).problem(428, "precondition-required");
    let changed = statistician.put_if("/v1/waves/open", &seen, &longer);
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_ne!(changed.etag(), seen);
    let problem = statistician.put_if("/v1/waves/open", &seen, &open_wave()).problem(412, "precondition-failed");
    assert_eq!(problem["current"], changed.etag());
    assert_eq!(app.anyone().get("/v1/waves/open").expect(200)["closes_at"], longer["closes_at"]);
}

#[test]
fn what_responses_stand_on_cannot_change() {
    let app = with_survey();
    let statistician = app.client(Role::Statistician);
    let tag = statistician.put("/v1/waves/open", &open_wave()).etag();
    let mut other = open_wave();
    other["mode"] = json!("transaction_stream");
    other["design"] = json!("cluster");
    let problem = statistician.put_if("/v1/waves/open", &tag, &other).problem(422, "body-invalid");
    let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(pointers, ["/mode", "/design"]);
}

#[test]
fn a_wave_that_makes_no_sense_is_refused_with_every_finding() {
    let app = with_survey();
    let statistician = app.client(Role::Statistician);
    let mut bad = open_wave();
    bad["mode"] = json!("census");
    bad["opens_at"] = json!("yesterday");
    let problem = statistician.put("/v1/waves/open", &bad).problem(422, "body-invalid");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2);
    bad = open_wave();
    bad["title"] = json!({ "en": "No Vietnamese" });
    let problem = statistician.put("/v1/waves/open", &bad).problem(422, "body-invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/title");
    let mut extra = open_wave();
    extra["revision"] = json!(7);
    statistician.put("/v1/waves/open", &extra).problem(422, "body-invalid");
    statistician.put("/v1/waves/SIPAS%202024", &open_wave()).problem(422, "body-invalid");
    let mut reversed = open_wave();
    reversed["closes_at"] = reversed["opens_at"].clone();
    statistician.put("/v1/waves/open", &reversed).problem(422, "body-invalid");
}

#[test]
fn a_wave_of_no_survey_or_no_list_is_refused_and_the_nearest_names_are_told() {
    let app = with_survey();
    let mut lost = open_wave();
    lost["survey"] = json!("minni");
    lost["unit_list"] = json!("agency-dannag");
    let problem = app.client(Role::Statistician).put("/v1/waves/open", &lost).problem(422, "body-invalid");
    let errors = problem["errors"].as_array().unwrap();
    assert_eq!((&errors[0]["code"], &errors[1]["code"]), (&json!("survey-unknown"), &json!("unit-list-unknown")), "{problem}");
    assert!(errors[0]["detail"].as_str().unwrap().contains("“mini”") && errors[1]["detail"].as_str().unwrap().contains("“agency-danang”"));
}

#[test]
fn a_design_grows_and_never_contradicts_itself() {
    let app = with_survey();
    let statistician = app.client(Role::Statistician);
    let tag = statistician.put("/v1/waves/sample", &sample_wave()).etag();
    let path = "/v1/waves/sample/design";
    let design = json!({ "psus": "psu,stratum,fpc,area,weight\np1,s1,10,01,2.5\np2,s1,10,01,2.1234567\n" });
    statistician.put(path, &design).problem(428, "precondition-required");
    let loaded = statistician.put_if(path, &tag, &design);
    let tag = loaded.etag();
    let loaded = loaded.expect(200);
    assert_eq!((&loaded["psus_added"], &loaded["weights"], &loaded["weights_rounded"]), (&json!(2), &json!(2), &json!(1)));
    let more = json!({ "psus": "psu,stratum,fpc,area,weight\np1,s1,10,01,2.5\np3,s2,20,48,4\n" });
    let reply = statistician.put_if(path, &tag, &more);
    let tag = reply.etag();
    assert_eq!(reply.expect(200)["psus_added"], 1);
    let other = json!({ "psus": "psu,stratum,fpc,area,weight\np1,s2,20,01,2.5\n" });
    statistician.put_if(path, &tag, &other).problem(409, "already-exists");
    let list = json!({ "respondents": "respondent,psu,weight\nHN-1,p1,3\nHN-2,p3,4\n" });
    assert_eq!(statistician.put_if(path, &tag, &list).expect(200)["respondents_added"], 2);
    let bad = json!({ "psus": "psu,stratum,fpc\n,s1,x\n" });
    let tag = app.anyone().get("/v1/waves/sample").etag();
    let problem = statistician.put_if(path, &tag, &bad).problem(422, "design-invalid");
    assert_eq!(problem["errors"][0]["line"], 2);
    let nowhere = json!({ "psus": "psu,stratum,area\np9,s9,77\n" });
    let problem = statistician.put_if(path, &tag, &nowhere).problem(422, "design-invalid");
    assert_eq!(problem["errors"][0]["code"], "area-unknown");
}

#[test]
fn fieldwork_is_counted_by_psu_with_those_that_have_none() {
    let app = TestApp::start();
    publish(&app);
    let collector = app.client(Role::Collector);
    collector.put(&new_response(), &sampled()).expect(201);
    let mut bad = sampled();
    bad["answers"]["Q1"] = json!(9);
    collector.put(&new_response(), &bad).expect(201);
    let mut unplaced = sampled();
    unplaced["respondent"] = json!("HN-9");
    collector.put(&new_response(), &unplaced).expect(201);
    let counts = collector.get("/v1/waves/sample/progress?by=psu").expect(200);
    let row = |key: &str, valid: i64, invalid: i64| json!({ "key": key, "valid": valid, "valid_in_part": valid / 2, "invalid": invalid, "doubled": 0, "quarantined": 0, "ended": 0 });
    assert_eq!(counts["items"], json!([row("", 0, 1), row("p1", 2, 0), row("p2", 0, 0), row("p3", 0, 0)]));
    let counts = collector.get("/v1/waves/sample/progress?by=unit").expect(200);
    assert_eq!(counts["items"], json!([row("vn-34:01", 2, 1)]));
    let counts = collector.get("/v1/waves/sample/progress").expect(200);
    assert_eq!(counts["items"], json!([row("2024-09-01", 2, 1)]));
    collector.get("/v1/waves/sample/progress?by=colour").problem(400, "query-invalid");
}
