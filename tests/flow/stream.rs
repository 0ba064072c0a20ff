//! Kiosks at two offices: honest people, and answers planted among them that look odd. The rules find exactly the planted ones, and
//! the score with and without them, and its error on device-days, are those that a few lines of arithmetic give.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::process::{Process, run};
use crate::golden::Worst;
use crate::harness::Client;

/// One form: its answers to eight questions.
#[derive(Clone)]
struct Form {
    id: String,
    kiosk: Option<usize>,
    unit: &'static str,
    /// Day of September 2024, and minute of that day.
    at: (u32, u32),
    second: u32,
    took: u32,
    answers: [u8; 8],
    planted: &'static [&'static str],
}

fn honest(kiosk: usize, day: u32, minute: u32, answers: [u8; 8]) -> Form {
    Form {
        id: crate::harness::fixtures::id(),
        kiosk: Some(kiosk),
        unit: ["A", "B"][kiosk],
        at: (day, minute),
        second: 0,
        took: 55,
        answers,
        planted: &[],
    }
}

/// Answers that are no straight line and differ from number to number.
fn varied(n: u8, level: u8) -> [u8; 8] {
    let mut answers: [u8; 8] = std::array::from_fn(|item| level + u8::from((n >> (item % 6)) & 1 == 1));
    (answers[6], answers[7]) = (level, level + 1);
    answers
}

fn forms() -> Vec<Form> {
    let mut forms = Vec::new();
    // Three days at each kiosk, a form every ten minutes from half past eight; 2 September was a Monday.
    for n in 0..36_u8 {
        let (kiosk, day) = (usize::from(n % 2), 3 + u32::from(n / 2 % 3));
        forms.push(honest(kiosk, day, 510 + 10 * u32::from(n), varied(n, 2 + (n + n / 7) % 3)));
    }
    let plant = |form: Form, planted| Form { planted, ..form };
    forms.push(plant(Form { took: 6, ..honest(0, 3, 485, varied(40, 4)) }, &["too_fast"]));
    forms.push(plant(honest(1, 4, 485, [5; 8]), &["straight_lined"]));
    for n in 0..4_u8 {
        let form = Form { second: 14 * u32::from(n), ..honest(1, 5, 495, varied(41 + n, 4)) };
        forms.push(plant(form, &["burst"]));
    }
    forms.push(plant(honest(0, 4, 21 * 60, varied(46, 4)), &["closed_hours"]));
    forms.push(plant(honest(1, 7, 600, varied(47, 4)), &["closed_hours"])); // a Saturday
    for n in 0..3_u32 {
        forms.push(plant(honest(0, 5, 480 + 5 * n, varied(50, 4)), &["repeated_vector"]));
    }
    // By a code on the result slip, at home in the evening: no kiosk, so it is no matter that the office was closed.
    for n in 0..5_u8 {
        forms.push(Form { kiosk: None, ..honest(usize::from(n % 2), 3 + u32::from(n) % 2, 20 * 60 + u32::from(n), varied(52 + n, 3)) });
    }
    forms
}

