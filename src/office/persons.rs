//! Persons: an admin invites them, another confirms, and they enrol themselves, so that nobody else knows what they log in with.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::keys::named;
use super::secret::{self, NewSecret};
use super::{Act, Action, Actor, Code, Look, Office, Refusal, Role, Standing, password, proposals, totp};
use crate::response::DAY;
use crate::store::accounts;
use crate::store::people::{self, NewPerson, Person};
use crate::store::proposals::{Proposal, ProposalKind};
use crate::words::Finding;
use crate::words::encode::base32;

/// How long an invitation is open: three days, µs.
const OPEN: i64 = 3 * DAY;

/// A person to invite, or to give other roles.
#[derive(Debug, Clone)]
pub struct InviteWish {
    /// What people call them, which they log in by.
    pub name: String,
    /// The roles that they may log in as.
    pub roles: Vec<Role>,
    /// The unit that they are bound to, as code list and code.
    pub unit: Option<(String, String)>,
}

/// What came of a wish to invite.
#[derive(Debug)]
pub enum Invitation {
    /// The person may enrol with this code.
    Sent { person: Person, code: String },
    /// It is proposed: another person must confirm it.
    Proposed {
        proposal: Proposal,
        /// The first half of the code, which opens nothing.
        half: String,
    },
}

/// An invitation as it waits.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    roles: String,
    unit_id: Option<i32>,
    half: String,
}

/// What a person enrols with.
#[derive(Clone)]
pub struct EnrolWish {
    pub login: String,
    /// The code of the invitation.
    pub code: String,
    pub password: String,
}

/// What a person gets who enrolled: for an authenticator, shown once.
pub struct Enrolled {
    /// The secret in base32.
    pub secret: String,
    /// The same as an address.
    pub address: String,
}

/// The roles that a person may log in as.
#[must_use]
pub fn roles(person: &Person) -> Vec<Role> {
    person.roles.split(',').filter_map(Role::parse).collect()
}

/// Invites a person; the operator of the machine at once, an admin by a proposal. Of one who is known the roles change with it, and what they
/// log in with when they enrol.
///
/// # Errors
/// `body-invalid` for no role or one that nobody logs in as, for a unit that does not exist, for an agency without one, and for a person who is
/// disabled.
pub fn invite(act: &mut Act<'_>, wish: &InviteWish) -> Result<Invitation, Refusal> {
    let holder = act.may(Action::KeepKeys)?.clone();
    named(act, &wish.name, "/name")?;
    let refused = |at: &'static str, code, vi: &'static str, en: &'static str| {
        Err(Refusal::because(Code::BodyInvalid, Finding::error(at, code, vi, en)))
    };
    if wish.roles.is_empty() || !wish.roles.iter().all(|role| role.logs_in()) {
        let (vi, en) = (
            "Cần ít nhất một vai trò đăng nhập được: collector, agency, statistician, publisher, auditor, admin",
            "At least one role that persons log in as is needed: collector, agency, statistician, publisher, auditor, admin",
        );
        return refused("/roles", "role-unknown", vi, en);
    }
    if wish.unit.is_none() && wish.roles.contains(&Role::Agency) {
        let (vi, en) = ("Tài khoản của cơ quan phải gắn với một đơn vị", "An agency's account must be bound to a unit");
        return refused("/unit", "missing-member", vi, en);
    }
    if people::find(act.db, &wish.name)?.is_some_and(|known| known.disabled_at.is_some()) {
        return refused("/name", "person-disabled", "Người này đã bị ngừng quyền", "That person is disabled");
    }
    let unit_id = match &wish.unit {
        None => None,
        Some((list, code)) => match act.units()?.find(list, code, None).map(|unit| unit.id.0) {
            Some(id) => Some(id),
            None => return refused("/unit", "unit-unknown", "Danh mục không có đơn vị này", "The list has no such unit"),
        },
    };
    let roles = wish.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(",");
    let NewSecret { text, hash } = NewSecret::generate().map_err(Refusal::internal)?;
    if holder.standing == Standing::Operator {
        let person = open(act, &wish.name, (&roles, unit_id), &hash, &holder.actor())?;
        return Ok(Invitation::Sent { person, code: text });
    }
    let (half, _) = secret::halves(&text);
    let waiting = Waiting { roles: roles.clone(), unit_id, half: half.clone() };
    let proposal = proposals::make(act, ProposalKind::Invite, wish.name.trim(), &json!(waiting), &roles)?;
    Ok(Invitation::Proposed { proposal, half })
}

