//! Tables of indicators: what composite indices are computed from, with findings by cell.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post, web};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::{INDICES, TABLES, by, findings, to};
use crate::http::body::{Fields, TABLE};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::http::upload::Upload;
use crate::office::definitions::{self, Kind};
use crate::office::indicators::{self, Table};
use crate::office::{Action, Look, Refusal, runs};
use crate::pages::frame::Page;
use crate::pages::parts::{Faults, Head, Input, Notice, Select, empty, facts, notice, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit, with};
use crate::store::indicators::{Filter, Value};
use crate::store::schemas::IndexKind;
use crate::words::encode::hex;
use crate::words::{Finding, any_error};

/// Tables and values a page.
const PAGE: i64 = 100;

/// Which values.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
pub struct Which {
    #[validate(length(max = 200))]
    unit: Option<String>,
    #[validate(length(max = 200))]
    indicator: Option<String>,
    #[validate(length(max = 64))]
    edition: Option<String>,
    after: Option<i32>,
}

/// Tables, and the composite indices that one can be loaded for.
fn gather(look: &mut Look<'_>) -> Result<(Vec<Table>, Vec<String>), Refusal> {
    let tables = indicators::list(look, None, None, PAGE)?;
    let mut indices = Vec::new();
    for version in definitions::list(look, Kind::Index, None)? {
        if runs::index(look, &version.code, &version.version)?.kind == IndexKind::Composite {
            indices.push(format!("{}@{}", version.code, version.version));
        }
    }
    indices.reverse();
    Ok((tables, indices))
}

/// Every table, the last loaded first.
#[get("/console/tables")]
pub async fn list_tables(app: AppState, staff: Staff) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    page(&app, &staff, &Fields::default(), &Faults::default(), &[], false, StatusCode::OK).await
}

