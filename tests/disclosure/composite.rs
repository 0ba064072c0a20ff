//! Attacks on a composite index: are figures that a survey hides told by the index that takes leaves from it?

use hailong::office::Role;
use hailong::publication::disclosure::Numbers;
use hailong::store::disclosure::Standing;
use hailong::store::runs;
use hailong::store::scores::Score;
use serde_json::{Value, json};

use crate::harness::composites::{PLANS, index_with};
use crate::harness::fixtures::{publish, score, start_run};
use crate::harness::runs::{id_of, release, start, work};
use crate::harness::{Client, NOW, TestApp};

/// What the survey hides: of one department for its four answers, of another since one person has most of the weight of 44.
const HIDDEN: [(&str, f64); 2] = [("SYT-KCB", 70.25), ("SXD", 77.0)];

fn words(text: &str) -> Value {
    json!({ "vi": text, "en": text })
}

fn leaf(code: &str, weight: f64, indicator: &Value) -> Value {
    json!({ "code": code, "label": words(code), "weight": weight, "indicator": indicator })
}

fn from_survey(node: &str) -> Value {
    json!({ "evidence": "survey", "survey": { "index": "mini", "node": node } })
}

/// An index of such leaves that says nothing of its publication.
fn index(leaves: &[Value]) -> Value {
    json!({
        "kind": "composite", "code": "mixed", "edition": "2025", "title": words("Hai nguồn"), "geography": "agency-danang",
        "targets": [
            { "unit": "SYT", "kind": "rank", "value": 1, "node": "satisfied" }, { "unit": "SYT", "kind": "score", "value": 60 },
            { "unit": "SXD", "node": "satisfied", "kind": "score", "value": 76.9 },
            { "unit": "SYT-KCB", "node": "satisfied", "kind": "score", "value": 70.2 }
        ],
        "pipeline": [{ "stage": "normalise", "method": "as_given" }, { "stage": "aggregate", "method": "arithmetic" }],
        "tree": { "code": "ALL", "label": words("Chung"), "children": leaves }
    })
}

/// Figures of the survey: what is hidden, and one department that is told; of the leaf `Q1` all are.
fn survey_scores(app: &TestApp, satisfied: f64) -> Vec<Score> {
    let unit = |code| Some(app.unit_id("agency-danang", code));
    let hidden = |score: Score, reason: &str| Score { suppressed: true, hidden: Some(reason.to_owned()), ..score };
    vec![
        score(0, "INDEX", "unit", unit("SYT"), satisfied, 60),
        score(1, "Q1", "unit", unit("SYT"), 90.0, 60),
        hidden(score(2, "INDEX", "unit", unit("SYT-KCB"), HIDDEN[0].1, 4), "few_answers"),
        Score { suppressed: false, ..score(3, "Q1", "unit", unit("SYT-KCB"), 66.0, 40) },
        hidden(score(4, "INDEX", "unit", unit("SXD"), HIDDEN[1].1, 44), "dominated"),
        score(5, "Q1", "unit", unit("SXD"), 72.0, 44),
    ]
}

/// Publishes the survey and the index; gives the run of the index.
fn published(app: &TestApp, definition: &Value) -> String {
    published_with(app, definition, 81.5, &[])
}

/// The same where figures of an earlier edition of the survey stand.
fn published_with(app: &TestApp, definition: &Value, satisfied: f64, standing: &[Standing]) -> String {
    publish(app);
    let survey = start_run(app);
    let scores = survey_scores(app, satisfied);
    let mut db = app.store.db().unwrap();
    let id = id_of(&survey).parse().unwrap();
    runs::start(&mut db, id, NOW).unwrap();
    let figures = runs::Figures::Survey { scores: &scores, changes: &[], disclosure: &hailong::store::disclosure::NOTHING, standing };
    runs::finish(&mut db, id, &runs::Results { digest: &[7; 32], manifest: "{\"wave\":\"open\"}", figures }, NOW).unwrap();
    let statistician = app.client(Role::Statistician);
    let table = index_with(&statistician, definition, PLANS);
    let run =
        start(&statistician, &json!({ "index": "mixed", "version": "2025", "tables": [table], "surveys": [{ "run": id_of(&survey) }] }));
    work(app, &run);
    release(app, &survey);
    release(app, &run);
    run
}

