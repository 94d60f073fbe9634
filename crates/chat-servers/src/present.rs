//! What a message looks like: a line for TCP, with or without colour, and a frame for WebSocket.
//!
//! A message is described once, as pieces of text with a colour each; both forms
//! come of the same pieces, so they cannot differ in a word. Each is made once
//! for each message and kind of client; all recipients share it. The Python
//! `ChatPackMessage` and `ChatColor` do that for every recipient anew.

mod clock;
mod pieces;

use std::sync::Arc;

use bytes::Bytes;
use jiff::tz::TimeZone;
use serde::Serialize;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::kernel::Message;
use clock::Clock;
pub use pieces::Color;
use pieces::{Piece, pieces};

/// Gives messages their form.
#[derive(Debug)]
pub struct Presenter {
    color: bool,
    clock: Clock,
}

/// What a page receives, in JSON.
#[derive(Serialize)]
#[serde(tag = "action", rename_all = "lowercase")]
enum Payload<'a> {
    Response {
        kind: &'static str,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<&'a str>,
    },
    List {
        message: Vec<&'a str>,
    },
}

impl Presenter {
    /// Lines with colour or without; times as clocks show them in `zone`.
    #[must_use]
    pub fn new(color: bool, zone: TimeZone) -> Self {
        Self {
            color,
            clock: Clock::new(zone),
        }
    }

    /// The line that a TCP client receives.
    pub fn line(&mut self, message: &Message<'_>) -> Bytes {
        let mut line = String::with_capacity(160);
        for piece in pieces(message, &mut self.clock) {
            if self.color {
                piece.paint(&mut line);
            } else {
                line.push_str(&piece.text);
            }
        }
        line.push('\n');
        line.into()
    }

    /// The frame that a WebSocket client receives.
    pub fn frame(&mut self, message: &Message<'_>) -> Bytes {
        let text = self.json(message);
        let frame = Frame::message(text, OpCode::Data(Data::Text), true);
        let mut bytes = Vec::with_capacity(frame.len());
        frame.format(&mut bytes).expect("a Vec takes every write");
        bytes.into()
    }

    /// The text of that frame.
    pub fn json(&mut self, message: &Message<'_>) -> String {
        let payload = if let Message::UserList { names, bare: true } = message {
            let message = names.iter().map(AsRef::as_ref).collect();
            Payload::List { message }
        } else {
            let line = pieces(message, &mut self.clock)
                .iter()
                .map(|piece: &Piece<'_>| piece.text.as_ref())
                .collect();
            let (kind, from, to): (_, Option<&Arc<str>>, Option<&Arc<str>>) = match message {
                Message::Login(name) | Message::Logout(name) => ("system", Some(name), None),
                Message::ShuttingDown => ("system", None, None),
                Message::Chat { from, .. } => ("chat", Some(from), None),
                Message::Private { from, to, .. } => ("private", Some(from), Some(to)),
                Message::WhoAmI { .. } | Message::UserList { .. } => ("info", None, None),
                Message::Error(_) => ("error", None, None),
            };
            let at = match message {
                Message::Chat { at, .. } | Message::Private { at, .. } => {
                    Some(self.clock.date(*at))
                }
                _ => None,
            };
            Payload::Response {
                kind,
                message: line,
                from: from.map(AsRef::as_ref),
                to: to.map(AsRef::as_ref),
                at,
            }
        };
        serde_json::to_string(&payload).expect("text and lists of text are JSON")
    }
}

#[cfg(test)]
mod tests;
