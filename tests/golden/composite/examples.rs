//! The worked examples of a province that scores its own units, one unit of each by hand.

use std::collections::BTreeMap;

use hailong::composite::{Table, contributions};

use super::{Scored, shipped, shipped_file};

fn example(name: &str) -> Scored {
    let definition = shipped(&format!("{name}/2025"));
    let (table, warnings) = Table::read(shipped_file(&format!("{name}/indicators.csv")), &definition).unwrap();
    assert_eq!(warnings, []);
    Scored::new(definition, &table)
}

#[track_caller]
fn hold(scored: &Scored, unit: &str, expected: &[(&str, f64)]) {
    for (node, expected) in expected {
        let found = scored.score("2025", unit, node).unwrap();
        assert!((found - expected).abs() < 1e-12, "{unit} {node}: {found} is not {expected}");
    }
}

/// Xã C: `info_access` 80 between 50 and 95 scores 1 + 9 · 30/45 = 7; `visits` 1.3 between 1.0 and 2.8 is 2.5, turned round 8.5.
/// 0.6 of the survey and 0.4 of the hard data make a sub-index; informal charges have a survey alone.
#[test]
fn a_commune_of_the_ddci_example_comes_out_as_by_hand() {
    let scored = example("ddci-example-communes");
    let leaves = [
        ("info_access", 7.0),
        ("fees_posted", 5.0),
        ("disclosed", 9.0),
        ("visits", 8.5),
        ("on_time", 7.0),
        ("informal_paid", 7.0),
        ("leaders_act", 10.0),
        ("meetings", 3.0),
        ("advice_useful", 7.75),
        ("trainings", 10.0),
        ("land_difficulty", 7.75),
        ("land_days", 6.4),
    ];
    hold(&scored, "Xã C", &leaves);
    let pillars =
        [("TRANSPARENCY", 7.2), ("TIME", 7.9), ("INFORMAL", 7.0), ("LEADERSHIP", 7.2), ("SUPPORT", 8.65), ("LAND", 7.21), ("DDCI", 75.19)];
    hold(&scored, "Xã C", &pillars);
    // Xã E settled no land dossier in the year: its survey carries the sub-index.
    assert_eq!(scored.score("2025", "Xã E", "LAND"), scored.score("2025", "Xã E", "land_difficulty"));
    let ranks = ["A", "B", "C", "D", "E"].map(|unit| scored.rank("2025", &format!("Xã {unit}")).unwrap());
    assert_eq!(ranks, [5, 2, 3, 1, 4]);
}

/// Sở B: weights of 15, 20, 20, 15 and 15 over 85, since departments have no land to give.
#[test]
fn a_department_of_the_ddci_example_comes_out_as_by_hand() {
    let scored = example("ddci-example-departments");
    let pillars =
        [("TRANSPARENCY", 7.525), ("TIME", 7.9), ("INFORMAL", 8.5), ("LEADERSHIP", 4.9), ("SUPPORT", 4.75), ("DDCI", 5856.25 / 85.0)];
    hold(&scored, "Sở B", &pillars);
}

/// Sở X: 24% of its units inspected where 30% give all 4 points, 97% in time where points begin at 90%, 60% filed online where
/// the best has 80%, one official disciplined.
#[test]
fn a_department_of_the_par_example_and_its_lost_points_come_out_as_by_hand() {
    let scored = example("par-index-example-departments");
    let expected = [
        ("inspected", 3.2),
        ("on_time", 10.5),
        ("online", 7.5),
        ("violations", 2.0),
        ("signed", 10.8),
        ("satisfied", 17.0),
        ("STEERING", 12.7),
        ("PROCEDURES", 23.0),
        ("STAFF", 10.0),
        ("DIGITAL", 16.8),
        ("PAR", 79.5),
    ];
    hold(&scored, "Sở X", &expected);
    hold(&scored, "Sở Y", &[("inspected", 4.0), ("PAR", 96.2)]);
    hold(&scored, "Sở Z", &[("on_time", 0.0), ("PAR", 40.0)]);
    let (leaves, _) = contributions(&scored.definition, &scored.outcome, scored.row("2025", "Sở X")).unwrap();
    let mut lost: BTreeMap<&str, f64> = BTreeMap::new();
    for leaf in &leaves {
        *lost.entry(leaf.agency.as_deref().unwrap()).or_default() += leaf.lost.unwrap();
    }
    let near = |agency: &str, expected: f64| assert!((lost[agency] - expected).abs() < 1e-12, "{agency}: {}", lost[agency]);
    near("Bộ phận Một cửa", 10.0);
    near("Văn phòng Sở", 5.5);
    near("Phòng Tổ chức – Cán bộ", 5.0);
    let maxima: f64 = scored.definition.leaves().filter_map(|(_, node, _)| node.maximum()).sum();
    assert!((maxima - 100.0).abs() < 1e-12);
}
