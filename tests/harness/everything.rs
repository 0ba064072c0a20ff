//! A server with one of everything, and the operations of its description with parameters that lead to it.

use std::collections::BTreeMap;

use hailong::office::Role;
use serde_json::{Value, json};

use super::composites::{PLANS, index_with, mixed};
use super::fixtures::{finish_run, new_response, publish, sampled, start_run, submission};
use super::runs::{id_of, release, start, work};
use super::{Client, TestApp};

/// A server that has everything, and where it is.
pub struct Everything {
    pub app: TestApp,
    pub description: Value,
    /// A collector and a device that sent a response each.
    senders: Vec<(Role, Client)>,
    responses: Vec<String>,
    runs: Vec<String>,
    editions: Vec<String>,
    table: String,
}

/// An operation of the description.
#[derive(Clone)]
pub struct Operation {
    pub method: String,
    pub path: String,
    pub name: String,
    pub body: Value,
    /// The statuses that it is described with.
    pub statuses: Vec<String>,
    /// Its parameters in the path and in the query: where, name, whether it is required.
    pub parameters: Vec<(String, String, bool)>,
}

/// Every caller that there is, with what to call it: nobody, and each role.
pub fn callers(all: &Everything) -> Vec<(String, Client)> {
    let mut callers = vec![("anyone".to_owned(), all.app.anyone())];
    callers.extend(all.senders.iter().map(|(role, client)| (role.as_str().to_owned(), client.clone())));
    let others = Role::ALL.into_iter().filter(|role| !all.senders.iter().any(|(sender, _)| sender == role));
    callers.extend(others.map(|role| (role.as_str().to_owned(), all.app.client(role))));
    callers
}

