//! The quality of a wave's responses: what was flagged, what that does to the score, and what is proposed about it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use maud::{Markup, html};
use uuid::Uuid;

use super::address;
use crate::http::body::Form;
use crate::http::state::AppState;
use crate::office::figures::{self, Asked, ScoresWish};
use crate::office::quality::{self, By, Flagged, InFull, LiftWish};
use crate::office::runs::{self, Described, ListWish};
use crate::office::{Action, Look, Refusal, responses};
use crate::pages::console::{PROPOSALS, RUNS, WAVES, faults, short, state, to};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Head, empty, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::publication::disclosure::Numbers;
use crate::response::quality::Rule;
use crate::store::quality::{Evaluation, FlagCount};
use crate::store::responses::Which;
use crate::store::schemas::IndexKind;
use crate::unit::{Registry, UnitId};

/// So many flagged responses are shown.
const RESPONSES: usize = 100;
/// So many runs are looked at for their scores.
const RUNS_SHOWN: i64 = 8;

/// Everything that the page shows.
struct Shown {
    evaluations: Vec<Evaluation>,
    /// The latest that is done.
    latest: Option<InFull>,
    flagged: Vec<Flagged>,
    /// Runs of the wave with their first figure, the whole.
    scores: Vec<(Described, Option<Numbers>, u8)>,
    units: std::sync::Arc<Registry>,
}

fn gather(look: &mut Look<'_>, wave: &str) -> Result<Shown, Refusal> {
    let evaluations = quality::list(look, wave)?;
    let done = evaluations.iter().find(|evaluation| evaluation.state() == "done").map(|evaluation| evaluation.version);
    let latest = done.map(|version| quality::get(look, wave, version)).transpose()?;
    let flagged = match done.filter(|_| look.actor.can(Action::ListResponses)) {
        Some(version) => quality::flagged(look, wave, version, RESPONSES)?,
        None => Vec::new(),
    };
    let mut scores = Vec::new();
    for run in runs::list(look, &ListWish { wave: Some(wave.to_owned()), limit: RUNS_SHOWN, ..ListWish::default() })? {
        if run.run.digest.is_some() && run.run.kind == IndexKind::Survey {
            let node = figures::root(look, run.run.id)?;
            let page = figures::scores(look, &ScoresWish { of: Asked::run(run.run.id), node, limit: 1, ..ScoresWish::default() })?;
            scores.push((run, page.items.first().map(|figure| figure.numbers), page.definition.decimals()));
        }
    }
    Ok(Shown { evaluations, latest, flagged, scores, units: look.units()? })
}

/// What was found.
#[get("/console/waves/{code}/quality")]
pub async fn show_quality(app: AppState, staff: Staff, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    page(&app, &staff, code.into_inner(), &Faults::default(), StatusCode::OK).await
}

/// Begins to judge the responses that there are now, by the rules that are shipped.
#[post("/console/waves/{code}/quality")]
pub async fn begin(app: AppState, staff: Staff, code: web::Path<String>, _fields: Form) -> Result<HttpResponse, Refusal> {
    let code = code.into_inner();
    let wave = code.clone();
    app.act(staff.actor.clone(), move |act| quality::begin(act, &wave, None, "", By::Worker)).await?;
    Ok(to(&staff, &format!("{}/quality", address(&code))))
}

/// Proposes to leave a response out, or to lift its flags. Another person confirms.
#[post("/console/waves/{code}/quality/{seq}")]
pub async fn decide(app: AppState, staff: Staff, path: web::Path<(String, i64)>, fields: Form) -> Result<HttpResponse, Refusal> {
    staff.may(Action::EndResponse)?;
    let ((code, seq), fields) = (path.into_inner(), fields.0);
    let (reason, evaluation, lifts) =
        (fields.get("reason").to_owned(), fields.get("evaluation").parse().unwrap_or(0), fields.get("do") == "lift");
    let proposed = app.act(staff.actor.clone(), move |act| {
        if lifts {
            return quality::lift(act, Which::Seq(seq), &LiftWish { evaluation, rules: None, reason });
        }
        let id: Uuid = responses::id_of(act, seq)?;
        responses::exclude(act, id, &reason)
    });
    match proposed.await {
        Ok(_) => Ok(to(&staff, PROPOSALS)),
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.code().status()).unwrap_or(StatusCode::CONFLICT);
            let found = faults(&staff, refusal)?;
            page(&app, &staff, code, &found, status).await
        }
    }
}

