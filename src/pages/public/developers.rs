//! `/developers`: addresses to copy, examples that run, and every operation of the API as the program itself describes it.

use actix_web::{HttpRequest, HttpResponse, get, web};
use maud::{Markup, html};
use serde_json::Value;

use super::{segment, shared};
use crate::http::face::Described;
use crate::http::state::AppState;
use crate::office::{Actor, Look, Refusal, editions};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, facts, table};
use crate::pages::session;
use crate::pages::visit::Visit;
use crate::store::editions::{Edition, EditionState};

/// The page.
#[get("/developers")]
pub async fn show_developers(
    state: AppState,
    req: HttpRequest,
    visit: Visit,
    described: web::Data<Described>,
) -> Result<HttpResponse, Refusal> {
    let newest = state.look(Actor::anyone(), newest).await?;
    let server = session::server(req.headers());
    let document = described.document();
    let lead = visit
        .say("Số liệu đã công bố đọc được không cần khóa, từ mọi trang web.", "What is published is read without a key, from any site.");
    let page = Page::public(&visit, visit.say("Dành cho người viết phần mềm", "For developers")).cached().lead(lead);
    Ok(shared(page.answer(html! {
        (addresses(&visit, &server, &newest))
        (examples(&visit, &server, &newest))
        (operations(&visit, document))
    })))
}

/// The newest published edition of a survey's index, and of a composite one.
#[derive(Debug, Default)]
struct Newest {
    survey: Option<Edition>,
    composite: Option<Edition>,
}

fn newest(look: &mut Look<'_>) -> Result<Newest, Refusal> {
    let mut found = Newest::default();
    for edition in editions::list(look)?.into_iter().filter(|edition| edition.state == EditionState::Published) {
        let place = if edition.wave_code.is_some() { &mut found.survey } else { &mut found.composite };
        if place.is_none() {
            *place = Some(edition);
        }
    }
    Ok(found)
}

fn addresses(visit: &Visit, server: &str, newest: &Newest) -> Markup {
    let edition = newest.survey.as_ref().or(newest.composite.as_ref()).map(|edition| segment(&edition.code));
    let edition = edition.unwrap_or_else(|| visit.say("MÃ_ẤN_BẢN", "EDITION").to_owned());
    let address = |path: &str| html! { code { (server) (path) } };
    html! {
        h2 #addresses { (visit.say("Địa chỉ", "Addresses")) }
        (facts(&[
            (visit.say("Mô tả OpenAPI 3.1", "OpenAPI 3.1 description"), address("/v1/openapi.json")),
            (visit.say("Các ấn bản", "Editions"), address("/v1/editions")),
            (visit.say("Điểm của chỉ số từ khảo sát", "Scores of survey indices"), address("/v1/scores?edition=…")),
            (visit.say("Điểm của chỉ số tổng hợp", "Scores of composite indices"), address("/v1/composite-scores?edition=…")),
            (visit.say("Mọi số liệu, CSV", "All figures as CSV"), address(&format!("/e/{edition}/figures.csv"))),
            (visit.say("Mọi số liệu, XLSX", "All figures as XLSX"), address(&format!("/e/{edition}/figures.xlsx"))),
            (visit.say("Hình để nhúng", "A figure to embed"), address(&format!("/e/{edition}/figure/caterpillar.svg"))),
            (visit.say("Mọi mã lỗi", "Every problem"), address("/v1/problems")),
        ]))
        p { (visit.say(
            "Lỗi theo RFC 9457, kèm mã cố định. Danh sách dài có trang sau ở “next”. Câu trả lời có ETag: hỏi lại bằng If-None-Match thì chỉ nhận 304.",
            "Problems follow RFC 9457 and have stable codes. Long lists lead to their next page in “next”. Answers have an ETag: ask again with If-None-Match and get 304.",
        )) }
    }
}

/// Lines that run as they stand.
fn examples(visit: &Visit, server: &str, newest: &Newest) -> Markup {
    let mut lines = vec![(visit.say("Những gì đã công bố", "What is published"), format!("curl -s '{server}/v1/editions'"))];
    if let Some(edition) = &newest.survey {
        let code = segment(&edition.code);
        lines.push((
            visit.say("Điểm của một ấn bản khảo sát", "Scores of an edition"),
            format!("curl -s '{server}/v1/scores?edition={code}&limit=5'"),
        ));
        lines.push((
            visit.say("Điểm nào đạt 85, kể cả sai số", "Which scores reach 85, in view of their error"),
            format!("curl -s '{server}/v1/scores?edition={code}&target=score:85&limit=5'"),
        ));
    }
    if let Some(edition) = &newest.composite {
        let code = segment(&edition.code);
        lines.push((
            visit.say("Điểm của một chỉ số tổng hợp", "Scores of a composite index"),
            format!("curl -s '{server}/v1/composite-scores?edition={code}&limit=5'"),
        ));
    }
    if let Some(edition) = newest.survey.as_ref().or(newest.composite.as_ref()) {
        let file = format!("{server}/e/{}/figures.csv", segment(&edition.code));
        lines.push((visit.say("Mọi số liệu vào một tệp", "All figures into a file"), format!("curl -sO '{file}'")));
        lines.push((visit.say("Trong R", "In R"), format!("d <- read.csv('{file}', colClasses = c(unit = 'character'))")));
        lines.push((
            visit.say("Trong Python", "In Python"),
            format!("import pandas as pd; d = pd.read_csv('{file}', dtype={{'unit': str}})"),
        ));
    }
    lines.push((visit.say("Các tỉnh hiện nay", "The provinces of today"), format!("curl -s '{server}/v1/units?list=vn-34&kind=province'")));
    html! {
        h2 #examples { (visit.say("Ví dụ chạy được ngay", "Examples that run")) }
        @for (name, line) in &lines { h3 { (name) } pre tabindex="0" { (line) } }
    }
}

