//! Where a submission belongs: which unit it rates, which PSU and weight the wave's design gives it.

use chrono::NaiveDate;

use crate::design::{Design, DesignKind, Psu, Respondent, Unplaced, WeightUnit};
use crate::jobs::load::WaveInField;
use crate::response::{self, Submission};
use crate::store::waves::{NewPsu, NewRespondent, Wave};
use crate::unit::{Registry, UnitId};
use crate::words::Finding;

/// The unit that a submission rates. `now` (UTC microseconds) stands in for the day of answering where none is given.
///
/// # Errors
/// A finding: the wave uses another list, or the list has no such code.
pub fn rated_unit(submission: &Submission, wave: &Wave, units: &Registry, now: i64) -> Result<UnitId, Finding> {
    let named = &submission.unit;
    if named.list != wave.unit_list {
        let (vi, en) = (format!("Đợt này dùng danh mục {}", wave.unit_list), format!("The wave uses the list {}", wave.unit_list));
        return Err(Finding::error("/unit/list", "other-list", vi, en));
    }
    let day = service_day(submission.answered_at.map_or(now, |at| at.timestamp_micros()));
    let found = units.find(&named.list, &named.code, day).or_else(|| units.find(&named.list, &named.code, None));
    found.map(|unit| unit.id).ok_or_else(|| {
        let vi = format!("Danh mục {} không có mã {}", named.list, named.code);
        Finding::error("/unit/code", "unit-unknown", vi, format!("The list {} has no code {}", named.list, named.code))
    })
}

/// The unit that a design's area cell names: `CODE` in the wave's own list, or `LIST:CODE`.
#[must_use]
pub fn area_unit(units: &Registry, wave: &Wave, name: &str) -> Option<UnitId> {
    let (list, code) = name.split_once(':').unwrap_or((&wave.unit_list, name));
    let day = service_day(wave.opens_at);
    units.find(list, code, day).or_else(|| units.find(list, code, None)).map(|unit| unit.id)
}

/// A design as it is stored.
///
/// # Errors
/// A finding for each PSU whose area is on no list.
pub fn design_rows(design: &Design, wave: &Wave, units: &Registry) -> Result<(Vec<NewPsu>, Vec<NewRespondent>), Vec<Finding>> {
    let mut findings = Vec::new();
    let mut area = |psu: &Psu| {
        let name = psu.area.as_deref()?;
        let found = area_unit(units, wave, name);
        if found.is_none() {
            let vi = format!("PSU {}: không có đơn vị {name} trong danh mục {}", psu.code, wave.unit_list);
            let en = format!("PSU {}: the list {} has no unit {name}", psu.code, wave.unit_list);
            findings.push(Finding::error("/psus", "area-unknown", vi, en));
        }
        found.map(|id| id.0)
    };
    let mut psus = Vec::with_capacity(design.psus().len());
    for psu in design.psus() {
        let (code, stratum) = (psu.code.clone(), psu.stratum.clone());
        psus.push(NewPsu { code, stratum, fpc: psu.fpc, area_unit_id: area(psu), weight_u: psu.weight });
    }
    let person = |line: &Respondent| NewRespondent { respondent: line.code.clone(), psu: line.psu.clone(), weight_u: line.weight };
    if findings.is_empty() { Ok((psus, design.respondents().iter().map(person).collect())) } else { Err(findings) }
}

/// The PSU's number, from 1 (0 for none), and the base weight in the wave's unit. What has no place gets zeros and a finding.
pub fn psu_and_weight(submission: &Submission, field: &WaveInField, findings: &mut Vec<Finding>) -> (i32, i64) {
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

fn service_day(instant: i64) -> Option<NaiveDate> {
    i32::try_from(response::service_day(instant)).ok().and_then(NaiveDate::from_epoch_days)
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
            ("/psu", "weight-missing", "Thiết kế mẫu không có quyền số cho phiếu này", "The design has no weight for this response")
        }
    };
    Finding::error(pointer, code, vi, en)
}
