//! What a download costs: photo-archive beside nginx sending a ready-made ZIP,
//! zipstream-ng and archiver.
//!
//! `cargo bench -p photo-archive` measures them all; `-- nginx photo` only the ones
//! whose name contains one of these words; `-- --help` says the rest. Servers run on
//! processor 0, the clients in this process on processor 1. Linux only: it uses
//! `taskset` and `/proc`.

mod chart;
mod client;
mod files;
mod measure;
#[path = "../../../common/benches/measured/process.rs"]
mod measured;
mod server;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Parser;

use crate::files::Files;
use crate::measure::Sample;
use crate::server::Server;

/// Measures downloads of a 2 GiB album
#[derive(Debug, Parser)]
struct Arguments {
    /// Measure only the servers whose names contain one of these words
    servers: Vec<String>,
    /// Runs; their median counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// How long each load is measured, in seconds
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Measure another build of photo-archive too
    #[arg(long, value_name = "BINARY")]
    also: Vec<PathBuf>,
    /// Draw the chart into benches/downloads.svg
    #[arg(long)]
    write: bool,
    /// What cargo passes
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let processors = std::thread::available_parallelism()?.get();
    ensure!(
        processors > 1,
        "server and clients need a processor each, and there is one"
    );
    server::stay_on_processor_1()?;
    let files = Files::prepare(server::tools())?;
    let wanted = |server: &Server| {
        let words = &arguments.servers;
        words.is_empty() || words.iter().any(|word| server.name.contains(word))
    };
    let mut servers = server::all(&files)?;
    servers.retain(wanted);
    servers.extend(arguments.also.into_iter().map(Server::other_build));
    files.warm()?;

    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); servers.len()];
    for run in 1..=arguments.runs {
        // All of them in each run, so that a slow minute of the machine hits all.
        for (server, samples) in servers.iter().zip(&mut samples) {
            if server.missing().is_none() {
                eprintln!("run {run} of {}: {}", arguments.runs, server.name);
                let window = Duration::from_secs_f64(arguments.seconds);
                let sample = measure::run(server, &files, window);
                samples.push(sample.with_context(|| server.name.clone())?);
            }
        }
    }
    let rows: Vec<table::Row<'_>> = servers
        .iter()
        .zip(&samples)
        .map(|(server, samples)| table::Row::new(server, samples))
        .collect();
    print!("{}", table::markdown(&rows, arguments.runs));
    if arguments.write {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/downloads.svg");
        std::fs::write(path, chart::svg(&rows)).with_context(|| path.to_owned())?;
        eprintln!("wrote {path}");
    }
    Ok(())
}
