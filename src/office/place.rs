//! Where a submission belongs: who may send it, which unit it rates, which PSU and weight the wave's design gives it.

use super::{Action, Actor, Code, Look, Refusal};
use crate::design::{DesignKind, Mode, Unplaced, WeightUnit};
use crate::jobs::load::WaveInField;
use crate::response::{Channel, Submission, service_date};
use crate::store::waves::Wave;
use crate::unit::{Registry, UnitId};
use crate::words::Finding;

/// The place of a response in its wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The unit that is rated; of a response that names none that exists, a stand-in, and the response is invalid.
    pub unit_id: i32,
    /// The PSU's number, from 1; 0 for none.
    pub psu_id: i32,
    /// The base weight in the wave's unit; 0 for a response that has no place.
    pub weight_u: i64,
}

/// Whether the caller may send this at all.
///
/// Without a key: by a link or a QR code, to a wave that is no probability sample. A sample is answered by those who were drawn.
///
/// # Errors
/// 401 for anyone else without a key, 403 for a role that sends no responses.
pub fn authorise(actor: &Actor, submission: &Submission, wave: &Wave) -> Result<(), Refusal> {
    let open = Mode::parse(&wave.mode).is_some_and(|mode| mode != Mode::ProbabilitySample);
    if actor.holder().is_none() && open && matches!(submission.channel, Channel::Web | Channel::Qr) {
        return Ok(());
    }
    actor.may(Action::SendResponse).map(|_| ())
}

/// Finds the unit, the PSU and the weight. What cannot be found is a finding, not a refusal: the answers are kept.
///
/// # Errors
/// 403 where the key is for another unit; `answers-invalid` where not even a stand-in for the unit exists.
pub fn place(
    actor: &Actor,
    submission: &Submission,
    field: &WaveInField,
    units: &Registry,
    now: i64,
) -> Result<(Place, Vec<Finding>), Refusal> {
    let mut findings = Vec::new();
    let wave = &field.wave;
    if submission.survey != wave.survey_code {
        let en = format!("The wave {} is of the survey {}", wave.code, wave.survey_code);
        findings.push(Finding::error("/survey", "other-survey", format!("Đợt {} thuộc khảo sát {}", wave.code, wave.survey_code), en));
    }
    let unit_id = match rated_unit(submission, wave, units, now) {
        Ok(id) => {
            let bound = actor.holder().and_then(|holder| holder.unit);
            if bound.is_some_and(|root| !units.is_within(id, UnitId(root))) {
                return Err(Refusal::new(Code::UnitForbidden));
            }
            id.0
        }
        Err(finding) => {
            findings.push(finding);
            stand_in(actor, wave, units).ok_or_else(|| Refusal::new(Code::AnswersInvalid).errors(findings.clone()))?
        }
    };
    let (psu_id, weight_u) = psu_and_weight(submission, field, &mut findings);
    Ok((Place { unit_id, psu_id, weight_u }, findings))
}

/// What a row says that names no unit: the unit its device stands in, or the head of the wave's list.
fn stand_in(actor: &Actor, wave: &Wave, units: &Registry) -> Option<i32> {
    let head = || units.iter().find(|unit| unit.record.list == wave.unit_list && unit.record.parent.is_none()).map(|unit| unit.id.0);
    let any = || units.iter().find(|unit| unit.record.list == wave.unit_list).map(|unit| unit.id.0);
    actor.holder().and_then(|holder| holder.unit).or_else(head).or_else(any)
}

