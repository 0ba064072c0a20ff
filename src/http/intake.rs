//! Taking a response in over HTTP, for every face: looking up what it is judged by, limits, waiting for the commit, counting.
//!
//! A submission is settled in two steps, so that a batch can queue all of its responses before it waits for the first:
//! [`Intake::send`] checks and queues, [`Sent::settle`] waits for the commit. [`Intake::take`] does both.

use std::net::IpAddr;

use uuid::Uuid;

use crate::http::metrics::Intake as Count;
use crate::http::state::AppState;
use crate::office::intake::{self, Taken, When};
use crate::office::{Actor, Code, ReceiptCode, Refusal};
use crate::store::responses::ResponseState;
use crate::store::writer::{Pending, WriteError};
use crate::words::Finding;

/// Whoever sends, and how findings are dealt with.
pub struct Intake<'a> {
    /// What handlers share.
    pub state: &'a AppState,
    /// Who sends.
    pub actor: &'a Actor,
    /// Whether answers with errors are kept, marked as such, or refused.
    pub keep_invalid: bool,
    /// Where it comes from; of a batch, whose key is known, it does not matter.
    pub peer: Option<IpAddr>,
    /// The code in the receipt of the response that is corrected, if it was shown.
    pub code: Option<ReceiptCode>,
}

/// A submission that was queued, or that was known already.
pub enum Sent {
    /// It waits for its commit.
    Queued {
        /// Where the outcome arrives.
        pending: Pending,
        /// What was found.
        findings: Vec<Finding>,
    },
    /// It needed no queue.
    Known(Taken),
}

impl Intake<'_> {
    /// Checks a submission and queues it.
    ///
    /// # Errors
    /// Each row of the contract that is no receipt.
    pub async fn send(&self, id: Uuid, body: Vec<u8>) -> Result<Sent, Refusal> {
        let sent = self.try_send(id, body).await;
        if let Err(problem) = &sent {
            count_refusal(self.state, problem);
        }
        sent
    }

    /// Checks a submission, queues it and waits for its commit. Who guesses at invitations is slowed as who guesses at keys.
    ///
    /// # Errors
    /// Each row of the contract that is no receipt.
    pub async fn take(&self, id: Uuid, body: Vec<u8>) -> Result<Taken, Refusal> {
        let taken = match self.send(id, body).await {
            Ok(sent) => sent.settle(self.state).await,
            Err(refusal) => Err(refusal),
        };
        if taken.as_ref().is_err_and(|refusal| refusal.code() == Code::InvitationInvalid)
            && let Some(peer) = self.peer
        {
            self.state.limit(|limiter| limiter.failure(peer))?;
        }
        taken
    }

    async fn try_send(&self, id: Uuid, body: Vec<u8>) -> Result<Sent, Refusal> {
        let (state, actor) = (self.state, self.actor);
        let sent = intake::Sent { code: self.code, ..intake::read(id, body)? };
        let field = state.wave(&sent.submission.wave).await?.ok_or_else(|| Refusal::new(Code::WaveUnknown))?;
        let survey = state.survey(&sent.submission.survey, &sent.submission.version).await?;
        let survey = survey.ok_or_else(|| Refusal::new(Code::SchemaVersionUnknown))?;
        let units = state.units().await?;
        let keep_invalid = self.keep_invalid;
        let secret = state.office().store().secret();
        let act = intake::Intake { actor, field: &field, survey: &survey, units: &units, secret, now: state.now(), keep_invalid };
        let admitted = act.admit(&sent.submission)?;
        if actor.holder().is_none()
            && sent.invitation.is_none()
            && let Some(peer) = self.peer
        {
            state.limit(|limiter| limiter.answer(peer, (field.wave.id, admitted.0.unit_id)))?;
        }
        if admitted.2 != When::Open {
            let (id, sha256) = (sent.id, sent.sha256);
            if let Some(outcome) = state.look(actor.clone(), move |look| intake::known(look, id, sha256)).await? {
                return intake::settle(outcome, Vec::new()).map(Sent::Known);
            }
        }
        let (pending, findings) = act.judge(sent, admitted)?.queue(state.writer())?;
        Ok(Sent::Queued { pending, findings })
    }
}

impl Sent {
    /// Waits for the commit.
    ///
    /// # Errors
    /// Each row of the contract that is no receipt.
    pub async fn settle(self, state: &AppState) -> Result<Taken, Refusal> {
        let (pending, findings) = match self {
            Self::Known(taken) => {
                state.metrics().taken(Count::Duplicate);
                return Ok(taken);
            }
            Self::Queued { pending, findings } => (pending, findings),
        };
        // A closed channel: the writer ended before it came to this one.
        let outcome = pending.await.unwrap_or_else(|_| Err(WriteError::Unavailable("the writer has stopped".into())));
        let taken = intake::answered(outcome, findings);
        match &taken {
            Ok(Taken { replayed: true, .. }) => state.metrics().taken(Count::Duplicate),
            Ok(taken) => state.metrics().taken(match taken.receipt.state {
                ResponseState::Valid => Count::Accepted,
                ResponseState::Invalid => Count::Invalid,
                ResponseState::Quarantined => Count::Quarantined,
            }),
            Err(problem) => count_refusal(state, problem),
        }
        taken
    }
}

fn count_refusal(state: &AppState, problem: &Refusal) {
    let kept = problem.members().get("kept").is_some_and(|kept| *kept == true);
    let shed = problem.code().status() >= 500;
    state.metrics().taken(match (shed, kept) {
        (true, _) => Count::Shed,
        (false, true) => Count::Duplicate,
        (false, false) => Count::Rejected,
    });
}
