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
//!
//! What is made of an outcome: [`explain`] says where a score comes from and what another would take, [`targets`] whether units
//! reached what they set out to, [`geography`] shows a series on another list of units.
//! [`survey`] puts the estimates of a run into a table before.

mod admissible;
mod coherence;
mod contribution;
mod doubts;
pub mod explain;
pub mod geography;
mod matrix;
mod objection;
mod pipeline;
mod replay;
mod scale;
pub mod sensitivity;
mod stages;
mod statistics;
pub mod survey;
mod table;
mod table_doubts;
mod table_file;
pub mod targets;
mod tiers;
mod ties;
pub mod uncertainty;
mod vietnamese;

pub use admissible::{GridError, MOST_COMPONENTS, MOST_FOUND, MOST_VECTORS, Printed, PrintedRow, admissible_grid, admissible_weight};
pub use coherence::{Coherence, Summary, coherence, correlation, cronbach, effective_weights, summary};
pub use contribution::{Contribution, contributions};
pub use doubts::{doubts, unscaled};
pub use matrix::{Matrix, Rows};
pub use objection::Objection;
pub use pipeline::{ComputeError, DataSet, Outcome, StepResult, compute, run, scores};
pub(crate) use scale::scale;
pub use stages::aggregate::combine;
pub(crate) use stages::aggregate::method;
pub use stages::rank::ranks;
pub use stages::{Filled, Limits, Needs, Opposed, Record, Removed, StageError, State, Treated, apply};
pub use table::{Key, Observation, Status, Table};
pub use tiers::{natural_breaks, tiers};
pub use vietnamese::stage_vi;
