//! Weights of a frame calibrated to known totals.
//!
//! Margins are categories: areas, answers to items, or both. So every factor depends on the cell of their
//! cross-classification alone, weights stay whole numbers, and sums by cell are all that the variance needs
//! (`design::calibrate_cells`).

use std::collections::{BTreeMap, HashMap, HashSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::design::{Bounds, CalibrationError, Category, Cell, CellCalibration, CellMargin, Distance, WeightSummary, calibrate_cells};
use crate::frame::Frame;
use crate::index::plan::{Plan, PlanMargin};
use crate::schema::CalibrationDistance;
use crate::scoring::{CellResiduals, Class, Line, Sum, Tally, TallyError};
use crate::unit::{Registry, UnitId};

/// Calibrated weights are whole numbers of a unit so many times finer than the wave's, so that rounding a factor's product
/// changes no published digit.
const FINER: i64 = 1000;

/// Why weights could not be calibrated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CalibrateError {
    /// The answers to the margins' items and to the item of a domain have more combinations than a byte has values.
    #[error("the items of the margins, with the item that splits a domain, have {0} combinations of answers; 256 can be told apart")]
    Combinations(usize),
    /// People in the sample belong to a class that has no total.
    #[error("{margin}: {rows} responses are of the class {class:?}, which has no total")]
    NoTotal {
        /// The margin.
        margin: String,
        /// The class.
        class: String,
        /// Responses in it.
        rows: i64,
    },
    /// The totals cannot be reached.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Totals(Vec<CalibrationError>),
}

/// What a calibration did to the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationReport {
    /// Newton steps until the totals were met.
    pub rounds: usize,
    /// The smallest factor.
    pub g_min: f64,
    /// The largest factor.
    pub g_max: f64,
    /// Kish's effect of unequal weights before: 1 + CV².
    pub kish_before: f64,
    /// The same after.
    pub kish_after: f64,
    /// Each class with its total, and what weights summed up to.
    pub margins: Vec<ClassReport>,
}

/// One class of one margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassReport {
    /// The margin and its class.
    pub class: String,
    /// Responses in it.
    pub rows: u64,
    /// Weights before.
    pub before: f64,
    /// Weights after.
    pub after: f64,
    /// The population's total.
    pub total: f64,
}

/// One byte a row for the answers to several items, in an order that depends on the codes alone.
pub(super) struct Combinations {
    pub(super) column: Vec<u8>,
    /// The codes of each byte's combination, in the order of the items.
    pub(super) codes: Vec<Vec<u8>>,
}

impl Combinations {
    /// Numbers the combinations of these columns that occur.
    pub(super) fn of(frame: &Frame, columns: &[usize]) -> Result<Self, CalibrateError> {
        let key = |row: usize| columns.iter().map(|column| frame.column(*column)[row]).collect::<Vec<u8>>();
        let chunk = frame.rows().div_ceil(rayon::current_num_threads()).max(1);
        let starts: Vec<usize> = (0..frame.rows()).step_by(chunk).collect();
        let met = starts.into_par_iter().map(|start| (start..frame.rows().min(start + chunk)).map(key).collect::<HashSet<_>>());
        let mut codes: Vec<Vec<u8>> = met.reduce(HashSet::new, |a, b| a.into_iter().chain(b).collect()).into_iter().collect();
        codes.sort_unstable();
        if codes.len() > 256 {
            return Err(CalibrateError::Combinations(codes.len()));
        }
        let numbers: HashMap<&[u8], u8> = codes.iter().map(Vec::as_slice).zip(0..=u8::MAX).collect();
        let column = (0..frame.rows()).into_par_iter().map(|row| numbers.get(key(row).as_slice()).copied().unwrap_or(0)).collect();
        Ok(Self { column, codes })
    }
}

/// A cell of the cross-classification: for each margin its area and the number of its option, where it has them.
type Key = Vec<(String, Option<u8>)>;

/// A calibrated frame's factors.
pub(super) struct Calibrated {
    calibration: CellCalibration,
    cells: BTreeMap<Key, u32>,
    lines: Vec<Line>,
    pub(super) report: CalibrationReport,
}

