//! Open links and invitations: who answers more often than once, who guesses, who floods, who wants to know who said what.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use diesel::RunQueryDsl as _;
use hailong::http::limit::Rates;
use hailong::http::state::Limits;
use hailong::office::Role;
use hailong::words::encode::{hex, rfc3339};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::fixtures::{new_response, open_wave, publish, submission};
use crate::harness::{Client, HOUR, NOW, Reply, TestApp, Wish};

const INVITATIONS: &str = "/v1/invitations";

/// An invitation to rate the health department.
fn wish(dossier: &str) -> Value {
    json!({ "wave": "open", "unit": { "list": "agency-danang", "code": "SYT" }, "dossier": dossier })
}

/// The token of a new invitation.
fn invited(office: &Client, dossier: &str) -> String {
    office.post(INVITATIONS, &wish(dossier)).expect(201)["token"].as_str().unwrap().to_owned()
}

/// An answer by an invitation.
fn by(token: &str) -> Value {
    let mut body = submission();
    body["invitation"] = json!(token);
    body
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn counted(statuses: &[u16]) -> BTreeMap<u16, usize> {
    statuses.iter().fold(BTreeMap::new(), |mut counts, status| {
        *counts.entry(*status).or_default() += 1;
        counts
    })
}

#[test]
fn one_invitation_is_one_answer_however_many_use_it_at_once() {
    let app = TestApp::start();
    publish(&app);
    let token = invited(&app.client(Role::Collector), "HS-2024-000117");
    let statuses: Mutex<Vec<u16>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let (anyone, body) = (app.anyone(), by(&token));
                let mine: Vec<u16> = (0..50).map(|_| anyone.put(&new_response(), &body).status).collect();
                statuses.lock().unwrap().extend(mine);
            });
        }
    });
    let counts = counted(&statuses.into_inner().unwrap());
    println!("accepted {} of 1000 answers by one invitation", counts[&201]);
    assert_eq!(counts, BTreeMap::from([(201, 1), (409, 999)]));
    app.anyone().put(&new_response(), &by(&token)).problem(409, "invitation-used");
    let listed = app.client(Role::Statistician).get("/v1/responses?wave=open").expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[test]
fn the_same_answer_sent_again_has_its_receipt_and_a_refused_one_uses_nothing_up() {
    let app = TestApp::start();
    publish(&app);
    let (anyone, token) = (app.anyone(), invited(&app.client(Role::Device), "HS-1"));
    let mut wrong = by(&token);
    wrong["answers"]["Q1"] = json!("9");
    anyone.put(&new_response(), &wrong).problem(422, "answers-invalid");
    let path = new_response();
    let first = anyone.put(&path, &by(&token)).expect(201);
    let again = anyone.put(&path, &by(&token));
    assert_eq!(again.header("idempotent-replay"), Some("true"));
    assert_eq!(again.expect(200), first);
    // Whoever corrects it shows its receipt, and needs no second one.
    let mut correction = submission();
    correction["supersedes"] = json!(path.rsplit('/').next().unwrap());
    anyone.put(&new_response(), &correction).problem(403, "unit-forbidden");
    let headers = [("Content-Type", "application/json"), ("Withdrawal-Code", first["withdrawal_code"].as_str().unwrap())];
    anyone.send("PUT", &new_response(), &headers, Some(correction.to_string().as_bytes())).expect(201);
}

