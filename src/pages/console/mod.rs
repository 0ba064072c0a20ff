//! The pages of those who define, compute and publish.
//!
//! | | |
//! |---|---|
//! | `desk` | what waits for whom |
//! | `admin` | persons, keys, units, the audit log, how the server stands |
//! | `runs` | runs: starting one, looking at it, its way to publication |
//! | `waves` | waves: dates, design, fieldwork, posters, quality |
//! | `surveys`, `indices` | definitions: questionnaires by form or by file, indices with their trees |
//! | `tables` | indicator tables of composite indices |
//! | `proposals` | what one person asks for and another confirms |

mod admin;
mod desk;
mod indices;
mod proposals;
mod runs;
mod surveys;
mod tables;
mod waves;

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::parts::{Faults, Head, share_bar, table};
use super::visit::Visit;
use crate::jobs::recompute::Stage;
use crate::office::runs::desk::word;
use crate::office::{Code, Refusal};
use crate::store::runs::RunState;
use crate::words::{Finding, Lang};

pub(super) use waves::poster;

const RUNS: &str = "/console/runs";
const PROPOSALS: &str = "/console/proposals";
const WAVES: &str = "/console/waves";
const INDICES: &str = "/console/indices";
const TABLES: &str = "/console/tables";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(desk::show_desk);
    admin::routes(config);
    config.service(proposals::list_proposals).service(proposals::decide_proposal);
    runs::routes(config);
    waves::routes(config);
    surveys::routes(config);
    config.service(indices::list_indices).service(indices::upload).service(indices::publish).service(indices::show_index);
    config.service(tables::list_tables).service(tables::load).service(tables::show_table);
}

/// To another page, after something was done.
fn to(visit: &Visit, address: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, visit.link(address))).finish()
}

/// What a form was refused for, where it is to be shown again; anything else is the answer.
fn faults(visit: &Visit, refusal: Refusal) -> Result<Faults, Refusal> {
    match refusal.code().status() {
        401 | 404 | 408 | 429 | 500.. => Err(refusal),
        _ if matches!(refusal.code(), Code::Forbidden | Code::UnitForbidden) => Err(refusal),
        _ => Ok(Faults::of(&refusal, visit.lang)),
    }
}

/// A state of a run, as a word with its colour.
fn state(lang: Lang, state: RunState) -> Markup {
    let tone = match state {
        RunState::Published => "good",
        RunState::Failed | RunState::Withdrawn | RunState::Cancelled => "bad",
        RunState::Submitted | RunState::Approved => "waits",
        RunState::Queued | RunState::Running | RunState::Draft => "quiet-tag",
    };
    html! { span.tag.(tone) { (word(state).pick(lang)) } }
}

/// What is being done of a run, in words.
fn stage(visit: &Visit, name: &str) -> String {
    let said = match Stage::parse(name) {
        Some(Stage::Reading) => visit.say("đọc phiếu", "reading responses"),
        Some(Stage::Computing) => visit.say("tính điểm", "computing scores"),
        Some(Stage::Comparing) => visit.say("so với lần tính trước", "comparing with the earlier run"),
        Some(Stage::Storing) => visit.say("lưu kết quả", "storing the results"),
        None => name,
    };
    said.to_owned()
}

/// Somebody by the name in the record, without the number of the key or person behind it.
fn by(actor: &str) -> &str {
    let cut =
        |sign: char| actor.rsplit_once(sign).filter(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    cut('#').or_else(|| cut('@')).map_or(actor, |(name, _)| name)
}

/// The first letters of an id: enough for people to tell runs apart.
fn short(id: uuid::Uuid) -> String {
    id.simple().to_string().chars().skip(24).collect()
}

/// What was found in a file, each with its place.
fn findings(visit: &Visit, findings: &[Finding]) -> Markup {
    if findings.is_empty() {
        return html! {};
    }
    let heads = [
        Head::Text(visit.say("Chỗ", "Place")),
        Head::Text(""),
        Head::Text(visit.say("Điều phát hiện", "Finding")),
        Head::Text(visit.say("Mã", "Code")),
    ];
    table(visit.say("Điều phát hiện", "Findings"), &heads, findings.iter().map(|finding| vec![
        html! {
            @if let Some(line) = finding.line { (visit.say("dòng ", "line ")) (line) " " }
            code { (finding.pointer) }
        },
        html! { @if finding.is_error() { span.tag.bad { (visit.say("lỗi", "error")) } } @else { span.tag.waits { (visit.say("cảnh báo", "warning")) } } },
        html! { (finding.message(visit.lang)) },
        html! { code { (finding.code) } },
    ]))
}

/// So many of so many, as a bar that is a number too.
fn bar(lang: Lang, done: i64, of: i64) -> Markup {
    #[allow(clippy::cast_precision_loss, reason = "people and steps")]
    let share = if of > 0 { (done as f64 / of as f64).clamp(0.0, 1.0) } else { 0.0 };
    share_bar(lang, share, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_did_something_is_told_without_a_number() {
        for (actor, name) in
            [("Lan#3", "Lan"), ("Lan@12", "Lan"), ("cli:root", "cli:root"), ("a#b", "a#b"), ("Số #1#7", "Số #1"), ("x@", "x@")]
        {
            assert_eq!(by(actor), name);
        }
    }

    #[test]
    fn a_bar_never_goes_beyond_its_whole() {
        assert!(bar(Lang::Vi, 30, 20).into_string().contains("100%"));
        assert!(bar(Lang::Vi, 1, 0).into_string().contains("0%"));
    }
}
