//! How fieldwork goes: what came of each wave, against what was to come.

use std::collections::BTreeMap;

use super::waves::{self, WaveBody};
use super::{Action, Code, Look, Refusal};
use crate::design::Mode;
use crate::response::{DAY, service_day, weekday};
use crate::store::responses::{self, Count, CountBy, ResponseState};
use crate::store::waves as stored;
use crate::unit::UnitId;
use crate::words::encode::from_rfc3339;

/// Responses of one unit, PSU, day or device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Came {
    /// Responses that count.
    pub valid: i64,
    /// Those of them with items that are not valid and count as missing.
    pub valid_in_part: i64,
    /// Invalid as a whole: kept, and they do not count.
    pub invalid: i64,
    /// Those of them that are second answers of a listed respondent whose first one counts.
    pub doubled: i64,
    /// Came late and are kept apart.
    pub quarantined: i64,
    /// Withdrawn, superseded or excluded.
    pub ended: i64,
}

impl Came {
    fn add(&mut self, count: &Count) {
        let cell = match (count.ended, count.state) {
            (true, _) => &mut self.ended,
            (false, ResponseState::Valid) => &mut self.valid,
            (false, ResponseState::Invalid) => &mut self.invalid,
            (false, ResponseState::Quarantined) => &mut self.quarantined,
        };
        *cell += count.n;
        if !count.ended && count.doubled {
            self.doubled += count.n;
        }
        if !count.ended && count.in_part && count.state == ResponseState::Valid {
            self.valid_in_part += count.n;
        }
    }

    /// The same and others together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            valid: self.valid + other.valid,
            valid_in_part: self.valid_in_part + other.valid_in_part,
            invalid: self.invalid + other.invalid,
            doubled: self.doubled + other.doubled,
            quarantined: self.quarantined + other.quarantined,
            ended: self.ended + other.ended,
        }
    }
}

/// What came by key: the number of a unit, a PSU or a device's key (0: none), or a day since 1970-01-01.
#[must_use]
pub fn by_key(counts: &[Count]) -> BTreeMap<i64, Came> {
    counts.iter().fold(BTreeMap::new(), |mut rows: BTreeMap<i64, Came>, count| {
        rows.entry(count.key).or_default().add(count);
        rows
    })
}

/// A wave in a line.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The wave.
    pub wave: WaveBody,
    /// Whether it takes answers now.
    pub open: bool,
    /// What came so far.
    pub came: Came,
    /// Valid answers of today.
    pub today: i64,
    /// How many are to come: the people on the sample list, or the invitations of a stream, where they are known.
    pub expected: Option<i64>,
    /// Whole days until it closes; none of one without an end, or closed.
    pub days_left: Option<i64>,
}

/// The newest waves with what came of them; of one who is bound to a unit, about that unit.
///
/// # Errors
/// Those of the store.
pub fn overview(look: &mut Look<'_>, limit: usize) -> Result<Vec<Overview>, Refusal> {
    look.may(Action::WatchFieldwork)?;
    let reach = look.reach()?;
    let rows: Vec<stored::Wave> = stored::list(look.db)?.into_iter().take(limit).collect();
    rows.into_iter().map(|wave| one(look, &wave, reach.as_deref())).collect()
}

fn one(look: &mut Look<'_>, wave: &stored::Wave, reach: Option<&[i32]>) -> Result<Overview, Refusal> {
    let days = by_key(&responses::count_within(look.db, wave.id, CountBy::Day, reach)?);
    let today = service_day(look.now);
    let body = waves::get(look, &wave.code)?;
    let listed = if reach.is_none() { stored::sizes(look.db, wave.id)?.respondents } else { 0 };
    let invited = body.chain.as_ref().and_then(|chain| chain.invitations).filter(|_| reach.is_none());
    let closes_at = body.closes_at.as_deref().and_then(from_rfc3339);
    let ahead = closes_at.filter(|closes_at| *closes_at > look.now);
    Ok(Overview {
        open: wave.opens_at <= look.now && (closes_at.is_none() || ahead.is_some()),
        came: days.values().copied().fold(Came::default(), Came::with),
        today: days.get(&today).map_or(0, |came| came.valid),
        expected: if listed > 0 { Some(listed) } else { invited },
        days_left: ahead.map(|closes_at| (closes_at - look.now).div_euclid(DAY)),
        wave: body,
    })
}

/// A stratum of the design: its PSUs, those that answers came from, and what came.
#[derive(Debug, Clone, Default)]
pub struct Stratum {
    /// PSUs that were drawn in it.
    pub psus: i64,
    /// Those of them without a valid answer.
    pub waiting: i64,
    /// What came.
    pub came: Came,
}

/// A PSU of the design, and what came of it.
#[derive(Debug, Clone)]
pub struct OfPsu {
    /// Its code.
    pub code: String,
    /// Its stratum.
    pub stratum: String,
    /// What came.
    pub came: Came,
}

/// A wave with what came of it, from every side.
#[derive(Debug)]
pub struct InFull {
    /// In a line.
    pub overview: Overview,
    /// How large its design is; none for one who is bound to a unit.
    pub sizes: Option<stored::Sizes>,
    /// By day since 1970-01-01, in Việt Nam.
    pub days: BTreeMap<i64, Came>,
    /// By the number of the rated unit.
    pub units: BTreeMap<i64, Came>,
    /// By the number of the device's key; 0: without one.
    pub devices: BTreeMap<i64, Came>,
    /// By stratum; none without a design, or for one who is bound to a unit.
    pub strata: BTreeMap<String, Stratum>,
    /// By PSU, in the order of the design.
    pub psus: Vec<OfPsu>,
}

