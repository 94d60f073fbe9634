//! tokio, the ecosystem's default, where the source has `asyncio`: a task for each
//! connection, on one thread.
//!
//! `asyncio` calls the same things: `Runtime::block_on` is `asyncio.run`,
//! `spawn_local` is `create_task`, `poll_read` is `StreamReader.read`, `sleep` is
//! `asyncio.sleep`.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::task::{spawn_local, yield_now};
use tokio::time::sleep;

use super::{Listener, READ, READS, SWEEP};
use crate::hub::{Hub, Shard, Transport};

/// A connection as its driver holds it.
struct Socket {
    stream: TcpStream,
    /// Wakes the connection's task.
    task: Waker,
}

type Shared = Rc<RefCell<Shard<Socket>>>;

/// Serves on tokio.
pub(super) fn serve(listeners: Vec<Listener>, hub: Arc<Hub>) -> io::Result<()> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())?;
    runtime.block_on(async {
        let shard: Shared = Rc::new(RefCell::new(Shard::new(hub, "Tokio")));
        let mut tasks = vec![spawn_local(sweep(shard.clone()))];
        for Listener { socket, transport } in listeners {
            let listener = TcpListener::from_std(socket)?;
            tasks.push(spawn_local(accept(shard.clone(), listener, transport)));
        }
        flush_every_turn(&shard, &mut tasks).await;
        Ok(())
    })
}

async fn accept(shard: Shared, listener: TcpListener, transport: Transport) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                let task = Waker::noop().clone();
                let slot = shard
                    .borrow_mut()
                    .open(transport, Socket { stream, task }, from);
                let shard = shard.clone();
                spawn_local(poll_fn(move |context| connection(&shard, slot, context)));
            }
            Err(error) => {
                let pause = shard.borrow_mut().cannot_accept(&error);
                if let Some(pause) = pause {
                    sleep(pause).await;
                }
            }
        }
    }
}

/// The task of one connection: reads what there is, and writes on where the socket was full.
fn connection(shard: &Shared, slot: usize, context: &mut Context<'_>) -> Poll<()> {
    let shard = &mut *shard.borrow_mut();
    shard.socket(slot).task.clone_from(context.waker());
    while shard.wants_output(slot) {
        let Poll::Ready(_) = shard.socket(slot).stream.poll_write_ready(context) else {
            break;
        };
        shard.resume(slot, write);
    }
    let reading = poll_read(shard, slot, context);
    if shard.is_over(slot) {
        shard.remove(slot);
        return Poll::Ready(());
    }
    reading
}

/// Never ready: the end of a connection is the shard's to tell.
fn poll_read(shard: &mut Shard<Socket>, slot: usize, context: &mut Context<'_>) -> Poll<()> {
    let mut scratch = [MaybeUninit::uninit(); READ];
    for _ in 0..READS {
        if !shard.wants_input(slot) {
            return Poll::Pending;
        }
        let mut buffer = ReadBuf::uninit(&mut scratch);
        let stream = Pin::new(&mut shard.socket(slot).stream);
        match ready!(stream.poll_read(context, &mut buffer)) {
            Ok(()) if buffer.filled().is_empty() => shard.ended(slot),
            Ok(()) => shard.received(slot, buffer.filled()),
            Err(_) => shard.broken(slot),
        }
    }
    // There may be more, but the others come first.
    context.waker().wake_by_ref();
    Poll::Pending
}

/// Runs behind all the connections that had something to say in this turn of the loop.
async fn flush_every_turn(shard: &Shared, tasks: &mut Vec<tokio::task::JoinHandle<()>>) {
    loop {
        poll_fn(|context| {
            if shard.borrow().park(context.waker()) {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        // Once more through the loop: more may be readable by now.
        yield_now().await;
        let mut shard = shard.borrow_mut();
        shard.flush(write);
        for slot in shard.attention() {
            shard.socket(slot).task.wake_by_ref();
        }
        if shard.is_stopping() {
            // Nobody is accepted any more: their tasks hold the listeners.
            tasks.drain(1..).for_each(|task| task.abort());
        }
        if shard.is_finished() {
            return;
        }
    }
}

async fn sweep(shard: Shared) {
    loop {
        sleep(SWEEP).await;
        let mut shard = shard.borrow_mut();
        shard.sweep();
        for slot in shard.attention() {
            shard.socket(slot).task.wake_by_ref();
        }
    }
}

/// One slice goes by `send(2)`, which is cheaper than `writev(2)`.
fn write(socket: &Socket, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    match slices {
        [one] => socket.stream.try_write(one),
        several => socket.stream.try_write_vectored(several),
    }
}

impl std::os::fd::AsFd for Socket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
