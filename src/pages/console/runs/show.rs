//! One run: what it is made of, how far it is, what it came to, who did what.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, web};
use maud::{Markup, html};
use serde_json::Value;
use uuid::Uuid;

use super::figures::{self, Figures, Which};
use super::id;
use super::moved::{self, Moved};
use super::steps::{self, Offered};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::runs::desk::{self, Done, RunStep, may_take};
use crate::office::runs::{self, Described, Progress};
use crate::office::{Action, Look, Refusal, editions};
use crate::pages::console::{RUNS, bar, by, short, stage, state};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Head, Notice, facts, notice, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::publication::disclosure::{Extent, Hidden};
use crate::store::runs::RunState;
use crate::store::schemas::IndexKind;
use crate::words::encode::hex;

/// Everything that the page shows.
struct Shown {
    run: Described,
    progress: Progress,
    history: Vec<Done>,
    offered: Vec<(RunStep, Option<Refusal>)>,
    /// The edition that it has or would have.
    edition: Option<String>,
    /// What it came to; none before it is done.
    results: Option<(Figures, Option<Moved>)>,
}

fn gather(look: &mut Look<'_>, id: Uuid, which: &Which) -> Result<Shown, Refusal> {
    let run = runs::get(look, id)?;
    let progress = runs::progress(look, id)?;
    let mut offered = Vec::new();
    for step in RunStep::ALL {
        if let Some(found) = may_take(look, &run.run, step)? {
            offered.push((step, found.err()));
        }
    }
    let named = matches!(run.run.state, RunState::Approved | RunState::Published | RunState::Withdrawn);
    let edition = match editions::of_run(look, id)? {
        Some(edition) => Some(edition),
        None if named && run.run.state == RunState::Approved => Some(editions::name(look, &run.run)?),
        None => None,
    };
    let results = if run.run.digest.is_some() {
        let figures = figures::gather(look, &run, which, false)?;
        // Before publication, one who is bound to a unit has nothing to hold it against but that unit's own figures.
        let moved = if look.actor.unit().is_none() { Some(moved::gather(look, id, run.run.kind)?) } else { None };
        Some((figures, moved))
    } else {
        None
    };
    let history = desk::history(look, id)?;
    Ok(Shown { run, progress, history, offered, edition, results })
}

/// A run.
#[get("/console/runs/{id}")]
pub async fn show_run(app: AppState, staff: Staff, path: web::Path<String>, query: Query<Which>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    page(&app, &staff, id(&path)?, &query.into_inner(), &Faults::default(), StatusCode::OK).await
}

/// The page of a run, also where a step on it was refused.
pub async fn page(
    app: &AppState,
    staff: &Staff,
    id: Uuid,
    which: &Which,
    faults: &Faults,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let asked = which.clone();
    let shown = app.look(staff.actor.clone(), move |look| gather(look, id, &asked)).await?;
    let (run, address) = (&shown.run, format!("{RUNS}/{id}"));
    let title = format!("{} {} · {}", run.index, run.version, short(id));
    let page = Page::office(staff, title).below(RUNS, staff.say("Lần tính", "Runs")).faults(faults).status(status);
    let page = if shown.progress.ended() { page } else { page.refreshed(5) };
    let offers: Vec<Offered> = shown
        .offered
        .iter()
        .map(|(step, refused)| Offered { step: *step, refused: refused.as_ref().map(|refusal| why(staff, refusal)) })
        .collect();
    Ok(page.answer(html! {
        (sent_back(staff, &shown))
        div.split {
            (head(staff, &shown))
            (steps::forms(staff, &address, run.run.revision, &offers, shown.edition.as_deref(), faults))
        }
        @if !shown.progress.ended() { (progress(staff, &shown.progress)) }
        @if let Some(error) = &run.run.error { (notice(Notice::Care, &html! { p { (staff.say("Không tính được: ", "It could not be computed: ")) (error) } })) }
        @if let Some(extent) = &run.extent { (hidden(staff, extent)) }
        @if let Some((figures, moved)) = &shown.results {
            @if let Some(moved) = moved {
                h2 { (staff.say("Thay đổi so với ấn bản trước", "What changed since the last edition")) }
                (moved::shown(staff, moved))
            }
            h2 #figures { (staff.say("Số liệu", "Figures")) }
            @if staff.actor.unit().is_none() {
                p { a href=(staff.link(&format!("{address}/preview"))) { (staff.say("Xem đúng như công chúng sẽ thấy", "See it exactly as everybody will")) } }
            }
            @if run.run.kind == IndexKind::Composite && staff.actor.unit().is_none() {
                p { a href=(staff.link(&format!("{address}/report"))) { (staff.say("Điểm được tính ra sao: các bước, trọng số, mục tiêu", "How the scores came about: stages, weights, targets")) } }
            }
            (figures::shown(staff, figures, which, &address, true))
        }
        h2 { (staff.say("Đầu vào đã cố định", "Frozen inputs")) }
        (inputs(staff, run))
        h2 { (staff.say("Ai đã làm gì", "Who did what")) }
        (history(staff, &shown.history))
    }))
}

