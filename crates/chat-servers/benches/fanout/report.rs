//! The tables: printed, and with `--write` put into the README.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::crowd::Crowd;
use crate::process::{REFERENCE, Server};
use crate::{Flags, chart};

/// Clients in the chat and how many of them talk.
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
            Some((clients, senders)) if senders >= 1 && senders <= clients && clients <= 1_000 => {
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
    percentiles: [Duration; 3],
    /// At the end, in bytes.
    memory: u64,
}

/// Deliveries and latency for each server, runs of all servers interleaved.
pub(crate) fn fan_out(
    servers: &[Server],
    row: Row,
    flags: &Flags,
    time: Duration,
) -> anyhow::Result<()> {
    let mut results: Vec<Vec<Run>> = servers.iter().map(|_| Vec::new()).collect();
    for _ in 0..flags.runs {
        for (server, results) in servers.iter().zip(&mut results) {
            results.push(run(server, row, time, 0).with_context(|| server.name.clone())?);
        }
    }
    let middles: Vec<&Run> = results.iter_mut().map(|runs| median(runs)).collect();
    let reference = servers.iter().position(|server| server.name == REFERENCE);
    let reference = reference.map(|index| middles[index].per_cpu_second);
    let mut table = format!(
        "**{} clients, {} of them send{} 64 bytes each**\n\n\
         | server | deliveries/s | per CPU second | to uWebSockets | CPU µs each | p50 ms | p99 ms | p99.9 ms |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|\n",
        row.clients,
        row.senders,
        if row.senders == 1 { "s" } else { "" },
    );
    let mut bars = Vec::new();
    for (server, middle) in servers.iter().zip(&middles) {
        let ratio = reference.map_or(f64::NAN, |reference| middle.per_cpu_second / reference);
        // "-" where there is nothing to compare with.
        let shown = reference.map_or("-".to_owned(), |_| format!("{ratio:.2}"));
        let [p50, p99, p999] = middle
            .percentiles
            .map(|latency| latency.as_secs_f64() * 1e3);
        writeln!(
            table,
            "| {} | {:.0} | {:.0} | {shown} | {:.2} | {p50:.2} | {p99:.2} | {p999:.2} |",
            server.name,
            middle.per_second,
            middle.per_cpu_second,
            1e6 / middle.per_cpu_second,
        )?;
        bars.push((server.name.as_str(), server.ours, ratio));
    }
    let name = format!("{}-{}", row.clients, row.senders);
    publish(&name, &table, flags)?;
    if flags.write {
        let title = format!(
            "{} clients, {} sender{}",
            row.clients,
            row.senders,
            if row.senders == 1 { "" } else { "s" },
        );
        fs::write(
            readme().with_file_name(format!("benches/fanout-{name}.svg")),
            chart::draw(&title, &bars),
        )?;
    }
    Ok(())
}

fn median(runs: &mut [Run]) -> &Run {
    runs.sort_by(|a, b| a.per_cpu_second.total_cmp(&b.per_cpu_second));
    &runs[runs.len() / 2]
}

fn run(server: &Server, row: Row, time: Duration, stuck: usize) -> anyhow::Result<Run> {
    let running = server.start()?;
    let mut crowd = Crowd::connect(running.address, server.web, row.clients)?;
    crowd.log_in("u")?;
    // They log in, and never read a byte again.
    let mut silent = Crowd::connect(running.address, server.web, stuck)?;
    silent.log_in("s")?;
    let mut marks = Vec::new();
    let tally = crowd.talk(row.senders, time, || {
        marks.push((Instant::now(), running.cpu()?));
        Ok(())
    })?;
    let wall = marks[1].0 - marks[0].0;
    let cpu = marks[1].1 - marks[0].1;
    Ok(Run {
        per_second: tally.deliveries as f64 / wall.as_secs_f64(),
        per_cpu_second: tally.deliveries as f64 / cpu.as_secs_f64(),
        percentiles: [0.5, 0.99, 0.999].map(|share| tally.percentile(share)),
        memory: running.memory()?,
    })
}

/// What a connection that does nothing weighs, and how fast many come.
pub(crate) fn idle(servers: &[Server], flags: &Flags) -> anyhow::Result<()> {
    let mut table = "**Connections that do nothing**\n\n\
        | server | connections | bytes each | connects/s |\n|---|--:|--:|--:|\n"
        .to_owned();
    for server in servers {
        // The Python servers take half a minute for as many.
        let count = if server.ours || server.web {
            flags.idle
        } else {
            flags.idle / 5
        };
        let (mut weights, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..flags.runs {
            let running = server.start()?;
            let before = running.memory()?;
            let started = Instant::now();
            let crowd = Crowd::connect(running.address, server.web, count)
                .with_context(|| server.name.clone())?;
            rates.push(count as f64 / started.elapsed().as_secs_f64());
            sleep(Duration::from_millis(300));
            weights.push(running.memory()?.saturating_sub(before) / count as u64);
            drop(crowd);
        }
        // Each has a middle of its own: one does not follow from the other.
        weights.sort_unstable();
        rates.sort_by(f64::total_cmp);
        let (each, rate) = (weights[weights.len() / 2], rates[rates.len() / 2]);
        writeln!(table, "| {} | {count} | {each} | {rate:.0} |", server.name)?;
    }
    publish("idle", &table, flags)
}

/// What one client that never reads changes for the others.
pub(crate) fn stuck(servers: &[Server], flags: &Flags, time: Duration) -> anyhow::Result<()> {
    let row = Row {
        clients: 100,
        senders: 10,
    };
    let mut table = "**100 clients, 10 senders, and one client that never reads**\n\n\
        | server | p99 ms alone | beside it | memory MiB alone | beside it |\n|---|--:|--:|--:|--:|\n"
        .to_owned();
    for server in servers.iter().filter(|server| server.ours) {
        let mut runs = [Vec::new(), Vec::new()];
        for _ in 0..flags.runs {
            for (stuck, runs) in runs.iter_mut().enumerate() {
                runs.push(run(server, row, time, stuck)?);
            }
        }
        let [alone, beside] = &mut runs;
        let [alone, beside] = [median(alone), median(beside)];
        let [p99, p99_beside] = [alone, beside].map(|run| run.percentiles[1].as_secs_f64() * 1e3);
        let [memory, memory_beside] = [alone, beside].map(|run| run.memory as f64 / 1_048_576.0);
        writeln!(
            table,
            "| {} | {p99:.2} | {p99_beside:.2} | {memory:.1} | {memory_beside:.1} |",
            server.name
        )?;
    }
    publish("stuck", &table, flags)
}

fn readme() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"))
}

/// Prints the table, and puts it between its two marks in the README.
fn publish(name: &str, table: &str, flags: &Flags) -> anyhow::Result<()> {
    println!("{table}");
    if !flags.write {
        return Ok(());
    }
    let text = fs::read_to_string(readme())?;
    let (begin, end) = (format!("<!-- measured: {name} -->\n"), "<!-- end -->");
    let (head, rest) = text
        .split_once(&begin)
        .with_context(|| format!("the README has no place for {name}"))?;
    let (_, tail) = rest.split_once(end).context("the place has no end")?;
    fs::write(
        readme(),
        format!("{head}{begin}{}\n{end}{tail}", table.trim_end()),
    )?;
    Ok(())
}
