//! A download over a bare connection: photos go from the page cache to the socket uncopied.
//!
//! `sendfile` may wait for the disk, so it runs on a thread that may; the socket
//! does not block, so that thread is free again as soon as the client takes no more.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;

use super::{CAPACITY, Download, DownloadError};
use crate::plan::Section;
use crate::source::{PhotoReader, PhotoSource, SourceError};

/// Bytes of a photo that are handed to the socket at a time: as much as its buffer holds.
const PIECE: u64 = 1 << 20;

/// How long to wait for the client to close after its last byte was sent.
const LINGER: Duration = Duration::from_secs(5);

/// Why sending ended early.
enum Cut {
    /// Told by [`Download::fail`] already.
    Photo,
    /// It went away; its affair.
    Client(io::Error),
}

impl From<DownloadError> for Cut {
    fn from(_: DownloadError) -> Self {
        Self::Photo
    }
}

impl From<io::Error> for Cut {
    fn from(error: io::Error) -> Self {
        Self::Client(error)
    }
}

impl<S: PhotoSource> Download<S> {
    /// Sends all of it, and closes the connection; at once where something fails, so that
    /// the client can tell.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: the connection is closed.
    pub async fn send(mut self, socket: TcpStream) {
        let socket = Arc::new(socket);
        match self.send_all(&socket).await {
            // The log need not wait for the client.
            Ok(()) => drop(self),
            Err(Cut::Photo) => return,
            Err(Cut::Client(error)) => {
                tracing::debug!("connection ended: {error}");
                return;
            }
        }
        let _ = tokio::time::timeout(LINGER, hang_up(&socket)).await;
    }

    async fn send_all(&mut self, socket: &Arc<TcpStream>) -> Result<(), Cut> {
        while let Some(part) = self.planned.plan.parts(self.rest.clone()).next() {
            let file = match part.section {
                Section::Photo(index) => self.file(index).await,
                _ => Ok(None),
            };
            let file = file.map_err(|reason| self.fail(part.section, reason))?;
            let sent = if let Some(file) = file {
                let limit = PIECE.min(part.range.end - part.range.start);
                if part.range.start + limit == part.range.end {
                    // Its last bytes come only if all were of one version.
                    let checked = self.check().await;
                    checked.map_err(|reason| self.fail(part.section, reason))?;
                }
                let sent = send_file(socket, &file, part.range.start, limit).await?;
                if sent == 0 {
                    return Err(self.fail(part.section, SourceError::Changed).into());
                }
                self.rest.start += sent;
                sent
            } else {
                // Up to the next photo, unless photos can only be read.
                let photos = matches!(part.section, Section::Photo(_));
                let buffer = self.gather(CAPACITY, photos).await?;
                write_all(socket, buffer.filled()).await?;
                buffer.len() as u64
            };
            self.receipt.sent += sent;
        }
        Ok(())
    }

    /// The file that holds a photo, if it is in one.
    async fn file(&mut self, index: usize) -> Result<Option<Arc<File>>, SourceError> {
        let reader = self.open(index).await?;
        Ok(reader.file().map(Arc::clone))
    }

    async fn check(&mut self) -> Result<(), SourceError> {
        match &mut self.open {
            Some((_, reader)) => reader.check().await,
            None => Ok(()),
        }
    }
}

/// Sends up to `limit` bytes of `file` from `offset` on, none only at its end.
#[cfg(target_os = "linux")]
async fn send_file(
    socket: &Arc<TcpStream>,
    file: &Arc<File>,
    offset: u64,
    limit: u64,
) -> io::Result<u64> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    loop {
        socket.writable().await?;
        let (socket, file) = (Arc::clone(socket), Arc::clone(file));
        let send = move || {
            let mut offset = offset;
            let send = || {
                Ok(rustix::fs::sendfile(
                    &*socket,
                    &*file,
                    Some(&mut offset),
                    limit,
                )?)
            };
            socket.try_io(tokio::io::Interest::WRITABLE, send)
        };
        match tokio::task::spawn_blocking(send)
            .await
            .map_err(io::Error::other)?
        {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            sent => return sent.map(|sent| sent as u64),
        }
    }
}

/// Other systems' calls of that name differ; their sources have no files to send.
#[cfg(not(target_os = "linux"))]
async fn send_file(_: &Arc<TcpStream>, _: &Arc<File>, _: u64, _: u64) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}

async fn write_all(socket: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        socket.writable().await?;
        match socket.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Closes without taking back what is still under way: the kernel does that where
/// something that came in has not been read.
async fn hang_up(socket: &TcpStream) -> io::Result<()> {
    rustix::net::shutdown(socket, rustix::net::Shutdown::Write)?;
    let mut ignored = [0; 1024];
    loop {
        socket.readable().await?;
        match socket.try_read(&mut ignored) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
    }
}