fn submission(form: &Form) -> Value {
    let instant =
        |seconds: u32| format!("2024-09-{:02}T{:02}:{:02}:{:02}+07:00", form.at.0, seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let ended = form.at.1 * 60 + form.second;
    let answers: BTreeMap<String, u8> = (1..).zip(form.answers).map(|(item, answer)| (format!("q{item}"), answer)).collect();
    json!({
        "survey": "counter", "version": "1", "wave": "counter-2024", "unit": { "list": "offices", "code": form.unit },
        "channel": if form.kiosk.is_some() { "kiosk" } else { "qr" },
        "started_at": instant(ended - form.took), "answered_at": instant(ended), "answers": answers,
    })
}

fn rule_set() -> Value {
    let day = json!(["08:00-17:00"]);
    json!({
        "kind": "quality", "code": "offices", "version": "1", "title": { "vi": "Hai văn phòng", "en": "Two offices" },
        "rules": {
            "too_fast": { "seconds_per_item": 1 },
            "straight_lined": { "min_items": 4, "min_blocks": 2 },
            "burst": { "window_seconds": 60, "max_responses": 3 },
            "closed_hours": { "channels": ["kiosk"], "hours": { "mon": day, "tue": day, "wed": day, "thu": day, "fri": day } },
            "repeated_vector": { "min_items": 8, "max_copies": 2 }
        }
    })
}

fn words(text: &str) -> Value {
    json!({ "vi": text, "en": text })
}

/// Publishes what is asked and how it counts, and opens the wave.
fn prepare(statistician: &Client) {
    let option = |n: u32| json!({ "code": n.to_string(), "score": 25 * (n - 1), "label": words("mức") });
    let section = |code: &str, items: std::ops::RangeInclusive<u32>| {
        let item = |n| json!({ "code": format!("q{n}"), "kind": "scale", "scale": "five", "text": words("câu") });
        json!({ "code": code, "title": words("phần"), "items": items.map(item).collect::<Vec<_>>() })
    };
    let questionnaire = json!({
        "kind": "questionnaire", "code": "counter", "version": "1", "title": words("Phiếu"), "languages": ["vi", "en"],
        "scales": { "five": { "options": [option(1), option(2), option(3), option(4), option(5)] } },
        "sections": [section("A", 1..=4), section("B", 5..=8)]
    });
    let leaf = |n| json!({ "code": format!("q{n}"), "label": words("mục"), "measure": { "kind": "mean", "item": format!("q{n}") } });
    let index = json!({
        "kind": "index", "code": "counter", "version": "1", "title": words("Chỉ số"), "survey": "counter", "survey_versions": ["1"],
        "level": 0.95, "min_n": 5, "lonely_psu": "fail", "missing": { "leaf": "available", "node": "renormalise" },
        "domains": [{ "kind": "nation" }, { "kind": "unit" }],
        "tree": [{ "code": "INDEX", "label": words("chung"), "children": (1..=8).map(leaf).collect::<Vec<_>>() }]
    });
    let units = "list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from,valid_to\n\
                 offices,A,agency,Cơ quan A,Office A,,,2020-01-01,\noffices,B,agency,Cơ quan B,Office B,,,2020-01-01,\n";
    statistician.put("/v1/surveys/counter/versions/1", &questionnaire).expect(201);
    statistician.put("/v1/indices/counter/versions/1", &index).expect(201);
    statistician.send("POST", "/v1/units", &[("Content-Type", "text/csv")], Some(units.as_bytes())).expect(200);
    let wave = json!({
        "survey": "counter", "title": words("Góp ý tại quầy"), "mode": "transaction_stream", "frame": words("Lượt giao dịch"),
        "unit_list": "offices", "design": "device_day", "opens_at": "2020-01-01T00:00:00+07:00", "synthetic": true,
        "chain": { "customers": 208, "invitations": 104 }
    });
    statistician.put("/v1/waves/counter-2024", &wave).expect(201);
}

/// The index of all forms and its standard error, by the plain formula: Σ over strata of n/(n−1) · Σ (z − z̄)², where z is the sum over a
/// cluster of (y − ȳ)/m, and y the mean of a form's eight scores.
fn by_hand(forms: &[Form]) -> (f64, f64, usize) {
    let y = |form: &Form| form.answers.iter().map(|answer| 25.0 * (f64::from(*answer) - 1.0)).sum::<f64>() / 8.0;
    #[allow(clippy::cast_precision_loss)]
    let count = |n: usize| n as f64;
    let mean = forms.iter().map(y).sum::<f64>() / count(forms.len());
    let mut clusters: BTreeMap<(&str, String), f64> = BTreeMap::new();
    for form in forms {
        let cluster = form.kiosk.map_or_else(|| form.id.clone(), |kiosk| format!("{kiosk} on {}", form.at.0));
        *clusters.entry((form.unit, cluster)).or_default() += (y(form) - mean) / count(forms.len());
    }
    let variance: f64 = ["A", "B"]
        .map(|unit| {
            let z: Vec<f64> = clusters.iter().filter(|((of, _), _)| *of == unit).map(|(_, z)| *z).collect();
            let (n, middle) = (count(z.len()), z.iter().sum::<f64>() / count(z.len()));
            n / (n - 1.0) * z.iter().map(|z| (z - middle).powi(2)).sum::<f64>()
        })
        .iter()
        .sum();
    (mean, variance.sqrt(), clusters.len())
}

/// The index of the nation in a list of scores.
fn national(scores: &Value) -> &Value {
    scores.as_array().unwrap().iter().find(|score| score["domain"] == "nation" && score["node"] == "INDEX").unwrap()
}

fn compute(statistician: &Client, without: Option<i64>) -> (Value, Value) {
    let mut request = json!({ "index": "counter", "version": "1", "wave": "counter-2024" });
    if let Some(evaluation) = without {
        request["without_flagged"] = json!({ "evaluation": evaluation });
    }
    let started = statistician.post("/v1/runs", &request);
    assert_eq!(started.status, 202, "{}", started.text());
    let draft = statistician.settled(started.header("location").unwrap());
    assert_eq!(draft["state"], "draft", "{draft}");
    let scores = statistician.get(&format!("/v1/scores?run={}&limit=1000", draft["id"].as_str().unwrap())).expect(200);
    assert_eq!(scores["clusters"], draft["manifest"]["clusters"]);
    (draft, scores["items"].clone())
}

#[test]
fn what_was_planted_at_kiosks_is_found_and_the_score_is_told_with_and_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path());
    let statistician = server.client("statistician", None);
    prepare(&statistician);
    let kiosks = ["offices:A", "offices:B"].map(|unit| server.client("device", Some(unit)));
    let anyone = Client::new(server.addr, None);
    let forms = forms();
    for form in &forms {
        let client = form.kiosk.map_or(&anyone, |kiosk| &kiosks[kiosk]);
        let reply = client.put(&format!("/v1/responses/{}", form.id), &submission(form));
        assert_eq!(reply.status, 201, "{}", reply.text());
    }

    let evaluations = "/v1/waves/counter-2024/quality-evaluations";
    let begun = statistician.post(evaluations, &json!({ "rule_set": rule_set() }));
    assert_eq!(begun.status, 202, "{}", begun.text());
    let done = statistician.settled(begun.header("location").unwrap());
    assert_eq!((&done["state"], &done["responses"]), (&json!("done"), &json!(forms.len())));
    for form in &forms {
        let flags = statistician.get(&format!("/v1/responses/{}/flags", form.id)).expect(200);
        let rules: Vec<&str> = flags["items"].as_array().unwrap().iter().map(|flag| flag["rule"].as_str().unwrap()).collect();
        assert_eq!(rules, form.planted, "{flags} on {}", submission(form));
    }
    let kept: Vec<Form> = forms.iter().filter(|form| form.planted.is_empty()).cloned().collect();
    let planted = forms.len() - kept.len();
    assert_eq!(done["flagged"], json!(planted));

    let (all, all_scores) = compute(&statistician, None);
    let (without, without_scores) = compute(&statistician, Some(1));
    let mut worst = Worst::default();
    for (what, forms, draft, scores) in [("all", &forms, &all, &all_scores), ("without", &kept, &without, &without_scores)] {
        let (value, se, clusters) = by_hand(forms);
        let df = u32::try_from(clusters - 2).map(f64::from).ok();
        let score = national(scores);
        worst.compare(&format!("{what} value"), score["value"].as_f64().unwrap(), value);
        worst.compare(&format!("{what} se"), score["se"].as_f64().unwrap(), se);
        assert_eq!((score["psus"].as_u64(), score["df"].as_f64()), (u64::try_from(clusters).ok(), df), "{what}");
        assert_eq!(draft["manifest"]["clusters"], json!({ "kind": "device_day", "clusters": clusters, "strata": 2 }));
        assert_eq!(draft["manifest"]["responses"], json!(forms.len()));
        let chain = &draft["manifest"]["chain"];
        assert_eq!((&chain["answers"], &chain["invited"]), (&json!(52), &json!(0.5)), "answers are those that came, flagged or not");
        assert_eq!((&chain["answered"], &chain["overall"]), (&json!(0.5), &json!(0.25)));
    }
    worst.hold("device-days by hand", 1e-12, 4);
    let flags = &without["manifest"]["flags"];
    assert_eq!((&flags["left_out"], &flags["not_judged"], &flags["evaluation"]), (&json!(planted), &json!(0), &json!(1)));
    assert_eq!(all["manifest"].get("flags"), None);
    assert_ne!(all["digest"], without["digest"]);
    assert_eq!(compute(&statistician, Some(1)).0["digest"], without["digest"], "the same inputs have the same digest");

    from_the_command_line(&server, [&all_scores, &without_scores], planted);
    assert_eq!(statistician.get(evaluations).expect(200)["items"].as_array().unwrap().len(), 2);
    server.stop();
}

