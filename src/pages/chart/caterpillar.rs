//! Values with their intervals, the best first, against a value of the whole.

use maud::{Markup, html};

use super::{AMBER, About, HAIR, INK, SOFT, Scale, Side, Span, WASH, bar, dot, drawing, fitted, px, width};
use crate::pages::say;

/// What is drawn: names with their values, in any order.
#[derive(Debug, Clone, Copy)]
pub struct Caterpillar<'a> {
    /// Names and values; no value where it is not published.
    pub rows: &'a [(String, Option<Span>)],
    /// The value of the whole, with its name.
    pub whole: Option<(&'a str, f64)>,
}

const WIDE: f64 = 760.0;
const TOP: f64 = 34.0;

/// Values with their intervals. A full dot lies above the whole with its whole interval, a diamond below; a ring cannot be told from it.
#[must_use]
pub fn caterpillar(about: &About<'_>, of: &Caterpillar<'_>) -> Markup {
    let rows = in_order(of.rows);
    let lang = about.lang;
    // So that all provinces fit on a sheet of paper.
    let step = if rows.len() > 40 { 16.0 } else { 21.0 };
    let left = rows.iter().map(|(name, _)| width(name, 12.0)).fold(60.0, f64::max).min(250.0) + 14.0;
    let right = 132.0;
    let reference = of.whole.map(|(_, value)| value);
    let numbers = rows.iter().filter_map(|(_, span)| *span).flat_map(|span| [span.low(), span.high()]).chain(reference);
    let scale = Scale::over(numbers, left, WIDE - right);
    let bottom = TOP + step * count(rows.len());
    let (ticks, decimals) = scale.ticks(6.0);
    drawing(
        about,
        WIDE,
        bottom + if of.whole.is_some() { 44.0 } else { 10.0 },
        &html! {
            g {
                @for (at, _) in rows.iter().enumerate().filter(|(at, _)| at % 2 == 1) {
                    rect x="0" width=(px(WIDE)) y=(px(TOP + step * count(at))) height=(px(step)) fill=(WASH) {}
                }
                @for tick in ticks {
                    line x1=(px(scale.at(tick))) x2=(px(scale.at(tick))) y1=(px(TOP - 4.0)) y2=(px(bottom)) stroke=(HAIR) {}
                    text x=(px(scale.at(tick))) y=(px(TOP - 10.0)) text-anchor="middle" font-size="11" fill=(SOFT) { (say::number(lang, tick, decimals)) }
                }
            }
            @if let Some((_, value)) = of.whole {
                line x1=(px(scale.at(value))) x2=(px(scale.at(value))) y1=(px(TOP - 4.0)) y2=(px(bottom + 6.0)) stroke=(AMBER) stroke-width="1.5" stroke-dasharray="5 3" {}
            }
            @for (at, (name, span)) in rows.iter().enumerate() {
                (row(about, &scale, TOP + step * (count(at) + 0.5), (name, *span), reference, left))
            }
            @if let Some((name, value)) = of.whole { (legend(about, &scale, bottom, name, value)) }
        },
    )
}

/// The best first, what is not published last; equals by name.
fn in_order(rows: &[(String, Option<Span>)]) -> Vec<&(String, Option<Span>)> {
    let mut rows: Vec<_> = rows.iter().collect();
    let value = |row: &(String, Option<Span>)| row.1.map_or(f64::NEG_INFINITY, |span| span.value);
    rows.sort_by(|a, b| value(b).total_cmp(&value(a)).then_with(|| a.0.cmp(&b.0)));
    rows
}

fn row(about: &About<'_>, scale: &Scale, y: f64, (name, span): (&str, Option<Span>), reference: Option<f64>, left: f64) -> Markup {
    let (lang, decimals) = (about.lang, about.decimals);
    let side = span.map_or(Side::Open, |span| span.side(reference));
    let value = span.map(|span| say::number(lang, span.value, decimals));
    let interval = span.and_then(|span| span.interval).map(|(low, high)| say::interval(lang, low, high, decimals));
    let hidden = lang.pick("không công bố", "not published");
    html! {
        g {
            title { (name) ": " (value.as_deref().unwrap_or(hidden)) @if let Some(interval) = &interval { " (" (interval) ")" } }
            text x=(px(left - 10.0)) y=(px(y + 4.0)) text-anchor="end" fill=(INK) { (fitted(name, 12.0, left - 14.0)) }
            @if let Some(span) = span {
                (bar(scale, y, span.interval, side))
                (dot(scale.at(span.value), y, side, reference.is_none()))
            }
            text x=(px(WIDE - 96.0)) y=(px(y + 4.0)) text-anchor="end" fill=(INK) font-weight="600" { (value.as_deref().unwrap_or("–")) }
            text x=(px(WIDE - 4.0)) y=(px(y + 4.0)) text-anchor="end" font-size="11" fill=(SOFT) { @if let Some(interval) = interval { (interval) } @else if span.is_none() { (hidden) } }
        }
    }
}

