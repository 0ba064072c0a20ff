//! Attacks, as somebody would carry them out: each prints how far it came.

mod accounts;
mod people;
mod people_model;
mod scope;
mod stuffing;
