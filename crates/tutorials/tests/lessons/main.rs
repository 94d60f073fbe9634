//! The lessons as a reader meets them: the real binary, over real sockets.

// A test's helpers are tests too: a panic is how they fail.
#![allow(clippy::unwrap_used)]

mod clients;
mod downloads;
mod errors;
mod process;
mod readme;
mod scenario;
mod servers;
mod traces;
