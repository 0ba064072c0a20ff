//! Composite indices: from a table of indicators and a definition to scores, ranks and contributions.
//!
//! ```text
//! CSV ──Table::read──▶ Table ──state──▶ State ──stages──▶ State ──aggregate──▶ scores ──rank──▶ Outcome
//! ```
//!
//! A [`Table`] knows for every unit, edition and indicator the value, its source, status and revisions. [`Table::state`] takes
//! the values in force into a [`State`]: matrices over the same rows. Each stage of the definition's pipeline turns a state
//! into the next one and writes down what it did as a [`Record`]; [`compute`] runs them all and keeps every data set.
//! Whoever varies the pipeline (sensitivity, uncertainty) calls [`run`] with stages and a state of their own.
//! [`admissible_weight`] and [`admissible_grid`] go the other way: from published scores to the weights behind them.

mod admissible;
mod coherence;
mod contribution;
mod eigen;
mod matrix;
mod pipeline;
mod stages;
mod statistics;
mod table;
mod table_file;

pub use admissible::{GridError, MOST_COMPONENTS, MOST_FOUND, MOST_VECTORS, Printed, PrintedRow, admissible_grid, admissible_weight};
pub use coherence::{Summary, correlation, cronbach, effective_weights, summary};
pub use contribution::{Contribution, contributions};
pub use matrix::{Matrix, Rows};
pub use pipeline::{ComputeError, DataSet, Outcome, StepResult, compute, run, scores};
pub use stages::aggregate::combine;
pub use stages::rank::ranks;
pub use stages::{Filled, Limits, Record, Removed, StageError, State, Treated, apply};
pub use table::{Key, Observation, Status, Table};