impl Calibrated {
    /// Calibrates the weights of `frame`, in place.
    pub(super) fn new(plan: &Plan, frame: &mut Frame, registry: &Registry) -> Result<Option<Self>, CalibratedError> {
        let Some((distance, margins)) = &plan.calibration else { return Ok(None) };
        let combinations = Combinations::of(frame, &items(margins))?;
        let tally = base_tally(frame, &combinations)?;
        let area = |class: &Class, margin: &PlanMargin| area_of(class, margin, frame, registry);
        let key = |class: &Class| -> Key {
            let codes = &combinations.codes[usize::from(class.group)];
            let mut codes = codes.iter();
            margins.iter().map(|margin| (area(class, margin), margin.option(&mut codes))).collect()
        };
        let keys: Vec<Key> = tally.classes().iter().map(key).collect();
        let mut cells: BTreeMap<Key, u32> = keys.iter().cloned().map(|key| (key, 0)).collect();
        for (place, number) in (0..).zip(cells.values_mut()) {
            *number = place;
        }
        let of_class: Vec<u32> = keys.iter().map(|key| cells[key]).collect();

        let per_one = to_f64(i128::from(frame.per_one()));
        let mut sums = vec![Cell::default(); cells.len()];
        let mut lines = Vec::new();
        for (cell, (rows, class)) in tally.cells().iter().zip(tally.rows().iter().zip(tally.classes_of_cells())) {
            let place = of_class[*class as usize];
            let weight = to_f64(rows.w.wide()) / per_one;
            sums[place as usize].weight += weight;
            sums[place as usize].rows += u64::try_from(rows.n).unwrap_or(0);
            lines.push(Line { psu: cell.psu, cell: place, weight });
        }
        let cell_margins = margins.iter().enumerate().map(|(place, margin)| cell_margin(place, margin, &cells, &sums));
        let cell_margins: Vec<CellMargin> = cell_margins.collect::<Result<_, _>>()?;
        let calibration = calibrate_cells(&sums, &cell_margins, distance_of(*distance)).map_err(CalibrateError::Totals)?;

        let g_of: HashMap<Class, f64> =
            tally.classes().iter().zip(&of_class).map(|(class, cell)| (*class, calibration.g()[*cell as usize])).collect();
        let before = WeightSummary::of(&real(frame.weights(), per_one)).map_or(1.0, |summary| summary.deff);
        let finer = to_f64(i128::from(FINER));
        let strata = &frame.strata;
        let factor = |(((weight, psu), unit), group): (((&mut i64, &u32), &u32), &u8)| {
            let class = Class { area: strata.area_of(*psu), unit: *unit, group: *group };
            *weight = rounded(to_f64(i128::from(*weight)) * finer * g_of.get(&class).copied().unwrap_or(1.0));
        };
        frame.weights.par_iter_mut().zip(&frame.psus).zip(&frame.units).zip(&combinations.column).for_each(factor);
        frame.per_one *= FINER;
        let after = WeightSummary::of(&real(frame.weights(), per_one * finer)).map_or(1.0, |summary| summary.deff);
        let report = report(&calibration, &cell_margins, &sums, before, after);
        Ok(Some(Self { calibration, cells, lines: merged(lines), report }))
    }

    /// The residuals of a tally whose groups are these combinations, the margins' items being the first.
    pub(super) fn residuals<S: Sum>(
        &self,
        margins: &[PlanMargin],
        tally: &Tally<S>,
        combinations: &Combinations,
        frame: &Frame,
        registry: &Registry,
    ) -> CellResiduals {
        let cell = |class: &Class| {
            let mut codes = combinations.codes[usize::from(class.group)].iter();
            let key: Key = margins.iter().map(|margin| (area_of(class, margin, frame, registry), margin.option(&mut codes))).collect();
            self.cells.get(&key).copied().unwrap_or(0) // every class of the sample has its cell
        };
        CellResiduals::new(self.calibration.clone(), tally.classes().iter().map(cell).collect(), self.lines.clone())
    }
}

