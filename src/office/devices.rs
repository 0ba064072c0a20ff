//! Kiosks: an office lets one join by a QR code, and the kiosk fetches its key with it. Nobody types or sees the key.
//!
//! # Design
//! The code holds a secret that opens once and for a quarter of an hour; the database has its hash. The key is made when the kiosk shows the
//! secret, so that none exists of a kiosk that never came. The number that opens the staff's panel of the kiosk follows from the secret: the
//! office sees it beside the code, the kiosk is told it with its key, and nothing of it is stored.

use std::collections::HashMap;

use super::place::in_reach;
use super::secret::{self, NewSecret};
use super::{Act, Action, Code, Look, Refusal, Role, keys};
use crate::design::Mode;
use crate::store::devices::{self as stored, Enrolment, NewEnrolment};
use crate::store::waves::{self, Wave};
use crate::words::Finding;

/// How long a code opens, in microseconds.
pub const OPENS: i64 = 15 * 60 * 1_000_000;
/// So many are listed.
const LISTED: i64 = 200;

/// A kiosk that is to join.
#[derive(Debug, Clone, Default)]
pub struct EnrolWish {
    /// What people call it.
    pub name: String,
    /// The wave that it asks for.
    pub wave: String,
    /// The unit that is rated there, by its code in the wave's list.
    pub unit: String,
    /// Codes of the sections that it offers; none: all of them.
    pub sections: Vec<String>,
}

/// A kiosk that may join from now on.
#[derive(Debug)]
pub struct Admitted {
    /// What the QR code holds. Shown once, stored nowhere.
    pub secret: String,
    /// What opens the staff's panel.
    pub pin: String,
    /// Until when, µs UTC.
    pub expires_at: i64,
}

/// A kiosk that has joined just now.
#[derive(Debug)]
pub struct Joined {
    /// Its key.
    pub key: String,
    /// What opens the staff's panel.
    pub pin: String,
    /// What was let join.
    pub enrolment: Enrolment,
    /// The wave's code.
    pub wave: String,
}

/// Lets a kiosk join.
///
/// # Errors
/// `body-invalid` for a name, wave or unit that will not do; `unit-forbidden`.
pub fn admit(act: &mut Act<'_>, wish: &EnrolWish) -> Result<Admitted, Refusal> {
    let created_by = act.may(Action::EnrolDevice)?.actor();
    keys::named(act, &wish.name, "/name")?;
    let wave = wave(act, &wish.wave)?;
    let unit_id = in_reach(act, &wave.unit_list, wish.unit.trim(), "/unit")?;
    let NewSecret { text, hash } = NewSecret::enrolment().map_err(Refusal::internal)?;
    let (now, expires_at) = (act.now, act.now.saturating_add(OPENS));
    let new = NewEnrolment {
        secret_hash: hash.to_vec(),
        name: wish.name.trim().to_owned(),
        wave_id: wave.id,
        unit_id,
        sections: wish.sections.join(","),
        created_at: now,
        created_by,
        expires_at,
    };
    let id = stored::create(act.db, &new)?;
    act.note("device.admit", &id.to_string(), &new.name)?;
    Ok(Admitted { pin: pin(&text), secret: text, expires_at })
}

/// Gives a kiosk its key for the secret of a code.
///
/// # Errors
/// `login-refused` for a secret that is unknown, used or too old alike.
pub fn join(act: &mut Act<'_>, shown: &str) -> Result<Joined, Refusal> {
    let refused = || {
        let (vi, en) = ("Mã ghi danh không đúng, đã dùng hoặc đã hết hạn", "The code of enrolment is wrong, used or too old");
        Refusal::new(Code::LoginRefused).detail(vi, en)
    };
    let now = act.now;
    let enrolment = stored::open(act.db, &secret::hash(shown), now)?.ok_or_else(refused)?;
    let NewSecret { text, hash } = NewSecret::generate().map_err(Refusal::internal)?;
    let key = keys::keep(act, (&enrolment.name, Role::Device.as_str(), Some(enrolment.unit_id), None), None, hash, &enrolment.created_by)?;
    if !stored::close(act.db, enrolment.id, key.id, now)? {
        return Err(refused());
    }
    act.note("device.join", &enrolment.id.to_string(), &format!("key {}", key.id))?;
    let wave = waves::by_id(act.db, enrolment.wave_id)?.code;
    Ok(Joined { key: text, pin: pin(shown), enrolment, wave })
}

/// Kiosks that may join or have, the newest first; of one who is bound to a unit, those within it.
///
/// # Errors
/// Those of the store.
pub fn list(look: &mut Look<'_>) -> Result<Vec<Enrolment>, Refusal> {
    look.may(Action::EnrolDevice)?;
    let reach = look.reach()?;
    Ok(stored::list(look.db, reach, LISTED)?)
}

/// When the keys of these kiosks were last used, by the number of the key; to five minutes.
///
/// # Errors
/// Those of the store.
pub fn last_used(look: &mut Look<'_>, rows: &[Enrolment]) -> Result<HashMap<i32, i64>, Refusal> {
    look.may(Action::EnrolDevice)?;
    let joined: Vec<i32> = rows.iter().filter_map(|row| row.key_id).collect();
    let used = crate::store::keys::list(look.db)?.into_iter().filter(|key| joined.contains(&key.id));
    Ok(used.filter_map(|key| Some((key.id, key.used_at?))).collect())
}

/// Six digits that follow from a secret.
fn pin(secret: &str) -> String {
    let hash = secret::hash(&format!("pin {secret}"));
    let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{:06}", number % 1_000_000)
}

/// A wave that kiosks can ask for: one that is no sample and is not closed.
fn wave(look: &mut Look<'_>, code: &str) -> Result<Wave, Refusal> {
    let refused = |id, vi: &'static str, en: &'static str| Refusal::because(Code::BodyInvalid, Finding::error("/wave", id, vi, en));
    let wave = waves::find(look.db, code)?.ok_or_else(|| refused("wave-unknown", "Không có đợt này", "There is no such wave"))?;
    if !Mode::parse(&wave.mode).is_some_and(Mode::is_stream) {
        return Err(refused("wave-is-sample", "Đợt chọn mẫu xác suất không dùng kiosk", "A probability sample is not answered at a kiosk"));
    }
    if wave.closes_at.is_some_and(|closes_at| closes_at <= look.now) {
        return Err(refused("wave-closed", "Đợt đã đóng", "The wave is closed"));
    }
    Ok(wave)
}
