//! From one time to another: what moved, and whether that is evidence.

use maud::{Markup, html};

use super::{AMBER, About, BLUE, INK, SOFT, Scale, drawing, fitted, px};
use crate::pages::say;

/// A value then and now.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Whose.
    pub name: String,
    /// Then.
    pub before: f64,
    /// Now.
    pub after: f64,
    /// Whether the change is evidence of one.
    pub evidence: bool,
}

const WIDE: f64 = 640.0;
const SIDE: f64 = 220.0;
const TOP: f64 = 40.0;
/// How close labels come.
const APART: f64 = 15.0;

/// Lines from then to now. What is evidence is a strong line with its name on both sides; what is not is thin, broken and grey. `all`: lines
/// that are no evidence have their names too.
#[must_use]
pub fn slope(about: &About<'_>, times: (&str, &str), lines: &[Line], all: bool) -> Markup {
    let named: Vec<&Line> = lines.iter().filter(|line| all || line.evidence).collect();
    #[allow(clippy::cast_precision_loss, reason = "lines of a figure are few")]
    let tall = (named.len() as f64 * APART * 1.2).clamp(160.0, 900.0);
    // Above is more.
    let scale = Scale::over(lines.iter().flat_map(|line| [line.before, line.after]), TOP + tall, TOP + 8.0);
    let (left, right) = (SIDE, WIDE - SIDE);
    let places = |value: fn(&Line) -> f64| apart(named.iter().map(|line| scale.at(value(line))).collect());
    let (then, now) = (places(|line| line.before), places(|line| line.after));
    let bottom = then.iter().chain(&now).copied().fold(TOP + tall, f64::max) + 14.0;
    let number = |value: f64| say::number(about.lang, value, about.decimals);
    drawing(
        about,
        WIDE,
        bottom,
        &html! {
            g font-weight="600" fill=(INK) text-anchor="middle" {
                text x=(px(left)) y="18" { (times.0) }
                text x=(px(right)) y="18" { (times.1) }
            }
            @for x in [left, right] { line x1=(px(x)) x2=(px(x)) y1="26" y2=(px(bottom - 6.0)) stroke="#8b98a4" {} }
            @for line in lines.iter().filter(|line| !line.evidence).chain(lines.iter().filter(|line| line.evidence)) {
                (drawn(about, &scale, line, left, right))
            }
            @for ((line, then), now) in named.iter().zip(&then).zip(&now) {
                @let fill = colour(line);
                text x=(px(left - 10.0)) y=(px(then + 4.0)) text-anchor="end" fill=(fill) { (fitted(&line.name, 12.0, SIDE - 60.0)) " " (number(line.before)) }
                text x=(px(right + 10.0)) y=(px(now + 4.0)) fill=(fill) font-weight=(if line.evidence { "600" } else { "400" }) { (number(line.after)) " " (fitted(&line.name, 12.0, SIDE - 60.0)) }
            }
        },
    )
}

fn colour(line: &Line) -> &'static str {
    match (line.evidence, line.after >= line.before) {
        (false, _) => SOFT,
        (true, true) => BLUE,
        (true, false) => AMBER,
    }
}

fn drawn(about: &About<'_>, scale: &Scale, line: &Line, left: f64, right: f64) -> Markup {
    let (then, now) = (scale.at(line.before), scale.at(line.after));
    let stroke = if line.evidence { colour(line) } else { "#8b98a4" };
    let moved = say::signed(about.lang, line.after - line.before, about.decimals);
    let said = if line.evidence {
        about.lang.pick("có bằng chứng", "evidence")
    } else {
        about.lang.pick("chưa đủ bằng chứng", "no evidence")
    };
    html! {
        g stroke=(stroke) {
            title { (line.name) ": " (moved) ", " (said) }
            line x1=(px(left)) x2=(px(right)) y1=(px(then)) y2=(px(now)) stroke-width=(if line.evidence { "2.5" } else { "1" })
                stroke-dasharray=[(!line.evidence).then_some("4 3")] {}
            g fill=(if line.evidence { stroke } else { "#fff" }) {
                circle cx=(px(left)) cy=(px(then)) r="3" {}
                circle cx=(px(right)) cy=(px(now)) r="3" {}
            }
        }
    }
}

/// Places pushed apart so that labels can be read, in their order.
fn apart(places: Vec<f64>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|a, b| places[*a].total_cmp(&places[*b]).then(a.cmp(b)));
    let mut pushed = places;
    let mut least = f64::NEG_INFINITY;
    for place in order {
        pushed[place] = pushed[place].max(least);
        least = pushed[place] + APART;
    }
    pushed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    #[test]
    fn labels_are_pushed_apart_in_their_order() {
        assert_eq!(apart(vec![10.0, 50.0, 12.0]), [10.0, 50.0, 25.0]);
        assert_eq!(apart(vec![]), [0.0; 0]);
    }

    #[test]
    fn a_change_that_is_no_evidence_is_broken_and_nameless_among_many() {
        let line = |name: &str, after, evidence| Line { name: name.to_owned(), before: 80.0, after, evidence };
        let about = About { lang: Lang::Vi, id: "s", title: "Thay đổi", desc: "Mô tả", source: None, decimals: 1 };
        let lines = [line("Huế", 84.0, true), line("Cà Mau", 80.5, false)];
        let svg = slope(&about, ("2023", "2024"), &lines, false).into_string();
        assert!(
            svg.contains("<title>Huế: +4,0, có bằng chứng</title>") && svg.contains("<title>Cà Mau: +0,5, chưa đủ bằng chứng</title>"),
            "{svg}"
        );
        assert_eq!((svg.matches("stroke-dasharray").count(), svg.matches("Cà Mau").count(), svg.matches("Huế").count()), (1, 1, 3));
        assert_eq!(slope(&about, ("2023", "2024"), &lines, true).into_string().matches("Cà Mau").count(), 3);
    }
}
