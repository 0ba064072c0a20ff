//! Records: nobody finds out by trying what somebody answered, or acts on an answer that is another's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hailong::office::import::{Report, Wish, import};
use hailong::office::{Actor, Code, Holder, Office, Refusal, Role, Standing};
use hailong::store::responses;
use hailong::store::writer::WriterOptions;
use hailong::words::encode::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::fixtures::{design, id, new_response, open_wave, publish, questionnaire, sample_wave, sampled, submission};
use crate::harness::{Client, NOW, Reply, TestApp};

/// Sixty ways to answer three questions.
fn guesses() -> Vec<Value> {
    let mut all = Vec::new();
    for q1 in 1..=5 {
        for q2 in 1..=4 {
            for sex in ["f", "m", ""] {
                let mut answers = json!({ "Q1": q1.to_string(), "Q2": q2.to_string() });
                if !sex.is_empty() {
                    answers["sex"] = json!(sex);
                }
                all.push(answers);
            }
        }
    }
    all
}

fn answering(mut submission: Value, answers: &Value) -> Value {
    submission["answers"] = answers.clone();
    submission
}

fn with(mut submission: Value, member: &str, value: Value) -> Value {
    submission[member] = value;
    submission
}

/// All of an answer that could tell something: its id in the log, and when it was sent, are of each.
fn told(reply: &Reply) -> String {
    let mut body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    if let Some(members) = body.as_object_mut() {
        members.retain(|name, _| name != "request_id" && name != "instance");
    }
    let headers: BTreeMap<&str, &[u8]> = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let headers: Vec<_> = headers.into_iter().filter(|(name, _)| !matches!(*name, "date" | "x-request-id" | "request-id")).collect();
    format!("{} {headers:?} {body}", reply.status)
}

/// How many of the guesses are told from the others.
fn told_apart(client: &Client, path: &str, bodies: &[String]) -> usize {
    let replies: Vec<String> = bodies.iter().map(|body| told(&client.put_bytes(path, body.as_bytes()))).collect();
    let mut counts = BTreeMap::new();
    for reply in &replies {
        *counts.entry(reply).or_insert(0_usize) += 1;
    }
    let most = counts.values().copied().max().unwrap_or(0);
    if counts.len() > 1 {
        println!("told apart: {counts:#?}");
    }
    replies.len() - most
}

/// Imports a file into the wave `open`, as somebody.
fn import_as(app: &TestApp, actor: &Actor, csv: &str, correct: bool) -> Result<Report, Refusal> {
    let office = Office::new(app.store.clone(), Arc::new(|| NOW));
    let writer = app.store.start_writer(WriterOptions::default()).unwrap();
    let questionnaire = questionnaire().to_string();
    let wish = Wish {
        file: csv.as_bytes(),
        questionnaire: Some(&questionnaire),
        unit: None,
        only_good: false,
        index: None,
        map: None,
        columns: &BTreeMap::new(),
        wave: "open",
        unit_list: "agency-danang",
        new_unit_list: false,
        mode: None,
        customers: None,
        invitations: None,
        chain_unknown: None,
        psus: None,
        respondents: None,
        simple_random_sample: false,
        batch: None,
        correct,
    };
    let report = import(&office, actor, &writer, &wish);
    writer.shutdown();
    report
}

fn file_of(n: usize, unit: &str) -> String {
    let answers = guesses();
    let rows: Vec<String> = (0..n)
        .map(|i| format!("r{i},{unit},{},{}", answers[i % 60]["Q1"].as_str().unwrap(), answers[i % 60]["Q2"].as_str().unwrap()))
        .collect();
    format!("id,unit,Q1,Q2\n{}\n", rows.join("\n"))
}

/// Everything stored in the wave `open`: id, number and bytes.
fn stored(app: &TestApp) -> Vec<(String, i64, Vec<u8>)> {
    let mut db = app.store.db().unwrap();
    let wave = hailong::store::waves::find(&mut db, "open").unwrap().unwrap().id;
    let all = responses::list(&mut db, wave, &responses::Filter::default(), 1_000).unwrap();
    let body = |seq| responses::submission(&mut db, seq).unwrap().map(|(body, _)| body).unwrap_or_default();
    let all: Vec<_> = all.iter().map(|row| (row.receipt.id.to_string(), row.receipt.seq)).collect();
    let mut body = body;
    all.into_iter().map(|(id, seq)| (id, seq, body(seq))).collect()
}

