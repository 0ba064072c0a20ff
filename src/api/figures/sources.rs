//! Which run a query means, and what the caller may see of it: the same for figures of every kind.

use uuid::Uuid;

use crate::api::collect::responses::uuid;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Code;
use crate::office::Refusal;
use crate::office::editions::is_known;
use crate::store::Db;
use crate::store::editions::{self, Edition, EditionState};
use crate::store::runs::{self, Run, RunState};
use crate::unit::{Registry, UnitId};

/// Exactly one of an edition, a run, or the latest published edition of an index.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'q> {
    /// An edition's code.
    pub edition: Option<&'q str>,
    /// A run's id.
    pub run: Option<&'q str>,
    /// An index's code.
    pub index: Option<&'q str>,
    /// With `index`: the latest of this wave, or of this version of a composite index.
    pub period: Option<&'q str>,
}

/// A run with what the caller may see of it.
pub struct Source {
    /// The run.
    pub run: Run,
    /// Its edition, if it has one.
    pub edition: Option<Edition>,
    /// What the caller may see.
    pub view: View,
}

impl Source {
    /// The state of the edition; of a run without one, the run's.
    #[must_use]
    pub fn state(&self) -> &'static str {
        self.edition.as_ref().map_or(self.run.state.as_str(), |edition| edition.state.as_str())
    }
}

/// What the caller may see of a run's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Everything, hidden figures too.
    Office,
    /// Everything but hidden figures.
    Public,
    /// The same, of one unit and all below it.
    Own(UnitId),
}

impl View {
    /// Whether figures of a unit are shown; those of no unit are not an agency's own.
    #[must_use]
    pub fn shows(self, unit: Option<i32>, units: &Registry) -> bool {
        let Self::Own(root) = self else { return true };
        unit.is_some_and(|id| units.is_within(UnitId(id), root))
    }
}

/// The run that is asked for, and what the caller may see of it. What one may not see is not there.
///
/// # Errors
/// `query-invalid` for none or several; `not-found`; of a run 401, 403, and `wrong-state` before it is done.
pub fn source(db: &mut Db, actor: &Actor, asked: Asked<'_>) -> Result<Source, Refusal> {
    let edition = match (asked.edition, asked.run, asked.index) {
        (Some(code), None, None) => editions::find(db, code)?,
        (None, None, Some(index)) => editions::list(db, Some(EditionState::Published))?
            .into_iter()
            .filter(|edition| edition.index_code == index && asked.period.is_none_or(|period| period == of(edition)))
            .max_by_key(|edition| edition.published_at),
        (None, Some(id), None) => return run(db, actor, uuid(id)?),
        _ => {
            let (vi, en) = ("Cần đúng một trong: edition, run, index", "Exactly one of edition, run and index is needed");
            return Err(Refusal::new(Code::QueryInvalid).detail(vi, en));
        }
    };
    let edition = edition.filter(|edition| is_known(edition, actor)).ok_or_else(Refusal::not_found)?;
    let view = match edition.state {
        EditionState::Published => View::Public,
        EditionState::Withdrawn => {
            return Err(Refusal::not_found().detail("Ấn bản này đã bị rút", "The edition was withdrawn"));
        }
        EditionState::Embargoed if actor.can(Action::ReadRuns) => View::Public,
        // An agency's key always has a unit; one without sees nothing rather than everything.
        EditionState::Embargoed => View::Own(UnitId(actor.holder().and_then(|holder| holder.unit).ok_or_else(Refusal::not_found)?)),
    };
    Ok(Source { run: runs::get(db, edition.run_id)?, edition: Some(edition), view })
}

/// What an edition is of: its wave, or the version of its composite index.
fn of(edition: &Edition) -> &str {
    edition.wave_code.as_deref().unwrap_or(&edition.index_version)
}

fn run(db: &mut Db, actor: &Actor, id: Uuid) -> Result<Source, Refusal> {
    actor.may(Action::ReadRuns)?;
    let run = runs::get(db, id)?;
    if matches!(run.state, RunState::Queued | RunState::Running | RunState::Cancelled | RunState::Failed) {
        return Err(Refusal::new(Code::WrongState).with("state", run.state.as_str()));
    }
    let edition = editions::of_run(db, id)?;
    Ok(Source { run, edition, view: View::Office })
}