/// What everybody is told of a figure, if anything is.
fn told(page: &Value, unit: &str, node: &str) -> Option<f64> {
    let items = page["items"].as_array().unwrap();
    items.iter().find(|item| item["unit"] == unit && item["node"] == node)?["score"].as_f64()
}

/// How many of the hidden figures somebody claims to within half a point.
#[track_caller]
fn nothing_of(attack: &str, claim: impl Fn(&str) -> Option<f64>) {
    let found = HIDDEN.iter().filter(|(unit, value)| claim(unit).is_some_and(|claimed| (claimed - value).abs() < 0.5)).count();
    println!("{attack}: recovered {found} of {}", HIDDEN.len());
    assert_eq!(found, 0, "{attack}");
}

fn scores(client: &Client) -> Value {
    client.get("/v1/composite-scores?index=mixed").expect(200)
}

fn two_sources() -> Value {
    index(&[leaf("satisfied", 0.5, &from_survey("INDEX")), leaf("plan", 0.5, &json!({}))])
}

#[test]
fn an_index_that_says_nothing_of_publication_hides_what_its_survey_hides() {
    let app = TestApp::start();
    published(&app, &two_sources());
    let departments = ["SYT", "SYT-KCB", "SXD"].map(|code| app.client_of(Role::Agency, Some(("agency-danang", code))));
    for reader in [app.anyone()].into_iter().chain(departments) {
        let page = scores(&reader);
        nothing_of("the leaf itself", |unit| told(&page, unit, "satisfied"));
        nothing_of("the index less the other leaf", |unit| Some(2.0 * told(&page, unit, "ALL")? - told(&page, unit, "plan")?));
        assert_eq!((told(&page, "SYT", "satisfied"), told(&page, "SYT", "ALL")), (Some(81.5), Some(70.75)));
    }
}

#[test]
fn a_leaf_that_the_survey_tells_does_not_give_the_other_away() {
    let app = TestApp::start();
    published(&app, &index(&[leaf("satisfied", 0.5, &from_survey("INDEX")), leaf("first", 0.5, &from_survey("Q1"))]));
    let page = scores(&app.anyone());
    let survey = app.anyone().get("/v1/scores?index=mini&node=Q1").expect(200);
    let of_survey = |unit: &str| {
        let items = survey["items"].as_array().unwrap();
        items.iter().find(|item| item["unit"]["code"] == unit).and_then(|item| item["value"].as_f64())
    };
    assert_eq!(of_survey("SXD"), Some(72.0), "the attacker has what the survey tells: {survey:#}");
    nothing_of("the index less the survey's own figure", |unit| Some(2.0 * told(&page, unit, "ALL")? - of_survey(unit)?));
}

#[test]
fn a_sibling_of_little_weight_hides_nothing_by_itself() {
    let app = TestApp::start();
    published(&app, &index(&[leaf("satisfied", 0.98, &from_survey("INDEX")), leaf("plan", 0.02, &json!({}))]));
    let page = scores(&app.anyone());
    nothing_of("the index, whatever the plan is", |unit| told(&page, unit, "ALL"));
    nothing_of("the index with the middle of all plans", |unit| Some((told(&page, unit, "ALL")? - 0.02 * 70.0) / 0.98));
}

