//! Tables as spreadsheets save them: separated by semicolons or tabs, with decimal commas.

use std::borrow::Cow;

use crate::words::Finding;

/// Columns that hold words, in which a comma is a comma.
const WORDS: [&str; 7] = ["unit", "indicator", "edition", "measured_in", "date", "source", "status"];

/// The same table separated by commas, with decimal points; every line keeps its number.
///
/// A table counts as separated by semicolons or tabs where its header holds them and no comma. Its numbers may have decimal
/// commas (`12,5`).
///
/// # Errors
/// A finding where it cannot be told what a comma means: beside decimal points, or where each could set off thousands (`1,234`).
pub(super) fn plain(text: &str) -> Result<Cow<'_, str>, Finding> {
    let header = text.lines().find(|line| !line.starts_with('#') && !line.trim().is_empty()).unwrap_or_default();
    let Some(delimiter) = [';', '\t'].into_iter().find(|mark| header.contains(*mark) && !header.contains(',')) else {
        return Ok(Cow::Borrowed(text));
    };
    let cells = cells(text, delimiter);
    let names: Vec<&str> = cells.iter().filter(|cell| !cell.aside).take_while(|cell| cell.place.0 == 0).map(Cell::content).collect();
    let numbers: Vec<&Cell<'_>> = cells.iter().filter(|cell| cell.holds_number(&names)).collect();
    let comma = commas(&numbers)?;
    let mut plain = String::with_capacity(text.len());
    for cell in &cells {
        let number = comma && cell.holds_number(&names) && decimal(cell.content(), ',');
        match number {
            true => plain.push_str(&cell.content().replace(',', ".")),
            false if cell.aside || cell.quoted() || !cell.raw.contains([',', '"']) => plain.push_str(cell.raw),
            false => plain.extend(["\"", &cell.raw.replace('"', "\"\""), "\""]),
        }
        plain.push_str(if cell.ends_line { cell.end } else { "," });
    }
    Ok(Cow::Owned(plain))
}

/// A cell as it stands in the text, or a line without cells.
struct Cell<'t> {
    raw: &'t str,
    /// A line of comment, or an empty one.
    aside: bool,
    /// Its record, the header being 0, and its column.
    place: (usize, usize),
    line: usize,
    ends_line: bool,
    /// The end of the line after it, where it is the last one.
    end: &'t str,
}

impl<'t> Cell<'t> {
    fn quoted(&self) -> bool {
        self.raw.trim_start().starts_with('"')
    }

    /// What stands in it, less quotation marks around it.
    fn content(&self) -> &'t str {
        let raw = self.raw.trim().trim_start_matches('\u{feff}');
        raw.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(raw).trim()
    }

    fn holds_number(&self, names: &[&str]) -> bool {
        !self.aside && self.place.0 > 0 && names.get(self.place.1).is_some_and(|name| !WORDS.contains(name))
    }
}

/// Every cell in its order. Within quotation marks a delimiter or an end of line is part of the cell.
fn cells(text: &str, delimiter: char) -> Vec<Cell<'_>> {
    let (mut cells, mut rest) = (Vec::new(), text);
    let (mut record, mut column, mut line) = (0, 0, 1);
    while !rest.is_empty() {
        let comment = column == 0 && rest.starts_with('#');
        let length = if comment { rest.find('\n').unwrap_or(rest.len()) } else { length(rest, delimiter) };
        let (raw, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let aside = comment || (column == 0 && raw.is_empty() && !after.starts_with(delimiter));
        let delimited = !comment && after.starts_with(delimiter);
        let end = after.len() - if delimited { after.len() } else { after.trim_start_matches(['\r', '\n']).len() };
        let (end, next) =
            if delimited { ("", after.get(1..).unwrap_or_default()) } else { after.split_at_checked(end).unwrap_or(("", "")) };
        cells.push(Cell { raw, aside, place: (record, column), line, ends_line: !delimited, end });
        line += raw.matches('\n').count() + end.matches('\n').count();
        column = if delimited { column + 1 } else { 0 };
        record += usize::from(!delimited && !aside);
        // A line that ends in a delimiter ends in an empty cell.
        if delimited && next.is_empty() {
            cells.push(Cell { raw: "", aside: false, place: (record, column), line, ends_line: true, end: "" });
        }
        rest = next;
    }
    cells
}

