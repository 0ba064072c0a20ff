//! What runs of composite indices are made of and what they came to. Their way to publication is that of every run.

use diesel::prelude::*;
use uuid::Uuid;

use super::columns::named_enum;
use super::db::{Db, ROWS_PER_INSERT, each_backend};
use super::error::Result;
use super::runs::RunState;
use super::tables::{composite_report, composite_score, run, run_survey, run_table};

/// What a run of a composite index is made of, frozen when it is created.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inputs {
    /// Indicator tables; a value of a later one comes after that of an earlier one.
    pub tables: Vec<i32>,
    /// Runs of survey indices, each with the edition that takes its values.
    pub surveys: Vec<(Uuid, String)>,
}

/// Says what a run is made of. Belongs to the transaction that creates it.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database) if one of them does not exist or stands there twice.
pub fn freeze(db: &mut Db, id: Uuid, inputs: &Inputs) -> Result<()> {
    let run_id = id.as_bytes().as_slice();
    db.write(|db| {
        for (ord, table) in (0_i32..).zip(&inputs.tables) {
            let row = (run_table::run_id.eq(run_id), run_table::ord.eq(ord), run_table::table_id.eq(table));
            diesel::insert_into(run_table::table).values(row).execute(db)?;
        }
        for (ord, (survey, edition)) in (0_i32..).zip(&inputs.surveys) {
            let row = (
                run_survey::run_id.eq(run_id),
                run_survey::ord.eq(ord),
                run_survey::survey_run_id.eq(survey.as_bytes().as_slice()),
                run_survey::edition.eq(edition),
            );
            diesel::insert_into(run_survey::table).values(row).execute(db)?;
        }
        Ok(())
    })
}

/// What a run is made of; nothing for a run of a survey's index.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn inputs(db: &mut Db, id: Uuid) -> Result<Inputs> {
    let run_id = id.as_bytes().as_slice();
    let tables = run_table::table.filter(run_table::run_id.eq(run_id)).order(run_table::ord).select(run_table::table_id).load(db)?;
    let surveys: Vec<(Vec<u8>, String)> = run_survey::table
        .filter(run_survey::run_id.eq(run_id))
        .order(run_survey::ord)
        .select((run_survey::survey_run_id, run_survey::edition))
        .load(db)?;
    let named = |(id, edition): (Vec<u8>, String)| Some((Uuid::from_slice(&id).ok()?, edition));
    Ok(Inputs { tables, surveys: surveys.into_iter().filter_map(named).collect() })
}

/// A run of a survey's index that a run takes leaves from and that is not published, if there is one.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub(crate) fn unpublished_survey(db: &mut Db, id: Uuid) -> Result<Option<Uuid>> {
    let used = run_survey::table.filter(run_survey::run_id.eq(id.as_bytes().as_slice())).select(run_survey::survey_run_id);
    let open = run::table.filter(run::id.eq_any(used)).filter(run::state.ne(RunState::Published.as_str())).select(run::id);
    let found: Option<Vec<u8>> = open.first(db).optional()?;
    Ok(found.and_then(|id| Uuid::from_slice(&id).ok()))
}

/// One score: a node of the tree for a unit in an edition. A missing value is `None`, never NaN.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = composite_score, treat_none_as_default_value = false)]
pub struct CompositeScore {
    /// The row's place in the run's canonical order: edition, unit, node.
    pub ord: i32,
    pub edition: String,
    /// The code of the unit, in the definition's code list.
    pub unit: String,
    /// The unit of the registry, where it knows one by that code.
    pub unit_id: Option<i32>,
    /// The code of the node.
    pub node: String,
    pub score: Option<f64>,
    /// Its standard error, where something is known of errors.
    pub se: Option<f64>,
    /// Degrees of freedom of that; none: infinite.
    pub df: Option<f64>,
    /// Lower end of the interval.
    pub lo: Option<f64>,
    /// Upper end of the interval.
    pub hi: Option<f64>,
    /// Place in its edition, from 1.
    pub rank: Option<i32>,
    /// Best place that the data allow.
    pub rank_lo: Option<i32>,
    /// Worst place that the data allow.
    pub rank_hi: Option<i32>,
    /// The tier, 0 the best.
    pub tier: Option<i32>,
    /// Why the public does not see it.
    pub hidden: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = composite_score, treat_none_as_default_value = false)]
