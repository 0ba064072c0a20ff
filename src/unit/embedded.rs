//! The national code lists that every installation starts with.
//!
//! Origin, licence and known limits of the data: `data/units/README.md`.

use std::sync::OnceLock;

use super::{Registry, Succession, UnitKey, UnitKind, UnitRecord, english_name};
use chrono::NaiveDate;
use csv::{Reader, ReaderBuilder, StringRecord};
use serde::Deserialize;

/// The list of 63 provinces, valid from 1 August 2008 (the last merger of provinces before) to 1 July 2025.
pub const LEGACY: &str = "vn-63";
/// The list of 34 provinces, valid from 1 July 2025.
pub const REFORMED: &str = "vn-34";

/// A list with the days between which its units are taken as valid.
struct List {
    name: &'static str,
    valid_from: &'static str,
    valid_to: Option<&'static str>,
    csv: &'static str,
}

const LISTS: [List; 2] = [
    List { name: LEGACY, valid_from: "2008-08-01", valid_to: Some("2025-07-01"), csv: include_str!("../../data/units/vn-63.csv") },
    List { name: REFORMED, valid_from: "2025-07-01", valid_to: None, csv: include_str!("../../data/units/vn-34.csv") },
];
const SUCCESSION: &str = include_str!("../../data/units/succession.csv");

/// Why the lists in this binary cannot be read: it was built from damaged data.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// A row is not as it should be; the source names the line.
    #[error("the embedded list {list} cannot be read: {source}")]
    Row {
        /// The list.
        list: &'static str,
        /// What the CSV reader says.
        source: csv::Error,
    },
    /// A day of validity is no date.
    #[error("the embedded list {list} has no valid dates: {source}")]
    Date {
        /// The list.
        list: &'static str,
        /// What the date parser says.
        source: chrono::ParseError,
    },
}

#[derive(Deserialize)]
struct UnitRow<'a> {
    kind: UnitKind,
    code: &'a str,
    parent: &'a str,
    name_vi: &'a str,
}

#[derive(Deserialize)]
struct SuccessionRow<'a> {
    old: &'a str,
    new: &'a str,
    share: Share,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Share {
    Whole,
    Main,
    Part,
}

/// The units of both lists, and which of the old went to which of the new.
///
/// The dates of a record are those of its list, not of the unit's own founding: the lists are each the state of
/// one time. A [`UnitKind::Country`] named `VN` heads either list.
///
/// # Errors
///
/// [`EmbeddedError`] if this binary was built from damaged data; a test proves that it was not.
pub fn embedded() -> Result<(Vec<UnitRecord>, Vec<Succession>), EmbeddedError> {
    let mut records = Vec::with_capacity(14_500);
    for list in &LISTS {
        read_list(list, &mut records)?;
    }
    Ok((records, read_succession()?))
}

fn read_list(list: &List, records: &mut Vec<UnitRecord>) -> Result<(), EmbeddedError> {
    let date = |text: &str| text.parse().map_err(|source| EmbeddedError::Date { list: list.name, source });
    let valid_from: NaiveDate = date(list.valid_from)?;
    let valid_to = list.valid_to.map(date).transpose()?;
    for_each(list.name, list.csv, |row: &StringRecord, header| {
        let row: UnitRow<'_> = row.deserialize(Some(header))?;
        records.push(UnitRecord {
            list: list.name.to_owned(),
            code: row.code.to_owned(),
            kind: row.kind,
            name_vi: row.name_vi.to_owned(),
            name_en: english_name(row.name_vi),
            parent: (!row.parent.is_empty()).then(|| key(list.name, row.parent)),
            valid_from,
            valid_to,
        });
        Ok(())
    })
}

fn read_succession() -> Result<Vec<Succession>, EmbeddedError> {
    let mut successions = Vec::with_capacity(11_000);
    for_each("succession", SUCCESSION, |row, header| {
        let row: SuccessionRow<'_> = row.deserialize(Some(header))?;
        successions.push(Succession {
            from: key(LEGACY, row.old),
            to: key(REFORMED, row.new),
            whole: row.share == Share::Whole,
            is_default: row.share != Share::Part,
        });
        Ok(())
    })?;
    Ok(successions)
}

