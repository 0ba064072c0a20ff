//! Starting and stopping: the same code in production and in tests.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};

use crate::http::state::{AppState, Limits};
use crate::http::telemetry;
use crate::office::Clock;
use crate::office::Refusal;
use crate::store::Store;
use crate::store::writer::Writer;

/// How long headers may take to arrive; bodies have their own deadline.
const HEADERS: Duration = Duration::from_secs(5);
/// How long a connection may idle between requests.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long requests in flight may take after the server stopped accepting.
const FINISH_SECONDS: u64 = 10;

/// How to start.
pub struct ServerOptions {
    /// The database.
    pub store: Store,
    /// The thread that writes responses. The server shuts it down when it stops.
    pub writer: Writer,
    /// Where to listen; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Threads that answer; 0: one a core.
    pub workers: usize,
    /// Connections that each of them holds open at most.
    pub connections: usize,
    /// How long `/readyz` says 503 before the server stops accepting, so that a balancer notices.
    pub drain: Duration,
    /// The routes of every face, and what answers where there is none.
    pub faces: fn(&mut web::ServiceConfig),
    /// What it allows.
    pub limits: Limits,
    /// What time it is.
    pub clock: Clock,
}

/// A server that runs.
pub struct Running {
    addr: SocketAddr,
    state: AppState,
    server: Server,
    drain: Duration,
}

/// Stops a server; a clone stops the same one.
#[derive(Clone)]
pub struct Stopper {
    handle: ServerHandle,
    state: AppState,
    drain: Duration,
}

/// Why a server ended.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be listened on, or the event loop failed.
    #[error("the server cannot run: {0}")]
    Io(#[from] io::Error),
    /// The database file failed: what is not acknowledged may be lost, and only a fresh start reads the file anew.
    #[error("the writer of responses failed: {0}")]
    Writer(String),
}

/// Listens and begins to answer. Must be called on an actix runtime, which [`Running::stopped`] then drives.
///
/// # Errors
/// [`ServerError::Io`] if the address is taken or not ours.
pub fn start(options: ServerOptions) -> Result<Running, ServerError> {
    let listener = TcpListener::bind(options.listen)?;
    let addr = listener.local_addr()?;
    let state = AppState::new(options.store, options.writer, options.clock, options.limits);
    let shared = state.clone();
    let faces = options.faces;
    let mut server = HttpServer::new(move || app(shared.clone(), faces))
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEADERS)
        .client_disconnect_timeout(Duration::from_secs(1))
        .max_connections(options.connections)
        .shutdown_timeout(FINISH_SECONDS)
        .disable_signals();
    if options.workers > 0 {
        server = server.workers(options.workers);
    }
    let server = server.listen(listener)?.run();
    tracing::info!(%addr, "listening");
    Ok(Running { addr, state, server, drain: options.drain })
}

/// The application of one worker.
fn app(
    state: AppState,
    faces: fn(&mut web::ServiceConfig),
) -> App<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = actix_web::Error, InitError = ()>> {
    App::new()
        .app_data(state)
        .app_data(web::PathConfig::default().error_handler(|_, _| Refusal::not_found().into()))
        .configure(faces)
        .wrap(from_fn(telemetry::around))
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What stops it.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper { handle: self.server.handle(), state: self.state.clone(), drain: self.drain }
    }

    /// Answers until it is stopped or its writer fails, then stores what has queued.
    ///
    /// # Errors
    /// [`ServerError::Writer`] if the database file failed: the process should exit with an error and be started anew.
    pub async fn stopped(self) -> Result<(), ServerError> {
        let writer = self.state.writer().clone();
        let stopper = Stopper { drain: Duration::ZERO, ..self.stopper() };
        let mut fatal = writer.fatal();
        let watch = actix_web::rt::spawn(async move {
            let cause = fatal.wait_for(Option::is_some).await.ok().and_then(|cause| cause.clone());
            if cause.is_some() {
                stopper.stop().await;
            }
            cause
        });
        self.server.await?;
        let drained = writer.clone();
        web::block(move || drained.shutdown()).await.map_err(|error| io::Error::other(error.to_string()))?;
        watch.abort();
        let cause = writer.fatal().borrow().clone();
        cause.map_or(Ok(()), |cause| Err(ServerError::Writer(cause)))
    }

    /// The same, and SIGTERM or SIGINT (Ctrl-C) stop it.
    ///
    /// # Errors
    /// Those of [`Running::stopped`]; [`ServerError::Io`] if signals cannot be listened to.
    pub async fn until_signal(self) -> Result<(), ServerError> {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let stopper = self.stopper();
        let watch = actix_web::rt::spawn(async move {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
            tracing::info!("stopping");
            stopper.stop().await;
        });
        let ended = self.stopped().await;
        watch.abort();
        ended
    }
}

impl Stopper {
    /// Says "not ready", waits as long as the options said, stops accepting and lets what is in flight finish.
    pub async fn stop(&self) {
        self.state.drain();
        tokio::time::sleep(self.drain).await;
        self.handle.stop(true).await;
    }
}
