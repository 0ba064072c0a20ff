//! The rules by which a figure is hidden for its own sake.

use super::Hidden;
use crate::index::Score;

/// A person may have at most this share of a figure's weight: the (1, k) rule.
const DOMINANCE: f64 = 0.5;

/// Whoever has the second largest weight must not be able to tell the largest's answer to within this part: the p% rule.
const P: f64 = 0.1;

/// When a figure tells too much of those that it rests on.
///
/// Sources: threshold, dominance and p% rule, Hundepool et al. 2012, *Statistical Disclosure Control*, §4.2.1; unanimity, which is the group
/// disclosure of §5.2 there: where all answers are the same, the figure tells every one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Fewest people behind a figure.
    pub people: i64,
    /// Decimals of published figures.
    pub decimals: u8,
}

impl Rule {
    /// Why a score may not be published, if so. People are counted unweighted: of a leaf those who answered it, of a node those who answered the
    /// most answered leaf below it. A combination of leaves of which each is answered alike goes with them: nothing below it is published.
    #[must_use]
    pub fn hides(self, score: &Score) -> Option<Hidden> {
        let basis = &score.basis;
        score.value?;
        if basis.people < self.people {
            return Some(Hidden::FewAnswers);
        }
        let [first, second] = basis.shares;
        if first > DOMINANCE || first > 0.0 && 1.0 - first - second < P * first {
            return Some(Hidden::Dominated);
        }
        basis.unanimous.then_some(Hidden::Unanimous)
    }
}
