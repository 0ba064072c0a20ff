//! One edition of a series, unit by unit.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{Days, NaiveDate};

use super::findings::EditionFindings;
use super::names::{Codes, FORMER, HA_NOI, HA_TAY, HA_TAY_NAME, recorded};
use super::{Part, SeriesEdition, SeriesUnit};
use crate::composite::pipeline::Outcome;
use crate::composite::stages::rank::ranks;
use crate::schema::composite::CompositeDefinition;
use crate::unit::{Registry, Unit, UnitId, UnitKind};
use crate::words::Finding;

/// One edition being rebuilt.
pub(super) struct Work<'w> {
    pub(super) definition: &'w CompositeDefinition,
    pub(super) outcome: &'w Outcome,
    pub(super) units: &'w Registry,
    /// The column of the denominator by which parts are weighed.
    pub(super) weight: Option<usize>,
    pub(super) edition: &'w str,
    /// Its rows.
    pub(super) span: Range<usize>,
    /// The list that it was made for.
    pub(super) from: String,
    /// The list of the series.
    pub(super) to: &'w str,
}

/// The rows of an edition by the code of their unit: more than one where a table writes a unit in several ways.
type Found<'c> = BTreeMap<&'c str, Vec<usize>>;

/// A unit of the list of the series; without a record it is Hà Tây.
struct Target<'u> {
    code: &'u str,
    name: &'u str,
    record: Option<&'u Unit>,
}

impl<'u> Target<'u> {
    fn of(unit: &'u Unit) -> Self {
        Self { code: &unit.record.code, name: &unit.record.name_vi, record: Some(unit) }
    }
}

/// How a unit of the series is had from units of the edition's list.
enum Origin {
    /// From these, each going whole into it.
    Codes(Vec<String>),
    /// Not at all: it is a part of these units, which hold others too or are not all of it.
    PartOf(Vec<String>),
}

