//! What pages of editions share: a headline, tables of places, charts of what a sheet holds.

use maud::{Markup, html};

use super::sheet::{Mark, Place, Shown, Source};
use super::{said, short};
use crate::pages::chart::{About, Caterpillar, Grid, Line, Span, Tile, caterpillar, slope, tiles};
use crate::pages::parts::{Head, Notice, notice, table};
use crate::pages::say;
use crate::pages::visit::Visit;
use crate::words::Lang;

/// The name of a place on a page.
pub(in crate::pages) fn name(place: &Place, lang: Lang) -> String {
    place.unit.as_ref().map_or_else(|| place.code.clone(), |(_, unit)| short(unit, lang).to_owned())
}

/// What is shown, in a line: the index, and which part of it if it is not the whole.
fn titled(shown: &Shown, lang: Lang) -> String {
    let index = said(&shown.title, lang);
    if shown.node == 0 { index.to_owned() } else { format!("{index}: {}", said(&shown.nodes[shown.node].label, lang)) }
}

/// A value with its interval, where both are known.
pub(in crate::pages) fn span(mark: &Mark) -> Option<Span> {
    let value = mark.numbers.value?;
    Some(Span { value, interval: mark.numbers.low.zip(mark.numbers.high) })
}

/// What a level is called: `95%`.
pub(in crate::pages) fn level(shown: &Shown, lang: Lang) -> String {
    say::percent(lang, shown.level, u8::from((shown.level * 100.0).fract().abs() > 1e-9))
}

/// The whole that places are held against.
fn whole(visit: &Visit, shown: &Shown) -> Option<(&'static str, f64)> {
    let name = if shown.list().is_some_and(|list| list.starts_with("vn-")) {
        visit.say("Cả nước", "Country")
    } else {
        visit.say("Chung", "All")
    };
    Some((name, shown.whole.as_ref()?.numbers.value?))
}

/// The score of the whole, large, with its interval.
pub(in crate::pages) fn headline(visit: &Visit, shown: &Shown) -> Markup {
    let lang = visit.lang;
    let Some(mark) = &shown.whole else { return html! {} };
    let numbers = &mark.numbers;
    html! {
        div.headline {
            @match numbers.value {
                Some(value) => {
                    p.score { (say::number(lang, value, shown.decimals)) }
                    div {
                        p.what { (said(&shown.nodes[shown.node].label, lang)) }
                        @if let Some((low, high)) = numbers.low.zip(numbers.high) {
                            p {
                                (visit.say("Khoảng tin cậy ", "Confidence interval ")) (level(shown, lang)) ": "
                                strong { (say::interval(lang, low, high, shown.decimals)) }
                            }
                        }
                        @if let Some(n) = numbers.n { p { (say::whole(lang, n)) " " (visit.say("phiếu trả lời", "responses")) } }
                    }
                }
                None => div { p.what { (said(&shown.nodes[shown.node].label, lang)) } p { (visit.say("Không công bố", "Not published")) } }
            }
        }
    }
}

/// What one must know before reading any figure.
pub(in crate::pages) fn cautions(visit: &Visit, shown: &Shown) -> Markup {
    html! {
        @if shown.is_synthetic() {
            (notice(Notice::Care, &html! { p { (visit.say(
                "Dữ liệu giả lập: do chương trình tạo ra để minh họa, không có ai được hỏi.",
                "Synthetic data: made by a program for demonstration; nobody was asked.",
            )) } }))
        }
        @if let Source::Survey { mode, .. } = &shown.source {
            @if mode != "probability_sample" {
                (notice(Notice::Note, &html! { p { (visit.say(
                    "Người trả lời tự chọn tham gia, không được rút mẫu. Kết quả nói về những người đã trả lời; khoảng tin cậy không tính đến những người không trả lời.",
                    "Those who answered chose to; nobody was drawn. The figures speak of those who answered, and the intervals take no account of those who did not.",
                )) } }))
            }
        }
    }
}

