//! A national survey over HTTP: 3,832 respondents one by one from several connections, a fifth of them twice; a run by
//! the statistician, approval by another, and an agency that pulls its scores. Every figure equals that of R's `survey`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::process::Process;
use super::read;
use crate::golden::{Worst, json as golden_json, numbers, path};
use crate::harness::Client;

const CONNECTIONS: usize = 6;

/// The people of the file, by column.
fn people() -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path("data/sipas_open_y1.csv")).unwrap();
    let headers: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    reader.records().map(|record| headers.iter().cloned().zip(record.unwrap().iter().map(str::to_owned)).collect()).collect()
}

fn submission(person: &BTreeMap<String, String>) -> Vec<u8> {
    let is_answer = |name: &str| name.starts_with('q') || ["urban", "sex", "age"].contains(&name);
    let answers: Map<String, Value> = person
        .iter()
        .filter(|(name, text)| is_answer(name) && !text.is_empty())
        .map(|(name, text)| (name.clone(), text.clone().into()))
        .collect();
    let body = json!({
        "survey": "sipas-open", "version": "1.1", "wave": "open-2024", "unit": { "list": "open-agencies", "code": person["agency"] },
        "respondent": person["resp_id"], "channel": "household", "answers": answers,
    });
    body.to_string().into_bytes()
}

fn id(person: &BTreeMap<String, String>) -> String {
    // One id a person, whoever sends it and how often.
    let digest = Sha256::digest(person["resp_id"].as_bytes());
    uuid::Builder::from_random_bytes(digest[..16].try_into().unwrap()).into_uuid().to_string()
}

/// The codes of the 63 provinces, so that the file's province 1 to 63 has a place on the real list.
fn provinces(client: &Client) -> Vec<String> {
    let page = client.get("/v1/units?list=vn-63&kind=province&limit=100").expect(200);
    let mut codes: Vec<String> = page["items"].as_array().unwrap().iter().map(|unit| unit["code"].as_str().unwrap().to_owned()).collect();
    codes.sort_unstable();
    assert_eq!(codes.len(), 63);
    codes
}

/// What a statistician prepares: definitions, agencies, the wave, its design.
fn prepare(statistician: &Client, people: &[BTreeMap<String, String>], provinces: &[String]) {
    let put = |address: &str, file: &str| {
        let headers = [("Content-Type", "application/json")];
        statistician.send("PUT", address, &headers, Some(read(file).as_bytes())).expect(201);
    };
    put("/v1/surveys/sipas-open/versions/1.1", "survey-schemas/sipas-open/1.1.json");
    put("/v1/indices/sipas-open/versions/1.1", "survey-schemas/sipas-open/index-1.1.json");
    let mut units = String::from("list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from,valid_to\n");
    for agency in 1..=20 {
        writeln!(units, "open-agencies,{agency},agency,Cơ quan {agency},Agency {agency},,,2020-01-01,").unwrap();
    }
    statistician.send("POST", "/v1/units", &[("Content-Type", "text/csv")], Some(units.as_bytes())).expect(200);
    let opened = statistician.put("/v1/waves/open-2024", &wave());
    assert_eq!(opened.status, 201, "{}", opened.text());
    let mut psus = BTreeMap::new();
    let mut list = String::from("respondent,psu,weight\n");
    for person in people {
        let area = &provinces[person["province"].parse::<usize>().unwrap() - 1];
        psus.insert(&person["psu"], format!("{},{},{},vn-63:{area}\n", person["psu"], person["stratum"], person["fpc"]));
        writeln!(list, "{},{},{}", person["resp_id"], person["psu"], person["weight"]).unwrap();
    }
    let table = format!("psu,stratum,fpc,area\n{}", psus.into_values().collect::<String>());
    let loaded =
        statistician.put_if("/v1/waves/open-2024/design", &opened.etag(), &json!({ "psus": table, "respondents": list })).expect(200);
    assert_eq!((&loaded["psus_added"], &loaded["respondents_added"]), (&json!(756), &json!(3832)), "{loaded}");
}

/// Sends everyone, every fifth twice, from several connections at once. Returns how many were new and how many known.
fn collect(collector: &Client, people: &[BTreeMap<String, String>]) -> (usize, usize) {
    let (next, new, known) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let work: Vec<usize> = (0..people.len()).chain((0..people.len()).step_by(5)).collect();
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let client = collector.clone();
                while let Some(person) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let person = &people[*person];
                    let address = format!("/v1/responses/{}", id(person));
                    let reply = client.send("PUT", &address, &[("Content-Type", "application/json")], Some(&submission(person)));
                    match reply.status {
                        201 => new.fetch_add(1, Ordering::Relaxed),
                        200 => known.fetch_add(1, Ordering::Relaxed),
                        other => panic!("{other}: {}", reply.text()),
                    };
                }
            });
        }
    });
    (new.into_inner(), known.into_inner())
}

fn finished(client: &Client, run: &str) -> Value {
    let done = client.settled(run);
    assert_eq!(done["state"], "draft", "{done}");
    done
}

