//! Planning: how many to ask, how to divide them, and whom the dice choose.
//!
//! ```text
//! Precision ──answers_for──▶ n ──allocate──▶ n_h        SamplingPlan + SamplingFrame + seed ──draw_sample──▶ Sample ──▶ Tables, Protocol
//! ```
//!
//! Sizes and half-widths follow from one equation ([`Precision`]); [`allocate`] divides a size among strata. A
//! [`SamplingPlan`] is a small JSON file that says for each stage what is drawn, how and how many; a [`SamplingFrame`]
//! is a CSV table with a row for each of the smallest units. [`draw_sample`] draws with a seed, and [`Protocol`] is
//! what an auditor repeats it from.
//!
//! **Invariant:** a draw is whole numbers from the random number to the unit it hits, and each has a random stream of
//! its own ([`Stream`]). So a sample is the same for any order of the frame's rows, on any machine, and what is drawn
//! in one province does not depend on the others.

mod allocation;
mod draw;
mod number;
mod outlook;
mod protocol;
mod protocol_text;
mod sample;
mod sampling_frame;
mod sampling_plan;
mod size;
mod stream;
mod tables;
#[cfg(test)]
mod tests;

pub use allocation::{AllocationError, Bounds, Rule, Stratum, allocate};
pub use draw::{Candidate, Cause, Chances, DrawError, Method, Pick, Selection, draw, reserve};
pub use outlook::{Outlook, OutlookLine, StrataColumns, outlook, read_strata};
pub use protocol::{DrawFacts, FrameFacts, PlanFacts, Protocol, Shortfall, StageFacts, UnitFacts};
pub use sample::{Draw, Element, Sample, Taken, draw_sample};
pub use sampling_frame::SamplingFrame;
pub use sampling_plan::{Allocation, Area, Number, PsuRule, SamplingPlan, Stage};
pub use size::{Change, Precision, SizeError, Target, cluster_effect, invitations, slovin};
pub use stream::{Purpose, Stream};
pub use tables::Tables;
