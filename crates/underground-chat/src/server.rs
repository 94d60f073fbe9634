//! The chat's server: one port to read, one to write, accounts in a file.
//!
//! The course's own server is not public and cannot be reached here, so the
//! crate brings one that the original clients work with. [`Server::open`] binds
//! both ports, [`Server::run`] serves until it is told to stop; what a session
//! may say is decided in [`crate::protocol::ServerSession`].

mod accounts;
mod bots;
mod fanout;
mod inside;
mod log;
mod nicknames;
mod rate;
mod session;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use common::accept::Acceptor;
use common::listen::{self, Flags, ListenError};
use common::reason::plain;
use common::shutdown::Shutdown;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use socket2::{SockRef, TcpKeepalive};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

pub use accounts::Accounts;
pub use inside::Inside;
use nicknames::Nicknames;
use rate::Rate;

use crate::protocol::Limits;

/// Lines on their way to the readers. Overflow policy: wait; whoever posts waits for the confirmation.
const INBOX: usize = 256;
/// What the kernel may keep for one connection, in bytes, before the backlog begins to grow.
/// Left alone it lets each reader that stopped have megabytes.
const SEND_BUFFER: usize = 64 * 1024;
/// A peer that vanished without a word is noticed after two minutes.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(15))
    .with_retries(4);

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// A port cannot be had.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The file of the accounts cannot be used.
    #[error("cannot open the accounts in {}: {}; choose another file with --data", path.display(), in_words(reason))]
    Accounts {
        /// The file.
        path: PathBuf,
        /// What the database said. Part of the message, so not its source.
        reason: Box<redb::Error>,
    },
    /// Another program has a port, and it is no chat.
    #[error(
        "port {port} of {host} belongs to a program that does not answer like a chat; \
         choose others with --read-port and --write-port"
    )]
    Stranger {
        /// The port.
        port: u16,
        /// Whose.
        host: String,
    },
    /// The runtime cannot take over a socket.
    #[error("cannot serve: {0}")]
    Io(#[from] io::Error),
}

fn in_words(error: &redb::Error) -> String {
    match error {
        redb::Error::Io(error) => plain(error),
        error => error.to_string(),
    }
}

/// How a server treats its clients.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// What one session may send.
    pub limits: Limits,
    /// Messages a second per account; 0 is no limit. What comes faster waits.
    pub rate: u32,
    /// Connections on both ports together; more are closed at once.
    pub max_connections: usize,
    /// Bytes a reader may be behind (beyond what the kernel keeps for it) before it is dropped.
    pub backlog: usize,
    /// Two bots talk, for clients that take silence for a lost connection.
    pub bots: bool,
}

impl Default for Settings {
    /// No rate, no bots, 64 KiB of backlog, as many connections as there are descriptors.
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            rate: 0,
            max_connections: Semaphore::MAX_PERMITS,
            backlog: 64 * 1024,
            bots: false,
        }
    }
}

/// A server that listens and does not serve yet.
#[derive(Debug)]
pub struct Server {
    reading: Acceptor,
    writing: Acceptor,
    accounts: Accounts,
    settings: Settings,
}

/// What every session uses.
#[derive(Debug)]
struct Shared {
    accounts: Accounts,
    settings: Settings,
    nicknames: Nicknames,
    random: Mutex<SmallRng>,
    rate: Mutex<Rate>,
    inbox: mpsc::Sender<Bytes>,
}

impl Server {
    /// Listens on both ports of `host` (port 0 lets the kernel choose), with the accounts in the file `data`.
    ///
    /// # Errors
    ///
    /// A port or the file cannot be had; the error names the flag that chooses another.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O enabled.
    pub fn open(
        host: &str,
        read_port: u16,
        write_port: u16,
        data: &Path,
        settings: Settings,
    ) -> Result<Self, ServerError> {
        let bind = |number, port| {
            let flags = Flags::HostAndPort {
                host: "--host",
                port,
            };
            listen::bind_host(host, number, flags)
        };
        let reading = bind(read_port, "--read-port")?;
        let writing = bind(write_port, "--write-port")?;
        // The ports first: a server that is there already has both, and is best known by its ports.
        Self::over(reading, writing, Accounts::open(data)?, settings)
    }

    /// Takes over two listeners.
    ///
    /// # Errors
    ///
    /// The runtime cannot register them.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with I/O enabled.
    pub fn over(
        reading: TcpListener,
        writing: TcpListener,
        accounts: Accounts,
        settings: Settings,
    ) -> Result<Self, ServerError> {
        for listener in [&reading, &writing] {
            // Every accepted connection inherits these.
            let socket = SockRef::from(listener);
            socket.set_tcp_keepalive(&KEEPALIVE)?;
            socket.set_send_buffer_size(SEND_BUFFER)?;
        }
        Ok(Self {
            reading: Acceptor::new(reading)?,
            writing: Acceptor::new(writing)?,
            accounts,
            settings,
        })
    }

    /// Where messages are read.
    ///
    /// # Errors
    ///
    /// The kernel does not say.
    pub fn read_address(&self) -> io::Result<SocketAddr> {
        self.reading.local_addr()
    }

    /// Where messages are written.
    ///
    /// # Errors
    ///
    /// The kernel does not say.
    pub fn write_address(&self) -> io::Result<SocketAddr> {
        self.writing.local_addr()
    }

    /// Serves until `shutdown`; then gives the readers what has been confirmed, and closes.
    ///
    /// # Cancel safety
    ///
    /// Dropping it ends the server; messages under way may be lost.
    pub async fn run(self, shutdown: Shutdown) {
        let Self {
            reading,
            mut writing,
            accounts,
            settings,
        } = self;
        let places = Arc::new(Semaphore::new(
            settings.max_connections.min(Semaphore::MAX_PERMITS),
        ));
        let (inbox, lines) = mpsc::channel(INBOX);
        let fanout = fanout::Fanout::new(reading, Arc::clone(&places), &settings);
        let fanout = tokio::spawn(fanout.run(lines));
        let shared = Arc::new(Shared {
            accounts,
            settings,
            nicknames: Nicknames::new(),
            random: Mutex::new(SmallRng::from_rng(&mut rand::rng())),
            rate: Mutex::new(Rate::new(settings.rate)),
            inbox,
        });
        let mut sessions = JoinSet::new();
        if settings.bots {
            sessions.spawn(bots::talk(shared.inbox.clone()));
        }
        loop {
            tokio::select! {
                () = shutdown.requested() => break,
                (stream, peer) = writing.next() => match Arc::clone(&places).try_acquire_owned() {
                    Ok(place) => {
                        let session = session::run(stream, peer, Arc::clone(&shared));
                        sessions.spawn(async move {
                            session.await;
                            drop(place);
                        });
                    }
                    Err(_) => tracing::warn!(%peer, "no room for another writer"),
                },
                Some(_) = sessions.join_next() => {}
            }
        }
        sessions.shutdown().await;
        // The last sender goes: the fan-out delivers what it has and ends.
        drop(shared);
        if let Err(error) = fanout.await {
            tracing::error!(%error, "the readers were not served to the end");
        }
    }
}
