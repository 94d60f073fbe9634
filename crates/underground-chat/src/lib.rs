//! The anonymous chat of the course ("minechat"): its protocol, a client that
//! stays connected, and a server to use it with offline.
//!
//! | module | what it is |
//! |---|---|
//! | [`protocol`] | pure state machines for both sides: bytes in, events and bytes out |
//! | [`client`] | keeps both ports up: one handle to send, one stream of events |
//! | [`history`] | what was said, a line a message, in a file that survives being killed |
//! | [`credentials`] | the token in a `.env` file |
//! | [`server`] | both ports, accounts in a database, any number of readers |
//! | `flags` | the flags and variables that all clients share (feature `flags`) |
//! | `cli` | the commands of the terminal program (feature `cli`, on by default) |
//!
//! A program with a window of its own leaves `cli` out and takes `flags`.

#[cfg(feature = "cli")]
pub mod cli;
pub mod client;
pub mod credentials;
#[cfg(feature = "flags")]
pub mod flags;
pub mod history;
pub mod protocol;
pub mod server;
