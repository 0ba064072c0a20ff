//! The receipt: shown once after a form was sent, and what it opens.
//!
//! It must not stand in an address, where proxies log it. So the form's answer hands it to the browser in a cookie that goes to the page of
//! thanks alone, lasts ten minutes, and follows nobody.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, LOCATION, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use maud::{Markup, html};

use crate::http::auth;
use crate::http::body::Form;
use crate::http::state::AppState;
use crate::office::responses as office;
use crate::office::{Actor, Code, ReceiptCode, Refusal, Slip};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Input, Notice, notice};
use crate::pages::visit::Visit;
use crate::pages::{say, session};
use crate::store::responses::{Receipt, ResponseState, Summary};
use crate::words::encode::percent;

/// The cookie.
const COOKIE: &str = "hailong-receipt";

/// What a respondent keeps, of a response that has a code.
pub(super) fn slip(state: &AppState, receipt: &Receipt) -> Option<Slip> {
    let secret = state.office().store().secret();
    receipt.has_code.then(|| Slip::of(receipt.id, ReceiptCode::of(secret, receipt.id, &receipt.body_sha256)))
}

/// What hands the receipt to the page of thanks.
pub(super) fn shown_once(headers: &HeaderMap, wave: &str, slip: &Slip) -> String {
    cookie(headers, wave, &slip.text(), 600)
}

fn cookie(headers: &HeaderMap, wave: &str, value: &str, seconds: u32) -> String {
    let secure = if session::is_encrypted(headers) { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/s/{}/thanks; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}", percent(wave))
}

/// Thanks, with the receipt.
#[get("/s/{wave}/thanks")]
pub(super) async fn show_thanks(req: HttpRequest, visit: Visit, wave: web::Path<String>) -> HttpResponse {
    // Only what is a slip is shown: anybody can make a browser send anything.
    let slip = session::named(req.headers(), COOKIE).and_then(Slip::read);
    let away = visit.link(&format!("/s/{}/thanks", percent(&wave)));
    Page::citizen(&visit, visit.say("Cảm ơn Ông/Bà!", "Thank you!")).answer(html! {
        p.lead { (visit.say("Phiếu đã được ghi nhận.", "Your answers were recorded.")) }
        @if let Some(slip) = slip {
            (shown(&visit, &slip))
            form method="post" action=(away) { button.plain type="submit" { (visit.say("Xong, xóa mã khỏi máy này", "Done, clear the code from this device")) } }
        }
        p { a href=(visit.link("/receipt")) { (visit.say("Tra cứu hoặc rút phiếu", "Look up or withdraw an answer")) } }
    })
}

/// Takes the receipt from the browser, for those who share one.
#[post("/s/{wave}/thanks")]
pub(super) async fn put_away(req: HttpRequest, visit: Visit, wave: web::Path<String>) -> HttpResponse {
    let to = visit.link(&format!("/s/{}/thanks", percent(&wave)));
    HttpResponse::SeeOther().insert_header((LOCATION, to)).insert_header((SET_COOKIE, cookie(req.headers(), &wave, "", 0))).finish()
}

fn shown(visit: &Visit, slip: &Slip) -> Markup {
    html! {
        div.slip {
            p.hint { (visit.say("Mã biên nhận", "Receipt")) }
            p.slip-code { code { (slip.text()) } }
            p { (visit.say(
                "Hãy chép hoặc chụp lại mã này nếu có thể Ông/Bà muốn rút phiếu. Mã chỉ hiện ở đây; cơ quan không giữ bản nào.",
                "Copy or photograph this code if you may want to take your answers back. It is shown here only; the office keeps no copy.",
            )) }
        }
    }
}

/// Where a receipt is typed.
#[get("/receipt")]
pub(super) async fn show_receipts(visit: Visit) -> HttpResponse {
    form(&visit, "", &Faults::default(), StatusCode::OK)
}

fn form(visit: &Visit, typed: &str, faults: &Faults, status: StatusCode) -> HttpResponse {
    let page = Page::citizen(visit, visit.say("Phiếu đã gửi", "An answer that was sent")).status(status).faults(faults);
    let lead = visit.say(
        "Mã biên nhận cho biết phiếu có được tính không, và rút được phiếu.",
        "With its receipt you see whether it counts, and can withdraw it.",
    );
    page.lead(lead).answer(html! {
        form method="post" action=(visit.link("/receipt")) {
            (Input {
                name: "receipt", label: visit.say("Mã biên nhận", "Receipt"), value: typed, fault: faults.at("receipt"),
                hint: Some(visit.say("40 chữ và số; viết hoa, dấu cách và dấu gạch không quan trọng", "40 letters and digits; capitals, spaces and hyphens do not matter")),
                autocomplete: Some("off"), maxlength: Some(100), required: true, ..Input::default()
            })
            button type="submit" { (visit.say("Tra cứu", "Look up")) }
        }
    })
}

