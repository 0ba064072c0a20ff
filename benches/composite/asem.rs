//! `COINr`'s own example, and the package itself on the same choices in the same run.
//!
//! Read from the reference folder (`HAILONG_REFERENCE`), by a definition that the structure file gives. Rscript with the package
//! `COINr` does the same work by `coinr.R`; where either is absent, that is said and nothing is measured.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use hailong::composite::sensitivity::{Variations, monte_carlo, sobol};
use hailong::composite::{Table, compute};
use hailong::schema::composite::{CompositeDefinition, FactorSet, parse_composite, parse_factors};
use serde_json::{Map, Value, json};

const EDITION: &str = "2018";
/// Draws of `COINr`, and rows of its Sobol design: it takes a tenth of a second for each.
const COINR: (u32, u32) = (100, 64);

/// Times both and holds scores, rank shifts and shares of variance against each other.
pub fn run() {
    let folder = Path::new(env!("HAILONG_REFERENCE")).join("composite");
    let Ok(structure) = std::fs::read_to_string(folder.join("coinr_asem_input_structure.csv")) else {
        println!("asem beside COINr: not measured, no reference data in {}", folder.display());
        return;
    };
    let indicators = std::fs::read_to_string(folder.join("coinr_asem_input_indicators.csv")).unwrap();
    let definition = definition(&structure);
    let text = indicators.replacen("uName,uCode,", "uName,unit,", 1).replacen(",Time,", ",edition,", 1);
    let (table, _) = Table::read(&text, &definition).unwrap();
    let few = ours(&definition, &table, COINR);
    let many = ours(&definition, &table, (10_000, 512));
    println!("COINr's ASEM, four choices: {:>6} draws {:>8.4} s; Sobol of {:>5} runs {:>8.4} s", COINR.0, few.0, COINR.1 * 6, few.1);
    println!("COINr's ASEM, four choices: {:>6} draws {:>8.4} s; Sobol of {:>5} runs {:>8.4} s", 10_000, many.0, 512 * 6, many.1);
    match coinr() {
        Some(theirs) => beside(&definition, &table, &theirs, (&few, &many)),
        None => println!("COINr: not measured, Rscript or its package COINr is not here"),
    }
}

/// Seconds of draws, seconds of the Sobol design, the mean rank shift, total shares by factor.
type Found = (f64, f64, f64, Vec<f64>);

fn ours(definition: &CompositeDefinition, table: &Table, (draws, base): (u32, u32)) -> Found {
    let factors = factors(definition, draws, base);
    let start = Instant::now();
    let drawn = monte_carlo(&Variations::new(definition, &factors, table, EDITION).unwrap(), 7).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let shares = sobol(&Variations::new(definition, &factors, table, EDITION).unwrap(), factors.sobol().unwrap(), 7).unwrap();
    (seconds, start.elapsed().as_secs_f64(), drawn.mean_rank_shift, shares.factors.iter().map(|factor| factor.total.value).collect())
}

fn coinr() -> Option<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/composite/coinr.R");
    let done = Command::new("Rscript").arg(script).args([COINR.0.to_string(), COINR.1.to_string()]).output().ok()?;
    serde_json::from_slice(&done.stdout).ok()
}

/// The same scores to the ninth digit; rank shifts and shares as alike as so few draws can be; and how many times faster.
fn beside(definition: &CompositeDefinition, table: &Table, theirs: &Value, (few, many): (&Found, &Found)) {
    let number = |name: &str| theirs[name].as_f64().unwrap();
    let outcome = compute(definition, table).unwrap();
    let units = theirs["units"].as_array().unwrap().iter().zip(theirs["scores"].as_array().unwrap());
    let difference = units.map(|(unit, score)| {
        let row = outcome.rows().find(0, unit.as_str().unwrap()).unwrap();
        (outcome.score(0, row).unwrap() / score.as_f64().unwrap() - 1.0).abs()
    });
    let worst = difference.fold(0.0, f64::max);
    assert!(worst < 1e-9, "the index itself differs by {worst:e}");
    println!(
        "COINr {}: {:>6} draws {:>8.2} s; Sobol of {:>5} runs {:>8.2} s",
        theirs["version"].as_str().unwrap(),
        COINR.0,
        number("seconds"),
        COINR.1 * 6,
        number("sobol_seconds")
    );
    println!("  scores agree to {worst:.0e}; mean rank shift {:.2}, ours {:.2} ({:.2} of 10,000)", number("shift"), few.2, many.2);
    println!("  total shares {}, ours of 512 rows {:.2?}", theirs["total"], many.3);
    println!("  draws {:.0} times as fast, Sobol {:.0} times", number("seconds") / few.0, number("sobol_seconds") / few.1);
    println!("  a draw of 10,000 {:.0} times as fast", number("seconds") / f64::from(COINR.0) / (many.0 / 10_000.0));
}

