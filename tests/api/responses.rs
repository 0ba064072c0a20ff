//! The contract of a submission, row by row.

use hailong::office::Role;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::fixtures::{id, new_response, publish, sampled, submission};
use crate::harness::{HOUR, NOW, TestApp};

fn pointers(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect()
}

/// A submission with one thing changed.
fn with(mut submission: Value, pointer: &str, value: Value) -> Value {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    submission.pointer_mut(parent).unwrap()[member] = value;
    submission
}

#[test]
fn a_new_id_is_stored_and_gets_a_receipt() {
    let app = TestApp::start();
    publish(&app);
    let path = new_response();
    let body = submission().to_string();
    let reply = app.anyone().put_bytes(&path, body.as_bytes());
    assert_eq!((reply.status, reply.header("location")), (201, Some(path.as_str())), "{}", reply.text());
    let receipt = reply.json();
    let hash = hailong::words::encode::hex(&Sha256::digest(body.as_bytes()));
    assert_eq!(receipt["id"], path.rsplit('/').next().unwrap());
    assert_eq!(receipt["body_sha256"], hash, "the bytes as they were sent");
    assert_eq!(receipt["received_at"], "2024-09-01T01:00:00.000000Z");
    assert_eq!(receipt["state"], "valid");
    assert!(receipt["seq"].as_i64().is_some_and(|seq| seq > 0));
}

#[test]
fn the_same_bytes_again_get_the_same_receipt() {
    let app = TestApp::start();
    publish(&app);
    let path = new_response();
    let first = app.anyone().put(&path, &submission()).expect(201);
    app.set_now(NOW + HOUR);
    for _ in 0..3 {
        let again = app.anyone().put(&path, &submission());
        assert_eq!(again.header("idempotent-replay"), Some("true"));
        assert_eq!(again.expect(200), first);
    }
}

#[test]
fn other_bytes_under_the_same_id_are_refused_and_only_the_key_that_sent_it_is_told_what_is_stored() {
    let app = TestApp::start();
    publish(&app);
    let other = with(submission(), "/answers/Q1", json!("1"));
    let (sender, stranger) = (app.client(Role::Collector), app.client(Role::Collector));
    let path = new_response();
    let first = sender.put(&path, &submission()).expect(201);
    assert_eq!(sender.put(&path, &other).problem(409, "response-conflict")["stored_sha256"], first["body_sha256"]);
    for client in [stranger, app.anyone()] {
        let problem = client.put(&path, &other).problem(409, "response-conflict");
        assert_eq!(problem.get("stored_sha256"), None, "{problem}");
    }
    let nobodys = new_response();
    app.anyone().put(&nobodys, &submission()).expect(201);
    let problem = app.anyone().put(&nobodys, &other).problem(409, "response-conflict");
    assert_eq!(problem.get("stored_sha256"), None, "nobody can show that he is the one who sent it: {problem}");
}

#[test]
fn a_withdrawn_id_is_gone_for_good_and_its_answers_with_it() {
    let app = TestApp::start();
    publish(&app);
    let (path, statistician) = (new_response(), app.client(Role::Statistician));
    app.anyone().put(&path, &submission()).expect(201);
    for _ in 0..2 {
        statistician.delete(&format!("{path}?reason=ng%C6%B0%E1%BB%9Di%20d%C3%A2n%20y%C3%AAu%20c%E1%BA%A7u")).expect(204);
    }
    app.anyone().put(&path, &submission()).problem(410, "response-withdrawn");
    app.anyone().put(&path, &with(submission(), "/answers/Q1", json!("1"))).problem(410, "response-withdrawn");
    let left = statistician.get(&path).expect(200);
    assert_eq!((&left["submission"], &left["ended"]), (&Value::Null, &json!(true)));
    assert_eq!(left["events"][0]["reason"], "người dân yêu cầu");
}

#[test]
fn an_unknown_version_or_wave_is_named_as_such() {
    let app = TestApp::start();
    publish(&app);
    app.anyone().put(&new_response(), &with(submission(), "/version", json!("9"))).problem(404, "schema-version-unknown");
    app.anyone().put(&new_response(), &with(submission(), "/wave", json!("none"))).problem(404, "wave-unknown");
}

