//! Answering: the form of a wave at `/s/{wave}`, the receipt, taking an answer back.
//!
//! The address of a form names the wave, the unit (`u`, a code of the wave's list), the sections that are offered (`sections`, all of them
//! if nothing is said) and whether a QR code led there (`via=qr`). The token of an invitation stands behind `#`, which no browser sends; script
//! puts it in its field, and without script it is typed.

mod form;
mod kiosk;
mod link;
mod receipt;
mod send;
mod shut;

use actix_web::web;

pub(in crate::pages) use form::texts;

/// The pages.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(form::show_form).service(send::take_answers).service(receipt::show_thanks).service(receipt::put_away);
    config.service(kiosk::show_kiosk).service(kiosk::show_kiosk_form).service(kiosk::join);
    config.service(receipt::show_receipts).service(receipt::look_up);
}
