//! A wave in the field: its dates and design, its progress, its chain, what looks odd.

pub mod chain;
pub mod fieldwork;
pub mod quality;
pub mod waves;
