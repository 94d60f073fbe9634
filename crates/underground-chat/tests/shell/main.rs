//! The real binary over real sockets and a real pseudo-terminal.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

mod chaos;
mod commands;
mod conversation;
mod crowd;
mod mistakes;
mod program;
mod server;
mod sigkill;
mod terminal;
