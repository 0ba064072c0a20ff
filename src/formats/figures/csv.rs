//! Figures as CSV: plain for programs, and a profile that Excel opens as it is where commas are decimal signs.

use ::csv::{self, Terminator, WriterBuilder};

use super::HIDDEN;
use super::sheet::{Cell, Sheet};

/// Which CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// RFC 4180: commas, points, UTF-8. A number that is not published is an empty cell, and its row has `c` as status.
    Plain,
    /// A byte order mark, semicolons, decimal commas, headings in the reader's language, the sign in the cell itself. A text that a
    /// spreadsheet would take for a formula has an apostrophe before it.
    Excel,
}

/// The bytes of a sheet.
///
/// # Errors
/// None that memory gives: the writer of rows may fail where it writes to a file.
pub fn csv(sheet: &Sheet, profile: Profile) -> Result<Vec<u8>, csv::Error> {
    let (mark, between) = match profile {
        Profile::Plain => ("", b','),
        Profile::Excel => ("\u{feff}", b';'),
    };
    let mut rows = WriterBuilder::new().delimiter(between).terminator(Terminator::CRLF).from_writer(mark.as_bytes().to_vec());
    rows.write_record(sheet.columns.iter().map(|column| match profile {
        Profile::Plain => column.name,
        Profile::Excel => column.said.pick(sheet.lang),
    }))?;
    for row in &sheet.rows {
        rows.write_record(row.iter().map(|cell| written(cell, profile)))?;
    }
    rows.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

fn written(cell: &Cell, profile: Profile) -> String {
    match (cell, profile) {
        (Cell::Text(text), Profile::Plain) => text.clone(),
        (Cell::Text(text), Profile::Excel) => guarded(text),
        (Cell::Number(number, decimals), Profile::Plain) => format!("{number:.*}", usize::from(*decimals)),
        (Cell::Number(number, decimals), Profile::Excel) => format!("{number:.*}", usize::from(*decimals)).replace('.', ","),
        (Cell::Whole(number), _) => number.to_string(),
        (Cell::Hidden, Profile::Excel) => HIDDEN.to_owned(),
        (Cell::Hidden, Profile::Plain) | (Cell::Empty, _) => String::new(),
    }
}

/// A text that no spreadsheet computes (OWASP, CSV injection).
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::sheet::Column;
    use super::*;
    use crate::words::{Lang, Said};

    fn sheet(rows: Vec<Vec<Cell>>) -> Sheet {
        let column = |name| Column { name, said: Said::new("Mã; đơn vị", "Code") };
        let columns = vec![column("unit"), column("value")];
        Sheet { title: "x".to_owned(), lang: Lang::Vi, columns, rows, about: Vec::new() }
    }

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_plain_file_is_read_back_as_it_was() {
        let rows = vec![
            vec![Cell::Text("00014, \"x\"".to_owned()), Cell::Number(84.25, 2)],
            vec![Cell::Text("=1+1".to_owned()), Cell::Hidden],
            vec![Cell::Empty, Cell::Whole(-3)],
        ];
        let bytes = csv(&sheet(rows), Profile::Plain).unwrap();
        assert_eq!(text(&bytes), "unit,value\r\n\"00014, \"\"x\"\"\",84.25\r\n=1+1,\r\n,-3\r\n");
        let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
        let read: Vec<Vec<String>> = reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
        assert_eq!(read[0], ["00014, \"x\"", "84.25"]);
    }

    #[test]
    fn excel_gets_decimal_commas_a_sign_and_no_formula() {
        let cell = |text: &str| Cell::Text(text.to_owned());
        let rows = vec![vec![cell("=HYPERLINK(\"x\")"), Cell::Number(-0.5, 1)], vec![cell("01"), Cell::Hidden]];
        let bytes = csv(&sheet(rows), Profile::Excel).unwrap();
        assert_eq!(text(&bytes), "\u{feff}\"Mã; đơn vị\";\"Mã; đơn vị\"\r\n\"'=HYPERLINK(\"\"x\"\")\";-0,5\r\n01;c\r\n");
        for bad in ["+1", "-1", "@x", "\tx", "\rx"] {
            assert!(guarded(bad).starts_with('\''), "{bad:?}");
        }
        assert_eq!(guarded("Huế"), "Huế");
    }
}
