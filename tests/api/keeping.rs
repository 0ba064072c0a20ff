//! Responses after they are stored: who reads what, lists, exclusion.

use hailong::office::Role;
use serde_json::json;

use crate::harness::TestApp;
use crate::harness::fixtures::{new_response, publish, submission};

#[test]
fn a_sender_reads_the_receipts_of_what_it_sent_and_no_others() {
    let app = TestApp::start();
    publish(&app);
    let (device, other, path) = (app.client(Role::Device), app.client(Role::Device), new_response());
    let receipt = device.put(&path, &submission()).expect(201);
    let without = |names: &[&str]| {
        let mut rest = receipt.clone();
        rest.as_object_mut().unwrap().retain(|name, _| !names.contains(&name.as_str()));
        rest
    };
    assert_eq!(device.get(&path).expect(200), without(&["withdrawal_code"]), "its secret half is told to the sending only");
    other.get(&path).problem(404, "not-found");
    let seen = without(&["withdrawal_code", "id", "body_sha256"]);
    let auditor = app.client(Role::Auditor);
    assert_eq!(auditor.get(&path).expect(200), seen, "an auditor sees no answers, and nothing to hold guesses against");
    let by_number = format!("/v1/responses/{}", receipt["seq"]);
    assert_eq!(auditor.get(&by_number).expect(200), seen);
    auditor.get(&format!("{by_number}/flags")).expect(200);
    device.get(&by_number).problem(404, "not-found");
    let full = app.client(Role::Statistician).get(&path).expect(200);
    assert_eq!(full["submission"], submission());
    let read = app.client(Role::Auditor).get("/v1/audit?limit=1").expect(200)["items"][0].clone();
    assert_eq!(
        (&read["action"], &read["object"]),
        (&json!("response.read"), &json!(format!("response/{}", full["seq"]))),
        "that answers were read is on record"
    );
    assert_eq!(full["unit"], json!({"list": "agency-danang", "code": "SYT"}));
    app.client(Role::Statistician).get(&new_response()).problem(404, "not-found");
}

#[test]
fn a_list_is_paged_in_the_order_of_arrival_without_a_gap_or_a_repetition() {
    let app = TestApp::start();
    publish(&app);
    let sent: Vec<String> = (0..7).map(|_| app.anyone().put(&new_response(), &submission()).expect(201)["seq"].to_string()).collect();
    let auditor = app.client(Role::Auditor);
    let mut listed = Vec::new();
    let mut next = Some("/v1/responses?wave=open&limit=3".to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let reply = auditor.get(&path);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let link = reply.header("link").map(str::to_owned);
        let page = reply.expect(200);
        listed.extend(page["items"].as_array().unwrap().iter().map(|item| {
            let told = ["submission", "id", "body_sha256", "withdrawal_code"].map(|name| item.get(name));
            assert_eq!(told, [None; 4]);
            item["seq"].to_string()
        }));
        next = page["next"].as_str().map(str::to_owned);
        assert_eq!(link, next.as_ref().map(|next| format!("<{next}>; rel=\"next\"")));
        pages += 1;
    }
    assert_eq!((listed, pages), (sent, 3));
}

#[test]
fn a_list_is_filtered_by_unit_and_state() {
    let app = TestApp::start();
    publish(&app);
    app.anyone().put(&new_response(), &submission()).expect(201);
    let statistician = app.client(Role::Statistician);
    for (query, count) in [("&unit=agency-danang:SYT", 1), ("&unit=agency-danang:SXD", 0), ("&state=invalid", 0), ("&state=valid", 1)] {
        let page = statistician.get(&format!("/v1/responses?wave=open{query}")).expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{query}");
    }
    statistician.get("/v1/responses").problem(400, "query-invalid");
    statistician.get("/v1/responses?wave=none").problem(404, "wave-unknown");
    statistician.get("/v1/responses?wave=open&unit=SYT").problem(400, "query-invalid");
}

#[test]
fn an_exclusion_has_a_reason_and_is_on_record() {
    let app = TestApp::start();
    publish(&app);
    let (path, statistician) = (new_response(), app.client(Role::Statistician));
    app.anyone().put(&path, &submission()).expect(201);
    let exclude = format!("{path}:exclude");
    statistician.post(&exclude, &json!({ "reason": "x" })).problem(422, "body-invalid");
    let proposed = statistician.post(&exclude, &json!({ "reason": "duplicate of a paper form" }));
    let proposal = proposed.header("location").unwrap().to_owned();
    assert_eq!(proposed.expect(202)["state"], "open");
    statistician.post(&exclude, &json!({ "reason": "duplicate of a paper form" })).problem(409, "already-exists");
    statistician.post(&format!("{proposal}:confirm"), &json!({})).problem(403, "same-person");
    assert_eq!(statistician.get(&path).expect(200)["ended"], false, "until another person confirms it, it counts");
    app.client(Role::Admin).get(&proposal).problem(404, "not-found");
    assert_eq!(app.client(Role::Publisher).post(&format!("{proposal}:confirm"), &json!({})).expect(200)["state"], "confirmed");
    app.client(Role::Publisher).post(&format!("{proposal}:confirm"), &json!({})).problem(409, "wrong-state");
    let events = &statistician.get(&path).expect(200)["events"];
    assert_eq!((&events[0]["kind"], &events[0]["reason"]), (&json!("excluded"), &json!("duplicate of a paper form")));
    let log = app.client(Role::Auditor).get("/v1/audit").expect(200);
    let actions: Vec<_> = log["items"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect();
    let told = ["response.read", "response.exclude", "response.exclude.confirm", "response.read", "response.exclude.propose"];
    assert_eq!(actions[..5], told);
    statistician.post(&format!("{}:exclude", new_response()), &json!({ "reason": "no such response" })).problem(404, "not-found");
}
