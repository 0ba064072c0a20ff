use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::composite::stages::State;
use crate::composite::{Observation, Outcome, Table, compute, contributions};
use crate::schema::composite::sample::{definition, text};
use crate::schema::composite::{CompositeDefinition, parse_composite};

struct Case {
    definition: CompositeDefinition,
    initial: State,
    outcome: Outcome,
}

impl Case {
    fn new(definition: CompositeDefinition, table: &Table) -> Self {
        let (initial, outcome) = (table.state(&definition), compute(&definition, table).unwrap());
        Self { definition, initial, outcome }
    }

    fn subject(&self, edition: usize, unit: &str) -> Option<Subject<'_>> {
        let row = self.outcome.rows().find(edition, unit)?;
        Some(Subject { definition: &self.definition, initial: &self.initial, outcome: &self.outcome, row })
    }
}

/// The example whose figures are calculated by hand beside the tests of the pipeline.
fn example() -> Case {
    let definition = parse_composite(include_str!("../../../survey-schemas/indices/example/2025.json")).unwrap().definition;
    let (table, _) = Table::read(include_str!("../../../survey-schemas/indices/example/indicators.csv"), &definition).unwrap();
    Case::new(definition, &table)
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn a_change_splits_into_values_goalposts_and_structure_as_by_hand() {
    let case = example();
    let (a, c) = (case.subject(1, "A").unwrap(), case.subject(1, "C").unwrap());
    let change = difference(&a.before().unwrap(), &a).unwrap();
    near(change.totals.total(), 94.06 - 82.72);
    // Slopes of A: 3.6, 1.2, 1.2, 4. `satisfied` 80 → 90 of 100 on nine points: 3.6 · 0.9.
    let of = |code: &str| change.effects.iter().find(|effect| effect.node == code).unwrap();
    near(of("satisfied").value, 3.24);
    // `overdue` 10 → 5: goalposts 10–20 in 2024, 5–25 over both years. A scored 10 and scores 10; in the old ones 5 would be
    // 14.5, in the new ones 10 is 7.75: value ½(4.5 + 2.25), goalposts ½(−2.25 − 4.5).
    near(of("overdue").value, 1.2 * 3.375);
    near(of("overdue").goalposts, -1.2 * 3.375);
    assert!(change.totals.weights.abs() < 1e-12 && change.totals.structure.abs() < 1e-12);

    // C lost `online`, but scored 5.5 in both in 2024: nothing comes of that.
    let change = difference(&c.before().unwrap(), &c).unwrap();
    near(change.totals.total(), 73.9 - 70.48);
    assert!(change.effects.iter().all(|effect| effect.node != "online"));

    // From A to C: of HARD (slope 2.4), `overdue` goes from 10 to 5.5 with coefficients ½ and 1, `online` from 7.75 to nothing. The
    // mean of HARD is ½(8.875 + 5.5) = 7.1875, both levels are 7.75.
    let gap = difference(&a, &c).unwrap();
    let of = |code: &str| gap.effects.iter().find(|effect| effect.node == code).unwrap();
    near(of("overdue").value, 2.4 * 0.75 * -4.5);
    near(of("overdue").structure, 2.4 * 0.5625 * 0.5);
    near(of("online").structure, 2.4 * 0.5625 * -0.5);
    near(gap.totals.total(), 73.9 - 94.06);
}

#[test]
fn a_change_of_weights_is_told_from_a_change_of_values() {
    let case = example();
    let text = include_str!("../../../survey-schemas/indices/example/2025.json").replacen("\"weight\": 0.6", "\"weight\": 0.5", 1);
    let other = parse_composite(&text.replacen("\"weight\": 0.4,\n        \"indicator\"", "\"weight\": 0.5,\n        \"indicator\"", 1));
    let (table, _) = Table::read(include_str!("../../../survey-schemas/indices/example/indicators.csv"), &case.definition).unwrap();
    let other = Case::new(other.unwrap().definition, &table);
    let (a, b) = (case.subject(1, "A").unwrap(), other.subject(1, "A").unwrap());
    let change = difference(&a, &b).unwrap();
    // 10 (½ · 9.01 + ½ · 10) against 10 (0.6 · 9.01 + 0.4 · 10): 0.1 · 0.99 · 10.
    near(change.totals.weights, 0.99);
    near(change.totals.total(), 0.99);
    assert_eq!(change.effects.iter().filter(|effect| effect.weights != 0.0).count(), 2, "SERVICE and plan");
}

#[test]
fn points_out_of_another_maximum_are_told_from_a_change_of_value() {
    let index = |method: &str, maximum: Option<f64>| {
        let mut leaf = json!({"code": "x", "label": text("x"), "rescale": {"factor": 2.0}, "indicator": {}});
        if let Some(maximum) = maximum {
            leaf["maximum"] = json!(maximum);
        }
        definition(&json!({
            "kind": "composite", "code": "one", "edition": "2020", "title": text("x"),
            "pipeline": [{"stage": "normalise", "method": method}, {"stage": "aggregate", "method": "sum"}],
            "tree": {"code": "ALL", "label": text("x"), "children": [leaf]},
        }))
    };
    let case = |method: &str, maximum, value: f64| {
        let mut table = Table::default();
        table.insert("2020", "u", "x", Observation { value: Some(value), ..Observation::default() });
        Case::new(index(method, maximum), &table)
    };
    // 6 of 10, then 6 of 8, each point counting twice: from 60 to 75 % of 9 on the mean, and 67.5 % on the mean of 2 fewer.
    for method in ["as_given", "points"] {
        let (before, after) = (case(method, Some(10.0), 6.0), case(method, Some(8.0), 6.0));
        let change = difference(&before.subject(0, "u").unwrap(), &after.subject(0, "u").unwrap()).unwrap();
        near(change.totals.value, 2.0 * 9.0 * 0.15);
        near(change.totals.goalposts, 2.0 * 0.675 * -2.0);
        assert!(change.totals.total().abs() < 1e-12 && change.totals.weights == 0.0 && change.totals.structure == 0.0);
    }
    // Where one side does not say what its points are given out of, nothing can be told apart.
    let (before, after) = (case("as_given", None, 6.0), case("as_given", Some(8.0), 7.0));
    let change = difference(&before.subject(0, "u").unwrap(), &after.subject(0, "u").unwrap()).unwrap();
    assert_eq!((change.totals.value, change.totals.goalposts), (2.0, 0.0));
}

#[test]
fn lost_points_are_ordered_and_summed_by_criterion_and_agency() {
    let case = example();
    let c = case.subject(1, "C").unwrap();
    let lost = lost(&c).unwrap();
    near(lost.ideal, 100.0);
    let leaves: Vec<(&str, f64)> = lost.leaves.iter().map(|leaf| (leaf.leaf.as_str(), (leaf.lost * 1e6).round() / 1e6)).collect();
    // 75 of 100: 3.6 · 2.25; 16 of 20: 4 · 1.8; 5.5 of 10: 2.4 · 4.5.
    assert_eq!(leaves, [("overdue", 10.8), ("satisfied", 8.1), ("plan", 7.2)]);
    let agencies: Vec<Option<&str>> = lost.agencies.iter().map(|sum| sum.of.as_deref()).collect();
    assert_eq!(agencies, [None, Some("Văn phòng HĐND và UBND xã")]);
    near(lost.agencies[0].lost, 15.3);
    near(lost.criteria[0].lost, 100.0 - 73.9);
    near(lost.criteria.iter().find(|sum| sum.of.as_deref() == Some("SERVICE")).unwrap().lost, 18.9);
}

#[test]
fn what_it_would_take_is_as_by_hand() {
    let case = example();
    let c = case.subject(1, "C").unwrap();
    let reach = reach(&c, Goal::Score(80.0)).unwrap();
    assert!(!reach.met);
    // 6.1 points: `satisfied` + 6.1/3.6/9 · 100, `plan` + 6.1/4/9 · 20, `overdue` − 6.1/2.4/9 · 20 within fixed or old goalposts.
    let alone: Vec<(&str, f64)> = reach.alone.iter().map(|plan| (plan.steps[0].leaf.as_str(), plan.steps[0].to)).collect();
    assert_eq!(alone.iter().map(|(leaf, _)| *leaf).collect::<Vec<_>>(), ["overdue", "satisfied", "plan"]);
    near(alone[0].1, 15.0 - 6.1 / 2.4 / 9.0 * 20.0);
    near(alone[1].1, 75.0 + 6.1 / 3.6 / 9.0 * 100.0);
    near(alone[2].1, 16.0 + 6.1 / 4.0 / 9.0 * 20.0);
    let alike = reach.alike.unwrap();
    near(alike.share, 6.1 / 26.1);
    near(alike.reached.score, 80.0);
    assert_eq!(reach.fewest.unwrap().steps.len(), 1);
    assert!(super::reach(&c, Goal::Score(70.0)).unwrap().met);
    let beyond = super::reach(&c, Goal::Score(101.0)).unwrap();
    assert!(beyond.alone.is_empty() && beyond.alike.is_none() && beyond.fewest.is_none());
    near(beyond.most.score, 100.0);
    let first = super::reach(&c, Goal::Rank(1)).unwrap();
    near(first.needed.unwrap(), 94.06);
    assert_eq!(first.alike.unwrap().reached.rank, Some(1));
    assert!(super::reach(&case.subject(1, "B").unwrap(), Goal::Rank(3)).unwrap().met, "there is no fourth");
}

#[test]
fn standard_errors_of_leaves_reach_the_root_by_their_slopes() {
    let definition = example().definition;
    let long = "unit,indicator,value,standard_error\nA,satisfied,90,2\nA,overdue,5,\nA,online,70,3\nA,plan,20,\n\
        B,satisfied,60,\nB,overdue,25,\nB,online,80,\nB,plan,12,\n";
    let (table, _) = Table::read(long, &definition).unwrap();
    let case = Case::new(definition, &table);
    let error = |unit: &str, node: usize| standard_error(&case.subject(0, unit).unwrap(), &table, node);
    // Slopes 3.6 and 1.2; nine points over 100, and over the ten between the goalposts 70 and 80.
    let (satisfied, online) = (3.6_f64 * 0.09 * 2.0, 1.2_f64 * 0.9 * 3.0);
    near(error("A", 0).unwrap(), (satisfied * satisfied + online * online).sqrt());
    near(error("A", case.definition.position("satisfied").unwrap()).unwrap(), 0.09 * 2.0);
    assert_eq!(error("A", case.definition.position("plan").unwrap()), None);
    assert_eq!(error("B", 0), None, "nothing is known of B");
}

#[test]
fn what_it_would_take_is_told_in_the_terms_of_the_table_also_where_values_are_divided_or_stepped() {
    let leaf = |code: &str, indicator: &Value| json!({"code": code, "label": text(code), "indicator": indicator});
    let rate = json!({"denominator": "people", "per": 1000, "direction": "lower", "goalposts": {"low": 1, "high": 5}});
    let steps = json!({"normalise": {"method": "steps", "steps": [{"from": 2, "score": 40}, {"from": 6, "score": 100}]}});
    let definition = definition(&json!({
        "kind": "composite", "code": "two", "edition": "2020", "title": text("x"), "denominators": ["people"],
        "pipeline": [{"stage": "denominate"}, {"stage": "normalise", "method": "min_max"}, {"stage": "aggregate", "method": "arithmetic"}],
        "tree": {"code": "ALL", "label": text("x"), "children": [
            leaf("rate", &rate), leaf("staff", &steps),
            {"code": "shown", "label": text("x"), "scored": false, "indicator": {"goalposts": {"low": 0, "high": 10}}},
        ]},
    }));
    let (table, _) = Table::read("unit,rate,staff,shown,people\na,8,3,1,2000\nb,10,6,1,2000\n", &definition).unwrap();
    let case = Case::new(definition, &table);
    // 4 per 1000 scores 25, three of staff 40: 32.5.
    let found = reach(&case.subject(0, "a").unwrap(), Goal::Score(50.0)).unwrap();
    near(found.now.score, 32.5);
    let alone: Vec<(&str, f64)> = found.alone.iter().map(|plan| (plan.steps[0].leaf.as_str(), plan.steps[0].to)).collect();
    // 35 points more of the rate: 1.4 per 1000, of 2000; or the next step of staff.
    assert_eq!(alone.iter().map(|(leaf, _)| *leaf).collect::<Vec<_>>(), ["rate", "staff"]);
    near(alone[0].1, 8.0 - 2.0 * 1.4);
    assert!((6.0..=6.0 + 1e-9).contains(&alone[1].1) && found.alone[1].reached.score > 62.0, "{:?}", found.alone[1]);
    assert_eq!(found.alike.unwrap().steps.len(), 2, "what is not scored need not move");
}

#[test]
fn a_leaf_under_a_geometric_mean_adds_its_weights_share_and_loses_by_the_logarithmic_mean() {
    let (definition, table) =
        (tree(&["geometric"; 3], [1.0, 2.0], false), numbers(&[[4.0, 9.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0, 2.0]], 1));
    let case = Case::new(definition, &table);
    let (u, v) = (case.subject(0, "u0").unwrap(), case.subject(0, "u1").unwrap());
    let (shares, rest) = shares(&u).unwrap();
    let score = case.outcome.score(0, u.row).unwrap();
    near(score, 6.0_f64.powf(1.0 / 3.0));
    assert!(rest.abs() < 1e-12);
    // `x` holds half of a pillar of weight 1 of 3.
    near(shares[0].adds, score / 6.0);
    let gap = difference(&u, &v).unwrap();
    // LMDI: L(y₁, y₀) · w · ln(x₁/x₀).
    let mean = (2.0 - score) / (2.0_f64.ln() - score.ln());
    near(gap.effects.iter().find(|effect| effect.node == "x").unwrap().value, mean / 6.0 * (2.0_f64 / 4.0).ln());
}

const METHODS: [&str; 7] = ["arithmetic", "geometric", "harmonic", "generalised", "median", "sum", "weighted_sum"];

/// Pillars P (x, y) and Q (z, v, w) under a root; methods of root, P and Q.
fn tree(methods: &[&str; 3], weights: [f64; 2], min_max: bool) -> CompositeDefinition {
    let method = |name: &str| if name == "generalised" { json!({"method": name, "power": -2.5}) } else { json!({"method": name}) };
    let leaf = |code: &str| json!({"code": code, "label": text(code), "indicator": {}, "maximum": 10});
    let pillar = |code: &str, weight: f64, by: &str, leaves: &[&str]| {
        let children: Vec<Value> = leaves.iter().map(|code| leaf(code)).collect();
        json!({"code": code, "label": text(code), "weight": weight, "aggregate": method(by), "children": children})
    };
    let (as_given, scaled) =
        (json!({"stage": "normalise", "method": "as_given"}), json!({"stage": "normalise", "method": "min_max", "scale": [1, 10]}));
    let normalise = if min_max { scaled } else { as_given };
    definition(&json!({
        "kind": "composite", "code": "tree", "edition": "2020", "title": text("x"), "missing": "renormalise",
        "pipeline": [normalise, {"stage": "aggregate", "method": "arithmetic"}],
        "tree": {"code": "ALL", "label": text("x"), "aggregate": method(methods[0]), "children": [
            pillar("P", weights[0], methods[1], &["x", "y"]), pillar("Q", weights[1], methods[2], &["z", "v", "w"]),
        ]},
    }))
}

/// Units `u0`, `u1`, … with five values each, over some editions; a value below 0 is missing.
fn numbers(rows: &[[f64; 5]], editions: usize) -> Table {
    let mut table = Table::default();
    for (row, values) in rows.iter().enumerate() {
        let (edition, unit) = (format!("{}", 2020 + row % editions), format!("u{}", row / editions));
        for (code, value) in ["x", "y", "z", "v", "w"].iter().zip(values) {
            table.insert(&edition, &unit, code, Observation { value: (*value >= 0.0).then_some(*value), ..Observation::default() });
        }
    }
    table
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.5..9.5_f64, 1 => Just(-1.0), 1 => Just(3.0)]
}

