//! A new run: which index, from what, and what will be frozen.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;
use validator::Validate;

use crate::http::body::{Fields, Form};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::definitions::{self, Kind};
use crate::office::fieldwork::{self, Overview};
use crate::office::indicators::{self, Table};
use crate::office::runs::{self, Described, FlaggedWish, ListWish, RunWish, UncertaintyWish};
use crate::office::{Action, Look, Refusal, quality};
use crate::pages::console::{RUNS, faults, short, to};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Input, Notice, Select, borrowed, empty, facts, notice};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::store::quality::Evaluation;
use crate::store::runs::RunState;
use crate::store::schemas::IndexKind;
use crate::words::Lang;

/// So many runs and tables are offered.
const OFFERED: i64 = 200;

/// What was chosen so far.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
pub struct Chosen {
    /// `CODE@VERSION`.
    #[validate(length(max = 500))]
    index: Option<String>,
    #[validate(length(max = 64))]
    wave: Option<String>,
}

impl Chosen {
    fn index(&self) -> Option<(&str, &str)> {
        self.index.as_deref()?.rsplit_once('@')
    }

    fn wave(&self) -> Option<&str> {
        self.wave.as_deref().filter(|wave| !wave.is_empty())
    }
}

/// What there is to choose from.
struct Choice {
    indices: Vec<(String, String)>,
    kind: Option<IndexKind>,
    waves: Vec<Overview>,
    /// Finished runs of the same index, to compare with.
    earlier: Vec<Described>,
    evaluations: Vec<Evaluation>,
    tables: Vec<Table>,
    /// Finished runs of surveys' indices, for a composite index.
    surveys: Vec<Described>,
}

fn finished(run: &Described) -> bool {
    matches!(run.run.state, RunState::Draft | RunState::Submitted | RunState::Approved | RunState::Published) && !run.run.preview
}

fn gather(look: &mut Look<'_>, chosen: &Chosen) -> Result<Choice, Refusal> {
    let mut indices: Vec<(String, String)> = definitions::list(look, Kind::Index, None)?
        .into_iter()
        .map(|version| (format!("{}@{}", version.code, version.version), format!("{} {}", version.code, version.version)))
        .collect();
    indices.reverse();
    let mut choice = Choice {
        indices,
        kind: None,
        waves: Vec::new(),
        earlier: Vec::new(),
        evaluations: Vec::new(),
        tables: Vec::new(),
        surveys: Vec::new(),
    };
    let Some((code, version)) = chosen.index() else { return Ok(choice) };
    let index = runs::index(look, code, version)?;
    choice.kind = Some(index.kind);
    let mut all = runs::list(look, &ListWish { limit: OFFERED, ..ListWish::default() })?;
    all.retain(finished);
    match index.kind {
        IndexKind::Survey => {
            let waves = fieldwork::overview(look, usize::MAX)?;
            choice.waves = waves.into_iter().filter(|one| Some(&one.wave.survey) == index.survey_code.as_ref()).collect();
            choice.earlier = all.into_iter().filter(|run| run.index == code).collect();
            if let Some(wave) = chosen.wave() {
                choice.evaluations = quality::list(look, wave)?.into_iter().filter(|evaluation| evaluation.state() == "done").collect();
            }
        }
        IndexKind::Composite => {
            choice.tables = indicators::list(look, Some(code), None, OFFERED)?;
            choice.surveys = all.into_iter().filter(|run| run.run.kind == IndexKind::Survey).collect();
        }
    }
    Ok(choice)
}

/// The form: first the index, then what goes with it.
#[get("/console/runs/new")]
pub async fn show_new(app: AppState, staff: Staff, query: Query<Chosen>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::Compute)?;
    page(&app, &staff, &query.into_inner(), &Fields::default(), Faults::default(), StatusCode::OK).await
}

