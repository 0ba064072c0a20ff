//! Covariances of a run's estimates, within domains and between domains that share strata, against R's `survey`; and what a
//! composite makes of them against the same sum computed as one node of the survey's index.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use hailong::composite::uncertainty::{Errors, Method, Options, Uncertainty, propagate};
use hailong::composite::{self, Table, survey};
use hailong::index::{Covariance, CovarianceError, DomainKey, Plan, Score, compute, covariances};
use hailong::schema::Document;
use hailong::schema::composite::{CompositeDefinition, parse_composite};
use serde_json::{Value, json};

use super::sipas_index::{AGENCIES, Row, frame_of, registry, rows};
use super::{Worst, calibrated_index, numbers, questionnaire, root};

const NODES: [&str; 3] = ["q01", "q06", "q11"];

fn golden() -> Value {
    serde_json::from_slice(&std::fs::read(root().join("tests/golden/covariance/reference.json")).unwrap()).unwrap()
}

fn everyone() -> Vec<Row> {
    rows("data/sipas_open_y1.csv")
}

/// Rows that answered all three items.
fn complete() -> Vec<Row> {
    everyone().into_iter().filter(|row| NODES.iter().all(|item| !row[*item].is_empty())).collect()
}

/// Complete rows of four provinces, with one PSU left in two strata and agencies of two kinds.
fn lonely(strata: &Value) -> Vec<Row> {
    let number = |row: &Row, column: &str| row[column].parse::<i32>().unwrap();
    let mut rows: Vec<Row> = complete().into_iter().filter(|row| number(row, "province") <= 4).collect();
    for stratum in strata.as_array().unwrap() {
        let here = |row: &&Row| row["stratum"] == stratum.as_str().unwrap();
        let first = rows.iter().filter(here).map(|row| number(row, "psu")).min().unwrap();
        rows.retain(|row| !here(&row) || number(row, "psu") == first);
    }
    for row in &mut rows {
        let agency = 1 + number(row, "agency") % 2;
        row.insert("agency".to_owned(), agency.to_string());
    }
    rows
}

/// The partitions that the tests look at.
fn domains() -> Value {
    json!([{ "kind": "nation" }, { "kind": "level", "level": "province" }, { "kind": "unit" }])
}

/// The index of the open data set, as a value.
fn open_index() -> Value {
    serde_json::from_slice(&std::fs::read(root().join("survey-schemas/sipas-open/index-1.1.json")).unwrap()).unwrap()
}

/// The open index with some of its members set otherwise.
fn plan(members: &Value) -> Plan {
    let mut definition = open_index();
    for (name, member) in members.as_object().unwrap() {
        definition[name] = member.clone();
    }
    let Document::Index(index) = hailong::schema::parse(&definition.to_string()).unwrap().document else {
        panic!("an index was asked for");
    };
    Plan::compile(&index, &questionnaire("sipas-open/1.1.json"), &BTreeMap::new()).unwrap()
}

fn scores(plan: &Plan, rows: &[Row]) -> Vec<Score> {
    compute(plan, frame_of(rows, plan, |place, _| place), &registry(), &|_, _| ControlFlow::Continue(())).unwrap().scores
}

fn found(plan: &Plan, rows: &[Row], nodes: &[&str], kind: &str) -> Vec<Covariance> {
    covariances(plan, frame_of(rows, plan, |place, _| place), &registry(), nodes, kind, None).unwrap()
}

/// The unit's number in the reference, and the node.
type Place = (String, String);

fn place(domain: &DomainKey, node: &str) -> Place {
    let key = domain.area.or(domain.unit.map(|unit| unit - AGENCIES)).map_or(String::new(), |key| key.to_string());
    (key, node.to_owned())
}

/// Covariances by their pair, either way round.
fn by_pair(found: &[Covariance]) -> HashMap<(Place, Place), f64> {
    let pair = |c: &Covariance| [0, 1].map(|side| place(&c.domains[side], &c.nodes[side]));
    let both = found.iter().flat_map(|c| {
        let [a, b] = pair(c);
        [((a.clone(), b.clone()), c.value), ((b, a), c.value)]
    });
    both.collect()
}