/// Calls `take` with every row and the header, in one reused buffer.
fn for_each(
    list: &'static str,
    text: &str,
    mut take: impl FnMut(&StringRecord, &StringRecord) -> Result<(), csv::Error>,
) -> Result<(), EmbeddedError> {
    let mut read = || {
        let mut reader: Reader<&[u8]> = ReaderBuilder::new().from_reader(text.as_bytes());
        let header = reader.headers()?.clone();
        let mut row = StringRecord::new();
        while reader.read_record(&mut row)? {
            take(&row, &header)?;
        }
        Ok(())
    };
    read().map_err(|source| EmbeddedError::Row { list, source })
}

fn key(list: &str, code: &str) -> UnitKey {
    (list.to_owned(), code.to_owned())
}

/// The embedded lists as a registry of their own, made once; none if they did not fit together, which a test rules out.
#[must_use]
pub fn national() -> Option<&'static Registry> {
    static NATIONAL: OnceLock<Option<Registry>> = OnceLock::new();
    let make = || {
        let (records, successions) = embedded().ok()?;
        Registry::numbered(records, &successions).ok()
    };
    NATIONAL.get_or_init(make).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    fn count(records: &[UnitRecord], list: &str, kind: UnitKind) -> usize {
        records.iter().filter(|r| r.list == list && r.kind == kind).count()
    }

    #[test]
    fn the_embedded_lists_hold_every_unit_before_and_after_the_reform() {
        let (records, _) = embedded().unwrap();
        for (list, kind, expected) in [
            (LEGACY, UnitKind::Country, 1),
            (LEGACY, UnitKind::Province, 63),
            (LEGACY, UnitKind::District, 696),
            (LEGACY, UnitKind::Commune, 10_035),
            (REFORMED, UnitKind::Country, 1),
            (REFORMED, UnitKind::Province, 34),
            (REFORMED, UnitKind::District, 0),
            (REFORMED, UnitKind::Commune, 3_321),
        ] {
            assert_eq!(count(&records, list, kind), expected, "{kind} in {list}");
        }
    }

    #[test]
    fn five_island_districts_have_no_commune() {
        let (records, _) = embedded().unwrap();
        let with_communes: HashSet<_> =
            records.iter().filter(|r| r.list == LEGACY && r.kind == UnitKind::Commune).filter_map(|r| r.parent.clone()).collect();
        let mut without: Vec<_> = records
            .iter()
            .filter(|r| r.kind == UnitKind::District && !with_communes.contains(&r.key()))
            .map(|r| r.name_vi.as_str())
            .collect();
        without.sort_unstable();
        assert_eq!(without, ["Huyện Bạch Long Vĩ", "Huyện Côn Đảo", "Huyện Cồn Cỏ", "Huyện Hoàng Sa", "Huyện Lý Sơn"]);
    }

    #[test]
    fn every_old_commune_has_a_successor_and_every_new_one_a_predecessor() {
        let (records, successions) = embedded().unwrap();
        let from: HashSet<_> = successions.iter().map(|s| s.from.clone()).collect();
        let to: HashSet<_> = successions.iter().map(|s| s.to.clone()).collect();
        for record in records.iter().filter(|r| r.kind != UnitKind::District) {
            let known = if record.list == LEGACY { &from } else { &to };
            assert!(known.contains(&record.key()), "{record:?}");
        }
    }

    #[test]
    fn communes_go_where_their_province_goes() {
        let (records, successions) = embedded().unwrap();
        let parents: HashMap<_, _> = records.iter().map(|r| (r.key(), r.parent.clone())).collect();
        let heirs: HashMap<_, _> = successions.iter().map(|s| (s.from.clone(), s.to.clone())).collect();
        let mut crossed = 0;
        for succession in successions.iter().filter(|s| s.from.1.len() == 5) {
            let district = parents[&succession.from].clone().unwrap();
            let province = parents[&district].clone().unwrap();
            assert_eq!(parents[&succession.to], Some(heirs[&province].clone()), "{succession:?}");
            crossed += 1;
        }
        assert_eq!(crossed, 10_566);
    }

    #[test]
    fn no_vietnamese_mark_is_left_in_an_english_name() {
        let (records, _) = embedded().unwrap();
        let odd: Vec<_> = records.iter().filter(|r| !r.name_en.is_ascii()).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }

    #[test]
    fn a_damaged_list_is_an_error_that_names_the_list_and_the_line() {
        let list =
            List { name: "vn-00", valid_from: "2025-07-01", valid_to: None, csv: "kind,code,parent,name_vi\nrealm,VN,,Việt Nam\n" };
        let error = read_list(&list, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("vn-00") && error.contains("line: 2"), "{error}");
    }
}
