//! The profile of a unit: every node of an index with its interval, against the whole or against all others.

use maud::{Markup, html};

use super::{AMBER, About, HAIR, INK, SOFT, Scale, Side, Span, WASH, bar, dot, drawing, fitted, px};
use crate::pages::say;

/// A node of an index for a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// What it is called.
    pub name: String,
    /// How deep it lies; 0 is the index itself.
    pub depth: u8,
    /// Its value; none where it is not published.
    pub span: Option<Span>,
    /// The value of the whole.
    pub whole: Option<f64>,
    /// The lowest and the highest value that any unit has, where each node is drawn on a scale of its own.
    pub range: Option<(f64, f64)>,
}

/// The scales that nodes are drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis<'a> {
    /// One for all of them, and what the upright stroke of the whole is called.
    Common(Option<&'a str>),
    /// Each its own, from the lowest to the highest of all units: nodes have points of different worth. What the two ends are called.
    Each(&'a str, &'a str),
}

const WIDE: f64 = 760.0;
const LEFT: f64 = 340.0;
const RIGHT: f64 = 132.0;
const TOP: f64 = 34.0;
const STEP: f64 = 21.0;

/// Every node in the order of the tree: its value and interval, and the value of the whole as an upright stroke.
#[must_use]
pub fn tree(about: &About<'_>, branches: &[Branch], axis: Axis<'_>) -> Markup {
    let of_span = branches.iter().filter_map(|branch| branch.span).flat_map(|span| [span.low(), span.high()]);
    let scale = Scale::over(of_span.chain(branches.iter().filter_map(|branch| branch.whole)), LEFT, WIDE - RIGHT);
    #[allow(clippy::cast_precision_loss, reason = "nodes of an index are few")]
    let y = |at: usize| TOP + STEP * at as f64;
    let bottom = y(branches.len());
    let whole = if let Axis::Common(whole) = axis { whole } else { None };
    drawing(
        about,
        WIDE,
        bottom + if whole.is_some() { 26.0 } else { 8.0 },
        &html! {
            @for (at, branch) in branches.iter().enumerate().filter(|(_, branch)| branch.depth <= 1) {
                rect x="0" width=(px(WIDE)) y=(px(y(at))) height=(px(STEP)) fill=(if branch.depth == 0 { "#e6eff6" } else { WASH }) {}
            }
            (head(about, &scale, bottom, axis))
            @for (at, branch) in branches.iter().enumerate() {
                @let own = branch.range.filter(|_| matches!(axis, Axis::Each(..)));
                @let own = own.map(|(low, high)| Scale::over([low, high].into_iter(), LEFT, WIDE - RIGHT));
                (drawn(about, &own.unwrap_or(scale), y(at) + STEP / 2.0, branch))
            }
            @if let Some(whole) = whole {
                line x1="16" x2="16" y1=(px(bottom + 8.0)) y2=(px(bottom + 20.0)) stroke=(AMBER) stroke-width="2" {}
                text x="26" y=(px(bottom + 18.0)) font-size="11" fill=(SOFT) { (whole) }
            }
        },
    )
}

/// The numbers of a common scale, or what the ends of all scales are.
fn head(about: &About<'_>, scale: &Scale, bottom: f64, axis: Axis<'_>) -> Markup {
    let (ticks, decimals) = scale.ticks(5.0);
    html! {
        g font-size="11" fill=(SOFT) {
            @match axis {
                Axis::Common(_) => @for tick in ticks {
                    line x1=(px(scale.at(tick))) x2=(px(scale.at(tick))) y1=(px(TOP - 4.0)) y2=(px(bottom)) stroke=(HAIR) {}
                    text x=(px(scale.at(tick))) y=(px(TOP - 10.0)) text-anchor="middle" { (say::number(about.lang, tick, decimals)) }
                },
                Axis::Each(low, high) => {
                    text x=(px(LEFT)) y=(px(TOP - 10.0)) { (low) }
                    text x=(px(WIDE - RIGHT)) y=(px(TOP - 10.0)) text-anchor="end" { (high) }
                },
            }
        }
    }
}

