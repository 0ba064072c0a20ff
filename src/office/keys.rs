//! Keys: an admin issues and revokes them. A key's text is shown once.
//!
//! A key that decides belongs to a person, and two keys of one person are one person wherever two are needed. An admin issues keys of
//! devices, collectors and agencies at once; one that decides is proposed, and another person confirms it. Whoever proposed has the first
//! half of its text then and whoever confirmed the second, so that neither can use it: its person gets both.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::secret::{self, NewSecret};
use super::{Act, Action, Code, Holder, Look, Refusal, Role, Standing, Whose, proposals};
use crate::response::DAY;
use crate::store::keys::{self, Key, NewKey};
use crate::store::people::{self, Person};
use crate::store::proposals::{Proposal, ProposalKind};
use crate::table::is_hidden;
use crate::words::Finding;

/// A key to issue.
#[derive(Debug, Clone)]
pub struct KeyWish {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The unit it is bound to, as code list and code.
    pub unit: Option<(String, String)>,
    /// Whose it is. If nothing is said, the name of a key that decides stands for its person, and another is a device's or a service's.
    pub person: Option<String>,
    /// For how many days it opens anything; until it is revoked if nothing is said.
    pub days: Option<u32>,
}

/// The most days that a key may be issued for: ten years.
const MOST_DAYS: u32 = 3_652;
/// How exactly the last use is known: a key that is used all the time is written about every five minutes.
const USED: i64 = 300_000_000;

/// What came of a wish for a key.
#[derive(Debug)]
pub enum Answer {
    /// It is issued.
    Issued(Issued),
    /// It is proposed: another person must confirm it.
    Proposed {
        proposal: Proposal,
        /// The first half of its text, which opens nothing.
        half: String,
    },
}

/// A key that was issued just now.
#[derive(Debug)]
pub struct Issued {
    pub key: Key,
    /// Its text, which is stored nowhere.
    pub text: String,
}

/// A key that is proposed, as it waits.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    name: String,
    role: String,
    unit_id: Option<i32>,
    /// Of its text: 132 bits of 258, which open nothing.
    half: String,
    /// From the confirmation on.
    #[serde(default)]
    days: Option<u32>,
}

/// Issues a key, or proposes one that decides.
///
/// # Errors
/// `body-invalid` for a unit that does not exist, for an agency's key without one, for a person who is disabled, for a device's key
/// with a person, and for no days or more than ten years of them.
pub fn issue(act: &mut Act<'_>, wish: &KeyWish) -> Result<Answer, Refusal> {
    let holder = act.may(Action::KeepKeys)?.clone();
    named(act, &wish.name, "/name")?;
    if let Some(person) = &wish.person {
        named(act, person, "/person")?;
    }
    let unit_id = bound_unit(act, wish)?;
    if wish.days.is_some_and(|days| days == 0 || days > MOST_DAYS) {
        let (vi, en) = (format!("Số ngày từ 1 đến {MOST_DAYS}"), format!("From 1 to {MOST_DAYS} days"));
        return Err(Refusal::because(Code::BodyInvalid, Finding::error("/days", "out-of-bounds-range", vi, en)));
    }
    let owner = wish.person.as_ref().or(wish.role.decides().then_some(&wish.name));
    if let Some(owner) = owner {
        may_own(act, owner, wish.role)?;
    }
    if let Some(owner) = owner.filter(|_| wish.role.decides() && holder.standing != Standing::Operator) {
        let (half, _) = secret::halves(&NewSecret::generate().map_err(Refusal::internal)?.text);
        let waiting =
            Waiting { name: wish.name.clone(), role: wish.role.as_str().to_owned(), unit_id, half: half.clone(), days: wish.days };
        let reason = format!("{} for {}", wish.role.as_str(), wish.name);
        let proposal = proposals::make(act, ProposalKind::Key, owner, &json!(waiting), &reason)?;
        return Ok(Answer::Proposed { proposal, half });
    }
    let NewSecret { text, hash } = NewSecret::generate().map_err(Refusal::internal)?;
    let about = (wish.name.as_str(), wish.role.as_str(), unit_id, wish.days);
    let key = keep(act, about, owner.map(String::as_str), hash, &holder.actor())?;
    Ok(Answer::Issued(Issued { key, text }))
}

