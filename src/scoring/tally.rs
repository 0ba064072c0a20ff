//! The sums that everything after them is computed from.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::{AddAssign, Range};

use rayon::prelude::*;

use crate::frame::Frame;
use crate::scoring::Measure;

/// A whole number that sums are kept in: `i64` where a bound proves that it cannot overflow, `i128` otherwise.
pub trait Sum: Copy + Default + Debug + PartialEq + AddAssign + Send + Sync + 'static {
    /// A product of a weight and a small whole number.
    fn product(weight: i64, value: i64) -> Self;
    /// The nearest double.
    fn to_f64(self) -> f64;
    /// The same number, wide.
    fn wide(self) -> i128;
    /// The largest sum it holds.
    const MAX: i128;
}

impl Sum for i64 {
    #[inline]
    fn product(weight: i64, value: i64) -> Self {
        weight.wrapping_mul(value) // the caller has proved that the whole sum fits
    }
    #[allow(clippy::cast_precision_loss)]
    fn to_f64(self) -> f64 {
        self as f64
    }
    fn wide(self) -> i128 {
        i128::from(self)
    }
    const MAX: i128 = i64::MAX as i128;
}

impl Sum for i128 {
    #[inline]
    fn product(weight: i64, value: i64) -> Self {
        i128::from(weight) * i128::from(value)
    }
    #[allow(clippy::cast_precision_loss)]
    fn to_f64(self) -> f64 {
        self as f64
    }
    fn wide(self) -> i128 {
        self
    }
    const MAX: i128 = i128::MAX;
}

/// What a cell is keyed by: everyone of one PSU who rated one unit and, where a demographic item splits them, gave one
/// answer to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The PSU, by its canonical number: cells sort by stratum first, since PSUs do.
    pub psu: u32,
    /// The rated unit, by its place among the frame's units.
    pub unit: u32,
    /// The answer code to the splitting item; 0 where none splits.
    pub group: u8,
}

/// The sums of one measure over one cell.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments<S> {
    /// How many answered.
    pub n: i64,
    /// Σ w over those who answered.
    pub w: S,
    /// Σ w·y, y being the measure's whole number.
    pub wy: S,
    /// Σ w·y².
    pub wyy: S,
}

impl<S: Sum> AddAssign for Moments<S> {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.n += other.n;
        self.w += other.w;
        self.wy += other.wy;
        self.wyy += other.wyy;
    }
}

/// Why no tally can be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TallyError {
    /// The two tallies hold different measures.
    #[error("a tally of {0} measures cannot be merged with one of {1}")]
    Measures(usize, usize),
    /// Even the widest sum might overflow; the weights are far too large.
    #[error("the weights are too large for their sums: choose a coarser unit")]
    Overflow,
}

/// For every cell, the sums that linearisation needs: mergeable, exact, small.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally<S> {
    /// The cells, ascending.
    pub(crate) cells: Vec<Cell>,
    /// Rows of each cell, whatever they answered.
    pub(crate) rows: Vec<i64>,
    /// Σ w over the rows of each cell.
    pub(crate) weight: Vec<S>,
    /// For each measure, the sums of each cell.
    pub(crate) moments: Vec<Vec<Moments<S>>>,
}

impl<S: Sum> Tally<S> {
    /// Whether sums of these measures over this frame are proved to fit `S`.
    ///
    /// The bound is `Σ w · max(1, |y|)²` over all rows, once for each measure: no partial sum in any order exceeds it,
    /// nor does that of a leaf which pools several measures.
    #[must_use]
    pub fn fits(frame: &Frame, measures: &[Measure]) -> bool {
        let total: i128 = frame.weights().par_iter().map(|w| i128::from(w.unsigned_abs())).sum();
        let bound = measures.iter().map(|m| i128::from(m.bound().max(1))).max().unwrap_or(1);
        let times = i128::try_from(measures.len().max(1)).unwrap_or(i128::MAX);
        total.checked_mul(bound * bound).and_then(|sum| sum.checked_mul(times)).is_some_and(|sum| sum <= S::MAX)
    }

    /// Takes the tally of a frame. `split` names the column of a demographic item whose answers part the cells.
    ///
    /// # Errors
    /// [`TallyError::Overflow`] where [`Tally::fits`] does not hold.
    pub fn take(frame: &Frame, measures: &[Measure], split: Option<usize>) -> Result<Self, TallyError> {
        if !Self::fits(frame, measures) {
            return Err(TallyError::Overflow);
        }
        let (cells, of_row) = cells(frame, split.map(|column| frame.column(column)));
        let (all, moments): (Vec<Moments<S>>, _) = rayon::join(
            || sums(frame.weights(), std::iter::repeat(&(1, 0, 0)), &of_row, cells.len()),
            || measures.par_iter().map(|measure| sums_of(frame, measure, &of_row, cells.len())).collect(),
        );
        let (rows, weight) = all.iter().map(|sums| (sums.n, sums.w)).unzip();
        Ok(Self { cells, rows, weight, moments })
    }

