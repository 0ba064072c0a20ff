//! Tests of the registry, and what the tests of this module share.

use super::*;

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// An agency without a parent, valid from 2000 on.
pub(super) fn record(list: &str, code: &str) -> UnitRecord {
    UnitRecord {
        list: list.to_owned(),
        code: code.to_owned(),
        kind: UnitKind::Agency,
        name_vi: format!("Đơn vị {code}"),
        name_en: format!("Unit {code}"),
        parent: None,
        valid_from: day("2000-01-01"),
        valid_to: None,
    }
}

pub(super) fn between(record: UnitRecord, valid_from: &str, valid_to: Option<&str>) -> UnitRecord {
    UnitRecord { valid_from: day(valid_from), valid_to: valid_to.map(day), ..record }
}

fn under(record: UnitRecord, list: &str, code: &str) -> UnitRecord {
    UnitRecord { parent: Some(key(list, code)), ..record }
}

fn key(list: &str, code: &str) -> UnitKey {
    (list.to_owned(), code.to_owned())
}

pub(super) fn registry(records: Vec<UnitRecord>, successions: &[Succession]) -> Result<Registry, Vec<RegistryError>> {
    Registry::numbered(records, successions)
}

/// The two national lists.
pub(super) fn national() -> &'static Registry {
    super::national().unwrap()
}

#[test]
fn the_national_lists_agree_with_each_other() {
    assert_eq!(national().iter().count(), 10_795 + 3_356);
}

#[test]
fn seven_codes_mean_another_province_since_the_reform() {
    let name = |list, code| national().find(list, code, None).unwrap().record.name_vi.as_str();
    let reused: Vec<_> = national()
        .as_of(day("2025-07-01"), UnitKind::Province)
        .map(|unit| unit.record.code.as_str())
        .filter(|code| name(LEGACY, code) != name(REFORMED, code))
        .collect();
    assert_eq!(reused, ["15", "24", "44", "52", "80", "82", "91"]);
    assert_eq!((name(LEGACY, "15"), name(REFORMED, "15")), ("Tỉnh Yên Bái", "Tỉnh Lào Cai"));
}

#[test]
fn the_lists_change_places_overnight() {
    let (last, first) = (day("2025-06-30"), day("2025-07-01"));
    let counts = |kind| (national().as_of(last, kind).count(), national().as_of(first, kind).count());
    assert_eq!(counts(UnitKind::Country), (1, 1));
    assert_eq!(counts(UnitKind::Province), (63, 34));
    assert_eq!(counts(UnitKind::District), (696, 0));
    assert_eq!(counts(UnitKind::Commune), (10_035, 3_321));

    let quang_nam = |day| national().find(LEGACY, "49", day).map(|unit| unit.record.name_en.as_str());
    assert_eq!(quang_nam(Some(last)), Some("Quang Nam Province"));
    assert_eq!(quang_nam(Some(first)), None);
    assert_eq!(quang_nam(None), Some("Quang Nam Province"), "without a day the last version is meant");
    assert!(national().find(REFORMED, "48", Some(last)).is_none());
    assert!(national().find(REFORMED, "49", None).is_none());
}

#[test]
fn a_commune_lies_within_its_district_province_and_country_and_no_other() {
    let registry = national();
    let id = |list, code| registry.find(list, code, None).unwrap().id;
    let commune = id(LEGACY, "00001");
    let above: Vec<_> = registry.ancestors(commune).map(|unit| unit.record.code.as_str()).collect();
    assert_eq!(above, ["00001", "001", "01", "VN"]);
    for code in above {
        assert!(registry.is_within(commune, id(LEGACY, code)));
    }
    assert!(!registry.is_within(commune, id(REFORMED, "01")), "Hà Nội of the other list");
    assert!(!registry.is_within(id(LEGACY, "01"), commune));
    assert!(!registry.is_within(commune, UnitId(-1)) && !registry.is_within(UnitId(-1), UnitId(-1)));
    assert_eq!(registry.ancestor_of_kind(commune, UnitKind::Province).unwrap().id, id(LEGACY, "01"));
    assert!(registry.ancestor_of_kind(commune, UnitKind::Agency).is_none());
    assert_eq!(registry.children(id(REFORMED, "VN")).count(), 34);
    assert_eq!(registry.children(id(LEGACY, "498")).count(), 0, "Hoàng Sa has no commune");
}

#[test]
fn agencies_stand_under_places_of_another_list() {
    let (mut records, successions) = embedded().unwrap();
    let from_reform = |record| between(record, "2025-07-01", None);
    records.push(from_reform(under(record("agency-danang", "SYT"), REFORMED, "48")));
    records.push(from_reform(under(record("agency-danang", "SYT.KCB"), "agency-danang", "SYT")));
    let registry = Registry::numbered(records, &successions).unwrap();
    let section = registry.find("agency-danang", "SYT.KCB", None).unwrap();
    let province = registry.ancestor_of_kind(section.id, UnitKind::Province).unwrap();
    assert_eq!(province.record.name_vi, "Thành phố Đà Nẵng");
    assert!(registry.is_within(section.id, province.id));
}