/// Every operation by its group. The description is in English, for programs' authors everywhere.
fn operations(visit: &Visit, document: &Value) -> Markup {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let tags: Vec<(String, String)> = document
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|tag| (text(tag, "name"), text(tag, "description")))
        .collect();
    let paths = document.get("paths").and_then(Value::as_object);
    let all: Vec<(&str, &str, &Value)> = paths
        .into_iter()
        .flatten()
        .flat_map(|(path, of)| {
            of.as_object().into_iter().flatten().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect();
    let of_tag = |tag: &str| {
        let has =
            |operation: &Value| operation.get("tags").and_then(Value::as_array).is_some_and(|tags| tags.iter().any(|known| known == tag));
        all.iter().filter(move |(.., operation)| has(operation)).copied().collect::<Vec<_>>()
    };
    html! {
        h2 #operations { (visit.say("Mọi thao tác", "Every operation")) }
        p { (visit.say("Như chương trình tự mô tả, bằng tiếng Anh. Bản cho máy: ", "As the program describes itself. For machines: ")) a href="/v1/openapi.json" { "openapi.json" } }
        div lang="en" {
            @for (tag, about) in &tags {
                @let own = of_tag(tag);
                @if !own.is_empty() {
                    details.group {
                        summary { strong { (tag) } " – " (about) " (" (own.len()) ")" }
                        @for (path, method, operation) in own { (operation_of(document, (path, method), operation)) }
                    }
                }
            }
        }
    }
}

/// What a part of the document is, where it only names another.
fn resolved<'d>(document: &'d Value, of: &'d Value) -> &'d Value {
    let named = of.get("$ref").and_then(Value::as_str).and_then(|name| document.pointer(name.trim_start_matches('#')));
    named.unwrap_or(of)
}

fn operation_of(document: &Value, (path, method): (&str, &str), operation: &Value) -> Markup {
    let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
    let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let parameters: Vec<&Value> = parameters.map(|of| resolved(document, of)).collect();
    let body = operation.get("requestBody").map(schema);
    html! {
        section.operation id=(text("operationId")) {
            h3 { span.tag { (method.to_ascii_uppercase()) } " " code { (path) } }
            p { (text("summary")) }
            @if !text("description").is_empty() { p.hint { (text("description")) } }
            @if !parameters.is_empty() { (parameters_of(text("operationId"), &parameters)) }
            @if let Some(body) = body { p { "Body: " code { (body) } } }
            (responses_of(document, text("operationId"), operation.get("responses")))
        }
    }
}

fn parameters_of(name: &str, parameters: &[&Value]) -> Markup {
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let heads = [Head::Text("Parameter"), Head::Text("In"), Head::Text("Meaning")];
    let needed = |of: &Value| of.get("required").and_then(Value::as_bool) == Some(true);
    table(
        &format!("Parameters of {name}"),
        &heads,
        parameters.iter().map(|of| {
            vec![
                html! { code { (text(of, "name")) } @if needed(of) { " *" } },
                html! { (text(of, "in")) },
                html! { (text(of, "description")) },
            ]
        }),
    )
}

fn responses_of(document: &Value, name: &str, responses: Option<&Value>) -> Markup {
    let all = responses.and_then(Value::as_object).into_iter().flatten().map(|(status, of)| (status, resolved(document, of)));
    let heads = [Head::Text("Status"), Head::Text("What it is"), Head::Text("Body")];
    table(
        &format!("Answers of {name}"),
        &heads,
        all.map(|(status, of)| {
            vec![
                html! { (status) },
                html! { (of.get("description").and_then(Value::as_str).unwrap_or_default()) },
                html! { code { (schema(of)) } },
            ]
        }),
    )
}

/// What a body is called: its schema's name, or else its media type.
fn schema(of: &Value) -> String {
    let content = of.get("content").and_then(Value::as_object).and_then(|content| content.iter().next());
    let Some((media, body)) = content else { return String::new() };
    let name = body.pointer("/schema/$ref").and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
    name.unwrap_or(media).to_owned()
}
