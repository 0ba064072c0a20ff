//! The description of the API: generated from the code, checked in, and complete.

use std::path::Path;

use hailong::office::{Code, Role};

use crate::harness::TestApp;
use crate::harness::everything::Everything;
use crate::harness::fixtures::open_wave;

/// Set it to write the description anew after a change that was meant.
const REWRITE: &str = "HAILONG_WRITE_OPENAPI";

#[test]
fn the_description_is_the_one_that_is_checked_in() {
    let app = TestApp::start();
    let served = app.anyone().get("/v1/openapi.json");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, &served.body).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap();
    assert!(known == served.text(), "docs/openapi.json is not what the code says; if that was meant, run with {REWRITE}=1");
}

#[test]
fn every_operation_is_named_explained_and_in_one_group() {
    let app = TestApp::start();
    let description = app.anyone().get("/v1/openapi.json").json();
    assert_eq!(description["openapi"], "3.1.0");
    let mut names = std::collections::HashSet::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} twice");
            assert!(operation["summary"].as_str().is_some_and(|summary| summary.len() > 5), "{method} {path} is not explained");
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{method} {path}");
            assert!(!path.contains("[^"), "{path} shows how it is matched");
        }
    }
    assert!(names.len() > 40, "{}", names.len());
}

#[test]
fn every_reference_in_the_description_leads_somewhere() {
    fn walk(value: &serde_json::Value, root: &serde_json::Value) {
        match value {
            serde_json::Value::Object(members) => {
                if let Some(target) = members.get("$ref").and_then(|target| target.as_str()) {
                    assert!(root.pointer(target.trim_start_matches('#')).is_some(), "{target} is not there");
                }
                members.values().for_each(|member| walk(member, root));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, root)),
            _ => {}
        }
    }
    let app = TestApp::start();
    let description = app.anyone().get("/v1/openapi.json").json();
    walk(&description, &description);
}

#[test]
fn what_needs_if_match_says_so_and_is_refused_without() {
    let all = Everything::start();
    let clients: Vec<_> = [Role::Statistician, Role::Publisher].map(|role| all.app.client(role)).into();
    let mut wrong = Vec::new();
    for operation in all.operations().into_iter().filter(|operation| operation.method != "GET") {
        let described = all.description["paths"][&operation.path][operation.method.to_ascii_lowercase()]["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|parameter| {
                parameter["$ref"] == "#/components/parameters/IfMatch" || parameter["$ref"] == "#/components/parameters/IfMatchOfOld"
            });
        let body = match operation.name.as_str() {
            "put_wave" => open_wave().to_string(),
            "return_run" | "withdraw_run" => r#"{"reason":"because"}"#.to_owned(),
            _ => "{}".to_owned(),
        };
        let body = (!operation.body.is_null()).then_some(body.as_bytes());
        let address = operation.address(&all.good(&operation)[0]);
        let refused = clients
            .iter()
            .any(|client| client.send(&operation.method, &address, &[("Content-Type", "application/json")], body).status == 428);
        if refused != described {
            wrong.push(format!("{}: refused {refused}, described {described}", operation.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_two_bodies_have_one_name() {
    // In the description a body is known by its name alone: the later of two would stand for both.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
    let (mut names, mut twice) = (std::collections::HashSet::new(), Vec::new());
    let mut files = Vec::new();
    crate::architecture::rust_files(&folder, &mut files);
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let bodies = text.split("ToSchema)]").skip(1).filter_map(|rest| rest.split("struct ").nth(1));
        let bodies: Vec<String> = bodies.map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect()).collect();
        twice.extend(bodies.into_iter().filter(|name| !names.insert(name.clone())));
    }
    assert_eq!(twice, Vec::<String>::new());
    assert!(names.len() > 50, "{}", names.len());
}

#[test]
fn every_bound_that_is_checked_is_described() {
    let (mut files, mut wrong, mut bounds) = (Vec::new(), Vec::new(), 0);
    for folder in ["src/api", "src/office"] {
        crate::architecture::rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (line, next) in lines.iter().zip(lines.iter().skip(1)) {
            let checked = ["length(", "range("].iter().find_map(|kind| line.strip_prefix("#[validate(")?.strip_prefix(kind));
            let Some(checked) = checked.and_then(|rest| rest.strip_suffix("))]")) else { continue };
            bounds += 1;
            let (_, described) = next.split_once('(').unwrap_or_default();
            let described = ["_length", "_items"].iter().fold(described.to_owned(), |text, end| text.replace(end, ""));
            let described = described.replace("minimum", "min").replace("maximum", "max");
            if described.strip_suffix(")]") != Some(checked) {
                wrong.push(format!("{}: {line} / {next}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty() && bounds > 15, "{bounds} bounds; {}", wrong.join("\n"));
}

#[test]
fn the_table_of_problems_in_the_documentation_is_the_one_in_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api-design.md");
    let text = std::fs::read_to_string(path).unwrap();
    let written: Vec<&str> =
        text.lines().skip_while(|line| !line.starts_with("| status | code |")).skip(2).take_while(|line| line.starts_with('|')).collect();
    let row = |code: &Code| format!("| {} | `{}` | {} |", code.status(), code.as_str(), code.meaning());
    let known: Vec<String> = Code::ALL.iter().map(row).collect();
    assert_eq!(written, known);
}
