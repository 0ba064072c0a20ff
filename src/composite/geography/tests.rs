use std::sync::LazyLock;

use serde_json::json;

use super::*;
use crate::composite::{Observation, Table, compute};
use crate::schema::composite::NATIONAL_LISTS;
use crate::schema::composite::sample::{definition, text};
use crate::unit::{LEGACY, REFORMED, UnitKind, UnitRecord, embedded};

static UNITS: LazyLock<Registry> = LazyLock::new(|| {
    let (records, successions) = embedded().unwrap();
    Registry::numbered(records, &successions).unwrap()
});

/// One indicator as it is, of the edition 2025.
fn index(geography: &str) -> CompositeDefinition {
    definition(&json!({
        "kind": "composite", "code": "one", "edition": "2025", "title": text("x"), "geography": geography, "denominators": ["people"],
        "pipeline": [{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "arithmetic"}],
        "tree": {"code": "ALL", "label": text("x"), "children": [{"code": "x", "label": text("x"), "indicator": {}}]},
    }))
}

fn table(rows: &[(&str, &str, f64, f64)]) -> Table {
    let mut table = Table::default();
    for (edition, unit, value, people) in rows {
        table.insert(edition, unit, "x", Observation { value: Some(*value), ..Observation::default() });
        table.insert(edition, unit, "people", Observation { value: Some(*people), ..Observation::default() });
    }
    table
}

fn request(list: &str) -> Request {
    Request { list: list.to_owned(), ..Request::default() }
}

fn asked(geography: &str, rows: &[(&str, &str, f64, f64)], request: &Request) -> Result<Series, Vec<Finding>> {
    let definition = index(geography);
    let outcome = compute(&definition, &table(rows)).unwrap();
    rebuild(&definition, &outcome, &UNITS, request)
}

fn series(geography: &str, rows: &[(&str, &str, f64, f64)], list: &str, weight: Option<&str>) -> Result<Series, Vec<Finding>> {
    asked(geography, rows, &Request { weight: weight.map(str::to_owned), ..request(list) })
}

/// A value of 50 for each unit in an edition.
fn alike<'r>(edition: &'r str, units: &'r [String]) -> Vec<(&'r str, &'r str, f64, f64)> {
    units.iter().map(|unit| (edition, unit.as_str(), 50.0, 1.0)).collect()
}

/// Every province of a recorded list.
fn provinces(list: &str, by: impl Fn(&UnitRecord) -> &String) -> Vec<String> {
    let records = UNITS.iter().map(|unit| &unit.record).filter(|record| record.list == list && record.kind == UnitKind::Province);
    records.map(by).cloned().collect()
}

/// Codes and messages of what is refused.
fn refused(found: Result<Series, Vec<Finding>>) -> Vec<(String, String)> {
    found.unwrap_err().into_iter().filter(Finding::is_error).map(|finding| (finding.code.into_owned(), finding.en)).collect()
}

fn codes(series: &Series) -> Vec<&str> {
    series.findings.iter().map(|finding| finding.code.as_ref()).collect()
}

#[test]
fn da_nang_of_34_is_the_weighted_mean_of_two_provinces() {
    let rows = [("2023", "48", 70.0, 1.0), ("2023", "Quảng Nam", 60.0, 3.0), ("2023", "vn-63:01", 65.0, 8.0), ("2025", "48", 66.0, 4.0)];
    let found = series("vn-34", &rows, "vn-34", Some("people")).unwrap();
    let units: Vec<(&str, Option<f64>, bool, Option<u32>)> =
        found.editions[0].units.iter().map(|unit| (unit.unit.as_str(), unit.scores[0], unit.rebuilt, unit.rank)).collect();
    assert_eq!(units, [("01", Some(65.0), false, Some(1)), ("48", Some(62.5), true, Some(2))]);
    let da_nang = &found.editions[0].units[1];
    assert_eq!(da_nang.parts.iter().map(|part| part.share).collect::<Vec<_>>(), [Some(0.25), Some(0.75)]);
    assert_eq!((found.editions[0].rebuilt, found.editions[1].rebuilt), (true, false));
    assert_eq!((found.editions[1].from.as_str(), found.editions[1].units[0].scores[0]), ("vn-34", Some(66.0)));
    assert_eq!(codes(&found), ["rebuilt"]);
    let equal = series("vn-34", &rows, "vn-34", None).unwrap();
    assert_eq!(equal.editions[0].units[1].scores[0], Some(65.0));
    assert!(equal.findings[0].en.contains("equally weighted"));
}

