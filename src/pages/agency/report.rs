//! `/a/report/{edition}`: what an agency prints of itself, on two pages of A4.

use actix_web::{HttpResponse, get, web};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::home::{embargo, lead};
use super::own::{OfKind, Picked, Wish, gather};
use super::{HOME, lost};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::{Action, Refusal};
use crate::pages::frame::Page;
use crate::pages::public::unit::{moved, standing};
use crate::pages::public::{portrait, view};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit, with};

/// So many parts to work on.
const PARTS: usize = 8;
/// Nodes as deep as this are on the sheet.
const DEPTH: u8 = 2;

/// Which unit.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
pub struct ReportQuery {
    /// The code of a unit within one's own.
    #[validate(length(max = 200))]
    u: Option<String>,
}

/// The report.
#[get("/a/report/{edition}")]
pub async fn show_report(
    app: AppState,
    staff: Staff,
    edition: web::Path<String>,
    query: Query<ReportQuery>,
) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadOwnEmbargoed)?;
    let wish = Wish { edition: Some(edition.into_inner()), unit: query.into_inner().u.filter(|code| !code.is_empty()) };
    let now = app.now();
    let own = app.look_long(staff.actor.clone(), move |look| gather(look, &wish)).await?;
    let picked = own.picked.as_ref().ok_or_else(Refusal::not_found)?;
    let visit = &staff.visit;
    let name = picked.place.unit.as_ref().map_or(picked.place.code.as_str(), |(_, unit)| unit.name(visit.lang));
    let back = with(&with(HOME, "edition", &picked.edition.code), "u", &picked.place.code);
    let page = Page::office(&staff, name).lead(lead(visit, picked)).below(&back, visit.say("Kết quả", "Results"));
    Ok(page.answer(html! {
        p.screen { (visit.say("In trang này trên giấy A4, hoặc lưu thành PDF (Ctrl P).", "Print this page on A4, or save it as PDF (Ctrl P).")) }
        section.leaf {
            (embargo(visit, picked))
            (view::cautions(visit, &picked.shown))
            (standing(visit, &picked.shown, &picked.place))
            (moved(visit, &picked.shown, &picked.place))
            (portrait::parts_to(visit, &picked.shown, &picked.profile, DEPTH))
        }
        section.leaf {
            (lost::section(visit, picked, Some(PARTS)))
            (lost::since(visit, picked))
            (work_on(visit, picked))
            p.hint {
                (visit.say("Lập lúc ", "Made at ")) (say::instant(visit.lang, now))
                (visit.say(", từ ấn bản ", ", from the edition ")) (picked.edition.code)
                ". "
                (visit.say("Khoảng tin cậy ", "Intervals at ")) (view::level(&picked.shown, visit.lang))
                (visit.say("; điểm của hai nơi có khoảng chồng lên nhau có thể đổi thứ tự.", "; where two overlap, their order may well be the other one."))
            }
        }
    }))
}

/// The three parts that cost most, in words.
fn work_on(visit: &Visit, picked: &Picked) -> Markup {
    let OfKind::Survey { lost, .. } = &picked.of else { return html! {} };
    let (lang, decimals) = (visit.lang, picked.shown.decimals);
    let first: Vec<_> =
        lost.0.iter().filter_map(|leaf| Some((leaf, leaf.value?, leaf.lost?))).filter(|(.., lost)| *lost > 0.0).take(3).collect();
    if first.is_empty() {
        return html! {};
    }
    html! {
        h2 { (visit.say("Nên làm trước", "What to work on first")) }
        ol { @for (leaf, value, lost) in first {
            @let (value, ten) = (say::number(lang, value, decimals), say::number(lang, lost / 10.0, decimals));
            @let label = crate::pages::public::said(&leaf.label, lang);
            li {
                strong { (label) } ": "
                (visit.say(
                    format!("nay {value} điểm; đi được một phần mười quãng đường đến 100 thì chỉ số tăng {ten} điểm."),
                    format!("{value} now; a tenth of the way to 100 lifts the index by {ten} points."),
                ))
            }
        } }
    }
}