/// Why a step would be refused, as one text.
fn why(visit: &Visit, refusal: &Refusal) -> String {
    refusal.said().map_or_else(|| visit.pick(&refusal.title()).to_owned(), |said| visit.pick(said).to_owned())
}

fn head(visit: &Visit, shown: &Shown) -> Markup {
    let run = &shown.run.run;
    let mut rows = vec![
        (
            visit.say("Trạng thái", "State"),
            html! {
                (state(visit.lang, run.state))
                @if run.preview { " " (visit.say("lần tính thử, không công bố được", "a preview, never to be published")) }
            },
        ),
        (visit.say("Người tính", "Made by"), html! { (by(&run.created_by)) ", " (say::instant(visit.lang, run.created_at)) }),
    ];
    if let (Some(who), Some(at)) = (&run.submitted_by, run.submitted_at) {
        rows.push((visit.say("Người trình", "Submitted by"), html! { (by(who)) ", " (say::instant(visit.lang, at)) }));
    }
    if let (Some(who), Some(at)) = (&run.approved_by, run.approved_at) {
        rows.push((visit.say("Người duyệt", "Approved by"), html! { (by(who)) ", " (say::instant(visit.lang, at)) }));
    }
    if let (Some(who), Some(at)) = (&run.published_by, run.published_at) {
        rows.push((visit.say("Người công bố", "Published by"), html! { (by(who)) ", " (say::instant(visit.lang, at)) }));
    }
    if let Some(edition) = &shown.edition {
        rows.push((visit.say("Ấn bản", "Edition"), html! { strong { (edition) } }));
    }
    if let Some(reason) = &run.withdrawn_reason {
        rows.push((visit.say("Lý do rút", "Why withdrawn"), html! { (reason) }));
    }
    if let Some(digest) = &run.digest {
        rows.push((visit.say("Mã băm", "Digest"), html! { code { (hex(digest)) } }));
    }
    facts(&rows)
}

/// The reason, while a run that was sent back is a draft.
fn sent_back(visit: &Visit, shown: &Shown) -> Markup {
    let last = shown.history.last().filter(|done| done.is_sending_back() && shown.run.run.state == RunState::Draft);
    html! {
        @if let Some(done) = last {
            (notice(Notice::Care, &html! {
                p { strong { (by(&done.actor)) " " (visit.say("đã trả lại", "sent it back")) ": " } (done.reason.as_deref().unwrap_or_default()) }
            }))
        }
    }
}

fn progress(visit: &Visit, progress: &Progress) -> Markup {
    html! {
        section.progress aria-live="polite" {
            p { (state(visit.lang, progress.state)) " " (stage(visit, &progress.stage)) " " (bar(visit.lang, progress.done, progress.total)) }
            p.hint { (visit.say("Trang tự tải lại mỗi 5 giây.", "The page loads again every 5 seconds.")) }
        }
    }
}

