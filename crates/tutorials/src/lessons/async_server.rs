//! # Lesson 14: an asynchronous server that reads like the first one
//!
//! The scheduler of lesson 13 plus three awaitables, `accept`, `recv` and `send`
//! (`net.rs`, added by this lesson), make a server that serves everybody on one thread.
//! `talk` has the lines of lesson 1's `talk`, with an `.await` at each place where that
//! one stood still and held up all others.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- async-server
//! nc 127.0.0.1 8080                        in as many terminals as you like
//! cargo run -p tutorials -- client -n 8
//! cargo run -p tutorials -- async-server --virtual --trace -
//! ```
//!
//! **Observe.** Lay this file beside `blocking.rs`. Then beside `callbacks.rs`, which
//! does the same. With `--virtual` three visitors of its own come instead of yours, the
//! same ones every time, and the trace shows how they interleave: the picture in the
//! README.
//!
//! **Python and here.** The original is `async_server.py`. Its `accept`, `recv` and
//! `send` are classes with `__await__` that yield the socket to the scheduler. `send`
//! there sends what fits and forgets the rest; ours sends all.
//!
//! **Exercise.** `tests/exercises/async_server.rs`: hang up on a client that is silent.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::net::{Watched, accept, connect, recv, send};
use crate::options::{Port, Timed};
use crate::protocol::{Conversation, Protocol};
use crate::race::race;
use crate::reactor::Interest;
use crate::say;
use crate::scheduler::{Handle, Scheduler};
use crate::stop::Stop;

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    port: Port,
    #[command(flatten)]
    timed: Timed,
}

async fn server(scheduler: Handle, listener: Watched<TcpListener>) {
    for number in 1.. {
        match accept(&listener).await {
            Ok((client, address)) => {
                let name = format!("client {number}");
                drop(scheduler.spawn(name, serve_one(client, address)));
            }
            Err(error) => {
                say!("cannot accept: {error}");
                // No descriptor is free, say. The clients that we have are served meanwhile.
                scheduler.sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve_one(client: Watched<TcpStream>, address: SocketAddr) {
    say!("connected: {address}");
    if let Err(error) = talk(client).await {
        say!("connection broke: {address}: {error}");
    }
    say!("disconnected: {address}");
}

async fn talk(client: Watched<TcpStream>) -> io::Result<()> {
    let mut conversation = Conversation::new(Protocol::Double);
    let mut piece = [0; 1024];
    loop {
        let count = recv(&client, &mut piece).await?;
        if count == 0 {
            return Ok(());
        }
        let mut answers = Vec::new();
        conversation.receive(&piece[..count], &mut answers);
        send(&client, &answers).await?;
    }
}

/// Runs the lesson until Ctrl-C.
///
/// # Errors
///
/// The port is in use.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let stop = Stop::on_signals()?;
    let clock = options.timed.clock();
    let trace = options.timed.record.recorder(&clock);
    let scheduler = Scheduler::with(clock, trace.clone())?;
    let handle = scheduler.handle();

    let listener = if options.timed.jump {
        // Visitors of our own find any port, and nobody else is invited.
        say!("three visitors come, and when they have gone the lesson ends");
        let port = options.port.port.unwrap_or(0);
        common::listen::bind(&format!("127.0.0.1:{port}"), "--port")?
    } else {
        options.port.listen()?
    };
    let listener = Watched::new(&handle, listener)?;
    let address = listener.local_addr()?;
    let serving = handle.spawn("server", server(handle.clone(), listener));
    if options.timed.jump {
        scheduler.block_on(visits(&handle, address));
    } else {
        let stopping = Watched::new(&handle, &stop)?;
        // Both are endless but for Ctrl-C, which is the right one.
        scheduler.block_on(race(serving, stopping.ready(Interest::Readable)));
    }
    say!("bye");
    options.timed.record.draw(trace.as_ref())?;
    // With the scheduler all tasks are dropped, and with them all connections closed.
    Ok(stop.exit_code())
}

/// Three visitors who come and ask at different times.
async fn visits(scheduler: &Handle, server: SocketAddr) {
    let visitors = [1, 2, 3].map(|number: u32| {
        let visiting = visit(scheduler.clone(), server, number);
        scheduler.spawn(format!("visitor {number}"), visiting)
    });
    for visitor in visitors {
        if let Ok(Err(error)) = visitor.await {
            say!("a visitor failed: {error}");
        }
    }
    // The server hears of the last goodbye.
    scheduler.sleep(Duration::from_millis(50)).await;
}

async fn visit(scheduler: Handle, server: SocketAddr, number: u32) -> io::Result<()> {
    scheduler.sleep(Duration::from_millis(100) * number).await;
    let stream = connect(&scheduler, server).await?;
    for question in 1..=2 {
        send(&stream, format!("{}\n", 10 * number + question).as_bytes()).await?;
        let mut answer = [0; 64];
        let count = recv(&stream, &mut answer).await?;
        say!(
            "visitor {number}: {}",
            String::from_utf8_lossy(&answer[..count]).trim_end()
        );
        scheduler.sleep(Duration::from_millis(250)).await;
    }
    Ok(())
}
