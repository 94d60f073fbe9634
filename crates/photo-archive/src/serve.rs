//! Connections: accepted, served over HTTP/1.1, dropped when they stall, ended when the program is.
//!
//! `axum::serve` would do but for three things: a client that takes no byte is
//! dropped, hyper must not gather more than one chunk, and the end has a deadline.

use std::io;
use std::time::Duration;

use axum::Router;
use common::accept::Acceptor;
use common::shutdown::Shutdown;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a client may take to send the header of a request, or leave a connection unused.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long downloads may go on after the program was asked to end. They can be resumed.
const GRACE: Duration = Duration::from_secs(3);
/// What hyper buffers of a connection beside the chunk it is sending; also the longest
/// header of a request, so that two thousand chosen photos fit into one address.
const BUFFER: usize = 128 * 1024;

/// Serves `router` until `shutdown` is asked for, then for at most three seconds more.
///
/// A client that takes no byte for `stall_timeout` is dropped.
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
    stall_timeout: Duration,
    shutdown: Shutdown,
) -> io::Result<()> {
    let mut acceptor = Acceptor::new(listener)?;
    let connections = TaskTracker::new();
    let cut_off = CancellationToken::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = acceptor.next() => accepted,
            () = shutdown.requested() => break,
        };
        drop_when_stalled(&stream, stall_timeout);
        let (router, shutdown, cut_off) = (router.clone(), shutdown.clone(), cut_off.clone());
        connections.spawn(async move {
            tokio::select! {
                () = cut_off.cancelled() => {}
                result = connection(stream, router, shutdown) => {
                    if let Err(error) = result {
                        tracing::debug!(%peer, "connection ended: {error}");
                    }
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
        tracing::info!("{} connections cut off", connections.len());
        cut_off.cancel();
        connections.wait().await;
    }
    Ok(())
}

async fn connection(
    stream: TcpStream,
    router: Router,
    shutdown: Shutdown,
) -> Result<(), hyper::Error> {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    tokio::select! {
        result = &mut connection => return result,
        () = shutdown.requested() => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

/// Lets the kernel end the connection when nothing sent is taken for `timeout`.
///
/// Only the kernel can tell: a socket becomes writable again after a third of its
/// buffer is free, which a slow but honest client may take minutes for.
#[cfg(target_os = "linux")]
fn drop_when_stalled(stream: &TcpStream, timeout: Duration) {
    let socket = socket2::SockRef::from(stream);
    if let Err(error) = socket.set_tcp_user_timeout(Some(timeout)) {
        tracing::debug!("stalling clients will not be dropped: {error}");
    }
}

/// Other systems end such a connection by their own keep-alive rules.
#[cfg(not(target_os = "linux"))]
fn drop_when_stalled(stream: &TcpStream, timeout: Duration) {
    let socket = socket2::SockRef::from(stream);
    let _ = socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(timeout));
}
