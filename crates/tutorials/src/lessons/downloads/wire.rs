//! A connection as `hyper` wants it: our non-blocking socket, with TLS or without.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use anyhow::Context as _;
use hyper::rt::ReadBufCursor;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::net::Watched;
use crate::reactor::Interest;
use crate::waiting::Place;

/// What one read can bring, in bytes: a TLS record.
const PIECE: usize = 16 * 1024;

#[derive(Debug)]
pub(super) struct Wire {
    stream: Watched<TcpStream>,
    tls: Option<Box<ClientConnection>>,
    /// Where it waits to read, and to write.
    places: [Place; 2],
}

impl Wire {
    pub(super) fn plain(stream: Watched<TcpStream>) -> Self {
        Self {
            stream,
            tls: None,
            places: Default::default(),
        }
    }

    /// Trusts whom the system trusts.
    pub(super) fn tls(stream: Watched<TcpStream>, host: &str) -> anyhow::Result<Self> {
        static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
        let config = CONFIG.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            // Certificates that cannot be read are certificates that are not trusted.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            Arc::new(
                ClientConfig::builder()
                    .with_root_certificates(roots)
                    .with_no_client_auth(),
            )
        });
        let name = ServerName::try_from(host.to_owned()).context("the host is no name")?;
        let tls = ClientConnection::new(Arc::clone(config), name)?;
        Ok(Self {
            stream,
            tls: Some(Box::new(tls)),
            places: Default::default(),
        })
    }

    /// Tries until it does not say `WouldBlock`, and waits in between for what that takes.
    fn poll<R>(
        &mut self,
        interest: Interest,
        context: &mut Context<'_>,
        mut operation: impl FnMut(&mut dyn ReadWrite) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        let source = self.stream.source();
        loop {
            let ticks = [Interest::Readable, Interest::Writable].map(|way| source.tick(way));
            let mut socket = &*self.stream;
            let done = match &mut self.tls {
                Some(tls) => operation(&mut rustls::Stream::new(&mut **tls, &mut socket)),
                None => operation(&mut socket),
            };
            match done {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                done => return Poll::Ready(done),
            }
            // TLS may have to write in order to read (its handshake), and the other way round.
            let (reads, writes) = match &self.tls {
                Some(tls) => (true, tls.wants_write()),
                None => (
                    interest == Interest::Readable,
                    interest == Interest::Writable,
                ),
            };
            let [reading, writing] = &mut self.places;
            let mut is_ready =
                |way, tick, place| source.poll_after(way, tick, place, context).is_ready();
            let readable = reads && is_ready(Interest::Readable, ticks[0], reading);
            let writable = writes && is_ready(Interest::Writable, ticks[1], writing);
            if !readable && !writable {
                return Poll::Pending;
            }
        }
    }
}

trait ReadWrite: Read + Write {}

impl<T: Read + Write> ReadWrite for T {}

impl hyper::rt::Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut piece = [0; PIECE];
        let room = buffer.remaining().min(PIECE);
        let read = self.poll(Interest::Readable, context, |stream| {
            stream.read(&mut piece[..room])
        });
        read.map_ok(|count| buffer.put_slice(&piece[..count]))
    }
}

impl hyper::rt::Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(Interest::Writable, context, |stream| stream.write(bytes))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(Interest::Writable, context, |stream| stream.flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A broken connection is shut down already.
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
        Poll::Ready(Ok(()))
    }
}