fn drawn(about: &About<'_>, scale: &Scale, y: f64, branch: &Branch) -> Markup {
    let (lang, decimals) = (about.lang, about.decimals);
    let side = branch.span.map_or(Side::Open, |span| span.side(branch.whole));
    let value = branch.span.map(|span| say::number(lang, span.value, decimals));
    let interval = branch.span.and_then(|span| span.interval).map(|(low, high)| say::interval(lang, low, high, decimals));
    let hidden = lang.pick("không công bố", "not published");
    let indent = 8.0 + 14.0 * f64::from(branch.depth);
    let weight = if branch.depth <= 1 { "600" } else { "400" };
    html! {
        g {
            title { (branch.name) ": " (value.as_deref().unwrap_or(hidden)) @if let Some(interval) = &interval { " (" (interval) ")" } }
            text x=(px(indent)) y=(px(y + 4.0)) fill=(INK) font-weight=(weight) { (fitted(&branch.name, 12.0, LEFT - indent - 12.0)) }
            @if let Some((low, high)) = branch.range {
                line x1=(px(scale.at(low))) x2=(px(scale.at(high))) y1=(px(y)) y2=(px(y)) stroke="#8b98a4" {}
            }
            @if let Some(whole) = branch.whole {
                line x1=(px(scale.at(whole))) x2=(px(scale.at(whole))) y1=(px(y - 7.0)) y2=(px(y + 7.0)) stroke=(AMBER) stroke-width="2" {}
            }
            @if let Some(span) = branch.span {
                (bar(scale, y, span.interval.map(|(low, high)| scale.within(low, high)), side))
                (dot(scale.at(span.value), y, side, branch.whole.is_none()))
            }
            text x=(px(WIDE - 96.0)) y=(px(y + 4.0)) text-anchor="end" fill=(INK) font-weight="600" { (value.as_deref().unwrap_or("–")) }
            text x=(px(WIDE - 4.0)) y=(px(y + 4.0)) text-anchor="end" font-size="11" fill=(SOFT) { @if let Some(interval) = interval { (interval) } @else if branch.span.is_none() { (hidden) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    #[test]
    fn nodes_keep_the_order_of_the_tree_and_a_hidden_one_has_no_number() {
        let branch = |name: &str, depth, value: Option<f64>| Branch {
            name: name.to_owned(),
            depth,
            span: value.map(|value| Span { value, interval: Some((value - 2.0, value + 2.0)) }),
            whole: Some(80.0),
            range: None,
        };
        let about = About { lang: Lang::En, id: "t", title: "Profile", desc: "x", source: None, decimals: 2 };
        let svg =
            tree(&about, &[branch("ALL", 0, Some(85.0)), branch("A", 1, None), branch("B", 1, Some(70.0))], Axis::Common(Some("Country")))
                .into_string();
        let place = |name: &str| svg.find(&format!("<title>{name}:")).unwrap();
        assert!(place("ALL") < place("A") && place("A") < place("B"));
        assert!(svg.contains("<title>A: not published</title>") && svg.contains("<title>B: 70.00 (68.00–72.00)</title>"), "{svg}");
        assert!(svg.contains("l4.8,4.8"), "B lies below");
    }

    #[test]
    fn nodes_of_different_worth_have_scales_of_their_own() {
        let branch = |value: f64, range| Branch {
            name: "x".to_owned(),
            depth: 1,
            span: Some(Span { value, interval: None }),
            whole: None,
            range: Some(range),
        };
        let about = About { lang: Lang::Vi, id: "t", title: "x", desc: "y", source: None, decimals: 1 };
        let svg = tree(&about, &[branch(95.0, (60.0, 95.0)), branch(9.5, (6.0, 9.5))], Axis::Each("thấp nhất", "cao nhất")).into_string();
        let dots: Vec<&str> = svg.split("<circle cx=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(dots[0], dots[1], "both are the highest: {svg}");
        assert!(svg.contains("thấp nhất") && svg.contains("cao nhất"));
    }
}
