//! A paper form, keyed in by digits: dense, for one who does many. By script a digit answers and goes on; without, the same fields are a form.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, get, post, web};
use maud::{Markup, html};

use super::settle;
use super::upload::begun;
use super::{ENTRY, digits};
use crate::http::body::{Fields, Form};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::jobs::load::Survey;
use crate::office::import::keying::{self, Keyed, Side, Wish};
use crate::office::{Action, Code, Refusal, definitions};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Input, Notice, empty, notice};
use crate::pages::questionnaire::{answers, field};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit, with};
use crate::response::item_of;
use crate::schema::{Item, ItemKind, Questionnaire};
use crate::store::keyings::Tally;
use crate::words::encode::percent;

/// What one form takes over from the one before.
const CARRIED: [&str; 3] = ["unit", "psu", "day"];

/// What a form that was filed says of the next one.
#[derive(Debug, Clone, Default, serde::Deserialize, validator::Validate)]
pub(super) struct Before {
    #[validate(length(max = 100))]
    unit: Option<String>,
    #[validate(length(max = 100))]
    psu: Option<String>,
    #[validate(length(max = 100))]
    day: Option<String>,
    #[validate(length(max = 100))]
    number: Option<String>,
    /// The number of the form that was filed, and what became of it.
    #[validate(length(max = 100))]
    done: Option<String>,
    #[validate(length(max = 20))]
    how: Option<String>,
}

/// A form to be keyed in.
pub(super) struct Paper<'a> {
    pub wave: &'a str,
    pub list: &'a str,
    pub survey: &'a Survey,
    pub fields: &'a Fields,
}

/// For which wave.
#[get("/f/entry")]
pub(super) async fn show_waves(app: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::Import)?;
    let waves = app.look(staff.actor.clone(), begun).await?;
    Ok(Page::office(&staff, staff.say("Nhập phiếu giấy", "Key in paper forms")).answer(html! {
        @if waves.is_empty() {
            (empty(staff.say("Chưa có đợt nào đã mở", "No wave has opened yet"), &html! { p { (staff.say("Phiếu giấy thuộc về một đợt.", "Paper forms belong to a wave.")) } }))
        } @else {
            p.lead { (staff.say("Phiếu giấy của đợt nào?", "Of which wave are the forms?")) }
            ul.choices { @for (code, title, open) in &waves {
                li { a href=(staff.link(&address(code))) { (staff.words(title)) " (" (code) ")" } @if !open { " " span.tag { (staff.say("đã đóng", "closed")) } } }
            } }
        }
    }))
}

pub(super) fn address(wave: &str) -> String {
    format!("{ENTRY}/{}", percent(wave))
}

/// An empty form, with what the one before said.
#[get("/f/entry/{wave}")]
pub(super) async fn show_entry(
    app: AppState,
    staff: Staff,
    wave: web::Path<String>,
    query: Query<Before>,
) -> Result<HttpResponse, Refusal> {
    staff.may(Action::Import)?;
    let before = query.into_inner();
    let (list, survey) = opened(&app, &staff, &wave, None).await?;
    let said = [("unit", &before.unit), ("psu", &before.psu), ("day", &before.day), ("number", &before.number)];
    let fields = Fields(said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect());
    let to = wave.clone();
    let tally = app.look(staff.actor.clone(), move |look| keying::tally(look, &to)).await?;
    let done = before.done.as_deref().map(|number| filed(&staff, number, before.how.as_deref().unwrap_or_default()));
    let paper = Paper { wave: &wave, list: &list, survey: &survey, fields: &fields };
    Ok(page(
        &staff,
        &paper,
        &Faults::default(),
        StatusCode::OK,
        &html! { @if let Some(done) = done { (done) } @if let Some(tally) = tally { (tallied(&staff, &tally)) } },
    ))
}

/// A wave's list of units and its questionnaire: of the version that is named, or the one that is asked now.
async fn opened(app: &AppState, staff: &Staff, wave: &str, version: Option<&str>) -> Result<(String, std::sync::Arc<Survey>), Refusal> {
    let field = app.wave(wave).await?.ok_or_else(Refusal::not_found)?;
    let code = field.wave.survey_code.clone();
    let asked = code.clone();
    let version = match version {
        Some(version) => Some(version.to_owned()),
        None => app.look(staff.actor.clone(), move |look| definitions::asked_by(look, &asked)).await?,
    };
    let survey = app.survey(&code, &version.unwrap_or_default()).await?.ok_or_else(|| Refusal::new(Code::SchemaVersionUnknown))?;
    Ok((field.wave.unit_list.clone(), survey))
}

