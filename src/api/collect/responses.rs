//! Responses: sending one, reading a receipt, withdrawing.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, put, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::api::admin::proposals::{ProposalBody, proposed};
use crate::api::collect::intake::{ReceiptBody, Taken, told};
use crate::api::collect::submission::SubmissionBody;
use crate::api::definitions::units::named_unit;
use crate::api::wire::UnitName;
use crate::http::auth;
use crate::http::body::{Json, JsonBytes, SMALL};
use crate::http::intake::Intake;
use crate::http::page::{Listing, Page};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::Action;
use crate::office::Actor;
use crate::office::responses::{self as office, ListWish};
use crate::office::{ReceiptCode, Refusal};
use crate::response::Channel;
use crate::store::responses::{self, ResponseState, Summary, Which};
use crate::unit::{Registry, UnitId};
use crate::words::Finding;
use crate::words::encode::rfc3339;

/// The header that shows the code of a receipt.
const CODE: &str = "withdrawal-code";

/// A response, without its answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct SummaryBody {
    /// Its receipt, without the hash of its bytes; to those who may not read answers without its id: `seq` names it.
    #[serde(flatten)]
    pub receipt: ReceiptBody,
    /// The unit that is rated.
    pub unit: Option<UnitName>,
    /// How it came in.
    pub channel: Option<&'static str>,
    /// The number of the key that sent it.
    pub key: Option<i32>,
    /// As the device claims.
    pub started_at: Option<String>,
    /// As the device claims.
    pub answered_at: Option<String>,
    /// Whether it was withdrawn, superseded or excluded.
    pub ended: bool,
    /// When it was withdrawn.
    pub withdrawn_at: Option<String>,
}

/// A response: its receipt, with what was found in it on arrival, to whoever sent it; the rest to those who may read answers.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResponseBody {
    /// Its receipt. An auditor sees it without findings, which can quote an answer.
    #[serde(flatten)]
    pub receipt: ReceiptBody,
    /// The unit that is rated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitName>,
    /// How it came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<&'static str>,
    /// The number of the key that sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<i32>,
    /// As the device claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// As the device claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<String>,
    /// Whether it was withdrawn, superseded or excluded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<bool>,
    /// When it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<String>,
    /// The submission as it was received, answers that are not valid or were set aside among it; absent if withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submission: Option<Value>,
    /// What happened to it since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<EventBody>>,
}

impl ResponseBody {
    /// What a sender sees.
    fn receipt(receipt: ReceiptBody) -> Self {
        Self {
            receipt,
            unit: None,
            channel: None,
            key: None,
            started_at: None,
            answered_at: None,
            ended: None,
            withdrawn_at: None,
            submission: None,
            events: None,
        }
    }
}

/// Something that happened to a response.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventBody {
    /// `withdrawn`, `superseded` or `excluded`.
    pub kind: &'static str,
    /// When.
    pub at: String,
    /// By whom.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// Why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonRequest {
    /// The reason, for the record.
    #[validate(length(min = 3, max = 500))]
    #[schema(min_length = 3, max_length = 500)]
    pub reason: String,
}

/// Which responses to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ResponsesQuery {
    /// The wave.
    wave: String,
    /// The unit that is rated, as `LIST:CODE`.
    unit: Option<String>,
    /// `valid`, `invalid` or `quarantined`.
    #[param(inline)]
    state: Option<StateName>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Responses a page, at most 1000.
    #[validate(range(min = 1, max = 1000))]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum StateName {
    Valid,
    Invalid,
    Quarantined,
}

/// The id in the address.
///
/// # Errors
/// `not-found` for what is no UUID in its hyphenated form.
pub fn uuid(text: &str) -> Result<Uuid, Refusal> {
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    id.ok_or_else(|| Refusal::not_found().detail("Mã phải là UUID 36 ký tự", "The id must be a UUID of 36 characters"))
}

/// The response that an address names: by its id, or by its number for those who list responses, whom ids are not told as a rule.
///
/// # Errors
/// `not-found` for what is neither.
pub fn which(text: &str, actor: &Actor) -> Result<Which, Refusal> {
    let number = || text.parse().ok().filter(|_| text.len() < 20 && text.bytes().all(|byte| byte.is_ascii_digit()));
    match actor.can(Action::ListResponses).then(number).flatten() {
        Some(seq) => Ok(Which::Seq(seq)),
        None => uuid(text).map(Which::Id),
    }
}

