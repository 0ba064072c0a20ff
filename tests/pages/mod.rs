//! Pages, through the server as it runs.

mod frame;
mod sign_in;
