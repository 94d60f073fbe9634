//! Taking a connection over from hyper once it has sent the head of an answer.
//!
//! hyper sends bodies from memory; a file can be sent without ever being there
//! (`sendfile`). So the answer to a download has a [`Body`] that gives no byte: when
//! hyper asks it for the first, the head is written, and as soon as that has been
//! flushed the connection is taken apart and goes to who sends the rest. It cannot
//! go back, so such an answer says `Connection: close`.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use rustix::net::{Shutdown, shutdown};
use tokio::net::TcpStream;

/// What sends a body over a bare connection.
pub type Sender = Box<dyn FnOnce(Arc<TcpStream>) -> SenderFuture + Send>;
/// What [`Sender`] does.
pub type SenderFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The place where a body waits for its connection. There is one per connection; clones share it.
#[derive(Clone, Default)]
pub struct Handover(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waiting: Option<Sender>,
    /// Whether all that hyper has written since is with the kernel.
    flushed: bool,
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover").finish_non_exhaustive()
    }
}

impl Handover {
    /// A body of `length` bytes that `sender` will send.
    pub fn body(&self, length: u64, sender: Sender) -> Body {
        Body {
            handover: self.clone(),
            sender: Some(sender),
            length,
        }
    }

    /// The sender, if the connection is ready for it. Asked each time after hyper has been polled.
    #[must_use]
    pub fn take(&self) -> Option<Sender> {
        let mut state = self.lock();
        if state.flushed {
            state.waiting.take()
        } else {
            None
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body of known length that is sent by somebody else.
pub struct Body {
    handover: Handover,
    sender: Option<Sender>,
    length: u64,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(sender) = self.sender.take() {
            let mut state = self.handover.lock();
            state.waiting = Some(sender);
            // The head has not been written yet: what was flushed before does not count.
            state.flushed = false;
        }
        // Nobody will wake it: the connection ends before hyper would ask again.
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

/// A connection as hyper sees it, which tells a [`Handover`] when it has been flushed.
///
/// It is shared with whoever looks at it meanwhile, and with whom it is handed over to.
#[derive(Debug)]
pub struct Connection {
    stream: Arc<TcpStream>,
    handover: Handover,
}

impl Connection {
    /// Watches `stream` for `handover`.
    #[must_use]
    pub fn new(stream: Arc<TcpStream>, handover: Handover) -> Self {
        Self { stream, handover }
    }

    fn poll_write_with(
        &self,
        cx: &mut Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        self.handover.lock().flushed = false;
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match write(&self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }
}

impl Read for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // Requests are short: they may as well be copied.
        let mut bytes = [0; 4096];
        let room = bytes.len().min(buffer.remaining());
        loop {
            ready!(self.stream.poll_read_ready(cx))?;
            match self.stream.try_read(&mut bytes[..room]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => {
                    buffer.put_slice(&bytes[..read?]);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl Write for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |stream| stream.try_write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What was written is with the kernel.
        self.handover.lock().flushed = true;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(shutdown(&*self.stream, Shutdown::Write)?))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |stream| stream.try_write_vectored(slices))
    }
}
