//! What a unit set itself to reach, and whether it did as far as a sample can tell.

use std::str::FromStr;

use super::drawn::{Chance, Drawn};
use super::pairwise::RankInterval;
use super::rise::RiseInterval;
use crate::numeric::distribution::student;
use crate::scoring::change::Measured;
use crate::scoring::interval;
use crate::words::named;

/// A target as provinces state them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// "A score of at least 85."
    ScoreAtLeast(f64),
    /// "Stay in the top 20."
    RankAtMost(u32),
    /// "Up five ranks."
    RiseAtLeast(u32),
}

named! {
    /// What can be said of a claim.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Verdict {
        /// Every value that the data admit meets the target.
        Met = "met",
        /// None does.
        Missed = "missed",
        /// Some do and some do not: the sample cannot tell.
        NotDistinguishable = "not_distinguishable",
    }
}

/// What is known of one unit. What a target asks for and is not there leaves it without an assessment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// Its score.
    pub score: Option<Measured>,
    /// Its rank, with an interval at the same level.
    pub rank: Option<RankInterval>,
    /// Its rank in every draw.
    pub drawn_rank: Option<Drawn<'a>>,
    /// Its rise, with an interval at the same level.
    pub rise: Option<RiseInterval>,
    /// Its rise in every draw.
    pub drawn_rise: Option<Drawn<'a>>,
}

/// A target held against the evidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assessment {
    /// Whether the published figure meets the target.
    pub reached: bool,
    /// Whether the claim stands in view of sampling error.
    pub verdict: Verdict,
    /// The chance that the true value meets the target, as [`super::drawn_ranks`] means it; `None` where nothing was drawn.
    pub chance: Option<Chance>,
}

impl Verdict {
    /// Holds an interval, whatever of, against "at least `bound`".
    #[must_use]
    pub fn at_least<T: PartialOrd + Copy>(low: T, high: T, bound: T) -> Self {
        if low >= bound {
            Self::Met
        } else if high < bound {
            Self::Missed
        } else {
            Self::NotDistinguishable
        }
    }
}

impl FromStr for Target {
    type Err = NoTarget;

    /// Reads `score:85`, `rank:20` or `rise:5`.
    fn from_str(text: &str) -> Result<Self, NoTarget> {
        let no_target = || NoTarget(text.to_owned());
        let (kind, bound) = text.split_once(':').ok_or_else(no_target)?;
        let whole = || bound.parse().ok().filter(|bound| *bound > 0).ok_or_else(no_target);
        match kind {
            "score" => bound.parse().ok().filter(|bound: &f64| bound.is_finite()).map(Self::ScoreAtLeast).ok_or_else(no_target),
            "rank" => whole().map(Self::RankAtMost),
            "rise" => whole().map(Self::RiseAtLeast),
            _ => Err(no_target()),
        }
    }
}

/// A text that names no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no target: score:85, rank:20 and rise:5 are")]
pub struct NoTarget(pub String);

impl Target {
    /// Holds the target against what is known of a unit, at a two-sided `level`.
    ///
    /// The verdict is that of the confidence interval at the level: of the score here, of ranks and rises as they come. A
    /// wrong "met" and a wrong "missed" together are rarer than one less the level. Without degrees of freedom a score
    /// cannot be told from any target.
    #[must_use]
    pub fn assess(&self, evidence: &Evidence<'_>, level: f64) -> Option<Assessment> {
        match *self {
            Self::ScoreAtLeast(bound) => evidence.score.map(|score| assess_score(score, bound, level)),
            Self::RankAtMost(bound) => evidence.rank.map(|rank| Assessment {
                reached: rank.rank <= bound,
                // A better rank is a smaller number.
                verdict: Verdict::at_least(std::cmp::Reverse(rank.high), std::cmp::Reverse(rank.low), std::cmp::Reverse(bound)),
                chance: evidence.drawn_rank.map(|drawn| drawn.at_most(signed(bound))),
            }),
            Self::RiseAtLeast(bound) => evidence.rise.map(|rise| Assessment {
                reached: rise.rise >= signed(bound),
                verdict: Verdict::at_least(rise.low, rise.high, signed(bound)),
                chance: evidence.drawn_rise.map(|drawn| drawn.at_least(signed(bound))),
            }),
        }
    }
}

