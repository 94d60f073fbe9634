//! Ten thousand readers and fifty messages a second: how late is a message, what does a reader cost?
//!
//!     cargo bench -p underground-chat --bench crowd
//!
//! The server gets the first core, the load (this program) the second. Each
//! message carries the time it was written at; the delivery's delay is taken at
//! each reader. Beside ours runs a server of the same protocol on `asyncio`
//! (`benches/asyncio_server.py`), where there is a Python. `CROWD_READERS`,
//! `CROWD_SECONDS` and `CROWD_RUNS` change the size.

// A measurement that cannot be made has nothing to report: a panic says why.
#![allow(clippy::unwrap_used)]

#[path = "../../common/benches/measured/process.rs"]
mod measured;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use measured::{memory, on_core, processor_time};
use rustix::event::{Timespec, epoll};
use rustix::thread::{CpuSet, sched_setaffinity};

/// Messages a second.
const RATE: u32 = 50;
/// Writers that take turns.
const WRITERS: usize = 10;
/// The first seconds are not counted.
const WARM_UP: Duration = Duration::from_secs(2);

fn setting(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// A server under load.
struct Server {
    process: Child,
    _stdout: BufReader<ChildStdout>,
    read: SocketAddr,
    write: SocketAddr,
}

impl Server {
    /// Starts `command` on the first core; its first line names both addresses.
    fn start(command: &[&str]) -> Self {
        let mut process = on_core(0, command[0])
            .args(&command[1..])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("taskset (util-linux) starts the server on its core");
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let mut addresses = line.split_whitespace().filter_map(|word| word.parse().ok());
        Self {
            process,
            read: addresses.next().expect(&line),
            write: addresses.next().expect(&line),
            _stdout: stdout,
        }
    }

    /// Bytes of memory in use.
    fn memory(&self) -> u64 {
        memory(self.process.id()).unwrap()
    }

    /// Seconds of processor used so far.
    fn cpu(&self) -> f64 {
        processor_time(self.process.id()).unwrap().as_secs_f64()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection to the write port that is logged in.
fn writer(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(b"\nload\n").unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    lines
        .find(|line| line.as_ref().unwrap().starts_with("Welcome"))
        .unwrap()
        .unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

struct Outcome {
    bytes_per_reader: u64,
    connects_per_second: f64,
    delays: Vec<u32>,
    missing: u64,
    cpu: f64,
}

fn run(server: &Server, readers: usize, measured: Duration) -> Outcome {
    let mut writers: Vec<TcpStream> = (0..WRITERS).map(|_| writer(server.write)).collect();
    std::thread::sleep(Duration::from_millis(300));
    let before = server.memory();
    let began = Instant::now();
    let poll: OwnedFd = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let mut streams = Vec::new();
    for index in 0..readers {
        let stream = TcpStream::connect(server.read).unwrap();
        stream.set_nonblocking(true).unwrap();
        epoll::add(
            &poll,
            &stream,
            epoll::EventData::new_u64(index as u64),
            epoll::EventFlags::IN,
        )
        .unwrap();
        streams.push(stream);
    }
    let connects_per_second = readers as f64 / began.elapsed().as_secs_f64();
    // The last ones may still wait in the backlog.
    std::thread::sleep(Duration::from_secs(1));
    let bytes_per_reader = server.memory().saturating_sub(before) / readers as u64;

    let mut load = Load::new(readers * measured.as_secs() as usize * RATE as usize);
    let end = WARM_UP + measured;
    load.until(WARM_UP, true, &mut writers, &poll, &mut streams);
    let before = server.cpu();
    load.until(end, true, &mut writers, &poll, &mut streams);
    let cpu = (server.cpu() - before) / measured.as_secs_f64();
    // Time for the late ones.
    load.until(
        end + Duration::from_secs(2),
        false,
        &mut writers,
        &poll,
        &mut streams,
    );
    load.delays.sort_unstable();
    Outcome {
        bytes_per_reader,
        connects_per_second,
        missing: (u64::from(load.counted) * readers as u64)
            .saturating_sub(load.delays.len() as u64),
        delays: load.delays,
        cpu,
    }
}

/// Writes on time, reads what comes, notes how late it is.
struct Load {
    epoch: Instant,
    sent: u32,
    counted: u32,
    /// Microseconds from writing to reading, of each delivery after the warm-up.
    delays: Vec<u32>,
    events: Vec<epoll::Event>,
    chunk: Vec<u8>,
}

impl Load {
    fn new(deliveries: usize) -> Self {
        Self {
            epoch: Instant::now(),
            sent: 0,
            counted: 0,
            delays: Vec::with_capacity(deliveries),
            events: Vec::with_capacity(1024),
            chunk: vec![0; 16 * 1024],
        }
    }

    fn until(
        &mut self,
        end: Duration,
        writing: bool,
        writers: &mut [TcpStream],
        poll: &OwnedFd,
        streams: &mut [TcpStream],
    ) {
        while self.epoch.elapsed() < end {
            while writing && self.epoch.elapsed() >= Duration::from_secs(1) / RATE * self.sent {
                self.write(&mut writers[self.sent as usize % WRITERS]);
            }
            self.events.clear();
            let room = rustix::buffer::spare_capacity(&mut self.events);
            // It never sleeps: waking a reader in another process of the same machine
            // is work for the server's core that readers elsewhere do not make.
            epoll::wait(poll, room, Some(&Timespec::default())).unwrap();
            for index in 0..self.events.len() {
                let reader = self.events[index].data.u64() as usize;
                self.read(&mut streams[reader]);
            }
        }
    }

    fn write(&mut self, writer: &mut TcpStream) {
        let now = self.epoch.elapsed();
        let line = format!("@{:010} {:40}.\n\n", now.as_micros(), "");
        writer.write_all(line.as_bytes()).unwrap();
        while writer.read(&mut self.chunk).is_ok_and(|count| count > 0) {}
        self.sent += 1;
        self.counted += u32::from(now >= WARM_UP);
    }

    fn read(&mut self, reader: &mut TcpStream) {
        let count = match reader.read(&mut self.chunk) {
            Ok(0) => panic!("a reader was dropped"),
            Ok(count) => count,
            Err(_) => return,
        };
        let now = self.epoch.elapsed().as_micros() as u64;
        for line in self.chunk[..count].split(|&byte| byte == b'@').skip(1) {
            let Some(stamp) = line.get(..10) else {
                continue;
            };
            let stamp: u64 = std::str::from_utf8(stamp).unwrap().parse().unwrap();
            if u128::from(stamp) >= WARM_UP.as_micros() {
                self.delays.push((now.saturating_sub(stamp)) as u32);
            }
        }
    }
}

fn report(name: &str, outcome: &Outcome) {
    let quantile = |part: f64| {
        let index = (outcome.delays.len() as f64 * part) as usize;
        let delay = outcome
            .delays
            .get(index.min(outcome.delays.len().saturating_sub(1)));
        f64::from(delay.copied().unwrap_or_default()) / 1000.0
    };
    println!(
        "| {name} | {:.1} | {:.1} | {:.1} | {:.0} | {} | {} | {:.0} |",
        quantile(0.5),
        quantile(0.99),
        quantile(1.0),
        outcome.cpu * 100.0,
        outcome.missing,
        outcome.bytes_per_reader,
        outcome.connects_per_second,
    );
}

fn main() {
    common::limits::raise_descriptors();
    let readers = setting("CROWD_READERS", 10_000);
    let seconds = Duration::from_secs(setting("CROWD_SECONDS", 8) as u64);
    let runs = setting("CROWD_RUNS", 3);
    let mut second = CpuSet::new();
    second.set(1);
    sched_setaffinity(None, &second).expect("a second core carries the load");
    println!(
        "{readers} readers, {RATE} messages/s, {seconds:?} a run, {runs} runs each; server on core 0, load on core 1\n"
    );
    println!(
        "| server | p50 ms | p99 ms | max ms | CPU % | not delivered | bytes/reader | connects/s |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let directory = tempfile::tempdir().unwrap();
    for index in 0..runs {
        let data = directory.path().join(index.to_string());
        let server = Server::start(&[
            env!("CARGO_BIN_EXE_underground-chat"),
            "serve",
            "--read-port=0",
            "--write-port=0",
            "--data",
            data.to_str().unwrap(),
        ]);
        report("underground-chat", &run(&server, readers, seconds));
    }
    if Command::new("python3").arg("--version").output().is_err() {
        println!("asyncio: there is no python3 here");
        return;
    }
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/asyncio_server.py");
    for _ in 0..runs {
        let server = Server::start(&["python3", python]);
        report("asyncio", &run(&server, readers, seconds));
    }
}
