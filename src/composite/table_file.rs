//! Indicator tables in two forms.
//!
//! *Long*: a line a value. `unit,indicator,value[,edition][,measured_in][,date][,source][,status][,revision]`
//! `[,standard_error][,df][,n]`; attributes and denominators are lines like any other.
//! *Wide*: a line a unit and edition. `unit[,edition]`, then a column for each indicator, denominator and attribute.
//!
//! Without a column `edition` every line is of the definition's own. An empty cell and the words of [`table::MISSING`] stand for
//! a missing value. What a file may look like beside: see [`crate::table`].

use std::collections::{BTreeMap, BTreeSet};

use super::geography::unknown_units;
use super::table::{Observation, Status, Table};
use super::table_doubts::{Doubts, Place};
use crate::schema::composite::CompositeDefinition;
use crate::schema::parse_day;
use crate::table::{self, Options, Record};
use crate::words::{Finding, any_error};

/// What a column holds.
#[derive(Clone, Copy, PartialEq)]
enum Column {
    Number,
    Attribute,
}

const LONG: [&str; 12] =
    ["unit", "indicator", "value", "edition", "measured_in", "date", "source", "status", "revision", "standard_error", "df", "n"];

/// Those that hold numbers.
const NUMBERS: [&str; 5] = ["value", "revision", "standard_error", "df", "n"];

pub(super) fn read(bytes: &[u8], definition: &CompositeDefinition) -> Result<(Table, Vec<Finding>), Vec<Finding>> {
    let known = known(definition);
    let columns = |name: &str| {
        let number = NUMBERS.contains(&name) || known.get(name) == Some(&Column::Number);
        if number { table::Column::NUMBER } else { table::Column::NAME }
    };
    let sheet = table::Table::read_sound_rows(bytes, &Options::new(&columns))?;
    let mut file = Reader {
        definition,
        known: known.clone(),
        table: Table::default(),
        findings: sheet.findings().to_vec(),
        unknown: BTreeSet::new(),
        doubts: Doubts::of(definition),
        heading: sheet.heading_line(),
        lines: BTreeMap::new(),
    };
    let names: Vec<&str> = sheet.names().collect();
    let long = names.contains(&"indicator") && names.contains(&"value");
    let before = file.findings.len();
    file.header(&names, long);
    if any_error(&file.findings[before..]) {
        return Err(file.findings);
    }
    for record in sheet.records() {
        if long {
            file.long(Line { record });
        } else {
            file.wide(Line { record }, &names);
        }
    }
    file.findings.extend(file.doubts.finish(&file.table));
    for ((edition, unit), finding) in unknown_units(definition, &file.table) {
        let line = file.lines.get(&(edition.to_owned(), unit.to_owned())).copied();
        file.findings.push(Finding { line, ..finding });
    }
    file.findings.sort_by_key(|finding| finding.line);
    if any_error(&file.findings) {
        return Err(file.findings);
    }
    Ok((file.table, file.findings))
}

fn known(definition: &CompositeDefinition) -> BTreeMap<&str, Column> {
    let leaves = definition.leaves().map(|(_, node, _)| node.code());
    let numbers = leaves.chain(definition.denominators().iter().map(String::as_str)).map(|code| (code, Column::Number));
    numbers.chain(definition.attributes().iter().map(|code| (code.as_str(), Column::Attribute))).collect()
}

struct Reader<'d> {
    definition: &'d CompositeDefinition,
    known: BTreeMap<&'d str, Column>,
    table: Table,
    findings: Vec<Finding>,
    /// Indicators that are not in the definition; each is told once.
    unknown: BTreeSet<String>,
    doubts: Doubts<'d>,
    /// The line of the heading.
    heading: u32,
    /// The first line of each edition and unit.
    lines: BTreeMap<(String, String), u32>,
}

/// A line of the table and where it stands.
#[derive(Clone, Copy)]
struct Line<'r> {
    record: Record<'r>,
}

impl<'r> Line<'r> {
    fn place(self) -> Place {
        Place { row: self.record.index(), line: Some(self.record.line()) }
    }

    /// A cell that is not empty.
    fn cell(self, name: &str) -> Option<&'r str> {
        self.record.get(name)
    }
}

