//! The integration tests: one binary, laid out as a reader looks for them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that panics has failed, as it should"
)]

mod abuse;
mod api;
mod architecture;
mod cases;
mod disclosure;
mod flow;
mod golden;
mod harness;
mod pages;
mod schemas;
mod words;
