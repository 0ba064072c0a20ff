//! Pages, through the server as it runs.

mod citizen;
mod frame;
mod sign_in;
