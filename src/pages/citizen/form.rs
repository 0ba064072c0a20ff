//! The form: every question on one page, which script asks one by one.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, web};
use maud::{Markup, html};
use uuid::Uuid;

use super::link::{Door, Link, LinkQuery, open};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::Refusal;
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Input, Notice, notice};
use crate::pages::questionnaire::Asked;
use crate::pages::visit::Visit;
use crate::response::Channel;

/// The name of the field of an invitation.
pub(super) const INVITATION: &str = "invitation";

/// Languages that the frame of a page has a switch for.
const OF_PAGES: [&str; 2] = ["vi", "en"];

/// What was sent, and what was wrong with it.
pub(super) struct Filled<'a> {
    pub(super) id: Uuid,
    pub(super) fields: &'a [(String, String)],
    pub(super) faults: &'a Faults,
    pub(super) status: StatusCode,
}

/// The form of a wave about a unit, or why there is none.
#[get("/s/{wave}")]
pub(super) async fn show_form(
    state: AppState,
    visit: Visit,
    wave: web::Path<String>,
    query: Query<LinkQuery>,
) -> Result<HttpResponse, Refusal> {
    match open(&state, &visit, &wave, &query, None).await? {
        Door::Shut(page) => Ok(page),
        Door::Open(link) => {
            let faults = Faults::default();
            Ok(page(&visit, &link, &Filled { id: Uuid::new_v4(), fields: &[], faults: &faults, status: StatusCode::OK }))
        }
    }
}

/// The page with its form.
pub(super) fn page(visit: &Visit, link: &Link, filled: &Filled<'_>) -> HttpResponse {
    let page = Page::citizen(visit, link.title(visit.lang)).status(filled.status).faults(filled.faults).script("form.mjs");
    page.answer(html! {
        p.lead.rated { (link.unit.record.name(visit.lang)) }
        @if link.field.wave.synthetic {
            (notice(Notice::Care, &html! { p { (visit.say("Đợt dùng thử: phiếu ở đây là dữ liệu giả lập.", "A trial: what is answered here is synthetic data.")) } }))
        }
        (languages(visit, link))
        (why(visit))
        div #outbox.outbox hidden {}
        (fields(visit, link, filled))
        (texts(visit))
    })
}

/// The form itself.
pub(super) fn fields(visit: &Visit, link: &Link, filled: &Filled<'_>) -> Markup {
    let questionnaire = &link.survey.questionnaire;
    html! {
        form #survey.survey method="post" action=(link.address(&link.language)) novalidate autocomplete="off" data-wave=(link.field.wave.code) data-list=(link.unit.record.list)
            data-unit=(link.unit.record.code) data-survey=(questionnaire.code()) data-version=(questionnaire.version()) data-language=(link.language)
            data-channel=(link.channel.as_str()) data-not-offered=(not_offered(link)) {
            input type="hidden" name="id" value=(filled.id);
            input type="hidden" name="version" value=(questionnaire.version());
            (Asked {
                questionnaire, sections: &link.sections, language: &link.language, lang: visit.lang, given: filled.fields, faults: filled.faults,
            }.questions())
            @if link.channel != Channel::Kiosk { (invitation(visit, link, filled)) }
            div.moves { button type="submit" { (visit.say("Gửi phiếu", "Send")) } }
        }
    }
}

/// Items of sections that are not offered: a submission says so of each.
pub(super) fn not_offered(link: &Link) -> String {
    let questionnaire = &link.survey.questionnaire;
    let left_out = |code: &str| !link.sections.is_empty() && link.sections.iter().all(|offered| offered != code);
    let sections = questionnaire.sections().iter().filter(|section| left_out(section.code()));
    sections.flat_map(|section| questionnaire.items_of(section)).map(crate::schema::Item::code).collect::<Vec<_>>().join(" ")
}

