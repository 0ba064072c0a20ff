//! Questionnaires and index definitions: published once, never changed.

use hailong::office::Role;
use serde_json::json;

use crate::harness::TestApp;
use crate::harness::fixtures::{index, publish, questionnaire};

#[test]
fn a_version_is_published_once_and_never_changes() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let first = statistician.put("/v1/surveys/mini/versions/1", &questionnaire()).expect(201);
    assert_eq!(statistician.put("/v1/surveys/mini/versions/1", &questionnaire()).expect(200), first);
    let pretty = serde_json::to_vec_pretty(&questionnaire()).unwrap();
    statistician.put_bytes("/v1/surveys/mini/versions/1", &pretty).expect(200);
    let mut other = questionnaire();
    other["title"]["en"] = json!("Another title");
    statistician.put("/v1/surveys/mini/versions/1", &other).problem(409, "version-immutable");
    other["version"] = json!("2");
    statistician.put("/v1/surveys/mini/versions/2", &other).expect(201);

    let survey = app.anyone().get("/v1/surveys/mini").expect(200);
    assert_eq!(survey["title"]["en"], "Another title");
    assert_eq!(survey["versions"].as_array().unwrap().len(), 2);
    assert_eq!(app.anyone().get("/v1/surveys").expect(200)["items"], json!([survey]));
    let report = app.anyone().get("/v1/surveys/mini/versions/2/compatibility?with=1").expect(200);
    assert_eq!((report["breaking"].as_array().unwrap().len(), report["cosmetic"].as_array().unwrap().len()), (0, 1));
}

#[test]
fn a_published_file_comes_back_as_it_was_and_may_be_kept_for_good() {
    let app = TestApp::start();
    let pretty = serde_json::to_vec_pretty(&questionnaire()).unwrap();
    app.client(Role::Statistician).put_bytes("/v1/surveys/mini/versions/1", &pretty).expect(201);
    let reply = app.anyone().get("/v1/surveys/mini/versions/1");
    assert_eq!(reply.body, pretty);
    assert!(reply.header("cache-control").unwrap().contains("immutable"));
    let again = app.anyone().send("GET", "/v1/surveys/mini/versions/1", &[("If-None-Match", &reply.etag())], None);
    assert_eq!((again.status, again.body.len(), again.etag()), (304, 0, reply.etag()));
    app.anyone().get("/v1/surveys/mini/versions/9").problem(404, "not-found");
    app.anyone().get("/v1/surveys/none").problem(404, "not-found");
}

#[test]
fn a_definition_with_errors_is_refused_with_every_finding() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let mut bad = questionnaire();
    bad["sections"][0]["items"][0]["scale"] = json!("six");
    bad["sections"][0]["items"][3]["min"] = json!(200);
    let problem = statistician.put("/v1/surveys/mini/versions/1", &bad).problem(422, "definition-invalid");
    assert!(problem["errors"].as_array().unwrap().len() >= 2, "{problem}");
    let check = statistician.post("/v1/surveys:check", &bad).expect(200);
    assert_eq!((&check["valid"], &check["sha256"]), (&json!(false), &json!(null)));
    let check = statistician.post("/v1/surveys:check", &questionnaire()).expect(200);
    assert_eq!(check["valid"], true);
    app.anyone().get("/v1/surveys/mini").problem(404, "not-found");
}

#[test]
fn the_address_and_the_file_must_agree() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let problem = statistician.put("/v1/surveys/other/versions/2", &questionnaire()).problem(422, "definition-invalid");
    assert_eq!((&problem["errors"][0]["pointer"], &problem["errors"][1]["pointer"]), (&json!("/code"), &json!("/version")));
    let problem = statistician.put("/v1/surveys/mini/versions/1", &index()).problem(422, "definition-invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/kind");
}

#[test]
fn an_index_needs_its_questionnaires_and_their_items() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let problem = statistician.put("/v1/indices/mini/versions/1", &index()).problem(422, "definition-invalid");
    assert_eq!(problem["errors"][0]["code"], "survey-version-unknown");
    publish(&app);
    let mut bad = index();
    bad["version"] = json!("2");
    bad["tree"][0]["children"][0]["measure"]["item"] = json!("Q7");
    let problem = statistician.put("/v1/indices/mini/versions/2", &bad).problem(422, "definition-invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/tree/0/children/0/measure/item");
    statistician.put("/v1/indices/mini/versions/1", &index()).expect(200);
    assert_eq!(app.anyone().get("/v1/indices/mini/versions/1").expect(200), index());
    assert_eq!(app.anyone().get("/v1/indices").expect(200)["items"][0]["code"], "mini");
}
