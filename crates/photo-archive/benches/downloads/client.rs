//! The load: plain sockets and HTTP/1.1, read into one buffer that is used again.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

/// As much as curl and browsers take at a time, or a little more.
const BUFFER: usize = 128 * 1024;
/// A client that waits longer than this for a byte gives up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Downloads `path`, gives the body to `take` piece by piece until that answers false,
/// and answers how many bytes of it came and when the first did, counted from before
/// the connection was made.
///
/// A body in chunks keeps its framing: a few bytes in each 64 KiB.
pub(crate) fn fetch(
    address: SocketAddr,
    path: &str,
    take: &mut dyn FnMut(&[u8]) -> io::Result<bool>,
) -> anyhow::Result<(u64, Duration)> {
    let started = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut buffer = vec![0; BUFFER];
    let mut filled = 0;
    let head = loop {
        let count = stream.read(&mut buffer[filled..])?;
        ensure!(count > 0, "the connection ended in the header");
        filled += count;
        let end = buffer[..filled].windows(4).position(|at| at == b"\r\n\r\n");
        match end {
            // The header may come alone.
            Some(end) if end + 4 < filled => break end + 4,
            _ => {}
        }
    };
    let first = started.elapsed();
    if !buffer.starts_with(b"HTTP/1.1 200") {
        let line = buffer.split(|&byte| byte == b'\r').next();
        bail!("{}", String::from_utf8_lossy(line.unwrap_or_default()));
    }
    let mut total = (filled - head) as u64;
    let mut go_on = take(&buffer[head..filled])?;
    while go_on {
        let count = stream.read(&mut buffer).context("in the body")?;
        if count == 0 {
            break;
        }
        total += count as u64;
        go_on = take(&buffer[..count])?;
    }
    Ok((total, first))
}

/// How long the first byte of the body takes.
pub(crate) fn first_byte(address: SocketAddr, path: &str) -> anyhow::Result<Duration> {
    let (_, first) = fetch(address, path, &mut |_| Ok(false))?;
    Ok(first)
}

/// Runs `clients` downloads at once, each again and again, and while they run calls
/// `measure` with a function that tells how many bytes have come so far.
///
/// Answers too how many of them had begun by then: a server that serves one after
/// the other leaves the rest waiting until they give up.
pub(crate) fn load<T>(
    address: SocketAddr,
    path: &str,
    clients: usize,
    measure: impl FnOnce(&dyn Fn() -> u64) -> anyhow::Result<T>,
) -> anyhow::Result<(T, usize)> {
    let (received, running, stop) = (
        AtomicU64::new(0),
        AtomicUsize::new(0),
        AtomicBool::new(false),
    );
    let client = || -> anyhow::Result<()> {
        let mut first = true;
        while !stop.load(Ordering::Relaxed) {
            let fetched = fetch(address, path, &mut |bytes| {
                if first {
                    running.fetch_add(1, Ordering::Relaxed);
                    first = false;
                }
                received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                Ok(!stop.load(Ordering::Relaxed))
            });
            match fetched {
                Err(error) if gave_up(&error) => break,
                fetched => fetched?,
            };
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..clients).map(|_| scope.spawn(client)).collect();
        let deadline = Instant::now() + PATIENCE;
        while running.load(Ordering::Relaxed) < clients && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        let running = running.load(Ordering::Relaxed);
        // The first moments are not those of a long download.
        thread::sleep(Duration::from_millis(300));
        let result = measure(&|| received.load(Ordering::Relaxed));
        stop.store(true, Ordering::Relaxed);
        for thread in threads {
            thread.join().expect("clients do not panic")?;
        }
        Ok((result?, running))
    })
}

fn gave_up(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}
