//! Where a unit loses points: the parts of the index by what they take from its score.

use maud::{Markup, html};

use super::own::{OfKind, Picked};
use crate::composite::explain::{Compared, Explanation};
use crate::office::Refusal;
use crate::office::figures::Lost;
use crate::pages::parts::{Head, Notice, bar, notice, table};
use crate::pages::public::said;
use crate::pages::say;
use crate::pages::visit::Visit;

/// So many parts are in sight; the others open.
const FIRST: usize = 12;

/// A part of the index and what it takes.
struct Row {
    name: String,
    /// What it is a part of.
    above: Option<String>,
    agency: Option<String>,
    value: Option<f64>,
    share: Option<f64>,
    lost: Option<f64>,
}

/// The section; of the first so many parts alone if a number is given.
pub(super) fn section(visit: &Visit, picked: &Picked, most: Option<usize>) -> Markup {
    match &picked.of {
        OfKind::Survey { lost, .. } => of_survey(visit, picked, lost, most),
        OfKind::Composite { told: Ok(explanation), .. } => of_composite(visit, picked, explanation, most),
        OfKind::Composite { told: Err(refusal), .. } => html! {
            h2 { (title(visit)) }
            (untold(visit, refusal))
        },
    }
}

fn title(visit: &Visit) -> &'static str {
    visit.say("Mất điểm ở đâu", "Where points are lost")
}

/// Why something is not told, in the office's words.
pub(super) fn untold(visit: &Visit, refusal: &Refusal) -> Markup {
    let title = refusal.title();
    let said =
        refusal.said().map(|said| visit.pick(said)).or_else(|| refusal.findings().first().map(|finding| finding.message(visit.lang)));
    notice(Notice::Note, &html! { p { (said.unwrap_or_else(|| visit.pick(&title))) } })
}

fn of_survey(visit: &Visit, picked: &Picked, lost: &Lost, most: Option<usize>) -> Markup {
    let row = |leaf: &crate::office::figures::LostLeaf| Row {
        name: said(&leaf.label, visit.lang).to_owned(),
        above: above(visit, picked, &leaf.node),
        agency: leaf.agency.clone(),
        value: leaf.value,
        share: Some(leaf.share),
        lost: leaf.lost,
    };
    let how = visit.say(
        "Điểm mất = tỷ trọng × (100 − điểm). Nâng phần đứng trên cùng lên một điểm chưa hẳn có lợi nhất: hãy xem cả tỷ trọng.",
        "Points lost = share of the index × (100 − score). A point more in the first part is not always worth the most: look at its share too.",
    );
    drawn(visit, picked, &lost.0.iter().map(row).collect::<Vec<_>>(), lost.total(), (how, most))
}

fn above(visit: &Visit, picked: &Picked, code: &str) -> Option<String> {
    picked.above(code).map(|label| said(label, visit.lang).to_owned())
}

fn of_composite(visit: &Visit, picked: &Picked, explanation: &Explanation, most: Option<usize>) -> Markup {
    let Some(lost) = &explanation.lost else {
        return html! {
            h2 { (title(visit)) }
            p.hint { (visit.say("Không có điểm tốt nhất nào để so: chỉ số này xếp hạng mà không chấm theo thang.", "There is no best score to hold it against: this index ranks without a scale.")) }
        };
    };
    let share = |leaf: &str| explanation.shares.iter().find(|share| share.leaf == leaf);
    let rows: Vec<Row> = lost
        .leaves
        .iter()
        .map(|leaf| Row {
            name: picked.label(&leaf.leaf).map_or_else(|| leaf.leaf.clone(), |label| said(label, visit.lang).to_owned()),
            above: above(visit, picked, &leaf.leaf),
            agency: leaf.agency.clone(),
            value: share(&leaf.leaf).map(|share| share.score),
            share: None,
            lost: Some(leaf.lost),
        })
        .collect();
    let how = visit.say(
        "Điểm mất là phần mà chỉ số sẽ tăng nếu phần đó đạt điểm tốt nhất.",
        "Points lost are what the index would gain if the part had its best score.",
    );
    drawn(visit, picked, &rows, lost.leaves.iter().map(|leaf| leaf.lost).sum(), (how, most))
}