/// How large the design of a wave is.
///
/// # Errors
/// `not-found`; `unit-forbidden` for one who is bound to a unit.
pub fn sizes(look: &mut Look<'_>, code: &str) -> Result<stored::Sizes, Refusal> {
    look.may(Action::WatchFieldwork)?;
    look.of_all_units()?;
    let wave = waves::existing(look, code)?;
    Ok(stored::sizes(look.db, wave.id)?)
}

/// How fieldwork of a wave goes.
///
/// # Errors
/// `not-found`.
pub fn in_full(look: &mut Look<'_>, code: &str) -> Result<InFull, Refusal> {
    look.may(Action::WatchFieldwork)?;
    let wave = waves::existing(look, code)?;
    let reach = look.reach()?;
    let overview = one(look, &wave, reach.as_deref())?;
    let mut came = |by: CountBy| Ok::<_, Refusal>(by_key(&responses::count_within(look.db, wave.id, by, reach.as_deref())?));
    let (days, units, devices, of_psus) = (came(CountBy::Day)?, came(CountBy::Unit)?, came(CountBy::Device)?, came(CountBy::Psu)?);
    let mut found = InFull { overview, sizes: None, days, units, devices, strata: BTreeMap::new(), psus: Vec::new() };
    if reach.is_some() {
        // Which PSUs wait for their first response says something of other units.
        return Ok(found);
    }
    found.sizes = Some(stored::sizes(look.db, wave.id)?);
    for psu in stored::load_psus(look.db, wave.id)? {
        let came = of_psus.get(&i64::from(psu.id)).copied().unwrap_or_default();
        let stratum = found.strata.entry(psu.stratum.clone()).or_default();
        stratum.psus += 1;
        stratum.waiting += i64::from(came.valid == 0);
        stratum.came = stratum.came.with(came);
        found.psus.push(OfPsu { code: psu.code, stratum: psu.stratum, came });
    }
    Ok(found)
}

/// A stream of answers about one's own unit.
#[derive(Debug)]
pub struct OwnStream {
    /// The wave.
    pub wave: WaveBody,
    /// Whether it takes answers now.
    pub open: bool,
    /// What came by week, by the day since 1970-01-01 of its Monday: every week from the first with answers to the last.
    pub weeks: BTreeMap<i64, Came>,
    /// By the number of the rated unit.
    pub units: BTreeMap<i64, Came>,
}

/// The Monday of the week of a service day.
fn monday(day: i64) -> i64 {
    day - i64::try_from(weekday(day)).unwrap_or(0)
}

/// The streams that answers about one's own unit came by, or may come by now, the newest first: how many, and nothing of what they say.
///
/// # Errors
/// 401, 403; `unit-forbidden` for one who is bound to no unit.
pub fn own_streams(look: &mut Look<'_>, limit: usize) -> Result<Vec<OwnStream>, Refusal> {
    look.may(Action::WatchOwn)?;
    let Some(reach) = look.reach()? else { return Err(Refusal::new(Code::UnitForbidden)) };
    let units = look.units()?;
    let lists: Vec<String> = reach.iter().filter_map(|id| units.get(UnitId(*id))).map(|unit| unit.record.list.clone()).collect();
    let is_own = |wave: &stored::Wave| Mode::parse(&wave.mode).is_some_and(Mode::is_stream) && lists.contains(&wave.unit_list);
    let waves: Vec<stored::Wave> = stored::list(look.db)?.into_iter().filter(is_own).take(limit).collect();
    let mut found = Vec::new();
    for wave in waves {
        let days = by_key(&responses::count_within(look.db, wave.id, CountBy::Day, Some(&reach))?);
        let of_units = by_key(&responses::count_within(look.db, wave.id, CountBy::Unit, Some(&reach))?);
        let open = wave.opens_at <= look.now && wave.closes_at.is_none_or(|closes_at| closes_at > look.now);
        if open || !days.is_empty() {
            found.push(OwnStream { wave: waves::get(look, &wave.code)?, open, weeks: weeks(&days), units: of_units });
        }
    }
    Ok(found)
}

/// Days by week, with the weeks between that nothing came in.
fn weeks(days: &BTreeMap<i64, Came>) -> BTreeMap<i64, Came> {
    let Some((first, last)) = days.keys().next().zip(days.keys().next_back()) else { return BTreeMap::new() };
    let mut weeks: BTreeMap<i64, Came> = (monday(*first)..=monday(*last)).step_by(7).map(|week| (week, Came::default())).collect();
    for (day, came) in days {
        let week = weeks.entry(monday(*day)).or_default();
        *week = week.with(*came);
    }
    weeks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_monday_and_one_without_answers_is_there() {
        // 1970-01-05 was a Monday.
        assert_eq!((monday(4), monday(10), monday(11), monday(3), monday(-3)), (4, 4, 11, -3, -3));
        let came = |valid| Came { valid, ..Came::default() };
        let found = weeks(&BTreeMap::from([(5, came(2)), (10, came(3)), (19, came(1))]));
        assert_eq!(found.into_iter().map(|(week, came)| (week, came.valid)).collect::<Vec<_>>(), [(4, 5), (11, 0), (18, 1)]);
        assert!(weeks(&BTreeMap::new()).is_empty());
    }
}
