//! Every survey; one with its versions, what changed between two of them, and how one looks.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, web};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::SURVEYS;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::definitions::{self, Kind, Version};
use crate::office::{Action, Refusal};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Head, Select, empty, table};
use crate::pages::questionnaire::Asked;
use crate::pages::say;
use crate::pages::visit::{Staff, Visit, with};
use crate::schema::{Change, Questionnaire, Report, compatibility};
use crate::words::encode::hex;

/// Which two versions to compare; or which language to look at one in.
#[derive(Debug, Default, Deserialize, Validate)]
pub struct Which {
    #[validate(length(max = 64))]
    old: Option<String>,
    #[validate(length(max = 64))]
    new: Option<String>,
    #[validate(length(max = 20))]
    language: Option<String>,
}

/// Every survey with its latest version.
#[get("/console/surveys")]
pub async fn list_surveys(app: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    let versions = app.look(staff.actor.clone(), |look| definitions::list(look, Kind::Survey, None)).await?;
    let mut surveys: BTreeMap<&str, (&Version, usize)> = BTreeMap::new();
    for version in &versions {
        let entry = surveys.entry(&version.code).or_insert((version, 0));
        *entry = (version, entry.1 + 1);
    }
    let heads = [
        Head::Text(staff.say("Phiếu hỏi", "Questionnaire")),
        Head::Text(staff.say("Phiên bản mới nhất", "Latest version")),
        Head::Number(staff.say("Số phiên bản", "Versions")),
        Head::Text(staff.say("Công bố", "Published")),
    ];
    Ok(Page::office(&staff, staff.say("Phiếu hỏi", "Questionnaires")).answer(html! {
        @if staff.actor.can(Action::PublishDefinition) {
            div.row.filter { a.button href=(staff.link("/console/surveys/write")) { (staff.say("Soạn phiếu hỏi", "Write a questionnaire")) } }
            (super::write::upload_form(&staff, false))
        }
        @if surveys.is_empty() {
            (empty(staff.say("Chưa có phiếu hỏi nào.", "There are no questionnaires."), &html! {
                p { (staff.say("Soạn bằng biểu mẫu, hoặc nạp tệp JSON. Phiên bản đã công bố không bao giờ đổi.", "Write one by form, or load a JSON file. A published version never changes.")) }
            }))
        } @else {
            (table(staff.say("Phiếu hỏi đã công bố", "Published questionnaires"), &heads, surveys.iter().map(|(code, (version, number))| vec![
                html! { a href=(staff.link(&format!("{SURVEYS}/{code}"))) { (title(&staff, version)) } " " span.hint { (code) } },
                html! { (version.version) },
                html! { (number) },
                html! { (say::instant(staff.lang, version.published_at)) },
            ])))
        }
    }))
}

/// The title of a version in the reader's language.
fn title(visit: &Visit, version: &Version) -> String {
    let document: serde_json::Value = serde_json::from_str(&version.document).unwrap_or_default();
    let title = |lang: &str| document["title"][lang].as_str().map(str::to_owned);
    title(visit.lang.tag()).or_else(|| title("vi")).unwrap_or_else(|| version.code.clone())
}

/// A survey with its versions, and what changed between two of them.
#[get("/console/surveys/{code}")]
pub async fn show_survey(app: AppState, staff: Staff, code: web::Path<String>, query: Query<Which>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    let code = code.into_inner();
    let asked = code.clone();
    let versions = app.look(staff.actor.clone(), move |look| definitions::list(look, Kind::Survey, Some(&asked))).await?;
    let Some(latest) = versions.last() else { return Err(Refusal::not_found()) };
    let Which { old, new, .. } = query.into_inner();
    let before = versions.len().checked_sub(2).map(|place| versions[place].version.clone());
    let pair = (old.or(before), new.unwrap_or_else(|| latest.version.clone()));
    let report = match &pair.0 {
        Some(old) => {
            let (older, newer) = (app.survey(&code, old).await?, app.survey(&code, &pair.1).await?);
            let both = older.zip(newer).ok_or_else(Refusal::not_found)?;
            Some(compatibility(&both.0.questionnaire, &both.1.questionnaire))
        }
        None => None,
    };
    let heads = [
        Head::Text(staff.say("Phiên bản", "Version")),
        Head::Text(staff.say("Công bố", "Published")),
        Head::Text(staff.say("Mã băm", "Digest")),
        Head::Text(""),
    ];
    let page = Page::office(&staff, title(&staff, latest)).below(SURVEYS, staff.say("Phiếu hỏi", "Questionnaires"));
    Ok(page.answer(html! {
        (table(staff.say("Các phiên bản, mới nhất trước", "Versions, the newest first"), &heads, versions.iter().rev().map(|version| {
            let address = format!("{SURVEYS}/{code}/{}", version.version);
            vec![
                html! { (version.version) },
                html! { (say::instant(staff.lang, version.published_at)) },
                html! { code { (hex(&version.sha256).chars().take(16).collect::<String>()) "…" } },
                html! {
                    a href=(staff.link(&format!("{address}/preview"))) { (staff.say("Xem như người trả lời", "As it is answered")) } " · "
                    a href=(format!("/v1/surveys/{code}/versions/{}", version.version)) { "JSON" }
                    @if staff.actor.can(Action::PublishDefinition) {
                        " · " a href=(staff.link(&with(&format!("{SURVEYS}/write"), "from", &format!("{code}@{}", version.version)))) { (staff.say("Soạn phiên bản tiếp", "Write the next version")) }
                    }
                },
            ]
        })))
        @if let Some(report) = report { (changed(&staff, &code, &versions, &pair, &report)) }
    }))
}

