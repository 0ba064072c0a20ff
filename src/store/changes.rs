//! How the scores of a run moved since the run that it is compared with.

use diesel::prelude::*;
use uuid::Uuid;

use super::db::{Db, ROWS_PER_INSERT, each_backend};
use super::error::Result;
use super::tables::change;

/// One score's change.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = change, treat_none_as_default_value = false)]
pub struct Change {
    /// The score, by its place in the run's canonical order.
    pub ord: i32,
    /// The estimate of the earlier run, in the design that both share.
    pub before: f64,
    /// The later estimate less the earlier.
    pub difference: f64,
    /// Its standard error, with the covariance of PSUs that both have.
    pub se: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// Two-sided p-value of no change.
    pub p: Option<f64>,
    /// The same by Holm's correction over the score's peers.
    pub p_holm: Option<f64>,
    /// Rank in the earlier run.
    pub rank_before: Option<i32>,
    /// Fewest ranks gained that the data allow; negative where ranks were lost.
    pub rise_lo: Option<i32>,
    /// Most ranks gained that the data allow.
    pub rise_hi: Option<i32>,
    /// Whether everybody may know of it.
    pub shown: bool,
}

#[derive(Insertable)]
#[diesel(table_name = change, treat_none_as_default_value = false)]
struct NewRow<'a> {
    run_id: &'a [u8],
    #[diesel(embed)]
    change: Change,
}

/// The changes of a run's scores from `first` to `last`, in the run's canonical order.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn between(db: &mut Db, run: Uuid, first: i32, last: i32) -> Result<Vec<Change>> {
    let of = change::table.filter(change::run_id.eq(run.as_bytes().as_slice())).filter(change::ord.between(first, last));
    Ok(of.order(change::ord).select(Change::as_select()).load(db)?)
}

/// Writes a run's changes, after its scores.
pub(super) fn insert(db: &mut Db, run: Uuid, changes: &[Change]) -> Result<()> {
    let run_id = run.as_bytes().as_slice();
    for chunk in changes.chunks(ROWS_PER_INSERT) {
        let rows: Vec<NewRow<'_>> = chunk.iter().map(|c| NewRow { run_id, change: c.clone() }).collect();
        each_backend!(db, c => diesel::insert_into(change::table).values(&rows).execute(c))?;
    }
    Ok(())
}
