//! Proposals: what matters takes two persons. One proposes, another confirms, and it is done with the confirmation.

use serde_json::Value;

use super::{Act, Action, Code, Holder, Look, Refusal, keys, persons, quality, responses};
use crate::store::people;
use crate::store::proposals::{self, Decider, NewProposal, Proposal, ProposalKind, ProposalState};

/// What may be proposed about responses, and about persons.
const OF_RESPONSES: [ProposalKind; 2] = [ProposalKind::Exclude, ProposalKind::Lift];
const OF_PERSONS: [ProposalKind; 2] = [ProposalKind::Key, ProposalKind::Invite];

/// Which proposals to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListWish {
    /// In this state.
    pub state: Option<ProposalState>,
    /// Only those before this number: the cursor.
    pub before: Option<i32>,
    /// So many at most.
    pub limit: i64,
}

/// A proposal that was confirmed just now.
#[derive(Debug)]
pub struct Confirmed {
    pub proposal: Proposal,
    /// The second half of a key or an invitation, which is stored nowhere. Whoever proposed has the first.
    pub half: Option<String>,
}

/// Makes a proposal. Whether the actor may was asked by whoever calls.
pub(super) fn make(act: &mut Act<'_>, kind: ProposalKind, object: &str, detail: &Value, reason: &str) -> Result<Proposal, Refusal> {
    let (actor, person, now) = (act.actor.name(), act.actor.holder().and_then(Holder::person), act.now);
    let by = Decider { actor: &actor, person, now };
    let made = proposals::create(act.db, &NewProposal { kind, object, detail: &detail.to_string(), reason, by })?;
    act.note(&format!("{}.propose", kind.as_str()), object, &format!("proposal {}: {reason}", made.id))?;
    Ok(made)
}

/// Proposals that the actor may see, the latest first.
///
/// # Errors
/// Those of the store.
pub fn list(look: &mut Look<'_>, wish: &ListWish) -> Result<Vec<Proposal>, Refusal> {
    look.may(Action::ReadProposals)?;
    let kinds = visible(look);
    let (mut own, mut before) = (Vec::new(), wish.before);
    let wanted = usize::try_from(wish.limit).unwrap_or(0);
    loop {
        let found = proposals::list(look.db, &kinds, wish.state, before, wish.limit)?;
        let last = found.len() < wanted;
        before = found.last().map(|proposal| proposal.id);
        for proposal in found {
            if is_own(look, &proposal)? {
                own.push(proposal);
            }
        }
        if last || own.len() >= wanted {
            own.truncate(wanted);
            return Ok(own);
        }
    }
}

/// A proposal.
///
/// # Errors
/// `not-found`, also for one that the actor may not see.
pub fn get(look: &mut Look<'_>, id: i32) -> Result<Proposal, Refusal> {
    look.may(Action::ReadProposals)?;
    let found = proposals::get(look.db, id)?;
    if visible(look).contains(&found.kind) && is_own(look, &found)? { Ok(found) } else { Err(Refusal::not_found()) }
}

/// The kinds of proposals that the actor may see: an admin knows nothing of responses, and a statistician nothing of keys.
fn visible(look: &Look<'_>) -> Vec<ProposalKind> {
    let mut kinds = Vec::new();
    if look.actor.can(Action::ConfirmExclusion) || look.actor.can(Action::ListResponses) {
        kinds.extend(OF_RESPONSES);
    }
    if look.actor.can(Action::ConfirmPeople) {
        kinds.extend(OF_PERSONS);
    }
    kinds
}

/// Whether a proposal is about a unit within the one that the actor is bound to.
fn is_own(look: &mut Look<'_>, proposal: &Proposal) -> Result<bool, Refusal> {
    if look.actor.unit().is_none() || OF_PERSONS.contains(&proposal.kind) {
        return Ok(true);
    }
    let Some(which) = responses::of_object(&proposal.object) else { return Ok(false) };
    match responses::in_reach(look, which) {
        Ok(_) => Ok(true),
        Err(refusal) if refusal.code() == Code::NotFound => Ok(false),
        Err(other) => Err(other),
    }
}

