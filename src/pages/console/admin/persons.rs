//! `/console/admin/persons`: who may log in, and as what.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use maud::{Markup, html};

use super::{first_half, named_unit, role, ways};
use crate::http::body::{Fields, Form};
use crate::http::state::AppState;
use crate::office::persons::{self, Invitation, InviteWish};
use crate::office::{Action, Refusal, Role};
use crate::pages::console::{faults, to};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Head, Input, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::store::people::Person;
use crate::unit::{Registry, UnitId};

const PERSONS: &str = "/console/admin/persons";

/// The list and the form.
#[get("/console/admin/persons")]
pub async fn list_persons(app: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepKeys)?;
    page(&app, &staff, &Fields::default(), &Faults::default(), StatusCode::OK, &html! {}).await
}

/// Invites somebody, or gives them other roles: another person must confirm it.
#[post("/console/admin/persons")]
pub async fn invite(app: AppState, staff: Staff, fields: Form) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepKeys)?;
    let fields = fields.0;
    let roles = fields.all("roles").filter_map(Role::parse).collect();
    let wish = InviteWish { name: fields.get("name").to_owned(), roles, unit: named_unit(fields.get("unit")) };
    match app.act(staff.actor.clone(), move |act| persons::invite(act, &wish)).await {
        Ok(Invitation::Proposed { half, .. } | Invitation::Sent { code: half, .. }) => {
            page(&app, &staff, &Fields::default(), &Faults::default(), StatusCode::OK, &first_half(&staff, &half)).await
        }
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.code().status()).unwrap_or(StatusCode::CONFLICT);
            let found = faults(&staff, refusal)?;
            page(&app, &staff, &fields, &found, status, &html! {}).await
        }
    }
}

/// Ends what somebody may do.
#[post("/console/admin/persons/{id}/disable")]
pub async fn disable(app: AppState, staff: Staff, id: web::Path<i32>, _fields: Form) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepKeys)?;
    match app.act(staff.actor.clone(), move |act| persons::disable(act, *id)).await {
        Ok(_) => {
            app.cache().forget_keys();
            Ok(to(&staff, PERSONS))
        }
        Err(refusal) => {
            let found = faults(&staff, refusal)?;
            page(&app, &staff, &Fields::default(), &found, StatusCode::CONFLICT, &html! {}).await
        }
    }
}

async fn page(
    app: &AppState,
    staff: &Staff,
    typed: &Fields,
    faults: &Faults,
    status: StatusCode,
    told: &Markup,
) -> Result<HttpResponse, Refusal> {
    let (rows, units) = app.look(staff.actor.clone(), |look| Ok((persons::list(look)?, look.units()?))).await?;
    let visit = &staff.visit;
    let page = Page::office(staff, visit.say("Người và vai trò", "Persons and roles")).faults(faults).status(status);
    Ok(page.answer(html! {
        (ways(staff))
        (told)
        div.split {
            div { (list(visit, &rows, &units)) }
            (form(visit, typed, faults))
        }
    }))
}

fn list(visit: &Visit, rows: &[Person], units: &Arc<Registry>) -> Markup {
    let heads = [
        Head::Text(visit.say("Người", "Person")),
        Head::Text(visit.say("Vai trò", "Roles")),
        Head::Text(visit.say("Đơn vị", "Unit")),
        Head::Text(visit.say("Từ", "Since")),
        Head::Text(visit.say("Tình trạng", "State")),
    ];
    let unit = |person: &Person| person.unit_id.and_then(|id| units.get(UnitId(id))).map_or("", |unit| unit.record.name(visit.lang));
    let roles = |person: &Person| {
        let said: Vec<String> = person.roles.split(',').filter(|name| !name.is_empty()).map(|name| role(visit, name)).collect();
        if said.is_empty() { visit.say("chỉ có khóa", "keys only").to_owned() } else { said.join(", ") }
    };
    table(visit.say("Mọi người", "Everybody"), &heads, rows.iter().map(|person| vec![
        html! { (person.name) },
        html! { (roles(person)) },
        html! { (unit(person)) },
        html! { (say::day(visit.lang, person.created_at)) },
        html! { @match person.disabled_at {
            Some(at) => span.tag.bad { (visit.say("ngừng từ ", "disabled since ")) (say::day(visit.lang, at)) },
            None => form.inline method="post" action=(visit.link(&format!("{PERSONS}/{}/disable", person.id))) {
                button.small.danger type="submit" aria-label=(visit.say(format!("Ngừng quyền của {}", person.name), format!("Disable {}", person.name))) { (visit.say("Ngừng quyền", "Disable")) }
            },
        } },
    ]))
}

fn form(visit: &Visit, typed: &Fields, faults: &Faults) -> Markup {
    html! {
        div.actions {
            form method="post" action=(visit.link(PERSONS)) {
                h2 { (visit.say("Mời một người", "Invite a person")) }
                p.hint { (visit.say(
                    "Một quản trị viên khác hoặc người kiểm tra xác nhận ở trang Đề nghị. Ghi lại tên đã có để đổi vai trò.",
                    "Another administrator or an auditor confirms it on the page of proposals. Name somebody known to change their roles.",
                )) }
                (Input { name: "name", label: visit.say("Tên, cũng là tên đăng nhập", "Name, which they log in by"), value: typed.get("name"), fault: faults.at("name"), maxlength: Some(100), required: true, ..Input::default() })
                fieldset.field.wrong[faults.at("roles").is_some()] #roles {
                    legend { (visit.say("Vai trò", "Roles")) }
                    @if let Some(fault) = faults.at("roles") { p.fault { (fault) } }
                    @for known in Role::ALL.into_iter().filter(|role| role.logs_in()) {
                        label.check { input type="checkbox" name="roles" value=(known.as_str()) checked[typed.all("roles").any(|name| name == known.as_str())]; " " (visit.pick(&known.said())) }
                    }
                }
                (Input {
                    name: "unit", label: visit.say("Đơn vị mà người này chỉ thấy", "The unit that they are bound to"), value: typed.get("unit"), fault: faults.at("unit"), maxlength: Some(200),
                    hint: Some(visit.say("DANH_MỤC:MÃ, ví dụ vn-34:48; cơ quan được đánh giá phải có", "LIST:CODE, such as vn-34:48; a rated agency must have one")), ..Input::default()
                })
                button type="submit" { (visit.say("Đề nghị", "Propose")) }
            }
        }
    }
}
