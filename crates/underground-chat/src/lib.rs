//! The anonymous chat of the course ("minechat"): its protocol, a client that
//! stays connected, and a server to use it with offline.
pub mod client;
pub mod protocol;
pub mod server;