fn filed(visit: &Visit, number: &str, how: &str) -> Markup {
    let said = match how {
        "same" => visit.say("khớp với lần nhập trước", "the same as it was keyed in before"),
        "own" => visit.say("đã nhập từ trước, không thêm gì", "was keyed in before by you: nothing is added"),
        "settled" => visit.say("đã thống nhất hai lần nhập", "its two keyings are settled"),
        "invalid" => visit.say("đã lưu, có câu không hợp lệ", "stored, with answers that are not valid"),
        "late" => visit.say("đến sau khi đóng đợt: giữ riêng", "came after the close: kept apart"),
        _ => visit.say("đã lưu", "stored"),
    };
    let kind = if matches!(how, "invalid" | "late") { Notice::Care } else { Notice::Done };
    html! { div role="status" { (notice(kind, &html! { p { (visit.say("Phiếu ", "Form ")) strong { (number) } " – " (said) } })) } }
}

fn tallied(visit: &Visit, tally: &Tally) -> Markup {
    let n = |n: i64| say::whole(visit.lang, n);
    #[allow(clippy::cast_precision_loss, reason = "items")]
    let share = tally.differing as f64 / tally.compared.max(1) as f64;
    html! {
        @if tally.forms > 0 {
            p.hint {
                (n(tally.forms)) (visit.say(" phiếu đã nhập, ", " forms keyed in, ")) (n(tally.twice)) (visit.say(" phiếu hai lần", " of them twice"))
                @if tally.compared > 0 {
                    (visit.say("; khác nhau ", "; they differ in ")) (say::percent(visit.lang, share, 2)) (visit.say(" số câu", " of the items"))
                }
            }
        }
    }
}

/// Files a form, or says what to look at again.
#[post("/f/entry/{wave}")]
pub(super) async fn key_in(app: AppState, staff: Staff, wave: web::Path<String>, fields: Form) -> Result<HttpResponse, Refusal> {
    staff.may(Action::Import)?;
    let (wave, fields) = (wave.into_inner(), fields.0);
    let (list, survey) = opened(&app, &staff, &wave, Some(fields.get("version"))).await?;
    let paper = Paper { wave: &wave, list: &list, survey: &survey, fields: &fields };
    let (form, settled, sure) = (form(&paper), settled(&fields), fields.has("sure"));
    let (actor, writer) = (staff.actor.clone(), app.writer().clone());
    let keyed = app.slowly(move |office| {
        let wish = Wish { settled: settled.as_ref(), keep_invalid: sure };
        Ok(keying::key_in(office, &actor, &writer, &form, wish))
    });
    let invalid = |taken: &crate::office::intake::Taken| taken.findings.iter().any(crate::words::Finding::is_error);
    let how = match keyed.await? {
        Ok(Keyed::Differs { own, differences }) => return Ok(settle::page(&staff, &paper, own, &differences, &Faults::default())),
        Ok(Keyed::Stored(taken) | Keyed::Settled(Some(taken)))
            if taken.receipt.state == crate::store::responses::ResponseState::Quarantined =>
        {
            "late"
        }
        Ok(Keyed::Stored(taken) | Keyed::Settled(Some(taken))) if invalid(&taken) => "invalid",
        Ok(Keyed::Stored(_)) => "stored",
        Ok(Keyed::Same { own: false }) => "same",
        Ok(Keyed::Same { own: true }) => "own",
        Ok(Keyed::Settled(_)) => "settled",
        Err(refusal) => return refused(&staff, &paper, refusal),
    };
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, staff.link(&next(&paper, how)))).finish())
}

/// The address of the form after this one.
fn next(paper: &Paper<'_>, how: &str) -> String {
    let number = paper.fields.get("number");
    let mut to = with(&with(&address(paper.wave), "done", number), "how", how);
    for name in CARRIED {
        if let Some(value) = paper.fields.some(name) {
            to = with(&to, name, &value);
        }
    }
    following(number).map_or(to.clone(), |following| with(&to, "number", &following))
}