/// Whether answers with errors are kept: from a key, unless it asks for strictness. A page in someone's hand can show what is wrong.
fn keeps_invalid(req: &HttpRequest, actor: &Actor) -> bool {
    let prefer = req.headers().get_all("prefer").filter_map(|value| value.to_str().ok());
    let strict = prefer.flat_map(|value| value.split([',', ';'])).any(|wish| wish.trim().eq_ignore_ascii_case("handling=strict"));
    actor.holder().is_some() && !strict
}

/// The code of the receipt that is shown for a correction. One that cannot be read is as good as none.
fn shown_code(req: &HttpRequest) -> Option<ReceiptCode> {
    ReceiptCode::read(req.headers().get(CODE)?.to_str().ok()?)
}

/// Stores a response under an id that the sender made. Any answer but 2xx and 4xx means "unknown": send the same again.
///
/// From a device or collector, answers with errors are kept and marked, unless it sends `Prefer: handling=strict`.
#[utoipa::path(tag = "responses", request_body = SubmissionBody,
    params(("id" = String, Path, description = "A random UUID"),
        ("Withdrawal-Code" = Option<String>, Header, description = "Of a correction without the key that sent what it corrects: the code in the receipt of that response")),
    responses(
        (status = 201, description = "Stored, on disk", body = ReceiptBody),
        (status = 200, description = "It was stored before: the same receipt, with `Idempotent-Replay: true`", body = ReceiptBody)))]
#[put("/v1/responses/{id:[^:/]+}")]
pub async fn put_response(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    id: web::Path<String>,
    body: JsonBytes<SMALL>,
) -> Result<HttpResponse, Refusal> {
    let id = uuid(&id)?;
    let (peer, code) = (Some(auth::peer(&req, &state)), shown_code(&req));
    let intake = Intake { state: &state, actor: &actor, keep_invalid: keeps_invalid(&req, &actor), code, peer };
    let Taken { receipt, replayed } = told(&state, intake.take(id, body.0.to_vec()).await?)?;
    if replayed {
        return Ok(HttpResponse::Ok().insert_header(("Idempotent-Replay", "true")).json(receipt));
    }
    Ok(HttpResponse::Created().insert_header((LOCATION, format!("/v1/responses/{id}"))).json(receipt))
}

/// A receipt, to whoever sent the response; the whole response, to a statistician.
#[utoipa::path(tag = "responses", params(("id" = String, Path, description = "The response, by its id; by its `seq` to those who list responses")),
    responses((status = 200, description = "The response; a sender and an auditor see the members of the receipt only, the rest is absent", body = ResponseBody)))]
#[get("/v1/responses/{id:[^:/]+}")]
pub async fn get_response(state: AppState, actor: Actor, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadReceipt)?; // before the address is judged
    let which = which(&id, &actor)?;
    let told = |findings: Option<String>| -> Vec<Finding> {
        findings.and_then(|findings| serde_json::from_str(&findings).ok()).unwrap_or_default()
    };
    if !actor.can(Action::ReadAnswers) {
        let sender = !actor.can(Action::ListResponses);
        let (summary, findings) = state.look(actor, move |look| office::receipt(look, which)).await?;
        let receipt = ReceiptBody::new(&summary.receipt, told(findings));
        let receipt = if sender { receipt } else { receipt.to_others() };
        return Ok(HttpResponse::Ok().json(ResponseBody::receipt(receipt)));
    }
    let whole = state.act(actor, move |act| office::open(act, which)).await??;
    let receipt = ReceiptBody::new(&whole.summary.receipt, told(whole.findings));
    let event =
        |event: responses::Event| EventBody { kind: event.kind.as_str(), at: rfc3339(event.at), actor: event.actor, reason: event.reason };
    let units = state.units().await?;
    let SummaryBody { unit, channel, key, started_at, answered_at, ended, withdrawn_at, .. } = summary_body(&whole.summary, &units);
    Ok(HttpResponse::Ok().json(ResponseBody {
        receipt,
        unit,
        channel,
        key,
        started_at,
        answered_at,
        ended: Some(ended),
        withdrawn_at,
        submission: whole.body.and_then(|body| serde_json::from_slice(&body).ok()),
        events: Some(whole.events.into_iter().map(event).collect()),
    }))
}

fn summary_body(row: &Summary, units: &Registry) -> SummaryBody {
    let unit = units.get(UnitId(row.unit_id));
    let channel = u8::try_from(row.channel).ok().and_then(Channel::from_code);
    SummaryBody {
        receipt: ReceiptBody::new(&row.receipt, Vec::new()),
        unit: unit.map(|unit| UnitName { list: unit.record.list.clone(), code: unit.record.code.clone() }),
        channel: channel.map(Channel::as_str),
        key: row.device_key_id,
        started_at: row.started_at.map(rfc3339),
        answered_at: row.answered_at.map(rfc3339),
        ended: row.ended_event.is_some(),
        withdrawn_at: row.withdrawn_at.map(rfc3339),
    }
}

