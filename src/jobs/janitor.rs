//! The thread that lets what was withdrawn go from the files, soon after, and uploaded files whose day is over.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::worker::Clock;
use crate::store::erasure::{BY_ITSELF, Sweeper, Swept};
use crate::store::{Store, uploads};

/// How often it looks whether something waits.
const LOOK: Duration = Duration::from_millis(500);
/// How often it looks for uploaded files whose day is over.
const UPLOADS: Duration = Duration::from_secs(600);
/// How long it waits at most before it tries again what somebody was in the way of.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it leaves a file alone that is too large to write anew without being asked.
const LARGE: Duration = Duration::from_secs(600);
/// A sweep takes at most one part in so many of the time.
const SHARE: u32 = 20;

/// A thread that sweeps the store after withdrawals.
pub struct Janitor {
    stop: Arc<(AtomicBool, Mutex<()>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Janitor {
    /// Starts the thread. What an earlier process left waiting is done too.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(store: Store, clock: Clock) -> std::io::Result<Self> {
        let stop: Arc<(AtomicBool, Mutex<()>, Condvar)> = Arc::default();
        let flag = Arc::clone(&stop);
        let run = move || {
            let (mut sweeper, mut wait, mut looked) = (Sweeper::new(store.clone()), LOOK, None::<Instant>);
            while !flag.0.load(Ordering::Relaxed) {
                if looked.is_none_or(|looked| looked.elapsed() >= UPLOADS) {
                    expire(&store, clock());
                    looked = Some(Instant::now());
                }
                wait = turn(&mut sweeper, wait);
                let guard = flag.1.lock().unwrap_or_else(PoisonError::into_inner);
                if !flag.0.load(Ordering::Relaxed) {
                    drop(flag.2.wait_timeout(guard, wait));
                }
            }
        };
        let thread = thread::Builder::new().name("janitor".into()).spawn(run)?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Asks the thread to stop, and waits. What is not swept yet waits for the next process.
    pub fn stop(&mut self) {
        {
            let _guard = self.stop.1.lock().unwrap_or_else(PoisonError::into_inner);
            self.stop.0.store(true, Ordering::Relaxed);
        }
        self.stop.2.notify_all();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the janitor ended in a panic");
        }
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Forgets uploaded files whose day is over.
fn expire(store: &Store, now: i64) {
    match store.db().and_then(|mut db| uploads::expire(&mut db, now)) {
        Ok(0) => {}
        Ok(files) => tracing::info!(files, "uploaded files were forgotten: their day is over"),
        Err(error) => tracing::error!(%error, "uploaded files whose day is over could not be forgotten"),
    }
}

/// Sweeps once; returns how long to wait before the next time. `waited`: how long it waited before this one.
fn turn(sweeper: &mut Sweeper, waited: Duration) -> Duration {
    let started = Instant::now();
    let swept = sweeper.sweep(Some(BY_ITSELF));
    let took = started.elapsed();
    match swept {
        Ok(Swept::Nothing) => LOOK,
        Ok(Swept::Done) => {
            tracing::info!(micros = took.as_micros(), "what was withdrawn is gone from the files of the database");
            LOOK.max(took * SHARE)
        }
        Ok(Swept::Busy) => (waited * 2).clamp(LOOK, PATIENCE),
        Ok(Swept::TooLarge(bytes)) => {
            tracing::warn!(bytes, "what was withdrawn waits in a large database: run `hailong erase` at a quiet hour");
            LARGE
        }
        Err(error) => {
            tracing::error!(%error, "what was withdrawn could not be let go from the files");
            PATIENCE
        }
    }
}
