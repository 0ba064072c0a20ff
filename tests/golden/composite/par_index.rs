//! PAR INDEX: points by area and by what stands behind them, SIPAS as points, lost points, means of regions; figures that
//! contradict each other are kept side by side.

use std::collections::BTreeMap;

use hailong::composite::{Contribution, Observation, Status, Table, contributions};
use hailong::schema::composite::CompositeDefinition;
use serde_json::json;

use super::{Cells, Csv, Furthest, Scored, definition, shipped};

/// Points by area of a province in some years, from the published table.
fn areas(definition: CompositeDefinition, province: &str, years: &[&str]) -> (Scored, Vec<BTreeMap<String, String>>) {
    let rows = Csv::published("par_index_area_scores.csv").rows;
    let rows: Vec<_> = rows.into_iter().filter(|row| row["province"] == province && years.contains(&row["year"].as_str())).collect();
    let mut cells = Cells::default();
    for row in rows.iter().filter(|row| row["area_no"] != "0") {
        cells.put(&row["year"], province, &format!("A{}", row["area_no"]), Csv::number(row, "score"));
    }
    (Scored::new(definition, &cells.0), rows)
}

fn leaves(scored: &Scored, edition: &str, unit: &str) -> Vec<Contribution> {
    contributions(&scored.definition, &scored.outcome, scored.row(edition, unit)).unwrap().0
}

