//! How the servers behave, whatever they run on.

use std::time::Duration;

use crate::kernel::Flood;
use crate::wire::Limits;

/// The settings of all servers of one chat.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What a peer may send.
    pub limits: Limits,
    /// How often.
    pub flood: Flood,
    /// Bytes that may wait for a client that does not read; more disconnect it.
    pub outbox: usize,
    /// Connections of all servers together; one more is told so and sent away.
    pub max_connections: usize,
    /// Whether TCP clients get colour.
    pub color: bool,
    /// How long a browser may take until it is a WebSocket.
    pub handshake: Duration,
    /// How long a peer may be silent that does not even answer the kernel, or a WebSocket's ping.
    pub keep_alive: Duration,
    /// How long a connection that is being closed may take to read what waits for it.
    pub grace: Duration,
    /// The same, when the whole program ends.
    pub goodbye: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            flood: Flood::default(),
            outbox: 64 * 1024,
            max_connections: 10_000,
            color: true,
            handshake: Duration::from_secs(10),
            keep_alive: Duration::from_secs(60),
            grace: Duration::from_secs(5),
            goodbye: Duration::from_millis(1500),
        }
    }
}
