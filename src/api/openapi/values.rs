//! What values may be, where their Rust type does not say it: names out of a list, instants, days, hashes, patterns.

use serde_json::{Value, json};

use crate::api::runs::STEPS;
use crate::composite::Status;
use crate::composite::uncertainty::Method;
use crate::design::{DesignKind, Mode};
use crate::http::query::MAX_CHARS;
use crate::office::{Code, Role};
use crate::publication::disclosure::Hidden;
use crate::response::Channel;
use crate::response::quality::Rule;
use crate::scoring::rank::Verdict;
use crate::store::editions::EditionState;
use crate::store::quality::EVALUATION_STATES;
use crate::store::responses::{EventKind, ResponseState};
use crate::store::runs::RunState;
use crate::unit::UnitKind;

/// `LIST:CODE`.
const UNIT_NAME: &str = "^[^:]+:.+$";
const SURVEY_TARGET: &str = "^(score:.+|(rank|rise):\\+?0*[1-9][0-9]*)$";
const COMPOSITE_TARGET: &str = "^(rank|score|rise|gain):.+$";
const SHA256: &str = "^[0-9a-f]{64}$";

/// Members of bodies that are names out of a list: body, member, names.
fn named() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    // Of a run that has no edition, the state of the run.
    let mut shown = EditionState::NAMES.to_vec();
    shown.extend(RunState::NAMES.into_iter().filter(|name| !EditionState::NAMES.contains(name)));
    let verdicts = [Verdict::Met, Verdict::Missed, Verdict::NotDistinguishable];
    let hidden = Hidden::ALL.map(Hidden::as_str).to_vec();
    let (rules, mode, design) = (Rule::NAMES.to_vec(), Mode::NAMES.to_vec(), DesignKind::NAMES.to_vec());
    vec![
        ("RunBody", "state", RunState::NAMES.to_vec()),
        ("RunProgress", "state", RunState::NAMES.to_vec()),
        ("StepBody", "step", STEPS.to_vec()),
        ("UncertaintyRequest", "method", [Method::Delta, Method::Replicates].map(Method::as_str).to_vec()),
        ("EditionBody", "state", EditionState::NAMES.to_vec()),
        ("Origin", "state", shown.clone()),
        ("ScoresBody", "state", shown.clone()),
        ("CompositeScoresBody", "state", shown),
        ("ScoresBody", "mode", mode.clone()),
        ("ScoreBody", "status", vec!["c"]),
        ("VerdictBody", "verdict", verdicts.map(Verdict::as_str).to_vec()),
        ("CompositeScoreBody", "hidden", hidden),
        ("WaveBody", "mode", mode.clone()),
        ("WaveBody", "design", design.clone()),
        ("WaveRequest", "mode", mode),
        ("WaveRequest", "design", design),
        (
            "ReceiptBody",
            "state",
            [ResponseState::Valid, ResponseState::Invalid, ResponseState::Quarantined].map(ResponseState::as_str).into(),
        ),
        ("SubmissionBody", "channel", Channel::NAMES.to_vec()),
        ("SummaryBody", "channel", Channel::NAMES.to_vec()),
        ("ResponseBody", "channel", Channel::NAMES.to_vec()),
        ("EventBody", "kind", EventKind::NAMES.to_vec()),
        ("KeyBody", "role", Role::NAMES.to_vec()),
        ("EvaluationBody", "state", EVALUATION_STATES.to_vec()),
        ("RuleCountBody", "rule", rules.clone()),
        ("FlagBody", "rule", rules.clone()),
        ("LeftOutBody", "rules", rules.clone()),
        ("WithoutFlagged", "rules", rules),
        ("UnitBody", "kind", UnitKind::NAMES.to_vec()),
        ("ValueBody", "status", Status::NAMES.to_vec()),
        ("FindingBody", "severity", vec!["error", "warning"]),
        ("Readiness", "reasons", vec!["draining", "writer-failed", "database", "queue-full"]),
        ("ProblemKind", "code", Code::ALL.iter().map(|code| code.as_str()).collect()),
    ]
}

/// Members of bodies that are ids.
const IDS: [(&str, &str); 8] = [
    ("RunBody", "id"),
    ("RunBody", "since"),
    ("RunRequest", "since"),
    ("SurveyBody", "run"),
    ("EditionInFull", "run"),
    ("ReceiptBody", "id"),
    ("BatchItem", "id"),
    ("SubmissionBody", "supersedes"),
];

/// Members of bodies that are days.
const DAYS: [(&str, &str); 3] = [("UnitBody", "valid_from"), ("UnitBody", "valid_to"), ("ValueBody", "date")];

/// Members of bodies that are instants, beside those whose name ends in `at`.
const INSTANTS: [(&str, &str); 2] = [("ChainBody", "since"), ("RunRequest", "as_of")];