/// The lost points of each agency.
fn lost_by_agency(leaves: &[Contribution]) -> BTreeMap<&str, f64> {
    let mut lost = BTreeMap::new();
    for leaf in leaves {
        *lost.entry(leaf.agency.as_deref().unwrap_or_default()).or_insert(0.0) += leaf.lost.unwrap_or(0.0);
    }
    lost
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn dak_lak_2017_lost_its_points_where_its_province_says() {
    let (scored, rows) = areas(shipped("par-index/2017"), "Đắk Lắk", &["2017"]);
    let of = |area: &str| rows.iter().find(|row| row["area_no"] == area).unwrap();
    let mut furthest = Furthest::default();
    furthest.compare("total", scored.score("2017", "Đắk Lắk", "PAR"), Csv::number(of("0"), "score").unwrap());
    let leaves = leaves(&scored, "2017", "Đắk Lắk");
    for leaf in &leaves {
        let row = of(&leaf.leaf[1..]);
        furthest.compare(&format!("lost in {}", row["area"]), leaf.lost, Csv::number(row, "lost").unwrap());
        let node = &scored.definition.nodes()[scored.definition.position(&leaf.leaf).unwrap()];
        assert_eq!(node.maximum(), Csv::number(row, "max"), "{}", leaf.leaf);
    }
    let total: f64 = leaves.iter().filter_map(|leaf| leaf.lost).sum();
    furthest.compare("lost", Some(total), 24.63);
    furthest.hold("PAR INDEX 2017 of Đắk Lắk", 1e-10, 10);
    // 4.5 + 2.77 + 4.88 + 1.54 fall to the department of home affairs, the most.
    let by_agency = lost_by_agency(&leaves);
    assert!((by_agency["Sở Nội vụ"] - 13.69).abs() < 1e-10 && (by_agency["Sở Thông tin và Truyền thông"] - 7.14).abs() < 1e-10);
}

/// The source prints “mất 0101/14,5” for procedures. Read as 0.01 the total would be 75.36, read as 0.00 it is the 75.37 that is
/// printed.
#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn the_misprint_of_dak_lak_2017_can_only_be_no_point_lost() {
    let total = |lost: f64| {
        let (scored, rows) = areas(shipped("par-index/2017"), "Đắk Lắk", &["2017"]);
        let mut cells = Cells::default();
        for row in rows.iter().filter(|row| row["area_no"] != "0") {
            let score = if row["area_no"] == "3" { Some(14.5 - lost) } else { Csv::number(row, "score") };
            cells.put("2017", "Đắk Lắk", &format!("A{}", row["area_no"]), score);
        }
        format!("{:.2}", Scored::new(scored.definition, &cells.0).score("2017", "Đắk Lắk", "PAR").unwrap())
    };
    assert_eq!((total(0.0).as_str(), total(0.01).as_str()), ("75.37", "75.36"));
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn ninh_thuan_2022_is_the_sum_of_what_was_appraised_and_what_was_surveyed() {
    let file = Csv::published("par_index_components_ninh_thuan_2022.csv");
    let of =
        |component: &str, column: &str| Csv::number(file.rows.iter().find(|row| row["component"].starts_with(component)).unwrap(), column);
    let (points, percent) = (of("Chỉ số SIPAS", "points").unwrap(), 81.83);
    let mut cells = Cells::default();
    for (unit, sipas) in [("by points", points * 10.0), ("by rate", percent)] {
        cells.put("2022", unit, "APPRAISED", of("Điểm thẩm định", "points"));
        cells.put("2022", unit, "SIPAS", Some(sipas));
        cells.put("2022", unit, "LEADERS", of("Khảo sát lãnh đạo", "points"));
        cells.put("2022", unit, "DEVELOPMENT", of("Tác động đến phát triển", "points"));
    }
    let scored = Scored::new(shipped("par-index-parts/2022"), &cells.0);
    let score = |unit: &str, node: &str| scored.score("2022", unit, node).unwrap();
    let mut furthest = Furthest::default();
    furthest.compare("outside", Some(score("by points", "OUTSIDE")), of("Tổng điểm đánh giá tác động", "points").unwrap());
    furthest.compare("SIPAS", Some(score("by points", "SIPAS")), points);
    furthest.hold("PAR INDEX 2022 of Ninh Thuận, parts", 1e-12, 2);
    let share = |node: &str| {
        let maximum = scored.definition.nodes()[scored.definition.position(node).unwrap()].maximum().unwrap();
        format!("{:.2}", 100.0 * score("by points", node) / maximum)
    };
    assert_eq!((share("APPRAISED").as_str(), share("OUTSIDE").as_str()), ("88.13", "82.05"), "as printed");
    // The appraised points have one decimal: the total is 85.79 where 85.78 was printed.
    let (total, printed) = (score("by points", "PAR"), of("PAR INDEX", "points").unwrap());
    println!("PAR INDEX 2022 of Ninh Thuận: {total:.2}, published {printed}");
    assert!((total - 85.79).abs() < 1e-9 && (total - printed).abs() < 0.05);
    // Ten times the published rate are 8.18 points, not the 8.23 that were published: both stand.
    assert!((score("by rate", "SIPAS") - 8.183).abs() < 1e-12 && (points - 8.23).abs() < 1e-12);
    let lost: f64 = leaves(&scored, "2022", "by points").iter().filter_map(|leaf| leaf.lost).sum();
    assert!((lost - (100.0 - total)).abs() < 1e-9);
}

/// 91.17% are 9.12 points: <https://baohatinh.vn>, plan of Hà Tĩnh for 2022.
#[test]
fn sipas_of_ha_tinh_2021_enters_as_a_tenth_of_its_rate() {
    let mut cells = Cells::default();
    cells.put("2021", "Hà Tĩnh", "SIPAS", Some(91.17));
    let scored = Scored::new(shipped("par-index-parts/2022"), &cells.0);
    assert_eq!(format!("{:.2}", scored.score("2021", "Hà Tĩnh", "SIPAS").unwrap()), "9.12");
    let survey = scored.definition.leaves().find_map(|(_, node, indicator)| Some((node.code(), indicator.survey.as_ref()?))).unwrap();
    assert_eq!((survey.0, survey.1.index.as_str(), survey.1.node.as_str()), ("SIPAS", "sipas", "SIPAS"));
    assert_eq!(scored.score("2021", "Hà Tĩnh", "PAR"), None, "the other parts are unknown");
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn quang_nam_lost_on_impact_what_it_won_elsewhere() {
    let (scored, rows) = areas(shipped("par-index/2022"), "Quảng Nam", &["2022", "2023"]);
    let mut furthest = Furthest::default();
    for year in ["2022", "2023"] {
        let total = rows.iter().find(|row| row["year"] == year && row["area_no"] == "0").unwrap();
        furthest.compare(year, scored.score(year, "Quảng Nam", "PAR"), Csv::number(total, "score").unwrap());
    }
    // Area 8 is by subtraction, so that the sum is the total; what the source says of it is that it fell.
    furthest.hold("PAR INDEX 2022 and 2023 of Quảng Nam", 1e-10, 2);
    assert!(rows.iter().filter(|row| row["area_no"] == "8").all(|row| row["status"].starts_with("DERIVED")));
    let change = |area: &str| scored.score("2023", "Quảng Nam", area).unwrap() - scored.score("2022", "Quảng Nam", area).unwrap();
    assert!((1..=7).all(|area| change(&format!("A{area}")) > 0.0) && change("A8") < 0.0);
    assert!((change("PAR") - 3.69).abs() < 1e-10, "3.69 points more, as published");
    // Points lost are told for the one area whose maximum is known.
    let lost: Vec<(String, f64)> =
        leaves(&scored, "2023", "Quảng Nam").into_iter().filter_map(|leaf| Some((leaf.leaf, leaf.lost?))).collect();
    assert!(lost.len() == 1 && lost[0].0 == "A8" && (lost[0].1 - 5.05).abs() < 1e-10, "{lost:?}");
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn the_national_mean_is_that_of_provinces_and_a_restatement_does_not_reproduce_it() {
    let regions = Csv::published("par_index_regions.csv");
    let leaf = |(place, row): (usize, &BTreeMap<String, String>)| {
        let (label, weight) = (json!({"vi": row["region"]}), Csv::number(row, "n_provinces").unwrap());
        json!({"code": format!("R{place}"), "label": label, "weight": weight, "indicator": {}})
    };
    let children: Vec<_> = regions.rows.iter().enumerate().map(leaf).collect();
    let nation = || {
        definition(&json!({
            "kind": "composite", "code": "nation", "edition": "2023", "title": {"vi": "PAR INDEX cả nước"}, "missing": "missing",
            "pipeline": [{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "arithmetic"}],
            "tree": {"code": "MEAN", "label": {"vi": "Trung bình các tỉnh"}, "children": children},
        }))
    };
    let mut table = Table::default();
    let mut put = |edition: &str, place: usize, value: f64, revision: u32| {
        let status = if revision == 0 { Status::Published } else { Status::Restated };
        let observation = Observation { value: Some(value), status, revision, ..Observation::default() };
        assert!(table.insert(edition, "VN", &format!("R{place}"), observation));
    };
    for (place, row) in regions.rows.iter().enumerate() {
        put("2023", place, Csv::number(row, "par_2023").unwrap(), 0);
        put("2024", place, Csv::number(row, "par_2024").unwrap(), 0);
    }
    let first = Scored::new(nation(), &table);
    let published = |year: &str| {
        let series = Csv::published("par_index_national_series.csv");
        Csv::number(series.rows.iter().find(|row| row["year"] == year).unwrap(), "mean_pct").unwrap()
    };
    let mean = first.score("2023", "VN", "MEAN").unwrap();
    println!("PAR INDEX 2023: mean of 63 provinces {mean:.3}, published {}", published("2023"));
    assert_eq!((format!("{mean:.3}"), format!("{mean:.2}")), ("86.976".to_owned(), format!("{:.2}", published("2023"))));
    // 2024 does not reproduce: 88.356 against 88.37. Both stand.
    let mean = first.score("2024", "VN", "MEAN").unwrap();
    assert_eq!((format!("{mean:.3}"), published("2024")), ("88.356".to_owned(), 88.37));
    // The release of 2024 prints other values of 2023 for three regions; one of them is a misprint and no number.
    let mut restated = 0;
    for (place, row) in regions.rows.iter().enumerate() {
        if let Some(value) = Csv::number(row, "par_2023_restated_in_2024").filter(|value| Some(*value) != Csv::number(row, "par_2023")) {
            let observation = Observation { value: Some(value), status: Status::Restated, revision: 1, ..Observation::default() };
            assert!(table.insert("2023", "VN", &format!("R{place}"), observation));
            assert_eq!(table.revisions("2023", "VN", &format!("R{place}")).len(), 2, "the first value is kept");
            restated += 1;
        }
    }
    assert_eq!(restated, 2);
    let mean = Scored::new(nation(), &table).score("2023", "VN", "MEAN").unwrap();
    assert_eq!(format!("{mean:.2}"), "86.94", "the restated values give another national mean than the one published");
}

/// Two values of one province and year, both printed: one revision each, the source with it.
#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn two_published_values_of_one_province_are_two_revisions() {
    let text = "unit,indicator,value,edition,source,status,revision\n\
        Hải Phòng,R0,91.87,2023,baochinhphu.vn 17/4/2024,published,0\n\
        Hải Phòng,R0,91.81,2023,doanhnghiephoinhap.vn,published,1\n\
        Hà Nội,R0,91.43,2023,baochinhphu.vn 17/4/2024,published,0\n\
        Hà Nội,R0,91.25,2023,92.57 less 1.32: hanoitimes.vn,derived,1\n\
        Quảng Ninh,R0,89.06,2018,90.09 less 1.03: quangninh.gov.vn,derived,0\n\
        Quảng Ninh,R0,89.6,2018,vietnamplus.vn,published,1\n";
    let definition = definition(&json!({
        "kind": "composite", "code": "par", "edition": "2023", "title": {"vi": "PAR INDEX"},
        "pipeline": [{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "sum"}],
        "tree": {"code": "PAR", "label": {"vi": "PAR INDEX"}, "children": [{"code": "R0", "label": {"vi": "Điểm"}, "indicator": {}}]},
    }));
    let (table, warnings) = Table::read(text, &definition).unwrap();
    assert_eq!(warnings, []);
    let file = Csv::published("par_index_province_values.csv");
    for (unit, year, first, second) in
        [("Hải Phòng", "2023", 91.87, 91.81), ("Hà Nội", "2023", 91.43, 91.25), ("Quảng Ninh", "2018", 89.06, 89.6)]
    {
        let row = file.rows.iter().find(|row| row["year"] == year && row["province"] == unit).unwrap();
        assert_eq!(Csv::number(row, "par_pct"), Some(first), "the table has the first");
        let revisions = table.revisions(year, unit, "R0");
        assert_eq!(revisions.iter().map(|known| known.value).collect::<Vec<_>>(), [Some(first), Some(second)]);
        assert!(revisions.iter().all(|known| known.source.is_some()), "each says where it stands");
    }
}
