//! Whoever is bound to a unit reads and changes nothing of another: every operation of the description, in every role.

use std::collections::BTreeSet;

use hailong::office::Role;
use serde_json::{Value, json};

use crate::harness::everything::Everything;
use crate::harness::fixtures::{index, new_response, open_wave, questionnaire, submission};
use crate::harness::{Client, Reply};

/// What an operation may give one who is bound to a unit.
enum Scope {
    /// The same as anyone: it is public, or looks at what was sent alone.
    Public,
    /// Something of the whole, in which no unit stands: names, states, dates.
    Whole,
    /// A list: with nothing of another unit in it.
    List(String),
    /// Nothing: it is about all units, or about another. The request that asks.
    Refused(&'static str, String, Value),
}

use Scope::{List, Public, Refused, Whole};

/// Every operation. One that is missing here fails the test.
fn scope(operation: &str, of: &Foreign) -> Scope {
    let (response, run, proposal) = (&of.response, &of.run, &of.proposal);
    let get = |path: &str| Refused("GET", path.to_owned(), Value::Null);
    let post = |path: &str, body: Value| Refused("POST", path.to_owned(), body);
    let put = |path: &str, body: Value| Refused("PUT", path.to_owned(), body);
    let reason = || json!({ "reason": "for the test" });
    match operation {
        "livez"
        | "readyz"
        | "version"
        | "metrics"
        | "get_openapi"
        | "list_problems"
        | "get_problem"
        | "list_surveys"
        | "get_survey"
        | "get_survey_version"
        | "get_compatibility"
        | "list_indices"
        | "get_index"
        | "get_index_version"
        | "list_units"
        | "get_unit"
        | "list_waves"
        | "get_wave"
        | "check_survey"
        | "check_index"
        | "check_indicators"
        | "list_editions"
        | "get_edition"
        | "list_composite_scores"
        | "list_composite_targets"
        | "get_composite_series"
        | "create_session"
        | "enrol_person"
        | "end_session"
        | "create_own_key" => Public,
        "list_runs"
        | "get_run"
        | "get_run_progress"
        | "stream_run_progress"
        | "get_chain"
        | "list_indicator_tables"
        | "get_indicator_table" => Whole,
        "list_scores" => List(format!("/v1/scores?run={}", of.draft)),
        "list_responses" => List("/v1/responses?wave=open&limit=1000".to_owned()),
        "list_proposals" => List("/v1/proposals".to_owned()),
        "get_progress" => List("/v1/waves/open/progress?by=unit".to_owned()),
        "put_response" => put(&new_response(), of.body.clone()),
        "send_batch" => post("/v1/responses:batch", of.batch()),
        "create_invitation" => post("/v1/invitations", of.invitation()),
        "create_invitations" => post("/v1/invitations:batch", json!({ "invitations": [of.invitation()] })),
        "get_response" => get(response),
        "list_flags" => get(&format!("{response}/flags")),
        "exclude_response" => post(&format!("{response}:exclude"), reason()),
        "lift_flags" => post(&format!("{response}/flags:lift"), json!({ "evaluation": 1, "reason": "for the test" })),
        "withdraw_response" => Refused("DELETE", format!("{response}?reason=because"), Value::Null),
        "withdraw_own_response" => post(&format!("{response}:withdraw"), json!({ "withdrawal_code": "0" })),
        "get_proposal" => get(proposal),
        "confirm_proposal" => post(&format!("{proposal}:confirm"), json!({})),
        "reject_proposal" => post(&format!("{proposal}:reject"), json!({})),
        "put_survey_version" => put("/v1/surveys/mini/versions/9", questionnaire()),
        "put_index_version" => put("/v1/indices/mini/versions/9", index()),
        "put_wave" => put("/v1/waves/open", open_wave()),
        "put_design" => put("/v1/waves/sample/design", json!({})),
        "add_units" => post("/v1/units", Value::Null),
        "create_evaluation" => post("/v1/waves/open/quality-evaluations", json!({})),
        "list_evaluations" => get("/v1/waves/open/quality-evaluations"),
        "get_evaluation" => get("/v1/waves/open/quality-evaluations/1"),
        "create_run" => post("/v1/runs", json!({ "index": "mini", "version": "1", "wave": "open" })),
        "cancel_run" | "submit_run" | "approve_run" | "publish_run" => {
            post(&format!("{run}:{}", operation.trim_end_matches("_run")), json!({}))
        }
        "return_run" => post(&format!("{run}:return"), reason()),
        "withdraw_run" => post(&format!("{run}:withdraw"), reason()),
        "load_indicators" => post("/v1/indicator-tables?index=mixed&version=2025&title=x", Value::Null),
        "list_indicator_values" => get("/v1/indicator-tables/1/values"),
        "get_composite_explanation" => get("/v1/composite-explanations?index=mixed&unit=SXD"),
        "get_composite_stages" => get("/v1/composite-stages?index=mixed"),
        "get_composite_sensitivity" => get("/v1/composite-sensitivity?index=mixed"),
        "invite_person" => post("/v1/persons", json!({ "name": "x", "roles": ["auditor"] })),
        "list_persons" => get("/v1/persons"),
        "disable_person" => post("/v1/persons/1:disable", json!({})),
        "create_key" => post("/v1/keys", json!({ "name": "x", "role": "device" })),
        "list_keys" => get("/v1/keys"),
        "revoke_key" => Refused("DELETE", "/v1/keys/1".to_owned(), Value::Null),
        "list_audit" => get("/v1/audit"),
        other => panic!("say in this table what {other} may give to one who is bound to a unit"),
    }
}

/// What is another unit's.
struct Foreign {
    response: String,
    body: Value,
    proposal: String,
    /// A run that is published, and one that is not.
    run: String,
    draft: String,
}

impl Foreign {
    fn new(all: &Everything) -> Self {
        let statistician = all.app.client(Role::Statistician);
        let mut body = submission();
        body["unit"]["code"] = json!("SXD");
        body["answers"]["note"] = json!("canary");
        let response = new_response();
        all.app.client(Role::Device).put(&response, &body).expect(201);
        let proposal = statistician.post(&format!("{response}:exclude"), &json!({ "reason": "SXD's canary" }));
        let proposal = proposal.header("location").unwrap().to_owned();
        let draft = crate::harness::fixtures::start_run(&all.app);
        crate::harness::fixtures::finish_run(&all.app, &draft);
        let published = all.app.anyone().get("/v1/editions").expect(200);
        let run = statistician.get("/v1/runs?state=published").expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(published["items"].as_array().unwrap().len(), 2);
        let draft = draft.rsplit('/').next().unwrap().to_owned();
        Self { response, body, proposal, run: format!("/v1/runs/{run}"), draft }
    }