#[test]
fn a_renamed_parent_keeps_its_children() {
    let registry = registry(
        vec![
            between(record("a", "P"), "2000-01-01", Some("2010-01-01")),
            between(record("a", "P"), "2010-01-01", None),
            under(record("a", "old"), "a", "P"),
            between(under(record("a", "young"), "a", "P"), "2015-01-01", None),
            between(under(record("a", "gone"), "a", "P"), "2000-01-01", Some("2010-01-01")),
        ],
        &[],
    )
    .unwrap();
    let [first, second, old, young, gone] = [1, 2, 3, 4, 5].map(UnitId);
    assert_eq!(registry.get(gone).unwrap().parent, Some(first));
    assert_eq!(registry.get(old).unwrap().parent, Some(second));
    assert!(registry.is_within(old, first) && registry.is_within(young, first));
    let children = |id| registry.children(id).map(|unit| unit.id).collect::<Vec<_>>();
    assert_eq!(children(first), [old, gone]);
    assert_eq!(children(second), [old, young]);
    assert_eq!(registry.find("a", "P", Some(day("2009-12-31"))).unwrap().id, first);
    assert_eq!(registry.find("a", "P", Some(day("2010-01-01"))).unwrap().id, second);
}

#[test]
fn everything_wrong_with_records_is_reported_at_once() {
    let province = UnitRecord { kind: UnitKind::Province, ..record("a", "province") };
    let records = vec![
        (1, record("a", "twice")),
        (1, record("a", "twice")),
        (3, between(record("a", "backwards"), "2010-01-01", Some("2010-01-01"))),
        (4, between(record("a", "overlap"), "2000-01-01", Some("2012-01-01"))),
        (5, between(record("a", "overlap"), "2010-01-01", None)),
        (6, under(record("a", "orphan"), "a", "nobody")),
        (7, between(record("a", "short"), "2000-01-01", Some("2005-01-01"))),
        (8, under(record("a", "outlives"), "a", "short")),
        (9, under(province, "a", "outlives")),
        (10, under(record("a", "snake"), "a", "tail")),
        (11, under(record("a", "tail"), "a", "snake")),
        (12, under(record("a", "bitten"), "a", "snake")),
    ];
    let errors = Registry::new(records, &[]).unwrap_err();
    let valid_from = day("2000-01-01");
    assert_eq!(
        errors,
        [
            RegistryError::RepeatedId { id: UnitId(1), first: key("a", "twice"), second: key("a", "twice") },
            RegistryError::EmptyValidity { unit: key("a", "backwards"), valid_from: day("2010-01-01"), valid_to: day("2010-01-01") },
            RegistryError::Repeated { unit: key("a", "twice"), valid_from },
            RegistryError::Overlap { unit: key("a", "overlap"), earlier: valid_from, later: day("2010-01-01") },
            RegistryError::UnknownParent { unit: key("a", "orphan"), parent: key("a", "nobody") },
            RegistryError::ParentNotValid { unit: key("a", "outlives"), parent: key("a", "short"), day: day("2005-01-01") },
            RegistryError::ParentKind {
                unit: key("a", "province"),
                kind: UnitKind::Province,
                parent: key("a", "outlives"),
                parent_kind: UnitKind::Agency,
            },
            RegistryError::Cycle { units: vec![key("a", "snake"), key("a", "tail")] },
        ]
    );
}

#[test]
fn a_gap_between_the_versions_of_a_parent_is_found() {
    let errors = registry(
        vec![
            between(record("a", "P"), "2000-01-01", Some("2010-01-01")),
            between(record("a", "P"), "2011-01-01", None),
            under(record("a", "child"), "a", "P"),
        ],
        &[],
    )
    .unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].to_string(), "a/child: its parent a/P is not valid on 2010-01-01");
    assert_eq!(errors[0].vi(), "a/child: đơn vị cấp trên a/P không có hiệu lực vào ngày 2010-01-01");
}

#[test]
fn everything_wrong_with_successions_is_reported_at_once() {
    let ended = |code| between(record("a", code), "2000-01-01", Some("2010-01-01"));
    let records =
        vec![ended("A"), ended("B"), ended("C"), ended("D"), record("a", "lasting"), between(record("a", "late"), "2011-01-01", None)];
    let heir = |from, to, whole, is_default| Succession { from: key("a", from), to: key("a", to), whole, is_default };
    let errors = registry(
        records,
        &[
            heir("A", "nobody", true, true),
            heir("lasting", "late", true, true),
            heir("B", "late", true, true),
            heir("C", "lasting", false, false),
            heir("C", "lasting", false, false),
            heir("D", "D", true, true),
            heir("D", "lasting", true, true),
        ],
    )
    .unwrap_err();
    let found: Vec<_> = errors.iter().map(RegistryError::code).collect();
    assert_eq!(
        found,
        [
            "succession-unknown-unit",
            "succession-still-valid",
            "succession-not-valid",
            "succession-repeated",
            "succession-not-valid",
            "succession-shares",
            "succession-defaults",
            "succession-shares",
            "succession-defaults",
        ]
    );
    assert_eq!(errors[2].to_string(), "a/B ends on 2010-01-01, when its successor a/late is not valid");
}

#[test]
fn a_kind_is_read_back_from_its_name() {
    for kind in UnitKind::ALL {
        assert_eq!(UnitKind::parse(kind.as_str()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
    assert_eq!(UnitKind::parse("Province"), None);
}
