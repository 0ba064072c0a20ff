//! `/console/admin`: how the server stands.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};

use super::ways;
use crate::http::state::AppState;
use crate::office::health::{Health, health};
use crate::office::{Action, Refusal};
use crate::pages::frame::Page;
use crate::pages::parts::{Notice, bar, facts, notice};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::store::Room;

/// Below this share of free disk it is said aloud.
const LOW: f64 = 0.1;

/// The page.
#[get("/console/admin")]
pub async fn show_health(app: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::KeepKeys)?;
    let reasons = app.unready().await;
    let (queued, most) = (app.writer().stats().queued, app.limits().queue_ready);
    let actor = staff.actor.clone();
    let found = app.slowly(move |office| health(office, &actor)).await?;
    let visit = &staff.visit;
    Ok(Page::office(&staff, visit.say("Quản trị", "Administration")).answer(html! {
        (ways(&staff))
        (readiness(visit, &reasons))
        (facts(&[
            (visit.say("Chương trình", "Program"), html! { "Hailong " (env!("CARGO_PKG_VERSION")) }),
            (visit.say("Phiếu đang chờ ghi", "Responses that wait to be stored"), html! {
                (count(visit, queued)) " " span.hint { (visit.say("chưa sẵn sàng khi quá ", "not ready beyond ")) (count(visit, most)) }
            }),
            (visit.say("Lần tính", "Runs"), html! {
                (found.waiting) " " (visit.say("đang chờ", "waiting")) ", " (found.running) " " (visit.say("đang chạy", "under way"))
            }),
            (visit.say("Lần hỏng gần nhất", "The last that failed"), failed(visit, &found)),
            (visit.say("Cơ sở dữ liệu", "Database"), html! {
                (found.backend) @if let Some(migration) = &found.migration { ", " (visit.say("bản chuyển đổi ", "migration ")) (migration) }
            }),
            (visit.say("Đĩa", "Disk"), disk(visit, found.room.as_ref())),
        ]))
        p.hint { (visit.say(
            "Không biết ở đây: các máy chủ khác dùng chung cơ sở dữ liệu này, tải của máy, và bản sao lưu gần nhất. Giám sát của máy biết: /metrics, /readyz.",
            "Not known here: other servers on this database, the load of the machine, and the last backup. The machine’s monitoring knows: /metrics, /readyz.",
        )) }
    }))
}

fn readiness(visit: &Visit, reasons: &[&'static str]) -> Markup {
    if reasons.is_empty() {
        return notice(
            Notice::Done,
            &html! { p { (visit.say("Máy chủ sẵn sàng nhận và ghi phiếu.", "The server is ready to take and store responses.")) } },
        );
    }
    let said = |reason: &str| match reason {
        "draining" => visit.say("đang dừng", "it is stopping"),
        "writer-failed" => visit.say("không ghi được phiếu: xem nhật ký của máy chủ", "responses cannot be stored: see the server’s log"),
        "database" => visit.say("cơ sở dữ liệu không trả lời", "the database does not answer"),
        "queue-full" => visit.say("quá nhiều phiếu đang chờ ghi", "too many responses wait to be stored"),
        _ => visit.say("không rõ", "not known"),
    };
    notice(
        Notice::Care,
        &html! {
            p { (visit.say("Máy chủ chưa sẵn sàng:", "The server is not ready:")) }
            ul { @for reason in reasons { li { (said(reason)) " " code { (reason) } } } }
        },
    )
}

fn failed(visit: &Visit, found: &Health) -> Markup {
    let Some(job) = &found.failed else { return html! { (visit.say("không có", "none")) } };
    html! {
        @if let Some(at) = job.finished_at { (say::instant(visit.lang, at)) ": " }
        (job.error.as_deref().unwrap_or_default()) " "
        code { (job.id) }
    }
}

fn disk(visit: &Visit, room: Option<&Room>) -> Markup {
    let Some(room) = room else {
        return html! { (visit.say("không phải tệp trên máy này: hỏi người giữ PostgreSQL", "no file of this machine: ask whoever keeps PostgreSQL")) };
    };
    #[allow(clippy::cast_precision_loss, reason = "a share of a disk")]
    let share = if room.whole > 0 { room.free as f64 / room.whole as f64 } else { 0.0 };
    html! {
        code { (room.file.display()) } ": " (size(visit, room.bytes)) br;
        (bar(1.0 - share, &visit.say(format!("còn trống {}", size(visit, room.free)), format!("{} free", size(visit, room.free)))))
        @if share < LOW { " " span.tag.bad { (visit.say("sắp đầy", "nearly full")) } }
    }
}

fn count(visit: &Visit, number: usize) -> String {
    say::whole(visit.lang, i64::try_from(number).unwrap_or(i64::MAX))
}

/// So many bytes, for people.
fn size(visit: &Visit, bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "one decimal of it is shown")]
    let mut amount = bytes as f64;
    let mut units = ["B", "kB", "MB", "GB", "TB"].iter();
    let mut unit = units.next().copied().unwrap_or_default();
    while amount >= 1_000.0
        && let Some(next) = units.next()
    {
        amount /= 1_000.0;
        unit = next;
    }
    format!("{} {unit}", say::number(visit.lang, amount, u8::from(unit != "B")))
}