/// The chance is exact: that of Student's t about the estimate.
fn assess_score(score: Measured, bound: f64, level: f64) -> Assessment {
    let known = score.df > 0.0;
    let (low, high) = if known { interval::linear(score.value, score.variance, score.df, level) } else { (f64::NAN, f64::NAN) };
    let distance = (bound - score.value) / score.variance.sqrt();
    let value = if distance.is_nan() || distance.is_infinite() {
        f64::from(u8::from(score.value >= bound))
    } else {
        student::sf(distance, score.df)
    };
    Assessment {
        reached: score.value >= bound,
        verdict: Verdict::at_least(low, high, bound),
        chance: known.then_some(Chance { value, se: 0.0 }),
    }
}

fn signed(bound: u32) -> i32 {
    i32::try_from(bound).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_people_write_them() {
        let read = |text: &str| text.parse::<Target>();
        assert_eq!(read("score:85.5"), Ok(Target::ScoreAtLeast(85.5)));
        assert_eq!((read("rank:20"), read("rise:5")), (Ok(Target::RankAtMost(20)), Ok(Target::RiseAtLeast(5))));
        for wrong in ["", "rank", "rank:0", "rank:-1", "rise:x", "score:inf", "top:20"] {
            assert_eq!(read(wrong), Err(NoTarget(wrong.to_owned())));
        }
    }

    #[test]
    fn a_score_is_held_against_its_interval() {
        // t(0.975; 10) = 2.228
        let at = |value: f64| {
            let evidence = Evidence { score: Some(Measured { value, variance: 1.0, df: 10.0 }), ..Evidence::default() };
            Target::ScoreAtLeast(85.0).assess(&evidence, 0.95).unwrap()
        };
        assert_eq!((at(87.3).verdict, at(87.1).verdict), (Verdict::Met, Verdict::NotDistinguishable));
        assert_eq!((at(82.7).verdict, at(82.9).verdict), (Verdict::Missed, Verdict::NotDistinguishable));
        assert!(at(85.0).reached && !at(84.9).reached);
        assert!((at(85.0).chance.unwrap().value - 0.5).abs() < 1e-15);
        assert!((at(87.228_138_851_964_94).chance.unwrap().value - 0.975).abs() < 1e-12);
    }

    #[test]
    fn a_score_without_degrees_of_freedom_decides_nothing() {
        let evidence = Evidence { score: Some(Measured { value: 99.0, variance: 0.0, df: 0.0 }), ..Evidence::default() };
        let found = Target::ScoreAtLeast(85.0).assess(&evidence, 0.95).unwrap();
        assert_eq!(found, Assessment { reached: true, verdict: Verdict::NotDistinguishable, chance: None });
    }

    #[test]
    fn a_rank_is_held_against_its_interval() {
        let numbers = [18, 19, 20, 21];
        let with = |rank, low, high| {
            let rank = Some(RankInterval { rank, low, high });
            let evidence = Evidence { rank, drawn_rank: Drawn::sorted(&numbers), ..Evidence::default() };
            Target::RankAtMost(20).assess(&evidence, 0.95).unwrap()
        };
        assert_eq!(with(15, 10, 20).verdict, Verdict::Met);
        assert_eq!(with(15, 10, 21).verdict, Verdict::NotDistinguishable);
        assert_eq!(with(30, 21, 40).verdict, Verdict::Missed);
        assert!(with(20, 1, 63).reached && !with(21, 1, 63).reached);
        assert!((with(20, 1, 63).chance.unwrap().value - 0.75).abs() < 1e-15);
    }

    #[test]
    fn a_rise_is_held_against_its_interval_and_a_missing_one_is_not_assessed() {
        let rank = RankInterval { rank: 9, low: 5, high: 12 };
        let with = |low, rise, high| {
            let rise = Some(RiseInterval { before: rank, after: rank, rise, low, high });
            Target::RiseAtLeast(5).assess(&Evidence { rise, ..Evidence::default() }, 0.95).unwrap()
        };
        assert_eq!((with(5, 8, 11).verdict, with(-4, 8, 11).verdict), (Verdict::Met, Verdict::NotDistinguishable));
        assert_eq!(with(-9, -2, 4), Assessment { reached: false, verdict: Verdict::Missed, chance: None });
        assert_eq!(Target::RiseAtLeast(5).assess(&Evidence::default(), 0.95), None);
    }
}
