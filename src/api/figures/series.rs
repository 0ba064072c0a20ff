//! The scores of a composite index as a series on one list of units, across reforms.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::api::figures::composite_reports::Origin;
use crate::api::wire::{Cacheable, FindingBody};
use crate::composite::geography::{SeriesEdition, SeriesUnit};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::figures::{self, Asked, SeriesWish, Shown};
use crate::office::{Actor, Refusal};
use crate::schema::composite::CompositeDefinition;

/// What series is wanted.
#[derive(Debug, Deserialize, Validate, IntoParams)]
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
    fn asked(&self) -> Asked {
        let [edition, run, index, period] = [&self.edition, &self.run, &self.index, &self.period].map(Clone::clone);
        Asked { edition, run, index, period, as_public: false }
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
pub async fn get_composite_series(state: AppState, actor: Actor, query: Query<SeriesQuery>) -> Result<HttpResponse, Refusal> {
    let of = query.asked();
    let SeriesQuery { geography: list, weight, year, .. } = query.into_inner();
    let wish = SeriesWish { of, list, weight, year };
    let Shown { origin, definition, series } = state.look_long(actor, move |look| figures::series(look, &wish)).await?;
    Ok(HttpResponse::Ok().private().json(SeriesBody {
        origin: origin.into(),
        list: series.list,
        years: series.editions.into_iter().map(|edition| year_body(&definition, edition)).collect(),
        findings: series.findings.into_iter().map(FindingBody::from).collect(),
    }))
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
