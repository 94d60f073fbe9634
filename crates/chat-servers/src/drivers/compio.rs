//! compio, which the source has nothing for: the kernel is not asked what is
//! ready, it is given operations and tells when they are complete (`io_uring`).
//!
//! A turn's sends reach the kernel in one system call, whoever they are for. An
//! idle connection lends no buffer to its pending receive: the kernel takes one of
//! a ring when bytes have come. Where it refuses `io_uring`, compio polls instead;
//! there every pending receive would hold a buffer, so readiness is waited for.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind, Read as _};
use std::net::Shutdown;
use std::num::NonZero;
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};

use bytes::Bytes;
use compio::BufResult;
use compio::driver::{BufferRef, ProactorBuilder};
use compio::io::{AsyncReadManaged as _, AsyncWrite as _};
use compio::net::{TcpListener, TcpStream};
use compio::runtime::{JoinHandle, ResumeUnwind as _, Runtime, spawn};
use compio::time::sleep;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use socket2::SockRef;

use super::{Listener, READ, SWEEP};
use crate::hub::{Hub, Shard, Transport};

/// Buffers that bytes are received into. More that come at once wait for the next turn.
const BUFFERS: NonZero<u16> = NonZero::new(256).expect("it is not 0");

/// What the kernel says when all of them are in use (`ENOBUFS`).
const NO_BUFFERS: i32 = rustix::io::Errno::NOBUFS.raw_os_error();

/// A connection as its driver holds it.
struct Socket {
    stream: TcpStream,
    /// Wakes the connection's task.
    task: Waker,
    /// Never used again, unlike the slot.
    serial: u64,
}

struct Server {
    shard: RefCell<Shard<Socket>>,
    /// Connections so far.
    accepted: Cell<u64>,
    /// The kernel refuses `io_uring`.
    polling: bool,
}

/// What came: in a buffer of the ring, or in one of our own.
enum Chunk {
    Ring(BufferRef),
    Own(Vec<u8>),
}

/// A send under way, to whom, and what it left.
type Sending = Pin<Box<dyn Future<Output = (usize, u64, io::Result<Bytes>)>>>;

/// Serves on compio.
pub(super) fn serve(listeners: Vec<Listener>, hub: Arc<Hub>) -> io::Result<()> {
    serve_on(ring(), listeners, hub)
}

fn ring() -> ProactorBuilder {
    let mut proactor = ProactorBuilder::new();
    proactor
        .capacity(4096)
        .buffer_pool_size(BUFFERS)
        .buffer_pool_buffer_len(READ / 4)
        // This thread alone submits and reaps: the kernel need not interrupt it.
        .single_issuer(true)
        .defer_taskrun(true)
        // Without it compio does not see that such work waits while it is busy with other.
        .taskrun_flag(true);
    proactor
}

fn serve_on(proactor: ProactorBuilder, listeners: Vec<Listener>, hub: Arc<Hub>) -> io::Result<()> {
    let runtime = Runtime::builder().with_proactor(proactor).build()?;
    let server = Rc::new(Server {
        shard: RefCell::new(Shard::new(hub, "Compio")),
        accepted: Cell::new(0),
        polling: runtime.driver_type().is_polling(),
    });
    if server.polling {
        tracing::info!("[Compio_Chat] - [SERVER INFO] - no io_uring here: polling");
    }
    runtime.block_on(async {
        let mut accepting = Vec::new();
        for Listener { socket, transport } in listeners {
            let listener = TcpListener::from_std(socket)?;
            accepting.push(spawn(accept(server.clone(), listener, transport)));
        }
        spawn(sweep(server.clone())).detach();
        // A task and not this future: waking that one takes a system call.
        let flushing = spawn(flush_every_turn(server, accepting));
        flushing
            .await
            .resume_unwind()
            .ok_or_else(|| io::Error::other("the task that sends was cancelled"))
    })
}

async fn accept(server: Rc<Server>, listener: TcpListener, transport: Transport) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                let (task, serial) = (Waker::noop().clone(), server.accepted.get());
                server.accepted.set(serial + 1);
                let socket = Socket {
                    stream: stream.clone(),
                    task,
                    serial,
                };
                let slot = server.shard.borrow_mut().open(transport, socket, from);
                spawn(connection(server.clone(), slot, stream)).detach();
            }
            Err(error) => {
                let pause = server.shard.borrow_mut().cannot_accept(&error);
                if let Some(pause) = pause {
                    sleep(pause).await;
                }
            }
        }
    }
}