/// Invites as one person proposed and the actor confirms; gives the second half of the code.
pub(super) fn confirmed(act: &mut Act<'_>, proposal: &Proposal) -> Result<String, Refusal> {
    let Waiting { roles, unit_id, half } = serde_json::from_str(&proposal.detail).map_err(Refusal::internal)?;
    let (_, other) = secret::halves(&NewSecret::generate().map_err(Refusal::internal)?.text);
    let hash = secret::hash(&format!("{half}{other}"));
    open(act, &proposal.object, (&roles, unit_id), &hash, &proposal.proposed_by)?;
    Ok(other)
}

/// Keeps a person and the code by which they enrol, with its line of the audit log.
fn open(act: &mut Act<'_>, name: &str, (roles, unit_id): (&str, Option<i32>), hash: &[u8; 32], by: &str) -> Result<Person, Refusal> {
    let now = act.now;
    let person = match people::find(act.db, name)? {
        Some(known) => people::grant(act.db, known.id, roles, unit_id)?,
        None => people::create(act.db, &NewPerson { name, roles, unit_id, created_at: now, created_by: by })?,
    };
    accounts::invite(act.db, person.id, hash, now.saturating_add(OPEN))?;
    act.note("person.invite", &person.login, roles)?;
    Ok(person)
}

/// Every person, in the order in which they came.
///
/// # Errors
/// Those of the store.
pub fn list(look: &mut Look<'_>) -> Result<Vec<Person>, Refusal> {
    look.may(Action::KeepKeys)?;
    Ok(people::list(look.db)?)
}

/// Whether somebody is the only one left who can log in as an admin: one who never enrolled cannot.
fn is_last_admin(look: &mut Look<'_>, id: i32) -> Result<bool, Refusal> {
    let mut admins = Vec::new();
    for person in people::list(look.db)? {
        let may = person.disabled_at.is_none() && roles(&person).contains(&Role::Admin);
        if may && accounts::find(look.db, person.id)?.is_some_and(|kept| kept.password_hash.is_some()) {
            admins.push(person.id);
        }
    }
    Ok(admins == [id])
}

/// Ends what a person may do: their keys open nothing, and their sessions end. The last admin who can log in stays, but for the operator.
///
/// # Errors
/// `not-found`, `wrong-state` for the last admin.
pub fn disable(act: &mut Act<'_>, id: i32) -> Result<Person, Refusal> {
    let holder = act.may(Action::KeepKeys)?;
    if holder.standing != Standing::Operator && is_last_admin(act, id)? {
        let (vi, en) = (
            "Đây là quản trị viên cuối cùng đăng nhập được: hãy mời người khác trước",
            "This is the last administrator who can log in: invite another first",
        );
        return Err(Refusal::new(Code::WrongState).detail(vi, en));
    }
    let now = act.now;
    let person = people::disable(act.db, id, now)?;
    accounts::end_all(act.db, id, now)?;
    act.note("person.disable", &person.login, "")?;
    Ok(person)
}

/// Enrols a person by the code of their invitation. It takes its time, and the same for everyone.
///
/// # Errors
/// `body-invalid` for a password that is short or easily guessed; `login-refused` for whatever is wrong with name or code.
pub fn enrol(office: &Office, wish: &EnrolWish) -> Result<Enrolled, Refusal> {
    if let Some(fault) = password::fault(&wish.password, &wish.login) {
        return Err(Refusal::because(Code::BodyInvalid, fault));
    }
    let anyone = Actor::anyone();
    let known = office.look(&anyone, |look| {
        let person = people::find(look.db, &wish.login)?.filter(|person| person.disabled_at.is_none());
        let kept = person.as_ref().map(|person| accounts::find(look.db, person.id)).transpose()?.flatten();
        Ok(person.zip(kept))
    })?;
    let hash = password::hash(&wish.password).map_err(Refusal::internal)?;
    let mut secret = [0; totp::SECRET];
    getrandom::fill(&mut secret).map_err(Refusal::internal)?;
    let typed = secret::hash(wish.code.trim());
    let now = office.now();
    let right =
        |kept: &accounts::Credential| now < kept.enrol_until && kept.enrol_hash.as_ref().is_some_and(|kept| password::equal(kept, &typed));
    let refused = || Refusal::new(Code::LoginRefused);
    let (person, _) = known.filter(|(_, kept)| right(kept)).ok_or_else(refused)?;
    office.act(&anyone, |act| {
        // Of two who enrol at the same moment the later one counts; a code that was used meanwhile is used.
        let kept = accounts::find(act.db, person.id)?.filter(|kept| right(kept)).ok_or_else(refused)?;
        accounts::enrol(act.db, kept.person_id, &hash, &secret, now)?;
        act.note("person.enrol", &person.login, "")
    })?;
    Ok(Enrolled { secret: base32(&secret), address: totp::address(&person.login, &secret) })
}
