//! The scores of a composite index as a series on one list of units, across reforms.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::figures::composite_reports::Origin;
use crate::api::figures::composite_scores::composite;
use crate::api::figures::sources::{Asked, View};
use crate::api::wire::{Cacheable, FindingBody};
use crate::composite::Release;
use crate::composite::geography::{Request, Series, SeriesEdition, SeriesUnit, rebuild};
use crate::http::state::AppState;
use crate::jobs::composite::Prepared;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Code;
use crate::office::Refusal;
use crate::schema::composite::CompositeDefinition;
use crate::unit::Registry;
use crate::words::Finding;

/// What series is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeriesQuery {
    /// The code of a published edition, such as `pci@2025.1`.
    edition: Option<String>,
    /// A run's id; for those who may see runs.
    run: Option<String>,
    /// An index's code: its latest published edition.
    index: Option<String>,
    /// With `index`: the latest of this version of the definition.
    period: Option<String>,
    /// The list that every year is shown on, such as `vn-34`.
    geography: String,
    /// The denominator of the definition by which merged units are weighed, such as their population; equally if nothing is said.
    weight: Option<String>,
    /// This year alone, as tables and definitions call an edition.
    year: Option<String>,
}

impl SeriesQuery {
    fn asked(&self) -> Asked<'_> {
        let [edition, run, index, period] = [&self.edition, &self.run, &self.index, &self.period].map(Option::as_deref);
        Asked { edition, run, index, period }
    }
}

/// A series.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesBody {
    /// Of what.
    #[serde(flatten)]
    pub origin: Origin,
    /// The list that every year is shown on.
    pub list: String,
    /// The years in their order.
    pub years: Vec<SeriesYearBody>,
    /// What was rebuilt, by which weights, and what could not be.
    pub findings: Vec<FindingBody>,
}

/// A year on the list of the series.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesYearBody {
    /// What tables and definitions call the edition.
    pub year: String,
    /// The list that it was made for.
    pub from: String,
    /// Whether any unit was rebuilt.
    pub rebuilt: bool,
    /// The units in the order of the list.
    pub units: Vec<SeriesUnitBody>,
}

/// A unit in a year.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesUnitBody {
    /// Its code in the list of the series.
    pub unit: String,
    /// Its name in Vietnamese.
    pub name: String,
    /// What it is made of.
    pub parts: Vec<SeriesPartBody>,
    /// Whether its figures were calculated from several units: nobody published them.
    pub rebuilt: bool,
    /// The score of each node.
    pub scores: BTreeMap<String, Option<f64>>,
    /// Its rank by the index itself among the units of the series.
    pub rank: Option<u32>,
}

/// One old unit in a rebuilt one.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesPartBody {
    /// The unit, as tables have it.
    pub unit: String,
    /// Its share; null where no figure could be made.
    pub share: Option<f64>,
}

/// Every year of an index on one list of units: units that merged are rebuilt from their parts. The public gets the series of a published
/// edition that hides nothing.
#[utoipa::path(tag = "composites", params(SeriesQuery), responses((status = 200, description = "The series", body = SeriesBody)))]
#[get("/v1/composite-series")]
pub async fn get_composite_series(state: AppState, actor: Actor, query: web::Query<SeriesQuery>) -> Result<HttpResponse, Refusal> {
    let (units, office) = (state.units().await?, actor.can(Action::ReadRuns));
    let (source, index, query) = state
        .read(move |db| {
            let (source, index) = composite(db, &actor, query.asked())?;
            Ok((source, index, query.into_inner()))
        })
        .await?;
    if !office && source.view != View::Public {
        return Err(Refusal::new(Code::UnitForbidden));
    }
    let origin = Origin::of(&source, index);
    let prepared = state.prepared(source.run).await?;
    let (shared, year, all) = (Arc::clone(&prepared), query.year, office);
    let request = Request { list: query.geography, weight: query.weight, ..Request::default() };
    let series = web::block(move || series(&shared, &units, &request, year.as_deref(), all)).await.map_err(Refusal::internal)??;
    Ok(HttpResponse::Ok().private().json(SeriesBody {
        origin,
        list: series.list,
        years: series.editions.into_iter().map(|edition| year_body(&prepared.definition, edition)).collect(),
        findings: series.findings.into_iter().map(FindingBody::from).collect(),
    }))
}

/// The series, of one year or of all; for the public (not `all`) only where no figure of these is hidden.
fn series(prepared: &Prepared, units: &Registry, request: &Request, year: Option<&str>, all: bool) -> Result<Series, Refusal> {
    let (definition, outcome) = (&prepared.definition, &prepared.outcome);
    let wanted = |edition: &str| year.is_none_or(|year| year == edition);
    if !outcome.rows().editions().iter().any(|edition| wanted(edition)) {
        return Err(Refusal::not_found().detail("Không có số liệu của kỳ này", "There are no figures of that year"));
    }
    let release = Release::new(definition, outcome, &prepared.table);
    let hides = |(row, (edition, _)): (usize, (&str, &str))| {
        wanted(edition) && (0..definition.nodes().len()).any(|node| release.hidden(node, row).is_some())
    };
    if !all && outcome.rows().keys().enumerate().any(hides) {
        let (vi, en) = ("Có số liệu không công khai, chuỗi sẽ làm lộ", "Some figures are hidden: a series would give them away");
        return Err(Refusal::new(Code::FiguresHidden).detail(vi, en));
    }
    let mut series = rebuild(definition, outcome, units, request).map_err(refused)?;
    series.editions.retain(|edition| wanted(&edition.edition));
    series.findings.retain(|finding| finding.pointer.strip_prefix("/editions/").is_none_or(wanted));
    if series.findings.iter().any(|finding| finding.code == "cannot-rebuild") {
        return Err(refused(series.findings));
    }
    Ok(series)
}

fn refused(findings: Vec<Finding>) -> Refusal {
    Refusal::new(Code::CannotRebuild).errors(findings)
}

fn year_body(definition: &CompositeDefinition, edition: SeriesEdition) -> SeriesYearBody {
    let unit = |unit: SeriesUnit| SeriesUnitBody {
        scores: definition.nodes().iter().map(|node| node.code().to_owned()).zip(unit.scores).collect(),
        parts: unit.parts.into_iter().map(|part| SeriesPartBody { unit: part.unit, share: part.share }).collect(),
        unit: unit.unit,
        name: unit.name,
        rebuilt: unit.rebuilt,
        rank: unit.rank,
    };
    SeriesYearBody {
        year: edition.edition,
        from: edition.from,
        rebuilt: edition.rebuilt,
        units: edition.units.into_iter().map(unit).collect(),
    }
}
