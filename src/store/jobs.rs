//! Slow work as durable rows: who does it, how far it is, whether it should stop.
//!
//! A worker claims a job for a while (its lease) and renews the lease with each report of progress. If it dies, the lease runs out
//! and the job is queued again. `attempts` counts the claims and tells a worker from the one that took over: a worker that was only
//! slow finds its next report refused ([`StoreError::LostLease`]) and stores nothing.

use diesel::prelude::*;
use uuid::Uuid;

use super::columns::named_enum;
use super::db::Db;
use super::error::{Result, StoreError};
use super::tables::job;

named_enum! {
    /// How far a job has come.
    "job state" JobState {
        /// Waits for a worker.
        Queued = "queued",
        /// A worker has it.
        Running = "running",
        Done = "done",
        /// It failed, for good.
        Failed = "failed",
        /// Called off.
        Cancelled = "cancelled",
    }
}

/// A job to queue.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Made by the caller.
    pub id: Uuid,
    /// What is to be done.
    pub kind: String,
    /// With what, as JSON.
    pub payload: String,
    /// When, µs UTC.
    pub created_at: i64,
}

/// A stored job.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = job)]
pub struct Job {
    /// Made by the caller.
    #[diesel(deserialize_as = Vec<u8>)]
    pub id: Uuid,
    /// What is to be done.
    pub kind: String,
    /// With what, as JSON.
    pub payload: String,
    /// How far it has come.
    pub state: JobState,
    /// What is being done right now.
    pub stage: String,
    /// Steps done of this stage.
    pub done: i64,
    /// Steps this stage has; 0 while unknown.
    pub total: i64,
    /// How often it was claimed.
    pub attempts: i32,
    /// Somebody wants it to stop.
    pub cancel_requested: bool,
    /// Until when the worker has it, µs UTC.
    pub lease_until: Option<i64>,
    /// When it was queued, µs UTC.
    pub created_at: i64,
    /// When it ended, µs UTC.
    pub finished_at: Option<i64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// A worker's hold on a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub id: Uuid,
    /// Which claim of it.
    pub attempt: i32,
}

impl Job {
    /// The hold that [`claim`] gave to its caller.
    #[must_use]
    pub fn lease(&self) -> Lease {
        Lease { id: self.id, attempt: self.attempts }
    }
}

/// How far the work is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// What is being done.
    pub stage: &'a str,
    /// Steps done.
    pub done: i64,
    /// Steps in all; 0 while unknown.
    pub total: i64,
}

/// How a job ended.
#[derive(Debug, Clone, Copy)]
pub enum Ending<'a> {
    /// Well.
    Done,
    /// For this reason it cannot be done.
    Failed(&'a str),
    /// It was called off.
    Cancelled,
}

/// Queues a job.
///
/// # Errors
/// [`StoreError::Database`], also for an id that exists.
pub fn enqueue(db: &mut Db, new: &NewJob) -> Result<()> {
    let row = (
        job::id.eq(new.id.as_bytes().as_slice()),
        job::kind.eq(&new.kind),
        job::payload.eq(&new.payload),
        job::state.eq(JobState::Queued.as_str()),
        job::stage.eq(""),
        job::done.eq(0),
        job::total.eq(0),
        job::attempts.eq(0),
        job::cancel_requested.eq(false),
        job::created_at.eq(new.created_at),
    );
    db.write(|db| {
        diesel::insert_into(job::table).values(row).execute(db)?;
        Ok(())
    })
}

/// Takes the oldest queued job until `lease_until` (µs UTC), if there is one. Each job goes to one caller only.
///
/// # Errors
/// [`StoreError::Database`].
pub fn claim(db: &mut Db, lease_until: i64) -> Result<Option<Job>> {
    db.write(|db| {
        let oldest = job::table.filter(job::state.eq(JobState::Queued.as_str())).order((job::created_at, job::id)).select(job::id).limit(1);
        let next: Option<Vec<u8>> = match db {
            // The transaction has the only write lock there is.
            Db::Sqlite(c) => oldest.first(c).optional()?,
            Db::Postgres(c) => oldest.for_update().skip_locked().first(c).optional()?,
        };
        let Some(id) = next else { return Ok(None) };
        let values = (job::state.eq(JobState::Running.as_str()), job::lease_until.eq(lease_until), job::attempts.eq(job::attempts + 1));
        diesel::update(job::table.find(id.as_slice())).set(values).execute(db)?;
        Ok(Some(job::table.find(id.as_slice()).select(Job::as_select()).first(db)?))
    })
}

/// Takes one queued job by name until `lease_until` (µs UTC): for a caller that does what it has just queued.
///
/// # Errors
/// [`StoreError::WrongState`] if another has it or it has ended; [`StoreError::NotFound`].
pub fn claim_one(db: &mut Db, id: Uuid, lease_until: i64) -> Result<Lease> {
    db.write(|db| {
        let values = (job::state.eq(JobState::Running.as_str()), job::lease_until.eq(lease_until), job::attempts.eq(job::attempts + 1));
        let queued = job::table.filter(job::id.eq(id.as_bytes().as_slice())).filter(job::state.eq(JobState::Queued.as_str()));
        let taken = diesel::update(queued).set(values).execute(db)?;
        let stored = get(db, id)?;
        if taken == 1 {
            return Ok(stored.lease());
        }
        Err(StoreError::WrongState { what: "job", key: id.to_string(), state: stored.state.as_str() })
    })
}

