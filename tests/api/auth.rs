//! Who may do what: every role at every operation.

use std::collections::BTreeSet;

use hailong::office::Role::{self, Admin, Agency, Auditor, Collector, Device, Publisher, Statistician};
use serde_json::{Value, json};

use crate::harness::fixtures::{self, publish};
use crate::harness::{Client, Reply, TestApp};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const ANYONE: &[Role] = &Role::ALL;

/// An operation, its request, and who may: `true` if that is anyone, with a key or without.
struct Row {
    operation: &'static str,
    method: &'static str,
    path: String,
    body: Option<(&'static str, String)>,
    without_key: bool,
    roles: &'static [Role],
}

fn read(operation: &'static str, path: &str, without_key: bool, roles: &'static [Role]) -> Row {
    Row { operation, method: "GET", path: path.replace("ID", NOBODY), body: None, without_key, roles }
}

fn write(operation: &'static str, method: &'static str, path: &str, body: &Value, roles: &'static [Role]) -> Row {
    let body = Some(("application/json", body.to_string()));
    Row { operation, method, path: path.replace("ID", NOBODY), body, without_key: false, roles }
}

fn table(operation: &'static str, path: &str, roles: &'static [Role]) -> Row {
    Row { body: Some(("text/csv", "unit\n".into())), ..write(operation, "POST", path, &json!({}), roles) }
}

/// Every operation. One that is missing here fails the test below.
fn matrix() -> Vec<Row> {
    let reason = json!({ "reason": "for the test" });
    let none = json!({});
    let login = json!({ "login": "nobody", "password": "chuồn chuồn bay", "totp": "123456" });
    let enrolment = json!({ "login": "nobody", "password": "chuồn chuồn bay", "code": "none" });
    let run = json!({ "index": "none", "version": "1", "wave": "open" });
    vec![
        read("livez", "/livez", true, ANYONE),
        read("readyz", "/readyz", true, ANYONE),
        read("version", "/version", true, ANYONE),
        read("metrics", "/metrics", true, ANYONE),
        read("get_openapi", "/v1/openapi.json", true, ANYONE),
        read("list_problems", "/v1/problems", true, ANYONE),
        read("get_problem", "/v1/problems/internal", true, ANYONE),
        read("list_surveys", "/v1/surveys", true, ANYONE),
        read("get_survey", "/v1/surveys/mini", true, ANYONE),
        read("get_survey_version", "/v1/surveys/mini/versions/1", true, ANYONE),
        read("get_compatibility", "/v1/surveys/mini/versions/1/compatibility?with=1", true, ANYONE),
        read("list_indices", "/v1/indices", true, ANYONE),
        read("get_index", "/v1/indices/mini", true, ANYONE),
        read("get_index_version", "/v1/indices/mini/versions/1", true, ANYONE),
        read("list_units", "/v1/units", true, ANYONE),
        read("get_unit", "/v1/units/vn-34/01", true, ANYONE),
        read("list_waves", "/v1/waves", true, ANYONE),
        read("get_wave", "/v1/waves/open", true, ANYONE),
        read("list_editions", "/v1/editions", true, ANYONE),
        read("get_edition", "/v1/editions/none", true, ANYONE),
        read("list_scores", "/v1/scores?index=mini", true, ANYONE),
        write("put_response", "PUT", "/v1/responses/ID", &fixtures::sampled(), &[Device, Collector]),
        write("create_invitation", "POST", "/v1/invitations", &none, &[Device, Collector, Statistician]),
        write("create_invitations", "POST", "/v1/invitations:batch", &none, &[Device, Collector, Statistician]),
        write("send_batch", "POST", "/v1/responses:batch", &json!({ "responses": [] }), &[Device, Collector]),
        read("get_response", "/v1/responses/ID", false, &[Device, Collector, Statistician, Auditor]),
        read("list_responses", "/v1/responses?wave=open", false, &[Statistician, Auditor]),
        write("exclude_response", "POST", "/v1/responses/ID:exclude", &reason, &[Statistician]),
        write("lift_flags", "POST", "/v1/responses/ID/flags:lift", &json!({ "evaluation": 1, "reason": "for the test" }), &[Statistician]),
        Row {
            without_key: true,
            ..write("withdraw_own_response", "POST", "/v1/responses/ID:withdraw", &json!({ "withdrawal_code": "0" }), ANYONE)
        },
        Row { method: "DELETE", ..read("withdraw_response", "/v1/responses/ID?reason=because", false, &[Statistician]) },
        write("check_survey", "POST", "/v1/surveys:check", &none, &[Statistician, Publisher]),
        write("put_survey_version", "PUT", "/v1/surveys/mini/versions/9", &fixtures::questionnaire(), &[Statistician]),
        write("check_index", "POST", "/v1/indices:check", &none, &[Statistician, Publisher]),
        write("put_index_version", "PUT", "/v1/indices/mini/versions/9", &fixtures::index(), &[Statistician]),
        Row { body: Some(("text/csv", "no header".into())), ..write("add_units", "POST", "/v1/units", &none, &[Statistician, Admin]) },
        write("put_wave", "PUT", "/v1/waves/open", &fixtures::open_wave(), &[Statistician]),
        write("put_design", "PUT", "/v1/waves/sample/design", &none, &[Statistician]),
        read("get_progress", "/v1/waves/open/progress", false, &[Collector, Statistician, Publisher, Auditor]),
        read("get_chain", "/v1/waves/open/chain", false, &[Collector, Statistician, Publisher, Auditor]),
        write("create_evaluation", "POST", "/v1/waves/open/quality-evaluations", &none, &[Statistician]),
        read("list_evaluations", "/v1/waves/open/quality-evaluations", false, &[Statistician, Publisher, Auditor]),
        read("get_evaluation", "/v1/waves/open/quality-evaluations/99", false, &[Statistician, Publisher, Auditor]),
        read("list_flags", "/v1/responses/ID/flags", false, &[Statistician, Auditor]),
        write("create_run", "POST", "/v1/runs", &run, &[Statistician]),
        read("list_runs", "/v1/runs", false, &[Statistician, Publisher, Auditor]),
        read("get_run", "/v1/runs/ID", false, &[Statistician, Publisher, Auditor]),
        read("get_run_progress", "/v1/runs/ID/progress", false, &[Statistician, Publisher, Auditor]),
        read("stream_run_progress", "/v1/runs/ID/events", false, &[Statistician, Publisher, Auditor]),
        write("cancel_run", "POST", "/v1/runs/ID:cancel", &none, &[Statistician]),
        write("submit_run", "POST", "/v1/runs/ID:submit", &none, &[Statistician]),
        write("approve_run", "POST", "/v1/runs/ID:approve", &none, &[Publisher]),
        write("publish_run", "POST", "/v1/runs/ID:publish", &none, &[Publisher]),
        write("return_run", "POST", "/v1/runs/ID:return", &reason, &[Publisher]),
        write("withdraw_run", "POST", "/v1/runs/ID:withdraw", &reason, &[Publisher]),
        table("load_indicators", "/v1/indicator-tables?index=none&version=1&title=x", &[Statistician]),
        table("check_indicators", "/v1/indicator-tables:check?index=none&version=1", &[Statistician, Publisher]),
        read("list_indicator_tables", "/v1/indicator-tables", false, &[Statistician, Publisher, Auditor]),
        read("get_indicator_table", "/v1/indicator-tables/99", false, &[Statistician, Publisher, Auditor]),
        read("list_indicator_values", "/v1/indicator-tables/99/values", false, &[Statistician, Publisher, Auditor]),
        read("list_composite_scores", "/v1/composite-scores?index=none", true, ANYONE),
        read("list_composite_targets", "/v1/composite-targets?index=none", true, ANYONE),
        read("get_composite_series", "/v1/composite-series?index=none&geography=vn-34", true, ANYONE),
        read(
            "get_composite_explanation",
            "/v1/composite-explanations?index=none&unit=01",
            false,
            &[Agency, Statistician, Publisher, Auditor],
        ),
        read("get_composite_stages", "/v1/composite-stages?index=none", false, &[Statistician, Publisher, Auditor]),
        read("get_composite_sensitivity", "/v1/composite-sensitivity?index=none", false, &[Statistician, Publisher, Auditor]),
        write("invite_person", "POST", "/v1/persons", &json!({ "name": "x", "roles": ["auditor"] }), &[Admin]),
        read("list_persons", "/v1/persons", false, &[Admin]),
        write("disable_person", "POST", "/v1/persons/999999:disable", &none, &[Admin]),
        Row { without_key: true, ..write("enrol_person", "POST", "/v1/persons:enrol", &enrolment, &[]) },
        Row { without_key: true, ..write("create_session", "POST", "/v1/sessions", &login, &[]) },
        Row { method: "DELETE", ..read("end_session", "/v1/sessions/current", false, ANYONE) },
        write("create_own_key", "POST", "/v1/sessions/current/keys", &json!({ "name": "x" }), ANYONE),
        read("list_proposals", "/v1/proposals", false, &[Statistician, Publisher, Auditor, Admin]),
        read("get_proposal", "/v1/proposals/99", false, &[Statistician, Publisher, Auditor, Admin]),
        write("confirm_proposal", "POST", "/v1/proposals/99:confirm", &none, &[Statistician, Publisher, Auditor, Admin]),
        write("reject_proposal", "POST", "/v1/proposals/99:reject", &none, &[Statistician, Publisher, Auditor, Admin]),
        write("create_key", "POST", "/v1/keys", &json!({ "name": "x", "role": "device" }), &[Admin]),
        read("list_keys", "/v1/keys", false, &[Admin]),
        Row { method: "DELETE", ..read("revoke_key", "/v1/keys/999999", false, &[Admin]) },
        read("list_audit", "/v1/audit", false, &[Auditor, Admin]),
    ]
}

fn ask(client: &Client, row: &Row) -> Reply {
    let headers: Vec<(&str, &str)> = row.body.iter().map(|(kind, _)| ("Content-Type", *kind)).collect();
    client.send(row.method, &row.path, &headers, row.body.as_ref().map(|(_, text)| text.as_bytes()))
}

#[test]
fn every_role_at_every_operation_gets_what_the_table_says() {
    let app = TestApp::start();
    publish(&app);
    let clients = Role::ALL.map(|role| (role, app.client(role)));
    let mut wrong = Vec::new();
    for row in matrix() {
        let without = ask(&app.anyone(), &row).status;
        if (without != 401) != row.without_key {
            wrong.push(format!("{} without a key: {without}", row.operation));
        }
        for (role, client) in &clients {
            let status = ask(client, &row).status;
            // Whoever may gets past the door: to success, or to what is wrong with the request.
            let allowed = row.roles.contains(role);
            if (status != 403 && status != 401) != allowed || status >= 500 {
                wrong.push(format!("{} as {role:?}: {status}", row.operation));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_description_says_which_operations_take_a_key() {
    let app = TestApp::start();
    publish(&app);
    let description = app.anyone().get("/v1/openapi.json").json();
    let known = description["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let security = |name: &str| known.clone().find(|operation| operation["operationId"] == name).unwrap()["security"].clone();
    let (key, either) = (json!([{ "key": [] }]), json!([{}, { "key": [] }]));
    let mut wrong = Vec::new();
    for mut row in matrix() {
        if row.operation == "put_response" {
            // Those who were drawn answer with a key; this one anybody may send.
            row = Row { path: fixtures::new_response(), ..write("put_response", "PUT", "", &fixtures::submission(), &[]) };
        }
        let said = security(row.operation);
        let without = ask(&app.anyone(), &row).status;
        if (without == 401) != (said == key) {
            wrong.push(format!("{} without a key: {without}, described {said}", row.operation));
        }
        let with = Role::ALL.map(|role| ask(&app.client(role), &row));
        let same = with.iter().all(|reply| reply.status == without);
        if !(same || said == key || said == either) {
            wrong.push(format!("{} is not the same for everyone, described {said}", row.operation));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_operation_is_missing_from_the_table() {
    let app = TestApp::start();
    let description = app.anyone().get("/v1/openapi.json").json();
    let operations = description["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let described: BTreeSet<String> = operations.map(|operation| operation["operationId"].as_str().unwrap().to_owned()).collect();
    let tested: BTreeSet<String> = matrix().into_iter().map(|row| row.operation.to_owned()).collect();
    assert_eq!(described, tested);
}

#[test]
fn a_key_that_is_malformed_unknown_or_revoked_gets_the_same_answer() {
    let app = TestApp::start();
    let admin = app.client(Admin);
    let issued = admin
        .post("/v1/keys", &json!({ "name": "Kiosk 1", "role": "device", "unit": { "list": "agency-danang", "code": "SYT" } }))
        .expect(201);
    let text = issued["key"].as_str().unwrap().to_owned();
    let revoked = Client::new(app.addr, Some(text.clone()));
    revoked.get("/v1/surveys").expect(200);
    let gone = admin.delete(&format!("/v1/keys/{}", issued["id"])).expect(200);
    assert!(gone["revoked_at"].is_string());
    let keys = ["", "hl_short", "Basic x", &text, &format!("hl_{}", "b".repeat(43)), &format!("hl_{}!", "b".repeat(42))];
    let answers: Vec<Value> = keys
        .iter()
        .map(|key| {
            let reply = Client::new(app.addr, Some((*key).to_owned())).get("/v1/surveys");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"hailong\""));
            reply.problem(401, "unauthenticated")
        })
        .collect();
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}

#[test]
fn a_key_is_shown_once() {
    let app = TestApp::start();
    let admin = app.client(Admin);
    let issued = admin
        .post("/v1/keys", &json!({ "name": "Sở Y tế", "role": "agency", "unit": { "list": "agency-danang", "code": "SYT" } }))
        .expect(201);
    let text = issued["key"].as_str().unwrap();
    assert!(text.starts_with("hl_") && text.len() == 46);
    let listed = admin.get("/v1/keys");
    assert!(!listed.text().contains(&text[3..]));
    let listed = listed.expect(200);
    let key = listed["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&key["name"], &key["unit"]["code"], &key["key"]), (&json!("Sở Y tế"), &json!("SYT"), &Value::Null));
    for (bad, pointer) in [
        (json!({ "name": "x", "role": "agency" }), "/unit"),
        (json!({ "name": "x", "role": "agency", "unit": { "list": "vn-34", "code": "99" } }), "/unit"),
        (json!({ "name": "", "role": "device" }), "/name"),
    ] {
        assert_eq!(admin.post("/v1/keys", &bad).problem(422, "body-invalid")["errors"][0]["pointer"], pointer);
    }
    admin.post("/v1/keys", &json!({ "name": "x", "role": "root" })).problem(422, "body-invalid");
}

#[test]
fn a_secret_in_the_address_is_refused() {
    let app = TestApp::start();
    let key = app.key(Statistician, None);
    for query in [format!("key={key}"), "access_token=x".into(), format!("list={key}")] {
        app.anyone().get(&format!("/v1/units?{query}")).problem(400, "secret-in-query");
    }
}
