//! Pages, through the server as it runs.

mod citizen;
mod console;
mod frame;
mod public;
mod sign_in;
