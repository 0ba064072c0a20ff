//! Small cells.

use crate::index::Score;

/// Marks every score that rests on fewer than `min_n` responses. The office that made it still sees it; agencies and
/// the public see that it is suppressed, and nothing else of it.
///
/// This is the threshold rule alone: it does not stop anyone from differencing published cells.
pub fn suppress(scores: &mut [Score], min_n: i64) {
    for score in scores {
        score.suppressed = score.n < min_n;
    }
}
