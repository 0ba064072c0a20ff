//! Persons and their sessions: inviting, enrolling, logging in and out, keys of one's own.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use crate::api::admin::keys::{IssuedKey, body as key_body};
use crate::api::admin::proposals::ProposalBody;
use crate::api::wire::UnitName;
use crate::http::auth;
use crate::http::body::Json;
use crate::http::page::Listing;
use crate::http::state::AppState;
use crate::office::keys::Issued;
use crate::office::persons::{self, EnrolWish, Enrolled, Invitation, InviteWish};
use crate::office::sessions::{self, Begun, LoginWish};
use crate::office::{Action, Actor, Code, Refusal, Role};
use crate::store::people::Person;
use crate::unit::{Registry, UnitId};
use crate::words::encode::rfc3339;

/// A person to invite, or to give other roles.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    /// What people call them, which they log in by.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The roles that they may log in as: `collector`, `agency` (which needs a unit), `statistician`, `publisher`, `auditor`, `admin`.
    roles: Vec<Role>,
    /// The unit that they are bound to, with all below it.
    unit: Option<UnitName>,
}

/// An invitation that is proposed: another person must confirm it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposedInvitation {
    /// The proposal.
    #[serde(flatten)]
    pub proposal: ProposalBody,
    /// The first half of the code, for the person, who gets the second from whoever confirms. It is shown here and never again.
    pub first_half: String,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonBody {
    /// Their number.
    pub id: i32,
    /// What people call them.
    pub name: String,
    /// The roles that they may log in as; none of one who holds keys only.
    pub roles: Vec<&'static str>,
    /// The unit that they are bound to.
    pub unit: Option<UnitName>,
    /// Since when they are known.
    pub created_at: String,
    /// Who made them known.
    pub created_by: String,
    /// Since when nothing of theirs opens anything.
    pub disabled_at: Option<String>,
}

/// What a person enrols with.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The name of the invitation.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    login: String,
    /// The code of the invitation: both halves, one after the other.
    #[validate(length(max = 128))]
    #[schema(max_length = 128)]
    code: String,
    /// 8 to 256 characters of any kind, and not one of those that everybody guesses first.
    #[validate(length(max = 1_024))]
    #[schema(max_length = 1_024)]
    password: String,
}

/// What an authenticator needs. It is shown here and never again.
#[derive(Serialize, ToSchema)]
pub struct EnrolledBody {
    /// The secret of the one-time codes, in base32.
    pub totp_secret: String,
    /// The same as an address that authenticators read.
    pub otpauth: String,
}

/// What somebody logs in with.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// The person's name.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    login: String,
    /// Their password.
    #[validate(length(max = 1_024))]
    #[schema(max_length = 1_024)]
    password: String,
    /// The code that their authenticator shows.
    #[validate(length(max = 32))]
    #[schema(max_length = 32)]
    totp: String,
    /// As what; needed of one who has several roles.
    role: Option<Role>,
}

/// A session that began just now.
#[derive(Serialize, ToSchema)]
pub struct SessionBody {
    /// What to send as `Authorization: Bearer`. It is shown here and never again.
    pub token: String,
    /// Who.
    pub person: String,
    /// As what.
    pub role: &'static str,
    /// When it ends whatever happens.
    pub ends_at: String,
    /// It ends after so many minutes without a request.
    pub idle_minutes: i64,
}

/// A key for programs of one's own.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnKeyRequest {
    /// What to call it.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

fn body(person: Person, units: &Registry) -> PersonBody {
    let unit = person.unit_id.and_then(|id| units.get(UnitId(id)));
    PersonBody {
        id: person.id,
        roles: persons::roles(&person).into_iter().map(Role::as_str).collect(),
        name: person.name,
        unit: unit.map(|unit| UnitName { list: unit.record.list.clone(), code: unit.record.code.clone() }),
        created_at: rfc3339(person.created_at),
        created_by: person.created_by,
        disabled_at: person.disabled_at.map(rfc3339),
    }
}

/// Counts a login or an enrolment that was refused, as a key that is not valid.
fn counted<T>(state: &AppState, req: &HttpRequest, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
    if outcome.as_ref().is_err_and(|refusal| refusal.code() == Code::LoginRefused) {
        auth::failed(req, state)?;
    }
    outcome
}

/// Proposes to invite a person, or to give them other roles; another admin or an auditor must confirm it. Then the person enrols with both
/// halves of the code within three days.
#[utoipa::path(tag = "persons", request_body = InviteRequest,
    responses((status = 202, description = "Proposed; `Location` is the proposal", body = ProposedInvitation)))]
