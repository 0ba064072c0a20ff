//! Cronbach's alpha and item statistics against base R and `survey` (`reliability/items.csv`), and against `COINr`.

use std::sync::Arc;

use hailong::cli::estimate::{Freedom, Tables, evaluate};
use hailong::schema::LonelyPsu;
use hailong::scoring::reliability::{AnswerRange, MissingItems, reliability};
use hailong::scoring::sample::{Rows, Sample, Values};
use serde_json::{Value, json};

use super::composite::Csv;
use super::{Worst, path};

/// What R found: statistic, item, other item, figure.
fn expected(case: &str) -> Vec<(String, String, String, f64)> {
    let file = path("../reliability/items.csv");
    let mut table = csv::ReaderBuilder::new().has_headers(false).from_path(file).unwrap();
    let rows = table.records().map(Result::unwrap).filter(|record| record[0] == *case);
    rows.map(|record| (record[1].into(), record[2].into(), record[3].into(), record[4].parse().unwrap())).collect()
}

/// The answer to a case over the items of the first criterion.
fn answer(listwise: bool) -> Value {
    let case = json!({
        "id": "alpha",
        "data": "data/sipas_open_y1.csv",
        "design": { "ids": ["psu"], "strata": ["stratum"], "weights": ["weight"], "fpc": ["fpc"] },
        "estimator": { "fn": "alpha", "vars": ["q01", "q02", "q03", "q04", "q05"], "na_rm": listwise },
        "level": 0.95,
    });
    evaluate(&case, Freedom::Domain, &Tables::new(&path("")))
}

fn figure(answer: &Value, statistic: &str, item: &str, other: &str) -> f64 {
    let place = |name: &str| answer["names"].as_array().unwrap().iter().position(|known| known == name).unwrap();
    let value = match statistic {
        "classical" => &answer["classical"]["alpha"],
        "feldt_low" => &answer["classical"]["ci_low"],
        "feldt_high" => &answer["classical"]["ci_high"],
        "correlation" => &answer["correlation"][place(item)][place(other)],
        _ if item.is_empty() => &answer[statistic],
        _ => &answer[statistic][place(item)],
    };
    value.as_f64().unwrap_or_else(|| panic!("{statistic} of {item} {other}: {value} in {answer}"))
}

fn holds(case: &str) {
    let answer = answer(case == "listwise");
    let mut worst = Worst::default();
    for (statistic, item, other, expected) in expected(case) {
        if statistic == "se_jackknife" {
            let difference = (figure(&answer, "se", "", "") / expected - 1.0).abs();
            println!("{case}: standard error {difference:.1e} from the jackknife's");
            assert!(difference < 0.005, "{case}: the standard error is {difference} from the jackknife's");
            continue;
        }
        worst.compare(&format!("{statistic} {item} {other}"), figure(&answer, &statistic, &item, &other), expected);
    }
    worst.hold(&format!("reliability, {case}"), 1e-9, 60);
}

#[test]
fn alpha_over_complete_rows_is_that_of_r() {
    holds("listwise");
    let complete = answer(true)["classical"]["complete"].clone();
    assert_eq!(complete.as_f64(), Some(expected("rows")[0].3));
}

#[test]
fn alpha_over_pairs_of_items_is_that_of_r() {
    holds("pairwise");
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn alpha_of_the_asem_pillars_is_that_of_coinr() {
    let of = |name: &str| Csv::read(&format!("coinr_asem_{name}.csv")).rows;
    let (alphas, structure) = (of("cronbach"), of("input_structure"));
    let (raw, normalised) = (of("input_indicators"), of("stage_normalised"));
    let mut worst = Worst::default();
    for pillar in &alphas {
        let members = structure.iter().filter(|row| row["Parent"] == pillar["group"]).map(|row| row["iCode"].clone());
        let members: Vec<String> = members.collect();
        for (data, column) in [(&raw, "alpha_raw"), (&normalised, "alpha_norm")] {
            let number = |cell: &String| if cell.is_empty() || cell == "NA" { f64::NAN } else { cell.parse().unwrap() };
            let items: Vec<Values> = members.iter().map(|name| data.iter().map(|row| number(&row[name])).collect()).collect();
            let sample = Sample::new(vec![1.0; data.len()], &[], LonelyPsu::Fail).unwrap();
            let everyone: Rows = vec![true; data.len()].into();
            let range = AnswerRange { lowest: 0.0, highest: 100.0 };
            let found = reliability(&sample, &items, &Arc::clone(&everyone), MissingItems::Pairwise, range).unwrap();
            worst.compare(&format!("{} {column}", pillar["group"]), found.alpha, number(&pillar[column]));
        }
    }
    worst.hold("alpha of COINr", 1e-9, 16);
}
