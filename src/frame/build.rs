//! Packed rows to columns.

use std::cmp::Ordering;
use std::collections::HashMap;

use rayon::prelude::*;

use crate::design::{Design, DesignKind, Wave};
use crate::frame::{Frame, Strata, Stratum, device_day};
use crate::schema::{Layout, NOT_OFFERED, Questionnaire, Slot, SlotKind};

/// Rows that are transposed at a time: a tile of this many rows and all their bytes stays in the second-level cache.
const TILE: usize = 1024;

/// Why rows make no frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Columns of different lengths.
    #[error("the columns differ in length")]
    Ragged,
    /// A row names a PSU or unit that the design does not have.
    #[error("a row names a PSU or a unit that is not there")]
    UnknownPsu,
    /// A row of a questionnaire version nobody announced.
    #[error("response {seq} was answered on a questionnaire version that the wave does not know (id {version})")]
    UnknownVersion {
        /// The response's sequence number.
        seq: i64,
        /// The version's id in the store.
        version: i32,
    },
    /// Packed answers of another length than their version's layout.
    #[error("the answers of response {seq} hold {found} bytes, its questionnaire version lays out {expected}")]
    Width {
        /// The response's sequence number.
        seq: i64,
        /// Bytes found.
        found: usize,
        /// Bytes that the layout has.
        expected: usize,
    },
}

/// One byte column that an index asks for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Column {
    /// The answer codes of a scale or single-choice item.
    Item(String),
    /// Whether an option of a multiple-choice item was chosen: [`CHOSEN`] or [`NOT_CHOSEN`].
    Chosen {
        /// The item.
        item: String,
        /// The option's code.
        option: String,
    },
}

/// The option was among those chosen.
pub const CHOSEN: u8 = 1;
/// The item was answered, without that option.
pub const NOT_CHOSEN: u8 = 2;
/// An option that the version the index was written against does not have.
pub const FOREIGN_OPTION: u8 = 252;

/// One stored response, as the store hands it over.
#[derive(Debug, Clone, Copy)]
pub struct RowRef<'a> {
    /// Sequence number, for messages.
    pub seq: i64,
    /// The questionnaire version's id.
    pub version: i32,
    /// The rated unit's id.
    pub unit: i32,
    /// The PSU: its row on the design table, or the number that [`DeviceDays`](crate::frame::DeviceDays) gives it (ignored where each
    /// response is its own).
    pub psu: usize,
    /// The weight, in the wave's unit.
    pub weight: i64,
    /// The packed answers.
    pub answers: &'a [u8],
}

/// How one version's packed answers yield the columns asked for.
struct Version {
    width: usize,
    layout: Layout,
    readers: Vec<Reader>,
}

/// How one column is read from one version's packed answers.
enum Reader {
    /// The version does not have the item.
    Absent,
    /// The byte as it stands.
    Byte(usize),
    /// The byte, its option renumbered to that of the reference version.
    Renumbered(usize, Box<[u8; 256]>),
    /// Whether an option of a multiple-choice item was chosen.
    Bit(Slot, u8),
}

impl Reader {
    fn new(column: &Column, reference: &Questionnaire, version: &Questionnaire, layout: &Layout) -> Self {
        match column {
            Column::Item(item) => match layout.slot(item) {
                Some(slot) if matches!(slot.kind(), SlotKind::Option(_)) => {
                    renumber(item, reference, version).map_or(Reader::Byte(slot.offset()), |table| Reader::Renumbered(slot.offset(), table))
                }
                _ => Reader::Absent,
            },
            Column::Chosen { item, option } => {
                let number = version.item(item).and_then(|item| item.options()).and_then(|options| options.number(option));
                match (layout.slot(item), number) {
                    (Some(slot), Some(number)) => Reader::Bit(slot, number),
                    _ => Reader::Absent,
                }
            }
        }
    }