/// Every place with its interval.
pub(in crate::pages) fn caterpillar_of(visit: &Visit, shown: &Shown, source: Option<&str>) -> Markup {
    let lang = visit.lang;
    let rows: Vec<(String, Option<Span>)> = shown.places.iter().map(|place| (name(place, lang), span(&place.mark))).collect();
    let title = titled(shown, lang);
    let desc = visit.say(
        "Mỗi dòng là điểm của một nơi với khoảng tin cậy. Những nơi có khoảng chồng lên nhau có thể đổi thứ tự cho nhau.",
        "Each row is a score with its confidence interval. Places whose intervals overlap may well stand in another order.",
    );
    let about = About { lang, id: "caterpillar", title: &title, desc, source, decimals: shown.decimals };
    caterpillar(&about, &Caterpillar { rows: &rows, whole: whole(visit, shown) })
}

/// The map of an edition whose places have one.
pub(in crate::pages) fn map_of(visit: &Visit, shown: &Shown) -> Option<Markup> {
    let grid = Grid::of(shown.list()?)?;
    let lang = visit.lang;
    let tile = |place: &Place| Tile { code: place.code.clone(), name: name(place, lang), value: place.mark.numbers.value };
    let values: Vec<Tile> = shown.places.iter().map(tile).collect();
    let desc = visit.say(
        "Mỗi ô là một tỉnh, thành phố, cùng cỡ, ở gần đúng vị trí. Màu đậm hơn: điểm cao hơn. Chênh lệch nhỏ về màu có thể chỉ là sai số.",
        "Each tile is a province, all of one size, about where it lies. Darker is higher. A small difference in shade may be sampling error.",
    );
    let title = visit.say("Bản đồ ô vuông", "Tile map");
    Some(tiles(&About { lang, id: "map", title, desc, source: None, decimals: shown.decimals }, grid, &values))
}

