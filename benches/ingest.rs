//! Durable submissions a second, and how long each waits, through the server as it is in production.
//!
//! `cargo bench --bench ingest -- [seconds]`: 1, 16, 64 and 256 connections over loopback, each sending one submission of
//! SIPAS 2022 after the other, for so many seconds (3). The database is SQLite with the store's own settings and lies in
//! `TMPDIR`. Clients and server share the machine. Afterwards as many rows must be there as were acknowledged.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic)] // a measurement that goes wrong should stop
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

mod common;

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use common::median;
use common::world::World;
use hailong::http::server::{ServerOptions, Stopper, start};
use hailong::http::state::Limits;
use hailong::office::secret::NewSecret;
use hailong::office::system_clock;
use hailong::schema::ItemKind;
use hailong::store::keys::{self, NewKey};
use hailong::store::scan;
use hailong::store::writer::WriterOptions;
use serde_json::{Map, Value, json};
use uuid::Uuid;

const CONNECTIONS: [usize; 4] = [1, 16, 64, 256];
const PSUS_A_STRATUM: usize = 9;

fn main() {
    let seconds = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(3_u64);
    common::machine();
    let folder = tempfile::tempdir().unwrap();
    println!("a 4 kB write and its sync take {:.2} ms here; {seconds} s a line", sync_time(folder.path()));
    println!(
        "{:>11} {:>9} {:>11} {:>8} {:>8} {:>8} {:>13} {:>13}",
        "connections", "stored", "a second", "p50 ms", "p99 ms", "max ms", "rows a commit", "longest, ms"
    );
    for connections in CONNECTIONS {
        level(connections, Duration::from_secs(seconds));
    }
    println!("load afterwards {}", common::load());
}

/// Measures one number of connections on a server and a database of its own.
fn level(connections: usize, during: Duration) {
    let world = World::new(PSUS_A_STRATUM);
    let secret = NewSecret::generate().unwrap();
    let key = NewKey {
        name: "bench".into(),
        role: "device".into(),
        hash: secret.hash,
        unit_id: None,
        created_at: 1,
        created_by: "bench".into(),
        person_id: None,
        expires_at: None,
    };
    world.store.read(|db| keys::create(db, &key)).unwrap();
    let writer = world.store.start_writer(WriterOptions::default()).unwrap();
    let options = ServerOptions {
        store: world.store.clone(),
        writer: writer.clone(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        workers: 0,
        connections: 4_096,
        drain: Duration::ZERO,
        faces: hailong::api::faces,
        limits: Limits { rates: None, ..Limits::default() },
        clock: system_clock(),
    };
    let (addr, stopper, server) = serve(options);
    let bodies: Vec<String> = (0..256).map(|n| submission(&world, n).to_string()).collect();
    Client::connect(addr, &secret.text).put(&bodies[0]); // definitions are read once, before the clock starts
    let before = writer.stats();
    let deadline = Instant::now() + during;
    let mut waited: Vec<f64> = thread::scope(|scope| {
        let one = |n: usize| {
            let (bodies, key) = (&bodies, &secret.text);
            scope.spawn(move || {
                let mut client = Client::connect(addr, key);
                let mut waited = Vec::new();
                while Instant::now() < deadline {
                    waited.push(client.put(&bodies[(n + waited.len()) % bodies.len()]));
                }
                waited
            })
        };
        let threads: Vec<_> = (0..connections).map(one).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let stats = writer.stats();
    actix_web::rt::System::new().block_on(stopper.stop());
    server.join().unwrap();
    let found = world
        .store
        .read(|db| {
            let at = scan::high_water(db, world.wave)?;
            scan::count_responses(db, world.wave, at)
        })
        .unwrap();
    assert_eq!(found, waited.len() as i64 + 1, "rows found and responses acknowledged differ");
    waited.sort_by(f64::total_cmp);
    let part = |share: f64| waited[((waited.len() - 1) as f64 * share) as usize];
    let rows = (stats.responses - before.responses) as f64 / (stats.batches - before.batches) as f64;
    println!(
        "{connections:>11} {found:>9} {:>11.0} {:>8.2} {:>8.2} {:>8.1} {rows:>13.1} {:>13.1}",
        waited.len() as f64 / during.as_secs_f64(),
        part(0.5),
        part(0.99),
        part(1.0),
        stats.longest_micros as f64 / 1e3,
    );
}

/// Runs the server on a thread of its own.
fn serve(options: ServerOptions) -> (SocketAddr, Stopper, thread::JoinHandle<()>) {
    let (tell, told) = mpsc::channel();
    let server = thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let running = start(options).unwrap();
            tell.send((running.addr(), running.stopper())).unwrap();
            running.stopped().await.unwrap();
        });
    });
    let (addr, stopper) = told.recv().unwrap();
    (addr, stopper, server)
}

/// A connection that is kept.
struct Client {
    stream: TcpStream,
    head: String,
    answer: Vec<u8>,
}

impl Client {
    fn connect(addr: SocketAddr, key: &str) -> Self {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let head = format!("HTTP/1.1\r\nHost: {addr}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n");
        Self { stream, head, answer: Vec::new() }
    }

    /// Sends a submission under a fresh id and waits for its receipt. Milliseconds.
    fn put(&mut self, body: &str) -> f64 {
        let request = format!("PUT /v1/responses/{} {}Content-Length: {}\r\n\r\n{body}", Uuid::new_v4(), self.head, body.len());
        let started = Instant::now();
        self.stream.write_all(request.as_bytes()).unwrap();
        let answer = self.answer();
        let waited = started.elapsed().as_secs_f64() * 1e3;
        assert!(answer.starts_with("HTTP/1.1 201 ") && answer.contains("\"state\":\"valid\""), "not stored as valid: {answer}");
        waited
    }

    /// One answer to its last byte.
    fn answer(&mut self) -> String {
        self.answer.clear();
        let mut buffer = [0; 8_192];
        loop {
            let read = self.stream.read(&mut buffer).unwrap();
            assert!(read > 0, "the server hung up");
            self.answer.extend_from_slice(&buffer[..read]);
            let text = String::from_utf8_lossy(&self.answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return text.into_owned();
            }
        }
    }
}

/// The n-th respondent's submission, about a kilobyte.
fn submission(world: &World, n: u64) -> Value {
    let mut answers = Map::new();
    for (place, item) in world.questionnaire.items().iter().enumerate() {
        if let (ItemKind::Scale(options) | ItemKind::Single(options), code) = (item.kind(), item.code())
            && let Some(choice) = options.get(World::answer(n, place, options.count()))
        {
            answers.insert(code.into(), choice.code().into());
        }
    }
    let (psu, agency) = world.place(n);
    json!({
        "survey": "sipas", "version": "2022.1", "wave": "sipas-2022",
        "unit": { "list": "agencies", "code": world.agencies[agency].1 }, "psu": world.psus[psu].0,
        "channel": "tablet", "language": "vi",
        "started_at": "2022-09-01T08:00:00+07:00", "answered_at": "2022-09-01T08:20:00+07:00",
        "answers": answers,
    })
}

/// How long the disk takes to make a small write durable, in milliseconds.
fn sync_time(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("sync")).unwrap();
    let mut once = || {
        let started = Instant::now();
        file.write_all(&[1; 4_096]).unwrap();
        file.sync_data().unwrap();
        started.elapsed().as_secs_f64() * 1e3
    };
    median((0..200).map(|_| once()).collect())
}
