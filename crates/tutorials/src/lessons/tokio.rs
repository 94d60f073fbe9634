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
use tokio::runtime::Builder;

use crate::options::Port;
use crate::protocol::{Conversation, Protocol};
use crate::say;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    port: Port,
}

async fn server(listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((client, address)) => drop(tokio::spawn(serve_one(client, address))),
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
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listener = options.port.listen(Protocol::Double)?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        tokio::select! {
            () = server(listener) => {}
            () = shutdown.requested() => {}
        }
        io::Result::Ok(())
    })?;
    // With the runtime all tasks are dropped, and with them all connections closed.
    drop(runtime);
    say!("bye");
    Ok(shutdown.exit_code())
}
