//! Kiosks: the office lets one join by a code that it shows for a quarter of an hour.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::frame::Page;
use super::parts::{Faults, Head, Input, Notice, Select, empty, facts, notice, table};
use super::qr;
use super::say;
use super::session;
use super::visit::{Staff, with};
use crate::design::Mode;
use crate::http::body::Form;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::devices::{self, Admitted, EnrolWish};
use crate::office::{Action, Code, Refusal, definitions, waves};
use crate::schema::Section;
use crate::store::devices::Enrolment;
use crate::unit::UnitId;

/// The kiosks that have joined or may.
#[get("/console/devices")]
pub async fn show_devices(state: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::EnrolDevice)?;
    let lang = staff.lang;
    let (rows, names, used) = state
        .look(staff.actor.clone(), move |look| {
            let rows = devices::list(look)?;
            let units = look.units()?;
            let names: Vec<String> = rows
                .iter()
                .map(|row| units.get(UnitId(row.unit_id)).map_or_else(String::new, |unit| unit.record.name(lang).to_owned()))
                .collect();
            let used = devices::last_used(look, &rows)?;
            Ok((rows, names, used))
        })
        .await?;
    let now = state.now();
    let heads = [
        Head::Text(staff.say("Tên máy", "Device")),
        Head::Text(staff.say("Đơn vị", "Unit")),
        Head::Text(staff.say("Cho phép lúc", "Let in")),
        Head::Text(staff.say("Tình trạng", "State")),
        Head::Text(staff.say("Thấy lần cuối", "Last seen")),
    ];
    let seen = |row: &Enrolment| row.key_id.and_then(|key| used.get(&key)).map_or_else(|| "–".to_owned(), |at| say::instant(lang, *at));
    let cells = rows.iter().zip(&names).map(|(row, unit)| {
        vec![
            html! { (row.name) },
            html! { (unit) },
            html! { (say::instant(staff.lang, row.created_at)) },
            html! { (standing(&staff, row, now)) },
            html! { (seen(row)) },
        ]
    });
    Ok(Page::office(&staff, staff.say("Kiosk", "Kiosks")).answer(html! {
        p { a.button href=(staff.link("/console/devices/new")) { (staff.say("Ghi danh một kiosk", "Let a kiosk join")) } }
        @if rows.is_empty() {
            (empty(staff.say("Chưa có kiosk nào", "No kiosk yet"), &html! { p { (staff.say(
                "Mỗi kiosk ghi danh một lần bằng mã QR; khóa của nó không ai phải gõ.",
                "A kiosk joins once by a QR code; nobody has to type its key.",
            )) } }))
        } @else {
            (table(staff.say("Kiosk đã ghi danh hoặc được phép ghi danh", "Kiosks that have joined or may"), &heads, cells))
        }
    }))
}

fn standing(staff: &Staff, row: &Enrolment, now: i64) -> String {
    match (row.used_at, row.key_id) {
        (Some(at), Some(key)) => {
            let at = say::instant(staff.lang, at);
            staff.say(format!("ghi danh lúc {at}, khóa số {key}"), format!("joined {at}, key {key}"))
        }
        _ if row.expires_at > now => {
            let until = say::instant(staff.lang, row.expires_at);
            staff.say(format!("mã dùng được đến {until}"), format!("its code opens until {until}"))
        }
        _ => staff.say("mã đã hết hạn", "its code has expired").to_owned(),
    }
}

/// Which wave a kiosk is for.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
pub struct NewQuery {
    #[validate(length(max = 100))]
    wave: Option<String>,
}

/// First the wave, then what it needs.
#[get("/console/devices/new")]
pub async fn show_new_device(state: AppState, staff: Staff, query: Query<NewQuery>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::EnrolDevice)?;
    match query.into_inner().wave {
        Some(wave) => form(&state, &staff, &EnrolWish { wave, ..EnrolWish::default() }, &Faults::default(), StatusCode::OK).await,
        None => which_wave(&state, &staff).await,
    }
}

async fn which_wave(state: &AppState, staff: &Staff) -> Result<HttpResponse, Refusal> {
    let now = crate::words::encode::rfc3339(state.now());
    let all = state.look(staff.actor.clone(), waves::list).await?;
    let open: Vec<_> = all
        .into_iter()
        .filter(|wave| {
            Mode::parse(&wave.mode).is_some_and(Mode::is_stream) && wave.closes_at.as_ref().is_none_or(|closes_at| *closes_at > now)
        })
        .map(|wave| (staff.words(&wave.title).to_owned(), wave.code))
        .collect();
    let page =
        Page::office(staff, staff.say("Ghi danh một kiosk", "Let a kiosk join")).below("/console/devices", staff.say("Kiosk", "Kiosks"));
    Ok(page.answer(html! {
        @if open.is_empty() {
            (empty(staff.say("Không có đợt nào cho kiosk", "There is no wave for kiosks"), &html! { p { (staff.say(
                "Cần một đợt đang mở mà không chọn mẫu.", "A wave is needed that is open and draws no sample.",
            )) } }))
        } @else {
            h2 { (staff.say("Kiosk hỏi cho đợt nào?", "Which wave is it for?")) }
            ul { @for (title, code) in &open {
                li { a href=(staff.link(&with("/console/devices/new", "wave", code))) { (title) " (" (code) ")" } }
            } }
        }
    }))
}

