//! Keys: an admin issues and revokes them. A key's text is shown once.

use super::secret::NewSecret;
use super::{Act, Action, Code, Holder, Look, Refusal, Role, Standing};
use crate::schema::is_forbidden;
use crate::store::keys::{self, Key, NewKey};
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
}

/// A key that was issued just now.
#[derive(Debug)]
pub struct Issued {
    pub key: Key,
    /// Its text, which is stored nowhere.
    pub text: String,
}

/// Issues a key.
///
/// # Errors
/// `body-invalid` for a unit that does not exist, and for an agency's key without one.
pub fn issue(act: &mut Act<'_>, wish: &KeyWish) -> Result<Issued, Refusal> {
    let created_by = act.may(Action::KeepKeys)?.actor();
    named(&wish.name)?;
    let unit_id = bound_unit(act, wish)?;
    let NewSecret { text, hash } = NewSecret::generate().map_err(Refusal::internal)?;
    let (name, role) = (wish.name.clone(), wish.role.as_str().to_owned());
    let created_at = act.now;
    let key = keys::create(act.db, &NewKey { name, role, hash, unit_id, created_at, created_by })?;
    act.note("key.create", &key.id.to_string(), &key.role)?;
    Ok(Issued { key, text })
}

/// A key's name stands in the audit log and in lists: it must be there, and be read as it is written.
fn named(name: &str) -> Result<(), Refusal> {
    let refused =
        |code, vi: &'static str, en: &'static str| Err(Refusal::because(Code::BodyInvalid, Finding::error("/name", code, vi, en)));
    if !(1..=100).contains(&name.trim().chars().count()) {
        return refused("out-of-bounds-length", "Tên khóa phải có từ 1 đến 100 ký tự", "A key's name must have 1 to 100 characters");
    }
    if name.chars().any(|letter| is_forbidden(letter) || letter.is_control()) {
        return refused("forbidden-character", "Tên khóa có ký tự ẩn hoặc điều khiển", "A key's name has a hidden or control character");
    }
    Ok(())
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

/// Whoever holds a key, by the hash of its text, if it is valid.
///
/// # Errors
/// Those of the store; `internal` for a role that this release does not know.
pub fn holder(look: &mut Look<'_>, hash: &[u8; 32]) -> Result<Option<Holder>, Refusal> {
    let Some(key) = keys::find_by_hash(look.db, hash)?.filter(|key| key.revoked_at.is_none()) else { return Ok(None) };
    let role = Role::parse(&key.role).ok_or_else(|| Refusal::internal(format!("key {} has the unknown role {}", key.id, key.role)))?;
    Ok(Some(Holder { key: Some(key.id), name: key.name, standing: Standing::Role(role), unit: key.unit_id }))
}

/// Every key, revoked ones among them, in the order of issue.
///
/// # Errors
/// Those of the store.
pub fn list(look: &mut Look<'_>) -> Result<Vec<Key>, Refusal> {
    look.may(Action::KeepKeys)?;
    Ok(keys::list(look.db)?)
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
