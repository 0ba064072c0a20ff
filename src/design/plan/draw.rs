//! One draw: some of the units of one parent.

use super::number::quotient;
use super::stream::Stream;
use crate::words::named;

named! {
    /// How units are drawn.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Method {
        /// Simple random sampling without replacement: every set of units has the same chance.
        Simple = "srs",
        /// Systematic sampling: every k-th unit of the list from a random start, `k = N/n` not rounded.
        Systematic = "systematic",
        /// Systematic sampling with chances in proportion to size.
        PpsSystematic = "pps_systematic",
    }
}

/// A unit that may be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its size, for [`Method::PpsSystematic`].
    pub size: u64,
    /// Whether it is in by the plan, without chance.
    pub certain: bool,
}

/// Why nothing can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// So many units are in by the plan that none is left to draw: the others would have no chance.
    #[error("{certain} units are in with certainty and {number} are to be drawn: the others have no chance")]
    NoneLeft {
        /// Units that are in by the plan.
        certain: u64,
        /// Units to draw, those included.
        number: u64,
    },
    /// Fewer units have a size than are to be drawn by it.
    #[error("{0} more units are to be drawn, but no unit that is left has a size")]
    NoSize(u64),
    /// The sizes add up to more than 64 bits hold.
    #[error("the sizes add up to more than 64 bits hold")]
    TooLarge,
}

/// The chance of each unit to be drawn: an exact fraction.
///
/// # Formula
/// With `n` units left to draw once those with certainty are taken out: `n/N` of the N others, or `n x_i / Σx` by size.
/// Under [`Method::PpsSystematic`] a unit with `n x_i ≥ Σx` would be hit once for certain; it is taken out, and the
/// rest looked at again, until there is none (Särndal, Swensson and Wretman 1992, §3.6). Where no fewer are to be drawn
/// than there are, all are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chances {
    certain: Vec<bool>,
    /// The size of each unit in the draw; 1 where sizes do not matter.
    sizes: Vec<u64>,
    /// Units left to draw by chance.
    number: u64,
    /// What the sizes of the units drawn by chance add up to.
    total: u64,
}

impl Chances {
    /// The chances of `candidates` when `number` of them are drawn.
    ///
    /// # Errors
    /// [`DrawError`].
    pub fn new(method: Method, candidates: &[Candidate], number: u64) -> Result<Self, DrawError> {
        let sizes: Vec<u64> = candidates.iter().map(|unit| if method == Method::PpsSystematic { unit.size } else { 1 }).collect();
        let mut certain: Vec<bool> = candidates.iter().map(|unit| unit.certain).collect();
        let by_plan = count(&certain);
        if number >= count_all(candidates) {
            certain.fill(true);
            return Ok(Self { certain, sizes, number: 0, total: 0 });
        }
        if by_plan >= number {
            return Err(DrawError::NoneLeft { certain: by_plan, number });
        }
        let total = |certain: &[bool]| {
            let sizes = sizes.iter().zip(certain).filter(|(_, certain)| !**certain).map(|(size, _)| *size);
            sizes.into_iter().try_fold(0_u64, u64::checked_add).ok_or(DrawError::TooLarge)
        };
        loop {
            let (left, sum) = (number.saturating_sub(count(&certain)), total(&certain)?);
            let sure = |place: usize| !certain[place] && sizes[place] > 0 && u128::from(left) * u128::from(sizes[place]) >= u128::from(sum);
            let found: Vec<usize> = (0..sizes.len()).filter(|place| left > 0 && sure(*place)).collect();
            if found.is_empty() && left > 0 && sum == 0 {
                return Err(DrawError::NoSize(left));
            }
            if found.is_empty() {
                return Ok(Self { certain, sizes, number: left, total: sum });
            }
            for place in found {
                certain[place] = true;
            }
        }
    }

    /// Whether a unit is in for certain.
    #[must_use]
    pub fn is_certain(&self, place: usize) -> bool {
        self.certain[place]
    }

