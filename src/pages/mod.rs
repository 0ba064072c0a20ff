//! Pages: what people see in a browser, rendered on the server, without script unless a page says so.
//!
//! | | |
//! |---|---|
//! | [`visit`] | who looks, in which language, and where links lead |
//! | [`frame`] | the one frame of every page, for the public and for the office |
//! | [`parts`], [`say`] | fields, tables, summaries of errors; numbers and days in either language |
//! | [`chart`] | figures as SVG: pure functions of numbers and texts |
//! | [`public`] | what everyone reads: editions, units, methods, files |
//! | `refusal` | what the office refuses, as a page |
//! | `guard` | what surrounds every page: headers, forms of our own only, gzip |
//! | [`questionnaire`] | the one renderer of what is asked |
//! | `console` | pages of those who define, compute and publish |
//! | `field` | pages of those who bring responses in |
//! | `agency` | pages of those who are rated |
//! | [`assets`] | style sheet and scripts, embedded |
//!
//! A page is a handler that asks the office and a function that lays out what it got. Texts stand in the page, Vietnamese first
//! ([`Visit::say`](visit::Visit::say)).

mod agency;
pub mod assets;
pub mod chart;
mod citizen;
mod console;
mod demo;
mod devices;
mod field;
pub mod frame;
mod guard;
pub mod parts;
pub mod public;
pub mod qr;
pub mod questionnaire;
mod refusal;
pub mod say;
mod session;
mod sign_in;
pub mod visit;

use actix_web::guard::{GuardContext, fn_guard};
use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, web};

use crate::http::face::{Wording, is_of_programs};
use crate::office::Refusal;

/// The pages as a server takes them: after the faces whose addresses are their own, since any other address is a page's.
pub fn faces(config: &mut web::ServiceConfig) {
    let of_browsers = fn_guard(|asked: &GuardContext<'_>| !is_of_programs(asked.head().uri.path()));
    let nothing = web::to(|| async { Err::<HttpResponse, Refusal>(Refusal::not_found()) });
    config.app_data(web::Data::new(Wording(refusal::worded)));
    config.service(web::scope("").guard(of_browsers).wrap(from_fn(guard::around)).configure(routes).default_service(nothing));
}

/// Every page, by who uses it.
fn routes(config: &mut web::ServiceConfig) {
    config.service(assets::get_asset).service(assets::get_worker);
    // Everyone.
    config.configure(public::routes);
    // Those who answer.
    config.configure(citizen::routes);
    // People of the office.
    config.service(devices::show_devices).service(devices::show_new_device).service(devices::admit_device);
    config.service(sign_in::show_sign_in).service(sign_in::sign_in).service(sign_in::sign_out).service(sign_in::show_account);
    config.service(demo::show_cast).service(demo::play_part);
    config.configure(console::routes);
    config.configure(field::routes);
    config.configure(agency::routes);
}