#[test]
fn after_the_close_what_was_answered_in_time_is_kept_apart_and_the_rest_refused() {
    let app = TestApp::start();
    publish(&app);
    let early = new_response();
    let receipt = app.anyone().put(&early, &submission()).expect(201);
    app.set_now(NOW + 11 * HOUR);
    assert_eq!(app.anyone().put(&early, &submission()).expect(200), receipt, "a repeated sending still finds its receipt");
    app.anyone().put(&early, &with(submission(), "/answers/Q1", json!("1"))).problem(409, "response-conflict");

    let in_time = new_response();
    for _ in 0..2 {
        let problem = app.anyone().put(&in_time, &submission()).problem(409, "collection-closed");
        assert_eq!((&problem["kept"], &problem["receipt"]["state"]), (&json!(true), &json!("quarantined")));
    }
    let listed = app.client(Role::Statistician).get("/v1/responses?wave=open&state=quarantined").expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);

    let mut undated = submission();
    undated.as_object_mut().unwrap().remove("answered_at");
    for late in [with(submission(), "/answered_at", json!("2024-09-01T18:30:00+07:00")), undated] {
        let problem = app.anyone().put(&new_response(), &late).problem(409, "collection-closed");
        assert_eq!(problem["kept"], false);
    }
}

#[test]
fn before_the_opening_nothing_is_taken() {
    let app = TestApp::start();
    publish(&app);
    app.set_now(NOW - 11 * HOUR);
    app.anyone().put(&new_response(), &submission()).problem(409, "collection-not-open");
}

#[test]
fn a_person_is_shown_every_finding_and_nothing_is_stored() {
    let app = TestApp::start();
    publish(&app);
    let mut bad = with(submission(), "/answers/Q1", json!("6"));
    bad["answers"]["age"] = json!(17);
    bad["answers"]["unknown"] = json!(1);
    bad["unit"]["code"] = json!("XXX");
    let path = new_response();
    let problem = app.anyone().put(&path, &bad).problem(422, "answers-invalid");
    let found = pointers(&problem);
    for pointer in ["/answers/Q1", "/answers/age", "/answers/unknown", "/unit/code"] {
        assert!(found.contains(&pointer), "{pointer} is missing from {found:?}");
    }
    app.anyone().put(&path, &submission()).expect(201);
}

#[test]
fn a_device_loses_no_answer_and_may_ask_for_strictness() {
    let app = TestApp::start();
    publish(&app);
    let device = app.client(Role::Device);
    let bad = with(submission(), "/answers/Q1", json!("6"));
    let path = new_response();
    let strict = [("Content-Type", "application/json"), ("Prefer", "respond-async, handling=strict")];
    device.send("PUT", &path, &strict, Some(bad.to_string().as_bytes())).problem(422, "answers-invalid");
    let receipt = device.put(&path, &bad).expect(201);
    assert_eq!((&receipt["state"], &receipt["invalid_items"]), (&json!("valid"), &json!(["Q1"])));
    assert_eq!(receipt["findings"][0]["pointer"], "/answers/Q1");
    assert!(receipt["findings"][0]["vi"].is_string() && receipt["findings"][0]["en"].is_string());
    let full = app.client(Role::Statistician).get(&path).expect(200);
    assert_eq!(full["submission"]["answers"]["Q1"], "6");
    assert_eq!((&full["findings"][0]["pointer"], &full["invalid_items"]), (&json!("/answers/Q1"), &json!(["Q1"])));
    let own = device.get(&path).expect(200);
    assert_eq!((&own["findings"], own.get("submission")), (&full["findings"], None));
    assert_eq!(app.client(Role::Auditor).get(&path).expect(200).get("findings"), None, "a finding can quote an answer");
}

#[test]
fn what_was_not_asked_or_cannot_be_read_takes_no_answer_with_it() {
    let app = TestApp::start();
    publish(&app);
    let collector = app.client(Role::Collector);
    for (pointer, answer, invalid, code) in [
        ("/answers/sex", json!(null), json!(null), json!(null)),
        ("/answers/unknown", json!("x"), json!(null), json!("unknown-item")),
        ("/answers/age", json!("34,0"), json!(null), json!("number-as-text")),
        ("/answers/age", json!("12,500"), json!(["age"]), json!("ambiguous-number")),
        ("/answers/note", json!("a\u{202e}b\u{0}"), json!(null), json!("characters-removed")),
        ("/answers/Q1", json!(null), json!(["Q1"]), json!("required")),
    ] {
        let receipt = collector.put(&new_response(), &with(sampled(), pointer, answer)).expect(201);
        assert_eq!(
            (&receipt["state"], &receipt["invalid_items"], &receipt["findings"][0]["code"]),
            (&json!("valid"), &invalid, &code),
            "{pointer}"
        );
    }
}

