//! Rows to sums, PSU by PSU.
//!
//! The rows of a PSU meet few cells, so their sums stay in the first-level cache. Where many rows share a cell, answers are
//! first counted by code, one addition an answer whatever the measures are, and the counts turned into sums: a count and
//! a sum of weights travel in one number. Where few do, each answer is added to its sums at once. All are sums of
//! whole numbers, so neither the way nor the number of threads leaves a trace.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use rayon::prelude::*;

use super::{Cell, Class, Rows, Spread, Sum, Sums, Tally};
use crate::frame::Frame;
use crate::scoring::Measure;

/// From so many rows a cell on, counting by code first is the shorter way.
const ROWS_A_CELL: usize = 6;

/// A packed count holds a sum of weights below this and, above it, the number of rows.
const ONE_ROW: u64 = 1 << 44;

/// A column that measures read, and the codes in it that have a value for any of them.
struct Reader<'a> {
    column: &'a [u8],
    /// The slot of each code; 0: no measure has a value for it.
    slots: [u8; 256],
    /// Slots a cell, as a power of two.
    shift: u32,
    measures: Vec<Values>,
}

/// The values that a measure gives to the codes of its column.
struct Values {
    /// The measure's place.
    place: usize,
    /// Which slots have which value.
    of_slots: Vec<(usize, i64)>,
    /// For each code 1 and its value, or zeros.
    of_codes: [(i64, i64); 256],
}

/// The rows of one PSU: contiguous, as its cells are.
struct Block {
    rows: Range<usize>,
    cells: Range<usize>,
}

/// A run of PSUs that one thread takes at a time.
struct Part {
    rows: Range<usize>,
    blocks: Vec<Block>,
    cells: Vec<Cell>,
    /// For each row, the place of its cell within its block.
    local: Vec<u32>,
    classes: Vec<Class>,
    /// For each cell, the place of its class among `classes`.
    of_cell: Vec<u32>,
}

/// Takes a tally whose sums are proved to fit.
pub(super) fn take<S: Sum>(frame: &Frame, measures: &[Measure], split: Option<&[u8]>) -> Tally<S> {
    if !frame.psus().is_sorted() {
        let order = frame.order_by_psu();
        let split: Option<Vec<u8>> = split.map(|column| order.iter().map(|row| column[*row as usize]).collect());
        return sorted(&frame.in_order(&order), measures, split.as_deref());
    }
    sorted(frame, measures, split)
}

fn sorted<S: Sum>(frame: &Frame, measures: &[Measure], split: Option<&[u8]>) -> Tally<S> {
    let readers = readers(frame, measures);
    let groups = split.map(Groups::of);
    let parts: Vec<Part> = cut(frame.psus()).into_par_iter().map(|rows| part(frame, split.zip(groups.as_ref()), rows)).collect();
    let width = measures.len();

    let cells = parts.iter().map(|part| part.cells.as_slice()).collect::<Vec<_>>().concat();
    let mut classes: Vec<Class> = parts.iter().flat_map(|part| &part.classes).copied().collect();
    classes.sort_unstable();
    classes.dedup();
    let mut rows = vec![Rows::default(); cells.len()];
    // The largest list by far: all threads together touch its memory for the first time.
    let mut sums: Vec<Sums<S>> = rayon::iter::repeat_n(Sums::default(), cells.len() * width).collect();
    let spread: Vec<Vec<Spread<S>>> = {
        let counts = parts.iter().map(|part| part.cells.len());
        let slices = counts.clone().zip(split_at(&mut rows, counts.clone())).zip(split_at(&mut sums, counts.map(|n| n * width)));
        let work: Vec<_> = parts.iter().zip(slices).collect();
        work.into_par_iter().map(|(part, ((_, rows), sums))| fill(frame, &readers, part, width, rows, sums)).collect()
    };

    let mut spreads = vec![Spread::default(); classes.len() * width];
    let mut of_cell = Vec::with_capacity(cells.len());
    for (part, spread) in parts.iter().zip(&spread) {
        let places: Vec<usize> = part.classes.iter().map(|class| classes.binary_search(class).unwrap_or(0)).collect(); // all went in
        for (place, values) in places.iter().zip(spread.chunks_exact(width.max(1))) {
            for (sum, value) in spreads[place * width..].iter_mut().zip(values) {
                *sum += *value;
            }
        }
        of_cell.extend(part.of_cell.iter().map(|class| u32::try_from(places[*class as usize]).unwrap_or(u32::MAX)));
    }
    Tally { cells, rows, sums, classes, of_cell, spreads, width }
}

/// A list cut into consecutive pieces of these lengths.
fn split_at<T>(mut list: &mut [T], lengths: impl Iterator<Item = usize>) -> Vec<&mut [T]> {
    let mut pieces = Vec::new();
    for length in lengths {
        let (piece, rest) = list.split_at_mut(length);
        pieces.push(piece);
        list = rest;
    }
    pieces
}

