//! The steps of a run by buttons: submit, approve, send back, publish, withdraw, cancel.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use maud::{Markup, html};

use super::figures::Which;
use super::{id, show};
use crate::http::body::{Fields, Form};
use crate::http::state::AppState;
use crate::office::runs::desk::RunStep;
use crate::office::runs::{self, Seen};
use crate::office::{Act, Code, Refusal};
use crate::pages::console::{RUNS, faults, to};
use crate::pages::parts::{Faults, Input};
use crate::pages::visit::{Staff, Visit};

/// Takes a step on a run, as whoever sends the form has seen it.
#[post("/console/runs/{id}/{step}")]
pub async fn take(app: AppState, staff: Staff, path: web::Path<(String, String)>, fields: Form) -> Result<HttpResponse, Refusal> {
    let (run, step) = path.into_inner();
    let (id, fields) = (id(&run)?, fields.0);
    let step = RunStep::parse(&step).ok_or_else(Refusal::not_found)?;
    staff.may(step.action())?;
    let typed = fields.get("edition").to_owned();
    let taken = match fields.get("revision").parse() {
        Ok(revision) => app.act(staff.actor.clone(), move |act| obey(act, Seen { id, revision }, step, &fields)).await,
        Err(_) => Err(Refusal::new(Code::PreconditionRequired)),
    };
    match taken {
        Ok(()) => Ok(to(&staff, &format!("{RUNS}/{id}"))),
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.code().status()).unwrap_or(StatusCode::CONFLICT);
            let mut found = faults(&staff, refusal)?;
            if typed.is_empty() && step == RunStep::Publish {
                found = Faults::default();
                found.add("edition", staff.say("Hãy gõ mã của ấn bản", "Type the code of the edition"));
            }
            show::page(&app, &staff, id, &Which::default(), &found, status).await
        }
    }
}

fn obey(act: &mut Act<'_>, seen: Seen, step: RunStep, fields: &Fields) -> Result<(), Refusal> {
    let reason = fields.get("reason");
    match step {
        RunStep::Cancel => runs::cancel(act, seen),
        RunStep::Submit => runs::submit(act, seen),
        RunStep::Approve => runs::approve(act, seen, fields.has("embargo")),
        RunStep::SendBack => runs::send_back(act, seen, reason),
        // An empty name is another name than the edition's.
        RunStep::Publish => runs::publish(act, seen, Some(fields.get("edition"))),
        RunStep::Withdraw => runs::withdraw(act, seen, reason),
    }
    .map(drop)
}

/// What somebody may do with a run.
pub struct Offered {
    pub step: RunStep,
    /// Why it would be refused, if it would.
    pub refused: Option<String>,
}

/// The forms, the main one first. What is not one's own to do is not there; what cannot be done says why.
pub fn forms(visit: &Visit, address: &str, revision: i64, offered: &[Offered], edition: Option<&str>, faults: &Faults) -> Markup {
    if offered.is_empty() {
        return html! {};
    }
    html! {
        section.actions aria-label=(visit.say("Việc có thể làm", "What can be done")) {
            @for offer in offered {
                @let form = html! {
                    form method="post" action=(visit.link(&format!("{address}/{}", offer.step))) {
                        input type="hidden" name="revision" value=(revision);
                        (fields(visit, offer, edition, faults))
                        button type="submit" class=(class(offer.step)) disabled[offer.refused.is_some()] { (name(visit, offer.step)) }
                        @if let Some(why) = &offer.refused { p.hint.why { (why) } }
                    }
                };
                // What is seldom wanted takes one more look.
                @if offer.step == RunStep::Withdraw {
                    details open[faults.at("reason").is_some()] { summary { (visit.say("Rút lần tính này", "Withdraw this run")) } (form) }
                } @else { (form) }
            }
        }
    }
}

fn name(visit: &Visit, step: RunStep) -> &'static str {
    match step {
        RunStep::Cancel => visit.say("Hủy lần tính", "Call it off"),
        RunStep::Submit => visit.say("Trình duyệt", "Submit for approval"),
        RunStep::Approve => visit.say("Duyệt", "Approve"),
        RunStep::SendBack => visit.say("Trả lại", "Send back"),
        RunStep::Publish => visit.say("Công bố", "Publish"),
        RunStep::Withdraw => visit.say("Rút", "Withdraw"),
    }
}

fn class(step: RunStep) -> &'static str {
    match step {
        RunStep::Submit | RunStep::Approve | RunStep::Publish => "main",
        RunStep::Cancel | RunStep::SendBack => "plain",
        RunStep::Withdraw => "danger",
    }
}

fn fields(visit: &Visit, offer: &Offered, edition: Option<&str>, faults: &Faults) -> Markup {
    let reason = Input { name: "reason", fault: faults.at("reason"), maxlength: Some(500), required: true, ..Input::default() };
    html! {
        @match offer.step {
            RunStep::Cancel | RunStep::Submit => {}
            RunStep::Approve => label.tick {
                input type="checkbox" name="embargo" value="1";
                " " (visit.say("Cho các cơ quan xem trước điểm của mình", "Let agencies see their own scores first"))
            }
            RunStep::SendBack => (Input { label: visit.say("Lý do trả lại", "Why it goes back"), ..reason }),
            RunStep::Withdraw => (Input { label: visit.say("Lý do rút (công khai)", "Why it is withdrawn (public)"), ..reason }),
            RunStep::Publish => {
                @let code = edition.unwrap_or_default();
                (Input {
                    name: "edition",
                    label: visit.say("Gõ mã của ấn bản", "Type the code of the edition"),
                    hint: Some(code),
                    fault: faults.at("edition"),
                    maxlength: Some(128),
                    required: true,
                    ..Input::default()
                })
            }
        }
    }
}