    /// The cells, ascending.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The sums of a measure, cell by cell.
    #[must_use]
    pub fn moments(&self, measure: usize) -> &[Moments<S>] {
        &self.moments[measure]
    }

    /// The tally of both halves of a frame. Merging in any tree gives the same tally.
    ///
    /// # Errors
    /// [`TallyError::Measures`] where they hold different measures.
    pub fn merge(mut self, other: &Self) -> Result<Self, TallyError> {
        if self.moments.len() != other.moments.len() {
            return Err(TallyError::Measures(self.moments.len(), other.moments.len()));
        }
        let mut cells: Vec<Cell> = self.cells.iter().chain(&other.cells).copied().collect();
        cells.sort_unstable();
        cells.dedup();
        let place = |cell: &Cell| cells.binary_search(cell).unwrap_or(0); // every cell is there: both lists went in
        let mine: Vec<usize> = self.cells.iter().map(place).collect();
        let theirs: Vec<usize> = other.cells.iter().map(place).collect();
        self.rows = added(&self.rows, &mine, &other.rows, &theirs, cells.len());
        self.weight = added(&self.weight, &mine, &other.weight, &theirs, cells.len());
        for (ours, more) in self.moments.iter_mut().zip(&other.moments) {
            *ours = added(ours, &mine, more, &theirs, cells.len());
        }
        self.cells = cells;
        Ok(self)
    }
}

/// Two lists of sums, each scattered to its places in a longer list.
fn added<T: Copy + Default + AddAssign>(a: &[T], places_a: &[usize], b: &[T], places_b: &[usize], len: usize) -> Vec<T> {
    let mut sums = vec![T::default(); len];
    for (value, place) in a.iter().zip(places_a).chain(b.iter().zip(places_b)) {
        sums[*place] += *value;
    }
    sums
}

/// The cells that occur, ascending, and the place of each row's cell among them.
fn cells(frame: &Frame, split: Option<&[u8]>) -> (Vec<Cell>, Vec<u32>) {
    let part = frame.rows().div_ceil(rayon::current_num_threads()).max(1);
    let starts: Vec<usize> = (0..frame.rows()).step_by(part).collect();
    let parts: Vec<(Vec<Cell>, Vec<u32>)> =
        starts.into_par_iter().map(|start| cells_of_part(frame, split, start..frame.rows().min(start + part))).collect();
    let mut cells: Vec<Cell> = parts.iter().flat_map(|(cells, _)| cells).copied().collect();
    cells.par_sort_unstable();
    cells.dedup();
    let place = |cell: &Cell| cells.binary_search(cell).map_or(u32::MAX, |place| u32::try_from(place).unwrap_or(u32::MAX));
    let mut of_row = vec![0; frame.rows()];
    of_row.par_chunks_mut(part).zip(&parts).for_each(|(of_row, (met, of_part))| {
        let places: Vec<u32> = met.iter().map(place).collect();
        for (cell, place) in of_row.iter_mut().zip(of_part) {
            *cell = places[*place as usize];
        }
    });
    (cells, of_row)
}

/// The cells of some rows in the order met, and the place of each row's cell among them.
fn cells_of_part(frame: &Frame, split: Option<&[u8]>, rows: Range<usize>) -> (Vec<Cell>, Vec<u32>) {
    let (psus, units) = (&frame.psus()[rows.clone()], &frame.units()[rows.clone()]);
    let mut cells: Vec<Cell> = Vec::new();
    let mut places: HashMap<Cell, u32, BuildHasherDefault<Mixer>> = HashMap::default();
    let mut of_row = Vec::with_capacity(rows.len());
    for (row, (psu, unit)) in rows.zip(psus.iter().zip(units)) {
        let cell = Cell { psu: *psu, unit: *unit, group: split.map_or(0, |column| column[row]) };
        of_row.push(*places.entry(cell).or_insert_with(|| {
            cells.push(cell);
            u32::try_from(cells.len() - 1).unwrap_or(u32::MAX)
        }));
    }
    (cells, of_row)
}

/// Hashes the few small numbers of a cell. One is looked up for every row, and nobody chooses them with ill intent: the
/// standard library's hash would take longer than all else that is done to the row.
#[derive(Default)]
struct Mixer(u64);

