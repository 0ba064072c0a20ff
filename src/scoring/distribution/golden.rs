//! Every row of R's table of quantiles and tails, held to a relative difference of 1e-12.

use std::collections::BTreeMap;

use super::{beta, chi_squared, fisher, normal, student};

const BAR: f64 = 1e-12;

fn ours(function: &str, a: f64, b: f64, x: f64) -> f64 {
    match function {
        "t_quantile" => student::quantile(x, a),
        "t_cdf" => student::cdf(x, a),
        "chisq_quantile" => chi_squared::quantile(x, a),
        "chisq_sf" => chi_squared::sf(x, a),
        "normal_quantile" => normal::quantile(x),
        "normal_cdf" => normal::cdf(x),
        "beta_quantile" => beta::quantile(x, a, b),
        "beta_cdf" => beta::cdf(x, a, b),
        "f_sf" => fisher::sf(x, a, b),
        other => panic!("the table names a function we do not have: {other}"),
    }
}

fn relative(ours: f64, theirs: f64) -> f64 {
    if theirs == 0.0 { ours.abs() } else { (ours - theirs).abs() / theirs.abs() }
}

#[test]
fn every_row_of_the_table_of_r_is_matched() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/survey/data/distributions.csv");
    let mut table = csv::Reader::from_path(path).unwrap();
    let mut worst: BTreeMap<String, (usize, f64, String)> = BTreeMap::new();
    let mut misses = Vec::new();
    for row in table.deserialize() {
        let (function, a, b, x, value): (String, f64, f64, f64, f64) = row.unwrap();
        let got = ours(&function, a, b, x);
        let difference = relative(got, value);
        let line = format!("{function}({x}; {a}, {b}) = {got:e}, R has {value:e}, relative {difference:.1e}");
        if difference.is_nan() || difference > BAR {
            misses.push(line.clone());
        }
        let entry = worst.entry(function).or_insert((0, -1.0, String::new()));
        entry.0 += 1;
        if difference > entry.1 {
            (entry.1, entry.2) = (difference, line);
        }
    }
    for (rows, _, line) in worst.values() {
        println!("{rows:4} rows, worst {line}");
    }
    assert_eq!(worst.values().map(|entry| entry.0).sum::<usize>(), 1210, "rows of the table");
    assert!(misses.is_empty(), "{} rows miss {BAR:e}:\n{}", misses.len(), misses.join("\n"));
}
