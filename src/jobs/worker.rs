//! The thread that takes jobs.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::jobs::quality::{self, QUALITY_JOB, QualityError};
use crate::jobs::recompute::{RunError, Stage};
use crate::jobs::run::{self, Computed};
use crate::store::jobs::{self, Ending, Job, Progress};
use crate::store::{Store, StoreError, quality as stored, runs};

/// The kind of job that computes a run; the job has the run's own id.
pub const RUN_JOB: &str = "run";

/// How long a job is held without a sign of life.
const LEASE: i64 = 30_000_000;
/// How often a job is started before it counts as one that cannot be done.
const MAX_ATTEMPTS: i32 = 5;
/// How long an idle worker waits before it looks again.
const IDLE: Duration = Duration::from_millis(200);
/// How often progress is written, at most.
const WRITE_EVERY: i64 = 200_000;

/// The present instant, UTC microseconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A thread that claims jobs and does them, one after the other.
pub struct Worker {
    stop: Arc<(AtomicBool, Mutex<()>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. Jobs that an earlier process left unfinished are taken up as soon as their lease has lapsed;
    /// with `alone`, at once: no other process works on this database.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(store: Store, clock: Clock, alone: bool) -> std::io::Result<Self> {
        let stop: Arc<(AtomicBool, Mutex<()>, Condvar)> = Arc::default();
        let flag = Arc::clone(&stop);
        let run = move || {
            if alone {
                let lapsed = clock().saturating_add(LEASE + 1);
                if let Err(error) = store.read(|db| jobs::requeue_lapsed(db, MAX_ATTEMPTS, lapsed)) {
                    tracing::error!(%error, "jobs of an earlier process could not be taken up");
                }
            }
            while !flag.0.load(Ordering::Relaxed) {
                if !turn(&store, &clock, &flag.0) {
                    let guard = flag.1.lock().unwrap_or_else(PoisonError::into_inner);
                    drop(flag.2.wait_timeout(guard, IDLE));
                }
            }
        };
        let thread = thread::Builder::new().name("jobs".into()).spawn(run)?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Asks the thread to stop, and waits: a run that is under way breaks off at its next step and starts over when
    /// the next process takes it up.
    pub fn stop(&mut self) {
        self.stop.0.store(true, Ordering::Relaxed);
        self.stop.2.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the worker ended in a panic");
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Takes one job, if there is one. Returns whether it did anything.
fn turn(store: &Store, clock: &Clock, stop: &AtomicBool) -> bool {
    let now = clock();
    let claimed = store.read(|db| {
        jobs::requeue_lapsed(db, MAX_ATTEMPTS, now)?;
        jobs::claim(db, now.saturating_add(LEASE))
    });
    let job = match claimed {
        Ok(Some(job)) => job,
        Ok(None) => return false,
        Err(error) => {
            tracing::error!(%error, "no job could be claimed");
            return false;
        }
    };
    if let Err(error) = work(store, clock, stop, &job) {
        tracing::error!(job = %job.id, %error, "the job's end could not be recorded");
    }
    true
}

/// What is known while a job is done.
struct Work<'a> {
    store: &'a Store,
    clock: &'a Clock,
    stop: &'a AtomicBool,
    job: &'a Job,
    written: AtomicI64,
}

fn work(store: &Store, clock: &Clock, stop: &AtomicBool, job: &Job) -> Result<(), StoreError> {
    let work = Work { store, clock, stop, job, written: AtomicI64::new(0) };
    match job.kind.as_str() {
        RUN_JOB => work.run(),
        QUALITY_JOB => work.quality(),
        _ => store.read(|db| jobs::finish(db, job.lease(), Ending::Failed("no such kind of job"), clock())),
    }
}

impl Work<'_> {
    fn run(&self) -> Result<(), StoreError> {
        let (store, clock, job) = (self.store, self.clock, self.job);
        let started = clock();
        let result = self.compute();
        match &result {
            // Left as it is: the next process takes it up.
            Err(RunError::Cancelled) if self.stop.load(Ordering::Relaxed) => return Ok(()),
            Err(RunError::Cancelled) => return self.end(Ending::Cancelled),
            Err(error) => tracing::info!(run = %job.id, %error, "run failed"),
            Ok(_) => tracing::info!(run = %job.id, micros = clock() - started, "run computed"),
        }
        match store.read(|db| run::conclude(db, job.lease(), &result, clock())) {
            // It was called off meanwhile.
            Err(StoreError::WrongState { .. }) => self.end(Ending::Cancelled),
            concluded => concluded.map(drop),
        }
    }

    /// Computes the run of the job.
    fn compute(&self) -> Result<Computed, RunError> {
        let started = self.store.read(|db| runs::start(db, self.job.id, (self.clock)()))?;
        let report = |stage, done, total| self.report(stage, done, total);
        let computed = run::compute(&mut *self.store.db()?, &started, &report)?;
        if report(Stage::Storing, 0, 1).is_break() {
            return Err(RunError::Cancelled);
        }
        Ok(computed)
    }

    /// Judges the responses of the job's evaluation.
    fn quality(&self) -> Result<(), StoreError> {
        let (store, clock, job) = (self.store, self.clock, self.job);
        let payload: Option<Evaluate> = serde_json::from_str(&job.payload).ok();
        let Some(Evaluate { evaluation }) = payload else { return self.end(Ending::Failed("the job names no evaluation")) };
        let report = |stage, done, total| self.report(stage, done, total);
        let result = store.read(|db| {
            let pending = stored::get(db, evaluation)?;
            quality::evaluate(db, &pending, &report)
        });
        match &result {
            Err(QualityError::Cancelled) if self.stop.load(Ordering::Relaxed) => return Ok(()),
            Err(error) => tracing::info!(evaluation, %error, "evaluation failed"),
            Ok(found) => tracing::info!(evaluation, responses = found.responses, flagged = found.flagged, "responses judged"),
        }
        match store.read(|db| quality::conclude(db, evaluation, Some(job.lease()), &result, clock())) {
            // Another worker was faster.
            Err(StoreError::WrongState { .. }) => self.end(Ending::Done),
            concluded => concluded.map(drop),
        }
    }

    fn end(&self, ending: Ending<'_>) -> Result<(), StoreError> {
        self.store.read(|db| jobs::finish(db, self.job.lease(), ending, (self.clock)()))
    }

    /// Writes how far the job is and renews its lease; breaks where it should stop.
    fn report(&self, stage: Stage, done: usize, total: usize) -> ControlFlow<()> {
        if self.stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        let now = (self.clock)();
        if now - self.written.load(Ordering::Relaxed) < WRITE_EVERY && (done < total || total == 0) {
            return ControlFlow::Continue(());
        }
        self.written.store(now, Ordering::Relaxed);
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let progress = Progress { stage: stage.as_str(), done: number(done), total: number(total) };
        match self.store.read(|db| jobs::report(db, self.job.lease(), progress, now.saturating_add(LEASE))) {
            Ok(false) => ControlFlow::Continue(()),
            Ok(true) | Err(StoreError::LostLease(_)) => ControlFlow::Break(()),
            Err(error) => {
                tracing::warn!(job = %self.job.id, %error, "progress could not be written");
                ControlFlow::Continue(())
            }
        }
    }
}

/// What the job of an evaluation is told.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Evaluate {
    /// The evaluation's number.
    pub evaluation: i32,
}
