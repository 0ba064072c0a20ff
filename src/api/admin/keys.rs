//! Keys: an admin issues and revokes them. A key's text is shown once.

use std::collections::HashMap;

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::api::admin::proposals::ProposalBody;
use crate::api::wire::UnitName;
use crate::http::body::Json;
use crate::http::page::Listing;
use crate::http::state::AppState;
use crate::office::Actor;
use crate::office::Refusal;
use crate::office::keys::{self, Answer, Issued, KeyWish};
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
    /// Whose it is. If nothing is said, the name of a key that decides (statistician, publisher, auditor, admin) stands for its person:
    /// two keys of one name are one person's. Another key is then a device's or a service's.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    person: Option<String>,
    /// For how many days it opens anything, at most ten years; until it is revoked if nothing is said. Of a key that two persons issue they
    /// count from the confirmation.
    #[validate(range(min = 1, max = 3652))]
    #[schema(minimum = 1, maximum = 3652)]
    days: Option<u32>,
}

/// A key that is proposed: another person must confirm it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposedKey {
    /// The proposal.
    #[serde(flatten)]
    pub proposal: ProposalBody,
    /// The first half of the key's text, for its person, who gets the second from whoever confirms. It is shown here and never again.
    pub first_half: String,
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
    /// Whose it is; null: a device's or a service's.
    pub person: Option<String>,
    /// When it was issued.
    pub created_at: String,
    /// By whom.
    pub created_by: String,
    /// Since when it opens nothing.
    pub revoked_at: Option<String>,
    /// Until when it opens anything; null: until it is revoked.
    pub expires_at: Option<String>,
    /// When it was last used, to five minutes.
    pub used_at: Option<String>,
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

/// A key as the API tells it.
pub(super) fn body(key: Key, units: &Registry, persons: &HashMap<i32, String>) -> KeyBody {
    let unit = key.unit_id.and_then(|id| units.get(UnitId(id)));
    KeyBody {
        id: key.id,
        name: key.name,
        role: key.role,
        unit: unit.map(|unit| UnitName { list: unit.record.list.clone(), code: unit.record.code.clone() }),
        person: key.person_id.and_then(|id| persons.get(&id).cloned()),
        created_at: rfc3339(key.created_at),
        created_by: key.created_by,
        revoked_at: key.revoked_at.map(rfc3339),
        expires_at: key.expires_at.map(rfc3339),
        used_at: key.used_at.map(rfc3339),
    }
}

/// Issues a key. One that decides (statistician, publisher, auditor, admin) is proposed: another admin or an auditor must confirm it.
#[utoipa::path(tag = "keys", request_body = KeyRequest, responses(
    (status = 201, description = "The key; its text is shown once", body = IssuedKey),
    (status = 202, description = "Proposed; `Location` is the proposal", body = ProposedKey)))]
#[post("/v1/keys")]
pub async fn create_key(state: AppState, actor: Actor, request: Json<KeyRequest>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::KeepKeys)?; // before the body is judged
    let Json(KeyRequest { name, role, unit, person, days }) = request;
    let wish = KeyWish { name, role, unit: unit.map(|unit| (unit.list, unit.code)), person, days };
    let (answer, persons) = state.act(actor, move |act| Ok((keys::issue(act, &wish)?, keys::persons(act)?))).await?;
    let Issued { key, text } = match answer {
        Answer::Issued(issued) => issued,
        Answer::Proposed { proposal, half } => {
            let location = format!("/v1/proposals/{}", proposal.id);
            let body = ProposedKey { proposal: ProposalBody::of(proposal), first_half: half };
            return Ok(HttpResponse::Accepted().insert_header((LOCATION, location)).json(body));
        }
    };
    let about = body(key, &*state.units().await?, &persons);
    Ok(HttpResponse::Created().insert_header((LOCATION, format!("/v1/keys/{}", about.id))).json(IssuedKey { about, key: text }))
}

/// Every key, revoked ones among them, in the order of issue.
#[utoipa::path(tag = "keys", responses((status = 200, description = "The keys", body = Listing<KeyBody>)))]
#[get("/v1/keys")]
pub async fn list_keys(state: AppState, actor: Actor) -> Result<HttpResponse, Refusal> {
    let (rows, persons) = state.look(actor, |look| Ok((keys::list(look)?, keys::persons(look)?))).await?;
    let units = state.units().await?;
    Ok(HttpResponse::Ok().json(Listing { items: rows.into_iter().map(|key| body(key, &units, &persons)).collect(), next: None }))
}

/// Revokes a key. It stops working here at once, and within seconds on every other instance.
#[utoipa::path(tag = "keys", params(("id" = i32, Path, description = "The key's number")),
    responses((status = 200, description = "The revoked key", body = KeyBody)))]
#[delete("/v1/keys/{id:[^:/]+}")]
pub async fn revoke_key(state: AppState, actor: Actor, id: web::Path<i32>) -> Result<HttpResponse, Refusal> {
    let (key, persons) = state.act(actor, move |act| Ok((keys::revoke(act, *id)?, keys::persons(act)?))).await?;
    state.cache().forget_keys();
    Ok(HttpResponse::Ok().json(body(key, &*state.units().await?, &persons)))
}
