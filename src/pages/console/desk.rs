//! What waits for whom.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};

use super::{PROPOSALS, RUNS, bar, by, short, stage, state};
use crate::http::state::AppState;
use crate::office::definitions::{self, Kind};
use crate::office::fieldwork::{self, Overview};
use crate::office::proposals::{self, ListWish};
use crate::office::runs::desk::{self, RunStep, may_take, waits_for};
use crate::office::runs::{Described, Progress};
use crate::office::{Action, Look, Refusal, editions, keys, runs};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, Notice, notice, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::store::editions::{Edition, EditionState};
use crate::store::proposals::{Proposal, ProposalState};
use crate::store::runs::RunState;

/// So many of each kind are shown.
const SHOWN: i64 = 30;
const WAVES: usize = 12;
const EDITIONS: usize = 6;

/// A run that waits for a step.
struct Waiting {
    run: Described,
    step: RunStep,
    /// Whether whoever looks can take it.
    mine: bool,
}

/// Everything that the page shows.
struct Desk {
    waiting: Vec<Waiting>,
    under_way: Vec<(Described, Progress)>,
    /// What is proposed, and whether whoever looks can confirm it.
    proposed: Vec<(Proposal, bool)>,
    waves: Vec<Overview>,
    editions: Vec<Edition>,
    first: First,
}

/// The three first steps, and which of them are done.
#[derive(Clone, Copy)]
struct First {
    questionnaire: bool,
    wave: bool,
    sender: bool,
}

fn gather(look: &mut Look<'_>) -> Result<Desk, Refusal> {
    let (mut waiting, mut under_way) = (Vec::new(), Vec::new());
    for described in desk::open(look, SHOWN)? {
        if matches!(described.run.state, RunState::Queued | RunState::Running) {
            let progress = runs::progress(look, described.run.id)?;
            under_way.push((described, progress));
        } else if let Some(step) = waits_for(&described.run) {
            let mine = matches!(may_take(look, &described.run, step)?, Some(Ok(())));
            waiting.push(Waiting { run: described, step, mine });
        }
    }
    let open = ListWish { state: Some(ProposalState::Open), before: None, limit: SHOWN };
    let listed = if look.actor.can(Action::ReadProposals) { proposals::list(look, &open)? } else { Vec::new() };
    let proposed = listed.into_iter().map(|proposal| (proposals::may_confirm(look, &proposal), proposal));
    let proposed = proposed.map(|(may, proposal)| Ok((proposal, may?))).collect::<Result<Vec<_>, Refusal>>()?;
    let mut editions = editions::list(look)?;
    editions.truncate(EDITIONS);
    let waves = fieldwork::overview(look, WAVES)?;
    let first = First {
        questionnaire: !definitions::list(look, Kind::Survey, None)?.is_empty(),
        wave: !waves.is_empty(),
        sender: keys::has_senders(look)? || waves.iter().any(|wave| wave.came.valid > 0),
    };
    Ok(Desk { waiting, under_way, proposed, waves, editions, first })
}

/// What waits for whom: runs, proposals, waves, editions.
#[get("/console")]
pub async fn show_desk(state: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    let desk = state.look(staff.actor.clone(), gather).await?;
    let First { questionnaire, wave, sender } = desk.first;
    let page = Page::office(&staff, staff.say("Việc chờ", "What waits"));
    let page = if desk.under_way.is_empty() { page } else { page.refreshed(10) };
    let runs = staff.link(RUNS);
    Ok(page.answer(html! {
        @if !(questionnaire && wave && sender) { (first(&staff, desk.first)) }
        (waiting(&staff, &desk))
        @if !desk.under_way.is_empty() {
            (table(staff.say("Đang tính", "Under way"), &[Head::Text(staff.say("Lần tính", "Run")), Head::Text(staff.say("Đợt", "Wave")), Head::Text(staff.say("Việc đang làm", "Stage")), Head::Text("")],
                desk.under_way.iter().map(|(run, progress)| vec![
                    html! { a href=(format!("{runs}/{}", run.run.id)) { (run.index) " " (run.version) " · " (short(run.run.id)) } },
                    html! { (run.wave.as_deref().unwrap_or("–")) },
                    html! { (super::state(staff.lang, progress.state)) " " (stage(&staff, &progress.stage)) },
                    bar(staff.lang, progress.done, progress.total),
                ])))
        }
        (waves(&staff, &desk.waves))
        (newest(&staff, &desk.editions))
    }))
}