    fn read(&self, answers: &[u8]) -> u8 {
        match self {
            Reader::Absent => NOT_OFFERED,
            Reader::Byte(offset) => answers[*offset],
            Reader::Renumbered(offset, table) => table[usize::from(answers[*offset])],
            Reader::Bit(slot, option) if slot.is_answered(answers) => {
                if slot.includes(answers, *option) {
                    CHOSEN
                } else {
                    NOT_CHOSEN
                }
            }
            Reader::Bit(slot, _) => slot.state(answers),
        }
    }
}

/// The reference version's numbers for a version's options; `None` where they are the same.
fn renumber(item: &str, reference: &Questionnaire, version: &Questionnaire) -> Option<Box<[u8; 256]>> {
    let options = version.item(item)?.options()?;
    let known = reference.item(item).and_then(|item| item.options());
    let mut table: Box<[u8; 256]> = Box::new(std::array::from_fn(|code| u8::try_from(code).unwrap_or(0)));
    for number in 1..=options.count() {
        let target = options.get(number).and_then(|choice| known?.number(choice.code()));
        table[usize::from(number)] = target.unwrap_or(FOREIGN_OPTION);
    }
    let same = (1..=options.count()).all(|number| table[usize::from(number)] == number);
    (!same).then_some(table)
}

/// Collects rows and turns them into a [`Frame`].
pub struct FrameBuilder {
    items: usize,
    versions: HashMap<i32, Version>,
    /// Row-major answers, one byte an item.
    bytes: Vec<u8>,
    weights: Vec<i64>,
    psus: Vec<u32>,
    units: Vec<i32>,
    unit_names: HashMap<i32, String>,
}

