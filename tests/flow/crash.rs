//! Nothing acknowledged is lost: the server is killed under load, again and again.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use uuid::Uuid;

use super::process::{Process, run};
use super::read;
use crate::harness::Client;

const KILLS: u32 = 20;
const SENDERS: usize = 8;
/// Responses that are acknowledged between two kills, at least.
const AT_LEAST: usize = 50;

fn prepare(server: &Process) -> Client {
    let statistician = server.client("statistician", None);
    let headers = [("Content-Type", "application/json")];
    let document = read("survey-schemas/housing/1978.1.json");
    statistician.send("PUT", "/v1/surveys/housing/versions/1978.1", &headers, Some(document.as_bytes())).expect(201);
    let wave = json!({
        "survey": "housing", "title": { "vi": "Thử", "en": "Trial" }, "mode": "opt_in", "frame": { "vi": "Ai cũng được", "en": "Anyone" },
        "unit_list": "vn-34", "design": "element", "opens_at": "2020-01-01T00:00:00+07:00",
        "chain": { "customers": null, "invitations": null, "reason": "nobody was served" },
    });
    statistician.put("/v1/waves/crash", &wave).expect(201);
    server.client("device", None)
}

fn body(n: u32) -> Vec<u8> {
    let submission = json!({
        "survey": "housing", "version": "1978.1", "wave": "crash", "unit": { "list": "vn-34", "code": "48" }, "channel": "kiosk",
        "answers": { "satisfaction": (1 + n % 3).to_string(), "influence": (1 + n / 3 % 3).to_string(), "contact": (1 + n % 2).to_string() },
    });
    submission.to_string().into_bytes()
}

/// Waits until the server that runs now has acknowledged some responses.
fn under_load(receipts: &Mutex<HashMap<Uuid, i64>>) {
    let before = receipts.lock().unwrap().len();
    let since = Instant::now();
    while receipts.lock().unwrap().len() < before + AT_LEAST {
        assert!(since.elapsed() < Duration::from_secs(120), "the server acknowledges nothing");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn twenty_kills_under_load_lose_nothing_and_store_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path());
    let key = prepare(&server).key.unwrap();
    let address = RwLock::new(server.addr);
    let receipts: Mutex<HashMap<Uuid, i64>> = Mutex::default();
    let (over, mut server) = (AtomicBool::new(false), Some(server));
    thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (address, receipts, over, key) = (&address, &receipts, &over, &key);
            scope.spawn(move || {
                let mut n = u32::try_from(sender).unwrap();
                while !over.load(Ordering::Relaxed) {
                    // The client's rule: anything but a receipt means "unknown"; send the same id again.
                    let (id, bytes) = (Uuid::new_v4(), body(n));
                    n += 8;
                    loop {
                        let client = Client::new(*address.read().unwrap(), Some(key.clone()));
                        let sent =
                            client.try_send("PUT", &format!("/v1/responses/{id}"), &[("Content-Type", "application/json")], Some(&bytes));
                        match sent {
                            Ok(reply) if reply.status == 200 || reply.status == 201 => {
                                receipts.lock().unwrap().insert(id, reply.json()["seq"].as_i64().unwrap());
                                break;
                            }
                            Ok(reply) => assert_eq!(reply.status, 503, "{}", reply.text()),
                            Err(_) => thread::sleep(Duration::from_millis(20)),
                        }
                    }
                }
            });
        }
        for kill in 0..KILLS {
            under_load(&receipts);
            thread::sleep(Duration::from_millis(7 * u64::from(kill % 7)));
            server.take().unwrap().kill();
            let started = Process::start(folder.path());
            *address.write().unwrap() = started.addr;
            server = Some(started);
        }
        under_load(&receipts);
        over.store(true, Ordering::Relaxed);
    });
    server.unwrap().stop();

    let receipts = receipts.into_inner().unwrap();
    let stored = stored(folder.path());
    let ids: HashSet<Uuid> = stored.iter().map(|(id, _)| *id).collect();
    println!("{KILLS} kills: {} acknowledged, {} stored", receipts.len(), stored.len());
    assert!(receipts.len() >= AT_LEAST * KILLS as usize, "only {} responses were acknowledged", receipts.len());
    assert_eq!(ids.len(), stored.len(), "something is stored twice");
    let by_id: HashMap<Uuid, i64> = stored.into_iter().collect();
    let lost: Vec<_> = receipts.iter().filter(|(id, seq)| by_id.get(id) != Some(seq)).collect();
    assert!(lost.is_empty(), "{} acknowledged responses are lost or have another number", lost.len());
    // Every sender went on until it had its receipt, so nothing is stored that nobody heard of.
    assert_eq!(by_id.len(), receipts.len());
}