fn methods() -> impl Strategy<Value = [&'static str; 3]> {
    [0..METHODS.len(), 0..METHODS.len(), 0..METHODS.len()].prop_map(|places| places.map(|place| METHODS[place]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_difference_adds_up_under_every_mean_with_gaps_and_other_weights(
        rows in prop::collection::vec(prop::array::uniform5(value()), 8),
        by in methods(), weights in prop::array::uniform2(0.1..5.0_f64), min_max in any::<bool>(),
    ) {
        let table = numbers(&rows, 2);
        let first = Case::new(tree(&by, [1.0, 1.0], min_max), &table);
        let second = Case::new(tree(&by, weights, min_max), &table);
        for unit in ["u0", "u1", "u2", "u3"] {
            for (from, to) in [(first.subject(0, unit), first.subject(1, unit)), (first.subject(0, unit), second.subject(1, unit)),
                (first.subject(1, "u0"), first.subject(1, unit))] {
                let (Some(from), Some(to)) = (from, to) else { continue };
                let Some(found) = difference(&from, &to) else {
                    prop_assert!(from.outcome.score(0, from.row).is_none() || to.outcome.score(0, to.row).is_none());
                    continue;
                };
                let sum: f64 = found.effects.iter().map(Effect::total).sum();
                let total = found.to - found.from;
                prop_assert!((sum - total).abs() < 1e-9 * (1.0 + found.to.abs() + found.from.abs()), "{sum} is not {total}");
                prop_assert!((found.totals.total() - total).abs() < 1e-9 * (1.0 + found.to.abs() + found.from.abs()));
            }
        }
    }

    #[test]
    fn shares_sum_to_the_score_and_are_the_contributions_of_a_linear_tree(
        rows in prop::collection::vec(prop::array::uniform5(value()), 4), by in methods(),
    ) {
        let case = Case::new(tree(&by, [1.0, 2.0], false), &numbers(&rows, 1));
        for unit in ["u0", "u1", "u2", "u3"] {
            let Some(subject) = case.subject(0, unit) else { continue };
            let Some((shares, rest)) = shares(&subject) else { continue };
            // There is no offset: Euler's theorem leaves no rest.
            prop_assert!(rest.abs() < 1e-9, "{rest}");
            if let Some((leaves, _)) = contributions(&case.definition, &case.outcome, subject.row) {
                prop_assert_eq!(leaves.len(), shares.len());
                for (leaf, share) in leaves.iter().zip(&shares) {
                    prop_assert!(leaf.leaf == share.leaf && (leaf.adds - share.adds).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn lost_points_sum_to_the_distance_from_the_ideal(
        rows in prop::collection::vec(prop::array::uniform5(value()), 4), by in methods(), min_max in any::<bool>(),
    ) {
        let case = Case::new(tree(&by, [1.0, 2.0], min_max), &numbers(&rows, 1));
        for unit in ["u0", "u1", "u2", "u3"] {
            let Some(subject) = case.subject(0, unit) else { continue };
            let Some(lost) = lost(&subject) else { continue };
            let sum: f64 = lost.leaves.iter().map(|leaf| leaf.lost).sum();
            let score = case.outcome.score(0, subject.row).unwrap();
            prop_assert!((sum - (lost.ideal - score)).abs() < 1e-9);
            prop_assert!(lost.leaves.windows(2).all(|pair| pair[0].lost >= pair[1].lost));
            prop_assert!((lost.agencies.iter().map(|sum| sum.lost).sum::<f64>() - sum).abs() < 1e-9);
        }
    }

    #[test]
    fn what_it_would_take_reaches_the_goal_when_the_table_says_so(
        rows in prop::collection::vec(prop::array::uniform5(value()), 8), by in methods(), rank in 1..4_u32, min_max in any::<bool>(),
    ) {
        let table = numbers(&rows, 1);
        let case = Case::new(tree(&by, [1.0, 2.0], min_max), &table);
        for unit in ["u0", "u3"] {
            let Some(subject) = case.subject(0, unit) else { continue };
            let Some(score) = case.outcome.score(0, subject.row) else { continue };
            for goal in [Goal::Rank(rank), Goal::Score(score + 0.7)] {
                let found = reach(&subject, goal).unwrap();
                let plans = found.alone.iter().chain(&found.alike).chain(&found.fewest);
                for plan in plans {
                    let mut other = table.clone();
                    for step in &plan.steps {
                        prop_assert!((step.from..=step.bound).contains(&step.to), "{step:?}");
                        other.insert("2020", unit, &step.leaf, Observation { value: Some(step.to), revision: 1, ..Observation::default() });
                    }
                    let outcome = compute(&case.definition, &other).unwrap();
                    let row = outcome.rows().find(0, unit).unwrap();
                    let (score, rank) = (outcome.score(0, row).unwrap(), outcome.rank(0, row).unwrap());
                    match goal {
                        Goal::Score(least) => prop_assert!(score >= least, "{score} misses {least}"),
                        Goal::Rank(worst) => prop_assert!(rank <= worst, "{rank} misses {worst}"),
                    }
                    prop_assert_eq!((plan.reached.score.to_bits(), plan.reached.rank), (score.to_bits(), Some(rank)));
                }
            }
        }
    }
}

#[test]
fn a_goal_is_reached_by_what_ties_with_it() {
    let leaf = |code: &str| json!({"code": code, "label": text(code), "maximum": 1, "indicator": {}});
    let definition = definition(&json!({
        "kind": "composite", "code": "sum", "edition": "2020", "title": text("x"),
        "pipeline": [{"stage": "normalise", "method": "points"}, {"stage": "aggregate", "method": "sum"}],
        "tree": {"code": "ALL", "label": text("x"), "children": [leaf("a"), leaf("b"), leaf("c")]},
    }));
    let mut table = Table::default();
    for (unit, values) in [("u", [0.3, 0.2, 0.1]), ("v", [0.1, 0.2, 0.3])] {
        for (code, value) in ["a", "b", "c"].iter().zip(values) {
            table.insert("2020", unit, code, Observation { value: Some(value), ..Observation::default() });
        }
    }
    let case = Case::new(definition, &table);
    let u = case.subject(0, "u").unwrap();
    assert!(case.outcome.score(0, 0) < case.outcome.score(0, 1), "the case is one that rounding makes");
    for goal in [Goal::Rank(1), Goal::Score(case.outcome.score(0, 1).unwrap())] {
        assert!(reach(&u, goal).unwrap().met, "{goal:?}");
    }
}

/// Units by their values of `x`, scored by steps.
fn stepped(steps: &Value, values: &[(&str, f64)]) -> Case {
    let definition = definition(&json!({
        "kind": "composite", "code": "steps", "edition": "2020", "title": text("x"),
        "pipeline": [{"stage": "normalise", "method": "steps", "steps": steps}, {"stage": "aggregate", "method": "sum"}],
        "tree": {"code": "ALL", "label": text("x"), "children": [
            {"code": "x", "label": text("x"), "maximum": 5, "indicator": {"direction": "lower"}}]},
    }));
    let mut table = Table::default();
    for (unit, value) in values {
        table.insert("2020", unit, "x", Observation { value: Some(*value), ..Observation::default() });
    }
    Case::new(definition, &table)
}

#[test]
fn falling_steps_are_gone_down_in_whole_numbers_where_they_count_and_to_the_edge_where_they_measure() {
    let to = |steps: Value, values: &[(&str, f64)], goal: f64| {
        let case = stepped(&steps, values);
        let found = reach(&case.subject(0, "u").unwrap(), Goal::Score(goal)).unwrap();
        for plan in &found.alone {
            let step = &plan.steps[0];
            near(step.from + plan.share * (step.bound - step.from), step.to);
        }
        found.alone.first().map(|plan| (plan.steps[0].to, plan.reached.score))
    };
    // Violations as the example of departments counts them.
    let steps = || json!([{"from": 0, "score": 5}, {"from": 1, "score": 2}, {"from": 3, "score": 0}]);
    assert_eq!(to(steps(), &[("u", 1.0), ("v", 0.0)], 5.0), Some((0.0, 5.0)));
    assert_eq!(to(steps(), &[("u", 7.0), ("v", 0.0)], 2.0), Some((2.0, 2.0)), "the least change, not the best value");
    assert_eq!(to(steps(), &[("u", 0.0), ("v", 0.0)], 6.0), None, "there is no more to be had");
    let (share, score) = to(steps(), &[("u", 7.0), ("v", 0.5)], 5.0).unwrap();
    assert!((1.0 - 1e-9..1.0).contains(&share) && score >= 5.0, "{share}");
    // A peak in the middle is gone up to and down to.
    let peak = || json!([{"from": 0, "score": 1}, {"from": 10, "score": 4}, {"from": 20, "score": 2}]);
    assert_eq!(to(peak(), &[("u", 3.0)], 4.0), Some((10.0, 4.0)));
    assert_eq!(to(peak(), &[("u", 25.0)], 4.0), Some((19.0, 4.0)));
}
