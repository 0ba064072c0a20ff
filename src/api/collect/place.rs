//! Where a submission belongs: who may send it, which unit it rates, which PSU and weight the wave's design gives it.

use crate::design::Mode;
use crate::jobs::arrival::Place;
use crate::jobs::load::WaveInField;
use crate::jobs::place::{psu_and_weight, rated_unit};
use crate::office::Action;
use crate::office::Actor;
use crate::office::Code;
use crate::office::Refusal;
use crate::response::{Channel, Submission};
use crate::store::waves::Wave;
use crate::unit::{Registry, UnitId};
use crate::words::Finding;

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
