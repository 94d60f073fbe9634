//! # The client for all lessons that double numbers
//!
//! `client -n 8` is eight clients, each a task on our own scheduler, that send random
//! numbers and print the answers, until Ctrl-C or for `--requests` each.
//!
//! **Python and here.** The original is `client.py`: N threads that end in a failed
//! assertion, always, because they compare a number with bytes. Here a wrong answer is
//! one line and exit code 1, and a right one is no reason to stop.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use clap::Args;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::channel::channel;
use crate::net::{Watched, connect, recv, send};
use crate::race::{Either, race};
use crate::reactor::Interest;
use crate::say;
use crate::scheduler::{Handle, Scheduler};
use crate::stop::Stop;

/// The longest answer that a server of these lessons gives to a number, with room to spare.
const LONGEST_ANSWER: usize = 64;

/// Flags of the client.
#[derive(Args, Debug)]
pub struct Options {
    /// Clients
    #[arg(short = 'n', long, env = "TUTORIALS_CLIENTS", value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    clients: u32,

    /// Port of the server on 127.0.0.1
    #[arg(
        long,
        env = "TUTORIALS_PORT",
        value_name = "PORT",
        default_value_t = 8080
    )]
    port: u16,

    /// Numbers that each client sends [default: until Ctrl-C]
    #[arg(long, env = "TUTORIALS_REQUESTS", value_name = "N")]
    requests: Option<u64>,

    /// Pause of each client between two numbers, in milliseconds
    #[arg(
        long,
        env = "TUTORIALS_PAUSE",
        value_name = "MS",
        default_value_t = 300
    )]
    pause: u64,

    /// Seed of the random numbers [default: another one each time]
    #[arg(long, env = "TUTORIALS_SEED", value_name = "N")]
    seed: Option<u64>,
}

/// Runs the clients.
///
/// # Errors
///
/// No server listens, it hung up, or an answer was wrong.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let stop = Stop::on_signals()?;
    let scheduler = Scheduler::new()?;
    let handle = scheduler.handle();
    let seed = options.seed.unwrap_or_else(rand::random);
    let server = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    say!(
        "{} clients of {server}, seed {seed}   (Ctrl-C ends)",
        options.clients
    );

    let settings = Rc::new((
        server,
        options.requests.unwrap_or(u64::MAX),
        Duration::from_millis(options.pause),
    ));
    // One place is enough: a client that has ended may wait until it is heard.
    let (ended, mut results) = channel(1);
    for number in 1..=options.clients {
        let random = StdRng::seed_from_u64(seed.wrapping_add(number.into()));
        let client = client(handle.clone(), number, Rc::clone(&settings), random);
        let ended = ended.clone();
        drop(handle.spawn(format!("client {number}"), async move {
            let result = client.await;
            // It fails only when another one's failure has ended the program.
            let _ = ended.send((number, result)).await;
        }));
    }
    drop(ended);
    let all = async {
        // In the order in which they end: the first to fail may be the last of the list.
        while let Some((number, result)) = results.receive().await {
            result.map_err(|error| match error.kind() {
                ErrorKind::ConnectionRefused => anyhow::anyhow!(
                    "the server at {server}: is a lesson running there? choose another port with --port: {error}"
                ),
                _ => anyhow::anyhow!("client {number} of {server}: {error}"),
            })?;
        }
        anyhow::Ok(())
    };
    let stopping = Watched::new(&handle, &stop)?;
    match scheduler.block_on(race(all, stopping.ready(Interest::Readable))) {
        Either::Left(done) => done?,
        Either::Right(()) => say!("bye"),
    }
    Ok(stop.exit_code())
}

async fn client(
    scheduler: Handle,
    number: u32,
    settings: Rc<(SocketAddr, u64, Duration)>,
    mut random: StdRng,
) -> io::Result<()> {
    let (server, requests, pause) = *settings;
    let stream = connect(&scheduler, server).await?;
    for request in 0..requests {
        if request > 0 {
            scheduler.sleep(pause).await;
        }
        let question: i64 = random.random_range(-1000..=1000);
        send(&stream, format!("{question}\n").as_bytes()).await?;
        let mut answer = [0; LONGEST_ANSWER];
        let mut length = 0;
        while !answer[..length].ends_with(b"\n") {
            let count = recv(&stream, &mut answer[length..]).await?;
            if count == 0 {
                let what = if length == LONGEST_ANSWER {
                    "answered at length"
                } else {
                    "hung up"
                };
                return Err(io::Error::other(format!("it {what}")));
            }
            length += count;
        }
        let answer = String::from_utf8_lossy(&answer[..length]);
        let answer = answer.trim_end();
        if answer != (2 * question).to_string() {
            return Err(io::Error::other(match answer {
                "Hello world" => "that lesson answers \"Hello world\" and does not double; \
                     start it with --protocol double"
                    .to_owned(),
                _ => format!("it doubled {question} to {answer:?}"),
            }));
        }
        say!("client {number}: {question} -> {answer}");
    }
    Ok(())
}
