//! How a run of a composite index came about: findings, stages, weights in force, targets.

use actix_web::{HttpResponse, get, web};
use maud::{Markup, html};
use serde_json::Value;

use super::id;
use crate::http::state::AppState;
use crate::office::figures::{self, Asked, Stages, Targets};
use crate::office::{Action, Code, Refusal, runs};
use crate::pages::console::{RUNS, findings, short};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit};
use crate::words::Finding;

/// The report of a run.
#[get("/console/runs/{id}/report")]
pub async fn show_report(app: AppState, staff: Staff, path: web::Path<String>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    let id = id(&path)?;
    let found = app.look(staff.actor.clone(), move |look| {
        let run = runs::get(look, id)?;
        let of = Asked::run(id);
        let stages = figures::stages(look, &of)?;
        let targets = figures::targets(look, &of)?;
        let ranks = match figures::sensitivity(look, &of) {
            Ok((_, found)) => Some(found),
            Err(refusal) if refusal.code() == Code::NotFound => None,
            Err(refusal) => return Err(refusal),
        };
        Ok((run, stages, targets, ranks))
    });
    let (run, stages, targets, ranks) = found.await?;
    let name = format!("{} {} · {}", run.index, run.version, short(id));
    let title = staff.say("Điểm được tính ra sao", "How the scores came about");
    let page = Page::office(&staff, title).below(RUNS, staff.say("Lần tính", "Runs")).below(&format!("{RUNS}/{id}"), name);
    let told: Vec<Finding> = serde_json::from_str(&stages.findings).unwrap_or_default();
    Ok(page.answer(html! {
        h2 { (staff.say("Điều phát hiện khi ghép dữ liệu", "What was found when data were put together")) }
        @if told.is_empty() { p.hint { (staff.say("Không có gì.", "Nothing.")) } } @else { (findings(&staff, &told)) }
        (steps(&staff, &stages))
        (weights(&staff, &stages))
        (judged(&staff, &targets))
        @if let Some(ranks) = ranks {
            h2 { (staff.say("Hạng phụ thuộc lựa chọn ra sao", "How ranks depend on choices")) }
            details { summary { (staff.say("Phân tích độ nhạy (JSON)", "The sensitivity analysis (JSON)")) } pre tabindex="0" { code { (pretty(ranks.get())) } } }
        }
    }))
}

fn pretty(json: &str) -> String {
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

/// A value of a report in one line.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn steps(visit: &Visit, stages: &Stages) -> Markup {
    let read = |stage: &serde_json::value::RawValue| serde_json::from_str::<Value>(stage.get()).unwrap_or_default();
    html! {
        h2 { (visit.say("Các bước", "The stages")) }
        ol {
            @for stage in &stages.stages {
                @let value = read(stage);
                li {
                    strong { (plain(&value["stage"])) } " " (plain(&value["method"]))
                    details { summary { (visit.say("tham số và kết quả", "arguments and what it did")) } pre tabindex="0" { code { (pretty(stage.get())) } } }
                }
            }
        }
        @for errors in &stages.uncertainty {
            @let value = read(errors);
            p { (visit.say("Sai số của kỳ ", "Errors of the year ")) (plain(&value["edition"])) ": " (plain(&value["method"])) }
        }
    }
}

fn weights(visit: &Visit, stages: &Stages) -> Markup {
    let weights: Option<serde_json::Map<String, Value>> =
        stages.weights.as_ref().and_then(|weights| serde_json::from_str(weights.get()).ok());
    html! {
        @if let Some(weights) = weights {
            h2 { (visit.say("Trọng số có hiệu lực", "Weights in force")) }
            (table(visit.say("Trong nhóm anh em", "Among siblings"), &[Head::Text(visit.say("Nút", "Node")), Head::Number(visit.say("Trọng số", "Weight"))],
                weights.iter().map(|(node, weight)| vec![html! { code { (node) } }, html! { (weight.as_f64().map_or_else(|| "–".to_owned(), |weight| say::number(visit.lang, weight, 4))) }])))
        }
    }
}

fn judged(visit: &Visit, targets: &Targets) -> Markup {
    if targets.items.is_empty() {
        return html! {};
    }
    let heads = [
        Head::Text(visit.say("Đơn vị", "Unit")),
        Head::Text(visit.say("Mục tiêu", "Target")),
        Head::Number(visit.say("Đạt được", "Found")),
        Head::Text(visit.say("Kết luận", "Judgement")),
        Head::Number(visit.say("Khả năng", "Chance")),
    ];
    let row = |target: &serde_json::value::RawValue| {
        let value: Value = serde_json::from_str(target.get()).unwrap_or_default();
        let judgement = &value["judgement"];
        vec![
            html! { (plain(&value["unit"])) " " span.hint { (plain(&value["node"])) } },
            html! { (plain(&value["kind"])) " " (plain(&value["value"])) },
            html! { (judgement["found"].as_f64().map_or_else(|| "–".to_owned(), |found| say::number(visit.lang, found, 2))) },
            html! { (plain(&judgement["standing"])) },
            html! { (judgement["chance"].as_f64().map_or_else(|| "–".to_owned(), |chance| say::percent(visit.lang, chance, 0))) },
        ]
    };
    html! {
        h2 { (visit.say("Mục tiêu", "Targets")) }
        (table(visit.say("Mục tiêu của định nghĩa", "Targets of the definition"), &heads, targets.items.iter().map(|target| row(target))))
    }
}
