//! What benches ask Linux about a server that is a process of its own: its core, its
//! processor time, its memory. Those that need it take this file in by its path.

// No bench uses all of it.
#![allow(dead_code)]

use std::ffi::OsStr;
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

/// Long enough for a server in Python to start.
const PATIENCE: Duration = Duration::from_secs(20);
/// What `/proc/PID/stat` counts in: `sysconf(_SC_CLK_TCK)`, the same on every Linux of today.
const TICK: Duration = Duration::from_millis(10);

/// `program`, to be run on `core` and no other, by `taskset` of util-linux.
pub(crate) fn on_core(core: usize, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    command
}

/// Waits until somebody can connect to the server that `child` is.
pub(crate) fn until_it_listens(child: &mut Child, address: SocketAddr) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(address).is_err() {
        if let Some(status) = child.try_wait()? {
            return Err(io::Error::other(format!("it ended at once: {status}")));
        }
        if Instant::now() > deadline {
            return Err(io::Error::other(format!("it does not listen on {address}")));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Processor time of all threads of `process`, also of those that have ended, in steps of 10 ms.
pub(crate) fn processor_time(process: u32) -> io::Result<Duration> {
    let fields = stat(process)?;
    let ticks = |index: usize| {
        fields
            .get(index)
            .and_then(|field| field.parse::<u32>().ok())
    };
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok(TICK * (user + system)),
        _ => Err(io::Error::other("/proc/PID/stat has another form")),
    }
}

/// Processor time of the threads that `process` has now, to the nanosecond.
pub(crate) fn processor_time_of_threads(process: u32) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        let first = text.split(' ').next().unwrap_or_default();
        let time = first.parse::<u64>();
        nanoseconds += time.map_err(|error| io::Error::other(format!("schedstat: {error}")))?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// Bytes of memory that `process` has resident.
pub(crate) fn memory(process: u32) -> io::Result<u64> {
    status(process, "VmRSS:")
}

/// The most bytes of memory that `process` ever had resident.
pub(crate) fn peak_memory(process: u32) -> io::Result<u64> {
    status(process, "VmHWM:")
}

/// The processes that `process` has started itself.
pub(crate) fn children(process: u32) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        // Others come and go.
        if let Ok(child) = entry?.file_name().to_string_lossy().parse()
            && let Ok(fields) = stat(child)
            && fields.get(1) == Some(&process.to_string())
        {
            found.push(child);
        }
    }
    Ok(found)
}

/// The fields of `/proc/PID/stat` behind the name, which may hold anything.
fn stat(process: u32) -> io::Result<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = text.rsplit_once(") ").unwrap_or_default();
    Ok(fields.split_whitespace().map(str::to_owned).collect())
}

fn status(process: u32, name: &str) -> io::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    let kilobytes = kilobytes.ok_or_else(|| io::Error::other(format!("no {name} in status")))?;
    Ok(kilobytes * 1024)
}