/// The proposal, of one who may decide about it.
fn to_decide(act: &mut Act<'_>, id: i32) -> Result<(Proposal, Holder), Refusal> {
    let proposal = get(act, id)?;
    let action = if OF_PERSONS.contains(&proposal.kind) { Action::ConfirmPeople } else { Action::ConfirmExclusion };
    let holder = act.may(action)?.clone();
    Ok((proposal, holder))
}

/// Whether the actor could confirm an open proposal: it is another's, and not about the actor.
///
/// # Errors
/// Those of the store.
pub fn may_confirm(look: &mut Look<'_>, proposal: &Proposal) -> Result<bool, Refusal> {
    let action = if OF_PERSONS.contains(&proposal.kind) { Action::ConfirmPeople } else { Action::ConfirmExclusion };
    let Some(holder) = look.actor.holder().filter(|holder| holder.can(action)).cloned() else { return Ok(false) };
    Ok(proposal.state == ProposalState::Open && !is_own_matter(look, proposal, &holder)?)
}

/// Whether somebody made a proposal, or is whom it is about.
fn is_own_matter(look: &mut Look<'_>, proposal: &Proposal, holder: &Holder) -> Result<bool, Refusal> {
    let about = match proposal.kind {
        ProposalKind::Key | ProposalKind::Invite => people::find(look.db, &proposal.object)?.map(|person| person.id),
        ProposalKind::Exclude | ProposalKind::Lift => None,
    };
    let is_about = about.is_some() && about == holder.person();
    Ok(is_about || holder.is_same(&proposal.proposed_by, proposal.proposed_person))
}

/// Confirms what another person proposed: it is done now.
///
/// # Errors
/// `same-person` for whoever proposed it and for whom it is about, `wrong-state` if somebody has decided, `not-found`.
pub fn confirm(act: &mut Act<'_>, id: i32) -> Result<Confirmed, Refusal> {
    let (proposal, holder) = to_decide(act, id)?;
    let open = proposal.state == ProposalState::Open;
    if open && is_own_matter(act, &proposal, &holder)? {
        return Err(Refusal::new(Code::SamePerson).detail(
            "Người đề nghị, và người được đề nghị, không tự xác nhận: một người khác phải xác nhận",
            "Neither whoever proposed it nor whom it is about confirms it: another person must",
        ));
    }
    let decided = decide(act, id, ProposalState::Confirmed, &holder)?;
    let half = match proposal.kind {
        ProposalKind::Exclude => responses::excluded(act, &proposal).map(|()| None)?,
        ProposalKind::Lift => quality::lifted(act, &proposal).map(|()| None)?,
        ProposalKind::Key => Some(keys::confirmed(act, &proposal)?),
        ProposalKind::Invite => Some(persons::confirmed(act, &proposal)?),
    };
    Ok(Confirmed { proposal: decided, half })
}

/// Rejects a proposal; whoever made it may take it back.
///
/// # Errors
/// `wrong-state` if somebody has decided, `not-found`.
pub fn reject(act: &mut Act<'_>, id: i32) -> Result<Proposal, Refusal> {
    let (_, holder) = to_decide(act, id)?;
    decide(act, id, ProposalState::Rejected, &holder)
}

fn decide(act: &mut Act<'_>, id: i32, to: ProposalState, holder: &Holder) -> Result<Proposal, Refusal> {
    let (actor, now) = (holder.actor(), act.now);
    let decided = proposals::decide(act.db, id, to, Decider { actor: &actor, person: holder.person(), now })?;
    let verb = if to == ProposalState::Confirmed { "confirm" } else { "reject" };
    let note = format!("proposal {id} of {}", decided.proposed_by);
    act.note(&format!("{}.{verb}", decided.kind.as_str()), &decided.object, &note)?;
    Ok(decided)
}
