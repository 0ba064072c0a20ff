//! Statistics and how each row moves them.

/// The values of several statistics, with the influence of each row on each of them.
///
/// The influence of a row is its weight times the derivative of the statistic with respect to the weight, so that the
/// variance of a statistic is that of the total of its influence values. Rows that do not take part have 0 everywhere;
/// which rows do is known beside, since a row that takes part may have no influence: the rules for strata with one PSU
/// look at strata that have rows in the domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Linearised {
    values: Vec<f64>,
    /// Row-major, `values.len()` numbers a row.
    influence: Vec<f64>,
    /// Which rows take part.
    rows: Vec<bool>,
}

impl Linearised {
    /// Statistics with the influence of each row, row-major. Numbers past the last whole row are dropped. Rows that have
    /// any influence take part; see [`Linearised::over`] for others.
    #[must_use]
    pub fn new(values: Vec<f64>, mut influence: Vec<f64>) -> Self {
        let whole = influence.len() - influence.len() % values.len().max(1);
        influence.truncate(whole);
        let rows = influence.chunks_exact(values.len().max(1)).map(|row| row.iter().any(|z| *z != 0.0)).collect();
        Self { values, influence, rows }
    }

    /// The same statistics, as those of a domain of these rows; rows that the list does not reach take no part.
    #[must_use]
    pub fn over(mut self, rows: &[bool]) -> Self {
        for (place, row) in self.rows.iter_mut().enumerate() {
            *row = rows.get(place).copied().unwrap_or(false);
        }
        self
    }

    /// Which rows take part.
    #[must_use]
    pub fn rows(&self) -> &[bool] {
        &self.rows
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many statistics there are.
    #[must_use]
    pub fn width(&self) -> usize {
        self.values.len()
    }

    /// The influence of every row on every statistic, row-major.
    #[must_use]
    pub fn influence(&self) -> &[f64] {
        &self.influence
    }

    pub(super) fn influence_mut(&mut self) -> &mut [f64] {
        &mut self.influence
    }

    /// Statistics made of these by smooth functions: `values` and the derivatives of each by each of these, row-major.
    ///
    /// # Formula
    /// The delta method on influence values: `z_g = Σ_j ∂g/∂θ_j · z_j` (Deville 1999, Survey Methodology 25).
    #[must_use]
    pub fn map(&self, values: Vec<f64>, derivatives: &[f64]) -> Self {
        let (from, to) = (self.width().max(1), values.len());
        let mut influence = Vec::with_capacity(self.influence.len() / from * to);
        for (row, takes_part) in self.influence.chunks_exact(from).zip(&self.rows) {
            if !takes_part {
                influence.resize(influence.len() + to, 0.0);
                continue;
            }
            let of = |g: usize, j: usize| derivatives.get(g * from + j).copied().unwrap_or(0.0);
            influence.extend((0..to).map(|g| row.iter().enumerate().map(|(j, z)| of(g, j) * z).sum::<f64>()));
        }
        Self { values, influence, rows: self.rows.clone() }
    }

    /// The statistics of several lists as one, over the same rows.
    ///
    /// Lists whose number of rows differs from the first's are left out.
    #[must_use]
    pub fn join(lists: &[Self]) -> Self {
        let count = lists.first().map_or(0, |list| list.rows.len());
        let there: Vec<&Self> = lists.iter().filter(|list| list.rows.len() == count).collect();
        let values = there.iter().flat_map(|list| list.values.iter().copied()).collect();
        let row =
            |row: usize| there.iter().flat_map(move |list| list.influence[row * list.width()..(row + 1) * list.width()].iter().copied());
        let rows = (0..count).map(|row| there.iter().any(|list| list.rows[row])).collect();
        Self { values, influence: (0..count).flat_map(row).collect(), rows }
    }
}
