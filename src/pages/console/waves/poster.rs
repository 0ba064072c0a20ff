//! Links and QR codes by which a unit is rated: a list for the office, and a poster of A4 for the counter.

use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::address;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::waves::{self, WaveBody};
use crate::office::{Action, Look, Refusal};
use crate::pages::console::WAVES;
use crate::pages::frame::Page;
use crate::pages::parts::{Head, Input, Notice, empty, notice, table};
use crate::pages::visit::{Staff, Visit, with};
use crate::pages::{qr, session};
use crate::response::service_date;
use crate::unit::{Unit, UnitId, plain_name};

/// So many units are listed at a time.
const SHOWN: usize = 200;
/// So many slips are on a page.
const SLIPS: usize = 8;

/// Which units, and under which name the server is known.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
pub struct Which {
    /// The code of a unit.
    #[validate(length(max = 64))]
    pub(in crate::pages) u: Option<String>,
    /// Part of a name or code.
    #[validate(length(max = 100))]
    pub(in crate::pages) q: Option<String>,
    /// The address of the server as people reach it; as this page was reached if nothing is said.
    #[validate(length(max = 200))]
    pub(in crate::pages) at: Option<String>,
}

/// The wave and those of its units that are wanted.
pub(in crate::pages) fn gather(look: &mut Look<'_>, code: &str, which: &Which) -> Result<(WaveBody, Vec<Unit>, bool), Refusal> {
    look.may(Action::PrintLinks)?;
    let wave = waves::get(look, code)?;
    let root = look.actor.unit().map(UnitId);
    let units = look.units()?;
    let today = service_date(look.now);
    // Of several units of one code the one that a link leads to: that of today, else the last that there was.
    let meant = |unit: &Unit| {
        let (list, code) = (&unit.record.list, &unit.record.code);
        units.meant(list, code, today).is_some_and(|found| found.id == unit.id)
    };
    let wanted = plain_name(which.q.as_deref().unwrap_or_default().trim());
    let fits = |unit: &&Unit| {
        let record = &unit.record;
        let named = record.code.to_lowercase().contains(&wanted) || plain_name(&record.name_vi).contains(&wanted);
        let asked = which.u.as_ref().is_none_or(|code| *code == record.code);
        record.list == wave.unit_list && meant(unit) && asked && named && root.is_none_or(|root| units.is_within(unit.id, root))
    };
    let mut found: Vec<Unit> = units.iter().filter(fits).take(SHOWN + 1).cloned().collect();
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    Ok((wave, found, more))
}

/// The address of the server as people reach it: what somebody typed if it is one, else as this page was reached.
pub(in crate::pages) fn server(req: &HttpRequest, typed: Option<&str>) -> String {
    let plain = |text: &&str| {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        host.is_some_and(|host| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte)))
    };
    if let Some(typed) = typed.map(|typed| typed.trim_end_matches('/')).filter(plain) {
        return typed.to_owned();
    }
    session::server(req.headers())
}

/// Where a unit is rated.
pub(in crate::pages) fn link(server: &str, wave: &str, unit: &str) -> String {
    with(&format!("{server}/s/{wave}"), "u", unit)
}

/// Every unit with its link.
#[get("/console/waves/{code}/links")]
pub async fn show_links(
    app: AppState,
    staff: Staff,
    req: HttpRequest,
    code: web::Path<String>,
    query: Query<Which>,
) -> Result<HttpResponse, Refusal> {
    staff.may(Action::WatchFieldwork)?;
    let (code, which) = (code.into_inner(), query.into_inner());
    let server = server(&req, which.at.as_deref());
    let asked = which.clone();
    let (wave, units, more) = app.look(staff.actor.clone(), move |look| gather(look, &code, &asked)).await?;
    let visit = &staff.visit;
    let page = address(&wave.code);
    let title = staff.say("Đường dẫn và mã QR", "Links and QR codes");
    let heads = [
        Head::Text(staff.say("Đơn vị", "Unit")),
        Head::Text(staff.say("Đường dẫn", "Link")),
        Head::Text(staff.say("Tờ dán quầy", "Poster")),
    ];
    Ok(Page::office(&staff, title).below(WAVES, staff.say("Các đợt", "Waves")).below(&page, visit.words(&wave.title)).answer(html! {
        (about(visit, &wave))
        form.row.filter method="get" action=(staff.link(&format!("{page}/links"))) {
            @if staff.link(&page) != page { input type="hidden" name="lang" value=(staff.lang.tag()); }
            (Input { name: "q", label: staff.say("Tìm đơn vị", "Find a unit"), value: which.q.as_deref().unwrap_or_default(), maxlength: Some(100), ..Input::default() })
            (Input { name: "at", label: staff.say("Địa chỉ của máy chủ", "Address of the server"), value: &server, maxlength: Some(200), ..Input::default() })
            button.plain type="submit" { (staff.say("Xem", "Show")) }
        }
        @if units.is_empty() { (empty(staff.say("Không có đơn vị nào như vậy.", "There is no such unit."), &html! {})) } @else {
            (table(staff.say("Đơn vị được đánh giá", "Rated units"), &heads, units.iter().map(|unit| {
                let poster = with(&with(&format!("{page}/poster"), "u", &unit.record.code), "at", &server);
                vec![
                    html! { (unit.record.name(staff.lang)) " " span.hint { (unit.record.code) } },
                    html! { code { (link(&server, &wave.code, &unit.record.code)) } },
                    html! { a href=(staff.link(&poster)) { (staff.say("In", "Print")) } },
                ]
            })))
        }
        @if more { p.hint { (staff.say("Còn nhiều đơn vị nữa: hãy tìm theo tên hoặc mã.", "There are more: find them by name or code.")) } }
    }))
}

