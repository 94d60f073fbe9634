//! A client over either transport, which hears the same lines from both.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use chat_servers::hub::Transport;
use tungstenite::{Error, Message, WebSocket};

/// Longer than any loaded machine takes.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) enum Client {
    Tcp(BufReader<TcpStream>),
    Web(Box<WebSocket<TcpStream>>),
}

impl Client {
    pub(crate) fn connect(transport: Transport, address: SocketAddr) -> Self {
        let stream = connect(address);
        match transport {
            Transport::Tcp => Self::Tcp(BufReader::new(stream)),
            Transport::Web => {
                let url = format!("ws://{address}/ws");
                Self::Web(Box::new(tungstenite::client(url, stream).unwrap().0))
            }
        }
    }

    pub(crate) fn say(&mut self, line: &str) {
        match self {
            Self::Tcp(stream) => stream
                .get_mut()
                .write_all(format!("{line}\r\n").as_bytes())
                .unwrap(),
            Self::Web(socket) => socket.send(Message::text(line)).unwrap(),
        }
    }

    /// The next line without colour, or of a frame its message; `None` when the server has closed.
    pub(crate) fn hear(&mut self) -> Option<String> {
        match self {
            Self::Tcp(stream) => {
                let mut line = String::new();
                match stream.read_line(&mut line) {
                    Ok(0) => None,
                    Ok(_) => Some(without_color(line.strip_suffix('\n').unwrap())),
                    Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
                    Err(error) => panic!("heard nothing: {error}"),
                }
            }
            Self::Web(socket) => loop {
                match socket.read() {
                    Ok(Message::Text(text)) => return Some(spoken(&text)),
                    Ok(_) => {}
                    Err(Error::ConnectionClosed | Error::AlreadyClosed | Error::Protocol(_)) => {
                        return None;
                    }
                    Err(Error::Io(error)) if error.kind() == ErrorKind::ConnectionReset => {
                        return None;
                    }
                    Err(error) => panic!("heard nothing: {error}"),
                }
            },
        }
    }

    /// Says it and hears this, with times as `HH:MM:SS`.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.say(line);
        self.hear().expect("the server has closed")
    }

    /// Hears lines until this one.
    pub(crate) fn hear_until(&mut self, expected: &str) {
        while self.hear().expect("the server has closed") != expected {}
    }

    pub(crate) fn stream(&mut self) -> &mut TcpStream {
        match self {
            Self::Tcp(stream) => stream.get_mut(),
            Self::Web(socket) => socket.get_mut(),
        }
    }

    /// Goes without a word, and without hearing one.
    pub(crate) fn reset(mut self) {
        let socket = socket2::SockRef::from(&*self.stream());
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// A bare connection.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Everything that this connection still says.
pub(crate) fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.shutdown(Shutdown::Write);
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the server neither speaks nor closes: {error}"),
    }
    String::from_utf8(bytes).unwrap()
}

fn without_color(line: &str) -> String {
    let mut parts = line.split('\x1b');
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').expect("a whole escape sequence").1);
    }
    plain
}

fn spoken(text: &str) -> String {
    let frame: serde_json::Value = serde_json::from_str(text).unwrap();
    match (frame["action"].as_str(), &frame["message"]) {
        (Some("response"), serde_json::Value::String(line)) => line.clone(),
        // As the same list is written over TCP.
        (Some("list"), serde_json::Value::Array(names)) => {
            let names = names
                .iter()
                .map(|name| format!("'{}'", name.as_str().unwrap()));
            format!("[{}]", names.collect::<Vec<_>>().join(", "))
        }
        _ => panic!("no such frame: {text}"),
    }
}
