//! Numbers as spreadsheets write them: decimal points or commas, whole numbers with a zero fraction.

use std::borrow::Cow;
use std::str::FromStr;

use crate::words::Finding;

/// A finite number with a decimal point. Columns that the caller named as numbers have no decimal commas any more.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// The digits of a whole number, less the zero fraction that spreadsheets and statistical packages write behind it (`4.0`, `4,00`).
///
/// Three zeros are no such fraction: `1.000` is a thousand to half of those who would read it.
///
/// ```
/// use hailong::table::whole;
/// assert_eq!([whole("4.0"), whole("-12"), whole("4.5"), whole("1.000")], [Some("4"), Some("-12"), None, None]);
/// ```
#[must_use]
pub fn whole(text: &str) -> Option<&str> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (digits, fraction) = unsigned.split_once(['.', ',']).unwrap_or((unsigned, "0"));
    let zeros = !fraction.is_empty() && fraction.len() != 3 && fraction.bytes().all(|byte| byte == b'0');
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (zeros && number).then(|| text.split(['.', ',']).next().unwrap_or(text))
}

/// A whole number that fits its type, read as [`whole`] does.
#[must_use]
pub fn integer<T: FromStr>(text: &str) -> Option<T> {
    whole(text)?.parse().ok()
}

/// The cells of a column, each with its line, with decimal points where they have decimal commas: for a reader that does not know
/// beforehand which of its columns hold numbers.
///
/// # Errors
/// A finding where it cannot be told what a comma means.
pub fn decimal_points<'t>(cells: impl Iterator<Item = (&'t str, u32)> + Clone) -> Result<Vec<Cow<'t, str>>, Finding> {
    let mut marks = Marks::default();
    cells.clone().for_each(|(text, line)| {
        marks.see(text, line);
    });
    match marks.doubt() {
        Some(doubt) => Err(doubt),
        None => {
            Ok(cells.map(|(text, _)| if decimal(text, ',') { Cow::Owned(text.replace(',', ".")) } else { Cow::Borrowed(text) }).collect())
        }
    }
}

/// A cell of a column of numbers that holds a comma or a point, and where it stands.
#[derive(Debug)]
struct Seen {
    text: String,
    line: u32,
}

impl Seen {
    fn of(text: &str, line: u32) -> Self {
        Self { text: text.to_owned(), line }
    }
}

/// What the numbers of a table say about its decimal mark.
#[derive(Debug, Default)]
pub(super) struct Marks {
    comma: Option<Seen>,
    point: Option<Seen>,
    /// A decimal comma that can be nothing else.
    clear: bool,
}

impl Marks {
    /// Takes a number into account; whether its comma, if it has one, may be a decimal comma.
    pub(super) fn see(&mut self, text: &str, line: u32) -> bool {
        if decimal(text, '.') {
            self.point.get_or_insert_with(|| Seen::of(text, line));
        }
        let comma = decimal(text, ',');
        if comma {
            self.comma.get_or_insert_with(|| Seen::of(text, line));
            self.clear |= !thousands(text);
        }
        comma
    }

    /// Why it cannot be told what a comma means: beside decimal points, or where each could set off thousands (`1,234`).
    pub(super) fn doubt(&self) -> Option<Finding> {
        let comma = self.comma.as_ref()?;
        let shown = &comma.text;
        let (vi, en) = match &self.point {
            Some(Seen { text: other, line }) => (
                format!("Số “{shown}” dùng dấu phẩy, còn “{other}” ở dòng {line} dùng dấu chấm: hãy dùng một dấu thập phân trong cả bảng"),
                format!("“{shown}” has a comma, but “{other}” in line {line} a point: use one decimal mark in the whole table"),
            ),
            None if !self.clear => (
                format!(
                    "Không rõ “{shown}” là số lẻ hay có dấu phẩy tách hàng nghìn: hãy dùng dấu chấm thập phân và bỏ dấu tách hàng nghìn"
                ),
                format!(
                    "“{shown}” may have a decimal comma or a comma between thousands: use decimal points and nothing between thousands"
                ),
            ),
            None => return None,
        };
        Some(Finding { line: Some(comma.line), ..Finding::error("", "ambiguous-comma", vi, en) })
    }
}

/// `12,5` with the mark given: digits on both sides of one mark, a sign before.
fn decimal(text: &str, mark: char) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    unsigned.split_once(mark).is_some_and(|(whole, part)| digits(whole) && digits(part))
}

/// `1,234`: a mark that may set off thousands.
fn thousands(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    unsigned.split_once(',').is_some_and(|(whole, part)| part.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_may_carry_a_zero_fraction() {
        for (text, expected) in [("4.0", Some(4)), ("4,00", Some(4)), ("+7", Some(7)), ("-3.0", Some(-3)), ("1.0000", Some(1))] {
            assert_eq!(integer::<i64>(text), expected, "{text}");
        }
        for text in ["", "4.", ".0", "4.01", "1.000", "1,000", "4e0", "x", "-", "4.0.0", "99999999999999999999"] {
            assert_eq!(integer::<i64>(text), None, "{text}");
        }
        assert_eq!((number("1e3"), number("inf"), number("NaN"), number("")), (Some(1000.0), None, None, None));
    }

    #[test]
    fn marks_contradict_each_other_or_leave_a_doubt() {
        let doubt = |cells: &[&str]| {
            let mut marks = Marks::default();
            cells.iter().zip(2..).for_each(|(text, line)| {
                marks.see(text, line);
            });
            marks.doubt().map(|finding| (finding.line, finding.en.contains("thousands")))
        };
        assert_eq!(doubt(&["1,234", "0,5"]), None, "one clear comma is enough");
        assert_eq!(doubt(&["1", "1,234"]), Some((Some(3), true)));
        assert_eq!(doubt(&["0.5", "90,5"]), Some((Some(3), false)));
        assert_eq!(doubt(&["1.234,5", "x", "0.5"]), None, "what is no number either way is for the caller");
    }
}