/// All pages of a list of scores.
fn scores(client: &Client, address: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut next = Some(address.to_owned());
    while let Some(address) = next {
        let page = client.get(&address).expect(200);
        found.extend(page["items"].as_array().unwrap().iter().cloned());
        next = page["next"].as_str().map(str::to_owned);
    }
    found
}

fn step(client: &Client, run: &str, verb: &str) -> Value {
    let tag = client.get(run).etag();
    client.step(&format!("{run}:{verb}"), &tag, None).expect(200)
}

/// A sample that is still open.
fn wave() -> Value {
    json!({
        "survey": "sipas-open", "title": { "vi": "Khảo sát thử", "en": "Trial survey" }, "mode": "probability_sample",
        "frame": { "vi": "Người dân, dữ liệu giả lập", "en": "Residents, synthetic" }, "unit_list": "open-agencies",
        "design": "cluster", "fpc": true, "opens_at": "2020-01-01T00:00:00+07:00", "synthetic": true,
    })
}

#[test]
fn a_national_survey_over_http_equals_r_survey_in_every_figure() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path());
    let people = people();
    let (statistician, publisher) = (server.client("statistician", None), server.client("publisher", None));
    let provinces = provinces(&statistician);
    prepare(&statistician, &people, &provinces);
    let collector = server.client("collector", None);
    assert_eq!(collect(&collector, &people), (3_832, 767));

    let request = json!({ "index": "sipas-open", "version": "1.1", "wave": "open-2024" });
    let started = statistician.post("/v1/runs", &request);
    assert_eq!(started.status, 202, "{}", started.text());
    let run = started.header("location").unwrap().to_owned();
    let draft = finished(&statistician, &run);
    assert_eq!(draft["manifest"]["responses"], 3_832);

    // Nobody but the office sees a draft; another person approves it; then everyone sees what is not too thin.
    let agency = server.client("agency", Some("open-agencies:7"));
    let of_run = format!("/v1/scores?run={}", run.rsplit('/').next().unwrap());
    agency.get(&of_run).problem(403, "forbidden");
    step(&statistician, &run, "submit");
    step(&publisher, &run, "approve");
    // A survey is published once it is over.
    let at = statistician.get("/v1/waves/open-2024");
    let mut over = wave();
    over["closes_at"] = "2024-12-31T00:00:00+07:00".into();
    assert_eq!(statistician.put_if("/v1/waves/open-2024", &at.etag(), &over).status, 200);
    step(&publisher, &run, "publish");
    let edition = agency.get("/v1/editions").expect(200)["items"][0]["code"].as_str().unwrap().to_owned();
    let own = scores(&agency, &format!("/v1/scores?edition={edition}&unit=open-agencies:7&domain=unit&limit=1000"));
    assert!(own.iter().any(|score| score["node"] == "INDEX" && score["value"].is_f64()), "{own:?}");
    assert!(own.iter().all(|score| score["unit"]["code"] == "7"));

    let all = scores(&statistician, &format!("{of_run}&limit=1000"));
    compare(&all, &provinces);
    let again = statistician.post("/v1/runs", &request);
    let repeated = finished(&statistician, again.header("location").unwrap());
    assert_eq!(repeated["digest"], draft["digest"], "the same inputs have the same digest");
    server.stop();
}

fn compare(scores: &[Value], provinces: &[String]) {
    let golden = golden_json("07_sipas_index.json");
    let mut by_domain: BTreeMap<(String, String, String), &Value> = BTreeMap::new();
    for score in scores {
        let code = |name: &str| score[name]["code"].as_str().unwrap_or_default().to_owned();
        let key = match score["domain"].as_str().unwrap() {
            "nation" => String::new(),
            "province" => code("area"),
            "unit" => code("unit"),
            _ => continue,
        };
        by_domain.insert((score["domain"].as_str().unwrap().to_owned(), key, score["node"].as_str().unwrap().to_owned()), score);
    }
    let mut worst = Worst::default();
    let lists = [("by_province", "province"), ("by_agency", "unit")];
    let domains = lists.iter().flat_map(|(list, kind)| golden[*list].as_array().unwrap().iter().map(move |domain| (*kind, domain)));
    for (kind, domain) in std::iter::once(("nation", &golden["national"])).chain(domains) {
        let key = domain["key"].as_str().map_or_else(|| domain["key"].to_string(), str::to_owned);
        let code = match kind {
            "nation" => String::new(),
            "province" => provinces[key.parse::<usize>().unwrap() - 1].clone(),
            _ => key.clone(),
        };
        for (place, name) in domain["names"].as_array().unwrap().iter().enumerate() {
            let score = by_domain[&(kind.to_owned(), code.clone(), name.as_str().unwrap().to_owned())];
            for (ours, theirs) in [("value", "est"), ("se", "se"), ("low", "ci_low_tdomain"), ("high", "ci_high_tdomain")] {
                let found = score[ours].as_f64().unwrap_or_else(|| panic!("{ours} of {score}"));
                worst.compare(&format!("{kind} {key} {name} {ours}"), found, numbers(&domain[theirs])[place]);
            }
            if name == "INDEX" {
                assert_eq!(score["n"], domain["n"][0], "{kind} {key}");
            }
        }
    }
    worst.hold("07_sipas_index over HTTP", 1e-9, 6_000);
}
