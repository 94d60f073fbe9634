//! Deliveries per second, latency, memory and connecting, of every runtime and of others, in one run.
//!
//! `cargo bench -p chat-servers` measures all; `-- --help` says how to choose. The
//! others are installed by `crates/chat-servers/benches/peers/install`. Server and
//! load are pinned to one core each; loopback only; bounded in count and time. With
//! `--write` the tables go into the README and the chart beside it.

mod chart;
mod crowd;
#[path = "../../../common/benches/measured/process.rs"]
mod measured;
mod process;
mod report;
#[path = "../../../common/benches/measured/tally.rs"]
mod tally;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

/// What to measure.
#[derive(Debug, Parser)]
#[command(name = "fanout")]
struct Flags {
    /// Only the servers whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Runs of each; the median by deliveries per CPU second is shown
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Seconds of each run
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Rows: clients/senders
    #[arg(long, default_values = ["100/10", "1000/10", "1000/1"])]
    rows: Vec<report::Row>,
    /// Leave out clients and senders
    #[arg(long)]
    no_rows: bool,
    /// Idle connections to weigh; 0 leaves that out
    #[arg(long, default_value_t = 10_000)]
    idle: usize,
    /// Measure beside a client that never reads
    #[arg(long)]
    stuck: bool,
    /// Put what was measured into the README
    #[arg(long)]
    write: bool,
    /// What cargo passes to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    common::exit::code("fanout", measure(&flags).map(|()| ExitCode::SUCCESS))
}

fn measure(flags: &Flags) -> anyhow::Result<()> {
    common::limits::raise_descriptors();
    let cores = process::pin()?;
    let servers = process::servers(&flags.only)?;
    let time = Duration::from_secs_f64(flags.seconds);
    println!("{} runs of {time:?} each; {cores}\n", flags.runs);
    if !flags.no_rows {
        for row in &flags.rows {
            report::fan_out(&servers, *row, flags, time)?;
        }
    }
    if flags.idle > 0 {
        report::idle(&servers, flags)?;
    }
    if flags.stuck {
        report::stuck(&servers, flags, time)?;
    }
    Ok(())
}
