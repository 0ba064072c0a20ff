//! DTI 2022: points by main index over 1,000, a node that is not scored, ranks with ties.

use super::{Cells, Csv, Furthest, Scored, shipped};

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn dti_2022_of_the_first_five_provinces_follows_from_its_main_indices() {
    let (file, definition) = (Csv::read("dti_2022_top5.csv"), shipped("dti/2022"));
    let mut cells = Cells::default();
    for row in &file.rows {
        for (_, node, _) in definition.leaves().filter(|(_, node, _)| node.scored()) {
            cells.put("2022", &row["province"], node.code(), Csv::number(row, node.code()));
        }
    }
    let scored = Scored::new(definition, &cells.0);
    let mut furthest = Furthest::default();
    for row in &file.rows {
        furthest.compare(&row["province"], scored.score("2022", &row["province"], "DTI"), Csv::number(row, "dti_published").unwrap());
        assert_eq!(scored.rank("2022", &row["province"]).unwrap().to_string(), row["rank"]);
    }
    furthest.hold("DTI 2022", 6e-5, 5);
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn the_points_of_dti_2022_are_those_of_decision_922() {
    let definition = shipped("dti/2022");
    let leaves: Vec<_> = definition.leaves().map(|(_, node, _)| node).collect();
    let file = Csv::read("dti_structure.csv");
    assert_eq!(leaves.len(), file.rows.len());
    for (node, row) in leaves.iter().zip(&file.rows) {
        let points = if node.scored() { node.maximum().unwrap() } else { 0.0 };
        assert_eq!(Some(points), Csv::number(row, "max_points"), "{}", node.code());
    }
    assert!((leaves.iter().filter_map(|node| node.maximum()).sum::<f64>() - 1000.0).abs() < 1e-12);
}

#[test]
fn the_smart_city_is_shown_and_not_scored_and_equal_scores_leave_a_rank_out() {
    let definition = shipped("dti/2022");
    let mut cells = Cells::default();
    for (unit, share, city) in [("a", 0.8, Some(0.0)), ("b", 0.6, Some(0.9)), ("c", 0.6, None), ("d", 0.5, Some(1.0))] {
        for (_, node, _) in definition.leaves() {
            cells.put("2022", unit, node.code(), if node.scored() { Some(share) } else { city });
        }
    }
    let scored = Scored::new(definition, &cells.0);
    let shown = ["a", "b", "c", "d"].map(|unit| (scored.rank("2022", unit), scored.score("2022", unit, "smart_city")));
    assert_eq!(shown, [(Some(1), Some(0.0)), (Some(2), Some(0.9)), (Some(2), None), (Some(4), Some(1.0))]);
    assert!((scored.score("2022", "c", "DTI").unwrap() - 0.6).abs() < 1e-12);
}
