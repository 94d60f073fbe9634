//! The real program on a free port, and an HTTP client that can misbehave.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything here takes on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program, with none of its variables set by whoever runs the tests.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_photo-archive"));
    command.env_clear().current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

/// What `work` comes to, on a thread of its own.
fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(work()));
    receiver
}

/// What comes of it, but not after all patience: a test that hangs tells nothing.
fn soon<T>(work: &Receiver<T>) -> T {
    work.recv_timeout(PATIENCE).expect("it takes too long")
}

/// All that comes from a pipe until it is closed. Somebody must read, or who writes has to wait.
fn text(mut pipe: impl Read + Send + 'static) -> Receiver<String> {
    beside(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    })
}

/// A process; killed when dropped.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::null());
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// How it ends, which it is about to.
    fn end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the program does not end");
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a program that ends by itself says.
pub(crate) fn output(mut command: Command) -> Output {
    let mut process = Process::start(&mut command);
    let stdout = text(process.0.stdout.take().unwrap());
    let stderr = text(process.0.stderr.take().unwrap());
    Output {
        status: process.end(),
        stdout: soon(&stdout).into(),
        stderr: soon(&stderr).into(),
    }
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) banner: String,
    /// Locked only to be shared by threads; read at the end.
    log: Mutex<Receiver<String>>,
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start(photos: &Path, arguments: &[&str]) -> Self {
        let mut command = program();
        command.arg("--photos").arg(photos).args(arguments);
        Self::run(command)
    }

    pub(crate) fn run(command: Command) -> Self {
        Self::announced(command, 2)
    }

    /// One whose first lines are so many.
    pub(crate) fn announced(mut command: Command, lines: usize) -> Self {
        let mut process = Process::start(command.args(["--bind", "127.0.0.1:0"]));
        let log = text(process.0.stderr.take().unwrap());
        let mut stdout = BufReader::new(process.0.stdout.take().unwrap());
        let (banner, stdout) = soon(&beside(move || {
            let mut banner = String::new();
            for _ in 0..lines {
                stdout.read_line(&mut banner).unwrap();
            }
            (banner, stdout)
        }));
        let address = banner
            .lines()
            .next()
            .and_then(|line| line.split("http://").nth(1)?.parse().ok());
        let Some(address) = address else {
            drop(process);
            panic!("no address in {banner:?}: {}", soon(&log));
        };
        Self {
            process,
            address,
            banner,
            log: Mutex::new(log),
            _stdout: stdout,
        }
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.ask("GET", path, &[])
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        self.open(method, path, headers).read_to_end()
    }

    /// Sends a request and reads the head of the answer; its body is read by the test, or not.
    pub(crate) fn open(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Pending {
        self.open_over(
            TcpStream::connect(self.address).unwrap(),
            method,
            path,
            headers,
        )
    }

    /// The same over a connection that is there.
    pub(crate) fn open_over(
        &self,
        mut stream: TcpStream,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Pending {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let headers: String = headers
            .iter()
            .map(|(k, v)| format!("{k}: {v}\r\n"))
            .collect();
        let host = self.address;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
        )
        .unwrap();
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status in {line:?}"));
        let mut headers = HashMap::new();
        loop {
            line.clear();
            stream.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.insert(name.to_owned(), value.to_owned());
        }
        Pending {
            status,
            headers,
            stream,
        }
    }

    /// Open descriptors of the server.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.process.0.id()))
            .unwrap()
            .count()
    }

    /// Processes that the server has started.
    pub(crate) fn children(&self) -> String {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.process.0.id())).unwrap();
        let id = self.process.0.id();
        let mut children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        for task in tasks {
            // A thread may have ended since it was listed.
            let read = fs::read_to_string(task.unwrap().path().join("children"));
            children += &read.unwrap_or_default();
        }
        children
    }

    /// Waits until the server holds no more descriptors than `count`.
    pub(crate) fn wait_for_descriptors(&self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.descriptors() > count {
            assert!(
                Instant::now() < deadline,
                "{} descriptors are left",
                self.descriptors()
            );
            sleep(Duration::from_millis(10));
        }
    }

    /// Sends a signal, and answers how the program ended and what it had logged.
    pub(crate) fn end(mut self, signal: Signal) -> (ExitStatus, String) {
        kill_process(Pid::from_child(&self.process.0), signal).unwrap();
        (self.process.end(), soon(&self.log.into_inner().unwrap()))
    }
}

/// An answer whose body has not been read.
pub(crate) struct Pending {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) stream: BufReader<TcpStream>,
}

impl Pending {
    pub(crate) fn read(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Waits until the server has reset the connection, without taking a byte from it.
    pub(crate) fn wait_for_reset(&self) {
        // Asked for nothing, it tells of errors and the end of both directions.
        let mut sockets = [PollFd::new(self.stream.get_ref(), PollFlags::empty())];
        let timeout = Timespec::try_from(PATIENCE).unwrap();
        let count = poll(&mut sockets, Some(&timeout)).unwrap();
        assert_eq!(count, 1, "the connection is not reset");
    }

    pub(crate) fn read_to_end(mut self) -> Response {
        let mut body = Vec::new();
        // A connection that is cut ends the body like any other end.
        let _ = self.stream.read_to_end(&mut body);
        Response {
            status: self.status,
            headers: self.headers,
            body,
        }
    }
}

/// An answer.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn length(&self) -> usize {
        self.headers["content-length"].parse().unwrap()
    }
}