/// The columns that measures read, each once.
fn readers<'a>(frame: &'a Frame, measures: &[Measure]) -> Vec<Reader<'a>> {
    let mut columns: Vec<usize> = measures.iter().map(|measure| measure.column).collect();
    columns.sort_unstable();
    columns.dedup();
    let reader = |column: usize| {
        let of: Vec<(usize, &Measure)> = measures.iter().enumerate().filter(|(_, measure)| measure.column == column).collect();
        let mut slots = [0; 256];
        let mut codes = Vec::new();
        for code in 0..=u8::MAX {
            if codes.len() < 255 && of.iter().any(|(_, measure)| measure.num(code).is_some()) {
                codes.push(code);
                slots[usize::from(code)] = u8::try_from(codes.len()).unwrap_or(u8::MAX);
            }
        }
        let values = |(place, measure): (usize, &Measure)| {
            let mut of_codes = [(0, 0); 256];
            let mut of_slots = Vec::with_capacity(codes.len());
            for (code, slot) in codes.iter().zip(1..) {
                if let Some(value) = measure.num(*code).map(i64::from) {
                    of_codes[usize::from(*code)] = (1, value);
                    of_slots.push((slot, value));
                }
            }
            Values { place, of_slots, of_codes }
        };
        let measures = of.into_iter().map(values).collect();
        Reader { column: frame.column(column), slots, shift: (codes.len() + 1).next_power_of_two().trailing_zeros(), measures }
    };
    columns.into_iter().map(reader).collect()
}

/// Rows cut where the PSU changes, into more parts than there are threads.
fn cut(psus: &[u32]) -> Vec<Range<usize>> {
    let step = psus.len().div_ceil(8 * rayon::current_num_threads()).max(1);
    let mut parts = Vec::new();
    let mut start = 0;
    while start < psus.len() {
        let mut end = (start + step).min(psus.len());
        end += psus[end..].iter().take_while(|psu| **psu == psus[end - 1]).count();
        parts.push(start..end);
        start = end;
    }
    parts
}

/// The codes that occur in the splitting column, densely numbered in their order.
struct Groups {
    number: [u32; 256],
    codes: Vec<u8>,
}

impl Groups {
    fn of(column: &[u8]) -> Self {
        let mut there = [false; 256];
        for code in column {
            there[usize::from(*code)] = true;
        }
        let codes: Vec<u8> = (0..=u8::MAX).filter(|code| there[usize::from(*code)]).collect();
        let mut number = [0; 256];
        for (place, code) in (0..).zip(&codes) {
            number[usize::from(*code)] = place;
        }
        Self { number, codes }
    }
}

/// Finds the cells of a run of PSUs.
fn part(frame: &Frame, split: Option<(&[u8], &Groups)>, rows: Range<usize>) -> Part {
    let groups = split.map_or(1, |(_, groups)| groups.codes.len());
    let (psus, units) = (frame.psus(), frame.units());
    let key =
        |row: usize| units[row] as usize * groups + split.map_or(0, |(column, groups)| groups.number[usize::from(column[row])] as usize);
    // For each key the PSU that met it last, counted from 1, and its cell there.
    let mut last: Vec<(u32, u32)> = vec![(0, 0); frame.unit_ids().len() * groups];
    let mut met: Vec<usize> = Vec::new();
    let mut known: HashMap<Class, u32, BuildHasherDefault<Mixer>> = HashMap::default();
    let mut part = Part {
        blocks: Vec::new(),
        cells: Vec::new(),
        local: Vec::with_capacity(rows.len()),
        classes: Vec::new(),
        of_cell: Vec::new(),
        rows: rows.clone(),
    };
    let mut start = rows.start;
    while start < rows.end {
        let psu = psus[start];
        let end = start + psus[start..rows.end].iter().take_while(|other| **other == psu).count();
        met.clear();
        for row in start..end {
            let last = &mut last[key(row)];
            if last.0 != psu + 1 {
                last.0 = psu + 1;
                met.push(key(row));
            }
        }
        met.sort_unstable();
        let first = part.cells.len();
        for (place, key) in (0..).zip(&met) {
            last[*key].1 = place;
            let unit = u32::try_from(key / groups).unwrap_or(u32::MAX);
            let group = split.map_or(0, |(_, groups)| groups.codes[key % groups.codes.len()]);
            part.cells.push(Cell { psu, unit, group });
            let class = Class { area: frame.strata().area_of(psu), unit, group };
            part.of_cell.push(*known.entry(class).or_insert_with(|| {
                part.classes.push(class);
                u32::try_from(part.classes.len() - 1).unwrap_or(u32::MAX)
            }));
        }
        part.local.extend((start..end).map(|row| last[key(row)].1));
        part.blocks.push(Block { rows: start..end, cells: first..part.cells.len() });
        start = end;
    }
    part
}

