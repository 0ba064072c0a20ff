//! Nobody acts for another: two keys of one person are one person, and what matters takes two.

use hailong::office::Role;
use serde_json::{Value, json};

use crate::harness::fixtures::{finish_run, new_response, publish, start_run, submission};
use crate::harness::runs::worked;
use crate::harness::{Client, Reply, TestApp};

/// A step on a run as it is now.
fn step(client: &Client, run: &str, verb: &str) -> Reply {
    client.step(&format!("{run}:{verb}"), "*", None)
}

fn of(app: &TestApp, person: &str, role: Role) -> Client {
    Client::new(app.addr, Some(app.key_of(person, role, None)))
}

/// A finished run that a person made.
fn draft(app: &TestApp, client: &Client) -> String {
    let reply = client.post("/v1/runs", &json!({ "index": "mini", "version": "1", "wave": "open" }));
    let run = reply.header("location").unwrap().to_owned();
    finish_run(app, &run);
    run
}

fn editions(app: &TestApp) -> usize {
    app.anyone().get("/v1/editions").expect(200)["items"].as_array().unwrap().len()
}

#[test]
fn a_second_key_of_the_same_person_neither_approves_nor_publishes() {
    let app = TestApp::start();
    publish(&app);
    let (lan, also_lan) = (of(&app, "Lan", Role::Statistician), of(&app, " lan ", Role::Statistician));
    let (lan_publishes, minh) = (of(&app, "LAN", Role::Publisher), of(&app, "Minh", Role::Publisher));
    let mut tried = 0;
    let mut refused = |reply: Reply| {
        tried += 1;
        reply.problem(403, "same-person");
    };
    let run = draft(&app, &lan);
    step(&also_lan, &run, "submit").expect(200);
    refused(step(&lan_publishes, &run, "approve"));
    step(&minh, &run, "approve").expect(200);
    refused(step(&lan_publishes, &run, "publish"));
    // Who only submitted it is as little a second person.
    let other = draft(&app, &of(&app, "Hoa", Role::Statistician));
    step(&lan, &other, "submit").expect(200);
    refused(step(&lan_publishes, &other, "approve"));
    let published = editions(&app);
    println!("published {published} of {tried}");
    assert_eq!(published, 0);
    step(&minh, &run, "publish").expect(200);
    assert_eq!(editions(&app), 1, "whoever approved may publish");
}

#[test]
fn an_admin_alone_gets_no_key_that_decides() {
    let app = TestApp::start();
    publish(&app);
    let run = start_run(&app);
    finish_run(&app, &run);
    let (admin, again) = (of(&app, "An", Role::Admin), of(&app, "an", Role::Admin));
    let mut keys = Vec::new();
    for (name, person, role) in [
        ("An", None, "statistician"),
        ("Somebody", None, "publisher"),
        ("Nobody", Some("Ghost"), "publisher"),
        ("Second", None, "admin"),
        ("Watcher", None, "auditor"),
    ] {
        let asked = admin.post("/v1/keys", &json!({ "name": name, "role": role, "person": person }));
        let location = asked.header("location").unwrap().to_owned();
        let proposed = asked.expect(202);
        assert_eq!((&proposed["state"], &proposed["key"]), (&json!("open"), &Value::Null));
        for client in [&admin, &again] {
            client.post(&format!("{location}:confirm"), &json!({})).problem(403, "same-person");
        }
        let half = proposed["first_half"].as_str().unwrap().to_owned();
        keys.extend([half.clone(), format!("{half}{}", "A".repeat(21))]);
    }
    let open = keys.iter().filter(|key| Client::new(app.addr, Some((*key).clone())).get("/v1/runs").status != 401).count();
    println!("recovered {open} of {} keys", keys.len());
    assert_eq!(open, 0);
    for verb in ["submit", "approve", "publish"] {
        step(&admin, &run, verb).problem(403, "forbidden");
    }
    println!("published {} of 3", editions(&app));
    assert_eq!(editions(&app), 0);
    // What decides nothing is issued at once.
    for (role, unit) in [("device", None), ("collector", None), ("agency", Some(json!({ "list": "agency-danang", "code": "SYT" })))] {
        assert!(admin.post("/v1/keys", &json!({ "name": "x", "role": role, "unit": unit })).expect(201)["key"].is_string());
    }
    let named = admin.post("/v1/keys", &json!({ "name": "kiosk", "role": "device", "person": "An" })).problem(422, "body-invalid");
    assert_eq!(named["errors"][0]["code"], "device-has-no-person");
}

