//! Signing in as one of the made-up people of a demonstration: at the machine that shows it, and nowhere else.

use actix_web::http::header::{FORWARDED, LOCATION, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, get, post};
use maud::html;

use super::frame::{Page, home};
use super::parts::{Notice, notice};
use super::session;
use super::visit::Visit;
use crate::http::body::Form;
use crate::http::state::AppState;
use crate::office::demo::{self, CAST};
use crate::office::{Refusal, Role};

/// Who there is to be.
#[get("/demo")]
pub async fn show_cast(state: AppState, req: HttpRequest, visit: Visit) -> Result<HttpResponse, Refusal> {
    at_the_machine(&state, &req)?;
    let page = Page::public(&visit, visit.say("Dùng thử", "Try it"));
    let page = page.lead(visit.say(
        "Chọn một người để xem phần việc của họ. Việc công bố cần hai người: hãy làm lần lượt từng vai.",
        "Choose somebody, and see what they work with. Publishing takes two: be one after the other.",
    ));
    Ok(page.answer(html! {
        (notice(Notice::Care, &html! { p { (visit.say(
            "Những người này và dữ liệu đều do máy tạo ra. Trang này chỉ mở trên chính máy đang chạy bản dùng thử.",
            "These people and all data are made up. This page opens on the machine that runs the demonstration alone.",
        )) } }))
        form method="post" action=(visit.link("/demo")) {
            @for (name, role, _) in CAST {
                div.row.part {
                    button type="submit" name="as" value=(name) { (role.said().pick(visit.lang)) }
                    p { (part(&visit, role)) }
                }
            }
        }
    }))
}

/// What somebody of a role does.
fn part(visit: &Visit, role: Role) -> &'static str {
    match role {
        Role::Statistician => {
            visit.say("lập phiếu hỏi, mở đợt, tính và trình kết quả", "writes questionnaires, opens waves, computes and submits")
        }
        Role::Publisher => visit.say("duyệt, xem trước và công bố", "approves, previews and publishes"),
        Role::Agency => visit.say("xem kết quả của cơ quan mình", "reads the scores of their own agency"),
        Role::Collector => visit.say("nhập phiếu và tải tệp phiếu lên", "enters forms and brings in files of them"),
        Role::Admin => visit.say("quản lý người dùng, khóa và thiết bị", "keeps people, keys and devices"),
        Role::Auditor => visit.say("kiểm tra nhật ký và xác nhận đề xuất", "reads the log and confirms proposals"),
        Role::Device => "",
    }
}

/// Signs in as one of them.
#[post("/demo")]
pub async fn play_part(state: AppState, req: HttpRequest, visit: Visit, fields: Form) -> Result<HttpResponse, Refusal> {
    at_the_machine(&state, &req)?;
    let name = fields.0.get("as").to_owned();
    let begun = state.slowly(move |office| demo::play(office, &name)).await?;
    let next = visit.link(home(|action| action.roles().contains(&begun.role)));
    let cookie = session::begin(req.headers(), &begun.text);
    Ok(HttpResponse::SeeOther().insert_header((LOCATION, next)).insert_header((SET_COOKIE, cookie)).finish())
}

/// Lets those pass who sit at the machine of a demonstration: the connection, and the name that was asked for, are its own, and nobody in between
/// says that it asks for another.
fn at_the_machine(state: &AppState, req: &HttpRequest) -> Result<(), Refusal> {
    let own = req.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let direct =
        ["x-forwarded-for", "x-real-ip"].iter().all(|name| !req.headers().contains_key(*name)) && !req.headers().contains_key(FORWARDED);
    if state.limits().demo && own && direct && session::is_loopback(req.headers()) { Ok(()) } else { Err(Refusal::not_found()) }
}