/// The sections that a wave asks, by which a kiosk may ask fewer.
async fn sections(state: &AppState, staff: &Staff, wave: &str) -> Result<(String, Vec<(String, String)>), Refusal> {
    let field = state.wave(wave).await?.ok_or_else(|| Refusal::unknown_wave(wave))?;
    let code = field.wave.survey_code.clone();
    let asked = code.clone();
    let version = state.look(staff.actor.clone(), move |look| definitions::asked_by(look, &asked)).await?;
    let survey = match version {
        Some(version) => state.survey(&code, &version).await?,
        None => None,
    };
    let said = |section: &Section| (section.code().to_owned(), section.title().get(staff.lang.tag()).to_owned());
    let list = field.wave.unit_list.clone();
    Ok((list, survey.map(|survey| survey.questionnaire.sections().iter().map(said).collect()).unwrap_or_default()))
}

/// So many units are offered in a list; of more the code is typed.
const OFFERED: usize = 60;

async fn form(state: &AppState, staff: &Staff, wish: &EnrolWish, faults: &Faults, status: StatusCode) -> Result<HttpResponse, Refusal> {
    let (list, sections) = sections(state, staff, &wish.wave).await?;
    let units = state.units().await?;
    let root = staff.holder()?.unit.map(UnitId);
    let of_list = units.iter().filter(|unit| unit.record.list == list && unit.record.valid_to.is_none());
    let offered: Vec<(&str, &str)> = of_list
        .filter(|unit| root.is_none_or(|root| units.is_within(unit.id, root)))
        .map(|unit| (unit.record.code.as_str(), unit.record.name(staff.lang)))
        .take(OFFERED + 1)
        .collect();
    let label = staff.say("Đơn vị được đánh giá", "The unit that is rated");
    let page =
        Page::office(staff, staff.say("Ghi danh một kiosk", "Let a kiosk join")).below("/console/devices", staff.say("Kiosk", "Kiosks"));
    Ok(page.status(status).faults(faults).answer(html! {
        form.narrow method="post" action=(staff.link("/console/devices/new")) {
            input type="hidden" name="wave" value=(wish.wave);
            (Input {
                name: "name", label: staff.say("Tên máy", "Name of the device"), value: &wish.name, fault: faults.at("name"), maxlength: Some(100), required: true,
                hint: Some(staff.say("Ví dụ: Kiosk quầy 3", "For example: Kiosk at counter 3")), ..Input::default()
            })
            @if offered.len() > OFFERED {
                (Input {
                    name: "unit", label, value: &wish.unit, fault: faults.at("unit"), maxlength: Some(100), required: true,
                    hint: Some(staff.say("Mã của đơn vị trong danh mục của đợt", "Its code in the list of the wave")), ..Input::default()
                })
            } @else {
                (Select { name: "unit", label, options: &offered, value: &wish.unit, fault: faults.at("unit"), ..Select::default() })
            }
            (choose(staff, &sections, &wish.sections))
            button type="submit" { (staff.say("Hiện mã QR", "Show the code")) }
        }
    }))
}

fn choose(staff: &Staff, sections: &[(String, String)], chosen: &[String]) -> Markup {
    html! {
        @if sections.len() > 1 {
            fieldset.field {
                legend { (staff.say("Phần được hỏi", "Sections that are asked")) }
                p.hint { (staff.say("Không chọn phần nào thì hỏi cả phiếu", "With none chosen, all are asked")) }
                @for (code, title) in sections {
                    label.check { input type="checkbox" name="sections" value=(code) checked[chosen.contains(code)]; " " (title) }
                }
            }
        }
    }
}

/// Lets a kiosk join and shows its code.
#[post("/console/devices/new")]
pub async fn admit_device(state: AppState, req: HttpRequest, staff: Staff, fields: Form) -> Result<HttpResponse, Refusal> {
    let one = |name: &str| fields.0.get(name).to_owned();
    let sections = fields.0.all("sections").map(str::to_owned).collect();
    let wish = EnrolWish { name: one("name"), wave: one("wave"), unit: one("unit"), sections };
    let asked = wish.clone();
    match state.act(staff.actor.clone(), move |act| devices::admit(act, &asked)).await {
        Ok(admitted) => shown(&req, &staff, &wish, &admitted),
        Err(refusal) if refusal.code() == Code::BodyInvalid => {
            let faults = Faults::of(&refusal, staff.lang);
            form(&state, &staff, &wish, &faults, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(refusal) => Err(refusal),
    }
}

fn shown(req: &HttpRequest, staff: &Staff, wish: &EnrolWish, admitted: &Admitted) -> Result<HttpResponse, Refusal> {
    let code = qr::drawn(
        &format!("{}/k#enrol={}", session::server(req.headers()), admitted.secret),
        staff.say("Mã QR để kiosk ghi danh", "The code by which the kiosk joins"),
    )?;
    let page = Page::office(staff, staff.say("Mã ghi danh kiosk", "The code for the kiosk"))
        .below("/console/devices", staff.say("Kiosk", "Kiosks"));
    Ok(page.answer(html! {
        p.lead { (staff.say("Quét mã này bằng chính kiosk. Mã dùng được một lần.", "Scan this with the kiosk itself. It works once.")) }
        (code)
        (facts(&[
            (staff.say("Tên máy", "Device"), html! { (wish.name) }),
            (staff.say("Dùng được đến", "Opens until"), html! { (say::instant(staff.lang, admitted.expires_at)) }),
            (staff.say("Mã số của cán bộ", "Staff number"), html! { strong.pin { (admitted.pin) } }),
        ]))
        (notice(Notice::Care, &html! { p { (staff.say(
            "Mã số mở phần dành cho cán bộ trên kiosk. Hãy ghi lại ngay: trang này chỉ hiện một lần.",
            "The number opens the part of the kiosk for the staff. Write it down now: this page is shown once.",
        )) } }))
        p { a href=(staff.link("/console/devices")) { (staff.say("Xong", "Done")) } }
    }))
}
