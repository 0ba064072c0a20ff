//! Taking responses in: one, many, their receipts and what becomes of them.

pub mod batch;
pub mod intake;
pub mod invitations;
pub mod responses;
pub mod submission;