#[test]
fn ha_tay_is_merged_into_ha_noi_on_either_list() {
    let rows = [("2007", "ha noi", 50.0, 3.0), ("2007", "ha tay", 60.0, 1.0), ("2007", "Thừa Thiên Huế", 55.0, 1.0)];
    for list in ["vn-63", "vn-34"] {
        let found = series("vn-63", &rows, list, Some("people")).unwrap();
        let units: Vec<(&str, Option<f64>)> = found.editions[0].units.iter().map(|unit| (unit.unit.as_str(), unit.scores[0])).collect();
        assert_eq!(units, [("01", Some(52.5)), ("46", Some(55.0))], "{list}");
        assert!(codes(&found).contains(&"ha-tay-merged"));
    }
}

#[test]
fn what_was_merged_cannot_be_taken_apart_and_what_stayed_is_carried_back() {
    let found = series("vn-34", &[("2025", "01", 70.0, 1.0), ("2025", "48", 60.0, 1.0)], "vn-63", None).unwrap();
    let units: Vec<(&str, Option<f64>, Option<u32>)> =
        found.editions[0].units.iter().map(|unit| (unit.unit.as_str(), unit.scores[0], unit.rank)).collect();
    assert_eq!(units, [("01", Some(70.0), None)], "Hà Nội is what it was");
    assert_eq!(codes(&found), ["cannot-rebuild"]);
    assert!(found.findings[0].vi.contains("Quảng Nam") && found.findings[0].vi.contains("Đà Nẵng"));
}

#[test]
fn a_unit_with_a_missing_part_has_no_figure_and_strangers_are_told() {
    let found = series("vn-34", &[("2023", "48", 70.0, 1.0), ("2023", "Atlantis", 1.0, 1.0)], "vn-34", None).unwrap();
    assert_eq!(found.editions[0].units[0].scores[0], None);
    assert_eq!(codes(&found), ["unknown-unit", "part-missing"]);
    let rows = [("2023", "48", 70.0, 1.0), ("2023", "49", 70.0, 0.0)];
    assert_eq!(series("vn-34", &rows, "vn-34", Some("people")).unwrap().editions[0].units[0].scores[0], None, "no weight");
}

#[test]
fn all_63_go_to_34_and_an_unknown_list_or_weight_is_refused() {
    let names = provinces(LEGACY, |record| &record.name_en);
    let rows = alike("2024", &names);
    let found = series("vn-34", &rows, "vn-34", Some("people")).unwrap();
    assert_eq!(found.editions[0].units.len(), 34);
    assert_eq!(found.editions[0].units.iter().map(|unit| unit.parts.len()).sum::<usize>(), 63);
    assert_eq!(found.editions[0].units.iter().filter(|unit| !unit.rebuilt).count(), 11);
    assert!(found.editions[0].units.iter().all(|unit| (unit.scores[0].unwrap() - 50.0).abs() < 1e-12 && unit.rank == Some(1)));
    assert_eq!(series("vn-63", &rows, "vn-99", None).unwrap_err()[0].code, "unknown-list");
    assert_eq!(series("vn-63", &rows, "vn-34", Some("cows")).unwrap_err()[0].code, "unknown-weight");
}

