//! A download over a bare connection: photos go from the page cache to the socket uncopied.
//!
//! `sendfile` may wait for the disk, so it runs on a blocking thread; the socket does
//! not block, so that thread is free again as soon as the client takes no more.
//!
//! Back-pressure: the next piece is handed over when the socket has room for it, which
//! it has when the client has taken what came before. Cancellation: the future is
//! dropped. That does not stop a `sendfile` that runs already: the thread finishes its
//! one call, and keeps the socket and the file open until then. The call ends when the
//! socket is full, when [`PIECE`] bytes have gone, or when the disk has answered.

use std::fs::File;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;

use super::{CAPACITY, Download, DownloadError, Receipt};
use crate::plan::{Part, Section};
use crate::source::{PhotoReader, PhotoSource, SourceError};
use crate::stall::taken;

/// Bytes of a photo that are handed to the socket at a time: as much as its buffer holds.
const PIECE: u64 = 1 << 20;

/// How long to wait for the client to close after it has taken the last byte.
const LINGER: Duration = Duration::from_secs(1);

/// What a client may send during a download, which is nothing; one that sends more is cut off.
const IGNORED: usize = 64 * 1024;

/// Why sending ended early.
enum Cut {
    /// A photo could not be read or had changed. [`Download::fail`] has logged which.
    Album,
    /// The client closed the connection, or the connection broke.
    Client(io::Error),
}

/// What came of handing a piece of a file to the socket.
enum Handed {
    /// So many bytes went.
    Sent(u64),
    /// `sendfile` cannot send this file: it has to be read.
    Unable,
}

