//! The contract of a submission, row by row.

use hailong::api::role::Role;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::harness::fixtures::{self, new_response, publish, sampled, submission};
use crate::harness::{HOUR, NOW, TestApp};

#[test]
fn a_new_id_is_stored_and_gets_a_receipt() {
    let app = TestApp::start();
    publish(&app);
    let path = new_response();
    let body = submission().to_string();
    let reply = app.anyone().put_bytes(&path, body.as_bytes());
    assert_eq!((reply.status, reply.header("location")), (201, Some(path.as_str())), "{}", reply.text());
    let receipt = reply.json();
    let hash: String = Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(receipt["id"], path.rsplit('/').next().unwrap());
    assert_eq!(receipt["body_sha256"], hash, "the bytes as they were sent");
    assert_eq!(receipt["received_at"], "2024-09-01T01:00:00.000000Z");
    assert_eq!(receipt["state"], "valid");
    assert!(receipt["seq"].as_i64().is_some_and(|seq| seq > 0));
}
