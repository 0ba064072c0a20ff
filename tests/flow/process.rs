//! The real binary as a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::Client;

/// How long a server may take to say where it listens: a debug build on a busy machine reads the code lists first.
const PATIENCE: Duration = Duration::from_secs(120);

/// The command line on a data folder.
pub(crate) fn hailong(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hailong"));
    command.arg("--data").arg(data).env_remove("HAILONG_DATABASE").env("HAILONG_LOG", "info");
    command
}

/// Runs a command to its end; it must succeed.
#[track_caller]
pub(crate) fn run(data: &Path, arguments: &[&str]) -> String {
    let output: Output = hailong(data).args(arguments).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "hailong {arguments:?}: {}\n{out}\n{err}", output.status);
    out.into_owned()
}

/// A server in a process of its own.
pub(crate) struct Process {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    pub(crate) addr: SocketAddr,
    pub(crate) data: PathBuf,
}

impl Process {
    /// Starts `hailong serve` on a free port and waits until it listens.
    pub(crate) fn start(data: &Path) -> Self {
        let mut command = hailong(data);
        command.args(["serve", "--listen", "127.0.0.1:0", "--no-rate-limit", "--workers", "2"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, lines) = (Arc::clone(&log), BufReader::new(child.stderr.take().unwrap()));
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                kept.lock().unwrap().push(line);
            }
        });
        let since = Instant::now();
        let addr = loop {
            let said = log.lock().unwrap().iter().find_map(|line| line.split_once("addr=")?.1.split_whitespace().next()?.parse().ok());
            if let Some(addr) = said {
                break addr;
            }
            assert!(
                child.try_wait().unwrap().is_none() && since.elapsed() < PATIENCE,
                "the server did not start: {:#?}",
                log.lock().unwrap()
            );
            thread::sleep(Duration::from_millis(10));
        };
        Self { child, log, addr, data: data.to_owned() }
    }

    /// A client with a new key, made as an operator makes it.
    pub(crate) fn client(&self, role: &str, unit: Option<&str>) -> Client {
        let name = format!("test {role}");
        let mut arguments = vec!["key", "create", "--role", role, "--name", &name];
        arguments.extend(unit.map(|unit| ["--unit", unit]).iter().flatten());
        Client::new(self.addr, Some(run(&self.data, &arguments).trim().to_owned()))
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM: the server drains and exits with success; nothing in its log is a warning or worse.
    pub(crate) fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let log = self.log.lock().unwrap();
        let wrong: Vec<&String> = log.iter().filter(|line| line.contains(" WARN ") || line.contains("ERROR")).collect();
        assert!(wrong.is_empty(), "the log has warnings: {wrong:#?}");
        assert!(status.success(), "the server ended with {status}");
    }
}
