//! # Lesson 16: why `spawn` asks for `Send`
//!
//! One thread uses one processor. The scheduler of this lesson (`workers.rs`, added by
//! it) has one queue of tasks and several threads that take from it, so a task goes on
//! now on this thread, now on that one. Whatever it holds while it waits moves along:
//! all of that must be `Send`, and the compiler checks it, through every function the
//! task calls.
//!
//! **Type this.**
//!
//! ```text
//! cargo run -p tutorials -- send
//! nc 127.0.0.1 8080                        type 21
//! cargo run -p tutorials -- send --error   what the compiler says to a task with an Rc
//! cargo run -p tutorials -- send --trace send.svg
//! ```
//!
//! **Observe.** `talk` is that of lesson 14, to the letter: it holds nothing that could
//! not move. The error of `--error` comes from `tests/not_send/rc_across_await.rs`, which
//! a test compiles to see that it still does not. Read it once, slowly. You will meet it
//! again, and then it helps to know that the middle part names the variable.
//!
//! **Python and here.** None of the originals has this lesson. An `asyncio` task lives
//! and dies on its loop's thread, and calling into it from another one is an error that
//! shows at run time, sometimes.
//!
//! **Exercise.** `tests/exercises/send.rs`: make a task `Send`.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::clock::Clock;
use crate::net::{Watched, accept, recv, send};
use crate::options::{Port, Record, refuse};
use crate::protocol::{Conversation, Protocol};
use crate::reactor::{Interest, Reactor};
use crate::say;
use crate::stop::Stop;
use crate::workers::{Spawner, Workers};

const SOURCE: &str = include_str!("../../tests/not_send/rc_across_await.rs");
const ERROR: &str = include_str!("../../tests/not_send/rc_across_await.stderr");

/// Flags of the lesson.
#[derive(Args, Debug)]
pub struct Options {
    #[command(flatten)]
    port: Port,
    #[command(flatten)]
    record: Record,

    /// Threads that run tasks [default: one per processor]
    #[arg(long, env = "TUTORIALS_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: Option<u16>,

    /// Show a task that is not `Send`, and what the compiler says to it
    #[arg(long, env = "TUTORIALS_ERROR", value_parser = BoolishValueParser::new())]
    error: bool,
}

/// A stream that any worker may read: its reactor is shared, not borrowed from one scheduler.
type Client = Watched<TcpStream, Arc<Reactor>>;

async fn server(spawner: Spawner, listener: Watched<TcpListener, Arc<Reactor>>) {
    for number in 1.. {
        match accept(&listener).await {
            Ok((client, address)) => {
                spawner.spawn(&format!("client {number}"), serve_one(client, address));
            }
            Err(error) => {
                say!("cannot accept: {error}");
                // One worker pauses; the others serve.
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

async fn serve_one(client: Client, address: SocketAddr) {
    say!("connected: {address}");
    if let Err(error) = talk(client).await {
        say!("connection broke: {address}: {error}");
    }
    say!("disconnected: {address}");
}

async fn talk(client: Client) -> io::Result<()> {
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
/// The port is in use, or there are no threads to be had.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.error {
        if options.record.trace.is_some() {
            refuse("--error runs no task that --trace could draw: leave one of them out");
        }
        say!("{}\n{}", SOURCE.trim_end(), ERROR.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let stop = Arc::new(Stop::on_signals()?);
    let listener = options.port.listen()?;
    let trace = options.record.recorder(&Clock::real());
    let count = match options.workers {
        Some(count) => count.into(),
        None => thread::available_parallelism()?.get(),
    };
    say!("{count} workers");
    let workers = Workers::with_trace(count, trace.clone())?;
    let reactor = workers.reactor();
    let spawner = workers.spawner();
    spawner.spawn(
        "server",
        server(spawner.clone(), Watched::new(&reactor, listener)?),
    );

    // This thread has nothing to do but to wait for Ctrl-C, which a task hears for it.
    let (asked, asking) = mpsc::channel();
    let stopping = Watched::new(&reactor, Arc::clone(&stop))?;
    spawner.spawn("Ctrl-C", async move {
        stopping.ready(Interest::Readable).await;
        // It fails only if the main thread is gone, and then there is nothing left to stop.
        let _ = asked.send(());
    });
    asking.recv()?;
    drop(workers);
    say!("bye");
    options.record.draw(trace.as_ref())?;
    Ok(stop.exit_code())
}
