//! `/a/stream`: how many answered about an agency's own unit, week by week.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use maud::{Markup, html};

use super::CODES;
use crate::http::state::AppState;
use crate::office::fieldwork::{self, Came, OwnStream};
use crate::office::{Action, Refusal};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, empty, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::unit::{Registry, UnitId};

/// So many waves and weeks are shown, the newest.
const WAVES: usize = 12;
const WEEKS: usize = 53;

/// The page.
#[get("/a/stream")]
pub async fn show_stream(app: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::WatchOwn)?;
    let (streams, units) = app.look(staff.actor.clone(), |look| Ok((fieldwork::own_streams(look, WAVES)?, look.units()?))).await?;
    let visit = &staff.visit;
    let page = Page::office(&staff, visit.say("Phiếu theo tuần", "Responses by week"));
    let lead = visit.say(
        "Bao nhiêu người đã trả lời về đơn vị mình; không có câu trả lời nào ở đây.",
        "How many answered about one's own unit; none of their answers is here.",
    );
    Ok(page.lead(lead).answer(html! {
        p.screen { a.button.plain href=(visit.link(CODES)) { (visit.say("Tờ dán quầy, phiếu mã QR", "Posters, slips")) } }
        @if streams.is_empty() {
            (empty(visit.say("Chưa có đợt nào thu phiếu về đơn vị này", "No wave takes answers about this unit yet"), &html! { p { (visit.say(
                "Khi cơ quan thống kê mở một đợt qua kiosk hoặc mã QR cho danh mục của đơn vị, số phiếu từng tuần hiện ở đây.",
                "Once the statistical office opens a wave by kiosk or QR code for the unit's list, the count of each week stands here.",
            )) } }))
        }
        @for stream in &streams { (drawn(visit, stream, &units)) }
    }))
}

/// The Monday of a week.
fn week(visit: &Visit, number: i64) -> String {
    let day = i32::try_from(number).ok().and_then(NaiveDate::from_epoch_days);
    day.map_or_else(String::new, |day| day.format(visit.say("%d/%m/%Y", "%-d %B %Y")).to_string())
}

fn drawn(visit: &Visit, stream: &OwnStream, units: &Registry) -> Markup {
    let last: Vec<(i64, Came)> = stream.weeks.iter().rev().take(WEEKS).map(|(week, came)| (*week, *came)).collect();
    let title = visit.words(&stream.wave.title);
    let caption = visit.say(format!("{title}: phiếu hợp lệ theo tuần"), format!("{title}: valid responses by week"));
    let whole = |n: i64| html! { (say::whole(visit.lang, n)) };
    let uncounted = |came: &Came| came.invalid + came.quarantined + came.ended;
    let heads = [
        Head::Text(visit.say("Tuần từ thứ Hai", "Week from Monday")),
        Head::Number(visit.say("Hợp lệ", "Valid")),
        Head::Number(visit.say("Không tính", "Do not count")),
    ];
    html! {
        section {
            h2 { (title) " " @if stream.open { span.tag.good { (visit.say("đang mở", "open")) } } }
            @if last.is_empty() {
                p.hint { (visit.say("Chưa có phiếu nào.", "No response has come yet.")) }
            } @else {
                (bars(visit, &caption, &last))
                (table(&caption, &heads, last.iter().map(|(number, came)| vec![html! { (week(visit, *number)) }, whole(came.valid), whole(uncounted(came))])))
                (by_unit(visit, &stream.units, units))
            }
        }
    }
}

/// A bar a week; the same numbers are in the table.
fn bars(visit: &Visit, caption: &str, last: &[(i64, Came)]) -> Markup {
    let most = last.iter().map(|(_, came)| came.valid).max().unwrap_or(0).max(1);
    let width = last.len() * 16;
    #[allow(clippy::cast_precision_loss, reason = "heights of bars")]
    let height = |n: i64| 60.0 * n as f64 / most as f64;
    html! {
        svg.days role="img" viewBox=(format!("0 0 {width} 64")) width=(width) height="64" preserveAspectRatio="xMinYMax meet" aria-label=(caption) {
            title { (caption) }
            desc { (visit.say("Mỗi cột một tuần, cũ nhất bên trái", "A bar a week, the oldest on the left")) }
            @for (place, (number, came)) in last.iter().rev().enumerate() {
                @let tall = height(came.valid);
                rect x=(place * 16 + 1) y=(format!("{:.1}", 63.0 - tall)) width="14" height=(format!("{tall:.1}")) { title { (week(visit, *number)) ": " (came.valid) } }
            }
        }
    }
}

fn by_unit(visit: &Visit, of: &BTreeMap<i64, Came>, units: &Registry) -> Markup {
    if of.len() < 2 {
        return html! {};
    }
    let name =
        |id: i64| i32::try_from(id).ok().and_then(|id| units.get(UnitId(id))).map(|unit| unit.record.name(visit.lang)).unwrap_or_default();
    let title = visit.say("Theo đơn vị của mình", "By unit of one's own");
    table(
        title,
        &[Head::Text(visit.say("Đơn vị", "Unit")), Head::Number(visit.say("Hợp lệ", "Valid"))],
        of.iter().map(|(id, came)| vec![html! { (name(*id)) }, html! { (say::whole(visit.lang, came.valid)) }]),
    )
}
