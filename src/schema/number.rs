//! Exact numbers: decimals as scaled whole numbers, scores as fractions.

use std::cmp::Ordering;
use std::fmt;

use serde_json::{Number, Value};

use super::decode::At;

/// Most digits after the point that a decimal may have.
pub const MAX_DECIMALS: u8 = 6;

/// Largest magnitude of a scaled decimal: a double keeps any 15 digits, so its JSON number reads back as the same value.
pub const MAX_SCALED: i64 = 1_000_000_000_000_000;

/// Why a JSON number is no decimal of the precision asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// More digits after the point than allowed.
    #[error("more than {0} digits after the point")]
    TooManyDecimals(u8),
    /// Beyond ±[`MAX_SCALED`] once scaled.
    #[error("too large")]
    TooLarge,
}

/// `number` × 10^`decimals`, exactly. A double stands for the shortest decimal that reads as it.
///
/// # Errors
/// [`DecimalError`] where the number has more decimals or is too large.
pub fn scaled(number: &Number, decimals: u8) -> Result<i64, DecimalError> {
    let within = |n: i64| (-MAX_SCALED..=MAX_SCALED).contains(&n).then_some(n).ok_or(DecimalError::TooLarge);
    let power = 10_i64.checked_pow(u32::from(decimals)).ok_or(DecimalError::TooManyDecimals(MAX_DECIMALS))?;
    if let Some(whole) = number.as_i64() {
        return whole.checked_mul(power).ok_or(DecimalError::TooLarge).and_then(within);
    }
    // `Display` of f64 writes the shortest digits that read back, never an exponent.
    let digits = number.as_f64().ok_or(DecimalError::TooLarge)?.to_string();
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    if fraction.len() > usize::from(decimals) {
        return Err(DecimalError::TooManyDecimals(decimals));
    }
    let padded = format!("{whole}{fraction:0<width$}", width = usize::from(decimals));
    padded.parse().map_err(|_| DecimalError::TooLarge).and_then(within)
}

/// The JSON number for a scaled decimal: the inverse of [`scaled`].
#[must_use]
pub fn unscaled(value: i64, decimals: u8) -> Number {
    if decimals == 0 {
        return value.into();
    }
    // Correctly rounded, as reading the decimal digits would be: both operands are exact in a double.
    #[allow(clippy::cast_precision_loss)]
    let real = value as f64 / 10_f64.powi(i32::from(decimals));
    Number::from_f64(real).unwrap_or_else(|| value.into())
}

/// An exact fraction in lowest terms, such as a score of 100/3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    numerator: i64,
    denominator: i64,
}

impl Ratio {
    /// Largest magnitude of a numerator.
    const MAX_NUMERATOR: i64 = 1_000_000_000_000;
    /// Largest denominator; that of a decimal with six digits.
    const MAX_DENOMINATOR: i64 = 1_000_000;

