//! Writing a questionnaire by form, section by section; or loading one from a file and going on from there. The draft stays in the form:
//! nothing is stored before it is published.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, get, post};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::draft::Draft;
use super::{SURVEYS, fields, list};
use crate::http::body::{Form, LARGE};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::http::upload::Upload;
use crate::office::definitions::{self, Kind, Sent};
use crate::office::{Action, Code, Refusal};
use crate::pages::console::{findings, to};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Notice, notice};
use crate::pages::visit::{Staff, Visit};
use crate::schema::{Document, Questionnaire};
use crate::words::{Finding, any_error};

/// From which version it begins.
#[derive(Debug, Default, Deserialize, Validate)]
pub struct From {
    /// `CODE@VERSION`.
    #[validate(length(max = 300))]
    from: Option<String>,
}

/// A draft on its way through the form.
struct Desk {
    draft: Draft,
    /// The section that is open.
    open: usize,
    /// What a check found, once it was asked.
    found: Option<Vec<Finding>>,
    /// The questionnaire, where it has no errors.
    checked: Option<Questionnaire>,
}

impl Desk {
    fn new(draft: Draft, open: usize) -> Self {
        let open = open.min(draft.count("/sections").saturating_sub(1));
        Self { draft, open, found: None, checked: None }
    }

    /// Asks what is wrong with it, as it would be asked of a file.
    fn check(&mut self) {
        let sent = Sent::read(self.draft.text()).of_kind(Kind::Survey);
        self.found = Some(sent.findings().to_vec());
        self.checked = sent.checked().and_then(|checked| match &checked.document {
            Document::Questionnaire(questionnaire) => Some(questionnaire.clone()),
            _ => None,
        });
    }
}

/// The form: blank, or as a published version has it.
#[get("/console/surveys/write")]
pub async fn show_form(app: AppState, staff: Staff, query: Query<From>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::PublishDefinition)?;
    let draft = match query.into_inner().from {
        None => Draft::blank(),
        Some(from) => {
            let (code, version) =
                from.rsplit_once('@').map(|(code, version)| (code.to_owned(), version.to_owned())).ok_or_else(Refusal::not_found)?;
            let found = app.look(staff.actor.clone(), move |look| definitions::get(look, Kind::Survey, &code, &version)).await?;
            Draft::read(&found.document).ok_or_else(|| Refusal::internal("a published questionnaire is no object"))?
        }
    };
    Ok(page(&staff, &Desk::new(draft, 0), StatusCode::OK))
}

/// Loads a file into the form.
#[post("/console/surveys/upload")]
pub async fn upload(staff: Staff, upload: Upload<LARGE>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::PublishDefinition)?;
    let text = upload.file("file").map(|file| String::from_utf8_lossy(&file.bytes).trim_start_matches('\u{feff}').to_owned());
    let text = text.unwrap_or_default();
    let sent = Sent::read(text.clone()).of_kind(Kind::Survey);
    let Some(draft) = Draft::read(&text) else {
        let mut faults = Faults::default();
        faults.add("file", staff.say("Tệp không phải phiếu hỏi JSON", "The file is no questionnaire in JSON"));
        let page = Page::office(&staff, staff.say("Nạp phiếu hỏi", "Load a questionnaire"))
            .below(SURVEYS, staff.say("Phiếu hỏi", "Questionnaires"));
        return Ok(page.faults(&faults).status(StatusCode::UNPROCESSABLE_ENTITY).answer(html! {
            (findings(&staff, sent.findings()))
            (upload_form(&staff, true))
        }));
    };
    let mut desk = Desk::new(draft, 0);
    desk.check();
    // The lines are those of the file, and so is what a form would lose, such as a member that is given twice.
    desk.found = Some(sent.findings().to_vec());
    let status = if any_error(sent.findings()) { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(page(&staff, &desk, status))
}

/// The field of a file.
pub fn upload_form(visit: &Visit, wrong: bool) -> Markup {
    html! {
        form.row.filter method="post" action=(visit.link("/console/surveys/upload")) enctype="multipart/form-data" {
            div.field.wrong[wrong] {
                label for="file" { (visit.say("Hoặc nạp tệp JSON", "Or load a JSON file")) }
                input #file type="file" name="file" accept=".json,application/json" required;
            }
            button.plain type="submit" { (visit.say("Nạp và kiểm tra", "Load and check")) }
        }
    }
}

/// Takes the fields into the draft, does what the button says, and shows the form again; or publishes.
#[post("/console/surveys/write")]
pub async fn write(app: AppState, staff: Staff, form: Form<LARGE>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::PublishDefinition)?;
    let given = form.0;
    let mut draft = Draft::read(given.get("draft")).ok_or_else(|| Refusal::new(Code::JsonInvalid))?;
    draft.take(&given.0);
    draft.settle();
    let mut desk = Desk::new(draft, given.get("open").parse().unwrap_or(0));
    match given.get("do") {
        "publish" => return publish(&app, &staff, desk).await,
        "download" => return Ok(download(&desk.draft)),
        "check" | "" => desk.check(),
        other => press(&mut desk, other),
    }
    let wrong = desk.found.as_deref().is_some_and(any_error);
    Ok(page(&staff, &desk, if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }))
}

