//! Clients by kind of key. An answer is looked at, never turned into an error.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::http::{Request, Response};

/// How long a test waits for what a worker does.
const PATIENCE: Duration = Duration::from_secs(300);

/// Whoever asks.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    pub key: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn etag(&self) -> String {
        self.header("etag").expect("an ETag").to_owned()
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }

    /// The answer's JSON, having that status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem, being in the one envelope with that status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.header("content-type")), (status, Some("application/problem+json")), "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], format!("/v1/problems/{code}"));
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        problem
    }
}

impl Client {
    pub fn new(addr: SocketAddr, key: Option<String>) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).max_redirects(0);
        Self { agent: config.build().into(), base: format!("http://{addr}"), key }
    }

    /// Sends whatever it is told.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Reply {
        self.try_send(method, path, headers, body).unwrap()
    }

    /// The same, where the server may be gone.
    pub fn try_send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Result<Reply, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(key) = &self.key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body)?),
            None => self.agent.run(request.body(())?),
        };
        let (head, mut body): (_, ureq::Body) = Response::into_parts(answer?);
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body: body.read_to_vec()? })
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[], None)
    }

    pub fn put(&self, path: &str, body: &Value) -> Reply {
        self.put_bytes(path, body.to_string().as_bytes())
    }

    pub fn put_bytes(&self, path: &str, body: &[u8]) -> Reply {
        self.send("PUT", path, &[("Content-Type", "application/json")], Some(body))
    }

    pub fn put_if(&self, path: &str, etag: &str, body: &Value) -> Reply {
        self.send("PUT", path, &[("Content-Type", "application/json"), ("If-Match", etag)], Some(body.to_string().as_bytes()))
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[("Content-Type", "application/json")], Some(body.to_string().as_bytes()))
    }

    /// Asks until what is at an address is no longer waiting.
    pub fn settled(&self, address: &str) -> Value {
        let since = Instant::now();
        loop {
            let now = self.get(address).expect(200);
            if !["pending", "queued", "running"].contains(&now["state"].as_str().unwrap()) {
                return now;
            }
            assert!(since.elapsed() < PATIENCE, "{now}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Takes a step on a thing as it was seen.
    pub fn step(&self, path: &str, etag: &str, body: Option<&Value>) -> Reply {
        let text = body.map(ToString::to_string);
        let headers = [("If-Match", etag), ("Content-Type", "application/json")];
        self.send("POST", path, &headers, Some(text.as_deref().unwrap_or_default().as_bytes()))
    }
}