#[post("/v1/persons")]
pub async fn invite_person(state: AppState, actor: Actor, request: Json<InviteRequest>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::KeepKeys)?; // before the body is judged
    let Json(InviteRequest { name, roles, unit }) = request;
    let wish = InviteWish { name, roles, unit: unit.map(|unit| (unit.list, unit.code)) };
    match state.act(actor, move |act| persons::invite(act, &wish)).await? {
        Invitation::Proposed { proposal, half } => {
            let location = ("Location", format!("/v1/proposals/{}", proposal.id));
            let body = ProposedInvitation { proposal: ProposalBody::of(proposal), first_half: half };
            Ok(HttpResponse::Accepted().insert_header(location).json(body))
        }
        Invitation::Sent { .. } => Err(Refusal::internal("nobody is the operator over HTTP")),
    }
}

/// Every person, in the order in which they came.
#[utoipa::path(tag = "persons", responses((status = 200, description = "The persons", body = Listing<PersonBody>)))]
#[get("/v1/persons")]
pub async fn list_persons(state: AppState, actor: Actor) -> Result<HttpResponse, Refusal> {
    let rows = state.look(actor, persons::list).await?;
    let units = state.units().await?;
    Ok(HttpResponse::Ok().json(Listing { items: rows.into_iter().map(|person| body(person, &units)).collect(), next: None }))
}

/// Ends what a person may do: their keys and sessions open nothing any more.
#[utoipa::path(tag = "persons", params(("id" = i32, Path, description = "The person")),
    responses((status = 200, description = "Disabled", body = PersonBody)))]
#[post("/v1/persons/{id:[^:/]+}:disable")]
pub async fn disable_person(state: AppState, actor: Actor, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::KeepKeys)?; // before the address is judged
    let id: i32 = id.parse().map_err(|_| Refusal::not_found())?;
    let person = state.act(actor, move |act| persons::disable(act, id)).await?;
    state.cache().forget_keys();
    Ok(HttpResponse::Ok().json(body(person, &*state.units().await?)))
}

/// Enrols whoever was invited: they choose a password, and get the secret of their one-time codes. Nobody else knows either.
#[utoipa::path(tag = "persons", request_body = EnrolRequest, responses((status = 201, description = "Enrolled", body = EnrolledBody)))]
#[post("/v1/persons:enrol")]
pub async fn enrol_person(state: AppState, req: HttpRequest, request: Json<EnrolRequest>) -> Result<HttpResponse, Refusal> {
    let Json(EnrolRequest { login, code, password }) = request;
    let wish = EnrolWish { login, code, password };
    auth::trying(&req, &state)?;
    let outcome = state.slowly(move |office| persons::enrol(office, &wish)).await;
    let Enrolled { secret, address } = counted(&state, &req, outcome)?;
    state.cache().forget_keys();
    Ok(HttpResponse::Created().json(EnrolledBody { totp_secret: secret, otpauth: address }))
}

/// Logs in with a password and a one-time code. What is wrong is told to nobody; after five failures it takes longer each time.
#[utoipa::path(tag = "persons", request_body = LoginRequest, responses((status = 201, description = "A session", body = SessionBody)))]
#[post("/v1/sessions")]
pub async fn create_session(state: AppState, req: HttpRequest, request: Json<LoginRequest>) -> Result<HttpResponse, Refusal> {
    let Json(LoginRequest { login, password, totp, role }) = request;
    let wish = LoginWish { login, password, code: totp, role };
    auth::trying(&req, &state)?;
    let outcome = state.slowly(move |office| sessions::login(office, &wish)).await;
    let Begun { text, person, role, ends_at } = counted(&state, &req, outcome)?;
    let idle_minutes = sessions::IDLE / 60_000_000;
    Ok(HttpResponse::Created().json(SessionBody { token: text, person, role: role.as_str(), ends_at: rfc3339(ends_at), idle_minutes }))
}

/// Logs out: ends the session by which it is asked.
#[utoipa::path(tag = "persons", responses((status = 204, description = "Ended")))]
#[delete("/v1/sessions/current")]
pub async fn end_session(state: AppState, actor: Actor, req: HttpRequest) -> Result<HttpResponse, Refusal> {
    let hash = auth::presented(&req).ok_or_else(|| Refusal::new(Code::Unauthenticated))?;
    state.act(actor, move |act| sessions::end(act, &hash)).await?;
    state.cache().forget_keys();
    Ok(HttpResponse::NoContent().finish())
}

/// Issues a key to the person of the session, in its role and bound to their unit, for programs of their own.
#[utoipa::path(tag = "persons", request_body = OwnKeyRequest, responses((status = 201, description = "The key; its text is shown once", body = IssuedKey)))]
#[post("/v1/sessions/current/keys")]
pub async fn create_own_key(state: AppState, actor: Actor, request: Json<OwnKeyRequest>) -> Result<HttpResponse, Refusal> {
    let whose = actor.holder().and_then(|holder| holder.person.clone());
    let Issued { key, text } = state.act(actor, move |act| sessions::own_key(act, &request.0.name)).await?;
    let persons = whose.into_iter().map(|person| (person.id, person.name)).collect();
    Ok(HttpResponse::Created().json(IssuedKey { about: key_body(key, &*state.units().await?, &persons), key: text }))
}
