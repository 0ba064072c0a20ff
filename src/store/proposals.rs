//! Proposals: what one person asks for and another confirms. Each is decided once.

use diesel::prelude::*;

use super::columns::named_enum;
use super::db::Db;
use super::error::{Result, StoreError};
use super::people_tables::proposal;

named_enum! {
    /// What is proposed.
    "kind of proposal" ProposalKind {
        /// To leave a response out of the runs to come.
        Exclude = "response.exclude",
        /// To let flags of a response count no more.
        Lift = "flag.lift",
        /// To issue a key that decides.
        Key = "key.issue",
        /// To invite a person, or to give them other roles.
        Invite = "person.invite",
    }
}

named_enum! {
    /// What became of a proposal.
    "state of a proposal" ProposalState {
        /// Nobody has decided.
        Open = "open",
        /// Another person confirmed it: it is done.
        Confirmed = "confirmed",
        /// It will not be done.
        Rejected = "rejected",
    }
}

/// A proposal to make.
#[derive(Debug, Clone, Copy)]
pub struct NewProposal<'a> {
    pub kind: ProposalKind,
    /// To what: the id of a response, the name of a person.
    pub object: &'a str,
    /// What its confirmation needs, as JSON.
    pub detail: &'a str,
    /// Why.
    pub reason: &'a str,
    /// By whom.
    pub by: Decider<'a>,
}

/// Who proposes or decides, when.
#[derive(Debug, Clone, Copy)]
pub struct Decider<'a> {
    /// The name in the record.
    pub actor: &'a str,
    /// The person, if it is one.
    pub person: Option<i32>,
    /// µs UTC.
    pub now: i64,
}

/// A proposal as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = proposal)]
pub struct Proposal {
    pub id: i32,
    pub kind: ProposalKind,
    /// To what: the id of a response, the name of a person.
    pub object: String,
    /// What its confirmation needs, as JSON.
    pub detail: String,
    /// Why.
    pub reason: String,
    pub state: ProposalState,
    /// By whom.
    pub proposed_by: String,
    /// Which person that is.
    pub proposed_person: Option<i32>,
    /// When, µs UTC.
    pub proposed_at: i64,
    /// Who confirmed or rejected it.
    pub decided_by: Option<String>,
    /// Which person that is.
    pub decided_person: Option<i32>,
    /// When, µs UTC.
    pub decided_at: Option<i64>,
}

/// Keeps a proposal.
///
/// # Errors
/// [`StoreError::Conflict`] while the same is proposed already and nobody has decided.
pub fn create(db: &mut Db, new: &NewProposal<'_>) -> Result<Proposal> {
    db.write(|db| {
        let same = proposal::table
            .filter(proposal::state.eq(ProposalState::Open.as_str()))
            .filter(proposal::kind.eq(new.kind.as_str()))
            .filter(proposal::object.eq(new.object));
        let response = matches!(new.kind, ProposalKind::Exclude | ProposalKind::Lift);
        if response && same.count().get_result::<i64>(db)? > 0 {
            return Err(StoreError::conflict("proposal", format!("{} {}", new.kind.as_str(), new.object)));
        }
        let row = (
            proposal::kind.eq(new.kind.as_str()),
            proposal::object.eq(new.object),
            proposal::detail.eq(new.detail),
            proposal::reason.eq(new.reason),
            proposal::state.eq(ProposalState::Open.as_str()),
            proposal::proposed_by.eq(new.by.actor),
            proposal::proposed_person.eq(new.by.person),
            proposal::proposed_at.eq(new.by.now),
        );
        Ok(diesel::insert_into(proposal::table).values(row).returning(proposal::all_columns).get_result(db)?)
    })
}

/// The proposal of a number.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn get(db: &mut Db, id: i32) -> Result<Proposal> {
    let found = proposal::table.find(id).select(Proposal::as_select()).first(db).optional()?;
    found.ok_or_else(|| StoreError::not_found("proposal", id))
}

/// Proposals of some kinds, at most `limit`, the latest first; in one state or all; only those before the number `before`.
///
/// # Errors
/// [`StoreError::Database`].
pub fn list(db: &mut Db, kinds: &[ProposalKind], state: Option<ProposalState>, before: Option<i32>, limit: i64) -> Result<Vec<Proposal>> {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let mut all = proposal::table
        .filter(proposal::kind.eq_any(names))
        .order(proposal::id.desc())
        .limit(limit)
        .select(Proposal::as_select())
        .into_boxed();
    if let Some(state) = state {
        all = all.filter(proposal::state.eq(state.as_str()));
    }
    if let Some(before) = before {
        all = all.filter(proposal::id.lt(before));
    }
    Ok(all.load(db)?)
}

/// Confirms or rejects a proposal that nobody has decided. What its confirmation needed is forgotten.
///
/// # Errors
/// [`StoreError::WrongState`] if it was decided already; [`StoreError::NotFound`]; [`StoreError::Database`] for a confirmation by whoever
/// proposed it, which the table does not take.
pub fn decide(db: &mut Db, id: i32, to: ProposalState, by: Decider<'_>) -> Result<Proposal> {
    db.write(|db| {
        let open = proposal::table.filter(proposal::id.eq(id)).filter(proposal::state.eq(ProposalState::Open.as_str()));
        let values = (
            proposal::state.eq(to.as_str()),
            proposal::detail.eq("{}"),
            proposal::decided_by.eq(by.actor),
            proposal::decided_person.eq(by.person),
            proposal::decided_at.eq(by.now),
        );
        let changed = diesel::update(open).set(values).execute(db)?;
        let stored = get(db, id)?;
        if changed == 1 {
            return Ok(stored);
        }
        Err(StoreError::WrongState { what: "proposal", key: id.to_string(), state: stored.state.as_str() })
    })
}
