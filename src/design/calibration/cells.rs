//! Calibration where only sums by cell of a cross-classification are at hand.
//!
//! A run keeps exact sums per PSU and cell and never looks back at rows. Where all auxiliary variables are categories, `g` depends on the
//! cell alone, and so do the fitted values of the regression: sums by (PSU, cell) are all that weights and variance need.

use std::collections::BTreeMap;

use crate::design::calibration::solve::solve;
use crate::design::calibration::{Auxiliary, CalibrationError, Category, Distance};
use crate::numeric::linear::{dot, subtract};

/// A cell of the cross-classification of all margins.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cell {
    /// The base weights of its rows, summed up.
    pub weight: f64,
    /// How many rows it has.
    pub rows: u64,
}

/// A margin over cells. Margins within areas are margins whose categories are the areas' own: cells that share no category, not even by
/// way of others, are calibrated apart.
#[derive(Debug, Clone, PartialEq)]
pub struct CellMargin {
    /// What it is called in findings.
    pub name: String,
    /// The categories with their population counts.
    pub categories: Vec<Category>,
    /// The category of each cell, a place in `categories`; `None` where the margin says nothing about the cell.
    pub of_cell: Vec<Option<u32>>,
}

/// The factors of cells, and the projection that belongs to them.
#[derive(Debug, Clone, PartialEq)]
pub struct CellCalibration {
    g: Vec<f64>,
    weights: Vec<f64>,
    blocks: Vec<Block>,
    rounds: usize,
}

/// Cells that are calibrated together.
#[derive(Debug, Clone, PartialEq)]
struct Block {
    cells: Vec<usize>,
    /// Orthonormal columns over these cells that span `√W·x`.
    basis: Vec<Vec<f64>>,
}

impl CellCalibration {
    /// The factor of each cell: 1 where no margin says anything.
    #[must_use]
    pub fn g(&self) -> &[f64] {
        &self.g
    }

    /// Newton steps of the block that took most.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// Turns linearised totals by (PSU, cell) into residual totals.
    ///
    /// Each line is what one PSU has in one cell: the cell, its base weight sum there, and `width` linearised totals (row-major, with
    /// calibrated weights, 0 outside the domain). **Every** (PSU, cell) with weight must have its line, also those outside the domain: their
    /// fitted values are not 0. The residual total of a PSU is the sum over its lines.
    ///
    /// # Formula
    /// `z_jc − g_c·w_jc·x_cᵀB` with `B = (Σ_c W_c x_c x_cᵀ)⁻¹ Σ_c x_c z_c/g_c`, which is [`Calibration::residuals`] summed up over rows.
    ///
    /// [`Calibration::residuals`]: crate::design::Calibration::residuals
    pub fn residuals(&self, cells: &[u32], weights: &[f64], z: &mut [f64], width: usize) {
        for statistic in 0..width {
            let mut sums = vec![0.0; self.g.len()];
            for (cell, z) in cells.iter().zip(z.iter().skip(statistic).step_by(width)) {
                if let Some(sum) = sums.get_mut(*cell as usize) {
                    *sum += z;
                }
            }
            let fitted = self.fitted(&sums);
            for ((cell, weight), z) in cells.iter().zip(weights).zip(z.iter_mut().skip(statistic).step_by(width)) {
                *z -= weight * fitted.get(*cell as usize).copied().unwrap_or_default();
            }
        }
    }

    /// `g_c·x_cᵀB` of each cell, from the linearised totals of the cells.
    pub(crate) fn fitted(&self, sums: &[f64]) -> Vec<f64> {
        let mut fitted = vec![0.0; sums.len()];
        for block in &self.blocks {
            let y = |cell: &usize| if self.g[*cell] == 0.0 { 0.0 } else { sums[*cell] / (self.g[*cell] * self.weights[*cell].sqrt()) };
            let y: Vec<f64> = block.cells.iter().map(y).collect();
            let mut rest = y.clone();
            for column in &block.basis {
                let along = dot(column, &rest);
                subtract(&mut rest, along, column);
            }
            for ((cell, y), rest) in block.cells.iter().zip(&y).zip(&rest) {
                fitted[*cell] = self.g[*cell] * (y - rest) / self.weights[*cell].sqrt();
            }
        }
        fitted
    }
}

