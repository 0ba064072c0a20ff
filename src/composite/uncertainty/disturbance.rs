//! The errors of a table's values, drawn over and over.

use rand_chacha::ChaCha8Rng;

use super::super::matrix::Matrix;
use super::deviates::Deviates;
use super::errors::{Errors, FactorRows};

/// Errors made ready to be drawn.
pub(super) struct Disturbance<'e> {
    deviates: Deviates,
    /// Cells that covary with none, by column.
    alone: Vec<(usize, Vec<Place>)>,
    blocks: Vec<Joined<'e>>,
}

/// A row and the standard error of its value.
type Place = (usize, f64);

/// Cells that covary: for each its column and place, none where its unit is not there.
struct Joined<'e> {
    cells: Vec<Option<(usize, Place)>>,
    factor: &'e FactorRows,
}

impl<'e> Disturbance<'e> {
    /// Errors of values that stand where `row` moves the table's rows to; none: the unit was taken out.
    pub(super) fn new(errors: &'e Errors, row: impl Fn(usize) -> Option<usize>) -> Self {
        let cells = errors.cells();
        let place = |cell: usize| cells.get(cell).and_then(|cell| Some((cell.column, (row(cell.row)?, cell.sd))));
        let mut single: Vec<(usize, Place)> = (0..cells.len()).filter(|cell| errors.block_of(*cell).is_none()).filter_map(place).collect();
        // Stable: rows stay in their order.
        single.sort_by_key(|(column, _)| *column);
        let alone = single.chunk_by(|a, b| a.0 == b.0).map(|part| (part[0].0, part.iter().map(|(_, place)| *place).collect()));
        let join = |block: &'e super::errors::Block| Joined {
            cells: block.cells.iter().map(|cell| place(*cell)).collect(),
            factor: &block.factor,
        };
        Self { deviates: Deviates::new(), alone: alone.collect(), blocks: errors.blocks().iter().map(join).collect() }
    }

    /// Adds one draw of all errors to the values. `normals` is memory to work in.
    ///
    /// # Formula
    /// Normal errors; within a block `sd_i Σ_j L_ij z_j` with `L Lᵀ` the correlation matrix.
    pub(super) fn add(&self, rng: &mut ChaCha8Rng, normals: &mut Vec<f64>, indicators: &mut Matrix) {
        for (column, places) in &self.alone {
            let values = indicators.column_mut(*column);
            for (row, sd) in places {
                let error = sd * self.deviates.draw(rng);
                if let Some(value) = values.get_mut(*row) {
                    *value += error;
                }
            }
        }
        for block in &self.blocks {
            normals.clear();
            normals.extend(block.cells.iter().map(|_| self.deviates.draw(rng)));
            for (cell, numbers) in block.cells.iter().zip(block.factor) {
                let Some((column, (row, sd))) = cell else { continue };
                let normal = |place: u32| normals.get(place as usize).copied().unwrap_or(0.0);
                let error: f64 = numbers.iter().map(|(place, number)| number * normal(*place)).sum();
                if let Some(value) = indicators.column_mut(*column).get_mut(*row) {
                    *value += sd * error;
                }
            }
        }
    }
}
