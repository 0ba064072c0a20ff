//! Every run, the newest first.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;
use validator::Validate;

use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::runs::desk::word;
use crate::office::runs::{self, Described, ListWish};
use crate::office::{Action, Code, Refusal, waves};
use crate::pages::console::{RUNS, by, short, state};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, Select, empty, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::store::runs::RunState;

/// Runs a page.
const PAGE: usize = 50;

/// Which runs.
#[derive(Debug, Default, Deserialize, Validate)]
pub struct Which {
    #[validate(length(max = 64))]
    wave: Option<String>,
    #[validate(length(max = 20))]
    state: Option<String>,
    /// Those older than this one: its time of creation and its id.
    #[validate(length(max = 80))]
    before: Option<String>,
}

/// Where a page of the list begins.
fn position(text: &str) -> Result<(i64, Uuid), Refusal> {
    let parts = text.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| Refusal::new(Code::CursorInvalid))
}

/// Every run, by wave and state.
#[get("/console/runs")]
pub async fn list_runs(app: AppState, staff: Staff, query: Query<Which>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    let Which { wave, state, before } = query.into_inner();
    let (wave, state) = (wave.filter(|wave| !wave.is_empty()), state.filter(|state| !state.is_empty()));
    let wanted = state.as_deref().and_then(RunState::parse);
    let before = before.as_deref().map(position).transpose()?;
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let wish = ListWish { wave: wave.clone(), state: wanted, before, limit };
    let found = app.look(staff.actor.clone(), move |look| Ok((runs::list(look, &wish)?, waves::list(look)?)));
    let (mut rows, waves) = found.await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let last = rows.last().filter(|_| more).map(|last| format!("{}.{}", last.run.created_at, last.run.id));
    let codes: Vec<String> = waves.into_iter().map(|wave| wave.code).collect();
    let (wave, state) = (wave.unwrap_or_default(), wanted.map_or("", RunState::as_str));
    Ok(Page::office(&staff, staff.say("Lần tính", "Runs")).answer(html! {
        @if staff.actor.can(Action::Compute) {
            p { a.button href=(staff.link("/console/runs/new")) { (staff.say("Tính mới", "New run")) } }
        }
        (filter(&staff, &codes, &wave, state))
        @if rows.is_empty() {
            (empty(staff.say("Chưa có lần tính nào.", "There are no runs."), &html! {
                p { (staff.say("Một lần tính lấy phiếu của một đợt, hoặc bảng chỉ tiêu, và cho ra điểm kèm khoảng tin cậy.",
                    "A run takes the responses of a wave, or tables of indicators, and gives scores with their intervals.")) }
            }))
        } @else { (runs_table(&staff, &rows)) }
        @if let Some(last) = last {
            p { a href=(staff.link(&format!("{RUNS}?wave={wave}&state={state}&before={last}"))) { (staff.say("Cũ hơn", "Older")) } }
        }
    }))
}

fn filter(visit: &Visit, codes: &[String], wave: &str, state: &str) -> Markup {
    let all = visit.say("Tất cả", "All");
    let waves: Vec<(&str, &str)> = std::iter::once(("", all)).chain(codes.iter().map(|code| (code.as_str(), code.as_str()))).collect();
    let words: Vec<(&str, String)> =
        RunState::ALL.into_iter().map(|state| (state.as_str(), word(state).pick(visit.lang).to_owned())).collect();
    let states: Vec<(&str, &str)> = std::iter::once(("", all)).chain(words.iter().map(|(name, word)| (*name, word.as_str()))).collect();
    html! {
        form.row.filter method="get" action=(visit.link(RUNS)) {
            @if visit.link(RUNS) != RUNS { input type="hidden" name="lang" value=(visit.lang.tag()); }
            (Select { name: "wave", label: visit.say("Đợt", "Wave"), options: &waves, value: wave, ..Select::default() })
            (Select { name: "state", label: visit.say("Trạng thái", "State"), options: &states, value: state, ..Select::default() })
            button.plain type="submit" { (visit.say("Lọc", "Filter")) }
        }
    }
}

fn runs_table(visit: &Visit, rows: &[Described]) -> Markup {
    let heads = [
        Head::Text(visit.say("Lần tính", "Run")),
        Head::Text(visit.say("Đợt", "Wave")),
        Head::Text(visit.say("Trạng thái", "State")),
        Head::Text(visit.say("Người tính", "Made by")),
        Head::Text(visit.say("Lúc", "At")),
        Head::Number(visit.say("Không công bố", "Hidden")),
    ];
    table(visit.say("Lần tính, mới nhất trước", "Runs, the newest first"), &heads, rows.iter().map(|row| {
        let run = &row.run;
        vec![
            html! { a href=(visit.link(&format!("{RUNS}/{}", run.id))) { (row.index) " " (row.version) " · " (short(run.id)) } },
            html! { (row.wave.as_deref().unwrap_or("–")) },
            html! { (state(visit.lang, run.state)) @if run.preview { " " span.hint { (visit.say("tính thử", "preview")) } } },
            html! { (by(&run.created_by)) },
            html! { (say::instant(visit.lang, run.created_at)) },
            html! { @if let Some(share) = row.extent.as_ref().and_then(crate::publication::disclosure::Extent::share) { (say::percent(visit.lang, share, 1)) } },
        ]
    }))
}