/// Parameters: operation, name, what its schema says more.
fn parameters() -> Vec<(&'static str, &'static str, Value)> {
    let (unit, states) = (json!({ "pattern": UNIT_NAME }), [ResponseState::Valid, ResponseState::Invalid, ResponseState::Quarantined]);
    let uuid = json!({ "format": "uuid" });
    vec![
        ("list_runs", "state", json!({ "enum": RunState::NAMES })),
        ("list_units", "kind", json!({ "enum": UnitKind::NAMES })),
        ("list_units", "parent", unit.clone()),
        ("list_scores", "unit", unit.clone()),
        ("list_scores", "area", unit.clone()),
        ("list_scores", "target", json!({ "pattern": SURVEY_TARGET })),
        ("list_scores", "run", uuid.clone()),
        ("list_composite_scores", "run", uuid.clone()),
        ("list_composite_targets", "run", uuid.clone()),
        ("get_composite_series", "run", uuid.clone()),
        ("get_composite_stages", "run", uuid.clone()),
        ("get_composite_sensitivity", "run", uuid.clone()),
        ("get_composite_explanation", "run", uuid),
        ("get_composite_explanation", "target", json!({ "pattern": COMPOSITE_TARGET })),
        ("list_responses", "unit", unit),
        ("list_responses", "state", json!({ "enum": states.map(ResponseState::as_str) })),
        ("get_problem", "code", json!({ "enum": Code::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>() })),
    ]
}

/// Says of every value what it may be.
pub(super) fn complete(document: &mut Value) {
    let schemas = &mut document["components"]["schemas"];
    by_name(schemas);
    for (body, member, names) in named() {
        member_of(schemas, body, member, |schema| say(schema, json!({ "enum": names })));
    }
    for (places, format) in [(&IDS[..], "uuid"), (&DAYS, "date"), (&INSTANTS, "date-time")] {
        for (body, member) in places {
            member_of(schemas, body, member, |schema| say(schema, json!({ "format": format })));
        }
    }
    let known = parameters();
    for (path, operations) in document["paths"].as_object_mut().into_iter().flatten() {
        for operation in operations.as_object_mut().into_iter().flat_map(|operations| operations.values_mut()) {
            let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
            for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
                let here = parameter["name"].as_str().unwrap_or_default().to_owned();
                let schema = &mut parameter["schema"];
                if let Some((.., more)) = known.iter().find(|(of, known, _)| *of == name && *known == here) {
                    say(schema, more.clone());
                }
                let is_text = schema["type"] == "string" || schema["type"].as_array().is_some_and(|types| types.contains(&json!("string")));
                if is_text && here == "id" && (path.contains("/runs/") || path.contains("/responses/")) {
                    say(schema, json!({ "format": "uuid" }));
                } else if is_text && parameter["in"] == "query" && parameter["schema"].get("maxLength").is_none() {
                    say(&mut parameter["schema"], json!({ "maxLength": MAX_CHARS }));
                }
            }
        }
    }
}

/// What the name of a member says wherever it is.
fn by_name(schemas: &mut Value) {
    for schema in schemas.as_object_mut().into_iter().flat_map(|schemas| schemas.values_mut()) {
        for part in parts(schema) {
            for (name, member) in part.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
                if name == "at" || name.ends_with("_at") {
                    say(member, json!({ "format": "date-time" }));
                } else if name == "digest" || name.ends_with("sha256") {
                    say(member, json!({ "pattern": SHA256 }));
                }
            }
        }
    }
}

/// A schema, or the schemas that it is all of.
fn parts(schema: &mut Value) -> Vec<&mut Value> {
    if schema.get("allOf").is_some() {
        return schema["allOf"].as_array_mut().into_iter().flatten().collect();
    }
    vec![schema]
}

fn member_of(schemas: &mut Value, body: &str, member: &str, then: impl FnOnce(&mut Value)) {
    let Some(schema) = schemas.get_mut(body) else { return };
    let found = parts(schema).into_iter().find_map(|part| part.pointer_mut(&format!("/properties/{member}")));
    if let Some(found) = found {
        then(found);
    }
}

/// Adds to a schema, or to that of its items. What may be null may also be that.
fn say(schema: &mut Value, more: Value) {
    let is = |name: &str| schema["type"] == name || schema["type"].as_array().is_some_and(|types| types.iter().any(|kind| kind == name));
    if is("array") {
        return say(&mut schema["items"], more);
    }
    let nullable = is("null");
    let (Value::Object(more), Some(schema)) = (more, schema.as_object_mut()) else { return };
    for (keyword, mut value) in more {
        if let (true, "enum", Some(names)) = (nullable, keyword.as_str(), value.as_array_mut()) {
            names.push(Value::Null);
        }
        schema.insert(keyword, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_and_parameter_that_the_tables_name_is_there() {
        let document: Value = serde_json::from_str(super::super::Description::new().json()).unwrap();
        let mut schemas = document["components"]["schemas"].clone();
        let places = named().into_iter().map(|(body, member, _)| (body, member)).chain(IDS).chain(DAYS).chain(INSTANTS);
        let mut missing: Vec<String> = Vec::new();
        for (body, member) in places {
            let mut found = false;
            member_of(&mut schemas, body, member, |_| found = true);
            missing.extend((!found).then(|| format!("{body}.{member}")));
        }
        let operations: Vec<&Value> =
            document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values()).collect();
        for (operation, name, _) in parameters() {
            let found = operations.iter().find(|known| known["operationId"] == operation);
            let listed = found.and_then(|found| found["parameters"].as_array()).into_iter().flatten();
            missing.extend((!listed.into_iter().any(|parameter| parameter["name"] == name)).then(|| format!("{operation}?{name}")));
        }
        assert_eq!(missing, Vec::<String>::new());
    }
}
