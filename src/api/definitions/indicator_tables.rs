//! Indicator tables: the values that composite indices are computed from, loaded as CSV. Nothing of a table ever changes.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::api::wire::{Cacheable, FindingBody};
use crate::http::body::{self, TABLE};
use crate::http::page::{Listing, Page};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::{Action, Actor, Code, Refusal, indicators as office};
use crate::store::indicators::{Filter, Value};
use crate::words::any_error;
use crate::words::encode::{hex, rfc3339};

/// What a table is loaded for.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LoadQuery {
    /// Code of the composite index.
    index: String,
    /// Version of its definition, which is its edition. The table may hold other editions too.
    version: String,
    /// What people call the table, at most 200 letters.
    #[param(min_length = 1, max_length = 200)]
    title: String,
}

/// What a table is checked against.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CheckQuery {
    /// Code of the composite index.
    index: String,
    /// Version of its definition.
    version: String,
}

/// Which tables to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TablesQuery {
    /// Of this index.
    index: Option<String>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Tables a page, at most 1000.
    #[validate(range(min = 1, max = 1000))]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// Which values to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ValuesQuery {
    /// Of this edition.
    edition: Option<String>,
    /// Of this unit, by its code as the table has it.
    unit: Option<String>,
    /// Of this indicator or denominator.
    indicator: Option<String>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Values a page, at most 1000.
    #[validate(range(min = 1, max = 1000))]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// A table.
#[derive(Debug, Serialize, ToSchema)]
pub struct TableBody {
    /// Its number: what runs name it by.
    pub id: i32,
    /// Code of the index that it was loaded for.
    pub index: String,
    /// Version of the definition that it was checked against.
    pub version: String,
    /// What people call it.
    pub title: String,
    /// SHA-256 of the file as it came.
    pub sha256: String,
    /// Values, revisions among them.
    pub values: i32,
    /// Units, counted once an edition.
    pub units: i32,
    /// The editions that it has units of.
    pub editions: Vec<String>,
    /// When it was loaded.
    pub loaded_at: String,
    /// By whom.
    pub loaded_by: String,
    /// What somebody should look at. None of it kept the table from being loaded.
    pub warnings: Vec<FindingBody>,
}

/// What a check of a table found.
#[derive(Debug, Serialize, ToSchema)]
pub struct TableCheck {
    /// Whether it could be loaded.
    pub valid: bool,
    /// Everything found, each with its line.
    pub findings: Vec<FindingBody>,
}

/// One value of a table, in one revision.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValueBody {
    /// The edition.
    pub edition: String,
    /// The unit, as the table has it.
    pub unit: String,
    /// The indicator or denominator.
    pub indicator: String,
    /// Counts from 0; the highest is in force.
    pub revision: i32,
    /// The value; null where the source says that there is none.
    pub value: Option<f64>,
    /// The unit of measure.
    pub measured_in: Option<String>,
    /// The day for which it holds.
    pub date: Option<String>,
    /// Where it stands.
    pub source: Option<String>,
    /// `published`, `derived` or `restated`.
    pub status: String,
    /// Its standard error.
    pub standard_error: Option<f64>,
    /// Degrees of freedom of that.
    pub df: Option<f64>,
    /// Answers behind it.
    pub n: Option<i64>,
}

impl From<Value> for ValueBody {
    fn from(value: Value) -> Self {
        let Value { edition, unit, indicator, revision, value, measured_in, date, source, status, standard_error, df, n, .. } = value;
        Self { edition, unit, indicator, revision, value, measured_in, date, source, status, standard_error, df, n }
    }
}

fn table_body(found: office::Table) -> TableBody {
    let office::Table { table, index, version } = found;
    TableBody {
        id: table.id,
        index,
        version,
        title: table.title,
        sha256: hex(&table.sha256),
        values: table.n_values,
        units: table.n_units,
        editions: serde_json::from_str(&table.editions).unwrap_or_default(),
        loaded_at: rfc3339(table.loaded_at),
        loaded_by: table.loaded_by,
        warnings: stored_findings(&table.findings),
    }
}

/// Findings as the store keeps them: warnings, which refused nothing.
pub(in crate::api) fn stored_findings(json: &str) -> Vec<FindingBody> {
    let text = |finding: &Json, member: &str| finding[member].as_str().unwrap_or_default().to_owned();
    let body = |finding: &Json| FindingBody {
        pointer: text(finding, "pointer"),
        line: finding["line"].as_u64().and_then(|line| u32::try_from(line).ok()),
        severity: if finding["severity"] == "error" { "error" } else { "warning" },
        code: text(finding, "code"),
        vi: text(finding, "vi"),
        en: text(finding, "en"),
    };
    let list: Vec<Json> = serde_json::from_str(json).unwrap_or_default();
    list.iter().map(body).collect()
}