#[test]
fn an_answer_stays_with_its_unit_and_wave_when_whoever_sent_it_corrects_it() {
    let app = TestApp::start();
    publish(&app);
    let mut later = open_wave();
    later["title"] = json!({ "vi": "Đợt khác", "en": "Other" });
    app.client(Role::Statistician).put("/v1/waves/later", &later).expect(201);
    let (anyone, office) = (app.anyone(), app.client_of(Role::Device, Some(("agency-danang", "SYT"))));
    let correcting = |path: &str, change: &dyn Fn(&mut Value)| {
        let mut body = submission();
        body["supersedes"] = json!(path.rsplit('/').next().unwrap());
        change(&mut body);
        body
    };
    let other_unit = |body: &mut Value| body["unit"]["code"] = json!("SXD");
    let other_wave = |body: &mut Value| body["wave"] = json!("later");
    let with = |client: &Client, code: &str, body: &Value| {
        let headers = [("Content-Type", "application/json"), ("Withdrawal-Code", code)];
        client.send("PUT", &new_response(), &headers, Some(body.to_string().as_bytes()))
    };
    let (mut moved, mut tried) = (0, 0);
    for n in 0..20 {
        let path = new_response();
        let code = anyone.put(&path, &by(&invited(&office, &format!("HS-{n}")))).expect(201)["withdrawal_code"].clone();
        let code = code.as_str().unwrap();
        let foreign = with(&anyone, code, &correcting(&path, &other_unit));
        let elsewhere = with(&anyone, code, &correcting(&path, &other_wave));
        let keyed = with(&app.client_of(Role::Device, Some(("agency-danang", "SXD"))), code, &correcting(&path, &other_unit));
        tried += 3;
        moved += [&foreign, &elsewhere, &keyed].into_iter().filter(|reply| reply.status == 201).count();
        assert_eq!(foreign.problem(403, "unit-forbidden")["errors"][0]["code"], "other-unit");
        assert_eq!(elsewhere.problem(422, "answers-invalid")["errors"][0]["code"], "superseded-unknown");
        assert_eq!(keyed.problem(403, "unit-forbidden")["errors"][0]["code"], "other-unit");
        with(&anyone, code, &correcting(&path, &|_| ())).expect(201);
    }
    println!("moved {moved} of {tried} answers to another unit or wave by the code of their receipt");
    assert_eq!(moved, 0);

    // By a key both units must lie in its scope.
    let path = new_response();
    office.put(&path, &submission()).expect(201);
    office.put(&new_response(), &correcting(&path, &other_unit)).problem(403, "unit-forbidden");
    let construction = app.client_of(Role::Collector, Some(("agency-danang", "SXD")));
    construction.put(&new_response(), &correcting(&path, &other_unit)).problem(403, "unit-forbidden");
    construction.put(&new_response(), &correcting(&path, &|_| ())).problem(403, "unit-forbidden");
    app.client(Role::Collector).put(&new_response(), &correcting(&path, &other_unit)).expect(201);
}

#[test]
fn every_invitation_that_is_not_valid_gets_the_same_answer_and_guessing_is_slowed() {
    let app = TestApp::start();
    publish(&app);
    let mut other = open_wave();
    other["title"] = json!({ "vi": "Đợt khác", "en": "Other" });
    app.client(Role::Statistician).put("/v1/waves/other", &other).expect(201);
    let (office, anyone) = (app.client(Role::Collector), app.anyone());
    let mut short = wish("HS-2");
    short["expires_at"] = json!(rfc3339(NOW + HOUR));
    let expired = office.post(INVITATIONS, &short).expect(201)["token"].as_str().unwrap().to_owned();
    let (old, token) = (invited(&office, "HS-3"), invited(&office, "HS-4"));
    let renewed = office.post(INVITATIONS, &wish(" hs-3 ".to_uppercase().as_str())).expect(200);
    assert_eq!(renewed["renewed"], true, "however it is typed, it is one dossier");
    app.set_now(NOW + HOUR);
    let with = |token: &str, change: &dyn Fn(&mut Value)| {
        let mut body = by(token);
        change(&mut body);
        anyone.put(&new_response(), &body).problem(404, "invitation-invalid")
    };
    let unknown = format!("hli_{}", "a".repeat(32));
    let answers = [
        with(&unknown, &|_| ()),
        with("hli_x", &|_| ()),
        with(&expired, &|_| ()),
        with(&old, &|_| ()),
        with(&token, &|body| body["wave"] = json!("other")),
        with(&token, &|body| body["unit"]["code"] = json!("SXD")),
    ];
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    anyone.put(&new_response(), &by(&token)).expect(201);
    anyone.put(&new_response(), &by(renewed["token"].as_str().unwrap())).expect(201);

    let limits = Limits { rates: Some(Rates::DEFAULT), ..Limits::default() };
    let app = TestApp::with(Wish { limits, ..Wish::default() });
    publish(&app);
    let anyone = app.anyone();
    let guesses: Vec<u16> = (0..60).map(|_| anyone.put(&new_response(), &by(&unknown)).status).collect();
    let counts = counted(&guesses);
    println!("recovered 0 of 60 guesses at an invitation: {counts:?}");
    assert!(counts.keys().all(|status| [404, 429].contains(status)) && counts[&404] <= 11, "{counts:?}");
}

