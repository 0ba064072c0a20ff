//! `hailong serve`: the server, its writer and its worker, until a signal stops them.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Result, anyhow};

use crate::cli::{Context, lang};
use crate::http::limit::{ANSWERS, Rates};
use crate::http::server::{self, ServerError, ServerOptions};
use crate::http::state::Limits;
use crate::jobs::{Janitor, Worker};
use crate::office::system_clock;
use crate::store::Store;
use crate::store::writer::WriterOptions;
use crate::words::{Said, fault};

/// How to serve.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Arguments {
    /// Where to listen. Encryption ends at a proxy in front.
    #[arg(long, env = "HAILONG_LISTEN", default_value = "127.0.0.1:8080")]
    pub(super) listen: SocketAddr,
    /// Threads that answer; 0: one a core.
    #[arg(long, default_value_t = 0)]
    pub(super) workers: usize,
    /// Connections that each thread holds open at most.
    #[arg(long, default_value_t = 4096)]
    pub(super) connections: usize,
    /// Seconds for which `/readyz` says 503 before the server stops accepting.
    #[arg(long, default_value_t = 0)]
    pub(super) drain: u64,
    /// A proxy whose `X-Forwarded-For` is believed; may be given several times.
    #[arg(long = "trusted-proxy")]
    pub(super) trusted_proxies: Vec<std::net::IpAddr>,
    /// Answers a minute about one unit that one address may send without a key; its network may send four times as many, and all together
    /// twenty times as many.
    #[arg(long, default_value_t = ANSWERS)]
    pub(super) answers_per_minute: NonZeroU32,
    /// Let anyone ask as often as they like: for load tests on loopback.
    #[arg(long)]
    pub(super) no_rate_limit: bool,
}

/// Serves the store of the context.
pub(super) fn serve(context: &Context, arguments: &Arguments) -> Result<()> {
    serve_store(context.office_or_new()?.store().clone(), arguments, context.database.is_none(), false)
}

/// Serves a store that is open. `alone`: no other process works on it, so unfinished jobs are taken up at once. `demo`: it shows a demonstration.
pub(super) fn serve_store(store: Store, arguments: &Arguments, alone: bool, demo: bool) -> Result<()> {
    let mut worker = Worker::start(store.clone(), system_clock(), alone)?;
    let mut janitor = Janitor::start(store.clone(), system_clock())?;
    let writer = store.start_writer(WriterOptions::default())?;
    let mut limits = Limits { trusted_proxies: arguments.trusted_proxies.clone(), demo, ..Limits::default() };
    limits.rates = (!arguments.no_rate_limit).then_some(Rates { answers_per_minute: arguments.answers_per_minute, ..Rates::DEFAULT });
    let options = ServerOptions {
        store,
        writer,
        listen: arguments.listen,
        workers: arguments.workers,
        connections: arguments.connections,
        drain: Duration::from_secs(arguments.drain),
        faces: |config| {
            crate::api::faces(config);
            crate::pages::faces(config);
        },
        limits,
        clock: system_clock(),
    };
    let ended = actix_web::rt::System::new().block_on(async { server::start(options)?.until_signal().await });
    worker.stop();
    janitor.stop();
    ended.map_err(|error| match error {
        ServerError::Io(cause) => {
            let Said { vi, en } = fault::of_system(&cause);
            anyhow!("{}", lang::chosen().pick(format!("máy chủ không chạy được: {vi}"), format!("the server cannot run: {en}")))
        }
        ServerError::Writer(why) => {
            let (vi, en) = (format!("không ghi được phiếu nữa: {why}"), format!("the writer of responses failed: {why}"));
            anyhow!("{}", lang::chosen().pick(vi, en))
        }
    })
}
