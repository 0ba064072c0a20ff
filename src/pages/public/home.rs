//! `/`: what was published, and where a place stands in it.

use std::collections::HashSet;

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::sheet::{Place, Sheet, gather};
use super::{edition_at, said, segment, shared, view};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::{Actor, Look, Refusal, editions};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, Input, empty, table};
use crate::pages::say;
use crate::pages::visit::Visit;
use crate::store::editions::{Edition, EditionState};
use crate::unit::{Registry, UnitKind, plain_name};
use crate::words::Lang;

/// So many of the newest editions, each of another index, are shown with their score.
const NEWEST: usize = 6;
/// So many places are shown that a search found.
const FOUND: usize = 40;

/// What to look for.
#[derive(Debug, Deserialize, Validate)]
pub struct HomeQuery {
    /// A part of a name, with or without marks.
    #[validate(length(max = 100))]
    q: Option<String>,
}

/// What the page is made of.
struct Shelf {
    all: Vec<Edition>,
    newest: Vec<Sheet>,
    hits: Vec<Hit>,
}

/// A place that a search found in an edition.
struct Hit {
    /// As the reader knows it.
    name: String,
    /// The place that has figures, where it is another: what became of it, or what it was made of.
    now: Option<String>,
    sheet: usize,
    code: String,
}

/// The page.
#[get("/")]
pub async fn show_home(state: AppState, visit: Visit, query: Query<HomeQuery>) -> Result<HttpResponse, Refusal> {
    let wanted = query.into_inner().q.map(|q| q.trim().to_owned()).filter(|q| !q.is_empty());
    let (lang, asked) = (visit.lang, wanted.clone());
    let shelf = state.look(Actor::anyone(), move |look| shelf(look, asked.as_deref(), lang)).await?;
    Ok(shared(page(&visit, wanted.as_deref(), &shelf)))
}

fn shelf(look: &mut Look<'_>, wanted: Option<&str>, lang: Lang) -> Result<Shelf, Refusal> {
    let all = editions::list(look)?;
    let mut seen = HashSet::new();
    let first = |edition: &&Edition| edition.state == EditionState::Published && seen.insert(edition.index_code.clone());
    let codes: Vec<String> = all.iter().filter(first).take(NEWEST).map(|edition| edition.code.clone()).collect();
    let newest = codes.iter().map(|code| gather(look, code, None)).collect::<Result<Vec<_>, _>>()?;
    let hits = match wanted {
        Some(wanted) => search(&*look.units()?, &newest, &plain_name(wanted), lang),
        None => Vec::new(),
    };
    Ok(Shelf { all, newest, hits })
}

/// Places by a part of their name. Of a province that is no more, or not yet, those that have figures in its stead.
fn search(units: &Registry, newest: &[Sheet], wanted: &str, lang: Lang) -> Vec<Hit> {
    let matches = |name: &str| plain_name(name).contains(wanted);
    let mut hits = Vec::new();
    for (sheet, shown) in newest.iter().enumerate().filter_map(|(at, sheet)| Some((at, sheet.shown.as_ref()?))) {
        let known = |place: &Place| place.code == wanted || matches(&view::name(place, lang));
        let direct = shown.places.iter().filter(|place| known(place));
        hits.extend(direct.map(|place| Hit { name: view::name(place, lang), now: None, sheet, code: place.code.clone() }));
        let list = shown.list();
        let others = units.iter().filter(|unit| unit.record.kind == UnitKind::Province && Some(unit.record.list.as_str()) != list);
        for unit in others.filter(|unit| matches(unit.record.name(lang))) {
            let kin = units.successors(unit.id).iter().chain(units.predecessors(unit.id)).map(|link| link.unit);
            for place in kin.filter_map(|kin| shown.places.iter().find(|place| place.unit.as_ref().is_some_and(|(id, _)| *id == kin))) {
                if !hits.iter().any(|hit| hit.sheet == sheet && hit.code == place.code) {
                    let now = Some(view::name(place, lang));
                    hits.push(Hit { name: unit.record.name(lang).to_owned(), now, sheet, code: place.code.clone() });
                }
            }
        }
    }
    hits.truncate(FOUND);
    hits
}