#[test]
fn ranks_leave_no_gap_where_a_hidden_figure_stands() {
    let app = TestApp::start();
    let run = published(&app, &two_sources());
    let office = app.client(Role::Statistician).get(&format!("/v1/composite-scores?run={}", id_of(&run))).expect(200);
    for page in [scores(&app.anyone()), office] {
        for node in ["satisfied", "plan", "ALL"] {
            let of_node: Vec<&Value> = page["items"].as_array().unwrap().iter().filter(|item| item["node"] == node).collect();
            let mut ranks: Vec<i64> = of_node.iter().filter_map(|item| item["rank"].as_i64()).collect();
            ranks.sort_unstable();
            assert_eq!(ranks, (1..).take(ranks.len()).collect::<Vec<_>>(), "{node}");
            let most = of_node.iter().filter_map(|item| item["rank_high"].as_i64()).max();
            assert!(most.is_none_or(|most| usize::try_from(most).unwrap() <= ranks.len()), "{node}: an interval tells how many there are");
        }
        let hidden = page["items"].as_array().unwrap().iter().filter(|item| item["node"] == "satisfied" && item["rank"].is_null());
        assert_eq!(hidden.count(), HIDDEN.len());
    }
    println!("gaps in ranks: recovered 0 of {}", HIDDEN.len());
}

#[test]
fn targets_explanations_and_series_tell_nothing_hidden() {
    let app = TestApp::start();
    published(&app, &two_sources());
    let targets = app.anyone().get("/v1/composite-targets?index=mixed").expect(200);
    let items = targets["items"].as_array().unwrap();
    nothing_of("targets", |unit| {
        let about = items.iter().find(|item| item["unit"] == unit && item["node"] == "satisfied")?;
        about["judgement"]["found"].as_f64().or(Some(about["value"].as_f64()?))
    });
    let kinds: Vec<_> = items.iter().map(|item| (item["unit"].as_str().unwrap(), item["kind"].as_str().unwrap())).collect();
    assert_eq!(kinds, [("SYT", "score")], "a rank among hidden figures tells of them: {targets:#}");

    for (unit, refused) in [("SYT-KCB", true), ("SXD", true), ("SYT", false)] {
        let agency = app.client_of(Role::Agency, Some(("agency-danang", unit)));
        let reply = agency.get(&format!("/v1/composite-explanations?index=mixed&unit={unit}"));
        if refused {
            reply.problem(403, "figures-hidden");
            continue;
        }
        let found = reply.expect(200);
        let told = found["explanation"].to_string();
        for (unit, value) in HIDDEN {
            assert!(!told.contains(unit) && !told.contains(&value.to_string()), "{told}");
        }
    }
    println!("explanations: recovered 0 of {}", HIDDEN.len());
    let series = "/v1/composite-series?index=mixed&geography=agency-danang";
    app.anyone().get(series).problem(403, "figures-hidden");
    println!("series: recovered 0 of {}", HIDDEN.len());
}

#[test]
fn what_everybody_is_told_of_an_edition_names_no_hash_of_what_is_hidden() {
    let app = TestApp::start();
    let run = published(&app, &two_sources());
    let office = app.client(Role::Statistician).get(&run).expect(200);
    let edition = app.anyone().get("/v1/editions/mixed@2025.1").expect(200);
    assert!(edition["digest"].is_string() && edition["digest"] != office["digest"]);
    let manifest = &edition["manifest"];
    let (survey, table) = (manifest["surveys"][0].as_object().unwrap(), manifest["tables"][0].as_object().unwrap());
    assert!(!survey.contains_key("digest") && !table.contains_key("sha256"), "{manifest:#}");
    let rules = json!({ "min_n": 10, "decimals": 2, "rules": ["few_answers", "protects_sibling"] });
    assert_eq!(manifest["disclosure"], rules);
    println!("hashes: recovered 0 of {}", HIDDEN.len());
}

#[test]
fn a_figure_that_stands_in_the_survey_stands_in_the_index() {
    let app = TestApp::start();
    let numbers = Numbers { value: Some(80.0), se: Some(1.25), df: Some(2.0), n: Some(58), ..Numbers::default() };
    let standing = Standing { ord: 0, edition: "open.1".to_owned(), numbers: serde_json::to_string(&numbers).unwrap() };
    published_with(&app, &two_sources(), 81.5, &[standing]);
    let page = scores(&app.anyone());
    // 81.5 is what the newer answers give: their few would follow from the difference.
    assert_eq!((told(&page, "SYT", "satisfied"), told(&page, "SYT", "ALL")), (Some(80.0), Some(70.0)));
    println!("the newer figure: recovered 0 of 1");
}