impl From<DownloadError> for Cut {
    fn from(_: DownloadError) -> Self {
        Self::Album
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
    pub async fn send(mut self, socket: Arc<TcpStream>) {
        // Also while a checksum is computed and nothing is sent, a client that leaves ends the work.
        let sent = tokio::select! {
            sent = self.send_all(&socket) => sent,
            left = hung_up(&socket) => Err(left.into()),
        };
        match sent {
            // All is with the kernel: its end is logged now, and its place is free.
            Ok(()) => drop(self),
            // Closing the connection too early is how the client learns of it.
            Err(Cut::Album) => return,
            Err(Cut::Client(error)) => {
                tracing::debug!("connection ended: {error}");
                return;
            }
        }
        // Closing a socket that holds unread input resets the connection, and with that the
        // kernel throws away what it has not delivered. So only this side is closed at first.
        let _ = rustix::net::shutdown(&*socket, rustix::net::Shutdown::Write);
        // Then wait until the client has closed too, or has acknowledged everything. One that
        // takes nothing is dropped by `serve`, which watches every connection.
        let mut left = pin!(hung_up(&socket));
        while tokio::time::timeout(LINGER, left.as_mut()).await.is_err() && taken(&socket).is_some()
        {
        }
    }

    async fn send_all(&mut self, socket: &Arc<TcpStream>) -> Result<(), Cut> {
        while let Some(part) = self.planned.plan.parts(self.rest.clone()).next() {
            let file = match part.section {
                Section::Photo(index) => self.file(index).await,
                _ => Ok(None),
            };
            let file = file.map_err(|reason| self.fail(part.section, reason))?;
            if matches!(part.section, Section::Central(_) | Section::End) {
                self.check_again().await?;
            }
            let handed = match file {
                Some(file) => {
                    let limit = PIECE.min(part.range.end - part.range.start);
                    self.send_piece(&part, &file, limit, socket).await?
                }
                None => Handed::Unable,
            };
            match handed {
                Handed::Sent(sent) => self.rest.start += sent,
                Handed::Unable => {
                    // Records go together, up to the next photo. A photo that `sendfile` cannot
                    // send is read and written like them.
                    let photos = matches!(part.section, Section::Photo(_));
                    let buffer = self.gather(CAPACITY, photos).await?;
                    write_all(socket, buffer.filled(), &self.receipt).await?;
                }
            }
        }
        Ok(())
    }

    async fn send_piece(
        &mut self,
        part: &Part,
        file: &Arc<File>,
        limit: u64,
        socket: &Arc<TcpStream>,
    ) -> Result<Handed, Cut> {
        let handed = match send_file(socket, file, part.range.start, limit, &self.receipt).await {
            Err(error) if is_peers_fault(&error) => return Err(error.into()),
            handed => handed.map_err(SourceError::from),
        };
        let handed = match handed {
            Ok(Handed::Sent(0)) => Err(SourceError::Changed),
            Ok(Handed::Sent(sent)) if part.range.start + sent == part.range.end => {
                let checked = self.check().await;
                // Closed before the next photo is opened: one descriptor does for both.
                self.open = None;
                checked.map(|()| Handed::Sent(sent))
            }
            handed => handed,
        };
        handed.map_err(|reason| self.fail(part.section, reason).into())
    }

    /// Whether all that was sent is still as it was: what the socket holds of a file is
    /// the file's own memory, so a change may have reached what was sent before it.
    ///
    /// Without the directory of the archive, which comes after this, it cannot be opened.
    async fn check_again(&mut self) -> Result<(), Cut> {
        let Some(first) = self.first.take() else {
            return Ok(());
        };
        for index in first..self.planned.album.len() {
            let photo = self.planned.album.photo(index).1;
            let opened = self.shared.source.open(&self.id, photo).await;
            opened.map_err(|reason| self.fail(Section::Photo(index), reason))?;
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

/// Sends up to `limit` bytes of `file` from `offset` on; 0 bytes only where the file ends.
///
/// The bytes are counted on the blocking thread. A client that has got its last byte may
/// leave before this future is polled again, and the future is dropped then.
#[cfg(target_os = "linux")]
async fn send_file(
    socket: &Arc<TcpStream>,
    file: &Arc<File>,
    offset: u64,
    limit: u64,
    receipt: &Arc<Receipt>,
) -> io::Result<Handed> {
    use rustix::fs::sendfile;
    use rustix::io::Errno;

    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    loop {
        socket.writable().await?;
        let (socket, file, receipt) = (Arc::clone(socket), Arc::clone(file), Arc::clone(receipt));
        let send = move || {
            let mut offset = offset;
            let send = || Ok(sendfile(&*socket, &*file, Some(&mut offset), limit)?);
            let sent = socket.try_io(tokio::io::Interest::WRITABLE, send)?;
            receipt.add(sent);
            Ok::<_, io::Error>(sent)
        };
        let sent = tokio::task::spawn_blocking(send).await;
        match sent.map_err(io::Error::other)? {
            Ok(sent) => return Ok(Handed::Sent(sent as u64)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => match Errno::from_io_error(&error) {
                // The file system does not support it.
                Some(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => return Ok(Handed::Unable),
                _ => return Err(error),
            },
        }
    }
}

/// Other systems' calls of that name differ.
#[cfg(not(target_os = "linux"))]
async fn send_file(
    _: &Arc<TcpStream>,
    _: &Arc<File>,
    _: u64,
    _: u64,
    _: &Arc<Receipt>,
) -> io::Result<Handed> {
    Ok(Handed::Unable)
}

/// Whether `sendfile` failed because of the connection. Any other error comes from reading the file.
fn is_peers_fault(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut};
    matches!(
        error.kind(),
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | TimedOut
    )
}

async fn write_all(socket: &TcpStream, mut bytes: &[u8], receipt: &Receipt) -> io::Result<()> {
    while !bytes.is_empty() {
        socket.writable().await?;
        match socket.try_write(bytes) {
            Ok(count) => {
                receipt.add(count);
                bytes = &bytes[count..];
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Ends when the client has closed the connection, or has sent more than [`IGNORED`] bytes.
async fn hung_up(socket: &TcpStream) -> io::Error {
    let mut ignored = [0; 1024];
    let mut total = 0;
    while total < IGNORED {
        if let Err(error) = socket.readable().await {
            return error;
        }
        match socket.try_read(&mut ignored) {
            Ok(0) => return io::ErrorKind::UnexpectedEof.into(),
            Ok(count) => total += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return error,
        }
    }
    io::Error::other("the client sent too much")
}
