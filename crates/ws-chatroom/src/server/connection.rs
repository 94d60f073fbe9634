//! One client's connection: a task that reads, and goes on writing where its socket was full.
//!
//! tungstenite speaks the protocol, in memory: it reads from the bytes that came
//! and writes (pongs, the answer to a closing frame) into the hub's batch, so its
//! frames and the room's never mix. Python's `websockets` has the same design
//! inside, and a coroutine with an inbox around it.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use std::future::poll_fn;
use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::hub::{Phase, Shared};
use crate::room::Seat;

/// What tungstenite takes of the bytes that came at a time, and keeps for each
/// connection while nothing comes. Its default of 128 KiB is filled with zeros
/// at every attempt to read.
const PROTOCOL_BUFFER: usize = 128;

#[derive(Debug)]
struct Connection {
    hub: Shared,
    seat: Seat,
    reader: OwnedReadHalf,
    protocol: WebSocketContext,
    /// The peer sends no more.
    ended: bool,
    /// All has been written, and the peer knows.
    finished: bool,
}

/// Serves one client from behind the handshake until the connection has ended.
///
/// `early` is what came behind the handshake already.
///
/// # Cancel safety
///
/// Not cancel safe: the client would stay in the room. Its task ends by itself.
pub(super) async fn serve(hub: Shared, stream: TcpStream, early: Vec<u8>) {
    let waker = poll_fn(|context| Poll::Ready(context.waker().clone())).await;
    let (reader, writer) = stream.into_split();
    let max = hub.borrow().settings.max_message;
    let config = WebSocketConfig::default()
        .read_buffer_size(PROTOCOL_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(max))
        .max_frame_size(Some(max));
    let seat = hub.borrow_mut().connect(writer, waker);
    let mut connection = Connection {
        hub,
        seat,
        reader,
        protocol: WebSocketContext::new(Role::Server, Some(config)),
        ended: false,
        finished: false,
    };
    connection.feed(&early);
    poll_fn(|context| connection.poll(context)).await;
    connection.hub.borrow_mut().remove(seat);
}

impl Connection {
    /// Ready when the connection is to be dropped.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut scratch = mem::take(&mut self.hub.borrow_mut().scratch);
        let reading = self.poll_read(&mut scratch, context);
        let mut hub = self.hub.borrow_mut();
        hub.scratch = scratch;
        let phase = hub.phase(self.seat);
        let gone = self.ended && phase == Phase::Open;
        if reading.is_err() || gone || phase == Phase::Broken {
            return Poll::Ready(());
        }
        match hub.poll_resume(self.seat, context) {
            Ok(true) if phase != Phase::Open => {
                if !mem::replace(&mut self.finished, true) {
                    hub.finish(self.seat, context);
                }
                // The peer's end comes last: closing before it could cost the peer our frame.
                if self.ended {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            }
            Ok(_) => Poll::Pending,
            Err(_) => Poll::Ready(()),
        }
    }

    fn poll_read(&mut self, scratch: &mut [u8], context: &mut Context<'_>) -> io::Result<()> {
        while !self.ended {
            let mut buffer = ReadBuf::new(scratch);
            let Poll::Ready(read) = Pin::new(&mut self.reader).poll_read(context, &mut buffer)
            else {
                break;
            };
            read?;
            let full = buffer.remaining() == 0;
            match buffer.filled() {
                [] => self.ended = true,
                bytes => self.feed(bytes),
            }
            if full {
                // There may be more, but the others come first.
                context.waker().wake_by_ref();
                break;
            }
        }
        Ok(())
    }

    /// Hands to the room what these bytes say. Nothing of a client that is on its way out.
    fn feed(&mut self, bytes: &[u8]) {
        let mut wire = Wire {
            input: bytes,
            output: Vec::new(),
        };
        while self.hub.borrow().phase(self.seat) == Phase::Open {
            let message = self.protocol.read(&mut wire);
            let mut hub = self.hub.borrow_mut();
            if !wire.output.is_empty() && !matches!(message, Err(Error::ConnectionClosed)) {
                hub.answer(self.seat, &mem::take(&mut wire.output));
            }
            let (code, reason) = match message {
                Ok(Message::Text(text)) => {
                    hub.text(self.seat, &text);
                    continue;
                }
                Ok(Message::Pong(_)) => {
                    hub.pong(self.seat);
                    continue;
                }
                // Both are answered by the next read.
                Ok(Message::Ping(_) | Message::Close(_) | Message::Frame(_)) => continue,
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => break,
                Err(Error::ConnectionClosed) => {
                    hub.left(self.seat, &wire.output);
                    break;
                }
                Ok(Message::Binary(_)) => (CloseCode::Unsupported, "only text is spoken here"),
                Err(Error::Capacity(_)) => (CloseCode::Size, "the message is too long"),
                Err(Error::Utf8(_)) => (CloseCode::Invalid, "the text is not UTF-8"),
                Err(_) => (CloseCode::Protocol, "that is not the WebSocket protocol"),
            };
            hub.close(self.seat, code, reason);
        }
    }
}

/// The bytes that came, and what tungstenite answers to them.
struct Wire<'a> {
    input: &'a [u8],
    output: Vec<u8>,
}

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.input.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.input.read(buffer)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
