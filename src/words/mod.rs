//! Words that every module needs: the two languages, and what a check found.

mod finding;
mod lang;

pub use finding::{Finding, Severity, any_error};
pub(crate) use finding::{Path, push_escaped};
pub use lang::{Lang, Said};
