//! The packed rows of one wave, turned into columns.
//!
//! A [`Frame`] holds what scoring reads and nothing else: for every valid response its weight, PSU and rated unit,
//! and one byte column for each item that the index asks for. Versions of a questionnaire may lay answers out
//! differently; each item is found by its code, never by its position.
//!
//! Architecture invariant: a frame of a cluster design may hold its rows in any order, since every sum over rows is a
//! sum of whole numbers; it is built in the order of PSUs for speed alone. A frame of an element design, where each
//! row is a PSU, is put into an order that depends on the rows' content alone, and so are the clusters of a stream. So
//! the order of arrival leaves no trace in any score.

mod build;
mod device_day;
mod stack;
mod strata;

pub use build::{CHOSEN, Column, FOREIGN_OPTION, FrameBuilder, FrameError, NOT_CHOSEN, RowRef};
pub use device_day::DeviceDays;
pub use stack::{Stacked, stack};
pub use strata::{Strata, Stratum};

use rayon::prelude::*;

/// The columns of one wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Answer codes, one column an item, in the order asked for (see `schema::Layout` for the codes).
    pub(crate) columns: Vec<Vec<u8>>,
    /// Weights in the wave's unit.
    pub(crate) weights: Vec<i64>,
    /// The PSU of each row: its place in [`Frame::strata`].
    pub(crate) psus: Vec<u32>,
    /// The rated unit of each row: its place in [`Frame::units`].
    pub(crate) units: Vec<u32>,
    /// The rated units that occur, by their id in the unit registry, ascending.
    pub(crate) unit_ids: Vec<i32>,
    /// The strata and their PSUs.
    pub(crate) strata: Strata,
    /// What one unit of weight stands for.
    pub(crate) per_one: i64,
}

impl Frame {
    /// How many responses it holds.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.weights.len()
    }

    /// The answer codes of an item, one byte a row.
    #[must_use]
    pub fn column(&self, item: usize) -> &[u8] {
        &self.columns[item]
    }

    /// The weights, in the wave's unit.
    #[must_use]
    pub fn weights(&self) -> &[i64] {
        &self.weights
    }

    /// The PSU of each row.
    #[must_use]
    pub fn psus(&self) -> &[u32] {
        &self.psus
    }

    /// The rated unit of each row, a place in [`Frame::unit_ids`].
    #[must_use]
    pub fn units(&self) -> &[u32] {
        &self.units
    }

    /// The ids of the rated units, ascending.
    #[must_use]
    pub fn unit_ids(&self) -> &[i32] {
        &self.unit_ids
    }

    /// The strata and their PSUs.
    #[must_use]
    pub fn strata(&self) -> &Strata {
        &self.strata
    }

    /// How many weight units make a weight of one.
    #[must_use]
    pub fn per_one(&self) -> i64 {
        self.per_one
    }

    /// The rows in the order of their PSUs, each PSU's as they stand.
    pub(crate) fn order_by_psu(&self) -> Vec<u32> {
        build::by_psu(&self.psus, self.strata.psus())
    }

    /// The same frame with its rows in this order.
    pub(crate) fn in_order(&self, order: &[u32]) -> Self {
        Self {
            columns: self.columns.par_iter().map(|column| picked(column, order)).collect(),
            weights: picked(&self.weights, order),
            psus: picked(&self.psus, order),
            units: picked(&self.units, order),
            unit_ids: self.unit_ids.clone(),
            strata: self.strata.clone(),
            per_one: self.per_one,
        }
    }

    /// A frame made of columns that are already at hand, as benches and simulations have them.
    ///
    /// # Errors
    /// [`FrameError::Ragged`] where the columns differ in length, [`FrameError::UnknownPsu`] where a row names a PSU
    /// or a unit that is not there.
    pub fn from_columns(
        columns: Vec<Vec<u8>>,
        weights: Vec<i64>,
        psus: Vec<u32>,
        units: Vec<u32>,
        unit_ids: Vec<i32>,
        strata: Strata,
        per_one: i64,
    ) -> Result<Self, FrameError> {
        let rows = weights.len();
        if psus.len() != rows || units.len() != rows || columns.iter().any(|c| c.len() != rows) {
            return Err(FrameError::Ragged);
        }
        let known = psus.iter().all(|p| (*p as usize) < strata.psus()) && units.iter().all(|u| (*u as usize) < unit_ids.len());
        if !known {
            return Err(FrameError::UnknownPsu);
        }
        Ok(Self { columns, weights, psus, units, unit_ids, strata, per_one })
    }
}

/// The values at these places.
fn picked<T: Copy + Send + Sync>(list: &[T], places: &[u32]) -> Vec<T> {
    places.par_iter().map(|place| list[*place as usize]).collect()
}
