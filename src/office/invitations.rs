//! Invitations: an office that has finished a dossier invites whoever it was for to answer, once.
//!
//! The office names the dossier by a reference of its own, of which nothing but a keyed hash is stored. It gets a token to hand on, as a link
//! or a QR code, and nothing else: what was answered by it, and when, no row tells.

use qrcode::QrCode;
use qrcode::render::svg;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

use super::place::in_reach;
use super::secret::NewSecret;
use super::wire::{UnitName, check, objection};
use super::{Act, Action, Code, Refusal};
use crate::design::Mode;
use crate::store::invitations::{self as stored, Made, NewInvitation};
use crate::store::waves::{self, Wave};
use crate::table;
use crate::words::Finding;
use crate::words::encode::{from_rfc3339, rfc3339};

/// Dossiers are forgotten so long after their wave closed, in microseconds: what was answered offline has come by then.
const KEPT: i64 = 30 * 24 * 3_600 * 1_000_000;

/// Whom to invite.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationRequest {
    /// Code of the wave, one that is no probability sample.
    pub wave: String,
    /// The unit that is to be rated.
    pub unit: UnitName,
    /// The office's own reference of the finished dossier. Only a keyed hash of it is stored.
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub dossier: String,
    /// Until when it may be used; without it as long as the wave takes answers.
    pub expires_at: Option<String>,
    /// Where the form is: the link is this address with the token behind `#`, which no browser sends to a server.
    #[validate(custom(function = check_address))]
    pub address: Option<String>,
}

fn check_address(text: &str) -> Result<(), ValidationError> {
    let good = text.len() <= 500 && (text.starts_with("https://") || text.starts_with("http://"));
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    let bad = || objection("bad-address", "Phải là địa chỉ https:// không có dấu #", "Must be an address with https:// and without #");
    if good && plain { Ok(()) } else { Err(bad()) }
}

/// An invitation that was made just now. The token is shown once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvitationBody {
    /// What a submission names as `invitation`.
    pub token: String,
    /// The address with the token, to hand on; null where no address was given.
    pub link: Option<String>,
    /// The link as a QR code, in SVG; null where no address was given.
    pub qr: Option<String>,
    /// Until when it may be used.
    pub expires_at: Option<String>,
    /// Whether the dossier had one that was not used: that one is void now.
    pub renewed: bool,
}

/// Makes an invitation. The same dossier again gets a new token in place of one that was not used, and none after that.
///
/// # Errors
/// `wave-unknown`, `unit-forbidden`; `body-invalid` with what is wrong; `wrong-state` for a wave that is closed or a sample;
/// `already-exists` for a dossier whose invitation was used.
pub fn invite(act: &mut Act<'_>, wish: &InvitationRequest) -> Result<InvitationBody, Refusal> {
    let made = make(act, wish)?;
    act.note("invitation.make", &wish.wave, if made.renewed { "renewed" } else { "" })?;
    Ok(made)
}

/// Makes many at once, a result for each: one that is refused refuses no other.
///
/// # Errors
/// `unauthenticated`, `forbidden`; those of the store, and then none is made.
pub fn invite_many(act: &mut Act<'_>, wishes: &[InvitationRequest]) -> Result<Vec<Result<InvitationBody, Refusal>>, Refusal> {
    act.may(Action::Invite)?;
    let mut results = Vec::with_capacity(wishes.len());
    for wish in wishes {
        match make(act, wish) {
            Err(refusal) if refusal.code().status() >= 500 => return Err(refusal),
            result => results.push(result),
        }
    }
    let made = results.iter().filter(|result| result.is_ok()).count();
    act.note("invitation.make", "", &format!("{made} of {}", wishes.len()))?;
    Ok(results)
}

fn make(act: &mut Act<'_>, wish: &InvitationRequest) -> Result<InvitationBody, Refusal> {
    act.may(Action::Invite)?;
    check(wish)?;
    let wave = waves::find(act.db, &wish.wave)?.ok_or_else(|| Refusal::new(Code::WaveUnknown))?;
    takes_answers(&wave, act.now)?;
    let unit_id = unit(act, wish, &wave)?;
    let expires_at = wish.expires_at.as_deref().map(|text| until(text, act.now)).transpose()?;
    // As units and respondents are compared: however it was typed, it is one dossier.
    let dossier_hash = act.secret.keyed(&[b"invitation", table::name(&wish.dossier).as_bytes()]);
    let NewSecret { text: token, hash: token_hash } = NewSecret::invitation().map_err(Refusal::internal)?;
    let now = act.now;
    stored::forget(act.db, now.saturating_sub(KEPT))?;
    let renewed = match stored::make(act.db, &NewInvitation { wave_id: wave.id, unit_id, dossier_hash, token_hash, expires_at })? {
        Made::New => false,
        Made::Renewed => true,
        Made::Used => {
            let (vi, en) = ("Thư mời cho hồ sơ này đã được dùng", "The invitation of this dossier was used");
            return Err(Refusal::new(Code::AlreadyExists).detail(vi, en));
        }
    };
    let link = wish.address.as_ref().map(|address| format!("{address}#{token}"));
    let qr = link.as_deref().map(drawn).transpose()?;
    Ok(InvitationBody { token, link, qr, expires_at: expires_at.map(rfc3339), renewed })
}

fn takes_answers(wave: &Wave, now: i64) -> Result<(), Refusal> {
    let refused = |vi: &'static str, en: &'static str| Err(Refusal::new(Code::WrongState).detail(vi, en));
    if !Mode::parse(&wave.mode).is_some_and(Mode::is_stream) {
        return refused("Đợt chọn mẫu xác suất không nhận phiếu qua thư mời", "A probability sample takes no answers by invitation");
    }
    if wave.closes_at.is_some_and(|closes_at| closes_at <= now) {
        return refused("Đợt đã đóng", "The wave is closed");
    }
    Ok(())
}

/// The unit that is to be rated, within what the actor is bound to.
fn unit(act: &mut Act<'_>, wish: &InvitationRequest, wave: &Wave) -> Result<i32, Refusal> {
    let refused = |pointer: &str, code, vi, en| Err(Refusal::because(Code::BodyInvalid, Finding::error(pointer, code, vi, en)));
    let (list, code) = (table::name(&wish.unit.list), table::name(&wish.unit.code));
    if list != wave.unit_list {
        let (vi, en) = (format!("Đợt này dùng danh mục {}", wave.unit_list), format!("The wave uses the list {}", wave.unit_list));
        return refused("/unit/list", "other-list", vi, en);
    }
    in_reach(act, &list, &code, "/unit/code")
}

fn until(text: &str, now: i64) -> Result<i64, Refusal> {
    let refused = |code, vi, en| Refusal::because(Code::BodyInvalid, Finding::error("/expires_at", code, vi, en));
    let bad = || refused("bad-instant", "Phải là thời điểm RFC 3339 kèm múi giờ", "Must be an RFC 3339 instant with an offset");
    let at = from_rfc3339(text).ok_or_else(bad)?;
    if at > now { Ok(at) } else { Err(refused("in-the-past", "Thời điểm này đã qua", "That is in the past")) }
}

/// A text as a QR code that survives a crease in the paper.
fn drawn(text: &str) -> Result<String, Refusal> {
    let code = QrCode::with_error_correction_level(text, qrcode::EcLevel::M).map_err(Refusal::internal)?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(200, 200).build())
}