fn page(visit: &Visit, wanted: Option<&str>, shelf: &Shelf) -> HttpResponse {
    let title = visit.say("Người dân hài lòng đến đâu?", "How satisfied are citizens?");
    let lead = visit.say(
        "Các chỉ số đã công bố, mỗi con số kèm khoảng tin cậy.",
        "Indices that were published, each figure with its confidence interval.",
    );
    Page::public(visit, title).cached().lead(lead).answer(html! {
        @if shelf.newest.is_empty() {
            (empty(visit.say("Chưa có ấn bản nào", "There is no edition yet"), &html! { p { (visit.say(
                "Ấn bản xuất hiện ở đây khi một lần tính đã được người thứ hai duyệt và công bố.",
                "Editions stand here once a run was approved and published by a second person.",
            )) } }))
        } @else {
            (search_form(visit, wanted))
            @if let Some(wanted) = wanted { (found(visit, wanted, shelf)) }
            h2 { (visit.say("Mới nhất", "The newest")) }
            div.cards { @for sheet in &shelf.newest { (card(visit, sheet)) } }
        }
        @if shelf.all.len() > shelf.newest.len() { (all(visit, &shelf.all)) }
    })
}

fn search_form(visit: &Visit, wanted: Option<&str>) -> Markup {
    let label = visit.say("Tìm tỉnh, thành phố hoặc cơ quan", "Find a province or an agency");
    html! {
        form.row.screen role="search" method="get" action="/" {
            @if let Some(lang) = visit.chosen() { input type="hidden" name="lang" value=(lang.tag()); }
            (Input { name: "q", label, kind: "search", value: wanted.unwrap_or_default(), maxlength: Some(100), ..Input::default() })
            button type="submit" { (visit.say("Tìm", "Find")) }
        }
    }
}

fn found(visit: &Visit, wanted: &str, shelf: &Shelf) -> Markup {
    html! {
        h2 { (visit.say("Tìm thấy: ", "Found: ")) "“" (wanted) "”" }
        @if shelf.hits.is_empty() {
            p { (visit.say("Không có nơi nào tên như vậy trong các ấn bản mới nhất.", "No place of that name is in the newest editions.")) }
        } @else {
            ul.found {
                @for hit in &shelf.hits {
                    @let sheet = &shelf.newest[hit.sheet];
                    li {
                        a href=(visit.link(&format!("{}/u/{}", edition_at(&sheet.edition.code), segment(&hit.code)))) {
                            (hit.name) @if let Some(now) = &hit.now { " → " (now) }
                        }
                        " – " (sheet.shown.as_ref().map_or("", |shown| said(&shown.title, visit.lang)))
                    }
                }
            }
        }
    }
}

/// An edition in short.
fn card(visit: &Visit, sheet: &Sheet) -> Markup {
    let lang = visit.lang;
    let Some(shown) = &sheet.shown else { return html! {} };
    let numbers = shown.whole.as_ref().map(|mark| mark.numbers);
    html! {
        article.card {
            h3 { a href=(visit.link(&edition_at(&sheet.edition.code))) { (said(&shown.title, lang)) } }
            @if let Some((value, numbers)) = numbers.and_then(|numbers| Some((numbers.value?, numbers))) {
                p.score { (say::number(lang, value, shown.decimals)) }
                @if let Some((low, high)) = numbers.low.zip(numbers.high) {
                    p.hint { (visit.say("khoảng tin cậy ", "confidence interval ")) (say::interval(lang, low, high, shown.decimals)) }
                }
            } @else {
                p.hint { (lang.count(shown.places.len(), "nơi", ["place", "places"])) }
            }
            @if shown.is_synthetic() { p.hint { strong { (visit.say("Dữ liệu giả lập", "Synthetic data")) } } }
            p.hint { (sheet.edition.published_at.map_or_else(String::new, |at| say::day(lang, at))) " · " code { (sheet.edition.code) } }
        }
    }
}

/// Every edition, also those that were withdrawn: people have quoted them.
fn all(visit: &Visit, all: &[Edition]) -> Markup {
    let heads = [
        Head::Text(visit.say("Ấn bản", "Edition")),
        Head::Text(visit.say("Chỉ số", "Index")),
        Head::Text(visit.say("Công bố", "Published")),
        Head::Text(visit.say("Trạng thái", "State")),
    ];
    let rows = all.iter().map(|edition| {
        let state = match edition.state {
            EditionState::Withdrawn => visit.say("đã rút", "withdrawn"),
            EditionState::Published | EditionState::Embargoed => visit.say("còn hiệu lực", "stands"),
        };
        let day = edition.published_at.map_or_else(String::new, |at| say::day(visit.lang, at));
        vec![
            html! { a href=(visit.link(&edition_at(&edition.code))) { (edition.code) } },
            html! { (edition.index_code) " " (edition.index_version) },
            html! { (day) },
            html! { (state) },
        ]
    });
    html! { h2 { (visit.say("Mọi ấn bản", "All editions")) } (table(visit.say("Mọi ấn bản", "All editions"), &heads, rows)) }
}
