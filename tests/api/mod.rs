//! The API, resource by resource, through the server as it runs in production.

mod responses;
