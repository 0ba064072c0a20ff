//! The pages of those who bring responses in.

mod upload;