/// The unit that a submission rates. `now` (UTC microseconds) stands in for the day of answering where none is given.
///
/// # Errors
/// A finding: the wave uses another list, or the list has no such code.
fn rated_unit(submission: &Submission, wave: &Wave, units: &Registry, now: i64) -> Result<UnitId, Finding> {
    let named = &submission.unit;
    if named.list != wave.unit_list {
        let (vi, en) = (format!("Đợt này dùng danh mục {}", wave.unit_list), format!("The wave uses the list {}", wave.unit_list));
        return Err(Finding::error("/unit/list", "other-list", vi, en));
    }
    let day = service_date(submission.answered_at.map_or(now, |at| at.timestamp_micros()));
    units.meant(&named.list, &named.code, day).map(|unit| unit.id).ok_or_else(|| {
        let (mut vi, mut en) = (
            format!("Danh mục {} không có mã “{}”", named.list, named.code),
            format!("The list {} has no code “{}”", named.list, named.code),
        );
        // Spreadsheets take the zeros in front of a code away.
        let zeros = (1..=4).map(|zeros| format!("{}{}", "0".repeat(zeros), named.code));
        if let Some(code) = zeros.into_iter().find(|code| units.find(&named.list, code, None).is_some()) {
            vi = format!("{vi}; có phải là “{code}”, bị mất số 0 ở đầu?");
            en = format!("{en}; is it “{code}”, without its leading zero?");
        }
        Finding::error("/unit/code", "unit-unknown", vi, en)
    })
}

/// The PSU's number, from 1 (0 for none), and the base weight in the wave's unit. What has no place gets zeros and a finding.
fn psu_and_weight(submission: &Submission, field: &WaveInField, findings: &mut Vec<Finding>) -> (i32, i64) {
    let (psu, respondent) = (submission.psu.as_deref(), submission.respondent.as_deref());
    let placed = if DesignKind::parse(field.wave.design()) == Some(DesignKind::Cluster) {
        field.design.place(psu, respondent).map(|(row, weight)| (i32::try_from(row + 1).unwrap_or(0), weight))
    } else {
        if psu.is_some() {
            let (vi, en) = ("Đợt này không chọn mẫu theo cụm; bỏ qua psu", "The wave draws no clusters; psu is not used");
            findings.push(Finding::warning("/psu", "psu-unused", vi, en));
        }
        let unit = u8::try_from(field.wave.weight_exponent).ok().and_then(WeightUnit::new).unwrap_or(WeightUnit::MICRO);
        field.design.element_weight(respondent, unit).map(|weight| (0, weight))
    };
    placed.unwrap_or_else(|why| {
        findings.push(unplaced(why));
        (0, 0)
    })
}

fn unplaced(why: Unplaced) -> Finding {
    let (pointer, code, vi, en) = match why {
        Unplaced::NoPsu => (
            "/psu",
            "psu-missing",
            "Thiếu PSU và người trả lời không có trong danh sách mẫu",
            "No PSU, nor a listed respondent who has one",
        ),
        Unplaced::UnknownPsu => ("/psu", "psu-unknown", "PSU không có trong thiết kế mẫu của đợt", "The PSU is not in the wave's design"),
        Unplaced::UnknownRespondent => {
            ("/respondent", "respondent-unknown", "Người trả lời không có trong danh sách mẫu", "The respondent is not on the sample list")
        }
        Unplaced::OtherPsu => (
            "/psu",
            "psu-other",
            "PSU khác với PSU của người trả lời trong danh sách",
            "The PSU is not the one the respondent was drawn in",
        ),
        Unplaced::NoWeight => {
            ("/psu", "weight-missing", "Thiết kế mẫu không có trọng số cho phiếu này", "The design has no weight for this response")
        }
    };
    Finding::error(pointer, code, vi, en)
}

/// The unit of a list that a code means today, within what the actor is bound to; `at`: where a form names it.
///
/// # Errors
/// `body-invalid` for a code that is not on the list, `unit-forbidden`.
pub(super) fn in_reach(look: &mut Look<'_>, list: &str, code: &str, at: &str) -> Result<i32, Refusal> {
    let units = look.units()?;
    let Some(unit) = units.meant(list, code, service_date(look.now)).map(|unit| unit.id) else {
        let (vi, en) = (format!("Danh mục {list} không có mã “{code}”"), format!("The list {list} has no code “{code}”"));
        return Err(Refusal::because(Code::BodyInvalid, Finding::error(at, "unit-unknown", vi, en)));
    };
    if look.actor.unit().is_some_and(|root| !units.is_within(unit, UnitId(root))) {
        return Err(Refusal::new(Code::UnitForbidden));
    }
    Ok(unit.0)
}