/// What moved since the edition before, where something is known of it.
pub(in crate::pages) fn slope_of(visit: &Visit, shown: &Shown) -> Option<Markup> {
    let lang = visit.lang;
    let lines: Vec<Line> = shown
        .places
        .iter()
        .filter_map(|place| {
            let (shift, after) = (place.mark.change?, place.mark.numbers.value?);
            Some(Line { name: name(place, lang), before: shift.before, after, evidence: shift.evidence })
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let desc = visit.say(
        "Nét đậm: thay đổi có bằng chứng thống kê, đã hiệu chỉnh cho số so sánh. Nét đứt: chưa đủ bằng chứng.",
        "Strong lines are changes with statistical evidence, corrected for the number of comparisons. Broken ones have none.",
    );
    let title = visit.say("Thay đổi so với lần trước", "Change since the time before");
    let times = (visit.say("Lần trước", "Before"), visit.say("Lần này", "Now"));
    Some(slope(&About { lang, id: "slope", title, desc, source: None, decimals: shown.decimals }, times, &lines, lines.len() <= 12))
}

/// Whether any figure has an interval.
pub(in crate::pages) fn has_intervals(shown: &Shown) -> bool {
    shown.places.iter().map(|place| &place.mark).chain(&shown.whole).any(|mark| mark.numbers.low.is_some())
}

/// A figure in its frame, with what there is to see below it.
pub(in crate::pages) fn framed(chart: &Markup, caption: &str) -> Markup {
    html! { figure { div.scroll tabindex="0" role="group" aria-label=(caption) { (chart) } figcaption { (caption) } } }
}

/// The table of all places: the same numbers as the charts, with what charts leave out.
pub(in crate::pages) fn table_of(visit: &Visit, shown: &Shown, link: impl Fn(&Place) -> Option<String>) -> Markup {
    let lang = visit.lang;
    let marks = || shown.places.iter().map(|place| &place.mark);
    let (ranked, counted) = (marks().any(|mark| mark.numbers.rank.is_some()), marks().any(|mark| mark.numbers.n.is_some()));
    let (moved, tiered) = (marks().any(|mark| mark.change.is_some()), marks().any(|mark| mark.tier.is_some()));
    let (doubted, between) = (has_intervals(shown), marks().any(|mark| mark.numbers.rank_low.is_some()));
    let mut heads = vec![Head::Text(visit.say("Nơi", "Place")), Head::Number(visit.say("Điểm", "Score"))];
    let interval = format!("{} {}", visit.say("Khoảng tin cậy", "Interval"), level(shown, lang));
    for (there, head) in [
        (doubted, Head::Number(&interval)),
        (ranked, Head::Number(visit.say("Hạng", "Rank"))),
        (between, Head::Number(visit.say("Hạng có thể", "Possible ranks"))),
        (moved, Head::Number(visit.say("Thay đổi", "Change"))),
        (tiered, Head::Text(visit.say("Nhóm", "Group"))),
        (counted, Head::Number(visit.say("Số phiếu", "Responses"))),
    ] {
        heads.extend(there.then_some(head));
    }
    let mut places: Vec<&Place> = shown.places.iter().collect();
    let order = |place: &Place| place.mark.numbers.value.unwrap_or(f64::NEG_INFINITY);
    places.sort_by(|a, b| order(b).total_cmp(&order(a)).then_with(|| name(a, lang).cmp(&name(b, lang))));
    let rows = places.into_iter().map(|place| {
        let mark = &place.mark;
        let mut cells = vec![
            html! { @if let Some(link) = link(place) { a href=(link) { (name(place, lang)) } } @else { (name(place, lang)) } },
            score(visit, shown, mark),
        ];
        let ranks = mark.numbers.rank_low.zip(mark.numbers.rank_high).map(|(low, high)| format!("{low}–{high}"));
        for (there, cell) in [
            (doubted, interval_of(lang, shown, mark)),
            (ranked, html! { (mark.numbers.rank.map_or_else(String::new, |rank| rank.to_string())) }),
            (between, html! { (ranks.unwrap_or_default()) }),
            (moved, change(visit, shown, mark)),
            (tiered, html! { (mark.tier.as_ref().map_or("", |tier| said(tier, lang))) }),
            (counted, html! { (mark.numbers.n.map_or_else(String::new, |n| say::whole(lang, n))) }),
        ] {
            cells.extend(there.then_some(cell));
        }
        cells
    });
    let caption = titled(shown, lang);
    let table = table(&caption, &heads, rows);
    html! {
        (table)
        @if marks().any(|mark| mark.hidden) {
            p.hint { "– : " (visit.say("không công bố, để không lộ câu trả lời của ai", "not published, so that it tells nobody’s answers")) }
        }
    }
}

/// A score as a cell, or the sign that it is not published.
pub(in crate::pages) fn score(visit: &Visit, shown: &Shown, mark: &Mark) -> Markup {
    html! {
        @if let Some(value) = mark.numbers.value { (say::number(visit.lang, value, shown.decimals)) }
        @else { abbr title=(visit.say("không công bố", "not published")) { "–" } }
    }
}

pub(in crate::pages) fn interval_of(lang: Lang, shown: &Shown, mark: &Mark) -> Markup {
    let interval = mark.numbers.low.zip(mark.numbers.high).map(|(low, high)| say::interval(lang, low, high, shown.decimals));
    html! { (interval.unwrap_or_default()) }
}

/// How a figure moved, and in words whether that is evidence.
pub(in crate::pages) fn change(visit: &Visit, shown: &Shown, mark: &Mark) -> Markup {
    let Some(shift) = mark.change else { return html! {} };
    let (sign, said) = match (shift.evidence, shift.difference > 0.0) {
        (true, true) => ("▲", visit.say("tăng, có bằng chứng", "rose, with evidence")),
        (true, false) => ("▼", visit.say("giảm, có bằng chứng", "fell, with evidence")),
        (false, _) => ("≈", visit.say("chưa đủ bằng chứng", "no evidence of a change")),
    };
    html! { (say::signed(visit.lang, shift.difference, shown.decimals)) " " abbr title=(said) { (sign) } }
}
