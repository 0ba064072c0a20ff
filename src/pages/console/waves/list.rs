//! Every wave.

use actix_web::{HttpResponse, get};
use maud::html;

use super::{address, minute, mode, opened};
use crate::http::state::AppState;
use crate::office::{Action, Refusal, fieldwork};
use crate::pages::console::bar;
use crate::pages::frame::Page;
use crate::pages::parts::{Head, empty, table};
use crate::pages::say;
use crate::pages::visit::Staff;

/// Every wave with what came of it, the latest opened first.
#[get("/console/waves")]
pub async fn list_waves(app: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::WatchFieldwork)?;
    let waves = app.look(staff.actor.clone(), |look| fieldwork::overview(look, usize::MAX)).await?;
    let visit = &staff.visit;
    let heads = [
        Head::Text(visit.say("Đợt", "Wave")),
        Head::Text(visit.say("Kiểu", "Mode")),
        Head::Text(visit.say("Phiếu hỏi", "Questionnaire")),
        Head::Text(visit.say("Mở", "Opens")),
        Head::Text(visit.say("Đóng", "Closes")),
        Head::Number(visit.say("Đã nhận", "Received")),
        Head::Text(visit.say("So với dự kiến", "Of those expected")),
    ];
    Ok(Page::office(&staff, staff.say("Các đợt", "Waves")).answer(html! {
        @if staff.actor.can(Action::KeepWave) { p { a.button href=(staff.link("/console/waves/new")) { (staff.say("Mở đợt mới", "Open a wave")) } } }
        @if waves.is_empty() {
            (empty(staff.say("Chưa có đợt nào.", "There are no waves."), &html! {
                p { (staff.say("Một đợt là một lần thu thập phiếu: phiếu hỏi nào, đánh giá đơn vị nào, từ ngày nào đến ngày nào.",
                    "A wave is one collection: which questionnaire, of which units, from when until when.")) }
            }))
        } @else {
            (table(staff.say("Các đợt, đợt mở sau cùng đứng đầu", "Waves, the latest opened first"), &heads, waves.iter().map(|one| vec![
                html! {
                    a href=(staff.link(&address(&one.wave.code))) { (visit.words(&one.wave.title)) } " " span.hint { (one.wave.code) }
                    @if one.open { " " span.tag.good { (staff.say("đang mở", "open")) } }
                    @if one.wave.synthetic { " " span.tag.waits { (staff.say("dữ liệu giả lập", "synthetic data")) } }
                },
                html! { (mode(visit, &one.wave.mode)) },
                html! { (one.wave.survey) },
                html! { (opened(visit, &one.wave.opens_at)) },
                html! { @if let Some(closes_at) = &one.wave.closes_at { (minute(visit, closes_at)) } @else { "–" } },
                html! { (say::whole(staff.lang, one.came.valid)) },
                html! { @if let Some(expected) = one.expected { (bar(staff.lang, one.came.valid, expected)) " / " (say::whole(staff.lang, expected)) } @else { "–" } },
            ])))
        }
    }))
}