/// Responses of a wave, in the order of arrival, without their answers.
#[utoipa::path(tag = "responses", params(ResponsesQuery), responses((status = 200, description = "A page of responses", body = Listing<SummaryBody>)))]
#[get("/v1/responses")]
pub async fn list_responses(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    query: Query<ResponsesQuery>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ListResponses)?;
    let page = Page::of(query.cursor.as_deref(), query.limit)?;
    let field = state.wave(&query.wave).await?.ok_or_else(|| Refusal::unknown_wave(&query.wave))?;
    let units = state.units().await?;
    let unit = query.unit.as_deref().map(|name| named_unit(&units, "unit", name, None)).transpose()?.map(|unit| unit.id);
    let wanted = query.state.map(|state| match state {
        StateName::Valid => ResponseState::Valid,
        StateName::Invalid => ResponseState::Invalid,
        StateName::Quarantined => ResponseState::Quarantined,
    });
    let reads = actor.can(Action::ReadAnswers);
    let told = |row: &Summary| {
        let body = summary_body(row, &units);
        let receipt = if reads { body.receipt.without_hash() } else { body.receipt.to_others() };
        SummaryBody { receipt, ..body }
    };
    let wish = ListWish { unit, state: wanted, after: page.after.unwrap_or(0), limit: page.fetch() };
    let rows = state.look(actor, move |look| office::list(look, field.wave.id, &wish)).await?;
    Ok(page.answer(&req, rows, |row| row.receipt.seq, |row| told(&row)))
}

/// Why a response is withdrawn.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WithdrawQuery {
    /// The reason, for the record: 3 to 500 characters.
    #[param(min_length = 3, max_length = 500)]
    reason: String,
}

/// Withdraws a response at its respondent's wish: its answers are erased, its id stays taken. Doing it again changes nothing.
#[utoipa::path(tag = "responses", params(("id" = String, Path, description = "The response"), WithdrawQuery),
    responses((status = 204, description = "Withdrawn")))]
#[delete("/v1/responses/{id:[^:/]+}")]
pub async fn withdraw_response(
    state: AppState,
    actor: Actor,
    id: web::Path<String>,
    query: Query<WithdrawQuery>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::EndResponse)?; // before the address is judged
    let id = uuid(&id)?;
    let reason = query.into_inner().reason;
    if !(3..=500).contains(&reason.chars().count()) {
        return Err(Refusal::parameter("reason", "out-of-bounds-length", "Phải từ 3 đến 500 ký tự", "Must have 3 to 500 characters"));
    }
    state.act(actor, move |act| office::withdraw(act, id, &reason)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The code that came with the receipt.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalRequest {
    /// `withdrawal_code` of the receipt; case, spaces and hyphens do not matter.
    #[validate(length(max = 100))]
    #[schema(max_length = 100)]
    pub withdrawal_code: String,
}

/// Withdraws a response for whoever shows the code of its receipt: no key is needed. What corrected it is withdrawn with it.
///
/// A code that is not the one gets the answer of an id that is not there.
#[utoipa::path(tag = "responses", request_body = WithdrawalRequest, params(("id" = String, Path, description = "The response")),
    responses((status = 204, description = "Withdrawn: its answers are erased, its id stays taken")))]
#[post("/v1/responses/{id:[^:/]+}:withdraw")]
pub async fn withdraw_own_response(
    state: AppState,
    actor: Actor,
    id: web::Path<String>,
    request: Json<WithdrawalRequest>,
) -> Result<HttpResponse, Refusal> {
    let id = uuid(&id)?;
    let code = request.0.withdrawal_code;
    state.act(actor, move |act| office::withdraw_own(act, id, &code)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Proposes to leave a response out of the runs to come, with a reason. It counts until another person confirms; then it keeps its answers,
/// and the exclusion stays on record.
#[utoipa::path(tag = "responses", request_body = ReasonRequest, params(("id" = String, Path, description = "The response")),
    responses((status = 202, description = "Proposed; `Location` is the proposal", body = ProposalBody)))]
#[post("/v1/responses/{id:[^:/]+}:exclude")]
pub async fn exclude_response(
    state: AppState,
    actor: Actor,
    id: web::Path<String>,
    request: Json<ReasonRequest>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::EndResponse)?; // before the address is judged
    let id = uuid(&id)?;
    Ok(proposed(state.act(actor, move |act| office::exclude(act, id, &request.0.reason)).await?))
}