/// The first use, in three steps.
fn first(visit: &Visit, first: First) -> Markup {
    let step = |done: bool, address: &str, what: &str, how: &str| {
        html! {
            li.finished[done] {
                a href=(visit.link(address)) { (what) }
                @if done { " " span.tag.good { (visit.say("xong", "done")) } }
                p.hint { (how) }
            }
        }
    };
    html! {
        section.first aria-labelledby="first" {
            h2 #first { (visit.say("Bắt đầu trong ba bước", "The first three steps")) }
            ol.steps {
                (step(first.questionnaire, "/console/surveys", visit.say("Công bố phiếu hỏi", "Publish a questionnaire"),
                    visit.say("Soạn bằng biểu mẫu hoặc nạp tệp JSON; kiểm tra, xem thử rồi công bố.", "Write one by form or load a JSON file; check it, look at it, publish it.")))
                (step(first.wave, "/console/waves", visit.say("Mở đợt và nạp thiết kế mẫu", "Open a wave and load its design"),
                    visit.say("Đợt nêu phiếu hỏi, đơn vị được đánh giá, ngày mở và đóng; mẫu xác suất cần danh sách cụm (PSU).", "It names the questionnaire, the rated units and its dates; a probability sample needs its PSUs.")))
                (step(first.sender, "/console/waves", visit.say("Cấp khóa cho thiết bị, hoặc in mã QR", "Give devices their keys, or print QR codes"),
                    visit.say("Người quản trị cấp khóa; mã QR của từng đơn vị in ở trang của đợt.", "An administrator issues keys; each unit’s QR code is printed from the wave’s page.")))
            }
        }
    }
}

/// What a step waits for, in words.
fn waits(visit: &Visit, step: RunStep) -> &'static str {
    match step {
        RunStep::Submit => visit.say("trình duyệt", "to be submitted"),
        RunStep::Approve => visit.say("duyệt", "to be approved"),
        _ => visit.say("công bố", "to be published"),
    }
}

fn waiting(visit: &Visit, desk: &Desk) -> Markup {
    let mine: Vec<&Waiting> = desk.waiting.iter().filter(|waiting| waiting.mine).collect();
    let others: Vec<&Waiting> = desk.waiting.iter().filter(|waiting| !waiting.mine).collect();
    let (to_confirm, proposed): (Vec<_>, Vec<_>) = desk.proposed.iter().partition(|(_, may)| *may);
    html! {
        h2 { (visit.say("Chờ Ông/Bà", "Waits for you")) }
        @if mine.is_empty() && to_confirm.is_empty() {
            p.hint { (visit.say("Không có việc nào chờ Ông/Bà.", "Nothing waits for you.")) }
        }
        @if !mine.is_empty() { (runs_table(visit, visit.say("Lần tính", "Runs"), &mine)) }
        @if !to_confirm.is_empty() { (proposals_line(visit, to_confirm.len())) }
        @if !others.is_empty() || !proposed.is_empty() {
            h2 { (visit.say("Chờ người khác", "Waits for others")) }
            @if !others.is_empty() { (runs_table(visit, visit.say("Lần tính", "Runs"), &others)) }
            @if !proposed.is_empty() {
                p { a href=(visit.link(PROPOSALS)) { (visit.lang.count(proposed.len(), "đề nghị chờ người thứ hai", ["proposal waits for a second person", "proposals wait for a second person"])) } }
            }
        }
    }
}

fn proposals_line(visit: &Visit, number: usize) -> Markup {
    notice(
        Notice::Care,
        &html! {
            p {
                a href=(visit.link(PROPOSALS)) {
                    (visit.lang.count(number, "đề nghị chờ Ông/Bà xác nhận", ["proposal waits for you to confirm it", "proposals wait for you to confirm them"]))
                }
            }
        },
    )
}