/// Why a frame could not be calibrated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(super) enum CalibratedError {
    #[error(transparent)]
    Calibrate(#[from] CalibrateError),
    #[error(transparent)]
    Tally(#[from] TallyError),
}

/// The columns of the margins' items.
pub(super) fn items(margins: &[PlanMargin]) -> Vec<usize> {
    margins.iter().filter_map(|margin| margin.item.as_ref()).map(|split| split.column).collect()
}

/// Rows and base weights by PSU, unit and combination.
fn base_tally(frame: &mut Frame, combinations: &Combinations) -> Result<Tally<i128>, TallyError> {
    frame.columns.push(combinations.column.clone());
    let tally = Tally::take(frame, &[], Some(frame.columns.len() - 1));
    frame.columns.pop();
    tally
}

/// The area of a class on the level of a margin, as `LIST:CODE`; empty where the margin has no level.
fn area_of(class: &Class, margin: &PlanMargin, frame: &Frame, registry: &Registry) -> String {
    let Some(kind) = margin.level else { return String::new() };
    let place = class.area.unwrap_or(frame.unit_ids()[class.unit as usize]);
    let area = registry.ancestor_of_kind(UnitId(place), kind);
    area.map(|unit| format!("{}:{}", unit.record.list, unit.record.code)).unwrap_or_default()
}

/// A margin over the cells. Where people did not answer its item, its totals are lowered to the share of those who did,
/// area by area: the margin says nothing about the others.
fn cell_margin(place: usize, margin: &PlanMargin, cells: &BTreeMap<Key, u32>, sums: &[Cell]) -> Result<CellMargin, CalibrateError> {
    let (mut known, mut all): (BTreeMap<&str, f64>, BTreeMap<&str, f64>) = (BTreeMap::new(), BTreeMap::new());
    for (key, cell) in cells {
        let (area, option) = &key[place];
        let weight = sums[*cell as usize].weight;
        *all.entry(area).or_default() += weight;
        *known.entry(area).or_default() += if margin.item.is_none() || option.is_some() { weight } else { 0.0 };
    }
    let name = margin.name();
    let classes: Vec<(&(String, String), &f64)> = margin.totals.iter().collect();
    let category = |((area, option), total): &(&(String, String), &f64)| {
        let share = known.get(area.as_str()).zip(all.get(area.as_str())).map_or(1.0, |(known, all)| known / all);
        Category { name: [area.as_str(), option.as_str()].join(" ").trim().to_owned(), total: **total * share }
    };
    let categories: Vec<Category> = classes.iter().map(category).collect();
    let places: HashMap<(&str, &str), u32> = classes.iter().map(|(class, _)| (class.0.as_str(), class.1.as_str())).zip(0..).collect();
    let mut of_cell = vec![None; sums.len()];
    for (key, cell) in cells {
        let (area, number) = &key[place];
        let option = match (&margin.item, number) {
            (Some(_), None) => continue,
            (Some(split), Some(number)) => split.options.get(usize::from(*number) - 1).map_or("", String::as_str),
            (None, _) => "",
        };
        let found = places.get(&(area.as_str(), option)).copied();
        if found.is_none() {
            let class = [area.as_str(), option].join(" ").trim().to_owned();
            let rows = i64::try_from(sums[*cell as usize].rows).unwrap_or(i64::MAX);
            return Err(CalibrateError::NoTotal { margin: name, class, rows });
        }
        of_cell[*cell as usize] = found;
    }
    Ok(CellMargin { name, categories, of_cell })
}

/// The lines of one PSU and cell added up.
fn merged(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by_key(|line| (line.psu, line.cell));
    let mut all: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        match all.last_mut() {
            Some(last) if (last.psu, last.cell) == (line.psu, line.cell) => last.weight += line.weight,
            _ => all.push(line),
        }
    }
    all
}

fn report(calibration: &CellCalibration, margins: &[CellMargin], sums: &[Cell], kish_before: f64, kish_after: f64) -> CalibrationReport {
    let classes = margins.iter().flat_map(|margin| {
        margin.categories.iter().zip(0_u32..).map(move |(category, place)| {
            let members = || margin.of_cell.iter().zip(sums).zip(calibration.g()).filter(move |((of, _), _)| **of == Some(place));
            ClassReport {
                class: format!("{} = {}", margin.name, category.name),
                rows: members().map(|((_, cell), _)| cell.rows).sum(),
                before: members().map(|((_, cell), _)| cell.weight).sum(),
                after: members().map(|((_, cell), g)| cell.weight * g).sum(),
                total: category.total,
            }
        })
    });
    let (low, high) = calibration.g().iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), g| (low.min(*g), high.max(*g)));
    CalibrationReport { rounds: calibration.rounds(), g_min: low, g_max: high, kish_before, kish_after, margins: classes.collect() }
}

/// The distance as the solver knows it. The definition's bounds were checked when it was read.
fn distance_of(distance: CalibrationDistance) -> Distance {
    let bounds = |low, high| Bounds::new(low, high).ok();
    match distance {
        CalibrationDistance::Raking => Distance::Raking(None),
        CalibrationDistance::Linear => Distance::Linear(None),
        CalibrationDistance::Logit { low, high } => bounds(low, high).map_or(Distance::Raking(None), Distance::Logit),
        CalibrationDistance::Truncated { low, high } => Distance::Linear(bounds(low, high)),
    }
}

fn real(weights: &[i64], per_one: f64) -> Vec<f64> {
    weights.iter().map(|weight| to_f64(i128::from(*weight)) / per_one).collect()
}

#[allow(clippy::cast_precision_loss)] // sums of weights: rounded once
fn to_f64(number: i128) -> f64 {
    number as f64
}

#[allow(clippy::cast_possible_truncation)] // a weight times a factor; saturates
fn rounded(weight: f64) -> i64 {
    weight.round() as i64
}