#[test]
fn whoever_has_not_sent_a_response_finds_nothing_out_by_sending_guesses_under_its_id() {
    let app = TestApp::start();
    publish(&app);
    let sender = app.client(Role::Device);
    let guesses = guesses();
    let truth = 37;
    let mut recovered = 0;
    let strangers = [app.client(Role::Device), app.client(Role::Collector), app.client_of(Role::Collector, Some(("agency-danang", "SYT")))];

    // Sent by a device: the very bytes are among the guesses.
    let path = new_response();
    let bodies: Vec<String> = guesses.iter().map(|answers| answering(submission(), answers).to_string()).collect();
    sender.put_bytes(&path, bodies[truth].as_bytes()).expect(201);
    for stranger in strangers.iter().chain([&app.anyone()]) {
        recovered += told_apart(stranger, &path, &bodies);
        let refused = stranger.put_bytes(&path, bodies[truth].as_bytes()).problem(409, "response-conflict");
        assert_eq!(refused.get("stored_sha256"), None);
    }
    assert_eq!(sender.put_bytes(&path, bodies[truth].as_bytes()).status, 200, "the sender still gets its receipt");
    let own = sender.put_bytes(&path, bodies[0].as_bytes()).problem(409, "response-conflict");
    assert_eq!(own["stored_sha256"], hex(&Sha256::digest(&bodies[truth])));

    // Sent without a key: whoever has one has not sent it.
    let path = new_response();
    app.anyone().put_bytes(&path, bodies[truth].as_bytes()).expect(201);
    recovered += strangers.iter().map(|stranger| told_apart(stranger, &path, &bodies)).sum::<usize>();

    // Withdrawn: the same answer to all.
    app.client(Role::Statistician).delete(&format!("{path}?reason=because")).expect(204);
    recovered += strangers.iter().chain([&app.anyone()]).map(|stranger| told_apart(stranger, &path, &bodies)).sum::<usize>();
    println!("answers under a known id: recovered {recovered} of {}", guesses.len());
    assert_eq!(recovered, 0);
}

