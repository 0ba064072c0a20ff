//! `/e/{edition}`: what was published, how sure it is, and what it is made of.

use actix_web::{HttpResponse, get, web};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::sheet::{Place, Sheet, Shown, Source, gather};
use super::{edition_at, said, segment, shared, view};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::{Actor, Refusal};
use crate::pages::frame::Page;
use crate::pages::parts::{Notice, Select, borrowed, empty, facts, notice};
use crate::pages::say;
use crate::pages::visit::{Visit, with};
use crate::words::encode::hex;

/// What of an edition is shown.
#[derive(Debug, Deserialize, Validate)]
pub struct EditionQuery {
    /// A node of the index; the index itself if none is named.
    #[validate(length(max = 200))]
    node: Option<String>,
}

/// The page of an edition.
#[get("/e/{edition}")]
pub async fn show_edition(
    state: AppState,
    visit: Visit,
    code: web::Path<String>,
    query: Query<EditionQuery>,
) -> Result<HttpResponse, Refusal> {
    let (code, node) = (code.into_inner(), query.into_inner().node.filter(|node| !node.is_empty()));
    let sheet = state.look(Actor::anyone(), move |look| gather(look, &code, node.as_deref())).await?;
    Ok(shared(match &sheet.shown {
        Some(shown) => page(&visit, &sheet, shown),
        None => withdrawn(&visit, &sheet),
    }))
}

fn page(visit: &Visit, sheet: &Sheet, shown: &Shown) -> HttpResponse {
    let lang = visit.lang;
    let here = edition_at(&sheet.edition.code);
    let page = Page::public(visit, said(&shown.title, lang)).cached().lead(lead(visit, sheet, shown));
    page.below("/", visit.say("Các ấn bản", "Editions")).answer(html! {
        (view::cautions(visit, shown))
        div.first {
            (view::headline(visit, shown))
            (facts(&made_of(visit, sheet, shown)))
        }
        (node_choice(visit, shown, &here))
        (figures(visit, shown, Some(&here)))
        section {
            h2 #table { (visit.say("Bảng số liệu", "The figures as a table")) }
            @if shown.places.is_empty() {
                (empty(visit.say("Chưa có số liệu theo nơi", "There are no figures by place"), &html! { p { (visit.say(
                    "Định nghĩa chỉ số chỉ hỏi về toàn bộ.", "The definition of the index asks for the whole alone.",
                )) } }))
            } @else {
                (view::table_of(visit, shown, |place| Some(unit_link(visit, &here, place))))
            }
        }
        (downloads(visit, &here))
        (method(visit, sheet, shown))
    })
}

/// The figures of a run as everybody will see them on the page of its edition: the same, without what leads on from there.
pub(super) fn preview(visit: &Visit, shown: &Shown, here: &str) -> Markup {
    html! {
        (view::cautions(visit, shown))
        div.first { (view::headline(visit, shown)) }
        (node_choice(visit, shown, here))
        (figures(visit, shown, None))
        @if !shown.places.is_empty() { (view::table_of(visit, shown, |_| None)) }
    }
}

/// What, of when, under which name.
fn lead(visit: &Visit, sheet: &Sheet, shown: &Shown) -> String {
    let lang = visit.lang;
    let of = match &shown.source {
        Source::Survey { wave, .. } => said(wave, lang).to_owned(),
        Source::Composite { year, .. } => format!("{} {year}", visit.say("Kỳ", "Of")),
    };
    let published = sheet.edition.published_at.map(|at| say::day(lang, at));
    match published {
        Some(day) => format!("{of} · {} {day}", visit.say("công bố ngày", "published on")),
        None => of,
    }
}

/// The address of a place's page.
fn unit_link(visit: &Visit, here: &str, place: &Place) -> String {
    visit.link(&format!("{here}/u/{}", segment(&place.code)))
}

/// Which part of the index is shown.
fn node_choice(visit: &Visit, shown: &Shown, here: &str) -> Markup {
    if shown.nodes.len() < 2 {
        return html! {};
    }
    let name = |depth: u8, label: &str| format!("{}{label}", "\u{2003}".repeat(usize::from(depth)));
    let names: Vec<(&str, String)> =
        shown.nodes.iter().map(|node| (node.code.as_str(), name(node.depth, said(&node.label, visit.lang)))).collect();
    let options = borrowed(&names);
    let value = shown.nodes[shown.node].code.as_str();
    html! {
        form.row.screen method="get" action=(here) {
            @if let Some(lang) = visit.chosen() { input type="hidden" name="lang" value=(lang.tag()); }
            (Select { name: "node", label: visit.say("Phần của chỉ số", "Part of the index"), options: &options, value, ..Select::default() })
            button.plain type="submit" { (visit.say("Xem", "Show")) }
        }
    }
}

