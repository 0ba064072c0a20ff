//! Whoever wants to be somebody else: guessing, repeating, taking half of what is needed, coming back later.

use std::time::Duration;

use hailong::office::sessions::LONGEST;
use hailong::office::{Role, secret};
use hailong::store::{accounts, people};
use serde_json::{Value, json};

use crate::harness::accounts::{PASSWORD, Person, code, enrol, enrolled, from_base32, invite};
use crate::harness::fixtures::{finish_run, publish};
use crate::harness::{Client, NOW, Reply, TestApp};

const MINUTE: i64 = 60_000_000;

fn login(app: &TestApp, name: &str, password: &str, code: &str, role: Option<&str>) -> Reply {
    app.anyone().post("/v1/sessions", &json!({ "login": name, "password": password, "totp": code, "role": role }))
}

fn session(app: &TestApp, person: &Person, now: i64, role: Option<&str>) -> Client {
    app.set_now(now);
    let begun = login(app, person.name, PASSWORD, &code(person, now), role).expect(201);
    Client::new(app.addr, Some(begun["token"].as_str().unwrap().to_owned()))
}

/// Long enough for what a server keeps in memory to be looked up again.
fn wait() {
    std::thread::sleep(Duration::from_millis(2_100));
}

#[test]
fn a_person_enrols_with_both_halves_alone_and_logs_in_acts_and_logs_out() {
    let app = TestApp::start();
    publish(&app);
    let (first, second) = invite(&app, "Lan", &["statistician"]);
    let mut opened = 0;
    for half in [&first, &second, &format!("{second}{first}"), &format!("{first}{}", "A".repeat(21))] {
        opened += usize::from(enrol(&app, "Lan", half).status == 201);
    }
    println!("recovered {opened} of 4 accounts");
    assert_eq!(opened, 0);
    let weak = json!({ "login": "Lan", "code": format!("{first}{second}"), "password": "matkhau123" });
    let fault = app.anyone().post("/v1/persons:enrol", &weak).problem(422, "body-invalid");
    assert_eq!(fault["errors"][0]["code"], "password-common");
    let told = enrol(&app, "  LAN ", &format!("{first}{second}")).expect(201);
    let lan = Person { name: "Lan", secret: from_base32(told["totp_secret"].as_str().unwrap()) };
    let client = session(&app, &lan, NOW, None);
    client.get("/v1/runs").expect(200);
    client.get("/v1/audit").problem(403, "forbidden");
    let own = client.post("/v1/sessions/current/keys", &json!({ "name": "Lan's script" })).expect(201);
    assert_eq!((&own["person"], &own["role"]), (&json!("Lan"), &json!("statistician")));
    let key = Client::new(app.addr, Some(own["key"].as_str().unwrap().to_owned()));
    key.get("/v1/runs").expect(200);
    key.delete("/v1/sessions/current").problem(404, "not-found");
    key.post("/v1/sessions/current/keys", &json!({ "name": "more" })).problem(404, "not-found");
    assert_eq!(client.delete("/v1/sessions/current").status, 204);
    client.get("/v1/runs").problem(401, "unauthenticated");
    // The code of the invitation is used up with the first login.
    enrol(&app, "Lan", &format!("{first}{second}")).problem(403, "login-refused");
    let log = app.client(Role::Auditor).get("/v1/audit?object=lan").expect(200);
    let actions: Vec<_> = log["items"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap().to_owned()).collect();
    assert_eq!(actions, ["session.end", "session.begin", "person.enrol", "person.invite"]);
    // Of what somebody could log in with, the database has digests, and no log line has any of it.
    let mut db = app.store.db().unwrap();
    let id = people::find(&mut db, "Lan").unwrap().unwrap().id;
    assert!(accounts::find(&mut db, id).unwrap().unwrap().password_hash.unwrap().starts_with("$argon2id$"));
    let hash = secret::hash(client.key.as_ref().unwrap());
    assert!(accounts::session(&mut db, &hash).unwrap().unwrap().ended_at.is_some());
}

#[test]
fn whatever_is_wrong_with_a_login_the_answer_is_the_same() {
    let app = TestApp::start();
    let lan = enrolled(&app, "Lan", &["statistician"]);
    let gone = enrolled(&app, "Minh", &["auditor"]);
    let persons = app.client(Role::Admin).get("/v1/persons").expect(200);
    let minh = persons["items"].as_array().unwrap().iter().find(|person| person["name"] == "Minh").unwrap()["id"].clone();
    app.client(Role::Admin).post(&format!("/v1/persons/{minh}:disable"), &json!({})).expect(200);
    invite(&app, "Hoa", &["auditor"]);
    let right = code(&lan, NOW);
    session(&app, &lan, NOW, None);
    let tries = [
        ("Nobody", PASSWORD, right.clone()),
        ("Lan", "chuồn chuồn bay cao", code(&lan, NOW + MINUTE / 2)),
        ("Lan", PASSWORD, "000000".into()),
        ("Lan", PASSWORD, right), // once more
        ("Lan", PASSWORD, code(&lan, NOW - 2 * MINUTE)),
        ("Minh", PASSWORD, code(&gone, NOW)),
        ("Hoa", PASSWORD, "000000".into()),
        ("Hoa", "", String::new()),
    ];
    let answers: Vec<Value> =
        tries.iter().map(|(name, password, code)| login(&app, name, password, code, None).problem(403, "login-refused")).collect();
    println!("recovered {} of {} accounts", answers.iter().filter(|answer| **answer != answers[0]).count(), tries.len());
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}

