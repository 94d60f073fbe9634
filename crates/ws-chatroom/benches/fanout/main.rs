//! Deliveries per second, latency, memory and connecting, ours beside others', in one run.
//!
//! `cargo bench -p ws-chatroom` measures all; `-- --help` says how to choose.
//! The others are installed by `crates/ws-chatroom/benches/peers/install`.
//! Server and load are pinned to one core each; loopback only; bounded in count
//! and time. The load is one thread that waits for all sockets at once and
//! counts frames, so that it costs little beside any of the servers.

mod crowd;
mod fill;
#[path = "../../../common/benches/measured/process.rs"]
mod measured;
mod obvious;
mod process;
mod report;
#[path = "../../../common/benches/measured/tally.rs"]
mod tally;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

/// What to measure.
#[derive(Debug, Parser)]
#[command(name = "fanout")]
struct Flags {
    /// Only the servers whose name contains one of these
    #[arg(long, value_delimiter = ',', default_value = "")]
    only: Vec<String>,
    /// Runs of each; the median by deliveries is shown
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Seconds of each run
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Rows: clients/senders
    #[arg(long, value_delimiter = ',', default_value = "100/10,1000/10,1000/1")]
    rows: Vec<report::Row>,
    /// Messages that each sender has under way; past 32 of all of them in one turn
    /// uWebSockets no longer gathers, so with ten senders it is at its best with three
    #[arg(long, default_value_t = 3)]
    window: usize,
    /// More clients, which never read
    #[arg(long, default_value_t = 0)]
    stuck: usize,
    /// Idle connections to weigh; 0 leaves that out
    #[arg(long, default_value_t = 10_000)]
    idle: usize,
    /// Connect until the server takes no more, and measure nothing else
    #[arg(long)]
    fill: bool,
    /// Hold connections to this address (used by --fill itself)
    #[arg(long, hide = true)]
    hold: Option<SocketAddr>,
    #[arg(long, hide = true, default_value_t = 1)]
    network: u8,
    /// Serve as the obvious server instead (used by the bench itself)
    #[arg(long, hide = true)]
    obvious: Option<u16>,
    /// What cargo passes to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    let result = match (flags.obvious, flags.hold) {
        (Some(port), _) => obvious::serve(port),
        (None, Some(address)) => fill::hold(address, flags.network),
        (None, None) => measure(&flags),
    };
    common::exit::code("fanout", result.map(|()| ExitCode::SUCCESS))
}

fn measure(flags: &Flags) -> anyhow::Result<()> {
    common::limits::raise_descriptors();
    let cores = process::pin()?;
    let servers = process::servers(&flags.only, cores)?;
    if flags.fill {
        return fill::fill(&servers);
    }
    let time = Duration::from_secs_f64(flags.seconds);
    println!(
        "{} runs of {time:?} each, {} messages under way for each sender",
        flags.runs, flags.window
    );
    println!(
        "server on core {}, load on core {}\n",
        cores.server, cores.load
    );
    if cores.server == cores.load {
        println!("ONE CORE ONLY: server and load share it, so latencies mean little\n");
    }
    report::fan_out(&servers, flags, time)?;
    if flags.idle > 0 {
        report::idle(&servers, flags.idle, flags.runs)?;
    }
    Ok(())
}
