//! Pages, through the server as it runs.

mod citizen;
mod console;
mod frame;
mod kiosk;
mod public;
mod sign_in;
