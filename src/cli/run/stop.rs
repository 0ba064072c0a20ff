//! Ctrl-C and SIGTERM while a run is computed here: the run is called off, and the process ends.

use std::sync::mpsc;
use std::thread;

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::office::runs::here;
use crate::office::{Actor, Office};
use crate::words::Lang;

/// What a shell adds to the number of a signal for the status of a process that it ended.
const ENDED_BY: i32 = 128;

/// While it lives, a signal calls the run off.
pub(in crate::cli) struct Watch(Option<oneshot::Sender<()>>);

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(over) = self.0.take() {
            let _ = over.send(()); // the thread may have gone by itself
        }
    }
}

/// Listens for both signals in a thread of its own; they are heard once this returns.
pub(super) fn watch(office: &Office, actor: &Actor, id: Uuid, lang: Lang) -> Result<Watch> {
    let (office, actor) = (office.clone(), actor.clone());
    let (over, told) = oneshot::channel();
    let (ready, listening) = mpsc::channel();
    thread::Builder::new().name("signals".into()).spawn(move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(ready.send(Err(error))),
        };
        let number = runtime.block_on(async {
            let (mut interrupt, mut terminate) = match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
                (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
                (Err(error), _) | (_, Err(error)) => {
                    let _ = ready.send(Err(error));
                    return None;
                }
            };
            let _ = ready.send(Ok(()));
            tokio::select! {
                _ = told => None,
                _ = interrupt.recv() => Some(SignalKind::interrupt()),
                _ = terminate.recv() => Some(SignalKind::terminate()),
            }
        });
        if let Some(kind) = number {
            // Nothing to say where it was done in the meantime.
            if here::call_off(&office, &actor, id).is_ok() {
                eprintln!("\n{}", lang.pick(format!("đã dừng lần tính {id}"), format!("run {id} is cancelled")));
            }
            std::process::exit(ENDED_BY + kind.as_raw_value());
        }
    })?;
    listening.recv()??;
    Ok(Watch(Some(over)))
}
