//! Counters and times for Prometheus. No label holds an id, a name or anything a client chose.

use std::fmt;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::store::Store;
use crate::store::writer::Writer;
use crate::words::named;

/// Upper bounds in seconds: from a cached answer to the longest that a client waits.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: String,
    method: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Taken {
    outcome: &'static str,
}

named! {
    /// What became of a response that was sent.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Intake {
        /// Stored, and it counts.
        Accepted = "accepted",
        /// Stored, with findings.
        Invalid = "invalid",
        /// Stored, apart: it came late.
        Quarantined = "quarantined",
        /// It was there.
        Duplicate = "duplicate",
        /// Refused for what it is.
        Rejected = "rejected",
        /// Refused for want of room.
        Shed = "shed",
    }
}

/// The process's metrics.
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Histogram, fn() -> Histogram>,
    taken: Family<Taken, Counter>,
    auth_failures: Counter,
}

impl Metrics {
    /// All at zero; what the writer and the pool know is read at each scrape.
    #[must_use]
    pub fn new(store: Store, writer: Writer) -> Self {
        let requests: Family<Request, Histogram, fn() -> Histogram> = Family::new_with_constructor(|| Histogram::new(SECONDS));
        let (taken, auth_failures) = (Family::default(), Counter::default());
        let mut registry = Registry::default();
        registry.register_with_unit("http_server_request_duration", "Time to answer a request", Unit::Seconds, requests.clone());
        registry.register("hailong_responses", "Responses by what became of them", Family::clone(&taken));
        registry.register("hailong_auth_failures", "Requests with a key that is not valid", Counter::clone(&auth_failures));
        registry.register_collector(Box::new(Storage { store, writer }));
        Self { registry, requests, taken, auth_failures }
    }

    /// Counts an answered request. `route` is the template, never the address.
    pub fn request(&self, route: &str, method: &str, status: u16, took: Duration) {
        let labels = Request { route: route.to_owned(), method: method.to_owned(), status };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// Counts a response.
    pub fn taken(&self, outcome: Intake) {
        self.taken.get_or_create(&Taken { outcome: outcome.as_str() }).inc();
    }

    /// Counts a key that was not valid.
    pub fn auth_failure(&self) {
        self.auth_failures.inc();
    }

    /// The text that Prometheus scrapes (`OpenMetrics` 1.0).
    ///
    /// # Errors
    /// None for text in memory; passed on rather than hidden.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// What the writer and the pool count themselves.
struct Storage {
    store: Store,
    writer: Writer,
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Storage")
    }
}

impl Collector for Storage {
    #[allow(clippy::cast_precision_loss)] // microseconds of one process stay below 2^53
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let stats = self.writer.stats();
        let (in_use, _) = self.store.pool_state();
        let mut metric = |name: &str, help: &str, metric: &dyn Erased| metric.put(&mut encoder, name, help);
        metric(
            "hailong_ingest_queue_depth",
            "Responses that wait for the writer",
            &ConstGauge::new(i64::try_from(stats.queued).unwrap_or(i64::MAX)),
        )?;
        metric("hailong_commits", "Transactions of the writer", &ConstCounter::new(stats.batches))?;
        metric("hailong_commits_failed", "Transactions of the writer that failed", &ConstCounter::new(stats.failed))?;
        metric("hailong_commit_responses", "Responses answered in those transactions", &ConstCounter::new(stats.responses))?;
        metric("hailong_commit_seconds", "Time in those transactions", &ConstCounter::new(stats.busy_micros as f64 / 1e6))?;
        metric("hailong_commit_longest_seconds", "The longest of them", &ConstGauge::new(stats.longest_micros as f64 / 1e6))?;
        metric("hailong_db_pool_in_use", "Pooled connections in use", &ConstGauge::new(i64::from(in_use)))
    }
}

/// A metric of any type, for a list of them.
trait Erased {
    fn put(&self, encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str) -> fmt::Result;
}

impl<M: EncodeMetric> Erased for M {
    fn put(&self, encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str) -> fmt::Result {
        self.encode(encoder.encode_descriptor(name, help, None, self.metric_type())?)
    }
}
