//! Keys, persons, proposals, the audit log, and what operators and programmers ask of the server.

pub mod audit;
pub mod health;
pub mod keys;
pub mod meta;
pub mod people;
pub mod proposals;
