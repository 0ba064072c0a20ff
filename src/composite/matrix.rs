//! Units × columns, and which rows they are.

use std::ops::Range;

/// A table of numbers, column by column.
///
/// A missing value is NaN inside and `None` at the border: [`Matrix::get`] and [`Matrix::set`] never show a NaN.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// A table without a value.
    #[must_use]
    pub fn missing(rows: usize, columns: usize) -> Self {
        Self { rows, columns, values: vec![f64::NAN; rows * columns] }
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns there are.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The value at a place; none where it is missing or there is no such place.
    #[must_use]
    pub fn get(&self, row: usize, column: usize) -> Option<f64> {
        self.column(column).get(row).copied().filter(|value| !value.is_nan())
    }

    /// Sets the value at a place; what is not finite counts as missing.
    pub fn set(&mut self, row: usize, column: usize, value: Option<f64>) {
        if let Some(cell) = self.column_mut(column).get_mut(row) {
            *cell = value.filter(|value| value.is_finite()).unwrap_or(f64::NAN);
        }
    }

    /// A column, NaN where a value is missing; empty where there is no such column.
    #[must_use]
    pub fn column(&self, column: usize) -> &[f64] {
        self.values.get(self.place(column)).unwrap_or_default()
    }

    /// A column to be changed. NaN means missing.
    pub fn column_mut(&mut self, column: usize) -> &mut [f64] {
        let place = self.place(column);
        self.values.get_mut(place).unwrap_or_default()
    }

    /// Takes over another table without allocating where there is room.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        (self.rows, self.columns) = (other.rows, other.columns);
        self.values.clone_from(&other.values);
    }

    /// The rows for which `keep` holds true.
    #[must_use]
    pub fn filter(&self, keep: &[bool]) -> Self {
        let rows = keep.iter().filter(|kept| **kept).count();
        let pick = |column| self.column(column).iter().zip(keep).filter(|(_, kept)| **kept).map(|(value, _)| *value);
        Self { rows, columns: self.columns, values: (0..self.columns).flat_map(pick).collect() }
    }

    fn place(&self, column: usize) -> Range<usize> {
        column.saturating_mul(self.rows)..column.saturating_add(1).saturating_mul(self.rows)
    }
}

/// Which unit and edition each row of a data set is: editions in their order, units in order within each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    editions: Vec<String>,
    units: Vec<String>,
    spans: Vec<Range<usize>>,
}

impl Rows {
    /// Rows of pairs of edition and unit; sorts them and drops repetitions.
    #[must_use]
    pub fn new(mut keys: Vec<(String, String)>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        let (mut editions, mut spans): (Vec<String>, Vec<Range<usize>>) = (Vec::new(), Vec::new());
        for (row, (edition, _)) in keys.iter().enumerate() {
            match (editions.last(), spans.last_mut()) {
                (Some(last), Some(span)) if last == edition => span.end = row + 1,
                _ => {
                    editions.push(edition.clone());
                    spans.push(row..row + 1);
                }
            }
        }
        Self { editions, spans, units: keys.into_iter().map(|(_, unit)| unit).collect() }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The editions in their order, which is that of their text.
    #[must_use]
    pub fn editions(&self) -> &[String] {
        &self.editions
    }

    /// The unit of each row.
    #[must_use]
    pub fn units(&self) -> &[String] {
        &self.units
    }

    /// The rows of each edition.
    #[must_use]
    pub fn spans(&self) -> &[Range<usize>] {
        &self.spans
    }

    /// The position of a row's edition in [`editions`](Self::editions).
    #[must_use]
    pub fn edition_of(&self, row: usize) -> usize {
        self.spans.partition_point(|span| span.end <= row)
    }

    /// The row of a unit in an edition.
    #[must_use]
    pub fn find(&self, edition: usize, unit: &str) -> Option<usize> {
        let span = self.spans.get(edition)?.clone();
        let place = self.units.get(span.clone())?.binary_search_by(|other| other.as_str().cmp(unit)).ok()?;
        Some(span.start + place)
    }

    /// Each row with its edition and unit.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &str)> {
        let editions = self.editions.iter().zip(&self.spans);
        editions.flat_map(|(edition, span)| {
            self.units.get(span.clone()).unwrap_or_default().iter().map(move |unit| (edition.as_str(), unit.as_str()))
        })
    }

    /// The rows for which `keep` holds true.
    #[must_use]
    pub fn filter(&self, keep: &[bool]) -> Self {
        let kept = self.keys().zip(keep).filter(|(_, kept)| **kept);
        Self::new(kept.map(|((edition, unit), _)| (edition.to_owned(), unit.to_owned())).collect())
    }
}

/// The values of a column that are there.
pub(crate) fn present(values: &[f64]) -> impl Iterator<Item = f64> + Clone + '_ {
    values.iter().copied().filter(|value| !value.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_none_and_a_nan_cannot_be_set() {
        let mut matrix = Matrix::missing(2, 2);
        matrix.set(0, 1, Some(3.0));
        matrix.set(1, 1, Some(f64::NAN));
        matrix.set(9, 9, Some(1.0));
        assert_eq!((matrix.get(0, 1), matrix.get(1, 1), matrix.get(0, 0), matrix.get(9, 9)), (Some(3.0), None, None, None));
        assert_eq!(matrix.filter(&[true, false]).column(1), [3.0]);
    }

    #[test]
    fn rows_stand_by_edition_and_unit() {
        let key = |edition: &str, unit: &str| (edition.to_owned(), unit.to_owned());
        let rows = Rows::new(vec![key("2024", "b"), key("2023", "b"), key("2024", "a"), key("2024", "b")]);
        assert_eq!(rows.keys().collect::<Vec<_>>(), [("2023", "b"), ("2024", "a"), ("2024", "b")]);
        assert_eq!((rows.find(1, "b"), rows.find(0, "a"), rows.find(7, "a")), (Some(2), None, None));
        assert_eq!((0..3).map(|row| rows.edition_of(row)).collect::<Vec<_>>(), [0, 1, 1]);
        assert_eq!(rows.filter(&[false, true, true]).editions(), ["2024"]);
    }
}
