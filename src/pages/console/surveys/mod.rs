//! Questionnaires: their versions, writing one by form, loading one from a file, how it looks, what changed.
//!
//! | | |
//! |---|---|
//! | `list` | every survey, and one with its versions, what changed between two, how it looks |
//! | `write` | writing one, section by section |
//! | `fields` | the fields of a section and its questions |
//! | `draft` | the document that a form carries along |

mod draft;
mod fields;
mod list;
mod write;

use actix_web::web;

const SURVEYS: &str = "/console/surveys";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    // The fixed addresses go before those with a code.
    config.service(list::list_surveys).service(write::show_form).service(write::write).service(write::upload);
    config.service(list::show_survey).service(list::preview);
}
