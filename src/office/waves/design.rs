//! The sampling design of a wave: the PSUs that were drawn and the people who were listed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

use super::{Seen, existing};
use crate::design::{Design, RoundingReport, WeightUnit};
use crate::jobs::load::{self, WaveInField};
use crate::jobs::place::design_rows;
use crate::office::{Act, Action, Code, Refusal};
use crate::store::waves::{self, DesignAdded, NewPsu, NewRespondent};
use crate::unit::Registry;

/// A design to load: two tables as CSV text, each with a header line. Rows that are there already are passed over.
#[derive(Debug, Clone, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DesignRequest {
    /// `psu,stratum[,fpc][,area][,weight]`: the PSUs that were drawn.
    pub psus: Option<String>,
    /// `respondent[,psu],weight`: the people who were listed, in PSUs of the other table or, without one, of the wave.
    pub respondents: Option<String>,
}

/// The same two tables as the bytes of files.
#[derive(Debug, Clone, Default)]
pub struct DesignTables {
    /// The PSUs that were drawn.
    pub psus: Option<Vec<u8>>,
    /// The people who were listed.
    pub respondents: Option<Vec<u8>>,
}

impl From<DesignRequest> for DesignTables {
    fn from(request: DesignRequest) -> Self {
        Self { psus: request.psus.map(String::into_bytes), respondents: request.respondents.map(String::into_bytes) }
    }
}

/// What was loaded.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DesignBody {
    /// PSUs that are new.
    pub psus_added: usize,
    /// Lines of the sample list that are new.
    pub respondents_added: usize,
    /// Weights read.
    pub weights: usize,
    /// Weights that rounding to the wave's unit changed.
    pub weights_rounded: usize,
    /// The largest such change, relative to the weight.
    pub worst_relative_rounding: f64,
}

/// Loads PSUs and the sample list; returns with what was loaded the revision that the wave has now. A row that contradicts one that is
/// there refuses the whole: responses may stand on it.
///
/// # Errors
/// `not-found`; those of `seen`; `design-invalid` with every finding; `already-exists` for a row that differs.
pub fn load_design(act: &mut Act<'_>, code: &str, wish: &DesignTables, seen: Seen<'_>) -> Result<(DesignBody, i64), Refusal> {
    act.may(Action::KeepWave)?;
    let wave = existing(act, code)?;
    seen(wave.revision)?;
    let units = act.units()?;
    let field = load::wave(act.db, code, None, &units)?.ok_or_else(Refusal::not_found)?;
    let (psus, respondents, rounding) = read(&field, wish, &units)?;
    let added = waves::add_design(act.db, wave.id, &psus, &respondents)?;
    if added == DesignAdded::default() {
        act.nothing_changed();
    } else {
        act.note("wave.design", code, &format!("{} PSUs, {} respondents", added.psus, added.respondents))?;
    }
    let body = DesignBody {
        psus_added: added.psus,
        respondents_added: added.respondents,
        weights: rounding.weights,
        weights_rounded: rounding.changed,
        worst_relative_rounding: rounding.worst_relative,
    };
    Ok((body, waves::by_id(act.db, wave.id)?.revision))
}

/// Keeps a design that was made here, such as one that was drawn, in a wave that has none.
///
/// # Errors
/// `not-found`; `design-invalid` with every finding.
pub fn keep_design(act: &mut Act<'_>, code: &str, design: &Design) -> Result<(), Refusal> {
    act.may(Action::KeepWave)?;
    let wave = existing(act, code)?;
    let units = act.units()?;
    let (psus, people) = design_rows(design, &wave, &units).map_err(|findings| Refusal::new(Code::DesignInvalid).errors(findings))?;
    let added = waves::add_design(act.db, wave.id, &psus, &people)?;
    act.note("wave.design", code, &format!("{} PSUs, {} respondents", added.psus, added.respondents))
}

/// Reads both tables. A sample list that comes alone may name the PSUs that the wave has.
fn read(
    field: &Arc<WaveInField>,
    wish: &DesignTables,
    units: &Registry,
) -> Result<(Vec<NewPsu>, Vec<NewRespondent>, RoundingReport), Refusal> {
    let refused = |findings| Refusal::new(Code::DesignInvalid).errors(findings);
    let exponent = u8::try_from(field.wave.weight_exponent).ok().and_then(WeightUnit::new);
    let unit = exponent.ok_or_else(|| Refusal::internal("a stored weight exponent is out of range"))?;
    let psus = wish.psus.clone().unwrap_or_else(|| stored_psus(field, unit).into_bytes());
    let (design, rounding) = Design::read(psus.as_slice(), wish.respondents.as_deref(), unit).map_err(refused)?;
    let (psus, people) = design_rows(&design, &field.wave, units).map_err(refused)?;
    Ok((psus, people, rounding))
}

/// The wave's own PSUs as a table.
fn stored_psus(field: &WaveInField, unit: WeightUnit) -> String {
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut rows = vec![["psu", "stratum", "fpc", "area", "weight"].map(str::to_owned)];
    rows.extend(field.design.psus().iter().map(|psu| {
        let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
        let weight = psu.weight.map(|weight| unit.weight(weight).to_string()).unwrap_or_default();
        [psu.code.clone(), psu.stratum.clone(), number(psu.fpc), psu.area.clone().unwrap_or_default(), weight]
    }));
    for row in rows {
        // Writing to memory cannot fail.
        let _ = table.write_record(row);
    }
    String::from_utf8(table.into_inner().unwrap_or_default()).unwrap_or_default()
}
