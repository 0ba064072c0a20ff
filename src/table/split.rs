//! The text of a CSV table → its rows: delimiter, quotation marks, line ends, comments above the heading.

use std::borrow::Cow;

use super::Row;
use super::clean::blank;
use crate::words::Finding;

/// What may stand between cells, in the order in which a tie is decided.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// How many rows below the heading help to tell the delimiter.
const PROBE: usize = 50;

/// A cell as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawCell<'t> {
    /// What stands in it, less quotation marks around it.
    pub(super) text: Cow<'t, str>,
    /// The line on which it begins.
    pub(super) line: u32,
    /// Whether a spreadsheet stored it as a number, so that its point is a decimal point.
    pub(super) typed: bool,
}

/// A row of cells, or what is wrong with it.
pub(super) type RawRow<'t> = Row<RawCell<'t>>;

/// The rows of a text, one by one.
#[derive(Debug, Clone)]
pub(super) struct Rows<'t> {
    rest: &'t str,
    line: u32,
    delimiter: u8,
}

/// The rows of a CSV text from its heading on.
///
/// The delimiter is that of a line `sep=…` above the heading; else the one of comma, semicolon and tab that parts heading and
/// rows into the same number of cells, and into the most.
pub(super) fn rows(text: &str) -> Rows<'_> {
    let mut rows = Rows { rest: text, line: 1, delimiter: b',' };
    let mut declared = None;
    while !rows.rest.is_empty() {
        match rows.preamble() {
            Some(Preamble::Separator(mark)) => declared = Some(mark),
            Some(Preamble::Aside) => {}
            None => break,
        }
    }
    rows.delimiter = declared.unwrap_or_else(|| rows.delimiter());
    rows
}

/// A line above the heading.
enum Preamble {
    /// `sep=;`
    Separator(u8),
    /// A comment, or a line without anything in it.
    Aside,
}

impl<'t> Rows<'t> {
    /// Steps over a line above the heading; `None` where the heading begins.
    fn preamble(&mut self) -> Option<Preamble> {
        let end = self.rest.find(['\r', '\n']).unwrap_or(self.rest.len());
        let line = self.rest.get(..end).unwrap_or_default();
        let bare = line.trim_matches(|letter: char| letter == '\u{feff}' || letter.is_whitespace());
        let content = bare.trim_matches('"').trim_start();
        let found = if let Some(mark) = separator(content) {
            Preamble::Separator(mark)
        } else if content.starts_with('#') && !numbered(content) {
            if bare.starts_with('"') {
                self.next(); // the comment may run over several lines within its quotation marks
                return Some(Preamble::Aside);
            }
            Preamble::Aside
        } else if blank(&content.replace(['"', ',', ';', '\t'], "")) {
            Preamble::Aside
        } else {
            return None;
        };
        self.rest = self.rest.get(end..).unwrap_or_default();
        self.end_of_line();
        Some(found)
    }

    /// The delimiter of a table whose heading comes next.
    fn delimiter(&self) -> u8 {
        let score = |delimiter: u8| {
            let mut rows = Self { delimiter, ..self.clone() };
            let heading = rows.next().map_or(0, |row| width(&row));
            let (mut alike, mut seen, mut parted) = (0_u32, 0_u32, 0_u32);
            for row in rows.take(PROBE).filter(|row| !row.cells.iter().all(|cell| blank(&cell.text))) {
                seen += 1;
                alike += u32::from(row.cells.len() >= heading && width(&row) <= heading && row.flaw.is_none());
                parted += u32::from(row.cells.len() > 1);
            }
            // A heading of one cell above rows of several is a title: the rows tell.
            let ranked = if heading > 1 { 1 + u32::from(seen == 0 || alike * 2 > seen) } else { 0 };
            (ranked, if heading > 1 { heading } else { usize::from(seen > 0 && parted == seen) }, alike)
        };
        let best = DELIMITERS.iter().rev().max_by_key(|delimiter| score(**delimiter));
        best.copied().unwrap_or(b',')
    }