/// The task of one connection: receives until the shard says that it is over.
async fn connection(server: Rc<Server>, slot: usize, stream: TcpStream) {
    let mut refusal = server.shard.borrow_mut().refusal(slot);
    while let Some(bytes) = refusal {
        // In a box, so that the future of those who are let in is small.
        let (_, _, result) = Box::pin(send(slot, 0, stream.clone(), bytes)).await;
        refusal = server.shard.borrow_mut().sent(slot, result);
    }
    loop {
        let mut receiving = pin!(receive(&server, &stream));
        let received = poll_fn(|context| {
            let mut shard = server.shard.borrow_mut();
            shard.socket(slot).task.clone_from(context.waker());
            if shard.is_over(slot) {
                return Poll::Ready(None);
            }
            if !shard.wants_input(slot) {
                return Poll::Pending;
            }
            drop(shard);
            receiving.as_mut().poll(context).map(Some)
        })
        .await;
        let mut shard = server.shard.borrow_mut();
        match received {
            None => break,
            Some(Ok(Some(Chunk::Ring(bytes)))) => shard.received(slot, &bytes),
            Some(Ok(Some(Chunk::Own(bytes)))) => shard.received(slot, &bytes),
            Some(Ok(None)) => shard.ended(slot),
            Some(Err(_)) => shard.broken(slot),
        }
    }
    // A send that the peer keeps from completing would hold the socket open.
    let _ = SockRef::from(&stream).shutdown(Shutdown::Both);
    server.shard.borrow_mut().remove(slot);
}

/// The next bytes; `None` when the peer sends no more.
async fn receive(server: &Server, mut stream: &TcpStream) -> io::Result<Option<Chunk>> {
    if server.polling {
        return Box::pin(receive_when_ready(stream)).await;
    }
    loop {
        match stream.read_managed(0).await {
            // Every buffer is in use: the others come first.
            Err(error) if error.raw_os_error() == Some(NO_BUFFERS) => yield_now().await,
            other => return Ok(other?.map(Chunk::Ring)),
        }
    }
}

async fn receive_when_ready(stream: &TcpStream) -> io::Result<Option<Chunk>> {
    let mut buffer = vec![0; READ];
    loop {
        stream.to_poll_fd()?.read_ready().await?;
        match (&*SockRef::from(stream)).read(&mut buffer) {
            Ok(count) => {
                buffer.truncate(count);
                return Ok((count > 0).then_some(Chunk::Own(buffer)));
            }
            // Not after all.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Sends once: what the socket has no room for comes back.
async fn send(
    slot: usize,
    serial: u64,
    mut stream: TcpStream,
    bytes: Bytes,
) -> (usize, u64, io::Result<Bytes>) {
    let BufResult(result, bytes) = stream.write(bytes).await;
    let rest = match result {
        Ok(0) => Err(ErrorKind::WriteZero.into()),
        Ok(written) => Ok(bytes.slice(written..)),
        Err(error) => Err(error),
    };
    (slot, serial, rest)
}

/// Runs behind all the connections that had something to say in this turn of the loop.
async fn flush_every_turn(server: Rc<Server>, mut accepting: Vec<JoinHandle<()>>) {
    let mut sending: FuturesUnordered<Sending> = FuturesUnordered::new();
    loop {
        poll_fn(|context| {
            while let Poll::Ready(Some((slot, serial, result))) = sending.poll_next_unpin(context) {
                let mut shard = server.shard.borrow_mut();
                // The slot may be another's by now.
                if !shard.is_open(slot) || shard.socket(slot).serial != serial {
                    continue;
                }
                if let Some(bytes) = shard.sent(slot, result) {
                    let stream = shard.socket(slot).stream.clone();
                    sending.push(Box::pin(send(slot, serial, stream, bytes)));
                }
                wake(&mut shard);
            }
            if server.shard.borrow().park(context.waker()) {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        // Once more through the loop: more may have come by now.
        yield_now().await;
        let mut shard = server.shard.borrow_mut();
        shard.launch(|slot, socket, bytes| {
            let sent = send(slot, socket.serial, socket.stream.clone(), bytes);
            sending.push(Box::pin(sent));
        });
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
        sleep(SWEEP).await;
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

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::time::Duration;

    use crate::settings::Settings;
    use compio::driver::DriverType;

    #[test]
    fn where_the_kernel_refuses_io_uring_more_wait_than_there_are_buffers() {
        let socket = common::listen::bind("127.0.0.1:0", "").unwrap();
        let address = socket.local_addr().unwrap();
        let hub = Hub::new(Settings::default(), jiff::tz::TimeZone::UTC);
        let listeners = vec![Listener {
            socket,
            transport: Transport::Tcp,
        }];
        let shared = hub.clone();
        let server = std::thread::spawn(move || {
            let mut proactor = ring();
            proactor.driver_type(DriverType::Poll);
            serve_on(proactor, listeners, shared)
        });
        let connect = || {
            let stream = std::net::TcpStream::connect(address).unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(30)))
                .unwrap();
            BufReader::new(stream)
        };
        let mut crowd: Vec<_> = (0..BUFFERS.get() + 20).map(|_| connect()).collect();
        for client in &mut crowd {
            client.get_mut().write_all(b"whoami\n").unwrap();
            let mut line = String::new();
            client.read_line(&mut line).unwrap();
            assert!(line.contains("First login!"), "{line}");
        }
        drop(crowd);
        hub.stop();
        server.join().unwrap().unwrap();
    }
}
