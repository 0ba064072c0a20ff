//! Sessions: a person logs in with a password and a code, and acts in one role until it ends. The server ends it: after a quarter of an hour
//! without a request, after twelve hours, when its person says so or is disabled.

use super::keys::{self, Issued};
use super::secret::NewSecret;
use super::{Act, Actor, Code, Holder, Look, Office, Refusal, Role, Standing, Whose, password, persons, totp};
use crate::store::accounts::{self, Credential, NewSession};
use crate::store::people::{self, Person};
use crate::words::Finding;

/// How long a session lasts without a request, and at most, µs.
pub const IDLE: i64 = 15 * MINUTE;
pub const LONGEST: i64 = 12 * 60 * MINUTE;
const MINUTE: i64 = 60_000_000;
/// After so many failures in a row nothing is taken for half a minute, then twice as long each time, up to a quarter of an hour.
const FAILURES: i32 = 5;

/// What somebody logs in with.
#[derive(Clone)]
pub struct LoginWish {
    pub login: String,
    pub password: String,
    /// Of the authenticator.
    pub code: String,
    /// As what; needed of one who has several roles.
    pub role: Option<Role>,
}

/// A session that began just now.
pub struct Begun {
    /// Its secret, which is stored nowhere.
    pub text: String,
    pub person: String,
    pub role: Role,
    /// When it ends whatever happens, µs UTC.
    pub ends_at: i64,
}

/// Until when nothing is taken after so many failures.
fn locked(now: i64, failures: i32) -> i64 {
    let over = failures - FAILURES;
    if over < 0 { 0 } else { now.saturating_add((MINUTE / 2).saturating_mul(1 << over.min(5)).min(15 * MINUTE)) }
}

/// Logs somebody in. It takes its time, and the same whatever is wrong, which nobody is told.
///
/// # Errors
/// `login-refused`; `body-invalid` for one who must say as what, or may not as that.
pub fn login(office: &Office, wish: &LoginWish) -> Result<Begun, Refusal> {
    let (anyone, now) = (Actor::anyone(), office.now());
    let known = office.look(&anyone, |look| {
        let person = people::find(look.db, &wish.login)?;
        let kept = person.as_ref().map(|person| accounts::find(look.db, person.id)).transpose()?.flatten();
        Ok(person.zip(kept))
    })?;
    let kept = known.as_ref().and_then(|(_, kept)| kept.password_hash.as_deref());
    let right = password::is_right(&wish.password, kept);
    let step = known.as_ref().filter(|_| right).and_then(|(person, kept)| step(person, kept, &wish.code, now));
    let begun = match (&known, step) {
        (Some((person, _)), Some(step)) => {
            let role = role(person, wish.role)?;
            begin(office, person, role, step, now)?
        }
        (Some((person, kept)), None) => {
            office.act(&anyone, |act| {
                // What is tried while nothing is taken makes nobody wait longer.
                if now >= kept.locked_until {
                    accounts::failed(act.db, person.id, |failures| locked(now, failures))?;
                }
                act.note("session.refuse", &person.login, "")
            })?;
            None
        }
        (None, _) => {
            // Under no name: people type their passwords there. It takes as long as that of somebody known.
            office.act(&anyone, |act| act.note("session.refuse", "", "unknown"))?;
            None
        }
    };
    begun.ok_or_else(|| Refusal::new(Code::LoginRefused))
}

/// The step of the code, of one who may log in now.
fn step(person: &Person, kept: &Credential, code: &str, now: i64) -> Option<i64> {
    let secret = kept.totp_secret.as_deref().filter(|_| person.disabled_at.is_none() && now >= kept.locked_until)?;
    totp::matching(secret, code, now, kept.totp_step)
}

/// As what a person logs in, once it is known who they are.
fn role(person: &Person, asked: Option<Role>) -> Result<Role, Refusal> {
    let roles = persons::roles(person);
    let role = match (asked, roles.as_slice()) {
        (Some(asked), _) => roles.iter().find(|role| **role == asked),
        (None, [one]) => Some(one),
        (None, _) => None,
    };
    role.copied().ok_or_else(|| {
        let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        let names = names.join(", ");
        let (vi, en) = (format!("Hãy nêu một trong các vai trò: {names}"), format!("Say as which of: {names}"));
        Refusal::because(Code::BodyInvalid, Finding::error("/role", "role-unknown", vi, en))
    })
}

/// Begins a session; none where the code was used meanwhile.
fn begin(office: &Office, person: &Person, role: Role, step: i64, now: i64) -> Result<Option<Begun>, Refusal> {
    begin_if(office, person, role, now, |act| accounts::succeeded(act.db, person.id, step).map_err(Refusal::from))
}

