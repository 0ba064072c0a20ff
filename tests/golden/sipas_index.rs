//! The composite index of a synthetic national survey (63 provinces, 20 agencies that cross PSUs) against R's `survey`:
//! every estimate, standard error, interval and count; covariances and rank intervals too.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use hailong::design::{Design, DesignKind, Mode, Psu, Wave, WeightUnit};
use hailong::frame::{Frame, FrameBuilder, RowRef};
use hailong::index::{Plan, Score, compute};
use hailong::schema::Layout;
use hailong::scoring::{RankMethod, rank_intervals};
use hailong::unit::{Registry, UnitKind, UnitRecord};
use serde_json::Value;

use super::{Worst, index, json, numbers, path, questionnaire};

/// Provinces of the synthetic survey have ids 1 to 63, agencies 101 to 120.
pub(super) const AGENCIES: i32 = 100;

pub(super) fn registry() -> Registry {
    let record = |kind, code: i32| UnitRecord {
        list: if kind == UnitKind::Agency { "agencies" } else { "provinces" }.into(),
        code: format!("{code:02}"),
        kind,
        name_vi: format!("{code}"),
        name_en: format!("{code}"),
        parent: None,
        valid_from: chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
        valid_to: None,
    };
    let provinces = (1..=63).map(|p| (p, record(UnitKind::Province, p)));
    let agencies = (1..=20).map(|a| (AGENCIES + a, record(UnitKind::Agency, a)));
    Registry::new(provinces.chain(agencies).collect(), &[]).unwrap()
}

/// A response: the text in each column.
pub(super) type Row = BTreeMap<String, String>;

/// The responses of a year.
pub(super) fn rows(file: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path(file)).unwrap();
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    reader.records().map(|r| headers.iter().cloned().zip(r.unwrap().iter().map(str::to_owned)).collect()).collect()
}

/// The rows of a year, packed as the store would hold them; `order` says in which order they arrive.
pub(super) fn frame(file: &str, plan: &Plan, order: impl Fn(usize, usize) -> usize) -> Frame {
    frame_of(&rows(file), plan, order)
}

/// The same of rows that are at hand.
pub(super) fn frame_of(rows: &[Row], plan: &Plan, order: impl Fn(usize, usize) -> usize) -> Frame {
    let questionnaire = questionnaire("sipas-open/1.1.json");
    let layout = Layout::of(&questionnaire);
    let mut psus: BTreeMap<String, Psu> = BTreeMap::new();
    for row in rows {
        let psu = || Psu {
            code: row["psu"].clone(),
            stratum: row["stratum"].clone(),
            fpc: Some(row["fpc"].parse().unwrap()),
            area: Some(row["province"].clone()),
            weight: None,
        };
        psus.entry(row["psu"].clone()).or_insert_with(psu);
    }
    let design = Design::new(psus.into_values().collect(), Vec::new()).unwrap();
    let mut builder = FrameBuilder::new(plan.columns(), &questionnaire, [(7, &questionnaire)]);
    for place in 0..rows.len() {
        let row = &rows[order(place, rows.len())];
        let mut answers = layout.blank();
        for item in questionnaire.items() {
            let Some(text) = row.get(item.code()).filter(|text| !text.is_empty()) else { continue };
            let number = item.options().unwrap().number(text).unwrap_or_else(|| panic!("{} has no option {text}", item.code()));
            answers[layout.slot(item.code()).unwrap().offset()] = number;
        }
        let weight = WeightUnit::MICRO.units(row["weight"].parse().unwrap()).unwrap();
        let unit = AGENCIES + row["agency"].parse::<i32>().unwrap();
        let psu = design.psu_index(&row["psu"]).unwrap();
        builder.push(RowRef { seq: 1, version: 7, unit, psu, weight, answers: &answers }).unwrap();
    }
    let wave = Wave {
        code: "open".into(),
        survey: "sipas-open".into(),
        mode: Mode::ProbabilitySample,
        kind: DesignKind::Cluster,
        weight_unit: WeightUnit::MICRO,
        opens_at: 0,
        closes_at: None,
        synthetic: true,
    };
    builder.finish(&wave, &design, |area| area.parse().ok()).unwrap()
}

pub(super) fn plan() -> Plan {
    Plan::compile(&index("sipas-open/index-1.1.json"), &questionnaire("sipas-open/1.1.json"), &BTreeMap::new()).unwrap()
}

/// The plan of the same definition with a member `estimation`.
pub(super) fn plan_by(estimation: Value) -> Plan {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("survey-schemas/sipas-open/index-1.1.json");
    let mut definition: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    definition["estimation"] = estimation;
    let Ok(hailong::schema::Document::Index(index)) = hailong::schema::parse(&definition.to_string()).map(|checked| checked.document)
    else {
        panic!("an index was asked for")
    };
    Plan::compile(&index, &questionnaire("sipas-open/1.1.json"), &BTreeMap::new()).unwrap()
}

