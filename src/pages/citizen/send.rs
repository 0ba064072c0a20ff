//! A form that was sent without script: it goes the way of every submission, and comes back as a page.

use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, post, web};
use maud::html;
use serde_json::json;
use uuid::Uuid;

use super::form::{Filled, INVITATION, page};
use super::link::{Door, Link, LinkQuery, open};
use super::{receipt, shut};
use crate::http::auth;
use crate::http::body::Form;
use crate::http::intake::Intake;
use crate::http::problem;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::{Actor, Code, Refusal};
use crate::pages::parts::Faults;
use crate::pages::questionnaire::{answers, field};
use crate::pages::visit::Visit;
use crate::response::item_of;
use crate::schema::canonical_json;
use crate::store::responses::ResponseState;

/// Takes the answers of a form. The sender is anyone, whoever is signed in.
#[post("/s/{wave}")]
pub(super) async fn take_answers(
    state: AppState,
    req: HttpRequest,
    visit: Visit,
    wave: web::Path<String>,
    query: Query<LinkQuery>,
    fields: Form,
) -> Result<HttpResponse, Refusal> {
    let fields = fields.0;
    let link = match open(&state, &visit, &wave, &query, Some(fields.get("version"))).await? {
        Door::Open(link) => link,
        Door::Shut(page) => return Ok(page),
    };
    let id = Uuid::try_parse(fields.get("id")).unwrap_or_else(|_| Uuid::new_v4());
    let body = submission(&link, fields.get(INVITATION), &fields.0);
    let (actor, peer) = (Actor::anyone(), Some(auth::peer(&req, &state)));
    let taken = Intake { state: &state, actor: &actor, keep_invalid: false, peer, code: None }.take(id, body).await;
    match taken {
        Ok(taken) if taken.receipt.state == ResponseState::Quarantined => Ok(shut::closed(&visit, &link.field)),
        Ok(taken) => {
            let slip = receipt::slip(&state, &taken.receipt);
            let to = link.address(visit.lang.tag()).replacen('?', "/thanks?", 1);
            let mut answer = HttpResponse::SeeOther();
            answer.insert_header((LOCATION, to));
            if let Some(slip) = slip {
                answer.insert_header((SET_COOKIE, receipt::shown_once(req.headers(), &link.field.wave.code, &slip)));
            }
            Ok(answer.finish())
        }
        Err(refusal) => refused(&visit, &link, (id, &fields.0), refusal),
    }
}

/// The fields as the submission that a program would send; the same fields make the same bytes.
fn submission(link: &Link, invitation: &str, fields: &[(String, String)]) -> Vec<u8> {
    let questionnaire = &link.survey.questionnaire;
    let mut body = json!({
        "survey": questionnaire.code(), "version": questionnaire.version(), "wave": link.field.wave.code,
        "unit": { "list": link.unit.record.list, "code": link.unit.record.code },
        "channel": link.channel.as_str(), "language": link.language,
        "answers": answers(questionnaire, &link.sections, fields),
    });
    if let Some(members) = body.as_object_mut().filter(|_| !invitation.is_empty()) {
        members.insert(INVITATION.to_owned(), invitation.into());
    }
    canonical_json(&body).into_bytes()
}

/// The form again with what to correct, or a page that says what became of it. Nothing that was written is lost.
fn refused(visit: &Visit, link: &Link, (id, fields): (Uuid, &[(String, String)]), refusal: Refusal) -> Result<HttpResponse, Refusal> {
    let status = problem::status(refusal.code());
    let mut faults = Faults::default();
    match refusal.code() {
        Code::AnswersInvalid => found(visit, link, &refusal, &mut faults),
        Code::InvitationNeeded | Code::InvitationInvalid => faults.add(INVITATION, visit.pick(&refusal.title())),
        Code::RateLimited | Code::Overloaded | Code::StorageFull | Code::Unavailable => {
            let seconds = refusal.retry().unwrap_or(5).to_string();
            let (vi, en) = (
                format!("Chưa gửi được lúc này. Câu trả lời còn nguyên ở dưới; hãy gửi lại sau {seconds} giây."),
                format!("It could not be sent just now. Your answers are kept below; send them again in {seconds} seconds."),
            );
            faults.add("", visit.say(vi, en));
        }
        Code::CollectionClosed => return Ok(shut::closed(visit, &link.field)),
        Code::CollectionNotOpen => return Ok(shut::not_open(visit, &link.field)),
        Code::InvitationUsed => return Ok(used(visit, status)),
        Code::ResponseConflict => return Ok(sent_before(visit, status)),
        Code::ResponseWithdrawn => return Ok(withdrawn(visit, status)),
        _ => return Err(refusal),
    }
    let mut answer = page(visit, link, &Filled { id, fields, faults: &faults, status });
    if let Some(seconds) = refusal.retry() {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(answer)
}

/// Each finding at its question, called by the question's words.
fn found(visit: &Visit, link: &Link, refusal: &Refusal, faults: &mut Faults) {
    for finding in refusal.findings().iter().filter(|finding| finding.is_error()) {
        let item = item_of(finding).and_then(|code| link.survey.questionnaire.item(&code));
        let text = finding.message(visit.lang);
        match item {
            Some(item) => faults.add_at(&field(item.code()), item.text().get(&link.language), text),
            None => faults.add("", text),
        }
    }
}

fn used(visit: &Visit, status: StatusCode) -> HttpResponse {
    shut::said(
        visit,
        status,
        visit.say("Thư mời này đã được dùng", "This invitation was used"),
        &html! {
            p.lead { (visit.say(
                "Mỗi thư mời dùng được một lần, và đã có một phiếu gửi bằng thư mời này. Phiếu vừa rồi không được ghi nhận.",
                "An invitation works once, and an answer came by this one. What was sent just now was not recorded.",
            )) }
            p { (visit.say(
                "Nếu không phải Ông/Bà đã gửi, hãy báo cho cơ quan đã trả kết quả.",
                "If it was not you who sent it, tell the office that handed over the result.",
            )) }
        },
    )
}

fn sent_before(visit: &Visit, status: StatusCode) -> HttpResponse {
    shut::said(
        visit,
        status,
        visit.say("Phiếu này đã được gửi trước đó", "This form was sent before"),
        &html! {
            p.lead { (visit.say(
                "Những câu trả lời gửi lần đầu vẫn được giữ nguyên; thay đổi vừa rồi không được ghi nhận.",
                "The answers that were sent first stand; what was changed since was not recorded.",
            )) }
            p { (visit.say(
                "Muốn sửa, hãy rút phiếu bằng mã biên nhận rồi mở lại địa chỉ của phiếu và trả lời lại.",
                "To change them, withdraw with the receipt, then open the address of the form anew and answer again.",
            )) }
        },
    )
}

fn withdrawn(visit: &Visit, status: StatusCode) -> HttpResponse {
    shut::said(
        visit,
        status,
        visit.say("Phiếu này đã được rút", "This answer was withdrawn"),
        &html! {
            p.lead { (visit.say(
                "Phiếu đã rút không gửi lại được. Hãy mở lại địa chỉ của phiếu để trả lời một phiếu mới.",
                "What was withdrawn cannot be sent again. Open the address of the form anew to answer once more.",
            )) }
        },
    )
}
