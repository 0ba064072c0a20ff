//! Pages, through the server as it runs.

mod agency;
mod citizen;
mod console;
mod field;
mod frame;
mod kiosk;
mod public;
mod sign_in;