/// Where the cell at the beginning of `rest` ends.
fn length(rest: &str, delimiter: char) -> usize {
    let opens = rest.trim_start_matches([' ', '\u{feff}']).starts_with('"');
    let mut quotes = 0;
    for (place, letter) in rest.char_indices() {
        let inside = opens && quotes % 2 == 1;
        match letter {
            '"' => quotes += 1,
            '\r' | '\n' if !inside => return place,
            _ if letter == delimiter && !inside => return place,
            _ => {}
        }
    }
    rest.len()
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

/// Whether decimals have commas.
fn commas(cells: &[&Cell<'_>]) -> Result<bool, Finding> {
    let of = |mark: char| cells.iter().find(|cell| decimal(cell.content(), mark));
    let Some(comma) = of(',') else { return Ok(false) };
    let refused = |vi: String, en: String| {
        let mut finding = Finding::error("", "ambiguous-comma", vi, en);
        finding.line = u32::try_from(comma.line).ok();
        Err(finding)
    };
    let shown = comma.content();
    if let Some(point) = of('.') {
        let (line, other) = (point.line, point.content());
        return refused(
            format!("Số “{shown}” dùng dấu phẩy, còn “{other}” ở dòng {line} dùng dấu chấm: hãy dùng một dấu thập phân trong cả bảng"),
            format!("“{shown}” has a comma, but “{other}” in line {line} a point: use one decimal mark in the whole table"),
        );
    }
    if cells.iter().filter(|cell| decimal(cell.content(), ',')).all(|cell| thousands(cell.content())) {
        return refused(
            format!("Không rõ “{shown}” là số lẻ hay có dấu phẩy tách hàng nghìn: hãy dùng dấu chấm thập phân và bỏ dấu tách hàng nghìn"),
            format!("“{shown}” may have a decimal comma or a comma between thousands: use decimal points and nothing between thousands"),
        );
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (Option<u32>, String) {
        let finding = plain(text).unwrap_err();
        (finding.line, finding.en)
    }

    #[test]
    fn a_table_with_commas_is_left_as_it_is() {
        for text in ["", "unit\n1", "unit,a;b\n1,2;3\n", "# a;b\nunit,x\n"] {
            assert!(matches!(plain(text), Ok(Cow::Borrowed(same)) if same == text), "{text:?}");
        }
    }

    #[test]
    fn semicolons_and_tabs_become_commas_and_decimal_commas_points() {
        assert_eq!(plain("unit;a;b\nA;90,5;-0,25\nB;7;\n").unwrap(), "unit,a,b\nA,90.5,-0.25\nB,7,\n");
        assert_eq!(plain("unit\ta\nA\t\"12,5\"\n").unwrap(), "unit,a\nA,12.5\n");
        assert_eq!(plain("unit;a\nA;0.5\nB;1e3").unwrap(), "unit,a\nA,0.5\nB,1e3");
        assert_eq!(plain("unit;a;b\nA;1,5;").unwrap(), "unit,a,b\nA,1.5,");
        assert_eq!(plain("\nunit;a;\nA;1,5;\n").unwrap(), "\nunit,a,\nA,1.5,\n");
    }

    #[test]
    fn words_keep_their_commas_and_lines_their_numbers() {
        let text =
            "# title; x\r\n\r\nunit;indicator;value;source\r\n1,2;x;3,5;\"a; \"\"b\"\"\r\nc, d\"\r\n\r\n# note\r\nB;x;4;e, \"f\"\r\n";
        let expected = "# title; x\r\n\r\nunit,indicator,value,source\r\n\"1,2\",x,3.5,\"a; \"\"b\"\"\r\nc, d\"\r\n\r\n# note\r\nB,x,4,\"e, \"\"f\"\"\"\r\n";
        assert_eq!(plain(text).unwrap(), expected);
    }

    #[test]
    fn what_a_comma_means_must_be_clear() {
        let (line, said) = told("unit;a;b\nA;90,5;1\nB;1;0.5\n");
        assert!(line == Some(2) && said.contains("“90,5” has a comma, but “0.5” in line 3 a point"), "{said}");
        let (line, said) = told("unit\ta\n\nA\t1,234\nB\t12,500\n");
        assert!(line == Some(3) && said.contains("between thousands"), "{said}");
        assert_eq!(plain("unit;a\nA;1,234\nB;0,500\n").unwrap(), "unit,a\nA,1.234\nB,0.500\n");
        assert_eq!(plain("unit;a\nA;1.234,5\n").unwrap(), "unit,a\nA,\"1.234,5\"\n", "no number either way");
    }

    proptest::proptest! {
        #[test]
        fn lines_keep_their_numbers_whatever_stands_in_them(text in "unit;a\n[ab;,.0-9\"#\t\r\n ]*") {
            if let Ok(plain) = plain(&text) {
                proptest::prop_assert_eq!(plain.matches('\n').count(), text.matches('\n').count());
            }
        }
    }
}
