//! Runs and their way to publication, which takes two people.

use diesel::RunQueryDsl as _;
use hailong::office::Role;
use serde_json::{Value, json};

use crate::harness::composites::{self, index_with};
use crate::harness::fixtures::{finish_run, new_response, open_wave, publish, start_run, submission};
use crate::harness::runs::{approve, id_of, release, start, uuid_of, work};
use crate::harness::{Client, TestApp};

/// Takes a step on a run as it is now.
fn step(client: &Client, run: &str, verb: &str, body: Option<&Value>) -> crate::harness::Reply {
    let tag = client.get(run).etag();
    client.step(&format!("{run}:{verb}"), &tag, body)
}

#[test]
fn a_run_freezes_its_inputs_and_is_queued() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    let request = json!({ "index": "mini", "version": "1", "wave": "open", "parameters": { "w": 0.25 }, "seed": 42 });
    let reply = statistician.post("/v1/runs", &request);
    let location = reply.header("location").unwrap().to_owned();
    let run = reply.expect(202);
    assert_eq!((&run["state"], &run["seed"], &run["parameters"]), (&json!("queued"), &json!(42), &json!({ "w": 0.25 })));
    assert_eq!(statistician.get(&location).expect(200), run);
    let progress = statistician.get(&format!("{location}/progress")).expect(200);
    assert_eq!((&progress["state"], &progress["ended"]), (&json!("queued"), &json!(false)));
}

#[test]
fn a_run_as_of_a_day_freezes_what_had_arrived_by_then() {
    let app = TestApp::start();
    publish(&app);
    let (statistician, anyone) = (app.client(Role::Statistician), app.anyone());
    let send = || anyone.put(&crate::harness::fixtures::new_response(), &crate::harness::fixtures::submission()).expect(201);
    let first = send();
    app.set_now(crate::harness::NOW + crate::harness::HOUR);
    let second = send();
    let start = |as_of: Option<&str>| {
        let mut request = json!({ "index": "mini", "version": "1", "wave": "open" });
        if let Some(as_of) = as_of {
            request["as_of"] = as_of.into();
        }
        statistician.post("/v1/runs", &request)
    };
    assert_eq!(start(None).expect(202)["high_water_seq"], second["seq"]);
    assert_eq!(start(Some("2024-09-01T08:30:00+07:00")).expect(202)["high_water_seq"], first["seq"]);
    assert_eq!(start(Some("2020-01-01T00:00:00Z")).expect(202)["high_water_seq"], 0);
    let problem = start(Some("yesterday")).problem(422, "body-invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/as_of");
}

#[test]
fn a_run_that_cannot_be_is_refused() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    let with = |name: &str, value: Value| {
        let mut request = json!({ "index": "mini", "version": "1", "wave": "open" });
        request[name] = value;
        statistician.post("/v1/runs", &request)
    };
    with("version", json!("9")).problem(404, "not-found");
    with("wave", json!("none")).problem(404, "wave-unknown");
    for parameters in [json!({ "w": 2 }), json!({ "v": 0.5 })] {
        let problem = with("parameters", parameters).problem(422, "body-invalid");
        assert!(problem["errors"][0]["pointer"].as_str().unwrap().starts_with("/parameters/"));
    }
    with("seed", json!(-1)).problem(422, "body-invalid");
    with("state", json!("published")).problem(422, "body-invalid");
}

