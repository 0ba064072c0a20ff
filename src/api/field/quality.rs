//! Quality evaluations: looking for suspicious responses, and what was found.

use std::collections::BTreeMap;

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::Validate;

use crate::api::admin::proposals::{ProposalBody, proposed};
use crate::api::collect::responses::which;
use crate::api::wire::UnitName;
use crate::http::body::Json;
use crate::http::page::Listing;
use crate::http::state::AppState;
use crate::office::quality::{self, By, InFull, LiftWish};
use crate::office::runs::FlaggedWish;
use crate::office::{Action, Actor, Refusal};
use crate::store::quality::{Count, Evaluation, FlagCount, FlagOfResponse, LeftOut};
use crate::unit::{Registry, UnitId};
use crate::words::encode::{hex, rfc3339};

/// By which rules to judge.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationRequest {
    /// A rule set (`survey-schemas/meta-schema/quality.schema.json`); without one the set that is shipped.
    #[schema(value_type = Option<Object>)]
    rule_set: Option<Value>,
}

/// A rule set by its name.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleSetName {
    /// Its code.
    pub code: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its canonical JSON.
    pub sha256: String,
}

/// One look at the responses of a wave. It changes none of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvaluationBody {
    /// The wave.
    pub wave: String,
    /// From 1 within the wave: what runs refer to.
    pub version: i32,
    /// `pending`, `done` or `failed`.
    pub state: &'static str,
    /// The rules that it goes by.
    pub rule_set: RuleSetName,
    /// The last response, by sequence number, that it looks at.
    pub high_water_seq: i64,
    /// The last withdrawal, correction or exclusion that it takes account of.
    pub high_water_event: i64,
    /// Who began it.
    pub by: String,
    /// When.
    pub at: String,
    /// When it was done.
    pub finished_at: Option<String>,
    /// Responses looked at.
    pub responses: Option<i64>,
    /// Responses with at least one flag.
    pub flagged: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// An evaluation and what it found.
#[derive(Debug, Serialize, ToSchema)]
pub struct EvaluationInFull {
    /// The evaluation.
    #[serde(flatten)]
    pub evaluation: EvaluationBody,
    /// The rule set in full.
    #[schema(value_type = Object)]
    pub rules: Value,
    /// How far each rule reached.
    pub by_rule: Vec<RuleCountBody>,
    /// Flags by rated unit; units without any are left out.
    pub by_unit: Vec<UnitFlags>,
    /// Flags by the key of the device; null: responses without one.
    pub by_device: Vec<DeviceFlags>,
}

/// How far a rule reached.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleCountBody {
    /// The rule.
    pub rule: String,
    /// Responses that it could judge: the others lack what it looks at, such as a device or a time.
    pub judged: i64,
    /// Responses that it flagged.
    pub flagged: i64,
}

/// Flags on the responses about one unit.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitFlags {
    /// The rated unit.
    pub unit: Option<UnitName>,
    /// Flags by rule.
    pub flags: BTreeMap<String, i64>,
}

/// Flags on the responses of one device.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceFlags {
    /// The number of its key.
    pub key: Option<i32>,
    /// Flags by rule.
    pub flags: BTreeMap<String, i64>,
}

/// A flag of one response.
#[derive(Debug, Serialize, ToSchema)]
pub struct FlagBody {
    /// The version of the wave's evaluation that set it.
    pub evaluation: i32,
    /// The rule.
    pub rule: String,
    /// What was measured, as `name=value`; nothing of the answers.
    pub detail: String,
    /// Whether two persons found nothing wrong with the response: runs since then count it.
    pub lifted: bool,
}

/// Which flags of a response to lift.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftRequest {
    /// The version of the wave's evaluation that set them.
    evaluation: i32,
    /// The rules; all whose flags stand if nothing is said.
    rules: Option<Vec<String>>,
    /// Why nothing is wrong with the response.
    #[validate(length(min = 3, max = 500))]
    #[schema(min_length = 3, max_length = 500)]
    reason: String,
}

/// What a run leaves out.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithoutFlagged {
    /// The version of the wave's evaluation whose flags count.
    evaluation: i32,
    /// The rules whose flags count; all of the evaluation's if nothing is said.
    rules: Option<Vec<String>>,
}

/// What a run leaves out, as it was frozen.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeftOutBody {
    /// The version of the wave's evaluation whose flags count.
    pub evaluation: i32,
    /// The rules whose flags count.
    pub rules: Vec<&'static str>,
}

impl LeftOutBody {
    /// What a run leaves out, as the API tells it.
    #[must_use]
    pub fn of(left_out: &LeftOut) -> Self {
        Self { evaluation: left_out.evaluation.version, rules: left_out.rules.iter().map(|rule| rule.as_str()).collect() }
    }
}

impl WithoutFlagged {
    /// As the office is asked.
    #[must_use]
    pub fn wish(self) -> FlaggedWish {
        FlaggedWish { evaluation: Some(self.evaluation), rules: self.rules }
    }
}

fn body(wave: &str, evaluation: Evaluation) -> EvaluationBody {
    EvaluationBody {
        wave: wave.to_owned(),
        version: evaluation.version,
        state: evaluation.state(),
        rule_set: RuleSetName { sha256: hex(&evaluation.rules_sha256), code: evaluation.rules_code, version: evaluation.rules_version },
        high_water_seq: evaluation.high_water_seq,
        high_water_event: evaluation.high_water_event,
        by: evaluation.created_by,
        at: rfc3339(evaluation.created_at),
        finished_at: evaluation.finished_at.map(rfc3339),
        responses: evaluation.responses,
        flagged: evaluation.flagged,
        error: evaluation.error,
    }
}