/// Calibrates cells to margins: with one margin post-stratification, with [`Distance::Raking`] raking.
///
/// # Formula
/// That of [`calibrate`](crate::design::calibrate), with a cell in the place of its rows: where all auxiliary variables are indicators, the
/// same equations hold with `W_c = Σ_c d`.
///
/// # Errors
/// Every [`CalibrationError`] of every block of cells that hang together.
pub fn calibrate_cells(cells: &[Cell], margins: &[CellMargin], distance: Distance) -> Result<CellCalibration, Vec<CalibrationError>> {
    let constraints = constraints(cells, margins)?;
    let weights: Vec<f64> = cells.iter().map(|cell| cell.weight).collect();
    let mut found = CellCalibration { g: vec![1.0; cells.len()], weights, blocks: Vec::new(), rounds: 0 };
    let mut errors = Vec::new();
    for (places, constraints) in blocks(cells.len(), constraints) {
        let base: Vec<f64> = places.iter().map(|cell| cells[*cell].weight).collect();
        let auxiliaries: Vec<Auxiliary> = constraints
            .iter()
            .map(|constraint| {
                let values = places.iter().map(|cell| if constraint.cells.binary_search(cell).is_ok() { 1.0 } else { 0.0 }).collect();
                Auxiliary { name: constraint.name.clone(), values, total: constraint.total }
            })
            .collect();
        match solve(&base, &auxiliaries, distance) {
            Ok(solution) => {
                for (cell, g) in places.iter().zip(&solution.g) {
                    found.g[*cell] = *g;
                }
                found.rounds = found.rounds.max(solution.rounds);
                found.blocks.push(Block { cells: places, basis: solution.basis });
            }
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

/// One category of one margin: the cells that have it, in order, and its total.
struct Constraint {
    name: String,
    cells: Vec<usize>,
    total: f64,
}

fn constraints(cells: &[Cell], margins: &[CellMargin]) -> Result<Vec<Constraint>, Vec<CalibrationError>> {
    let mut errors = Vec::new();
    let mut list = Vec::new();
    if let Some(row) = cells.iter().position(|cell| !(cell.weight.is_finite() && cell.weight >= 0.0)) {
        errors.push(CalibrationError::BaseWeight { row });
    }
    for margin in margins {
        if margin.of_cell.len() != cells.len() {
            let (name, found) = (margin.name.clone(), margin.of_cell.len());
            errors.push(CalibrationError::Ragged { name, found, expected: cells.len() });
            continue;
        }
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); margin.categories.len()];
        for (cell, category) in margin.of_cell.iter().enumerate().filter(|(cell, _)| cells[*cell].weight > 0.0) {
            if let Some(list) = category.and_then(|category| members.get_mut(category as usize)) {
                list.push(cell);
            }
        }
        for (Category { name, total }, members) in margin.categories.iter().zip(members) {
            let (name, total) = (format!("{} = {name}", margin.name), *total);
            if !(total.is_finite() && total >= 0.0) {
                errors.push(CalibrationError::Total { name, total });
            } else if members.is_empty() && total > 0.0 {
                errors.push(CalibrationError::Empty { name, total });
            } else if total == 0.0 && !members.is_empty() {
                let rows = members.iter().map(|cell| cells[*cell].rows).sum::<u64>();
                errors.push(CalibrationError::NoTotal { name, rows: usize::try_from(rows).unwrap_or(usize::MAX) });
            } else if !members.is_empty() {
                list.push(Constraint { name, cells: members, total });
            }
        }
    }
    if errors.is_empty() { Ok(list) } else { Err(errors) }
}

/// Cells that constraints tie together, with those constraints; in the order of each block's first cell.
fn blocks(count: usize, constraints: Vec<Constraint>) -> Vec<(Vec<usize>, Vec<Constraint>)> {
    fn root(parent: &mut [usize], mut cell: usize) -> usize {
        while parent[cell] != cell {
            parent[cell] = parent[parent[cell]];
            cell = parent[cell];
        }
        cell
    }
    let mut parent: Vec<usize> = (0..count).collect();
    for constraint in &constraints {
        let ends = constraint.cells.windows(2).map(|pair| (pair[0], pair[1]));
        for (one, other) in ends {
            let (one, other) = (root(&mut parent, one), root(&mut parent, other));
            parent[one.max(other)] = one.min(other);
        }
    }
    let mut blocks: BTreeMap<usize, (Vec<usize>, Vec<Constraint>)> = BTreeMap::new();
    for constraint in constraints {
        if let Some(first) = constraint.cells.first() {
            blocks.entry(root(&mut parent, *first)).or_default().1.push(constraint);
        }
    }
    for cell in 0..count {
        if let Some((cells, _)) = blocks.get_mut(&root(&mut parent, cell)) {
            cells.push(cell);
        }
    }
    blocks.into_values().collect()
}
