//! The program as a process: started on free ports, ended when dropped.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use chat_servers::hub::Transport;
use rustix::process::{Pid, Signal, kill_process};

use crate::client::Client;

pub(crate) const RUNTIMES: [&str; 4] = ["tokio", "mio", "smol", "compio"];

pub(crate) struct Program {
    child: Child,
    pub(crate) endpoints: Vec<(Transport, SocketAddr)>,
    log: mpsc::Receiver<String>,
}

impl Program {
    pub(crate) fn start(program: &str, flags: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chat-servers"));
        command.args(program.split(' ')).args(flags);
        command.args(["--port", "0", "--ws-port", "0"]);
        Self::spawn(command)
    }

    /// With no more descriptors than this.
    pub(crate) fn with_descriptors(program: &str, count: usize) -> Self {
        let mut command = Command::new("sh");
        let binary = env!("CARGO_BIN_EXE_chat-servers");
        command.args([
            "-c",
            &format!("ulimit -n {count} && exec {binary} {program} --port 0"),
        ]);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, log) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    // Nobody reads the log any more; the program must not block on it.
                    std::mem::forget(sender);
                    break;
                }
            }
        });
        let mut endpoints = Vec::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut expected = None;
        let mut line = String::new();
        while expected.is_none_or(|expected| endpoints.len() < expected) {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "it did not start");
            if let Some(count) = line.strip_prefix("One chat, ") {
                expected = count.split(' ').next().unwrap().parse().ok();
                continue;
            }
            expected = expected.or(Some(1));
            let place = line.split(" listening on ").nth(1).unwrap();
            let end = place.find(';').unwrap();
            let (transport, address) = match place[..end].strip_prefix("http://") {
                Some(place) => (Transport::Web, place.trim_end_matches('/')),
                None => (Transport::Tcp, &place[..end]),
            };
            endpoints.push((transport, address.parse().unwrap()));
        }
        thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
        Self {
            child,
            endpoints,
            log,
        }
    }

    pub(crate) fn client(&self, endpoint: usize) -> Client {
        let (transport, address) = self.endpoints[endpoint % self.endpoints.len()];
        Client::connect(transport, address)
    }

    /// A client that is logged in and has heard so.
    pub(crate) fn user(&self, endpoint: usize, name: &str) -> Client {
        let mut client = self.client(endpoint);
        let heard = client.ask(&format!("login {name}"));
        assert_eq!(heard, format!("[SYSTEM INFO] - [{name}] login to chat."));
        client
    }

    /// Waits until the log has a line with this in it, and answers that line.
    pub(crate) fn logs(&self, part: &str) -> String {
        loop {
            let line = self.log.recv_timeout(Duration::from_secs(30));
            let line = line.unwrap_or_else(|_| panic!("the log does not say {part:?}"));
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Reads the log no more: the pipe closes at its next line.
    pub(crate) fn close_log(&mut self) {
        self.log = mpsc::channel().1;
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
