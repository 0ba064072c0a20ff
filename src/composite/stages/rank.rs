//! Ranks of unrounded scores.

use crate::composite::ties::{Groups, tolerance};
use crate::schema::composite::Ties;

/// The rank of each value of one edition, 1 the highest; none where there is no value. Values that differ in nothing but rounding
/// tie: see `composite::ties`.
#[must_use]
pub fn ranks(values: &[f64], ties: Ties) -> Vec<Option<u32>> {
    let (mut order, mut ranks) = (Vec::new(), Vec::new());
    rank_into(values, ties, &mut order, &mut ranks);
    ranks.into_iter().map(|rank| Some(rank).filter(|rank| *rank > 0)).collect()
}

/// [`ranks`] into memory that is there: 0 where there is no value; `order` is memory to work in.
pub(crate) fn rank_into(values: &[f64], ties: Ties, order: &mut Vec<u32>, ranks: &mut Vec<u32>) {
    order.clear();
    order.extend((0..).zip(values).filter(|(_, value)| !value.is_nan()).map(|(row, _)| row));
    let value = |row: u32| values.get(row as usize).copied().unwrap_or(f64::NAN);
    order.sort_unstable_by(|a, b| value(*b).total_cmp(&value(*a)));
    ranks.clear();
    ranks.resize(values.len(), 0);
    // The largest absolute value stands at an end.
    let ends = [order.first(), order.last()].into_iter().flatten();
    let mut groups = Groups::new(tolerance(ends.map(|row| value(*row))));
    let mut rank = 0_u32;
    for (place, row) in (1_u32..).zip(order.iter()) {
        if groups.opens(value(*row)) {
            rank = if ties == Ties::Dense { rank + 1 } else { place };
        }
        if let Some(cell) = ranks.get_mut(*row as usize) {
            *cell = rank;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ties_share_a_rank_and_what_is_missing_has_none() {
        let values = [70.0, f64::NAN, 90.0, 80.0, 80.0];
        assert_eq!(ranks(&values, Ties::Competition), [Some(4), None, Some(1), Some(2), Some(2)]);
        assert_eq!(ranks(&values, Ties::Dense), [Some(3), None, Some(1), Some(2), Some(2)]);
        assert_eq!(ranks(&[0.0, -0.0], Ties::Competition), [Some(1), Some(1)]);
    }

    #[test]
    fn scores_that_only_look_equal_are_not() {
        assert_eq!(ranks(&[50.001, 50.002], Ties::Competition), [Some(2), Some(1)]);
        assert_eq!(ranks(&[50.0, 50.0 + 1e-9], Ties::Competition), [Some(2), Some(1)]);
    }

    #[test]
    fn the_same_points_in_another_order_have_the_same_rank() {
        let points = [8.46, 8.82, 10.68, 9.13, 12.57, 10.11, 13.22, 12.71];
        let orders = [[0, 1, 2, 3, 4, 5, 6, 7], [1, 0, 3, 2, 5, 4, 7, 6], [7, 6, 5, 4, 3, 2, 1, 0], [3, 2, 0, 1, 7, 6, 4, 5]];
        let sums = orders.map(|order| order.iter().map(|place: &usize| points[*place]).sum::<f64>());
        assert!(sums.iter().any(|sum| sum.total_cmp(&sums[0]).is_ne()), "the case is one that rounding makes");
        let values = [sums[0], sums[1], sums[2], sums[3], 60.0, 90.0];
        assert_eq!(ranks(&values, Ties::Competition), [2, 2, 2, 2, 6, 1].map(Some));
        assert_eq!(ranks(&values, Ties::Dense), [2, 2, 2, 2, 3, 1].map(Some));
    }

    proptest! {
        #[test]
        fn a_rank_is_one_more_than_the_better_units_or_the_better_groups(
            values in proptest::collection::vec(proptest::option::of((0..6_i32, -2..3_i32)), 0..12),
        ) {
            let score = |(whole, noise): (i32, i32)| f64::from(whole) * 10.0 + f64::from(noise) * 1e-14;
            let scores: Vec<f64> = values.iter().map(|value| value.map_or(f64::NAN, score)).collect();
            let better = |own: i32| values.iter().flatten().map(|(whole, _)| *whole).filter(move |whole| *whole > own);
            let groups = |own: i32| better(own).collect::<std::collections::BTreeSet<_>>().len();
            let expect = |count: &dyn Fn(i32) -> usize| -> Vec<Option<u32>> {
                values.iter().map(|value| value.map(|(whole, _)| u32::try_from(count(whole) + 1).unwrap())).collect()
            };
            // Where the best has 0 all have, and the noise is all there is.
            prop_assume!(values.iter().flatten().any(|(whole, _)| *whole > 0));
            prop_assert_eq!(ranks(&scores, Ties::Competition), expect(&|own| better(own).count()));
            prop_assert_eq!(ranks(&scores, Ties::Dense), expect(&groups));
        }
    }
}