#[test]
fn two_people_take_a_run_to_publication() {
    let app = TestApp::start();
    publish(&app);
    let (statistician, publisher) = (app.client(Role::Statistician), app.client(Role::Publisher));
    let run = start_run(&app);
    step(&statistician, &run, "submit", None).problem(409, "wrong-state");
    finish_run(&app, &run);
    publisher.step(&format!("{run}:approve"), "*", None).problem(409, "wrong-state");
    statistician.post(&format!("{run}:submit"), &json!({})).problem(428, "precondition-required");
    statistician.step(&format!("{run}:submit"), "\"r1\"", None).problem(412, "precondition-failed");
    assert_eq!(step(&statistician, &run, "submit", None).expect(200)["state"], "submitted");
    step(&statistician, &run, "approve", None).problem(403, "forbidden");
    assert_eq!(step(&publisher, &run, "approve", None).expect(200)["state"], "approved");
    assert_eq!(step(&publisher, &run, "publish", None).expect(200)["state"], "published");
    let edition = app.anyone().get("/v1/editions/open.1").expect(200);
    assert_eq!((&edition["state"], &edition["digest"]), (&json!("published"), &json!("00".repeat(32))));
    let done: Vec<Value> =
        statistician.get(&run).expect(200)["steps"].as_array().unwrap().iter().map(|step| step["step"].clone()).collect();
    assert_eq!(done, ["created", "started", "finished", "submitted", "approved", "published"]);

    step(&publisher, &run, "withdraw", Some(&json!({ "reason": "" }))).problem(422, "body-invalid");
    assert_eq!(step(&publisher, &run, "withdraw", Some(&json!({ "reason": "a wrong weight" }))).expect(200)["state"], "withdrawn");
    let edition = app.anyone().get("/v1/editions/open.1").expect(200);
    assert_eq!((&edition["state"], &edition["withdrawn_reason"]), (&json!("withdrawn"), &json!("a wrong weight")));
    app.anyone().get("/v1/scores?edition=open.1").problem(404, "not-found");
    let actions: Vec<Value> = app.client(Role::Auditor).get("/v1/audit?limit=5").expect(200)["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["action"].clone())
        .collect();
    assert_eq!(actions, ["run.withdraw", "run.publish", "run.approve", "run.submit", "run.create"]);
}

#[test]
fn whoever_submitted_cannot_approve_even_with_another_role() {
    let app = TestApp::start();
    publish(&app);
    let run = start_run(&app);
    finish_run(&app, &run);
    let publisher = app.client(Role::Publisher);
    let id = run.rsplit('/').next().unwrap().parse().unwrap();
    // As if this key had been a statistician's when it submitted: the store compares people, not roles.
    let keys = app.client(Role::Admin).get("/v1/keys").expect(200);
    let key = keys["items"].as_array().unwrap().iter().find(|key| key["role"] == "publisher").unwrap();
    let actor = format!("{}#{}", key["name"].as_str().unwrap(), key["id"]);
    let mut db = app.store.db().unwrap();
    let seen = hailong::store::runs::get(&mut db, id).unwrap();
    let step_by = hailong::store::runs::Step { revision: seen.revision, actor: &actor, now: 1 };
    hailong::store::runs::submit(&mut db, id, step_by).unwrap();
    step(&publisher, &run, "approve", None).problem(403, "same-person");
    assert_eq!(step(&app.client(Role::Publisher), &run, "approve", None).expect(200)["state"], "approved");
}

#[test]
fn of_two_steps_at_once_one_wins() {
    let app = TestApp::start();
    publish(&app);
    let run = start_run(&app);
    finish_run(&app, &run);
    let statistician = app.client(Role::Statistician);
    let tag = statistician.get(&run).etag();
    let path = format!("{run}:submit");
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let both: Vec<_> = (0..2).map(|_| scope.spawn(|| statistician.step(&path, &tag, None).status)).collect();
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}

#[test]
fn a_run_can_be_called_off_and_a_preview_is_never_published() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    let run = start_run(&app);
    assert_eq!(step(&statistician, &run, "cancel", None).expect(200)["state"], "cancelled");
    step(&statistician, &run, "cancel", None).problem(409, "wrong-state");
    statistician.get(&format!("/v1/scores?run={}", run.rsplit('/').next().unwrap())).problem(409, "wrong-state");
    let request = json!({ "index": "mini", "version": "1", "wave": "open", "preview": true });
    let preview = statistician.post("/v1/runs", &request).header("location").unwrap().to_owned();
    finish_run(&app, &preview);
    step(&statistician, &preview, "submit", None).problem(409, "wrong-state");
}

#[test]
fn runs_are_paged_the_newest_first() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    // All in the same instant: the id decides, and no run is skipped.
    let mut started: Vec<String> = (0..5).map(|_| start_run(&app).rsplit('/').next().unwrap().to_owned()).collect();
    let (mut listed, mut next) = (Vec::new(), Some("/v1/runs?wave=open&state=queued&limit=2".to_owned()));
    while let Some(path) = next {
        let page = statistician.get(&path).expect(200);
        listed.extend(page["items"].as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()));
        next = page["next"].as_str().map(str::to_owned);
    }
    started.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(listed, started);
    statistician.get("/v1/runs?state=lost").problem(400, "query-invalid");
}

#[test]
fn progress_is_a_stream_that_ends_with_the_computation() {
    let app = TestApp::start();
    publish(&app);
    let (run, statistician) = (start_run(&app), app.client(Role::Statistician));
    let path = format!("{run}/events");
    let stream = std::thread::spawn(move || statistician.get(&path));
    std::thread::sleep(std::time::Duration::from_millis(700));
    finish_run(&app, &run);
    let reply = stream.join().unwrap();
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    let text = reply.text();
    let states: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str::<Value>(data).unwrap()["state"].clone())
        .collect();
    assert_eq!((states.first(), states.last()), (Some(&json!("queued")), Some(&json!("draft"))), "{text}");
}

