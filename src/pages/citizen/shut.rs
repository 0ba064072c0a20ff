//! Where there is no form: why not, and what to do.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::kiosk;
use super::link::{LinkQuery, title};
use crate::http::problem;
use crate::jobs::load::WaveInField;
use crate::office::Code;
use crate::pages::frame::Page;
use crate::pages::say;
use crate::pages::visit::{Visit, with};
use crate::response::service_date;
use crate::unit::{Registry, Unit, plain_name};
use crate::words::encode::percent;

/// So many units are shown at once; of more, those that somebody looks for.
const SHOWN: usize = 30;

/// A page of a sentence or two.
pub(super) fn said(visit: &Visit, status: StatusCode, heading: &str, body: &Markup) -> HttpResponse {
    if visit.path().starts_with("/k/") {
        // What waits on the device is sent all the same, and the staff find their panel.
        let rest = html! { (body) (kiosk::bar(visit)) (kiosk::words(visit)) };
        return Page::kiosk(visit, heading).status(status).script(kiosk::SCRIPT).answer(rest);
    }
    Page::citizen(visit, heading).status(status).answer(html! {
        (body)
        p { a href=(visit.link("/receipt")) { (visit.say("Tra cứu hoặc rút phiếu đã gửi", "Look up or withdraw an answer")) } }
    })
}

/// No such wave.
pub(super) fn unknown(visit: &Visit) -> HttpResponse {
    let heading = visit.say("Không có phiếu ở địa chỉ này", "There is no form at this address");
    said(
        visit,
        StatusCode::NOT_FOUND,
        heading,
        &html! {
            p.lead { (visit.say(
                "Có thể địa chỉ gõ chưa đúng. Hãy quét lại mã QR, hoặc hỏi cơ quan đã đưa địa chỉ cho Ông/Bà.",
                "The address may be mistyped. Scan the code again, or ask the office that gave it to you.",
            )) }
        },
    )
}

/// A wave that asks those who were drawn.
pub(super) fn sample(visit: &Visit, field: &WaveInField) -> HttpResponse {
    said(
        visit,
        problem::status(Code::Forbidden),
        &title(field, visit.lang),
        &html! {
            p.lead { (visit.say(
                "Đợt này hỏi những người được chọn ngẫu nhiên; điều tra viên đến gặp từng người. Không trả lời qua địa chỉ này được.",
                "This wave asks people who were drawn at random; a fieldworker meets each of them. It cannot be answered here.",
            )) }
        },
    )
}

/// A wave whose questionnaire nobody has published yet.
pub(super) fn unready(visit: &Visit, field: &WaveInField) -> HttpResponse {
    said(
        visit,
        StatusCode::NOT_FOUND,
        &title(field, visit.lang),
        &html! {
            p.lead { (visit.say("Phiếu hỏi của đợt này chưa sẵn sàng. Hãy quay lại sau.", "The questions of this wave are not ready. Come back later.")) }
        },
    )
}

/// A wave before or after its time; none within it.
pub(super) fn by_dates(visit: &Visit, field: &WaveInField, now: i64) -> Option<HttpResponse> {
    if now < field.wave.opens_at {
        return Some(not_open(visit, field));
    }
    field.wave.closes_at.filter(|closes_at| now >= *closes_at).map(|_| closed(visit, field))
}

/// Before its time.
pub(super) fn not_open(visit: &Visit, field: &WaveInField) -> HttpResponse {
    said(
        visit,
        problem::status(Code::CollectionNotOpen),
        &title(field, visit.lang),
        &html! {
            p.lead {
                (visit.say("Đợt này chưa nhận phiếu. Nhận phiếu từ ", "This wave is not open yet. It takes answers from "))
                strong { (say::instant(visit.lang, field.wave.opens_at)) } "."
            }
            p { (visit.say("Hãy mở lại địa chỉ này từ lúc đó.", "Open this address again then.")) }
        },
    )
}

/// After its time.
pub(super) fn closed(visit: &Visit, field: &WaveInField) -> HttpResponse {
    said(
        visit,
        problem::status(Code::CollectionClosed),
        &title(field, visit.lang),
        &html! {
            p.lead {
                (visit.say("Đợt này không nhận phiếu nữa", "This wave takes no more answers"))
                @if let Some(at) = field.wave.closes_at {
                    (visit.say(", kể từ ", ", since ")) strong { (say::instant(visit.lang, at)) }
                }
                "."
            }
            p {
                (visit.say("Kết quả được công bố ở ", "Results are published on "))
                a href=(visit.link("/")) { (visit.say("trang đầu", "the first page")) }
                (visit.say(", khi đã tính và duyệt xong.", ", once they are computed and approved."))
            }
        },
    )
}

/// A link without its unit, or with one that is not on the list: which one?
pub(super) fn which_unit(visit: &Visit, field: &WaveInField, units: &Registry, query: &LinkQuery, now: i64) -> HttpResponse {
    let day = service_date(now);
    let of_list = |unit: &&Unit| unit.record.list == field.wave.unit_list && day.is_none_or(|day| unit.record.is_valid_on(day));
    let all: Vec<&Unit> = units.iter().filter(of_list).collect();
    let searched = all.len() > SHOWN;
    let wanted = query.q.as_deref().filter(|_| searched).map(plain_name).unwrap_or_default();
    let matches =
        |unit: &&&Unit| plain_name(&unit.record.name_vi).contains(&wanted) || unit.record.code.eq_ignore_ascii_case(wanted.trim());
    let found: Vec<&Unit> = all.iter().filter(matches).copied().take(SHOWN).collect();
    let shown = !searched || !wanted.trim().is_empty();
    let here = format!("/s/{}", percent(&field.wave.code));
    let unknown = query
        .u
        .is_some()
        .then(|| visit.say("Mã đơn vị trên địa chỉ không có trong danh mục.", "The unit in the address is not on the list."));
    let status = if query.u.is_some() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    let page = Page::citizen(visit, visit.say("Ông/Bà đánh giá đơn vị nào?", "Which office do you rate?")).status(status);
    let page = if let Some(unknown) = unknown { page.lead(unknown) } else { page.lead(title(field, visit.lang)) };
    page.answer(html! {
        @if searched {
            form.row method="get" action=(here) role="search" {
                div.field {
                    label for="q" { (visit.say("Tên đơn vị", "Name of the office")) }
                    input #q name="q" type="search" maxlength="100" autocomplete="off" value=[query.q.as_deref()];
                }
                input type="hidden" name="lang" value=(visit.lang.tag());
                button type="submit" { (visit.say("Tìm", "Search")) }
            }
        }
        @if shown && found.is_empty() {
            p { (visit.say("Không tìm thấy đơn vị nào. Hãy thử một phần của tên.", "No office was found. Try a part of its name.")) }
        } @else if shown {
            ul.choices {
                @for unit in &found {
                    li { a href=(visit.link(&with(&here, "u", &unit.record.code))) {
                        (unit.record.name(visit.lang))
                        @if let Some(above) = above(units, unit) { span.hint { (above.record.name(visit.lang)) } }
                    } }
                }
            }
        }
    })
}

/// The unit that one belongs to, since many communes have the same name.
fn above<'u>(units: &'u Registry, unit: &Unit) -> Option<&'u Unit> {
    units.ancestors(unit.id).nth(1)
}
