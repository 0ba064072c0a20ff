//! What holds of operations by a rule and not one by one: whether they take a key, which headers they read and send, how they refuse.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::office::Code;

/// Operations that ask for no key, and answer everyone the same.
const OPEN: [&str; 21] = [
    "create_session",
    "enrol_person",
    "livez",
    "readyz",
    "version",
    "metrics",
    "get_openapi",
    "list_problems",
    "get_problem",
    "list_surveys",
    "get_survey",
    "get_survey_version",
    "get_compatibility",
    "list_indices",
    "get_index",
    "get_index_version",
    "list_units",
    "get_unit",
    "list_waves",
    "get_wave",
    "withdraw_own_response",
];

/// Operations that anyone may ask for, and that give more to some keys.
const EITHER: [&str; 7] = [
    "put_response",
    "list_editions",
    "get_edition",
    "list_scores",
    "list_composite_scores",
    "list_composite_targets",
    "get_composite_series",
];

/// Changes of a thing with a revision, and whether `If-Match` must be there: a wave that is opened has no revision yet.
const CHANGES: [(&str, bool); 8] = [
    ("put_wave", false),
    ("put_design", true),
    ("cancel_run", true),
    ("submit_run", true),
    ("approve_run", true),
    ("return_run", true),
    ("publish_run", true),
    ("withdraw_run", true),
];

/// Operations other than reads whose answer names a revision in `ETag`.
const TAGGED: [&str; 9] =
    ["put_wave", "put_design", "create_run", "cancel_run", "submit_run", "approve_run", "return_run", "publish_run", "withdraw_run"];

/// Operations that say in `Location` where the new thing is.
const LOCATED: [&str; 9] = [
    "invite_person",
    "put_response",
    "put_wave",
    "create_run",
    "create_key",
    "create_evaluation",
    "load_indicators",
    "exclude_response",
    "lift_flags",
];

/// Operations that the present state of a thing, or another one of its name, can refuse.
const CONFLICTS: [&str; 27] = [
    "exclude_response",
    "lift_flags",
    "confirm_proposal",
    "reject_proposal",
    "put_response",
    "create_invitation",
    "put_survey_version",
    "put_index_version",
    "put_wave",
    "put_design",
    "create_run",
    "create_evaluation",
    "load_indicators",
    "add_units",
    "cancel_run",
    "submit_run",
    "approve_run",
    "return_run",
    "publish_run",
    "withdraw_run",
    "list_scores",
    "list_composite_scores",
    "list_composite_targets",
    "get_composite_series",
    "get_composite_explanation",
    "get_composite_stages",
    "get_composite_sensitivity",
];

/// Operations without an identified thing in their path that look for one all the same, by a query or a body.
const LOOKING: [&str; 14] = [
    "list_runs",
    "list_indicator_tables",
    "list_responses",
    "list_units",
    "create_run",
    "load_indicators",
    "check_indicators",
    "list_scores",
    "list_composite_scores",
    "list_composite_targets",
    "get_composite_series",
    "get_composite_explanation",
    "get_composite_stages",
    "get_composite_sensitivity",
];

/// Whether an operation takes a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Open,
    Either,
    Key,
}

impl Access {
    fn of(name: &str) -> Self {
        match () {
            () if EITHER.contains(&name) => Self::Either,
            () if OPEN.contains(&name) => Self::Open,
            () => Self::Key,
        }
    }

    fn requirement(self) -> Value {
        match self {
            Self::Open => json!([]),
            Self::Either => json!([{}, { "key": [] }]),
            Self::Key => json!([{ "key": [] }]),
        }
    }
}

/// What an operation is, as far as the rules go by it.
struct Rules<'a> {
    name: &'a str,
    access: Access,
    /// It is a read whose answer is complete, and so has a tag.
    tagged_read: bool,
    /// What the server tells about itself: nothing limits it, and it asks nothing of the store.
    plain: bool,
    has_body: bool,
    has_query: bool,
    has_cursor: bool,
    names_a_thing: bool,
    change: Option<bool>,
}

impl<'a> Rules<'a> {
    fn of(method: &str, path: &str, name: &'a str, operation: &Value) -> Self {
        let parameters = || operation["parameters"].as_array().into_iter().flatten();
        let plain = operation["tags"][0] == "operations" || operation["tags"][0] == "about";
        Self {
            name,
            access: Access::of(name),
            tagged_read: method == "get" && name != "stream_run_progress",
            plain,
            has_body: operation.get("requestBody").is_some(),
            has_query: parameters().any(|parameter| parameter["in"] == "query"),
            has_cursor: parameters().any(|parameter| parameter["name"] == "cursor"),
            names_a_thing: path.contains('{') || LOOKING.contains(&name),
            change: CHANGES.iter().find(|(change, _)| *change == name).map(|(_, required)| *required),
        }
    }

