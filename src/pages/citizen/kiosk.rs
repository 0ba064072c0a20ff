//! The kiosk: `/k` lets it join by the code that the office shows, `/k/{wave}` is where people answer.
//!
//! What it is told, its key among it, it keeps itself; these pages know nothing of it, and everyone sees the same. Without script there is no kiosk.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use validator::Validate;

use super::form::{Filled, fields, texts};
use super::link::{Door, LinkQuery, open};
use crate::http::auth;
use crate::http::body::Json;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::{Actor, Code, Refusal, devices};
use crate::pages::frame::Page;
use crate::pages::parts::Faults;
use crate::pages::session;
use crate::pages::visit::{Visit, with};
use crate::response::Channel;
use crate::unit::UnitId;
use crate::words::Lang;
use crate::words::encode::percent;

/// The script of every page of a kiosk.
pub(super) const SCRIPT: &str = "kiosk.mjs";

/// Where a kiosk begins: it joins here, or goes on to its form.
#[get("/k")]
pub(super) async fn show_kiosk(visit: Visit) -> HttpResponse {
    Page::kiosk(&visit, visit.say("Kiosk chưa ghi danh", "This kiosk has not joined yet")).script(SCRIPT).answer(html! {
        div #join {
            p.lead { (visit.say(
                "Ở máy của văn phòng, mở trang “Kiosk”, chọn đợt và đơn vị, rồi quét mã QR hiện ra bằng máy này.",
                "At a computer of the office open the page “Kiosks”, choose wave and unit, and scan the code that it shows with this device.",
            )) }
            p #join-said role="status" {}
            noscript { p { (visit.say("Kiosk cần JavaScript.", "A kiosk needs JavaScript.")) } }
        }
        (bar(&visit))
        (words(&visit))
    })
}

/// The form at a kiosk.
#[get("/k/{wave}")]
pub(super) async fn show_kiosk_form(
    state: AppState,
    visit: Visit,
    wave: web::Path<String>,
    query: Query<LinkQuery>,
) -> Result<HttpResponse, Refusal> {
    let mut link = match open(&state, &visit, &wave, &query, None).await? {
        Door::Shut(page) => return Ok(page),
        Door::Open(link) => link,
    };
    link.channel = Channel::Kiosk;
    let faults = Faults::default();
    let filled = Filled { id: Uuid::new_v4(), fields: &[], faults: &faults, status: actix_web::http::StatusCode::OK };
    Ok(Page::kiosk(&visit, link.title(visit.lang)).script(SCRIPT).answer(html! {
        p.lead.rated { (link.unit.record.name(visit.lang)) }
        div #attract.attract {
            p.ask { (visit.say("Ông/Bà có hài lòng không?", "Were you satisfied?")) }
            p { (visit.say("Vài câu hỏi ngắn, không hỏi tên.", "A few short questions. We do not ask who you are.")) }
            button #start.start type="button" { (visit.say("Bắt đầu", "Start")) }
        }
        (fields(&visit, &link, &filled))
        (bar(&visit))
        (words(&visit))
    }))
}

/// The bar at the foot: what waits, whether there is a network, the way to the staff's panel.
pub(super) fn bar(visit: &Visit) -> Markup {
    html! {
        div #bar.kiosk-bar role="region" aria-label=(visit.say("Tình trạng máy", "State of the device")) {
            span #waiting role="status" {}
            button #staff.plain type="button" hidden { (visit.say("Cán bộ", "Staff")) }
        }
    }
}

