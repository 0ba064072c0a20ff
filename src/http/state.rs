//! What every handler shares.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::{FromRequest, HttpRequest, dev, web};
use std::future::{Ready, ready};

use tokio::sync::Semaphore;

use crate::http::cache::Cache;
use crate::http::limit::{Limiter, Rates};
use crate::http::metrics::Metrics;
use crate::jobs::load::{Survey, WaveInField};
use crate::office::{Act, Actor, Clock, Holder, Look, Office, Refusal};
use crate::store::writer::Writer;
use crate::store::{Db, Store};
use crate::unit::Registry;

/// What the server allows.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How often a key or an address may ask; `None`: as often as it likes.
    pub rates: Option<Rates>,
    /// How long a body may take to arrive.
    pub body_deadline: Duration,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// So many responses may wait in the queue while the server counts as ready.
    pub queue_ready: usize,
    /// Whether whoever sits at the machine may be one of the made-up people of a demonstration.
    pub demo: bool,
}

impl Default for Limits {
    fn default() -> Self {
        let (body_deadline, queue_ready) = (Duration::from_secs(10), 7_372);
        Self { rates: Some(Rates::DEFAULT), body_deadline, trusted_proxies: Vec::new(), queue_ready, demo: false }
    }
}

/// How many may look at what takes long at once.
const LONG: usize = 3;

/// Shared by all workers; a clone is a pointer.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    office: Office,
    writer: Writer,
    limits: Limits,
    limiter: Option<Limiter>,
    metrics: Metrics,
    cache: Cache,
    draining: AtomicBool,
    long: Semaphore,
}

impl AppState {
    /// The state of a server that starts.
    #[must_use]
    pub fn new(store: Store, writer: Writer, clock: Clock, limits: Limits) -> Self {
        let metrics = Metrics::new(store.clone(), writer.clone());
        let limiter = limits.rates.map(Limiter::new);
        Self(Arc::new(Shared {
            office: Office::new(store, clock),
            writer,
            limits,
            limiter,
            metrics,
            cache: Cache::default(),
            draining: AtomicBool::new(false),
            long: Semaphore::new(LONG),
        }))
    }

    /// The present instant, UTC microseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.0.office.now()
    }

    /// What the server allows.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Counts a request, unless the server counts none.
    ///
    /// # Errors
    /// Those of the limiter.
    pub fn limit(&self, count: impl FnOnce(&Limiter) -> Result<(), Refusal>) -> Result<(), Refusal> {
        self.0.limiter.as_ref().map_or(Ok(()), count)
    }

    /// Counters and times.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The thread that writes responses.
    #[must_use]
    pub fn writer(&self) -> &Writer {
        &self.0.writer
    }

    /// Whether the server is stopping.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    /// Says to `/readyz` and to streams that the server is stopping.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    /// Why the server should get no requests: `draining`, `writer-failed`, `database`, `queue-full`; nothing if it should.
    pub async fn unready(&self) -> Vec<&'static str> {
        let mut reasons = Vec::new();
        if self.is_draining() {
            reasons.push("draining");
        }
        if self.writer().fatal().borrow().is_some() {
            reasons.push("writer-failed");
        }
        if self.read(|db| Ok(crate::store::schemas::find_index(db, "", "")?)).await.is_err() {
            reasons.push("database");
        }
        if self.writer().stats().queued > self.limits().queue_ready {
            reasons.push("queue-full");
        }
        reasons
    }

    /// Runs `f` on a connection, off the event loop.
    ///
    /// # Errors
    /// Those of `f`; `unavailable` without a connection.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Db) -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
        let store = self.0.office.store().clone();
        web::block(move || f(&mut *store.db()?)).await.map_err(Refusal::internal)?
    }

    /// Runs `f` in one transaction, off the event loop: a change and its audit line go together.
    ///
    /// # Errors
    /// Those of `f`, after a rollback; `unavailable` without a connection.
    pub async fn write<T: Send + 'static>(&self, f: impl FnOnce(&mut Db) -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
        let store = self.0.office.store().clone();
        web::block(move || store.write(f)).await.map_err(Refusal::internal)?
    }

    /// The office, where acts are done.
    #[must_use]
    pub fn office(&self) -> &Office {
        &self.0.office
    }

    /// Lets an actor look at something, off the event loop.
    ///
    /// # Errors
    /// Those of [`Office::look`].
    pub async fn look<T, F>(&self, actor: Actor, look: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&mut Look<'_>) -> Result<T, Refusal> + Send + 'static,
    {
        let office = self.0.office.clone();
        web::block(move || office.look(&actor, look)).await.map_err(Refusal::internal)?
    }

    /// Lets an actor do something, off the event loop.
    ///
    /// # Errors
    /// Those of [`Office::act`].
    pub async fn act<T, F>(&self, actor: Actor, act: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&mut Act<'_>) -> Result<T, Refusal> + Send + 'static,
    {
        let office = self.0.office.clone();
        web::block(move || office.act(&actor, act)).await.map_err(Refusal::internal)?
    }

    /// The holder of the key with this hash, if it is valid.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn key(&self, hash: [u8; 32]) -> Result<Option<Arc<Holder>>, Refusal> {
        self.0.cache.key(self, hash).await
    }

    /// A published questionnaire.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn survey(&self, code: &str, version: &str) -> Result<Option<Arc<Survey>>, Refusal> {
        self.0.cache.survey(self, code, version).await
    }

    /// A wave and its design.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn wave(&self, code: &str) -> Result<Option<Arc<WaveInField>>, Refusal> {
        self.0.cache.wave(self, code).await
    }

    /// Every unit.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn units(&self) -> Result<Arc<Registry>, Refusal> {
        self.look(Actor::anyone(), |look: &mut Look<'_>| look.units()).await
    }

    /// Lets an actor look at something that may take long, such as a run that must be computed again. Few may at once, so that the others
    /// find a connection.
    ///
    /// # Errors
    /// Those of [`Office::look`].
    pub async fn look_long<T, F>(&self, actor: Actor, look: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&mut Look<'_>) -> Result<T, Refusal> + Send + 'static,
    {
        let _turn = self.0.long.acquire().await.map_err(Refusal::internal)?;
        self.look(actor, look).await
    }

    /// Does in the office what is slow on purpose, such as comparing a password. Few may at once: each takes memory too.
    ///
    /// # Errors
    /// Those of `f`.
    pub async fn slowly<T, F>(&self, f: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&Office) -> Result<T, Refusal> + Send + 'static,
    {
        let _turn = self.0.long.acquire().await.map_err(Refusal::internal)?;
        let office = self.0.office.clone();
        web::block(move || f(&office)).await.map_err(Refusal::internal)?
    }

    /// Forgets what a change here made stale; other instances find out within seconds.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.0.cache
    }
}

impl FromRequest for AppState {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(req.app_data::<Self>().cloned().ok_or_else(|| Refusal::internal("the server was started without its state")))
    }
}