fn figures(visit: &Visit, shown: &Shown, here: Option<&str>) -> Markup {
    if shown.places.is_empty() {
        return html! {};
    }
    let svg = here.map(|here| visit.link(&with(&format!("{here}/figure/caterpillar.svg"), "node", &shown.nodes[shown.node].code)));
    let (heading, caption) = if view::has_intervals(shown) {
        let caption = visit.say(
            "Khoảng chồng lên nhau: chưa đủ bằng chứng về thứ tự. Số liệu có trong bảng bên dưới.",
            "Where intervals overlap there is no evidence of an order. The numbers are in the table below.",
        );
        (visit.say("Điểm và khoảng tin cậy theo nơi", "Scores and intervals by place"), caption)
    } else {
        let caption = visit.say(
            "Không có khoảng tin cậy, vì số liệu đầu vào không kèm sai số: hơn kém nhau chút ít không nói lên nhiều.",
            "There are no intervals, since the inputs come without errors: small margins say little.",
        );
        (visit.say("Điểm theo nơi", "Scores by place"), caption)
    };
    html! {
        section.sheet {
            h2 { (heading) }
            (view::framed(&view::caterpillar_of(visit, shown, None), caption))
            @if let Some(svg) = svg { p.screen { a href=(svg) { (visit.say("Hình này để nhúng vào trang khác (SVG)", "This figure to embed elsewhere (SVG)")) } } }
        }
        @if let Some(map) = view::map_of(visit, shown) {
            section.sheet {
                h2 { (visit.say("Bản đồ", "Map")) }
                div.map { (view::framed(&map, visit.say(
                    "Mỗi ô là một tỉnh, thành phố; màu đậm hơn là điểm cao hơn. Nét đứt: không công bố hoặc không có số liệu.",
                    "Each tile is a province; darker is higher. A broken line: not published, or no figure.",
                ))) }
            }
        }
        @if let Some(slope) = view::slope_of(visit, shown) {
            section.sheet {
                h2 { (visit.say("Thay đổi", "Change")) }
                (view::framed(&slope, visit.say(
                    "Nét đậm: có bằng chứng về thay đổi. Nét đứt: chưa đủ bằng chứng.",
                    "Strong lines: evidence of a change. Broken lines: no evidence.",
                )))
            }
        }
    }
}

fn downloads(visit: &Visit, here: &str) -> Markup {
    let file = |name: &str, what: &str, hint: &str| html! { li { a href=(visit.link(&format!("{here}/{name}"))) { (what) } " – " (hint) } };
    html! {
        section.screen {
            h2 #data { (visit.say("Tải số liệu", "Download the figures")) }
            ul {
                (file("figures.xlsx", "XLSX", visit.say("cho bảng tính", "for spreadsheets")))
                (file("figures-excel.csv", visit.say("CSV cho Excel", "CSV for Excel"), visit.say("dấu chấm phẩy, dấu phẩy thập phân", "semicolons, decimal commas")))
                (file("figures.csv", "CSV", visit.say("cho phần mềm thống kê", "for statistical software")))
            }
        }
    }
}

/// How the figures came about, as far as everybody may know it.
fn made_of<'t>(visit: &Visit, sheet: &Sheet, shown: &Shown) -> Vec<(&'t str, Markup)> {
    let Source::Composite { year, top, .. } = &shown.source else { return of_survey(visit, sheet, shown) };
    let source = visit.say("Chỉ số tổng hợp từ bảng số liệu và khảo sát", "A composite index over tables and surveys");
    let mut rows = vec![(visit.say("Nguồn", "Source"), html! { (source) }), (visit.say("Kỳ", "Year"), html! { (year) })];
    if let Some(top) = top {
        let (vi, en) = (
            format!("Chỉ {top} nơi đứng đầu có điểm và hạng; còn lại chỉ có nhóm"),
            format!("The first {top} alone have score and rank; the others have their group"),
        );
        rows.push((visit.say("Công bố", "Published"), html! { (visit.say(vi, en)) }));
    }
    rows
}

