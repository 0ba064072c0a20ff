//! The sums that everything after them is computed from.

mod fill;

use std::fmt::Debug;
use std::ops::AddAssign;

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

/// A union of cells that no domain parts: everyone of one area who rated one unit and gave one answer to the splitting
/// item, whichever PSU they were drawn in. What no variance needs is kept by class, of which there are far fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class {
    /// The area of the PSUs, by registry id; `None` where they have none.
    pub area: Option<i32>,
    /// The rated unit, by its place among the frame's units.
    pub unit: u32,
    /// The answer code to the splitting item; 0 where none splits.
    pub group: u8,
}

/// What linearisation needs of one measure over one cell.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sums<S> {
    /// Σ w over those who answered.
    pub w: S,
    /// Σ w·y, y being the measure's whole number.
    pub wy: S,
}

impl<S: Sum> AddAssign for Sums<S> {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.w += other.w;
        self.wy += other.wy;
    }
}

/// What nothing but counts and design effects need of one measure, over one class.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spread<S> {
    /// How many answered.
    pub n: i64,
    /// Σ w·y².
    pub wyy: S,
}

impl<S: Sum> AddAssign for Spread<S> {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.n += other.n;
        self.wyy += other.wyy;
    }
}

/// Rows and weights of one cell, whatever they answered.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rows<S> {
    /// How many.
    pub n: i64,
    /// Σ w.
    pub w: S,
    /// The two largest weights, the larger first: who could dominate a figure.
    pub heaviest: [i64; 2],
}

impl<S: Sum> Rows<S> {
    /// A single row.
    #[must_use]
    pub fn one(weight: i64) -> Self {
        Self { n: 1, w: S::product(weight, 1), heaviest: [weight, 0] }
    }
}

impl<S: Sum> AddAssign for Rows<S> {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.n += other.n;
        self.w += other.w;
        let ([a, b], [c, d]) = (self.heaviest, other.heaviest);
        self.heaviest = if a >= c { [a, b.max(c)] } else { [c, a.max(d)] };
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
    cells: Vec<Cell>,
    /// Everyone in each cell.
    rows: Vec<Rows<S>>,
    /// The sums of all measures of a cell, cell by cell: domains gather cells, and read each whole.
    sums: Vec<Sums<S>>,
    /// The classes, ascending.
    classes: Vec<Class>,
    /// The class of each cell, by its place.
    of_cell: Vec<u32>,
    /// What is kept by class, class by class.
    spreads: Vec<Spread<S>>,
    /// How many measures there are.
    width: usize,
}

impl<S: Sum> Tally<S> {
    /// Whether sums of these measures over this frame are proved to fit `S`.
    ///
    /// The bound is `Σ |w| · max(1, |y|)²` over all rows, once for each measure: no partial sum in any order exceeds it,
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
        Ok(fill::take(frame, measures, split.map(|column| frame.column(column))))
    }

    /// The cells, ascending.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Everyone in each cell, whatever they answered.
    #[must_use]
    pub fn rows(&self) -> &[Rows<S>] {
        &self.rows
    }

    /// The sums of every measure over a cell.
    #[must_use]
    pub fn sums(&self, cell: u32) -> &[Sums<S>] {
        &self.sums[cell as usize * self.width..][..self.width]
    }

    /// The classes, ascending.
    #[must_use]
    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    /// The class of each cell, by its place among the classes.
    #[must_use]
    pub fn class_of(&self, cell: u32) -> u32 {
        self.of_cell[cell as usize]
    }

    /// The class of every cell, in the order of cells.
    #[must_use]
    pub fn classes_of_cells(&self) -> &[u32] {
        &self.of_cell
    }

    /// Counts and squares of every measure over a class.
    #[must_use]
    pub fn spreads(&self, class: u32) -> &[Spread<S>] {
        &self.spreads[class as usize * self.width..][..self.width]
    }

    /// How many measures there are.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// The tally of both halves of a frame. Merging in any tree gives the same tally.
    ///
    /// # Errors
    /// [`TallyError::Measures`] where they hold different measures.
    pub fn merge(self, other: &Self) -> Result<Self, TallyError> {
        if self.width != other.width {
            return Err(TallyError::Measures(self.width, other.width));
        }
        let width = self.width;
        let (cells, mine, theirs) = united(&self.cells, &other.cells);
        let (classes, my_classes, their_classes) = united(&self.classes, &other.classes);
        let mut of_cell = vec![0; cells.len()];
        for (tally, places, numbers) in [(&self, &mine, &my_classes), (other, &theirs, &their_classes)] {
            for (class, place) in tally.of_cell.iter().zip(places) {
                of_cell[*place] = u32::try_from(numbers[*class as usize]).unwrap_or(u32::MAX);
            }
        }
        Ok(Self {
            rows: added([(&self.rows, &mine), (&other.rows, &theirs)], cells.len(), 1),
            sums: added([(&self.sums, &mine), (&other.sums, &theirs)], cells.len(), width),
            spreads: added([(&self.spreads, &my_classes), (&other.spreads, &their_classes)], classes.len(), width),
            cells,
            classes,
            of_cell,
            width,
        })
    }
}

