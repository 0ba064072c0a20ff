//! Files of others, made of what a reader may see.
//!
//! | | |
//! |---|---|
//! | [`figures`] | scores of an edition or run: CSV, CSV for Excel, XLSX |

pub mod figures;
