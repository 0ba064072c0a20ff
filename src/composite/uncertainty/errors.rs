//! The sampling errors of the values of a table: standard errors, and covariances where they are known.

use std::collections::{BTreeMap, BTreeSet};

use super::super::matrix::Rows;
use super::super::stages::leaf_codes;
use super::super::table::Table;
use super::covariance_file;
use super::pairs::{Covariances, Pair, Pairs};
use crate::numeric::linear::correlation_factor;
use crate::schema::composite::CompositeDefinition;
use crate::words::Finding;

/// What a correlation matrix may differ from its factor by, before it counts as none.
const ROUNDING: f64 = 1e-6;

/// The errors of the values of a table.
///
/// Values without a standard error, or with one of 0, count as exact. Where no covariance is given, errors are independent.
#[derive(Debug, Clone, PartialEq)]
pub struct Errors {
    cells: Vec<Cell>,
    covariances: Covariances,
    blocks: Vec<Block>,
    /// For each cell its block.
    block_of: Vec<Option<usize>>,
}

/// A value with an error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cell {
    /// The row in the table's state.
    pub(crate) row: usize,
    /// The leaf, by column.
    pub(crate) column: usize,
    pub(crate) sd: f64,
    /// Infinite where the variance counts as known.
    pub(crate) df: f64,
}

/// For each cell of a block the numbers by which deviates are weighted, with their places.
pub(super) type FactorRows = Vec<Vec<(u32, f64)>>;

/// Cells that covary, directly or through others.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    pub(super) cells: Vec<usize>,
    /// A row for each cell: by which numbers the block's normal deviates make its error.
    pub(super) factor: FactorRows,
}

impl Errors {
    /// The standard errors of the values in force; errors are independent.
    #[must_use]
    pub fn of(definition: &CompositeDefinition, table: &Table) -> Self {
        let rows = table.state(definition).rows;
        let columns: BTreeMap<&str, usize> = leaf_codes(definition).into_iter().zip(0..).collect();
        let mut cells = Vec::new();
        for ((edition, unit, code), observation) in table.observations().filter(|(_, observation)| observation.value.is_some()) {
            let Some(sd) = observation.standard_error.filter(|se| *se > 0.0) else { continue };
            let row = rows.editions().iter().position(|known| known == edition).and_then(|edition| rows.find(edition, unit));
            if let (Some(row), Some(column)) = (row, columns.get(code.as_str())) {
                cells.push(Cell { row, column: *column, sd, df: observation.df.unwrap_or(f64::INFINITY) });
            }
        }
        cells.sort_unstable_by_key(|cell| (cell.row, cell.column));
        let block_of = vec![None; cells.len()];
        Self { cells, covariances: Covariances::new(), blocks: Vec::new(), block_of }
    }

    /// The same with the covariances of a CSV file: `unit_a,indicator_a,unit_b,indicator_b,covariance[,edition]`, one line for
    /// each pair of values, in either order.
    ///
    /// # Errors
    /// Every finding of the file with its line: values that are not there or have no standard error, pairs that stand there
    /// twice, correlations beyond 1, and covariances that no errors can have together.
    pub fn with_covariances(self, bytes: impl AsRef<[u8]>, definition: &CompositeDefinition, table: &Table) -> Result<Self, Vec<Finding>> {
        let mut pairs = Pairs::new(&self, definition, table);
        covariance_file::read(bytes.as_ref(), definition.edition(), &mut pairs)?;
        let found = pairs.found();
        self.covarying(found)
    }

    /// The same with the covariances of pairs of values, such as [`survey::pairs`](crate::composite::survey::pairs) takes from
    /// a run, added to those that are known already. Pairs may come in either order.
    ///
    /// # Errors
    /// As [`Errors::with_covariances`], a finding's pointer beginning with the pair's place.
    pub fn with_pairs(
        self,
        found: impl IntoIterator<Item = Pair>,
        definition: &CompositeDefinition,
        table: &Table,
    ) -> Result<Self, Vec<Finding>> {
        let mut pairs = Pairs::new(&self, definition, table);
        let mut findings = Vec::new();
        for (place, Pair { a, b, covariance }) in found.into_iter().enumerate() {
            findings.extend(pairs.add([(&a).into(), (&b).into()], Ok(covariance)).into_iter().map(|fault| fault.at(place)));
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let found = pairs.found();
        self.covarying(found)
    }

    /// Whether every value counts as exact.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// How many values have an error.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// How many pairs of values covary.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.covariances.len()
    }

