//! `/console/audit`: who did what, when; the newest first.

use actix_web::{HttpResponse, get};
use chrono::{FixedOffset, NaiveDate, TimeZone};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use validator::Validate;

use super::{AUDIT, role, ways};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::{Action, Refusal, audit};
use crate::pages::frame::Page;
use crate::pages::parts::{Head, Input, empty, table};
use crate::pages::say;
use crate::pages::visit::{Staff, Visit, with};
use crate::store::audit::{Filter, Line};

/// So many lines are on a page.
const SHOWN: usize = 100;
/// Việt Nam has one time the whole year.
const HANOI: i32 = 7 * 3_600;

/// Which lines.
#[derive(Debug, Clone, Default, Deserialize, Validate)]
pub struct Which {
    /// How the actor's name begins.
    #[validate(length(max = 100))]
    actor: Option<String>,
    /// How the action begins.
    #[validate(length(max = 64))]
    action: Option<String>,
    /// The object.
    #[validate(length(max = 200))]
    object: Option<String>,
    /// The first day.
    #[validate(length(max = 10))]
    from: Option<String>,
    /// The last day.
    #[validate(length(max = 10))]
    until: Option<String>,
    /// Only lines before this one.
    before: Option<i64>,
}

/// The page.
#[get("/console/audit")]
pub async fn list_audit(app: AppState, staff: Staff, query: Query<Which>) -> Result<HttpResponse, Refusal> {
    staff.may(Action::ReadAudit)?;
    let which = query.into_inner();
    let filter = filter(&which);
    let wanted = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let mut lines = app.look(staff.actor.clone(), move |look| audit::list(look, &filter, wanted)).await?;
    let more = lines.len() > SHOWN;
    lines.truncate(SHOWN);
    let visit = &staff.visit;
    let next = lines.last().filter(|_| more).map(|line| next(&which, line.id));
    Ok(Page::office(&staff, visit.say("Nhật ký", "Audit log")).answer(html! {
        (ways(&staff))
        (form(visit, &which))
        @if lines.is_empty() {
            (empty(visit.say("Không có dòng nào như vậy", "There is no such line"), &html! { p { (visit.say(
                "Mỗi việc làm thay đổi điều gì đó để lại một dòng, cùng lúc với việc đó.",
                "Whatever changes something leaves a line, together with the change.",
            )) } }))
        } @else { (rows(visit, &lines)) }
        @if let Some(next) = next { p { a href=(visit.link(&next)) { (visit.say("Cũ hơn", "Older")) } } }
    }))
}

fn filter(which: &Which) -> Filter {
    let some = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let day = |text: &Option<String>, ahead: u64| {
        let day = some(text)?.parse::<NaiveDate>().ok()?.checked_add_days(chrono::Days::new(ahead))?.and_hms_opt(0, 0, 0)?;
        Some(FixedOffset::east_opt(HANOI)?.from_local_datetime(&day).single()?.timestamp_micros())
    };
    Filter {
        object: some(&which.object),
        action: some(&which.action),
        actor: some(&which.actor),
        from: day(&which.from, 0),
        until: day(&which.until, 1),
        before: which.before,
    }
}

/// The address of the page after this one.
fn next(which: &Which, before: i64) -> String {
    let fields =
        [("actor", &which.actor), ("action", &which.action), ("object", &which.object), ("from", &which.from), ("until", &which.until)];
    let filled = fields.into_iter().filter_map(|(name, value)| Some((name, value.as_deref().filter(|value| !value.is_empty())?)));
    let address = filled.fold(AUDIT.to_owned(), |address, (name, value)| with(&address, name, value));
    with(&address, "before", &before.to_string())
}

fn form(visit: &Visit, which: &Which) -> Markup {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let (actor, action, object, from, until) =
        (text(&which.actor), text(&which.action), text(&which.object), text(&which.from), text(&which.until));
    html! {
        form.filter method="get" action=(AUDIT) {
            @if let Some(lang) = visit.chosen() { input type="hidden" name="lang" value=(lang.tag()); }
            div.columns {
                (Input { name: "actor", label: visit.say("Ai", "Who"), hint: Some(visit.say("Tên, hoặc phần đầu của tên", "A name, or how it begins")), value: &actor, maxlength: Some(100), ..Input::default() })
                (Input { name: "action", label: visit.say("Việc", "What"), value: &action, hint: Some(visit.say("Ví dụ: run. hoặc key.create", "Such as run. or key.create")), maxlength: Some(64), ..Input::default() })
                (Input { name: "object", label: visit.say("Với cái gì", "To what"), value: &object, maxlength: Some(200), ..Input::default() })
                (Input { name: "from", kind: "date", label: visit.say("Từ ngày", "From"), value: &from, ..Input::default() })
                (Input { name: "until", kind: "date", label: visit.say("Đến hết ngày", "Until the end of"), value: &until, ..Input::default() })
            }
            button.plain type="submit" { (visit.say("Tìm", "Find")) }
        }
    }
}

fn rows(visit: &Visit, lines: &[Line]) -> Markup {
    let heads = [
        Head::Text(visit.say("Lúc", "At")),
        Head::Text(visit.say("Ai", "Who")),
        Head::Text(visit.say("Với vai trò", "As")),
        Head::Text(visit.say("Việc", "What")),
        Head::Text(visit.say("Với cái gì", "To what")),
        Head::Text(visit.say("Ghi chú", "Note")),
    ];
    table(
        visit.say("Nhật ký, dòng mới nhất đứng đầu", "The audit log, the newest first"),
        &heads,
        lines.iter().map(|line| {
            vec![
                html! { (say::instant(visit.lang, line.at)) " " span.hint { "#" (line.id) } },
                html! { (line.actor) },
                html! { (role(visit, &line.role)) },
                html! { code { (line.action) } },
                html! { code { (line.object) } },
                html! { (note(&line.detail)) },
            ]
        }),
    )
}

/// What a line says besides: its note and the person, or whatever it holds.
fn note(detail: &str) -> String {
    let Ok(Value::Object(more)) = serde_json::from_str(detail) else { return detail.to_owned() };
    let said = |(name, value): (&String, &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if name == "note" { value } else { format!("{name}: {value}") }
    };
    more.iter().map(said).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_viet_nam_and_the_last_is_whole() {
        let day = |text: &str| Some(text.to_owned());
        let found = filter(&Which { from: day("2024-09-01"), until: day("2024-09-01"), actor: day(" "), ..Which::default() });
        // 1 September 2024, 00:00 in Hà Nội.
        let midnight = 1_725_152_400_000_000 - 8 * 3_600_000_000;
        assert_eq!((found.from, found.until, found.actor), (Some(midnight), Some(midnight + 24 * 3_600_000_000), None));
        assert_eq!(filter(&Which { from: day("31/12/2024"), ..Which::default() }).from, None);
    }

    #[test]
    fn the_next_page_keeps_what_was_asked() {
        let which = Which { action: Some("run.".to_owned()), object: Some(String::new()), ..Which::default() };
        assert_eq!(next(&which, 7), "/console/audit?action=run.&before=7");
        assert_eq!(note("{\"note\":\"x\",\"person\":\"Lan\"}"), "x; person: Lan");
    }
}