/// Two ascending lists as one, and where the entries of each have come to stand.
fn united<K: Copy + Ord>(a: &[K], b: &[K]) -> (Vec<K>, Vec<usize>, Vec<usize>) {
    let mut all: Vec<K> = a.iter().chain(b).copied().collect();
    all.sort_unstable();
    all.dedup();
    let places = |list: &[K]| list.iter().map(|key| all.binary_search(key).unwrap_or(0)).collect(); // every key went in
    let (of_a, of_b) = (places(a), places(b));
    (all, of_a, of_b)
}

/// Lists of sums, `width` a place, each scattered to its places in a longer list.
fn added<T: Copy + Default + AddAssign>(lists: [(&[T], &[usize]); 2], places: usize, width: usize) -> Vec<T> {
    let mut sums = vec![T::default(); places * width];
    for (list, places) in lists {
        for (values, place) in list.chunks_exact(width.max(1)).zip(places) {
            for (sum, value) in sums[place * width..].iter_mut().zip(values) {
                *sum += *value;
            }
        }
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
        for (a, b) in narrow.sums.iter().zip(&wide.sums) {
            assert_eq!((i128::from(a.w), i128::from(a.wy)), (b.w, b.wy));
        }
        for (a, b) in narrow.spreads.iter().zip(&wide.spreads) {
            assert_eq!((i128::from(a.wyy), a.n), (b.wyy, b.n));
        }
        let mut naive = [0; 4];
        for row in 0..frame.rows() {
            let (y, w) = (i64::from(frame.column(1)[row]), frame.weights()[row]);
            let sums = if (1..=5).contains(&y) { [1, w, w * y, w * y * y] } else { [0; 4] };
            naive.iter_mut().zip(sums).for_each(|(all, sum)| *all += sum);
        }
        let (cells, classes) = (0..u32::try_from(narrow.cells.len()).unwrap(), 0..u32::try_from(narrow.classes.len()).unwrap());
        let found = [
            classes.clone().map(|class| narrow.spreads(class)[1].n).sum::<i64>(),
            cells.clone().map(|cell| narrow.sums(cell)[1].w).sum(),
            cells.map(|cell| narrow.sums(cell)[1].wy).sum(),
            classes.map(|class| narrow.spreads(class)[1].wyy).sum(),
        ];
        assert_eq!(found, naive);
    }

    #[test]
    fn counting_by_code_and_adding_one_by_one_come_to_the_same() {
        // Few units: many rows a cell, which are counted by code; with a negative weight they cannot be.
        let mut many = frame(0..1000);
        many.units.iter_mut().for_each(|unit| *unit %= 2);
        let counted = Tally::<i64>::take(&many, &measures(), None).unwrap();
        many.weights[0] -= 1 << 50;
        let added = Tally::<i64>::take(&many, &measures(), None).unwrap();
        let of_first = counted.cells.iter().position(|c| (c.psu, c.unit) == (many.psus[0], many.units[0])).unwrap();
        for (place, (a, b)) in counted.sums.iter().zip(&added.sums).enumerate() {
            let y = i64::from(many.columns[place % 3][0]);
            let changed = place / 3 == of_first && y > 0;
            let gap = if changed { 1 << 50 } else { 0 };
            assert_eq!((a.w - gap, a.wy - gap * y), (b.w, b.wy), "sum {place}");
        }
        assert_eq!(counted.spreads.iter().map(|s| s.n).sum::<i64>(), added.spreads.iter().map(|s| s.n).sum::<i64>());
    }

    #[test]
    fn weights_whose_sums_could_overflow_are_refused_by_the_narrow_tally() {
        let mut frame = frame(0..10);
        frame.weights = vec![i64::MAX / 20; 10];
        assert_eq!(Tally::<i64>::take(&frame, &measures(), None), Err(TallyError::Overflow));
        assert!(Tally::<i128>::take(&frame, &measures(), None).is_ok());
    }
}