/// What an office should know of links.
pub(in crate::pages) fn about(visit: &Visit, wave: &WaveBody) -> Markup {
    let said = if wave.mode == "probability_sample" {
        visit.say(
            "Đợt chọn mẫu xác suất không nhận phiếu qua đường dẫn: phiếu do điều tra viên gửi.",
            "A probability sample takes no answers by link: fieldworkers send them.",
        )
    } else if wave.invitations == "required" {
        visit.say(
            "Đợt này chỉ nhận phiếu có thư mời: đường dẫn này một mình không đủ, hãy dùng thư mời của từng hồ sơ.",
            "This wave takes answers by invitation alone: such a link is not enough, use the invitation of each dossier.",
        )
    } else {
        return html! {};
    };
    notice(Notice::Care, &html! { p { (said) } })
}

/// A poster of A4 for the counter of a unit.
#[get("/console/waves/{code}/poster")]
pub async fn show_poster(
    app: AppState,
    staff: Staff,
    req: HttpRequest,
    code: web::Path<String>,
    query: Query<Which>,
) -> Result<HttpResponse, Refusal> {
    staff.may(Action::WatchFieldwork)?;
    let (code, which) = (code.into_inner(), query.into_inner());
    let server = server(&req, which.at.as_deref());
    let asked = Which { q: None, u: Some(which.u.unwrap_or_default()), at: None };
    let (wave, units, _) = app.look(staff.actor.clone(), move |look| gather(look, &code, &asked)).await?;
    let unit = units.first().ok_or_else(Refusal::not_found)?;
    let (visit, page) = (&staff.visit, address(&wave.code));
    let poster = poster(unit, &link(&server, &wave.code, &unit.record.code))?;
    let title = staff.say("Tờ dán quầy", "Poster");
    let page = Page::office(&staff, title)
        .below(WAVES, staff.say("Các đợt", "Waves"))
        .below(&page, visit.words(&wave.title))
        .below(&format!("{page}/links"), staff.say("Đường dẫn và mã QR", "Links and QR codes"));
    Ok(page.answer(html! {
        (about(visit, &wave))
        p.screen { (staff.say("In trang này trên giấy A4 (Ctrl P).", "Print this page on A4 (Ctrl P).")) }
        (poster)
    }))
}

/// What hangs at the counter of a unit. It is Vietnamese first, whoever prints it.
pub(in crate::pages) fn poster(unit: &Unit, link: &str) -> Result<Markup, Refusal> {
    let drawn = qr::drawn(&with(link, "via", "qr"), link)?;
    Ok(html! {
        section.poster lang="vi" {
            p.unit { (unit.record.name_vi) }
            p.ask { "Ông/Bà có hài lòng không?" }
            p.how { "Quét mã bằng điện thoại để trả lời. Không cần nêu tên." }
            (drawn)
            p.link { (link) }
            p.how.english lang="en" { "Are you satisfied? Scan the code to answer. Nobody asks for your name." }
        }
    })
}

/// Eight slips of A4, to be cut and handed out with a result.
pub(in crate::pages) fn slips(unit: &Unit, link: &str) -> Result<Markup, Refusal> {
    let drawn = qr::drawn(&with(link, "via", "qr"), link)?;
    Ok(html! {
        section.slips lang="vi" {
            @for _ in 0..SLIPS {
                div.slip-to-cut {
                    (drawn)
                    div {
                        p.unit { (unit.record.name_vi) }
                        p.ask { "Ông/Bà có hài lòng không?" }
                        p { "Quét mã để trả lời. Không cần nêu tên." }
                        p.english lang="en" { "Are you satisfied? Scan to answer." }
                        p.link { (link) }
                    }
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HOST;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_server_is_known_by_the_address_of_the_page_or_by_what_was_typed_if_it_is_one() {
        let of = |host: &'static str, typed| server(&TestRequest::default().insert_header((HOST, host)).to_http_request(), typed);
        assert_eq!(of("hailong.example", None), "https://hailong.example");
        assert_eq!(of("127.0.0.1:8080", None), "http://127.0.0.1:8080");
        assert_eq!(of("a.example", Some("https://b.example:8443/")), "https://b.example:8443");
        for bad in ["javascript:alert(1)", "https://", "https://a.example/<x>", "b.example", "https://a b"] {
            assert_eq!(of("a.example", Some(bad)), "https://a.example", "{bad}");
        }
    }
}
