//! The audit log: who did what, for auditors to read.

use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::http::page::{Listing, Page};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::Action;
use crate::office::Refusal;
use crate::office::{Actor, audit};
use crate::store::audit::Filter;
use crate::words::encode::rfc3339;

/// A line of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineBody {
    /// Its place in the log.
    pub id: i64,
    /// When.
    pub at: String,
    /// Who: the key's name and number.
    pub actor: String,
    /// In what role.
    pub role: String,
    /// What was done, such as `run.approve`.
    pub action: String,
    /// To what.
    pub object: String,
    /// More.
    pub detail: Value,
}

/// Which lines to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Only lines about this object.
    object: Option<String>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Lines a page, at most 1000.
    #[validate(range(min = 1, max = 1000))]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// Who did what, the latest first.
#[utoipa::path(tag = "audit", params(AuditQuery), responses((status = 200, description = "A page of the log", body = Listing<LineBody>)))]
#[get("/v1/audit")]
pub async fn list_audit(state: AppState, actor: Actor, req: HttpRequest, query: Query<AuditQuery>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadAudit)?; // before the query is judged
    let page = Page::of(query.cursor.as_deref(), query.limit)?;
    let object = query.into_inner().object;
    let fetch = page.fetch();
    let rows = state.look(actor, move |look| audit::list(look, &Filter { object, before: page.after, ..Filter::default() }, fetch)).await?;
    Ok(page.answer(
        &req,
        rows,
        |line| line.id,
        |line| LineBody {
            id: line.id,
            at: rfc3339(line.at),
            actor: line.actor,
            role: line.role,
            action: line.action,
            object: line.object,
            detail: serde_json::from_str(&line.detail).unwrap_or(Value::String(line.detail)),
        },
    ))
}
