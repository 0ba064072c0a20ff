//! Golden tables: R's quantiles and tails at a relative difference of 1e-12, mpmath's beyond them at 2e-13.

use std::collections::BTreeMap;

use super::{beta, chi_squared, fisher, gamma, normal, student};

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
        "beta_sf" => beta::sf(x, a, b),
        "t_sf" => student::sf(x, a),
        "gamma_lower" => gamma::lower(a, x),
        "gamma_upper" => gamma::upper(a, x),
        "f_sf" => fisher::sf(x, a, b),
        other => panic!("the table names a function we do not have: {other}"),
    }
}

fn relative(ours: f64, theirs: f64) -> f64 {
    if theirs == 0.0 { ours.abs() } else { (ours - theirs).abs() / theirs.abs() }
}

/// Compares a table with our functions, prints the worst row of each function, and gives the number of rows.
fn compare(table: &str, bar: f64) -> usize {
    let path = format!("{}/tests/golden/{table}", env!("CARGO_MANIFEST_DIR"));
    let mut table = csv::Reader::from_path(path).unwrap();
    let mut worst: BTreeMap<String, (usize, f64, String)> = BTreeMap::new();
    let mut misses = Vec::new();
    for row in table.deserialize() {
        let (function, a, b, x, value): (String, f64, f64, f64, f64) = row.unwrap();
        let got = ours(&function, a, b, x);
        let difference = relative(got, value);
        let line = format!("{function}({x}; {a}, {b}) = {got:e}, not {value:e}: relative {difference:.1e}");
        if difference.is_nan() || difference > bar {
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
    assert!(misses.is_empty(), "{} rows miss {bar:e}:\n{}", misses.len(), misses.join("\n"));
    worst.values().map(|entry| entry.0).sum()
}

#[test]
fn every_row_of_the_table_of_r_is_matched() {
    assert_eq!(compare("survey/data/distributions.csv", 1e-12), 1210, "rows of the table");
}

/// Places R's table does not reach: far tails, fractional degrees of freedom, shapes on both sides of the switch to the
/// saddlepoint formula.
#[test]
fn far_tails_and_huge_shapes_match_mpmath() {
    assert_eq!(compare("distribution/mpmath.csv", 2e-13), 52, "rows of the table");
}

/// A second pair of eyes where `statrs` was measured to hold.
#[test]
fn statrs_agrees_where_it_holds() {
    use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor, Normal, StudentsT};
    let close = |name: &str, ours: f64, theirs: f64, bar: f64| {
        assert!(relative(ours, theirs) <= bar, "{name}: {ours:e} against {theirs:e}");
    };
    for percent in 1..50 {
        let p = f64::from(percent) / 100.0;
        close("normal quantile", normal::quantile(p), Normal::standard().inverse_cdf(p), 1e-14);
    }
    for df in [5.0, 12.0, 30.5, 100.0, 500.0] {
        let (t, chi) = (StudentsT::new(0.0, 1.0, df).unwrap(), ChiSquared::new(df).unwrap());
        let f = FisherSnedecor::new(4.0, df).unwrap();
        for p in [0.0005, 0.005, 0.025, 0.1, 0.25, 0.4] {
            close("t quantile", student::quantile(p, df), t.inverse_cdf(p), 1e-12);
            let x = chi_squared::quantile(p, df);
            close("χ² tail", chi_squared::sf(x, df), chi.sf(x), 1e-12);
            let x = fisher::quantile(p, 4.0, df);
            close("F tail", fisher::sf(x, 4.0, df), f.sf(x), 1e-11);
        }
    }
    for x in [0.01, 0.5, 1.5, 2.0, 10.0, 1234.5] {
        close("ln Γ", gamma::ln_gamma(x), statrs::function::gamma::ln_gamma(x), 1e-13);
    }
}
