//! Reads an operator's own list of units.

use super::{RowError, UnitKey, UnitKind, UnitRecord};
use chrono::NaiveDate;
use std::collections::HashMap;

use crate::table::{Column, Options, Record, Table};
use crate::words::Finding;

/// The columns, in any order; all must be there, and no other.
const COLUMNS: [&str; 9] = ["list", "code", "kind", "name_vi", "name_en", "parent_list", "parent_code", "valid_from", "valid_to"];
const MAX_CODE: usize = 64;
const MAX_NAME: usize = 300;

impl UnitRecord {
    /// Reads a list of units from the bytes of a table: see [`crate::table`].
    ///
    /// The columns `list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from,valid_to` may stand in any
    /// order. `name_en`, the parent and `valid_to` may be empty; a unit without an English name shows its
    /// Vietnamese one. Dates are `YYYY-MM-DD`, and `valid_to` is the first day on which the unit is gone.
    ///
    /// Parents and dates are checked against other lists by [`Registry::new`](super::Registry::new).
    ///
    /// ```
    /// use hailong::unit::UnitRecord;
    /// let records = UnitRecord::parse_csv(
    ///     "list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from,valid_to\n\
    ///      agency-danang,SYT,agency,Sở Y tế,Department of Health,vn-34,48,2025-07-01,\n",
    /// )
    /// .unwrap();
    /// assert_eq!(records[0].parent, Some(("vn-34".to_owned(), "48".to_owned())));
    /// ```
    ///
    /// # Errors
    ///
    /// Every [`RowError`] of the text at once, in the order of the lines. A wrong header is reported alone, as no row
    /// can be read under it.
    pub fn parse_csv(bytes: impl AsRef<[u8]>) -> Result<Vec<Self>, Vec<RowError>> {
        let table = Table::read_sound_rows(bytes.as_ref(), &Options::new(&|_| Column::NAME));
        let table = table.map_err(|findings| findings.into_iter().filter(Finding::is_error).map(RowError::Table).collect::<Vec<_>>())?;
        check_header(&table)?;
        let unreadable = table.findings().iter().filter(|finding| finding.is_error());
        let mut errors: Vec<RowError> = unreadable.cloned().map(RowError::Table).collect();
        let (mut records, mut seen) = (Vec::new(), HashMap::new());
        for row in table.records() {
            let line = u64::from(row.line());
            let Some(record) = (Row { line, cells: row, errors: &mut errors }).record() else { continue };
            let first_line = *seen.entry((record.key(), record.valid_from)).or_insert(line);
            if first_line != line {
                let (unit, valid_from) = (record.key(), record.valid_from);
                errors.push(RowError::Repeated { line, first_line, unit, valid_from });
            }
            records.push(record);
        }
        errors.sort_by_key(RowError::line);
        if errors.is_empty() { Ok(records) } else { Err(errors) }
    }
}

fn check_header(table: &Table) -> Result<(), Vec<RowError>> {
    let unexpected =
        table.names().filter(|name| !COLUMNS.contains(name)).map(|name| RowError::UnexpectedColumn { column: name.to_owned() });
    let missing = COLUMNS.into_iter().filter(|column| table.column(column).is_none()).map(|column| RowError::MissingColumn { column });
    let errors: Vec<RowError> = unexpected.chain(missing).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// One row under a good header, and where to put what is wrong with it.
struct Row<'a> {
    line: u64,
    cells: Record<'a>,
    errors: &'a mut Vec<RowError>,
}

impl<'a> Row<'a> {
    /// The record, if nothing is wrong with the row; every field is looked at in any case.
    fn record(mut self) -> Option<UnitRecord> {
        let before = self.errors.len();
        let list = self.code("list");
        let code = self.code("code");
        let kind = self.kind();
        let name_vi = self.required("name_vi").and_then(|name| self.name("name_vi", name));
        let name_en = match self.field("name_en") {
            "" => name_vi,
            name => self.name("name_en", name),
        };
        let parent = self.parent();
        let valid_from = self.required("valid_from").and_then(|text| self.date("valid_from", text));
        let valid_to = self.optional("valid_to").and_then(|text| self.date("valid_to", text));
        if let (Some(valid_from), Some(valid_to)) = (valid_from, valid_to)
            && valid_to <= valid_from
        {
            let line = self.line;
            self.errors.push(RowError::EmptyValidity { line, valid_from, valid_to });
        }
        if self.errors.len() > before {
            return None;
        }
        Some(UnitRecord {
            list: list?.to_owned(),
            code: code?.to_owned(),
            kind: kind?,
            name_vi: name_vi?.to_owned(),
            name_en: name_en?.to_owned(),
            parent,
            valid_from: valid_from?,
            valid_to,
        })
    }