    /// The chance of a unit.
    #[must_use]
    pub fn of(&self, place: usize) -> f64 {
        if self.certain[place] { 1.0 } else { self.by_chance(self.sizes[place]) }
    }

    /// The chance of a unit of that size that is not in for certain.
    fn by_chance(&self, size: u64) -> f64 {
        if self.total == 0 { 0.0 } else { quotient(u128::from(self.number) * u128::from(size), u128::from(self.total)) }
    }

    /// How many units are left to draw by chance.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// How many units take part in the draw by chance.
    #[must_use]
    pub fn free(&self) -> u64 {
        count_all(&self.certain) - count(&self.certain)
    }

    /// What the sizes of the units drawn by chance add up to: their number, where sizes do not matter.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }
}

/// A unit that was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// Its place among the candidates.
    pub place: usize,
    /// What drew it.
    pub by: Cause,
}

/// What drew a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It was in for certain.
    Certainty,
    /// Its random number was among the smallest.
    Number(u64),
    /// A selection point fell on it: `hit / n` on the scale of the cumulated sizes.
    Hit(u128),
}

/// What a draw gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The units, in the order of the list.
    pub picks: Vec<Pick>,
    /// Chances, drawn or not.
    pub chances: Chances,
    /// The random start of a systematic draw times [`Chances::number`]; the interval times the same is [`Chances::total`].
    pub start: Option<u64>,
}

/// Draws `number` of the `candidates`, which stand in the order of the list, those with certainty among them.
///
/// # Formula
/// Simple: every unit that is not certain gets the stream's next number; the n smallest are drawn, of equal ones the
/// earlier. Systematic: the start is `R/n` with R a whole number from 0 up to the total T of the sizes, and the points
/// `(R + iT)/n`, i = 0 … n − 1, each draw the unit whose part of the cumulated sizes they fall in. With whole numbers
/// the chance of a unit is exactly `n x/T`.
///
/// # Errors
/// [`DrawError`].
pub fn draw(method: Method, candidates: &[Candidate], number: u64, stream: &mut Stream) -> Result<Selection, DrawError> {
    let chances = Chances::new(method, candidates, number)?;
    let mut picks: Vec<Pick> = places(&chances, true).map(|place| Pick { place, by: Cause::Certainty }).collect();
    let mut start = None;
    if chances.number > 0 {
        if method == Method::Simple {
            picks.extend(smallest(&chances, stream));
        } else {
            let random = stream.below(chances.total);
            start = Some(random);
            picks.extend(hits(&chances, random));
        }
    }
    picks.sort_by_key(|pick| pick.place);
    Ok(Selection { picks, chances, start })
}

/// Draws `number` substitutes among the units that a draw has left, in the order in which they are to be used.
pub fn reserve(selection: &Selection, number: u64, stream: &mut Stream) -> Vec<usize> {
    if number == 0 {
        return Vec::new();
    }
    let taken: std::collections::HashSet<usize> = selection.picks.iter().map(|pick| pick.place).collect();
    let left = (0..selection.chances.sizes.len()).filter(|place| !taken.contains(place));
    let mut numbered: Vec<(u64, usize)> = left.map(|place| (stream.next_number(), place)).collect();
    numbered.sort_unstable();
    numbered.into_iter().map(|(_, place)| place).take(usize::try_from(number).unwrap_or(usize::MAX)).collect()
}

/// The places that are certain, or those that are not.
fn places(chances: &Chances, certain: bool) -> impl Iterator<Item = usize> {
    chances.certain.iter().enumerate().filter(move |(_, is)| **is == certain).map(|(place, _)| place)
}

