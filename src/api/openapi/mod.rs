//! The `OpenAPI` document, made from the code, and what follows from it: which methods an address has.

mod operations;
mod values;

use std::collections::BTreeMap;

use actix_web::dev::ResourceDef;
use actix_web::{App, HttpRequest, web};
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

use crate::api::routes;
use crate::http::face::Described;
use crate::http::query::Contract;
use crate::office::Code;
use crate::office::Refusal;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hailong",
        description = "Collects citizen-satisfaction responses and publishes weighted indices with confidence intervals. \
                       How the API behaves as a whole is in docs/api-design.md."
    ),
    tags(
        (name = "responses", description = "Sending answers, and reading what was sent"),
        (name = "definitions", description = "Questionnaires and index definitions"),
        (name = "units", description = "Provinces, communes, agencies"),
        (name = "waves", description = "Rounds of collection and their sampling design"),
        (name = "quality", description = "Looking for suspicious responses"),
        (name = "runs", description = "Computing scores, approving and publishing them"),
        (name = "scores", description = "Editions and their scores"),
        (name = "composites", description = "Composite indices: tables of indicators, scores, explanations, targets, series"),
        (name = "keys", description = "Keys"),
        (name = "persons", description = "Persons and their sessions"),
        (name = "proposals", description = "What one person proposes and another confirms"),
        (name = "audit", description = "Who did what"),
        (name = "about", description = "The API about itself"),
        (name = "operations", description = "For operators"),
    )
)]
struct Base;

/// The document and the routes in it.
pub struct Description {
    json: String,
    routes: Vec<(ResourceDef, String)>,
    contract: web::Data<Contract>,
    described: web::Data<Described>,
}

impl Description {
    /// Reads it off the routes.
    #[must_use]
    pub fn new() -> Self {
        let mut document = document();
        let contract = web::Data::new(contract(&document));
        let mut routes = Vec::new();
        if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
            for (path, operations) in paths {
                let Some(operations) = operations.as_object_mut() else { continue };
                let mut methods: Vec<String> = operations.keys().map(|method| method.to_ascii_uppercase()).collect();
                if methods.iter().any(|method| method == "GET") {
                    methods.push("HEAD".into());
                }
                routes.push((ResourceDef::new(pattern(path)), methods.join(", ")));
            }
        }
        let json = format!("{document:#}\n");
        Self { json, routes, contract, described: web::Data::new(Described::new(document)) }
    }

    /// The document, with sorted members.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The document, for other faces.
    #[must_use]
    pub fn described(&self) -> web::Data<Described> {
        self.described.clone()
    }

    /// Which query parameters each operation knows.
    #[must_use]
    pub fn contract(&self) -> web::Data<Contract> {
        self.contract.clone()
    }

    /// What to say where no route took the request: 405 if the address has other methods, else 404.
    #[must_use]
    pub fn unrouted(&self, req: &HttpRequest) -> Refusal {
        match self.routes.iter().find(|(path, _)| path.is_match(req.path())) {
            Some((_, methods)) => Refusal::new(Code::MethodNotAllowed).allow(methods.clone()),
            None => Refusal::not_found(),
        }
    }
}

impl Default for Description {
    fn default() -> Self {
        Self::new()
    }
}

/// Which query parameters each operation of the document knows.
fn contract(document: &Value) -> Contract {
    let mut contract = Contract::default();
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let Ok(method) = method.to_ascii_uppercase().parse() else { continue };
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let names = parameters.filter(|parameter| parameter["in"] == "query").filter_map(|parameter| parameter["name"].as_str());
            contract.add(method, path, names.map(str::to_owned).collect());
        }
    }
    contract
}

/// A path of the document as actix writes it: a parameter ends before a colon, where a verb begins.
fn pattern(path: &str) -> String {
    path.replace('}', ":[^:/]+}")
}

fn document() -> Value {
    let (_, document) = App::new().into_utoipa_app().openapi(Base::openapi()).configure(routes).split_for_parts();
    let mut document = serde_json::to_value(document).unwrap_or_default();
    document["components"]["schemas"]["Problem"] = problem_schema();
    values::complete(&mut document);
    operations::components(&mut document["components"]);
    for (path, operations) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            operations::complete(method, path, operation);
        }
    }
    sorted(document)
}

/// The envelope of errors; written by hand, since a problem is no struct but a body.
fn problem_schema() -> Value {
    json!({
        "type": "object",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": { "type": "string", "description": "Address of the explanation of this kind of problem" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "code": { "type": "string", "enum": Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>() },
            "detail": { "type": "string" },
            "request_id": { "type": "string", "description": "Of an unforeseen error: the id in the log" },
            "errors": { "type": "array", "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": { "type": "string", "description": "JSON pointer into the body; /LINE/COLUMN into a CSV text" },
                    "code": { "type": "string" },
                    "detail": { "type": "string" },
                    "line": { "type": "integer" }
                }
            } }
        }
    })
}

/// The same value with the members of every object in order, whatever order the map keeps.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<String, Value> = members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            Value::Object(members.into_iter().collect())
        }
        Value::Array(values) => values.into_iter().map(sorted).collect(),
        plain => plain,
    }
}
