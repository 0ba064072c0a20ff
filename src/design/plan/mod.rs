//! Planning a sample.
mod allocation;
mod draw;
mod number;
mod size;
mod stream;
pub use allocation::{AllocationError, Bounds, Rule, Stratum, allocate};
pub use draw::{Candidate, Cause, Chances, DrawError, Method, Pick, Selection, draw, reserve};
pub use size::{Change, Precision, SizeError, Target, invitations, slovin};
pub use stream::{Purpose, Stream};
