//! `/e/{edition}/u/{unit}`: where one place stands, in what, and whether it moved.

use actix_web::{HttpResponse, get, web};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::profile::{Profile, profile};
use super::sheet::{Mark, Place, Sheet, Shown, Source, gather};
use super::{edition_at, geography, portrait, said, segment, shared, view};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::figures::compare;
use crate::office::{Actor, Look, Refusal};
use crate::pages::chart::{About, Line, slope};
use crate::pages::frame::Page;
use crate::pages::parts::{Notice, Select, facts, notice};
use crate::pages::say;
use crate::pages::visit::Visit;
use crate::words::Lang;

/// What the place is held against.
#[derive(Debug, Deserialize, Validate)]
pub struct UnitQuery {
    /// The code of another place of the edition.
    #[validate(length(max = 200))]
    with: Option<String>,
    /// The list of provinces that years are shown on.
    #[validate(length(max = 20))]
    list: Option<String>,
}

/// The page of a place.
#[get("/e/{edition}/u/{unit}")]
pub async fn show_unit(
    state: AppState,
    visit: Visit,
    path: web::Path<(String, String)>,
    query: Query<UnitQuery>,
) -> Result<HttpResponse, Refusal> {
    let (edition, code) = path.into_inner();
    let UnitQuery { with, list } = query.into_inner();
    let (sheet, profile) = {
        let (edition, code) = (edition.clone(), code.clone());
        state.look(Actor::anyone(), move |look| read(look, &edition, &code)).await?
    };
    let found = sheet.shown.as_ref().and_then(|shown| Some((shown, shown.place(&code)?)));
    let (shown, place) = found.ok_or_else(Refusal::not_found)?;
    let other = with.as_deref().filter(|with| !with.is_empty());
    let other = other.map(|with| shown.place(with).ok_or_else(|| missing(with))).transpose()?;
    let series = match list {
        Some(list) if geography::has_lists(shown, place) => {
            let (of, place) = (list.clone(), place.clone());
            Some((list, state.look_long(Actor::anyone(), move |look| geography::read(look, &edition, &of, &place)).await))
        }
        _ => None,
    };
    let series = series.as_ref().map(|(list, read)| (list.as_str(), read));
    let here = format!("{}/u/{}", edition_at(&sheet.edition.code), segment(&code));
    let more = if geography::has_lists(shown, place) {
        geography::section(&visit, shown, &here, series)
    } else {
        html! {}
    };
    Ok(shared(page(&visit, &sheet, (shown, place, other), &profile, &more)))
}

fn read(look: &mut Look<'_>, edition: &str, code: &str) -> Result<(Sheet, Profile), Refusal> {
    let sheet = gather(look, edition, None)?;
    let Some(shown) = &sheet.shown else {
        return Err(Refusal::not_found().detail("Ấn bản này đã bị rút", "The edition was withdrawn"));
    };
    let place = shown.place(code).ok_or_else(|| missing(code))?;
    let profile = profile(look, edition, shown, place)?;
    Ok((sheet, profile))
}

fn missing(code: &str) -> Refusal {
    let (vi, en) = (
        format!("Ấn bản này không có nơi nào mang mã {code}. Hãy tìm theo tên ở trang đầu: nơi đã sáp nhập được dẫn tới nơi thay nó."),
        format!(
            "This edition has no place of the code {code}. Look for its name on the first page: one that was merged leads to what it became."
        ),
    );
    Refusal::not_found().detail(vi, en)
}

fn page(
    visit: &Visit,
    sheet: &Sheet,
    (shown, place, other): (&Shown, &Place, Option<&Place>),
    profile: &Profile,
    more: &Markup,
) -> HttpResponse {
    let lang = visit.lang;
    let here = edition_at(&sheet.edition.code);
    let name = place.unit.as_ref().map_or(place.code.as_str(), |(_, unit)| unit.name(lang));
    let page = Page::public(visit, name).cached().lead(said(&shown.title, lang));
    let page = page.below("/", visit.say("Các ấn bản", "Editions")).below(&here, sheet.edition.code.as_str());
    page.answer(html! {
        (view::cautions(visit, shown))
        (standing(visit, shown, place))
        (moved(visit, shown, place))
        (portrait::parts(visit, shown, profile))
        (portrait::series(visit, shown, profile))
        (more)
        (comparison(visit, shown, &here, place, other))
    })
}

