//! Finished runs of composite indices, computed again from what they froze. They never change, so the last few that somebody asked to have
//! explained are kept.

use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::{Look, Refusal};
use crate::jobs::composite::{self, Prepared};
use crate::jobs::recompute::RunError;
use crate::store::runs::Run;

/// How many are kept: one of all communes takes some 100 MB.
const KEPT: usize = 3;

/// Those that were asked for lately.
#[derive(Default)]
pub(super) struct PreparedKept {
    /// The last asked for stands last.
    kept: Mutex<Vec<(Uuid, Arc<Prepared>)>>,
    /// Held while one is computed: one at a time, however many ask.
    turn: Mutex<()>,
}

impl PreparedKept {
    fn get(&self, id: Uuid) -> Option<Arc<Prepared>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(other, _)| *other == id)?;
        let found = kept.remove(place);
        kept.push(found.clone());
        Some(found.1)
    }

    fn put(&self, id: Uuid, prepared: &Arc<Prepared>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push((id, Arc::clone(prepared)));
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }
}

impl Look<'_> {
    /// A finished run of a composite index, computed again. Within the office only: nothing in it is hidden.
    pub(super) fn prepared(&mut self, run: &Run) -> Result<Arc<Prepared>, Refusal> {
        if let Some(known) = self.prepared.get(run.id) {
            return Ok(known);
        }
        let _turn = self.prepared.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever had the turn before may have wanted the same.
        if let Some(known) = self.prepared.get(run.id) {
            return Ok(known);
        }
        let prepared = Arc::new(composite::prepare(self.db, run).map_err(unprepared)?);
        self.prepared.put(run.id, &prepared);
        Ok(prepared)
    }
}

/// It could be computed once, so whatever is not the store's fault is nobody's business but the log's.
fn unprepared(error: RunError) -> Refusal {
    match error {
        RunError::Store(error) => error.into(),
        RunError::Load(error) => error.into(),
        fault => Refusal::internal(fault),
    }
}