    fn field(&self, column: &'static str) -> &'a str {
        self.cells.get(column).unwrap_or_default()
    }

    fn optional(&self, column: &'static str) -> Option<&'a str> {
        Some(self.field(column)).filter(|text| !text.is_empty())
    }

    fn required(&mut self, column: &'static str) -> Option<&'a str> {
        let text = self.field(column);
        if text.is_empty() {
            self.errors.push(RowError::Empty { line: self.line, column });
            return None;
        }
        Some(text)
    }

    fn code(&mut self, column: &'static str) -> Option<&'a str> {
        let text = self.required(column)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if text.len() > MAX_CODE || !text.bytes().all(plain) {
            self.errors.push(RowError::BadCode { line: self.line, column, value: text.to_owned() });
            return None;
        }
        Some(text)
    }

    fn name(&mut self, column: &'static str, text: &'a str) -> Option<&'a str> {
        if text.chars().count() > MAX_NAME || text.chars().any(char::is_control) {
            self.errors.push(RowError::BadName { line: self.line, column });
            return None;
        }
        Some(text)
    }

    fn kind(&mut self) -> Option<UnitKind> {
        let text = self.required("kind")?;
        let kind = UnitKind::parse(text);
        if kind.is_none() {
            self.errors.push(RowError::UnknownKind { line: self.line, value: text.to_owned() });
        }
        kind
    }

    fn parent(&mut self) -> Option<UnitKey> {
        match (self.optional("parent_list"), self.optional("parent_code")) {
            (None, None) => None,
            (Some(_), Some(_)) => {
                let (list, code) = (self.code("parent_list"), self.code("parent_code"));
                Some((list?.to_owned(), code?.to_owned()))
            }
            _ => {
                self.errors.push(RowError::HalfParent { line: self.line });
                None
            }
        }
    }

    fn date(&mut self, column: &'static str, text: &str) -> Option<NaiveDate> {
        // The parser alone would also take "2025-7-1".
        let date = text.parse::<NaiveDate>().ok().filter(|date| date.to_string() == text);
        if date.is_none() {
            self.errors.push(RowError::BadDate { line: self.line, column, value: text.to_owned() });
        }
        date
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from,valid_to\n";

    fn parse(rows: &str) -> Result<Vec<UnitRecord>, Vec<RowError>> {
        UnitRecord::parse_csv(format!("{HEADER}{rows}"))
    }

    #[test]
    fn an_agency_list_is_read_with_a_parent_in_another_list_and_an_exclusive_end() {
        let records = parse("a,SYT,agency,\"Sở Y tế, Đà Nẵng\",,vn-63,48,2020-01-01,2025-07-01\n").unwrap();
        let record = &records[0];
        assert_eq!(record.kind, UnitKind::Agency);
        assert_eq!((record.name_vi.as_str(), record.name_en.as_str()), ("Sở Y tế, Đà Nẵng", "Sở Y tế, Đà Nẵng"));
        assert_eq!(record.parent, Some(("vn-63".into(), "48".into())));
        assert!(record.is_valid_on("2025-06-30".parse().unwrap()));
        assert!(!record.is_valid_on("2025-07-01".parse().unwrap()));
    }

    #[test]
    fn columns_may_stand_in_any_order_behind_a_byte_order_mark() {
        let text = "\u{feff}valid_to,valid_from,parent_code,parent_list,name_en,name_vi,kind,code,list\r\n\
                    ,2025-07-01,,,Department of Health,Sở Y tế,agency,SYT,a\r\n";
        let records = UnitRecord::parse_csv(text).unwrap();
        assert_eq!(records[0].name_en, "Department of Health");
        assert_eq!(records[0].key(), ("a".into(), "SYT".into()));
    }

    #[test]
    fn every_finding_of_every_row_is_reported_with_its_line() {
        let errors = parse(
            "a,1,agency,Một,,,,2025-07-01,\n\
             a b,,office,,,vn-34,,01/07/2025,2025-7-1\n\
             a,2,agency,\"Hai\ndòng\",,,,2025-07-01,\n\
             a,3,agency,Ba,,,,2025-07-01,2025-07-01\n\
             a,4,agency\n\
             a,1,agency,Một lần nữa,,,,2025-07-01,\n",
        )
        .unwrap_err();
        let found: Vec<_> = errors.iter().map(|e| (e.line().unwrap(), e.code())).collect();
        assert_eq!(
            found,
            [
                (3, "code-malformed"),
                (3, "field-empty"),
                (3, "kind-unknown"),
                (3, "field-empty"),
                (3, "parent-incomplete"),
                (3, "date-malformed"),
                (3, "date-malformed"),
                (4, "name-malformed"),
                (6, "validity-empty"),
                (7, "wrong-width"),
                (8, "unit-repeated"),
            ]
        );
        assert_eq!(errors.last().unwrap().to_string(), "line 8: a/1, valid from 2025-07-01, already stands on line 2");
    }

    #[test]
    fn a_wrong_header_is_reported_alone_and_whole() {
        let errors = UnitRecord::parse_csv("list;cod\nx;y\n").unwrap_err();
        assert_eq!(errors.len(), COLUMNS.len());
        assert_eq!(errors[0], RowError::UnexpectedColumn { column: "cod".into() });
        assert!(UnitRecord::parse_csv("").is_err());
    }

    #[test]
    fn a_second_version_of_a_unit_is_no_repetition() {
        let rows = "a,1,agency,Sở cũ,,,,2020-01-01,2025-03-01\na,1,agency,Sở mới,,,,2025-03-01,\n";
        assert_eq!(parse(rows).unwrap().len(), 2);
    }
}