/// Issues a key that one person proposed and the actor confirms; gives the second half of its text.
pub(super) fn confirmed(act: &mut Act<'_>, proposal: &Proposal) -> Result<String, Refusal> {
    let Waiting { name, role, unit_id, half, days } = serde_json::from_str(&proposal.detail).map_err(Refusal::internal)?;
    let (_, other) = secret::halves(&NewSecret::generate().map_err(Refusal::internal)?.text);
    let hash = secret::hash(&format!("{half}{other}"));
    named(act, &name, "/name")?;
    keep(act, (&name, &role, unit_id, days), Some(&proposal.object), hash, &proposal.proposed_by)?;
    Ok(other)
}

/// Stores a key, with its line of the audit log.
pub(super) fn keep(
    act: &mut Act<'_>,
    (name, role, unit_id, days): (&str, &str, Option<i32>, Option<u32>),
    owner: Option<&str>,
    hash: [u8; 32],
    by: &str,
) -> Result<Key, Refusal> {
    let now = act.now;
    let person_id = owner.map(|owner| people::named(act.db, owner, now, by)).transpose()?.map(|person| person.id);
    let expires_at = days.map(|days| now.saturating_add(i64::from(days) * DAY));
    let (name, role, created_by) = (people::written(name), role.to_owned(), by.to_owned());
    let new = NewKey { name, role, hash, unit_id, created_at: now, created_by, person_id, expires_at };
    let key = keys::create(act.db, &new)?;
    act.note("key.create", &key.id.to_string(), &key.role)?;
    Ok(key)
}

/// Issues a key to somebody who asks for it by a session of their own.
pub(super) fn issue_to(act: &mut Act<'_>, name: &str, role: Role, unit_id: Option<i32>, whose: &Whose) -> Result<Issued, Refusal> {
    named(act, name, "/name")?;
    let NewSecret { text, hash } = NewSecret::generate().map_err(Refusal::internal)?;
    let by = act.actor.name();
    let key = keep(act, (name, role.as_str(), unit_id, None), Some(&whose.name), hash, &by)?;
    Ok(Issued { key, text })
}

/// The name of a key or a person stands in the audit log and in lists: it must be there, be read as it is written, and not be taken for another.
pub(super) fn named(look: &mut Look<'_>, name: &str, at: &'static str) -> Result<(), Refusal> {
    let refused = |code, vi: String, en: String| Err(Refusal::because(Code::BodyInvalid, Finding::error(at, code, vi, en)));
    let compared = people::login(name);
    if compared.is_empty() || name.trim().chars().count() > 100 {
        return refused(
            "out-of-bounds-length",
            "Tên phải có từ 1 đến 100 ký tự".to_owned(),
            "A name must have 1 to 100 characters".to_owned(),
        );
    }
    if name.chars().any(is_hidden) {
        let (vi, en) = ("Tên có ký tự ẩn hoặc điều khiển", "The name has a hidden or control character");
        return refused("forbidden-character", vi.to_owned(), en.to_owned());
    }
    let persons = people::list(look.db)?.into_iter().map(|person| person.name);
    let known = persons.chain(keys::list(look.db)?.into_iter().map(|key| key.name));
    let alike: Vec<String> = known.filter(|known| people::login(known) == compared).collect();
    let written = people::written(name);
    match alike.first().filter(|_| alike.iter().all(|known| people::written(known) != written)) {
        Some(known) => refused(
            "name-alike",
            format!("Đã có tên “{known}”, chỉ khác ở cách viết: hãy viết đúng như vậy, hoặc chọn tên khác"),
            format!("There is the name “{known}”, which differs in spelling alone: write it so, or take another"),
        ),
        None => Ok(()),
    }
}