#[test]
fn every_national_list_is_known_and_the_34_are_named_and_numbered_among_the_63() {
    let lists = NATIONAL_LISTS.map(|list| names::Codes::of(&UNITS, list));
    let [former, legacy, reformed] = &lists;
    assert_eq!((former.find("28"), former.find("ha tay"), former.find("49")), (Some("28"), Some("28"), Some("49")));
    assert_eq!((former.find("498"), legacy.find("28"), legacy.find("Hà Tây"), reformed.find("28")), (None, None, None, None));
    for unit in provinces(REFORMED, |record| &record.code).iter().chain(&provinces(REFORMED, |record| &record.name_vi)) {
        assert!(legacy.find(unit).is_some(), "{unit}");
    }
    assert_eq!((legacy.find("vn-63:15"), legacy.find("vn-34:15"), reformed.find("vn-34:15")), (Some("15"), None, Some("15")));
}

/// Provinces of 2007: Hà Nội and Hà Tây apart.
#[test]
fn an_edition_of_64_provinces_is_shown_on_its_own_list_and_on_later_ones_and_none_is_taken_back() {
    let mut names = provinces(LEGACY, |record| &record.name_vi);
    names.push("Hà Tây".to_owned());
    let mut rows = alike("2025", &names);
    rows.iter_mut().filter(|row| row.1 == "Hà Tây").for_each(|row| row.2 = 60.0);
    let score = |found: &Series, code: &str| found.editions[0].units.iter().find(|unit| unit.unit == code).map(|unit| unit.scores[0]);
    let own = series("vn-64", &rows, "vn-64", None).unwrap();
    assert_eq!((own.editions[0].units.len(), own.editions[0].rebuilt, codes(&own)), (64, false, vec![]));
    assert_eq!((score(&own, "01"), score(&own, "28")), (Some(Some(50.0)), Some(Some(60.0))));
    assert_eq!(own.editions[0].units[17..20].iter().map(|unit| unit.unit.as_str()).collect::<Vec<_>>(), ["27", "28", "30"]);
    for (list, count) in [("vn-63", 63), ("vn-34", 34)] {
        let later = series("vn-64", &rows, list, None).unwrap();
        assert_eq!((later.editions[0].units.len(), later.editions[0].from.as_str()), (count, "vn-64"));
        assert_eq!((score(&later, "01"), score(&later, "28")), (Some(Some(55.0)), None), "{list}");
        assert_eq!(codes(&later), ["rebuilt", "ha-tay-merged"]);
    }
    // Hà Nội of 63 or 34 provinces is neither Hà Nội nor Hà Tây of 64.
    for (from, kept) in [("vn-63", 62), ("vn-34", 10)] {
        let units = provinces(from, |record| &record.code);
        let back = series(from, &alike("2025", &units), "vn-64", None).unwrap();
        assert_eq!((back.editions[0].units.len(), score(&back, "01"), score(&back, "04")), (kept, None, Some(Some(50.0))), "{from}");
        assert_eq!(codes(&back), ["cannot-rebuild"]);
        assert!(back.findings[0].en.contains("Hà Nội") && back.findings[0].en.contains("Hà Tây"), "{}", back.findings[0].en);
    }
}

#[test]
fn ha_noi_of_before_2008_without_ha_tay_is_not_todays_ha_noi() {
    let found = series("vn-63", &[("2007", "Hà Nội", 50.0, 1.0), ("2007", "48", 60.0, 1.0)], "vn-63", None).unwrap();
    let shown: Vec<(&str, Option<f64>)> = found.editions[0].units.iter().map(|unit| (unit.unit.as_str(), unit.scores[0])).collect();
    assert_eq!(shown, [("01", None), ("48", Some(60.0))]);
    assert_eq!(codes(&found), ["part-missing"]);
}

/// The definition's list, its edition being 2025; the edition; its units; the list that it is of, or else looks like.
type Case<'c> = (&'c str, &'c str, &'c [String], Result<&'c str, &'c str>);

