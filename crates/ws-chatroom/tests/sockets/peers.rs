//! A server process, clients that speak the protocol, and client processes.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use socket2::{Domain, Socket, Type};
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
            thread::sleep(Duration::from_millis(5));
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

/// The program, with nothing set in its environment that it would listen to.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ws-chatroom"));
    unset(&mut command);
    command
}

/// Takes away what the person who runs the tests may have set for the program.
pub(crate) fn unset(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("WS_CHATROOM_") || text == "RUST_LOG" {
            command.env_remove(&name);
        }
    }
}

/// What a process or a terminal writes, read on a thread of its own: waiting for
/// it fails after [`PATIENCE`], and the writer is never held up.
pub(crate) struct Output {
    pieces: Receiver<Vec<u8>>,
    /// Received and not yet asked for.
    text: Vec<u8>,
}

impl Output {
    pub(crate) fn of(mut source: impl Read + Send + 'static) -> Self {
        let (sender, pieces) = channel();
        thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            // A terminal whose other side has gone answers an error instead of an end.
            while let Ok(read @ 1..) = source.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            pieces,
            text: Vec::new(),
        }
    }

    /// Waits for `wanted` and answers everything up to its end.
    pub(crate) fn until(&mut self, wanted: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut searched = 0;
        loop {
            let mut windows = self.text[searched..].windows(wanted.len());
            if let Some(start) = windows.position(|window| window == wanted.as_bytes()) {
                let behind = searched + start + wanted.len();
                let text: Vec<u8> = self.text.drain(..behind).collect();
                return String::from_utf8_lossy(&text).into_owned();
            }
            searched = (self.text.len() + 1).saturating_sub(wanted.len());
            assert!(self.more(end), "no {wanted:?} in {}", self.shown());
        }
    }

    /// Waits for the next line, which is answered without its end.
    pub(crate) fn line(&mut self) -> String {
        let line = self.until("\n");
        line.trim_end_matches('\n').to_owned()
    }

    /// Waits until the writer ends and answers everything else that it wrote.
    pub(crate) fn rest(&mut self) -> String {
        let end = Instant::now() + PATIENCE;
        while self.more(end) {}
        self.shown()
    }

    /// Waits for more; false when there will be none.
    fn more(&mut self, end: Instant) -> bool {
        let left = end.saturating_duration_since(Instant::now());
        match self.pieces.recv_timeout(left) {
            Ok(piece) => {
                self.text.extend(piece);
                true
            }
            Err(RecvTimeoutError::Disconnected) => false,
            Err(RecvTimeoutError::Timeout) => panic!("nothing more behind {}", self.shown()),
        }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

/// An address that nobody listens at, kept from being given to any other socket.
/// A server that asks for just this one still gets it.
pub(crate) struct Reserved {
    pub(crate) address: SocketAddr,
    _socket: Socket,
}

impl Reserved {
    pub(crate) fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.bind(&any.into()).unwrap();
        Self {
            address: socket.local_addr().unwrap().as_socket().unwrap(),
            _socket: socket,
        }
    }
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
        let line = Output::of(process.child.stdout.take().unwrap()).line();
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
    output: Output,
}

impl Piped {
    pub(crate) fn start(url: &str) -> Self {
        let mut process = Process::start(program().args(["client", url]));
        Self {
            input: process.child.stdin.take(),
            output: Output::of(process.child.stdout.take().unwrap()),
            process,
        }
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    pub(crate) fn line(&mut self) -> String {
        self.output.line()
    }

    /// Ends the input and answers everything else that is printed.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        drop(self.input.take());
        let rest = self.output.rest();
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
