//! A place's profile on its page: the tree of the index and the index over time, each drawn and as a table.

use maud::{Markup, html};

use super::profile::Profile;
use super::sheet::{Mark, NodeName, Shown};
use super::{said, view};
use crate::pages::chart::{About, Axis, Branch, tree};
use crate::pages::parts::{Head, table};
use crate::pages::say;
use crate::pages::visit::Visit;

/// Nodes deeper than this are in the table and not in the figure.
const DEPTH: u8 = 3;

/// A node that the place has a figure of.
struct Row<'p> {
    node: &'p NodeName,
    own: &'p Mark,
    whole: Option<f64>,
    range: Option<(f64, f64)>,
}

fn rows<'p>(shown: &'p Shown, profile: &'p Profile) -> Vec<Row<'p>> {
    let mut rows = Vec::new();
    for (at, (node, (own, whole))) in shown.nodes.iter().zip(&profile.nodes).enumerate() {
        let Some(own) = own else { continue };
        let whole = whole.as_ref().and_then(|whole| whole.numbers.value);
        rows.push(Row { node, own, whole, range: profile.ranges.get(at).copied().flatten() });
    }
    rows
}

/// The tree of the index.
pub(in crate::pages) fn parts(visit: &Visit, shown: &Shown, profile: &Profile) -> Markup {
    parts_to(visit, shown, profile, u8::MAX)
}

/// The tree of the index, of nodes no deeper than this.
pub(in crate::pages) fn parts_to(visit: &Visit, shown: &Shown, profile: &Profile, deepest: u8) -> Markup {
    let mut rows = rows(shown, profile);
    if deepest < u8::MAX {
        // Of the index alone, without the trees beside it.
        let whole = rows.iter().skip(1).position(|row| row.node.depth == 0).map_or(rows.len(), |at| at + 1);
        rows.truncate(whole);
        rows.retain(|row| row.node.depth <= deepest);
    }
    if rows.len() < 2 {
        return html! {};
    }
    let lang = visit.lang;
    // Trees beside that of the index have another scale: they are in the table.
    let of_index = rows.iter().enumerate().take_while(|(at, row)| *at == 0 || row.node.depth > 0).map(|(_, row)| row);
    let branch = |row: &Row<'_>| Branch {
        name: said(&row.node.label, lang).to_owned(),
        depth: row.node.depth,
        span: view::span(row.own),
        whole: row.whole,
        range: row.range,
    };
    let branches: Vec<Branch> = of_index.filter(|row| row.node.depth <= DEPTH).map(branch).collect();
    let held = branches.iter().any(|branch| branch.whole.is_some()).then(|| visit.say("điểm chung", "score of the whole"));
    let (axis, desc) = if profile.ranges.is_empty() {
        let desc = visit.say(
            "Mỗi dòng là một phần của chỉ số: điểm, khoảng tin cậy và điểm chung.",
            "Each row is a part of the index: its score, the interval, and the score of the whole.",
        );
        (Axis::Common(held), desc)
    } else {
        let desc = visit.say(
            "Mỗi dòng là một phần của chỉ số, vẽ từ nơi thấp nhất đến nơi cao nhất, vì các phần có thang điểm khác nhau.",
            "Each row is a part of the index, drawn from the lowest to the highest of all places, since parts have points of different worth.",
        );
        (Axis::Each(visit.say("nơi thấp nhất", "lowest place"), visit.say("nơi cao nhất", "highest place")), desc)
    };
    let title = visit.say("Điểm từng phần của chỉ số", "Scores of the parts of the index");
    let chart = tree(&About { lang, id: "tree", title, desc, source: None, decimals: shown.decimals }, &branches, axis);
    html! {
        section.sheet {
            h2 { (title) }
            (view::framed(&chart, desc))
        }
        (table_of(visit, shown, title, &rows))
    }
}

fn table_of(visit: &Visit, shown: &Shown, title: &str, rows: &[Row<'_>]) -> Markup {
    let lang = visit.lang;
    let any = |of: fn(&Row<'_>) -> bool| rows.iter().any(of);
    let (doubted, held, moved) =
        (any(|row| row.own.numbers.low.is_some()), any(|row| row.whole.is_some()), any(|row| row.own.change.is_some()));
    let mut heads = vec![Head::Text(visit.say("Phần của chỉ số", "Part of the index")), Head::Number(visit.say("Điểm", "Score"))];
    for (there, head) in
        [(doubted, visit.say("Khoảng tin cậy", "Interval")), (held, visit.say("Chung", "All")), (moved, visit.say("Thay đổi", "Change"))]
    {
        heads.extend(there.then_some(Head::Number(head)));
    }
    let cells = rows.iter().map(|row| {
        let indent = format!("depth-{}", row.node.depth.min(4));
        let whole = row.whole.map_or_else(String::new, |value| say::number(lang, value, shown.decimals));
        let mut cells = vec![html! { span class=(indent) { (said(&row.node.label, lang)) } }, view::score(visit, shown, row.own)];
        for (there, cell) in
            [(doubted, view::interval_of(lang, shown, row.own)), (held, html! { (whole) }), (moved, view::change(visit, shown, row.own))]
        {
            cells.extend(there.then_some(cell));
        }
        cells
    });
    table(title, &heads, cells)
}

/// The index over time; nothing of a place that was seen once.
pub(in crate::pages) fn series(visit: &Visit, shown: &Shown, profile: &Profile) -> Markup {
    if profile.series.len() < 2 {
        return html! {};
    }
    let lang = visit.lang;
    let title = visit.say("Qua các lần", "Over time");
    let branch = |(when, mark): &(String, Mark)| Branch { name: when.clone(), depth: 2, span: view::span(mark), whole: None, range: None };
    let branches: Vec<Branch> = profile.series.iter().map(branch).collect();
    let doubted = profile.series.iter().any(|(_, mark)| mark.numbers.low.is_some());
    let desc = if doubted {
        visit.say(
            "Mỗi dòng là một lần, cũ nhất ở trên. Các khoảng chồng lên nhau: chưa thấy thay đổi.",
            "Each row is a time, the oldest above. Where intervals overlap no change is seen.",
        )
    } else {
        visit.say("Mỗi dòng là một lần, cũ nhất ở trên.", "Each row is a time, the oldest above.")
    };
    let mut heads = vec![Head::Text(visit.say("Lần", "Time")), Head::Number(visit.say("Điểm", "Score"))];
    heads.extend(doubted.then(|| Head::Number(visit.say("Khoảng tin cậy", "Interval"))));
    heads.push(Head::Number(visit.say("Hạng", "Rank")));
    let rows = profile.series.iter().map(|(when, mark)| {
        let rank = mark.numbers.rank.map_or_else(String::new, |rank| rank.to_string());
        let mut cells = vec![html! { (when) }, view::score(visit, shown, mark)];
        cells.extend(doubted.then(|| view::interval_of(lang, shown, mark)));
        cells.push(html! { (rank) });
        cells
    });
    let about = About { lang, id: "series", title, desc, source: None, decimals: shown.decimals };
    html! {
        section.sheet {
            h2 { (title) }
            (view::framed(&tree(&about, &branches, Axis::Common(None)), desc))
        }
        (table(title, &heads, rows))
    }
}