#[test]
fn nothing_that_is_stored_leads_from_a_dossier_to_an_answer() {
    let mut app = TestApp::start();
    publish(&app);
    let office = app.client(Role::Collector);
    let dossiers: Vec<String> = (0..20).map(|n| format!("HS-BIMAT-{n:04}")).collect();
    let tokens: Vec<String> = dossiers.iter().map(|dossier| invited(&office, dossier)).collect();
    let mut paths = Vec::new();
    for token in tokens.iter().rev() {
        let path = new_response();
        app.anyone().put(&path, &by(token)).expect(201);
        paths.push(path);
    }
    let statistician = app.client(Role::Statistician);
    let whole = statistician.get(&paths[0]).expect(200);
    assert_eq!(whole["submission"].get("invitation"), None);
    // Whoever kept tokens by dossier and has the database finds no hash of the bytes that were sent with one.
    let told: Vec<String> =
        paths.iter().map(|path| statistician.get(path).expect(200)["body_sha256"].as_str().unwrap().to_owned()).collect();
    let guessed: Vec<String> = tokens.iter().map(|token| hex(&Sha256::digest(by(token).to_string().as_bytes()))).collect();
    let mut recovered = guessed.iter().filter(|hash| told.contains(hash)).count();
    let mut db = app.store.db().unwrap();
    let left = "SELECT COUNT(*) AS n FROM invitation WHERE token_hash IS NOT NULL OR unit_id IS NOT NULL OR expires_at IS NOT NULL";
    recovered += usize::try_from(diesel::sql_query(left).get_result::<Count>(&mut *db).unwrap().n).unwrap();
    drop(db);
    let log = app.client(Role::Auditor).get("/v1/audit?limit=200").text();
    app.stop();
    let url = app.url();
    if !url.starts_with("postgres") {
        for file in [url.clone(), format!("{url}-wal")] {
            let bytes = std::fs::read(file).unwrap_or_default();
            let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            recovered += tokens.iter().chain(&dossiers).filter(|secret| holds(secret)).count();
        }
    }
    recovered += tokens.iter().chain(&dossiers).filter(|secret| log.contains(secret.as_str())).count();
    println!("recovered {recovered} of {} dossiers and tokens", tokens.len() + dossiers.len());
    assert_eq!(recovered, 0);
}