#[test]
fn an_imported_record_is_told_to_no_guess_either_by_the_device_that_the_file_names() {
    let app = TestApp::start();
    publish(&app);
    let device = app.client(Role::Device);
    // `key list` as an office that keys in forms would look it up.
    let number = app.client(Role::Admin).get("/v1/keys").expect(200)["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["id"].as_i64().unwrap())
        .max();
    let csv = format!("id,unit,Q1,Q2,device\nr1,SYT,3,2,{}\nr2,SYT,4,1,\n", number.unwrap() - 1);
    let columns = csv.replace(",device", ",thiết bị");
    assert_ne!(columns, csv);
    let report = import_as(&app, &Actor::operator("lan"), &csv, false).unwrap();
    assert_eq!((report.stored, report.refused), (2, 0), "{:?}", report.findings);
    let mut recovered = 0;
    for (id, seq, body) in stored(&app) {
        let path = format!("/v1/responses/{id}");
        let truth: Value = serde_json::from_slice(&body).unwrap();
        let mut bodies: Vec<String> = guesses().iter().map(|answers| answering(truth.clone(), answers).to_string()).collect();
        bodies[30] = String::from_utf8(body).unwrap();
        for client in [&device, &app.client(Role::Device), &app.client(Role::Collector), &app.anyone()] {
            recovered += told_apart(client, &path, &bodies);
        }
        device.get(&path).problem(404, "not-found");
        assert!(seq > 0);
    }
    println!("imported records: recovered {recovered} of 120");
    assert_eq!(recovered, 0);
}

#[test]
fn ids_that_somebody_took_beforehand_lose_no_record_of_an_import() {
    let app = TestApp::start();
    publish(&app);
    // As ids of imports followed from the wave and the record's key once.
    for n in 0..60 {
        let hash = Sha256::digest(format!("open\nr{n}").as_bytes());
        let id = uuid::Builder::from_custom_bytes(hash[..16].try_into().unwrap()).into_uuid();
        app.anyone().put(&format!("/v1/responses/{id}"), &submission()).expect(201);
    }
    let report = import_as(&app, &Actor::operator("lan"), &file_of(60, "SYT"), false).unwrap();
    let lost = 60 - report.stored;
    println!("records lost to ids taken beforehand: recovered {lost} of 60");
    assert_eq!((lost, report.conflicting, report.refused), (0, 0, 0));
    assert_eq!(import_as(&app, &Actor::operator("lan"), &file_of(60, "SYT"), false).unwrap().replayed, 60);
}

#[test]
fn nobody_takes_the_place_of_an_answer_that_is_not_his() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    let victims: Vec<(String, Value)> = (0..12)
        .map(|_| {
            let id = id();
            let receipt = app.anyone().put(&format!("/v1/responses/{id}"), &submission()).expect(201);
            (id, receipt)
        })
        .collect();
    let code = |n: usize| victims[n % 12].1["withdrawal_code"].as_str().unwrap().to_owned();
    let strangers = [app.anyone(), app.client(Role::Device), app.client_of(Role::Collector, Some(("agency-danang", "SXD")))];
    for (n, (id, _)) in victims.iter().enumerate() {
        let correction = with(submission(), "supersedes", json!(id));
        let elsewhere = with(correction.clone(), "unit", json!({ "list": "agency-danang", "code": "SXD" }));
        for stranger in &strangers {
            for body in [&correction, &elsewhere] {
                assert_ne!(stranger.put(&new_response(), body).status, 201);
            }
            let item = with(elsewhere.clone(), "id", json!(crate::harness::fixtures::id()));
            stranger.post("/v1/responses:batch", &json!({ "responses": [item] }));
            // The code of another receipt, and none at all.
            for code in [code(n + 1), "0".repeat(32), String::new()] {
                let headers = [("Content-Type", "application/json"), ("Withdrawal-Code", code.as_str())];
                assert_ne!(stranger.send("PUT", &new_response(), &headers, Some(elsewhere.to_string().as_bytes())).status, 201);
            }
        }
    }
    // A collector of one unit moves nothing of another's to it, nor of its own to another.
    let keeper = app.client_of(Role::Collector, Some(("agency-danang", "SYT")));
    let away = with(with(submission(), "supersedes", json!(victims[0].0)), "unit", json!({ "list": "agency-danang", "code": "SXD" }));
    keeper.put(&new_response(), &away).problem(403, "unit-forbidden");
    let replaced = victims.iter().filter(|(id, _)| statistician.get(&format!("/v1/responses/{id}")).expect(200)["ended"] == true).count();
    println!("answers replaced by others: recovered {replaced} of 12");
    assert_eq!(replaced, 0);
    let headers = [("Content-Type", "application/json"), ("Withdrawal-Code", victims[1].1["withdrawal_code"].as_str().unwrap())];
    let own = with(submission(), "supersedes", json!(victims[1].0)).to_string();
    app.anyone().send("PUT", &new_response(), &headers, Some(own.as_bytes())).expect(201);
    keeper.put(&new_response(), &with(submission(), "supersedes", json!(victims[2].0))).expect(201);
}

#[test]
fn a_statistician_of_one_unit_corrects_no_record_of_another_by_a_file() {
    let app = TestApp::start();
    publish(&app);
    import_as(&app, &Actor::operator("lan"), &file_of(12, "SXD"), false).unwrap();
    let unit = Some(app.unit_id("agency-danang", "SYT"));
    let holder = Holder { key: Some(1), name: "mai".into(), person: None, standing: Standing::Role(Role::Statistician), unit };
    let refused = import_as(&app, &Actor::known(Arc::new(holder)), &file_of(12, "SYT"), true).unwrap_err();
    assert_eq!(refused.code(), Code::UnitForbidden);
    let statistician = app.client(Role::Statistician);
    let left = statistician.get("/v1/responses?wave=open").expect(200)["items"].as_array().unwrap().clone();
    let replaced = left.len() - left.iter().filter(|row| row["ended"] == false).count();
    println!("records of another unit replaced by a file: recovered {replaced} of 12");
    assert_eq!((replaced, left.len()), (0, 12));
}