fn drawn(visit: &Visit, picked: &Picked, rows: &[Row], total: f64, (how, most): (&str, Option<usize>)) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    let (lang, decimals) = (visit.lang, picked.shown.decimals);
    let (shared, answered) = (rows.iter().any(|row| row.share.is_some()), rows.iter().any(|row| row.agency.is_some()));
    let number = |value: Option<f64>| html! { @if let Some(value) = value { (say::number(lang, value, decimals)) } @else { abbr title=(visit.say("không công bố", "not published")) { "–" } } };
    let mut heads = vec![Head::Text(visit.say("Phần của chỉ số", "Part of the index"))];
    heads.extend(answered.then(|| Head::Text(visit.say("Chịu trách nhiệm", "Answers for it"))));
    heads.push(Head::Number(visit.say("Điểm", "Score")));
    heads.extend(shared.then(|| Head::Number(visit.say("Tỷ trọng", "Share of the index"))));
    heads.push(Head::Number(visit.say("Điểm mất", "Points lost")));
    heads.push(Head::Text(visit.say("Trong tổng điểm mất", "Of all that is lost")));
    let most_lost = rows.iter().filter_map(|row| row.lost).fold(0.0, f64::max);
    let cells = |row: &Row| {
        let mut cells = vec![html! { (row.name) @if let Some(above) = &row.above { " " span.hint { (above) } } }];
        cells.extend(answered.then(|| html! { (row.agency.as_deref().unwrap_or_default()) }));
        cells.push(number(row.value));
        cells.extend(shared.then(|| html! { @if let Some(share) = row.share { (say::percent(lang, share, 1)) } }));
        cells.push(number(row.lost));
        cells.push(html! { @if let Some(lost) = row.lost.filter(|_| total > 0.0) { (bar(lost / most_lost, &say::percent(lang, lost / total, 1))) } });
        cells
    };
    let (first, rest) = rows.split_at(most.unwrap_or(FIRST).min(rows.len()));
    let (title, others) = (title(visit), visit.say("Các phần mất ít điểm hơn", "Parts that lose less"));
    html! {
        h2 #lost { (title) }
        (table(title, &heads, first.iter().map(cells)))
        @if !rest.is_empty() && most.is_none() {
            details { summary { (others) " (" (rest.len()) ")" } (table(others, &heads, rest.iter().map(cells))) }
        }
        p.hint { (how) @if !rest.is_empty() && most.is_some() { " " (others) ": " (rest.len()) "." } }
    }
}

/// How a composite index moved since the year before, part by part.
pub(super) fn since(visit: &Visit, picked: &Picked) -> Markup {
    let OfKind::Composite { told: Ok(explanation), .. } = &picked.of else { return html! {} };
    let Some(Compared { edition, rank, difference, .. }) = &explanation.since else { return html! {} };
    let (lang, decimals) = (visit.lang, picked.shown.decimals);
    let mut effects: Vec<_> = difference.effects.iter().map(|effect| (effect.node.as_str(), effect.total())).collect();
    effects.retain(|(_, total)| say::signed(lang, *total, decimals).bytes().any(|digit| (b'1'..=b'9').contains(&digit)));
    effects.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let name = |code: &str| picked.label(code).map_or_else(|| code.to_owned(), |label| said(label, lang).to_owned());
    let title = visit.say(format!("Thay đổi so với kỳ {edition}"), format!("Change since {edition}"));
    let ranks =
        rank.zip(explanation.rank).map(|(before, now)| visit.say(format!(" Hạng: {before} → {now}."), format!(" Rank: {before} → {now}.")));
    html! {
        h2 { (title) }
        p {
            strong { (say::number(lang, difference.from, decimals)) " → " (say::number(lang, difference.to, decimals)) }
            " (" (say::signed(lang, difference.to - difference.from, decimals)) ")." (ranks.unwrap_or_default())
        }
        p.hint { (visit.say(
            "Số liệu của bảng chỉ tiêu không có sai số nên không nói được thay đổi này có bằng chứng thống kê hay không.",
            "Figures of tables have no standard errors, so that nothing is said about statistical evidence of the change.",
        )) }
        @if !effects.is_empty() {
            (table(&title, &[Head::Text(visit.say("Phần của chỉ số", "Part of the index")), Head::Number(visit.say("Làm chỉ số thay đổi", "Moved the index by"))],
                effects.iter().map(|(code, total)| vec![html! { (name(code)) }, html! { (say::signed(lang, *total, decimals)) }])))
        }
    }
}
