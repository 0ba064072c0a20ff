//! What lies on whose desk: the steps that somebody may take on a run, and what was done with it so far.

use serde_json::Value;
use uuid::Uuid;

use super::{Described, another_person, release};
use crate::office::{Action, Look, Refusal};
use crate::store::audit::{self, Filter};
use crate::store::composites;
use crate::store::runs::{Run, RunState};
use crate::store::schemas::IndexKind;
use crate::words::{Said, named};

/// What the audit log calls the sending back of a run.
pub(super) const SENT_BACK: &str = "run.return";

/// So many lines of a run's history are told. A run has a few.
const HISTORY: i64 = 100;

named! {
    /// A step that people take on a run.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum RunStep {
        /// Calls it off before it is done.
        Cancel = "cancel",
        /// Puts a draft forward.
        Submit = "submit",
        /// Agrees with what another put forward.
        Approve = "approve",
        /// Gives it back to those who made it.
        SendBack = "return",
        /// Makes its edition public.
        Publish = "publish",
        /// Takes it back.
        Withdraw = "withdraw",
    }
}

impl RunStep {
    /// What needs permission.
    #[must_use]
    pub fn action(self) -> Action {
        match self {
            Self::Cancel | Self::Submit => Action::Compute,
            Self::Approve | Self::SendBack | Self::Publish | Self::Withdraw => Action::Publish,
        }
    }

    /// Whether a run in this state can be taken further by it.
    #[must_use]
    pub fn leads_from(self, run: &Run) -> bool {
        match self {
            Self::Cancel => matches!(run.state, RunState::Queued | RunState::Running),
            Self::Submit => run.state == RunState::Draft && !run.preview,
            Self::Approve | Self::SendBack => run.state == RunState::Submitted,
            Self::Publish => run.state == RunState::Approved,
            Self::Withdraw => matches!(run.state, RunState::Submitted | RunState::Approved | RunState::Published),
        }
    }
}

/// A state in a word.
#[must_use]
pub fn word(state: RunState) -> Said {
    let (vi, en) = match state {
        RunState::Queued => ("chờ tính", "queued"),
        RunState::Running => ("đang tính", "running"),
        RunState::Cancelled => ("đã hủy", "cancelled"),
        RunState::Failed => ("không tính được", "failed"),
        RunState::Draft => ("bản thảo", "draft"),
        RunState::Submitted => ("đã trình", "submitted"),
        RunState::Approved => ("đã duyệt", "approved"),
        RunState::Published => ("đã công bố", "published"),
        RunState::Withdrawn => ("đã rút", "withdrawn"),
    };
    Said::new(vi, en)
}

/// The step that a run waits for; none of one that is under way, over, or not to go further.
#[must_use]
pub fn waits_for(run: &Run) -> Option<RunStep> {
    [RunStep::Submit, RunStep::Approve, RunStep::Publish].into_iter().find(|step| step.leads_from(run))
}

/// Whether the actor may take a step on a run as it is now: `None` where it is not theirs or not the time; else why it would be refused, if
/// it would.
///
/// # Errors
/// Those of the store.
pub fn may_take(look: &mut Look<'_>, run: &Run, step: RunStep) -> Result<Option<Result<(), Refusal>>, Refusal> {
    if !look.actor.can(step.action()) || !step.leads_from(run) {
        return Ok(None);
    }
    let found = match step {
        RunStep::Approve => another_person(look, run.id, RunState::Submitted).and_then(|()| release::check_approval(look, run, false)),
        RunStep::Publish => another_person(look, run.id, RunState::Approved).and_then(|()| may_be_published(look, run)),
        RunStep::Cancel | RunStep::Submit | RunStep::SendBack | RunStep::Withdraw => Ok(()),
    };
    match found {
        Err(refusal) if refusal.code().status() >= 500 => Err(refusal),
        found => Ok(Some(found)),
    }
}

fn may_be_published(look: &mut Look<'_>, run: &Run) -> Result<(), Refusal> {
    release::check(look, run)?;
    let open = if run.kind == IndexKind::Composite { composites::unpublished_survey(look.db, run.id)? } else { None };
    match open {
        Some(survey) => {
            let run = run.id.to_string();
            Err(crate::store::StoreError::Unpublished { run, survey: survey.to_string() }.into())
        }
        None => Ok(()),
    }
}

/// The runs that wait for somebody or are under way, by what they wait for, the oldest first.
///
/// # Errors
/// Those of the store.
pub fn open(look: &mut Look<'_>, limit: i64) -> Result<Vec<Described>, Refusal> {
    let mut found = Vec::new();
    for state in [RunState::Approved, RunState::Submitted, RunState::Draft, RunState::Running, RunState::Queued] {
        let mut rows = super::list(look, &super::ListWish { state: Some(state), limit, ..super::ListWish::default() })?;
        rows.reverse();
        found.extend(rows);
    }
    Ok(found)
}

/// What somebody did with a run.
#[derive(Debug, Clone)]
pub struct Done {
    /// When, µs UTC.
    pub at: i64,
    /// The name in the record.
    pub actor: String,
    /// The person, where it is known.
    pub person: Option<String>,
    /// What, as the audit log has it: `run.approve`.
    pub action: String,
    /// Why, where a reason was given.
    pub reason: Option<String>,
}

impl Done {
    /// Whether the run was sent back.
    #[must_use]
    pub fn is_sending_back(&self) -> bool {
        self.action == SENT_BACK
    }

    /// What was done, in a word.
    #[must_use]
    pub fn said(&self) -> Said {
        let (vi, en) = match self.action.as_str() {
            "run.create" => ("bắt đầu tính", "started"),
            "run.cancel" => ("hủy", "called off"),
            "run.submit" => ("trình duyệt", "submitted"),
            "run.approve" => ("duyệt", "approved"),
            SENT_BACK => ("trả lại", "sent back"),
            "run.publish" => ("công bố", "published"),
            "run.withdraw" => ("rút", "withdrawn"),
            other => return Said::new(other.to_owned(), other.to_owned()),
        };
        Said::new(vi, en)
    }
}

/// What was done with a run, the first first: its lines of the audit log.
///
/// # Errors
/// `not-found`.
pub fn history(look: &mut Look<'_>, id: Uuid) -> Result<Vec<Done>, Refusal> {
    look.may(Action::ReadRuns)?;
    let mut lines = audit::list(look.db, &Filter { object: Some(id.to_string()), ..Filter::default() }, HISTORY)?;
    lines.reverse();
    let done = |line: audit::Line| {
        let detail: Value = serde_json::from_str(&line.detail).unwrap_or_default();
        let text = |name: &str| detail.get(name).and_then(Value::as_str).map(str::to_owned);
        Done { at: line.at, actor: line.actor, person: text("person"), action: line.action, reason: text("note") }
    };
    Ok(lines.into_iter().filter(|line| line.action.starts_with("run.")).map(done).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_word_of_its_own_and_every_step_a_name() {
        let states: Vec<RunState> = RunState::NAMES.iter().map(|name| RunState::try_from(*name).unwrap()).collect();
        let words: std::collections::HashSet<String> = states.iter().map(|state| word(*state).vi.into_owned()).collect();
        assert_eq!(words.len(), states.len());
        for step in RunStep::ALL {
            assert_eq!(RunStep::parse(step.as_str()), Some(step));
        }
    }
}