/// Score, interval and rank in words.
pub(in crate::pages) fn standing(visit: &Visit, shown: &Shown, place: &Place) -> Markup {
    let (lang, numbers) = (visit.lang, &place.mark.numbers);
    let Some(value) = numbers.value else {
        return notice(
            Notice::Note,
            &html! { p { (visit.say(
                "Điểm của nơi này không công bố: quá ít người trả lời, hoặc để không lộ một con số bên cạnh.",
                "The score of this place is not published: too few people answered, or a figure beside it would follow from it.",
            )) } },
        );
    };
    let mut rows = Vec::new();
    if let Some(rank) = numbers.rank {
        let possible = numbers.rank_low.zip(numbers.rank_high).map(|(low, high)| {
            visit.say(
                format!("; với sai số, có thể từ hạng {low} đến hạng {high}"),
                format!("; with sampling error, anything from {low} to {high}"),
            )
        });
        rows.push((
            visit.say("Hạng", "Rank"),
            html! { strong { (rank) @if let Some(of) = shown.ranked { "/" (of) } } (possible.unwrap_or_default()) },
        ));
    }
    if let Some(tier) = &place.mark.tier {
        rows.push((visit.say("Nhóm", "Group"), html! { (said(tier, lang)) }));
    }
    if let Some(n) = numbers.n {
        let clusters = numbers.psus.map(|psus| visit.say(format!(", {psus} cụm"), format!(" in {psus} clusters")));
        rows.push((visit.say("Số phiếu", "Responses"), html! { (say::whole(lang, n)) (clusters.unwrap_or_default()) }));
    }
    if numbers.thin == Some(true) {
        rows.push((
            visit.say("Lưu ý", "Note"),
            html! { (visit.say("Ước lượng quá mỏng để dựa vào một mình", "The estimate is too thin to rely on alone")) },
        ));
    }
    if let Some(edition) = &place.mark.stands_from {
        rows.push((
            visit.say("Số liệu của", "Figure of"),
            html! { code { (edition) } " – " (visit.say("từ đó thay đổi quá ít phiếu", "too few responses changed since")) },
        ));
    }
    html! {
        div.headline {
            p.score { (say::number(lang, value, shown.decimals)) }
            div {
                p.what { (said(&shown.nodes[shown.node].label, lang)) }
                @if let Some((low, high)) = numbers.low.zip(numbers.high) {
                    p { (visit.say("Khoảng tin cậy ", "Confidence interval ")) (view::level(shown, lang)) ": " strong { (say::interval(lang, low, high, shown.decimals)) } }
                }
            }
        }
        (facts(&rows))
    }
}

/// How it moved since the time before, and whether that is evidence.
pub(in crate::pages) fn moved(visit: &Visit, shown: &Shown, place: &Place) -> Markup {
    let lang = visit.lang;
    let (Some(shift), Some(after)) = (place.mark.change, place.mark.numbers.value) else { return html! {} };
    let line = |name: String, mark: &Mark| {
        let (shift, after) = (mark.change?, mark.numbers.value?);
        Some(Line { name, before: shift.before, after, evidence: shift.evidence })
    };
    let whole = shown.whole.as_ref().and_then(|mark| line(visit.say("Chung", "All").to_owned(), mark));
    let own = Line { name: view::name(place, lang), before: shift.before, after, evidence: shift.evidence };
    let lines: Vec<Line> = std::iter::once(own).chain(whole).collect();
    let by = say::signed(lang, shift.difference, shown.decimals);
    let said = match (shift.evidence, shift.difference > 0.0) {
        (true, true) => visit.say("Có bằng chứng là điểm đã tăng.", "There is evidence that the score rose."),
        (true, false) => visit.say("Có bằng chứng là điểm đã giảm.", "There is evidence that the score fell."),
        (false, _) => visit.say("Chưa đủ bằng chứng là điểm đã thay đổi.", "There is no evidence that the score changed."),
    };
    let title = visit.say("Thay đổi so với lần trước", "Change since the time before");
    let times = (visit.say("Lần trước", "Before"), visit.say("Lần này", "Now"));
    html! {
        section.sheet {
            h2 { (title) }
            p { strong { (by) } ". " (said) }
            (view::framed(&slope(&About { lang, id: "slope", title, desc: said, source: None, decimals: shown.decimals }, times, &lines, true), said))
        }
    }
}

