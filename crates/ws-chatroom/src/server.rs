//! The server: the room behind a listening socket, on one thread.
//!
//! One task accepts, one reads for each connection, one flushes at the end of
//! each turn and one keeps time. They share a hub without locks, as
//! coroutines share globals under `asyncio`.

mod connection;
mod handshake;
mod hub;
mod outbox;

use std::cell::RefCell;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use common::accept::Acceptor;
use common::shutdown::Shutdown;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep_until, timeout};

use crate::room::Stage;
use hub::{Hub, Shared};

/// What one read takes at most before the other connections have their turn.
const READ: usize = 16 * 1024;

/// The longest message that a server may be told to let through, in bytes.
pub(crate) const LONGEST_MESSAGE: usize = 16 * 1024 * 1024;

/// How long a stopping server waits for its clients to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// How a server behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How far the challenge is solved.
    pub stage: Stage,
    /// Longest message that a client may send, in bytes; a longer one closes with 1009.
    pub max_message: usize,
    /// Bytes that may wait for a client that does not read; more disconnects it with 1013.
    pub max_backlog: usize,
    /// A client that answers no ping for so long is dropped. Pings go out three times as often.
    pub ping_timeout: Duration,
    /// A connection that is no WebSocket after so long is dropped.
    pub handshake_timeout: Duration,
    /// Origins (`https://example.com`, `null`, or `*` for any) whose pages may join
    /// beside those that come from the address asked for.
    pub allow_origin: Arc<[String]>,
}

impl Settings {
    /// The oracle's settings for a stage.
    #[must_use]
    pub fn new(stage: Stage) -> Self {
        Self {
            stage,
            max_message: 64 * 1024,
            max_backlog: 64 * 1024,
            ping_timeout: Duration::from_secs(60),
            handshake_timeout: Duration::from_secs(10),
            allow_origin: Arc::default(),
        }
    }
}

/// Serves on `listener` until `shutdown`, then says goodbye to everyone for at most 2 s.
///
/// Runs a runtime of its own on the calling thread.
///
/// # Errors
///
/// The runtime cannot start or cannot register the listener.
pub fn run(listener: TcpListener, settings: Settings, shutdown: &Shutdown) -> io::Result<()> {
    Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())?
        .block_on(serve(listener, settings, shutdown))
}

async fn serve(listener: TcpListener, settings: Settings, shutdown: &Shutdown) -> io::Result<()> {
    let mut acceptor = Acceptor::new(listener)?;
    let hub: Shared = Rc::new(RefCell::new(Hub::new(settings)));
    spawn_local(hub::flush_every_turn(hub.clone()));
    spawn_local(keep_time(hub.clone()));
    let mut stop = std::pin::pin!(shutdown.requested());
    loop {
        let stream = tokio::select! {
            biased;
            () = &mut stop => break,
            (stream, _) = acceptor.next() => stream,
        };
        spawn_local(greet(hub.clone(), stream));
    }
    drop(acceptor);
    tracing::info!(connections = hub.borrow().connections(), "stopping");
    hub.borrow_mut().stop();
    let emptied = hub.borrow().emptied.clone();
    let everybody_left = async {
        while hub.borrow().connections() > 0 {
            emptied.notified().await;
        }
    };
    if timeout(GOODBYE, everybody_left).await.is_err() {
        let connections = hub.borrow().connections();
        tracing::info!(connections, "some did not say goodbye in time");
    }
    Ok(())
}

/// Makes a connection a client, in a task of its own so that the one which stays
/// for the client's life is small.
async fn greet(hub: Shared, mut stream: TcpStream) {
    let limit = hub.borrow().settings.handshake_timeout;
    let origins = hub.borrow().settings.allow_origin.clone();
    match timeout(limit, handshake::answer(&mut stream, &origins)).await {
        Ok(Ok(early)) => drop(spawn_local(connection::serve(hub, stream, early))),
        Ok(Err(error)) => tracing::debug!(%error, "a connection became no WebSocket"),
        Err(_) => tracing::debug!("a connection became no WebSocket in time"),
    }
}

/// Ticks for the room when it is due, and looks after the connections in between.
async fn keep_time(hub: Shared) {
    let rearm = hub.borrow().rearm.clone();
    let every = (hub.borrow().settings.ping_timeout / 30)
        .clamp(Duration::from_millis(10), Duration::from_secs(1));
    let mut sweep = Instant::now() + every;
    loop {
        let deadline = hub.borrow_mut().arm();
        tokio::select! {
            () = sleep_until(deadline.map_or(sweep, |deadline| deadline.min(sweep))) => {}
            () = rearm.notified() => continue,
        }
        let mut hub = hub.borrow_mut();
        if Instant::now() >= sweep {
            hub.sweep();
            sweep = Instant::now() + every;
        }
        hub.tick();
    }
}
