//! How far a computation is.

use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::sync::Mutex;

use crate::jobs::recompute::Stage;

/// A progress bar on a terminal; elsewhere nothing.
#[derive(Default)]
pub(in crate::cli) struct Bar(Mutex<()>);

impl Bar {
    /// Shows how far a stage is.
    pub(in crate::cli) fn show(&self, stage: Stage, done: usize, total: usize) -> ControlFlow<()> {
        self.line(stage.as_str(), done, total);
        ControlFlow::Continue(())
    }

    /// Shows how far anything is.
    pub(in crate::cli) fn line(&self, what: &str, done: usize, total: usize) {
        const WIDTH: usize = 30;
        let mut out = std::io::stderr();
        if !out.is_terminal() {
            return;
        }
        let _guard = self.0.lock();
        let full = WIDTH * done.min(total) / total.max(1);
        let _ = write!(out, "\r{what:<12} [{}{}] {done}/{total}   ", "#".repeat(full), "-".repeat(WIDTH - full));
        let _ = out.flush();
    }

    /// Takes the bar away.
    pub(in crate::cli) fn clear(&self) {
        let mut out = std::io::stderr();
        if out.is_terminal() {
            let _guard = self.0.lock();
            let _ = write!(out, "\r{:70}\r", "");
            let _ = out.flush();
        }
    }
}
