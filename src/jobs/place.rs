//! A design among the units: the areas that its PSUs lie in.

use crate::design::{Design, Psu, Respondent};
use crate::response::service_date;
use crate::store::waves::{NewPsu, NewRespondent, Wave};
use crate::unit::{Registry, UnitId};
use crate::words::Finding;

/// The unit that a design's area cell names: `CODE` in the wave's own list, or `LIST:CODE`.
#[must_use]
pub fn area_unit(units: &Registry, wave: &Wave, name: &str) -> Option<UnitId> {
    let (list, code) = name.split_once(':').unwrap_or((&wave.unit_list, name));
    units.meant(list, code, service_date(wave.opens_at)).map(|unit| unit.id)
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
