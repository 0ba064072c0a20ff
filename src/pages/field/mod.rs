//! The pages of fieldworkers: files of records.
//!
//! | | |
//! |---|---|
//! | `upload` | a file of records: kept, its columns said, checked, its good records imported |
//! | `report` | what a file would come to, or came to |

mod report;
mod upload;

use actix_web::web;

const UPLOAD: &str = "/f/upload";

/// The pages.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(upload::show_upload).service(upload::keep).service(upload::show_file).service(upload::treat);
}