impl FrameBuilder {
    /// A builder of `columns`, over the versions of the wave's questionnaire by their ids. Options are numbered as in
    /// `reference`, the version that the index was compiled against.
    #[must_use]
    pub fn new<'a>(columns: &[Column], reference: &Questionnaire, versions: impl IntoIterator<Item = (i32, &'a Questionnaire)>) -> Self {
        let versions = versions.into_iter().map(|(id, version)| {
            let layout = Layout::of(version);
            let readers = columns.iter().map(|column| Reader::new(column, reference, version, &layout)).collect();
            (id, Version { width: layout.width(), readers, layout })
        });
        Self {
            items: columns.len(),
            versions: versions.collect(),
            bytes: Vec::new(),
            weights: Vec::new(),
            psus: Vec::new(),
            units: Vec::new(),
            unit_names: HashMap::new(),
        }
    }

    /// Makes room for that many more rows.
    pub fn reserve(&mut self, rows: usize) {
        self.bytes.reserve(rows * self.items);
        self.weights.reserve(rows);
        self.psus.reserve(rows);
        self.units.reserve(rows);
    }

    /// Whether an item of a row, any of its questionnaire, is invalid.
    #[must_use]
    pub fn holds_invalid(&self, version: i32, answers: &[u8]) -> bool {
        self.versions.get(&version).is_some_and(|version| version.layout.holds_invalid(answers))
    }

    /// Takes in a row.
    ///
    /// # Errors
    /// [`FrameError::UnknownVersion`], [`FrameError::Width`], [`FrameError::UnknownPsu`]: the store holds what it
    /// never should, and the run must stop.
    pub fn push(&mut self, row: RowRef<'_>) -> Result<(), FrameError> {
        let version = self.versions.get(&row.version).ok_or(FrameError::UnknownVersion { seq: row.seq, version: row.version })?;
        if row.answers.len() != version.width {
            return Err(FrameError::Width { seq: row.seq, found: row.answers.len(), expected: version.width });
        }
        let psu = u32::try_from(row.psu).map_err(|_| FrameError::UnknownPsu)?;
        self.bytes.extend(version.readers.iter().map(|reader| reader.read(row.answers)));
        self.weights.push(row.weight);
        self.psus.push(psu);
        self.units.push(row.unit);
        Ok(())
    }

    /// Tells what the rated units are called, for messages about strata that are units.
    pub fn name_units(&mut self, name: impl Fn(i32) -> String) {
        let mut ids = self.units.clone();
        ids.sort_unstable();
        ids.dedup();
        self.unit_names = ids.into_iter().map(|id| (id, name(id))).collect();
    }

    fn unit_name(&self, id: i32) -> String {
        self.unit_names.get(&id).cloned().unwrap_or_else(|| format!("unit {id}"))
    }

    /// The frame of the rows taken in. `area` gives the registry id of a PSU's area code.
    ///
    /// # Errors
    /// [`FrameError::UnknownPsu`] where a row's PSU is not on the design table.
    pub fn finish(self, wave: &Wave, design: &Design, area: impl Fn(&str) -> Option<i32>) -> Result<Frame, FrameError> {
        let mut unit_ids = self.units.clone();
        unit_ids.sort_unstable();
        unit_ids.dedup();
        let place: HashMap<i32, u32> = unit_ids.iter().copied().zip(0..).collect();
        let units: Vec<u32> = self.units.par_iter().map(|unit| place[unit]).collect();
        let per_one = wave.weight_unit.per_one();
        match wave.kind {
            DesignKind::Cluster => {
                let (strata, renumber) = canonical_strata(design, &self.psus, area)?;
                let psus: Vec<u32> = self.psus.par_iter().map(|psu| renumber[*psu as usize]).collect();
                let order = by_psu(&psus, strata.psus());
                let columns = transpose(&self.bytes, self.items, &order);
                let weights = order.par_iter().map(|row| self.weights[*row as usize]).collect();
                let units = order.par_iter().map(|row| units[*row as usize]).collect();
                let psus = order.par_iter().map(|row| psus[*row as usize]).collect();
                Frame::from_columns(columns, weights, psus, units, unit_ids, strata, per_one)
            }
            DesignKind::DeviceDay => {
                let arrived: Vec<u32> = (0..).take(self.weights.len()).collect();
                let columns = transpose(&self.bytes, self.items, &arrived);
                let ranks = ranks(&columns, &self.weights, &units);
                let clusters = device_day::clusters(&self.psus, &units, &ranks, &unit_ids, |unit| self.unit_name(unit));
                let (strata, psus) = clusters.ok_or(FrameError::UnknownPsu)?;
                let order = by_psu(&psus, strata.psus());
                let columns = columns.par_iter().map(|column| order.iter().map(|row| column[*row as usize]).collect()).collect();
                let weights = order.iter().map(|row| self.weights[*row as usize]).collect();
                let units = order.iter().map(|row| units[*row as usize]).collect();
                let psus = order.iter().map(|row| psus[*row as usize]).collect();
                Frame::from_columns(columns, weights, psus, units, unit_ids, strata, per_one)
            }
            DesignKind::Element => {
                let arrived: Vec<u32> = (0..).take(self.weights.len()).collect();
                let columns = transpose(&self.bytes, self.items, &arrived);
                let order = canonical_rows(&columns, &self.weights, &units);
                let columns = columns.par_iter().map(|column| order.iter().map(|row| column[*row as usize]).collect()).collect();
                let weights: Vec<i64> = order.iter().map(|row| self.weights[*row as usize]).collect();
                let units = order.iter().map(|row| units[*row as usize]).collect();
                let psus = (0..).take(order.len()).collect();
                let strata = Strata::elements(order.len());
                Frame::from_columns(columns, weights, psus, units, unit_ids, strata, per_one)
            }
        }
    }
}

/// The rows by PSU: sums are kept for each PSU and unit, and in this order those in use stay in cache.
pub(super) fn by_psu(psus: &[u32], count: usize) -> Vec<u32> {
    let mut next = vec![0_u32; count + 1];
    for psu in psus {
        next[*psu as usize + 1] += 1;
    }
    for psu in 0..count {
        next[psu + 1] += next[psu];
    }
    let mut order = vec![0; psus.len()];
    for (row, psu) in (0..).zip(psus) {
        let place = &mut next[*psu as usize];
        order[*place as usize] = row;
        *place += 1;
    }
    order
}

