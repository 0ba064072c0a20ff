//! Words that every module needs: the two languages, what a check found, and small encodings of the wire.

pub mod encode;
mod finding;
mod lang;

pub use finding::{Finding, Severity, any_error};
pub(crate) use finding::{Path, push_escaped};
pub use lang::{Lang, Said};
