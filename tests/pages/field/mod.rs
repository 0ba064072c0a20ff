//! The pages of those who bring responses in.

mod entry;
mod start;
mod upload;
