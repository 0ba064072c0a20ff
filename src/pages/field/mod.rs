//! The pages of fieldworkers: households offline for days, paper forms, files of records.
//!
//! | | |
//! |---|---|
//! | `start` | waves, villages, the next household, what waits on the device |
//! | `form` | the form that is asked by at a door |
//! | `entry`, `digits` | a paper form, keyed in by digits |
//! | `settle` | what two people keyed in differently |
//! | `upload` | a file of records: kept, its columns said, checked, its good records imported |
//! | `report` | what a file would come to, or came to |

mod digits;
mod entry;
mod form;
mod report;
mod settle;
mod start;
mod upload;

use actix_web::web;

const ENTRY: &str = "/f/entry";
const START: &str = "/f";
const UPLOAD: &str = "/f/upload";

/// The pages.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(start::show_start).service(form::show_form).service(form::take_form).service(form::take_response);
    config.service(entry::show_waves).service(entry::show_entry).service(entry::key_in);
    config.service(upload::show_upload).service(upload::keep).service(upload::show_file).service(upload::treat);
}
