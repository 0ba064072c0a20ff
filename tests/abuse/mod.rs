//! Attacks, as somebody would carry them out: each prints how far it came.

mod accounts;
mod erasure;
mod links;
mod people;
mod people_model;
mod records;
mod scope;
mod stuffing;