#[test]
fn a_second_answer_under_the_line_of_somebody_else_ends_nothing_of_theirs() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    publish(&app);
    let (keeper, other) = (app.client(Role::Collector), app.client(Role::Device));
    let listed = |psu: bool| {
        let mut body = with(sampled(), "respondent", json!("HN-1"));
        if !psu {
            body.as_object_mut().unwrap().remove("psu");
        }
        body
    };
    assert!(sample_wave().is_object() && design().is_object() && open_wave().is_object());
    let (first, second) = (id(), id());
    keeper.put(&format!("/v1/responses/{first}"), &listed(false)).expect(201);
    // Another device names the same line, corrects what it sent itself, and takes it back by its own receipt.
    let receipt = other.put(&format!("/v1/responses/{second}"), &listed(false)).expect(201);
    assert_eq!(receipt["state"], "invalid");
    other.put(&new_response(), &with(listed(false), "supersedes", json!(second))).problem(403, "unit-forbidden");
    let code = json!({ "withdrawal_code": receipt["withdrawal_code"] });
    app.anyone().post(&format!("/v1/responses/{second}:withdraw"), &code).expect(204);
    let left = statistician.get(&format!("/v1/responses/{first}")).expect(200);
    let ended = usize::from(left["ended"] == true);
    println!("answers ended by way of a second one: recovered {ended} of 1");
    assert_eq!((ended, left.get("submission").is_some()), (0, true));
}

/// Every text in a JSON value.
fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}

#[test]
fn an_auditor_recovers_no_answer_from_what_it_may_read() {
    let app = TestApp::start();
    publish(&app);
    let (auditor, statistician, device) = (app.client(Role::Auditor), app.client(Role::Statistician), app.client(Role::Device));
    let guesses: Vec<String> = guesses().iter().map(|answers| answering(submission(), answers).to_string()).collect();
    let (senders, publisher) = ([app.anyone(), device], app.client(Role::Publisher));
    for n in 0..100 {
        let (path, body) = (new_response(), &guesses[(n * 7) % 60]);
        let receipt = senders[n % 2].put_bytes(&path, body.as_bytes()).expect(201);
        if n % 10 == 0 {
            // What a statistician does leaves lines in the log that the auditor reads.
            statistician.get(&path).expect(200);
            let proposed = statistician.post(&format!("{path}:exclude"), &json!({ "reason": "for the test" }));
            publisher.post(&format!("{}:confirm", proposed.header("location").unwrap()), &json!({})).expect(200);
            assert!(receipt["seq"].as_i64().is_some());
        }
    }
    statistician.post("/v1/waves/open/quality-evaluations", &json!({})).expect(202);
    let mut seen = BTreeSet::new();
    let listed = auditor.get("/v1/responses?wave=open&limit=1000").expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 100);
    texts(&listed, &mut seen);
    for item in listed["items"].as_array().unwrap() {
        let path = format!("/v1/responses/{}", item["seq"]);
        for path in [path.clone(), format!("{path}/flags")] {
            texts(&auditor.get(&path).expect(200), &mut seen);
        }
    }
    for path in [
        "/v1/audit?limit=1000",
        "/v1/waves",
        "/v1/waves/open/progress",
        "/v1/waves/open/quality-evaluations",
        "/v1/runs",
        "/v1/proposals?limit=1000",
    ] {
        texts(&auditor.get(path).expect(200), &mut seen);
    }
    // Hashes, hexadecimal or not, of the bytes and of what they say.
    let hashes: BTreeSet<String> = guesses.iter().map(|body| hex(&Sha256::digest(body))).collect();
    let by_hash = seen.iter().filter(|text| hashes.contains(&text.to_lowercase())).count();
    // Under an id the guesses could be sent.
    let ids: Vec<&String> =
        seen.iter().filter(|text| text.len() >= 36 && uuid::Uuid::try_parse(&text[text.len() - 36..]).is_ok()).collect();
    let mut by_id = 0;
    for id in &ids {
        let path = format!("/v1/responses/{}", &id[id.len() - 36..]);
        by_id += usize::from(guesses.iter().any(|body| app.anyone().put_bytes(&path, body.as_bytes()).status == 200));
    }
    println!("answers from what an auditor reads: recovered {} of 100 ({} texts, {} ids)", by_hash + by_id, seen.len(), ids.len());
    assert_eq!(by_hash + by_id, 0);
}

