//! A server process, clients that speak the protocol, and client processes.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket, client};

/// Far longer than anything takes, even on a busy machine: only a failure waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The program under test, ended when dropped.
pub(crate) struct Process {
    pub(crate) child: Child,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env_remove("RUST_LOG")
            .spawn()
            .unwrap();
        Self { child }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Everything it has written to stderr; it has ended.
    pub(crate) fn errors(&mut self) -> String {
        let mut text = String::new();
        let stderr = self.child.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ws-chatroom"))
}

/// A running server.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", flags)
    }

    pub(crate) fn start_at(address: &str, flags: &[&str]) -> Self {
        Self::run(program().args(["server", "--bind", address]).args(flags))
    }

    pub(crate) fn run(command: &mut Command) -> Self {
        let mut process = Process::start(command);
        let mut line = String::new();
        BufReader::new(process.child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .strip_prefix("listening on ws://")
            .and_then(|rest| rest.split(';').next())
            .unwrap_or_else(|| panic!("{line:?}"));
        Self {
            address: address.parse().unwrap(),
            process,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(crate) fn connect(&self) -> Client {
        let stream = self.raw();
        let (socket, _) = client(self.url(), stream).unwrap();
        Client(socket)
    }

    /// A connection that does not speak WebSocket by itself.
    pub(crate) fn raw(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }
}

/// A client that answers pings only while it reads.
pub(crate) struct Client(pub(crate) WebSocket<TcpStream>);

impl Client {
    pub(crate) fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }

    /// The next text, waited for.
    pub(crate) fn receive(&mut self) -> String {
        loop {
            match self.0.read().unwrap() {
                Message::Text(text) => return text.to_string(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) fn expect(&mut self, texts: &[&str]) {
        for text in texts {
            assert_eq!(self.receive(), *text);
        }
    }

    /// Reads on until the server's closing frame and the end of the connection.
    pub(crate) fn closed(&mut self) -> CloseCode {
        let mut code = None;
        loop {
            match self.0.read() {
                Ok(Message::Close(frame)) => code = frame.map(|frame| frame.code),
                Ok(_) => {}
                Err(Error::ConnectionClosed) => return code.unwrap(),
                Err(error) => panic!("{error}, after {code:?}"),
            }
        }
    }
}

/// The client program between two pipes.
pub(crate) struct Piped {
    pub(crate) process: Process,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Piped {
    pub(crate) fn start(url: &str) -> Self {
        let mut process = Process::start(program().args(["client", url]));
        Self {
            input: process.child.stdin.take(),
            output: BufReader::new(process.child.stdout.take().unwrap()),
            process,
        }
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end_matches('\n').to_owned()
    }

    /// Ends the input and answers everything else that is printed.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        drop(self.input.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        (self.process.wait(), rest)
    }
}

/// Whether the peer has closed, reading and throwing away what comes before.
pub(crate) fn ended(stream: &mut TcpStream) -> bool {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::ConnectionReset,
        }
    }
}