#[test]
fn the_editions_of_a_wave_and_of_a_composite_index_of_the_same_name_are_both_published_in_either_order() {
    for wave_first in [true, false] {
        let app = TestApp::start();
        publish(&app);
        let statistician = app.client(Role::Statistician);
        statistician.put("/v1/waves/mixed-2025", &open_wave()).expect(201);
        let survey = start(&statistician, &json!({ "index": "mini", "version": "1", "wave": "mixed-2025" }));
        finish_run(&app, &survey);
        let mut definition = composites::mixed();
        definition["tree"]["children"].as_array_mut().unwrap().remove(0);
        definition["targets"] = json!([]);
        let table = index_with(&statistician, &definition, composites::PLANS);
        let composite = start(&statistician, &json!({ "index": "mixed", "version": "2025", "tables": [table] }));
        work(&app, &composite);
        let order = if wave_first { [&survey, &composite] } else { [&composite, &survey] };
        let mut names = order.map(|run| release(&app, run));
        names.sort();
        assert_eq!(names, ["mixed-2025.1", "mixed@2025.1"]);
    }
}

#[test]
fn a_name_that_an_edition_of_before_has_is_passed_over() {
    let app = TestApp::start();
    publish(&app);
    let first = start_run(&app);
    finish_run(&app, &first);
    // As a composite index `open` / … was named before editions of both kinds had names of their own.
    approve(&app, &first, false);
    let seen = hailong::store::runs::get(&mut app.store.db().unwrap(), uuid_of(&first)).unwrap();
    let step = hailong::store::runs::Step { revision: seen.revision, actor: "minh", now: 1 };
    hailong::store::runs::publish(&mut app.store.db().unwrap(), seen.id, "mixed-2025.1", step).unwrap();
    app.client(Role::Statistician).put("/v1/waves/mixed-2025", &open_wave()).expect(201);
    let second = start(&app.client(Role::Statistician), &json!({ "index": "mini", "version": "1", "wave": "mixed-2025" }));
    finish_run(&app, &second);
    assert_eq!(release(&app, &second), "mixed-2025.2");
}

/// A run over twelve answers of one department and four of another, as a worker computes it.
fn run_of_sixteen(app: &TestApp) -> String {
    publish(app);
    for place in 0..16_u8 {
        let mut body = submission();
        body["unit"]["code"] = json!(if place < 12 { "SYT" } else { "SXD" });
        body["answers"] = json!({ "Q1": (1 + place % 5).to_string(), "Q2": (1 + place / 4).to_string() });
        app.anyone().put(&new_response(), &body).expect(201);
    }
    start_run(app)
}

#[test]
fn a_run_tells_the_office_how_much_of_it_is_hidden_and_by_which_rule() {
    let app = TestApp::start();
    let run = run_of_sixteen(&app);
    let statistician = app.client(Role::Statistician);
    assert_eq!(statistician.get(&run).expect(200)["publication"], Value::Null, "nothing is known yet");
    work(&app, &run);
    let told = statistician.get(&run).expect(200)["publication"].clone();
    let scores = statistician.get(&format!("/v1/scores?run={}", id_of(&run))).expect(200);
    let figures: Vec<&Value> = scores["items"].as_array().unwrap().iter().filter(|figure| figure["value"].is_f64()).collect();
    let few = figures.iter().filter(|figure| figure["hidden"] == "few_answers").count();
    let beside = figures.iter().filter(|figure| figure["hidden"] == "protects_sibling").count();
    assert_eq!((figures.len(), few), (9, 3), "the nation and two departments, by three nodes: {scores}");
    assert!(beside > 0, "the nation less the other would tell it");
    let wanted = json!({ "few_answers": few, "protects_sibling": beside });
    assert_eq!((&told["figures"], &told["hidden"], &told["carried"]), (&json!(9), &json!(few + beside), &json!(0)));
    assert_eq!(told["by_rule"], wanted, "{told}");
    assert!((told["share"].as_f64().unwrap() - told["hidden"].as_f64().unwrap() / 9.0).abs() < 1e-12);
    let listed = statistician.get("/v1/runs").expect(200);
    assert_eq!(listed["items"][0]["publication"], told);
    let bound = app.client_of(Role::Statistician, Some(("agency-danang", "SYT")));
    assert_eq!(bound.get(&run).expect(200)["publication"], Value::Null, "which rule hides others is not for one unit");
}

#[test]
fn a_run_of_before_there_were_rules_of_what_is_hidden_is_not_published() {
    let app = TestApp::start();
    let run = run_of_sixteen(&app);
    work(&app, &run);
    let mut db = app.store.db().unwrap();
    assert_eq!(diesel::sql_query("DELETE FROM run_disclosure").execute(&mut *db).unwrap(), 1);
    drop(db);
    let (statistician, publisher) = (app.client(Role::Statistician), app.client(Role::Publisher));
    assert_eq!(statistician.get(&run).expect(200)["publication"], Value::Null);
    step(&statistician, &run, "submit", None).expect(200);
    step(&publisher, &run, "approve", Some(&json!({ "preview": true }))).problem(409, "not-settled");
    step(&publisher, &run, "approve", None).expect(200);
    step(&publisher, &run, "publish", None).problem(409, "not-settled");
    app.anyone().get("/v1/scores?index=mini").problem(404, "not-found");
    // Computed again it is.
    let again = start_run(&app);
    work(&app, &again);
    assert_eq!(release(&app, &again), "open.1");
}
