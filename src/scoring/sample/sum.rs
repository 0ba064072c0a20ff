//! Sums that lose no digits to the order of their terms.

/// The sum of some numbers, taken in their order.
///
/// # Formula
/// Neumaier (1974): what rounding took from each addition is kept and added in the end.
#[must_use]
pub fn sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    for term in terms {
        let next = total + term;
        if next.is_finite() {
            lost += if total.abs() >= term.abs() { (total - next) + term } else { (term - next) + total };
        }
        total = next;
    }
    total + lost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_between_large_ones_are_kept() {
        assert_eq!(sum([1.0, 1e100, 1.0, -1e100]).to_bits(), 2.0_f64.to_bits());
        assert!(sum([f64::INFINITY, 1.0]).is_infinite());
        assert!(sum([f64::NAN, 1.0]).is_nan());
    }
}
