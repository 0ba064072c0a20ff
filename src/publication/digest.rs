//! The name of a result: a hash of what it was made of and what came out.

use sha2::{Digest as _, Sha256};

use crate::index::Score;
use crate::publication::Manifest;

/// SHA-256.
pub type Digest = [u8; 32];

/// The digest of a run: its frozen inputs and every score, bit for bit, in canonical order.
///
/// Doubles enter by their bits, so two results that print alike but differ in the last place have different digests.
/// Scores name their units by code, not by the number a store gave them.
///
/// A wave's runs are salted: the manifest holds a number that was drawn at random when the first of them was made. So a run that is repeated has
/// the same digest in its own database and in a copy of it, and another in one that collected the same answers anew. What such two have in
/// common is the digest of what everybody sees ([`public_digest`](super::public_digest)), into which no salt goes.
#[must_use]
pub fn digest(manifest: &Manifest, scores: &[Score], unit_code: &dyn Fn(i32) -> String) -> Digest {
    let mut hash = Sha256::new();
    hash.update(manifest.canonical());
    for score in scores {
        let domain = &score.domain;
        let unit = |id: Option<i32>| id.map(unit_code);
        let parts = [
            Some(domain.kind.clone()),
            unit(domain.area),
            unit(domain.unit),
            domain.item.clone(),
            domain.option.clone(),
            Some(score.node.clone()),
        ];
        for part in parts {
            text(&mut hash, part.as_deref());
        }
        let (modelled, rmse) = score.modelled.map(|modelled| (modelled.value, modelled.rmse)).unzip();
        let numbers = [score.value, score.se, score.low, score.high, Some(score.df), score.deff, Some(score.weight)];
        for number in numbers.into_iter().chain([score.top, modelled, rmse]) {
            hash.update([u8::from(number.is_some())]);
            hash.update(number.unwrap_or(0.0).to_bits().to_le_bytes());
        }
        hash.update(score.n.to_le_bytes());
        hash.update(score.psus.to_le_bytes());
        hash.update(score.rank.unwrap_or(0).to_le_bytes());
        for interval in [score.rank_interval, score.rank_joint] {
            let (low, high) = interval.map_or((0, 0), |interval| (interval.low, interval.high));
            hash.update(low.to_le_bytes());
            hash.update(high.to_le_bytes());
        }
        hash.update([u8::from(score.suppressed), u8::from(score.thin)]);
    }
    hash.finalize().into()
}

/// A text with its length, so that no two lists of texts run together; a missing one differs from an empty one.
pub(super) fn text(hash: &mut Sha256, text: Option<&str>) {
    let length = text.map_or(u64::MAX, |text| text.len() as u64);
    hash.update(length.to_le_bytes());
    hash.update(text.unwrap_or_default().as_bytes());
}
