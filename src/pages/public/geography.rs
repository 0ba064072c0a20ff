//! A place of a composite index over the years on one list of provinces, the old or the new: units that merged are rebuilt from their parts.

use maud::{Markup, html};

use super::sheet::{Place, Shown, Source, asked};
use crate::office::figures::{self, SeriesWish};
use crate::office::{Look, Refusal};
use crate::pages::parts::{Head, Notice, notice, table};
use crate::pages::say;
use crate::pages::visit::{Visit, with};

/// The lists that a series can be shown on.
const LISTS: [&str; 2] = ["vn-63", "vn-34"];

/// A year of the series, of one unit.
pub(super) struct Year {
    when: String,
    name: String,
    /// What it was rebuilt from, by the codes of tables; nothing of one whose figures were published as they are.
    parts: Vec<String>,
    score: Option<f64>,
    rank: Option<u32>,
}

/// The series of a place on a list.
pub(super) fn read(look: &mut Look<'_>, edition: &str, list: &str, place: &Place) -> Result<Vec<Year>, Refusal> {
    let codes = codes_on(look, list, place)?;
    let wish = SeriesWish { of: asked(edition), list: list.to_owned(), weight: None, year: None };
    let series = figures::series(look, &wish)?.series;
    let mut years = Vec::new();
    for of_year in series.editions {
        for unit in of_year.units.into_iter().filter(|unit| codes.contains(&unit.unit)) {
            let parts = if unit.rebuilt { unit.parts.into_iter().map(|part| part.unit).collect() } else { Vec::new() };
            // The first node is the index itself.
            let score = unit.scores.first().copied().flatten();
            years.push(Year { when: of_year.edition.clone(), name: unit.name, parts, score, rank: unit.rank });
        }
    }
    Ok(years)
}

/// What stands for a place on a list: itself, what it became, or what it was made of.
fn codes_on(look: &mut Look<'_>, list: &str, place: &Place) -> Result<Vec<String>, Refusal> {
    let Some((id, own)) = &place.unit else { return Ok(Vec::new()) };
    if own.list == list {
        return Ok(vec![own.code.clone()]);
    }
    let units = look.units()?;
    let kin = units.successors(*id).iter().chain(units.predecessors(*id));
    let on_list = kin.filter_map(|link| units.get(link.unit)).filter(|unit| unit.record.list == list);
    Ok(on_list.map(|unit| unit.record.code.clone()).collect())
}

/// Whether a place has a series on lists of provinces.
pub(super) fn has_lists(shown: &Shown, place: &Place) -> bool {
    let of_provinces = place.unit.as_ref().is_some_and(|(_, unit)| LISTS.contains(&unit.list.as_str()));
    of_provinces && matches!(shown.source, Source::Composite { .. })
}

/// The section of the page: on which list, and the years; or why there are none.
pub(super) fn section(visit: &Visit, shown: &Shown, here: &str, series: Option<(&str, &Result<Vec<Year>, Refusal>)>) -> Markup {
    let choice = |list: &'static str, name: &str| {
        let chosen = series.is_some_and(|(shown, _)| shown == list);
        let address = visit.link(&format!("{}#geography", with(here, "list", list)));
        html! { li { a href=(address) aria-current=[chosen.then_some("true")] { (name) } } }
    };
    html! {
        section {
            h2 #geography { (visit.say("Qua các năm, trên một danh mục", "Over the years, on one list")) }
            ul.screen {
                (choice(LISTS[1], visit.say("34 tỉnh, thành phố (từ 2025)", "34 provinces (since 2025)")))
                (choice(LISTS[0], visit.say("63 tỉnh, thành phố (đến 2025)", "63 provinces (until 2025)")))
            }
            @match series {
                None => {}
                Some((_, Ok(years))) => (table_of(visit, shown, years)),
                Some((_, Err(refusal))) => (refused(visit, refusal)),
            }
        }
    }
}

fn table_of(visit: &Visit, shown: &Shown, years: &[Year]) -> Markup {
    let lang = visit.lang;
    let heads = [
        Head::Text(visit.say("Năm", "Year")),
        Head::Text(visit.say("Nơi", "Place")),
        Head::Number(visit.say("Điểm", "Score")),
        Head::Number(visit.say("Hạng", "Rank")),
        Head::Text(visit.say("Lập từ", "Rebuilt from")),
    ];
    let rows = years.iter().map(|year| {
        let score = year.score.map_or_else(|| "–".to_owned(), |score| say::number(lang, score, shown.decimals));
        let rank = year.rank.map_or_else(String::new, |rank| rank.to_string());
        vec![html! { (year.when) }, html! { (year.name) }, html! { (score) }, html! { (rank) }, html! { (year.parts.join(", ")) }]
    });
    html! {
        (table(visit.say("Điểm trên danh mục này", "Scores on this list"), &heads, rows))
        @if years.iter().any(|year| !year.parts.is_empty()) {
            p.hint { (visit.say(
                "Điểm lập từ nhiều đơn vị cũ là trung bình của chúng, mỗi đơn vị như nhau: chưa ai công bố những điểm đó.",
                "A score that is rebuilt from several old units is their mean, each of the same weight: nobody published it.",
            )) }
        }
    }
}

fn refused(visit: &Visit, refusal: &Refusal) -> Markup {
    let title = refusal.title();
    notice(
        Notice::Note,
        &html! {
            p { (visit.pick(refusal.said().unwrap_or(&title))) }
            @for finding in refusal.findings().iter().take(3) { p { (finding.message(visit.lang)) } }
        },
    )
}
