//! From the scores of a run to an edition that can be published, repeated and explained.
//!
//! A [`Manifest`] freezes what a run was made of; its digest together with the scores' ([`digest`]) names the result: the
//! same inputs give the same digest, for any number of threads, on either kind of database, whenever the run is repeated. The salt of its wave is
//! one of them; what everybody sees of an edition has a digest without it ([`public_digest`]).
//! [`disclosure`] decides what each reader sees of it.

mod composite;
mod digest;
pub mod disclosure;
mod figures;
mod manifest;
mod public;

pub use composite::{
    CompositeManifest, SurveyUsed, TableUsed, UncertaintyUsed, composite_digest, composite_public_digest, composite_public_manifest,
};
pub use digest::{Digest, digest};
pub use figures::{CompositeScore, composite_scores};
pub use manifest::{ChainUsed, ClustersUsed, FlagsUsed, InvitedUsed, LeftOut, Manifest, Reason, VersionUsed};
pub use public::{public_digest, public_manifest, seen_of};
