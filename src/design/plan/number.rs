//! From whole numbers to reals and back.

/// A count as a real number; counts of people and units are far below 2⁵³.
#[allow(clippy::cast_precision_loss)]
pub(super) fn as_real(count: u64) -> f64 {
    count as f64
}

/// The smallest whole number that is not below `value`. What exceeds a whole number by less than a part in 10⁹ is rounding, and does not
/// cost a respondent more. `None` where it is no number or beyond 2⁵³.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within 0 to 2⁵³
pub(super) fn up_to_whole(value: f64) -> Option<u64> {
    let nearest = value.round();
    let whole = if (value - nearest).abs() <= 1e-9 * value { nearest } else { value.ceil() };
    (0.0..=9_007_199_254_740_992.0).contains(&whole).then_some(whole as u64)
}

/// The same part of a whole, written with as few digits as tell it from its neighbours.
pub(super) fn quotient(numerator: u128, denominator: u128) -> f64 {
    #[allow(clippy::cast_precision_loss)] // one rounding each: relative errors of 1e-16
    let (numerator, denominator) = (numerator as f64, denominator as f64);
    numerator / denominator
}
