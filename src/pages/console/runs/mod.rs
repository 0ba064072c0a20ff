//! Runs: starting one, looking at it, its way to publication.
//!
//! | | |
//! |---|---|
//! | `list` | every run |
//! | `new` | what a new one will be made of |
//! | `show` | one run: inputs, state, how much is hidden, history |
//! | `figures` | its figures as tables; what everybody would see |
//! | `report` | how scores of a composite index came about |
//! | `moved` | what changed since the edition before |
//! | `steps` | submit, approve, send back, publish, withdraw, cancel |

mod figures;
mod list;
mod moved;
mod new;
mod report;
mod show;
mod steps;

use actix_web::web;
use uuid::Uuid;

use crate::office::Refusal;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    // The fixed addresses go before those with an id.
    config.service(list::list_runs).service(new::show_new).service(new::start);
    config.service(show::show_run).service(figures::preview).service(report::show_report).service(steps::take);
}

/// The id in an address.
fn id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36).ok_or_else(Refusal::not_found)
}
