//! Attacks, as somebody would carry them out: each prints how far it came.

mod accounts;
mod links;
mod people;
mod people_model;
mod scope;
mod stuffing;
