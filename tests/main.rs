//! The integration tests: one binary, laid out as a reader looks for them.

mod api;
mod architecture;
mod flow;
mod golden;
mod harness;
mod schemas;