#[test]
fn published_figures_are_rounded_and_the_office_has_them_in_full() {
    let app = TestApp::start();
    let definition = index(&[leaf("satisfied", 1.0, &from_survey("INDEX")), leaf("plan", 2.0, &json!({}))]);
    let run = published(&app, &definition);
    let office = app.client(Role::Statistician).get(&format!("/v1/composite-scores?run={}", id_of(&run))).expect(200);
    let exact = (81.5 + 120.0) / 3.0;
    assert_eq!(told(&scores(&app.anyone()), "SYT", "ALL"), Some(67.17));
    assert!((told(&office, "SYT", "ALL").unwrap() - exact).abs() < 1e-12);
    let targets = app.anyone().get("/v1/composite-targets?index=mixed").expect(200);
    assert_eq!(targets["items"][0]["judgement"]["found"], 67.17);
}

/// The index of two leaves of the survey, scored by a method; its first leaf has such an indicator.
fn scored(method: &Value, indicator: &Value) -> Value {
    let mut first = from_survey("INDEX");
    first.as_object_mut().unwrap().extend(indicator.as_object().unwrap().clone());
    let mut definition = index(&[leaf("satisfied", 0.5, &first), leaf("plan", 0.5, &json!({ "normalise": { "method": "as_given" } }))]);
    definition["targets"] = json!([]);
    let mut stage = json!({ "stage": "normalise" });
    stage.as_object_mut().unwrap().extend(method.as_object().unwrap().clone());
    definition["pipeline"][0] = stage;
    definition
}

/// What everybody has of the survey beside the composite index: two departments are told, and the third is the best or the worst.
fn extreme(app: &TestApp) -> Vec<Score> {
    let unit = |code| Some(app.unit_id("agency-danang", code));
    let hidden = Score { suppressed: true, hidden: Some("few_answers".to_owned()), ..score(2, "INDEX", "unit", unit("SYT-KCB"), 93.5, 4) };
    vec![score(0, "INDEX", "unit", unit("SYT"), 81.5, 60), score(1, "INDEX", "unit", unit("SXD"), 77.0, 44), hidden]
}