/// How much would be hidden, and by which rule.
fn hidden(visit: &Visit, extent: &Extent) -> Markup {
    let lang = visit.lang;
    html! {
        h2 { (visit.say("Số liệu không công bố", "What is hidden")) }
        p {
            strong { (say::percent(lang, extent.share().unwrap_or(0.0), 1)) }
            " – " (say::whole(lang, extent.hidden())) (visit.say(" trong ", " of ")) (say::whole(lang, extent.figures)) (visit.say(" số liệu", " figures"))
            @if extent.carried > 0 { "; " (say::whole(lang, extent.carried)) (visit.say(" giữ nguyên như ấn bản trước vì quá ít phiếu thay đổi", " stand as in the edition before, since too few answers changed")) }
            "."
        }
        @if !extent.by_rule.is_empty() {
            (table(visit.say("Theo quy tắc", "By rule"), &[Head::Text(visit.say("Quy tắc", "Rule")), Head::Number(visit.say("Số liệu", "Figures"))],
                extent.by_rule.iter().map(|(rule, number)| vec![
                    html! { (Hidden::parse(rule).map_or_else(|| rule.clone(), |hidden| visit.pick(&hidden.said()).to_owned())) },
                    html! { (say::whole(lang, *number)) },
                ])))
        }
    }
}

fn inputs(visit: &Visit, described: &Described) -> Markup {
    let run = &described.run;
    let link = |id: Uuid| html! { a href=(visit.link(&format!("{RUNS}/{id}"))) { (short(id)) } };
    let mut rows = vec![(
        visit.say("Chỉ số", "Index"),
        html! { a href=(visit.link(&format!("/console/indices/{}/{}", described.index, described.version))) { (described.index) " " (described.version) } },
    )];
    if let Some(wave) = &described.wave {
        rows.push((visit.say("Đợt", "Wave"), html! { a href=(visit.link(&format!("/console/waves/{wave}"))) { (wave) } }));
        rows.push((visit.say("Phiếu đến số", "Responses up to"), html! { (say::whole(visit.lang, run.high_water_seq)) }));
        rows.push((visit.say("Thay đổi đến số", "Changes up to"), html! { (say::whole(visit.lang, run.high_water_event)) }));
    }
    if !described.inputs.tables.is_empty() {
        rows.push((
            visit.say("Bảng chỉ tiêu", "Indicator tables"),
            html! { @for table in &described.inputs.tables { a href=(visit.link(&format!("/console/tables/{table}"))) { (table) } " " } },
        ));
    }
    if !described.inputs.surveys.is_empty() {
        rows.push((
            visit.say("Lần tính khảo sát", "Runs of surveys"),
            html! { @for (survey, edition) in &described.inputs.surveys { (link(*survey)) " → " (edition) " " } },
        ));
    }
    if let Some(since) = run.since {
        rows.push((visit.say("So với lần tính", "Compared with"), link(since)));
    }
    if let Some(left_out) = &described.left_out {
        let rules: Vec<&str> = left_out.rules.iter().map(|rule| rule.as_str()).collect();
        rows.push((
            visit.say("Bỏ phiếu bị gắn cờ", "Without flagged"),
            html! { (visit.say("lần đánh giá ", "evaluation ")) (left_out.evaluation.version) ": " (rules.join(", ")) },
        ));
    }
    rows.push((visit.say("Số gieo", "Seed"), html! { (run.seed) }));
    let given: Value = serde_json::from_str(&run.parameters).unwrap_or_default();
    if given.as_object().is_some_and(|given| !given.is_empty()) {
        rows.push((visit.say("Tham số", "Parameters"), html! { code { (given) } }));
    }
    let manifest = run.manifest.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    html! {
        (facts(&rows))
        @if let Some(manifest) = manifest {
            details {
                summary { (visit.say("Bản kê đầy đủ (JSON)", "The whole manifest (JSON)")) }
                pre tabindex="0" { code { (serde_json::to_string_pretty(&manifest).unwrap_or_default()) } }
            }
        }
    }
}

fn history(visit: &Visit, history: &[Done]) -> Markup {
    let heads = [
        Head::Text(visit.say("Lúc", "At")),
        Head::Text(visit.say("Ai", "Who")),
        Head::Text(visit.say("Việc", "What")),
        Head::Text(visit.say("Lý do", "Reason")),
    ];
    table(
        visit.say("Nhật ký của lần tính", "The run’s log"),
        &heads,
        history.iter().map(|done| {
            vec![
                html! { (say::instant(visit.lang, done.at)) },
                html! { (done.person.as_deref().unwrap_or_else(|| by(&done.actor))) },
                html! { (done.said().pick(visit.lang)) },
                html! { (done.reason.as_deref().unwrap_or_default()) },
            ]
        }),
    )
}
