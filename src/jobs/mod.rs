//! Slow work: durable, with progress, cancelled on request, resumed after a restart.
//!
//! A job is a row. A [`Worker`] thread claims the oldest, holds it by a lease that it renews while it works, and ends
//! it. Where a process dies, the lease lapses and the job is claimed again: a run whose inputs are frozen yields the
//! same digest however often it starts over.
//!
//! What a job does is a plain function that the command line calls too: [`recompute`] takes a run from rows to scores,
//! [`composite`] does the same for a composite index, [`quality`] looks for suspicious responses.
#![allow(missing_docs, reason = "the lint is for the core; here a comment stands where it says more than the name")]

mod compare;
pub mod composite;
mod janitor;
pub mod load;
pub mod past;
pub mod place;
pub mod quality;
pub mod recompute;
pub mod run;
pub mod stored;
pub mod stream;
mod vietnamese;
mod worker;

pub use janitor::Janitor;
pub use worker::{Evaluate, RUN_JOB, Worker};
