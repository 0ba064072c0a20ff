//! Numbers and days as people read them. In Vietnamese the comma is the decimal sign and the point groups thousands.

use chrono::{DateTime, FixedOffset};

use crate::words::Lang;

/// Việt Nam has one time the whole year.
const HANOI: i32 = 7 * 3_600;

/// A number with so many decimals: `84,2` or `84.2`. A minus is a minus sign, not a hyphen.
#[must_use]
pub fn number(lang: Lang, value: f64, decimals: u8) -> String {
    let text = format!("{:.*}", usize::from(decimals), value.abs());
    // What rounds to nothing is neither above nor below.
    let negative = value < 0.0 && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut said = if negative { "−".to_owned() } else { String::new() };
    said.push_str(&grouped(lang, whole));
    if let Some(rest) = rest {
        said.push_str(lang.pick(",", "."));
        said.push_str(rest);
    }
    said
}

/// A number that always has its sign: `+1,3`.
#[must_use]
pub fn signed(lang: Lang, value: f64, decimals: u8) -> String {
    let said = number(lang, value, decimals);
    let positive = value > 0.0 && said.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    if positive { format!("+{said}") } else { said }
}

/// A whole number: `36.525` or `36,525`.
#[must_use]
pub fn whole(lang: Lang, value: i64) -> String {
    let digits = grouped(lang, &value.unsigned_abs().to_string());
    if value < 0 { format!("−{digits}") } else { digits }
}

/// From one number to another: `82,1–85,9`.
#[must_use]
pub fn interval(lang: Lang, low: f64, high: f64, decimals: u8) -> String {
    format!("{}–{}", number(lang, low, decimals), number(lang, high, decimals))
}

/// A share of one as percent: `71,5%`.
#[must_use]
pub fn percent(lang: Lang, share: f64, decimals: u8) -> String {
    format!("{}%", number(lang, share * 100.0, decimals))
}

/// Groups of three digits.
fn grouped(lang: Lang, digits: &str) -> String {
    let mut said = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            said.push_str(lang.pick(".", ","));
        }
        said.push(digit);
    }
    said
}

fn in_hanoi(instant: i64) -> Option<DateTime<FixedOffset>> {
    Some(DateTime::from_timestamp_micros(instant)?.with_timezone(&FixedOffset::east_opt(HANOI)?))
}

/// The day of an instant (UTC microseconds) in Việt Nam: `01/09/2024` or `1 September 2024`.
#[must_use]
pub fn day(lang: Lang, instant: i64) -> String {
    in_hanoi(instant).map_or_else(String::new, |at| at.format(lang.pick("%d/%m/%Y", "%-d %B %Y")).to_string())
}

/// An instant (UTC microseconds) in Việt Nam to the minute: `08:00, 01/09/2024`.
#[must_use]
pub fn instant(lang: Lang, instant: i64) -> String {
    in_hanoi(instant).map_or_else(String::new, |at| at.format(lang.pick("%H:%M, %d/%m/%Y", "%H:%M, %-d %B %Y")).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_each_language_writes_them() {
        assert_eq!((number(Lang::Vi, 84.25, 1), number(Lang::En, 84.25, 2)), ("84,2".to_owned(), "84.25".to_owned()));
        assert_eq!((number(Lang::Vi, -0.04, 1), number(Lang::Vi, -1234.5, 1)), ("0,0".to_owned(), "−1.234,5".to_owned()));
        assert_eq!(
            (whole(Lang::Vi, 36_525), whole(Lang::En, 1_000_000), whole(Lang::En, 999)),
            ("36.525".into(), "1,000,000".into(), "999".into())
        );
        assert_eq!(
            (signed(Lang::Vi, 1.34, 1), signed(Lang::Vi, 0.01, 1), signed(Lang::En, -2.0, 0)),
            ("+1,3".into(), "0,0".into(), "−2".into())
        );
        assert_eq!((interval(Lang::Vi, 82.1, 85.9, 1), percent(Lang::Vi, 0.715, 1)), ("82,1–85,9".to_owned(), "71,5%".to_owned()));
    }

    #[test]
    fn a_day_is_that_of_viet_nam() {
        let eve = 1_725_152_400_000_000 - 5 * 3_600_000_000; // 03:00 in Hà Nội, still the day before in London
        assert_eq!((day(Lang::Vi, eve), day(Lang::En, eve)), ("01/09/2024".to_owned(), "1 September 2024".to_owned()));
        assert_eq!(instant(Lang::Vi, eve), "03:00, 01/09/2024");
    }
}