#[test]
fn scores_by_each_others_values_are_not_published_where_a_survey_hides_one() {
    let (mut recovered, mut tried) = (0, 0);
    for method in ["min_max", "z_score", "rank", "borda", "percentile_rank"] {
        let app = TestApp::start();
        publish(&app);
        let survey = start_run(&app);
        let scores = extreme(&app);
        let mut db = app.store.db().unwrap();
        let id = id_of(&survey).parse().unwrap();
        runs::start(&mut db, id, NOW).unwrap();
        let figures =
            runs::Figures::Survey { scores: &scores, changes: &[], disclosure: &hailong::store::disclosure::NOTHING, standing: &[] };
        runs::finish(&mut db, id, &runs::Results { digest: &[7; 32], manifest: "{\"wave\":\"open\"}", figures }, NOW).unwrap();
        drop(db);
        release(&app, &survey);
        let (statistician, publisher) = (app.client(Role::Statistician), app.client(Role::Publisher));
        let computed = |definition: &Value| {
            let table = index_with(&statistician, definition, PLANS);
            let version = &definition["edition"];
            let wish = json!({ "index": "mixed", "version": version, "tables": [table], "surveys": [{ "run": id_of(&survey) }] });
            let run = start(&statistician, &wish);
            work(&app, &run);
            statistician.step(&format!("{run}:submit"), "*", None).expect(200);
            run
        };
        let run = computed(&scored(&json!({ "method": method }), &json!({})));
        publisher.step(&format!("{run}:approve"), "*", Some(&json!({ "preview": true }))).problem(409, "normalisation-tells");
        publisher.step(&format!("{run}:approve"), "*", None).expect(200);
        let asked = publisher.step(&format!("{run}:publish"), "*", None);
        tried += 1;
        if asked.status == 200 {
            // From two that are told follows the line between the least and the greatest value, and its end is the hidden one.
            let page = self::scores(&app.anyone());
            let of = |unit: &str| told(&page, unit, "satisfied");
            let greatest = of("SYT").zip(of("SXD")).map(|(high, low)| 77.0 + (81.5 - 77.0) * (100.0 - low) / (high - low));
            recovered += usize::from(greatest.is_some_and(|greatest| (greatest - 93.5).abs() < 0.5) || method != "min_max");
        }
        let problem = asked.problem(409, "normalisation-tells");
        assert!(problem["detail"].as_str().unwrap().contains("satisfied"), "{problem}");

        // Between fixed goalposts each department is scored by itself.
        let mut fixed = scored(&json!({ "method": "min_max" }), &json!({ "goalposts": { "low": 0, "high": 100 } }));
        fixed["edition"] = json!("2026");
        let run = computed(&fixed);
        publisher.step(&format!("{run}:approve"), "*", None).expect(200);
        publisher.step(&format!("{run}:publish"), "*", None).expect(200);
    }
    println!("normalisation by the data: recovered {recovered} of {tried}");
    assert_eq!((recovered, tried), (0, 5));
}

#[test]
fn no_more_digits_are_told_than_the_survey_tells() {
    const EXACT: f64 = 81.503_478;
    let stretched = json!({ "goalposts": { "low": 80, "high": 84 }, "normalise": { "method": "min_max", "scale": [0, 100] } });
    let mut other = from_survey("INDEX");
    other.as_object_mut().unwrap().extend(stretched.as_object().unwrap().clone());
    let app = TestApp::start();
    let mut definition = index(&[leaf("satisfied", 0.5, &from_survey("INDEX")), leaf("wide", 0.5, &other)]);
    definition["publication"] = json!({ "decimals": 6 });
    definition["targets"] = json!([{ "unit": "SYT", "kind": "score", "value": 50 }]);
    published_with(&app, &definition, EXACT, &[]);
    let page = scores(&app.anyone());
    let agency = app.client_of(Role::Agency, Some(("agency-danang", "SYT")));
    let explained = agency.get("/v1/composite-explanations?index=mixed&unit=SYT&target=score:90").expect(403);
    assert_eq!(explained["code"], "figures-hidden", "a target among hidden figures");
    let explained = agency.get("/v1/composite-explanations?index=mixed&unit=SYT").expect(200);
    let share = |code: &str| {
        let shares = explained["explanation"]["shares"].as_array().unwrap();
        shares.iter().find(|share| share["leaf"] == code).and_then(|share| share["score"].as_f64())
    };
    let back = |score: f64| 80.0 + score * 4.0 / 100.0;
    let claims = [
        told(&page, "SYT", "satisfied"),
        told(&page, "SYT", "wide").map(back),
        told(&page, "SYT", "ALL").map(|all| 2.0 * all).zip(told(&page, "SYT", "satisfied")).map(|(all, first)| back(all - first)),
        share("satisfied"),
        share("wide").map(back),
    ];
    assert!(claims.iter().all(Option::is_some), "{page:#} {explained:#}");
    let recovered = claims.iter().flatten().filter(|claim| (**claim - EXACT).abs() < 0.001).count();
    println!("digits that the survey does not tell: recovered {recovered} of {}", claims.len());
    assert_eq!(recovered, 0, "{claims:?}");
    let manifest = app.anyone().get("/v1/editions/mixed@2025.1").expect(200)["manifest"].clone();
    assert_eq!((told(&page, "SYT", "satisfied"), &manifest["disclosure"]["decimals"]), (Some(81.5), &json!(2)));
}
