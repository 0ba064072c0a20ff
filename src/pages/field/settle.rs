//! What two people keyed in differently of one form, item by item.

use actix_web::HttpResponse;
use maud::{Markup, html};
use serde_json::Value;

use super::ENTRY;
use super::entry::{Paper, address};
use crate::office::import::keying::Difference;
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Head, Notice, notice, table};
use crate::pages::visit::{Staff, Visit};

/// The page on which somebody with the paper in his hand says what stands on it.
pub(super) fn page(staff: &Staff, paper: &Paper<'_>, own: bool, differences: &[Difference], faults: &Faults) -> HttpResponse {
    let number = paper.fields.get("number");
    let title = format!("{} {number}", staff.say("Hai lần nhập khác nhau: phiếu", "Keyed in differently: form"));
    let page = Page::office(staff, title).below(ENTRY, staff.say("Nhập phiếu giấy", "Key in paper forms")).faults(faults);
    let heads =
        [Head::Text(staff.say("Câu hỏi", "Item")), Head::Text(staff.say("Lần trước", "Before")), Head::Text(staff.say("Lần này", "Now"))];
    page.answer(html! {
        (notice(Notice::Care, &html! { p { (if own {
            staff.say("Chính bạn đã nhập phiếu này. Chọn theo tờ giấy; nếu đổi, phiếu trước được thay.", "You keyed this form in yourself. Choose by the paper; what you change takes its place.")
        } else {
            staff.say("Người khác đã nhập phiếu này. Xem tờ giấy và chọn bên đúng ở từng câu.", "Somebody else keyed this form in. Look at the paper and choose which is right, item by item.")
        }) } }))
        form method="post" action=(staff.link(&address(paper.wave))) {
            // What was keyed in goes along: nothing of it is kept anywhere else.
            @for (name, value) in paper.fields.0.iter().filter(|(name, _)| !name.starts_with("settl")) { input type="hidden" name=(name) value=(value); }
            input type="hidden" name="settling" value="on";
            (table(staff.say("Chọn bên đúng", "Choose which is right"), &heads, differences.iter().map(|one| vec![
                html! { (called(staff, paper, &one.what)) },
                side(staff, paper, one, &one.first, "first"),
                side(staff, paper, one, &one.second, "second"),
            ])))
            div.row { button type="submit" { (staff.say("Lưu bản thống nhất", "Store what is settled")) } }
        }
    })
}

/// What people call an item, or a part of the head of a form.
fn called(visit: &Visit, paper: &Paper<'_>, what: &str) -> String {
    match what {
        "@unit" => visit.say("Mã đơn vị", "Code of the unit").to_owned(),
        "@psu" => visit.say("Cụm (PSU)", "PSU").to_owned(),
        "@respondent" => visit.say("Mã người trả lời", "Respondent’s code").to_owned(),
        code => paper
            .survey
            .questionnaire
            .item(code)
            .map_or_else(|| code.to_owned(), |item| format!("{code} · {}", item.text().get(visit.lang.tag()))),
    }
}

fn side(visit: &Visit, paper: &Paper<'_>, one: &Difference, value: &Value, side: &str) -> Markup {
    html! { label.check { input type="radio" name={ "settle." (one.what) } value=(side) required; (said(visit, paper, &one.what, value)) } }
}

/// An answer in words.
fn said(visit: &Visit, paper: &Paper<'_>, what: &str, value: &Value) -> String {
    let option = |code: &str| {
        let options = paper.survey.questionnaire.item(what).and_then(|item| item.options());
        let label = options.and_then(|options| options.all().iter().find(|option| option.code() == code));
        label.map_or_else(|| code.to_owned(), |label| format!("{code} · {}", label.label().get(visit.lang.tag())))
    };
    match value {
        Value::Null => visit.say("(để trống)", "(empty)").to_owned(),
        Value::String(text) => option(text),
        Value::Array(all) => all.iter().map(|one| said(visit, paper, what, one)).collect::<Vec<_>>().join("; "),
        Value::Object(_) => visit.say("không áp dụng", "does not apply").to_owned(),
        other => option(&other.to_string()),
    }
}
