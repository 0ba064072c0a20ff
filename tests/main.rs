//! The integration tests: one binary, laid out as a reader looks for them.

mod architecture;
mod golden;