impl Reader<'_> {
    /// Checks the header.
    fn header(&mut self, names: &[&str], long: bool) {
        for name in names {
            if long && !LONG.contains(name) {
                self.column("unknown-column", name, "Cột “{}” không được dùng", "The column “{}” is not used", false);
            }
            if !long && !["unit", "edition"].contains(name) && !self.known.contains_key(name) {
                self.column(
                    "unknown-column",
                    name,
                    "Cột “{}” không thuộc định nghĩa nên bị bỏ qua",
                    "The column “{}” is not in the definition and is left out",
                    false,
                );
            }
        }
        if !names.contains(&"unit") {
            self.column("column-missing", "unit", "Thiếu cột “{}”", "The column “{}” is missing", true);
        }
        if !long {
            let absent: Vec<&str> = self.known.keys().copied().filter(|code| !names.contains(code)).collect();
            for code in absent {
                self.column(
                    "column-missing",
                    code,
                    "Thiếu cột “{}”: coi như không có dữ liệu",
                    "The column “{}” is missing: taken as without data",
                    false,
                );
            }
        }
    }

    fn column(&mut self, code: &'static str, name: &str, vi: &str, en: &str, error: bool) {
        let (vi, en) = (vi.replace("{}", name), en.replace("{}", name));
        let pointer = format!("/{name}");
        let finding = if error { Finding::error(pointer, code, vi, en) } else { Finding::warning(pointer, code, vi, en) };
        self.findings.push(Finding { line: Some(self.heading), ..finding });
    }

    fn error(&mut self, line: Line<'_>, column: &str, code: &'static str, vi: String, en: String) {
        let finding = Finding::error(format!("/{}/{column}", line.record.index()), code, vi, en);
        self.findings.push(Finding { line: Some(line.record.line_of(column)), ..finding });
    }

    /// Unit and edition of a line.
    fn key<'r>(&mut self, line: Line<'r>) -> Option<(String, &'r str)> {
        let edition = line.cell("edition").unwrap_or(self.definition.edition()).to_owned();
        let unit = line.cell("unit");
        if unit.is_none() {
            self.error(line, "unit", "empty", "Thiếu mã đơn vị".to_owned(), "The code of the unit is missing".to_owned());
        }
        self.lines.entry((edition.clone(), unit?.to_owned())).or_insert(line.record.line());
        Some((edition, unit?))
    }

    fn wide(&mut self, line: Line<'_>, names: &[&str]) {
        let Some((edition, unit)) = self.key(line) else { return };
        if self.table.has_row(&edition, unit) {
            let (vi, en) = (format!("Đơn vị {unit} đã có ở dòng trên"), format!("The unit {unit} stands on an earlier line too"));
            self.error(line, "unit", "unit-repeated", vi, en);
            return;
        }
        self.doubts.row(line.place(), &edition, unit);
        self.table.admit(&edition, unit);
        for name in names {
            match self.known.get(name) {
                Some(Column::Attribute) => {
                    if let Some(value) = line.cell(name) {
                        self.table.describe(&edition, unit, name, value);
                    }
                }
                Some(Column::Number) => {
                    if let Some(value) = self.number(line, name) {
                        self.doubts.value(line.place(), name, name, value);
                        self.table.insert(&edition, unit, name, Observation { value: Some(value), ..Observation::default() });
                    }
                }
                None => {}
            }
        }
    }

    fn long(&mut self, line: Line<'_>) {
        let Some((edition, unit)) = self.key(line) else { return };
        let Some(indicator) = line.cell("indicator") else {
            return self.error(line, "indicator", "empty", "Thiếu mã chỉ tiêu".to_owned(), "The indicator's code is missing".to_owned());
        };
        let Some(kind) = self.known.get(indicator).copied() else {
            if self.unknown.insert(indicator.to_owned()) {
                let (vi, en) =
                    (format!("Không có chỉ tiêu “{indicator}” trong định nghĩa"), format!("The definition has no indicator “{indicator}”"));
                let finding = Finding::warning(format!("/{}/indicator", line.record.index()), "unknown-indicator", vi, en);
                self.findings.push(Finding { line: Some(line.record.line()), ..finding });
            }
            return;
        };
        if kind == Column::Attribute {
            let value = line.cell("value").unwrap_or_default();
            if !value.is_empty() && !self.table.describe(&edition, unit, indicator, value) {
                let (vi, en) =
                    (format!("“{indicator}” của {unit} đã có giá trị khác"), format!("{unit} has another “{indicator}” already"));
                self.error(line, "value", "contradiction", vi, en);
            }
            return;
        }
        let Some(observation) = self.observation(line) else { return };
        self.doubts.row(line.place(), &edition, unit);
        if let Some(value) = observation.value {
            self.doubts.value(line.place(), "value", indicator, value);
        }
        self.doubts.observation(line.place(), (edition.clone(), unit.to_owned(), indicator.to_owned()), &observation);
        let revision = observation.revision;
        if !self.table.insert(&edition, unit, indicator, observation) {
            let vi = format!("Giá trị của “{indicator}”, {unit}, {edition}, lần sửa {revision} đã có");
            let en = format!("Revision {revision} of “{indicator}” of {unit} in {edition} is there already");
            self.error(line, "value", "value-repeated", vi, en);
        }
    }

    fn observation(&mut self, line: Line<'_>) -> Option<Observation> {
        let before = self.findings.len();
        let value = self.number(line, "value");
        let standard_error = self.number(line, "standard_error");
        if standard_error.is_some_and(|se| se < 0.0) {
            self.error(line, "standard_error", "negative", "Sai số chuẩn bị âm".to_owned(), "The standard error is negative".to_owned());
        }
        let df = self.number(line, "df");
        if df.is_some_and(|df| df <= 0.0) {
            self.error(line, "df", "not-positive", "Bậc tự do phải lớn hơn 0".to_owned(), "Degrees of freedom must be above 0".to_owned());
        }
        let date = line.cell("date").map(|text| (text, parse_day(text)));
        if let Some((text, None)) = date {
            self.error(
                line,
                "date",
                "bad-date",
                format!("“{text}” không phải là ngày dạng NĂM-THÁNG-NGÀY"),
                format!("“{text}” is no day written as YYYY-MM-DD"),
            );
        }
        let status = line
            .cell("status")
            .map_or(Some(Status::Published), |name| Status::NAMES.iter().position(|known| *known == name).map(|place| Status::ALL[place]));
        if status.is_none() {
            let list = Status::NAMES.join(", ");
            self.error(line, "status", "unknown-value", format!("Phải là một trong: {list}"), format!("Must be one of: {list}"));
        }
        let (revision, n) = (self.whole(line, "revision"), self.whole(line, "n"));
        if self.findings.len() > before {
            return None;
        }
        Some(Observation {
            value,
            measured_in: line.cell("measured_in").map(str::to_owned),
            date: date.and_then(|(_, day)| day),
            source: line.cell("source").map(str::to_owned),
            status: status?,
            revision: revision.unwrap_or(0),
            standard_error,
            df,
            n,
            public: None,
        })
    }

    fn number(&mut self, line: Line<'_>, name: &str) -> Option<f64> {
        let text = line.cell(name).filter(|text| !table::MISSING.iter().any(|word| word.eq_ignore_ascii_case(text)))?;
        let number = table::number(text);
        if number.is_none() {
            self.error(line, name, "not-a-number", format!("“{text}” không phải là số"), format!("“{text}” is no number"));
        }
        number
    }

    fn whole(&mut self, line: Line<'_>, name: &str) -> Option<u32> {
        let text = line.cell(name)?;
        let number = table::integer(text);
        if number.is_none() {
            self.error(
                line,
                name,
                "not-a-number",
                format!("“{text}” không phải là số nguyên không âm"),
                format!("“{text}” is no whole number of at least 0"),
            );
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::composite::sample::{composite, definition};

    fn found(text: &str) -> Vec<(Option<u32>, String, String)> {
        let findings = match Table::read(text, &definition(&composite())) {
            Ok((_, warnings)) => warnings,
            Err(findings) => findings,
        };
        findings.into_iter().map(|finding| (finding.line, finding.pointer, finding.code.into_owned())).collect()
    }

    fn expected(list: &[(Option<u32>, &str, &str)]) -> Vec<(Option<u32>, String, String)> {
        list.iter().map(|(line, pointer, code)| (*line, (*pointer).to_owned(), (*code).to_owned())).collect()
    }

    #[test]
    fn a_wide_table_is_read_by_the_names_of_its_columns() {
        let text = "# source\nunit,edition,region,days,shops,trust,population,note\n01,2023,north,5,,NA,100,x\n02,,south,6,3,0.5,200,\n";
        let (table, warnings) = Table::read(text, &definition(&composite())).unwrap();
        assert_eq!(warnings.len(), 1, "the column “note” is not used");
        assert_eq!(table.rows().collect::<Vec<_>>(), [("2023", "01"), ("2024", "02")]);
        assert_eq!(table.get("2023", "01", "days").unwrap().value, Some(5.0));
        assert!(table.get("2023", "01", "shops").is_none() && table.get("2023", "01", "trust").is_none());
        let state = table.state(&definition(&composite()));
        assert_eq!((state.denominators.get(1, 0), state.attributes[0][1].as_deref()), (Some(200.0), Some("south")));
    }

    #[test]
    fn a_long_table_keeps_source_status_and_revisions() {
        let text = "unit,indicator,value,edition,measured_in,date,source,status,revision,standard_error,n\n\
            01,trust,0.8,2024,share,2024-12-31,Quyết định 1,published,,0.02,510\n\
            01,trust,0.7,2024,share,2025-03-01,Quyết định 2,restated,1,,\n\
            01,region,north,2024,,,,,,,\n";
        let (table, warnings) = Table::read(text, &definition(&composite())).unwrap();
        assert_eq!(warnings, []);
        let (first, second) = (&table.revisions("2024", "01", "trust")[0], table.get("2024", "01", "trust").unwrap());
        assert_eq!((first.value, first.standard_error, first.n, first.status), (Some(0.8), Some(0.02), Some(510), Status::Published));
        assert_eq!((second.value, second.status, second.revision), (Some(0.7), Status::Restated, 1));
        assert_eq!(second.source.as_deref(), Some("Quyết định 2"));
        assert_eq!(table.state(&definition(&composite())).indicators.get(0, 2), Some(0.7), "the last revision is in force");
    }

    #[test]
    fn every_finding_of_a_wide_table_comes_with_its_line() {
        let text = "unit,region,days,shops,trust,population\n01,n,five,1,1,1\n01,n,5,1,1,1\n,n,5,1,1,1\n02,n,5\n03,n,1e999,1,1,1\n";
        let expect = [
            (Some(2), "/0/days", "not-a-number"),
            (Some(3), "/1/unit", "unit-repeated"),
            (Some(4), "/2/unit", "empty"),
            (Some(5), "/5", "wrong-width"),
            (Some(6), "/3/days", "not-a-number"),
        ];
        assert_eq!(found(text), expected(&expect));
    }

    #[test]
    fn every_finding_of_a_long_table_comes_with_its_line() {
        let text = "unit,indicator,value,date,status,revision\n01,ghost,1,,,\n01,days,1,31-12-2024,guessed,-1\n01,days,2,,,\n01,days,3,,,\n\
            01,,3,,,\n01,region,north,,,\n01,region,south,,,\n";
        let expect = [
            (Some(2), "/0/indicator", "unknown-indicator"),
            (Some(3), "/1/date", "bad-date"),
            (Some(3), "/1/status", "unknown-value"),
            (Some(3), "/1/revision", "not-a-number"),
            (Some(5), "/3/value", "value-repeated"),
            (Some(6), "/4/indicator", "empty"),
            (Some(8), "/6/value", "contradiction"),
        ];
        assert_eq!(found(text), expected(&expect));
    }

    #[test]
    fn a_header_says_what_is_missing_doubled_or_not_used() {
        assert_eq!(found("days,days\n"), expected(&[(Some(1), "/1/days", "column-repeated")]));
        assert_eq!(found(""), expected(&[(Some(1), "", "table-empty")]));
        assert_eq!(
            found("note\n"),
            expected(&[
                (Some(1), "/note", "unknown-column"),
                (Some(1), "/unit", "column-missing"),
                (Some(1), "/days", "column-missing"),
                (Some(1), "/population", "column-missing"),
                (Some(1), "/region", "column-missing"),
                (Some(1), "/shops", "column-missing"),
                (Some(1), "/trust", "column-missing"),
            ])
        );
    }

    static SAMPLE: std::sync::LazyLock<CompositeDefinition> = std::sync::LazyLock::new(|| definition(&composite()));

    proptest::proptest! {
        #[test]
        fn any_text_is_taken_or_refused_with_a_reason(text in "(unit|days|indicator|value|edition|[ab,\"#\r\n1-])*") {
            let read = Table::read(&text, &SAMPLE);
            proptest::prop_assert!(read.map_or_else(|found| any_error(&found), |(_, found)| !any_error(&found)));
        }
    }
}