    /// Takes the end of a line off, if one comes next.
    fn end_of_line(&mut self) -> bool {
        let rest = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix(['\r', '\n']));
        if let Some(rest) = rest {
            self.rest = rest;
            self.line = self.line.saturating_add(1);
        }
        rest.is_some()
    }

    /// The text up to the next delimiter or end of line.
    fn plain(&mut self) -> &'t str {
        let ends = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\r' | b'\n');
        let end = self.rest.as_bytes().iter().position(ends).unwrap_or(self.rest.len());
        let (cell, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        cell
    }

    /// The cell that begins here.
    fn cell(&mut self, flaw: &mut Option<Finding>) -> RawCell<'t> {
        let line = self.line;
        let tab = self.delimiter == b'\t';
        let bare = self
            .rest
            .trim_start_matches(|letter: char| matches!(letter, ' ' | '\u{a0}' | '\u{feff}' | '\u{200b}') || letter == '\t' && !tab);
        let Some(inner) = bare.strip_prefix('"') else {
            return RawCell { text: Cow::Borrowed(self.plain()), line, typed: false };
        };
        let mut text = Cow::Borrowed("");
        self.rest = inner;
        loop {
            let Some((part, rest)) = self.rest.split_once('"') else {
                flaw.get_or_insert_with(|| unclosed(line));
                text += self.rest;
                self.rest = "";
                return RawCell { text, line, typed: false };
            };
            self.line = self.line.saturating_add(line_ends(part));
            text += part;
            self.rest = rest;
            let Some(rest) = rest.strip_prefix('"') else { break };
            text += "\"";
            self.rest = rest;
        }
        let behind = self.plain();
        if !blank(behind) {
            flaw.get_or_insert_with(|| stray(self.line));
        }
        RawCell { text, line, typed: false }
    }
}

impl<'t> Iterator for Rows<'t> {
    type Item = RawRow<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut row = RawRow { line: self.line, cells: Vec::new(), flaw: None };
        loop {
            row.cells.push(self.cell(&mut row.flaw));
            match self.rest.as_bytes().first() {
                Some(byte) if *byte == self.delimiter => self.rest = self.rest.get(1..).unwrap_or_default(),
                _ => {
                    self.end_of_line();
                    return Some(row);
                }
            }
        }
    }
}

/// How many cells there are up to the last one that holds something.
pub(super) fn width(row: &RawRow<'_>) -> usize {
    row.cells.iter().rposition(|cell| !blank(&cell.text)).map_or(0, |last| last + 1)
}

/// How many lines end within a text: CRLF, LF and CR each end one.
fn line_ends(text: &str) -> u32 {
    let ends = text.matches('\n').count() + text.matches('\r').count() - text.matches("\r\n").count();
    u32::try_from(ends).unwrap_or(u32::MAX)
}

/// The mark of a line `sep=;`, as Excel writes it; other programs fill such a line up with delimiters.
fn separator(content: &str) -> Option<u8> {
    let (word, mark) = content.split_at_checked(4)?;
    let rest = mark.trim_matches(['"', ' ']);
    let byte = if rest.is_empty() { mark.bytes().next() } else { rest.bytes().next() }.or(Some(b'\t'))?;
    let fits = matches!(byte, b',' | b';' | b'\t' | b'|' | b':' | b' ');
    (word.eq_ignore_ascii_case("sep=") && fits && rest.bytes().all(|other| other == byte || DELIMITERS.contains(&other))).then_some(byte)
}

/// Whether `#` alone is the name of the first column, as in a table whose rows are numbered.
fn numbered(content: &str) -> bool {
    let behind = content.trim_start_matches('#').trim_start_matches(['"', ' ']);
    content.starts_with('#')
        && !content.starts_with("##")
        && behind.starts_with([',', ';', '\t'])
        && !blank(&behind.replace([',', ';', '\t'], ""))
}

