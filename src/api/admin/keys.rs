//! Keys: an admin issues and revokes them. A key's text is shown once.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::api::wire::UnitName;
use crate::http::body::Json;
use crate::http::page::Listing;
use crate::http::state::AppState;
use crate::office::Actor;
use crate::office::Refusal;
use crate::office::keys::{self, Issued, KeyWish};
use crate::office::{Action, Role};
use crate::store::keys::Key;
use crate::unit::{Registry, UnitId};
use crate::words::encode::rfc3339;

/// A key to issue.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// What people call it: a device's place, a person's name. It stands in the audit log.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it is for.
    role: Role,
    /// The unit it is bound to, with all below it. An agency's key must have one; a device's should.
    unit: Option<UnitName>,
}

/// A key, without its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyBody {
    /// Its number.
    pub id: i32,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub role: String,
    /// The unit it is bound to.
    pub unit: Option<UnitName>,
    /// When it was issued.
    pub created_at: String,
    /// By whom.
    pub created_by: String,
    /// Since when it opens nothing.
    pub revoked_at: Option<String>,
}

/// A key that was issued just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedKey {
    /// The key.
    #[serde(flatten)]
    pub about: KeyBody,
    /// Its text. It is shown here and never again.
    pub key: String,
}

fn body(key: Key, units: &Registry) -> KeyBody {
    let unit = key.unit_id.and_then(|id| units.get(UnitId(id)));
    KeyBody {
        id: key.id,
        name: key.name,
        role: key.role,
        unit: unit.map(|unit| UnitName { list: unit.record.list.clone(), code: unit.record.code.clone() }),
        created_at: rfc3339(key.created_at),
        created_by: key.created_by,
        revoked_at: key.revoked_at.map(rfc3339),
    }
}

/// Issues a key.
#[utoipa::path(tag = "keys", request_body = KeyRequest, responses((status = 201, description = "The key; its text is shown once", body = IssuedKey)))]
#[post("/v1/keys")]
pub async fn create_key(state: AppState, actor: Actor, request: Json<KeyRequest>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::KeepKeys)?; // before the body is judged
    let Json(KeyRequest { name, role, unit }) = request;
    let wish = KeyWish { name, role, unit: unit.map(|unit| (unit.list, unit.code)) };
    let Issued { key, text } = state.act(actor, move |act| keys::issue(act, &wish)).await?;
    let about = body(key, &*state.units().await?);
    Ok(HttpResponse::Created().insert_header((LOCATION, format!("/v1/keys/{}", about.id))).json(IssuedKey { about, key: text }))
}

/// Every key, revoked ones among them, in the order of issue.
#[utoipa::path(tag = "keys", responses((status = 200, description = "The keys", body = Listing<KeyBody>)))]
#[get("/v1/keys")]
pub async fn list_keys(state: AppState, actor: Actor) -> Result<HttpResponse, Refusal> {
    let rows = state.look(actor, keys::list).await?;
    let units = state.units().await?;
    Ok(HttpResponse::Ok().json(Listing { items: rows.into_iter().map(|key| body(key, &units)).collect(), next: None }))
}

/// Revokes a key. It stops working here at once, and within seconds on every other instance.
#[utoipa::path(tag = "keys", params(("id" = i32, Path, description = "The key's number")),
    responses((status = 200, description = "The revoked key", body = KeyBody)))]
#[delete("/v1/keys/{id:[^:/]+}")]
pub async fn revoke_key(state: AppState, actor: Actor, id: web::Path<i32>) -> Result<HttpResponse, Refusal> {
    let key = state.act(actor, move |act| keys::revoke(act, *id)).await?;
    state.cache().forget_keys();
    Ok(HttpResponse::Ok().json(body(key, &*state.units().await?)))
}
