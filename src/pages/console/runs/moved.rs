//! What changed since the edition before, which ranks moved, and whether that is evidence.

use maud::{Markup, html};
use uuid::Uuid;

use super::figures::{domain, movement, rank};
use crate::index::round;
use crate::office::figures::{Against, CompositePage, Pair, ScoresPage, against, composite_against};
use crate::office::{Look, Refusal};
use crate::pages::parts::{Head, Notice, notice, table};
use crate::pages::say;
use crate::pages::visit::Visit;
use crate::publication::disclosure::{CompositeFigure, Figure, Seen};
use crate::store::schemas::IndexKind;
use crate::unit::UnitId;

/// So many rows are shown, those that moved most first.
const SHOWN: usize = 40;

/// A run beside the edition before it, of either kind.
pub enum Moved {
    /// It would be the first edition.
    First,
    Survey(Box<Against<Figure, ScoresPage>>),
    Composite(Box<Against<CompositeFigure, CompositePage>>),
}

pub fn gather(look: &mut Look<'_>, id: Uuid, kind: IndexKind) -> Result<Moved, Refusal> {
    Ok(match kind {
        IndexKind::Survey => against(look, id)?.map_or(Moved::First, |found| Moved::Survey(Box::new(found))),
        IndexKind::Composite => composite_against(look, id)?.map_or(Moved::First, |found| Moved::Composite(Box::new(found))),
    })
}

/// A row of the table, and by how much it moved.
struct Row {
    by: f64,
    ranks: bool,
    cells: Vec<Markup>,
}

pub fn shown(visit: &Visit, moved: &Moved) -> Markup {
    let (edition, tested, same_version, mut rows) = match moved {
        Moved::First => {
            return html! { p.hint { (visit.say("Đây sẽ là ấn bản đầu tiên của chỉ số: chưa có gì để so.", "It would be the first edition of the index: there is nothing to compare with.")) } };
        }
        Moved::Survey(found) => (&found.edition, found.tested, found.same_version, survey(visit, found)),
        Moved::Composite(found) => (&found.edition, found.tested, found.same_version, composite(visit, found)),
    };
    let (all, ranks) = (rows.len(), rows.iter().filter(|row| row.ranks).count());
    rows.retain(|row| row.by > 0.0 || row.ranks);
    let changed = rows.len();
    rows.sort_by(|one, other| other.by.total_cmp(&one.by));
    rows.truncate(SHOWN);
    let lang = visit.lang;
    let heads = [
        Head::Text(visit.say("Đơn vị, miền", "Unit, domain")),
        Head::Number(visit.say("Trước", "Before")),
        Head::Number(visit.say("Nay", "Now")),
        Head::Number(visit.say("Thay đổi", "Change")),
        Head::Number(visit.say("Hạng trước", "Rank before")),
        Head::Number(visit.say("Hạng nay", "Rank now")),
        Head::Text(visit.say("Hạng đổi", "Rank moved")),
    ];
    html! {
        p {
            (visit.say("So với ấn bản ", "Against the edition ")) strong { (edition) } ": "
            (lang.count(changed, "số liệu đổi", ["figure changed", "figures changed"])) " / " (all) ", "
            (lang.count(ranks, "hạng đổi", ["rank moved", "ranks moved"])) "."
        }
        @if !same_version {
            (notice(Notice::Care, &html! { p { (visit.say(
                "Ấn bản ấy dùng phiên bản khác của chỉ số: hiệu của hai con số có thể do định nghĩa.",
                "That edition is of another version of the index: a difference may come of the definition.")) } }))
        }
        @if !tested && changed > 0 {
            (notice(Notice::Note, &html! { p { (visit.say(
                "Chưa có kiểm định: lần tính này không lấy lần tính của ấn bản ấy làm mốc so sánh. Muốn biết thay đổi có phải bằng chứng hay không, hãy tính lại và chọn mốc.",
                "Nothing is tested: this run was not computed with that edition’s run as its earlier one. To know whether a change is evidence, compute again and name it.")) } }))
        }
        @if !rows.is_empty() { (table(visit.say("Thay đổi nhiều nhất trước", "The largest changes first"), &heads, rows.into_iter().map(|row| row.cells))) }
        @if changed > SHOWN { p.hint { (visit.say("Chỉ hiện ", "Shown: ")) (SHOWN) (visit.say(" dòng đổi nhiều nhất.", " rows that changed most.")) } }
    }
}