impl Work<'_> {
    /// # Errors
    /// No unit of the edition is in its list.
    pub(super) fn edition(&self, findings: &mut Vec<Finding>) -> Result<SeriesEdition, Finding> {
        let codes = Codes::of(self.units, &self.from);
        let (mut rows, mut noted) = (Found::new(), EditionFindings::new(self));
        for (row, text) in self.span.clone().zip(self.texts()) {
            match codes.find(text) {
                Some(code) => rows.entry(code).or_default().push(row),
                None => noted.unknown.push(text.clone()),
            }
        }
        if rows.is_empty() {
            return Err(noted.nobody());
        }
        noted.repeated = rows.values().filter(|rows| rows.len() > 1).map(|rows| rows.iter().map(|row| self.text(*row)).collect()).collect();
        noted.ha_tay = self.from == FORMER && self.to != FORMER && rows.contains_key(HA_TAY);
        let mut units = Vec::new();
        for target in self.targets(&rows) {
            match self.origin(&target) {
                Origin::Codes(parts) => {
                    let there: Vec<&[usize]> = parts.iter().filter_map(|code| rows.get(code.as_str()).map(Vec::as_slice)).collect();
                    if !there.is_empty() {
                        noted.broken.extend((there.len() < parts.len()).then(|| target.name.to_owned()));
                        units.push(self.unit(&target, &there, there.len() == parts.len()));
                    }
                }
                Origin::PartOf(heirs) if heirs.iter().any(|code| rows.contains_key(code.as_str())) => {
                    noted.refused.push(target.name.to_owned());
                }
                Origin::PartOf(_) => {}
            }
        }
        if noted.refused.is_empty() {
            let root: Vec<f64> = units.iter().map(|unit| unit.scores.first().copied().flatten().unwrap_or(f64::NAN)).collect();
            for (unit, rank) in units.iter_mut().zip(ranks(&root, self.definition.rank().ties)) {
                unit.rank = rank;
            }
        }
        noted.all(&units, findings);
        let (edition, rebuilt) = (self.edition.to_owned(), units.iter().any(|unit| unit.rebuilt));
        Ok(SeriesEdition { edition, from: self.from.clone(), rebuilt, precision: None, units })
    }

    /// The units as the table writes them.
    fn texts(&self) -> &[String] {
        self.outcome.rows().units().get(self.span.clone()).unwrap_or_default()
    }

    fn text(&self, row: usize) -> String {
        self.outcome.rows().units().get(row).cloned().unwrap_or_default()
    }

    /// The units of the list of the series that are of the same kinds as those of the edition, in the order of the list.
    fn targets(&self, rows: &Found<'_>) -> Vec<Target<'_>> {
        let kind = |code: &&str| match self.units.find(recorded(&self.from), code, None) {
            Some(unit) => Some(unit.record.kind),
            None => (**code == *HA_TAY).then_some(UnitKind::Province),
        };
        let kinds: Vec<UnitKind> = rows.keys().filter_map(kind).collect();
        let wanted = |unit: &&Unit| {
            let record = &unit.record;
            record.list == recorded(self.to) && kinds.contains(&record.kind) && (self.to != FORMER || record.kind == UnitKind::Province)
        };
        let mut targets: Vec<Target<'_>> = self.units.iter().filter(wanted).map(Target::of).collect();
        if self.to == FORMER && kinds.contains(&UnitKind::Province) {
            let place = targets.iter().position(|target| target.code > HA_TAY).unwrap_or(targets.len());
            targets.insert(place, Target { code: HA_TAY, name: HA_TAY_NAME, record: None });
        }
        targets
    }

    /// A day on which the units of a list are valid.
    fn day(&self, list: &str) -> Option<NaiveDate> {
        let record = &self.units.iter().find(|unit| unit.record.list == recorded(list))?.record;
        match record.valid_to {
            Some(end) => end.checked_sub_days(Days::new(1)),
            None => Some(record.valid_from),
        }
    }

    fn origin(&self, target: &Target<'_>) -> Origin {
        if self.from == self.to {
            return Origin::Codes(vec![target.code.to_owned()]);
        }
        // Of the list of 64, Hà Nội and Hà Tây are parts of what Hà Nội is now; the others have stayed until the list of 63 ended.
        let Some(unit) = target.record.filter(|_| self.to != FORMER || target.code != HA_NOI) else {
            return Origin::PartOf(vec![HA_NOI.to_owned()]);
        };
        let origin = self.recorded_origin(unit);
        match origin {
            Origin::Codes(mut codes) if self.from == FORMER && codes.iter().any(|code| code == HA_NOI) => {
                codes.push(HA_TAY.to_owned());
                Origin::Codes(codes)
            }
            origin => origin,
        }
    }

    /// The origin as the records of successions tell it.
    fn recorded_origin(&self, unit: &Unit) -> Origin {
        let code = |unit: UnitId| self.units.get(unit).map(|unit| unit.record.code.clone());
        if recorded(&self.from) == recorded(self.to) {
            return Origin::Codes(vec![unit.record.code.clone()]);
        }
        let (Some(then), Some(now)) = (self.day(&self.from), self.day(self.to)) else { return Origin::PartOf(Vec::new()) };
        let links = self.units.counterparts(unit.id, then);
        let codes: Vec<String> = links.iter().filter_map(|link| code(link.unit)).collect();
        // Forward in time a unit must be the whole of what it became.
        let alone = || links.len() == 1 && links.iter().all(|link| self.units.counterparts(link.unit, now).len() == 1);
        let whole = links.iter().all(|link| link.whole) && (then < now || alone());
        if whole { Origin::Codes(codes) } else { Origin::PartOf(codes) }
    }

    /// A unit from the rows of its parts; without figures where not all parts are there, or one of them in several rows.
    fn unit(&self, target: &Target<'_>, parts: &[&[usize]], complete: bool) -> SeriesUnit {
        let weight = |row: usize| match self.weight {
            Some(column) => self.outcome.state().denominators.get(row, column).filter(|weight| *weight > 0.0),
            None => Some(1.0),
        };
        let single: Option<Vec<usize>> = parts.iter().map(|rows| if let [row] = rows { Some(*row) } else { None }).collect();
        let rows = single.filter(|_| complete);
        let weights: Option<Vec<(usize, f64)>> = rows.as_deref().and_then(|rows| match rows {
            [row] => Some(vec![(*row, 1.0)]),
            _ => rows.iter().map(|row| Some((*row, weight(*row)?))).collect(),
        });
        let total: f64 = weights.iter().flatten().map(|(_, weight)| weight).sum();
        let score = |node: usize| match weights.as_deref()? {
            [(row, _)] => self.outcome.score(node, *row),
            weights => {
                let terms = weights.iter().map(|(row, weight)| Some(weight * self.outcome.score(node, *row)?));
                Some(terms.sum::<Option<f64>>()? / total)
            }
        };
        let share = |row: usize| Some(weights.as_ref()?.iter().find(|(known, _)| *known == row)?.1 / total);
        SeriesUnit {
            unit: target.code.to_owned(),
            name: target.name.to_owned(),
            parts: parts.concat().into_iter().map(|row| Part { unit: self.text(row), share: share(row) }).collect(),
            rebuilt: parts.len() > 1,
            scores: (0..self.definition.nodes().len()).map(score).collect(),
            intervals: Vec::new(),
            rank: None,
        }
    }
}
