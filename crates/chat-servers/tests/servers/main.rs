//! The servers as their users meet them: the real binary, real sockets, and the
//! same script for every runtime, over TCP, over WebSocket, and all at once.

// Helpers of tests are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

mod client;
mod ending;
mod hostile;
mod process;
mod scenario;
mod timeouts;
