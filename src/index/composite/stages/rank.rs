//! Ranks of unrounded scores.

use crate::index::composite::matrix::present;
use crate::schema::composite::Ties;

/// The rank of each value of one edition, 1 the highest; none where there is no value.
#[must_use]
pub fn ranks(values: &[f64], ties: Ties) -> Vec<Option<u32>> {
    let mut sorted: Vec<f64> = present(values).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    if ties == Ties::Dense {
        sorted.dedup();
    }
    let rank = |value: &f64| u32::try_from(sorted.partition_point(|other| other > value) + 1).ok();
    values.iter().map(|value| if value.is_nan() { None } else { rank(value) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_a_rank_and_what_is_missing_has_none() {
        let values = [70.0, f64::NAN, 90.0, 80.0, 80.0];
        assert_eq!(ranks(&values, Ties::Competition), [Some(4), None, Some(1), Some(2), Some(2)]);
        assert_eq!(ranks(&values, Ties::Dense), [Some(3), None, Some(1), Some(2), Some(2)]);
    }

    #[test]
    fn scores_that_only_look_equal_are_not() {
        assert_eq!(ranks(&[50.001, 50.002], Ties::Competition), [Some(2), Some(1)]);
    }
}
