//! Attacks, as somebody would carry them out: each prints how far it came.

mod stuffing;
