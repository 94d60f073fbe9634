//! Where connections come from: TCP, or whatever a test puts in its place.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::TcpStream;

use super::Port;
use crate::protocol::GREETING;

/// On the read port a client has nothing to say, so the kernel asks for it, as
/// often as the session pings the write port: after 15 s, with 10 s to answer.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(15))
    .with_interval(Duration::from_secs(5))
    .with_retries(2);

/// Makes connections.
pub trait Dial: Send + Sync + 'static {
    /// What a connection is.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin;

    /// Connects to the server's `port`.
    ///
    /// # Errors
    ///
    /// The server cannot be reached.
    ///
    /// # Cancel safety
    ///
    /// It is dropped when it takes too long.
    fn dial(&self, port: Port) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// How long a server may take to say its first line.
const GREETING_WITHIN: Duration = Duration::from_secs(2);
/// How soon to look again for one that is about to listen.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Whether a chat answers at `server`, and not some other program that has its ports.
///
/// # Cancel safety
///
/// Cancel safe.
pub async fn greets(server: &impl Dial) -> bool {
    let greeted = async {
        loop {
            if let Ok(mut stream) = server.dial(Port::Write).await {
                let mut line = vec![0; GREETING.len()];
                if stream.read_exact(&mut line).await.is_ok() {
                    return line == GREETING.as_bytes();
                }
            }
            // It may be about to listen, or be full for the moment.
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(GREETING_WITHIN, greeted)
        .await
        .unwrap_or(false)
}

/// Connects by TCP; the name is looked up again each time, for it may have moved.
#[derive(Clone, Debug)]
pub struct Tcp {
    /// A name or an address; an IPv6 address with or without brackets.
    pub host: String,
    /// Where messages are read.
    pub read_port: u16,
    /// Where messages are written.
    pub write_port: u16,
}

impl Dial for Tcp {
    type Stream = TcpStream;

    async fn dial(&self, port: Port) -> io::Result<TcpStream> {
        let number = match port {
            Port::Read => self.read_port,
            Port::Write => self.write_port,
        };
        let host = self.host.trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, number)).await?;
        stream.set_nodelay(true)?;
        SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE)?;
        Ok(stream)
    }
}
