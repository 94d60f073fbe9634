//! One run of one server, and the median of several.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::client;
use crate::files::{Files, TOTAL};
use crate::server::{Running, Server};

const GIB: f64 = (1_u64 << 30) as f64;
/// Requests whose first byte is timed when everything is known; the median counts.
const WARM_REQUESTS: usize = 9;

/// How fast, at what cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// GiB of bodies in a second.
    pub(crate) speed: f64,
    /// Processor seconds of the server for each GiB.
    pub(crate) cost: f64,
}

/// What one run gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Milliseconds to the first byte of the first download after the start.
    pub(crate) first_cold: f64,
    /// The same when the album has been downloaded before.
    pub(crate) first_warm: f64,
    /// The first whole download after the start.
    pub(crate) cold: Rate,
    /// One download at a time, the album downloaded before.
    pub(crate) one: Rate,
    /// Twenty.
    pub(crate) twenty: Rate,
    /// Peak resident MiB after 1, 20 and 100 downloads at once.
    pub(crate) peaks: [f64; 3],
    /// How many of the twenty and of the hundred had begun.
    pub(crate) began: [usize; 2],
}

/// Starts a server, loads it for `window` at a time, and ends it.
pub(crate) fn run(server: &Server, files: &Files, window: Duration) -> anyhow::Result<Sample> {
    let running = server.start(files)?;
    // An interpreter has now loaded what it loads; no archive has been asked for.
    let _ = client::first_byte(running.address, "/");
    let first_byte = || client::first_byte(running.address, &running.path);
    let first_cold = milliseconds(first_byte()?);
    thread::sleep(Duration::from_millis(200));

    let (cpu, started) = (running.cpu_seconds()?, Instant::now());
    let (bytes, _) = client::fetch(running.address, &running.path, &mut |_| Ok(true))?;
    let cold = rate(bytes, started.elapsed(), running.cpu_seconds()? - cpu);
    ensure!(bytes > TOTAL, "only {bytes} bytes came");

    let mut warm = Vec::new();
    for _ in 0..WARM_REQUESTS {
        warm.push(milliseconds(first_byte()?));
        thread::sleep(Duration::from_millis(20));
    }
    let ((one, peak_1), _) = load(&running, 1, window)?;
    let ((twenty, peak_20), began_20) = load(&running, 20, window)?;
    let ((_, peak_100), began_100) = load(&running, 100, window)?;
    Ok(Sample {
        first_cold,
        first_warm: median(warm),
        cold,
        one,
        twenty,
        peaks: [peak_1, peak_20, peak_100],
        began: [began_20, began_100],
    })
}

fn load(
    running: &Running,
    clients: usize,
    window: Duration,
) -> anyhow::Result<((Rate, f64), usize)> {
    client::load(running.address, &running.path, clients, |received| {
        let (bytes, cpu, started) = (received(), running.cpu_seconds()?, Instant::now());
        thread::sleep(window);
        let (bytes, time) = (received() - bytes, started.elapsed());
        let rate = rate(bytes, time, running.cpu_seconds()? - cpu);
        Ok((rate, running.peak_mib()?))
    })
}

fn rate(bytes: u64, time: Duration, cpu_seconds: f64) -> Rate {
    let gib = bytes as f64 / GIB;
    Rate {
        speed: gib / time.as_secs_f64(),
        cost: cpu_seconds / gib,
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
