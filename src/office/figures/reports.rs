//! What else a run of a composite index came to: targets, the sensitivity of ranks to choices, the stages one by one. Its reports are told
//! digit for digit as they are stored, which is what the run's digest is of.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::composite::figure;
use super::{Asked, Origin, Source, check_digits};
use crate::index::round;
use crate::jobs::load;
use crate::office::{Action, Look, Refusal};
use crate::publication::disclosure::{CompositeFigure, Reader, target_is_seen};
use crate::schema::composite::CompositeDefinition;
use crate::store::Db;
use crate::store::composites::{self, Filter, ReportKind};
use crate::store::schemas::IndexKind;

/// Decimals of a published chance.
const CHANCE: u8 = 4;

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
    let definition = load::composite_of_run(look.db, &source.run, &source.index)?;
    let mut items = Vec::new();
    for target in list(look.db, source.run.id, ReportKind::Targets)? {
        items.extend(told(look.db, source.run.id, &source.reader, &definition, target)?);
    }
    Ok(Targets { origin: source.origin(), items })
}

/// A target as the reader sees it, if he sees the figure that it is about, and of a gain that of the year before too; of a rank those of
/// everybody else in the node that are hidden for what they tell of people: they were counted. For all but the office its numbers are those
/// of the published figures.
fn told(
    db: &mut Db,
    run: Uuid,
    reader: &Reader,
    definition: &CompositeDefinition,
    target: Box<RawValue>,
) -> Result<Option<Box<RawValue>>, Refusal> {
    let about: About = serde_json::from_str(target.get()).map_err(Refusal::internal)?;
    let decimals = definition.publication().decimals();
    let root = definition.nodes().first().map_or("", |node| node.code());
    let node = about.node.unwrap_or_else(|| root.to_owned());
    let rows = composites::query(db, run, &Filter { node: Some(node), ..Filter::default() }, i64::MAX)?;
    let all = rows.into_iter().map(|row| figure(row, decimals)).collect::<Result<Vec<_>, _>>()?;
    let own: Vec<&CompositeFigure> = all.iter().filter(|figure| about.unit.as_ref().is_none_or(|unit| *unit == figure.unit)).collect();
    let ranked = |edition: &str| !all.iter().any(|figure| figure.edition == edition && figure.leaves_a_gap());
    let (gain, ranks) = (is_gain(about.kind.as_deref()), matches!(about.kind.as_deref(), Some("rank" | "rank_gain")));
    let sees = |figure: &CompositeFigure| figure.is_seen_by(reader) && (!ranks || ranked(&figure.edition));
    let figures: Vec<(&str, bool)> = own.iter().map(|figure| (figure.edition.as_str(), sees(figure))).collect();
    let edition = about.edition.as_deref().unwrap_or(definition.edition());
    if !target_is_seen(reader, &figures, edition, gain) {
        return Ok(None);
    }
    if reader.is_office() {
        return Ok(Some(target));
    }
    let place = own.iter().position(|figure| figure.edition == edition);
    let score = |place: usize| Some(round(own.get(place)?.numbers.score?, decimals));
    let mut value: Value = serde_json::from_str(target.get()).map_err(Refusal::internal)?;
    if let Some(judgement) = value.get_mut("judgement").and_then(Value::as_object_mut) {
        let now = place.and_then(score);
        let found = if gain {
            now.zip(place.and_then(|place| score(place.checked_sub(1)?))).map(|(now, before)| round(now - before, decimals))
        } else {
            now
        };
        if let Some(found) = found.filter(|_| !ranks) {
            judgement.insert("found".to_owned(), found.into());
        }
        if let Some(chance) = judgement.get("chance").and_then(Value::as_f64) {
            judgement.insert("chance".to_owned(), round(chance, CHANCE).into());
        }
    }
    serde_json::value::to_raw_value(&value).map(Some).map_err(Refusal::internal)
}

/// Whether a target counts from the year before.
fn is_gain(kind: Option<&str>) -> bool {
    matches!(kind, Some("rank_gain" | "score_gain"))
}

/// How ranks depend on the choices that the run varied, as it is stored.
///
/// # Errors
/// 401, 403; `not-found` also for a run without such an analysis.
pub fn sensitivity(look: &mut Look<'_>, asked: &Asked) -> Result<(Origin, Box<RawValue>), Refusal> {
    look.may(Action::ReadRuns)?;
    look.of_all_units()?;
    let source = Source::of(look, asked, IndexKind::Composite)?;
    check_digits(look, &source)?;
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
    check_digits(look, &source)?;
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
