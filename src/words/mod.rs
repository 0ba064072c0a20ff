//! Words that every module needs: the two languages, what a check found, and small encodings of the wire.

pub mod encode;
pub mod fault;
mod finding;
mod lang;
mod named;
mod nearest;

pub use finding::{Finding, Severity, any_error};
pub(crate) use finding::{Path, push_escaped};
pub use lang::{Lang, Said};
pub(crate) use named::named;
pub use nearest::{did_you_mean, nearest};
