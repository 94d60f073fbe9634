//! The real program on a free port, and an HTTP client that can misbehave.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Longer than anything here takes on a loaded machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program, with none of its variables set by whoever runs the tests.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_photo-archive"));
    command.env_clear().current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) banner: String,
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start(photos: &Path, arguments: &[&str]) -> Self {
        let mut command = program();
        command.arg("--photos").arg(photos).args(arguments);
        Self::run(command)
    }

    pub(crate) fn run(mut command: Command) -> Self {
        let mut child = command
            .args(["--bind", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        stdout.read_line(&mut banner).unwrap();
        let address = banner
            .split("http://")
            .nth(1)
            .and_then(|a| a.trim().parse().ok());
        stdout.read_line(&mut banner).unwrap();
        let Some(address) = address else {
            panic!("no address in {banner:?}: {:?}", child.wait_with_output());
        };
        Self {
            child,
            address,
            banner,
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
        let mut stream = TcpStream::connect(self.address).unwrap();
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
        fs::read_dir(format!("/proc/{}/fd", self.child.id()))
            .unwrap()
            .count()
    }

    /// Processes that the server has started.
    pub(crate) fn children(&self) -> String {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let id = self.child.id();
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
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        (self.child.wait().unwrap(), log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