fn runs_table(visit: &Visit, caption: &str, waiting: &[&Waiting]) -> Markup {
    let heads = [
        Head::Text(visit.say("Lần tính", "Run")),
        Head::Text(visit.say("Đợt", "Wave")),
        Head::Text(visit.say("Trạng thái", "State")),
        Head::Text(visit.say("Chờ", "Waits")),
        Head::Text(visit.say("Người tính", "Made by")),
        Head::Text(visit.say("Lúc", "At")),
    ];
    table(
        caption,
        &heads,
        waiting.iter().map(|waiting| {
            let run = &waiting.run;
            let address = visit.link(&format!("{RUNS}/{}", run.run.id));
            vec![
                html! { a href=(address) { (run.index) " " (run.version) " · " (short(run.run.id)) } },
                html! { (run.wave.as_deref().unwrap_or("–")) },
                state(visit.lang, run.run.state),
                html! { (waits(visit, waiting.step)) },
                html! { (by(&run.run.created_by)) },
                html! { (say::instant(visit.lang, run.run.created_at)) },
            ]
        }),
    )
}

fn waves(visit: &Visit, waves: &[Overview]) -> Markup {
    if waves.is_empty() {
        return html! {};
    }
    let heads = [
        Head::Text(visit.say("Đợt", "Wave")),
        Head::Text(""),
        Head::Number(visit.say("Đã nhận", "Received")),
        Head::Number(visit.say("Dự kiến", "Expected")),
        Head::Text(visit.say("Đạt", "Done")),
        Head::Number(visit.say("Hôm nay", "Today")),
        Head::Number(visit.say("Còn (ngày)", "Days left")),
    ];
    html! {
        h2 { (visit.say("Các đợt", "Waves")) }
        (table(visit.say("Phiếu hợp lệ đã nhận", "Valid responses received"), &heads, waves.iter().map(|one| vec![
            html! { a href=(visit.link(&format!("/console/waves/{}", one.wave.code))) { (visit.words(&one.wave.title)) } " " span.hint { (one.wave.code) } },
            html! { @if one.open { span.tag.good { (visit.say("đang mở", "open")) } } @else if one.days_left.is_some() { span.tag.quiet-tag { (visit.say("chưa mở", "not open yet")) } } @else { span.tag.quiet-tag { (visit.say("đã đóng", "closed")) } } },
            html! { (say::whole(visit.lang, one.came.valid)) },
            html! { @if let Some(expected) = one.expected { (say::whole(visit.lang, expected)) } @else { "–" } },
            html! { @if let Some(expected) = one.expected { (bar(visit.lang, one.came.valid, expected)) } },
            html! { (say::whole(visit.lang, one.today)) },
            html! { @if let Some(days) = one.days_left { (say::whole(visit.lang, days)) } @else { "–" } },
        ])))
    }
}

fn newest(visit: &Visit, editions: &[Edition]) -> Markup {
    if editions.is_empty() {
        return html! {};
    }
    let heads = [
        Head::Text(visit.say("Ấn bản", "Edition")),
        Head::Text(visit.say("Chỉ số", "Index")),
        Head::Text(""),
        Head::Text(visit.say("Công bố", "Published")),
    ];
    html! {
        h2 { (visit.say("Ấn bản mới nhất", "Newest editions")) }
        (table(visit.say("Ấn bản", "Editions"), &heads, editions.iter().map(|edition| vec![
            html! { a href=(visit.link(&format!("{RUNS}/{}", edition.run_id))) { (edition.code) } },
            html! { (edition.index_code) " " (edition.index_version) },
            html! { @match edition.state {
                EditionState::Published => span.tag.good { (visit.say("công khai", "public")) },
                EditionState::Embargoed => span.tag.waits { (visit.say("cơ quan xem trước", "agencies look first")) },
                EditionState::Withdrawn => span.tag.bad { (visit.say("đã rút", "withdrawn")) },
            } },
            html! { @if let Some(at) = edition.published_at { (say::day(visit.lang, at)) } },
        ])))
    }
}
