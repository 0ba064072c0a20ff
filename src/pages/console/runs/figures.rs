//! The figures of a run as tables, and what everybody would see of them.

use actix_web::{HttpResponse, get, web};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::id;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::index::DomainKey;
use crate::office::figures::{self, Asked, CompositePage, CompositeWish, ScoresPage, ScoresWish};
use crate::office::runs;
use crate::office::{Action, Look, Refusal};
use crate::pages::console::{RUNS, short};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, Notice, Select, borrowed, notice, table};
use crate::pages::public::Preview;
use crate::pages::say;
use crate::pages::visit::{Staff, Visit, with};
use crate::publication::disclosure::{CompositeFigure, Figure, Hidden, Movement, Seen};
use crate::schema::Domain;
use crate::store::schemas::IndexKind;
use crate::unit::{Registry, UnitId};

/// Figures a page.
const PAGE: usize = 100;

/// Which figures.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
pub struct Which {
    /// Of this node; the root if nothing is said.
    #[validate(length(max = 200))]
    pub node: Option<String>,
    /// Of this kind of domain; of a composite index, of this year.
    #[validate(length(max = 200))]
    pub domain: Option<String>,
    /// Those after this place.
    pub after: Option<i32>,
}

/// A page of figures of a run, of either kind.
pub enum Figures {
    Survey(Box<ScoresPage>),
    Composite(Box<CompositePage>),
}

/// The figures that were asked for, as the office sees them or as everybody would.
///
/// # Errors
/// `wrong-state` before the run is done.
pub fn gather(look: &mut Look<'_>, run: &runs::Described, which: &Which, as_public: bool) -> Result<Figures, Refusal> {
    let of = Asked { as_public, ..Asked::run(run.run.id) };
    let chosen = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let (node, part, limit) = (chosen(&which.node), chosen(&which.domain), PAGE + 1);
    let node = match node {
        Some(node) => Some(node),
        None => figures::root(look, run.run.id)?,
    };
    Ok(match run.run.kind {
        IndexKind::Survey => {
            let wish = ScoresWish { of, node, domain: part, after: which.after, limit, ..ScoresWish::default() };
            Figures::Survey(Box::new(figures::scores(look, &wish)?))
        }
        IndexKind::Composite => {
            let wish = CompositeWish { of, year: part, node, after: which.after, limit, ..CompositeWish::default() };
            Figures::Composite(Box::new(figures::composite_scores(look, &wish)?))
        }
    })
}

/// Exactly what everybody would see once the run is published.
#[get("/console/runs/{id}/preview")]
pub async fn preview(app: AppState, staff: Staff, path: web::Path<String>, query: Query<Which>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadRuns)?;
    let (id, which) = (id(&path)?, query.into_inner());
    let asked = which.clone();
    let found = app.look(staff.actor.clone(), move |look| {
        let run = runs::get(look, id)?;
        let node = asked.node.as_deref().filter(|node| !node.is_empty());
        let preview = Preview::gather(look, run.run.id, run.run.kind, node)?;
        let figures = gather(look, &run, &asked, true)?;
        Ok((run, preview, figures))
    });
    let (run, preview, figures) = found.await?;
    let address = format!("{RUNS}/{id}");
    let name = format!("{} {} · {}", run.index, run.version, short(id));
    let page = Page::office(&staff, staff.say("Xem như công chúng", "As everybody will see it"))
        .below(RUNS, staff.say("Lần tính", "Runs"))
        .below(&address, name);
    Ok(page.answer(html! {
        (notice(Notice::Note, &html! { p { (staff.say(
            "Đây đúng là những con số mà mọi người sẽ thấy sau khi công bố: đã làm tròn, số liệu không công bố thì không có ở đây.",
            "These are the very figures that everybody will see once it is published: rounded, and without those that are hidden.",
        )) } }))
        (preview.body(&staff, &format!("{address}/preview")))
        h2 #figures { (staff.say("Mọi số liệu", "Every figure")) }
        (shown(&staff, &figures, &which, &format!("{address}/preview"), false))
    }))
}

