//! `/a`: an agency's own figures in an edition.

use actix_web::{HttpResponse, get};
use maud::{Markup, html};
use serde::Deserialize;
use validator::Validate;

use super::own::{Line, OfKind, Own, Picked, Wish, gather, outlook as explained};
use super::{HOME, lost, outlook};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::fieldwork::{self, OwnStream};
use crate::office::figures::{self, Asked, Targets};
use crate::office::{Action, Look, Refusal};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, Notice, empty, notice, table};
use crate::pages::public::sheet::Place;
use crate::pages::public::unit::{moved, standing};
use crate::pages::public::{edition_at, portrait, said, segment, view};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit, with};

/// Which edition, which unit, which target.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
pub struct HomeQuery {
    /// The code of an edition.
    #[validate(length(max = 200))]
    edition: Option<String>,
    /// The code of a unit within one's own.
    #[validate(length(max = 200))]
    u: Option<String>,
    /// What kind of target.
    #[validate(length(max = 10))]
    kind: Option<String>,
    /// Its number.
    #[validate(length(max = 20))]
    number: Option<String>,
}

/// What the page shows.
struct Found {
    own: Own,
    asked: Option<outlook::Asked>,
    told: outlook::Told,
    targets: Option<Targets>,
    /// The streams of the unit, where no edition has a figure of it yet.
    streams: Vec<OwnStream>,
}

/// The page.
#[get("/a")]
pub async fn show_home(app: AppState, staff: Staff, query: Query<HomeQuery>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadOwnEmbargoed)?;
    let query = query.into_inner();
    let found = app.look_long(staff.actor.clone(), move |look| read(look, query)).await?;
    Ok(page(&staff, &found))
}

fn read(look: &mut Look<'_>, query: HomeQuery) -> Result<Found, Refusal> {
    let HomeQuery { edition, u, kind, number } = query;
    let blank = |text: Option<String>| text.filter(|text| !text.is_empty());
    let own = gather(look, &Wish { edition: blank(edition), unit: blank(u) })?;
    let asked = own.picked.as_ref().and_then(|picked| outlook::Asked::or_next(kind, number, picked));
    let (mut told, mut targets) = (None, None);
    if let Some((picked, OfKind::Composite { year, .. })) = own.picked.as_ref().map(|picked| (picked, &picked.of)) {
        let of = Asked { edition: Some(picked.edition.code.clone()), ..Asked::default() };
        targets = Some(figures::targets(look, &of)?);
        if let Some(target) = asked.as_ref().and_then(outlook::composite) {
            told = Some(explained(look, &picked.edition.code, &picked.place, year, target)?);
        }
    }
    let streams = if own.picked.is_none() { fieldwork::own_streams(look, 1)? } else { Vec::new() };
    Ok(Found { own, asked, told, targets, streams })
}

fn page(staff: &Staff, found: &Found) -> HttpResponse {
    let (visit, own) = (&staff.visit, &found.own);
    let Some(picked) = &own.picked else {
        return Page::office(staff, own.unit.name(visit.lang)).answer(nothing(visit, &found.streams));
    };
    let name = picked.place.unit.as_ref().map_or(picked.place.code.as_str(), |(_, unit)| unit.name(visit.lang));
    Page::office(staff, name).lead(lead(visit, picked)).answer(html! {
        (embargo(visit, picked))
        (view::cautions(visit, &picked.shown))
        (standing(visit, &picked.shown, &picked.place))
        p.screen {
            a.button href=(visit.link(&report_of(picked))) { (visit.say("Báo cáo hai trang A4", "Report of two A4 pages")) }
        }
        (moved(visit, &picked.shown, &picked.place))
        (lost::since(visit, picked))
        (lost::section(visit, picked, None))
        (outlook::section(visit, picked, found.asked.as_ref(), &found.told))
        (outlook::planned(visit, picked, found.targets.as_ref()))
        (portrait::parts(visit, &picked.shown, &picked.profile))
        (portrait::series(visit, &picked.shown, &picked.profile))
        (others(visit, picked))
        (editions(visit, own))
    })
}

/// The index, its edition and what it is of.
pub(super) fn lead(visit: &Visit, picked: &Picked) -> String {
    format!("{} – {}", said(&picked.shown.title, visit.lang), picked.edition.code)
}

