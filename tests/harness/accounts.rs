//! Persons with accounts: invited by two, enrolled by themselves.

use hailong::office::{Role, totp};
use serde_json::{Value, json};

use super::{Reply, TestApp};

pub const PASSWORD: &str = "chuồn chuồn bay thấp";

/// Somebody who has enrolled.
pub struct Person {
    pub name: &'static str,
    pub secret: Vec<u8>,
}

/// What an authenticator makes of the secret that it was given.
pub fn from_base32(text: &str) -> Vec<u8> {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = text.chars().map(|letter| format!("{:05b}", letters.find(letter).unwrap())).collect();
    bits.as_bytes().chunks_exact(8).map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap()).collect()
}

/// An invitation that an admin proposed and an auditor confirmed: both halves of the code.
pub fn invite(app: &TestApp, name: &str, roles: &[&str]) -> (String, String) {
    invited(app, &json!({ "name": name, "roles": roles }))
}

fn invited(app: &TestApp, wish: &Value) -> (String, String) {
    let asked = app.client(Role::Admin).post("/v1/persons", wish);
    let location = asked.header("location").unwrap().to_owned();
    let first = asked.expect(202)["first_half"].as_str().unwrap().to_owned();
    let confirmed = app.client(Role::Auditor).post(&format!("{location}:confirm"), &json!({})).expect(200);
    (first, confirmed["second_half"].as_str().unwrap().to_owned())
}

pub fn enrol(app: &TestApp, name: &str, code: &str) -> Reply {
    app.anyone().post("/v1/persons:enrol", &json!({ "login": name, "code": code, "password": PASSWORD }))
}

pub fn enrolled(app: &TestApp, name: &'static str, roles: &[&str]) -> Person {
    enrolled_as(app, name, invite(app, name, roles))
}

/// Somebody of an agency, or a fieldworker, who is bound to a unit.
pub fn enrolled_at(app: &TestApp, name: &'static str, role: &str, (list, code): (&str, &str)) -> Person {
    enrolled_as(app, name, invited(app, &json!({ "name": name, "roles": [role], "unit": { "list": list, "code": code } })))
}

fn enrolled_as(app: &TestApp, name: &'static str, (first, second): (String, String)) -> Person {
    let told = enrol(app, name, &format!("{first}{second}")).expect(201);
    let secret = from_base32(told["totp_secret"].as_str().unwrap());
    assert!(told["otpauth"].as_str().unwrap().contains("secret="));
    Person { name, secret }
}

pub fn code(person: &Person, now: i64) -> String {
    totp::code(&person.secret, totp::step_of(now))
}
