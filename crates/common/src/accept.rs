//! Accepting connections under tokio, through everything that can go wrong with it.
//!
//! `asyncio` logs "socket.accept() out of system resource" and pauses a second,
//! each time. Here the pause is a tenth of that: a server that has run out of
//! descriptors keeps the peers it has, lets the new ones wait in the backlog, and
//! says so once until it can accept again.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// How long to wait for a descriptor to come free before trying again.
const PAUSE: Duration = Duration::from_millis(100);

/// A listener whose [`next`](Acceptor::next) always ends in a connection.
#[derive(Debug)]
pub struct Acceptor {
    listener: TcpListener,
    exhausted: bool,
}

impl Acceptor {
    /// Takes over a listener made by [`crate::listen::bind`].
    ///
    /// # Errors
    ///
    /// The runtime cannot register the socket.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O enabled.
    pub fn new(listener: std::net::TcpListener) -> io::Result<Self> {
        Ok(Self {
            listener: TcpListener::from_std(listener)?,
            exhausted: false,
        })
    }

    /// The address it listens on.
    ///
    /// # Errors
    ///
    /// As [`TcpListener::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The next connection, with Nagle's delay off.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a connection is either returned or still in the backlog.
    pub async fn next(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    if std::mem::take(&mut self.exhausted) {
                        tracing::info!("accepting connections again");
                    }
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%peer, %error, "cannot switch Nagle's delay off");
                    }
                    return (stream, peer);
                }
                // The peer gave up while it waited in the backlog: its affair, not ours.
                Err(error) if is_peers_fault(&error) => {
                    tracing::debug!(%error, "a connection ended before it was accepted");
                }
                Err(error) => {
                    if !std::mem::replace(&mut self.exhausted, true) {
                        tracing::warn!(%error, "cannot accept connections; new ones wait until there is room");
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

fn is_peers_fault(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}