/// What changed, by how much it matters to comparisons over time.
fn changed(visit: &Visit, code: &str, versions: &[Version], pair: &(Option<String>, String), report: &Report) -> Markup {
    let options: Vec<(&str, &str)> = versions.iter().map(|version| (version.version.as_str(), version.version.as_str())).collect();
    let address = format!("{SURVEYS}/{code}");
    let list = |title: &str, class: &str, changes: &[Change]| {
        html! {
            @if !changes.is_empty() {
                h3 { span.tag.(class) { (title) } " " (changes.len()) }
                ul { @for change in changes { li { (visit.lang.pick(&change.vi, &change.en)) " " code { (change.pointer) } } } }
            }
        }
    };
    html! {
        h2 { (visit.say("Điều gì đã đổi", "What changed")) }
        form.row.filter method="get" action=(visit.link(&address)) {
            @if visit.link(&address) != address { input type="hidden" name="lang" value=(visit.lang.tag()); }
            (Select { name: "old", label: visit.say("Từ", "From"), options: &options, value: pair.0.as_deref().unwrap_or_default(), ..Select::default() })
            (Select { name: "new", label: visit.say("Đến", "To"), options: &options, value: &pair.1, ..Select::default() })
            button.plain type="submit" { (visit.say("So sánh", "Compare")) }
        }
        @if report.breaking.is_empty() && report.additive.is_empty() && report.cosmetic.is_empty() {
            p.hint { (visit.say("Không có gì đổi.", "Nothing changed.")) }
        }
        (list(visit.say("Không còn so sánh được", "Breaks comparisons"), "bad", &report.breaking))
        (list(visit.say("Thêm mới", "Adds"), "waits", &report.additive))
        (list(visit.say("Câu chữ, thứ tự", "Wording and order"), "quiet-tag", &report.cosmetic))
    }
}

/// A version as whoever answers sees it.
#[get("/console/surveys/{code}/{version}/preview")]
pub async fn preview(app: AppState, staff: Staff, path: web::Path<(String, String)>, query: Query<Which>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    let (code, version) = path.into_inner();
    let survey = app.survey(&code, &version).await?.ok_or_else(Refusal::not_found)?;
    let questionnaire = &survey.questionnaire;
    let named = query.into_inner().language.filter(|language| questionnaire.languages().contains(language));
    let language = named.unwrap_or_else(|| "vi".to_owned());
    let title = questionnaire.title().get(&language).to_owned();
    let address = format!("{SURVEYS}/{code}");
    let page = Page::office(&staff, title).below(SURVEYS, staff.say("Phiếu hỏi", "Questionnaires")).below(&address, code).lead(staff.say(
        "Đúng như người trả lời thấy. Trả lời ở đây không được gửi đi đâu.",
        "As whoever answers sees it. What is answered here goes nowhere.",
    ));
    Ok(page.answer(html! {
        p.screen {
            @for known in questionnaire.languages() {
                a href=(staff.link(&with(&format!("{address}/{version}/preview"), "language", known))) lang=(known) aria-current=[(*known == language).then_some("true")] { (known) } " "
            }
        }
        (asked(&staff, questionnaire, &language))
    }))
}

/// The questions, in a frame that shows that they are not a form.
pub fn asked(visit: &Visit, questionnaire: &Questionnaire, language: &str) -> Markup {
    let faults = Faults::default();
    let asked = Asked { questionnaire, sections: &[], language, lang: visit.lang, given: &[], faults: &faults };
    html! { div.asked { (asked.questions()) } }
}
