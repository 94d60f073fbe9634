//! Bytes in, requests out: what a connection speaks, without a socket.
//!
//! A [`Session`] is one connection's protocol: lines of text for TCP; for the web
//! first HTTP, then WebSocket. It is fed whatever chunks arrive, and any chunking
//! of the same bytes gives the same requests. So neither the page nor the
//! WebSocket needs a runtime's own library: where Python has one for each
//! (`StreamReader.readline`, `LineReceiver`, `aiohttp.web`), all four drivers share this.

mod front;
mod lines;
mod page;
mod socket;
mod telnet;

use bytes::Bytes;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::frame::{Frame, Utf8Bytes};

use crate::kernel::Line;
pub use front::{Front, too_many};
pub use lines::Lines;
use socket::Socket;

/// What a peer may do.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest request in bytes, without its line end.
    pub max_line: usize,
    /// Origins beside the server's own whose pages may open the WebSocket, like `https://example.org`.
    pub allow_origin: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_line: 4096,
            allow_origin: Vec::new(),
        }
    }
}

/// One connection's protocol.
#[derive(Debug)]
pub struct Session(Stage);

#[derive(Debug)]
enum Stage {
    Lines(Lines),
    Front(Box<Front>),
    Socket(Box<Socket>),
}

/// What a chunk of bytes contained.
#[derive(Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// A request.
    Line(Line<'a>),
    /// Bytes to send back: the protocol's own answer, like a pong.
    Reply(Bytes),
    /// The same, and from now on the connection takes WebSocket frames.
    Upgraded(Bytes),
    /// The same, and it is the last: the conversation is over.
    Last(Bytes),
}

impl Session {
    /// A TCP client's.
    #[must_use]
    pub fn lines() -> Self {
        Self(Stage::Lines(Lines::default()))
    }

    /// A browser's, from its first request on.
    #[must_use]
    pub fn web() -> Self {
        Self(Stage::Front(Box::default()))
    }

    /// Whether it speaks lines.
    #[must_use]
    pub fn is_lines(&self) -> bool {
        matches!(self.0, Stage::Lines(_))
    }

    /// Whether it still has to become a WebSocket.
    #[must_use]
    pub fn is_front(&self) -> bool {
        matches!(self.0, Stage::Front(_))
    }

    /// Whether it is a WebSocket by now.
    #[must_use]
    pub fn is_socket(&self) -> bool {
        matches!(self.0, Stage::Socket(_))
    }

    /// The next thing that `bytes` contain, which are taken as they are used; `None` when more must come.
    pub fn next<'s, 'b: 's>(
        &'s mut self,
        bytes: &mut &'b [u8],
        limits: &Limits,
    ) -> Option<Input<'s>> {
        if let Stage::Front(front) = &mut self.0 {
            let input = front.next(bytes, limits)?;
            if matches!(input, Input::Upgraded(_)) {
                self.0 = Stage::Socket(Box::new(Socket::new(limits)));
            }
            return Some(input);
        }
        match &mut self.0 {
            Stage::Lines(lines) => lines.next(bytes, limits.max_line),
            Stage::Socket(socket) => socket.next(bytes, limits.max_line),
            Stage::Front(_) => unreachable!("served above"),
        }
    }

    /// What says goodbye; nothing but a WebSocket has such a thing.
    #[must_use]
    pub fn goodbye(&self, code: CloseCode, reason: &'static str) -> Bytes {
        if self.is_socket() {
            close(code, reason)
        } else {
            Bytes::new()
        }
    }
}

/// A WebSocket's ping, which a living peer answers.
#[must_use]
pub fn ping() -> Bytes {
    format(Frame::ping(Bytes::new()))
}

fn close(code: CloseCode, reason: &'static str) -> Bytes {
    let reason = Utf8Bytes::from_static(reason);
    format(Frame::close(Some(CloseFrame { code, reason })))
}

fn format(frame: Frame) -> Bytes {
    let mut bytes = Vec::new();
    frame.format(&mut bytes).expect("a Vec takes every write");
    bytes.into()
}

#[cfg(test)]
mod properties;
