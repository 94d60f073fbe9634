//! How many clients can connect at once: some connect until one is not answered.

use std::fs;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context as _;

use crate::crowd::Crowd;
use crate::process::Server;

/// Clients of one process, which has no more descriptors than the server has.
const EACH: usize = 10_000;

/// Whoever is answered later waits in the backlog.
const PATIENCE: Duration = Duration::from_secs(3);

/// So many are enough, whatever the machine would bear.
const BOUND: usize = 100_000;

/// Fills each server, and says what ran out.
pub(crate) fn fill(servers: &[Server]) -> anyhow::Result<()> {
    println!("connecting until one is not answered, {BOUND} at most");
    println!(
        "{:28} {:>9} {:>12} {:>12} {:>16} {:>11}",
        "", "connected", "descriptors", "its limit", "server's bytes", "machine's"
    );
    for server in servers {
        let running = server.start()?;
        let (memory, available) = (running.memory()?, available()?);
        let mut holders = Vec::new();
        let mut connected = 0;
        let mut end = format!("{BOUND} were enough");
        while connected < BOUND {
            let (holder, held, reason) = Holder::start(running.address, holders.len())?;
            holders.push(holder);
            connected += held;
            if held < EACH {
                end = reason;
                break;
            }
        }
        sleep(Duration::from_millis(500));
        let (open, limit) = running.descriptors()?;
        let count = connected as u64;
        println!(
            "{:28} {:>9} {:>12} {:>12} {:>16} {:>11}  {end}",
            server.name,
            connected,
            open,
            limit,
            running.memory()?.saturating_sub(memory) / count,
            available.saturating_sub(self::available()?) / count,
        );
        drop((holders, running));
        // The kernel frees what it held a little later.
        sleep(Duration::from_secs(5));
    }
    println!("a connection's bytes; the machine's are the kernel's and the load's too");
    Ok(())
}

/// Serves [`fill`] as one of its processes: connects, says how many it holds, and
/// holds them until its input ends.
pub(crate) fn hold(address: SocketAddr, network: u8) -> anyhow::Result<()> {
    common::limits::raise_descriptors();
    let mut crowd = Crowd::new(network)?;
    let end = match crowd.add(address, EACH, PATIENCE) {
        Ok(()) => "all of them".to_owned(),
        Err(error) if is_silence(&error) => format!("no answer within {PATIENCE:?}"),
        Err(error) => format!("{error:#}"),
    };
    println!("{} {end}", crowd.len());
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn is_silence(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::WouldBlock)
}

struct Holder(Child);

impl Holder {
    /// Answers how many clients it holds, too, and why it holds no more.
    fn start(address: SocketAddr, index: usize) -> anyhow::Result<(Self, usize, String)> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--hold", &address.to_string()])
            .args(["--network", &(index + 2).to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().context("its output is piped")?;
        let holder = Self(child);
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let (held, end) = line
            .trim()
            .split_once(' ')
            .context("a process of clients failed")?;
        Ok((holder, held.parse()?, end.to_owned()))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // It may have ended already; there is nobody to tell.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What the machine has left, in bytes.
fn available() -> anyhow::Result<u64> {
    let text = fs::read_to_string("/proc/meminfo")?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"));
    let kilobytes: u64 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .context("no MemAvailable")?
        .parse()?;
    Ok(kilobytes * 1024)
}