/// Where an invitation is typed, for those whose browser did not take it from the link.
fn invitation(visit: &Visit, link: &Link, filled: &Filled<'_>) -> Markup {
    let value = filled.fields.iter().find(|(name, _)| name == INVITATION).map_or("", |(_, value)| value.as_str());
    let fault = filled.faults.at(INVITATION);
    let field = Input {
        name: INVITATION,
        label: visit.say("Mã thư mời", "Invitation code"),
        hint: Some(visit.say("Mã bắt đầu bằng hli_ trên giấy trả kết quả", "The code on your result slip that begins with hli_")),
        fault,
        value,
        autocomplete: Some("off"),
        maxlength: Some(100),
        ..Input::default()
    };
    html! {
        @if link.field.wave.needs_invitation() || fault.is_some() || !value.is_empty() {
            div #invited { (field) }
        } @else {
            details #invited { summary { (visit.say("Tôi có mã thư mời", "I have an invitation code")) } (field) }
        }
    }
}

fn why(visit: &Visit) -> Markup {
    html! {
        details.why {
            summary { (visit.say("Vì sao hỏi, ai xem được", "Why we ask, and who sees it")) }
            p { (visit.say(
                "Cơ quan dùng câu trả lời để biết cần sửa điều gì. Phiếu không hỏi Ông/Bà là ai. Kết quả chỉ được công bố theo nhóm nhiều người; câu trả lời của một người không được công bố.",
                "The office uses the answers to see what to mend. The form does not ask who you are. Results are published of many people together, never of one.",
            )) }
            p { (visit.say(
                "Gửi xong, Ông/Bà nhận một mã biên nhận; có mã đó thì rút phiếu lại được.",
                "When you have sent it you get a receipt; with it you can take your answers back.",
            )) }
        }
    }
}

/// The languages of the questionnaire that the head of the page has no switch for.
fn languages(visit: &Visit, link: &Link) -> Markup {
    let all = link.survey.questionnaire.languages();
    html! {
        @if all.iter().any(|language| !OF_PAGES.contains(&language.as_str())) {
            nav.languages.more aria-label=(visit.say("Ngôn ngữ của câu hỏi", "Language of the questions")) {
                ul { @for language in all {
                    li { a href=(link.address(language)) lang=(language) hreflang=(language) aria-current=[(*language == link.language).then_some("true")] { (language) } }
                } }
            }
        }
    }
}

/// What script says, in the language of the page.
pub(in crate::pages) fn texts(visit: &Visit) -> Markup {
    let say = |vi, en| visit.say(vi, en);
    html! {
        div.texts hidden
            data-next=(say("Tiếp", "Next"))
            data-back=(say("Quay lại", "Back"))
            data-progress=(say("Câu {n} trên {total}", "Question {n} of {total}"))
            data-missing=(say("Xin trả lời câu này", "Please answer this question"))
            data-bad=(say("Xin ghi đủ ngày, tháng, năm", "Give the whole date"))
            data-number=(say("Xin ghi một số từ {min} đến {max}", "Write a number from {min} to {max}"))
            data-day=(say("Xin chọn ngày từ {min} đến {max}", "Choose a day from {min} to {max}"))
            data-most=(say("Chọn nhiều nhất {max}", "Choose at most {max}"))
            data-least=(say("Chọn ít nhất {min}", "Choose at least {min}"))
            data-thanks=(say("Cảm ơn Ông/Bà!", "Thank you!"))
            data-received=(say("Phiếu đã được ghi nhận.", "Your answers were recorded."))
            data-kept=(say(
                "Phiếu đã được giữ trên máy này và sẽ tự gửi khi có mạng. Không cần làm gì thêm.",
                "Your answers are kept on this device and will be sent by themselves when there is a connection. There is nothing else to do.",
            ))
            data-unsent=(say("Phiếu không được nhận", "Your answers were not taken"))
            data-receipt=(say("Mã biên nhận", "Receipt"))
            data-keep-receipt=(say(
                "Hãy chép hoặc chụp lại mã này nếu có thể Ông/Bà muốn rút phiếu. Mã chỉ hiện một lần.",
                "Copy or photograph this code if you may want to take your answers back. It is shown once.",
            ))
            data-receipts=(visit.link("/receipt"))
            data-look-up=(say("Tra cứu hoặc rút phiếu", "Look up or withdraw"))
            data-waiting=(say("{n} phiếu đang chờ gửi", "{n} waiting to be sent"))
            data-refused=(say("{n} phiếu không được nhận", "{n} not taken"))
            data-remove=(say("Bỏ phiếu này", "Remove it"))
            data-sending=(say("Đang gửi…", "Sending…"))
            {}
    }
}