/// The number after one that ends in digits: `A-009` is followed by `A-010`.
fn following(number: &str) -> Option<String> {
    let digits = number.bytes().rev().take_while(u8::is_ascii_digit).count().min(15);
    let (stem, tail) = number.split_at(number.len() - digits);
    let next = tail.parse::<u64>().ok()? + 1;
    Some(format!("{stem}{next:0digits$}"))
}

fn form(paper: &Paper<'_>) -> keying::Form {
    let Paper { wave, survey, fields, .. } = *paper;
    keying::Form {
        wave: wave.to_owned(),
        version: fields.get("version").to_owned(),
        number: fields.get("number").to_owned(),
        unit: fields.get("unit").to_owned(),
        psu: fields.some("psu"),
        respondent: fields.some("respondent"),
        day: fields.some("day"),
        answers: answers(&survey.questionnaire, &[], &digits::read(&survey.questionnaire, &fields.0)),
    }
}

/// Whose keying counts, where somebody was asked.
fn settled(fields: &Fields) -> Option<BTreeMap<String, Side>> {
    let said = fields.0.iter().filter_map(|(name, value)| {
        let side = match value.as_str() {
            "first" => Side::First,
            "second" => Side::Second,
            _ => return None,
        };
        Some((name.strip_prefix("settle.")?.to_owned(), side))
    });
    fields.has("settling").then(|| said.collect())
}

fn refused(staff: &Staff, paper: &Paper<'_>, refusal: Refusal) -> Result<HttpResponse, Refusal> {
    let mut faults = Faults::default();
    match refusal.code() {
        Code::AnswersInvalid => found(staff, &paper.survey.questionnaire, &refusal, &mut faults),
        Code::BodyInvalid
        | Code::ResponseConflict
        | Code::CollectionClosed
        | Code::CollectionNotOpen
        | Code::ResponseWithdrawn
        | Code::UnitForbidden => {
            faults = Faults::of(&refusal, staff.lang);
        }
        _ => return Err(refusal),
    }
    let again = html! { @if refusal.code() == Code::ResponseConflict && refusal.findings().is_empty() {
        p { (staff.say("Có người vừa nhập phiếu này: hãy nhập lại để so.", "Somebody has keyed this form in just now: key it in again to compare.")) }
    } };
    let status = crate::http::problem::status(refusal.code());
    Ok(page(staff, paper, &faults, status, &again))
}

/// Each finding at its field.
pub(super) fn found(visit: &Visit, questionnaire: &Questionnaire, refusal: &Refusal, faults: &mut Faults) {
    for finding in refusal.findings().iter().filter(|finding| finding.is_error()) {
        let text = finding.message(visit.lang);
        match item_of(finding).and_then(|code| questionnaire.item(&code)) {
            Some(item) => faults.add_at(&field(item.code()), item.code(), text),
            None => faults.add(finding.pointer.split('/').nth(1).unwrap_or_default(), text),
        }
    }
}

/// The form with its fields.
fn page(staff: &Staff, paper: &Paper<'_>, faults: &Faults, status: StatusCode, above: &Markup) -> HttpResponse {
    let page = Page::office(staff, staff.say("Nhập phiếu giấy", "Key in paper forms")).lead(format!(
        "{} {}",
        staff.say("Đợt", "Wave"),
        paper.wave
    ));
    let invalid = faults.begins("answers.");
    page.below(ENTRY, staff.say("Nhập phiếu giấy", "Key in paper forms")).faults(faults).status(status).script("entry.mjs").answer(html! {
        (above)
        form #entry.entry method="post" action=(staff.link(&address(paper.wave))) novalidate autocomplete="off"
            data-unknown=(staff.say("không có lựa chọn này", "there is no such option")) {
            input type="hidden" name="version" value=(paper.survey.questionnaire.version());
            (head(staff, paper, faults))
            (items(staff, paper, faults))
            @if invalid {
                label.check { input type="checkbox" name="sure"; (staff.say(
                    "Trên giấy đúng là như vậy: lưu phiếu, câu không hợp lệ thì không tính", "So it stands on the paper: store it, and let what is not valid not count",
                )) }
            }
            div.row { button type="submit" { (staff.say("Lưu phiếu", "File the form")) } }
            p.hint.keys { (staff.say(
                "Chữ số chọn câu trả lời và sang câu sau · Backspace ở ô trống: quay lại · Enter: sang ô sau, hoặc lưu phiếu · 0: không áp dụng",
                "A digit answers and goes on · Backspace in an empty field goes back · Enter goes on, or files the form · 0: does not apply",
            )) }
        }
    })
}

