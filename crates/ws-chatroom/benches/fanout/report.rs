//! The tables.

use std::str::FromStr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Flags;
use crate::crowd::Crowd;
use crate::process::Server;

/// Clients in the room and how many of them talk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    clients: usize,
    senders: usize,
}

impl FromStr for Row {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(clients, senders)| Some((clients.parse().ok()?, senders.parse().ok()?)));
        match numbers {
            Some((clients, senders)) if senders >= 1 && senders < clients && clients <= 10_000 => {
                Ok(Self { clients, senders })
            }
            _ => Err("it is CLIENTS/SENDERS, like 1000/10".to_owned()),
        }
    }
}

/// One run of one server.
struct Run {
    per_second: f64,
    per_cpu_second: f64,
    median: Duration,
    p99: Duration,
    /// At the end, in bytes.
    memory: u64,
}

/// Deliveries and latency for each row and server, runs of all servers interleaved.
pub(crate) fn fan_out(servers: &[Server], flags: &Flags, time: Duration) -> anyhow::Result<()> {
    let runs = flags.runs;
    for row in &flags.rows {
        println!(
            "{} clients, {} send 64 bytes each",
            row.clients, row.senders
        );
        println!(
            "{:28} {:>12} {:>14} {:>8} {:>9} {:>9} {:>6}",
            "", "deliveries/s", "per CPU second", "to uWS", "p50 ms", "p99 ms", "MiB"
        );
        let mut results: Vec<Vec<Run>> = servers.iter().map(|_| Vec::new()).collect();
        for _ in 0..runs {
            for (server, results) in servers.iter().zip(&mut results) {
                results.push(run(server, *row, flags, time)?);
            }
        }
        for results in &mut results {
            results.sort_by(|a, b| a.per_cpu_second.total_cmp(&b.per_cpu_second));
        }
        let reference = servers
            .iter()
            .position(|server| server.name.contains("C++"))
            .map(|index| results[index][runs / 2].per_cpu_second);
        for (server, results) in servers.iter().zip(&results) {
            let middle = &results[runs / 2];
            let ratio = reference.map_or("-".to_owned(), |reference| {
                format!("{:.2}", middle.per_cpu_second / reference)
            });
            println!(
                "{:28} {:>12.0} {:>14.0} {:>8} {:>9.2} {:>9.2} {:>6.1}",
                server.name,
                middle.per_second,
                middle.per_cpu_second,
                ratio,
                middle.median.as_secs_f64() * 1e3,
                middle.p99.as_secs_f64() * 1e3,
                middle.memory as f64 / 1_048_576.0,
            );
        }
        println!();
    }
    Ok(())
}

fn run(server: &Server, row: Row, flags: &Flags, time: Duration) -> anyhow::Result<Run> {
    let running = server.start()?;
    let mut crowd = Crowd::connect(running.address, row.clients)?;
    let _stuck = Crowd::connect(running.address, flags.stuck)?;
    // Some servers let a client in a moment after its handshake.
    sleep(Duration::from_millis(100));
    let mut marks = Vec::new();
    let tally = crowd.talk(row.senders, flags.window, time, || {
        marks.push((Instant::now(), running.cpu()?));
        Ok(())
    })?;
    let wall = marks[1].0 - marks[0].0;
    let cpu = marks[1].1 - marks[0].1;
    Ok(Run {
        per_second: tally.deliveries as f64 / wall.as_secs_f64(),
        per_cpu_second: tally.deliveries as f64 / cpu.as_secs_f64(),
        median: tally.percentile(0.5),
        p99: tally.percentile(0.99),
        memory: running.memory()?,
    })
}

/// What a connection that does nothing weighs, and how fast many come; medians.
pub(crate) fn idle(servers: &[Server], count: usize, runs: usize) -> anyhow::Result<()> {
    println!("{count} connections that do nothing");
    println!("{:28} {:>12} {:>14}", "", "bytes each", "connects/s");
    for server in servers {
        let (mut sizes, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let running = server.start()?;
            let before = running.memory()?;
            let started = Instant::now();
            let crowd = Crowd::connect(running.address, count)?;
            rates.push(count as f64 / started.elapsed().as_secs_f64());
            sleep(Duration::from_millis(500));
            sizes.push(running.memory()?.saturating_sub(before) / count as u64);
            drop(crowd);
        }
        sizes.sort_unstable();
        rates.sort_by(f64::total_cmp);
        let (size, rate) = (sizes[runs / 2], rates[runs / 2]);
        println!("{:28} {size:>12} {rate:>14.0}", server.name);
    }
    Ok(())
}
