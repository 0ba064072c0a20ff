//! Figures as files. A [`Sheet`] is made of [`Seen`] figures alone, so that no file can hold what its reader must not see; every writer
//! writes the same sheet.
//!
//! [`Seen`]: crate::publication::disclosure::Seen

mod csv;
mod sheet;
mod xlsx;

pub use csv::{Profile, csv};
pub use sheet::{Cell, Column, Sheet, of_composite, of_survey};
pub use xlsx::{WorkbookError, xlsx};

/// The sign of a cell that is not published.
pub const HIDDEN: &str = "c";
