//! For operators: health, metrics, the log, stopping.

use std::sync::Mutex;
use std::time::Duration;

use hailong::office::Role;
use hailong::store::{Store, responses};
use serde_json::json;

use crate::harness::fixtures::{id, new_response, publish, submission};
use crate::harness::{TestApp, Wish, block_on, captured_log};

#[test]
fn a_server_says_that_it_lives_is_ready_and_which_it_is() {
    let app = TestApp::start();
    assert_eq!(app.anyone().get("/livez").text(), "ok\n");
    assert_eq!(app.anyone().get("/readyz").expect(200), json!({ "ready": true, "reasons": [] }));
    assert_eq!(app.anyone().get("/version").expect(200)["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn metrics_count_requests_by_template_and_responses_by_outcome() {
    let app = TestApp::start();
    publish(&app);
    let path = new_response();
    app.anyone().put(&path, &submission()).expect(201);
    app.anyone().put(&path, &submission()).expect(200);
    app.anyone().send("EVIL-METHOD", "/v1/none", &[], None).problem(404, "not-found");
    let text = app.anyone().get("/metrics").text();
    for line in [
        "hailong_responses_total{outcome=\"accepted\"} 1",
        "hailong_responses_total{outcome=\"duplicate\"} 1",
        "hailong_ingest_queue_depth 0",
        "http_server_request_duration_seconds_count{route=\"/v1/responses/{id}\",method=\"PUT\",status=\"201\"} 1",
        "http_server_request_duration_seconds_count{route=\"unmatched\",method=\"other\",status=\"404\"} 1",
    ] {
        assert!(text.lines().any(|known| known == line), "{line} is missing from\n{text}");
    }
    assert!(!text.contains(path.rsplit('/').next().unwrap()), "an id became a label");
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn no_secret_and_no_answer_reaches_the_log_the_metrics_or_an_error() {
    let app = TestApp::start();
    publish(&app);
    let canary = format!("canary{}", uuid::Uuid::new_v4().simple());
    let device = app.client(Role::Device);
    let mut body = submission();
    body["answers"]["note"] = json!(canary);
    device.put(&new_response(), &body).expect(201);
    body["answers"]["Q1"] = json!(canary);
    body["supersedes"] = json!(id());
    let mut errors = vec![device.put(&new_response(), &body).text()];
    errors.push(app.anyone().get(&format!("/v1/{canary}?q={canary}")).text());
    errors.push(app.anyone().get(&format!("/v1/surveys?token={canary}")).text());
    errors.push(
        app.anyone().send("GET", "/v1/surveys", &[("Authorization", &format!("Bearer {canary}")), ("X-Other", &canary)], None).text(),
    );
    errors.push(device.put_bytes(&new_response(), format!("{{\"{canary}").as_bytes()).text());
    let metrics = app.anyone().get("/metrics").text();
    let log = captured_log();
    assert!(log.contains("/v1/responses/{id"), "the log was captured");
    let key = device.key.clone().unwrap();
    for secret in [canary.as_str(), key.as_str()] {
        assert!(!log.contains(secret), "{secret} is in the log");
        assert!(!metrics.contains(secret), "{secret} is in the metrics");
        assert!(!errors[1..].iter().any(|error| error.contains(secret)), "{secret} is in an error");
    }
}

#[test]
fn a_server_that_stops_says_so_first_and_stores_what_it_acknowledged() {
    let mut app = TestApp::with(Wish { drain: Duration::from_millis(600), ..Wish::default() });
    publish(&app);
    let (acknowledged, client) = (Mutex::new(Vec::new()), app.client(Role::Device));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let (headers, body) = ([("Content-Type", "application/json")], submission().to_string());
                loop {
                    let path = new_response();
                    // The server is gone when it refuses the connection.
                    let Ok(reply) = client.try_send("PUT", &path, &headers, Some(body.as_bytes())) else { break };
                    if reply.status == 201 {
                        acknowledged.lock().unwrap().push(path);
                    }
                }
            });
        }
        std::thread::sleep(Duration::from_millis(200));
        let stopper = app.stopper();
        scope.spawn(move || block_on(stopper.stop()));
        std::thread::sleep(Duration::from_millis(200));
        let ready = app.anyone().get("/readyz");
        assert_eq!(ready.expect(503)["reasons"], json!(["draining"]));
    });
    app.stop();
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() > 10, "only {} were acknowledged", acknowledged.len());
    let store: &Store = &app.store;
    for path in &acknowledged {
        let id = path.rsplit('/').next().unwrap().parse().unwrap();
        assert!(responses::find(&mut store.db().unwrap(), id).unwrap().is_some(), "{path} was acknowledged and is lost");
    }
}
