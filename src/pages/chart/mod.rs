//! Figures drawn from figures: pure functions of numbers and texts, the same bytes for the same input.
//!
//! Each is one SVG that says what it shows (`title`, `desc`, `role="img"`), stands alone in a page of others, prints, and tells nothing by
//! colour alone. Styles are presentation attributes, since no page may hold a style. A page shows the same numbers as a table beside it.

mod caterpillar;
mod slope;
mod tiles;
mod tree;

use maud::{Markup, html};

use crate::words::Lang;

pub use caterpillar::{Caterpillar, caterpillar};
pub use slope::{Line, slope};
pub use tiles::{Grid, Tile, tiles};
pub use tree::{Axis, Branch, tree};

/// Dark text.
const INK: &str = "#14212b";
/// Text that steps back.
const SOFT: &str = "#475663";
/// Lines of a grid.
const HAIR: &str = "#d9dfe5";
/// Every other row.
const WASH: &str = "#f4f6f8";
/// What was measured.
const BLUE: &str = "#0b4f7d";
/// What it was measured with: the interval.
const BLUE_PALE: &str = "#8fb3cc";
/// What it is held against, and what lies below it.
const AMBER: &str = "#8f4700";
/// The pale of the same.
const AMBER_PALE: &str = "#dcb288";

/// What a figure is told with.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The language.
    pub lang: Lang,
    /// A name that no other figure of the page has.
    pub id: &'a str,
    /// What it shows, in a line.
    pub title: &'a str,
    /// What there is to see, in a sentence or two.
    pub desc: &'a str,
    /// Where it comes from: drawn below a figure that stands by itself, with its title above.
    pub source: Option<&'a str>,
    /// Decimals of its numbers.
    pub decimals: u8,
}

/// A value with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// The value.
    pub value: f64,
    /// From where to where the interval goes; none where it is not known.
    pub interval: Option<(f64, f64)>,
}

impl Span {
    /// The lowest number that it speaks of.
    fn low(&self) -> f64 {
        self.interval.map_or(self.value, |(low, _)| low.min(self.value))
    }

    /// The highest.
    fn high(&self) -> f64 {
        self.interval.map_or(self.value, |(_, high)| high.max(self.value))
    }

    /// Where it lies to a reference, as far as its interval says.
    fn side(&self, reference: Option<f64>) -> Side {
        match (reference, self.interval) {
            (Some(reference), Some((low, _))) if low > reference => Side::Above,
            (Some(reference), Some((_, high))) if high < reference => Side::Below,
            _ => Side::Open,
        }
    }
}

/// Where an interval lies to a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Above,
    Below,
    /// The interval holds the reference, or there is none.
    Open,
}

