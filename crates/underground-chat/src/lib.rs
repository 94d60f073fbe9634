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
//!
//! The terminal programs stand behind the feature `cli`, which is on by default;
//! a program with a window of its own leaves it out.

#[cfg(feature = "cli")]
pub mod cli;
pub mod client;
pub mod credentials;
pub mod history;
pub mod protocol;
pub mod server;
