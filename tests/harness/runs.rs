//! The way of a run to publication, and a worker's part.

use std::ops::ControlFlow;
use std::sync::Arc;

use hailong::jobs::{Worker, run};
use hailong::office::Role;
use hailong::store::{jobs, runs};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Client, HOUR, NOW, TestApp};

/// Starts a run; gives its address.
pub fn start(statistician: &Client, request: &Value) -> String {
    let reply = statistician.post("/v1/runs", request);
    assert_eq!(reply.status, 202, "{}", reply.text());
    reply.header("location").unwrap().to_owned()
}

/// Does a worker's part of a run, as a worker does it.
pub fn work(app: &TestApp, run: &str) {
    let id = uuid_of(run);
    let mut db = app.store.db().unwrap();
    let lease = jobs::claim_one(&mut db, id, NOW + HOUR).unwrap();
    let started = runs::start(&mut db, id, NOW).unwrap();
    let computed = run::compute(&mut db, &started, &|_, _, _| ControlFlow::Continue(()));
    let done = run::conclude(&mut db, lease, &computed, NOW).unwrap();
    assert_eq!(done.error, None);
}

/// Has a worker do what is queued until what is at an address is no longer waiting; gives what it came to.
pub fn worked(app: &TestApp, client: &Client, address: &str) -> Value {
    let mut worker = Worker::start(app.store.clone(), Arc::new(|| NOW + HOUR), true).unwrap();
    let done = client.settled(address);
    worker.stop();
    done
}

/// Takes a finished run as far as `:approve`.
pub fn approve(app: &TestApp, run: &str, preview: bool) {
    app.client(Role::Statistician).step(&format!("{run}:submit"), "*", None).expect(200);
    app.client(Role::Publisher).step(&format!("{run}:approve"), "*", Some(&json!({ "preview": preview }))).expect(200);
}

/// Takes a finished run to publication; gives the name of its edition.
pub fn release(app: &TestApp, run: &str) -> String {
    approve(app, run, false);
    app.client(Role::Publisher).step(&format!("{run}:publish"), "*", None).expect(200);
    let anyone = app.anyone();
    let editions = anyone.get("/v1/editions").expect(200);
    let mut codes = editions["items"].as_array().unwrap().iter().map(|edition| edition["code"].as_str().unwrap().to_owned());
    codes.find(|code| anyone.get(&format!("/v1/editions/{code}")).json()["run"] == id_of(run)).unwrap()
}

pub fn id_of(run: &str) -> &str {
    run.rsplit('/').next().unwrap()
}

pub fn uuid_of(run: &str) -> Uuid {
    id_of(run).parse().unwrap()
}
