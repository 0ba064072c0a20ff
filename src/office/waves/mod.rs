//! Waves: rounds of collection. A statistician opens them, changes their words and dates, loads their design.

mod design;
mod request;

pub use design::{DesignBody, DesignRequest, DesignTables, keep_design, load_design};
pub use request::{WaveBody, WaveRequest};

use super::{Act, Action, Code, Look, Refusal, chain};
use crate::store::waves::{self, NewWave, Wave, WaveChange};
use crate::store::{chain as chains, schemas, units};
use crate::words::encode::from_rfc3339;
use crate::words::{Finding, did_you_mean};

/// Whether whoever changes a thing has seen its present revision: HTTP asks `If-Match`, the operator of the machine sees what is there.
pub type Seen<'a> = &'a dyn Fn(i64) -> Result<(), Refusal>;

/// The [`Seen`] of one who changes a thing whatever its revision.
///
/// # Errors
/// None.
pub fn whatever_revision(_: i64) -> Result<(), Refusal> {
    Ok(())
}

/// Opens a wave, or changes its words and dates; says whether it is new.
///
/// # Errors
/// `body-invalid` with every finding; those of `seen` for a wave that is open.
pub fn put(act: &mut Act<'_>, code: &str, wish: &WaveRequest, seen: Seen<'_>) -> Result<(bool, WaveBody), Refusal> {
    let by = act.may(Action::KeepWave)?.actor();
    let existing = waves::find(act.db, code)?;
    let mut found = Vec::new();
    let read = wish.read(code, existing.is_none(), &by, act.now, &mut found);
    if existing.is_none() {
        unknown(act, wish, &mut found)?;
    }
    let (Some((new, said)), true) = (read, found.is_empty()) else { return Err(Refusal::new(Code::BodyInvalid).errors(found)) };
    let is_new = existing.is_none();
    let wave = if let Some(old) = existing {
        seen(old.revision)?;
        let change = change(&old, new)?;
        let wave = waves::update(act.db, old.id, old.revision, &change)?;
        act.note("wave.change", code, &format!("revision {}", wave.revision))?;
        wave
    } else {
        let wave = waves::create(act.db, &new)?;
        act.note("wave.open", code, "")?;
        wave
    };
    let wave = match wish.invitations.as_deref().filter(|wanted| *wanted != wave.invitations) {
        Some(wanted) => waves::set_invitations(act.db, wave.id, wanted)?,
        None => wave,
    };
    if let Some(said) = said {
        chain::add(act, wave.id, &said, &by)?;
    }
    Ok((is_new, told(act, wave)?))
}

/// Finds fault with a survey that nobody published and a code list that nobody has.
fn unknown(look: &mut Look<'_>, wish: &WaveRequest, found: &mut Vec<Finding>) -> Result<(), Refusal> {
    let (surveys, lists) = (schemas::survey_codes(look.db)?, units::lists(look.db)?);
    let (survey, list) = (&wish.survey, &wish.unit_list);
    if !surveys.contains(survey) {
        let near = did_you_mean(survey, surveys.iter().map(String::as_str));
        let (vi, en) =
            (format!("Chưa công bố phiếu hỏi “{survey}”{}", near.vi), format!("No questionnaire “{survey}” is published{}", near.en));
        found.push(Finding::error("/survey", "survey-unknown", vi, en));
    }
    if !lists.contains(list) {
        let near = did_you_mean(list, lists.iter().map(String::as_str));
        let (vi, en) = (format!("Không có danh mục đơn vị “{list}”{}", near.vi), format!("There is no list of units “{list}”{}", near.en));
        found.push(Finding::error("/unit_list", "unit-list-unknown", vi, en));
    }
    Ok(())
}

/// What a request changes about a wave; the rest must be as it is, since responses were taken under it.
fn change(old: &Wave, new: NewWave) -> Result<WaveChange, Refusal> {
    let fixed = [
        ("/survey", old.survey_code == new.survey_code),
        ("/mode", old.mode == new.mode),
        ("/unit_list", old.unit_list == new.unit_list),
        ("/weight_exponent", old.weight_exponent == new.weight_exponent),
        ("/design", old.design() == new.design_kind),
        ("/fpc", old.fpc == new.fpc),
        ("/synthetic", old.synthetic == new.synthetic),
    ];
    let findings: Vec<_> = fixed
        .into_iter()
        .filter(|(_, same)| !same)
        .map(|(pointer, _)| Finding::error(pointer, "fixed", "Không đổi được sau khi mở đợt", "Cannot change once the wave is open"))
        .collect();
    if !findings.is_empty() {
        return Err(Refusal::new(Code::BodyInvalid).errors(findings));
    }
    Ok(WaveChange {
        title: Some(new.title),
        frame_label: Some(new.frame_label),
        opens_at: Some(new.opens_at),
        closes_at: Some(new.closes_at),
    })
}

/// Closes a wave now, or at an instant (RFC 3339). One that is closed by then stays as it is.
///
/// # Errors
/// `not-found`; `body-invalid` for what is no instant, or one before the wave opens.
pub fn close(act: &mut Act<'_>, code: &str, at: Option<&str>) -> Result<WaveBody, Refusal> {
    act.may(Action::KeepWave)?;
    let old = existing(act, code)?;
    let refused = |code, vi, en| Refusal::because(Code::BodyInvalid, Finding::error("/closes_at", code, vi, en));
    let closes_at = match at.map(from_rfc3339) {
        None => act.now,
        Some(Some(at)) => at,
        Some(None) => {
            return Err(refused("bad-instant", "Phải là thời điểm RFC 3339 kèm múi giờ", "Must be an RFC 3339 instant with an offset"));
        }
    };
    if closes_at <= old.opens_at {
        return Err(refused("wave-invalid", "Ngày đóng phải sau ngày mở", "the wave would close before it opens"));
    }
    if old.closes_at.is_some_and(|closed| closed <= closes_at) {
        act.nothing_changed();
        return told(act, old);
    }
    let change = WaveChange { closes_at: Some(Some(closes_at)), ..WaveChange::default() };
    let wave = waves::update(act.db, old.id, old.revision, &change)?;
    act.note("wave.close", code, &format!("revision {}", wave.revision))?;
    told(act, wave)
}

/// Every wave, the latest opened first. Anyone may read them.
///
/// # Errors
/// Those of the store.
pub fn list(look: &mut Look<'_>) -> Result<Vec<WaveBody>, Refusal> {
    let rows = waves::list(look.db)?;
    rows.into_iter().map(|wave| told(look, wave)).collect()
}

/// A wave. Anyone may read it.
///
/// # Errors
/// `not-found`.
pub fn get(look: &mut Look<'_>, code: &str) -> Result<WaveBody, Refusal> {
    let wave = existing(look, code)?;
    told(look, wave)
}

/// The wave of this code, or a refusal that names those which are nearest.
pub(in crate::office) fn existing(look: &mut Look<'_>, code: &str) -> Result<Wave, Refusal> {
    if let Some(wave) = waves::find(look.db, code)? {
        return Ok(wave);
    }
    let known = waves::codes(look.db)?;
    let near = did_you_mean(code, known.iter().map(String::as_str));
    Err(Refusal::not_found().detail(format!("không có đợt “{code}”{}", near.vi), format!("there is no wave “{code}”{}", near.en)))
}

fn told(look: &mut Look<'_>, wave: Wave) -> Result<WaveBody, Refusal> {
    let chain = chains::latest(look.db, wave.id)?;
    Ok(WaveBody::of(wave, chain))
}