#[test]
fn no_name_is_taken_for_another() {
    let app = TestApp::start();
    publish(&app);
    let admin = of(&app, "An", Role::Admin);
    drop(of(&app, "Nguyễn Thị Lan", Role::Publisher));
    admin.post("/v1/keys", &json!({ "name": "Kiosk 1", "role": "device" })).expect(201);
    admin.post("/v1/keys", &json!({ "name": " Kiosk  1", "role": "device" })).expect(201);
    let mut taken = 0;
    let mut tried = 0;
    let mut refused = |reply: Reply, at: &str, code: &str| {
        tried += 1;
        taken += usize::from(reply.status < 300);
        let problem = reply.problem(422, "body-invalid");
        assert_eq!((&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]), (&json!(at), &json!(code)), "{problem}");
    };
    let alike = ["nguyễn thị lan", "Nguyễn Thị Lan.", "Nguyễn Thị Ｌan", "NGUYỄN  THỊ LAN .", "kiosk 1", "Kiosk １", "Kiosk 1."];
    let hidden =
        ["Nguyễn Thị\u{200b} Lan", "\u{2066}Lan\u{2069}", "La\u{ad}n", "Lan\u{fe0f}", "Lan\u{e0041}", "Lan\n", "L\u{34f}an", "Lan\u{3164}"];
    for (names, code) in [(&alike[..], "name-alike"), (&hidden[..], "forbidden-character")] {
        for name in names {
            refused(admin.post("/v1/keys", &json!({ "name": name, "role": "device" })), "/name", code);
            refused(admin.post("/v1/keys", &json!({ "name": "laptop", "role": "publisher", "person": name })), "/person", code);
            refused(admin.post("/v1/persons", &json!({ "name": name, "roles": ["publisher"] })), "/name", code);
        }
    }
    for name in [" . ", "…", ""] {
        refused(admin.post("/v1/persons", &json!({ "name": name, "roles": ["publisher"] })), "/name", "out-of-bounds-length");
    }
    println!("took {taken} of {tried} names that read like another's");
    assert_eq!(taken, 0);
    // However it is composed, it is written the same.
    let composed = json!({ "name": "laptop", "role": "publisher", "person": "Nguye\u{302}\u{303}n Thi\u{323} Lan" });
    admin.post("/v1/keys", &composed).expect(202);
    admin.post("/v1/persons", &json!({ "name": "T. Lan", "roles": ["publisher"] })).expect(202);
}

#[test]
fn a_key_that_two_persons_issued_opens_with_both_halves_alone() {
    let app = TestApp::start();
    publish(&app);
    let (admin, auditor) = (of(&app, "An", Role::Admin), of(&app, "Bình", Role::Auditor));
    let asked = admin.post("/v1/keys", &json!({ "name": "Chi's laptop", "role": "publisher", "person": "Chi" }));
    let location = asked.header("location").unwrap().to_owned();
    let first = asked.expect(202)["first_half"].as_str().unwrap().to_owned();
    of(&app, "Chi", Role::Auditor).post(&format!("{location}:confirm"), &json!({})).problem(403, "same-person");
    app.client(Role::Statistician).post(&format!("{location}:confirm"), &json!({})).problem(404, "not-found");
    let confirmed = auditor.post(&format!("{location}:confirm"), &json!({})).expect(200);
    let second = confirmed["second_half"].as_str().unwrap().to_owned();
    for half in [&first, &second] {
        Client::new(app.addr, Some(half.clone())).get("/v1/runs").problem(401, "unauthenticated");
    }
    let chi = Client::new(app.addr, Some(format!("{first}{second}")));
    chi.get("/v1/runs").expect(200);
    let listed = admin.get("/v1/keys").expect(200);
    let key = listed["items"].as_array().unwrap().iter().find(|key| key["name"] == "Chi's laptop").unwrap();
    assert_eq!((&key["person"], &key["role"]), (&json!("Chi"), &json!("publisher")));
    let log = auditor.get("/v1/audit?limit=3").expect(200);
    let lines: Vec<_> = log["items"].as_array().unwrap().iter().map(|line| (&line["action"], &line["detail"]["person"])).collect();
    assert_eq!(
        lines,
        [
            (&json!("key.create"), &json!("Bình")),
            (&json!("key.issue.confirm"), &json!("Bình")),
            (&json!("key.issue.propose"), &json!("An"))
        ]
    );
    assert!(!log.to_string().contains(&first[3..]) && !log.to_string().contains(&second));
}