/// Starts it.
#[post("/console/runs/new")]
pub async fn start(app: AppState, staff: Staff, fields: Form) -> Result<HttpResponse, Refusal> {
    staff.may(Action::Compute)?;
    let fields = fields.0;
    let chosen = Chosen { index: fields.some("index"), wave: fields.some("wave") };
    let begun = match wish(&chosen, &fields, staff.lang) {
        Err(found) => return page(&app, &staff, &chosen, &fields, found, StatusCode::UNPROCESSABLE_ENTITY).await,
        Ok(wish) => {
            let id = Uuid::new_v4();
            app.act(staff.actor.clone(), move |act| runs::create(act, id, &wish)).await.map(|_| id)
        }
    };
    match begun {
        Ok(id) => Ok(to(&staff, &format!("{RUNS}/{id}"))),
        Err(refusal) => {
            let found = faults(&staff, refusal)?;
            page(&app, &staff, &chosen, &fields, found, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

/// What the form asks for; what cannot be read is a fault of its field.
fn wish(chosen: &Chosen, fields: &Fields, lang: Lang) -> Result<RunWish, Faults> {
    let mut found = Faults::default();
    let bad = lang.pick("Không đọc được", "It cannot be read");
    let Some((index, version)) = chosen.index() else {
        found.add("index", lang.pick("Hãy chọn chỉ số", "Choose an index"));
        return Err(found);
    };
    let seed = fields.some("seed").map_or(Some(1), |seed| seed.parse::<i64>().ok().filter(|seed| *seed >= 0));
    if seed.is_none() {
        found.add("seed", lang.pick("Phải là số nguyên không âm", "Must be a whole number, not negative"));
    }
    let flagged = match fields.get("without_flagged") {
        "" => None,
        version => Some(FlaggedWish { evaluation: version.parse().ok(), rules: None }),
    };
    let tables = fields.all("tables").map(str::parse::<i32>).collect::<Result<Vec<_>, _>>();
    if tables.is_err() {
        found.add("tables", bad);
    }
    let mut surveys = Vec::new();
    for run in fields.all("surveys") {
        match Uuid::try_parse(run) {
            Ok(run) => surveys.push((run, None)),
            Err(_) => found.add("surveys", bad),
        }
    }
    let uncertainty = uncertainty(fields, &mut found, bad);
    match (seed, tables) {
        (Some(seed), Ok(tables)) if found.is_empty() => Ok(RunWish {
            index: index.to_owned(),
            version: version.to_owned(),
            wave: chosen.wave().map(str::to_owned),
            as_of: fields.some("as_of").map(|at| format!("{at}:00+07:00")),
            seed,
            preview: fields.has("preview"),
            since: fields.some("since"),
            without_flagged: flagged,
            tables,
            surveys,
            uncertainty,
            ..RunWish::default()
        }),
        _ => Err(found),
    }
}

fn uncertainty(fields: &Fields, found: &mut Faults, bad: &str) -> Option<UncertaintyWish> {
    let (method, replicates) = (fields.some("uncertainty.method"), fields.some("uncertainty.replicates"));
    if method.is_none() && replicates.is_none() {
        return None;
    }
    let number = replicates.map(|number| number.parse::<u32>());
    if matches!(number, Some(Err(_))) {
        found.add("uncertainty.replicates", bad);
    }
    Some(UncertaintyWish { level: None, method, replicates: number.and_then(Result::ok) })
}

async fn page(
    app: &AppState,
    staff: &Staff,
    chosen: &Chosen,
    fields: &Fields,
    mut found: Faults,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let asked = chosen.clone();
    let choice = app.look(staff.actor.clone(), move |look| gather(look, &asked)).await?;
    let ready = match choice.kind {
        Some(IndexKind::Survey) => chosen.wave().is_some(),
        Some(IndexKind::Composite) => true,
        None => false,
    };
    let mut outlook = None;
    if ready && status == StatusCode::OK && choice.kind == Some(IndexKind::Survey) {
        // What would be frozen is found out by freezing it and taking it back.
        if let Ok(wish) = wish(chosen, fields, staff.lang) {
            let actor = staff.actor.clone();
            match app.slowly(move |office| office.rehearse(&actor, |act| runs::create(act, Uuid::new_v4(), &wish))).await {
                Ok(run) => outlook = Some(run),
                Err(refusal) => found = faults(staff, refusal)?,
            }
        }
    }
    let page =
        Page::office(staff, staff.say("Tính mới", "New run")).below(RUNS, staff.say("Lần tính", "Runs")).faults(&found).status(status);
    Ok(page.answer(html! {
        @if choice.indices.is_empty() {
            (empty(staff.say("Chưa có chỉ số nào được công bố.", "No index is published."), &html! {
                p { a href=(staff.link("/console/indices")) { (staff.say("Công bố một định nghĩa chỉ số", "Publish the definition of an index")) } }
            }))
        } @else {
            (first(staff, &choice, chosen))
            @if ready { (second(staff, &choice, chosen, fields, &found, outlook.as_ref())) }
        }
    }))
}

/// Which index, and of a survey's index which wave.
fn first(visit: &Visit, choice: &Choice, chosen: &Chosen) -> Markup {
    let indices = borrowed(&choice.indices);
    let named: Vec<(String, String)> =
        choice.waves.iter().map(|one| (one.wave.code.clone(), format!("{} – {}", one.wave.code, visit.words(&one.wave.title)))).collect();
    let waves = borrowed(&named);
    html! {
        form.row.filter method="get" action=(visit.link("/console/runs/new")) {
            @if visit.link(RUNS) != RUNS { input type="hidden" name="lang" value=(visit.lang.tag()); }
            (Select { name: "index", label: visit.say("Chỉ số", "Index"), options: &indices, value: chosen.index.as_deref().unwrap_or_default(), ..Select::default() })
            @if choice.kind == Some(IndexKind::Survey) {
                (Select { name: "wave", label: visit.say("Đợt", "Wave"), options: &waves, value: chosen.wave().unwrap_or_default(), ..Select::default() })
            }
            button.plain type="submit" { (visit.say("Tiếp", "Next")) }
        }
        @if choice.kind == Some(IndexKind::Survey) && choice.waves.is_empty() {
            (notice(Notice::Care, &html! { p { (visit.say("Chưa có đợt nào dùng phiếu hỏi của chỉ số này.", "No wave takes the questionnaires of this index.")) } }))
        }
    }
}

/// What goes with it, what will be frozen, and the button.
fn second(visit: &Visit, choice: &Choice, chosen: &Chosen, fields: &Fields, found: &Faults, outlook: Option<&Described>) -> Markup {
    let seed = fields.some("seed").unwrap_or_else(|| "1".to_owned());
    html! {
        form method="post" action=(visit.link("/console/runs/new")) {
            input type="hidden" name="index" value=(chosen.index.as_deref().unwrap_or_default());
            @if let Some(wave) = chosen.wave() { input type="hidden" name="wave" value=(wave); }
            @if choice.kind == Some(IndexKind::Survey) { (of_survey(visit, choice, fields, found)) } @else { (of_composite(visit, choice, fields, found)) }
            div.row {
                (Input { name: "seed", label: visit.say("Số gieo", "Seed"), value: &seed, fault: found.at("seed"), inputmode: Some("numeric"), maxlength: Some(16), ..Input::default() })
            }
            label.tick {
                input type="checkbox" name="preview" value="1" checked[fields.has("preview")];
                " " (visit.say("Lần tính thử: xem dở dang, không bao giờ công bố", "A preview of unfinished work, never to be published"))
            }
            @if let Some(outlook) = outlook { (frozen(visit, choice, chosen, outlook)) }
            button type="submit" { (visit.say("Tính", "Compute")) }
        }
    }
}

fn of_survey(visit: &Visit, choice: &Choice, fields: &Fields, found: &Faults) -> Markup {
    let none = visit.say("không", "none").to_owned();
    let earlier = choice.earlier.iter().map(|run| {
        let of = run.wave.as_deref().unwrap_or_default();
        (run.run.id.to_string(), format!("{of} · {} · {} · {}", run.version, short(run.run.id), say::day(visit.lang, run.run.created_at)))
    });
    let earlier: Vec<(String, String)> = std::iter::once((String::new(), none)).chain(earlier).collect();
    let everyone = (String::new(), visit.say("mọi phiếu hợp lệ", "every valid response").to_owned());
    let evaluations = choice.evaluations.iter().map(|one| {
        let flagged = one.flagged.map_or_else(String::new, |flagged| format!(" ({})", say::whole(visit.lang, flagged)));
        (
            one.version.to_string(),
            format!("{} {}{flagged}", visit.say("bỏ phiếu bị gắn cờ ở lần đánh giá", "without those flagged by evaluation"), one.version),
        )
    });
    let evaluations: Vec<(String, String)> = std::iter::once(everyone).chain(evaluations).collect();
    let earlier = borrowed(&earlier);
    let evaluations = borrowed(&evaluations);
    html! {
        div.row {
            (Select { name: "since", label: visit.say("So với lần tính", "Compared with the run"), options: &earlier, value: fields.get("since"), fault: found.at("since"), ..Select::default() })
            (Select { name: "without_flagged", label: visit.say("Phiếu", "Responses"), options: &evaluations, value: fields.get("without_flagged"), fault: found.at("without_flagged.evaluation"), ..Select::default() })
            (Input { name: "as_of", label: visit.say("Chỉ những gì đã đến trước (để trống: tất cả)", "Only what had arrived by (empty: all)"), kind: "datetime-local", value: fields.get("as_of"), fault: found.at("as_of"), ..Input::default() })
        }
    }
}

fn of_composite(visit: &Visit, choice: &Choice, fields: &Fields, found: &Faults) -> Markup {
    let methods = [("", visit.say("tự chọn", "as it fits")), ("delta", "delta"), ("replicates", visit.say("mẫu lặp", "replicates"))];
    let ticked = |name: &str, value: &str| fields.all(name).any(|given| given == value);
    html! {
        fieldset.field.wrong[found.at("tables").is_some()] #tables {
            legend { (visit.say("Bảng chỉ tiêu (bảng sau đè bảng trước)", "Indicator tables (a later one lies over an earlier one)")) }
            @if let Some(fault) = found.at("tables") { p.fault { (fault) } }
            @if choice.tables.is_empty() { p.hint { a href=(visit.link("/console/tables")) { (visit.say("Chưa nạp bảng nào cho chỉ số này", "No table is loaded for this index")) } } }
            @for one in choice.tables.iter().rev() {
                @let value = one.table.id.to_string();
                label.tick { input type="checkbox" name="tables" value=(value) checked[ticked("tables", &value)]; " " (value) " – " (one.table.title) " (" (one.version) ")" }
            }
        }
        fieldset.field.wrong[found.at("surveys").is_some()] #surveys {
            legend { (visit.say("Điểm lấy từ lần tính khảo sát", "Scores from runs of surveys’ indices")) }
            @if let Some(fault) = found.at("surveys") { p.fault { (fault) } }
            @if choice.surveys.is_empty() { p.hint { (visit.say("Chưa có lần tính nào xong.", "No run is finished.")) } }
            @for run in &choice.surveys {
                @let value = run.run.id.to_string();
                label.tick {
                    input type="checkbox" name="surveys" value=(value) checked[ticked("surveys", &value)];
                    " " (run.index) " " (run.version) " · " (run.wave.as_deref().unwrap_or_default()) " · " (short(run.run.id)) " "
                    (super::super::state(visit.lang, run.run.state))
                }
            }
        }
        div.row {
            (Select { name: "uncertainty.method", label: visit.say("Cách truyền sai số", "How errors are carried"), options: &methods, value: fields.get("uncertainty.method"), fault: found.at("uncertainty.method"), ..Select::default() })
            (Input { name: "uncertainty.replicates", label: visit.say("Số mẫu lặp", "Replicates"), value: fields.get("uncertainty.replicates"), fault: found.at("uncertainty.replicates"), inputmode: Some("numeric"), maxlength: Some(6), ..Input::default() })
        }
    }
}

/// What will be frozen.
fn frozen(visit: &Visit, choice: &Choice, chosen: &Chosen, outlook: &Described) -> Markup {
    let wave = choice.waves.iter().find(|one| Some(one.wave.code.as_str()) == chosen.wave());
    html! {
        h2 { (visit.say("Những gì sẽ được cố định", "What will be frozen")) }
        (facts(&[
            (visit.say("Chỉ số", "Index"), html! { (outlook.index) " " (outlook.version) }),
            (visit.say("Đợt", "Wave"), html! { (outlook.wave.as_deref().unwrap_or_default()) }),
            (visit.say("Phiếu hợp lệ lúc này", "Valid responses now"), html! { (say::whole(visit.lang, wave.map_or(0, |one| one.came.valid))) }),
            (visit.say("Phiếu đến số", "Responses up to"), html! { (say::whole(visit.lang, outlook.run.high_water_seq)) }),
            (visit.say("Rút, sửa, loại đến số", "Withdrawals, corrections, exclusions up to"), html! { (say::whole(visit.lang, outlook.run.high_water_event)) }),
            (visit.say("Đơn vị", "Units"), html! { (visit.say("tên và quan hệ như lúc này", "names and parents as they are now")) }),
        ]))
        @if wave.is_some_and(|one| one.open) {
            (notice(Notice::Care, &html! { p { (visit.say(
                "Đợt còn mở: phiếu đến sau sẽ không có trong lần tính này, và mẫu xác suất chỉ công bố được khi đợt đã đóng.",
                "The wave is still open: what comes later is not in this run, and a probability sample is published only once it is closed.")) } }))
        }
    }
}
