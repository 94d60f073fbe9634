//! The binary, started and ended.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

/// How long anything may take before the test gives up. Generous: the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn tutorials(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tutorials"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TUTORIALS_")) {
        command.env_remove(name);
    }
    command
}

/// Runs a lesson that ends by itself, or should.
pub(crate) fn run(arguments: &[&str]) -> Output {
    let mut command = tutorials(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = Pid::from_child(&child);
    let (ended, watched) = channel::<()>();
    // One that hangs is a failed assertion, not a test that hangs.
    let watchdog = std::thread::spawn(move || {
        let hangs = watched.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
        if hangs {
            let _ = kill_process(pid, Signal::KILL);
        }
        hangs
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    assert!(!watchdog.join().unwrap(), "{arguments:?} does not end");
    output
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A lesson that serves until it is told to end.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// The first line it printed.
    pub(crate) first: String,
    rest: Receiver<String>,
}

impl Server {
    /// Starts a lesson at a port of the system's choice; `None` where the kernel refuses io_uring.
    pub(crate) fn start(arguments: &[&str]) -> Option<Self> {
        let mut child = tutorials(arguments)
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        if first.is_empty() && arguments[0] == "completion" {
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(1));
            let error = text(&output.stderr);
            assert!(
                error.contains("refuses io_uring") && error.lines().count() == 1,
                "{error}"
            );
            return None;
        }
        let port = first
            .split("127.0.0.1:")
            .nth(1)
            .unwrap()
            .split(';')
            .next()
            .unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.parse().unwrap()));
        // Read all along: a server must not stop because nobody reads what it says.
        let (said, rest) = channel();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                // Nobody listens any more: read on nevertheless.
                let _ = said.send(line);
            }
        });
        Some(Self {
            child,
            address,
            first: first.trim_end().to_owned(),
            rest,
        })
    }

    /// How many descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        let directory = format!("/proc/{}/fd", self.child.id());
        std::fs::read_dir(directory).unwrap().count()
    }

    /// As `ulimit -n` does, but while it runs.
    pub(crate) fn limit_descriptors(&self, count: u64) {
        let limit = Rlimit {
            current: Some(count),
            maximum: Some(count),
        };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Nofile, limit).unwrap();
    }

    pub(crate) fn port(&self) -> String {
        self.address.port().to_string()
    }

    /// The next line that it says.
    pub(crate) fn line(&self) -> String {
        self.rest.recv_timeout(PATIENCE).unwrap()
    }

    /// Presses Ctrl-C, waits for a clean end, and answers what it says and nobody has read.
    pub(crate) fn interrupt(mut self) -> String {
        let status = self.signal(Signal::INT);
        let rest: String = self.rest.iter().map(|line| line + "\n").collect();
        assert_eq!(status.code(), Some(0), "{rest}");
        // Threads that have just noticed a goodbye may say so after it.
        assert!(rest.lines().any(|line| line == "bye"), "{rest}");
        rest
    }

    pub(crate) fn signal(&mut self, signal: Signal) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "it does not end");
            // The operating system offers no wait with a time limit.
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a failed assertion; else it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