/// Where the formula stands, and by what the edition is known for good.
fn method(visit: &Visit, sheet: &Sheet, shown: &Shown) -> Markup {
    let edition = &sheet.edition;
    let method = visit.link(&with(&format!("/methods/{}", segment(&edition.index_code)), "version", &edition.index_version));
    let version = format!("{} {}", edition.index_code, edition.index_version);
    let mut rows = vec![
        (visit.say("Cách tính", "Method"), html! { a href=(method) { (version) } }),
        (visit.say("Ấn bản", "Edition"), html! { code { (edition.code) } }),
    ];
    if let Some(digest) = &sheet.digest {
        rows.push((visit.say("Mã kiểm chứng (SHA-256)", "Digest (SHA-256)"), html! { code { (hex(digest)) } }));
    }
    html! {
        section {
            h2 #method { (visit.say("Cách tính", "Method")) }
            @if let Some(note) = &shown.note { p { (said(note, visit.lang)) } }
            (facts(&rows))
        }
    }
}

fn of_survey<'t>(visit: &Visit, sheet: &Sheet, shown: &Shown) -> Vec<(&'t str, Markup)> {
    let lang = visit.lang;
    let Source::Survey { frame, mode, opens_at, closes_at, clusters, invited, .. } = &shown.source else { return Vec::new() };
    let mode = match mode.as_str() {
        "probability_sample" => visit.say("Điều tra chọn mẫu xác suất", "A probability sample"),
        "transaction_stream" => visit.say("Phản ánh sau giao dịch, tự nguyện", "Feedback after transactions, by whoever chose to"),
        _ => visit.say("Phản ánh tự nguyện", "Answers of whoever chose to"),
    };
    let until = closes_at.map_or_else(|| visit.say("chưa đóng", "still open").to_owned(), |at| say::day(lang, at));
    // A wave of before there were dates begins with the count of time.
    let from = if *opens_at > 0 { say::day(lang, *opens_at) } else { String::new() };
    let mut rows = vec![
        (visit.say("Nguồn", "Source"), html! { (mode) }),
        (visit.say("Đối tượng", "Of whom"), html! { (said(frame, lang)) }),
        (visit.say("Thời gian", "When"), html! { (from) " – " (until) }),
    ];
    if let Some(responses) = sheet.manifest["responses"].as_i64() {
        rows.push((visit.say("Số phiếu", "Responses"), html! { (say::whole(lang, responses)) }));
    }
    if let Some(clusters) = clusters {
        let (count, strata) = (say::whole(lang, clusters.clusters), say::whole(lang, clusters.strata));
        let said = if clusters.kind == "device_day" {
            visit.say(format!("{count} cụm thiết bị–ngày, {strata} tầng"), format!("{count} device-days in {strata} strata"))
        } else {
            visit.say(format!("từng phiếu, {strata} tầng"), format!("each response by itself, in {strata} strata"))
        };
        rows.push((visit.say("Sai số tính theo", "Intervals rest on"), html! { (said) }));
    }
    let chain = &sheet.manifest["chain"];
    for (member, vi, en) in [
        ("overall", "Tỷ lệ trả lời trên số lượt phục vụ", "Answers among customers"),
        ("answered", "Tỷ lệ trả lời trên số lời mời", "Answers among invitations"),
    ] {
        if let Some(share) = chain[member].as_f64() {
            rows.push((visit.say(vi, en), html! { (say::percent(lang, share, 1)) }));
        }
    }
    if let Some(share) = invited {
        rows.push((visit.say("Phiếu theo thư mời", "By invitation"), html! { (say::percent(lang, *share, 1)) }));
    }
    rows
}

/// The page of an edition that was taken back: its figures are struck, and it says why.
fn withdrawn(visit: &Visit, sheet: &Sheet) -> HttpResponse {
    let title = visit.say(format!("Ấn bản {} đã bị rút", sheet.edition.code), format!("Edition {} was withdrawn", sheet.edition.code));
    let day = |at: Option<i64>| html! { (at.map_or_else(String::new, |at| say::day(visit.lang, at))) };
    Page::public(visit, title).cached().below("/", visit.say("Các ấn bản", "Editions")).answer(html! {
        (notice(Notice::Care, &html! { p { (visit.say(
            "Số liệu của ấn bản này đã bị xóa bỏ và không nên dùng nữa.", "The figures of this edition are struck and should not be used any more.",
        )) } }))
        (facts(&[
            (visit.say("Lý do", "Reason"), html! { (sheet.withdrawn_reason.as_deref().unwrap_or("–")) }),
            (visit.say("Công bố", "Published"), day(sheet.edition.published_at)),
            (visit.say("Rút", "Withdrawn"), day(sheet.edition.withdrawn_at)),
            (visit.say("Chỉ số", "Index"), html! { (sheet.edition.index_code) " " (sheet.edition.index_version) }),
        ]))
        p { a href=(visit.link("/")) { (visit.say("Các ấn bản còn hiệu lực", "Editions that stand")) } }
    })
}
