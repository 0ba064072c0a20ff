//! `/console/admin/keys`: keys of devices, programs and persons.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use maud::{Markup, html};

use super::{first_half, named_unit, role, ways};
use crate::http::body::{Fields, Form};
use crate::http::state::AppState;
use crate::office::keys::{self, Answer, KeyWish};
use crate::office::{Action, Refusal, Role};
use crate::pages::console::{by, faults, to};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Head, Input, Notice, Select, borrowed, empty, notice, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::store::keys::Key;
use crate::unit::{Registry, UnitId};

const KEYS: &str = "/console/admin/keys";
/// For how long a key is issued if nobody says otherwise: a year.
const DAYS: &str = "365";

/// The list and the form.
#[get("/console/admin/keys")]
pub async fn list_keys(app: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepKeys)?;
    page(&app, &staff, &first(), &Faults::default(), StatusCode::OK, &html! {}).await
}

/// A form that nobody has filled in.
fn first() -> Fields {
    Fields(vec![("days".to_owned(), DAYS.to_owned())])
}

/// Issues a key, or proposes one that decides.
#[post("/console/admin/keys")]
pub async fn issue(app: AppState, staff: Staff, fields: Form) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepKeys)?;
    let fields = fields.0;
    let wish = match wish(&staff, &fields) {
        Ok(wish) => wish,
        Err(found) => return page(&app, &staff, &fields, &found, StatusCode::UNPROCESSABLE_ENTITY, &html! {}).await,
    };
    let told = match app.act(staff.actor.clone(), move |act| keys::issue(act, &wish)).await {
        Ok(Answer::Issued(issued)) => secret(&staff, &issued.text),
        Ok(Answer::Proposed { half, .. }) => first_half(&staff, &half),
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.code().status()).unwrap_or(StatusCode::CONFLICT);
            let found = faults(&staff, refusal)?;
            return page(&app, &staff, &fields, &found, status, &html! {}).await;
        }
    };
    page(&app, &staff, &first(), &Faults::default(), StatusCode::OK, &told).await
}

/// What the form asks for.
fn wish(visit: &Visit, fields: &Fields) -> Result<KeyWish, Faults> {
    let mut faults = Faults::default();
    let role = Role::parse(fields.get("role"));
    if role.is_none() {
        faults.add("role", visit.say("Hãy chọn vai trò", "Choose a role"));
    }
    let days = fields.some("days").map(|days| days.parse::<u32>());
    if matches!(days, Some(Err(_))) {
        faults.add("days", visit.say("Số ngày phải là số nguyên dương", "Days must be a whole number"));
    }
    match (role, days.transpose()) {
        (Some(role), Ok(days)) => Ok(KeyWish {
            name: fields.get("name").to_owned(),
            role,
            unit: named_unit(fields.get("unit")),
            person: fields.some("person"),
            days,
        }),
        _ => Err(faults),
    }
}

/// Revokes a key.
#[post("/console/admin/keys/{id}/revoke")]
pub async fn revoke(app: AppState, staff: Staff, id: web::Path<i32>, _fields: Form) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepKeys)?;
    app.act(staff.actor.clone(), move |act| keys::revoke(act, *id)).await?;
    app.cache().forget_keys();
    Ok(to(&staff, KEYS))
}

/// The text of a key, this once.
fn secret(visit: &Visit, text: &str) -> Markup {
    notice(
        Notice::Care,
        &html! {
            p { (visit.say("Khóa chỉ hiện một lần và không được lưu ở đâu. Hãy đưa ngay cho nơi dùng nó.", "The key is shown once and stored nowhere. Hand it to where it is used now.")) }
            p { code { (text) } }
            p { (visit.say("Gửi kèm yêu cầu: ", "Sent as: ")) code { "Authorization: Bearer …" } }
        },
    )
}

async fn page(
    app: &AppState,
    staff: &Staff,
    typed: &Fields,
    faults: &Faults,
    status: StatusCode,
    told: &Markup,
) -> Result<HttpResponse, Refusal> {
    let look = |look: &mut crate::office::Look<'_>| Ok((keys::list(look)?, keys::persons(look)?, look.units()?));
    let (mut rows, persons, units) = app.look(staff.actor.clone(), look).await?;
    rows.sort_by_key(|key| (key.revoked_at.is_some(), std::cmp::Reverse(key.id)));
    let visit = &staff.visit;
    let page = Page::office(staff, visit.say("Khóa", "Keys")).faults(faults).status(status);
    Ok(page.answer(html! {
        (ways(staff))
        (told)
        div.split {
            div { @if rows.is_empty() {
                (empty(visit.say("Chưa có khóa nào", "There is no key yet"), &html! { p { (visit.say(
                    "Thiết bị và chương trình cần khóa. Kiosk nhận khóa bằng mã QR ở trang Kiosk.",
                    "Devices and programs need keys. A kiosk gets its own by the code on the page of kiosks.",
                )) } }))
            } @else { (list(visit, &rows, (&persons, &units), app.now())) } }
            (form(visit, typed, faults))
        }
    }))
}

