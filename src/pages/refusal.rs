//! What the office refuses, as a page in the reader's language.

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, LOCATION};
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::frame::Page;
use super::guard;
use super::visit::Visit;
use crate::http::face::is_of_programs;
use crate::http::problem;
use crate::office::{Code, Refusal};

/// The page; none where a program asks, which gets the problem.
pub(super) fn worded(req: &HttpRequest, refusal: &Refusal, request_id: &str) -> Option<HttpResponse> {
    if is_of_programs(req.path()) || !takes_html(req) {
        return None;
    }
    let visit = Visit::of(req);
    let mut answer = if refusal.code() == Code::Unauthenticated { to_sign_in(req, &visit) } else { page(&visit, refusal, request_id) };
    problem::head(refusal, &mut answer);
    guard::protect(answer.headers_mut());
    Some(answer)
}

fn takes_html(req: &HttpRequest) -> bool {
    req.headers().get_all(ACCEPT).any(|value| value.to_str().is_ok_and(|value| value.contains("text/html")))
}

/// Whoever must be known signs in and comes back, unless it was a form: that was not taken.
fn to_sign_in(req: &HttpRequest, visit: &Visit) -> HttpResponse {
    let address = if *req.method() == Method::GET { visit.sign_in() } else { visit.link("/login") };
    HttpResponse::SeeOther().insert_header((LOCATION, address)).finish()
}

fn page(visit: &Visit, refusal: &Refusal, request_id: &str) -> HttpResponse {
    let (title, code) = (refusal.title(), refusal.code());
    Page::public(visit, visit.pick(&title)).status(problem::status(code)).answer(html! {
        @if let Some(said) = refusal.said() { p.lead { (visit.pick(said)) } }
        @if !refusal.findings().is_empty() {
            ul { @for finding in refusal.findings() { li { (finding.message(visit.lang)) } } }
        }
        @if let Some(what) = what_now(visit, refusal) { p { (what) } }
        p.code {
            (visit.say("Mã lỗi: ", "Code: ")) code { (code.as_str()) }
            @if code == Code::Internal { " · " (visit.say("mã yêu cầu: ", "request: ")) code { (request_id) } }
        }
        p { a.button.plain href=(visit.link("/")) { (visit.say("Về trang đầu", "To the first page")) } }
    })
}

/// What to do about it, where that is not plain.
fn what_now(visit: &Visit, refusal: &Refusal) -> Option<Markup> {
    if let Some(seconds) = refusal.retry() {
        let seconds = seconds.to_string();
        return Some(html! { (visit.say("Hãy thử lại sau ", "Try again in ")) (seconds) (visit.say(" giây.", " seconds.")) });
    }
    let said = match refusal.code() {
        Code::NotFound => {
            visit.say("Có thể địa chỉ gõ chưa đúng, hoặc trang đã chuyển đi.", "The address may be mistyped, or the page may have moved.")
        }
        Code::Forbidden | Code::UnitForbidden => {
            visit.say("Nếu công việc cần đến trang này, hãy hỏi người quản trị.", "If your work needs this page, ask an administrator.")
        }
        Code::CrossSite => visit.say(
            "Chưa có gì được thực hiện. Hãy mở lại trang ở đây rồi gửi lại.",
            "Nothing was done. Open the page here and send it again.",
        ),
        Code::Internal => visit.say(
            "Lỗi đã được ghi lại. Hãy thử lại; nếu vẫn lỗi, hãy gửi mã yêu cầu cho người quản trị.",
            "It was noted. Try again; if it happens again, give the administrator the number of the request.",
        ),
        _ => return None,
    };
    Some(html! { (said) })
}
