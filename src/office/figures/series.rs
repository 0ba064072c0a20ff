//! The scores of a composite index as a series on one list of units, across reforms.

use super::{Asked, Origin, Source};
use crate::composite::geography::{Request, Series, rebuild};
use crate::index::round;
use crate::office::{Action, Code, Look, Refusal};
use crate::publication::disclosure::{Reader, Release, series_hides};
use crate::schema::composite::CompositeDefinition;
use crate::store::schemas::IndexKind;
use crate::words::Finding;

/// What series is wanted.
#[derive(Debug, Clone)]
pub struct SeriesWish {
    /// Of which run.
    pub of: Asked,
    /// The list that every year is shown on.
    pub list: String,
    /// The denominator by which merged units are weighed; equally if nothing is said.
    pub weight: Option<String>,
    /// This year alone.
    pub year: Option<String>,
}

/// A series.
#[derive(Debug)]
pub struct Shown {
    /// Where it comes from.
    pub origin: Origin,
    /// The definition of the index.
    pub definition: CompositeDefinition,
    /// Every year that was asked for.
    pub series: Series,
}

/// Every year of an index on one list of units: units that merged are rebuilt from their parts. The public gets the series of a published
/// edition that hides nothing.
///
/// # Errors
/// `unit-forbidden` before publication, `figures-hidden`, `not-found`, `cannot-rebuild` with every reason.
pub fn series(look: &mut Look<'_>, wish: &SeriesWish) -> Result<Shown, Refusal> {
    let source = Source::of(look, &wish.of, IndexKind::Composite)?;
    // The office sees everything here, also of what is published.
    let reader = if look.actor.can(Action::ReadHidden) { Reader::office() } else { source.reader.clone() };
    if reader.is_embargoed() {
        return Err(Refusal::new(Code::UnitForbidden));
    }
    let (units, prepared) = (look.units()?, look.prepared(&source.run)?);
    let (definition, outcome) = (&prepared.definition, &prepared.outcome);
    let wanted = |edition: &str| wish.year.as_ref().is_none_or(|year| year == edition);
    if !outcome.rows().editions().iter().any(|edition| wanted(edition)) {
        let (vi, en) = ("Không có số liệu của kỳ này", "There are no figures of that year");
        return Err(Refusal::not_found().at_parameter("year", "unknown-value", vi, en));
    }
    if series_hides(&reader, &Release::new(definition, outcome, &prepared.table), outcome, wanted) {
        let (vi, en) = ("Có số liệu không công khai, chuỗi sẽ làm lộ", "Some figures are hidden: a series would give them away");
        return Err(Refusal::new(Code::FiguresHidden).detail(vi, en));
    }
    let request = Request { list: wish.list.clone(), weight: wish.weight.clone(), ..Request::default() };
    let mut series = rebuild(definition, outcome, &units, &request).map_err(refused)?;
    series.editions.retain(|edition| wanted(&edition.edition));
    series.findings.retain(|finding| finding.pointer.strip_prefix("/editions/").is_none_or(wanted));
    if series.findings.iter().any(|finding| finding.code == "cannot-rebuild") {
        return Err(refused(series.findings));
    }
    if !reader.is_office() {
        let decimals = definition.publication().decimals();
        let scores = series.editions.iter_mut().flat_map(|edition| &mut edition.units).flat_map(|unit| &mut unit.scores);
        scores.for_each(|score| *score = score.map(|score| round(score, decimals)));
    }
    Ok(Shown { origin: source.origin(), definition: definition.clone(), series })
}

/// What names nothing is the fault of the query; all else is why there is no such series.
fn refused(findings: Vec<Finding>) -> Refusal {
    let of_query = |finding: &Finding| matches!(finding.code.as_ref(), "unknown-list" | "unknown-weight");
    if findings.iter().any(of_query) {
        let place = |finding: Finding| Finding { pointer: format!("/query{}", finding.pointer), ..finding };
        return Refusal::new(Code::QueryInvalid).errors(findings.into_iter().filter(of_query).map(place).collect());
    }
    Refusal::new(Code::CannotRebuild).errors(findings)
}