/// A filter, the table and the way to the next page.
pub fn shown(visit: &Visit, figures: &Figures, which: &Which, address: &str, office: bool) -> Markup {
    let (last, body) = match figures {
        Figures::Survey(page) => {
            let items = &page.items[..page.items.len().min(PAGE)];
            (items.last().filter(|_| page.items.len() > PAGE).map(|last| last.ord), survey(visit, page, items, office))
        }
        Figures::Composite(page) => {
            let items = &page.items[..page.items.len().min(PAGE)];
            (items.last().filter(|_| page.items.len() > PAGE).map(|last| last.ord), composite(visit, page, items, office))
        }
    };
    let next = last.map(|last| {
        let mut next = address.to_owned();
        for (name, value) in [("node", &which.node), ("domain", &which.domain)] {
            if let Some(value) = value {
                next = with(&next, name, value);
            }
        }
        visit.link(&format!("{}#figures", with(&next, "after", &last.to_string())))
    });
    html! {
        (filter(visit, figures, which, address))
        (body)
        @if let Some(next) = next { p { a href=(next) { (visit.say("Tiếp theo", "Next")) } } }
    }
}

/// Nodes and domains to choose from.
fn filter(visit: &Visit, figures: &Figures, which: &Which, address: &str) -> Markup {
    let tag = visit.lang.tag();
    let named = |code: &str, label: &str| (code.to_owned(), if code == label { code.to_owned() } else { format!("{code} – {label}") });
    let (nodes, parts, part_label): (Vec<_>, Vec<_>, _) = match figures {
        Figures::Survey(page) => (
            page.definition.nodes().map(|node| named(node.code(), node.label().get(tag))).collect(),
            page.definition.domains().iter().map(|domain| (domain.name(), kind(visit, domain))).collect(),
            visit.say("Theo", "By"),
        ),
        Figures::Composite(page) => (
            page.definition.nodes().iter().map(|node| named(node.code(), node.label().get(tag))).collect(),
            page.years.iter().rev().map(|year| (year.clone(), year.clone())).collect(),
            visit.say("Kỳ", "Year"),
        ),
    };
    let all = (String::new(), visit.say("Tất cả", "All").to_owned());
    let parts: Vec<(String, String)> = std::iter::once(all).chain(parts).collect();
    let nodes = borrowed(&nodes);
    let parts = borrowed(&parts);
    html! {
        form.row.filter method="get" action=(format!("{address}#figures")) {
            @if visit.link(address) != address { input type="hidden" name="lang" value=(tag); }
            (Select { name: "node", label: visit.say("Nút", "Node"), options: &nodes, value: which.node.as_deref().unwrap_or_default(), ..Select::default() })
            (Select { name: "domain", label: part_label, options: &parts, value: which.domain.as_deref().unwrap_or_default(), ..Select::default() })
            button.plain type="submit" { (visit.say("Xem", "Show")) }
        }
    }
}

/// A kind of domain in words.
fn kind(visit: &Visit, domain: &Domain) -> String {
    let level = |level: &str| match level {
        "country" => visit.say("cả nước", "country"),
        "province" => visit.say("tỉnh", "province"),
        "district" => visit.say("huyện", "district"),
        "commune" => visit.say("xã", "commune"),
        "village" => visit.say("thôn", "village"),
        _ => visit.say("cơ quan", "agency"),
    };
    match domain {
        Domain::Nation => visit.say("toàn bộ", "the whole").to_owned(),
        Domain::Level { level: name } => level(name).to_owned(),
        Domain::Unit => visit.say("đơn vị được đánh giá", "rated unit").to_owned(),
        Domain::UnitByLevel { level: name } => format!("{} × {}", visit.say("đơn vị", "unit"), level(name)),
        Domain::Item { item } => format!("{} {item}", visit.say("câu", "item")),
        Domain::ItemByLevel { item, level: name } => format!("{} {item} × {}", visit.say("câu", "item"), level(name)),
    }
}

/// Of whom a figure speaks.
pub fn domain(visit: &Visit, units: &Registry, key: &DomainKey) -> String {
    let unit = |id: Option<i32>| id.and_then(|id| units.get(UnitId(id))).map(|unit| unit.record.name(visit.lang).to_owned());
    let option = key.item.as_ref().map(|item| format!("{item} = {}", key.option.as_deref().unwrap_or_default()));
    let parts: Vec<String> = [unit(key.unit), unit(key.area), option].into_iter().flatten().collect();
    if parts.is_empty() { visit.say("Toàn bộ", "The whole").to_owned() } else { parts.join(" · ") }
}

/// A rank with what the data allow.
pub fn rank(rank: Option<i32>, low: Option<i32>, high: Option<i32>) -> Markup {
    html! {
        @if let Some(rank) = rank {
            (rank)
            @if let (Some(low), Some(high)) = (low, high) { " " span.hint { "[" (low) "–" (high) "]" } }
        } @else { "–" }
    }
}