/// Whether a person of that name may have a key of that role.
fn may_own(look: &mut Look<'_>, owner: &str, role: Role) -> Result<(), Refusal> {
    let refused =
        |code, vi: &'static str, en: &'static str| Err(Refusal::because(Code::BodyInvalid, Finding::error("/person", code, vi, en)));
    if role == Role::Device {
        return refused("device-has-no-person", "Khóa của thiết bị không thuộc về người nào", "A device's key belongs to no person");
    }
    match people::find(look.db, owner)? {
        Some(Person { disabled_at: Some(_), .. }) => refused("person-disabled", "Người này đã bị ngừng quyền", "That person is disabled"),
        _ => Ok(()),
    }
}

fn bound_unit(look: &mut Look<'_>, wish: &KeyWish) -> Result<Option<i32>, Refusal> {
    let refused = |code, vi: &str, en: &str| Refusal::because(Code::BodyInvalid, Finding::error("/unit", code, vi, en));
    match &wish.unit {
        None if wish.role == Role::Agency => {
            Err(refused("missing-member", "Khóa của cơ quan phải gắn với một đơn vị", "An agency's key must be bound to a unit"))
        }
        None => Ok(None),
        Some((list, code)) => {
            let unit = look.units()?.find(list, code, None).map(|unit| unit.id.0);
            let (vi, en) = (format!("Danh mục {list} không có đơn vị {code}"), format!("The list {list} has no unit {code}"));
            unit.map(Some).ok_or_else(|| refused("unit-unknown", &vi, &en))
        }
    }
}

/// Whoever holds a key, by the hash of its text, if it is valid: not revoked, not expired, nor its person disabled.
///
/// # Errors
/// Those of the store; `internal` for a role that this release does not know.
pub fn holder(look: &mut Look<'_>, hash: &[u8; 32]) -> Result<Option<Holder>, Refusal> {
    let now = look.now;
    let open = |key: &Key| key.revoked_at.is_none() && key.expires_at.is_none_or(|expires_at| now < expires_at);
    let Some(key) = keys::find_by_hash(look.db, hash)?.filter(open) else { return Ok(None) };
    let role = Role::parse(&key.role).ok_or_else(|| Refusal::internal(format!("key {} has the unknown role {}", key.id, key.role)))?;
    let person = key.person_id.map(|id| people::get(look.db, id)).transpose()?;
    // What decides and is nobody's opens nothing: whose steps would be compared?
    if person.as_ref().map_or(role.decides(), |person| person.disabled_at.is_some()) {
        return Ok(None);
    }
    if key.used_at.is_none_or(|used_at| now - used_at >= USED) {
        keys::used(look.db, key.id, now)?;
    }
    let person = person.map(|person| Whose { id: person.id, name: person.name });
    Ok(Some(Holder { key: Some(key.id), name: key.name, standing: Standing::Role(role), unit: key.unit_id, person }))
}

/// Every key, revoked ones among them, in the order of issue.
///
/// # Errors
/// Those of the store.
pub fn list(look: &mut Look<'_>) -> Result<Vec<Key>, Refusal> {
    look.may(Action::KeepKeys)?;
    Ok(keys::list(look.db)?)
}

/// Whether anything may send responses by a key that is not revoked: a device, or somebody who keys in.
///
/// # Errors
/// Those of the store.
pub fn has_senders(look: &mut Look<'_>) -> Result<bool, Refusal> {
    look.may(Action::ReadRuns)?;
    let sends =
        |key: &Key| key.revoked_at.is_none() && Role::parse(&key.role).is_some_and(|role| Action::SendBatch.roles().contains(&role));
    Ok(keys::list(look.db)?.iter().any(sends))
}

/// The names of persons by their numbers, for lists.
///
/// # Errors
/// Those of the store.
pub fn persons(look: &mut Look<'_>) -> Result<std::collections::HashMap<i32, String>, Refusal> {
    look.may(Action::KeepKeys)?;
    Ok(people::list(look.db)?.into_iter().map(|person| (person.id, person.name)).collect())
}

/// Revokes a key; one that is revoked keeps its first date.
///
/// # Errors
/// `not-found`.
pub fn revoke(act: &mut Act<'_>, id: i32) -> Result<Key, Refusal> {
    act.may(Action::KeepKeys)?;
    let now = act.now;
    let key = keys::revoke(act.db, id, now)?;
    act.note("key.revoke", &key.id.to_string(), "")?;
    Ok(key)
}