fn head(visit: &Visit, paper: &Paper<'_>, faults: &Faults) -> Markup {
    let value = |name: &'static str| paper.fields.get(name);
    let unit = format!("{} {}", visit.say("danh mục", "list"), paper.list);
    let input = |name: &'static str, label, hint| Input {
        name,
        label,
        value: value(name),
        hint,
        fault: faults.at(name),
        maxlength: Some(100),
        autocomplete: Some("off"),
        ..Input::default()
    };
    html! {
        div.columns.heading {
            (Input { required: true, ..input("number", visit.say("Số phiếu (in trên giấy)", "Number (on the paper)"), None) })
            (input("unit", visit.say("Mã đơn vị", "Code of the unit"), Some(&unit)))
            (input("psu", visit.say("Cụm (PSU)", "PSU"), None))
            (input("respondent", visit.say("Mã người trả lời", "Respondent’s code"), None))
            (Input { kind: "date", ..input("day", visit.say("Ngày trả lời", "Day of answering"), None) })
        }
    }
}

fn items(visit: &Visit, paper: &Paper<'_>, faults: &Faults) -> Markup {
    let questionnaire = &paper.survey.questionnaire;
    html! {
        @for section in questionnaire.sections() {
            fieldset.keyed {
                legend { (section.code()) " · " (section.title().get(visit.lang.tag())) }
                @for item in questionnaire.items_of(section) { (row(visit, paper, faults, item)) }
            }
        }
    }
}

/// An item in a row: code, field, what is asked, what the digits mean.
fn row(visit: &Visit, paper: &Paper<'_>, faults: &Faults, item: &Item) -> Markup {
    let (name, language) = (field(item.code()), visit.lang.tag());
    let (fault, value) = (faults.at(&name), paper.fields.get(&name));
    let condition = item.relevant().map(|condition| condition.to_value(paper.survey.questionnaire.items()).to_string());
    let keys = digits::keys(item);
    let codes = item.options().map(|options| options.all().iter().map(crate::schema::Choice::code).collect::<Vec<_>>().join(" "));
    let digits = keys.as_ref().map(|keys| keys.join(" "));
    let most = match item.kind() {
        ItemKind::Text { max_length } => *max_length,
        _ => 40,
    };
    html! {
        div.key.wrong[fault.is_some()] data-if=[condition] data-kind=(item.kind().as_str()) data-codes=[codes] data-keys=[digits] data-item=(item.code()) data-spare[item.does_not_apply()] {
            label for=(name) { b { (item.code()) } " " (item.text().get(language)) }
            input id=(name) name=(name) value=[(!value.is_empty()).then_some(value)] maxlength=(most) autocomplete="off" spellcheck="false"
                inputmode=[keys.is_some().then_some("numeric")] aria-describedby={ (name) "-about" } aria-invalid=[fault.map(|_| "true")];
            p.about id={ (name) "-about" } {
                @if let Some(fault) = fault { span.fault { (fault) } " " }
                @if let (Some(options), Some(keys)) = (item.options(), &keys) {
                    @for (option, key) in options.all().iter().zip(keys) { span data-key=(key) { b { (key) } " " (option.label().get(language)) } " " }
                    @if item.does_not_apply() { span { b { "0" } " " (visit.say("không áp dụng", "does not apply")) } " " }
                    @if matches!(item.kind(), ItemKind::Multiple { .. }) { i { (visit.say("nhiều ý", "several")) } }
                } @else { i { (digits::how(visit, item)) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_number_keeps_its_zeros() {
        assert_eq!(following("A-009").as_deref(), Some("A-010"));
        assert_eq!(following("99").as_deref(), Some("100"));
        assert_eq!((following("A"), following("")), (None, None));
    }
}