struct NewScore<'a> {
    run_id: &'a [u8],
    #[diesel(embed)]
    score: CompositeScore,
}

named_enum! {
    /// What else a run came to.
    "report" ReportKind {
        /// What was found when tables and survey estimates were put together.
        Findings = "findings",
        /// The stages in their order, each with its arguments and what it did.
        Stages = "stages",
        /// The weights in force, by node.
        Weights = "weights",
        /// Targets of units and whether they are met.
        Targets = "targets",
        /// How uncertainty was carried through the tree, by edition.
        Uncertainty = "uncertainty",
        /// How ranks depend on choices.
        Sensitivity = "sensitivity",
    }
}

/// A report with what it says, as JSON.
pub type Report = (ReportKind, String);

/// Writes a run's scores and reports. [`runs::finish`](super::runs::finish) calls it, once a run.
pub(super) fn insert(db: &mut Db, id: Uuid, scores: &[CompositeScore], reports: &[Report]) -> Result<()> {
    let run_id = id.as_bytes().as_slice();
    for chunk in scores.chunks(ROWS_PER_INSERT) {
        let rows: Vec<NewScore<'_>> = chunk.iter().map(|score| NewScore { run_id, score: score.clone() }).collect();
        each_backend!(db, c => diesel::insert_into(composite_score::table).values(rows).execute(c))?;
    }
    for (kind, document) in reports {
        let row = (composite_report::run_id.eq(run_id), composite_report::kind.eq(kind.as_str()), composite_report::document.eq(document));
        diesel::insert_into(composite_report::table).values(row).execute(db)?;
    }
    Ok(())
}

/// A report of a run, if it has one of this kind.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn report(db: &mut Db, id: Uuid, kind: ReportKind) -> Result<Option<String>> {
    let of = composite_report::table.find((id.as_bytes().as_slice(), kind.as_str()));
    Ok(of.select(composite_report::document).first(db).optional()?)
}

/// Which scores of a run [`query`] shows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this edition.
    pub edition: Option<String>,
    /// Of this unit, by its code.
    pub unit: Option<String>,
    /// Of this node.
    pub node: Option<String>,
    /// Only those after this row: the cursor.
    pub after_ord: Option<i32>,
}

/// Scores of a run, at most `limit`, in the run's canonical order.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn query(db: &mut Db, id: Uuid, filter: &Filter, limit: i64) -> Result<Vec<CompositeScore>> {
    let of = composite_score::table.filter(composite_score::run_id.eq(id.as_bytes().to_vec())).order(composite_score::ord).limit(limit);
    let mut of = of.select(CompositeScore::as_select()).into_boxed();
    if let Some(edition) = &filter.edition {
        of = of.filter(composite_score::edition.eq(edition));
    }
    if let Some(unit) = &filter.unit {
        of = of.filter(composite_score::unit.eq(unit));
    }
    if let Some(node) = &filter.node {
        of = of.filter(composite_score::node.eq(node));
    }
    if let Some(after) = filter.after_ord {
        of = of.filter(composite_score::ord.gt(after));
    }
    Ok(of.load(db)?)
}

/// The editions that a run has scores of, in their order.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn editions(db: &mut Db, id: Uuid) -> Result<Vec<String>> {
    let of = composite_score::table.filter(composite_score::run_id.eq(id.as_bytes().to_vec()));
    Ok(of.select(composite_score::edition).distinct().order(composite_score::edition).load(db)?)
}