/// Compares the cases of a name and kind; covariances by their size beside the standard errors, so that those near 0 count too.
fn compare(worst: &mut Worst, golden: &Value, name: &str, kind: &str, found: &[Covariance]) {
    let found = by_pair(found);
    let cases = golden["cases"].as_array().unwrap().iter().filter(|case| case["case"] == name && case["kind"] == kind);
    for case in cases {
        let texts =
            |member: &str| case[member].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let places: Vec<Place> = texts("keys").iter().flat_map(|key| texts("nodes").into_iter().map(|node| (key.clone(), node))).collect();
        let mut cells = numbers(&case["vcov"]).into_iter();
        let expected: Vec<Vec<f64>> = (0..places.len()).map(|row| cells.by_ref().take(places.len() - row).collect()).collect();
        assert_eq!(cells.next(), None);
        for (a, row) in expected.iter().enumerate() {
            for (b, expected_cell) in (a..).zip(row) {
                let pair = (places[a].clone(), places[b].clone());
                let cell = found.get(&pair).copied().unwrap_or(0.0);
                let what = format!("{name} {kind} {pair:?}");
                // A covariance near 0 is what is left of larger sums: it is held beside the variances.
                let size = (expected[a][0] * expected[b][0]).sqrt();
                worst.compare(&what, size + cell, size + expected_cell);
                if expected_cell.abs() > 1e-3 * size {
                    worst.compare(&what, cell, *expected_cell);
                }
            }
        }
    }
}

#[test]
fn covariances_of_nodes_equal_those_of_r_survey() {
    let (golden, plan) = (golden(), plan(&json!({})));
    let mut worst = Worst::default();
    for (name, rows) in [("complete", complete()), ("answered", everyone())] {
        for kind in ["nation", "province", "unit"] {
            compare(&mut worst, &golden, name, kind, &found(&plan, &rows, &NODES, kind));
        }
    }
    worst.hold("covariances", 1e-9, 3000);
}

#[test]
fn lonely_psus_follow_their_rule_in_covariances_too() {
    let golden = golden();
    let rows = lonely(&golden["lonely_strata"]);
    let mut worst = Worst::default();
    for rule in ["remove", "average", "adjust"] {
        for kind in ["nation", "unit"] {
            let plan = plan(&json!({ "lonely_psu": rule }));
            compare(&mut worst, &golden, &format!("lonely_{rule}"), kind, &found(&plan, &rows, &NODES, kind));
        }
    }
    worst.hold("covariances with lonely PSUs", 1e-9, 100);
    let (plan, registry) = (plan(&json!({})), registry());
    let refused = covariances(&plan, frame_of(&rows, &plan, |place, _| place), &registry, &NODES, "unit", None);
    assert!(matches!(refused, Err(CovarianceError::Compute(_))), "{refused:?}");
}

#[test]
fn calibrated_weights_leave_the_covariances_of_residuals() {
    let raking = calibrated_index::estimation(&calibrated_index::golden());
    let (golden, plan, rows) = (golden(), plan(&json!({ "domains": domains(), "estimation": raking })), everyone());
    let mut worst = Worst::default();
    for kind in ["province", "unit"] {
        let found = found(&plan, &rows, &["C1", "INDEX"], kind);
        assert!(found.iter().any(|c| c.domains[0] != c.domains[1]), "raking to totals of the whole country ties provinces together");
        compare(&mut worst, &golden, "raked", kind, &found);
    }
    worst.hold("covariances under calibration", 1e-9, 100);
}

#[test]
fn replicates_give_covariances_where_the_definition_asks_for_them() {
    let (golden, rows) = (golden(), complete());
    let plan = plan(&json!({ "estimation": { "variance": { "method": "jackknife" } } }));
    let mut worst = Worst::default();
    for kind in ["nation", "unit"] {
        compare(&mut worst, &golden, "jackknife", kind, &found(&plan, &rows, &NODES, kind));
    }
    worst.hold("covariances by the jackknife", 1e-9, 1800);
    assert!(found(&plan, &rows, &NODES, "province").iter().all(|c| c.domains[0] == c.domains[1]), "provinces share no stratum");
}