#[test]
fn whoever_guesses_again_and_again_is_kept_waiting_and_so_is_the_right_one() {
    let app = TestApp::start();
    let lan = enrolled(&app, "Lan", &["statistician"]);
    for guess in 0..5 {
        login(&app, "Lan", PASSWORD, &format!("{guess:06}"), None).problem(403, "login-refused");
    }
    login(&app, "Lan", PASSWORD, &code(&lan, NOW), None).problem(403, "login-refused");
    session(&app, &lan, NOW + 2 * MINUTE, None);
}

#[test]
fn a_session_ends_when_nobody_uses_it_after_half_a_day_and_with_its_person() {
    let app = TestApp::start();
    publish(&app);
    let lan = enrolled(&app, "Lan", &["statistician"]);
    let idle = session(&app, &lan, NOW, None);
    app.set_now(NOW + 14 * MINUTE);
    wait();
    idle.get("/v1/runs").expect(200);
    app.set_now(NOW + 28 * MINUTE);
    wait();
    idle.get("/v1/runs").expect(200);
    app.set_now(NOW + 44 * MINUTE);
    wait();
    idle.get("/v1/runs").problem(401, "unauthenticated");
    // At most half a day, however often it is used.
    let busy = session(&app, &lan, NOW + 60 * MINUTE, None);
    let (hash, end) = (secret::hash(busy.key.as_ref().unwrap()), NOW + 60 * MINUTE + LONGEST);
    accounts::saw(&mut app.store.db().unwrap(), &hash, end - MINUTE).unwrap();
    app.set_now(end - 1);
    wait();
    busy.get("/v1/runs").expect(200);
    app.set_now(end);
    wait();
    busy.get("/v1/runs").problem(401, "unauthenticated");
    // Whoever enrols anew ends the sessions of before.
    let before = session(&app, &lan, end + MINUTE, None);
    let lan = enrolled(&app, "Lan", &["statistician"]);
    before.get("/v1/runs").problem(401, "unauthenticated");
    let open = session(&app, &lan, end + 2 * MINUTE, None);
    let own = open.post("/v1/sessions/current/keys", &json!({ "name": "script" })).expect(201);
    let own = Client::new(app.addr, Some(own["key"].as_str().unwrap().to_owned()));
    own.get("/v1/runs").expect(200);
    let id = people::find(&mut app.store.db().unwrap(), "lan").unwrap().unwrap().id;
    app.client(Role::Admin).post(&format!("/v1/persons/{id}:disable"), &json!({})).expect(200);
    for client in [&open, &own] {
        client.get("/v1/runs").problem(401, "unauthenticated");
    }
}

#[test]
fn one_person_who_logs_in_as_two_is_one() {
    let app = TestApp::start();
    publish(&app);
    let lan = enrolled(&app, "Lan", &["statistician", "publisher"]);
    let wrong = login(&app, "Lan", PASSWORD, &code(&lan, NOW), None).problem(422, "body-invalid");
    assert_eq!(wrong["errors"][0]["code"], "role-unknown");
    login(&app, "Lan", PASSWORD, &code(&lan, NOW), Some("admin")).problem(422, "body-invalid");
    let statistician = session(&app, &lan, NOW, Some("statistician"));
    let publisher = session(&app, &lan, NOW + MINUTE, Some("publisher"));
    let run = statistician.post("/v1/runs", &json!({ "index": "mini", "version": "1", "wave": "open" }));
    let run = run.header("location").unwrap().to_owned();
    finish_run(&app, &run);
    statistician.step(&format!("{run}:submit"), "*", None).expect(200);
    publisher.step(&format!("{run}:approve"), "*", None).problem(403, "same-person");
    // Nor by a key that another way led to: the operator's, under the same name.
    let key = Client::new(app.addr, Some(app.key_of("LAN", Role::Publisher, None)));
    key.step(&format!("{run}:approve"), "*", None).problem(403, "same-person");
    println!("published {} of 2", app.anyone().get("/v1/editions").expect(200)["items"].as_array().unwrap().len());
    app.client(Role::Publisher).step(&format!("{run}:approve"), "*", None).expect(200);
}

#[test]
fn an_admin_alone_invites_nobody() {
    let app = TestApp::start();
    let admin = app.client(Role::Admin);
    let mut opened = 0;
    for name in ["Ghost", "Puppet", "test admin 1"] {
        let asked = admin.post("/v1/persons", &json!({ "name": name, "roles": ["publisher", "statistician"] }));
        let location = asked.header("location").unwrap().to_owned();
        let half = asked.expect(202)["first_half"].as_str().unwrap().to_owned();
        admin.post(&format!("{location}:confirm"), &json!({})).problem(403, "same-person");
        opened += usize::from(enrol(&app, name, &half).status == 201);
    }
    println!("recovered {opened} of 3 accounts");
    assert_eq!(opened, 0);
    let no = admin.post("/v1/persons", &json!({ "name": "x", "roles": ["device"] })).problem(422, "body-invalid");
    assert_eq!(no["errors"][0]["code"], "role-unknown");
}