/// How a score moved, and whether that is evidence at the level of the index.
pub fn movement(visit: &Visit, change: Option<&Movement>, decimals: u8, level: f64) -> Markup {
    let Some(change) = change else { return html! { "–" } };
    let p = change.p_holm.or(change.p);
    let evidence = p.is_some_and(|p| p < 1.0 - level);
    html! {
        (say::signed(visit.lang, change.difference, decimals))
        @if let Some(p) = p { " " span.hint { "p = " (say::number(visit.lang, p, 3)) } }
        " "
        @if evidence { span.tag.good { (visit.say("có bằng chứng", "evidence")) } } @else { span.tag.quiet-tag { (visit.say("chưa đủ bằng chứng", "no evidence")) } }
    }
}

/// Why a figure is hidden: the rule for the office, the fact for everybody.
fn hidden(visit: &Visit, why: Option<Hidden>, hidden: bool, office: bool) -> Markup {
    html! {
        @if hidden {
            span.tag.bad { (visit.say("không công bố", "hidden")) }
            @if let Some(why) = why.filter(|_| office) { " " span.hint { (why.said().pick(visit.lang)) } }
        }
    }
}

fn survey(visit: &Visit, page: &ScoresPage, items: &[Seen<Figure>], office: bool) -> Markup {
    let (lang, decimals, level) = (visit.lang, page.definition.decimals(), page.definition.level());
    let label = items.first().and_then(|figure| page.definition.node(&figure.node)).map_or("", |node| node.label().get(lang.tag()));
    let changes = items.iter().any(|figure| figure.change.is_some());
    let mut heads = vec![
        Head::Text(visit.say("Miền", "Domain")),
        Head::Number(visit.say("Điểm", "Score")),
        Head::Number(visit.say("Khoảng tin cậy", "Interval")),
        Head::Number(visit.say("Phiếu", "n")),
        Head::Number(visit.say("Hạng", "Rank")),
    ];
    if changes {
        heads.push(Head::Number(visit.say("Thay đổi", "Change")));
    }
    heads.push(Head::Text(""));
    table(label, &heads, items.iter().map(|figure| {
        let numbers = &figure.numbers;
        let mut row = vec![
            html! { (domain(visit, &page.units, &figure.domain)) },
            html! { @if let Some(value) = numbers.value { (say::number(lang, value, decimals)) } @else { "–" } },
            html! { @if let (Some(low), Some(high)) = (numbers.low, numbers.high) { (say::interval(lang, low, high, decimals)) } @else { "–" } },
            html! { @if let Some(n) = numbers.n { (say::whole(lang, n)) } @else { "–" } },
            rank(numbers.rank, numbers.rank_low, numbers.rank_high),
        ];
        if changes {
            row.push(movement(visit, figure.change.as_ref(), decimals, level));
        }
        row.push(html! {
            (hidden(visit, figure.hidden, figure.suppressed || figure.hidden.is_some(), office))
            @if office && figure.standing.is_some() { " " span.tag.quiet-tag { (visit.say("giữ như ấn bản trước", "stands as before")) } }
        });
        row
    }))
}

fn composite(visit: &Visit, page: &CompositePage, items: &[Seen<CompositeFigure>], office: bool) -> Markup {
    let (lang, decimals) = (visit.lang, page.definition.publication().decimals());
    let node = items.first().and_then(|figure| page.definition.nodes().iter().find(|node| node.code() == figure.node));
    let label = node.map_or("", |node| node.label().get(lang.tag()));
    let unit = |figure: &CompositeFigure| {
        let known = figure.unit_id.and_then(|id| page.units.get(UnitId(id)));
        known.map_or_else(|| figure.unit.clone(), |unit| unit.record.name(lang).to_owned())
    };
    let heads = [
        Head::Text(visit.say("Đơn vị", "Unit")),
        Head::Text(visit.say("Kỳ", "Year")),
        Head::Number(visit.say("Điểm", "Score")),
        Head::Number(visit.say("Khoảng tin cậy", "Interval")),
        Head::Number(visit.say("Hạng", "Rank")),
        Head::Text(""),
    ];
    table(label, &heads, items.iter().map(|figure| {
        let numbers = &figure.numbers;
        vec![
            html! { (unit(figure)) },
            html! { (figure.edition) },
            html! { @if let Some(score) = numbers.score { (say::number(lang, score, decimals)) } @else { "–" } },
            html! { @if let (Some(low), Some(high)) = (numbers.low, numbers.high) { (say::interval(lang, low, high, decimals)) } @else { "–" } },
            rank(numbers.rank, numbers.rank_low, numbers.rank_high),
            hidden(visit, figure.hidden, figure.hidden.is_some(), office),
        ]
    }))
}