#[test]
fn the_covariance_of_an_estimate_with_itself_is_its_variance() {
    let rows = everyone();
    let tree = json!([open_index()["tree"][0]]);
    let estimations = [
        json!({}),
        json!({ "variance": { "method": "jackknife" } }),
        json!({ "variance": { "method": "bootstrap", "replicates": 50 } }),
        calibrated_index::estimation(&calibrated_index::golden()),
    ];
    let plans = estimations.map(|estimation| plan(&json!({ "tree": tree, "domains": domains(), "estimation": estimation })));
    let mut worst = Worst::default();
    for plan in plans {
        let nodes = ["INDEX", "C1", "q01"];
        let scores = scores(&plan, &rows);
        for kind in ["nation", "province", "unit"] {
            let found = by_pair(&found(&plan, &rows, &nodes, kind));
            for score in scores.iter().filter(|score| score.domain.kind == kind && nodes.contains(&score.node.as_str())) {
                let of = place(&score.domain, &score.node);
                worst.compare(&format!("{of:?}"), found[&(of.clone(), of.clone())], score.se.unwrap().powi(2));
            }
        }
    }
    worst.hold("variances among covariances", 1e-12, 4 * 84 * 3);
}

/// A composite that takes nodes of the survey's index as they are, with weights.
fn weighted(leaves: &[(&str, f64)]) -> CompositeDefinition {
    let text = |text: &str| json!({ "vi": text, "en": text });
    let leaf = |(node, weight): &(&str, f64)| {
        json!({
            "code": format!("leaf_{node}"), "label": text(node), "weight": weight,
            "indicator": { "survey": { "index": "sipas-open", "node": node } },
        })
    };
    let definition = json!({
        "kind": "composite", "code": "whole", "edition": "y1", "title": text("x"),
        "pipeline": [{ "stage": "normalise", "method": "as_given" }, { "stage": "aggregate", "method": "arithmetic" }],
        "tree": { "code": "ALL", "label": text("x"), "children": leaves.iter().map(leaf).collect::<Vec<_>>() },
    });
    parse_composite(&definition.to_string()).unwrap().definition
}

/// What a composite of a run's nodes comes to for the units of a kind, with the covariances of the run.
fn propagated(definition: &CompositeDefinition, plan: &Plan, rows: &[Row], scores: &[Score], kind: &str) -> Uncertainty {
    let list = Some(if kind == "unit" { "agencies" } else { "provinces" });
    let (name, index, wave, edition) = ("run".to_owned(), "sipas-open".to_owned(), "w1".to_owned(), "y1".to_owned());
    let run = survey::Run { name, index, wave, edition, estimates: survey::estimates(scores, &registry(), list) };
    let mut table = Table::default();
    assert_eq!(survey::join(definition, &run, &mut table), Vec::new());
    let found = found(plan, rows, &survey::nodes(definition, &run), kind);
    let pairs = survey::pairs(definition, &run, &survey::covariances(&found, &registry(), list), &table);
    let errors = Errors::of(definition, &table).with_pairs(pairs, definition, &table).unwrap();
    let options = Options { level: plan.level(), method: None, replicates: 2, seed: 1 };
    let outcome = composite::compute(definition, &table).unwrap();
    propagate(definition, &table, &outcome, &errors, "y1", &options).unwrap()
}

