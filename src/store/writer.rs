//! The one thread that writes responses: takes what has queued, commits it together, then acknowledges.
//!
//! # Design
//! A commit costs a sync of the disk whether it carries one row or a thousand, so batches are worth a hundredfold. No timer waits
//! for a batch to fill: while one commits, the next one queues. The queue is bounded, in rows and in bytes, and a full one refuses at
//! once: an answer of "try again" in a millisecond serves a crowd better than a place in a long line.
//!
//! # What a failure means
//! * A failed read, write or sync of the file, or a damaged one ([`WriteError::Fatal`]): after a failed sync the kernel may have
//!   dropped the data, and trying again would report success over a hole. The writer stops for good; the process should end and be
//!   started anew, which replays the log.
//! * A full disk ([`WriteError::StorageFull`]): that batch is refused, the next one tried.
//! * A lost connection or a lock held too long ([`WriteError::Unavailable`]): refused, and the next batch gets a new connection.
//! * One row that the database rejects ([`WriteError::Rejected`]): the batch is stored again row by row, so that it fails alone.
//!
//! In each case the sender does not know whether its response is stored, and sends it again under the same id.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use diesel::result::{DatabaseErrorKind as K, Error as DieselError};
use tokio::sync::{oneshot, watch};

pub use super::ingest::{NewResponse, Outcome, known};
pub use super::person::{Corrector, Scope};

use super::db::Db;
use super::error::{Result, StoreError};
use super::ingest::store_batch;

/// How long the writer waits before it opens a connection again.
const RECONNECT: Duration = Duration::from_millis(200);

/// How much may queue and how much a transaction takes.
#[derive(Debug, Clone, Copy)]
pub struct WriterOptions {
    /// Responses that may wait.
    pub queue: usize,
    /// Bytes that may wait: large bodies fill the queue sooner.
    pub queue_bytes: usize,
    /// Responses in one transaction.
    pub batch: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self { queue: 8_192, queue_bytes: 64 << 20, batch: 2_048 }
    }
}

/// Why a response was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// As many wait as may: try again in a moment.
    #[error("the queue of responses is full")]
    Full,
    /// The writer shuts down or has failed.
    #[error("the writer of responses has stopped")]
    Stopped,
}

/// Why a queued response was not stored. The sender may send it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The disk is full.
    #[error("the disk is full")]
    StorageFull,
    /// The database could not be reached or was locked for too long.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database rejects this row; it names a wave, version, unit or key that does not exist.
    #[error("the database rejects the response: {0}")]
    Rejected(String),
    /// The file failed. The process must end.
    #[error("the database file failed: {0}")]
    Fatal(String),
}

/// Where the answer to one queued response arrives. A closed channel means the same as an error: not known to be stored.
pub type Pending = oneshot::Receiver<Result<Outcome, WriteError>>;

/// What the writer has done since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriterStats {
    /// Responses that wait now.
    pub queued: usize,
    /// Transactions that committed.
    pub batches: u64,
    /// Responses answered in them, replays included.
    pub responses: u64,
    /// Batches that failed.
    pub failed: u64,
    /// Time spent in the transactions, µs.
    pub busy_micros: u64,
    /// The longest transaction, µs.
    pub longest_micros: u64,
}

struct Waiting {
    response: NewResponse,
    answer: oneshot::Sender<Result<Outcome, WriteError>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    closed: bool,
}

#[derive(Default)]
struct Counters {
    batches: AtomicU64,
    responses: AtomicU64,
    failed: AtomicU64,
    busy_micros: AtomicU64,
    longest_micros: AtomicU64,
}

struct Shared {
    queue: Mutex<Queue>,
    arrived: Condvar,
    counters: Counters,
    fatal: watch::Sender<Option<String>>,
    options: WriterOptions,
}

/// Opens the writer's own connection, at the start and after a failure.
type Connect = Box<dyn FnMut() -> Result<Db> + Send>;

