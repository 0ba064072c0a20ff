//! Many responses at once.

use hailong::office::Role;
use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::harness::fixtures::{id, publish, submission};

fn item(id: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut item = submission();
    item["id"] = json!(id);
    change(&mut item);
    item
}

#[test]
fn each_response_gets_its_own_result_and_a_bad_one_refuses_no_other() {
    let app = TestApp::start();
    publish(&app);
    let collector = app.client(Role::Collector);
    let (good, invalid, changed) = (id(), id(), id());
    let batch = json!({ "responses": [
        item(&good, |_| {}),
        item(&invalid, |item| item["answers"]["Q1"] = json!("9")),
        item(&changed, |_| {}),
        item(&changed, |item| item["answers"]["Q1"] = json!("1")),
        item(&id(), |item| item["wave"] = json!("none")),
        item("no-uuid", |_| {}),
        json!(7),
        item(&good, |_| {}),
    ]});
    let reply = collector.post("/v1/responses:batch", &batch).expect(200);
    let results = reply["results"].as_array().unwrap();
    let statuses: Vec<u64> = results.iter().map(|result| result["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 201, 201, 409, 404, 422, 422, 200]);
    assert_eq!(results[0]["id"], good);
    let receipt = &results[1]["receipt"];
    assert_eq!((&receipt["state"], &receipt["invalid_items"]), (&json!("valid"), &json!(["Q1"])));
    assert_eq!(results[3]["problem"]["code"], "response-conflict");
    assert_eq!(results[4]["problem"]["code"], "wave-unknown");
    assert_eq!(results[7]["receipt"], results[0]["receipt"]);
}

#[test]
fn an_item_and_a_put_of_its_canonical_text_are_the_same_response() {
    let app = TestApp::start();
    publish(&app);
    let (collector, id) = (app.client(Role::Collector), id());
    let sent = collector.post("/v1/responses:batch", &json!({ "responses": [item(&id, |_| {})] })).expect(200);
    let canonical = hailong::schema::canonical_json(&submission());
    let again = collector.put_bytes(&format!("/v1/responses/{id}"), canonical.as_bytes()).expect(200);
    assert_eq!(again, sent["results"][0]["receipt"]);
}

#[test]
fn five_hundred_go_in_and_one_more_refuses_the_batch() {
    let app = TestApp::start();
    publish(&app);
    let collector = app.client(Role::Collector);
    let batch = |n: usize| json!({ "responses": (0..n).map(|_| item(&id(), |_| {})).collect::<Vec<_>>() });
    let reply = collector.post("/v1/responses:batch", &batch(500)).expect(200);
    assert!(reply["results"].as_array().unwrap().iter().all(|result| result["status"] == 201));
    collector.post("/v1/responses:batch", &batch(501)).problem(422, "body-invalid");
    app.anyone().post("/v1/responses:batch", &batch(1)).problem(401, "unauthenticated");
}