#[test]
fn a_composite_of_survey_leaves_has_the_interval_of_the_same_sum_as_one_node() {
    let text = json!({ "vi": "x", "en": "x" });
    let leaf =
        |item: &str| json!({ "code": format!("pair_{item}"), "label": text, "weight": 0.5, "measure": { "kind": "mean", "item": item } });
    let pair = json!({ "code": "PAIR", "label": text, "children": [leaf("q01"), leaf("q06")] });
    let tree = json!([open_index()["tree"][0], pair]);
    let (rows, mut worst) = (everyone(), Worst::default());
    for variance in [json!({ "method": "linearised" }), json!({ "method": "jackknife" })] {
        let plan = plan(&json!({ "tree": tree, "domains": domains(), "estimation": { "variance": variance } }));
        let scores = scores(&plan, &rows);
        let criteria = [("C1", 0.15), ("C2", 0.25), ("C3", 0.2), ("C4", 0.2), ("C5", 0.2)];
        for (leaves, node) in [(&criteria[..], "INDEX"), (&[("q01", 0.5), ("q06", 0.5)][..], "PAIR")] {
            let definition = weighted(leaves);
            for kind in ["province", "unit"] {
                let found = propagated(&definition, &plan, &rows, &scores, kind);
                assert_eq!((found.method, found.reasons.len()), (Method::Delta, 0));
                let direct: Vec<&Score> = scores.iter().filter(|score| score.node == node && score.domain.kind == kind).collect();
                assert_eq!(direct.len(), found.units.len());
                for (score, interval) in direct.iter().zip(&found.nodes[0].units) {
                    let (what, interval) = (format!("{kind} {node} {:?}", score.domain), interval.unwrap());
                    worst.compare(&what, interval.value, score.value.unwrap());
                    worst.compare(&what, interval.se, score.se.unwrap());
                    worst.compare(&what, interval.df.unwrap(), score.df);
                    worst.compare(&what, interval.low, score.low.unwrap());
                    worst.compare(&what, interval.high, score.high.unwrap());
                }
                // The units' composites covary as the node's estimates do.
                let across = by_pair(&self::found(&plan, &rows, &[node], kind));
                for (a, first) in direct.iter().enumerate() {
                    for (b, second) in direct.iter().enumerate().skip(a + 1) {
                        let cell = across.get(&(place(&first.domain, node), place(&second.domain, node))).copied().unwrap_or(0.0);
                        let size = (found.root.covariance(a, a) * found.root.covariance(b, b)).sqrt();
                        worst.compare(&format!("{kind} {node} {a} {b}"), size + found.root.covariance(a, b), size + cell);
                    }
                }
            }
        }
    }
    worst.hold("a composite of survey leaves", 1e-9, 8000);
}

#[test]
fn covariances_do_not_depend_on_threads_or_order_and_may_be_limited_to_units() {
    let (plan, rows) = (plan(&json!({})), everyone());
    let of = |order: &dyn Fn(usize, usize) -> usize| {
        covariances(&plan, frame_of(&rows, &plan, order), &registry(), &NODES, "unit", None).unwrap()
    };
    let in_order = of(&|place, _| place);
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let rows = rows.len();
        assert_eq!(pool.install(|| of(&|place, _| (place * 1999 + 77) % rows)), in_order, "{threads} threads");
    }
    let units = BTreeSet::from([AGENCIES + 3, AGENCIES + 7]);
    let few = covariances(&plan, frame_of(&rows, &plan, |place, _| place), &registry(), &NODES, "unit", Some(&units)).unwrap();
    let among = |c: &&Covariance| c.domains.iter().all(|domain| units.contains(&domain.unit.unwrap()));
    assert_eq!(few, in_order.iter().filter(among).cloned().collect::<Vec<_>>());
    assert_eq!(few.len(), 6 * 7 / 2);
}

#[test]
fn nodes_and_domains_that_are_not_there_are_refused_by_name() {
    let plan = plan(&json!({}));
    let ask = |nodes: &[&str], kind: &str| {
        covariances(&plan, frame_of(&complete(), &plan, |place, _| place), &registry(), nodes, kind, None).unwrap_err().to_string()
    };
    assert_eq!(ask(&["q01", "q77", "q78"], "unit"), "the index has no node q77, q78");
    assert!(ask(&["q01"], "urban").contains("nation, province, unit"));
}