fn scores(order: impl Fn(usize, usize) -> usize) -> Vec<Score> {
    let plan = plan();
    let frame = frame("data/sipas_open_y1.csv", &plan, order);
    compute(&plan, frame, &registry(), &|_, _| ControlFlow::Continue(())).unwrap().scores
}

/// The score of a node for a golden domain.
fn find<'a>(scores: &'a [Score], domain: &Value, node: &str) -> &'a Score {
    let key: i32 =
        domain["key"].as_str().map_or_else(|| i32::try_from(domain["key"].as_i64().unwrap_or(0)).unwrap(), |k| k.parse().unwrap_or(0));
    let matches = |score: &&Score| {
        let d = &score.domain;
        score.node == node
            && match domain["domain"].as_str().unwrap() {
                "all" => d.kind == "nation",
                "province" => d.kind == "province" && d.area == Some(key),
                "agency" => d.kind == "unit" && d.unit == Some(AGENCIES + key),
                "urban" => d.kind == "item" && d.option.as_deref() == Some(&key.to_string()),
                other => panic!("domain {other}"),
            }
    };
    scores.iter().find(matches).unwrap_or_else(|| panic!("no score of {node} for {}", domain["key"]))
}

fn domains(golden: &Value) -> Vec<&Value> {
    let lists = ["by_province", "by_agency", "by_urban"];
    std::iter::once(&golden["national"]).chain(lists.iter().flat_map(|list| golden[list].as_array().unwrap())).collect()
}

#[test]
fn every_figure_of_the_sipas_like_index_equals_that_of_r_survey() {
    let golden = json("07_sipas_index.json");
    let scores = scores(|place, _| place);
    let mut worst = Worst::default();
    for domain in domains(&golden) {
        for (place, name) in domain["names"].as_array().unwrap().iter().enumerate() {
            let (name, what) = (name.as_str().unwrap(), format!("{} {} {name}", domain["domain"], domain["key"]));
            let score = find(&scores, domain, name);
            worst.compare(&format!("{what} est"), score.value.unwrap(), numbers(&domain["est"])[place]);
            worst.compare(&format!("{what} se"), score.se.unwrap(), numbers(&domain["se"])[place]);
            worst.compare(&format!("{what} low"), score.low.unwrap(), numbers(&domain["ci_low_tdomain"])[place]);
            worst.compare(&format!("{what} high"), score.high.unwrap(), numbers(&domain["ci_high_tdomain"])[place]);
            worst.compare(&format!("{what} df"), score.df, domain["df_domain"].as_f64().unwrap());
            worst.compare(&format!("{what} psus"), f64::from(score.psus), domain["n_psu"].as_f64().unwrap());
            worst.compare(&format!("{what} weight"), score.weight, domain["sum_w"].as_f64().unwrap());
        }
        let index = find(&scores, domain, "INDEX");
        assert_eq!(index.n, domain["n"][0].as_i64().unwrap());
        for (place, mean) in domain.get("item_mean").map(numbers).unwrap_or_default().into_iter().enumerate() {
            let score = find(&scores, domain, &format!("q{:02}", place + 1));
            worst.compare("item mean", score.value.unwrap(), 25.0 * (mean - 1.0));
            worst.compare("item se", score.se.unwrap(), 25.0 * numbers(&domain["item_se"])[place]);
        }
    }
    worst.hold("07_sipas_index", 1e-9, 10_000);
}

#[test]
fn rank_intervals_equal_those_of_the_reference() {
    let golden = &json("07_sipas_index.json")["ranks_province"];
    let scores = scores(|place, _| place);
    let provinces: Vec<&Score> = scores.iter().filter(|s| s.domain.kind == "province" && s.node == "INDEX").collect();
    let values: Vec<f64> = provinces.iter().map(|s| s.value.unwrap()).collect();
    let variance = |a: usize, b: usize| if a == b { provinces[a].se.unwrap().powi(2) } else { 0.0 };
    let level = golden["level"].as_f64().unwrap();
    for (name, method) in [
        ("kww", RankMethod::KleinWrightWieczorek),
        ("pairwise_simultaneous", RankMethod::PairwiseJoint),
        ("pairwise_marginal", RankMethod::PairwiseMarginal),
    ] {
        let found = rank_intervals(&values, &variance, method, level);
        let list = |key: String| numbers(&golden[key]);
        let (low, high, rank) = (list(format!("{name}_low")), list(format!("{name}_high")), list("rank_point".into()));
        assert_eq!(found.iter().map(|r| f64::from(r.low)).collect::<Vec<_>>(), low, "{name}");
        assert_eq!(found.iter().map(|r| f64::from(r.high)).collect::<Vec<_>>(), high, "{name}");
        assert_eq!(found.iter().map(|r| f64::from(r.rank)).collect::<Vec<_>>(), rank, "{name}");
    }
}

#[test]
fn neither_the_number_of_threads_nor_the_order_of_arrival_changes_a_bit() {
    let in_order = scores(|place, _| place);
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let shuffled = pool.install(|| scores(|place, rows| (place * 1999 + 77) % rows));
        assert_eq!(shuffled, in_order, "{threads} threads");
    }
}
