//! The real server and the real client over real sockets.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

mod client;
mod hostile;
mod peers;
mod stages;