/// Reports progress and renews the lease. Returns whether the work should stop.
///
/// # Errors
/// [`StoreError::LostLease`] if another worker has the job or it has ended.
pub fn report(db: &mut Db, lease: Lease, progress: Progress<'_>, lease_until: i64) -> Result<bool> {
    db.write(|db| {
        let values =
            (job::stage.eq(progress.stage), job::done.eq(progress.done), job::total.eq(progress.total), job::lease_until.eq(lease_until));
        let held = job::table
            .filter(job::id.eq(lease.id.as_bytes().as_slice()))
            .filter(job::state.eq(JobState::Running.as_str()))
            .filter(job::attempts.eq(lease.attempt));
        let stop = diesel::update(held).set(values).returning(job::cancel_requested).get_result(db).optional()?;
        stop.ok_or_else(|| StoreError::LostLease(lease.id.to_string()))
    })
}

/// Ends a job that the caller holds.
///
/// # Errors
/// [`StoreError::LostLease`] if another worker has the job or it has ended.
pub fn finish(db: &mut Db, lease: Lease, ending: Ending<'_>, now: i64) -> Result<()> {
    let (state, error) = match ending {
        Ending::Done => (JobState::Done, None),
        Ending::Failed(why) => (JobState::Failed, Some(why)),
        Ending::Cancelled => (JobState::Cancelled, None),
    };
    db.write(|db| {
        let values = (job::state.eq(state.as_str()), job::error.eq(error), job::finished_at.eq(now), job::lease_until.eq(None::<i64>));
        let held = job::table
            .filter(job::id.eq(lease.id.as_bytes().as_slice()))
            .filter(job::state.eq(JobState::Running.as_str()))
            .filter(job::attempts.eq(lease.attempt));
        match diesel::update(held).set(values).execute(db)? {
            0 => Err(StoreError::LostLease(lease.id.to_string())),
            _ => Ok(()),
        }
    })
}

/// Asks for a job to stop. One that no worker has yet ends at once.
///
/// # Errors
/// [`StoreError::WrongState`] if it has ended; [`StoreError::NotFound`].
pub fn request_cancel(db: &mut Db, id: Uuid, now: i64) -> Result<Job> {
    db.write(|db| {
        let in_state = |state: JobState| job::table.filter(job::id.eq(id.as_bytes().to_vec())).filter(job::state.eq(state.as_str()));
        let ended = (job::state.eq(JobState::Cancelled.as_str()), job::cancel_requested.eq(true), job::finished_at.eq(now));
        let mut touched = diesel::update(in_state(JobState::Queued)).set(ended).execute(db)?;
        touched += diesel::update(in_state(JobState::Running)).set(job::cancel_requested.eq(true)).execute(db)?;
        let stored = get(db, id)?;
        match touched {
            0 => Err(StoreError::WrongState { what: "job", key: id.to_string(), state: stored.state.as_str() }),
            _ => Ok(stored),
        }
    })
}

/// Queues the jobs again whose lease has run out, save those claimed `max_attempts` times, which fail. Returns both counts.
///
/// # Errors
/// [`StoreError::Database`].
pub fn requeue_lapsed(db: &mut Db, max_attempts: i32, now: i64) -> Result<(usize, usize)> {
    db.write(|db| {
        let lapsed = || job::table.filter(job::state.eq(JobState::Running.as_str())).filter(job::lease_until.lt(now));
        let failed = (
            job::state.eq(JobState::Failed.as_str()),
            job::error.eq("the worker died each time"),
            job::finished_at.eq(now),
            job::lease_until.eq(None::<i64>),
        );
        let failed = diesel::update(lapsed().filter(job::attempts.ge(max_attempts))).set(failed).execute(db)?;
        let queued = (job::state.eq(JobState::Queued.as_str()), job::lease_until.eq(None::<i64>));
        let queued = diesel::update(lapsed()).set(queued).execute(db)?;
        Ok((queued, failed))
    })
}

/// The job of this id.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn get(db: &mut Db, id: Uuid) -> Result<Job> {
    let found = job::table.find(id.as_bytes().as_slice()).select(Job::as_select()).first(db).optional()?;
    found.ok_or_else(|| StoreError::not_found("job", id))
}

/// Jobs, at most `limit`, the newest first; of one state or of all.
///
/// # Errors
/// [`StoreError::Database`].
pub fn list(db: &mut Db, state: Option<JobState>, limit: i64) -> Result<Vec<Job>> {
    let mut all = job::table.order((job::created_at.desc(), job::id.desc())).limit(limit).select(Job::as_select()).into_boxed();
    if let Some(state) = state {
        all = all.filter(job::state.eq(state.as_str()));
    }
    Ok(all.load(db)?)
}
