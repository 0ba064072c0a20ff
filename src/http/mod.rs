//! What every face over HTTP stands on: the server, who is asking, bodies and pages, limits, problems.
//!
//! | | |
//! |---|---|
//! | [`server`] | starting and stopping |
//! | [`auth`], [`limit`] | who is asking, and how often |
//! | [`body`], [`upload`], [`query`], [`page`], [`etag`], [`lang`] | what requests and answers are made of |
//! | [`problem`], [`face`] | the one envelope of everything that can go wrong; how a face words it otherwise |
//! | [`state`], [`cache`] | what handlers share |
//! | [`intake`] | taking a response in |
//! | [`telemetry`], [`metrics`] | what surrounds a request |
#![allow(missing_docs, reason = "the lint is for the core; here a comment stands where it says more than the name")]

pub mod auth;
pub mod body;
pub mod cache;
pub mod etag;
pub mod face;
pub mod intake;
pub mod lang;
pub mod limit;
pub mod metrics;
pub mod page;
pub mod problem;
pub mod query;
pub mod server;
pub mod state;
pub mod telemetry;
pub mod upload;