fn list(visit: &Visit, rows: &[Key], (persons, units): (&HashMap<i32, String>, &Arc<Registry>), now: i64) -> Markup {
    let heads = [
        Head::Number(visit.say("Số", "No.")),
        Head::Text(visit.say("Tên", "Name")),
        Head::Text(visit.say("Vai trò", "Role")),
        Head::Text(visit.say("Đơn vị", "Unit")),
        Head::Text(visit.say("Cấp", "Issued")),
        Head::Text(visit.say("Hết hạn", "Expires")),
        Head::Text(visit.say("Dùng lần cuối", "Last used")),
        Head::Text(visit.say("Tình trạng", "State")),
    ];
    let unit = |key: &Key| key.unit_id.and_then(|id| units.get(UnitId(id))).map_or("", |unit| unit.record.name(visit.lang));
    let person = |key: &Key| key.person_id.and_then(|id| persons.get(&id)).filter(|name| **name != key.name);
    table(
        visit.say("Mọi khóa, khóa còn dùng đứng đầu", "Every key, those in force first"),
        &heads,
        rows.iter().map(|key| {
            vec![
                html! { (key.id) },
                html! { (key.name) @if let Some(person) = person(key) { " " span.hint { (person) } } },
                html! { (role(visit, &key.role)) },
                html! { (unit(key)) },
                html! { (say::day(visit.lang, key.created_at)) " " span.hint { (by(&key.created_by)) } },
                html! { @if let Some(at) = key.expires_at { (say::day(visit.lang, at)) } @else { (visit.say("không", "never")) } },
                html! { @if let Some(at) = key.used_at { (say::instant(visit.lang, at)) } @else { (visit.say("chưa dùng", "not yet")) } },
                state(visit, key, now),
            ]
        }),
    )
}

fn state(visit: &Visit, key: &Key, now: i64) -> Markup {
    if let Some(at) = key.revoked_at {
        return html! { span.tag.bad { (visit.say("thu hồi ", "revoked ")) (say::day(visit.lang, at)) } };
    }
    if key.expires_at.is_some_and(|at| at <= now) {
        return html! { span.tag.waits { (visit.say("hết hạn", "expired")) } };
    }
    html! {
        form.inline method="post" action=(visit.link(&format!("{KEYS}/{}/revoke", key.id))) {
            button.small.danger type="submit" aria-label=(visit.say(format!("Thu hồi khóa số {}", key.id), format!("Revoke key {}", key.id))) { (visit.say("Thu hồi", "Revoke")) }
        }
    }
}

fn form(visit: &Visit, typed: &Fields, faults: &Faults) -> Markup {
    let roles: Vec<(&str, String)> = Role::ALL.into_iter().map(|role| (role.as_str(), visit.pick(&role.said()).to_owned())).collect();
    html! {
        div.actions {
            form method="post" action=(visit.link(KEYS)) {
                h2 { (visit.say("Cấp khóa", "Issue a key")) }
                p.hint { (visit.say(
                    "Khóa của người có quyền quyết định (thống kê, công bố, kiểm tra, quản trị) phải có người thứ hai xác nhận.",
                    "A key that decides (statistician, publisher, auditor, administrator) needs a second person.",
                )) }
                (Input { name: "name", label: visit.say("Tên", "Name"), value: typed.get("name"), fault: faults.at("name"), maxlength: Some(100), required: true, ..Input::default() })
                (Select { name: "role", label: visit.say("Vai trò", "Role"), options: &borrowed(&roles), value: typed.get("role"), fault: faults.at("role"), ..Select::default() })
                (Input { name: "unit", label: visit.say("Đơn vị", "Unit"), value: typed.get("unit"), fault: faults.at("unit"), maxlength: Some(200), hint: Some(visit.say("DANH_MỤC:MÃ", "LIST:CODE")), ..Input::default() })
                (Input { name: "person", label: visit.say("Của ai", "Whose"), value: typed.get("person"), fault: faults.at("person"), maxlength: Some(100), ..Input::default() })
                (Input { name: "days", label: visit.say("Dùng được bao nhiêu ngày", "For how many days"), value: typed.get("days"), fault: faults.at("days"), inputmode: Some("numeric"), maxlength: Some(4), hint: Some(visit.say("Để trống: đến khi thu hồi", "Empty: until it is revoked")), ..Input::default() })
                button type="submit" { (visit.say("Cấp", "Issue")) }
            }
        }
    }
}