#[test]
fn the_code_of_a_receipt_is_not_guessed_and_withdraws_one_answer() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    let sent: Vec<(String, Value)> = (0..10)
        .map(|_| {
            let path = new_response();
            let receipt = app.anyone().put(&path, &submission()).expect(201);
            assert_eq!(app.anyone().put(&path, &submission()).expect(200), receipt, "the same receipt, code and all");
            (path, receipt)
        })
        .collect();
    let code = |n: usize| sent[n].1["withdrawal_code"].as_str().unwrap().to_owned();
    let (path, own) = (&sent[0].0, code(0));
    let withdraw = |path: &str, code: &str| app.anyone().post(&format!("{path}:withdraw"), &json!({ "withdrawal_code": code }));
    let unknown = told(&withdraw(&new_response(), &own));
    // The same in bytes under another id, codes of others, one letter off, what is public of the response.
    let mut guesses: Vec<String> = (1..10).map(code).collect();
    guesses.extend((0..39).filter(|at| own.as_bytes()[*at] != b'-').map(|at| {
        let other = if own.as_bytes()[at] == b'7' { "8" } else { "7" };
        format!("{}{other}{}", &own[..at], &own[at + 1..])
    }));
    guesses.extend(["", "0", path.as_str(), &"0".repeat(32), &"Z".repeat(32), "' OR 1=1 --"].map(str::to_owned));
    guesses.push(sent[0].1["body_sha256"].as_str().unwrap()[..40].to_owned());
    let mut apart = 0;
    for guess in &guesses {
        let reply = withdraw(path, guess);
        apart += usize::from(reply.status == 204 || told(&reply) != unknown);
    }
    println!("codes of receipts: recovered {apart} of {}", guesses.len());
    assert_eq!(apart, 0);
    for client in [&statistician, &app.client(Role::Auditor)] {
        assert!(!client.get("/v1/responses?wave=open").text().contains("withdrawal_code"));
    }
    assert!(!statistician.get(path).text().contains("withdrawal_code"));

    // As somebody types it from a slip of paper.
    withdraw(path, &own.to_lowercase().replace('-', " ")).expect(204);
    withdraw(path, &own).problem(410, "response-withdrawn");
    app.anyone().put(path, &submission()).problem(410, "response-withdrawn");
    let left = statistician.get(path).expect(200);
    assert_eq!((left.get("submission"), &left["events"][0]["actor"]), (None, &json!("respondent")));
    let standing = sent.iter().filter(|(path, _)| statistician.get(path).expect(200)["ended"] == false).count();
    assert_eq!(standing, 9);
    let line = app.client(Role::Auditor).get(&format!("/v1/audit?object=response/{}", left["seq"])).expect(200);
    let line = line["items"].as_array().unwrap().iter().find(|line| line["action"] == "response.withdraw").unwrap().clone();
    assert_eq!((&line["actor"], &line["role"]), (&json!("anonymous"), &json!("anonymous")));
}

#[test]
fn a_citizen_who_corrected_an_answer_withdraws_both_by_either_receipt() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    for by_first in [true, false] {
        let (first, second) = (id(), id());
        let receipt = app.anyone().put(&format!("/v1/responses/{first}"), &submission()).expect(201);
        let code = receipt["withdrawal_code"].as_str().unwrap();
        let headers = [("Content-Type", "application/json"), ("Withdrawal-Code", code)];
        let body = with(submission(), "supersedes", json!(first)).to_string();
        let corrected = app.anyone().send("PUT", &format!("/v1/responses/{second}"), &headers, Some(body.as_bytes())).expect(201);
        let (id, code) = if by_first { (&first, &receipt) } else { (&second, &corrected) };
        app.anyone().post(&format!("/v1/responses/{id}:withdraw"), &json!({ "withdrawal_code": code["withdrawal_code"] })).expect(204);
        for id in [&first, &second] {
            assert_eq!(statistician.get(&format!("/v1/responses/{id}")).expect(200).get("submission"), None, "{by_first}");
        }
    }
}
