//! Ranks of point estimates.

/// Competition ranks: one more than the number of better values.
#[must_use]
pub fn ranks(values: &[f64]) -> Vec<u32> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let better = |value: &f64| sorted.partition_point(|other| other > value);
    values.iter().map(|value| u32::try_from(better(value)).unwrap_or(u32::MAX).saturating_add(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_better_rank() {
        assert_eq!(ranks(&[80.0, 90.0, 80.0, 70.0]), [2, 1, 2, 4]);
    }
}