#[test]
fn reading_answers_leaves_a_line_with_the_person_and_so_does_trying_to() {
    let app = TestApp::start();
    publish(&app);
    let mut other = submission();
    other["unit"]["code"] = json!("SXD");
    let (mine, theirs) = (new_response(), new_response());
    let my_number = app.anyone().put(&mine, &submission()).expect(201)["seq"].clone();
    let their_number = app.anyone().put(&theirs, &other).expect(201)["seq"].clone();
    let bound = Client::new(app.addr, Some(app.key_of("Lan", Role::Statistician, Some(("agency-danang", "SYT")))));
    assert!(bound.get(&mine).expect(200)["submission"].is_object());
    let denied = bound.get(&theirs);
    assert!(!denied.text().contains("Q1"));
    denied.problem(404, "not-found");
    let log = app.client(Role::Auditor).get("/v1/audit?limit=2").expect(200);
    let lines = log["items"].as_array().unwrap();
    let told = |line: &Value| [&line["action"], &line["object"], &line["detail"]["person"], &line["detail"]["note"]].map(Clone::clone);
    let named = |number: &Value| json!(format!("response/{number}"));
    assert_eq!(told(&lines[0]), [json!("response.read.denied"), named(&their_number), json!("Lan"), json!("another unit")]);
    assert_eq!(told(&lines[1]), [json!("response.read"), named(&my_number), json!("Lan"), json!("answers of 1 response")]);
}

#[test]
fn flags_are_lifted_by_two_persons_and_count_until_then() {
    let app = TestApp::start();
    publish(&app);
    let (lan, minh) = (of(&app, "Lan", Role::Statistician), of(&app, "Minh", Role::Publisher));
    let device = app.client(Role::Device);
    let path = new_response();
    let mut fast = submission();
    fast["started_at"] = json!("2024-09-01T07:58:57+07:00");
    fast["answered_at"] = json!("2024-09-01T07:58:59+07:00");
    device.put(&path, &fast).expect(201);
    let rules = json!({ "rule_set": {
        "kind": "quality", "code": "test", "version": "1", "title": { "vi": "Thử", "en": "Test" }, "rules": { "too_fast": { "seconds": 10 } }
    } });
    let evaluation = lan.post("/v1/waves/open/quality-evaluations", &rules).header("location").unwrap().to_owned();
    worked(&app, &lan, &evaluation);
    assert_eq!(lan.get(&evaluation).expect(200)["flagged"], 1);
    let left_out = |run: &str| {
        let id = run.rsplit('/').next().unwrap().parse().unwrap();
        let mut db = app.store.db().unwrap();
        let choice = hailong::store::quality::left_out(&mut db, id).unwrap().unwrap();
        hailong::store::quality::left_out_of(&mut db, id, &choice).unwrap().len()
    };
    let run = || {
        let wish = json!({ "index": "mini", "version": "1", "wave": "open", "without_flagged": { "evaluation": 1 } });
        lan.post("/v1/runs", &wish).header("location").unwrap().to_owned()
    };
    let before = run();
    let lift = format!("{path}/flags:lift");
    let wrong = lan.post(&lift, &json!({ "evaluation": 1, "rules": ["burst"], "reason": "an old hand" })).problem(422, "body-invalid");
    assert_eq!(wrong["errors"][0]["code"], "flag-unknown");
    let proposed = lan.post(&lift, &json!({ "evaluation": 1, "reason": "an old hand" }));
    let proposal = proposed.header("location").unwrap().to_owned();
    proposed.expect(202);
    let mut tried = 0;
    for client in [&lan, &of(&app, "lan", Role::Publisher), &of(&app, "Lan", Role::Statistician)] {
        tried += 1;
        client.post(&format!("{proposal}:confirm"), &json!({})).problem(403, "same-person");
    }
    let lifted = usize::from(left_out(&run()) == 0);
    println!("recovered {lifted} of {tried}");
    assert_eq!(lifted, 0);
    minh.post(&format!("{proposal}:confirm"), &json!({})).expect(200);
    assert_eq!(lan.get(&format!("{path}/flags")).expect(200)["items"][0]["lifted"], true);
    assert_eq!((left_out(&run()), left_out(&before)), (0, 1), "runs of before keep what they froze");
    lan.post(&lift, &json!({ "evaluation": 1, "reason": "once more" })).problem(422, "body-invalid");
    // A proposal that was rejected is not done, and may be made again.
    let again = lan.post(&format!("{path}:exclude"), &json!({ "reason": "a test" })).header("location").unwrap().to_owned();
    lan.post(&format!("{again}:reject"), &json!({})).expect(200);
    minh.post(&format!("{again}:confirm"), &json!({})).problem(409, "wrong-state");
    assert_eq!(lan.get(&path).expect(200)["ended"], false);
    assert_eq!(minh.get("/v1/proposals?state=rejected").expect(200)["items"].as_array().unwrap().len(), 1);
}