#[test]
fn a_listed_respondent_counts_once_and_progress_says_how_many_were_doubled() {
    let app = TestApp::start();
    publish(&app);
    let collector = app.client(Role::Collector);
    let mut listed = with(sampled(), "/respondent", json!("HN-1"));
    listed.as_object_mut().unwrap().remove("psu");
    let (first, second) = (id(), id());
    let path = |id: &str| format!("/v1/responses/{id}");
    assert_eq!(collector.put(&path(&first), &listed).expect(201)["state"], "valid");
    let receipt = collector.put(&path(&second), &listed).expect(201);
    let found = (&receipt["state"], &receipt["findings"][0]["pointer"], &receipt["findings"][0]["code"]);
    assert_eq!(found, (&json!("invalid"), &json!("/respondent"), &json!("second-answer")));
    assert_eq!(collector.get(&path(&second)).expect(200)["findings"], receipt["findings"], "it is told again");
    let strict = [("Content-Type", "application/json"), ("Prefer", "handling=strict")];
    let refused = collector.send("PUT", &new_response(), &strict, Some(listed.to_string().as_bytes())).problem(422, "answers-invalid");
    assert_eq!(pointers(&refused), ["/respondent"]);
    let progress = || collector.get("/v1/waves/sample/progress?by=psu").expect(200)["items"][0].clone();
    let counts = |row: &Value| ["valid", "invalid", "doubled", "ended"].map(|name| row[name].as_i64().unwrap());
    assert_eq!(counts(&progress()), [1, 1, 1, 0]);
    collector.put(&new_response(), &with(listed, "/supersedes", json!(second))).expect(201);
    assert_eq!(counts(&progress()), [1, 0, 0, 2]);
}

#[test]
fn a_sampled_response_finds_its_psu_and_weight_or_says_what_is_missing() {
    let app = TestApp::start();
    publish(&app);
    let collector = app.client(Role::Collector);
    assert_eq!(collector.put(&new_response(), &sampled()).expect(201)["state"], "valid");
    let mut listed = with(sampled(), "/respondent", json!("HN-1"));
    listed.as_object_mut().unwrap().remove("psu");
    assert_eq!(collector.put(&new_response(), &listed).expect(201)["state"], "valid");
    let mut unplaced = sampled();
    unplaced.as_object_mut().unwrap().remove("psu");
    for (bad, pointer) in [
        (with(sampled(), "/psu", json!("p9")), "/psu"),
        (with(sampled(), "/respondent", json!("HN-9")), "/respondent"),
        (with(with(sampled(), "/psu", json!("p2")), "/respondent", json!("HN-1")), "/psu"),
        (with(sampled(), "/unit/list", json!("agency-danang")), "/unit/list"),
        (unplaced, "/psu"),
    ] {
        let receipt = collector.put(&new_response(), &bad).expect(201);
        assert_eq!((&receipt["state"], &receipt["findings"][0]["pointer"]), (&json!("invalid"), &json!(pointer)), "{bad}");
    }
}

#[test]
fn without_a_key_only_links_and_codes_of_waves_that_are_no_sample_are_taken() {
    let app = TestApp::start();
    publish(&app);
    app.anyone().put(&new_response(), &with(submission(), "/channel", json!("web"))).expect(201);
    app.anyone().put(&new_response(), &with(submission(), "/channel", json!("kiosk"))).problem(401, "unauthenticated");
    app.anyone().put(&new_response(), &with(sampled(), "/channel", json!("web"))).problem(401, "unauthenticated");
    app.client(Role::Statistician).put(&new_response(), &with(submission(), "/channel", json!("kiosk"))).problem(403, "forbidden");
}