/// Row-major bytes to columns of the rows in `order`, a tile of rows at a time so that reads and writes both stay in cache.
fn transpose(bytes: &[u8], items: usize, order: &[u32]) -> Vec<Vec<u8>> {
    let mut columns: Vec<Vec<u8>> = (0..items).map(|_| vec![0; order.len()]).collect();
    let part = items.div_ceil(rayon::current_num_threads().max(1)).max(1);
    columns.par_chunks_mut(part).enumerate().for_each(|(number, group)| {
        for (tile, rows) in order.chunks(TILE).enumerate() {
            for (item, column) in (number * part..).zip(group.iter_mut()) {
                for (cell, row) in column[tile * TILE..].iter_mut().zip(rows) {
                    *cell = bytes[*row as usize * items + item];
                }
            }
        }
    });
    columns
}

/// Strata by name, PSUs by stratum and code; only PSUs that have responses take part. Returns, for each row of the
/// design table, the PSU's new number.
fn canonical_strata(design: &Design, used: &[u32], area: impl Fn(&str) -> Option<i32>) -> Result<(Strata, Vec<u32>), FrameError> {
    let table = design.psus();
    let mut present = vec![false; table.len()];
    for psu in used {
        *present.get_mut(*psu as usize).ok_or(FrameError::UnknownPsu)? = true;
    }
    let mut order: Vec<usize> = (0..table.len()).filter(|row| present[*row]).collect();
    order.sort_unstable_by(|a, b| (&table[*a].stratum, &table[*a].code).cmp(&(&table[*b].stratum, &table[*b].code)));
    let mut strata: Vec<Stratum> = Vec::new();
    let (mut of_psu, mut areas, mut codes, mut renumber) = (Vec::new(), Vec::new(), Vec::new(), vec![u32::MAX; table.len()]);
    for (number, row) in (0_u32..).zip(order) {
        let psu = &table[row];
        if strata.last().is_none_or(|last| last.name != psu.stratum) {
            strata.push(Stratum { name: psu.stratum.clone(), sampled: 0, population: psu.fpc });
        }
        renumber[row] = number;
        of_psu.push(u32::try_from(strata.len() - 1).map_err(|_| FrameError::UnknownPsu)?);
        areas.push(psu.area.as_deref().and_then(&area));
        codes.push(psu.code.clone());
    }
    let strata = Strata::new(strata, of_psu, areas).and_then(|strata| strata.with_codes(codes)).ok_or(FrameError::UnknownPsu)?;
    Ok((strata, renumber))
}

/// The rows of an element design by unit, weight and answers: equal rows are interchangeable, so the order of arrival
/// leaves no trace.
fn canonical_rows(columns: &[Vec<u8>], weights: &[i64], units: &[u32]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..).take(weights.len()).collect();
    order.par_sort_unstable_by(|a, b| by_content(columns, weights, units, *a as usize, *b as usize));
    order
}

/// The place of each row in that order; equal rows have equal places.
fn ranks(columns: &[Vec<u8>], weights: &[i64], units: &[u32]) -> Vec<u32> {
    let order = canonical_rows(columns, weights, units);
    let (mut ranks, mut rank) = (vec![0; order.len()], 0);
    for (place, row) in order.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| order[before] as usize);
        if before.is_some_and(|before| by_content(columns, weights, units, before, *row as usize).is_ne()) {
            rank += 1;
        }
        ranks[*row as usize] = rank;
    }
    ranks
}

fn by_content(columns: &[Vec<u8>], weights: &[i64], units: &[u32], a: usize, b: usize) -> Ordering {
    let by_answers = || columns.iter().map(|c| c[a].cmp(&c[b])).find(|o| o.is_ne()).unwrap_or(Ordering::Equal);
    units[a].cmp(&units[b]).then(weights[a].cmp(&weights[b])).then_with(by_answers)
}
