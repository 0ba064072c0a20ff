//! Attacks on what is published: with no more than what anybody is told, can an answer be read out of it? Every attack goes against the
//! running server, and what it claims is held against the answers that were sent.

mod alike;
mod attacker;
mod auditor;
mod beside;
mod composite;
mod editions;
mod field;
mod padding;
mod share;
mod subtraction;
