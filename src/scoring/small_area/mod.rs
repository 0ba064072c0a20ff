//! Small areas: direct estimates that are too thin, and modelled ones beside them.
//!
//! [`ThinRule`] marks a direct estimate and says why. [`fay_herriot`] borrows strength from the other areas by a model of
//! area means. What it gives is a modelled estimate: it is labelled so wherever it is shown and never takes the place of
//! the direct one.

mod fay_herriot;
mod thin;

pub use fay_herriot::{Area, Benchmark, FayHerriot, Fit, Modelled, SmallAreaError, fay_herriot};
pub use thin::{DirectEstimate, Thin, ThinRule};