    fn invitation(&self) -> Value {
        json!({ "wave": "open", "unit": self.body["unit"], "dossier": "HS-1" })
    }

    fn batch(&self) -> Value {
        let mut body = self.body.clone();
        body["id"] = json!(crate::harness::fixtures::id());
        json!({ "responses": [body] })
    }

    /// Whether something in an answer is the other unit's.
    fn told_in(&self, reply: &Reply) -> bool {
        let text = reply.text();
        let id = self.response.rsplit('/').next().unwrap();
        [id, "canary", "SXD"].iter().any(|mark| text.contains(mark))
    }
}

fn ask(client: &Client, method: &str, path: &str, body: &Value) -> Reply {
    let kind = if path.starts_with("/v1/units") || path.starts_with("/v1/indicator") { "text/csv" } else { "application/json" };
    let text = if *body == Value::Null { "unit\n".to_owned() } else { body.to_string() };
    let sent = (method != "GET" && method != "DELETE").then_some(text.as_bytes());
    client.send(method, path, &[("Content-Type", kind), ("If-Match", "*")], sent)
}

#[test]
fn whoever_is_bound_to_a_unit_gets_nothing_of_another() {
    let all = Everything::start();
    let of = Foreign::new(&all);
    let bound = Role::ALL.map(|role| (role, all.app.client_of(role, Some(("agency-danang", "SYT")))));
    let unbound = Role::ALL.map(|role| (role, all.app.client_of(role, (role == Role::Agency).then_some(("agency-danang", "SXD")))));
    let (mut tried, mut recovered, mut seen) = (0, Vec::new(), BTreeSet::new());
    for operation in all.operations() {
        seen.insert(operation.name.clone());
        match scope(&operation.name, &of) {
            Public | Whole => {}
            List(path) => {
                let there = unbound.iter().any(|(_, client)| of.told_in(&client.get(&path)));
                assert!(there, "{}: there is nothing to find, the test looks in the wrong place", operation.name);
                for (role, client) in &bound {
                    tried += 1;
                    let reply = client.get(&path);
                    if of.told_in(&reply) {
                        recovered.push(format!("{} as {role:?}: {}", operation.name, reply.text()));
                    }
                }
            }
            Refused(method, path, body) => {
                for (role, client) in &bound {
                    tried += 1;
                    let reply = ask(client, method, &path, &body);
                    // A batch answers for each of its responses.
                    let status = if ["send_batch", "create_invitations"].contains(&operation.name.as_str()) && reply.status == 200 {
                        u16::try_from(reply.json()["results"][0]["status"].as_u64().unwrap()).unwrap()
                    } else {
                        reply.status
                    };
                    if !matches!(status, 403 | 404) || of.told_in(&reply) {
                        recovered.push(format!("{} as {role:?}: {status} {}", operation.name, reply.text()));
                    }
                }
            }
        }
    }
    println!("recovered {} of {tried}, over {} operations", recovered.len(), seen.len());
    assert!(recovered.is_empty(), "{recovered:#?}");
}

#[test]
fn whoever_is_bound_to_a_unit_finds_what_is_their_own() {
    let all = Everything::start();
    let own = new_response();
    let seq = all.app.client(Role::Device).put(&own, &submission()).expect(201)["seq"].clone();
    let statistician = all.app.client_of(Role::Statistician, Some(("agency-danang", "SYT")));
    assert_eq!(statistician.get(&own).expect(200)["submission"]["answers"]["Q1"], "5");
    let listed = statistician.get("/v1/responses?wave=open").expect(200);
    assert!(listed["items"].as_array().unwrap().iter().any(|row| own.ends_with(row["id"].as_str().unwrap())));
    let progress = statistician.get("/v1/waves/open/progress?by=unit").expect(200);
    assert_eq!(progress["items"][0]["key"], "agency-danang:SYT");
    statistician.get("/v1/responses?wave=open&unit=agency-danang:SYT").expect(200);
    statistician.get("/v1/responses?wave=open&unit=agency-danang:SXD").problem(403, "unit-forbidden");
    statistician.post(&format!("{own}:exclude"), &json!({ "reason": "a test" })).expect(202);
    let proposals = all.app.client_of(Role::Publisher, Some(("agency-danang", "SYT"))).get("/v1/proposals").expect(200);
    let objects: Vec<&Value> = proposals["items"].as_array().unwrap().iter().map(|proposal| &proposal["object"]).collect();
    assert!(objects.contains(&&json!(format!("response/{seq}"))), "{objects:?}");
}