fn smallest(chances: &Chances, stream: &mut Stream) -> Vec<Pick> {
    let mut numbered: Vec<(u64, usize)> = places(chances, false).map(|place| (stream.next_number(), place)).collect();
    numbered.sort_unstable();
    numbered.truncate(usize::try_from(chances.number).unwrap_or(usize::MAX));
    numbered.into_iter().map(|(number, place)| Pick { place, by: Cause::Number(number) }).collect()
}

fn hits(chances: &Chances, start: u64) -> Vec<Pick> {
    let (number, step) = (u128::from(chances.number), u128::from(chances.total));
    let mut point = u128::from(start);
    let mut end = 0;
    let mut picks = Vec::new();
    for place in places(chances, false) {
        end += number * u128::from(chances.sizes[place]);
        // No unit is larger than the interval, so none is hit twice.
        if point < end {
            picks.push(Pick { place, by: Cause::Hit(point) });
            point += step;
        }
    }
    picks
}

fn count(certain: &[bool]) -> u64 {
    certain.iter().map(|is| u64::from(*is)).sum()
}

fn count_all<T>(all: &[T]) -> u64 {
    u64::try_from(all.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::stream::Purpose;
    use super::*;
    use proptest::prelude::*;

    const SIZES: [u64; 12] = [500, 120, 80, 60, 300, 40, 900, 35, 20, 10, 75, 60];

    fn units(sizes: &[u64]) -> Vec<Candidate> {
        sizes.iter().map(|size| Candidate { size: *size, certain: false }).collect()
    }

    fn real(count: u64) -> f64 {
        quotient(count.into(), 1)
    }

    fn stream(seed: u64) -> Stream {
        Stream::new(seed, "village", "00001", Purpose::Sample)
    }

    /// Figures of `inclusionprobabilities(x, n)` of R's `sampling` 2.9.
    #[test]
    fn chances_by_size_are_those_of_r_sampling() {
        let five = [1.0, 0.48, 0.32, 0.24, 1.0, 0.16, 1.0, 0.14, 0.08, 0.04, 0.3, 0.24];
        let three = [
            0.769_230_769_230_769_2,
            0.184_615_384_615_384_63,
            0.123_076_923_076_923_07,
            0.092_307_692_307_692_31,
            0.461_538_461_538_461_5,
            0.061_538_461_538_461_535,
            1.0,
            0.053_846_153_846_153_85,
            0.030_769_230_769_230_767,
            0.015_384_615_384_615_384,
            0.115_384_615_384_615_39,
            0.092_307_692_307_692_31,
        ];
        let mut worst: f64 = 0.0;
        for (number, expected) in [(5, five), (3, three)] {
            let chances = Chances::new(Method::PpsSystematic, &units(&SIZES), number).unwrap();
            for (place, expected) in expected.into_iter().enumerate() {
                worst = worst.max((chances.of(place) / expected - 1.0).abs());
            }
        }
        println!("worst relative difference to R's inclusionprobabilities: {worst:.1e}");
        assert!(worst < 1e-14);
    }

    #[test]
    fn over_many_seeds_units_come_as_often_as_their_chances_say() {
        const SEEDS: u32 = 20_000;
        for method in Method::ALL {
            let mut candidates = units(&SIZES);
            candidates[9].certain = true;
            let chances = Chances::new(method, &candidates, 5).unwrap();
            let mut counts = [0_u32; SIZES.len()];
            for seed in 0..SEEDS {
                for pick in draw(method, &candidates, 5, &mut stream(u64::from(seed))).unwrap().picks {
                    counts[pick.place] += 1;
                }
            }
            for (place, count) in counts.into_iter().enumerate() {
                let chance = chances.of(place);
                let mean = f64::from(SEEDS) * chance;
                // Five standard deviations of the binomial: one of the 36 counts strays so far once in 50,000 times.
                let bound = 5.0 * (mean * (1.0 - chance)).sqrt();
                assert!(
                    (f64::from(count) - mean).abs() <= bound,
                    "{method:?}, unit {place}: {count} times where {mean} ± {bound} are expected"
                );
            }
            assert_eq!(counts[9], SEEDS, "a unit that is in by the plan is in every sample");
        }
    }

    #[test]
    fn every_start_of_a_systematic_draw_gives_the_exact_chances() {
        // All starts that there are, each once: no chance is left in it.
        let candidates = units(&[3, 1, 4, 1, 5, 2]);
        let chances = Chances::new(Method::PpsSystematic, &candidates, 3).unwrap();
        let mut counts = [0_u64; 6];
        for start in 0..chances.total() {
            for pick in hits(&chances, start) {
                counts[pick.place] += 1;
            }
        }
        for place in places(&chances, false) {
            assert_eq!(counts[place], chances.number() * candidates[place].size, "unit {place} in {} samples", chances.total());
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let candidates = [5, 5, 5].map(|size| Candidate { size, certain: true });
        assert_eq!(Chances::new(Method::Simple, &candidates, 2), Err(DrawError::NoneLeft { certain: 3, number: 2 }));
        assert!((0..3).all(|place| Chances::new(Method::Simple, &candidates, 3).unwrap().is_certain(place)));
        assert_eq!(Chances::new(Method::PpsSystematic, &units(&[0, 0, 7]), 2), Err(DrawError::NoSize(1)));
        assert_eq!(Chances::new(Method::PpsSystematic, &units(&[u64::MAX, 2, 1]), 1), Err(DrawError::TooLarge));
        assert!(draw(Method::Systematic, &[], 3, &mut stream(1)).unwrap().picks.is_empty());
    }

    #[test]
    fn substitutes_are_others_and_their_number_changes_none_of_them() {
        let selection = draw(Method::Simple, &units(&[1; 50]), 20, &mut stream(3)).unwrap();
        let long = reserve(&selection, 15, &mut stream(4));
        assert_eq!(reserve(&selection, 10, &mut stream(4)), long[..10]);
        assert!(long.iter().all(|place| selection.picks.iter().all(|pick| pick.place != *place)));
        assert_eq!(reserve(&selection, 100, &mut stream(4)).len(), 30);
    }

    proptest! {
        #[test]
        fn a_draw_is_distinct_and_of_the_size_asked_for(
            sizes in proptest::collection::vec(1_u64..2000, 1..40),
            certain in proptest::collection::vec(proptest::bool::weighted(0.1), 40),
            number in 1_u64..40,
            seed: u64,
        ) {
            let candidates: Vec<Candidate> = sizes.iter().zip(certain).map(|(size, certain)| Candidate { size: *size, certain }).collect();
            for method in Method::ALL {
                let Ok(selection) = draw(method, &candidates, number, &mut stream(seed)) else { continue };
                let picked: Vec<usize> = selection.picks.iter().map(|pick| pick.place).collect();
                prop_assert!(picked.windows(2).all(|pair| pair[0] < pair[1]), "distinct, in the order of the list");
                prop_assert_eq!(picked.len(), candidates.len().min(usize::try_from(number).unwrap()));
                let chances = &selection.chances;
                let sum: f64 = (0..candidates.len()).map(|place| chances.of(place)).sum();
                prop_assert!((sum - real(count_all(&picked))).abs() < 1e-9, "chances add up to the sample size");
                prop_assert!(candidates.iter().enumerate().all(|(place, unit)| !unit.certain || picked.contains(&place)));
                if method == Method::PpsSystematic {
                    let estimate: f64 = picked.iter().map(|place| real(sizes[*place]) / chances.of(*place)).sum();
                    let total = real(sizes.iter().sum());
                    prop_assert!((estimate / total - 1.0).abs() < 1e-12, "sizes are estimated without error");
                } else {
                    let weights: f64 = picked.iter().map(|place| 1.0 / chances.of(*place)).sum();
                    prop_assert!((weights / real(count_all(&sizes)) - 1.0).abs() < 1e-12, "weights add up to the population");
                }
            }
        }
    }
}