    /// The headers that it reads, by their names among the components.
    fn reads(&self) -> Vec<&'static str> {
        let change = self.change.map(|required| if required { "IfMatch" } else { "IfMatchOfOld" });
        let prefer = (self.name == "put_response").then_some("Prefer");
        [change, prefer, self.tagged_read.then_some("IfNoneMatch")].into_iter().flatten().collect()
    }

    /// The statuses of problems that it can have.
    fn problems(&self) -> Vec<u16> {
        let key = self.access != Access::Open;
        let limited = !self.plain;
        let all = [
            (400, self.has_body || self.has_query || limited),
            (401, limited),
            (403, key || matches!(self.name, "create_session" | "enrol_person")),
            (404, self.names_a_thing || matches!(self.name, "end_session" | "create_own_key")),
            (408, self.has_body),
            (409, CONFLICTS.contains(&self.name)),
            (410, matches!(self.name, "put_response" | "get_response" | "exclude_response" | "withdraw_own_response")),
            (412, self.change.is_some()),
            (413, self.has_body),
            (415, self.has_body),
            (422, self.has_body || self.name == "get_composite_series"),
            (428, self.change.is_some()),
            (429, limited),
            (503, limited),
        ];
        all.into_iter().filter(|(_, there)| *there).map(|(status, _)| status).collect()
    }

    /// The headers that an answer with this status has.
    fn sends(&self, status: &str) -> Vec<&'static str> {
        let success = status.starts_with('2');
        let tagged = success && (self.tagged_read && status == "200" || TAGGED.contains(&self.name));
        // Indicators tell it of a table that was there too; a wave or response that was there is where it was sent.
        let located = LOCATED.contains(&self.name) && (status == "201" || status == "202" || self.name == "load_indicators");
        let all = [
            ("ETag", tagged),
            ("Location", success && located),
            ("Idempotent-Replay", status == "200" && self.name == "put_response"),
            ("Link", status == "200" && self.has_cursor),
        ];
        all.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }
}

/// Says of an operation what the rules say of it.
pub(super) fn complete(method: &str, path: &str, operation: &mut Value) {
    let name = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let rules = Rules::of(method, path, &name, operation);
    let (security, reads, problems) = (rules.access.requirement(), rules.reads(), rules.problems());
    let tagged = rules.tagged_read;
    let mut responses: Map<String, Value> = operation["responses"].as_object().cloned().unwrap_or_default();
    for (status, response) in &mut responses {
        for header in rules.sends(status) {
            response["headers"][header] = json!({ "$ref": format!("#/components/headers/{header}") });
        }
    }
    if tagged {
        responses.insert("304".into(), json!({ "$ref": "#/components/responses/NotModified" }));
    }
    for status in problems {
        responses.entry(status.to_string()).or_insert_with(|| json!({ "$ref": format!("#/components/responses/Problem{status}") }));
    }
    responses.insert("default".into(), json!({ "$ref": "#/components/responses/Problem" }));
    operation["responses"] = Value::Object(responses);
    operation["security"] = security;
    if name == "approve_run" {
        operation["requestBody"]["required"] = false.into();
    }
    if !reads.is_empty() {
        let mut parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        parameters.extend(reads.into_iter().map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })));
        operation["parameters"] = Value::Array(parameters);
    }
}

/// What the rules refer to.
pub(super) fn components(components: &mut Value) {
    components["securitySchemes"] = json!({
        "key": { "type": "http", "scheme": "bearer", "description": "A key: `hl_` and 43 characters" }
    });
    components["parameters"] = parameters();
    components["headers"] = headers();
    components["responses"] = responses();
}

fn parameters() -> Value {
    let header = |name: &str, required: bool, description: &str, schema: Value| json!({ "name": name, "in": "header", "required": required, "description": description, "schema": schema });
    let tags = || json!({ "type": "string", "minLength": 1 });
    json!({
        "IfMatch": header("If-Match", true, "The `ETag` that was read, or `*` for whatever it is now", tags()),
        "IfMatchOfOld": header("If-Match", false, "The `ETag` that was read, or `*`; needed unless the thing is new", tags()),
        "IfNoneMatch": header("If-None-Match", false, "An `ETag` that was read: the answer is 304 if it is still that one", tags()),
        "Prefer": header(
            "Prefer",
            false,
            "`handling=strict`: a response with any error is refused and not kept",
            json!({ "type": "string", "examples": ["handling=strict"] })
        ),
    })
}

fn headers() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    json!({
        "ETag": text("Names this state of the thing, for `If-Match` and `If-None-Match`"),
        "Location": text("Where the thing is"),
        "Link": text("`<address>; rel=\"next\"`, unless this is the last page"),
        "Idempotent-Replay": { "description": "It was stored before", "schema": { "type": "string", "enum": ["true"] } },
        "Retry-After": { "description": "Seconds to wait", "schema": { "type": "integer", "minimum": 0 } },
    })
}

/// One answer for each status that problems have, with the codes that come with it.
fn responses() -> Value {
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in Code::ALL {
        by_status.entry(code.status()).or_default().push(code.as_str());
    }
    let problem = |description: String| {
        let content = json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
        json!({ "description": description, "content": content })
    };
    let mut all = Map::new();
    for (status, codes) in by_status {
        let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
        let mut answer = problem(format!("A problem: {}", codes.join(", ")));
        if matches!(status, 429 | 503) {
            answer["headers"] = json!({ "Retry-After": { "$ref": "#/components/headers/Retry-After" } });
        }
        all.insert(format!("Problem{status}"), answer);
    }
    all.insert("Problem".into(), problem("A problem (RFC 9457)".to_owned()));
    let etag = json!({ "$ref": "#/components/headers/ETag" });
    all.insert("NotModified".into(), json!({ "description": "What `If-None-Match` names is what there is", "headers": { "ETag": etag } }));
    Value::Object(all)
}
