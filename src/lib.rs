//! Hailong (hài lòng, "satisfied") collects citizen-satisfaction survey responses and turns them into weighted indices
//! for agencies and provinces, with honest confidence intervals.
//!
//! The modules stand in the order of the data's flow. Each names only those above it; the core does no I/O, reads no
//! clock and draws no randomness that was not handed in.
//!
//! ```text
//! words → table → schema → unit → response → numeric → design → frame → scoring → index → composite → publication      pure core
//! store → jobs → office                                                                              the house's work
//! formats, http → api, pages, cli                                                                    faces
//! ```

pub mod api;
pub mod cli;
pub mod composite;
pub mod design;
pub mod formats;
pub mod frame;
pub mod http;
pub mod index;
pub mod jobs;
pub mod numeric;
pub mod office;
pub mod pages;
pub mod publication;
pub mod response;
pub mod schema;
pub mod scoring;
pub mod store;
pub mod table;
pub mod unit;
pub mod words;