#[test]
fn a_device_of_one_unit_rates_that_unit_and_those_below_it() {
    let app = TestApp::start();
    publish(&app);
    let device = app.client_of(Role::Device, Some(("agency-danang", "SYT")));
    device.put(&new_response(), &submission()).expect(201);
    device.put(&new_response(), &with(submission(), "/unit/code", json!("SYT-KCB"))).expect(201);
    device.put(&new_response(), &with(submission(), "/unit/code", json!("SXD"))).problem(403, "unit-forbidden");
    let kept = device.put(&new_response(), &with(submission(), "/unit/code", json!("nowhere"))).expect(201);
    assert_eq!(kept["state"], "invalid");
}

#[test]
fn a_correction_ends_what_it_corrects_once() {
    let app = TestApp::start();
    publish(&app);
    let (first, device) = (id(), app.client(Role::Device));
    let old = format!("/v1/responses/{first}");
    device.put(&old, &submission()).expect(201);
    let correction = with(with(submission(), "/answers/Q1", json!("1")), "/supersedes", json!(first));
    device.put(&new_response(), &correction).expect(201);
    let statistician = app.client(Role::Statistician);
    assert_eq!(statistician.get(&old).expect(200)["events"][0]["kind"], "superseded");
    let problem = device.put(&new_response(), &correction).problem(422, "answers-invalid");
    assert_eq!(pointers(&problem), ["/supersedes"]);
}

#[test]
fn what_is_no_submission_is_refused_for_what_it_is() {
    let app = TestApp::start();
    publish(&app);
    let device = app.client(Role::Device);
    for no_json in ["", "{", "{\"a\": 1,}", "\u{feff}{}", &"[".repeat(60_000)] {
        device.put_bytes(&new_response(), no_json.as_bytes()).problem(400, "json-invalid");
    }
    device.put_bytes(&new_response(), &[b'"', 0xff, b'"']).problem(400, "json-invalid");
    let twice = submission().to_string().replace("\"age\":34", "\"age\":34,\"age\":35");
    for bad in ["[]", "{}", &twice, &with(submission(), "/weight", json!(5)).to_string()] {
        device.put_bytes(&new_response(), bad.as_bytes()).problem(422, "body-invalid");
    }
    device.put("/v1/responses/not-a-uuid", &submission()).problem(404, "not-found");
}

#[test]
fn what_was_queued_is_stored_though_the_sender_is_gone() {
    use std::io::Write;
    let app = TestApp::start();
    publish(&app);
    let (path, body) = (new_response(), submission().to_string());
    let mut connection = std::net::TcpStream::connect(app.addr).unwrap();
    let head = format!("PUT {path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(body.as_bytes()).unwrap();
    drop(connection);
    let statistician = app.client(Role::Statistician);
    for attempt in 0.. {
        if statistician.get(&path).status == 200 {
            break;
        }
        assert!(attempt < 200, "it was not stored within ten seconds");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    app.anyone().put(&path, &submission()).expect(200);
}

#[test]
fn only_whoever_sent_a_response_or_keeps_its_unit_corrects_it() {
    let app = TestApp::start();
    publish(&app);
    let (target, device) = (id(), app.client(Role::Device));
    device.put(&format!("/v1/responses/{target}"), &submission()).expect(201);
    let correction = with(submission(), "/supersedes", json!(target));
    let refused = |client: &crate::harness::Client, body: &Value| {
        let problem = client.put(&new_response(), body).problem(403, "unit-forbidden");
        assert_eq!(pointers(&problem), ["/supersedes"]);
    };
    refused(&app.client(Role::Device), &correction);
    refused(&app.anyone(), &correction);
    let elsewhere = app.client_of(Role::Collector, Some(("agency-danang", "SXD")));
    refused(&elsewhere, &with(correction.clone(), "/unit/code", json!("SXD")));
    app.client_of(Role::Collector, Some(("agency-danang", "SYT"))).put(&new_response(), &correction).expect(201);
    // What came without a key is corrected without one, by whoever shows its receipt.
    let own = id();
    let receipt = app.anyone().put(&format!("/v1/responses/{own}"), &submission()).expect(201);
    let correction = with(submission(), "/supersedes", json!(own));
    refused(&app.anyone(), &correction);
    let show = |code: &str| {
        let headers = [("Content-Type", "application/json"), ("Withdrawal-Code", code)];
        app.anyone().send("PUT", &new_response(), &headers, Some(correction.to_string().as_bytes()))
    };
    show("0000-0000-0000-0000-0000-0000-0000-0000").problem(403, "unit-forbidden");
    show(receipt["withdrawal_code"].as_str().unwrap()).expect(201);
}
