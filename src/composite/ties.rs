//! Which scores count as equal, wherever units are ranked.

/// By how much two scores may differ and still be equal, as a share of the largest absolute score of the edition.
///
/// The same points in another order are the same sum, but not the same bits: each operation rounds by up to 2⁻⁵³ ≈ 1.1e-16 of its
/// result, so that a sum of a thousand children is off by no more than 1.1e-13 of the sum of their sizes (Higham 2002, Accuracy
/// and Stability of Numerical Algorithms, §4.2). This is ten times as much, and still only the tenth decimal of a score of a
/// hundred: no table states its figures so finely, so that scores which differ in anything but rounding differ by more.
const SHARE: f64 = 1e-12;

/// The most by which equal ones among these values differ.
pub(crate) fn tolerance(values: impl IntoIterator<Item = f64>) -> f64 {
    // `max` passes over what is missing.
    SHARE * values.into_iter().fold(0.0, |largest, value: f64| value.abs().max(largest))
}

/// Whether a value is above another by more than rounding.
pub(crate) fn above(value: f64, other: f64, tolerance: f64) -> bool {
    value - other > tolerance
}

/// Whether a value is at least a bound, rounding apart.
pub(crate) fn reaches(value: f64, bound: f64, tolerance: f64) -> bool {
    !above(bound, value, tolerance)
}

/// Tells groups of equals among falling values. A group is what lies within the tolerance of its first value, the greatest: so no
/// chain of small steps makes equals of what is far apart.
pub(crate) struct Groups {
    tolerance: f64,
    first: Option<f64>,
}

impl Groups {
    pub(crate) fn new(tolerance: f64) -> Self {
        Self { tolerance, first: None }
    }

    /// Takes the next value; whether a new group starts with it.
    pub(crate) fn opens(&mut self, value: f64) -> bool {
        let opens = self.first.is_none_or(|first| above(first, value, self.tolerance));
        if opens {
            self.first = Some(value);
        }
        opens
    }

    /// The first value of the group.
    fn first(&self) -> f64 {
        self.first.unwrap_or(f64::NAN)
    }
}

/// The values with equal ones made the same number: the first of their group. What is missing stays so.
pub(crate) fn levelled(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = values.iter().copied().enumerate().filter(|(_, value)| !value.is_nan()).collect();
    order.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let mut groups = Groups::new(tolerance(values.iter().copied()));
    let mut out = values.to_vec();
    for (place, value) in order {
        groups.opens(value);
        if let Some(cell) = out.get_mut(place) {
            *cell = groups.first();
        }
    }
    out
}

/// Values in groups of equals, in which any value finds its place.
pub(crate) struct Ladder {
    /// The first value of each group, falling, and how many values stand in groups before it.
    groups: Vec<(f64, usize)>,
    len: usize,
    tolerance: f64,
}

impl Ladder {
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let tolerance = tolerance(sorted.iter().copied());
        let mut tell = Groups::new(tolerance);
        let groups = sorted.iter().enumerate().filter(|(_, value)| tell.opens(**value)).map(|(before, value)| (*value, before)).collect();
        Self { groups, len: sorted.len(), tolerance }
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// How many of them stand below a value: neither above it nor equal to it.
    pub(crate) fn below(&self, value: f64) -> usize {
        let higher = self.groups.partition_point(|(first, _)| above(*first, value, self.tolerance));
        let equal = self.groups.get(higher).is_some_and(|(first, _)| !above(value, *first, self.tolerance));
        self.groups.get(higher + usize::from(equal)).map_or(0, |(_, before)| self.len - before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_points_in_another_order_are_equal_and_a_chain_of_small_steps_is_not() {
        let sums = [0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1, 0.6 - 1e-9, f64::NAN];
        assert!(sums[0].total_cmp(&sums[1]).is_ne(), "the case is one that rounding makes");
        let level = levelled(&sums);
        assert!(level[0].total_cmp(&level[1]).is_eq() && level[2].total_cmp(&sums[2]).is_eq() && level[3].is_nan());
        // Each is within the tolerance of the one before it, the third is not within that of the first.
        let chain = [1.0, 1.0 - 0.7e-12, 1.0 - 1.4e-12];
        assert_eq!(levelled(&chain), [1.0, 1.0, chain[2]]);
    }

    #[test]
    fn a_ladder_counts_what_is_below_whether_a_value_is_on_it_or_not() {
        let ladder = Ladder::of([3.0, 1.0, f64::NAN, 3.0 - 1e-15, 2.0].into_iter());
        assert_eq!(ladder.len(), 4);
        assert_eq!([0.5, 1.0, 1.5, 2.0, 3.0 - 1e-15, 3.0, 3.0 + 1e-15, 4.0].map(|value| ladder.below(value)), [0, 0, 1, 1, 2, 2, 2, 4]);
        assert_eq!(Ladder::of([].into_iter()).below(1.0), 0);
    }

    #[test]
    fn a_bound_is_reached_by_what_rounding_keeps_off_it() {
        let tolerance = tolerance([70.0]);
        assert!(reaches(70.0 - 2e-14, 70.0, tolerance) && !reaches(70.0 - 1e-9, 70.0, tolerance));
        assert!(!above(0.0, -0.0, 0.0));
    }
}