async fn page(app: &AppState, staff: &Staff, code: String, found: &Faults, status: StatusCode) -> Result<HttpResponse, Refusal> {
    let wave = code.clone();
    let shown = app.look(staff.actor.clone(), move |look| gather(look, &wave)).await?;
    let (visit, action) = (&staff.visit, format!("{}/quality", address(&code)));
    let lead = staff.say(
        "Gắn cờ là đánh dấu phiếu đáng ngờ; không phiếu nào bị đổi hay bị loại vì thế.",
        "A flag marks a suspicious response; none is changed or left out by it.",
    );
    let page = Page::office(staff, staff.say("Chất lượng phiếu", "Quality of responses"))
        .lead(lead)
        .below(WAVES, staff.say("Các đợt", "Waves"))
        .below(&address(&code), code)
        .faults(found)
        .status(status);
    let pending = shown.evaluations.iter().any(|evaluation| evaluation.state() == "pending");
    let page = if pending { page.refreshed(5) } else { page };
    Ok(page.answer(html! {
        @if staff.actor.can(Action::Compute) {
            form.filter method="post" action=(staff.link(&action)) { button type="submit" { (staff.say("Đánh giá các phiếu hiện có", "Judge the responses that there are now")) } }
        }
        @if shown.evaluations.is_empty() {
            (empty(staff.say("Chưa có lần đánh giá nào.", "There is no evaluation yet."), &html! {
                p { (staff.say("Các quy tắc tìm phiếu trả lời quá nhanh, mọi câu giống nhau, ngoài giờ, dồn dập từ một thiết bị.",
                    "Rules look for answers that are too fast, all alike, out of hours, in bursts from one device.")) }
            }))
        } @else { (evaluations(visit, &shown.evaluations)) }
        (scores(visit, &shown))
        @if let Some(latest) = &shown.latest { (found_of(visit, latest, &shown.units)) }
        @if !shown.flagged.is_empty() { (responses_table(staff, &action, &shown)) }
    }))
}

fn evaluations(visit: &Visit, all: &[Evaluation]) -> Markup {
    let heads = [
        Head::Number(visit.say("Lần", "No.")),
        Head::Text(visit.say("Bộ quy tắc", "Rules")),
        Head::Text(visit.say("Lúc", "At")),
        Head::Text(visit.say("Trạng thái", "State")),
        Head::Number(visit.say("Phiếu xét", "Looked at")),
        Head::Number(visit.say("Bị gắn cờ", "Flagged")),
    ];
    let number = |n: Option<i64>| html! { @if let Some(n) = n { (say::whole(visit.lang, n)) } @else { "–" } };
    table(
        visit.say("Các lần đánh giá", "Evaluations"),
        &heads,
        all.iter().map(|one| {
            vec![
                html! { (one.version) },
                html! { (one.rules_code) " " (one.rules_version) },
                html! { (say::instant(visit.lang, one.created_at)) },
                html! { @match one.state() {
                    "done" => span.tag.good { (visit.say("xong", "done")) },
                    "failed" => span.tag.bad { (visit.say("lỗi", "failed")) },
                    _ => span.tag.quiet-tag { (visit.say("đang xét", "under way")) },
                } },
                number(one.responses),
                number(one.flagged),
            ]
        }),
    )
}

/// The score with and without what was flagged, as far as runs were made of it.
fn scores(visit: &Visit, shown: &Shown) -> Markup {
    if shown.scores.is_empty() {
        return html! { p.hint { (visit.say("Chưa có lần tính nào của đợt: tính một lần với mọi phiếu và một lần bỏ phiếu bị gắn cờ để thấy cờ làm điểm đổi bao nhiêu.",
        "No run of the wave is finished: compute one with every response and one without those flagged, to see what the flags do to the score.")) } };
    }
    let heads = [
        Head::Text(visit.say("Lần tính", "Run")),
        Head::Text(visit.say("Phiếu", "Responses")),
        Head::Number(visit.say("Điểm chung", "Score of the whole")),
        Head::Number(visit.say("Khoảng tin cậy", "Interval")),
        Head::Number(visit.say("Số phiếu", "n")),
        Head::Text(""),
    ];
    html! {
        h2 { (visit.say("Điểm với và không có phiếu bị gắn cờ", "The score with and without what was flagged")) }
        (table(visit.say("Các lần tính gần đây của đợt", "The latest runs of the wave"), &heads, shown.scores.iter().map(|(run, numbers, decimals)| {
            let numbers = numbers.unwrap_or_default();
            vec![
                html! { a href=(visit.link(&format!("{RUNS}/{}", run.run.id))) { (run.index) " " (run.version) " · " (short(run.run.id)) } },
                html! { @if let Some(left_out) = &run.left_out { (visit.say("bỏ cờ của lần ", "without flags of ")) (left_out.evaluation.version) } @else { (visit.say("mọi phiếu hợp lệ", "every valid response")) } },
                html! { @if let Some(value) = numbers.value { (say::number(visit.lang, value, *decimals)) } @else { "–" } },
                html! { @if let (Some(low), Some(high)) = (numbers.low, numbers.high) { (say::interval(visit.lang, low, high, *decimals)) } @else { "–" } },
                html! { @if let Some(n) = numbers.n { (say::whole(visit.lang, n)) } @else { "–" } },
                state(visit.lang, run.run.state),
            ]
        })))
    }
}

