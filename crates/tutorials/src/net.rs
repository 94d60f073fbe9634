//! Sockets that can be awaited: `accept`, `recv` and `send` (added by lesson 14).
//!
//! Each of them does what the blocking call does, with one difference. A socket that
//! is set to *non-blocking* never waits; it says `WouldBlock`. Then the task waits,
//! for the reactor to say that it is worth trying again, and meanwhile others run.
//! The Python original yields the socket *before* every call; trying first saves a
//! trip through the event loop whenever the data is there already.

use std::future::poll_fn;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Deref;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::reactor::{Interest, Reactor, Source};
use crate::scheduler::Handle;
use crate::trace::{self, Why};

/// Something that lends the reactor it is watched by. Schedulers do.
pub trait Watch: Clone {
    /// That reactor.
    fn reactor(&self) -> &Reactor;
}

impl Watch for Handle {
    fn reactor(&self) -> &Reactor {
        self.reactor()
    }
}

impl Watch for Arc<Reactor> {
    fn reactor(&self) -> &Reactor {
        self
    }
}

/// A socket, not blocking, watched by a reactor for as long as it lives.
#[derive(Debug)]
pub struct Watched<T: AsFd, W: Watch = Handle> {
    socket: T,
    source: Arc<Source>,
    watch: W,
    /// Operations that were done without waiting, one after the other.
    in_a_row: AtomicU32,
}

/// After so many operations in a row that need not wait, a task lets others go first. A peer that
/// sends faster than we read would otherwise never let go of the scheduler. tokio's budget is 128.
const IN_A_ROW: u32 = 32;

impl<T: AsFd, W: Watch> Watched<T, W> {
    /// Sets `socket` to non-blocking and lets it be watched.
    ///
    /// # Errors
    ///
    /// The kernel cannot watch it.
    pub fn new(watch: &W, socket: T) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&socket, true)?;
        let source = watch.reactor().watch(&socket)?;
        Ok(Self {
            socket,
            source,
            watch: watch.clone(),
            in_a_row: AtomicU32::new(0),
        })
    }

    /// Waits until `socket` may be read, or written, for the first time.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn ready(&self, interest: Interest) {
        self.source.after(interest, 0).await;
    }

    /// For futures that poll by hand.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Calls `operation` until it does not say `WouldBlock`, and waits in between.
    ///
    /// # Errors
    ///
    /// What `operation` says, but for `WouldBlock` and `Interrupted`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe if `operation` is: it is dropped only while it waits, when `operation` did nothing.
    pub async fn until_done<R>(
        &self,
        interest: Interest,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        if self.in_a_row.fetch_add(1, Ordering::Relaxed) >= IN_A_ROW {
            self.in_a_row.store(0, Ordering::Relaxed);
            yield_now().await;
        }
        loop {
            // Asked before we try: what the kernel says from here on is not missed.
            let tick = self.source.tick(interest);
            match operation(&self.socket) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.in_a_row.store(0, Ordering::Relaxed);
                    self.source.after(interest, tick).await;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }
}

/// To the end of the queue, on whatever scheduler.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        trace::waiting(Why::Turn);
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Waits for a client. `s.accept()`
///
/// # Errors
///
/// Those of `accept(2)`: mostly that there are no descriptors left.
///
/// # Cancel safety
///
/// Cancel safe: a client that came stays in the kernel's queue.
pub async fn accept<W: Watch>(
    listener: &Watched<TcpListener, W>,
) -> io::Result<(Watched<TcpStream, W>, SocketAddr)> {
    let accepted = listener
        .until_done(Interest::Readable, TcpListener::accept)
        .await;
    let (stream, address) = accepted?;
    Ok((Watched::new(&listener.watch, stream)?, address))
}

/// Connects to a server. `s.connect(address)`
///
/// # Errors
///
/// Nobody listens there, or cannot be reached.
///
/// # Cancel safety
///
/// Dropped before it is done, the half-made connection is closed.
pub async fn connect<W: Watch>(
    watch: &W,
    address: SocketAddr,
) -> io::Result<Watched<TcpStream, W>> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) => {
            return Err(error);
        }
        _ => {}
    }
    let stream = Watched::new(watch, TcpStream::from(socket))?;
    let mut tick = 0;
    loop {
        // Writable means that the attempt is over; how it ended, the socket has to be asked.
        stream.source.after(Interest::Writable, tick).await;
        tick = stream.source.tick(Interest::Writable);
        if let Some(error) = stream.take_error()? {
            return Err(error);
        }
        match stream.peer_addr() {
            Err(error) if error.kind() == ErrorKind::NotConnected => {}
            _ => return Ok(stream),
        }
    }
}

/// Waits for bytes; answers how many it put into `buffer`, 0 when the peer has hung up. `s.recv(n)`
///
/// # Errors
///
/// The connection broke.
///
/// # Cancel safety
///
/// Cancel safe: bytes that came stay in the kernel's buffer.
pub async fn recv<W: Watch>(
    stream: &Watched<TcpStream, W>,
    buffer: &mut [u8],
) -> io::Result<usize> {
    stream
        .until_done(Interest::Readable, |mut stream| stream.read(buffer))
        .await
}

/// Sends all of `bytes`, waiting for room as often as needed. `s.sendall(data)`
///
/// # Errors
///
/// The connection broke; some of the bytes may have been sent.
///
/// # Cancel safety
///
/// Not cancel safe: dropped in the middle, some of the bytes have been sent.
pub async fn send<W: Watch>(stream: &Watched<TcpStream, W>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = stream.until_done(Interest::Writable, |mut stream| stream.write(bytes));
        match written.await? {
            0 => return Err(ErrorKind::WriteZero.into()),
            count => bytes = &bytes[count..],
        }
    }
    Ok(())
}

impl<T: AsFd, W: Watch> Deref for Watched<T, W> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.socket
    }
}

impl<T: AsFd, W: Watch> AsFd for Watched<T, W> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl<T: AsFd, W: Watch> Drop for Watched<T, W> {
    fn drop(&mut self) {
        self.watch.reactor().forget(&self.socket, &self.source);
    }
}
