//! `/a/qr`: posters and slips with the QR code by which an agency's own unit is rated.

use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, html};

use super::CODES;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::wire::Words;
use crate::office::{Action, Refusal, fieldwork};
use crate::pages::console::poster::{self, Which, about, gather, link, server};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, Input, empty, table};
use crate::pages::visit::{Staff, with};
use crate::unit::Unit;

/// So many waves are looked at.
const WAVES: usize = 12;

/// The waves that are open, each with the units of one's own.
#[get("/a/qr")]
pub async fn list_codes(app: AppState, staff: Staff, req: HttpRequest, query: Query<Which>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::WatchOwn)?;
    let which = query.into_inner();
    let server = server(&req, which.at.as_deref());
    let waves = app.look(staff.actor.clone(), move |look| {
        let open = fieldwork::own_streams(look, WAVES)?.into_iter().filter(|stream| stream.open);
        open.map(|stream| gather(look, &stream.wave.code, &which)).collect::<Result<Vec<_>, _>>()
    });
    let (waves, visit) = (waves.await?, &staff.visit);
    let to = |page: &str, wave: &str, unit: &Unit| {
        visit.link(&with(&with(&format!("{CODES}/{wave}/{page}"), "u", &unit.record.code), "at", &server))
    };
    let heads = [Head::Text(visit.say("Đơn vị", "Unit")), Head::Text(visit.say("Đường dẫn", "Link")), Head::Text(visit.say("In", "Print"))];
    Ok(Page::office(&staff, visit.say("Tờ dán quầy và phiếu mã QR", "Posters and slips")).answer(html! {
        @if waves.is_empty() {
            (empty(visit.say("Không có đợt nào đang mở cho đơn vị này", "No wave is open for this unit"), &html! { p { (visit.say(
                "Khi một đợt qua mã QR mở ra, tờ dán quầy của từng đơn vị in được ở đây.",
                "Once a wave by QR code opens, the poster of each unit is printed here.",
            )) } }))
        } @else {
            form.row.filter.screen method="get" action=(CODES) {
                @if let Some(lang) = visit.chosen() { input type="hidden" name="lang" value=(lang.tag()); }
                (Input { name: "at", label: visit.say("Địa chỉ của máy chủ, như người dân gõ", "Address of the server, as citizens reach it"), value: &server, maxlength: Some(200), ..Input::default() })
                button.plain type="submit" { (visit.say("Đổi", "Change")) }
            }
        }
        @for (wave, units, more) in &waves {
            h2 { (visit.words(&wave.title)) }
            (about(visit, wave))
            (table(visit.words(&wave.title), &heads, units.iter().map(|unit| vec![
                html! { (unit.record.name(visit.lang)) " " span.hint { (unit.record.code) } },
                html! { code { (link(&server, &wave.code, &unit.record.code)) } },
                html! {
                    a href=(to("poster", &wave.code, unit)) { (visit.say("Tờ dán quầy", "Poster")) } " · "
                    a href=(to("slips", &wave.code, unit)) { (visit.say("Phiếu mã QR", "Slips")) }
                },
            ])))
            @if *more { p.hint { (visit.say("Còn nhiều đơn vị nữa.", "There are more units.")) } }
        }
    }))
}

/// A poster of A4.
#[get("/a/qr/{wave}/poster")]
pub async fn show_poster(
    app: AppState,
    staff: Staff,
    req: HttpRequest,
    wave: web::Path<String>,
    query: Query<Which>,
) -> Result<HttpResponse, Refusal> {
    let (unit, link, title) = meant(&app, &staff, &req, wave.into_inner(), query.into_inner()).await?;
    Ok(printed(&staff, staff.say("Tờ dán quầy", "Poster"), &title, &poster::poster(&unit, &link)?))
}

/// Eight slips of A4.
#[get("/a/qr/{wave}/slips")]
pub async fn show_slips(
    app: AppState,
    staff: Staff,
    req: HttpRequest,
    wave: web::Path<String>,
    query: Query<Which>,
) -> Result<HttpResponse, Refusal> {
    let (unit, link, title) = meant(&app, &staff, &req, wave.into_inner(), query.into_inner()).await?;
    Ok(printed(&staff, staff.say("Phiếu mã QR", "Slips"), &title, &poster::slips(&unit, &link)?))
}

/// The unit of one's own that is meant, its link and the wave.
async fn meant(app: &AppState, staff: &Staff, req: &HttpRequest, wave: String, which: Which) -> Result<(Unit, String, Words), Refusal> {
    staff.may(Action::WatchOwn)?;
    let server = server(req, which.at.as_deref());
    let asked = Which { q: None, u: Some(which.u.unwrap_or_default()), at: None };
    let (wave, units, _) = app.look(staff.actor.clone(), move |look| gather(look, &wave, &asked)).await?;
    let unit = units.into_iter().next().ok_or_else(Refusal::not_found)?;
    let link = link(&server, &wave.code, &unit.record.code);
    Ok((unit, link, wave.title))
}

fn printed(staff: &Staff, title: &str, wave: &Words, sheet: &Markup) -> HttpResponse {
    Page::office(staff, title).below(CODES, staff.say("Tờ dán quầy và phiếu mã QR", "Posters and slips")).answer(html! {
        p.screen { (staff.words(wave)) ". " (staff.say("In trang này trên giấy A4 (Ctrl P).", "Print this page on A4 (Ctrl P).")) }
        (sheet)
    })
}
