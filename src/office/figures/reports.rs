//! What else a run of a composite index came to: targets, the sensitivity of ranks to choices, the stages one by one. Its reports are told
//! digit for digit as they are stored, which is what the run's digest is of.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::composite::figure;
use super::{Asked, Origin, Source};
use crate::jobs::load;
use crate::office::{Action, Look, Refusal};
use crate::publication::disclosure::{Reader, target_is_seen};
use crate::schema::composite::CompositeDefinition;
use crate::store::Db;
use crate::store::composites::{self, Filter, ReportKind};
use crate::store::schemas::IndexKind;

/// What units set out to reach, and whether they did.
#[derive(Debug)]
pub struct Targets {
    /// Where they come from.
    pub origin: Origin,
    /// Those that the reader may see, as they are stored.
    pub items: Vec<Box<RawValue>>,
}

/// How scores came about.
#[derive(Debug)]
pub struct Stages {
    /// Where they come from.
    pub origin: Origin,
    /// What was found when tables and estimates were put together, as JSON.
    pub findings: String,
    /// The stages in their order.
    pub stages: Vec<Box<RawValue>>,
    /// The weight of each node among its siblings.
    pub weights: Option<Box<RawValue>>,
    /// How errors were carried through the tree, by year.
    pub uncertainty: Vec<Box<RawValue>>,
}

/// What of a stored target decides who sees it.
#[derive(Deserialize)]
struct About {
    unit: Option<String>,
    node: Option<String>,
    edition: Option<String>,
    kind: Option<String>,
}

/// What units set out to reach, and whether they did: met, missed, or not to be told.
///
/// # Errors
/// `query-invalid`, `not-found`; of a run 401, 403, and `wrong-state` before it is done.
pub fn targets(look: &mut Look<'_>, asked: &Asked) -> Result<Targets, Refusal> {
    let source = Source::of(look, asked, IndexKind::Composite)?;
    let definition = load::composite(&source.index)?;
    let mut items = Vec::new();
    for target in list(look.db, source.run.id, ReportKind::Targets)? {
        let about: About = serde_json::from_str(target.get()).map_err(Refusal::internal)?;
        if is_seen(look.db, source.run.id, &source.reader, &definition, about)? {
            items.push(target);
        }
    }
    Ok(Targets { origin: source.origin(), items })
}

/// Whether the reader sees the figure that a target is about; and of a gain, that of the year before too.
fn is_seen(db: &mut Db, run: Uuid, reader: &Reader, definition: &CompositeDefinition, about: About) -> Result<bool, Refusal> {
    let root = definition.nodes().first().map_or("", |node| node.code());
    let node = about.node.unwrap_or_else(|| root.to_owned());
    let rows = composites::query(db, run, &Filter { unit: about.unit, node: Some(node), ..Filter::default() }, i64::MAX)?;
    let figures = rows.into_iter().map(figure).collect::<Result<Vec<_>, _>>()?;
    let figures: Vec<(&str, bool)> = figures.iter().map(|figure| (figure.edition.as_str(), figure.is_seen_by(reader))).collect();
    let gain = matches!(about.kind.as_deref(), Some("rank_gain" | "score_gain"));
    Ok(target_is_seen(reader, &figures, about.edition.as_deref().unwrap_or(definition.edition()), gain))
}

/// How ranks depend on the choices that the run varied, as it is stored.
///
/// # Errors
/// 401, 403; `not-found` also for a run without such an analysis.
pub fn sensitivity(look: &mut Look<'_>, asked: &Asked) -> Result<(Origin, Box<RawValue>), Refusal> {
    look.may(Action::ReadRuns)?;
    look.of_all_units()?;
    let source = Source::of(look, asked, IndexKind::Composite)?;
    let none = || Refusal::not_found().detail("Lần tính này không phân tích độ nhạy", "The run has no sensitivity analysis");
    Ok((source.origin(), report(look.db, source.run.id, ReportKind::Sensitivity)?.ok_or_else(none)?))
}

/// The stages of a run with their arguments and what they did, the weights in force, findings, and how errors were carried.
///
/// # Errors
/// 401, 403, `not-found`.
pub fn stages(look: &mut Look<'_>, asked: &Asked) -> Result<Stages, Refusal> {
    look.may(Action::ReadRuns)?;
    look.of_all_units()?;
    let source = Source::of(look, asked, IndexKind::Composite)?;
    let run = source.run.id;
    Ok(Stages {
        origin: source.origin(),
        findings: composites::report(look.db, run, ReportKind::Findings)?.unwrap_or_default(),
        stages: list(look.db, run, ReportKind::Stages)?,
        weights: report(look.db, run, ReportKind::Weights)?,
        uncertainty: list(look.db, run, ReportKind::Uncertainty)?,
    })
}

/// A stored report, if there is one of this kind.
fn report<T: DeserializeOwned>(db: &mut Db, run: Uuid, kind: ReportKind) -> Result<Option<T>, Refusal> {
    let unreadable = |_| Refusal::internal(format!("the report {} of run {run} cannot be read", kind.as_str()));
    composites::report(db, run, kind)?.map(|text| serde_json::from_str(&text).map_err(unreadable)).transpose()
}

/// A stored report that is a list; empty if there is none.
fn list(db: &mut Db, run: Uuid, kind: ReportKind) -> Result<Vec<Box<RawValue>>, Refusal> {
    Ok(report(db, run, kind)?.unwrap_or_default())
}
