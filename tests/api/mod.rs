//! The API, resource by resource, through the server as it runs in production.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that panics has failed, as it should

mod auth;
mod batch;
mod composite_reports;
mod composites;
mod conformance;
mod conventions;
mod definitions;
mod hostile;
mod keeping;
mod limits;
mod openapi;
mod operations;
mod quality;
mod responses;
mod runs;
mod scores;
mod units;
mod waves;
