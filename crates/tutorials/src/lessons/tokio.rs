//! # Lesson 19: the same on tokio
//!
//! Lesson 14's server on the runtime that most of the world uses. Every line has its
//! twin there, and by now you know what is behind each of them, because you have seen it
//! built: there is no magic in tokio, only a great deal of work.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- tokio
//! nc 127.0.0.1 8080        type 21
//! cargo run -p tutorials -- client -n 8
//! cargo run -p tutorials -- tokio --trace -      then Ctrl-C; lay it beside lesson 14's
//! ```
//!
//! **Observe.** Lay it beside `async_server.rs`.
//!
//! | ours | tokio's |
//! |---|---|
//! | `Scheduler::new()` | `runtime::Builder::new_current_thread()` |
//! | `Workers::new(n)` (lesson 16) | `runtime::Builder::new_multi_thread()` |
//! | `scheduler.block_on(future)` | `runtime.block_on(future)` |
//! | `scheduler.spawn(name, future)` | `task::spawn_local(future)`; `spawn` needs `Send` |
//! | `JoinHandle::cancel` | `JoinHandle::abort` |
//! | `Handle` that one passes on | a thread-local variable: `Handle::current()` |
//! | `accept(&listener)` | `TcpListener::accept` |
//! | `recv`, `send` | `AsyncReadExt::read`, `AsyncWriteExt::write_all` |
//! | `Watched<T>` | `unix::AsyncFd<T>` |
//! | `scheduler.sleep`, `timeout` | `time::sleep`, `time::timeout` |
//! | `race(a, b)` | `select! { … }` |
//! | `channel(n)` | `sync::mpsc::channel(n)` |
//! | `ThreadPool::submit` (lesson 9) | `task::spawn_blocking` |
//! | `Timers`, a heap | a timing wheel of six levels |
//! | `Reactor`, `Source` | the I/O driver (mio), `ScheduledIo` |
//! | `Clock::jumping()` | `time::pause()` |
//!
//! **Python and here.** What `asyncio` is to Python's generators, tokio is to futures;
//! only that Python has it in the box and Rust lets you choose.
//!
//! **Exercise.** `tests/exercises/tokio.rs`: a timeout, with tokio's own.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use common::shutdown::Shutdown;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use crate::clock::Clock;
use crate::options::{Port, Record};
use crate::protocol::{Conversation, Protocol};
use crate::say;
use crate::trace::Trace;
use crate::trace::future::traced;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    port: Port,
    #[command(flatten)]
    record: Record,
}

async fn server(listener: TcpListener, trace: Option<Trace>) {
    for number in 1.. {
        match listener.accept().await {
            Ok((client, address)) => {
                let serving = serve_one(client, address);
                let name = format!("client {number}");
                drop(tokio::spawn(traced(trace.as_ref(), &name, serving)));
            }
            Err(error) => {
                say!("cannot accept: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve_one(client: TcpStream, address: SocketAddr) {
    say!("connected: {address}");
    if let Err(error) = talk(client).await {
        say!("connection broke: {address}: {error}");
    }
    say!("disconnected: {address}");
}

async fn talk(mut client: TcpStream) -> io::Result<()> {
    let mut conversation = Conversation::new(Protocol::Double);
    let mut piece = [0; 1024];
    loop {
        let count = client.read(&mut piece).await?;
        if count == 0 {
            return Ok(());
        }
        let mut answers = Vec::new();
        conversation.receive(&piece[..count], &mut answers);
        client.write_all(&answers).await?;
    }
}

/// Runs the lesson until Ctrl-C.
///
/// # Errors
///
/// The port is in use.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let shutdown = Shutdown::on_signals()?;
    let trace = options.record.recorder(&Clock::real());
    let runtime = runtime(trace.as_ref())?;
    let listener = options.port.listen()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        tokio::select! {
            () = traced(trace.as_ref(), "server", server(listener, trace.clone())) => {}
            () = shutdown.requested() => {}
        }
        io::Result::Ok(())
    })?;
    // With the runtime all tasks are dropped, and with them all connections closed.
    drop(runtime);
    say!("bye");
    options.record.draw(trace.as_ref())?;
    Ok(shutdown.exit_code())
}

/// Its current-thread runtime. tokio says when it falls asleep and wakes, and for a trace we listen.
fn runtime(trace: Option<&Trace>) -> io::Result<Runtime> {
    let mut builder = Builder::new_current_thread();
    if let Some(trace) = trace.cloned() {
        let lane = trace.lane("reactor");
        let asleep = trace.clone();
        builder.on_thread_park(move || {
            asleep.asleep(lane, None);
            // It wakes tasks before it says that it is awake.
            asleep.mark(lane);
        });
        builder.on_thread_unpark(move || trace.awake(lane));
    }
    builder.enable_all().build()
}
