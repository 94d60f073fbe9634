//! Connections: accepted, served over HTTP/1.1, dropped when they stall, ended when the program is.
//!
//! `axum::serve` would do but for four things: a client that takes no byte is
//! dropped, hyper must not gather more than one chunk, a download takes the
//! connection over ([`crate::handover`]), and the end has a deadline.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use common::accept::Acceptor;
use common::shutdown::Shutdown;
use futures_util::FutureExt as _;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioTimer;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::handover::{Connection, Handover};
use crate::stall::{keep_alive, stalled, taken};

/// How long a client may take to send the header of a request, or leave a connection unused.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long downloads may go on after the program was asked to end. They can be resumed.
const GRACE: Duration = Duration::from_secs(3);
/// What hyper buffers of a connection beside the chunk it is sending; also the longest
/// header of a request: an address (at most 64 KiB of it, says the `http` crate) and the rest.
const BUFFER: usize = 128 * 1024;
/// Descriptors for all that is neither a connection nor a download: the runtime, logs,
/// thumbnails, single photos, albums that are being listed.
const OTHERS: u64 = 512;
/// Descriptors of a download beside its connection: the photo that is sent, the one
/// that is being checksummed, and the directories that both are opened in.
const PER_DOWNLOAD: u64 = 6;

/// How many connections there may be with `descriptors` in all (`None`: no limit), so
/// that those that only wait can never take what `downloads` need to go on.
///
/// A quarter is for connections in any case: with so few descriptors, downloads
/// that cannot open their next photo are cut off.
#[must_use]
pub fn connections(descriptors: Option<u64>, downloads: u32) -> usize {
    let Some(descriptors) = descriptors else {
        return Semaphore::MAX_PERMITS;
    };
    let reserved = OTHERS + PER_DOWNLOAD * u64::from(downloads);
    let connections = descriptors.saturating_sub(reserved).max(descriptors / 4);
    usize::try_from(connections).map_or(Semaphore::MAX_PERMITS, |connections| {
        connections.clamp(1, Semaphore::MAX_PERMITS)
    })
}

/// Serves `router` until `shutdown` is asked for, then for at most three seconds more.
///
/// A client that takes no byte for `stall_timeout` is dropped, and so is one that
/// shuts its sending side: hyper takes that for hanging up. Of more than `limit`
/// connections, the newest wait in the listener's backlog.
///
/// # Errors
///
/// The runtime cannot take the listener.
///
/// # Cancel safety
///
/// Connections go on when it is dropped.
pub async fn serve(
    listener: std::net::TcpListener,
    router: Router,
    limit: usize,
    stall_timeout: Duration,
    shutdown: Shutdown,
) -> io::Result<()> {
    let mut acceptor = Acceptor::new(listener)?;
    let places = Arc::new(Semaphore::new(limit));
    let mut full = false;
    let connections = TaskTracker::new();
    let cut_off = CancellationToken::new();
    loop {
        let accepted = async { (place(&places, &mut full).await, acceptor.next().await) };
        let (place, (stream, peer)) = tokio::select! {
            accepted = accepted => accepted,
            () = shutdown.requested() => break,
        };
        keep_alive(&stream, stall_timeout);
        let (router, shutdown, cut_off) = (router.clone(), shutdown.clone(), cut_off.clone());
        connections.spawn(async move {
            let _place = place;
            let stream = Arc::new(stream);
            tokio::select! {
                () = cut_off.cancelled() => {}
                result = connection(&stream, router, shutdown) => {
                    if let Err(error) = result {
                        tracing::debug!(%peer, "connection ended: {error}");
                    }
                }
                () = stalled(stall_timeout, || taken(&stream)) => {
                    tracing::info!(%peer, "dropped: it took no byte for {stall_timeout:?}");
                    // Else the kernel would keep for it what it does not take.
                    let _ = stream.set_zero_linger();
                }
            }
        });
    }
    drop(acceptor);
    connections.close();
    if tokio::time::timeout(GRACE, connections.wait())
        .await
        .is_err()
    {
        // A download that was not done says so itself. One whose last bytes are with the kernel
        // has been logged as sent, and is delivered after the end, too.
        let open = connections.len();
        tracing::info!("closed connections that were still open after {GRACE:?}: {open}");
        cut_off.cancel();
        connections.wait().await;
    }
    Ok(())
}

/// A place for one more connection, as soon as there is one. It says once that there was none.
async fn place(places: &Arc<Semaphore>, full: &mut bool) -> OwnedSemaphorePermit {
    if let Ok(place) = Arc::clone(places).try_acquire_owned() {
        *full = false;
        return place;
    }
    if !std::mem::replace(full, true) {
        tracing::warn!("there are as many connections as descriptors allow; new ones wait");
    }
    let place = Arc::clone(places).acquire_owned().await;
    place.expect("the semaphore is never closed")
}

async fn connection(
    stream: &Arc<TcpStream>,
    router: Router,
    shutdown: Shutdown,
) -> Result<(), hyper::Error> {
    let handover = Handover::default();
    let router = TowerToHyperService::new(router);
    let service = {
        let handover = handover.clone();
        service_fn(move |mut request| {
            hyper::Request::extensions_mut(&mut request).insert(handover.clone());
            router.call(request)
        })
    };
    let watched = Connection::new(Arc::clone(stream), handover.clone());
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(BUFFER)
        .serve_connection(watched, service);
    let mut shutdown = pin!(shutdown.requested().fuse());
    let sender = poll_fn(|cx| {
        if shutdown.as_mut().poll(cx).is_ready() {
            Pin::new(&mut connection).graceful_shutdown();
        }
        match Pin::new(&mut connection).poll(cx) {
            Poll::Ready(ended) => Poll::Ready(ended.map(|()| None)),
            Poll::Pending => handover
                .take()
                .map_or(Poll::Pending, |sender| Poll::Ready(Ok(Some(sender)))),
        }
    });
    if let Some(sender) = sender.await? {
        drop(connection);
        sender(Arc::clone(stream)).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_downloads_need_is_kept_from_connections_that_wait() {
        assert_eq!(connections(Some(20_000), 256), 20_000 - 512 - 6 * 256);
        assert_eq!(connections(Some(1024), 256), 256, "a quarter in any case");
        assert_eq!(connections(Some(0), 1), 1);
        assert_eq!(connections(None, 1), Semaphore::MAX_PERMITS);
    }
}
