//! The figures of a survey's run that is done, read back as they were computed.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use uuid::Uuid;

use super::recompute::Outcome;
use crate::index::{Basis, DomainKey, Modelled, Score};
use crate::publication::disclosure::{Hidden, Numbers, Settled, Standing};
use crate::scoring::rank::RankInterval;
use crate::store::runs::Run;
use crate::store::{Db, StoreError, changes, disclosure, scores};

/// What a finished run came to; nothing for one that has no figures.
///
/// # Errors
/// [`StoreError::Database`], and [`StoreError::Unreadable`] for a manifest of another release.
pub fn outcome(db: &mut Db, run: &Run) -> Result<Option<Outcome>, StoreError> {
    let (Some(digest), Some(manifest)) = (run.digest, &run.manifest) else { return Ok(None) };
    let manifest = serde_json::from_str(manifest).map_err(|error| StoreError::Unreadable { table: "run", detail: error.to_string() })?;
    let rows = scores::all(db, run.id)?;
    let mut standing = standing(db, run.id, ALL)?;
    let mut settled = |row: &scores::Score| match (row.hidden.as_deref().and_then(Hidden::parse), standing.remove(&row.ord)) {
        (Some(reason), _) => Settled::Hidden(reason),
        (None, Some(standing)) => Settled::Carried(Box::new(standing)),
        (None, None) => Settled::Published,
    };
    let settled = rows.iter().map(&mut settled).collect();
    let scores = rows.into_iter().map(score).collect();
    let known = disclosure::of_run(db, run.id)?;
    let changes = changes::between(db, run.id, 0, i32::MAX)?;
    Ok(Some(Outcome {
        manifest,
        digest,
        scores,
        settled,
        public_digest: known.map(|known| known.digest).unwrap_or_default(),
        editions: Vec::new(),
        changes,
    }))
}

/// Every place in a run's canonical order.
pub const ALL: RangeInclusive<i32> = 0..=i32::MAX;

/// The figures of earlier editions that stand in a run, by their places among these in its canonical order.
///
/// # Errors
/// [`StoreError::Database`], and [`StoreError::Unreadable`] for numbers of another release.
pub fn standing(db: &mut Db, run: Uuid, places: RangeInclusive<i32>) -> Result<HashMap<i32, Standing>, StoreError> {
    let read = |row: disclosure::Standing| {
        let numbers = serde_json::from_str(&row.numbers);
        let numbers = numbers.map_err(|error| StoreError::Unreadable { table: "score_standing", detail: error.to_string() })?;
        Ok((row.ord, Standing { edition: row.edition, numbers }))
    };
    disclosure::standing(db, run, *places.start(), *places.end())?.into_iter().map(read).collect()
}

/// Of whom a score speaks, from its row.
#[must_use]
pub fn domain(row: &scores::Score) -> DomainKey {
    DomainKey {
        kind: row.domain_kind.clone(),
        area: row.area_id,
        unit: row.unit_id,
        item: row.item_code.clone(),
        option: row.option_code.clone(),
    }
}

/// What was measured of a score, from its row.
#[must_use]
pub fn numbers(row: &scores::Score) -> Numbers {
    Numbers {
        value: row.est,
        se: row.se,
        low: row.lo,
        high: row.hi,
        n: Some(row.n),
        psus: Some(row.n_psu),
        df: row.df,
        deff: row.deff,
        rank: row.rank,
        rank_low: row.rank_lo,
        rank_high: row.rank_hi,
        rank_joint_low: row.rank_joint_lo,
        rank_joint_high: row.rank_joint_hi,
        top: row.p_top,
        modelled: row.model_est,
        modelled_rmse: row.model_rmse,
        thin: Some(row.thin),
    }
}

/// A score from its row: the other way round than [`super::recompute::rows`].
fn score(row: scores::Score) -> Score {
    let number = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
    let rank = number(row.rank);
    let interval = |low: Option<i32>, high: Option<i32>| Some(RankInterval { rank: rank?, low: number(low)?, high: number(high)? });
    Score {
        domain: domain(&row),
        node: row.node,
        value: row.est,
        se: row.se,
        low: row.lo,
        high: row.hi,
        n: row.n,
        psus: u32::try_from(row.n_psu).unwrap_or_default(),
        df: row.df.unwrap_or_default(),
        deff: row.deff,
        weight: row.weight_sum,
        rank,
        rank_interval: interval(row.rank_lo, row.rank_hi),
        rank_joint: interval(row.rank_joint_lo, row.rank_joint_hi),
        top: row.p_top,
        modelled: row.model_est.zip(row.model_rmse).map(|(value, rmse)| Modelled { value, rmse }),
        thin: row.thin,
        suppressed: row.suppressed,
        basis: Basis::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::recompute::rows;

    #[test]
    fn a_score_is_read_back_as_it_was_written() {
        let domain = DomainKey {
            kind: "province".to_owned(),
            area: Some(3),
            unit: None,
            item: Some("sex".to_owned()),
            option: Some("2".to_owned()),
        };
        let interval = |low, high| Some(RankInterval { rank: 4, low, high });
        let full = Score {
            domain,
            node: "SIPAS".to_owned(),
            value: Some(81.5),
            se: Some(1.25),
            low: Some(79.0),
            high: Some(84.0),
            n: 510,
            psus: 18,
            df: 15.0,
            deff: Some(1.5),
            weight: 1e6,
            rank: Some(4),
            rank_interval: interval(2, 9),
            rank_joint: interval(1, 12),
            top: Some(0.25),
            modelled: Some(Modelled { value: 81.0, rmse: 1.0 }),
            thin: true,
            suppressed: true,
            basis: Basis::default(),
        };
        let bare = Score { value: None, rank: None, rank_interval: None, rank_joint: None, modelled: None, top: None, ..full.clone() };
        let written = [full, bare];
        assert_eq!(rows(&written, &[]).into_iter().map(score).collect::<Vec<_>>(), written);
    }
}
