//! Whatever stands in an address: no server error, and nothing that is unknown, repeated or unreadable passes in silence.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;

use serde_json::json;

use crate::harness::everything::{Everything, Operation, callers};
use crate::harness::fixtures::{new_response, open_wave, submission};
use crate::harness::{Client, Reply};

/// What to put into parameters, as it stands in the address.
fn hostile() -> Vec<String> {
    let mut values: Vec<String> =
        ["%00", "a%00b", "%FF", "%C3%28", "%zz", "%F0%9F%98%80", "'", "%25", "_", "%27%20OR%20%271", "-1", "9999999999999999999999", ""]
            .map(str::to_owned)
            .into();
    values.push("x".repeat(5_000));
    values
}

fn ask(client: &Client, operation: &Operation, address: &str) -> Reply {
    if operation.method == "GET" {
        return client.get(address);
    }
    let kind = operation.body.as_object().and_then(|kinds| kinds.keys().next()).map_or("application/json", String::as_str);
    let body = if kind == "text/csv" { "unit\n" } else { "{}" };
    client.send(&operation.method, address, &[("Content-Type", kind), ("If-Match", "*")], Some(body.as_bytes()))
}

#[test]
fn no_parameter_makes_any_operation_fail_or_answer_what_it_is_not_described_with() {
    let all = Everything::start();
    let (operations, wrong) = (all.operations(), Mutex::new(Vec::new()));
    let clients = callers(&all);
    std::thread::scope(|scope| {
        for (caller, client) in &clients {
            let (operations, all, wrong) = (&operations, &all, &wrong);
            scope.spawn(move || {
                for operation in operations.iter().filter(|operation| !operation.path.ends_with("/events")) {
                    for (_, name, _) in &operation.parameters {
                        for value in hostile() {
                            let mut given = all.good(operation).swap_remove(0);
                            given.insert(name.clone(), value.clone());
                            let address = operation.address(&given);
                            let reply = ask(client, operation, &address);
                            let nul = value.contains("%00") && !matches!(reply.status, 400 | 404);
                            if reply.status >= 500 || nul || !operation.statuses.contains(&reply.status.to_string()) {
                                let address: String = address.chars().take(120).collect();
                                wrong.lock().unwrap().push(format!("{} {address} as {caller}: {}", operation.method, reply.status));
                            }
                        }
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_parameter_that_names_nothing_is_told_from_one_without_results() {
    let all = Everything::start();
    let free = ["cursor", "limit", "title", "reason", "object"];
    let (clients, mut wrong, mut asked) = (callers(&all), Vec::new(), 0);
    for operation in all.operations() {
        for (_, name, _) in operation.parameters.iter().filter(|(place, name, _)| place == "query" && !free.contains(&name.as_str())) {
            for good in all.good(&operation) {
                // One that says which run is asked for needs the others away; one that is not about it is added to what leads somewhere.
                let mut given = good.clone();
                if matches!(name.as_str(), "edition" | "run" | "index") && operation.path != "/v1/indicator-tables/{id}/values" {
                    for other in ["edition", "run", "index", "period"] {
                        given.remove(other);
                    }
                } else if name == "period" && !given.contains_key("index") {
                    continue;
                }
                given.insert(name.clone(), if matches!(name.as_str(), "unit" | "area" | "parent") { "nope:9" } else { "nope" }.into());
                let address = operation.address(&given);
                let replies = clients.iter().map(|(_, client)| ask(client, &operation, &address));
                for reply in replies.filter(|reply| !matches!(reply.status, 401 | 403)) {
                    asked += 1;
                    let found = matches!(reply.status, 400 | 404)
                        && reply.json()["errors"].as_array().is_some_and(|errors| {
                            let named =
                                |error: &serde_json::Value| error["pointer"].as_str().is_some_and(|at| at == format!("/query/{name}"));
                            // Of the two that name a version, either may be told.
                            errors.iter().any(|error| named(error) || name == "index" && error["pointer"] == "/query/version")
                        });
                    if !found {
                        wrong.push(format!(
                            "{} {address}: {} {}",
                            operation.method,
                            reply.status,
                            reply.text().chars().take(200).collect::<String>()
                        ));
                        break;
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty() && asked > 100, "{asked} asked, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
    // … while what is there and has no scores is an empty list.
    let none = all.app.anyone().get("/v1/scores?index=mini&unit=vn-34:01").expect(200);
    assert_eq!(none["items"], json!([]));
}

#[test]
fn an_address_of_a_million_characters_is_refused() {
    let all = Everything::start();
    for start in ["/v1/units?list=", "/v1/units/vn-34/", "/v1/surveys/"] {
        let mut stream = TcpStream::connect(all.app.addr).unwrap();
        // The server may hang up while this is still being written.
        let _ = stream.write_all(format!("GET {start}{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(1_000_000)).as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{start}: {answer}");
    }
    assert_eq!(all.app.anyone().get("/livez").status, 200);
}

#[test]
fn every_operation_refuses_parameters_that_it_does_not_know_or_that_are_repeated() {
    let all = Everything::start();
    let mut wrong = Vec::new();
    for operation in all.operations() {
        let given = all.good(&operation).swap_remove(0);
        let address = operation.address(&given);
        let joint = if address.contains('?') { '&' } else { '?' };
        let mut queries = vec![("colour".to_owned(), format!("{address}{joint}colour=red"), "unknown-parameter")];
        for (_, name, _) in operation.parameters.iter().filter(|(place, _, _)| place == "query") {
            queries.push((name.clone(), format!("{address}{joint}{name}=a&{name}=a"), "repeated-parameter"));
        }
        for (name, address, code) in queries {
            let reply = ask(&all.app.anyone(), &operation, &address);
            let found = if reply.status == 400 { reply.json()["errors"].as_array().cloned().unwrap_or_default() } else { Vec::new() };
            if !found.iter().any(|finding| finding["code"] == code && finding["pointer"] == format!("/query/{name}")) {
                wrong.push(format!("{}: {address}: {}", operation.name, reply.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let problem = all.app.anyone().get("/v1/units?lst=vn-34").problem(400, "query-invalid");
    let detail = problem["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("lst") && detail.contains("list, kind, as_of, parent, cursor, limit"), "{detail}");
}

#[test]
fn a_nul_in_a_body_is_a_finding_with_its_place() {
    let all = Everything::start();
    let [statistician, admin] = [hailong::office::Role::Statistician, hailong::office::Role::Admin].map(|role| all.app.client(role));
    let mut wave = open_wave();
    wave["title"]["vi"] = json!("a\0b");
    let problem = statistician.put("/v1/waves/new", &wave).problem(422, "body-invalid");
    assert_eq!((&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]), (&json!("/title/vi"), &json!("nul-character")));
    let problem = admin.post("/v1/keys", &json!({ "name": "a\0", "role": "device" })).problem(422, "body-invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/name");
    let run = json!({ "index": "mini\0", "version": "1", "wave": "open" });
    assert_eq!(statistician.post("/v1/runs", &run).problem(422, "body-invalid")["errors"][0]["pointer"], "/index");

    // Of definitions and submissions every text in turn.
    let device = all.app.client(hailong::office::Role::Device);
    let mut wrong = Vec::new();
    let mut check = |what: &str, reply: &Reply| {
        if reply.status >= 500 {
            wrong.push(format!("{what}: {} {}", reply.status, reply.text()));
        }
    };
    for pointer in texts(&submission()) {
        let mut body = submission();
        *body.pointer_mut(&pointer).unwrap() = json!("a\0b");
        check(&pointer, &device.put(&new_response(), &body));
        check(&pointer, &all.app.anyone().put(&new_response(), &body));
        body["id"] = json!(crate::harness::fixtures::id());
        check(&pointer, &device.post("/v1/responses:batch", &json!({ "responses": [body] })));
    }
    for (path, definition) in [
        ("/v1/surveys/mini/versions/2", crate::harness::fixtures::questionnaire()),
        ("/v1/indices/mini/versions/2", crate::harness::fixtures::index()),
        ("/v1/indices/mixed/versions/2026", crate::harness::composites::mixed()),
    ] {
        for pointer in texts(&definition) {
            let mut body = definition.clone();
            *body.pointer_mut(&pointer).unwrap() = json!("a\0b");
            check(&format!("{path} {pointer}"), &statistician.put(path, &body));
        }
    }
    let csv = |path: &str, text: &str| statistician.send("POST", path, &[("Content-Type", "text/csv")], Some(text.as_bytes()));
    check("units", &csv("/v1/units", "list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from\nx,1,agency,a\0b,,,,2020-01-01\n"));
    check("table", &csv("/v1/indicator-tables?index=mixed&version=2025&title=x", "unit,plan\nS\0YT,60\n"));
    check("table", &csv("/v1/indicator-tables?index=mixed&version=2025&title=x", "unit,pl\0an\nSYT,60\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The pointers of every text in a value.
fn texts(value: &serde_json::Value) -> Vec<String> {
    fn walk(value: &serde_json::Value, at: &str, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(_) => found.push(at.to_owned()),
            serde_json::Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| walk(item, &format!("{at}/{index}"), found));
            }
            serde_json::Value::Object(members) => members.iter().for_each(|(name, value)| walk(value, &format!("{at}/{name}"), found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}