/// A rule in words.
fn rule(visit: &Visit, name: &str) -> String {
    Rule::parse(name).map_or_else(|| name.to_owned(), |rule| visit.pick(&rule.said()).to_owned())
}

fn found_of(visit: &Visit, latest: &InFull, units: &Registry) -> Markup {
    let by_unit = |counts: &[FlagCount]| {
        let mut rows: Vec<(String, String, i64)> = counts
            .iter()
            .map(|count| {
                let unit = units.get(UnitId(count.key)).map_or_else(String::new, |unit| unit.record.name(visit.lang).to_owned());
                (unit, rule(visit, &count.rule), count.n)
            })
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.2));
        rows
    };
    let flags = Head::Number(visit.say("Cờ", "Flags"));
    html! {
        h2 { (visit.say("Lần đánh giá gần nhất", "The latest evaluation")) ": " (latest.evaluation.version) }
        (table(visit.say("Theo quy tắc", "By rule"), &[Head::Text(visit.say("Quy tắc", "Rule")), Head::Number(visit.say("Xét được", "Judged")), Head::Number(visit.say("Bị gắn cờ", "Flagged"))],
            latest.counts.iter().map(|count| vec![html! { (rule(visit, &count.rule)) }, html! { (say::whole(visit.lang, count.judged)) }, html! { (say::whole(visit.lang, count.flagged)) }])))
        @if !latest.by_unit.is_empty() {
            (table(visit.say("Theo đơn vị", "By unit"), &[Head::Text(visit.say("Đơn vị", "Unit")), Head::Text(visit.say("Quy tắc", "Rule")), flags],
                by_unit(&latest.by_unit).into_iter().map(|(unit, rule, n)| vec![html! { (unit) }, html! { (rule) }, html! { (say::whole(visit.lang, n)) }])))
        }
        @if latest.by_device.iter().any(|count| count.key != 0) {
            (table(visit.say("Theo thiết bị", "By device"), &[Head::Text(visit.say("Khóa", "Key")), Head::Text(visit.say("Quy tắc", "Rule")), flags],
                latest.by_device.iter().map(|count| vec![html! { @if count.key == 0 { "–" } @else { (count.key) } }, html! { (rule(visit, &count.rule)) }, html! { (say::whole(visit.lang, count.n)) }])))
        }
    }
}

fn responses_table(staff: &Staff, action: &str, shown: &Shown) -> Markup {
    let proposes = staff.actor.can(Action::EndResponse);
    let mut heads = vec![
        Head::Number(staff.say("Phiếu số", "Response")),
        Head::Text(staff.say("Đơn vị", "Unit")),
        Head::Text(staff.say("Đến lúc", "Arrived")),
        Head::Text(staff.say("Cờ và số đo", "Flags, and what was measured")),
    ];
    if proposes {
        heads.push(Head::Text(staff.say("Đề nghị", "Propose")));
    }
    html! {
        h2 { (staff.say("Phiếu bị gắn cờ", "Flagged responses")) }
        (table(staff.say("Phiếu bị gắn cờ, không có câu trả lời", "Flagged responses, without their answers"), &heads, shown.flagged.iter().map(|one| {
            let mut row = vec![
                html! { (one.seq) },
                html! { (shown.units.get(UnitId(one.unit_id)).map_or("", |unit| unit.record.name(staff.lang))) },
                html! { (say::instant(staff.lang, one.received_at)) },
                html! { @for flag in &one.flags { div { (rule(staff, &flag.rule)) " " span.hint { (flag.detail) } } } },
            ];
            if proposes {
                row.push(html! {
                    form.row method="post" action=(staff.link(&format!("{action}/{}", one.seq))) {
                        input type="hidden" name="evaluation" value=(one.evaluation);
                        input type="text" name="reason" maxlength="500" required aria-label=(staff.say("Lý do", "Reason")) placeholder=(staff.say("Lý do", "Reason"));
                        button.small.plain type="submit" name="do" value="exclude" { (staff.say("Loại phiếu", "Exclude")) }
                        button.small.plain type="submit" name="do" value="lift" { (staff.say("Bỏ cờ", "Lift flags")) }
                    }
                });
            }
            row
        })))
    }
}