/// Begins a session of somebody who logs in with nothing: of the people of a demonstration alone.
pub(super) fn begin_without_code(office: &Office, person: &Person, role: Role) -> Result<Begun, Refusal> {
    let begun = begin_if(office, person, role, office.now(), |_| Ok(true))?;
    begun.ok_or_else(|| Refusal::internal("a session did not begin"))
}

fn begin_if(
    office: &Office,
    person: &Person,
    role: Role,
    now: i64,
    may: impl FnOnce(&mut Act<'_>) -> Result<bool, Refusal>,
) -> Result<Option<Begun>, Refusal> {
    let NewSecret { text, hash } = NewSecret::generate().map_err(Refusal::internal)?;
    let ends_at = now.saturating_add(LONGEST);
    let holder = holder_of(person, role);
    let began = office.act(&Actor::known(std::sync::Arc::new(holder)), |act| {
        if !may(act)? {
            act.note("session.refuse", &person.login, "")?;
            return Ok(false);
        }
        let new = NewSession { hash, person_id: person.id, role: role.as_str(), created_at: now, ends_at };
        accounts::begin(act.db, &new)?;
        act.note("session.begin", &person.login, role.as_str())?;
        Ok(true)
    })?;
    Ok(began.then(|| Begun { text, person: person.name.clone(), role, ends_at }))
}

fn holder_of(person: &Person, role: Role) -> Holder {
    let whose = Whose { id: person.id, name: person.name.clone() };
    Holder { key: None, name: person.name.clone(), standing: Standing::Role(role), unit: person.unit_id, person: Some(whose) }
}

/// Whoever holds a key or a session, by the hash of its text, if it is valid.
///
/// # Errors
/// Those of the store.
pub fn known(look: &mut Look<'_>, hash: &[u8; 32]) -> Result<Option<Holder>, Refusal> {
    match keys::holder(look, hash)? {
        Some(holder) => Ok(Some(holder)),
        None => holder(look, hash),
    }
}

fn holder(look: &mut Look<'_>, hash: &[u8; 32]) -> Result<Option<Holder>, Refusal> {
    let now = look.now;
    let open = accounts::session(look.db, hash)?.filter(|session| session.ended_at.is_none());
    let Some(session) = open.filter(|session| now < session.ends_at && now - session.seen_at < IDLE) else { return Ok(None) };
    let person = people::get(look.db, session.person_id)?;
    // A role that was taken back opens nothing, nor does a person who was disabled.
    let role = Role::parse(&session.role).filter(|role| persons::roles(&person).contains(role));
    let Some(role) = role.filter(|_| person.disabled_at.is_none()) else { return Ok(None) };
    if now - session.seen_at >= MINUTE {
        accounts::saw(look.db, hash, now)?;
    }
    Ok(Some(holder_of(&person, role)))
}

/// The person of a session.
fn person(act: &Act<'_>) -> Result<(Holder, Whose), Refusal> {
    let holder = act.actor.holder().ok_or_else(|| Refusal::new(Code::Unauthenticated))?.clone();
    let whose = holder.person.clone().filter(|_| holder.key.is_none());
    let none = || Refusal::not_found().detail("Đây là khóa, không phải phiên đăng nhập", "This is a key and no session");
    Ok((holder, whose.ok_or_else(none)?))
}

/// Ends the session by which somebody asks.
///
/// # Errors
/// `unauthenticated`; `not-found` for one who asks by a key.
pub fn end(act: &mut Act<'_>, hash: &[u8; 32]) -> Result<(), Refusal> {
    let (_, whose) = person(act)?;
    let now = act.now;
    accounts::end(act.db, hash, now)?;
    act.note("session.end", &people::login(&whose.name), "")
}

/// Issues a key to the person of the session, in its role: for programs of their own. Nobody else ever sees its text.
///
/// # Errors
/// `unauthenticated`; `not-found` for one who asks by a key; `body-invalid` for a name that is none.
pub fn own_key(act: &mut Act<'_>, name: &str) -> Result<Issued, Refusal> {
    let (holder, whose) = person(act)?;
    let Standing::Role(role) = holder.standing else { return Err(Refusal::new(Code::Forbidden)) };
    keys::issue_to(act, name, role, holder.unit, &whose)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_fails_again_and_again_waits_longer_and_never_more_than_a_quarter_of_an_hour() {
        let waits: Vec<i64> = [1, 4, 5, 6, 7, 9, 10, 60].iter().map(|failures| locked(1, *failures).max(1) - 1).collect();
        let half = MINUTE / 2;
        assert_eq!(waits, [0, 0, half, 2 * half, 4 * half, 16 * half, 30 * half, 30 * half]);
    }
}