/// What script says at a kiosk.
pub(super) fn words(visit: &Visit) -> Markup {
    let say = |vi, en| visit.say(vi, en);
    html! {
        (texts(visit))
        div.texts hidden
            data-offline=(say("không có mạng từ {at}", "no network since {at}"))
            data-idle=(say("Ông/Bà còn ở đó không?", "Are you still there?"))
            data-idle-more=(say("Câu trả lời sẽ được xóa nếu không ai chạm vào màn hình.", "The answers will be wiped if nobody touches the screen."))
            data-stay=(say("Tôi trả lời tiếp", "I am still answering"))
            data-wipe=(say("Xóa và kết thúc", "Wipe and end"))
            data-done=(say("Phiếu của Ông/Bà đã được ghi lại.", "Your answers were recorded."))
            data-stuck=(say("Máy chưa ghi được phiếu. Xin đợi một chút, hoặc báo cho cán bộ.", "The device cannot record the answers yet. Please wait, or tell the staff."))
            data-joining=(say("Đang ghi danh…", "Joining…"))
            data-join-failed=(say("Không ghi danh được: ", "It could not join: "))
            data-pin=(say("Mã số của cán bộ", "Staff number"))
            data-pin-wrong=(say("Mã số không đúng", "That is not the number"))
            data-pin-wait=(say("Sai quá nhiều lần, xin đợi một phút", "Too many failures, wait a minute"))
            data-erase=(say("Xóa số", "Erase"))
            data-close=(say("Đóng", "Close"))
            data-panel=(say("Dành cho cán bộ", "For the staff"))
            data-device=(say("Tên máy", "Device"))
            data-unit=(say("Đơn vị", "Unit"))
            data-joined=(say("Ghi danh lúc", "Joined"))
            data-queue=(say("Đang chờ gửi", "Waiting to be sent"))
            data-refused-head=(say("Không được nhận", "Not taken"))
            data-none=(say("Không có phiếu nào", "None"))
            data-send-now=(say("Gửi ngay", "Send now"))
            data-export=(say("Lưu phiếu ra tệp", "Save them to a file"))
            data-sure=(say("Bỏ hẳn phiếu này? Chạm lần nữa để bỏ.", "Remove it for good? Touch again to remove."))
            data-leave=(say("Gỡ ghi danh máy này", "Let this device leave"))
            data-leave-first=(say("Còn phiếu trên máy: gửi hoặc lưu ra tệp rồi bỏ từng phiếu trước.", "Answers are on the device: send them, or save and remove them first."))
            data-reload=(say("Tải lại phiếu hỏi", "Load the questions anew"))
            data-tries=(say("lần thử", "tries"))
            {}
    }
}

/// The secret of a code.
#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub(super) struct JoinRequest {
    #[validate(length(max = 100))]
    secret: String,
}

/// What a kiosk is told once: it keeps it.
#[derive(Debug, Serialize)]
struct JoinBody {
    key: String,
    pin: String,
    title: String,
    unit: String,
    start: String,
}

/// Gives a kiosk its key for the secret of a code.
#[post("/k/join")]
pub(super) async fn join(state: AppState, req: HttpRequest, visit: Visit, request: Json<JoinRequest>) -> Result<HttpResponse, Refusal> {
    if !session::is_private(req.headers()) {
        let (vi, en) = ("Kiosk chỉ ghi danh được qua kết nối mã hóa (https)", "A kiosk joins over an encrypted connection (https) only");
        return Err(Refusal::new(Code::Forbidden).detail(vi, en));
    }
    let secret = request.0.secret;
    let joined = state.act(Actor::anyone(), move |act| devices::join(act, &secret)).await;
    if joined.as_ref().is_err_and(|refusal| refusal.code() == Code::LoginRefused) {
        auth::failed(&req, &state)?;
    }
    let joined = joined?;
    let units = state.units().await?;
    let unit = units.get(UnitId(joined.enrolment.unit_id)).ok_or_else(|| Refusal::internal("an enrolment names no unit"))?;
    let mut start = with(&format!("/k/{}", percent(&joined.wave)), "u", &unit.record.code);
    if !joined.enrolment.sections.is_empty() {
        start = with(&start, "sections", &joined.enrolment.sections);
    }
    let start = with(&start, "lang", Lang::Vi.tag());
    let unit = unit.record.name(visit.lang).to_owned();
    Ok(HttpResponse::Ok().json(JoinBody { key: joined.key, pin: joined.pin, title: joined.enrolment.name, unit, start }))
}