    /// Whether a value of an edition of the outcome's table has an error.
    #[must_use]
    pub fn touches(&self, rows: &Rows, edition: &str) -> bool {
        let place = rows.editions().iter().position(|known| known == edition);
        let span = place.and_then(|place| rows.spans().get(place));
        span.is_some_and(|span| self.cells.iter().any(|cell| span.contains(&cell.row)))
    }

    pub(crate) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The cell of a row and a leaf.
    pub(crate) fn find(&self, row: usize, column: usize) -> Option<usize> {
        self.cells.binary_search_by_key(&(row, column), |cell| (cell.row, cell.column)).ok()
    }

    /// The pairs of different cells that covary.
    pub(crate) fn covariances(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        self.covariances.iter().map(|((a, b), covariance)| (*a, *b, *covariance))
    }

    /// What a cell's error hangs together with: cells of the same number covary, those of none are alone.
    pub(crate) fn block_of(&self, cell: usize) -> Option<usize> {
        self.block_of.get(cell).copied().flatten()
    }

    /// The same errors with these covariances alone.
    fn covarying(self, covariances: Covariances) -> Result<Self, Vec<Finding>> {
        let block_of = vec![None; self.cells.len()];
        let mut errors = Self { cells: self.cells, covariances, blocks: Vec::new(), block_of };
        errors.make_blocks().map_err(|finding| vec![finding])?;
        Ok(errors)
    }

    /// Cells that covary, each in one block.
    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Joins cells that covary to blocks and factors each.
    fn make_blocks(&mut self) -> Result<(), Finding> {
        let mut leader: Vec<usize> = (0..self.cells.len()).collect();
        let find = |leader: &[usize], mut cell: usize| {
            while leader[cell] != cell {
                cell = leader[cell];
            }
            cell
        };
        for (a, b) in self.covariances.keys() {
            let (a, b) = (find(&leader, *a), find(&leader, *b));
            leader[a.max(b)] = a.min(b);
        }
        let paired: BTreeSet<usize> = self.covariances.keys().flat_map(|(a, b)| [*a, *b]).collect();
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for cell in paired {
            groups.entry(find(&leader, cell)).or_default().push(cell);
        }
        for cells in groups.into_values() {
            for cell in &cells {
                self.block_of[*cell] = Some(self.blocks.len());
            }
            let factor = self.factor(&cells).ok_or_else(|| impossible(cells.len()))?;
            self.blocks.push(Block { cells, factor });
        }
        Ok(())
    }

    /// The factor of the correlations of a block; none where they are no correlations.
    fn factor(&self, cells: &[usize]) -> Option<FactorRows> {
        let k = cells.len();
        let correlation = |a: usize, b: usize| {
            let (i, j) = (cells[a].min(cells[b]), cells[a].max(cells[b]));
            let covariance = if i == j { None } else { self.covariances.get(&(i, j)) };
            covariance.map_or(f64::from(u8::from(i == j)), |c| c / (self.cells[i].sd * self.cells[j].sd))
        };
        let matrix: Vec<f64> = (0..k * k).map(|place| correlation(place / k, place % k)).collect();
        if !matrix.iter().all(|cell| cell.is_finite()) {
            return None;
        }
        let rows = correlation_factor(k, |a, b| matrix[a * k + b]);
        let mut dense = vec![0.0; k];
        let mut held = true;
        for (row, expected) in rows.iter().zip(matrix.chunks_exact(k)) {
            dense.fill(0.0);
            for (place, number) in row {
                dense[*place as usize] = *number;
            }
            let dot = |other: &[(u32, f64)]| -> f64 { other.iter().map(|(place, number)| number * dense[*place as usize]).sum() };
            held &= rows.iter().zip(expected).all(|(other, cell)| (dot(other) - cell).abs() < ROUNDING);
        }
        held.then_some(rows)
    }
}

fn impossible(cells: usize) -> Finding {
    Finding::error(
        "",
        "not-a-covariance-matrix",
        format!("Hiệp phương sai của {cells} giá trị liên quan với nhau không tạo thành ma trận nửa xác định dương"),
        format!("The covariances of {cells} values that hang together make no positive semidefinite matrix"),
    )
}