/// Names and codes of the 34 are all among the 63, so units alone never speak against the 63.
#[test]
fn an_edition_that_looks_like_another_list_is_refused_until_its_list_is_said() {
    let (old, new) = (provinces(LEGACY, |record| &record.code), provinces(REFORMED, |record| &record.name_vi));
    let some: Vec<String> = ["Thành phố Hà Nội", "Thành phố Đà Nẵng", "04"].map(str::to_owned).to_vec();
    let [and_hatay, and_quangnam] = ["Hà Tây", "Quảng Nam"].map(|name| some.iter().cloned().chain([name.to_owned()]).collect::<Vec<_>>());
    let cases: [Case<'_>; 17] = [
        ("vn-63", "2024", &some, Ok("vn-63")),
        ("vn-63", "2024", &new, Err("vn-34")),
        ("vn-34", "2024", &new, Ok("vn-34")),
        ("vn-34", "2024", &some, Ok("vn-63")),
        ("vn-63", "2026", &some, Err("vn-34")),
        ("vn-63", "2026", &old, Ok("vn-63")),
        ("vn-34", "2026", &some, Ok("vn-34")),
        ("vn-34", "2026", &and_quangnam, Ok("vn-63")),
        ("vn-63", "lần 2", &some, Err("vn-34")),
        ("vn-63", "lần 2", &and_quangnam, Ok("vn-63")),
        ("vn-63", "lần 2", &and_hatay, Ok("vn-64")),
        ("vn-34", "2008", &and_hatay, Ok("vn-64")),
        // The definition's own edition.
        ("vn-63", "2025", &some, Ok("vn-63")),
        ("vn-63", "2025", &new, Err("vn-34")),
        ("vn-63", "2025", &and_hatay, Err("vn-64")),
        ("vn-34", "2025", &and_quangnam, Err("vn-63")),
        ("vn-64", "2025", &and_hatay, Ok("vn-64")),
    ];
    for (own, edition, units, expected) in cases {
        let found = asked(own, &alike(edition, units), &request("vn-34"));
        let what = format!("{edition} of {} units under {own}", units.len());
        match expected {
            Ok(list) => assert_eq!(found.unwrap_or_else(|findings| panic!("{what}: {findings:#?}")).editions[0].from, list, "{what}"),
            Err(list) => {
                let told = refused(found);
                let hint = format!("--list {edition}={list}");
                assert!(matches!(told.as_slice(), [(code, en)] if code == "list-unclear" && en.contains(&hint)), "{what}: {told:#?}");
                let said = Request { lists: BTreeMap::from([(edition.to_owned(), list.to_owned())]), ..request("vn-34") };
                assert_eq!(asked(own, &alike(edition, units), &said).unwrap().editions[0].from, list, "{what}");
            }
        }
    }
    let named = [("2024", "vn-34:48", 50.0, 1.0), ("2024", "vn-34:01", 50.0, 1.0)];
    assert_eq!(series("vn-63", &named, "vn-34", None).unwrap().editions[0].from, "vn-34", "the table says so");
}

#[test]
fn an_unclear_edition_that_is_not_shown_hinders_nobody_and_an_absent_one_is_refused() {
    let rows = [("2025", "49", 60.0, 1.0), ("2026", "48", 50.0, 1.0)];
    assert_eq!(refused(asked("vn-63", &rows, &request("vn-63")))[0].0, "list-unclear");
    let shown = Request { editions: vec!["2025".to_owned()], ..request("vn-63") };
    let found = asked("vn-63", &rows, &shown).unwrap();
    assert_eq!(found.editions.iter().map(|edition| edition.edition.as_str()).collect::<Vec<_>>(), ["2025"]);
    let absent = Request { lists: BTreeMap::from([("1999".to_owned(), "vn-34".to_owned())]), ..shown };
    let told = refused(asked("vn-63", &rows, &absent));
    assert_eq!(told, [("unknown-edition".to_owned(), "The table has no edition “1999”".to_owned())]);
    let wrong = Request { weight: Some("cows".to_owned()), list: "vn-99".to_owned(), ..absent };
    let told: Vec<String> = refused(asked("vn-63", &rows, &wrong)).into_iter().map(|(code, _)| code).collect();
    assert_eq!(told, ["unknown-weight", "unknown-list", "unknown-edition"], "all at once");
}

