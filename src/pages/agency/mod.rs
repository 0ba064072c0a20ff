//! Pages of a rated agency: where it stands, where it loses points, what a target would take, and how answers about it come in. Everything
//! is of its own unit and what lies below; of others it sees what everybody sees.
//!
//! | | |
//! |---|---|
//! | `own` | what the office tells it of itself |
//! | `home` | `/a`: its figures in an edition |
//! | `lost` | where it loses points |
//! | `outlook` | what a target would take, and the targets of the plan |
//! | `report` | `/a/report/{edition}`: two pages of A4 |
//! | `stream` | `/a/stream`: answers by week |
//! | `codes` | `/a/qr`: posters and slips |

mod codes;
mod home;
mod lost;
mod outlook;
mod own;
mod report;
mod stream;

use actix_web::web;

const HOME: &str = "/a";
const CODES: &str = "/a/qr";

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(home::show_home).service(report::show_report).service(stream::show_stream);
    config.service(codes::list_codes).service(codes::show_poster).service(codes::show_slips);
}
