//! The made-up people of a demonstration, whom whoever sits at the machine may be.
//!
//! They were invited by the operator and never enrolled, so that they have no password and nobody logs in as them. A server that shows the
//! demonstration begins sessions for them, and only on the machine itself; no other does.

use super::persons::{self, InviteWish};
use super::sessions::{Begun, begin_without_code};
use super::{Act, Actor, Office, Refusal, Role};
use crate::store::{accounts, people};

/// Whoever plays a part: the name, the role, and whether they are bound to the unit of the demonstration.
pub const CAST: [(&str, Role, bool); 6] = [
    ("demo-statistician", Role::Statistician, false),
    ("demo-publisher", Role::Publisher, false),
    ("demo-agency", Role::Agency, true),
    ("demo-collector", Role::Collector, false),
    ("demo-admin", Role::Admin, false),
    ("demo-auditor", Role::Auditor, false),
];

/// Invites those of the cast who are not there yet; nobody gets to know what they could enrol with.
///
/// # Errors
/// `forbidden` for anybody but the operator; those of [`persons::invite`].
pub fn invite_cast(act: &mut Act<'_>, unit: (&str, &str)) -> Result<(), Refusal> {
    for (name, role, bound) in CAST {
        if people::find(act.db, name)?.is_none() {
            let unit = bound.then(|| (unit.0.to_owned(), unit.1.to_owned()));
            persons::invite(act, &InviteWish { name: name.to_owned(), roles: vec![role], unit })?;
        }
    }
    Ok(())
}

/// Begins a session of one of the cast.
///
/// # Errors
/// `not-found` for anybody else, and for one who has a password of their own by now.
pub fn play(office: &Office, name: &str) -> Result<Begun, Refusal> {
    let (name, role, _) = CAST.into_iter().find(|(part, ..)| *part == name).ok_or_else(Refusal::not_found)?;
    let person = office.look(&Actor::anyone(), |look| {
        let person = people::find(look.db, name)?.filter(|person| person.disabled_at.is_none());
        let person = person.ok_or_else(Refusal::not_found)?;
        let kept = accounts::find(look.db, person.id)?;
        let has_password = kept.is_some_and(|kept| kept.password_hash.is_some());
        if has_password { Err(Refusal::not_found()) } else { Ok(person) }
    })?;
    begin_without_code(office, &person, role)
}
