//! A face for each option of a scale: a shape of its own and a mouth, so that it is told apart without colour and without reading.

use maud::{Markup, html};

use crate::schema::{OptionList, Ratio};

/// Outlines from the worst to the best, in a square of 48: no two have the same number of corners.
const SHAPES: [&str; 5] = [
    "M24 4 45 42H3z",
    "M24 3 45 24 24 45 3 24z",
    "M24 4 44 19 36 43H12L4 19z",
    "M14 4H34L45 24 34 44H14L3 24z",
    "M24 3a21 21 0 1 0 0 42a21 21 0 1 0 0-42z",
];
/// How far the corners of the mouth stand above its middle; the triangle's face sits lower.
const MOUTHS: [i8; 5] = [-6, -4, 0, 5, 8];

/// For each option of a scale its step from 0 (worst) to 4 (best); nothing for a list that is no scale of feelings: too short, too long, or
/// not in the order of its scores.
pub(super) fn steps(options: &OptionList) -> Option<Vec<usize>> {
    let scores: Vec<f64> = options.all().iter().map(|option| option.score().map(Ratio::to_f64)).collect::<Option<_>>()?;
    let rising: &[usize] = match scores.len() {
        2 => &[0, 4],
        3 => &[0, 2, 4],
        4 => &[0, 1, 3, 4],
        5 => &[0, 1, 2, 3, 4],
        _ => return None,
    };
    if scores.windows(2).all(|two| two[0] < two[1]) {
        return Some(rising.to_vec());
    }
    scores.windows(2).all(|two| two[0] > two[1]).then(|| rising.iter().rev().copied().collect())
}

/// The face of a step. It says nothing that the word beside it does not say.
pub(super) fn face(step: usize) -> Markup {
    let (shape, bend) = (SHAPES.get(step).copied().unwrap_or_default(), MOUTHS.get(step).copied().unwrap_or_default());
    let low = if step == 0 { 6 } else { 0 };
    let (eyes, mouth) = (21 + low, 31 + low);
    let (from, middle) = (mouth - bend.min(0) / 2 - bend.max(0) / 3, mouth + bend);
    html! {
        svg.face viewBox="0 0 48 48" width="48" height="48" aria-hidden="true" focusable="false" {
            path.shape d=(shape) stroke-width="2" stroke-linejoin="round" {}
            circle cx="19" cy=(eyes) r="2.2" {}
            circle cx="29" cy=(eyes) r="2.2" {}
            path d=(format!("M17 {from}Q24 {middle} 31 {from}")) fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" {}
        }
    }
}
