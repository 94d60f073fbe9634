//! WebSocket in memory: tungstenite on a slice of bytes.
//!
//! Its buffer is small on purpose. By default tungstenite zero-fills 128 KiB at
//! every attempt to read, and would keep them for each idle client.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;

use bytes::Bytes;
use tungstenite::protocol::frame::Utf8Bytes;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

use super::{Input, Limits, close};
use crate::kernel::Line;

/// What tungstenite takes at a time, and keeps for each idle client.
const BUFFER: usize = 128;
/// A message this long is read to its end and answered with an error; a longer one closes with 1009.
const LONGEST: usize = 64 * 1024;

/// A WebSocket client's side of the conversation.
#[derive(Debug)]
pub(super) struct Socket {
    protocol: WebSocketContext,
    /// The text that was answered last.
    text: Utf8Bytes,
    /// What tungstenite wants sent.
    output: Vec<u8>,
    ended: bool,
}

impl Socket {
    pub(super) fn new(limits: &Limits) -> Self {
        let longest = Some(LONGEST.max(limits.max_line));
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(0)
            .max_message_size(longest)
            .max_frame_size(longest);
        Self {
            protocol: WebSocketContext::new(Role::Server, Some(config)),
            text: Utf8Bytes::default(),
            output: Vec::new(),
            ended: false,
        }
    }

    pub(super) fn next(&mut self, bytes: &mut &[u8], max_line: usize) -> Option<Input<'_>> {
        self.text = Utf8Bytes::default();
        while !self.ended {
            let message = self.protocol.read(&mut Wire {
                input: bytes,
                output: &mut self.output,
            });
            if matches!(message, Err(Error::ConnectionClosed)) {
                self.ended = true;
                return Some(Input::Last(mem::take(&mut self.output).into()));
            }
            let (code, reason) = match message {
                Ok(Message::Text(text)) if text.len() > max_line => {
                    return Some(Input::Line(Line::TooLong));
                }
                Ok(Message::Text(text)) => {
                    self.text = text;
                    return Some(Input::Line(Line::Text(&self.text)));
                }
                // Pings and closing frames are answered by the next read.
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => {
                    continue;
                }
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                    let reply = Bytes::from(mem::take(&mut self.output));
                    return (!reply.is_empty()).then_some(Input::Reply(reply));
                }
                Ok(Message::Binary(_)) => (CloseCode::Unsupported, "only text is spoken here"),
                Err(Error::Capacity(_)) => (CloseCode::Size, "the message is too long"),
                Err(Error::Utf8(_)) => (CloseCode::Invalid, "the text is not UTF-8"),
                Err(_) => (CloseCode::Protocol, "that is not the WebSocket protocol"),
            };
            self.ended = true;
            self.output.extend_from_slice(&close(code, reason));
            return Some(Input::Last(mem::take(&mut self.output).into()));
        }
        *bytes = &[];
        None
    }
}

/// The bytes that came, and what tungstenite answers to them.
struct Wire<'a, 'b> {
    input: &'a mut &'b [u8],
    output: &'a mut Vec<u8>,
}

impl Read for Wire<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.input.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.input.read(buffer)
    }
}

impl Write for Wire<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