/// Loads a table for a version of a composite index: a line a value, or a line a unit with a column an indicator. The same file again is
/// the same table.
#[utoipa::path(tag = "composites", params(LoadQuery),
    request_body(content = String, content_type = "text/csv",
        description = "`unit,indicator,value[,edition][,measured_in][,date][,source][,status][,revision][,standard_error][,df][,n]`, or \
                       `unit[,edition]` and a column for each indicator"),
    responses((status = 201, description = "Loaded; `Location` is the table", body = TableBody),
        (status = 200, description = "It was loaded before", body = TableBody)))]
#[post("/v1/indicator-tables")]
pub async fn load_indicators(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    query: Query<LoadQuery>,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::LoadIndicators)?; // before the body is sent
    let LoadQuery { index, version, title } = query.into_inner();
    let bytes = csv(&req, payload).await?;
    let asks = actor.clone();
    let sent = state.look(asks, move |look| office::prepare(look, &index, &version, &title, &bytes)).await.map_err(no_version)?;
    let (new, table) = state.act(actor, move |act| office::load(act, &sent)).await?;
    let mut answer = if new { HttpResponse::Created() } else { HttpResponse::Ok() };
    answer.insert_header((LOCATION, format!("/v1/indicator-tables/{}", table.table.id)));
    Ok(answer.json(table_body(table)))
}

/// Says what is wrong with a table, without loading it.
#[utoipa::path(tag = "composites", params(CheckQuery), request_body(content = String, content_type = "text/csv", description = "A table"),
    responses((status = 200, description = "Everything found", body = TableCheck)))]
#[post("/v1/indicator-tables:check")]
pub async fn check_indicators(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    query: Query<CheckQuery>,
    payload: web::Payload,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::CheckDefinition)?; // before the body is sent
    let CheckQuery { index, version } = query.into_inner();
    let bytes = csv(&req, payload).await?;
    let sent = state.look(actor, move |look| office::check(look, &index, &version, &bytes)).await.map_err(no_version)?;
    let findings = sent.findings();
    let valid = !any_error(findings);
    Ok(HttpResponse::Ok().json(TableCheck { valid, findings: findings.iter().cloned().map(Into::into).collect() }))
}

/// Says which parameters named an index that is not there.
fn no_version(refusal: Refusal) -> Refusal {
    if refusal.code() != Code::NotFound {
        return refusal;
    }
    refusal.at_parameter("version", "unknown-value", "Không có phiên bản chỉ số này", "There is no such version of the index")
}

/// The body, which is large: nobody without permission gets as far as sending it.
async fn csv(req: &HttpRequest, payload: web::Payload) -> Result<web::Bytes, Refusal> {
    body::require_type(req, "text/csv")?;
    body::receive(req, payload, TABLE).await
}

/// Tables, the last loaded first.
#[utoipa::path(tag = "composites", params(TablesQuery), responses((status = 200, description = "A page of tables", body = Listing<TableBody>)))]
#[get("/v1/indicator-tables")]
pub async fn list_indicator_tables(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    query: Query<TablesQuery>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadRuns)?; // before the query is judged
    let page: Page<i32> = Page::of(query.cursor.as_deref(), query.limit)?;
    let index = query.into_inner().index;
    let tables = state.look(actor, move |look| office::list(look, index.as_deref(), page.after, page.fetch())).await?;
    Ok(page.answer(&req, tables, |table| table.table.id, table_body))
}

/// A table without its values.
#[utoipa::path(tag = "composites", params(("id" = i32, Path, description = "The table's number")),
    responses((status = 200, description = "The table", body = TableBody)))]
#[get("/v1/indicator-tables/{id:[^:/]+}")]
pub async fn get_indicator_table(state: AppState, actor: Actor, id: web::Path<i32>) -> Result<HttpResponse, Refusal> {
    let table = state.look(actor, move |look| office::get(look, *id)).await?;
    Ok(HttpResponse::Ok().private().json(table_body(table)))
}

/// The values of a table with their revisions, in the order of edition, unit and indicator.
#[utoipa::path(tag = "composites", params(("id" = i32, Path, description = "The table's number"), ValuesQuery),
    responses((status = 200, description = "A page of values", body = Listing<ValueBody>)))]
#[get("/v1/indicator-tables/{id:[^:/]+}/values")]
pub async fn list_indicator_values(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    id: web::Path<i32>,
    query: Query<ValuesQuery>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadRuns)?; // before the query is judged
    let page: Page<i32> = Page::of(query.cursor.as_deref(), query.limit)?;
    let ValuesQuery { edition, unit, indicator, .. } = query.into_inner();
    let filter = Filter { edition, unit, indicator, after_ord: page.after };
    let values = state.look(actor, move |look| office::values(look, *id, &filter, page.fetch())).await?;
    Ok(page.answer(&req, values, |value| value.ord, ValueBody::from))
}