/// The handle to the writing thread; clones share it.
#[derive(Clone)]
pub struct Writer {
    shared: Arc<Shared>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Writer {
    pub(super) fn start(mut connect: Connect, options: WriterOptions) -> Result<Self> {
        let db = connect()?;
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            arrived: Condvar::new(),
            counters: Counters::default(),
            fatal: watch::channel(None).0,
            options,
        });
        let of_thread = Arc::clone(&shared);
        let run = move || {
            let _guard = StopOnPanic(&of_thread);
            of_thread.run(connect, db);
        };
        let thread = thread::Builder::new()
            .name("writer".into())
            .spawn(run)
            .map_err(|e| StoreError::Connect(format!("no thread for the writer: {e}")))?;
        Ok(Self { shared, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// Queues a response. The answer arrives after the commit.
    ///
    /// # Errors
    /// [`QueueError::Full`], [`QueueError::Stopped`]; the response is not stored.
    pub fn submit(&self, response: NewResponse) -> Result<Pending, QueueError> {
        let (answer, pending) = oneshot::channel();
        let size = response.size();
        let mut queue = self.shared.lock();
        if queue.closed {
            return Err(QueueError::Stopped);
        }
        let options = &self.shared.options;
        if queue.waiting.len() >= options.queue || (queue.bytes + size > options.queue_bytes && !queue.waiting.is_empty()) {
            return Err(QueueError::Full);
        }
        queue.bytes += size;
        queue.waiting.push_back(Waiting { response, answer });
        drop(queue);
        self.shared.arrived.notify_one();
        Ok(pending)
    }

    /// Takes no more responses, stores those that wait, and returns when the thread has ended. Blocks.
    pub fn shutdown(&self) {
        self.shared.lock().closed = true;
        self.shared.arrived.notify_all();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|t| t.join().is_err()) {
            tracing::error!("the writer ended in a panic");
        }
    }

    /// Becomes `Some`, with the cause, when the writer has failed for good and the process must end.
    #[must_use]
    pub fn fatal(&self) -> watch::Receiver<Option<String>> {
        self.shared.fatal.subscribe()
    }

    /// Queue depth, batches and times, for metrics.
    #[must_use]
    pub fn stats(&self) -> WriterStats {
        let queued = self.shared.lock().waiting.len();
        let c = &self.shared.counters;
        WriterStats {
            queued,
            batches: c.batches.load(Ordering::Relaxed),
            responses: c.responses.load(Ordering::Relaxed),
            failed: c.failed.load(Ordering::Relaxed),
            busy_micros: c.busy_micros.load(Ordering::Relaxed),
            longest_micros: c.longest_micros.load(Ordering::Relaxed),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for responses and takes up to a batch; `None` when the queue is closed and empty.
    fn take(&self) -> Option<Vec<Waiting>> {
        let mut queue = self.lock();
        while queue.waiting.is_empty() {
            if queue.closed {
                return None;
            }
            queue = self.arrived.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        let n = queue.waiting.len().min(self.options.batch.max(1));
        let taken: Vec<Waiting> = queue.waiting.drain(..n).collect();
        queue.bytes -= taken.iter().map(|w| w.response.size()).sum::<usize>();
        Some(taken)
    }

    fn run(&self, mut connect: Connect, db: Db) {
        let mut db = Some(db);
        while let Some(batch) = self.take() {
            let result = match db.take().map_or_else(&mut connect, Ok) {
                Ok(mut fresh) => {
                    let result = self.store(&mut fresh, &batch);
                    if result.is_ok() {
                        db = Some(fresh);
                    }
                    result
                }
                Err(error) => {
                    thread::sleep(RECONNECT);
                    Err(classify(&error))
                }
            };
            let fatal = match &result {
                Err(WriteError::Fatal(cause)) => Some(cause.clone()),
                _ => None,
            };
            answer(batch, result);
            if let Some(cause) = fatal {
                self.stop(cause);
                return;
            }
        }
    }

    /// Stores a batch; on `Err` nothing of it is acknowledged and the connection is dropped, whatever state it is in.
    fn store(&self, db: &mut Db, batch: &[Waiting]) -> Result<Vec<Result<Outcome, WriteError>>, WriteError> {
        let responses: Vec<&NewResponse> = batch.iter().map(|w| &w.response).collect();
        let started = Instant::now();
        let result = match store_batch(db, &responses).map_err(|e| classify(&e)) {
            Ok(outcomes) => Ok(outcomes.into_iter().map(Ok).collect()),
            Err(WriteError::Rejected(_)) => store_each(db, &responses),
            Err(error) => Err(error),
        };
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let c = &self.counters;
        match &result {
            Ok(_) => {
                c.batches.fetch_add(1, Ordering::Relaxed);
                c.responses.fetch_add(batch.len() as u64, Ordering::Relaxed);
                c.busy_micros.fetch_add(micros, Ordering::Relaxed);
                c.longest_micros.fetch_max(micros, Ordering::Relaxed);
            }
            Err(error) => {
                c.failed.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%error, responses = batch.len(), "a batch of responses was not stored");
            }
        }
        result
    }

    /// Refuses all further work, and all that waits.
    fn stop(&self, cause: String) {
        let waiting = {
            let mut queue = self.lock();
            queue.closed = true;
            queue.bytes = 0;
            std::mem::take(&mut queue.waiting)
        };
        answer(waiting, Err(WriteError::Fatal(cause.clone())));
        self.fatal.send_replace(Some(cause));
    }
}

/// A row of its own transaction each: the one that the database rejects fails alone.
fn store_each(db: &mut Db, responses: &[&NewResponse]) -> Result<Vec<Result<Outcome, WriteError>>, WriteError> {
    let mut outcomes = Vec::with_capacity(responses.len());
    for response in responses {
        match store_batch(db, &[response]).map_err(|e| classify(&e)) {
            Ok(one) => outcomes.extend(one.into_iter().map(Ok)),
            Err(error @ WriteError::Rejected(_)) => outcomes.push(Err(error)),
            Err(error) => return Err(error),
        }
    }
    Ok(outcomes)
}

/// Tells every sender. One that no longer listens has hung up, and will ask again.
fn answer(batch: impl IntoIterator<Item = Waiting>, result: Result<Vec<Result<Outcome, WriteError>>, WriteError>) {
    match result {
        Ok(outcomes) => {
            for (waiting, outcome) in batch.into_iter().zip(outcomes) {
                let _ = waiting.answer.send(outcome);
            }
        }
        Err(error) => {
            for waiting in batch {
                let _ = waiting.answer.send(Err(error.clone()));
            }
        }
    }
}

/// Sorts a failure by what it means for the senders. Diesel hands over SQLite's and libpq's words only, not their numbers.
fn classify(error: &StoreError) -> WriteError {
    let text = error.to_string();
    let says = |words: &[&str]| words.iter().any(|w| text.contains(w));
    if says(&["database or disk is full", "No space left on device"]) {
        WriteError::StorageFull
    } else if says(&["disk I/O error", "database disk image is malformed", "file is not a database"]) {
        WriteError::Fatal(text)
    } else if let StoreError::Database(DieselError::DatabaseError(
        K::UniqueViolation | K::ForeignKeyViolation | K::NotNullViolation | K::CheckViolation,
        _,
    )) = error
    {
        WriteError::Rejected(text)
    } else {
        WriteError::Unavailable(text)
    }
}

/// Should the thread panic after all, nobody waits for ever.
struct StopOnPanic<'a>(&'a Shared);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop("the writing thread panicked".into());
        }
    }
}