impl Everything {
    pub fn start() -> Self {
        let app = TestApp::start();
        publish(&app);
        let statistician = app.client(Role::Statistician);
        let collector = app.client_of(Role::Collector, None);
        let device = app.client_of(Role::Device, None);
        let (one, other, gone) = (new_response(), new_response(), new_response());
        device.put(&one, &submission()).expect(201);
        collector.put(&other, &sampled()).expect(201);
        device.put(&gone, &submission()).expect(201);
        statistician.delete(&format!("{gone}?reason=because")).expect(204);
        statistician.post(&format!("{one}:exclude"), &json!({ "reason": "for the test" })).expect(202);
        let survey = start_run(&app);
        finish_run(&app, &survey);
        let table = index_with(&statistician, &mixed(), PLANS);
        let factors = json!({ "kind": "sensitivity", "index": "mixed", "replicates": 20, "factors": [
            { "code": "weights", "kind": "weight_noise", "noise": [{ "amount": 0.25 }] }
        ] });
        let request = json!({
            "index": "mixed", "version": "2025", "tables": [table], "surveys": [{ "run": id_of(&survey) }], "sensitivity": factors
        });
        let composite = start(&statistician, &request);
        work(&app, &composite);
        release(&app, &survey);
        release(&app, &composite);
        let rules = json!({ "rule_set": {
            "kind": "quality", "code": "test", "version": "1", "title": { "vi": "Thử", "en": "Test" },
            "rules": { "too_fast": { "seconds": 10 } }
        } });
        statistician.post("/v1/waves/open/quality-evaluations", &rules).expect(202);
        let queued = start_run(&app);
        let listed = app.anyone().get("/v1/editions").expect(200);
        let editions: Vec<String> = listed["items"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap().to_owned()).collect();
        let description = app.anyone().get("/v1/openapi.json").json();
        Self {
            app,
            description,
            senders: vec![(Role::Device, device), (Role::Collector, collector)],
            responses: [&one, &other, &gone].map(|path| id_of(path).to_owned()).into(),
            runs: [&survey, &composite, &queued].map(|path| id_of(path).to_owned()).into(),
            editions,
            table: table.to_string(),
        }
    }

    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, methods) in self.description["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                let parameters = parameters
                    .map(|parameter| match parameter["$ref"].as_str() {
                        Some(target) => self.description.pointer(target.trim_start_matches('#')).unwrap(),
                        None => parameter,
                    })
                    .filter(|parameter| parameter["in"] == "path" || parameter["in"] == "query")
                    .map(|parameter| (text(&parameter["in"]), text(&parameter["name"]), parameter["required"] == true))
                    .collect();
                operations.push(Operation {
                    method: method.to_ascii_uppercase(),
                    path: path.clone(),
                    name: text(&operation["operationId"]),
                    body: operation["requestBody"]["content"].clone(),
                    statuses: operation["responses"].as_object().unwrap().keys().cloned().collect(),
                    parameters,
                });
            }
        }
        operations
    }

    /// What the parameters of an operation may be, so that it leads to something: one map each.
    pub fn good(&self, operation: &Operation) -> Vec<BTreeMap<String, String>> {
        let named = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let each = |name: &str, values: &[String]| values.iter().map(|value| named(&[(name, value)])).collect();
        let path = operation.path.as_str();
        if path.starts_with("/v1/responses/") {
            let mut ways: Vec<BTreeMap<String, String>> = each("id", &self.responses);
            for way in &mut ways {
                way.insert("reason".into(), "because".into());
            }
            return ways;
        }
        match path {
            "/v1/responses" => vec![named(&[("wave", "open")]), named(&[("wave", "sample")])],
            _ if path.starts_with("/v1/runs/") => each("id", &self.runs),
            "/v1/runs" => vec![named(&[]), named(&[("wave", "open"), ("state", "published")])],
            _ if path.starts_with("/v1/indicator-tables/") => each("id", std::slice::from_ref(&self.table)),
            "/v1/indicator-tables" | "/v1/indicator-tables:check" => {
                vec![named(&[("index", "mixed"), ("version", "2025"), ("title", "x")])]
            }
            _ if path.starts_with("/v1/persons/") => vec![named(&[("id", "999999")])],
            _ if path.starts_with("/v1/proposals/") => vec![named(&[("id", "1")])],
            _ if path.starts_with("/v1/keys/") => vec![named(&[("id", "999999")])],
            _ if path.starts_with("/v1/surveys/") => vec![named(&[("code", "mini"), ("version", "1"), ("with", "1")])],
            "/v1/indices/{code}" | "/v1/indices/{code}/versions/{version}" => {
                vec![named(&[("code", "mini"), ("version", "1")]), named(&[("code", "mixed"), ("version", "2025")])]
            }
            "/v1/units/{list}/{code}" => {
                vec![named(&[("list", "agency-danang"), ("code", "SYT")]), named(&[("list", "vn-34"), ("code", "48")])]
            }
            "/v1/units" => vec![named(&[]), named(&[("list", "vn-34"), ("kind", "province"), ("as_of", "2025-07-01")])],
            "/v1/waves/{code}/quality-evaluations/{version}" => vec![named(&[("code", "open"), ("version", "1")])],
            "/v1/waves/{code}/progress" => ["unit", "psu", "device", "day"].map(|by| named(&[("code", "sample"), ("by", by)])).into(),
            _ if path.starts_with("/v1/waves/") => vec![named(&[("code", "open")]), named(&[("code", "sample")])],
            "/v1/editions/{code}" => each("code", &self.editions),
            "/v1/problems/{code}" => vec![named(&[("code", "internal")])],
            "/v1/scores" => vec![
                named(&[("index", "mini")]),
                named(&[("run", &self.runs[0])]),
                named(&[("index", "mini"), ("node", "INDEX"), ("domain", "unit"), ("unit", "agency-danang:SYT")]),
            ],
            "/v1/composite-explanations" => {
                vec![named(&[("run", &self.runs[1]), ("unit", "SYT")]), named(&[("index", "mixed"), ("unit", "SYT")])]
            }
            "/v1/composite-series" => vec![named(&[("index", "mixed"), ("geography", "agency-danang")])],
            _ if path.starts_with("/v1/composite-") => vec![named(&[("index", "mixed")]), named(&[("run", &self.runs[1])])],
            _ => vec![named(&[])],
        }
    }
}

impl Operation {
    /// Its address with these parameters, percent-encoded already; one that is required and not given is `1`.
    pub fn address(&self, given: &BTreeMap<String, String>) -> String {
        let mut path = self.path.clone();
        let mut query = Vec::new();
        for (place, name, required) in &self.parameters {
            let value = given.get(name).map(String::as_str).or(required.then_some("1"));
            match (place.as_str(), value) {
                ("path", Some(value)) => path = path.replace(&format!("{{{name}}}"), value),
                (_, Some(value)) => query.push(format!("{name}={value}")),
                (_, None) => {}
            }
        }
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }
}
