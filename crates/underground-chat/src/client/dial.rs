//! Where connections come from: TCP, or whatever a test puts in its place.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::Port;

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