#[test]
fn a_dossier_is_invited_once_and_by_whoever_keeps_its_unit() {
    let app = TestApp::start();
    publish(&app);
    let office = app.client_of(Role::Device, Some(("agency-danang", "SYT")));
    let mut far = wish("HS-9");
    far["unit"]["code"] = json!("SXD");
    office.post(INVITATIONS, &far).problem(403, "unit-forbidden");
    app.anyone().post(INVITATIONS, &wish("HS-9")).problem(401, "unauthenticated");
    let mut linked = wish("HS-9");
    linked["address"] = json!("https://gopy.example.vn/mini");
    let made = office.post(INVITATIONS, &linked).expect(201);
    let token = made["token"].as_str().unwrap();
    assert!(token.len() == 36 && made["link"] == format!("https://gopy.example.vn/mini#{token}"), "{made}");
    assert!(made["qr"].as_str().unwrap().contains("<svg"), "{made}");
    app.anyone().put(&new_response(), &by(token)).expect(201);
    office.post(INVITATIONS, &wish("HS-9")).problem(409, "already-exists");

    let refused = |change: &dyn Fn(&mut Value)| {
        let mut body = wish("HS-10");
        change(&mut body);
        let problem = office.post(INVITATIONS, &body);
        (problem.status, problem.json()["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused(&|body| body["dossier"] = json!("")), (422, "/dossier".into()));
    assert_eq!(refused(&|body| body["unit"]["code"] = json!("NONE")), (422, "/unit/code".into()));
    assert_eq!(refused(&|body| body["unit"]["list"] = json!("vn-34")), (422, "/unit/list".into()));
    assert_eq!(refused(&|body| body["address"] = json!("javascript:alert(1)")), (422, "/address".into()));
    assert_eq!(refused(&|body| body["expires_at"] = json!(rfc3339(NOW - 1))), (422, "/expires_at".into()));
    assert_eq!(refused(&|body| body["wave"] = json!("none")).0, 404);
    assert_eq!(refused(&|body| body["wave"] = json!("sample")).0, 409);

    let many = json!({ "invitations": [wish("HS-11"), wish("HS-9"), far, wish("HS-12")] });
    let results = office.post("/v1/invitations:batch", &many).expect(200)["results"].clone();
    let statuses: Vec<u64> = results.as_array().unwrap().iter().map(|result| result["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 409, 403, 201]);
    let many = json!({ "invitations": vec![wish("HS-13"); 501] });
    office.post("/v1/invitations:batch", &many).problem(422, "body-invalid");
}

#[test]
fn a_wave_may_need_invitations_of_what_comes_by_a_link() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    let before = statistician.get("/v1/waves/open");
    assert_eq!(before.json()["invitations"], "accepted");
    let mut wave = open_wave();
    wave["invitations"] = json!("required");
    let closed = statistician.put_if("/v1/waves/open", &before.etag(), &wave);
    assert_eq!(closed.json()["invitations"], "required");
    app.anyone().put(&new_response(), &submission()).problem(403, "invitation-needed");
    app.client(Role::Device).put(&new_response(), &submission()).expect(201);
    let token = invited(&app.client(Role::Collector), "HS-1");
    app.anyone().put(&new_response(), &by(&token)).expect(201);
    wave.as_object_mut().unwrap().remove("invitations");
    let kept = statistician.put_if("/v1/waves/open", &closed.etag(), &wave);
    assert_eq!(kept.json()["invitations"], "required", "what is not said stays");
    wave["invitations"] = json!("accepted");
    statistician.put_if("/v1/waves/open", &kept.etag(), &wave).expect(200);
    app.anyone().put(&new_response(), &submission()).expect(201);
}

/// A server that counts, and believes nobody's word about addresses but that of the proxies named.
fn counting(rates: Rates, trusted_proxies: Vec<std::net::IpAddr>) -> TestApp {
    let limits = Limits { rates: Some(rates), trusted_proxies, ..Limits::default() };
    let app = TestApp::with(Wish { limits, ..Wish::default() });
    publish(&app);
    app
}

fn put_from(client: &Client, forwarded: &str, body: &Value) -> Reply {
    let headers = [("Content-Type", "application/json"), ("X-Forwarded-For", forwarded)];
    client.send("PUT", &new_response(), &headers, Some(body.to_string().as_bytes()))
}

#[test]
fn a_flood_from_one_address_comes_down_to_the_limit_and_a_hall_passes() {
    // The limit on requests of any kind is another, and out of the way here.
    let rates = Rates { peer_per_second: NonZeroU32::MAX, ..Rates::DEFAULT };
    let app = counting(rates, Vec::new());
    let anyone = app.anyone();
    let since = Instant::now();
    let hall: Vec<u16> = (0..20).map(|_| anyone.put(&new_response(), &submission()).status).collect();
    println!("accepted {} of 20 answers of a hall behind one address, at once", counted(&hall)[&201]);
    assert_eq!(counted(&hall), BTreeMap::from([(201, 20)]));
    let (mut accepted, mut waited) = (0, 0);
    for n in 0..400 {
        // A forged header of somebody who is no proxy of ours changes nothing.
        let reply = put_from(&anyone, &format!("203.0.113.{}", n % 250), &submission());
        match reply.status {
            201 => accepted += 1,
            429 => waited += usize::from(reply.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1),
            other => panic!("{other}"),
        }
    }
    let seconds = since.elapsed().as_secs_f64();
    println!("accepted {accepted} of 400 answers of a flood with forged addresses, in {seconds:.1} s");
    let allowed = 10.0 + seconds / 2.0 + 1.0;
    assert!(f64::from(accepted) <= allowed, "{accepted} of {allowed}");
    assert_eq!(accepted + i32::try_from(waited).unwrap(), 400, "each refusal says when to come again");
    let mut other = submission();
    other["unit"]["code"] = json!("SXD");
    anyone.put(&new_response(), &other).expect(201);
    // Whoever was invited, and whoever has a key, is not held up by it.
    let token = invited(&app.client(Role::Collector), "HS-1");
    anyone.put(&new_response(), &by(&token)).expect(201);
    app.client(Role::Device).put(&new_response(), &submission()).expect(201);
}

#[test]
fn behind_a_proxy_of_ours_the_client_is_counted_and_not_the_proxy() {
    let rates = Rates { answers_per_minute: NonZeroU32::new(2).unwrap(), ..Rates::DEFAULT };
    let app = counting(rates, vec!["127.0.0.1".parse().unwrap()]);
    let anyone = app.anyone();
    let from = |forwarded: &str| put_from(&anyone, forwarded, &submission()).status;
    assert_eq!([(); 3].map(|()| from("198.51.100.7")), [201, 201, 429]);
    assert_eq!(from("203.0.113.1, 198.51.100.7"), 429, "what stands before the client is the client's word");
    assert_eq!(from("198.51.100.7:4711"), 429);
    assert_eq!([(); 3].map(|()| from("198.51.101.8")), [201, 201, 429]);
    assert_eq!([(); 3].map(|()| from("2001:db8::1")), [201, 201, 429]);
    assert_eq!(from("2001:db8::2"), 429, "a subscriber has a /64");
}