/// Whether a rank moved, and whether the data say so.
fn rise(visit: &Visit, before: Option<i32>, now: Option<i32>, bounds: Option<(i32, i32)>) -> Markup {
    let (Some(before), Some(now)) = (before, now) else { return html! { "–" } };
    let gained = before - now;
    html! {
        @if gained == 0 { "0" } @else if gained > 0 { "▲ " (gained) } @else { "▼ " (gained.abs()) }
        @if let Some((low, high)) = bounds {
            " " span.hint { "[" (low) ", " (high) "]" } " "
            @if low > 0 || high < 0 { span.tag.good { (visit.say("có bằng chứng", "evidence")) } }
            @else if gained != 0 { span.tag.quiet-tag { (visit.say("chưa đủ bằng chứng", "no evidence")) } }
        }
    }
}

fn number(visit: &Visit, value: Option<f64>, decimals: u8) -> Markup {
    html! { @if let Some(value) = value { (say::number(visit.lang, value, decimals)) } @else { "–" } }
}

/// By how much a figure moved; one that came or went has moved most.
fn distance(before: Option<f64>, now: Option<f64>, decimals: u8) -> f64 {
    match (before, now) {
        (Some(before), Some(now)) => {
            let to = |value: f64| round(value, decimals);
            round((to(now) - to(before)).abs(), decimals)
        }
        (None, None) => 0.0,
        _ => f64::MAX,
    }
}

fn survey(visit: &Visit, found: &Against<Figure, ScoresPage>) -> Vec<Row> {
    let (decimals, level) = (found.page.definition.decimals(), found.page.definition.level());
    let row = |Pair { before, now }: &Pair<Figure>| {
        let key = now.as_ref().or(before.as_ref()).map(|figure| &figure.domain)?;
        let value = |figure: &Option<Seen<Figure>>| figure.as_ref().and_then(|figure| figure.numbers.value);
        let place = |figure: &Option<Seen<Figure>>| figure.as_ref().and_then(|figure| figure.numbers.rank);
        let (was, is) = (value(before), value(now));
        let (rank_was, rank_is) = (place(before), place(now));
        let change = now.as_ref().and_then(|figure| figure.change).filter(|_| found.tested);
        let bounds = change.and_then(|change| change.rise_low.zip(change.rise_high));
        let difference = was.zip(is).map(|(was, is)| say::signed(visit.lang, is - was, decimals));
        let bounds_now = now.as_ref().map(|figure| (figure.numbers.rank_low, figure.numbers.rank_high)).unwrap_or_default();
        Some(Row {
            by: distance(was, is, decimals),
            ranks: rank_was.zip(rank_is).is_some_and(|(was, is)| was != is),
            cells: vec![
                html! { (domain(visit, &found.page.units, key)) },
                number(visit, was, decimals),
                number(visit, is, decimals),
                html! { @if change.is_some() { (movement(visit, change.as_ref(), decimals, level)) } @else { (difference.as_deref().unwrap_or("–")) } },
                rank(rank_was, None, None),
                rank(rank_is, bounds_now.0, bounds_now.1),
                rise(visit, rank_was, rank_is, bounds),
            ],
        })
    };
    found.pairs.iter().filter_map(row).collect()
}

fn composite(visit: &Visit, found: &Against<CompositeFigure, CompositePage>) -> Vec<Row> {
    let decimals = found.page.definition.publication().decimals();
    let row = |Pair { before, now }: &Pair<CompositeFigure>| {
        let figure = now.as_ref().or(before.as_ref())?;
        let unit = figure.unit_id.and_then(|id| found.page.units.get(UnitId(id)));
        let name = unit.map_or_else(|| figure.unit.clone(), |unit| unit.record.name(visit.lang).to_owned());
        let numbers = |figure: &Option<Seen<CompositeFigure>>| figure.as_ref().map(|figure| figure.numbers).unwrap_or_default();
        let (was, is) = (numbers(before), numbers(now));
        let difference = was.score.zip(is.score).map(|(was, is)| say::signed(visit.lang, is - was, decimals));
        Some(Row {
            by: distance(was.score, is.score, decimals),
            ranks: was.rank.zip(is.rank).is_some_and(|(was, is)| was != is),
            cells: vec![
                html! { (name) },
                number(visit, was.score, decimals),
                number(visit, is.score, decimals),
                html! { (difference.as_deref().unwrap_or("–")) },
                rank(was.rank, None, None),
                rank(is.rank, is.rank_low, is.rank_high),
                rise(visit, was.rank, is.rank, None),
            ],
        })
    };
    found.pairs.iter().filter_map(row).collect()
}