/// Fills the sums of the part's cells, and returns what is kept by class.
fn fill<S: Sum>(
    frame: &Frame,
    readers: &[Reader<'_>],
    part: &Part,
    width: usize,
    rows: &mut [Rows<S>],
    sums: &mut [Sums<S>],
) -> Vec<Spread<S>> {
    let mut spreads = vec![Spread::default(); part.classes.len() * width];
    let (mut packed, mut counts) = (Vec::new(), Vec::new());
    for block in &part.blocks {
        let local = &part.local[block.rows.start - part.rows.start..][..block.rows.len()];
        let weights = &frame.weights()[block.rows.clone()];
        let cells = block.cells.len();
        let target = &mut rows[block.cells.clone()];
        for (cell, w) in local.iter().zip(weights) {
            target[*cell as usize] += Rows::one(*w);
        }
        let mut into = Target {
            sums: &mut sums[block.cells.start * width..block.cells.end * width],
            spreads: &mut spreads,
            of_cell: &part.of_cell[block.cells.clone()],
            width,
        };
        let count = weights.len() >= ROWS_A_CELL * cells && pack(weights, &mut packed);
        for reader in readers {
            let answers = &reader.column[block.rows.clone()];
            if count {
                counts.clear();
                counts.resize(cells << reader.shift, 0);
                for ((answer, cell), w) in answers.iter().zip(local).zip(&packed) {
                    counts[((*cell as usize) << reader.shift) | usize::from(reader.slots[usize::from(*answer)])] += w;
                }
                into.counted(reader, &counts);
            } else {
                into.one_by_one(reader, answers, local, weights);
            }
        }
    }
    spreads
}

/// Weights with a one above each; `false` where they might run into it.
fn pack(weights: &[i64], packed: &mut Vec<u64>) -> bool {
    packed.clear();
    let mut total = 0_u64;
    for w in weights {
        let Ok(w) = u64::try_from(*w) else { return false };
        total = total.saturating_add(w);
        packed.push(ONE_ROW | (w & (ONE_ROW - 1)));
    }
    total < ONE_ROW && weights.len() < 1 << 19
}

/// Where the sums of one PSU go.
struct Target<'a, S> {
    sums: &'a mut [Sums<S>],
    spreads: &'a mut [Spread<S>],
    of_cell: &'a [u32],
    width: usize,
}

impl<S: Sum> Target<'_, S> {
    /// Turns counts by cell and code into sums.
    fn counted(&mut self, reader: &Reader<'_>, counts: &[u64]) {
        for ((cell, class), counts) in self.of_cell.iter().enumerate().zip(counts.chunks_exact(1 << reader.shift)) {
            for Values { place, of_slots, .. } in &reader.measures {
                let (mut sums, mut spread) = (Sums::default(), Spread::default());
                for (slot, y) in of_slots {
                    let count = counts[*slot];
                    let w = i64::try_from(count % ONE_ROW).unwrap_or(0); // below 2^44
                    spread.n += i64::try_from(count / ONE_ROW).unwrap_or(0);
                    sums.w += S::product(w, 1);
                    sums.wy += S::product(w, *y);
                    spread.wyy += S::product(w, y * y);
                }
                self.sums[cell * self.width + place] += sums;
                self.spreads[*class as usize * self.width + place] += spread;
            }
        }
    }

    /// Adds each answer to its sums, which are side by side for the while and go to their places at the end.
    fn one_by_one(&mut self, reader: &Reader<'_>, answers: &[u8], local: &[u32], weights: &[i64]) {
        let mut cells = vec![(Sums::default(), Spread::default()); self.of_cell.len()];
        for Values { place, of_codes, .. } in &reader.measures {
            cells.fill((Sums::default(), Spread::default()));
            for ((answer, cell), w) in answers.iter().zip(local).zip(weights) {
                let (valid, y) = of_codes[usize::from(*answer)];
                let (sums, spread) = &mut cells[*cell as usize];
                *sums += Sums { w: S::product(*w, valid), wy: S::product(*w, y) };
                *spread += Spread { n: valid, wyy: S::product(*w, y * y) };
            }
            for ((sums, spread), (cell, class)) in cells.iter().zip(self.of_cell.iter().enumerate()) {
                self.sums[cell * self.width + place] += *sums;
                self.spreads[*class as usize * self.width + place] += *spread;
            }
        }
    }
}

/// Hashes the few small numbers of a class. Nobody chooses them with ill intent.
#[derive(Default)]
struct Mixer(u64);

impl Mixer {
    /// Both halves of a product by an odd constant, folded: every bit in counts in every bit out.
    #[allow(clippy::cast_possible_truncation)] // the halves are meant
    fn mix(&mut self, n: u64) {
        let product = u128::from(self.0 ^ n) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.mix(u64::from(*byte));
        }
    }
    fn write_u32(&mut self, n: u32) {
        self.mix(u64::from(n));
    }
    fn write_i32(&mut self, n: i32) {
        self.mix(u64::from(n.cast_unsigned()));
    }
    fn write_u64(&mut self, n: u64) {
        self.mix(n);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}
