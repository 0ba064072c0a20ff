//! Pages, through the server as it runs.

mod admin;
mod agency;
mod citizen;
mod console;
mod demo;
mod developers;
mod field;
mod frame;
mod kiosk;
mod public;
mod sign_in;
