//! Files of an edition, and its figure to embed elsewhere.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE};
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::Deserialize;
use validator::Validate;

use super::sheet::{asked, gather};
use super::{edition_at, shared, view};
use crate::formats::figures::{Profile, Sheet, csv, of_composite, of_survey, xlsx};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::figures::{self, CompositeWish, ScoresWish};
use crate::office::{Actor, Code, Look, Refusal, editions};
use crate::pages::visit::Visit;
use crate::words::Lang;

/// All figures of an edition: a national one with every breakdown has tens of thousands.
const ALL: usize = 1_000_000;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const CSV: &str = "text/csv; charset=utf-8";

/// Every figure of an edition as everybody may see it.
fn sheet(look: &mut Look<'_>, code: &str, lang: Lang) -> Result<Sheet, Refusal> {
    let told = editions::told(look, code)?;
    if told.edition.wave_code.is_some() {
        let page = figures::scores(look, &ScoresWish { of: asked(code), limit: ALL, ..ScoresWish::default() })?;
        return Ok(of_survey(&page, lang));
    }
    let page = figures::composite_scores(look, &CompositeWish { of: asked(code), limit: ALL, ..CompositeWish::default() })?;
    Ok(of_composite(&page, lang))
}

/// A file, made off the event loop: it may be large.
async fn file(
    state: &AppState,
    visit: &Visit,
    code: String,
    (name, kind): (&str, &str),
    write: fn(&Sheet) -> Result<Vec<u8>, Refusal>,
) -> Result<HttpResponse, Refusal> {
    let (lang, of) = (visit.lang, code.clone());
    let sheet = state.look_long(Actor::anyone(), move |look| sheet(look, &of, lang)).await?;
    let bytes = web::block(move || write(&sheet)).await.map_err(Refusal::internal)??;
    let plain: String =
        code.chars().map(|letter| if letter.is_ascii_alphanumeric() || "-._@".contains(letter) { letter } else { '-' }).collect();
    let mut answer = HttpResponse::Ok();
    answer.content_type(kind).insert_header((CACHE_CONTROL, "public, no-cache")).insert_header((CONTENT_LANGUAGE, lang.tag()));
    answer.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{plain}{name}\"")));
    Ok(shared(answer.body(bytes)))
}

/// The figures as plain CSV.
#[get("/e/{edition}/figures.csv")]
pub async fn get_csv(state: AppState, visit: Visit, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    file(&state, &visit, code.into_inner(), (".csv", CSV), |sheet| csv(sheet, Profile::Plain).map_err(Refusal::internal)).await
}

/// The figures as CSV that Excel opens where commas are decimal signs.
#[get("/e/{edition}/figures-excel.csv")]
pub async fn get_excel_csv(state: AppState, visit: Visit, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    file(&state, &visit, code.into_inner(), ("-excel.csv", CSV), |sheet| csv(sheet, Profile::Excel).map_err(Refusal::internal)).await
}

/// The figures as a workbook.
#[get("/e/{edition}/figures.xlsx")]
pub async fn get_xlsx(state: AppState, visit: Visit, code: web::Path<String>) -> Result<HttpResponse, Refusal> {
    file(&state, &visit, code.into_inner(), (".xlsx", XLSX), |sheet| xlsx(sheet).map_err(Refusal::internal)).await
}

/// What the figure shows.
#[derive(Debug, Deserialize, Validate)]
pub struct FigureQuery {
    /// A node of the index; the index itself if none is named.
    #[validate(length(max = 200))]
    node: Option<String>,
}

/// The scores of all places with their intervals, as an image with its source in it.
#[get("/e/{edition}/figure/caterpillar.svg")]
pub async fn get_figure(
    state: AppState,
    req: HttpRequest,
    visit: Visit,
    code: web::Path<String>,
    query: Query<FigureQuery>,
) -> Result<HttpResponse, Refusal> {
    let (code, node) = (code.into_inner(), query.into_inner().node);
    let of = code.clone();
    let sheet = state.look(Actor::anyone(), move |look| gather(look, &of, node.as_deref())).await?;
    let gone = || Refusal::new(Code::NotFound).detail("Ấn bản này đã bị rút", "The edition was withdrawn");
    let shown = sheet.shown.as_ref().ok_or_else(gone)?;
    let host = req.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let synthetic = if shown.is_synthetic() { visit.say("Dữ liệu giả lập. ", "Synthetic data. ") } else { "" };
    let source = format!("{synthetic}{} {host}{}", visit.say("Nguồn:", "Source:"), edition_at(&code));
    let svg = view::caterpillar_of(&visit, shown, Some(&source)).into_string();
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("image/svg+xml")
        .insert_header((CACHE_CONTROL, "public, no-cache"))
        .insert_header((CONTENT_LANGUAGE, visit.lang.tag()));
    Ok(shared(answer.body(svg)))
}
