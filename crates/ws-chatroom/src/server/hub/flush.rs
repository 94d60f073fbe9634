//! The end of a turn: every client is sent what has gathered for it.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::net::SendFlags;
use tokio::io::AsyncWrite as _;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::task::yield_now;

use super::{Hub, Outbox, Phase, Shared};
use crate::room::Seat;

impl Hub {
    /// Sends what has gathered. A client whose socket is full delays nobody: its own
    /// task goes on when the socket has room, and past the bound it is sent away.
    pub(super) fn flush(&mut self) {
        self.send_batch();
        self.dismiss();
    }

    pub(super) fn send_batch(&mut self) {
        let mut blocked = Vec::new();
        for seat in self.gathered.drain(..) {
            // It may have left since, and its seat may be another's: then nothing is due.
            let Some(peer) = self.peers.get_mut(seat) else {
                continue;
            };
            match peer
                .outbox
                .send(self.batch.bytes(), |slices| write_now(&peer.writer, slices))
            {
                Ok(true) if peer.phase == Phase::Open => {}
                // The task ends what is closing.
                Ok(true) => peer.waker.wake_by_ref(),
                Ok(false) => blocked.push(seat),
                Err(_) => {
                    peer.outbox = Outbox::default();
                    peer.give_up();
                }
            }
        }
        if blocked.is_empty() {
            self.batch.clear();
            return;
        }
        let batch = self.batch.take();
        for seat in blocked {
            let peer = &mut self.peers[seat];
            // The closing frame is the last one and goes behind whatever waits.
            let limit = match peer.phase {
                Phase::Open => self.settings.max_backlog,
                Phase::Slow | Phase::Closing(_) | Phase::Broken => usize::MAX,
            };
            if peer.outbox.keep(&batch, limit).is_err() {
                peer.phase = Phase::Slow;
                self.doomed.push(Seat(seat));
            }
            peer.waker.wake_by_ref();
        }
    }

    /// Writes what was kept for this connection; true when it has all it is to have.
    ///
    /// # Errors
    ///
    /// The connection is broken.
    pub(in crate::server) fn poll_resume(
        &mut self,
        Seat(seat): Seat,
        context: &mut Context<'_>,
    ) -> io::Result<bool> {
        let peer = &mut self.peers[seat];
        while !peer.outbox.is_empty() {
            let Poll::Ready(ready) = peer.writer.as_ref().poll_write_ready(context) else {
                return Ok(false);
            };
            ready?;
            if peer.outbox.resume(|slices| write(&peer.writer, slices))? {
                break;
            }
        }
        Ok(peer.outbox.is_empty())
    }
}

impl Hub {
    /// Tells a connection that nothing more will come, once all has been written.
    pub(in crate::server) fn finish(&mut self, Seat(seat): Seat, context: &mut Context<'_>) {
        let writer = Pin::new(&mut self.peers[seat].writer);
        // A connection that cannot be shut down is down already.
        let _ = writer.poll_shutdown(context);
    }
}

/// The task that flushes. It is woken by the first frame of a turn, then lets
/// the runtime look once more for what is readable, and so runs behind all the
/// connections that had something to say by then.
pub(in crate::server) async fn flush_every_turn(hub: Shared) {
    loop {
        poll_fn(|context| {
            let mut hub = hub.borrow_mut();
            if hub.gathered.is_empty() {
                hub.flusher = Some(context.waker().clone());
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        yield_now().await;
        hub.borrow_mut().flush();
    }
}

/// One slice goes by `send(2)`, which is cheaper than `writev(2)`, and past what the
/// runtime knows of the socket: most take everything, and looking that up for a
/// thousand of them costs more than asking the kernel.
fn write_now(writer: &OwnedWriteHalf, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    match slices {
        // The socket does not block, and Rust programs ignore SIGPIPE: no flags.
        [one] => Ok(rustix::net::send(writer.as_ref(), one, SendFlags::empty())?),
        several => writer.try_write_vectored(several),
    }
}

/// Tells the runtime when the socket is full, so that it wakes the task when it is not.
fn write(writer: &OwnedWriteHalf, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    match slices {
        [one] => writer.try_write(one),
        several => writer.try_write_vectored(several),
    }
}
