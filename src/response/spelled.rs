//! Numbers that came as text, as forms and spreadsheets write them: `12,5`, `1.234.567`, `1 234,5`.

use serde_json::Number;

/// Why a text stands for no one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoNumber {
    /// It can be read as two: `1,234` is a thousand and more in one country and a little over one in another.
    Ambiguous,
    /// It is not written as a number.
    NotOne,
}

/// The one number that `text` can stand for. Point and comma are both taken for either mark, spaces part thousands.
pub(super) fn number(text: &str) -> Result<Number, NoNumber> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = parts(digits)?;
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let point = if fraction.is_empty() { "" } else { "." };
    serde_json::from_str(&format!("{sign}{whole}{point}{fraction}")).map_err(|_| NoNumber::NotOne)
}

/// The digits before and after the decimal mark.
fn parts(text: &str) -> Result<(String, &str), NoNumber> {
    let is_space = |c: char| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}');
    let fits = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',') || is_space(c);
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    if text.chars().count() > 40 || !text.chars().all(fits) || !ends(text.chars().next()) || !ends(text.chars().next_back()) {
        return Err(NoNumber::NotOne);
    }
    let count = |mark: char| text.matches(mark).count();
    let (points, commas, spaced) = (count('.'), count(','), text.contains(is_space));
    let last = text.rfind(['.', ',']);
    let (whole, fraction) = last.map_or((text, ""), |at| (&text[..at], &text[at + 1..]));
    let groups = |whole: &str, apart: &dyn Fn(char) -> bool| {
        let parts: Vec<&str> = whole.split(apart).collect();
        let right = (1..=3).contains(&parts[0].len()) && parts[1..].iter().all(|part| part.len() == 3);
        let digits = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        if right && digits { Ok(parts.concat()) } else { Err(NoNumber::NotOne) }
    };
    match (points, commas) {
        (0, 0) if spaced => Ok((groups(text, &is_space)?, "")),
        (0, 0) => Ok((text.to_owned(), "")),
        (1, 0) | (0, 1) if spaced => Ok((groups(whole, &is_space)?, decimals(fraction)?)),
        (1, 0) | (0, 1) => {
            let thousands = fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
            if thousands { Err(NoNumber::Ambiguous) } else { Ok((whole.to_owned(), decimals(fraction)?)) }
        }
        _ if spaced => Err(NoNumber::NotOne),
        (_, 0) => Ok((groups(text, &|c| c == '.')?, "")),
        (0, _) => Ok((groups(text, &|c| c == ',')?, "")),
        // Two marks: the one that comes last, and once, is the decimal one.
        (1, _) if text.rfind('.') == last => Ok((groups(whole, &|c| c == ',')?, decimals(fraction)?)),
        (_, 1) if text.rfind(',') == last => Ok((groups(whole, &|c| c == '.')?, decimals(fraction)?)),
        _ => Err(NoNumber::NotOne),
    }
}

fn decimals(fraction: &str) -> Result<&str, NoNumber> {
    if fraction.bytes().all(|byte| byte.is_ascii_digit()) { Ok(fraction) } else { Err(NoNumber::NotOne) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_can_be_read_in_one_way_is_read() {
        let read = |text: &str| number(text).map(|number| number.to_string()).unwrap_or_default();
        for (text, value) in [
            ("12,5", "12.5"),
            ("12.5", "12.5"),
            (" 12 ", "12"),
            ("-3,25", "-3.25"),
            ("0,125", "0.125"),
            ("1234,567", "1234.567"),
            ("1.234.567", "1234567"),
            ("1,234,567", "1234567"),
            ("1.234,5", "1234.5"),
            ("1,234.5", "1234.5"),
            ("1 234", "1234"),
            ("1\u{a0}234,567", "1234.567"),
            ("007", "7"),
        ] {
            assert_eq!(read(text), value, "{text}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_or_in_none_is_not() {
        for text in ["1,234", "1.234", "150.000"] {
            assert_eq!(number(text), Err(NoNumber::Ambiguous), "{text}");
        }
        for text in ["", "-", "x", "12,", ",5", "1,2,3", "1.23.456", "1,234.5.6", "1 23", "12 5,", "1e3", "12-5", "1,234 567"] {
            assert_eq!(number(text), Err(NoNumber::NotOne), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9., -]{0,12}|\\PC{0,12}") {
            let _ = number(&text);
        }
    }
}
