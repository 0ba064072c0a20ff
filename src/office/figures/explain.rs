//! Why a unit has its score in a composite index, and what it would take to reach another.

use super::{Asked, Origin, Source, whole};
use crate::composite::explain::{self as core, Explanation, Outlook, Subject};
use crate::composite::targets::Rules;
use crate::jobs::composite::Prepared;
use crate::office::{Action, Code, Look, Refusal};
use crate::publication::disclosure::{Curtain, Reader, Release};
use crate::schema::composite::TargetKind;
use crate::store::schemas::IndexKind;
use crate::unit::{Registry, UnitId};

/// What is asked.
#[derive(Debug, Clone)]
pub struct ExplainWish {
    /// Of which run.
    pub of: Asked,
    /// The unit, by its code.
    pub unit: String,
    /// What tables and definitions call an edition; the definition's own if nothing is said.
    pub year: Option<String>,
    /// What the unit sets out to reach.
    pub target: Option<TargetKind>,
}

/// A unit's score in full.
#[derive(Debug)]
pub struct Explained {
    /// Where it comes from.
    pub origin: Origin,
    /// What each leaf adds, and so on.
    pub explanation: Explanation,
    /// The target: whether it is met, and what it would take.
    pub target: Option<Outlook>,
}

/// Why a unit has its score. For an office any unit of any edition that it sees; for an agency its own, where nothing of it is hidden.
///
/// # Errors
/// 401, 403, `unit-forbidden`, `figures-hidden`, `not-found`, `query-invalid`.
pub fn explain(look: &mut Look<'_>, wish: &ExplainWish) -> Result<Explained, Refusal> {
    let holder = look.may(Action::ReadExplanations)?.clone();
    let source = Source::of(look, &wish.of, IndexKind::Composite)?;
    // The office that explains to itself sees everything, also of what is published.
    let (reader, own) = match (look.actor.can(Action::ReadRuns), holder.unit) {
        (true, None) => (whole(look), None),
        (_, Some(unit)) => (source.reader.clone(), Some(UnitId(unit))),
        (false, None) => return Err(Refusal::new(Code::UnitForbidden)),
    };
    let units = look.units()?;
    let prepared = look.prepared(&source.run)?;
    if let Some(own) = own {
        check_own(&units, own, prepared.definition.geography(), &wish.unit)?;
    }
    let (explanation, target) = answer(&prepared, wish, &reader, source.run.seed.unsigned_abs())?;
    Ok(Explained { origin: source.origin(), explanation, target })
}

fn answer(prepared: &Prepared, wish: &ExplainWish, reader: &Reader, seed: u64) -> Result<(Explanation, Option<Outlook>), Refusal> {
    let (definition, unit) = (&prepared.definition, wish.unit.as_str());
    let year = wish.year.as_deref().unwrap_or(definition.edition());
    let none = |vi: String, en: String| Refusal::not_found().at_parameter("unit", "unknown-value", vi, en);
    if let Some(asked) = wish.year.as_ref().filter(|asked| !prepared.outcome.rows().editions().contains(asked)) {
        let (vi, en) = (format!("Không có số liệu của kỳ {asked}"), format!("There are no figures of the year {asked}"));
        return Err(Refusal::not_found().at_parameter("year", "unknown-value", vi, en));
    }
    let row = prepared.row(year, unit);
    let row = row.ok_or_else(|| none(format!("Không có đơn vị {unit} trong kỳ {year}"), format!("There is no unit {unit} in {year}")))?;
    let subject = prepared.subject(row);
    let curtain = Curtain::new(reader, Release::new(definition, &prepared.outcome, &prepared.table), &prepared.outcome);
    let before = curtain.open(&subject, subject.before(), wish.target.is_some()).map_err(|withheld| {
        let said = withheld.said();
        Refusal::new(Code::FiguresHidden).detail(said.vi, said.en)
    })?;
    let found = core::explain(&subject, before.as_ref());
    let mut found = found.ok_or_else(|| none(format!("{unit} không có điểm trong kỳ {year}"), format!("{unit} has no score in {year}")))?;
    curtain.cover(&subject, &mut found);
    if !reader.is_office() {
        found = found.rounded(definition.publication().decimals());
    }
    let outlook = wish.target.map(|target| outlook(prepared, &subject, before.as_ref(), target, seed)).transpose()?;
    Ok((found, outlook))
}

fn outlook(
    prepared: &Prepared,
    subject: &Subject<'_>,
    before: Option<&Subject<'_>>,
    target: TargetKind,
    seed: u64,
) -> Result<Outlook, Refusal> {
    let errors = |node: usize, row: usize| prepared.error(node, row);
    let rules = Rules { level: prepared.parameters.level, seed, ..Rules::default() };
    let found = core::outlook(subject, before, target, &errors, &rules);
    found.map_err(|error| Refusal::parameter("target", "target-undefined", error.vi(), error.to_string()))
}

/// Refuses a unit that is not the agency's own, by the code in the definition's list.
fn check_own(units: &Registry, own: UnitId, list: Option<&str>, unit: &str) -> Result<(), Refusal> {
    let named = |known: &&crate::unit::Unit| Some(known.record.list.as_str()) == list && known.record.code == unit;
    let is_own = units.iter().filter(named).any(|known| units.is_within(known.id, own));
    if is_own { Ok(()) } else { Err(Refusal::new(Code::UnitForbidden)) }
}
