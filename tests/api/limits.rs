//! What protects the server: sizes, deadlines, rates, a bounded queue.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use hailong::http::limit::Rates;
use hailong::http::state::Limits;
use hailong::office::Role;
use hailong::store::writer::WriterOptions;

use crate::harness::fixtures::{new_response, publish, submission};
use crate::harness::{TestApp, Wish};

#[test]
fn a_body_past_its_bound_is_refused_before_it_is_read() {
    let app = TestApp::start();
    publish(&app);
    let mut large = submission();
    large["answers"]["note"] = "x".repeat(70_000).into();
    let problem = app.anyone().put(&new_response(), &large).problem(413, "body-too-large");
    assert_eq!(problem["max_bytes"], 65_536);
    let huge = vec![b' '; 9 * 1024 * 1024];
    app.client(Role::Statistician).put_bytes("/v1/surveys/mini/versions/2", &huge).problem(413, "body-too-large");
}

#[test]
fn a_chunked_body_is_bounded_too() {
    let app = TestApp::start();
    let mut connection = TcpStream::connect(app.addr).unwrap();
    let head =
        format!("PUT {} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", new_response());
    connection.write_all(head.as_bytes()).unwrap();
    let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
    for _ in 0..6 {
        if connection.write_all(chunk.as_bytes()).is_err() {
            break;
        }
    }
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[test]
fn a_slow_body_is_given_up_and_its_connection_closed() {
    let app = TestApp::start();
    let mut connection = TcpStream::connect(app.addr).unwrap();
    let head = format!("PUT {} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{", new_response());
    connection.write_all(head.as_bytes()).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let (started, mut answer) = (Instant::now(), String::new());
    connection.read_to_string(&mut answer).expect("the server closes the connection");
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("\"request-timeout\""), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[test]
fn a_full_queue_says_when_to_come_again() {
    let writer = WriterOptions { queue: 0, ..WriterOptions::default() };
    let app = TestApp::with(Wish { writer, ..Wish::default() });
    publish(&app);
    let path = new_response();
    let reply = app.anyone().put(&path, &submission());
    assert_eq!(reply.header("retry-after"), Some("1"));
    reply.problem(503, "overloaded");
    let batch = serde_json::json!({ "responses": [{ "id": path.rsplit('/').next().unwrap() }] });
    let reply = app.client(Role::Collector).post("/v1/responses:batch", &batch).expect(200);
    assert_eq!(reply["results"][0]["status"], 422, "what is wrong is refused without the queue");
}

#[test]
fn too_many_requests_wait_and_others_do_not_notice() {
    let few = |n| NonZeroU32::new(n).unwrap();
    let rates = Rates { key_per_second: few(2), peer_per_second: few(3), failures_per_minute: few(2), ..Rates::DEFAULT };
    let limits = Limits { rates: Some(rates), ..Limits::default() };
    let app = TestApp::with(Wish { limits, ..Wish::default() });
    let (one, other) = (app.client(Role::Statistician), app.client(Role::Statistician));
    let refused = (0..20).map(|_| one.get("/v1/surveys")).find(|reply| reply.status == 429).expect("a limit");
    assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    refused.problem(429, "rate-limited");
    other.get("/v1/surveys").expect(200);
    let unknown = crate::harness::Client::new(app.addr, Some(format!("hl_{}", "a".repeat(43))));
    let guesses: Vec<u16> = (0..4).map(|_| unknown.get("/v1/surveys").status).collect();
    assert_eq!(guesses, [401, 401, 429, 429]);
    assert_eq!(app.anyone().get("/livez").status, 200, "health is not counted");
}
