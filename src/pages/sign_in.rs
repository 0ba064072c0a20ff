//! Signing in and out, and who one is.

use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, get, post};
use maud::html;
use serde::Deserialize;
use validator::Validate;

use super::frame::{Page, home};
use super::parts::{Faults, Input, Select, facts};
use super::session;
use super::visit::{Staff, Visit, local};
use crate::http::auth;
use crate::http::body::Form;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::sessions::{self, IDLE, LoginWish};
use crate::office::{Code, Refusal, Role, Standing, secret};
use crate::unit::UnitId;

/// Where to go afterwards.
#[derive(Debug, Deserialize, Validate)]
pub struct Next {
    #[validate(length(max = 1_000))]
    next: Option<String>,
}

/// What was typed, but for what is secret.
#[derive(Debug, Default)]
struct Typed {
    login: String,
    role: String,
    next: String,
}

/// The form.
#[get("/login")]
pub async fn show_sign_in(visit: Visit, query: Query<Next>) -> HttpResponse {
    let next = query.into_inner().next.unwrap_or_default();
    form(&visit, &Typed { next, ..Typed::default() }, &Faults::default(), StatusCode::OK)
}

/// Signs somebody in and sends them where they were going.
#[post("/login")]
pub async fn sign_in(
    state: AppState,
    req: HttpRequest,
    visit: Visit,
    former: Result<Staff, Refusal>,
    fields: Form,
) -> Result<HttpResponse, Refusal> {
    let field = |name: &str| fields.0.as_sent(name).to_owned();
    let typed = Typed { login: field("login"), role: field("role"), next: field("next") };
    if !session::is_private(req.headers()) {
        let mut faults = Faults::default();
        faults.add("", visit.say("Chỉ đăng nhập được qua kết nối mã hóa (https)", "Signing in needs an encrypted connection (https)"));
        return Ok(form(&visit, &typed, &faults, StatusCode::FORBIDDEN));
    }
    auth::trying(&req, &state)?;
    let (login, role) = (typed.login.clone(), Role::parse(&typed.role));
    let wish = LoginWish { login, password: field("password"), code: field("totp").replace(' ', ""), role };
    match state.slowly(move |office| sessions::login(office, &wish)).await {
        Ok(begun) => {
            if let Ok(former) = former {
                leave(&state, &req, &former).await?;
            }
            let next = visit.link(local(&typed.next).unwrap_or_else(|| home(|action| action.roles().contains(&begun.role))));
            let cookie = session::begin(req.headers(), &begun.text);
            Ok(HttpResponse::SeeOther().insert_header((LOCATION, next)).insert_header((SET_COOKIE, cookie)).finish())
        }
        Err(refusal) => {
            if refusal.code() == Code::LoginRefused {
                auth::failed(&req, &state)?;
            }
            refused(&visit, &typed, refusal)
        }
    }
}

/// The form again, where that helps.
fn refused(visit: &Visit, typed: &Typed, refusal: Refusal) -> Result<HttpResponse, Refusal> {
    let mut faults = Faults::default();
    let status = match refusal.code() {
        Code::LoginRefused => {
            let (vi, en) = (
                "Tên, mật khẩu hoặc mã một lần không đúng, hoặc đã sai quá nhiều lần",
                "Name, password or one-time code is wrong, or there were too many failures",
            );
            faults.add("login", visit.say(vi, en));
            StatusCode::FORBIDDEN
        }
        Code::BodyInvalid => {
            faults = Faults::of(&refusal, visit.lang);
            StatusCode::UNPROCESSABLE_ENTITY
        }
        _ => return Err(refusal),
    };
    Ok(form(visit, typed, &faults, status))
}

fn form(visit: &Visit, typed: &Typed, faults: &Faults, status: StatusCode) -> HttpResponse {
    let one = visit.say("Vai trò duy nhất của tôi", "The one role that I have");
    let names: Vec<(&str, String)> =
        Role::ALL.into_iter().filter(|role| role.logs_in()).map(|role| (role.as_str(), role.said().pick(visit.lang).to_owned())).collect();
    let roles: Vec<(&str, &str)> = std::iter::once(("", one)).chain(names.iter().map(|(name, said)| (*name, said.as_str()))).collect();
    let page = Page::public(visit, visit.say("Đăng nhập", "Sign in")).status(status).faults(faults);
    page.lead(visit.say("Dành cho người có tài khoản của cơ quan.", "For those who have an account of the office.")).answer(html! {
        form.narrow method="post" action=(visit.link("/login")) {
            input type="hidden" name="next" value=(typed.next);
            (Input {
                name: "login", label: visit.say("Tên", "Name"), value: &typed.login, fault: faults.at("login"),
                autocomplete: Some("username"), maxlength: Some(100), required: true, ..Input::default()
            })
            (Input {
                name: "password", label: visit.say("Mật khẩu", "Password"), kind: "password",
                autocomplete: Some("current-password"), maxlength: Some(1_024), required: true, ..Input::default()
            })
            (Select { name: "role", label: visit.say("Vai trò", "Role"), options: &roles, value: &typed.role, fault: faults.at("role"), ..Select::default() })
            (Input {
                name: "totp", label: visit.say("Mã một lần", "One-time code"), autocomplete: Some("one-time-code"),
                hint: Some(visit.say("6 chữ số trên ứng dụng xác thực", "6 digits that the authenticator shows")),
                inputmode: Some("numeric"), maxlength: Some(32), required: true, ..Input::default()
            })
            button type="submit" { (visit.say("Đăng nhập", "Sign in")) }
        }
    })
}

/// Ends the session of a request.
async fn leave(state: &AppState, req: &HttpRequest, staff: &Staff) -> Result<(), Refusal> {
    let hash = session::cookie(req.headers()).map(secret::hash).ok_or_else(|| Refusal::new(Code::Unauthenticated))?;
    state.act(staff.actor.clone(), move |act| sessions::end(act, &hash)).await?;
    state.cache().forget_keys();
    Ok(())
}

/// Ends the session.
#[post("/logout")]
pub async fn sign_out(state: AppState, req: HttpRequest, staff: Staff) -> Result<HttpResponse, Refusal> {
    leave(&state, &req, &staff).await?;
    let next = staff.link("/login");
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, next)).insert_header((SET_COOKIE, session::end(req.headers()))).finish())
}

/// Who one is, and the way out.
#[get("/account")]
pub async fn show_account(state: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    let holder = staff.holder()?;
    let role = match holder.standing {
        Standing::Role(role) => role.said().pick(staff.lang).to_owned(),
        Standing::Operator => String::new(),
    };
    let units = state.units().await?;
    let unit = holder.unit.and_then(|unit| units.get(UnitId(unit))).map(|unit| unit.record.name(staff.lang).to_owned());
    let unit = unit.unwrap_or_else(|| staff.say("Mọi đơn vị", "Every unit").to_owned());
    let minutes = (IDLE / 60_000_000).to_string();
    Ok(Page::office(&staff, staff.say("Tài khoản", "Account")).answer(html! {
        (facts(&[
            (staff.say("Tên", "Name"), html! { (holder.name) }),
            (staff.say("Vai trò", "Role"), html! { (role) }),
            (staff.say("Đơn vị", "Unit"), html! { (unit) }),
        ]))
        p.hint {
            (staff.say("Phiên này kết thúc sau ", "This session ends after "))
            (minutes)
            (staff.say(" phút không dùng đến.", " minutes without use."))
        }
        form method="post" action=(staff.link("/logout")) { button.plain type="submit" { (staff.say("Đăng xuất", "Sign out")) } }
    }))
}