/// What became of an answer; withdraws it where that is asked for.
#[post("/receipt")]
pub(super) async fn look_up(state: AppState, req: HttpRequest, visit: Visit, fields: Form) -> Result<HttpResponse, Refusal> {
    let typed = fields.0.get("receipt").to_owned();
    let (shown, withdraw) = (typed.clone(), fields.0.get("do") == "withdraw");
    let done = if withdraw {
        state.act(Actor::anyone(), move |act| office::withdraw_by_slip(act, &shown)).await.map(|()| withdrawn(&visit))
    } else {
        state.look(Actor::anyone(), move |look| office::by_slip(look, &shown)).await.map(|summary| found(&visit, &typed, &summary))
    };
    match done {
        Err(refusal) if matches!(refusal.code(), Code::NotFound | Code::ResponseWithdrawn) => {
            // Who guesses at receipts is slowed as who guesses at keys.
            let peer = auth::peer(&req, &state);
            state.limit(|limiter| limiter.failure(peer))?;
            let mut faults = Faults::default();
            let (vi, en) = ("Không có phiếu nào ứng với mã này, hoặc phiếu đã được rút", "No answer has this receipt, or it was withdrawn");
            faults.add("receipt", visit.say(vi, en));
            Ok(form(&visit, &typed, &faults, StatusCode::NOT_FOUND))
        }
        done => done,
    }
}

fn found(visit: &Visit, typed: &str, summary: &Summary) -> HttpResponse {
    let at = say::instant(visit.lang, summary.receipt.received_at);
    let (counts, said) = match (summary.receipt.state, summary.ended_event) {
        (_, Some(_)) => (
            false,
            visit.say(
                "Phiếu không được tính: đã có phiếu sửa thay thế, hoặc cơ quan để ngoài kèm lý do.",
                "It does not count: a correction took its place, or the office left it out with a reason.",
            ),
        ),
        (ResponseState::Valid, None) => (true, visit.say("Phiếu được tính vào kết quả của đợt.", "It counts in the results of the wave.")),
        (ResponseState::Invalid, None) => (
            false,
            visit.say(
                "Phiếu được giữ nhưng không tính: có chỗ không hợp lệ.",
                "It is kept and does not count: something in it is not valid.",
            ),
        ),
        (ResponseState::Quarantined, None) => (
            false,
            visit.say(
                "Phiếu đến sau khi đợt kết thúc: được giữ riêng và không tính.",
                "It came after the wave had closed: it is kept apart and does not count.",
            ),
        ),
    };
    Page::citizen(visit, visit.say("Phiếu đã gửi", "An answer that was sent")).answer(html! {
        (notice(if counts { Notice::Done } else { Notice::Care }, &html! { p { (said) } }))
        p { (visit.say("Nhận lúc ", "It arrived at ")) strong { (at) } "." }
        h2 { (visit.say("Rút phiếu", "Withdraw it")) }
        p { (visit.say(
            "Mọi câu trả lời sẽ bị xóa và không lấy lại được. Chỉ còn lại việc đã có một phiếu được rút.",
            "All answers are erased and cannot be brought back. What stays is that an answer was withdrawn.",
        )) }
        form method="post" action=(visit.link("/receipt")) {
            input type="hidden" name="receipt" value=(typed);
            input type="hidden" name="do" value="withdraw";
            button.danger type="submit" { (visit.say("Rút phiếu này", "Withdraw this answer")) }
        }
    })
}

fn withdrawn(visit: &Visit) -> HttpResponse {
    Page::citizen(visit, visit.say("Phiếu đã được rút", "It is withdrawn")).answer(html! {
        p.lead { (visit.say("Câu trả lời đã bị xóa và không tính vào kết quả nào từ nay.", "The answers are erased and count in no result from now on.")) }
        p { (visit.say("Mã biên nhận này không còn dùng được nữa.", "The receipt opens nothing any more.")) }
    })
}
