//! Units: provinces, communes, agencies, with their dates and lineage.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::api::wire::{Cacheable, Day, UnitName};
use crate::http::body::{self, LARGE, Raw};
use crate::http::page::{Listing, Page};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Refusal;
use crate::office::units;
use crate::store::units::Seeded;
use crate::unit::{Link, Registry, Unit, UnitKind};

/// Which units to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UnitsQuery {
    /// The code list.
    list: Option<String>,
    /// `country`, `province`, `district`, `commune`, `village` or `agency`.
    #[param(inline)]
    kind: Option<UnitKindName>,
    /// Only units valid on this day.
    #[param(inline)]
    as_of: Option<Day>,
    /// Only units that belong to this one directly, as `LIST:CODE`.
    parent: Option<String>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Units a page, at most 1000.
    #[validate(range(min = 1, max = 1000))]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// What sort of unit.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
struct UnitKindName(UnitKind);

/// Which version of a unit.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AsOfQuery {
    /// The version valid on this day; the last one if nothing is said.
    #[param(inline)]
    as_of: Option<Day>,
}

/// A unit.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnitBody {
    /// The code list.
    pub list: String,
    /// The code in that list.
    pub code: String,
    /// What sort of unit it is.
    pub kind: &'static str,
    /// The name in Vietnamese.
    pub name_vi: String,
    /// The name in English.
    pub name_en: String,
    /// The unit it belongs to.
    pub parent: Option<UnitName>,
    /// The first day on which it is valid.
    pub valid_from: String,
    /// The first day on which it is no longer.
    pub valid_to: Option<String>,
}

/// A unit before or after a reform.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkBody {
    /// The unit.
    pub unit: UnitBody,
    /// Whether the older of the two went entirely to the newer.
    pub whole: bool,
    /// Whether the newer is the one to name where only one can be named.
    pub is_default: bool,
}

/// A unit, what it belongs to, where it came from and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineageBody {
    /// The unit.
    #[serde(flatten)]
    pub unit: UnitBody,
    /// The unit it belongs to, and so on upwards.
    pub ancestors: Vec<UnitBody>,
    /// What it took over.
    pub predecessors: Vec<LinkBody>,
    /// What took over.
    pub successors: Vec<LinkBody>,
}

/// What adding units came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct AddedUnits {
    /// Units that are new.
    pub added: usize,
    /// Units that changed.
    pub changed: usize,
}

fn unit_body(unit: &Unit) -> UnitBody {
    let record = &unit.record;
    UnitBody {
        list: record.list.clone(),
        code: record.code.clone(),
        kind: record.kind.as_str(),
        name_vi: record.name_vi.clone(),
        name_en: record.name_en.clone(),
        parent: record.parent.clone().map(|(list, code)| UnitName { list, code }),
        valid_from: record.valid_from.to_string(),
        valid_to: record.valid_to.map(|day| day.to_string()),
    }
}

/// The two halves of `LIST:CODE`, which a parameter has.
///
/// # Errors
/// `query-invalid` without a colon.
pub fn split_name<'n>(parameter: &str, name: &'n str) -> Result<(&'n str, &'n str), Refusal> {
    let (vi, en) = ("Đơn vị phải viết dạng DANH_SÁCH:MÃ", "A unit is written LIST:CODE");
    name.split_once(':').ok_or_else(|| Refusal::parameter(parameter, "bad-unit-name", vi, en))
}

/// The unit that a parameter names as `LIST:CODE`.
///
/// # Errors
/// `query-invalid` without a colon, and where there is no such unit.
pub fn named_unit<'u>(units: &'u Registry, parameter: &str, name: &str, as_of: Option<Day>) -> Result<&'u Unit, Refusal> {
    let (list, code) = split_name(parameter, name)?;
    units.find(list, code, as_of.map(|day| day.0)).ok_or_else(|| {
        Refusal::unknown_value(parameter, format!("Không có đơn vị {list}:{code}"), format!("There is no unit {list}:{code}"))
    })
}

/// Units, in a stable order.
#[utoipa::path(tag = "units", params(UnitsQuery), responses((status = 200, description = "A page of units", body = Listing<UnitBody>)))]
#[get("/v1/units")]
pub async fn list_units(state: AppState, _: Actor, req: HttpRequest, query: Query<UnitsQuery>) -> Result<HttpResponse, Refusal> {
    let page = Page::of(query.cursor.as_deref(), query.limit)?;
    let units = state.units().await?;
    if let Some(list) = query.list.as_ref().filter(|list| !units.iter().any(|unit| unit.record.list == **list)) {
        let (vi, en) = (format!("Không có danh mục “{list}”"), format!("There is no code list “{list}”"));
        return Err(Refusal::unknown_value("list", vi, en));
    }
    let parent = query.parent.as_deref().map(|name| named_unit(&units, "parent", name, query.as_of)).transpose()?;
    let parent = parent.map(|unit| unit.record.key());
    let wanted = |unit: &&Unit| {
        let record = &unit.record;
        query.list.as_ref().is_none_or(|list| *list == record.list)
            && query.kind.is_none_or(|kind| kind.0 == record.kind)
            && query.as_of.is_none_or(|day| record.is_valid_on(day.0))
            && (parent.is_none() || record.parent == parent)
            && page.after.is_none_or(|after| i64::from(unit.id.0) > after)
    };
    let found: Vec<&Unit> = units.iter().filter(wanted).take(page.limit as usize + 1).collect();
    Ok(page.answer(&req, found, |unit| i64::from(unit.id.0), unit_body))
}

/// A unit and its lineage.
#[utoipa::path(tag = "units",
    params(("list" = String, Path, description = "The code list"), ("code" = String, Path, description = "The code"), AsOfQuery),
    responses((status = 200, description = "The unit", body = LineageBody)))]
#[get("/v1/units/{list:[^:/]+}/{code:[^:/]+}")]
pub async fn get_unit(
    state: AppState,
    _: Actor,
    path: web::Path<(String, String)>,
    query: Query<AsOfQuery>,
) -> Result<HttpResponse, Refusal> {
    let units = state.units().await?;
    let unit = units.find(&path.0, &path.1, query.as_of.map(|day| day.0)).ok_or_else(Refusal::not_found)?;
    let links = |links: &[Link]| {
        let link = |link: &Link| Some(LinkBody { unit: unit_body(units.get(link.unit)?), whole: link.whole, is_default: link.is_default });
        links.iter().filter_map(link).collect()
    };
    let lineage = LineageBody {
        unit: unit_body(unit),
        ancestors: units.ancestors(unit.id).skip(1).map(unit_body).collect(),
        predecessors: links(units.predecessors(unit.id)),
        successors: links(units.successors(unit.id)),
    };
    Ok(HttpResponse::Ok().public().json(lineage))
}

/// Adds an office's own units, such as agencies, from CSV. The national lists come with the program and cannot be changed here.
#[utoipa::path(tag = "units",
    request_body(content = String, content_type = "text/csv",
        description = "`list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from,valid_to`"),
    responses((status = 200, description = "Added", body = AddedUnits)))]
#[post("/v1/units")]
pub async fn add_units(state: AppState, actor: Actor, req: HttpRequest, bytes: Raw<LARGE>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::AddUnits)?; // before the body is judged
    body::require_type(&req, "text/csv")?;
    let Seeded { added, changed } = state.act(actor, move |act| units::add(act, &bytes.0)).await?;
    Ok(HttpResponse::Ok().json(AddedUnits { added, changed }))
}