/// `hailong flag` and `hailong run` say the same, and looking at both scores makes one run.
fn from_the_command_line(server: &Process, [all, without]: [&Value; 2], planted: usize) {
    let rules = server.data.join("rules.json");
    std::fs::write(&rules, rule_set().to_string()).unwrap();
    let said = run(&server.data, &["flag", "--wave", "counter-2024", "--rules", rules.to_str().unwrap()]);
    assert!(said.contains(&format!("52 responses, {planted} flagged (21.2%)")) && said.contains("evaluation 2"), "{said}");
    assert!(said.contains("offices:A") && said.contains("repeated_vector"), "{said}");

    let compute = ["run", "--index", "counter", "--index-version", "1", "--wave", "counter-2024"];
    let printed: Value = serde_json::from_str(&run(&server.data, &[&compute[..], &["--without-flagged", "--json"]].concat())).unwrap();
    let pair = national(&printed["without_flagged"]["scores"]);
    assert_eq!((&pair["value"], &pair["without"]), (&national(all)["value"], &national(without)["value"]));
    assert_eq!((&pair["se_without"], &pair["n"], &pair["n_without"]), (&national(without)["se"], &json!(52), &json!(52 - planted)));
    assert_eq!(printed["without_flagged"]["flags"]["evaluation"], 2);
    assert_eq!(printed["manifest"].get("flags"), None, "the run that is stored is the one with all");
    let table = run(&server.data, &[&compute[..], &["--without-flagged", "1"]].concat());
    for words in
        ["intervals rest on", "customers 208 → invitations 104 (50.0%) → answers 52 (50.0%), overall (25.0%)", "difference", "21.2%"]
    {
        assert!(table.contains(words), "{words}: {table}");
    }
    let stored = run(&server.data, &[&compute[..], &["--leave-out-flagged", "--json"]].concat());
    let stored: Value = serde_json::from_str(&stored).unwrap();
    assert_eq!(national(&stored["scores"])["value"], national(without)["value"]);
    let digests: BTreeSet<String> = [&printed, &stored].map(|printed| printed["digest"].as_str().unwrap().to_owned()).into_iter().collect();
    assert_eq!(digests.len(), 2);
}
