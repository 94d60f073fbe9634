//! The list of runtimes. Each driver is one file: all that its runtime has to know about chat.
//!
//! A driver is a function that serves some listeners until the hub stops. A fifth
//! runtime is a fifth file and a fifth line in [`DRIVERS`]; programs, ports, tests
//! and benches follow from the list.

mod compio;
mod mio;
mod smol;
mod tokio;

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use crate::hub::{Hub, Transport};

/// What a driver serves: a listening socket that does not block.
#[derive(Debug)]
pub struct Listener {
    /// The socket.
    pub socket: TcpListener,
    /// What its clients speak.
    pub transport: Transport,
}

/// Serves these listeners on the calling thread until [`Hub::stop`] and everyone has gone.
pub type Serve = fn(Vec<Listener>, Arc<Hub>) -> io::Result<()>;

/// A runtime and how to serve on it.
#[derive(Clone, Copy, Debug)]
pub struct Driver {
    /// As it is called on the command line.
    pub name: &'static str,
    /// As the log calls it.
    pub log_name: &'static str,
    /// What the source has in its place, as its programs abbreviate it.
    pub alias: Option<&'static str>,
    /// Where its telnet clients connect.
    pub port: u16,
    /// Where its browsers connect, when all run at once.
    pub web_port: u16,
    /// Serves.
    pub serve: Serve,
}

/// Every runtime.
#[rustfmt::skip]
pub const DRIVERS: [Driver; 4] = [
    Driver { name: "tokio", log_name: "Tokio", alias: Some("as"), port: 10000, web_port: 8080, serve: tokio::serve },
    Driver { name: "mio", log_name: "Mio", alias: Some("tw"), port: 1234, web_port: 8081, serve: mio::serve },
    Driver { name: "smol", log_name: "Smol", alias: Some("tor"), port: 8000, web_port: 8082, serve: smol::serve },
    Driver { name: "compio", log_name: "Compio", alias: None, port: 7000, web_port: 8083, serve: compio::serve },
];

/// What one read takes at most before others have their turn, in bytes. Connections share
/// the buffer, so an idle one has none.
const READ: usize = 16 * 1024;

/// Reads of one connection in a row: one that never stops sending must not keep the others
/// waiting. (tokio counts too, but to 128.)
const READS: usize = 8;

/// Connections accepted in a row, where the runtime does not count them itself: a backlog that
/// never empties must not keep those waiting who are in.
const ACCEPTS: usize = 64;

/// How often [`crate::hub::Shard::sweep`] runs.
const SWEEP: Duration = Duration::from_millis(500);