fn report_of(picked: &Picked) -> String {
    with(&format!("/a/report/{}", segment(&picked.edition.code)), "u", &picked.place.code)
}

/// What one must know of figures that are not published.
pub(super) fn embargo(visit: &Visit, picked: &Picked) -> Markup {
    if !picked.is_embargoed() {
        return html! {};
    }
    notice(
        Notice::Care,
        &html! { p { (visit.say(
            "Ấn bản này chưa công bố. Ông/Bà chỉ thấy số liệu của đơn vị mình; xin đừng chuyển cho người khác trước khi công bố.",
            "This edition is not published yet. You see the figures of your own unit alone; please pass none of them on before it is.",
        )) } },
    )
}

fn nothing(visit: &Visit, streams: &[OwnStream]) -> Markup {
    let last = streams.first().map(|stream| visit.words(&stream.wave.title).to_owned());
    empty(
        visit.say("Chưa có ấn bản nào có số liệu của đơn vị này", "No edition has a figure of this unit yet"),
        &html! {
            p { (visit.say(
                "Khi một lần tính được công bố, hoặc được cho xem trước, điểm, hạng và chỗ mất điểm hiện ở đây.",
                "Once a run is published, or may be seen before it is, score, rank and where points are lost stand here.",
            )) }
            @if let Some(last) = last {
                p { (visit.say("Đợt gần nhất: ", "The last wave: ")) a href=(visit.link("/a/stream")) { (last) } }
            }
        },
    )
}

/// The units below, or beside, each with its score.
fn others(visit: &Visit, picked: &Picked) -> Markup {
    if picked.others.is_empty() {
        return html! {};
    }
    let title = visit.say("Các đơn vị khác của mình", "The other units of one's own");
    let at = |place: &Place| visit.link(&with(&with(HOME, "edition", &picked.edition.code), "u", &place.code));
    let (shown, lang) = (&picked.shown, visit.lang);
    let heads = [
        Head::Text(visit.say("Đơn vị", "Unit")),
        Head::Number(visit.say("Điểm", "Score")),
        Head::Number(visit.say("Khoảng tin cậy", "Interval")),
        Head::Number(visit.say("Hạng", "Rank")),
    ];
    html! {
        h2 { (title) }
        (table(title, &heads, picked.others.iter().map(|place| vec![
            html! { a href=(at(place)) { (view::name(place, lang)) } },
            view::score(visit, shown, &place.mark),
            view::interval_of(lang, shown, &place.mark),
            html! { (place.mark.numbers.rank.map_or_else(String::new, |rank| rank.to_string())) },
        ])))
    }
}

/// Every edition with a figure of one's own.
fn editions(visit: &Visit, own: &Own) -> Markup {
    let title = visit.say("Các ấn bản có số liệu của đơn vị", "Editions with figures of this unit");
    let heads = [
        Head::Text(visit.say("Ấn bản", "Edition")),
        Head::Text(visit.say("Chỉ số", "Index")),
        Head::Number(visit.say("Điểm", "Score")),
        Head::Number(visit.say("Hạng", "Rank")),
        Head::Text(visit.say("Công bố", "Published")),
    ];
    let line = |line: &Line| {
        let (lang, numbers) = (visit.lang, &line.mark.numbers);
        let (code, of) = (&line.edition.code, line.ranked.map(|of| format!("/{of}")).unwrap_or_default());
        let public = line.edition.published_at.map(|at| say::day(lang, at));
        vec![
            html! { a href=(visit.link(&with(HOME, "edition", code))) { (code) } },
            html! { (said(&line.title, lang)) },
            html! { (numbers.value.map_or_else(|| "–".to_owned(), |value| say::number(lang, value, line.decimals))) },
            html! { @if let Some(rank) = numbers.rank { (rank) (of) } },
            html! { @if let Some(public) = public { (public) " " a href=(visit.link(&edition_at(code))) { (visit.say("trang công khai", "public page")) } } @else { span.tag.waits { (visit.say("chưa công bố", "not published")) } } },
        ]
    };
    html! {
        h2 { (title) }
        (table(title, &heads, own.lines.iter().map(line)))
    }
}
