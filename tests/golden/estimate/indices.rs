//! The files that state a composite index: a line for each domain.

use hailong::cli::estimate::evaluate_file;
use serde_json::Value;

use super::{Comparison, json, path};

/// Holds the lines of a file to its domains, in order; the lists of domains are named.
fn holds(file: &str, lists: &[&str]) -> Comparison {
    let golden = json(file);
    let mut lines = Vec::new();
    evaluate_file(&path(file), |line| lines.push(line)).unwrap();
    let expected: Vec<&Value> =
        lists.iter().flat_map(|list| golden[list].as_array().map_or_else(|| vec![&golden[list]], |list| list.iter().collect())).collect();
    assert_eq!(lines.len(), expected.len());
    let mut comparison = Comparison::default();
    for (found, expected) in lines.iter().zip(expected) {
        assert!(found.get("error").is_none(), "{found}");
        comparison.compare(&format!("{} {}", found["id"], found["key"]), found, expected);
    }
    let Comparison { worst, at, figures } = &comparison;
    println!("{file}: {figures} figures, worst relative difference {worst:.1e} ({at})");
    let tolerance = golden["rel_tol"].as_f64().unwrap();
    assert!(*worst <= tolerance, "{file}: {worst:e} exceeds {tolerance:e} at {at}");
    comparison
}

#[test]
fn the_sipas_like_index_of_every_domain_and_the_ranks_of_provinces() {
    let held = holds("07_sipas_index.json", &["national", "by_province", "by_agency", "by_urban", "ranks_province"]);
    assert!(held.figures > 15_000, "{}", held.figures);
}

#[test]
fn the_change_between_two_years_that_share_psus() {
    let held = holds("09_sipas_change.json", &["national", "by_province", "by_agency"]);
    assert!(held.figures > 600, "{}", held.figures);
}

#[test]
fn the_satisfaction_of_copenhagen_householders() {
    let held = holds("11_housing.json", &["all", "by_agency"]);
    assert!(held.figures > 100, "{}", held.figures);
}