fn unclosed(line: u32) -> Finding {
    let vi = format!("Dấu ngoặc kép mở ở dòng {line} không được đóng lại");
    Finding {
        line: Some(line),
        ..Finding::error(format!("/{line}"), "quote-unclosed", vi, format!("The quotation mark opened on line {line} is never closed"))
    }
}

fn stray(line: u32) -> Finding {
    let (vi, en) = (
        "Có chữ đứng sau dấu ngoặc kép đóng: trong ô, dấu ngoặc kép phải viết hai lần",
        "There is text behind a closing quotation mark: within a cell, quotation marks are doubled",
    );
    Finding { line: Some(line), ..Finding::error(format!("/{line}"), "quote-stray", vi, en) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u32, Vec<String>)> {
        rows(text).map(|row| (row.line, row.cells.into_iter().map(|cell| cell.text.into_owned()).collect())).collect()
    }

    fn row(line: u32, cells: &[&str]) -> (u32, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn every_line_end_counts_once() {
        for (end, mixed) in [("\n", "\n"), ("\r\n", "\n"), ("\r", "\r\n")] {
            let text = format!("unit,note{end}A,\"one{mixed}two\"{end}B,x{end}");
            let note = format!("one{mixed}two");
            assert_eq!(read(&text), [row(1, &["unit", "note"]), row(2, &["A", &note]), row(4, &["B", "x"])], "{end:?}");
        }
        assert_eq!(read("a\r\nb\nc\rd").iter().map(|row| row.0).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }

    #[test]
    fn comments_stand_above_the_heading_alone() {
        let text = "# source: a, b\r\n\r\n\"# saved, by a spreadsheet\",,\r\n,,\r\nunit,sat\r\n#2 Ward,70\r\n# x,1\r\n";
        assert_eq!(read(text), [row(5, &["unit", "sat"]), row(6, &["#2 Ward", "70"]), row(7, &["# x", "1"])]);
        assert_eq!(read("#,unit\n1,A\n"), [row(1, &["#", "unit"]), row(2, &["1", "A"])], "a column of numbers");
        assert_eq!(read("# only\n#\n"), []);
    }

    #[test]
    fn a_delimiter_is_declared_or_told_from_the_heading() {
        for (text, width) in [
            ("sep=;\nunit;a,b\n", 2),
            ("\u{feff}\"sep=|\"\r\nunit|a|b\n", 3),
            ("sep=;;;\nunit;a;b;c\n", 4),
            ("unit;a;b\nA;90,5;1\n", 3),
            ("unit\ta\nA\t1,5\n", 2),
            ("unit\tTỉnh, xã, phường\nA\tx\nB\ty\n", 2),
            ("\"Tỉnh, thành, xã\";sat\nA;1\n", 2),
            ("unit,a;b\nA,1\n", 2),
            ("unit\nA\n", 1),
            ("unit;\nA;\n", 2),
        ] {
            assert_eq!(read(text)[0].1.len(), width, "{text:?}");
        }
    }

    #[test]
    fn quoted_cells_hold_delimiters_and_doubled_marks() {
        assert_eq!(read("a,b\n \"x, \"\"y\"\"\" ,z\"w\n"), [row(1, &["a", "b"]), row(2, &["x, \"y\"", "z\"w"])]);
        let flaws: Vec<_> = rows("a,b\n\"x\"y,1\nz,\"open\nq,r\n").filter_map(|row| row.flaw).map(|flaw| (flaw.line, flaw.code)).collect();
        assert_eq!(flaws, [(Some(2), "quote-stray".into()), (Some(3), "quote-unclosed".into())]);
    }

    proptest::proptest! {
        #[test]
        fn lines_keep_their_numbers_whatever_stands_in_them(text in "unit;a\n[ab;,.0-9\"#\t\r\n ]*") {
            let lines = line_ends(&text) + 1;
            let read: Vec<u32> = rows(&text).flat_map(|row| row.cells).map(|cell| cell.line).collect();
            proptest::prop_assert!(read.is_sorted() && read.iter().all(|line| (1..=lines).contains(line)));
        }
    }
}