/// From numbers to places on a line.
#[derive(Debug, Clone, Copy)]
struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// A scale that holds all these numbers, with a little room on both sides.
    fn over(numbers: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (low, high) =
            numbers.filter(|x| x.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        let room = ((high - low) * 0.03).max(if high > low { 0.0 } else { 0.5 });
        Self { low: low - room, high: high + room, from, to }
    }

    /// The place of a number.
    fn at(&self, x: f64) -> f64 {
        self.from + (x - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// An interval as far as the scale goes.
    fn within(&self, low: f64, high: f64) -> (f64, f64) {
        (low.max(self.low), high.min(self.high))
    }

    /// About so many round numbers within: 1, 2 or 5 times a power of ten apart; and how many decimals they have.
    fn ticks(&self, about: f64) -> (Vec<f64>, u8) {
        let raw = (self.high - self.low) / about;
        let power = raw.log10().floor();
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * 10_f64.powf(power)).find(|step| *step >= raw * 0.999);
        let step = step.unwrap_or(1.0);
        let mut found = Vec::new();
        let mut next = (self.low / step).ceil();
        while next * step <= self.high && found.len() < 50 {
            found.push(next * step);
            next += 1.0;
        }
        // A step below one has as many decimals as its power of ten; 0.1 is no exact power, hence the hair.
        let decimals = (0_u8..=6).find(|decimals| step >= 10_f64.powi(-i32::from(*decimals)) * 0.999).unwrap_or(6);
        (found, decimals)
    }
}

/// A length or place: at most two decimals, no trailing zeros.
fn px(x: f64) -> String {
    let text = format!("{x:.2}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// How wide a text is, about, at a size of the font: enough to leave room for it.
fn width(text: &str, size: f64) -> f64 {
    let letters = text.chars().map(|letter| if letter.is_uppercase() { 0.68 } else { 0.54 });
    letters.sum::<f64>() * size
}

/// A text that fits into so much room; what is cut off ends in three dots.
fn fitted(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for letter in text.chars() {
        if width(&kept, size) + 1.6 * size > room {
            break;
        }
        kept.push(letter);
    }
    format!("{}…", kept.trim_end())
}

/// The drawing around what is drawn; a figure that stands by itself has room for its title and its source.
fn drawing(about: &About<'_>, wide: f64, tall: f64, body: &Markup) -> Markup {
    let (above, below) = if about.source.is_some() { (34.0, 22.0) } else { (0.0, 0.0) };
    let id = about.id;
    html! {
        svg.chart xmlns="http://www.w3.org/2000/svg" viewBox={ "0 " (px(-above)) " " (px(wide)) " " (px(tall + above + below)) }
            width=[about.source.map(|_| px(wide))] height=[about.source.map(|_| px(tall + above + below))]
            role="img" aria-labelledby={ (id) "-title " (id) "-desc" } font-size="12"
            font-family="system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif" {
            title id={ (id) "-title" } { (about.title) }
            desc id={ (id) "-desc" } { (about.desc) }
            @if let Some(source) = about.source {
                rect x="0" y=(px(-above)) width=(px(wide)) height=(px(tall + above + below)) fill="#fff" {}
                text x="8" y=(px(-above + 20.0)) font-size="15" font-weight="600" fill=(INK) { (fitted(about.title, 15.0, wide - 16.0)) }
                text x="8" y=(px(tall + below - 8.0)) font-size="11" fill=(SOFT) { (fitted(source, 11.0, wide - 16.0)) }
            }
            (body)
        }
    }
}

/// A value at its place: a full dot, a diamond or a ring, by where its interval lies.
fn dot(x: f64, y: f64, side: Side, plain: bool) -> Markup {
    match side {
        Side::Below => html! {
            path d={ "M" (px(x)) "," (px(y - 4.8)) "l4.8,4.8l-4.8,4.8l-4.8,-4.8z" } fill=(AMBER) {}
        },
        Side::Open if !plain => html! { circle cx=(px(x)) cy=(px(y)) r="3.6" fill="#fff" stroke=(BLUE) stroke-width="1.8" {} },
        Side::Above | Side::Open => html! { circle cx=(px(x)) cy=(px(y)) r="4" fill=(BLUE) {} },
    }
}

/// An interval as a bar.
fn bar(scale: &Scale, y: f64, interval: Option<(f64, f64)>, side: Side) -> Markup {
    let colour = if side == Side::Below { AMBER_PALE } else { BLUE_PALE };
    html! {
        @if let Some((low, high)) = interval {
            line x1=(px(scale.at(low))) x2=(px(scale.at(high))) y1=(px(y)) y2=(px(y)) stroke=(colour) stroke-width="4" stroke-linecap="round" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_within() {
        let of = |low: f64, high: f64| Scale { low, high, from: 0.0, to: 1.0 }.ticks(6.0);
        assert_eq!(of(74.2, 92.8), (vec![75.0, 80.0, 85.0, 90.0], 0));
        let (ticks, decimals) = of(0.0, 1.0);
        assert_eq!((ticks.len(), decimals), (6, 1));
        assert_eq!(of(5.0, 5.0).0.len(), 0, "nothing lies within nothing");
    }

    #[test]
    fn one_number_has_a_scale_too() {
        let scale = Scale::over([7.0].into_iter(), 0.0, 100.0);
        assert!((scale.at(7.0) - 50.0).abs() < 1e-9);
        assert!(Scale::over(std::iter::empty(), 0.0, 1.0).at(0.5).is_finite());
    }

    #[test]
    fn a_text_is_cut_where_there_is_no_room() {
        assert_eq!(fitted("Huế", 12.0, 100.0), "Huế");
        let cut = fitted("Sở Nông nghiệp và Phát triển nông thôn", 12.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 110.0, "{cut}");
    }

    #[test]
    fn lengths_have_two_decimals_at_most() {
        assert_eq!([1.0, 1.5, 1.256, -0.001, 100.0].map(px), ["1", "1.5", "1.26", "0", "100"]);
    }
}
