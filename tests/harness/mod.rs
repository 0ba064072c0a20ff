//! The server as it runs in production, on a free port, with an empty database of its own and a clock that a test may set.
//!
//! The database is an `SQLite` file in a temporary folder; with `HAILONG_TEST_POSTGRES` set to a URL it is a schema of its own there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that panics has failed, as it should

pub mod accounts;
pub mod browser;
pub mod client;
pub mod composites;
pub mod dice;
pub mod everything;
pub mod fixtures;
mod log;
pub mod runs;

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hailong::http::server::{ServerOptions, Stopper, start};
use hailong::http::state::Limits;
use hailong::office::Role;
use hailong::office::secret::NewSecret;
use hailong::store::writer::WriterOptions;
use hailong::store::{Store, StoreOptions, keys, people, units};

pub use browser::Browser;
pub use client::{Client, Reply};
pub use dice::Dice;
pub use log::captured_log;

/// When the tests take place: 1 September 2024, 08:00 in Hà Nội.
pub const NOW: i64 = 1_725_152_400_000_000;
/// An hour in microseconds.
pub const HOUR: i64 = 3_600_000_000;

/// How a test wants its server.
pub struct Wish {
    pub writer: WriterOptions,
    pub limits: Limits,
    pub drain: Duration,
    /// Units and what became of them.
    pub units: (Vec<units::UnitRow>, Vec<units::SuccessionRow>),
}

impl Default for Wish {
    fn default() -> Self {
        let limits = Limits { rates: None, body_deadline: Duration::from_millis(400), ..Limits::default() };
        Self { writer: WriterOptions::default(), limits, drain: Duration::ZERO, units: (fixtures::units(), Vec::new()) }
    }
}

/// A running server.
pub struct TestApp {
    pub addr: SocketAddr,
    pub store: Store,
    clock: Arc<AtomicI64>,
    stopper: Stopper,
    server: Option<JoinHandle<()>>,
    database: Database,
}

impl TestApp {
    pub fn start() -> Self {
        Self::with(Wish::default())
    }

    pub fn with(wish: Wish) -> Self {
        log::capture();
        let database = Database::new();
        let store = Store::open(&StoreOptions { url: database.url.clone(), readers: 4 }).unwrap();
        units::seed(&mut store.db().unwrap(), units::By { at: 0, actor: "lan" }, &wish.units.0, &wish.units.1).unwrap();
        let writer = store.start_writer(wish.writer).unwrap();
        let clock = Arc::new(AtomicI64::new(NOW));
        let (started, starting) = mpsc::channel();
        let (shared, now) = (store.clone(), Arc::clone(&clock));
        let server = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let running = start(ServerOptions {
                    store: shared,
                    writer,
                    listen: ([127, 0, 0, 1], 0).into(),
                    workers: 2,
                    connections: 1_000,
                    drain: wish.drain,
                    faces: |config| {
                        hailong::api::faces(config);
                        hailong::pages::faces(config);
                    },
                    limits: wish.limits,
                    clock: Arc::new(move || now.load(Ordering::SeqCst)),
                })
                .unwrap();
                started.send((running.addr(), running.stopper())).unwrap();
                running.stopped().await.unwrap();
            });
        });
        let (addr, stopper) = starting.recv().unwrap();
        Self { addr, store, clock, stopper, server: Some(server), database }
    }

    /// The address of its database.
    pub fn url(&self) -> String {
        self.database.url.clone()
    }

    /// Sets the clock.
    pub fn set_now(&self, now: i64) {
        self.clock.store(now, Ordering::SeqCst);
    }

    /// A client without a key.
    pub fn anyone(&self) -> Client {
        Client::new(self.addr, None)
    }

    /// A client of a person of their own with a new key of this role; an agency's is bound to the health department of Đà Nẵng.
    pub fn client(&self, role: Role) -> Client {
        let unit = (role == Role::Agency).then_some(("agency-danang", "SYT"));
        self.client_of(role, unit)
    }

    /// A client with a new key of this role and unit.
    pub fn client_of(&self, role: Role, unit: Option<(&str, &str)>) -> Client {
        Client::new(self.addr, Some(self.key(role, unit)))
    }

    /// A new key, straight from the store: the first key of an installation comes from the command line too.
    pub fn key(&self, role: Role, unit: Option<(&str, &str)>) -> String {
        static PERSONS: AtomicI64 = AtomicI64::new(1);
        let number = PERSONS.fetch_add(1, Ordering::SeqCst);
        self.key_of(&format!("test {} {number}", role.as_str()), role, unit)
    }

    /// A new key of a person, who is made if there is none of that name.
    pub fn key_of(&self, person: &str, role: Role, unit: Option<(&str, &str)>) -> String {
        let secret = NewSecret::generate().unwrap();
        let unit_id = unit.map(|(list, code)| self.unit_id(list, code));
        let mut db = self.store.db().unwrap();
        let person_id = role.decides().then(|| people::named(&mut db, person, NOW, "test").unwrap().id);
        let (name, role, created_by) = (person.to_owned(), role.as_str().to_owned(), "test".to_owned());
        keys::create(
            &mut db,
            &keys::NewKey { name, role, hash: secret.hash, unit_id, created_at: NOW, created_by, person_id, expires_at: None },
        )
        .unwrap();
        secret.text
    }

    pub fn unit_id(&self, list: &str, code: &str) -> i32 {
        let (all, _) = units::load(&mut self.store.db().unwrap()).unwrap();
        all.into_iter().find(|(_, unit)| unit.list == list && unit.code == code).unwrap().0
    }

    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Stops the server and waits until it has stored everything.
    pub fn stop(&mut self) {
        let Some(server) = self.server.take() else { return };
        block_on(self.stopper.stop());
        server.join().unwrap();
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.stop();
        }
    }
}

/// Runs a future of the server's on this thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// A database that goes when its test has passed; one of a failed test stays to be looked at.
struct Database {
    url: String,
    schema: Option<(String, String)>,
    _folder: tempfile::TempDir,
}

impl Database {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let Ok(server) = std::env::var("HAILONG_TEST_POSTGRES") else {
            static TOLD: std::sync::Once = std::sync::Once::new();
            // Straight to the terminal: what a test that passes prints is not shown.
            TOLD.call_once(|| drop(writeln!(std::io::stderr(), "the API is tested on SQLite only: HAILONG_TEST_POSTGRES is not set")));
            return Self { url: folder.path().join("test.sqlite").display().to_string(), schema: None, _folder: folder };
        };
        let schema = format!("api_{}", uuid::Uuid::new_v4().simple());
        execute(&server, &format!("CREATE SCHEMA {schema}"));
        let joint = if server.contains('?') { '&' } else { '?' };
        Self { url: format!("{server}{joint}options=-csearch_path%3D{schema}"), schema: Some((server, schema)), _folder: folder }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, schema)) = self.schema.take().filter(|_| !thread::panicking()) {
            execute(&server, &format!("DROP SCHEMA {schema} CASCADE"));
        }
    }
}

fn execute(server: &str, sql: &str) {
    use diesel::connection::SimpleConnection;
    let mut connection = <diesel::PgConnection as diesel::Connection>::establish(server).unwrap();
    connection.batch_execute(sql).unwrap();
}