/// Checks a table, or loads it.
#[post("/console/tables")]
pub async fn load(app: AppState, staff: Staff, upload: Upload<TABLE>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::LoadIndicators)?;
    let bytes = upload.file("file").map(|file| file.bytes.clone()).unwrap_or_default();
    let fields = upload.fields;
    let (index, title, only_check) = (fields.get("index").to_owned(), fields.get("title").to_owned(), fields.get("do") == "check");
    let Some((code, version)) = index.rsplit_once('@').map(|(code, version)| (code.to_owned(), version.to_owned())) else {
        let mut faults = Faults::default();
        faults.add("index", staff.say("Hãy chọn chỉ số", "Choose an index"));
        return page(&app, &staff, &fields, &faults, &[], false, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let read = app.look(staff.actor.clone(), move |look| {
        if only_check {
            indicators::check(look, &code, &version, &bytes)
        } else {
            indicators::prepare(look, &code, &version, &title, &bytes)
        }
    });
    let sent = match read.await {
        Ok(sent) => sent,
        Err(refusal) if refusal.code().status() < 500 && refusal.code().status() != 403 => {
            let mut faults = Faults::default();
            for finding in refusal.findings() {
                faults.add(finding.pointer.trim_start_matches("/query/").trim_start_matches('/'), finding.message(staff.lang));
            }
            if faults.is_empty() {
                faults = Faults::of(&refusal, staff.lang);
            }
            return page(&app, &staff, &fields, &faults, &[], false, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        Err(refusal) => return Err(refusal),
    };
    let found = sent.findings().to_vec();
    if any_error(&found) {
        let mut faults = Faults::default();
        faults.add("file", staff.say("Bảng có lỗi, chưa nạp gì", "The table has errors: nothing was loaded"));
        return page(&app, &staff, &fields, &faults, &found, false, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    if only_check {
        return page(&app, &staff, &fields, &Faults::default(), &found, true, StatusCode::OK).await;
    }
    let (_, loaded) = app.act(staff.actor.clone(), move |act| indicators::load(act, &sent)).await?;
    Ok(to(&staff, &format!("{TABLES}/{}", loaded.table.id)))
}

async fn page(
    app: &AppState,
    staff: &Staff,
    fields: &Fields,
    faults: &Faults,
    found: &[Finding],
    good: bool,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let (tables, indices) = app.look(staff.actor.clone(), gather).await?;
    let heads = [
        Head::Number(staff.say("Số", "No.")),
        Head::Text(staff.say("Bảng", "Table")),
        Head::Text(staff.say("Chỉ số", "Index")),
        Head::Number(staff.say("Giá trị", "Values")),
        Head::Number(staff.say("Đơn vị", "Units")),
        Head::Text(staff.say("Người nạp", "Loaded by")),
        Head::Text(staff.say("Lúc", "At")),
    ];
    Ok(Page::office(staff, staff.say("Bảng chỉ tiêu", "Indicator tables")).faults(faults).status(status).answer(html! {
        @if good { (notice(Notice::Done, &html! { p { (staff.say("Không có lỗi: nạp được.", "Nothing is wrong: it can be loaded.")) } })) }
        (findings(staff, found))
        @if staff.actor.can(Action::LoadIndicators) && !indices.is_empty() { (form(staff, &indices, fields, faults)) }
        @if tables.is_empty() {
            (empty(staff.say("Chưa có bảng nào.", "There are no tables."), &html! {
                p {
                    (staff.say("Bảng chỉ tiêu là đầu vào của chỉ số tổng hợp. ", "Tables are what composite indices are computed from. "))
                    a href=(staff.link(INDICES)) { (staff.say("Công bố một chỉ số tổng hợp trước", "Publish a composite index first")) }
                }
            }))
        } @else {
            (table(staff.say("Bảng đã nạp, mới nhất trước", "Loaded tables, the last first"), &heads, tables.iter().map(|one| vec![
                html! { (one.table.id) },
                html! { a href=(staff.link(&format!("{TABLES}/{}", one.table.id))) { (one.table.title) } },
                html! { (one.index) " " (one.version) },
                html! { (say::whole(staff.lang, one.table.n_values.into())) },
                html! { (say::whole(staff.lang, one.table.n_units.into())) },
                html! { (by(&one.table.loaded_by)) },
                html! { (say::instant(staff.lang, one.table.loaded_at)) },
            ])))
        }
    }))
}

fn form(visit: &Visit, indices: &[String], fields: &Fields, faults: &Faults) -> Markup {
    let options: Vec<(&str, &str)> = indices.iter().map(|index| (index.as_str(), index.as_str())).collect();
    html! {
        form.filter method="post" action=(visit.link(TABLES)) enctype="multipart/form-data" {
            div.columns {
                (Select { name: "index", label: visit.say("Chỉ số tổng hợp", "Composite index"), options: &options, value: fields.get("index"), fault: faults.at("index").or_else(|| faults.at("version")), ..Select::default() })
                (Input { name: "title", label: visit.say("Tên bảng", "Title of the table"), value: fields.get("title"), fault: faults.at("title"), maxlength: Some(200), ..Input::default() })
                div.field.wrong[faults.at("file").is_some()] {
                    label for="file" { "CSV, XLSX" }
                    p.hint { code { "unit,indicator,value[,edition]…" } " / " code { "unit[,edition],…" } }
                    input #file type="file" name="file" accept=".csv,.xlsx,text/csv" required;
                }
            }
            div.row {
                button.plain type="submit" name="do" value="check" { (visit.say("Chỉ kiểm tra", "Check only")) }
                button type="submit" name="do" value="load" { (visit.say("Nạp", "Load")) }
            }
        }
    }
}

/// A table with its values.
#[get("/console/tables/{id}")]
pub async fn show_table(app: AppState, staff: Staff, id: web::Path<i32>, query: Query<Which>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    let (id, which) = (id.into_inner(), query.into_inner());
    let chosen = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let filter =
        Filter { edition: chosen(&which.edition), unit: chosen(&which.unit), indicator: chosen(&which.indicator), after_ord: which.after };
    let found = app.look(staff.actor.clone(), move |look| {
        let values = if look.actor.unit().is_none() { indicators::values(look, id, &filter, PAGE + 1)? } else { Vec::new() };
        Ok((indicators::get(look, id)?, values))
    });
    let (one, mut values) = found.await?;
    let more = i64::try_from(values.len()).is_ok_and(|number| number > PAGE);
    values.truncate(usize::try_from(PAGE).unwrap_or(0));
    let warnings: Vec<Finding> = serde_json::from_str(&one.table.findings).unwrap_or_default();
    let address = format!("{TABLES}/{id}");
    let page = Page::office(&staff, one.table.title.clone()).below(TABLES, staff.say("Bảng chỉ tiêu", "Indicator tables"));
    let next = values.last().filter(|_| more).map(|last| {
        let mut next = address.clone();
        for (name, value) in [("unit", &which.unit), ("indicator", &which.indicator), ("edition", &which.edition)] {
            if let Some(value) = value {
                next = with(&next, name, value);
            }
        }
        with(&next, "after", &last.ord.to_string())
    });
    Ok(page.answer(html! {
        (facts(&[
            (staff.say("Chỉ số", "Index"), html! { a href=(staff.link(&format!("{INDICES}/{}/{}", one.index, one.version))) { (one.index) " " (one.version) } }),
            (staff.say("Giá trị, đơn vị", "Values, units"), html! { (say::whole(staff.lang, one.table.n_values.into())) ", " (say::whole(staff.lang, one.table.n_units.into())) }),
            (staff.say("Nạp", "Loaded"), html! { (by(&one.table.loaded_by)) ", " (say::instant(staff.lang, one.table.loaded_at)) }),
            (staff.say("Mã băm của tệp", "Digest of the file"), html! { code { (hex(&one.table.sha256)) } }),
        ]))
        (findings(&staff, &warnings))
        (filter_form(&staff, &address, &which))
        (values_table(&staff, &values))
        @if let Some(next) = next { p { a href=(staff.link(&next)) { (staff.say("Tiếp theo", "Next")) } } }
    }))
}

fn filter_form(visit: &Visit, address: &str, which: &Which) -> Markup {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let (unit, indicator, edition) = (text(&which.unit), text(&which.indicator), text(&which.edition));
    html! {
        form.row.filter method="get" action=(address) {
            @if visit.link(address) != address { input type="hidden" name="lang" value=(visit.lang.tag()); }
            (Input { name: "unit", label: visit.say("Mã đơn vị", "Code of the unit"), value: &unit, maxlength: Some(200), ..Input::default() })
            (Input { name: "indicator", label: visit.say("Chỉ tiêu", "Indicator"), value: &indicator, maxlength: Some(200), ..Input::default() })
            (Input { name: "edition", label: visit.say("Kỳ", "Year"), value: &edition, maxlength: Some(64), ..Input::default() })
            button.plain type="submit" { (visit.say("Xem", "Show")) }
        }
    }
}

fn values_table(visit: &Visit, values: &[Value]) -> Markup {
    let heads = [
        Head::Text(visit.say("Đơn vị", "Unit")),
        Head::Text(visit.say("Chỉ tiêu", "Indicator")),
        Head::Text(visit.say("Kỳ", "Year")),
        Head::Number(visit.say("Giá trị", "Value")),
        Head::Number(visit.say("Sai số chuẩn", "Standard error")),
        Head::Number("n"),
        Head::Text(visit.say("Nguồn", "Source")),
    ];
    let plain =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| value.to_string().replace('.', visit.lang.pick(",", ".")));
    table(visit.say("Giá trị", "Values"), &heads, values.iter().map(|value| vec![
        html! { (value.unit) },
        html! { (value.indicator) @if value.revision > 0 { " " span.hint { (visit.say("lần sửa ", "revision ")) (value.revision) } } },
        html! { (value.edition) },
        html! { (plain(value.value)) },
        html! { (plain(value.standard_error)) },
        html! { @if let Some(n) = value.n { (say::whole(visit.lang, n)) } @else { "–" } },
        html! { (value.source.as_deref().unwrap_or_default()) },
    ]))
}
