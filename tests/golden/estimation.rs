//! What an index definition may choose, by a run's own path: intervals of shares and replicate variances against R's `survey`;
//! ranks, marks and modelled estimates against what must hold of them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use hailong::index::{Plan, Score, compute};
use hailong::schema::{Document, parse};
use serde_json::{Value, json};

use super::sipas_index::{frame, registry};
use super::{Worst, json as golden, numbers, questionnaire, root};

/// The index of the open data set over nation and provinces with these choices and, where given, another tree.
fn scores(estimation: Value, tree: Option<Value>, seed: u64) -> Vec<Score> {
    let file = root().join("survey-schemas/sipas-open/index-1.1.json");
    let mut definition: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    definition["estimation"] = estimation;
    definition["domains"] = json!([{ "kind": "nation" }, { "kind": "level", "level": "province" }]);
    if let Some(tree) = tree {
        definition["tree"] = tree;
    }
    let Document::Index(index) = parse(&definition.to_string()).unwrap().document else { panic!("an index was asked for") };
    let plan = Plan::compile(&index, &questionnaire("sipas-open/1.1.json"), &BTreeMap::new()).unwrap().seeded(seed);
    let frame = frame("data/sipas_open_y1.csv", &plan, |place, _| place);
    compute(&plan, frame, &registry(), &|_, _| ControlFlow::Continue(())).unwrap().scores
}

fn province(scores: &[Score], number: i32) -> &Score {
    scores.iter().find(|score| score.domain.area == Some(number)).unwrap()
}

#[test]
fn intervals_of_shares_are_those_of_r_by_every_method_a_definition_can_name() {
    let label = json!({ "vi": "Hài lòng với mục 1", "en": "Satisfied with item 1" });
    let tree = json!([{ "code": "S", "label": label, "measure": { "kind": "share", "item": "q01", "options": ["4", "5"] } }]);
    let cases = golden("08_sipas_items.json")["cases"].as_array().unwrap().clone();
    let mut worst = Worst::default();
    for (ours, theirs) in [("linear", "mean"), ("logit", "xlogit"), ("asin", "asin"), ("beta", "beta")] {
        let scores = scores(json!({ "share_interval": ours }), Some(tree.clone()), 1);
        for number in [1, 17, 40, 63] {
            let id = format!("sipas/ciprop_sat_q01/prov{number}/{theirs}");
            let case = cases.iter().find(|case| case["id"] == id.as_str()).unwrap_or_else(|| panic!("no case {id}"));
            let expected = |name: &str| 100.0 * numbers(&case["expected"][name])[0];
            let score = province(&scores, number);
            worst.compare(&format!("{id} est"), score.value.unwrap(), expected("est"));
            worst.compare(&format!("{id} se"), score.se.unwrap(), expected("se"));
            worst.compare(&format!("{id} low"), score.low.unwrap(), expected("ci_low"));
            worst.compare(&format!("{id} high"), score.high.unwrap(), expected("ci_high"));
        }
    }
    worst.hold("share intervals of an index", 1e-9, 64);
}

#[test]
fn a_definition_that_asks_for_the_jackknife_gets_that_of_r() {
    let file = root().join("tests/golden/replicates/reference.json");
    let figures: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let scores = scores(json!({ "variance": { "method": "jackknife" } }), None, 1);
    let mut worst = Worst::default();
    for node in ["C1", "INDEX"] {
        let se = |kind: &str| scores.iter().filter(|s| s.domain.kind == kind && s.node == node).map(|s| s.se.unwrap()).collect::<Vec<_>>();
        for kind in ["nation", "province"] {
            let expected = numbers(&figures["jkn"][kind][node]);
            assert_eq!(se(kind).len(), expected.len());
            for (place, (found, expected)) in se(kind).into_iter().zip(expected).enumerate() {
                worst.compare(&format!("{node} {kind} {place}"), found, expected);
            }
        }
    }
    worst.hold("jackknife of an index", 1e-9, 128);
}

#[test]
fn a_bootstrap_follows_from_the_seed_alone() {
    let bootstrap = json!({ "variance": { "method": "bootstrap", "replicates": 200 } });
    let threads = |count: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
        pool.install(|| scores(bootstrap.clone(), None, seed))
    };
    let first = threads(1, 7);
    assert_eq!(first, threads(8, 7));
    assert_ne!(first, threads(8, 8));
    let linear = scores(json!({}), None, 7);
    let se = |scores: &[Score]| scores.iter().find(|s| s.domain.kind == "nation" && s.node == "INDEX").unwrap().se.unwrap();
    // 200 replicates know a standard error to about 1/√(2·200) = 5 %.
    assert!((se(&first) / se(&linear) - 1.0).abs() < 0.2, "{} {}", se(&first), se(&linear));
}

#[test]
fn ranks_come_for_each_province_by_itself_for_all_at_once_and_as_chances() {
    let found = scores(json!({ "ranks": { "per_unit": "step_down", "joint": "step_down", "top": 20, "draws": 1000 } }), None, 3);
    let provinces: Vec<&Score> = found.iter().filter(|s| s.domain.kind == "province" && s.node == "INDEX").collect();
    assert_eq!(provinces.len(), 63);
    for score in &provinces {
        let (one, all, rank) = (score.rank_interval.unwrap(), score.rank_joint.unwrap(), score.rank.unwrap());
        assert!(all.low <= one.low && one.low <= rank && rank <= one.high && one.high <= all.high, "{score:?}");
    }
    // Twenty places are shared out in every draw.
    let sum: f64 = provinces.iter().map(|score| score.top.unwrap()).sum();
    assert!((sum - 20.0).abs() < 1e-9, "{sum}");
    let plain = scores(json!({}), None, 3);
    let width = |scores: &[Score]| -> u32 { scores.iter().filter_map(|s| s.rank_interval).map(|i| i.high - i.low).sum() };
    assert!(width(&found) <= width(&plain), "stepping down never widens");
    assert!(plain.iter().all(|score| score.top.is_none()));
}

#[test]
fn thin_estimates_are_marked_and_modelled_ones_stand_beside_them() {
    let found = scores(json!({ "thin": { "n": 60, "half_width": 6 }, "small_area": { "model": "fay_herriot" } }), None, 1);
    let index: Vec<&Score> = found.iter().filter(|s| s.domain.kind == "province" && s.node == "INDEX").collect();
    let mean = index.iter().map(|s| s.value.unwrap()).sum::<f64>() / 63.0;
    for score in &index {
        let half = 0.5 * (score.high.unwrap() - score.low.unwrap());
        assert_eq!(score.thin, score.n < 60 || half > 6.0, "{score:?}");
        let (direct, modelled) = (score.value.unwrap(), score.modelled.unwrap());
        // Drawn towards what the others say, and surer for it.
        assert!((modelled.value - mean).abs() < (direct - mean).abs() + 1.0 && modelled.rmse < score.se.unwrap() * 1.05, "{score:?}");
    }
    assert!(index.iter().any(|s| s.thin) && index.iter().any(|s| !s.thin));
    assert!(found.iter().find(|s| s.domain.kind == "nation").unwrap().modelled.is_none());
}