fn definition(structure: &str) -> CompositeDefinition {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(structure.as_bytes());
    let rows: Vec<Map<String, Value>> = reader.deserialize().map(|row| row.unwrap()).collect();
    let denominators: Vec<&Value> = rows.iter().filter(|row| row["Type"] == "Denominator").map(|row| &row["iCode"]).collect();
    let value = json!({
        "kind": "composite", "code": "asem", "edition": EDITION, "title": {"vi": "ASEM", "en": "ASEM"},
        "attributes": ["EurAsia_group"], "denominators": denominators,
        "pipeline": [
            {"stage": "denominate"},
            {"stage": "impute", "method": "centre", "of": "mean", "group": "EurAsia_group"},
            {"stage": "screen", "available": 0.9},
            treat(5),
            {"stage": "normalise", "method": "min_max", "scale": [1, 100]},
            {"stage": "aggregate", "method": "arithmetic"}
        ],
        "tree": tree(&rows, "Index"),
    });
    parse_composite(&value.to_string()).unwrap_or_else(|findings| panic!("{findings:#?}")).definition
}

fn treat(most: u32) -> Value {
    json!({"stage": "treat", "skewness": 2, "kurtosis": 3.5, "winsorise": most, "then": {"transform": "log_ct"}})
}

fn tree(rows: &[Map<String, Value>], code: &str) -> Value {
    let row = rows.iter().find(|row| row["iCode"] == code).unwrap();
    let text = |name: &str| row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned);
    let mut node = json!({"code": code, "label": {"vi": text("iName"), "en": text("iName")}});
    if !text("Parent").is_empty() {
        node["weight"] = json!(text("Weight").parse::<f64>().unwrap());
    }
    if text("Level") == "1" {
        node["indicator"] = json!({"direction": if text("Direction") == "-1" { "lower" } else { "higher" }});
        if !text("Denominator").is_empty() {
            node["indicator"]["denominator"] = json!(text("Denominator"));
        }
    } else {
        let children = rows.iter().filter(|child| child["Parent"] == code).map(|child| tree(rows, child["iCode"].as_str().unwrap()));
        node["children"] = children.collect();
    }
    node
}

/// The choices of `COINr`'s vignette: how many values may be drawn in, the scale, the weights of pillars and sub-indices, the mean.
fn factors(definition: &CompositeDefinition, draws: u32, base: u32) -> FactorSet {
    let value = json!({"kind": "sensitivity", "replicates": draws, "sobol": {"base": base}, "factors": [
        {"code": "winmax", "kind": "stage", "stage": "treat", "alternatives": [treat(1), treat(2), treat(3), treat(4)]},
        {"code": "normalisation", "kind": "stage", "stage": "normalise", "alternatives": [
            {"stage": "normalise", "method": "z_score", "mean": 10, "sd": 2}
        ]},
        {"code": "weights", "kind": "weight_noise", "noise": [{"depth": 1, "amount": 0.25}, {"depth": 2, "amount": 0.25}]},
        {"code": "aggregation", "kind": "stage", "stage": "aggregate", "alternatives": [{"stage": "aggregate", "method": "geometric"}]}
    ]});
    parse_factors(&value.to_string(), definition).unwrap_or_else(|findings| panic!("{findings:#?}"))
}