/// What the line is and what the signs say.
fn legend(about: &About<'_>, scale: &Scale, bottom: f64, name: &str, value: f64) -> Markup {
    let lang = about.lang;
    let text = format!("{name} {}", say::number(lang, value, about.decimals));
    let half = width(&text, 12.0) / 2.0;
    let x = scale.at(value).clamp(half + 4.0, WIDE - half - 4.0);
    let signs = [
        (Side::Above, lang.pick("cả khoảng tin cậy ở trên", "whole interval above")),
        (Side::Open, lang.pick("chưa phân biệt được", "cannot be told apart")),
        (Side::Below, lang.pick("cả khoảng tin cậy ở dưới", "whole interval below")),
    ];
    let mut at = 14.0;
    let places: Vec<(f64, Side, &str)> = signs
        .into_iter()
        .map(|(side, text)| {
            let place = (at, side, text);
            at += width(text, 11.0) + 36.0;
            place
        })
        .collect();
    html! {
        text x=(px(x)) y=(px(bottom + 18.0)) text-anchor="middle" fill=(AMBER) font-weight="600" { (text) }
        g font-size="11" fill=(SOFT) {
            @for (x, side, text) in places {
                (dot(x, bottom + 34.0, side, false))
                text x=(px(x + 10.0)) y=(px(bottom + 38.0)) { (text) }
            }
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "rows of a figure are few")]
fn count(rows: usize) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    /// A name with value, lower and upper end.
    type Given<'a> = (&'a str, Option<(f64, f64, f64)>);

    fn drawn(rows: &[Given<'_>], whole: Option<(&str, f64)>) -> String {
        let span = |(value, low, high)| Span { value, interval: Some((low, high)) };
        let rows: Vec<_> = rows.iter().map(|(name, of)| ((*name).to_owned(), of.map(span))).collect();
        let about = About { lang: Lang::Vi, id: "cat", title: "Điểm & hạng", desc: "Mô tả", source: None, decimals: 1 };
        caterpillar(&about, &Caterpillar { rows: &rows, whole }).into_string()
    }

    #[test]
    fn the_best_comes_first_and_what_is_hidden_last_without_a_number() {
        let svg = drawn(&[("B", Some((80.0, 78.0, 82.0))), ("A", None), ("C", Some((85.0, 84.0, 86.0)))], None);
        let place = |name: &str| svg.find(&format!("<title>{name}")).unwrap();
        assert!(place("C") < place("B") && place("B") < place("A"), "{svg}");
        assert!(svg.contains("<title>C: 85,0 (84,0–86,0)</title>") && svg.contains("<title>A: không công bố</title>"), "{svg}");
        assert!(svg.contains("role=\"img\" aria-labelledby=\"cat-title cat-desc\"") && svg.contains("Điểm &amp; hạng"));
        assert!(!svg.contains("style="));
    }

    #[test]
    fn a_sign_says_where_the_interval_lies() {
        let rows = [("above", Some((90.0, 88.0, 92.0))), ("open", Some((84.0, 82.0, 86.0))), ("below", Some((75.0, 73.0, 77.0)))];
        let svg = drawn(&rows, Some(("Cả nước", 83.9)));
        // One of each, and one of each in the legend.
        let count = |what: &str| svg.matches(what).count();
        assert_eq!((count("r=\"4\""), count("r=\"3.6\""), count("l4.8,4.8")), (2, 2, 2), "{svg}");
        assert!(svg.contains("Cả nước 83,9"));
    }

    #[test]
    fn the_same_figures_give_the_same_bytes_in_any_order() {
        let (one, other) = (("A", Some((1.0, 0.5, 1.5))), ("B", Some((1.0, 0.2, 1.5))));
        assert_eq!(drawn(&[one, other], None), drawn(&[other, one], None));
        assert!(drawn(&[], None).contains("</svg>"), "nothing to draw is drawn too");
    }
}
