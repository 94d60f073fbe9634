//! One chat, four runtimes: TCP and WebSocket servers on tokio, smol, mio and
//! compio that share one kernel, alone or all at once in one process.
//!
//! The way of a line: a driver reads bytes, [`wire`] makes requests of them,
//! [`hub`] hands them to the [`kernel`] and what [`present`] makes of the answer
//! to each recipient's driver, which sends it.

pub mod cli;
pub mod drivers;
pub mod hub;
pub mod kernel;
pub mod present;
pub mod programs;
pub mod server;
pub mod settings;
pub mod wire;

mod log;