#[test]
fn one_unit_in_two_spellings_has_no_figure_and_both_are_named() {
    let rows = [("2023", "Hà Nội", 10.0, 1.0), ("2023", "hanoi", 54.0, 1.0), ("2023", "01", 1.0, 1.0), ("2023", "04", 50.0, 1.0)];
    for list in ["vn-63", "vn-34"] {
        let found = series("vn-63", &rows, list, None).unwrap();
        let shown: Vec<(&str, Option<f64>, Option<u32>, bool)> =
            found.editions[0].units.iter().map(|unit| (unit.unit.as_str(), unit.scores[0], unit.rank, unit.rebuilt)).collect();
        assert_eq!(shown, [("01", None, None, false), ("04", Some(50.0), Some(1), false)], "{list}");
        assert!(found.editions[0].units[0].parts.iter().all(|part| part.share.is_none()));
        assert_eq!(codes(&found), ["unit-repeated"]);
        assert!(found.findings[0].is_error());
        for spelling in ["“Hà Nội”", "“hanoi”", "“01”"] {
            assert!(found.findings[0].vi.contains(spelling) && found.findings[0].en.contains(spelling), "{:?}", found.findings[0]);
        }
    }
    // A part that stands twice spoils the whole.
    let rows = [("2023", "48", 10.0, 1.0), ("2023", "Đà Nẵng", 54.0, 1.0), ("2023", "49", 50.0, 1.0)];
    let found = series("vn-63", &rows, "vn-34", None).unwrap();
    assert_eq!((found.editions[0].units[0].scores[0], found.editions[0].units[0].parts.len()), (None, 3));
    assert_eq!(codes(&found), ["unit-repeated", "rebuilt", "part-missing"]);
}

#[test]
fn an_edition_without_any_known_unit_is_an_error() {
    let rows = [("2023", "Sở X", 1.0, 1.0), ("2023", "Sở Y", 2.0, 1.0), ("2024", "48", 1.0, 1.0)];
    let told = refused(series("vn-63", &rows, "vn-63", None));
    assert_eq!(told, [("no-known-unit".to_owned(), "2023: not one of its units is in the list vn-63: Sở X, Sở Y".to_owned())]);
    let told = refused(series("agency-danang", &rows[..2], "vn-63", None));
    assert_eq!(told[0].1, "2023: not one of its units is in the list agency-danang: Sở X, Sở Y", "a list of one's own stays what it is");
}

#[test]
fn units_that_their_list_does_not_hold_are_told_of_a_table() {
    let rows = [
        ("2007", "Hà Tây", 1.0, 1.0),
        ("2023", "Hà Tâyy", 1.0, 1.0),
        ("2023", "48", 1.0, 1.0),
        ("2023", "vn-63:49", 1.0, 1.0),
        ("2025", "Quảng Nam", 1.0, 1.0),
        ("2025", "99", 1.0, 1.0),
    ];
    let told = |geography: &str| -> Vec<(String, String)> {
        let table = table(&rows);
        let found = unknown_units(&index(geography), &table);
        assert!(found.iter().all(|(_, finding)| finding.is_error() && finding.code == "unknown-unit"));
        found.into_iter().map(|(_, finding)| (finding.pointer, finding.en)).collect()
    };
    let unknown = |edition: &str, unit: &str, list: &str| {
        (format!("/editions/{edition}/units/{unit}"), format!("{edition}: the unit “{unit}” is not in the list {list}"))
    };
    let (pointer, plain) = unknown("2025", "99", "vn-63");
    let district = (pointer, plain + "; is it “099” that lost its zero in front?");
    assert_eq!(told("vn-63"), [unknown("2023", "Hà Tâyy", "vn-63"), district]);
    let expected = [unknown("2023", "Hà Tâyy", "vn-63"), unknown("2025", "99", "vn-34"), unknown("2025", "Quảng Nam", "vn-34")];
    assert_eq!(told("vn-34"), expected);
    assert_eq!(told("agency-danang"), []);
}
