//! Runs a game in a pseudo-terminal of 120x40 and says what it costs: bytes, CPU, memory,
//! the time to its first picture, and how late its frames are.
//!
//! ```text
//! cargo build --release --bins
//! cargo run --release -p space-game --example measure -- 140 target/release/space-game
//! cargo run --release -p space-game --example measure -- 140 \
//!     target/release/garbage-shooter --replay crates/garbage-shooter/assets/demo-120x40.txt
//! ```
//!
//! A game that is not played back is flown by held keys, one direction after the other,
//! as a terminal repeats them: thirty times a second. Linux only: CPU time and memory are
//! read from `/proc`.

use std::env;
use std::fs;
use std::io::{Read as _, Write as _};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

#[path = "../../common/benches/measured/process.rs"]
mod measured;

use measured::{peak_memory, processor_time};

/// What begins a frame.
const FRAME: &[u8] = b"\x1b[?2026h";

fn main() -> ExitCode {
    common::exit::code("measure", run())
}

fn run() -> anyhow::Result<ExitCode> {
    let mut arguments = env::args().skip(1);
    let (Some(seconds), Some(program)) = (arguments.next(), arguments.next()) else {
        bail!("usage: measure SECONDS PROGRAM [ARGUMENT…]");
    };
    let seconds: u64 = seconds.parse().context("SECONDS is a number")?;
    let rest: Vec<String> = arguments.collect();
    let flown = !rest.iter().any(|argument| argument == "--replay");

    let pty = native_pty_system().openpty(PtySize {
        rows: 40,
        cols: 120,
        pixel_width: 0,
        pixel_height: 0,
    })?;
    let mut command = CommandBuilder::new(fs::canonicalize(&program)?);
    command.args(rest);
    command.arg("--stats");
    command.env("TERM", "xterm-256color");
    command.env("COLORTERM", "truecolor");
    command.cwd(env::current_dir()?);
    let mut reader = pty.master.try_clone_reader()?;
    let mut keyboard = pty.master.take_writer()?;

    // The reader is a terminal with nothing to draw.
    let (sender, output) = channel();
    thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            if sender
                .send((Instant::now(), buffer[..read].to_vec()))
                .is_err()
            {
                return;
            }
        }
    });
    let start = Instant::now();
    let mut child = pty.slave.spawn_command(command)?;
    drop(pty.slave);
    let pid = child.process_id().context("the game did not start")?;

    let (mut all, mut first) = (Vec::new(), None);
    let end = start + Duration::from_secs(seconds);
    let mut tick = 0;
    let mut usage = (Duration::ZERO, 0);
    let mut quit = false;
    loop {
        let next = start + Duration::from_millis(33 * (tick + 1));
        match output.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok((at, bytes)) => {
                all.extend(bytes);
                if first.is_none() && all.windows(FRAME.len()).any(|window| window == FRAME) {
                    first = Some(at - start);
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                tick += 1;
                if !quit && Instant::now() >= end {
                    usage = (processor_time(pid)?, peak_memory(pid)?);
                    keyboard.write_all(b"q")?;
                    quit = true;
                } else if flown && !quit {
                    // A second in each direction, shooting at the turns.
                    let arrow =
                        [b"\x1b[C", b"\x1b[A", b"\x1b[D", b"\x1b[B"][tick as usize / 30 % 4];
                    keyboard.write_all(if tick.is_multiple_of(30) { b" " } else { arrow })?;
                }
            }
        }
    }
    let played = (Instant::now() - start).as_secs_f64();
    child.wait()?;
    let text = String::from_utf8_lossy(&all);
    let last = text.rsplit("\x1b[?1049l").next().unwrap_or_default();
    println!("{program}: {played:.0} s at 120x40");
    println!(
        "  first picture after {:.1} ms",
        first.unwrap_or_default().as_secs_f64() * 1000.0
    );
    println!(
        "  {:.1} kB/s to the terminal",
        all.len() as f64 / 1000.0 / played
    );
    println!(
        "  {:.2} % of a core",
        usage.0.as_secs_f64() / played * 100.0
    );
    println!("  {:.1} MiB at most", usage.1 as f64 / 1024.0 / 1024.0);
    println!("  {}", last.trim().replace("\r\n", "\n  "));
    Ok(ExitCode::SUCCESS)
}
