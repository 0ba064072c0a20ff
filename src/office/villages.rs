//! Villages, the PSUs of a sample, as whoever collects in them needs them: what is done of what is planned, and who is next.

use std::collections::BTreeMap;

use super::fieldwork::by_key;
use super::{Action, Look, Refusal, waves};
use crate::store::responses::{self, CountBy};
use crate::store::waves as stored;

/// So many respondents of a village are named ahead.
const AHEAD: usize = 40;

/// A village.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Village {
    /// Its code in the design.
    pub code: String,
    /// Its stratum.
    pub stratum: String,
    /// The unit that it lies in.
    pub area: Option<i32>,
    /// Responses that count.
    pub done: i64,
    /// People on the sample list; none where it names nobody there.
    pub planned: Option<i64>,
    /// The first of them that have not answered.
    pub next: Vec<String>,
}

/// The villages of a wave; for one who is bound to a unit, those that lie within it, with what came about that unit.
///
/// # Errors
/// `not-found`.
pub fn villages(look: &mut Look<'_>, wave: &str) -> Result<Vec<Village>, Refusal> {
    look.may(Action::Import)?;
    let wave = waves::existing(look, wave)?;
    let reach = look.reach()?;
    let came = by_key(&responses::count_within(look.db, wave.id, CountBy::Psu, reach.as_deref())?);
    let answered = responses::answered(look.db, wave.id)?;
    let mut listed: BTreeMap<i32, (i64, Vec<String>)> = BTreeMap::new();
    for line in stored::load_respondents(look.db, wave.id)? {
        let Some(psu) = line.psu_id else { continue };
        let (planned, next) = listed.entry(psu).or_default();
        *planned += 1;
        if next.len() < AHEAD && !answered.contains(&line.respondent) {
            next.push(line.respondent);
        }
    }
    let mine = |psu: &stored::Psu| reach.as_ref().is_none_or(|reach| psu.area_unit_id.is_some_and(|area| reach.contains(&area)));
    let psus = stored::load_psus(look.db, wave.id)?.into_iter().filter(mine);
    Ok(psus
        .map(|psu| {
            let (planned, next) = listed.remove(&psu.id).map_or((None, Vec::new()), |(planned, next)| (Some(planned), next));
            let done = came.get(&i64::from(psu.id)).map_or(0, |came| came.valid);
            Village { code: psu.code, stratum: psu.stratum, area: psu.area_unit_id, done, planned, next }
        })
        .collect())
}
