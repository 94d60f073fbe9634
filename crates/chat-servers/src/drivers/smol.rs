//! smol, a small loop, where the source has Tornado: an executor of a thousand
//! lines and a reactor that wraps any socket of the standard library.
//!
//! Tornado calls the same things: `smol::block_on` is `IOLoop.start`,
//! `executor.spawn` is `spawn_callback`, `Async<TcpStream>` is `IOStream`, `Timer`
//! is `PeriodicCallback`.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, IoSlice, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use smol::future::yield_now;
use smol::io::AsyncRead as _;
use smol::{Async, LocalExecutor, Task, Timer};

use super::{ACCEPTS, Listener, READ, READS, SWEEP};
use crate::hub::{Hub, Shard, Transport};

/// A connection as its driver holds it.
struct Socket {
    stream: Async<TcpStream>,
    /// Wakes the connection's task.
    task: Waker,
}

/// What the tasks share.
struct Server {
    executor: LocalExecutor<'static>,
    shard: RefCell<Shard<Socket>>,
    /// What every connection reads into, one at a time.
    scratch: RefCell<Box<[u8]>>,
}

/// Serves on smol.
pub(super) fn serve(listeners: Vec<Listener>, hub: Arc<Hub>) -> io::Result<()> {
    let server = Rc::new(Server {
        executor: LocalExecutor::new(),
        shard: RefCell::new(Shard::new(hub, "Smol")),
        scratch: RefCell::new(vec![0; READ].into()),
    });
    let mut accepting = Vec::new();
    for Listener { socket, transport } in listeners {
        let task = accept(server.clone(), Async::new(socket)?, transport);
        accepting.push(server.executor.spawn(task));
    }
    let sweeping = server.executor.spawn(sweep(server.clone()));
    let flushing = flush_every_turn(&server, accepting);
    smol::block_on(server.executor.run(flushing));
    drop(sweeping);
    Ok(())
}

async fn accept(server: Rc<Server>, listener: Async<TcpListener>, transport: Transport) {
    for turn in 1usize.. {
        if turn.is_multiple_of(ACCEPTS) {
            // There may be more, but the others come first.
            yield_now().await;
        }
        let accepted = match listener.accept().await {
            Ok((stream, from)) => {
                let task = Waker::noop().clone();
                let mut shard = server.shard.borrow_mut();
                Ok(shard.open(transport, Socket { stream, task }, from))
            }
            Err(error) => Err(server.shard.borrow_mut().cannot_accept(&error)),
        };
        match accepted {
            Ok(slot) => {
                let shared = server.clone();
                let task = poll_fn(move |context| connection(&shared, slot, context));
                server.executor.spawn(task).detach();
            }
            Err(Some(pause)) => drop(Timer::after(pause).await),
            Err(None) => {}
        }
    }
}

/// The task of one connection: reads what there is, and writes on where the socket was full.
fn connection(server: &Server, slot: usize, context: &mut Context<'_>) -> Poll<()> {
    let shard = &mut *server.shard.borrow_mut();
    shard.socket(slot).task.clone_from(context.waker());
    while shard.wants_output(slot) {
        shard.resume(slot, write);
        if shard.wants_output(slot)
            && shard
                .socket(slot)
                .stream
                .poll_writable(context)
                .is_pending()
        {
            break;
        }
    }
    let reading = poll_read(server, shard, slot, context);
    if shard.is_over(slot) {
        shard.remove(slot);
        return Poll::Ready(());
    }
    reading
}

/// Never ready: the end of a connection is the shard's to tell.
fn poll_read(
    server: &Server,
    shard: &mut Shard<Socket>,
    slot: usize,
    context: &mut Context<'_>,
) -> Poll<()> {
    let scratch = &mut *server.scratch.borrow_mut();
    for _ in 0..READS {
        if !shard.wants_input(slot) {
            return Poll::Pending;
        }
        let mut stream = &shard.socket(slot).stream;
        match ready!(Pin::new(&mut stream).poll_read(context, scratch)) {
            Ok(0) => shard.ended(slot),
            Ok(count) => shard.received(slot, &scratch[..count]),
            Err(_) => shard.broken(slot),
        }
    }
    // There may be more, but the others come first.
    context.waker().wake_by_ref();
    Poll::Pending
}

/// Runs behind all the connections that had something to say in this turn of the loop.
async fn flush_every_turn(server: &Server, mut accepting: Vec<Task<()>>) {
    loop {
        poll_fn(|context| {
            if server.shard.borrow().park(context.waker()) {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        // Once more through the reactor: more may be readable by now.
        Timer::after(std::time::Duration::ZERO).await;
        let mut shard = server.shard.borrow_mut();
        shard.flush(write);
        wake(&mut shard);
        if shard.is_stopping() {
            // Dropped, they close the listeners.
            accepting.clear();
        }
        if shard.is_finished() {
            return;
        }
    }
}

async fn sweep(server: Rc<Server>) {
    loop {
        Timer::after(SWEEP).await;
        let mut shard = server.shard.borrow_mut();
        shard.sweep();
        wake(&mut shard);
    }
}

fn wake(shard: &mut Shard<Socket>) {
    for slot in shard.attention() {
        shard.socket(slot).task.wake_by_ref();
    }
}

/// One slice goes by `send(2)`, which is cheaper than `writev(2)`.
fn write(socket: &Socket, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    let mut stream = socket.stream.get_ref();
    match slices {
        [one] => stream.write(one),
        several => stream.write_vectored(several),
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
