//! Where a fieldworker begins: his waves, their villages with what is done, the next household, and what waits on the device.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};

use super::{ENTRY, UPLOAD, entry, form};
use crate::http::state::AppState;
use crate::office::villages::{Village, villages};
use crate::office::wire::Words;
use crate::office::{Action, Look, Refusal};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, empty, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit, with};
use crate::unit::UnitId;

/// So many waves are worked at, the latest first.
const WAVES: usize = 6;
/// So many villages of a wave are shown: those that are not done come first.
const VILLAGES: usize = 300;

/// A wave to collect for.
struct Work {
    code: String,
    title: Words,
    villages: Vec<Village>,
}

/// A village with the code of the unit that a response from it rates, where the design says.
pub(super) fn unit_of(look: &mut Look<'_>, list: &str, village: &Village) -> Result<Option<String>, Refusal> {
    let units = look.units()?;
    let unit = village.area.and_then(|area| units.get(UnitId(area)));
    Ok(unit.filter(|unit| unit.record.list == list).map(|unit| unit.record.code.clone()))
}

/// The page.
#[get("/f")]
pub(super) async fn show_start(app: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::Import)?;
    let works = app.look(staff.actor.clone(), |look| {
        let open: Vec<_> = super::upload::begun(look)?.into_iter().filter(|(_, _, open)| *open).take(WAVES).collect();
        let work = |(code, title, _): (String, Words, bool)| {
            let villages = villages(look, &code)?;
            Ok(Work { code, title, villages })
        };
        open.into_iter().map(work).collect::<Result<Vec<_>, Refusal>>()
    });
    let works = works.await?;
    let by = staff.holder()?.actor();
    Ok(Page::office(&staff, staff.say("Thu phiếu", "Collecting")).script("field.mjs").answer(html! {
        div #field data-by=(by) {
            div #outbox.outbox hidden {}
            div.row.filter {
                a.button.plain href=(staff.link(ENTRY)) { (staff.say("Nhập phiếu giấy", "Key in paper forms")) }
                a.button.plain href=(staff.link(UPLOAD)) { (staff.say("Nạp tệp phiếu", "Upload a file")) }
            }
            @if works.is_empty() {
                (empty(staff.say("Không có đợt nào đang mở", "No wave is open"), &html! { p { (staff.say(
                    "Khi cán bộ thống kê mở một đợt, các cụm phải thu sẽ hiện ở đây.", "Once a statistician opens a wave, the villages to collect in are here.",
                )) } }))
            }
            @for work in &works { (wave(&staff, work)) }
        }
        (form::words(&staff))
    }))
}

fn wave(staff: &Staff, work: &Work) -> Markup {
    let collects = staff.actor.can(Action::SendResponse);
    let address = form::address(&work.code);
    html! {
        section {
            h2 { (staff.words(&work.title)) " " span.hint { (work.code) } }
            p {
                @if collects { a.button href=(staff.link(&address)) data-form=(staff.link(&address)) { (staff.say("Phiếu mới", "New response")) } " " }
                a href=(staff.link(&entry::address(&work.code))) { (staff.say("Nhập phiếu giấy", "Key in paper forms")) }
            }
            @if work.villages.is_empty() {
                p.hint { (staff.say("Đợt này không có cụm nào trong phạm vi của bạn: ghi đơn vị ở phiếu.", "The wave has no villages within your reach: name the unit on the form.")) }
            } @else { (list(staff, work, collects, &address)) }
        }
    }
}

fn list(staff: &Staff, work: &Work, collects: bool, address: &str) -> Markup {
    let left = |village: &&Village| village.planned.is_none_or(|planned| village.done < planned);
    let mut rows: Vec<&Village> = work.villages.iter().collect();
    rows.sort_by_key(|village| !left(village));
    let (done, planned) = work.villages.iter().fold((0, 0), |(done, planned), one| (done + one.done, planned + one.planned.unwrap_or(0)));
    let heads = [
        Head::Text(staff.say("Cụm · tầng", "PSU · stratum")),
        Head::Number(staff.say("Đã thu / kế hoạch", "Done / planned")),
        Head::Text(staff.say("Hộ tiếp theo", "Next household")),
    ];
    let cells = rows.iter().take(VILLAGES).map(|village| {
        vec![
            html! { (village.code) " " span.hint { (village.stratum) } },
            html! { (ratio(staff, village.done, village.planned)) span.waits-here data-psu=(village.code) data-wave=(work.code) {} },
            next(staff, village, collects, address),
        ]
    });
    html! {
        (table(staff.say("Các cụm", "Villages"), &heads, cells))
        p.hint {
            (staff.say("Cả đợt: ", "The whole wave: ")) (ratio(staff, done, (planned > 0).then_some(planned)))
            @if rows.len() > VILLAGES { (staff.say("; còn cụm nữa không hiện ở đây", "; there are more villages than are shown")) }
        }
    }
}

fn ratio(visit: &Visit, done: i64, planned: Option<i64>) -> String {
    let done = say::whole(visit.lang, done);
    planned.map_or_else(|| done.clone(), |planned| format!("{done} / {}", say::whole(visit.lang, planned)))
}

fn next(staff: &Staff, village: &Village, collects: bool, address: &str) -> Markup {
    let address = with(address, "psu", &village.code);
    html! {
        @if village.planned == Some(0) || (village.planned.is_some() && village.next.is_empty()) {
            span.hint { (staff.say("đã xong", "done")) }
        } @else if !collects {
            (village.next.first().map_or("", String::as_str))
        } @else if let Some(next) = village.next.first() {
            a href=(staff.link(&with(&address, "respondent", next))) data-next=(serde_json::to_string(&village.next).unwrap_or_default()) data-psu=(village.code) { (next) }
        } @else {
            a href=(staff.link(&address)) { (staff.say("phiếu mới", "new response")) }
        }
    }
}