impl Mixer {
    /// Both halves of a product by an odd constant, folded: every bit in counts in every bit out.
    #[allow(clippy::cast_possible_truncation)] // the halves are meant
    fn mix(&mut self, n: u32) {
        let product = u128::from(self.0 ^ u64::from(n)) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.mix(u32::from(*byte));
        }
    }
    fn write_u32(&mut self, n: u32) {
        self.mix(n);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// One measure's sums over all rows: one pass over its column.
fn sums_of<S: Sum>(frame: &Frame, measure: &Measure, of_row: &[u32], cells: usize) -> Vec<Moments<S>> {
    let table: [(i64, i64, i64); 256] = std::array::from_fn(|code| {
        let num = u8::try_from(code).ok().and_then(|code| measure.num(code)).map(i64::from);
        num.map_or((0, 0, 0), |y| (1, y, y * y))
    });
    sums(frame.weights(), frame.column(measure.column).iter().map(|answer| &table[usize::from(*answer)]), of_row, cells)
}

/// The sums of `(1, y, y²)`, or of zeros for a row without an answer, cell by cell.
fn sums<'a, S: Sum>(weights: &[i64], powers: impl Iterator<Item = &'a (i64, i64, i64)>, of_row: &[u32], cells: usize) -> Vec<Moments<S>> {
    let mut sums = vec![Moments::default(); cells];
    for (((valid, y, yy), w), cell) in powers.zip(weights).zip(of_row) {
        sums[*cell as usize] += Moments { n: *valid, w: S::product(*w, *valid), wy: S::product(*w, *y), wyy: S::product(*w, *yy) };
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Strata, Stratum};

    fn frame(rows: std::ops::Range<usize>) -> Frame {
        let stratum = |name: &str| Stratum { name: name.into(), sampled: 0, population: None };
        let strata = Strata::new(vec![stratum("a"), stratum("b")], vec![0, 0, 1, 1], vec![None; 4]).unwrap();
        let pick = |k: usize, of: usize| rows.clone().map(move |i| (i * k + i / 7) % of);
        let columns = (0..3).map(|c| pick(3 + c, 6).map(|x| u8::try_from(x).unwrap()).collect()).collect();
        let weights = pick(5, 97).map(|x| 1 + i64::try_from(x).unwrap()).collect();
        let psus = pick(1, 4).map(|x| u32::try_from(x).unwrap()).collect();
        let units = pick(11, 50).map(|x| u32::try_from(x).unwrap()).collect();
        Frame::from_columns(columns, weights, psus, units, (0..50).collect(), strata, 1).unwrap()
    }

    fn measures() -> Vec<Measure> {
        let mut num = [None; 256];
        for code in 1..=5_u8 {
            num[usize::from(code)] = Some(i32::from(code));
        }
        (0..3).map(|column| Measure::new(column, num, 1.0)).collect()
    }

    #[test]
    fn halves_merge_to_the_tally_of_the_whole() {
        let whole = Tally::<i64>::take(&frame(0..1000), &measures(), Some(2)).unwrap();
        let parts: Vec<Tally<i64>> =
            [0..100, 100..101, 101..640, 640..1000].into_iter().map(|r| Tally::take(&frame(r), &measures(), Some(2)).unwrap()).collect();
        let left = parts[0].clone().merge(&parts[1]).unwrap().merge(&parts[2]).unwrap().merge(&parts[3]).unwrap();
        let right = parts[3].clone().merge(&parts[2].clone().merge(&parts[1].clone().merge(&parts[0]).unwrap()).unwrap()).unwrap();
        assert_eq!(left, whole);
        assert_eq!(right, whole);
    }

    #[test]
    fn narrow_and_wide_sums_agree_and_a_naive_loop_agrees_with_both() {
        let frame = frame(0..1000);
        let narrow = Tally::<i64>::take(&frame, &measures(), None).unwrap();
        let wide = Tally::<i128>::take(&frame, &measures(), None).unwrap();
        for (a, b) in narrow.moments.iter().flatten().zip(wide.moments.iter().flatten()) {
            assert_eq!((i128::from(a.w), i128::from(a.wy), i128::from(a.wyy), a.n), (b.w, b.wy, b.wyy, b.n));
        }
        let mut naive = 0;
        for row in 0..frame.rows() {
            let y = i64::from(frame.column(1)[row]);
            naive += if (1..=5).contains(&y) { frame.weights()[row] * y * y } else { 0 };
        }
        assert_eq!(narrow.moments[1].iter().map(|m| m.wyy).sum::<i64>(), naive);
    }

    #[test]
    fn weights_whose_sums_could_overflow_are_refused_by_the_narrow_tally() {
        let mut frame = frame(0..10);
        frame.weights = vec![i64::MAX / 20; 10];
        assert_eq!(Tally::<i64>::take(&frame, &measures(), None), Err(TallyError::Overflow));
        assert!(Tally::<i128>::take(&frame, &measures(), None).is_ok());
    }
}
