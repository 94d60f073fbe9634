//! The chat's protocol as pure state machines: bytes in, events and bytes out.
//!
//! No socket, no clock, no runtime. [`ClientSession`] is what a client knows
//! across all its connections, [`ServerSession`] what a server knows about one.
//! Both are driven by the same few calls: feed what arrived, take what is to be
//! sent, act on what happened. So both are tested line by line, byte by byte,
//! and against each other, without a port being opened.
//!
//! The Python original has no such layer: each script writes and reads the
//! stream in turn, believes every answer to be one line in one packet, and
//! takes the end of the stream for an empty line.

mod account;
mod client;
mod line;
mod server;
pub mod text;

pub use account::{Account, Token};
pub use client::{ClientEvent, ClientSession, Login, MessageId, PostError, ProtocolError};
pub use line::{LONGEST_LINE, LineBuffer, LineTooLong};
pub use server::{Limits, Request, ServerSession};

/// What the server says first on the write port. `%username%` is sent as it stands.
pub const GREETING: &str =
    "Hello %username%! Enter your personal hash or leave it empty to create new account.";
/// The answer to a token that no account has; the [`PROMPT`] follows at once.
pub const UNKNOWN: &str = "null";
/// Asks for the nickname of a new account.
pub const PROMPT: &str = "Enter preferred nickname below:";
/// Follows the account's line: from here on messages are taken.
pub const WELCOME: &str = "Welcome to chat! Post your message below. End it with an empty line.";
/// Confirms a message, and answers an empty line. The grammar is the original's.
pub const SENT: &str = "Message send. Write more, end message with an empty line.";