    /// `numerator / denominator` in lowest terms; `None` where the denominator is not in 1..=10⁶ or the
    /// numerator not within ±10¹², which keeps sums of scores in range.
    #[must_use]
    pub fn new(numerator: i64, denominator: i64) -> Option<Self> {
        if !(1..=Self::MAX_DENOMINATOR).contains(&denominator) || !(-Self::MAX_NUMERATOR..=Self::MAX_NUMERATOR).contains(&numerator) {
            return None;
        }
        let divisor = gcd(numerator.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i64::try_from(divisor).ok()?;
        Some(Self { numerator: numerator / divisor, denominator: denominator / divisor })
    }

    /// The numerator, with the sign.
    #[must_use]
    pub fn numerator(self) -> i64 {
        self.numerator
    }

    /// The denominator, at least 1.
    #[must_use]
    pub fn denominator(self) -> i64 {
        self.denominator
    }

    /// The nearest double: both terms are exact in a double, so there is one rounding.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// Reads a JSON number with at most six decimals, or a string such as `"100/3"`.
    pub(crate) fn read(value: &Value, at: &mut At<'_>) -> Option<Self> {
        let ratio = match value {
            Value::Number(number) => scaled(number, MAX_DECIMALS).ok().and_then(|millionths| Self::new(millionths, 1_000_000)),
            Value::String(text) => {
                let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
                let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let spelt = digits(numerator.strip_prefix('-').unwrap_or(numerator)) && digits(denominator);
                numerator.parse().ok().zip(denominator.parse().ok()).filter(|_| spelt).and_then(|(n, d)| Self::new(n, d))
            }
            _ => None,
        };
        if ratio.is_none() {
            at.error(
                "bad-score",
                "Điểm phải là số có tối đa 6 chữ số thập phân, từ −1 000 000 đến 1 000 000, hoặc phân số như “100/3”",
                "A score is a number with at most 6 decimals, from −1 000 000 to 1 000 000, or a fraction such as “100/3”",
            );
        }
        ratio
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = i128::from(self.numerator) * i128::from(other.denominator);
        left.cmp(&(i128::from(other.numerator) * i128::from(self.denominator)))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Ratio {
    /// `75` or `100/3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == 1 { write!(f, "{}", self.numerator) } else { write!(f, "{}/{}", self.numerator, self.denominator) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn number(text: &str) -> Number {
        serde_json::from_str(text).unwrap()
    }

    fn ratio(value: &Value) -> Option<String> {
        Ratio::read(value, &mut At::root(&mut Vec::new())).map(|r| r.to_string())
    }

    #[test]
    fn a_decimal_is_scaled_exactly() {
        assert_eq!(scaled(&number("0.1"), 1), Ok(1));
        assert_eq!(scaled(&number("-0.5"), 2), Ok(-50));
        assert_eq!(scaled(&number("1e-6"), 6), Ok(1));
        assert_eq!(scaled(&number("2.50"), 1), Ok(25));
        assert_eq!(scaled(&number("1e2"), 0), Ok(100));
    }

    #[test]
    fn a_decimal_with_too_many_digits_or_too_large_is_refused() {
        assert_eq!(scaled(&number("0.25"), 1), Err(DecimalError::TooManyDecimals(1)));
        assert_eq!(scaled(&number("1e300"), 0), Err(DecimalError::TooLarge));
        assert_eq!(scaled(&number("9223372036854775807"), 0), Err(DecimalError::TooLarge));
        assert_eq!(scaled(&number("18446744073709551615"), 0), Err(DecimalError::TooLarge));
    }

    #[test]
    fn a_score_is_a_decimal_or_a_fraction_in_lowest_terms() {
        assert_eq!(ratio(&json!(33.3)).as_deref(), Some("333/10"));
        assert_eq!(ratio(&json!("200/6")).as_deref(), Some("100/3"));
        assert_eq!(ratio(&json!(75)).as_deref(), Some("75"));
        assert_eq!(ratio(&json!("-1/2")).as_deref(), Some("-1/2"));
        assert_eq!(ratio(&json!("100")).as_deref(), Some("100"));
        for bad in [
            json!("+1/2"),
            json!("1 /2"),
            json!(""),
            json!("1/0"),
            json!("1/-2"),
            json!(0.123_456_7),
            json!("x/2"),
            json!(true),
            json!(1e9),
        ] {
            assert_eq!(ratio(&bad), None, "{bad}");
        }
    }

    #[test]
    fn fractions_are_ordered_exactly() {
        let third = Ratio::new(1, 3).unwrap();
        assert!(third < Ratio::new(333_334, 1_000_000).unwrap());
        assert!(third > Ratio::new(333_333, 1_000_000).unwrap());
    }

    proptest! {
        #[test]
        fn a_scaled_decimal_reads_back(value in -MAX_SCALED..=MAX_SCALED, decimals in 0u8..=6) {
            let text = unscaled(value, decimals).to_string();
            prop_assert_eq!(scaled(&number(&text), decimals), Ok(value));
        }
    }
}