/// What a button does to the draft.
fn press(desk: &mut Desk, button: &str) {
    let (verb, of) = button.split_once(':').unwrap_or((button, ""));
    let (items, place) = (format!("/sections/{}/items", desk.open), of.parse::<usize>().unwrap_or(usize::MAX));
    match verb {
        "open" => desk.open = place.min(desk.draft.count("/sections").saturating_sub(1)),
        "add-section" => desk.open = desk.draft.add_section(),
        "drop-section" => {
            desk.draft.drop_at("/sections", of);
            desk.open = desk.open.min(desk.draft.count("/sections").saturating_sub(1));
        }
        "add-item" => desk.draft.add_item(desk.open),
        "drop-item" => desk.draft.drop_at(&items, of),
        "up" => desk.draft.swap(&items, place, place.saturating_sub(1)),
        "down" => desk.draft.swap(&items, place, place.saturating_add(1)),
        "add-scale" => desk.draft.add_scale(),
        "drop-scale" => desk.draft.drop_at("/scales", of),
        _ => {}
    }
}

/// The draft as a file, to go on with another day.
fn download(draft: &Draft) -> HttpResponse {
    let plain = |text: String| text.chars().filter(|letter| letter.is_ascii_alphanumeric() || ".-".contains(*letter)).collect::<String>();
    let name = format!("{}-{}.json", plain(draft.said("/code")), plain(draft.said("/version")));
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CONTENT_TYPE, "application/json"));
    answer.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")));
    answer.body(draft.text())
}

async fn publish(app: &AppState, staff: &Staff, mut desk: Desk) -> Result<HttpResponse, Refusal> {
    let text = desk.draft.text();
    let published = app.act(staff.actor.clone(), move |act| definitions::publish(act, &[Sent::read(text).of_kind(Kind::Survey)])).await;
    match published {
        Ok(_) => Ok(to(staff, &format!("{SURVEYS}/{}", desk.draft.said("/code")))),
        Err(refusal) if matches!(refusal.code(), Code::DefinitionInvalid | Code::VersionImmutable) => {
            desk.check();
            let said = refusal.said().map(|said| (said.vi.to_string(), said.en.to_string()));
            if let (Some((vi, en)), Code::VersionImmutable) = (said, refusal.code()) {
                desk.found.get_or_insert_default().push(Finding::error("/version", "version-immutable", vi, en));
            }
            Ok(page(staff, &desk, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(refusal) => Err(refusal),
    }
}

fn page(staff: &Staff, desk: &Desk, status: StatusCode) -> HttpResponse {
    let found = desk.found.as_deref().unwrap_or_default();
    let mut faults = Faults::default();
    for finding in found.iter().filter(|finding| finding.is_error()) {
        faults.add(&finding.pointer.trim_start_matches('/').replace('/', "."), finding.message(staff.lang).to_owned());
    }
    let told = faults.clone();
    let page = Page::office(staff, staff.say("Soạn phiếu hỏi", "Write a questionnaire"))
        .below(SURVEYS, staff.say("Phiếu hỏi", "Questionnaires"))
        .status(status);
    let page = if any_error(found) { page.faults(&told) } else { page };
    page.answer(html! {
        @if desk.found.is_some() && found.is_empty() {
            (notice(Notice::Done, &html! { p { (staff.say("Không có lỗi: công bố được.", "Nothing is wrong: it can be published.")) } }))
        }
        (findings(staff, found))
        form method="post" action=(staff.link("/console/surveys/write")) {
            // Return in a field checks; it neither adds nor drops anything.
            button.quiet type="submit" name="do" value="check" tabindex="-1" aria-hidden="true" { (staff.say("Kiểm tra", "Check")) }
            input type="hidden" name="draft" value=(desk.draft.text());
            input type="hidden" name="open" value=(desk.open);
            (fields::head(staff, &desk.draft, &faults))
            (fields::scales(staff, &desk.draft, &faults))
            h2 { (staff.say("Các phần", "Sections")) }
            (fields::outline(staff, &desk.draft, desk.open, &faults))
            (fields::section(staff, &desk.draft, desk.open, &faults))
            div.row.sticky {
                button type="submit" name="do" value="check" { (staff.say("Kiểm tra và xem thử", "Check and look")) }
                button.plain type="submit" name="do" value="download" { (staff.say("Tải bản đang soạn", "Download the draft")) }
                button.plain type="submit" name="do" value="publish" { (staff.say("Công bố phiên bản này", "Publish this version")) }
            }
            p.hint { (staff.say(
                "Chưa có gì được lưu trên máy chủ trước khi công bố: bản đang soạn nằm trong trang này. Hãy tải về nếu muốn soạn tiếp hôm khác.",
                "Nothing is stored on the server before it is published: the draft is in this page. Download it to go on another day.",
            )) }
        }
        @if let Some(questionnaire) = &desk.checked {
            h2 { (staff.say("Người trả lời sẽ thấy", "As it will be answered")) }
            (list::asked(staff, questionnaire, staff.lang.tag()))
        }
    })
}
