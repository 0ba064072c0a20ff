//! `/console/admin/units`: units of every list, with their dates and what they came from.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::{HttpResponse, get};
use chrono::NaiveDate;
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::ways;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::{Action, Refusal};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, Input, Select, borrowed, empty, table};
use crate::pages::visit::{Staff, Visit, with};
use crate::unit::{Link, Registry, Unit, UnitKind, plain_name};

/// So many are on a page.
const SHOWN: usize = 100;

/// Which to list.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
pub struct Which {
    /// Part of a name or code.
    #[validate(length(max = 100))]
    q: Option<String>,
    /// A code list.
    #[validate(length(max = 64))]
    list: Option<String>,
    /// How many were on the pages before.
    #[validate(range(max = 1_000_000))]
    after: Option<u32>,
}

/// The page.
#[get("/console/admin/units")]
pub async fn list_units(app: AppState, staff: Staff, query: Query<Which>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::AddUnits)?;
    let which = query.into_inner();
    let units = app.units().await?;
    let (q, list) = (which.q.as_deref().unwrap_or_default().trim(), which.list.as_deref().unwrap_or_default());
    let wanted = plain_name(q);
    let fits = |unit: &&Unit| {
        let record = &unit.record;
        let named = record.code.to_lowercase().contains(&wanted) || plain_name(&record.name_vi).contains(&wanted);
        named && (list.is_empty() || record.list == list)
    };
    let skipped = which.after.unwrap_or(0) as usize;
    let mut found: Vec<&Unit> = units.iter().filter(fits).skip(skipped).take(SHOWN + 1).collect();
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let visit = &staff.visit;
    let next = with(&with(&with("/console/admin/units", "q", q), "list", list), "after", &(skipped + SHOWN).to_string());
    Ok(Page::office(&staff, visit.say("Đơn vị", "Units")).answer(html! {
        (ways(&staff))
        (form(visit, &units, q, list))
        @if found.is_empty() {
            (empty(visit.say("Không có đơn vị nào như vậy", "There is no such unit"), &html! { p {
                (visit.say("Danh mục của cơ quan được thêm bằng ", "An office adds lists of its own by "))
                code { "hailong units add" } (visit.say(" hoặc ", " or ")) code { "POST /v1/units" } "."
            } }))
        } @else { (rows(visit, &units, &found)) }
        @if more { p { a href=(visit.link(&next)) { (visit.say("Trang sau", "Next page")) } } }
    }))
}

fn form(visit: &Visit, units: &Arc<Registry>, q: &str, list: &str) -> Markup {
    let lists: BTreeSet<&str> = units.iter().map(|unit| unit.record.list.as_str()).collect();
    let all = visit.say("Mọi danh mục", "Every list").to_owned();
    let options: Vec<(&str, String)> = std::iter::once(("", all)).chain(lists.into_iter().map(|list| (list, list.to_owned()))).collect();
    html! {
        form.row.filter method="get" action="/console/admin/units" {
            @if let Some(lang) = visit.chosen() { input type="hidden" name="lang" value=(lang.tag()); }
            (Input { name: "q", label: visit.say("Tên hoặc mã, có dấu hay không", "Name or code, with or without marks"), value: q, maxlength: Some(100), ..Input::default() })
            (Select { name: "list", label: visit.say("Danh mục", "Code list"), options: &borrowed(&options), value: list, ..Select::default() })
            button.plain type="submit" { (visit.say("Tìm", "Find")) }
        }
    }
}

fn kind(visit: &Visit, kind: UnitKind) -> &'static str {
    match kind {
        UnitKind::Country => visit.say("quốc gia", "country"),
        UnitKind::Province => visit.say("tỉnh, thành phố", "province"),
        UnitKind::District => visit.say("huyện", "district"),
        UnitKind::Commune => visit.say("xã, phường", "commune"),
        UnitKind::Village => visit.say("thôn, tổ dân phố", "village"),
        UnitKind::Agency => visit.say("cơ quan", "agency"),
    }
}

fn rows(visit: &Visit, units: &Arc<Registry>, found: &[&Unit]) -> Markup {
    let heads = [
        Head::Text(visit.say("Đơn vị", "Unit")),
        Head::Text(visit.say("Danh mục, mã", "List, code")),
        Head::Text(visit.say("Loại", "Kind")),
        Head::Text(visit.say("Thuộc", "Below")),
        Head::Text(visit.say("Có hiệu lực", "Valid")),
        Head::Text(visit.say("Từ", "Came from")),
        Head::Text(visit.say("Thành", "Became")),
    ];
    let day = |day: NaiveDate| day.format(visit.say("%d/%m/%Y", "%-d %b %Y")).to_string();
    let names = |links: &[Link]| {
        let name = |link: &Link| {
            let part = if link.whole { "" } else { visit.say(" (một phần)", " (a part)") };
            units.get(link.unit).map(|unit| format!("{} {}{part}", unit.record.name(visit.lang), unit.record.code))
        };
        links.iter().filter_map(name).collect::<Vec<_>>().join("; ")
    };
    table(
        visit.say("Đơn vị", "Units"),
        &heads,
        found.iter().map(|unit| {
            let record = &unit.record;
            let until = record.valid_to.map_or_else(String::new, day);
            vec![
                html! { (record.name(visit.lang)) },
                html! { (record.list) " " code { (record.code) } },
                html! { (kind(visit, record.kind)) },
                html! { (unit.parent.and_then(|id| units.get(id)).map_or("", |parent| parent.record.name(visit.lang))) },
                html! { (day(record.valid_from)) "–" (until) },
                html! { (names(units.predecessors(unit.id))) },
                html! { (names(units.successors(unit.id))) },
            ]
        }),
    )
}
