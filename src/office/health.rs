//! How the server's house stands, for whoever keeps it: the database, its disk, the work that waits.

use super::{Action, Actor, Office, Refusal};
use crate::store::jobs::{self, Job, JobState};
use crate::store::{Room, latest};

/// So many jobs of a state are counted; beyond it "more than".
const JOBS: i64 = 1_000;

/// What is known of it.
#[derive(Debug)]
pub struct Health {
    /// `sqlite` or `postgres`.
    pub backend: &'static str,
    /// The last migration that was applied.
    pub migration: Option<String>,
    /// Where the database lies, how large it is and how much room is left; none of one on another machine.
    pub room: Option<Room>,
    /// Runs that wait for a worker, and those under way.
    pub waiting: usize,
    /// Those under way.
    pub running: usize,
    /// The last job that failed.
    pub failed: Option<Job>,
}

/// Looks at it.
///
/// # Errors
/// 401, 403; those of the store.
pub fn health(office: &Office, actor: &Actor) -> Result<Health, Refusal> {
    let room = office.store().room();
    office.look(actor, |look| {
        look.may(Action::KeepKeys)?;
        let mut count = |state| jobs::list(look.db, Some(state), JOBS).map(|jobs| jobs.len());
        let (waiting, running) = (count(JobState::Queued)?, count(JobState::Running)?);
        let failed = jobs::list(look.db, Some(JobState::Failed), 1)?.into_iter().next();
        Ok(Health { backend: look.db.backend(), migration: latest(look.db)?, room, waiting, running, failed })
    })
}