/// What the database holds, read by another process than the server; the file is whole.
fn stored(data: &std::path::Path) -> Vec<(Uuid, i64)> {
    run(data, &["migrate"]);
    let url = data.join("hailong.sqlite").display().to_string();
    let store = hailong::store::Store::open(&hailong::store::StoreOptions { url, readers: 1 }).unwrap();
    let mut db = store.db().unwrap();
    let wave = hailong::store::waves::find(&mut db, "crash").unwrap().unwrap();
    let mut found = Vec::new();
    loop {
        let after_seq = found.last().map_or(0, |(_, seq)| *seq);
        let filter = hailong::store::responses::Filter { after_seq, ..Default::default() };
        let page = hailong::store::responses::list(&mut db, wave.id, &filter, 1_000).unwrap();
        if page.is_empty() {
            return found;
        }
        found.extend(page.iter().map(|row| (row.receipt.id, row.receipt.seq)));
    }
}

#[test]
fn a_run_that_was_cut_short_is_taken_up_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path());
    let device = prepare(&server);
    for n in 0..60 {
        let address = format!("/v1/responses/{}", Uuid::new_v4());
        device.send("PUT", &address, &[("Content-Type", "application/json")], Some(&body(n))).expect(201);
    }
    let statistician = server.client("statistician", None);
    let document = read("survey-schemas/housing/index-1978.1.json");
    let headers = [("Content-Type", "application/json")];
    statistician.send("PUT", "/v1/indices/housing/versions/1978.1", &headers, Some(document.as_bytes())).expect(201);
    let key = statistician.key.clone();
    server.stop();

    // As a process leaves it that dies in the middle: the job is held, the run is running, nobody works on it.
    let run_id = Uuid::now_v7();
    let url = folder.path().join("hailong.sqlite").display().to_string();
    let store = hailong::store::Store::open(&hailong::store::StoreOptions { url, readers: 1 }).unwrap();
    let now = hailong::office::system_clock()();
    store
        .write(|db| -> Result<(), hailong::store::StoreError> {
            let index = hailong::store::schemas::find_index(db, "housing", "1978.1")?.unwrap();
            let wave = hailong::store::waves::find(db, "crash")?.unwrap();
            let new = hailong::store::runs::NewRun {
                id: run_id,
                index_version_id: index.id,
                wave_id: Some(wave.id),
                preview: false,
                as_of: None,
                parameters: "{}".into(),
                seed: 1,
                threads: None,
                since: None,
                created_by: "test".into(),
                created_at: now,
            };
            let job =
                hailong::store::jobs::NewJob { id: run_id, kind: hailong::jobs::RUN_JOB.into(), payload: "{}".into(), created_at: now };
            hailong::store::runs::create(db, &new, &job)?;
            hailong::store::jobs::claim(db, now + 30_000_000)?;
            hailong::store::runs::start(db, run_id, now)?;
            Ok(())
        })
        .unwrap();
    drop(store);

    let server = Process::start(folder.path());
    let client = Client::new(server.addr, key);
    let address = format!("/v1/runs/{run_id}");
    let state = (0..600).find_map(|_| {
        thread::sleep(Duration::from_millis(50));
        let state = client.get(&address).expect(200)["state"].as_str().unwrap().to_owned();
        (state != "running" && state != "queued").then_some(state)
    });
    assert_eq!(state.as_deref(), Some("draft"));
    server.stop();
}