/// Another place beside it, and whether they differ.
fn comparison(visit: &Visit, shown: &Shown, here: &str, place: &Place, other: Option<&Place>) -> Markup {
    let lang = visit.lang;
    let mut names: Vec<(&str, String)> =
        shown.places.iter().filter(|known| known.code != place.code).map(|known| (known.code.as_str(), view::name(known, lang))).collect();
    if names.is_empty() {
        return html! {};
    }
    names.sort_by(|a, b| a.1.cmp(&b.1));
    let options: Vec<(&str, &str)> = std::iter::once(("", "–")).chain(names.iter().map(|(code, name)| (*code, name.as_str()))).collect();
    let value = other.map_or("", |other| other.code.as_str());
    html! {
        section {
            h2 #compare { (visit.say("So với nơi khác", "Beside another place")) }
            form.row.screen method="get" action={ (here) "/u/" (segment(&place.code)) "#compare" } {
                @if let Some(lang) = visit.chosen() { input type="hidden" name="lang" value=(lang.tag()); }
                (Select { name: "with", label: visit.say("Nơi khác", "Another place"), options: &options, value, ..Select::default() })
                button.plain type="submit" { (visit.say("So sánh", "Compare")) }
            }
            @if let Some(other) = other { (verdict(visit, shown, place, other, lang)) }
        }
    }
}

fn verdict(visit: &Visit, shown: &Shown, place: &Place, other: &Place, lang: Lang) -> Markup {
    let (one, two) = (view::name(place, lang), view::name(other, lang));
    let Some((own, others)) = place.mark.measured().zip(other.mark.measured()) else {
        return html! { p { (visit.say(
            "Chưa so sánh được: điểm hoặc sai số của một trong hai nơi không được công bố.",
            "They cannot be compared: the score of one of them, or its standard error, is not published.",
        )) } };
    };
    let apart = matches!(shown.source, Source::Survey { apart: true, .. });
    let found = compare(own, others, apart, shown.level);
    let by = say::number(lang, found.difference.value.abs(), shown.decimals);
    let more = found.difference.value >= 0.0;
    let said = match (found.evidence, more) {
        (true, true) => visit.say(
            format!("{one} cao hơn {two} {by} điểm; có bằng chứng về khác biệt."),
            format!("{one} is {by} points above {two}; that is evidence of a difference."),
        ),
        (true, false) => visit.say(
            format!("{one} thấp hơn {two} {by} điểm; có bằng chứng về khác biệt."),
            format!("{one} is {by} points below {two}; that is evidence of a difference."),
        ),
        (false, _) => visit.say(
            format!("{one} và {two} lệch nhau {by} điểm: chưa đủ bằng chứng về khác biệt."),
            format!("{one} and {two} are {by} points apart: no evidence of a difference."),
        ),
    };
    let p = found
        .difference
        .p_t
        .map(|p| if p < 0.0001 { format!("p < {}", say::number(lang, 0.0001, 4)) } else { format!("p = {}", say::number(lang, p, 4)) });
    html! {
        p { strong { (said) } @if let Some(p) = p { " (" (p) ")" } }
        @if !found.apart {
            p.hint { (visit.say(
                "Sai số của hai nơi có thể liên quan với nhau, nên phép so sánh lấy sai số lớn nhất có thể.",
                "The errors of the two may depend on each other, so the comparison takes the largest that is possible.",
            )) }
        }
    }
}
