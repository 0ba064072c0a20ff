//! The figures a run came to.

use diesel::prelude::*;
use uuid::Uuid;

use super::db::{Db, ROWS_PER_INSERT, each_backend};
use super::error::Result;
use super::tables::score;

/// One estimate: a node of the index tree in one domain. A missing value is `None`, never NaN.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = score, treat_none_as_default_value = false)]
pub struct Score {
    /// The row's place in the run's canonical order.
    pub ord: i32,
    /// The code of the node.
    pub node: String,
    /// The kind of domain, as the index definition has it.
    pub domain_kind: String,
    /// The domain within its kind.
    pub domain_key: String,
    /// The rated unit, where the domain is one or part of one.
    pub unit_id: Option<i32>,
    /// The area, where the domain is one or part of one.
    pub area_id: Option<i32>,
    /// The item that divides the respondents, where one does.
    pub item_code: Option<String>,
    /// The option of that item.
    pub option_code: Option<String>,
    /// The estimate.
    pub est: Option<f64>,
    /// Its standard error.
    pub se: Option<f64>,
    /// Lower end of the interval.
    pub lo: Option<f64>,
    /// Upper end of the interval.
    pub hi: Option<f64>,
    /// Responses it rests on.
    pub n: i64,
    /// PSUs they are in.
    pub n_psu: i32,
    /// Degrees of freedom.
    pub df: Option<f64>,
    /// Design effect.
    pub deff: Option<f64>,
    /// Sum of the weights.
    pub weight_sum: f64,
    /// Place among its peers, from 1.
    pub rank: Option<i32>,
    /// Best place that the data allow.
    pub rank_lo: Option<i32>,
    /// Worst place that the data allow.
    pub rank_hi: Option<i32>,
    /// Too few responses to show.
    pub suppressed: bool,
    /// Best place that the data allow, all peers taken together.
    pub rank_joint_lo: Option<i32>,
    /// Worst place that the data allow, all peers taken together.
    pub rank_joint_hi: Option<i32>,
    /// Probability of being among the first so many.
    pub p_top: Option<f64>,
    /// Modelled estimate.
    pub model_est: Option<f64>,
    /// Root of its mean squared error.
    pub model_rmse: Option<f64>,
    /// The direct estimate is too thin to rely on.
    pub thin: bool,
    /// Why it is not shown.
    pub hidden: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = score, treat_none_as_default_value = false)]
struct NewRow<'a> {
    run_id: &'a [u8],
    #[diesel(embed)]
    score: Score,
}

/// Which scores of a run [`query`] shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this node.
    pub node: Option<String>,
    /// Of this kind of domain.
    pub domain_kind: Option<String>,
    /// Of one of these rated units. An empty list shows nothing.
    pub unit_ids: Option<Vec<i32>>,
    /// Of one of these areas. An empty list shows nothing.
    pub area_ids: Option<Vec<i32>>,
    /// Only those after this row: the cursor.
    pub after_ord: Option<i32>,
}

/// All scores of a run, in its canonical order.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn all(db: &mut Db, run: Uuid) -> Result<Vec<Score>> {
    query(db, run, &Filter::default(), i64::MAX)
}

/// Scores of a run, at most `limit`, in the run's canonical order.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn query(db: &mut Db, run: Uuid, filter: &Filter, limit: i64) -> Result<Vec<Score>> {
    let mut of = score::table
        .filter(score::run_id.eq(run.as_bytes().to_vec()))
        .order(score::ord)
        .limit(limit)
        .select(Score::as_select())
        .into_boxed();
    if let Some(node) = &filter.node {
        of = of.filter(score::node.eq(node));
    }
    if let Some(kind) = &filter.domain_kind {
        of = of.filter(score::domain_kind.eq(kind));
    }
    if let Some(units) = &filter.unit_ids {
        of = of.filter(score::unit_id.eq_any(units.iter().map(|id| Some(*id))));
    }
    if let Some(areas) = &filter.area_ids {
        of = of.filter(score::area_id.eq_any(areas.iter().map(|id| Some(*id))));
    }
    if let Some(after) = filter.after_ord {
        of = of.filter(score::ord.gt(after));
    }
    Ok(of.load(db)?)
}

/// Writes a run's scores. [`runs::finish`](super::runs::finish) calls it, once a run.
pub(super) fn insert(db: &mut Db, run: Uuid, scores: &[Score]) -> Result<()> {
    let run_id = run.as_bytes().as_slice();
    for chunk in scores.chunks(ROWS_PER_INSERT) {
        let rows: Vec<NewRow<'_>> = chunk.iter().map(|s| NewRow { run_id, score: s.clone() }).collect();
        each_backend!(db, c => diesel::insert_into(score::table).values(&rows).execute(c))?;
    }
    Ok(())
}
