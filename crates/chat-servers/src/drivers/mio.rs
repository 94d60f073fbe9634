//! mio, a reactor that calls protocol callbacks, where the source has Twisted: no
//! tasks and no futures, one loop that asks the kernel what is ready.
//!
//! Twisted calls the same things: [`Reactor::run`] is `reactor.run`, and the
//! callbacks have its names: `connection_made`, `data_received`, `connection_lost`.

use std::io::{self, ErrorKind, IoSlice, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::{ACCEPTS, Listener, READ, READS, SWEEP};
use crate::hub::{Hub, Shard, Transport};

/// Events that one look at the kernel answers at most.
const EVENTS: usize = 1024;
const WAKER: Token = Token(usize::MAX);

/// Serves on mio.
pub(super) fn serve(listeners: Vec<Listener>, hub: Arc<Hub>) -> io::Result<()> {
    let poll = Poll::new()?;
    let mut ports = Vec::new();
    for (index, Listener { socket, transport }) in listeners.into_iter().enumerate() {
        let mut listener = TcpListener::from_std(socket);
        let token = Token(index);
        poll.registry()
            .register(&mut listener, token, Interest::READABLE)?;
        ports.push((listener, transport));
    }
    Reactor {
        waker: Arc::new(Doorbell(mio::Waker::new(poll.registry(), WAKER)?)).into(),
        poll,
        ports,
        paused: None,
        again: Vec::new(),
        crowded: Vec::new(),
        shard: Shard::new(hub, "Mio"),
        scratch: vec![0; READ].into(),
    }
    .run()
}

/// Another thread's driver rings it.
struct Doorbell(mio::Waker);

impl Wake for Doorbell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // It fails only when the loop is gone.
        let _ = self.0.wake();
    }
}

struct Socket(TcpStream);

struct Reactor {
    poll: Poll,
    waker: Waker,
    ports: Vec<(TcpListener, Transport)>,
    /// Descriptors have run out; accepting goes on then.
    paused: Option<Instant>,
    /// Who had its share of a turn and may have more to read. Bounded by the connections.
    again: Vec<usize>,
    /// Ports that had their share of a turn and may have more to accept.
    crowded: Vec<usize>,
    shard: Shard<Socket>,
    /// What every connection reads into, one at a time.
    scratch: Box<[u8]>,
}

impl Reactor {
    fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        let mut sweep = Instant::now() + SWEEP;
        while !self.shard.is_finished() {
            let due = self.paused.map_or(sweep, |paused| paused.min(sweep));
            let rest = due.saturating_duration_since(Instant::now());
            let more = !self.again.is_empty() || !self.crowded.is_empty();
            let idle = self.shard.park(&self.waker) && !more;
            self.turn(&mut events, if idle { rest } else { Duration::ZERO })?;
            // Once more before anything is sent: more may be readable by now.
            self.turn(&mut events, Duration::ZERO)?;
            for slot in std::mem::take(&mut self.again) {
                self.ready(slot, true);
            }
            for port in std::mem::take(&mut self.crowded) {
                self.accept(port);
            }
            let now = Instant::now();
            if self.paused.is_some_and(|paused| now >= paused) {
                self.paused = None;
                (0..self.ports.len()).for_each(|port| self.accept(port));
            }
            if now >= sweep {
                sweep = now + SWEEP;
                self.shard.sweep();
            }
            self.shard.flush(write);
            for slot in self.shard.attention() {
                self.ready(slot, true);
            }
        }
        Ok(())
    }

    /// Waits for events and carries them out.
    fn turn(&mut self, events: &mut Events, timeout: Duration) -> io::Result<()> {
        match self.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => self.shard.unpark(),
        }
        for event in &*events {
            match event.token() {
                WAKER => {}
                Token(port) if port < self.ports.len() => self.accept(port),
                Token(token) => self.ready(token - self.ports.len(), event.is_read_closed()),
            }
        }
        Ok(())
    }

    fn accept(&mut self, port: usize) {
        for _ in 0..ACCEPTS {
            if self.paused.is_some() || self.shard.is_stopping() {
                return;
            }
            let (listener, transport) = &self.ports[port];
            match listener.accept() {
                Ok((stream, from)) => self.connection_made(*transport, stream, from),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    let pause = self.shard.cannot_accept(&error);
                    self.paused = pause.map(|pause| Instant::now() + pause);
                }
            }
        }
        self.crowded.push(port);
    }

    fn connection_made(
        &mut self,
        transport: Transport,
        stream: TcpStream,
        from: std::net::SocketAddr,
    ) {
        let slot = self.shard.open(transport, Socket(stream), from);
        let token = Token(self.ports.len() + slot);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let stream = &mut self.shard.socket(slot).0;
        // Events are edges: each tells once that something has changed.
        if self
            .poll
            .registry()
            .register(stream, token, interest)
            .is_err()
        {
            self.shard.broken(slot);
        }
        self.look(slot);
    }

    /// There may be something to read, or room to write. Only when the peer has ended, or
    /// input was left for later, may there be more behind what one read brings.
    fn ready(&mut self, slot: usize, more: bool) {
        self.read(slot, more);
        self.look(slot);
    }

    fn read(&mut self, slot: usize, more: bool) {
        for _ in 0..READS {
            if !self.shard.is_open(slot) || !self.shard.wants_input(slot) {
                return;
            }
            match self.shard.socket(slot).0.read(&mut self.scratch) {
                Ok(0) => self.shard.ended(slot),
                Ok(count) => {
                    self.data_received(slot, count);
                    if count < self.scratch.len() && !more {
                        // Whatever comes now is a new edge.
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.shard.broken(slot),
            }
        }
        self.again.push(slot);
    }

    fn data_received(&mut self, slot: usize, count: usize) {
        self.shard.received(slot, &self.scratch[..count]);
    }

    /// Writes what was kept, and lets go of what is over.
    fn look(&mut self, slot: usize) {
        if self.shard.is_open(slot) && self.shard.wants_output(slot) {
            self.shard.resume(slot, write);
        }
        if self.shard.is_open(slot) && self.shard.is_over(slot) {
            self.connection_lost(slot);
        }
    }

    fn connection_lost(&mut self, slot: usize) {
        // Closing the socket takes it out of the kernel's list too.
        let _ = self
            .poll
            .registry()
            .deregister(&mut self.shard.remove(slot).0);
    }
}

/// One slice goes by `send(2)`, which is cheaper than `writev(2)`.
fn write(socket: &Socket, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    let mut stream = &socket.0;
    match slices {
        [one] => stream.write(one),
        several => stream.write_vectored(several),
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