/// Begins to judge the valid responses that there are now, by a set of rules. What is found is a new version beside the responses.
#[utoipa::path(tag = "quality", request_body = EvaluationRequest, params(("code" = String, Path, description = "The wave")),
    responses((status = 202, description = "Queued; `Location` is the evaluation", body = EvaluationBody)))]
#[post("/v1/waves/{code:[^:/]+}/quality-evaluations")]
pub async fn create_evaluation(
    state: AppState,
    actor: Actor,
    code: web::Path<String>,
    request: Json<EvaluationRequest>,
) -> Result<HttpResponse, Refusal> {
    let code = code.into_inner();
    let rules = request.0.rule_set.map(|rules| rules.to_string());
    let wave = code.clone();
    let begun = state.act(actor, move |act| quality::begin(act, &wave, rules.as_deref(), "/rule_set", By::Worker)).await?;
    let location = format!("/v1/waves/{code}/quality-evaluations/{}", begun.version);
    Ok(HttpResponse::Accepted().insert_header((LOCATION, location)).json(body(&code, begun)))
}

/// The evaluations of a wave, the latest first.
#[utoipa::path(tag = "quality", params(("code" = String, Path, description = "The wave")),
    responses((status = 200, description = "The evaluations", body = Listing<EvaluationBody>)))]
#[get("/v1/waves/{code:[^:/]+}/quality-evaluations")]
pub async fn list_evaluations(state: AppState, actor: Actor, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let code = code.into_inner();
    let wave = code.clone();
    let found = state.look(actor, move |look| quality::list(look, &wave)).await?;
    Ok(HttpResponse::Ok().json(Listing { items: found.into_iter().map(|evaluation| body(&code, evaluation)).collect(), next: None }))
}

/// An evaluation: its rules, and what it found by rule, unit and device.
#[utoipa::path(tag = "quality",
    params(("code" = String, Path, description = "The wave"), ("version" = i32, Path, description = "Its evaluation")),
    responses((status = 200, description = "The evaluation", body = EvaluationInFull)))]
#[get("/v1/waves/{code:[^:/]+}/quality-evaluations/{version:[^:/]+}")]
pub async fn get_evaluation(state: AppState, actor: Actor, path: web::Path<(String, String)>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadRuns)?; // before the address is judged
    let (code, version) = path.into_inner();
    let version: i32 = version.parse().map_err(|_| Refusal::not_found())?;
    let units = state.units().await?;
    let wave = code.clone();
    let InFull { evaluation, counts, by_unit: units_flagged, by_device: devices } =
        state.look(actor, move |look| quality::get(look, &wave, version)).await?;
    let count = |count: Count| RuleCountBody { rule: count.rule, judged: count.judged, flagged: count.flagged };
    Ok(HttpResponse::Ok().json(EvaluationInFull {
        rules: serde_json::from_str(&evaluation.rules).unwrap_or_default(),
        evaluation: body(&code, evaluation),
        by_rule: counts.into_iter().map(count).collect(),
        by_unit: by_unit(units_flagged, &units),
        by_device: by_device(devices),
    }))
}

/// One map of rules for each key, in the order of keys.
fn grouped(counts: Vec<FlagCount>) -> BTreeMap<i32, BTreeMap<String, i64>> {
    counts.into_iter().fold(BTreeMap::new(), |mut groups: BTreeMap<i32, BTreeMap<_, _>>, count| {
        groups.entry(count.key).or_default().insert(count.rule, count.n);
        groups
    })
}

fn by_unit(counts: Vec<FlagCount>, units: &Registry) -> Vec<UnitFlags> {
    let name = |id| units.get(UnitId(id)).map(|unit| UnitName { list: unit.record.list.clone(), code: unit.record.code.clone() });
    grouped(counts).into_iter().map(|(id, flags)| UnitFlags { unit: name(id), flags }).collect()
}

fn by_device(counts: Vec<FlagCount>) -> Vec<DeviceFlags> {
    grouped(counts).into_iter().map(|(key, flags)| DeviceFlags { key: (key != 0).then_some(key), flags }).collect()
}

/// Every flag that an evaluation set on a response.
#[utoipa::path(tag = "quality", params(("id" = String, Path, description = "The response, by its id or its `seq`")),
    responses((status = 200, description = "The flags", body = Listing<FlagBody>)))]
#[get("/v1/responses/{id:[^:/]+}/flags")]
pub async fn list_flags(state: AppState, actor: Actor, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ListResponses)?; // before the address is judged
    let which = which(&id, &actor)?;
    let flags = state.look(actor, move |look| quality::flags(look, which)).await?;
    let flag =
        |(flag, lifted): (FlagOfResponse, bool)| FlagBody { evaluation: flag.evaluation, rule: flag.rule, detail: flag.detail, lifted };
    Ok(HttpResponse::Ok().json(Listing { items: flags.into_iter().map(flag).collect(), next: None }))
}

/// Proposes that flags of a response count no more in the runs to come. They count until another person confirms.
#[utoipa::path(tag = "quality", request_body = LiftRequest, params(("id" = String, Path, description = "The response")),
    responses((status = 202, description = "Proposed; `Location` is the proposal", body = ProposalBody)))]
#[post("/v1/responses/{id:[^:/]+}/flags:lift")]
pub async fn lift_flags(state: AppState, actor: Actor, id: web::Path<String>, request: Json<LiftRequest>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::EndResponse)?; // before the address is judged
    let which = which(&id, &actor)?;
    let Json(LiftRequest { evaluation, rules, reason }) = request;
    let wish = LiftWish { evaluation, rules, reason };
    Ok(proposed(state.act(actor, move |act| quality::lift(act, which, &wish)).await?))
}
